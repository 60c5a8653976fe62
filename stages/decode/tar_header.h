#ifndef SANDPIPER_STAGES_DECODE_TAR_HEADER_H
#define SANDPIPER_STAGES_DECODE_TAR_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The headers of tar: POSIX.1-1988 (ustar) and before, GNU's long names and
 * base-256 numbers, and the records of POSIX.1-2001 (pax). Pure functions of
 * bytes: nothing is owned or kept. A name is bytes, and only ever shown.
 */
#define TAR_BLOCK_BYTES 512u
/* Prefix (155), slash, name (100), NUL. */
#define TAR_NAME_BYTES 257u
/* In a block of a map: not 0 when another one follows. */
#define TAR_SPARSE_MORE_AT 504u

enum tar_kind {
    TAR_FILE,
    TAR_OTHER,          /* folders, symbolic links, devices: no data */
    TAR_LINK,           /* a hard link: some writers put data behind it */
    TAR_EXTRA,          /* data that is no file's: labels, dumps, others */
    TAR_SPARSE,         /* a file with holes, as GNU has them */
    TAR_LONG_NAME,      /* the data is the name of the next one */
    TAR_PAX,            /* the data is records for the next one */
};
struct tar_header {
    enum tar_kind kind;
    bool more;                  /* SPARSE: blocks of its map follow */
    uint64_t bytes;             /* of data behind the header and map */
    char name[TAR_NAME_BYTES];  /* ends with NUL */
};
/* False when this block is no header: its checksum is wrong, or its size is
 * no number below 2^62. */
bool tar_header_read(const uint8_t block[TAR_BLOCK_BYTES],
                     struct tar_header *header);
bool tar_block_is_zero(const uint8_t block[TAR_BLOCK_BYTES]);

/* Data behind a header, with what fills its last block. */
static inline uint64_t tar_padded(uint64_t bytes)
{
    return (bytes + TAR_BLOCK_BYTES - 1) / TAR_BLOCK_BYTES * TAR_BLOCK_BYTES;
}

/* What pax records say that is of use here. */
struct tar_pax {
    const char *name;           /* NULL: nothing; in the records, no NUL */
    size_t name_size;
    bool has_bytes, sparse;
    uint64_t bytes;
};
/* Adds what the records say; of a key that comes twice the last counts.
 * False: they are damaged, and what stands behind is not read. */
bool tar_pax_read(const uint8_t *records, size_t size, struct tar_pax *pax);

#endif
