#ifndef SANDPIPER_STAGES_REDUCE_TUPLES_H
#define SANDPIPER_STAGES_REDUCE_TUPLES_H

#include "stages/reduce/row_key.h"

/*
 * A tuple says: this account retweeted that target once. In runs it is
 *
 *     uint32_t head     payload bytes << 4 | flags | platform
 *     target            its number, or uint32_t size and bytes
 *     account           its number, or the rest of the payload
 *
 * which is 20 bytes for numbers. Both accounts are of one platform.
 */
#define TUPLE_BYTES_MAX ((size_t)1 << 28)     /* what the head can say */

struct tuple {
    row_prefix prefix;        /* of the target */
    uint64_t target, account; /* their numbers; 0: texts */
    const uint8_t *bytes;     /* as in runs; borrowed */
};

/* Bytes that the tuple takes; 0: more than there may be. */
size_t tuple_size(struct id target, struct id account);
/* Writes tuple_size() bytes. */
void tuple_write(uint8_t *to, enum platform platform, struct id target,
                 struct id account);
/* Bytes of the tuple that begins with this head. */
static inline size_t tuple_size_of(uint32_t head)
{
    return sizeof head + (head >> 4);
}
/* The tuple in these bytes, borrowing them. */
struct tuple tuple_read(const uint8_t *bytes);

struct id tuple_target(const struct tuple *tuple);
struct id tuple_account(const struct tuple *tuple);
static inline uint32_t tuple_platform(const struct tuple *tuple)
{
    return tuple->bytes[0] & 3;
}

/* By target in the order of rows, then by account in a fixed order. */
int tuple_compare(const struct tuple *a, const struct tuple *b);
bool tuple_same_target(const struct tuple *a, const struct tuple *b);
bool tuple_same_account(const struct tuple *a, const struct tuple *b);

#endif
