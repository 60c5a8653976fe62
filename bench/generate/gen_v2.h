/*
 * gen_v2: a planned line as a record of the v2 stream.
 *
 *   {"data":{post},"includes":{"users":[...],"tweets":[...]}}
 *
 * As there: entities by kind, absent where there is none; a photo's link is a
 * link as well, to twitter.com; an empty location is absent, an empty bio is an
 * empty string; a retweet's text is cut, its original whole in includes, what
 * that quotes is not. A bare post has no includes.
 */
#ifndef GEN_V2_H
#define GEN_V2_H

#include "gen_render.h"

char *gen_put_v2(char *out, struct gen_renderer *renderer, const struct gen_line *line);

#endif
