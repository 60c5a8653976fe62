#include "stages/aggregate/aggregate_lane.h"

#include "pipeline/check.h"
#include "stages/hash.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A batch is applied in windows, and each window from its end to its start.
 * Archives are roughly in the order of time: so of the many sights of a busy
 * account in one window the latest comes first and the others are not news,
 * which costs loads and no exchange. Two lanes that meet in a busy account
 * thus write its cache lines once a window, not once a sight, and no table is
 * needed to combine them first. What is joined does not depend on the order.
 *
 * Inside a window, groups of items go through the steps of a look-up
 * together (slot, record, registers, texts), each step drawing towards the
 * cache what the next one reads, so that misses overlap.
 */
#define WINDOW_ITEMS 1024
#define GROUP_ITEMS 24

struct work {
    struct batch_item item;
    struct account_key key;     /* observations and posts */
    uint64_t partition_hash, slot_hash;
    const struct account *guess;
};

struct apply_scratch {
    size_t positions[WINDOW_ITEMS];
    struct work group[GROUP_ITEMS];
    uint8_t *blobs;             /* of the fact at hand */
    size_t blobs_capacity;
};

struct apply_scratch *apply_scratch_create(void)
{
    return calloc(1, sizeof(struct apply_scratch));
}

void apply_scratch_destroy(struct apply_scratch *scratch)
{
    if (scratch)
        free(scratch->blobs);
    free(scratch);
}

/* ---- steps of a look-up -------------------------------------------------- */

/*
 * A number's id_hash is a bijection of it, so a seeded product is enough. A
 * text's could be made to collide by who knows id_hash, whose seed is fixed;
 * in the table it gets a hash of its own.
 */
static uint64_t slot_hash(const struct aggregate *aggregate,
                          const struct account_key *key, uint64_t hash)
{
    uint64_t seed = aggregate->options.hash_seed;
    if (key->id.text.size)
        return hash_bytes64_seeded(key->id.text.bytes, key->id.text.size,
                                   seed ^ (uint64_t)key->platform);
    uint64_t mixed = (hash ^ seed) * 0x9e3779b97f4a7c15u;
    return (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
}

static void begin(const struct aggregate *aggregate, struct work *work)
{
    work->guess = NULL;
    if (work->item.kind == BATCH_OBSERVATION)
        work->key = (struct account_key){work->item.observation.platform,
                                         work->item.observation.id};
    else if (work->item.kind == BATCH_POST)
        work->key = (struct account_key){work->item.post.platform,
                                         work->item.post.account};
    else
        return;
    CHECK(id_known(work->key.id));
    work->partition_hash = id_hash(work->key.platform, work->key.id);
    work->slot_hash = slot_hash(aggregate, &work->key, work->partition_hash);
    slot_table_prefetch(&aggregate->accounts, work->slot_hash);
}

static void draw_near(const struct aggregate *aggregate, struct work *group,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (group[i].item.kind == BATCH_NOTICE)
            continue;
        group[i].guess = (const struct account *)slot_table_guess(
            &aggregate->accounts, group[i].slot_hash);
        __builtin_prefetch(group[i].guess);
    }
    for (size_t i = 0; i < count; i++)
        if (group[i].guess && group[i].item.kind == BATCH_OBSERVATION)
            account_prefetch_profile(group[i].guess);
    for (size_t i = 0; i < count; i++)
        if (group[i].guess && group[i].item.kind == BATCH_OBSERVATION)
            account_prefetch_texts(group[i].guess);
}

static void grow_total(_Atomic uint64_t *total, uint64_t by)
{
    /* Only the lane writes it; others read some past value. */
    uint64_t now = atomic_load_explicit(total, memory_order_relaxed);
    atomic_store_explicit(total, now + by, memory_order_relaxed);
}

static struct account *new_account(struct aggregate_lane *lane,
                                   const struct work *work)
{
    struct account *account = account_create(&work->key, work->slot_hash,
                                             &lane->records);
    if (!account)
        return NULL;
    struct account *winner = (struct account *)slot_table_add(
        &lane->aggregate->accounts, &lane->adder, &account->entry, account_is,
        &work->key);
    if (winner != account)
        return winner;
    uint32_t partition = partition_of(lane->aggregate, work->partition_hash);
    struct account **item = item_log_add(&lane->logs[partition].accounts,
                                         &lane->log_arena, sizeof *item);
    if (!item)
        return NULL;
    *item = account;
    grow_total(&lane->accounts, 1);
    return account;
}

static struct account *account_of(struct aggregate_lane *lane,
                                  const struct work *work)
{
    struct account *account = (struct account *)slot_table_find(
        &lane->aggregate->accounts, work->slot_hash, account_is, &work->key);
    return account ? account : new_account(lane, work);
}

