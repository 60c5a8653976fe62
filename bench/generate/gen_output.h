/*
 * gen_output: the directory, and the archive's files in it.
 *
 * Files are posts-00000.jsonl.zst and so on (.jsonl for plain text), written
 * in order, one open at a time. Failures are told on standard error where they
 * happen; the result is an exit code of gen_options.h, or 0.
 */
#ifndef GEN_OUTPUT_H
#define GEN_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "gen_job.h"

struct gen_output {
    const struct gen_options *options;
    struct gen_packer *giant; /* layout giant: the one frame's packer */
    struct gen_bytes packed;
    int file; /* -1: none open */
    uint64_t files, frames, text_bytes, written_bytes;
};

int gen_output_open(struct gen_output *output, const struct gen_options *options);

/* Writes a finished job, opening and closing files as it says. */
int gen_output_write(struct gen_output *output, const struct gen_job *job);

/* Ends the last frame and file. */
int gen_output_end(struct gen_output *output);
void gen_output_close(struct gen_output *output);

/* A file of this name in the directory, opened anew; NULL and a message. */
FILE *gen_output_create(const struct gen_options *options, const char *name);

#endif
