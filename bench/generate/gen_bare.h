/*
 * gen_bare: a post as the first API gave it, asked for little.
 *
 * Without entities, language, counts and timestamp_ms; `source` is empty or not
 * there, and the user is an id, as with trim_user. A retweet shows when and what, not
 * whose; a quote names the quoted post alone. Keys are in the usual order.
 */
#ifndef GEN_BARE_H
#define GEN_BARE_H

#include "gen_render.h"

char *gen_put_bare(char *out, struct gen_renderer *renderer, const struct gen_line *line);

#endif