/* ---- posts and notices --------------------------------------------------- */

/* The word of an id in a notice: its number, or its blob. False: out
 * of memory. */
static bool id_word(struct aggregate_lane *lane, struct id id, uint64_t *word,
                    bool *is_blob)
{
    *word = id.number;
    *is_blob = id.text.size != 0;
    if (!*is_blob)
        return true;
    struct id_blob *blob = arena_alloc(
        &lane->records, sizeof *blob + id.text.size, _Alignof(struct id_blob));
    if (!blob)
        return false;
    blob->size = id.text.size;
    memcpy(blob->bytes, id.text.bytes, id.text.size);
    *word = (uint64_t)(uintptr_t)blob;
    return true;
}

static unsigned flag_if(bool condition, enum fact_flag flag)
{
    return condition ? (unsigned)flag : 0;
}

static size_t blob_bytes(struct id id)
{
    const size_t align = _Alignof(struct id_blob);
    size_t bytes = sizeof(struct id_blob) + id.text.size;
    return id.text.size ? (bytes + align - 1) / align * align : 0;
}

/* Sets the word of an id in the fact at hand, its blob at *at, and steps it. */
static void blob_word(uint8_t **at, struct id id, uint64_t *word)
{
    *word = id.number;
    if (!id.text.size)
        return;
    struct id_blob *blob = (struct id_blob *)*at;
    blob->size = id.text.size;
    memcpy(blob->bytes, id.text.bytes, id.text.size);
    *word = (uint64_t)(uintptr_t)blob;
    *at += blob_bytes(id);
}

/* The fact borrows the scratch, until its code is made. */
static bool fill_ids(struct apply_scratch *scratch, const struct post *post,
                     struct fact *fact)
{
    size_t need = blob_bytes(post->id) + blob_bytes(post->target) +
                  blob_bytes(post->target_post);
    if (need > scratch->blobs_capacity) {
        free(scratch->blobs);
        scratch->blobs = malloc(need * 2);
        scratch->blobs_capacity = scratch->blobs ? need * 2 : 0;
    }
    if (need > scratch->blobs_capacity)
        return false;
    uint8_t *at = scratch->blobs;
    blob_word(&at, post->id, &fact->post);
    blob_word(&at, post->target, &fact->target);
    blob_word(&at, post->target_post, &fact->target_post);
    return true;
}

/* lists: where the fact's lists are kept, if it has any. */
static void fill_content(const struct post *post, struct fact_lists *lists,
                         struct fact *fact)
{
    fact->urls = post->urls;
    fact->mentions = post->mentions;
    fact->media = post->media;
    if (post->flags & FACT_HAS_TEXT) {
        fact->text_hash = post->text.hash;
        fact->text_length = post->text.length;
        memcpy(lists->scripts, post->text.scripts, sizeof lists->scripts);
    } else {
        memset(lists->scripts, 0, sizeof lists->scripts);
    }
    lists->hashtags = post->hashtags;
    lists->domains = post->domains;
    fact->lists = lists;
}

static int fill_fact(struct aggregate_lane *lane, const struct post *post,
                     struct fact *fact)
{
    struct aggregate *aggregate = lane->aggregate;
    int error = intern_table_id(&aggregate->clients, &lane->clients,
                                &lane->records, post->client, &fact->client);
    if (!error)
        error = intern_table_id(&aggregate->languages, &lane->languages,
                                &lane->records, post->language,
                                &fact->language);
    if (error)
        return error;
    if (!fill_ids(lane->scratch, post, fact))
        return -ENOMEM;
    bool self = id_known(post->target) &&
                id_equal(post->target, post->account);
    fact->time = post->time;
    fact->original_time = post->original_time;
    fact->statuses = post->statuses;
    fact->followers = post->followers;
    fact->name_hash = post->name_hash;
    fact->kind = (uint8_t)post->kind;
    fact->flags = (uint16_t)(
        post->flags | flag_if(post->id.text.size, FACT_POST_BLOB) |
        flag_if(post->target.text.size, FACT_TARGET_BLOB) |
        flag_if(post->target_post.text.size, FACT_TARGET_POST_BLOB) |
        flag_if(self, FACT_SELF));
    return 0;
}

/* Nearly every fact's code fits; a longer one is made in its own memory. */
#define CODE_BYTES_SMALL 1024

