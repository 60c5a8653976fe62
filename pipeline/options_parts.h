#ifndef SANDPIPER_PIPELINE_OPTIONS_PARTS_H
#define SANDPIPER_PIPELINE_OPTIONS_PARTS_H

#include "pipeline/options.h"

#include <argp.h>

/* What the commands' tables of options share; nobody else includes this. */
enum option_key {
    KEY_OUTPUT = 'o',
    KEY_THREADS = 't',
    KEY_MEMORY = 'm',
    KEY_QUIET = 'q',
    KEY_IO = 256,
    KEY_ISA,
    KEY_LINE_MAX,
    KEY_UTC_OFFSET,
    KEY_FORMAT,
    KEY_TABLES,
    KEY_COLUMNS,
    KEY_CORE,
    KEY_ACCOUNTS,
    KEY_PSEUDONYMS,
    KEY_SINCE,
    KEY_DICT,
    KEY_UNTIL,
    KEY_TIME_ZONE,
    KEY_MIN_POSTS,
    KEY_PLAN,
    KEY_PROFILE,
    KEY_STATE,
    KEY_NO_STATE,
    KEY_ADD,
    KEY_RESTART,
    KEY_COMMIT,
    KEY_HASHTAG,
    KEY_WORD,
    KEY_MATCH,
    KEY_DAMAGED,
    KEY_MAX_REJECTS,
    KEY_JSON,
    KEY_FULL,
};

/* What is asked of the accounts; of every command that writes them. */
#define WHAT_IS_WRITTEN                                                        \
    {"output", KEY_OUTPUT, "DIR", 0,                                           \
     "Where the outputs go. Made if it is not there; an older set stays whole "\
     "until the new one is complete.", 0},                                     \
    {"format", KEY_FORMAT, "LIST", 0,                                          \
     "csv, jsonl, sqlite, parquet, with commas between (default csv)", 0},     \
    {"tables", KEY_TABLES, "LIST", 0,                                          \
     "Which tables: accounts, days, hashtags, hashtag_days, clients, "         \
     "languages, domains, created, posts (default: all but posts)", 0},        \
    {"columns", KEY_COLUMNS, "LIST", 0,                                        \
     "Which columns of accounts (default: all)", 0},                           \
    {"min-posts", KEY_MIN_POSTS, "N", 0,                                       \
     "Only accounts with so many posts have a row in accounts", 0},            \
    {"core", KEY_CORE, "FILE", 0,                                              \
     "Accounts, one id or @handle a line, for the columns core_*", 0},         \
    {"accounts", KEY_ACCOUNTS, "FILE", 0,                                      \
     "Accounts, likewise, to which all tables but accounts are limited", 0},   \
    {"pseudonyms", KEY_PSEUDONYMS, "KEYFILE", 0,                               \
     "Write keyed hashes for ids and names of accounts; the key is the "       \
     "file's 16 to 64 bytes", 0},                                              \
    {"utc-offset", KEY_UTC_OFFSET, "+HH:MM", 0,                                \
     "Local time of the hour, day and work columns (default +08:00); a "       \
     "multiple of 15 minutes", 0},                                             \
    {"time-zone", KEY_TIME_ZONE, "NAME", 0,                                    \
     "Instead of that, the time of a zone with its changes: Asia/Shanghai",    \
     0}

/* The options of every command that say how it runs. */
#define HOW_IT_RUNS                                                            \
    {NULL, 0, NULL, 0,                                                         \
     "How it runs (no number depends on these, but that --memory bounds the "  \
     "windows of frames that are read):", 1},                                  \
    {"threads", KEY_THREADS, "N", 0, "Lanes (default: one a core)", 1},        \
    {"memory", KEY_MEMORY, "SIZE", 0,                                          \
     "The budget; beyond it tables are sealed to disk (default: three "        \
     "quarters of what the machine or cgroup has)", 1},                        \
    {"io", KEY_IO, "HOW", 0, "auto, uring or pread (default auto)", 1},        \
    {"isa", KEY_ISA, "SET", 0,                                                 \
     "scalar, avx2 or avx512 (default: the best that runs here)", 1},          \
    {"plan", KEY_PLAN, NULL, 0,                                                \
     "Print lanes, cores, buffers and memory, and end", 1},                    \
    {"profile", KEY_PROFILE, NULL, 0,                                          \
     "Print at the end where the time went, stage by stage", 1},               \
    {"quiet", KEY_QUIET, NULL, 0,                                              \
     "No progress and no summary; warnings still come", 1}

/* The options of every command that say what becomes of bad input. */
#define WHAT_IS_BAD                                                            \
    {"damaged", KEY_DAMAGED, "drop|salvage|fail", 0,                           \
     "Of a damaged frame, drop everything (the default), keep what was "       \
     "decoded before the damage, or end the run (exit code 65)", 0},           \
    {"max-rejects", KEY_MAX_REJECTS, "N|N%", 0,                                \
     "If more frames, lines and records than N, or N percent of all lines, "   \
     "are rejected, publish nothing (exit code 65)", 0}

/* Behind a command's own words in its help. */
#define SHARDS_AND_CODES                                                       \
    "A SHARD is a file, a folder, a list of files (@LIST), or - for standard " \
    "input; plain text, zstd, gzip, bzip2, or tar and zip of these; Twitter "  \
    "API v1.1 and v2, the CSV of X's information-operations archive, Reddit "  \
    "(Pushshift), Bluesky (Jetstream).\n\n"                                   \
    "Sizes take K, M, G, T (of 1024).\n\n"                                     \
    "Exit codes: 0 done; 64 wrong usage; 65 more rejects than --damaged or "   \
    "--max-rejects allow; 66 an input is missing or changed "   \
    "while it was read; 70 a bug of ours; 71 out of memory; 73 the output is " \
    "not writable; 74 an input/output error; 75 stopped; 77 refused for "      \
    "security; 78 an impossible plan.\n\n"

/* --damaged and --max-rejects. */
void options_take_damaged(struct options *options, const char *text,
                          struct argp_state *state);
void options_take_max_rejects(struct options *options, const char *text,
                              struct argp_state *state);
/* Takes any option that a command has. */
error_t options_take(int key, char *text, struct argp_state *state);
/* Whether there is an output and an input. */
error_t options_end(const struct options *options, struct argp_state *state);

extern const struct argp OPTIONS_OF_FILTER, OPTIONS_OF_REDUCE,
    OPTIONS_OF_VERIFY, OPTIONS_OF_INSPECT;

#endif
