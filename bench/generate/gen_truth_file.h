/*
 * gen_truth_file: the truth beside posts.truth, written down at the end.
 *
 * accounts.truth has one object a planted account: id, role, honest, specimen,
 * when it began, every face it had (see posts.truth), and what it shows at the
 * archive's end. core.list names the
 * core, one id or @handle a line. tables.truth is that of gen_table.h;
 * totals.truth has the totals, the burst, and the options.
 */
#ifndef GEN_TRUTH_FILE_H
#define GEN_TRUTH_FILE_H

#include "gen_acts.h"
#include "gen_options.h"
#include "gen_truth.h"

/* 0, or an exit code, after a message on standard error. */
int gen_truth_write(struct gen_truth *truth, const struct gen_acts *acts,
                    const uint32_t *statuses, const struct gen_options *options);

#endif
