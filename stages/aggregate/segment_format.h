#ifndef SANDPIPER_STAGES_SEGMENT_FORMAT_H
#define SANDPIPER_STAGES_SEGMENT_FORMAT_H

#include "pipeline/room.h"
#include "stages/aggregate/segment.h"

/*
 * The layout of a segment, version 2. All numbers are little-endian.
 *
 *     struct segment_header                    64 bytes
 *     blocks                                   at most 256 KiB each
 *     struct segment_section [partitions + 1]
 *     struct segment_block [blocks]
 *     struct segment_footer                    64 bytes
 *
 * A section is a stream of bytes cut into blocks, wherever they lie: section
 * p < partitions holds the accounts of partition p, the last section holds
 * the dictionaries. The blocks are listed by section and in the order of the
 * stream; together they fill the file from the header to the sections. Every
 * byte of the file is under one XXH3-64 (seed 0): a block's is in its entry,
 * that of sections and entries in the footer; header and footer end with
 * their own.
 *
 * In the streams a number is a varint (7 bits a byte, low ones first), signed
 * ones in zigzag; `word` is 8 bytes. An id is its text's size and the text,
 * or 0 and the number as a word.
 *
 *     dictionaries  clients, languages: each count, then (size, bytes) each
 *     account       platform (byte), id, has_profile (byte), [profile],
 *                   facts, deletions (numbers), the facts, the deletions
 *     profile       created_at (when, value), first_observed, last_observed,
 *                   engagement; then counts
 *                   (first, last, min, max), texts, flags, distincts. A
 *                   `when` is the difference to the one before; a distinct
 *                   is its count (byte), then words or the registers.
 *     fact          its size, and its code (stages/fact_code.h), whose time
 *                   is less that of the fact before
 *     deletion      id, has_time (byte), [time]
 */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the structs below are the file's bytes");

#define SEGMENT_MAGIC "SNDPSEG\n"
#define SEGMENT_END_MAGIC "SNDPEND\n"
#define SEGMENT_VERSION 2u
/* Of the shape of profiles and distincts; another build's shape is refused. */
#define SEGMENT_SHAPE                                                          \
    ((uint32_t)PROFILE_COUNTS << 24 | (uint32_t)PROFILE_TEXTS << 16 |          \
     (uint32_t)PROFILE_FLAGS << 8 | (uint32_t)PROFILE_DISTINCTS << 4 |         \
     (uint32_t)ENGAGEMENTS)
#define SEGMENT_PARTITIONS_MAX ((uint32_t)1 << 20)
#define SEGMENT_TEXT_BYTES_MAX ((uint32_t)1 << 30)
#define SEGMENT_FACT_BYTES_MIN 9u      /* 1 + FACT_CODE_BYTES_MIN */
#define SEGMENT_DELETION_BYTES_MIN 3u

struct segment_header {
    char magic[8];
    uint32_t version, shape;
    uint32_t partitions, block_bytes_max;
    uint32_t hll_registers, distinct_exact_max;
    uint64_t reserved[3];
    uint64_t checksum;
};

struct segment_section {
    uint64_t bytes;
    uint64_t accounts, facts, deletions;
};

struct segment_block {
    uint64_t offset;
    uint64_t checksum;
    uint32_t bytes;
    uint32_t section;
};

struct segment_footer {
    char magic[8];
    uint64_t index_offset;
    uint64_t blocks;
    uint64_t index_checksum;
    uint64_t file_bytes;
    uint64_t reserved[2];
    uint64_t checksum;
};
_Static_assert(sizeof(struct segment_header) == 64, "no padding");
_Static_assert(sizeof(struct segment_section) == 32, "no padding");
_Static_assert(sizeof(struct segment_block) == 24, "no padding");
_Static_assert(sizeof(struct segment_footer) == 64, "no padding");

uint64_t segment_checksum(const void *bytes, size_t size);
/* All of it: 0 or -errno; a read behind the end is -EBADMSG. */
int segment_write_at(int fd, const void *bytes, size_t size, uint64_t offset);
int segment_read_at(int fd, void *bytes, size_t size, uint64_t offset);

#endif
