#ifndef SANDPIPER_STAGES_SEGMENT_UNPACK_H
#define SANDPIPER_STAGES_SEGMENT_UNPACK_H

#include "stages/aggregate/segment_format.h"

/*
 * The bytes of one section, block by block, each checked whole before any of
 * it is used. Nothing else of them is believed: an unpacker never gives more
 * than the section holds, and every unpack_* checks what it reads. The first
 * error is sticky, everything read after it is 0.
 */
struct unpacker {
    int fd;
    int error;                           /* -errno */
    const struct segment_block *blocks;  /* of the section, in order */
    uint64_t block_count, block_at;
    uint64_t later_bytes;                /* in the blocks not yet read */
    uint8_t *block;                      /* SEGMENT_BLOCK_BYTES */
    const uint8_t *at, *end;
};

/* block: room for SEGMENT_BLOCK_BYTES, borrowed. */
void unpacker_open(struct unpacker *unpacker, int fd,
                   const struct segment_block *blocks, uint64_t block_count,
                   uint64_t section_bytes, uint8_t *block);
/* Bytes that are left. */
static inline uint64_t unpacker_left(const struct unpacker *unpacker)
{
    return (uint64_t)(unpacker->end - unpacker->at) + unpacker->later_bytes;
}
/* Says that the bytes make no sense: -EBADMSG. */
void unpacker_fail(struct unpacker *unpacker, int error);

void unpack_bytes(struct unpacker *unpacker, void *to, size_t size);
uint8_t unpack_byte(struct unpacker *unpacker);
uint64_t unpack_number(struct unpacker *unpacker);
int64_t unpack_signed(struct unpacker *unpacker);
uint64_t unpack_word(struct unpacker *unpacker);
/* A number of things of at least bytes_min bytes each that follow. */
uint64_t unpack_count(struct unpacker *unpacker, uint64_t bytes_min);
/* Their bytes come from the arena. */
struct text unpack_text(struct unpacker *unpacker, struct arena *arena);
struct id unpack_id(struct unpacker *unpacker, struct arena *arena);

void unpack_profile(struct unpacker *unpacker, struct arena *arena,
                    struct profile *profile);
/* before: the time of the fact before, 0 at first; ranks as in the file, at
 * most those of limits. */
void unpack_fact(struct unpacker *unpacker, struct arena *arena,
                 const struct dictionaries *limits, int64_t *before,
                 struct fact *fact);
void unpack_deletion(struct unpacker *unpacker, struct arena *arena,
                     struct deletion *deletion);

#endif
