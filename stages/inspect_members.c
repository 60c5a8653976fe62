#include "stages/inspect_parts.h"

#include "pipeline/shards.h"
#include "stages/decode/tar_header.h"
#include "stages/decode/zip_directory.h"
#include "stages/member_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads up to size bytes at offset; how many there were. 0 after a fault. */
static size_t read_at(struct looker *looker, uint64_t offset, uint8_t *bytes,
                      size_t size)
{
    size_t have = 0;
    uint64_t file = looker->found->file_bytes;
    /* Offsets come from the shard; pread refuses those that are none. */
    while (have < size && offset < file && offset + have < file) {
        ssize_t got = pread(looker->fd, bytes + have, size - have,
                            (off_t)(offset + have));
        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN) {
            fault_raise(looker->inspect->fault, CODE_IO, looker->name, offset,
                        errno, "cannot read");
            return 0;
        }
    }
    return have;
}

/* ---- members ------------------------------------------------------------- */

static const char *base_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static bool is_taken(const char *name)
{
    const char *base = base_of(name);
    return base[0] != '.' && shard_has_suffix(base);
}

/* ".json.gz" of "a.json.gz": up to two parts, short ones. */
static void suffix_of(const char *name, char suffix[12])
{
    const char *base = base_of(name), *dot = strrchr(base, '.');
    const char *start = dot && dot > base ? dot : NULL;
    for (const char *at = start; at && at > base + 1; ) {
        at--;
        if (*at == '.' && strlen(at) < 12) {
            start = at;
            break;
        }
        if (start - at > 8)
            break;
    }
    snprintf(suffix, 12, "%s", start ? start : "");
}

static void count_suffix(struct members_found *found, const char *name)
{
    char suffix[12];
    suffix_of(name, suffix);
    for (uint32_t i = 0; i < found->suffix_count; i++)
        if (strcmp(found->suffixes[i].name, suffix) == 0) {
            found->suffixes[i].count++;
            return;
        }
    if (found->suffix_count == INSPECT_SUFFIXES) {
        found->other_suffixes++;
        return;
    }
    strcpy(found->suffixes[found->suffix_count].name, suffix);
    found->suffixes[found->suffix_count++].count = 1;
}

/* Counts the member, and keeps it if it is one of the first. */
static bool see_member(struct looker *looker, struct member_found *member,
                       const char *name, size_t size)
{
    struct members_found *found = &looker->found->members;
    char kept[MEMBER_NAME_BYTES_MAX + 1];
    size = size < MEMBER_NAME_BYTES_MAX ? size : MEMBER_NAME_BYTES_MAX;
    memcpy(kept, name, size);
    kept[size] = 0;
    member->taken = is_taken(kept) && !member->rejected;
    found->total++;
    found->bytes += member->bytes;
    found->passed_over += !is_taken(kept);
    count_suffix(found, kept);
    if (member->taken && !found->sampled.taken) {
        found->sampled = *member;
        found->sampled.name = NULL;
    }
    if (found->first_count == INSPECT_MEMBERS)
        return true;
    member->name = strdup(kept);
    if (!member->name)
        return look_out_of_memory(looker);
    found->first[found->first_count++] = *member;
    return true;
}

/* ---- tar ----------------------------------------------------------------- */

#define TAR_EXTRA_BYTES_MAX ((size_t)64 << 10)
#define TAR_SHOWN_BYTES (TAR_EXTRA_BYTES_MAX + 2 * TAR_BLOCK_BYTES)
#define TAR_READ_BYTES ((size_t)4 << 10)

struct tar_look {
    struct looker *looker;
    const uint8_t *memory;       /* or NULL: the file */
    uint64_t size;               /* of what there is */
    uint64_t at, read;           /* read: bytes so far, for the bound */
    uint8_t *buffer;             /* TAR_SHOWN_BYTES */
    uint64_t buffer_at;
    size_t buffer_have;
    char name[MEMBER_NAME_BYTES_MAX + 1];    /* for the next member */
    size_t name_size;
    bool has_bytes, sparse;
    uint64_t bytes;
};

