#include "stages/decode/decode.h"
#include "stages/decode/frame_header.h"

#include <string.h>

/*
 * What is often found where a shard of text or zstd was meant. Only magics
 * that no text starts with: each has a byte that text does not have there, or
 * is long enough. First match wins.
 */
struct foreign {
    const char *name;
    const char *magic;
    uint8_t size;
    uint16_t offset;
};
#define MAGIC(bytes) bytes, sizeof(bytes) - 1
static const struct foreign FOREIGN[] = {
    {"gzip", MAGIC("\x1f\x8b"), 0},
    {"compress (.Z)", MAGIC("\x1f\x9d"), 0},
    {"bzip2", MAGIC("1AY&SY"), 4},               /* a block behind BZh9 */
    {"bzip2", MAGIC("\x17\x72\x45\x38\x50\x90"), 4},   /* an empty one */
    {"xz", MAGIC("\xfd" "7zXZ\0"), 0},
    {"lzma", MAGIC("\x5d\0\0"), 0},
    {"lzip", MAGIC("LZIP\1"), 0},
    {"lz4", MAGIC("\x04\x22\x4d\x18"), 0},
    {"lz4 (legacy)", MAGIC("\x02\x21\x4c\x18"), 0},
    {"snappy", MAGIC("\xff\6\0\0sNaPpY"), 0},
    {"zip", MAGIC("PK\3\4"), 0},
    {"zip", MAGIC("PK\5\6"), 0},
    {"7z", MAGIC("7z\xbc\xaf\x27\x1c"), 0},
    {"rar", MAGIC("Rar!\x1a\x07"), 0},
    {"tar", MAGIC("ustar\0"), 257},
    {"tar", MAGIC("ustar  \0"), 257},
    {"parquet", MAGIC("PAR1\x15"), 0},
    {"avro", MAGIC("Obj\1"), 0},
    {"arrow", MAGIC("ARROW1\0"), 0},
    {"sqlite", MAGIC("SQLite format 3\0"), 0},
    {"hdf5", MAGIC("\x89HDF\r\n\x1a\n"), 0},
    {"pdf", MAGIC("%PDF-"), 0},
    {"elf", MAGIC("\x7f" "ELF"), 0},
    {"zstd dictionary", MAGIC("\x37\xa4\x30\xec"), 0},
    {"zstd before 0.8", MAGIC("\x1e\xb5\x2f\xfd"), 0},
    {"zstd before 0.8", MAGIC("\x22\xb5\x2f\xfd"), 0},
    {"zstd before 0.8", MAGIC("\x23\xb5\x2f\xfd"), 0},
    {"zstd before 0.8", MAGIC("\x24\xb5\x2f\xfd"), 0},
    {"zstd before 0.8", MAGIC("\x25\xb5\x2f\xfd"), 0},
    {"zstd before 0.8", MAGIC("\x26\xb5\x2f\xfd"), 0},
    {"zstd before 0.8", MAGIC("\x27\xb5\x2f\xfd"), 0},
    {"UTF-16 text", MAGIC("\xff\xfe"), 0},
    {"UTF-16 text", MAGIC("\xfe\xff"), 0},
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
        return SHARD_FOREIGN;
    }
    return SHARD_TEXT;
}
