#include "stages/aggregate/aggregate_lane.h"

#include "pipeline/check.h"
#include "pipeline/room.h"

#include <errno.h>
#include <stdlib.h>

/*
 * One partition in order. Accounts and notices of all lanes are sorted apart
 * by (platform, id bytes) and merged as they are read; facts are sorted into
 * the order of their accounts by counting.
 */

/* What is sorted: the first 16 bytes of the id's text decide nearly always,
 * and equal ones are compared whole. */
struct sort_key {
    uint64_t high, low;
    void *item;                 /* struct account or struct logged_notice */
    uint8_t platform;
    bool is_notice;
};

#define VIEWS_AHEAD 4
#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define ARENA_CHUNK_BYTES HUGE_PAGE_BYTES

/*
 * Partitions are read one after the other, and are much alike. So a cursor
 * that is closed stays with the aggregate, and the next one takes over its
 * memory: one block of huge pages, as large as the arrays of the partition
 * before were in all. What does not fit gets a mapping of its own. Fresh small
 * pages were a third of all page faults of a run.
 */
struct array {
    void *base;
    size_t bytes;
    bool mapped;                /* by itself, in room, not in the block */
    struct room room;
};
/* A larger block goes back to the system: its pages are few by the byte. */
#define BLOCK_KEPT_BYTES ((size_t)8 << 20)

struct aggregate_cursor {
    struct part_cursor face;
    struct aggregate_cursor *next;      /* while it is spare */
    struct aggregate *aggregate;
    uint8_t *block;
    size_t block_bytes, block_fill;
    size_t wanted;              /* bytes that fit the block or would have */
    uint32_t partition;
    struct array accounts, notices;     /* of struct sort_key */
    struct array facts, fact_ends;      /* by the accounts' order */
    struct arena arena;                 /* what facts point at */
    uint64_t account_count, notice_count;
    uint64_t account_at, notice_at;
    struct array deletions;             /* of the account at hand */
    struct profile profile;
};

/* ---- memory -------------------------------------------------------------- */

static bool array_take(struct aggregate_cursor *cursor, struct array *array,
                       uint64_t count, size_t item_bytes)
{
    struct memory *memory = cursor->aggregate->memory;
    if (count > SIZE_MAX / 4 / item_bytes)
        return false;
    size_t bytes = (size_t)(count ? count : 1) * item_bytes;
    bytes = (bytes + 63) & ~(size_t)63;
    cursor->wanted += bytes;
    *array = (struct array){
        .bytes = bytes,
        .mapped = bytes > cursor->block_bytes - cursor->block_fill};
    if (array->mapped) {
        if (room_for(&array->room, memory, bytes, 1))
            array->base = array->room.base;
    } else {
        array->base = cursor->block + cursor->block_fill;
        cursor->block_fill += bytes;
    }
    return array->base != NULL;
}

static void array_drop(struct aggregate_cursor *cursor, struct array *array)
{
    if (array->mapped)
        room_free(&array->room, cursor->aggregate->memory);
    *array = (struct array){0};
}

static void cursor_free(struct aggregate_cursor *cursor)
{
    memory_unmap(cursor->aggregate->memory, cursor->block,
                 cursor->block_bytes);
    arena_reset(&cursor->arena);
    free(cursor);
}

/* A block for what the partition before wanted, if the budget has place for
 * it: one huge account is no measure for the partitions after it. */
