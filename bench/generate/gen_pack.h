/*
 * gen_pack: text into zstd frames.
 *
 * The only user of zstd. A packer owns a compression context; frames are fed
 * piece by piece, and what comes out is appended to a growing buffer that the
 * caller owns. One thread at a time.
 */
#ifndef GEN_PACK_H
#define GEN_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen_options.h"

#define GEN_PACK_SIZE_UNKNOWN UINT64_MAX

struct gen_bytes {
    char *data;
    size_t length, room;
};

struct gen_packer;

/* NULL: no memory, or zstd refuses the level or window. `workers` > 0: zstd's
 * own threads, with the same bytes for any number of them. */
struct gen_packer *gen_pack_open(const struct gen_options *options, unsigned workers);
void gen_pack_close(struct gen_packer *packer);

/* Starts a frame; `size` is its text's, or GEN_PACK_SIZE_UNKNOWN. 0, -EIO. */
int gen_pack_begin(struct gen_packer *packer, uint64_t size);

/* Appends to `out` what is ready; all of the frame if `end`. 0, -ENOMEM, -EIO. */
int gen_pack_feed(struct gen_packer *packer, const char *text, size_t length, bool end,
                  struct gen_bytes *out);

/* Makes room for so many bytes more. 0, -ENOMEM. */
int gen_bytes_reserve(struct gen_bytes *bytes, size_t more);
int gen_bytes_append(struct gen_bytes *bytes, const char *data, size_t length);

#endif
