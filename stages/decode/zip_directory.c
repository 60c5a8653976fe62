#include "stages/decode/zip_directory.h"

#include <string.h>

static uint64_t number(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

#define U16(at) ((uint16_t)number(bytes + (at), 2))
#define U32(at) ((uint32_t)number(bytes + (at), 4))
#define U64(at) number(bytes + (at), 8)

#define NONE16 0xffffu
#define NONE32 0xffffffffu

/* ---- the end ---- */

static bool end_stands(const uint8_t *bytes, size_t have)
{
    return memcmp(bytes, "PK\5\6", 4) == 0 &&
           (size_t)U16(20) + ZIP_END_BYTES <= have;
}

static void read_end(const uint8_t *bytes, struct zip_end *end)
{
    *end = (struct zip_end){.bytes = U32(12), .offset = U32(16)};
    end->other_disks = U16(4) != U16(6) || U16(8) != U16(10);
    bool full = U16(4) == NONE16 || U16(8) == NONE16 || U16(10) == NONE16 ||
                U32(12) == NONE32 || U32(16) == NONE32;
    end->zip64 = full;
}

bool zip_end_find(const uint8_t *tail, size_t have, struct zip_end *end)
{
    if (have < ZIP_END_BYTES)
        return false;
    size_t at = have - ZIP_END_BYTES;
    while (!end_stands(tail + at, have - at)) {
        if (at == 0)
            return false;
        at--;
    }
    read_end(tail + at, end);
    /* Without a locator, numbers that look like none are themselves. */
    end->zip64 = end->zip64 && at >= ZIP64_LOCATOR_BYTES;
    const uint8_t *bytes = tail + at - (end->zip64 ? ZIP64_LOCATOR_BYTES : 0);
    if (end->zip64 && memcmp(bytes, "PK\6\7", 4) == 0) {
        end->zip64_offset = U64(8);
        end->other_disks = U32(4) != 0 || U32(16) > 1;
    } else {
        end->zip64 = false;
    }
    return true;
}

bool zip64_end_read(const uint8_t bytes[ZIP64_END_BYTES], struct zip_end *end)
{
    if (memcmp(bytes, "PK\6\6", 4) != 0)
        return false;
    end->other_disks |= U32(16) != U32(20) || U64(24) != U64(32);
    end->bytes = U64(40);
    end->offset = U64(48);
    return true;
}

/* ---- entries ---- */

#define FLAG_ENCRYPTED 0x0001u
#define FLAG_DIRECTORY_ENCRYPTED 0x2000u
#define EXTRA_ZIP64 1u

/* Section 4.5.3: those of the numbers that did not fit, in this order. */
static bool read_zip64_extra(const uint8_t *bytes, size_t size,
                             struct zip_entry *entry)
{
    uint64_t *const fields[] = {&entry->bytes, &entry->packed_bytes,
                                &entry->local_offset};
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        if (*fields[i] != NONE32)
            continue;
        if (size - at < 8)
            return false;
        *fields[i] = U64(at);
        at += 8;
    }
    return true;
}

static bool read_extra(const uint8_t *bytes, size_t size,
                       struct zip_entry *entry)
{
    bool full = entry->bytes == NONE32 || entry->packed_bytes == NONE32 ||
                entry->local_offset == NONE32;
    while (full && size >= 4) {
        size_t part = U16(2);
        if (part > size - 4)
            return false;
        if (U16(0) == EXTRA_ZIP64)
            return read_zip64_extra(bytes + 4, part, entry);
        bytes += 4 + part;
        size -= 4 + part;
    }
    return true;
}

size_t zip_entry_read(const uint8_t *bytes, size_t have,
                      struct zip_entry *entry)
{
    if (have < ZIP_ENTRY_BYTES || memcmp(bytes, "PK\1\2", 4) != 0)
        return 0;
    size_t name = U16(28), extra = U16(30), comment = U16(32);
    size_t size = ZIP_ENTRY_BYTES + name + extra + comment;
    if (size > have)
        return 0;
    *entry = (struct zip_entry){
        .method = U16(10),
        .encrypted = U16(8) & (FLAG_ENCRYPTED | FLAG_DIRECTORY_ENCRYPTED),
        .crc = U32(16), .packed_bytes = U32(20), .bytes = U32(24),
        .local_offset = U32(42),
        .name = (const char *)bytes + ZIP_ENTRY_BYTES, .name_size = name};
    entry->folder = name > 0 && entry->name[name - 1] == '/';
    if (!read_extra(bytes + ZIP_ENTRY_BYTES + name, extra, entry))
        return 0;
    return size;
}

size_t zip_local_read(const uint8_t bytes[ZIP_LOCAL_BYTES])
{
    if (memcmp(bytes, "PK\3\4", 4) != 0)
        return 0;
    return ZIP_LOCAL_BYTES + (size_t)U16(26) + U16(28);
}