static const uint8_t *tar_show(struct tar_look *tar, size_t want,
                               size_t *have)
{
    uint64_t left = tar->at < tar->size ? tar->size - tar->at : 0;
    *have = want < left ? want : (size_t)left;
    if (tar->memory)
        return tar->memory + (tar->size - left);
    uint64_t end = tar->buffer_at + tar->buffer_have;
    if (tar->at < tar->buffer_at || tar->at + *have > end) {
        size_t size = want < TAR_READ_BYTES ? TAR_READ_BYTES : want;
        tar->buffer_at = tar->at;
        tar->buffer_have = read_at(tar->looker, tar->at, tar->buffer, size);
        tar->read += tar->buffer_have;
        end = tar->buffer_at + tar->buffer_have;
        *have = tar->buffer_have < *have ? tar->buffer_have : *have;
    }
    return tar->buffer + (tar->at - tar->buffer_at);
}

static void tar_cut(struct tar_look *tar, uint64_t offset)
{
    /* Of the beginning of one the end is no end. */
    if (!tar->memory)
        look_damage(tar->looker, CONTAINER_TRUNCATED, offset,
                    tar->size - offset);
    tar->at = tar->size;
}

static void tar_keep_name(struct tar_look *tar, const char *name, size_t size)
{
    size_t most = MEMBER_NAME_BYTES_MAX;
    size_t skip = size > most ? size - most : 0;
    memcpy(tar->name, name + skip, size - skip);
    tar->name_size = size - skip;
}

static void tar_extra(struct tar_look *tar, const struct tar_header *header)
{
    size_t have, size = (size_t)header->bytes;
    size_t whole = TAR_BLOCK_BYTES + (size_t)tar_padded(header->bytes);
    const uint8_t *bytes = tar_show(tar, whole, &have);
    if (have < whole) {
        tar_cut(tar, tar->at);
        return;
    }
    const char *data = (const char *)bytes + TAR_BLOCK_BYTES;
    struct tar_pax pax = {0};
    tar->at += whole;
    if (header->kind == TAR_LONG_NAME) {
        tar_keep_name(tar, data, strnlen(data, size));
        return;
    }
    (void)tar_pax_read((const uint8_t *)data, size, &pax);
    if (pax.name)
        tar_keep_name(tar, pax.name, pax.name_size);
    tar->has_bytes |= pax.has_bytes;
    tar->bytes = pax.has_bytes ? pax.bytes : tar->bytes;
    tar->sparse |= pax.sparse;
}

/* Some writers tell the size of what a hard link leads to, without data. */
static uint64_t tar_link_bytes(struct tar_look *tar,
                               const struct tar_header *header)
{
    size_t have;
    struct tar_header next;
    const uint8_t *bytes = tar_show(tar, 2 * TAR_BLOCK_BYTES, &have);
    bool none = have < 2 * TAR_BLOCK_BYTES ||
                tar_block_is_zero(bytes + TAR_BLOCK_BYTES) ||
                tar_header_read(bytes + TAR_BLOCK_BYTES, &next);
    return none ? 0 : header->bytes;
}

static void tar_skip_map(struct tar_look *tar, bool more)
{
    while (more) {
        size_t have;
        const uint8_t *block = tar_show(tar, TAR_BLOCK_BYTES, &have);
        more = have == TAR_BLOCK_BYTES && block[TAR_SPARSE_MORE_AT] != 0;
        tar->at += have;
    }
}

static bool tar_member(struct tar_look *tar, const struct tar_header *header)
{
    uint64_t bytes = tar->has_bytes                ? tar->bytes
                     : header->kind == TAR_LINK    ? tar_link_bytes(tar, header)
                                                   : header->bytes;
    bool file = header->kind == TAR_FILE || header->kind == TAR_SPARSE;
    bool sparse = header->kind == TAR_SPARSE || tar->sparse;
    uint64_t start = tar->at;
    tar->at += TAR_BLOCK_BYTES;
    tar_skip_map(tar, header->more);
    struct member_found member = {
        .offset = tar->at, .packed_bytes = bytes, .bytes = bytes,
        .rejected = sparse ? CONTAINER_UNSUPPORTED : FRAME_OK};
    bool named = tar->name_size > 0;
    if (file && !see_member(tar->looker, &member,
                            named ? tar->name : header->name,
                            named ? tar->name_size : strlen(header->name)))
        return false;
    tar->name_size = 0;
    tar->has_bytes = tar->sparse = false;
    if (bytes > tar->size - tar->at)
        tar_cut(tar, start);
    else if (tar_padded(bytes) > tar->size - tar->at)
        tar->at = tar->size;
    else
        tar->at += tar_padded(bytes);
    return true;
}

