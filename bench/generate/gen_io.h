/*
 * gen_io: a planned line as CSV of the information-operations archive.
 *
 * The thirty columns of the releases of 2020, all quoted. As there: times to
 * the minute, the profile as of the archive's end in every row, lists as
 * Python writes them, line breaks inside of texts, retweet_userid for one
 * retweet of four (the first mention is its author always).
 */
#ifndef GEN_IO_H
#define GEN_IO_H

#include "gen_render.h"

char *gen_put_io(char *out, struct gen_renderer *renderer, const struct gen_line *line);

#endif
