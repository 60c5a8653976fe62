/*
 * gen_render: a planned line as text.
 *
 * The keys of a post stand in the order of the 2019 stream; those in brackets
 * only where they are due:
 *
 *   created_at id id_str text [display_text_range: replies, photos] source
 *   truncated in_reply_to_... user geo coordinates place contributors
 *   [retweeted_status] [quoted_status_id quoted_status_id_str quoted_status
 *   quoted_status_permalink] is_quote_status [extended_tweet: over 140 code
 *   points] quote_count reply_count retweet_count favorite_count entities
 *   [extended_entities: photos] favorited retweeted [possibly_sensitive: links,
 *   photos] filter_level lang [timestamp_ms: the outer post]
 *
 * This is of the dialect v11; the others are those of gen_v2.h and gen_io.h.
 *
 * A line depends on its plan and the population alone. A renderer is some
 * scratch memory: one for each thread.
 */
#ifndef GEN_RENDER_H
#define GEN_RENDER_H

#include "gen_options.h"
#include "gen_put.h"
#include "gen_text.h"

#define GEN_QUOTED_BYTES_MAX 24576

struct gen_renderer {
    const struct gen_population *people;
    bool crlf;
    enum gen_dialect dialect;
    struct gen_text text;
    size_t quoted_length;
    char quoted[GEN_QUOTED_BYTES_MAX]; /* the quoted post, ready */
    char quoted_screen[GEN_SCREEN_NAME_MAX + 1];
};

/* Writes the line with its end, less than GEN_LINE_BYTES_MAX; the new end. */
char *gen_render_line(struct gen_renderer *renderer, const struct gen_line *line,
                      char *out);

/* Pieces that every shape of post has: from the brace to `id_str`, and the
 * five keys of what it answers, with a comma before. */
char *gen_put_begin(char *out, const struct gen_post *post);
char *gen_put_reply_to(char *out, const struct gen_population *people,
                       const struct gen_post *post);

/* About how long the line will be. */
uint32_t gen_render_estimate(const struct gen_line *line);

#endif