static bool tar_may_go_on(const struct tar_look *tar)
{
    return tar->looker->inspect->full || tar->read < INSPECT_BYTES;
}

/* Blocks that are no header, up to the next one. */
static void tar_search(struct tar_look *tar)
{
    uint64_t from = tar->at;
    struct tar_header header;
    size_t have;
    do {
        tar->at += TAR_BLOCK_BYTES;
        const uint8_t *block = tar_show(tar, TAR_BLOCK_BYTES, &have);
        if (have == TAR_BLOCK_BYTES && tar_header_read(block, &header))
            break;
    } while (have == TAR_BLOCK_BYTES && tar_may_go_on(tar) &&
             !fault_raised(tar->looker->inspect->fault));
    if (have < TAR_BLOCK_BYTES)
        tar->at = tar->size;
    look_damage(tar->looker, CONTAINER_CORRUPT, from, tar->at - from);
}

static bool tar_step(struct tar_look *tar)
{
    size_t have;
    struct tar_header header;
    const uint8_t *block = tar_show(tar, TAR_BLOCK_BYTES, &have);
    if (have < TAR_BLOCK_BYTES) {
        bool zeros = have == 0 || (block[0] == 0 &&
                                   memcmp(block, block + 1, have - 1) == 0);
        if (zeros)
            tar->at = tar->size;
        else
            tar_cut(tar, tar->at);
        return true;
    }
    if (tar_block_is_zero(block)) {
        tar->at += TAR_BLOCK_BYTES;
        return true;
    }
    if (!tar_header_read(block, &header)) {
        tar_search(tar);
        return true;
    }
    if ((header.kind == TAR_LONG_NAME || header.kind == TAR_PAX) &&
        header.bytes <= TAR_EXTRA_BYTES_MAX) {
        tar_extra(tar, &header);
        return true;
    }
    return tar_member(tar, &header);
}

bool look_at_tar(struct looker *looker, const uint8_t *bytes, size_t size)
{
    struct inspection *found = looker->found;
    struct tar_look tar = {.looker = looker, .memory = bytes,
                           .size = bytes ? size : found->file_bytes};
    tar.buffer = bytes ? NULL : malloc(TAR_SHOWN_BYTES);
    if (!bytes && !tar.buffer)
        return look_out_of_memory(looker);
    bool well = true;
    while (well && tar.at < tar.size && tar_may_go_on(&tar))
        well = tar_step(&tar) && !fault_raised(looker->inspect->fault);
    free(tar.buffer);
    if (bytes)
        return well;
    found->members.whole = found->whole = tar.at >= tar.size;
    found->looked_bytes = found->whole ? tar.size : tar.at;
    return well;
}

/* ---- zip ----------------------------------------------------------------- */

#define ZIP_READ_BYTES ((size_t)256 << 10)

static enum frame_reason zip_directory_of(struct looker *looker,
                                          uint8_t *buffer,
                                          struct zip_end *end)
{
    uint64_t file = looker->found->file_bytes;
    uint64_t tail = file < ZIP_TAIL_BYTES ? file : ZIP_TAIL_BYTES;
    size_t have = read_at(looker, file - tail, buffer, (size_t)tail);
    if (!zip_end_find(buffer, have, end))
        return CONTAINER_TRUNCATED;
    if (end->zip64 &&
        (read_at(looker, end->zip64_offset, buffer, ZIP64_END_BYTES) <
             ZIP64_END_BYTES || !zip64_end_read(buffer, end)))
        return CONTAINER_CORRUPT;
    if (end->other_disks)
        return CONTAINER_UNSUPPORTED;
    bool inside = end->offset <= file && end->bytes <= file - end->offset;
    return inside ? FRAME_OK : CONTAINER_CORRUPT;
}

