#include "stages/aggregate/segment_pack.h"

#include "pipeline/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct segment_writer {
    struct memory *memory;
    int directory, fd;
    char *name;
    uint32_t lanes, partitions;
    struct packer *packers;
    struct segment_section *sections;
    _Atomic uint64_t file_bytes;
};

void segment_name(char name[SEGMENT_NAME_BYTES], uint64_t number)
{
    snprintf(name, SEGMENT_NAME_BYTES, "segment-%06" PRIu64, number);
}

static void writer_free(struct segment_writer *writer)
{
    for (uint32_t i = 0; writer->packers && i < writer->lanes; i++)
        if (writer->packers[i].memory)
            packer_close(&writer->packers[i]);
    if (writer->fd >= 0)
        close(writer->fd);
    free(writer->packers);
    free(writer->sections);
    free(writer->name);
    free(writer);
}

void segment_abandon(struct segment_writer *writer)
{
    if (!writer)
        return;
    if (writer->fd >= 0)
        unlinkat(writer->directory, writer->name, 0);
    writer_free(writer);
}

static int writer_open(struct segment_writer *writer, const char *name)
{
    writer->name = strdup(name);
    writer->packers = calloc(writer->lanes, sizeof *writer->packers);
    writer->sections = calloc((size_t)writer->partitions + 1,
                              sizeof *writer->sections);
    if (!writer->name || !writer->packers || !writer->sections)
        return -ENOMEM;
    writer->fd = openat(writer->directory, name,
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        0666);
    if (writer->fd < 0)
        return -errno;
    for (uint32_t i = 0; i < writer->lanes; i++)
        if (!packer_open(&writer->packers[i], writer->memory, writer->fd,
                         &writer->file_bytes))
            return -ENOMEM;
    return 0;
}

int segment_create(struct segment_writer **out, struct memory *memory,
                   int directory, const char *name, uint32_t lanes,
                   uint32_t partitions)
{
    CHECK(lanes > 0 && partitions > 0);
    CHECK(partitions <= SEGMENT_PARTITIONS_MAX);
    CHECK((partitions & (partitions - 1)) == 0);
    *out = NULL;
    struct segment_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return -ENOMEM;
    *writer = (struct segment_writer){
        .memory = memory, .directory = directory, .fd = -1, .lanes = lanes,
        .partitions = partitions,
        .file_bytes = sizeof(struct segment_header)};
    int status = writer_open(writer, name);
    if (status) {
        segment_abandon(writer);
        return status;
    }
    *out = writer;
    return 0;
}

int segment_seal(struct segment_writer *writer, uint32_t lane,
                 uint32_t partition, struct part_cursor *cursor)
{
    CHECK(lane < writer->lanes && partition < writer->partitions);
    struct packer *packer = &writer->packers[lane];
    struct segment_section section = {0};
    struct account_view view;
    int status = packer->error;
    packer_begin(packer, partition);
    while (!status && (status = cursor->next(cursor, &view)) > 0) {
        pack_account(packer, &view);
        section.accounts++;
        section.facts += view.fact_count;
        section.deletions += view.deletion_count;
        status = packer->error;
    }
    cursor->close(cursor);
    section.bytes = packer_end(packer);
    CHECK(writer->sections[partition].bytes == 0);
    writer->sections[partition] = section;
    return status ? status : packer->error;
}

/* ---- the end ----------------------------------------------------------- */

static void pack_dictionary(struct packer *packer,
                            const struct dictionary *dictionary)
{
    pack_number(packer, dictionary->count);
    for (uint32_t i = 0; i < dictionary->count; i++)
        pack_text(packer, dictionary->names[i]);
}

static int seal_dictionaries(struct segment_writer *writer,
                             const struct dictionaries *names)
{
    struct packer *packer = &writer->packers[0];
    packer_begin(packer, writer->partitions);
    pack_dictionary(packer, &names->clients);
    pack_dictionary(packer, &names->languages);
    writer->sections[writer->partitions].bytes = packer_end(packer);
    for (uint32_t i = 0; i < writer->lanes; i++)
        if (packer_flush(&writer->packers[i]))
            return writer->packers[i].error;
    return 0;
}

/* Sections and entries, by section and as they were written; a section's
 * blocks are all of one packer. */
static uint8_t *make_index(const struct segment_writer *writer, size_t *size,
                           uint64_t *blocks)
{
    uint32_t sections = writer->partitions + 1;
    size_t heads = sections * sizeof *writer->sections, count = 0;
    for (uint32_t i = 0; i < writer->lanes; i++)
        count += writer->packers[i].block_count;
    uint8_t *index = malloc(heads + count * sizeof(struct segment_block));
    size_t *ends = calloc(sections + (size_t)1, sizeof *ends);
    if (!index || !ends) {
        free(index);
        free(ends);
        return NULL;
    }
    memcpy(index, writer->sections, heads);
    for (uint32_t i = 0; i < writer->lanes; i++)
        for (size_t k = 0; k < writer->packers[i].block_count; k++)
            ends[writer->packers[i].blocks[k].section + 1]++;
    for (uint32_t s = 0; s < sections; s++)
        ends[s + 1] += ends[s];
    for (uint32_t i = 0; i < writer->lanes; i++)
        for (size_t k = 0; k < writer->packers[i].block_count; k++) {
            const struct segment_block *block = &writer->packers[i].blocks[k];
            memcpy(index + heads + ends[block->section]++ * sizeof *block,
                   block, sizeof *block);
        }
    free(ends);
    *size = heads + count * sizeof(struct segment_block);
    *blocks = count;
    return index;
}

static int write_header(const struct segment_writer *writer)
{
    struct segment_header header = {
        .magic = SEGMENT_MAGIC, .version = SEGMENT_VERSION,
        .shape = SEGMENT_SHAPE, .partitions = writer->partitions,
        .block_bytes_max = SEGMENT_BLOCK_BYTES,
        .hll_registers = HLL_REGISTERS,
        .distinct_exact_max = DISTINCT_EXACT_MAX};
    header.checksum =
        segment_checksum(&header, offsetof(struct segment_header, checksum));
    return segment_write_at(writer->fd, &header, sizeof header, 0);
}

static int write_index(struct segment_writer *writer, uint64_t *bytes)
{
    size_t size = 0;
    uint64_t blocks = 0;
    uint8_t *index = make_index(writer, &size, &blocks);
    if (!index)
        return -ENOMEM;
    uint64_t offset = atomic_load_explicit(&writer->file_bytes,
                                           memory_order_relaxed);
    struct segment_footer footer = {
        .magic = SEGMENT_END_MAGIC, .index_offset = offset, .blocks = blocks,
        .index_checksum = segment_checksum(index, size),
        .file_bytes = offset + size + sizeof footer};
    footer.checksum =
        segment_checksum(&footer, offsetof(struct segment_footer, checksum));
    *bytes = footer.file_bytes;
    int status = segment_write_at(writer->fd, index, size, offset);
    free(index);
    return status ? status
                  : segment_write_at(writer->fd, &footer, sizeof footer,
                                     offset + size);
}

int segment_end(struct segment_writer *writer,
                const struct dictionaries *names, uint64_t *bytes)
{
    int status = seal_dictionaries(writer, names);
    if (!status)
        status = write_header(writer);
    if (!status)
        status = write_index(writer, bytes);
    if (!status && (fsync(writer->fd) != 0 || fsync(writer->directory) != 0))
        status = -errno;
    if (status)
        segment_abandon(writer);
    else
        writer_free(writer);
    return status;
}
