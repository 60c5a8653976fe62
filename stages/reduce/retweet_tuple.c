#include "stages/reduce/retweet_tuple.h"

#include "stages/reduce/merge_sort.h"

/* Bits of the head. */
#define TARGET_TEXT 4u
#define ACCOUNT_TEXT 8u

_Static_assert(PLATFORM_COUNT <= 4, "two bits hold a platform");

size_t retweet_tuple_size(struct id target, struct id account)
{
    size_t size = sizeof(uint32_t);
    size += target.text.size ? sizeof(uint32_t) + target.text.size
                             : sizeof target.number;
    size += account.text.size ? account.text.size : sizeof account.number;
    return size < TUPLE_BYTES_MAX ? size : 0;
}

static uint8_t *put(uint8_t *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static uint8_t *put_id(uint8_t *to, struct id id)
{
    return id.text.size ? put(to, id.text.bytes, id.text.size)
                        : put(to, &id.number, sizeof id.number);
}

void retweet_tuple_write(uint8_t *to, enum platform platform, struct id target,
                         struct id account)
{
    uint32_t head =
        tuple_head_of(retweet_tuple_size(target, account), 0, platform) |
        (target.text.size ? TARGET_TEXT : 0) |
        (account.text.size ? ACCOUNT_TEXT : 0);
    to = put(to, &head, sizeof head);
    if (target.text.size)
        to = put(to, &target.text.size, sizeof target.text.size);
    put_id(put_id(to, target), account);
}

static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

static struct text text_at(const uint8_t *bytes, size_t size)
{
    return (struct text){(const char *)bytes, (uint32_t)size};
}

static struct id target_at(const uint8_t *bytes)
{
    const uint8_t *at = bytes + sizeof(uint32_t);
    if (!(tuple_head(bytes) & TARGET_TEXT))
        return (struct id){.number = number_at(at)};
    uint32_t size;
    memcpy(&size, at, sizeof size);
    return (struct id){.text = text_at(at + sizeof size, size)};
}

static struct id account_at(const uint8_t *bytes)
{
    uint32_t head = tuple_head(bytes);
    struct id target = target_at(bytes);
    const uint8_t *at = bytes + sizeof head + sizeof target.number;
    if (target.text.size)
        at = (const uint8_t *)target.text.bytes + target.text.size;
    if (!(head & ACCOUNT_TEXT))
        return (struct id){.number = number_at(at)};
    size_t size = tuple_size_of(head) - (size_t)(at - bytes);
    return (struct id){.text = text_at(at, size)};
}

static struct tuple read_retweet(const uint8_t *bytes)
{
    char digits[ID_DIGITS_MAX];
    struct id target = target_at(bytes);
    return (struct tuple){.prefix = row_prefix_of(tuple_head(bytes) & 3,
                                                  id_text(target, digits)),
                          .second = target.number,
                          .third = account_at(bytes).number,
                          .bytes = bytes};
}

struct id retweet_tuple_target(const struct tuple *tuple)
{
    return tuple->second ? (struct id){.number = tuple->second}
                         : target_at(tuple->bytes);
}

struct id retweet_tuple_account(const struct tuple *tuple)
{
    return tuple->third ? (struct id){.number = tuple->third}
                        : account_at(tuple->bytes);
}

bool retweet_same_target(const struct tuple *a, const struct tuple *b)
{
    if (a->prefix != b->prefix || a->second != b->second)
        return false;
    return a->second ||
           id_equal(retweet_tuple_target(a), retweet_tuple_target(b));
}

bool retweet_same_account(const struct tuple *a, const struct tuple *b)
{
    if (a->third != b->third)
        return false;
    return a->third ||
           id_equal(retweet_tuple_account(a), retweet_tuple_account(b));
}

static int compare_retweets(const struct tuple *a, const struct tuple *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    if (a->second != b->second || !a->second) {
        int order = id_compare_bytes(retweet_tuple_target(a),
                                     retweet_tuple_target(b));
        if (order)
            return order;
    }
    if (a->third != b->third)
        return a->third < b->third ? -1 : 1;
    if (a->third)
        return 0;
    return text_compare(account_at(a->bytes).text, account_at(b->bytes).text);
}

static inline bool less_retweet(const struct tuple *a, const struct tuple *b)
{
    return compare_retweets(a, b) < 0;
}

MERGE_SORT(sort_retweets, struct tuple, less_retweet)

const struct tuple_kind RETWEET_TUPLES = {read_retweet, compare_retweets,
                                          sort_retweets};
