#include "stages/decode/decode.h"
#include "stages/decode/frame_header.h"
#include "stages/decode/tar_header.h"

#include <string.h>

/*
 * Containers, and what is often found where a shard was meant. Only magics
 * that no text starts with: each has a byte that text does not have there, or
 * is long enough. First match wins.
 */
struct foreign {
    enum shard_format format;
    const char *name;
    const char *magic;
    uint8_t size;
    uint16_t offset;
};
#define MAGIC(bytes) bytes, sizeof(bytes) - 1
static const struct foreign FOREIGN[] = {
    {SHARD_GZIP, "gzip", MAGIC("\x1f\x8b"), 0},
    {SHARD_FOREIGN, "compress (.Z)", MAGIC("\x1f\x9d"), 0},
    {SHARD_BZIP2, "bzip2", MAGIC("1AY&SY"), 4},               /* a block behind BZh9 */
    {SHARD_BZIP2, "bzip2", MAGIC("\x17\x72\x45\x38\x50\x90"), 4},   /* an empty one */
    {SHARD_FOREIGN, "xz", MAGIC("\xfd" "7zXZ\0"), 0},
    {SHARD_FOREIGN, "lzma", MAGIC("\x5d\0\0"), 0},
    {SHARD_FOREIGN, "lzip", MAGIC("LZIP\1"), 0},
    {SHARD_FOREIGN, "lz4", MAGIC("\x04\x22\x4d\x18"), 0},
    {SHARD_FOREIGN, "lz4 (legacy)", MAGIC("\x02\x21\x4c\x18"), 0},
    {SHARD_FOREIGN, "snappy", MAGIC("\xff\6\0\0sNaPpY"), 0},
    {SHARD_ZIP, "zip", MAGIC("PK\3\4"), 0},
    {SHARD_ZIP, "zip", MAGIC("PK\5\6"), 0},
    {SHARD_FOREIGN, "7z", MAGIC("7z\xbc\xaf\x27\x1c"), 0},
    {SHARD_FOREIGN, "rar", MAGIC("Rar!\x1a\x07"), 0},
    {SHARD_TAR, "tar", MAGIC("ustar\0"), 257},
    {SHARD_TAR, "tar", MAGIC("ustar  \0"), 257},
    {SHARD_FOREIGN, "parquet", MAGIC("PAR1\x15"), 0},
    {SHARD_FOREIGN, "avro", MAGIC("Obj\1"), 0},
    {SHARD_FOREIGN, "arrow", MAGIC("ARROW1\0"), 0},
    {SHARD_FOREIGN, "sqlite", MAGIC("SQLite format 3\0"), 0},
    {SHARD_FOREIGN, "hdf5", MAGIC("\x89HDF\r\n\x1a\n"), 0},
    {SHARD_FOREIGN, "pdf", MAGIC("%PDF-"), 0},
    {SHARD_FOREIGN, "elf", MAGIC("\x7f" "ELF"), 0},
    {SHARD_FOREIGN, "zstd dictionary", MAGIC("\x37\xa4\x30\xec"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x1e\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x22\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x23\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x24\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x25\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x26\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "zstd before 0.8", MAGIC("\x27\xb5\x2f\xfd"), 0},
    {SHARD_FOREIGN, "UTF-16 text", MAGIC("\xff\xfe"), 0},
    {SHARD_FOREIGN, "UTF-16 text", MAGIC("\xfe\xff"), 0},
};

static bool foreign_matches(const struct foreign *foreign,
                            const uint8_t *bytes, size_t have)
{
    size_t end = (size_t)foreign->offset + foreign->size;
    return end <= have &&
           memcmp(bytes + foreign->offset, foreign->magic, foreign->size) == 0;
}

enum shard_format shard_format_detect(const uint8_t *bytes, size_t have,
                                      const char **name)
{
    *name = NULL;
    if (have == 0)
        return SHARD_EMPTY;
    enum frame_magic magic = frame_magic_read(bytes, have);
    /* Of the magics cut short, only this is no text, from its second byte. */
    bool cut = magic == MAGIC_FRAME_CUT && have > 1;
    if (magic == MAGIC_FRAME || magic == MAGIC_SKIPPABLE || cut)
        return SHARD_ZSTD;
    for (size_t i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++) {
        if (!foreign_matches(&FOREIGN[i], bytes, have))
            continue;
        *name = FOREIGN[i].name;
        return FOREIGN[i].format;
    }
    /* The oldest kind has no magic, but a checksum that text does not meet. */
    struct tar_header header;
    if (have >= TAR_BLOCK_BYTES && tar_header_read(bytes, &header)) {
        *name = "tar";
        return SHARD_TAR;
    }
    return SHARD_TEXT;
}