static bool log_fact(struct aggregate_lane *lane, struct item_log *log,
                     struct account *account, const struct fact *fact)
{
    uint8_t small[CODE_BYTES_SMALL], *code = small;
    size_t need = fact_code_bytes_max(fact);
    if (need > sizeof small)
        code = malloc(need);
    if (!code)
        return false;
    size_t size = (size_t)(fact_encode(code, fact, 0) - code);
    uint8_t head[LOGGED_FACT_HEAD_MAX];
    memcpy(head, &account, sizeof account);
    size_t head_size =
        (size_t)(varint_write(head + sizeof account, size) - head);
    uint8_t *item = item_log_add(log, &lane->log_arena, head_size + size);
    if (item) {
        memcpy(item, head, head_size);
        memcpy(item + head_size, code, size);
    }
    if (code != small)
        free(code);
    return item != NULL;
}

static int apply_post(struct aggregate_lane *lane, const struct work *work)
{
    struct account *account = account_of(lane, work);
    if (!account)
        return -ENOMEM;
    struct fact fact = {0};
    struct fact_lists lists;
    int error = fill_fact(lane, &work->item.post, &fact);
    if (error)
        return error;
    fill_content(&work->item.post, &lists, &fact);
    uint32_t partition = partition_of(lane->aggregate, work->partition_hash);
    if (!log_fact(lane, &lane->logs[partition].facts, account, &fact))
        return -ENOMEM;
    grow_total(&lane->facts, 1);
    return 0;
}

static int apply_notice(struct aggregate_lane *lane,
                        const struct notice *notice)
{
    struct logged_notice made;
    bool account_blob, post_blob;
    if (!id_word(lane, notice->account, &made.account, &account_blob) ||
        !id_word(lane, notice->post, &made.post, &post_blob))
        return -ENOMEM;
    int64_t time = time_known(notice->time) ? notice->time : NOTICE_TIME_NONE;
    made.what = time * (1 << NOTICE_TIME_SHIFT) + (int64_t)notice->platform +
                (account_blob ? NOTICE_ACCOUNT_BLOB : 0) +
                (post_blob ? NOTICE_POST_BLOB : 0);
    uint32_t partition = partition_of(
        lane->aggregate, id_hash(notice->platform, notice->account));
    struct logged_notice *item = item_log_add(
        &lane->logs[partition].notices, &lane->log_arena, sizeof *item);
    if (!item)
        return -ENOMEM;
    *item = made;
    grow_total(&lane->notices, 1);
    return 0;
}

/* ---- batches ------------------------------------------------------------- */

static int apply_one(struct aggregate_lane *lane, const struct work *work)
{
    if (work->item.kind == BATCH_NOTICE)
        return apply_notice(lane, &work->item.notice);
    if (work->item.kind == BATCH_POST)
        return apply_post(lane, work);
    struct handle_watch *watch = lane->aggregate->options.watch;
    if (watch && handle_watch_see(
                     watch, (uint32_t)(lane - lane->aggregate->lanes),
                     &work->item.observation))
        return -ENOMEM;
    struct account *account = account_of(lane, work);
    return account && account_observe(account, &work->item.observation,
                                      &lane->records)
               ? 0
               : -ENOMEM;
}

static int apply_group(struct aggregate_lane *lane, const struct batch *batch,
                       const size_t *positions, size_t count)
{
    struct work *group = lane->scratch->group;
    for (size_t i = 0; i < count; i++) {
        size_t at = positions[i];
        batch_next(batch, &at, &group[i].item);
        begin(lane->aggregate, &group[i]);
    }
    draw_near(lane->aggregate, group, count);
    int error = 0;
    for (size_t i = count; i > 0 && !error; i--)
        error = apply_one(lane, &group[i - 1]);
    return error;
}

/* The positions of the next items; how many. */
static size_t fill_window(const struct batch *batch, size_t *at,
                          size_t positions[WINDOW_ITEMS])
{
    size_t count = 0;
    struct batch_item item;
    while (count < WINDOW_ITEMS) {
        positions[count] = *at;
        if (batch_next(batch, at, &item) == BATCH_END)
            break;
        count++;
    }
    return count;
}

int aggregate_apply(struct aggregate_lane *lane, const struct batch *batch)
{
    size_t *positions = lane->scratch->positions;
    size_t at = 0, left;
    int error = 0;
    while (!error && (left = fill_window(batch, &at, positions)) > 0)
        while (!error && left > 0) {
            size_t count = left < GROUP_ITEMS ? left : GROUP_ITEMS;
            left -= count;
            error = apply_group(lane, batch, positions + left, count);
        }
    atomic_store_explicit(&lane->record_bytes, lane->records.bytes,
                          memory_order_relaxed);
    atomic_store_explicit(&lane->log_bytes, lane->log_arena.bytes,
                          memory_order_relaxed);
    return error;
}
