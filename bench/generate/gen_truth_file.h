/*
 * gen_truth_file: the truth, written down.
 *
 * accounts.truth has one object a planted account: id, screen_name, role, then
 * exact values under the columns' names, at +08:00 where a column is local. A
 * share is {"numerator": n, "denominator": d}. A column that is null by its
 * definition is null; one that cannot be counted simply is left out.
 * totals.truth has the totals, and the options that made the archive.
 */
#ifndef GEN_TRUTH_FILE_H
#define GEN_TRUTH_FILE_H

#include "gen_options.h"
#include "gen_truth.h"

/* 0, or an exit code, after a message on standard error. */
int gen_truth_write(const struct gen_truth *truth, const struct gen_options *options);

#endif