static bool fit_block(struct aggregate_cursor *cursor)
{
    struct memory *memory = cursor->aggregate->memory;
    size_t bytes = cursor->wanted ? cursor->wanted : 1;
    bytes = (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    if (bytes <= cursor->block_bytes ||
        (bytes > BLOCK_KEPT_BYTES && !memory_fits(memory, bytes)))
        return true;
    memory_unmap(memory, cursor->block, cursor->block_bytes);
    cursor->block = memory_map(memory, bytes);
    cursor->block_bytes = cursor->block ? bytes : 0;
    return cursor->block != NULL;
}

static struct aggregate_cursor *take_spare(struct aggregate *aggregate)
{
    pthread_mutex_lock(&aggregate->spare_lock);
    struct aggregate_cursor *cursor = aggregate->spare_cursors;
    if (cursor) {
        aggregate->spare_cursors = cursor->next;
        aggregate->spare_count--;
    }
    pthread_mutex_unlock(&aggregate->spare_lock);
    return cursor;
}

/* False: there are as many as can be read from at once. */
static bool give_spare(struct aggregate_cursor *cursor)
{
    struct aggregate *aggregate = cursor->aggregate;
    pthread_mutex_lock(&aggregate->spare_lock);
    bool room = aggregate->spare_count < aggregate->options.lanes;
    if (room) {
        cursor->next = aggregate->spare_cursors;
        aggregate->spare_cursors = cursor;
        aggregate->spare_count++;
    }
    pthread_mutex_unlock(&aggregate->spare_lock);
    return room;
}

void aggregate_drop_spares(struct aggregate *aggregate)
{
    struct aggregate_cursor *cursor;
    while ((cursor = take_spare(aggregate)))
        cursor_free(cursor);
}

/* ---- order --------------------------------------------------------------- */

static int64_t notice_low_bits(const struct logged_notice *notice)
{
    return notice->what & ((1 << NOTICE_TIME_SHIFT) - 1);
}

static int64_t notice_time(const struct logged_notice *notice)
{
    int64_t time = (notice->what - notice_low_bits(notice)) /
                   (1 << NOTICE_TIME_SHIFT);
    return time == NOTICE_TIME_NONE ? TIME_NONE : time;
}

static enum platform notice_platform(const struct logged_notice *notice)
{
    return (enum platform)(notice_low_bits(notice) & 3);
}

static struct id key_id(const struct sort_key *key)
{
    if (!key->is_notice)
        return account_id(key->item);
    const struct logged_notice *notice = key->item;
    return fact_id(notice->account, notice->what & NOTICE_ACCOUNT_BLOB);
}

static uint64_t big_endian(const char *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size < sizeof word ? size : sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static void key_fill(struct sort_key *key)
{
    char digits[ID_DIGITS_MAX];
    struct text text = id_text(key_id(key), digits);
    key->high = text.size ? big_endian(text.bytes, text.size) : 0;
    key->low = text.size > 8 ? big_endian(text.bytes + 8, text.size - 8) : 0;
}

static int key_compare(const struct sort_key *a, const struct sort_key *b)
{
    if (a->platform != b->platform)
        return a->platform < b->platform ? -1 : 1;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return id_compare_bytes(key_id(a), key_id(b));
}

static int by_key(const void *a, const void *b)
{
    return key_compare(a, b);
}

/* glibc's qsort merges through as much memory again: charged here. */
static void sort_keys(struct aggregate_cursor *cursor, struct sort_key *keys,
                      uint64_t count)
{
    uint64_t bytes = count * sizeof *keys;
    memory_charge(cursor->aggregate->memory, bytes);
    qsort(keys, count, sizeof *keys, by_key);
    memory_uncharge(cursor->aggregate->memory, bytes);
}

/* ---- collecting ---------------------------------------------------------- */

static struct partition_logs *logs_of(struct aggregate_cursor *cursor,
                                      uint32_t lane)
{
    return &cursor->aggregate->lanes[lane].logs[cursor->partition];
}

static bool collect_accounts(struct aggregate_cursor *cursor)
{
    uint32_t lanes = cursor->aggregate->options.lanes;
    for (uint32_t i = 0; i < lanes; i++)
        cursor->account_count += logs_of(cursor, i)->accounts.count;
    CHECK(cursor->account_count <= ACCOUNT_ORDER_MAX);
    if (!array_take(cursor, &cursor->accounts, cursor->account_count,
                    sizeof(struct sort_key)))
        return false;
    struct sort_key *keys = cursor->accounts.base, *key = keys;
    for (uint32_t i = 0; i < lanes; i++) {
        struct item_reader reader;
        struct account **account;
        item_reader_open(&reader, &logs_of(cursor, i)->accounts);
        while ((account = item_reader_next(&reader, sizeof *account))) {
            key->item = *account;
            key->is_notice = false;
            key->platform = (uint8_t)(*account)->platform;
            key_fill(key++);
        }
    }
    sort_keys(cursor, keys, cursor->account_count);
    for (uint32_t i = 0; i < cursor->account_count; i++)
        ((struct account *)keys[i].item)->order = i & ACCOUNT_ORDER_MAX;
    return true;
}

static bool collect_notices(struct aggregate_cursor *cursor)
{
    uint32_t lanes = cursor->aggregate->options.lanes;
    for (uint32_t i = 0; i < lanes; i++)
        cursor->notice_count += logs_of(cursor, i)->notices.count;
    if (!array_take(cursor, &cursor->notices, cursor->notice_count,
                    sizeof(struct sort_key)))
        return false;
    struct sort_key *keys = cursor->notices.base, *key = keys;
    for (uint32_t i = 0; i < lanes; i++) {
        struct item_reader reader;
        struct logged_notice *notice;
        item_reader_open(&reader, &logs_of(cursor, i)->notices);
        while ((notice = item_reader_next(&reader, sizeof *notice))) {
            key->item = notice;
            key->is_notice = true;
            key->platform = (uint8_t)notice_platform(notice);
            key_fill(key++);
        }
    }
    sort_keys(cursor, keys, cursor->notice_count);
    return true;
}

static uint32_t rank_of(const uint32_t *ranks, const uint32_t *further,
                        uint32_t id)
{
    return further ? further[ranks[id]] : ranks[id];
}

static void translate(const struct aggregate *aggregate,
                      const struct translation *translation,
                      struct fact *fact)
{
    fact->client = rank_of(aggregate->client_ranks,
                           translation ? translation->clients : NULL,
                           fact->client);
    fact->language = rank_of(aggregate->language_ranks,
                             translation ? translation->languages : NULL,
                             fact->language);
}

/* How many facts each account has, as the place where they begin. */
static uint64_t place_facts(struct aggregate_cursor *cursor, uint64_t *ends)
{
    for (uint32_t i = 0; i < cursor->aggregate->options.lanes; i++) {
        struct item_reader reader;
        const uint8_t *at;
        item_reader_open(&reader, &logs_of(cursor, i)->facts);
        while ((at = item_reader_at(&reader)))
            ends[logged_fact_read(&reader, at).account->order]++;
    }
    uint64_t total = 0;
    for (uint64_t i = 0; i < cursor->account_count; i++) {
        uint64_t count = ends[i];
        ends[i] = total;
        total += count;
    }
    return total;
}

static bool collect_facts(struct aggregate_cursor *cursor,
                          const struct translation *translation)
{
    if (!array_take(cursor, &cursor->fact_ends, cursor->account_count,
                    sizeof(uint64_t)))
        return false;
    uint64_t *ends = cursor->fact_ends.base;
    memset(ends, 0, cursor->account_count * sizeof *ends);
    uint64_t total = place_facts(cursor, ends);
    if (!array_take(cursor, &cursor->facts, total, sizeof(struct fact)))
        return false;
    struct fact *facts = cursor->facts.base;
    for (uint32_t i = 0; i < cursor->aggregate->options.lanes; i++) {
        struct item_reader reader;
        const uint8_t *at;
        item_reader_open(&reader, &logs_of(cursor, i)->facts);
        while ((at = item_reader_at(&reader))) {
            struct logged_fact item = logged_fact_read(&reader, at);
            struct fact *fact = &facts[ends[item.account->order]++];
            int error = fact_decode(item.code, item.size, 0, &cursor->arena,
                                    fact);
            CHECK(error == 0 || error == -ENOMEM);
            if (error)
                return false;
            translate(cursor->aggregate, translation, fact);
        }
    }
    return true;
}

/* ---- reading ------------------------------------------------------------- */

/* Draws the next accounts towards the cache: each step reads what the one
 * before it, some calls ago, drew. */
static void prefetch_ahead(const struct aggregate_cursor *cursor)
{
    const struct sort_key *keys = cursor->accounts.base;
    uint64_t left = cursor->account_count - cursor->account_at;
    keys += cursor->account_at;
    if (left > 3 * VIEWS_AHEAD)
        __builtin_prefetch(keys[3 * VIEWS_AHEAD].item);
    if (left > 2 * VIEWS_AHEAD)
        account_prefetch_profile(keys[2 * VIEWS_AHEAD].item);
    if (left > VIEWS_AHEAD)
        account_prefetch_texts(keys[VIEWS_AHEAD].item);
}

static void view_account(struct aggregate_cursor *cursor,
                         struct account_view *view)
{
    prefetch_ahead(cursor);
    uint64_t at = cursor->account_at++;
    const struct sort_key *key = (struct sort_key *)cursor->accounts.base + at;
    const struct account *account = key->item;
    const uint64_t *ends = cursor->fact_ends.base;
    uint64_t begin = at ? ends[at - 1] : 0;
    if (account_profile(account, &cursor->profile))
        view->profile = &cursor->profile;
    view->facts = (struct fact *)cursor->facts.base + begin;
    view->fact_count = ends[at] - begin;
}

/* How many notices from here on are of the same account. */
static uint64_t same_account(const struct aggregate_cursor *cursor)
{
    const struct sort_key *keys = cursor->notices.base;
    const struct sort_key *first = keys + cursor->notice_at;
    uint64_t end = cursor->notice_at + 1;
    while (end < cursor->notice_count && !key_compare(first, keys + end))
        end++;
    return end - cursor->notice_at;
}

static bool view_deletions(struct aggregate_cursor *cursor,
                           struct account_view *view)
{
    uint64_t count = same_account(cursor);
    if (count > cursor->deletions.bytes / sizeof(struct deletion)) {
        array_drop(cursor, &cursor->deletions);
        if (!array_take(cursor, &cursor->deletions, count * 2,
                        sizeof(struct deletion)))
            return false;
    }
    struct deletion *deletions = cursor->deletions.base;
    const struct sort_key *keys = cursor->notices.base;
    for (uint64_t i = 0; i < count; i++) {
        const struct logged_notice *notice = keys[cursor->notice_at++].item;
        deletions[i] = (struct deletion){
            fact_id(notice->post, notice->what & NOTICE_POST_BLOB),
            notice_time(notice)};
    }
    view->deletions = deletions;
    view->deletion_count = count;
    return true;
}

/* The first account that is left, by account or by notice; NULL: none. */
static const struct sort_key *least_key(const struct aggregate_cursor *cursor,
                                        bool *has_account, bool *has_notice)
{
    const struct sort_key *account = cursor->accounts.base;
    const struct sort_key *notice = cursor->notices.base;
    account += cursor->account_at;
    notice += cursor->notice_at;
    *has_account = cursor->account_at < cursor->account_count;
    *has_notice = cursor->notice_at < cursor->notice_count;
    if (*has_account && *has_notice) {
        int order = key_compare(account, notice);
        *has_account = order <= 0;
        *has_notice = order >= 0;
    }
    return *has_account ? account : *has_notice ? notice : NULL;
}

static int cursor_next(struct part_cursor *face, struct account_view *view)
{
    struct aggregate_cursor *cursor = (struct aggregate_cursor *)face;
    bool has_account, has_notice;
    const struct sort_key *key = least_key(cursor, &has_account, &has_notice);
    if (!key)
        return 0;
    *view = (struct account_view){.platform = (enum platform)key->platform,
                                  .id = key_id(key)};
    if (has_account)
        view_account(cursor, view);
    if (has_notice && !view_deletions(cursor, view))
        return -ENOMEM;
    return 1;
}

static void cursor_close(struct part_cursor *face)
{
    struct aggregate_cursor *cursor = (struct aggregate_cursor *)face;
    array_drop(cursor, &cursor->accounts);
    array_drop(cursor, &cursor->notices);
    array_drop(cursor, &cursor->facts);
    array_drop(cursor, &cursor->fact_ends);
    array_drop(cursor, &cursor->deletions);
    arena_rewind(&cursor->arena);
    if (cursor->block_bytes > BLOCK_KEPT_BYTES || !give_spare(cursor))
        cursor_free(cursor);
}

/* A spare cursor, or a new one, that has read nothing. */
static struct aggregate_cursor *new_cursor(struct aggregate *aggregate)
{
    struct aggregate_cursor *cursor = take_spare(aggregate);
    if (!cursor) {
        cursor = calloc(1, sizeof *cursor);
        if (!cursor)
            return NULL;
        cursor->aggregate = aggregate;
        arena_init(&cursor->arena, aggregate->memory, ARENA_CHUNK_BYTES);
    }
    if (!fit_block(cursor)) {
        cursor_free(cursor);
        return NULL;
    }
    cursor->face = (struct part_cursor){cursor_next, cursor_close};
    cursor->block_fill = cursor->wanted = 0;
    cursor->account_count = cursor->notice_count = 0;
    cursor->account_at = cursor->notice_at = 0;
    return cursor;
}

struct part_cursor *aggregate_cursor(struct aggregate *aggregate,
                                     uint32_t partition,
                                     const struct translation *translation)
{
    CHECK(partition < aggregate->options.partitions);
    CHECK(aggregate->client_ranks && aggregate->language_ranks);
    struct aggregate_cursor *cursor = new_cursor(aggregate);
    if (!cursor)
        return NULL;
    cursor->partition = partition;
    if (collect_accounts(cursor) && collect_notices(cursor) &&
        collect_facts(cursor, translation))
        return &cursor->face;
    cursor_close(&cursor->face);
    return NULL;
}
