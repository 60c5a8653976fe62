#ifndef SANDPIPER_PIPELINE_OPTIONS_H
#define SANDPIPER_PIPELINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The command line. Options choose how to build and what to write, never
 * which numbers come out, except --utc-offset and --line-max, which the
 * manifest names.
 */
#define OPTION_DICTIONARIES_MAX 64
enum option_format { OPTION_CSV = 1, OPTION_JSONL = 2 };

struct options {
    const char *output;
    char **inputs;               /* borrowed from argv */
    size_t input_count;
    uint32_t threads;            /* 0: one a core */
    uint64_t memory_bytes;       /* 0: three quarters of what there is */
    uint64_t line_bytes_max;     /* 0: the default */
    int32_t utc_offset_minutes;
    unsigned formats;            /* set of option_format */
    const char *io;              /* "auto", "uring", "pread" */
    const char *isa;             /* NULL: the best that runs here */
    const char *dictionaries[OPTION_DICTIONARIES_MAX];
    size_t dictionary_count;
    bool plan_only, profile, quiet;
};

/* Reads the command line. 0: go on. Otherwise the program is done, or the
 * usage was wrong (a sentence stands on standard error): *exit_code says. */
int options_read(struct options *options, int argc, char **argv,
                 int *exit_code);

/* "512M", "16G", "1000": bytes with K, M, G, T of 1024; 0 on anything else. */
uint64_t size_from_text(const char *text);
/* "+08:00", "-03:30", "Z": minutes, a multiple of 15 within a day. */
bool offset_from_text(const char *text, int32_t *minutes);

#endif
