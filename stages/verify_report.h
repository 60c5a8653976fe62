#ifndef SANDPIPER_STAGES_VERIFY_REPORT_H
#define SANDPIPER_STAGES_VERIFY_REPORT_H

#include "stages/emit/emit.h"
#include "stages/run.h"

/*
 * What a verification found: a run over the shards whose frames were decoded
 * and checked, and nothing more (run_options.verify). The fields of its JSON
 * are those of ledger.json and manifest.json of a run over the same shards
 * with the same memory, and have the same values; there is no time in it.
 */

/* Shards of which something was rejected, in them or in their members. */
uint64_t verify_damaged_shards(const struct run *run);

/* For people: each shard that is damaged, with what was lost, and unless
 * brief the sums over all. */
void verify_print(FILE *out, const struct run *run, bool brief);
/* A whole document; false when out of memory. */
bool verify_json(const struct run *run, struct output *output);
/* Bytes and time, for people. */
void verify_print_speed(FILE *out, const struct run *run, uint64_t read_ns,
                        const char *io);

#endif
