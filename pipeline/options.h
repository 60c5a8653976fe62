#ifndef SANDPIPER_PIPELINE_OPTIONS_H
#define SANDPIPER_PIPELINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The command line. Some options say what is asked for, and the manifest names
 * them; the others choose how it is built, and no number depends on them.
 * Texts are borrowed from argv; lists and times are read by who knows the
 * names in them.
 */
#define OPTION_DICTIONARIES_MAX 64
enum option_format {
    OPTION_CSV = 1,
    OPTION_JSONL = 2,
    OPTION_SQLITE = 4,
    OPTION_PARQUET = 8,
};
#define OPTION_FORMATS 4

enum command {
    COMMAND_RUN, COMMAND_REDUCE, COMMAND_FILTER, COMMAND_VERIFY,
    COMMAND_INSPECT,
};

/* What becomes of a damaged frame: all of it is dropped, what was decoded
 * before the damage is kept, or the run ends. */
enum damaged { DAMAGED_DROP, DAMAGED_SALVAGE, DAMAGED_FAIL };

/* So many rejects, or such a share of all lines in REJECT_SHARE_WHOLE parts. */
#define REJECT_SHARE_WHOLE UINT64_C(100000000)
struct reject_limit {
    const char *text;            /* borrowed; NULL: no limit */
    bool is_share;
    uint64_t number;
};

struct options {
    enum command command;
    const char *output;
    const char *state;           /* DIR; NULL: inside the output */
    bool no_state, add, restart;
    uint64_t commit_bytes;       /* 0: the default */
    char **inputs;               /* borrowed from argv */
    size_t input_count;
    const char *tables, *columns;       /* LIST; NULL: the default */
    const char *core, *accounts, *pseudonyms;   /* FILE or NULL */
    const char *since, *until;          /* a date or time, or NULL */
    const char *time_zone;              /* NULL: utc_offset_minutes */
    const char **hashtags, **words;     /* lists owned, texts borrowed */
    size_t hashtag_count, word_count;
    bool match_any;                     /* of what is filtered by */
    uint64_t min_posts;
    uint32_t threads;            /* 0: one a core */
    uint64_t memory_bytes;       /* 0: three quarters of what there is */
    uint64_t line_bytes_max;     /* 0: the default */
    int32_t utc_offset_minutes;
    unsigned formats;            /* set of option_format */
    const char *io;              /* "auto", "uring", "pread" */
    const char *isa;             /* NULL: the best that runs here */
    const char *dictionaries[OPTION_DICTIONARIES_MAX];
    size_t dictionary_count;
    enum damaged damaged;
    struct reject_limit max_rejects;
    bool plan_only, profile, quiet;
    bool json, full;             /* of verify and inspect */
};

/* Reads the command line. 0: go on. Otherwise the program is done, or the
 * usage was wrong (a sentence stands on standard error): *exit_code says. */
int options_read(struct options *options, int argc, char **argv,
                 int *exit_code);

/* Gives the lists back. */
void options_free(struct options *options);

/* "512M", "16G", "1000": bytes with K, M, G, T of 1024; 0 on anything else. */
uint64_t size_from_text(const char *text);
/* "100", "0.5%" (to six places behind the point, 100% at most). */
bool reject_limit_from_text(const char *text, struct reject_limit *limit);
/* "+08:00", "-03:30", "Z": minutes, a multiple of 15 within a day. */
bool offset_from_text(const char *text, int32_t *minutes);

#endif