/* Where the entry's data stand, and how they are packed. */
static void zip_place(struct looker *looker, const struct zip_entry *entry,
                      struct member_found *member)
{
    uint8_t local[ZIP_LOCAL_BYTES];
    member->packed = entry->method == ZIP_STORED ||
                     entry->method == ZIP_DEFLATED;
    member->entry = (struct item){
        .kind = ITEM_FRAME, .crc = entry->crc, .content_bytes = entry->bytes,
        .checksum = true,
        .codec = entry->method == ZIP_STORED ? CODEC_STORED : CODEC_DEFLATE};
    if (entry->encrypted)
        member->rejected = CONTAINER_ENCRYPTED;
    else if (!member->packed && entry->method != ZIP_BZIP2 &&
             entry->method != ZIP_ZSTD)
        member->rejected = CONTAINER_UNSUPPORTED;
    else if (read_at(looker, entry->local_offset, local, sizeof local) <
                 sizeof local || zip_local_read(local) == 0)
        member->rejected = CONTAINER_CORRUPT;
    else
        member->offset = entry->local_offset + zip_local_read(local);
    if (member->rejected)
        look_damage(looker, member->rejected, entry->local_offset,
                    entry->packed_bytes);
}

/* Entries that stand whole in the buffer; how many bytes they are. */
static size_t zip_entries(struct looker *looker, const uint8_t *buffer,
                          size_t have, bool *well)
{
    size_t at = 0;
    while (at < have) {
        struct zip_entry entry;
        size_t size = zip_entry_read(buffer + at, have - at, &entry);
        if (size == 0)
            break;
        struct member_found member = {.packed_bytes = entry.packed_bytes,
                                      .bytes = entry.bytes};
        char last[MEMBER_NAME_BYTES_MAX + 1];
        size_t most = entry.name_size < MEMBER_NAME_BYTES_MAX
                          ? entry.name_size : MEMBER_NAME_BYTES_MAX;
        memcpy(last, entry.name, most);
        last[most] = 0;
        if (!entry.folder && is_taken(last))
            zip_place(looker, &entry, &member);
        if (!entry.folder)
            *well = *well && see_member(looker, &member, entry.name,
                                        entry.name_size);
        at += size;
    }
    return at;
}

static bool zip_walk_entries(struct looker *looker, uint8_t *buffer,
                             const struct zip_end *end)
{
    struct inspection *found = looker->found;
    uint64_t at = end->offset, stop = at + end->bytes;
    bool well = true;
    while (well && at < stop && !fault_raised(looker->inspect->fault) &&
           (looker->inspect->full || at - end->offset < INSPECT_BYTES)) {
        uint64_t left = stop - at;
        size_t want = left < ZIP_READ_BYTES ? (size_t)left : ZIP_READ_BYTES;
        size_t have = read_at(looker, at, buffer, want);
        size_t taken = zip_entries(looker, buffer, have, &well);
        at += taken;
        if (taken == 0) {
            look_damage(looker, CONTAINER_CORRUPT, end->offset, end->bytes);
            break;
        }
    }
    found->members.whole = found->whole = at >= stop;
    found->looked_bytes = at - end->offset;
    return well && !fault_raised(looker->inspect->fault);
}

bool look_at_zip(struct looker *looker)
{
    uint8_t *buffer = malloc(ZIP_READ_BYTES);
    struct zip_end end;
    if (!buffer)
        return look_out_of_memory(looker);
    enum frame_reason reason = zip_directory_of(looker, buffer, &end);
    bool well = !fault_raised(looker->inspect->fault);
    if (well && reason != FRAME_OK)
        look_damage(looker, reason, 0, looker->found->file_bytes);
    else if (well)
        well = zip_walk_entries(looker, buffer, &end);
    free(buffer);
    return well;
}
