#ifndef SANDPIPER_TESTS_SEGMENT_FILE_H
#define SANDPIPER_TESTS_SEGMENT_FILE_H

#include "stages/aggregate/segment_format.h"
#include "tests/fuzz/fuzz_input.h"

/*
 * Segments as somebody forges them: with checksums that are right. So a
 * fuzzer comes past them to what the bytes say.
 */

/* Puts right all checksums of the size bytes that can be found, in place. */
static inline void segment_forge(uint8_t *bytes, size_t size)
{
    struct segment_header header;
    struct segment_footer footer;
    if (size < sizeof header + sizeof footer)
        return;
    memcpy(&header, bytes, sizeof header);
    memcpy(&footer, bytes + size - sizeof footer, sizeof footer);
    size_t end = size - sizeof footer;
    footer.file_bytes = size;
    if (footer.index_offset <= end) {
        size_t heads = (header.partitions + (size_t)1) *
                       sizeof(struct segment_section);
        size_t index = (size_t)footer.index_offset, at = index;
        if (heads <= end - index)
            at += heads;
        for (struct segment_block block; at != index && end - at >= sizeof block;
             at += sizeof block) {
            memcpy(&block, bytes + at, sizeof block);
            if (block.offset < size && block.bytes <= size - block.offset)
                block.checksum = segment_checksum(bytes + block.offset,
                                                  block.bytes);
            memcpy(bytes + at, &block, sizeof block);
        }
        footer.index_checksum = segment_checksum(bytes + index, end - index);
    }
    footer.checksum =
        segment_checksum(&footer, offsetof(struct segment_footer, checksum));
    memcpy(bytes + end, &footer, sizeof footer);
    header.checksum =
        segment_checksum(&header, offsetof(struct segment_header, checksum));
    memcpy(bytes, &header, sizeof header);
}

/* The streams of one partition, and of the dictionaries. */
struct segment_streams {
    struct fuzz_input accounts, names;
    uint64_t account_count, fact_count, deletion_count;
};

static inline void segment_part(uint8_t **to, const void *bytes, size_t size)
{
    if (size)
        memcpy(*to, bytes, size);
    *to += size;
}

/* A whole segment file of these, in one block each; free it. */
static inline uint8_t *segment_build(const struct segment_streams *streams,
                                     size_t *size)
{
    struct fuzz_input parts[2] = {streams->accounts, streams->names};
    struct segment_header header = {
        .version = SEGMENT_VERSION,
        .shape = SEGMENT_SHAPE, .partitions = 1,
        .block_bytes_max = SEGMENT_BLOCK_BYTES,
        .hll_registers = HLL_REGISTERS,
        .distinct_exact_max = DISTINCT_EXACT_MAX};
    struct segment_footer footer = {.blocks = 0};
    struct segment_section sections[2] = {
        {parts[0].left, streams->account_count, streams->fact_count,
         streams->deletion_count},
        {parts[1].left, 0, 0, 0}};
    memcpy(header.magic, SEGMENT_MAGIC, sizeof header.magic);
    memcpy(footer.magic, SEGMENT_END_MAGIC, sizeof footer.magic);
    footer.index_offset = sizeof header + parts[0].left + parts[1].left;
    footer.blocks = (parts[0].left > 0) + (uint64_t)(parts[1].left > 0);
    *size = (size_t)footer.index_offset + sizeof sections +
            (size_t)footer.blocks * sizeof(struct segment_block) +
            sizeof footer;
    uint8_t *file = malloc(*size), *at = file;
    CHECK(file);
    segment_part(&at, &header, sizeof header);
    segment_part(&at, parts[0].at, parts[0].left);
    segment_part(&at, parts[1].at, parts[1].left);
    segment_part(&at, sections, sizeof sections);
    for (uint32_t i = 0; i < 2; i++) {
        struct segment_block block = {
            .offset = sizeof header + (i ? parts[0].left : 0),
            .bytes = (uint32_t)parts[i].left, .section = i};
        if (block.bytes)
            segment_part(&at, &block, sizeof block);
    }
    segment_part(&at, &footer, sizeof footer);
    segment_forge(file, *size);
    return file;
}

/* The file that an input tells of. Its first byte: 0 the file as it is, 1 the
 * same with right checksums; else how many bytes of names follow the next
 * three, which say how many accounts, facts and deletions there are; the rest
 * is accounts. Free it. */
static inline uint8_t *segment_of_input(struct fuzz_input input, size_t *size)
{
    uint8_t way = fuzz_byte(&input);
    if (way > 1) {
        struct segment_streams streams = {.account_count = fuzz_byte(&input),
                                          .fact_count = fuzz_byte(&input),
                                          .deletion_count = fuzz_byte(&input)};
        streams.names = fuzz_take(&input, way);
        streams.accounts = input;
        return segment_build(&streams, size);
    }
    *size = input.left;
    uint8_t *file = fuzz_copy(input.at, input.left, 0);
    if (way)
        segment_forge(file, *size);
    return file;
}

#endif
