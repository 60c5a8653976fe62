#include "stages/aggregate/segment_unpack.h"

#include "pipeline/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* An arena gives its chunks back to the system, which is slow: a cursor does
 * so only when so much of them is used. */
#define ARENA_CHUNK_BYTES ((size_t)64 << 10)
#define ARENA_KEPT_BYTES ((size_t)1 << 20)

struct segment {
    struct memory *memory;
    int fd;
    struct segment_header header;
    struct segment_footer footer;
    uint8_t *index;
    size_t index_bytes;
    const struct segment_section *sections;  /* in index */
    const struct segment_block *blocks;
    uint64_t *first_blocks;                  /* sections + 1 */
    struct dictionaries names;
    struct segment_counts counts;
};

/* ---- header, footer, index --------------------------------------------- */

static int read_header(struct segment *segment)
{
    struct segment_header *header = &segment->header;
    int status = segment_read_at(segment->fd, header, sizeof *header, 0);
    if (status)
        return status;
    uint64_t checksum =
        segment_checksum(header, offsetof(struct segment_header, checksum));
    bool good = memcmp(header->magic, SEGMENT_MAGIC, 8) == 0 &&
                header->checksum == checksum &&
                header->version == SEGMENT_VERSION &&
                header->shape == SEGMENT_SHAPE &&
                header->partitions > 0 &&
                header->partitions <= SEGMENT_PARTITIONS_MAX &&
                (header->partitions & (header->partitions - 1)) == 0 &&
                header->block_bytes_max == SEGMENT_BLOCK_BYTES &&
                header->hll_registers == HLL_REGISTERS &&
                header->distinct_exact_max == DISTINCT_EXACT_MAX;
    return good ? 0 : -EBADMSG;
}

/* Sizes first: the file's own, then what the footer says of it. */
static int read_footer(struct segment *segment)
{
    struct segment_footer *footer = &segment->footer;
    struct stat file;
    if (fstat(segment->fd, &file) != 0)
        return -errno;
    uint64_t size = (uint64_t)file.st_size;
    if (!S_ISREG(file.st_mode) || file.st_size < 0 ||
        size < sizeof segment->header + sizeof *footer)
        return -EBADMSG;
    int status = segment_read_at(segment->fd, footer, sizeof *footer,
                                 size - sizeof *footer);
    if (status)
        return status;
    uint64_t checksum =
        segment_checksum(footer, offsetof(struct segment_footer, checksum));
    uint64_t end = size - sizeof *footer;
    uint64_t heads = ((uint64_t)segment->header.partitions + 1) *
                     sizeof(struct segment_section);
    bool good = memcmp(footer->magic, SEGMENT_END_MAGIC, 8) == 0 &&
                footer->checksum == checksum && footer->file_bytes == size &&
                footer->index_offset >= sizeof segment->header &&
                footer->index_offset <= end &&
                end - footer->index_offset >= heads &&
                footer->blocks <= end / sizeof(struct segment_block) &&
                end - footer->index_offset - heads ==
                    footer->blocks * sizeof(struct segment_block);
    segment->index_bytes = good ? (size_t)(end - footer->index_offset) : 0;
    return good ? 0 : -EBADMSG;
}

/* Each section's blocks have its bytes; all of them fill the file. */
static bool check_blocks(struct segment *segment)
{
    uint64_t at = 0, file_bytes = sizeof segment->header;
    uint32_t sections = segment->header.partitions + 1;
    for (uint32_t s = 0; s < sections; s++) {
        uint64_t bytes = 0;
        segment->first_blocks[s] = at;
        for (; at < segment->footer.blocks && segment->blocks[at].section == s;
             at++) {
            const struct segment_block *block = &segment->blocks[at];
            if (!block->bytes || block->bytes > SEGMENT_BLOCK_BYTES ||
                block->offset < sizeof segment->header ||
                block->offset > segment->footer.index_offset ||
                segment->footer.index_offset - block->offset < block->bytes)
                return false;
            bytes += block->bytes;
        }
        if (bytes != segment->sections[s].bytes)
            return false;
        file_bytes += bytes;
    }
    segment->first_blocks[sections] = at;
    return at == segment->footer.blocks &&
           file_bytes == segment->footer.index_offset;
}

