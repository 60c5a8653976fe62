/*
 * gen_options: what the user asked for, checked.
 *
 * gen_options_parse fills every field, defaults included, or says why not on
 * standard error. Strings are borrowed from argv. No other module reads argv
 * or the environment.
 */
#ifndef GEN_OPTIONS_H
#define GEN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define GEN_EXIT_USAGE 64     /* as EX_USAGE of sysexits.h */
#define GEN_EXIT_CANTCREAT 73 /* as EX_CANTCREAT: output not writable */
#define GEN_EXIT_IOERR 74     /* as EX_IOERR: it was, and then it failed */

#define GEN_POST_BYTES_MEAN 4300 /* measured by check_generate.py */
#define GEN_POSTS_MAX UINT64_C(2000000000)
#define GEN_ACCOUNTS_MAX UINT64_C(100000000)

enum gen_dialect { GEN_V11, GEN_V2, GEN_IO };

enum gen_layout { GEN_SHARDS, GEN_FRAMES, GEN_GIANT, GEN_PLAIN };

struct gen_options {
    uint64_t seed;
    uint64_t posts;    /* ordinary posts; the campaign's come on top */
    uint64_t bytes;    /* instead of posts: about so much text; 0 is unset */
    uint64_t accounts; /* ordinary accounts */
    uint64_t campaign; /* planted accounts, without the specimens */
    bool specimens;
    int64_t from, to;  /* ms; to is exclusive */
    uint32_t deletes_ppm, duplicates_ppm; /* per million posts, lines */
    enum gen_dialect dialect;
    enum gen_layout layout;
    uint64_t files; /* 0: as shard_bytes says */
    uint64_t shard_bytes, frame_bytes;
    bool cut_anywhere, checksum, content_size, crlf, force;
    int level, window_log; /* window_log 0: as the level says */
    unsigned threads;
    const char *directory;
};

enum gen_asked { GEN_ASKED_RUN, GEN_ASKED_HELP, GEN_ASKED_NONSENSE };

enum gen_asked gen_options_parse(struct gen_options *options, int argc, char **argv);

/* `v11`, `v2`, `io`. */
const char *gen_dialect_name(enum gen_dialect dialect);

/* `shards`, `frames`, `giant`, `plain`. */
const char *gen_layout_name(enum gen_layout layout);

#endif
