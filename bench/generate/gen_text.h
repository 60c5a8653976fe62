/*
 * gen_text: the text of a post, with its entities in place.
 *
 * A text is composed from pieces: a mention to answer, words, hashtags inside
 * or behind them, a further mention, a link, the photo's link. It knows where
 * each piece ends, in escaped bytes and in code points, so that it can be cut
 * as the platform cuts: never inside a piece. Indices are code points of the
 * text as delivered, `&amp;` being five.
 *
 * Equal text_seed and shape give equal words, hashtags and links' domains; the
 * links themselves come from the id. Which hashtags and which domain can be
 * asked without composing, as the truth does for every post. Bounds: words stop at GEN_WORD_POINTS
 * code points, and every piece is bounded, so a text fits its buffer.
 */
#ifndef GEN_TEXT_H
#define GEN_TEXT_H

#include "gen_account.h"
#include "gen_post.h"

#define GEN_WORD_POINTS 236
#define GEN_TEXT_POINTS_MAX 420
#define GEN_TEXT_BYTES_MAX 6144
#define GEN_TEXT_PIECES_MAX 160
#define GEN_MENTIONS_MAX 2
#define GEN_REMOVED_MAX (GEN_MENTIONS_MAX + 2) /* mentions, link, photo */
#define GEN_LINK_POINTS 23 /* https://t.co/ and ten characters */

struct gen_span {
    uint16_t begin, end; /* code points */
};

struct gen_mention {
    struct gen_span span;
    struct gen_profile who; /* names only */
};

struct gen_text {
    uint16_t length, points;
    uint16_t display_begin, display_end;
    uint8_t hashtags, mentions, urls, photos;
    struct gen_span hashtag_spans[GEN_HASHTAGS_MAX];
    const struct gen_phrase *hashtag_words[GEN_HASHTAGS_MAX];
    struct gen_mention mention_list[GEN_MENTIONS_MAX];
    struct gen_span url_span, photo_span;
    uint64_t url_key, page_key, photo_key; /* page: where the link leads */
    const struct gen_phrase *url_domain;
    uint8_t removed_count;
    struct gen_span removed[GEN_REMOVED_MAX]; /* mentions and links; bytes */
    uint16_t pieces;
    struct gen_span cuts[GEN_TEXT_PIECES_MAX]; /* begin: bytes; end: points */
    char bytes[GEN_TEXT_BYTES_MAX];
};

void gen_text_compose(struct gen_text *text, const struct gen_population *people,
                      const struct gen_post *post);

/* Indices of its hashtags in gen_lexicon_tags(topic, language). */
void gen_text_pick_tags(const struct gen_lexicon *lexicon, const struct gen_post *post,
                        uint16_t picks[GEN_HASHTAGS_MAX]);
/* The index of its link's domain: below domains.count in lexicon->domains, else
 * that much less in lexicon->sites. */
uint32_t gen_text_pick_domain(const struct gen_lexicon *lexicon,
                              const struct gen_post *post);

/* The last place to cut that leaves at most so many code points. */
struct gen_span gen_text_cut(const struct gen_text *text, unsigned points);

/* `https:\/\/t.co\/` and its ten characters. */
char *gen_put_link(char *out, uint64_t key);

#endif
