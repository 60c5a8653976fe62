#include "stages/reduce/table_sums.h"

#include "stages/hash.h"
#include "stages/reduce/merge_sort.h"
#include "stages/varint.h"

static const struct {
    bool has_day, has_span;
    uint8_t counts;
} SHAPES[TABLE_COUNT] = {
    [TABLE_DAYS] = {true, false, SUM_DAY_COUNTS},
    [TABLE_HASHTAGS] = {true, true, SUM_HASHTAG_COUNTS},
    [TABLE_CLIENTS] = {false, true, SUM_LABEL_COUNTS},
    [TABLE_LANGUAGES] = {false, true, SUM_LABEL_COUNTS},
    [TABLE_DOMAINS] = {false, true, SUM_LABEL_COUNTS},
    [TABLE_CREATED] = {true, false, SUM_CREATED_COUNTS},
};

uint64_t sum_key_hash(const struct sum_key *key)
{
    uint64_t seed = (uint64_t)key->table << 2 | (uint64_t)key->platform;
    if (key->table == TABLE_DAYS || key->table == TABLE_CREATED)
        return hash_bytes64_seeded(&key->day, sizeof key->day, seed);
    return hash_bytes64_seeded(key->text.bytes, key->text.size, seed);
}

/* Behind the text: day, first, last and counts. */
#define NUMBERS_BYTES_MAX ((3 + SUM_COUNTS_MAX) * VARINT_BYTES_MAX)

size_t sum_tuple_bytes_max(const struct sum_key *key)
{
    size_t size = sizeof(uint32_t) + 1 + VARINT_BYTES_MAX + key->text.size +
                  NUMBERS_BYTES_MAX;
    return size < TUPLE_BYTES_MAX ? size : 0;
}

void sum_tuple_write(uint8_t *to, const struct sum_key *key,
                     const struct sum *sum)
{
    uint8_t *at = to + sizeof(uint32_t);
    *at++ = (uint8_t)key->table;
    at = varint_write(at, key->text.size);
    if (key->text.size)
        memcpy(at, key->text.bytes, key->text.size);
    at += key->text.size;
    if (SHAPES[key->table].has_day)
        at = varint_write(at, zigzag(key->day));
    if (SHAPES[key->table].has_span) {
        at = varint_write(at, zigzag(sum->first));
        at = varint_write(at, (uint64_t)(sum->last - sum->first));
    }
    for (int i = 0; i < SHAPES[key->table].counts; i++)
        at = varint_write(at, sum->counts[i]);
    uint32_t head = tuple_head_of((size_t)(at - to), 0, key->platform);
    memcpy(to, &head, sizeof head);
}

/* The place behind the day. */
static const uint8_t *read_key(const uint8_t *bytes, struct sum_key *key)
{
    uint64_t size, day = 0;
    key->platform = (enum platform)(tuple_head(bytes) & 3);
    const uint8_t *at = bytes + sizeof(uint32_t);
    key->table = (enum table_id)*at++;
    at = varint_read(at, &size);
    key->text = (struct text){(const char *)at, (uint32_t)size};
    at += size;
    if (SHAPES[key->table].has_day)
        at = varint_read(at, &day);
    key->day = unzigzag(day);
    return at;
}

void sum_tuple_read(const struct tuple *tuple, struct sum_key *key,
                    struct sum *sum)
{
    const uint8_t *at = read_key(tuple->bytes, key);
    uint64_t first = 0, span = 0;
    if (SHAPES[key->table].has_span) {
        at = varint_read(at, &first);
        at = varint_read(at, &span);
    }
    *sum = (struct sum){.first = unzigzag(first)};
    sum->last = (int64_t)((uint64_t)sum->first + span);
    for (int i = 0; i < SHAPES[key->table].counts; i++)
        at = varint_read(at, &sum->counts[i]);
}

void sum_add(struct sum *into, const struct sum *from)
{
    if (from->first < into->first)
        into->first = from->first;
    if (from->last > into->last)
        into->last = from->last;
    for (int i = 0; i < SUM_COUNTS_MAX; i++)
        into->counts[i] += from->counts[i];
}

/* ---- in their order ------------------------------------------------------ */

/* second: the day, so that unsigned numbers compare as days do; third: the
 * text's bytes. */
static struct tuple read_sum(const uint8_t *bytes)
{
    struct sum_key key;
    (void)read_key(bytes, &key);
    return (struct tuple){
        .prefix = row_prefix_of((uint32_t)key.table << 2 |
                                    (uint32_t)key.platform, key.text),
        .second = (uint64_t)key.day ^ (uint64_t)1 << 63,
        .third = key.text.size,
        .bytes = bytes};
}

static struct text text_of(const struct tuple *tuple)
{
    struct sum_key key;
    (void)read_key(tuple->bytes, &key);
    return key.text;
}

static inline int compare_sums(const struct tuple *a, const struct tuple *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    if (a->third > ROW_PREFIX_TEXT && b->third > ROW_PREFIX_TEXT) {
        int order = text_compare(text_of(a), text_of(b));
        if (order)
            return order;
    } else if (a->third != b->third) {
        return a->third < b->third ? -1 : 1;
    }
    return (a->second > b->second) - (a->second < b->second);
}

static inline bool less_sum(const struct tuple *a, const struct tuple *b)
{
    return compare_sums(a, b) < 0;
}

MERGE_SORT(sort_sums, struct tuple, less_sum)

const struct tuple_kind SUM_TUPLES = {read_sum, compare_sums, sort_sums};
