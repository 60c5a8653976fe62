#ifndef SANDPIPER_STAGES_DECODE_ZIP_DIRECTORY_H
#define SANDPIPER_STAGES_DECODE_ZIP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a zip file says of its entries: the directory at its end (APPNOTE.TXT
 * 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16), and the local headers. Pure
 * functions of bytes: nothing is owned or kept.
 */
#define ZIP_END_BYTES 22u
#define ZIP64_LOCATOR_BYTES 20u
#define ZIP64_END_BYTES 56u
/* The end stands in so many bytes at the end of the file: its comment may be
 * 65,535 long. */
#define ZIP_TAIL_BYTES (ZIP64_LOCATOR_BYTES + ZIP_END_BYTES + 65535u)
#define ZIP_ENTRY_BYTES 46u
#define ZIP_LOCAL_BYTES 30u
/* The greatest entry of a directory: three fields of 65,535. */
#define ZIP_ENTRY_BYTES_MAX (ZIP_ENTRY_BYTES + 3u * 65535u)

#define ZIP_STORED 0u
#define ZIP_DEFLATED 8u
#define ZIP_BZIP2 12u
#define ZIP_ZSTD 93u

struct zip_end {
    uint64_t offset, bytes;      /* of the directory */
    bool zip64;                  /* they stand in the record at zip64_offset */
    uint64_t zip64_offset;
    bool other_disks;            /* parts of it are other files */
};
/* The last end in the file's last bytes. False: there is none. */
bool zip_end_find(const uint8_t *tail, size_t have, struct zip_end *end);
/* The record that zip64_offset leads to; false: it is none. */
bool zip64_end_read(const uint8_t bytes[ZIP64_END_BYTES],
                    struct zip_end *end);

struct zip_entry {
    uint16_t method;
    bool encrypted, folder;
    uint32_t crc;
    uint64_t packed_bytes, bytes;
    uint64_t local_offset;
    const char *name;            /* in the bytes read */
    size_t name_size;
};
/* How many bytes the entry takes; 0: it is damaged, or cut off by have. */
size_t zip_entry_read(const uint8_t *bytes, size_t have,
                      struct zip_entry *entry);
/* Bytes of a local header; 0: it is none. */
size_t zip_local_read(const uint8_t bytes[ZIP_LOCAL_BYTES]);

#endif