static void sum_counts(struct segment *segment)
{
    segment->counts.bytes = segment->footer.file_bytes;
    for (uint32_t p = 0; p < segment->header.partitions; p++) {
        segment->counts.accounts += segment->sections[p].accounts;
        segment->counts.facts += segment->sections[p].facts;
        segment->counts.deletions += segment->sections[p].deletions;
    }
}

static int read_index(struct segment *segment)
{
    uint32_t sections = segment->header.partitions + 1;
    segment->first_blocks = calloc(sections + (size_t)1, sizeof(uint64_t));
    segment->index = memory_map(segment->memory, segment->index_bytes);
    if (!segment->index || !segment->first_blocks)
        return -ENOMEM;
    int status = segment_read_at(segment->fd, segment->index,
                                 segment->index_bytes,
                                 segment->footer.index_offset);
    if (status)
        return status;
    segment->sections = (const struct segment_section *)(void *)segment->index;
    segment->blocks =
        (const struct segment_block *)(const void *)(segment->sections +
                                                     sections);
    if (segment_checksum(segment->index, segment->index_bytes) !=
            segment->footer.index_checksum ||
        !check_blocks(segment))
        return -EBADMSG;
    sum_counts(segment);
    return 0;
}

static void open_section(const struct segment *segment, uint32_t section,
                         uint8_t *block, struct unpacker *unpacker)
{
    uint64_t first = segment->first_blocks[section];
    unpacker_open(unpacker, segment->fd, segment->blocks + first,
                  segment->first_blocks[section + 1] - first,
                  segment->sections[section].bytes, block);
}

/* ---- dictionaries ------------------------------------------------------ */

/* names and their bytes in one allocation, as dictionaries_free expects. */
static void read_dictionary(struct unpacker *unpacker, uint32_t count_max,
                            struct dictionary *dictionary)
{
    uint64_t left = unpacker_left(unpacker);
    uint64_t count = unpack_count(unpacker, 2);
    if (count > count_max)
        unpacker_fail(unpacker, -EBADMSG);
    if (unpacker->error || !count)
        return;
    struct text *names = malloc(count * sizeof *names + left);
    if (!names) {
        unpacker_fail(unpacker, -ENOMEM);
        return;
    }
    char *bytes = (char *)(names + count);
    *dictionary = (struct dictionary){(uint32_t)count, names};
    for (uint64_t i = 0; i < count; i++) {
        uint64_t size = unpack_count(unpacker, 1);
        names[i] = (struct text){bytes, (uint32_t)size};
        if (size == 0 || size > SEGMENT_TEXT_BYTES_MAX) {
            unpacker_fail(unpacker, -EBADMSG);
            return;
        }
        unpack_bytes(unpacker, bytes, size);
        bytes += size;
        if (i && text_compare(names[i - 1], names[i]) >= 0)
            unpacker_fail(unpacker, -EBADMSG);
    }
}

static int read_dictionaries(struct segment *segment)
{
    struct unpacker unpacker;
    uint8_t *block = memory_map(segment->memory, SEGMENT_BLOCK_BYTES);
    if (!block)
        return -ENOMEM;
    open_section(segment, segment->header.partitions, block, &unpacker);
    read_dictionary(&unpacker, UINT32_MAX - 1, &segment->names.clients);
    read_dictionary(&unpacker, UINT32_MAX - 1, &segment->names.languages);
    if (!unpacker.error && unpacker_left(&unpacker))
        unpacker_fail(&unpacker, -EBADMSG);
    memory_unmap(segment->memory, block, SEGMENT_BLOCK_BYTES);
    return unpacker.error;
}

