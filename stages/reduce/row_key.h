#ifndef SANDPIPER_STAGES_REDUCE_ROW_KEY_H
#define SANDPIPER_STAGES_REDUCE_ROW_KEY_H

#include "stages/units.h"

/*
 * What a row is of, in the order of rows: by platform, then by the bytes of
 * an account's id, of a label, of a day. (Rows of several tables go by table,
 * then platform, both in one byte.) The prefix is the platform and the first
 * 15 bytes, so that most comparisons are of one word of 128 bits. Borrows the
 * id.
 */
__extension__ typedef unsigned __int128 row_prefix;
#define ROW_PREFIX_TEXT 15

struct row_key {
    row_prefix prefix;
    struct text id;
};

static inline row_prefix row_prefix_of(uint32_t platform, struct text id)
{
    unsigned char bytes[16] = {(unsigned char)platform};
    uint64_t high, low;
    if (id.size)
        memcpy(bytes + 1, id.bytes,
               id.size < ROW_PREFIX_TEXT ? id.size : ROW_PREFIX_TEXT);
    memcpy(&high, bytes, 8);
    memcpy(&low, bytes + 8, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low);
#endif
    return (row_prefix)high << 64 | low;
}

static inline struct row_key row_key_of(uint32_t platform, struct text id)
{
    return (struct row_key){row_prefix_of(platform, id), id};
}

static inline int row_key_compare(const struct row_key *a,
                                  const struct row_key *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return text_compare(a->id, b->id);
}

#endif
