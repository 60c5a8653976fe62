#ifndef SANDPIPER_STAGES_PARSE_CONTENT_H
#define SANDPIPER_STAGES_PARSE_CONTENT_H

#include "stages/parse/text_measure.h"

/*
 * What a post says: its entities and its text, gathered one by one into room
 * that is used again for the next post. Zeroed it is ready; owns its buffers;
 * belongs to a parser. Out of memory is noted, and told by content_finish.
 *
 *     content_begin(&content);
 *     content_hashtag(...), content_link(...), content_range(...)
 *     content_measure(&content, text, removal, &post);
 *     content_finish(&content, &post)
 *
 * Lists of the post borrow from the content until the next content_begin.
 */
struct content_list {
    struct text_buffer buffer;
    uint32_t size, count;
};
struct content {
    struct text_scratch scratch;
    struct content_list hashtags, domains;
    struct text_buffer ranges;         /* struct text_range */
    size_t range_count;
    bool out_of_memory;
};

void content_free(struct content *content);

static inline void content_begin(struct content *content)
{
    content->hashtags.size = content->hashtags.count = 0;
    content->domains.size = content->domains.count = 0;
    content->range_count = 0;
    content->out_of_memory = false;
}

/* One use of a hashtag, as it is written (without #); it is folded. */
void content_hashtag(struct content *content, struct text tag);
/* A link's URL: its host is a domain, if it has one. */
void content_link(struct content *content, struct text url);
/* A part of the text that is a link, mention or medium: it is removed. */
void content_range(struct content *content, int64_t from, int64_t to);
/* Measures the text without the ranges (or what the removal says) into
 * post->text, and sets FACT_HAS_TEXT. */
void content_measure(struct content *content, struct text text,
                     enum text_removal removal, struct post *post);
/* Gives the post its hashtags and domains. False when out of memory. */
bool content_finish(struct content *content, struct post *post);

/* The hash of an author's names (struct post's name_hash). Scratch is used. */
uint64_t content_name_hash(struct content *content, struct text screen_name,
                           struct text display_name);

#endif
