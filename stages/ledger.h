#ifndef SANDPIPER_STAGES_LEDGER_H
#define SANDPIPER_STAGES_LEDGER_H

#include "stages/emit/emit.h"
#include "stages/parameters.h"
#include "stages/reduce/reduce.h"
#include "stages/run.h"

/*
 * The ledger: where every byte, frame, line and record of every shard went,
 * and the files that say so. Nothing is published unless it balances:
 *
 *   file_bytes   = frame_bytes + skippable_bytes + rejected_bytes
 *   frames       = ok + rejected (by reason)
 *   lines        = accepted + control + blank + rejected (by reason)
 *   records      = post records + control (by kind) + rejected (by reason)
 *   post records = posts + duplicates
 *   posts        = sum of accounts.posts
 *                = sum of days.posts = rows of posts, where these tables tell
 *                  of all accounts
 *   with --min-posts the first sum is that of the accounts listed:
 *   accounts_listed = rows of accounts, posts_listed = sum of accounts.posts
 *
 * No clock, no thread count and no order of arrival shows in these files.
 */
struct dictionary_files;

struct ledger_input {
    const struct run *run;
    struct reduce_counts counts;
    uint32_t tables;               /* a set of TABLE_BIT */
    const struct parameters *parameters;
    const char *formats;           /* "csv", "jsonl", "csv,jsonl" */
    bool read_only;                /* nothing was reduced: no counts */
};

/* Raises CODE_BUG and says which sum does not hold; or CODE_MEMORY. */
bool ledger_balances(const struct ledger_input *input);

/* All that was asked for, as the manifest has it (and digests of lists beside
 * pseudonyms too), in one line; given (free). NULL: out of memory. */
char *manifest_asked(const struct parameters *parameters, const char *formats,
                     const struct dictionary_files *dictionaries);

/* Each adds a whole file to the output; false when out of memory. */
bool ledger_json(const struct ledger_input *input, struct output *output);
bool manifest_json(const struct ledger_input *input, struct output *output);
bool rejects_jsonl(const struct ledger_input *input, struct output *output);

/* What a shard is in: "zstd", "tar", "text", ... */
const char *ledger_container(const struct shard_ledger *ledger);

/* Sums over all shards, for the summary on the terminal. */
void ledger_total(const struct run *run, struct shard_ledger *total);

#endif