/* ---- a segment --------------------------------------------------------- */

int segment_open(struct segment **out, struct memory *memory, int directory,
                 const char *name)
{
    *out = NULL;
    struct segment *segment = calloc(1, sizeof *segment);
    if (!segment)
        return -ENOMEM;
    segment->memory = memory;
    segment->fd = openat(directory, name,
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int status = segment->fd < 0 ? -errno : read_header(segment);
    if (!status)
        status = read_footer(segment);
    if (!status)
        status = read_index(segment);
    if (!status)
        status = read_dictionaries(segment);
    if (status)
        segment_close(segment);
    else
        *out = segment;
    return status;
}

void segment_close(struct segment *segment)
{
    if (!segment)
        return;
    memory_unmap(segment->memory, segment->index, segment->index_bytes);
    dictionaries_free(&segment->names);
    if (segment->fd >= 0)
        close(segment->fd);
    free(segment->first_blocks);
    free(segment);
}

uint32_t segment_partitions(const struct segment *segment)
{
    return segment->header.partitions;
}

const struct dictionaries *segment_dictionaries(const struct segment *segment)
{
    return &segment->names;
}

struct segment_counts segment_counts(const struct segment *segment)
{
    return segment->counts;
}

/* ---- a cursor ---------------------------------------------------------- */

struct segment_cursor {
    struct part_cursor face;
    struct segment *segment;
    const struct translation *translation;
    uint32_t partition;
    struct unpacker unpacker;
    struct segment_section left;         /* accounts, facts, deletions */
    struct profile profile;
    struct arena arena;                  /* texts and ids of the account */
    struct room facts, deletions;
    uint8_t *block;
    /* The account before, to see that they are in order. */
    enum platform last_platform;
    struct room last_id;
    uint32_t last_size;
    bool any;
};

/* Accounts of this partition, in rising order; remembers this one's id. */
static void check_order(struct segment_cursor *cursor,
                        const struct account_view *view)
{
    char digits[ID_DIGITS_MAX];
    struct text id = id_text(view->id, digits);
    struct text last = {cursor->last_id.base, cursor->last_size};
    uint32_t mask = cursor->segment->header.partitions - 1;
    bool good = (id_hash(view->platform, view->id) & mask) ==
                cursor->partition;
    if (cursor->any && view->platform < cursor->last_platform)
        good = false;
    if (cursor->any && view->platform == cursor->last_platform &&
        text_compare(last, id) >= 0)
        good = false;
    if (!good)
        unpacker_fail(&cursor->unpacker, -EBADMSG);
    else if (!room_for(&cursor->last_id, cursor->segment->memory,
                               id.size, 1))
        unpacker_fail(&cursor->unpacker, -ENOMEM);
    else
        memcpy(cursor->last_id.base, id.bytes, id.size);
    cursor->last_size = id.size;
    cursor->last_platform = view->platform;
    cursor->any = true;
}

static void translate_fact(const struct translation *translation,
                           struct fact *fact)
{
    if (!translation)
        return;
    fact->client = translation->clients[fact->client];
    fact->language = translation->languages[fact->language];
}

static void read_facts(struct segment_cursor *cursor,
                       struct account_view *view)
{
    struct unpacker *unpacker = &cursor->unpacker;
    int64_t before = 0;
    if (!room_for(&cursor->facts, cursor->segment->memory,
                          view->fact_count, sizeof *view->facts)) {
        unpacker_fail(unpacker, -ENOMEM);
        return;
    }
    view->facts = cursor->facts.base;
    for (size_t i = 0; i < view->fact_count && !unpacker->error; i++) {
        unpack_fact(unpacker, &cursor->arena, &cursor->segment->names,
                    &before, &view->facts[i]);
        if (!unpacker->error)
            translate_fact(cursor->translation, &view->facts[i]);
    }
}

static void read_deletions(struct segment_cursor *cursor,
                           struct account_view *view)
{
    struct unpacker *unpacker = &cursor->unpacker;
    if (!room_for(&cursor->deletions, cursor->segment->memory,
                          view->deletion_count, sizeof *view->deletions)) {
        unpacker_fail(unpacker, -ENOMEM);
        return;
    }
    view->deletions = cursor->deletions.base;
    for (size_t i = 0; i < view->deletion_count && !unpacker->error; i++)
        unpack_deletion(unpacker, &cursor->arena, &view->deletions[i]);
}

/* What the section's entry said there would be. */
static void count_down(struct segment_cursor *cursor,
                       const struct account_view *view)
{
    if (!cursor->left.accounts || view->fact_count > cursor->left.facts ||
        view->deletion_count > cursor->left.deletions) {
        unpacker_fail(&cursor->unpacker, -EBADMSG);
        return;
    }
    cursor->left.accounts--;
    cursor->left.facts -= view->fact_count;
    cursor->left.deletions -= view->deletion_count;
}

static void read_account(struct segment_cursor *cursor,
                         struct account_view *view)
{
    struct unpacker *unpacker = &cursor->unpacker;
    *view = (struct account_view){0};
    uint8_t platform = unpack_byte(unpacker);
    if (platform >= PLATFORM_COUNT)
        unpacker_fail(unpacker, -EBADMSG);
    view->platform = (enum platform)platform;
    view->id = unpack_id(unpacker, &cursor->arena);
    if (!unpacker->error)
        check_order(cursor, view);
    if (unpack_byte(unpacker)) {
        unpack_profile(unpacker, &cursor->arena, &cursor->profile);
        view->profile = &cursor->profile;
    }
    view->fact_count = unpack_count(unpacker, SEGMENT_FACT_BYTES_MIN);
    view->deletion_count = unpack_count(unpacker, SEGMENT_DELETION_BYTES_MIN);
    count_down(cursor, view);
    if (!unpacker->error)
        read_facts(cursor, view);
    if (!unpacker->error)
        read_deletions(cursor, view);
}

static int cursor_next(struct part_cursor *face, struct account_view *view)
{
    struct segment_cursor *cursor = (struct segment_cursor *)face;
    struct unpacker *unpacker = &cursor->unpacker;
    if (unpacker->error)
        return unpacker->error;
    if (cursor->arena.bytes > ARENA_KEPT_BYTES)
        arena_reset(&cursor->arena);
    if (!unpacker_left(unpacker)) {
        bool whole = !cursor->left.accounts && !cursor->left.facts &&
                     !cursor->left.deletions;
        return whole ? 0 : -EBADMSG;
    }
    read_account(cursor, view);
    return unpacker->error ? unpacker->error : 1;
}

static void cursor_close(struct part_cursor *face)
{
    struct segment_cursor *cursor = (struct segment_cursor *)face;
    struct memory *memory = cursor->segment->memory;
    arena_reset(&cursor->arena);
    room_free(&cursor->facts, memory);
    room_free(&cursor->deletions, memory);
    room_free(&cursor->last_id, memory);
    memory_unmap(memory, cursor->block, SEGMENT_BLOCK_BYTES);
    free(cursor);
}

struct part_cursor *segment_cursor(struct segment *segment,
                                   uint32_t partition,
                                   const struct translation *translation)
{
    CHECK(partition < segment->header.partitions);
    struct segment_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->face = (struct part_cursor){cursor_next, cursor_close};
    cursor->segment = segment;
    cursor->translation = translation;
    cursor->partition = partition;
    cursor->left = segment->sections[partition];
    arena_init(&cursor->arena, segment->memory, ARENA_CHUNK_BYTES);
    cursor->block = memory_map(segment->memory, SEGMENT_BLOCK_BYTES);
    if (!cursor->block) {
        cursor_close(&cursor->face);
        return NULL;
    }
    open_section(segment, partition, cursor->block, &cursor->unpacker);
    return &cursor->face;
}
