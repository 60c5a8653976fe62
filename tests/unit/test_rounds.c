#include "stages/reduce/reduce.h"
#include "stages/reduce/survivor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct memory memory;
static struct fault fault;
static char folder[] = "/tmp/test_rounds_XXXXXX";
static int directory;

/* ---- a world of accounts ----------------------------------------------- */

#define ACCOUNTS_MAX 400
#define FACTS_MAX 64

struct account {
    enum platform platform;
    char name[32];
    struct id id;
    struct fact facts[FACTS_MAX];
    size_t fact_count;
    struct deletion deletions[4];
    size_t deletion_count;
};

static struct account accounts[ACCOUNTS_MAX];
static size_t account_count;
static struct id_blob *blobs[ACCOUNTS_MAX];    /* of names that are texts */
static uint32_t partitions;
static int cursor_error;                       /* what next gives at the end */

static struct account *add_account(enum platform platform, const char *name)
{
    struct account *account = &accounts[account_count];
    *account = (struct account){.platform = platform};
    snprintf(account->name, sizeof account->name, "%s", name);
    uint32_t size = (uint32_t)strlen(account->name);
    account->id = id_from_text((struct text){account->name, size});
    struct id_blob *blob = blobs[account_count++];
    blob->size = size;
    memcpy(blob->bytes, name, size);
    return account;
}

static void add_post(struct account *account, uint64_t id, int64_t time)
{
    account->facts[account->fact_count++] = (struct fact){
        .time = time, .post = id, .original_time = TIME_NONE, .followers = COUNT_NONE,
        .statuses = COUNT_NONE, .kind = KIND_ORIGINAL};
}

static void add_retweet(struct account *account, uint64_t id, int64_t time,
                        const struct account *target)
{
    struct fact *fact = &account->facts[account->fact_count];
    add_post(account, id, time);
    fact->kind = KIND_RETWEET;
    fact->target = target->id.number;
    if (target->id.text.size) {
        fact->target = (uint64_t)(uintptr_t)blobs[target - accounts];
        fact->flags |= FACT_TARGET_BLOB;
    }
    if (target == account)
        fact->flags |= FACT_SELF;
}

static int by_row(const void *a, const void *b)
{
    const struct account *x = *(const struct account *const *)a;
    const struct account *y = *(const struct account *const *)b;
    if (x->platform != y->platform)
        return x->platform < y->platform ? -1 : 1;
    return id_compare_bytes(x->id, y->id);
}

/* ---- cursors over it --------------------------------------------------- */

struct world_cursor {
    struct part_cursor face;
    struct account *order[ACCOUNTS_MAX];
    size_t count, at;
    struct fact facts[FACTS_MAX];
    struct deletion deletions[4];
};

static int world_next(struct part_cursor *face, struct account_view *view)
{
    struct world_cursor *cursor = (struct world_cursor *)face;
    if (cursor->at == cursor->count)
        return cursor_error;
    const struct account *account = cursor->order[cursor->at++];
    memcpy(cursor->facts, account->facts, sizeof cursor->facts);
    memcpy(cursor->deletions, account->deletions, sizeof cursor->deletions);
    *view = (struct account_view){
        .platform = account->platform, .id = account->id,
        .facts = cursor->facts, .fact_count = account->fact_count,
        .deletions = cursor->deletions,
        .deletion_count = account->deletion_count};
    return 1;
}

static void world_close(struct part_cursor *face)
{
    free(face);
}

static struct part_cursor *open_world(void *context, uint32_t partition)
{
    (void)context;
    struct world_cursor *cursor = calloc(1, sizeof *cursor);
    cursor->face = (struct part_cursor){world_next, world_close};
    for (size_t i = 0; i < account_count; i++)
        if ((id_hash(accounts[i].platform, accounts[i].id) &
             (partitions - 1)) == partition)
            cursor->order[cursor->count++] = &accounts[i];
    qsort(cursor->order, cursor->count, sizeof *cursor->order, by_row);
    return &cursor->face;
}

static struct part_cursor *open_nothing(void *context, uint32_t partition)
{
    (void)context;
    (void)partition;
    errno = EACCES;
    return NULL;
}

/* ---- rows as text, and where they go ----------------------------------- */

#define LANES_MAX 4
static char texts[LANES_MAX][4096];

static bool shown(const char *name)
{
    return strcmp(name, "account_id") == 0 || strcmp(name, "posts") == 0 ||
           strcmp(name, "retweets_received") == 0 ||
           strcmp(name, "retweeters") == 0;
}

/* A few columns; format 1 in brackets, so that formats cannot be mixed up. */
static struct text show(void *context, uint32_t lane, enum table_id table,
                        uint32_t format, uint32_t first, uint32_t last,
                        const struct value *row)
{
    (void)context;
    assert_int_equal(table, TABLE_ACCOUNTS);
    char *to = texts[lane];
    if (first == 0 && format)
        *to++ = '[';
    for (uint32_t i = first; i < last; i++) {
        if (!shown(COLUMNS[i].name))
            continue;
        assert_false(row[i].null);
        if (COLUMNS[i].type == COLUMN_TEXT)
            to += sprintf(to, "%.*s", (int)row[i].text.size,
                          row[i].text.bytes);
        else
            to += sprintf(to, " %lld", (long long)row[i].integer);
    }
    if (last == COLUMN_COUNT)
        to += sprintf(to, format ? "]" : "\n");
    return (struct text){texts[lane], (uint32_t)(to - texts[lane])};
}

static struct text show_nothing(void *context, uint32_t lane,
                                enum table_id table, uint32_t format,
                                uint32_t first, uint32_t last,
                                const struct value *row)
{
    (void)context, (void)lane, (void)table, (void)format, (void)first;
    (void)last, (void)row;
    return (struct text){NULL, 0};
}

struct sink {
    char bytes[64 * ACCOUNTS_MAX];
    size_t size;
};
static struct sink sinks[2];

static bool take(void *context, const void *bytes, size_t size)
{
    struct sink *sink = context;
    assert_true(sink->size + size < sizeof sink->bytes);
    memcpy(sink->bytes + sink->size, bytes, size);
    sink->size += size;
    sink->bytes[sink->size] = '\0';
    return true;
}

static bool take_nothing(void *context, const void *bytes, size_t size)
{
    (void)context, (void)bytes, (void)size;
    fault_raise(&fault, CODE_OUTPUT, NULL, UINT64_MAX, ENOSPC, "full");
    return false;
}

/* ---- a run ------------------------------------------------------------- */

struct lane_task {
    struct reduce *reduce;
    uint32_t lane;
    void (*round)(struct reduce *, uint32_t);
};

static void *run_lane(void *argument)
{
    struct lane_task *task = argument;
    task->round(task->reduce, task->lane);
    return NULL;
}

static void run_round(struct reduce *reduce, uint32_t lanes,
                      void (*round)(struct reduce *, uint32_t))
{
    pthread_t threads[LANES_MAX];
    struct lane_task tasks[LANES_MAX];
    for (uint32_t i = 0; i < lanes; i++) {
        tasks[i] = (struct lane_task){reduce, i, round};
        assert_int_equal(
            pthread_create(&threads[i], NULL, run_lane, &tasks[i]), 0);
    }
    for (uint32_t i = 0; i < lanes; i++)
        pthread_join(threads[i], NULL);
}

static const struct dictionaries NO_NAMES;

static struct reduce_options usual_options(uint32_t lanes)
{
    return (struct reduce_options){
        .lanes = lanes, .partitions = partitions, .memory = &memory,
        .fault = &fault, .directory = directory, .names = &NO_NAMES,
        .open_part = open_world, .format = show, .formats = 2,
        .tables = TABLE_BIT(TABLE_ACCOUNTS)};
}

static bool run(const struct reduce_options *options,
                bool (*write)(void *, const void *, size_t),
                struct reduce_counts *counts, uint64_t *spilled)
{
    struct row_sink to[2] = {{write, &sinks[0]}, {write, &sinks[1]}};
    memset(&fault, 0, sizeof fault);
    sinks[0].size = sinks[1].size = 0;
    struct reduce *reduce = reduce_create(options);
    assert_non_null(reduce);
    run_round(reduce, options->lanes, reduce_round_one);
    run_round(reduce, options->lanes, reduce_round_two);
    bool good = reduce_merge(reduce, TABLE_ACCOUNTS, to);
    *counts = reduce_counts(reduce);
    *spilled = reduce_spilled_bytes(reduce);
    reduce_destroy(reduce);
    assert_int_equal(memory.used, 0);
    assert_int_equal(good, !fault_raised(&fault));
    return good;
}

/* ---- cases ------------------------------------------------------------- */

static void make_small_world(void)
{
    account_count = 0;
    struct account *a = add_account(PLATFORM_TWITTER, "100");
    struct account *b = add_account(PLATFORM_TWITTER, "20");
    struct account *c = add_account(PLATFORM_TWITTER, "hash=");
    struct account *d = add_account(PLATFORM_TWITTER, "9");
    struct account *e = add_account(PLATFORM_REDDIT, "100");
    struct account *nobody = add_account(PLATFORM_TWITTER, "77");
    add_retweet(a, 1, 1000, b);
    add_retweet(a, 1, 1000, b);          /* the same copy */
    add_retweet(a, 1, 1500, b);          /* a copy that differs */
    a->facts[2].statuses = 7;
    add_retweet(a, 2, 2000, b);
    add_retweet(a, 3, 3000, a);          /* itself */
    add_retweet(a, 4, 4000, c);
    add_retweet(c, 5, 1000, b);
    add_post(c, 6, 2000);
    add_retweet(b, 7, 1000, nobody);
    add_retweet(b, 8, 1000, a);
    d->deletions[0] = (struct deletion){{.number = 3}, TIME_NONE};
    d->deletions[1] = (struct deletion){{.number = 3}, 5};
    d->deletions[2] = (struct deletion){{.number = 4}, 5};
    d->deletion_count = 3;
    a->deletions[0] = (struct deletion){{.number = 3}, 5};
    a->deletion_count = 1;
    add_post(e, 9, 1000);
}

static void the_small_world_has_the_known_answers(void **state)
{
    (void)state;
    struct reduce_counts counts;
    uint64_t spilled;
    make_small_world();
    partitions = 4;
    struct reduce_options options = usual_options(2);
    assert_true(run(&options, take, &counts, &spilled));
    assert_string_equal(sinks[0].bytes, "100 1 0 0\n"      /* reddit */
                                        "100 4 1 1\n"
                                        "20 2 3 2\n"
                                        "hash= 2 1 1\n");
    assert_string_equal(sinks[1].bytes,
                        "[100 1 0 0][100 4 1 1][20 2 3 2][hash= 2 1 1]");
    assert_int_equal(counts.accounts, 4);
    assert_int_equal(counts.posts, 9);
    assert_int_equal(counts.duplicates, 2);
    assert_int_equal(counts.conflicting_duplicates, 1);
    assert_int_equal(counts.deletions, 1);
    assert_int_equal(counts.deletes_without_account, 2);
}

/* Of each account the targets are drawn near the start, so that some receive
 * very many; names are numbers, numbers with one prefix, and texts. */
static void make_large_world(void)
{
    uint64_t seed = 11;
    account_count = 0;
    while (account_count < ACCOUNTS_MAX) {
        char name[32];
        uint64_t n = account_count * account_count * 37 + 1;
        const char *form = account_count % 3 == 0   ? "%llu"
                           : account_count % 3 == 1 ? "12345678901234%llu"
                                                    : "same-first-bytes-%llu";
        snprintf(name, sizeof name, form, (unsigned long long)n);
        add_account((enum platform)(account_count % 7 % 3), name);
    }
    for (size_t i = 0; i < ACCOUNTS_MAX; i++)
        for (uint64_t k = 0; k < i % FACTS_MAX; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            size_t target = (seed >> 40) % ACCOUNTS_MAX * (seed >> 33 & 63) / 64;
            if (accounts[target].platform == accounts[i].platform)
                add_retweet(&accounts[i], 1 + k / 2, 500, &accounts[target]);
            else
                add_post(&accounts[i], 1 + k / 2, 500);
            /* Copies of a post may differ. */
            accounts[i].facts[k].statuses = (int64_t)k / 3;
        }
}

/* Which of each two copies stays, by the hash of their canonical JSON. */
static bool stays[ACCOUNTS_MAX][FACTS_MAX];

static struct hash128 hash_of(const struct account *account, size_t k)
{
    static const struct dictionaries names;
    struct copy_context context = {account->id, &names};
    char json[4096];
    assert_true(copy_json_bytes_max(&context, &account->facts[k]) <=
                sizeof json);
    return copy_hash(&context, &account->facts[k], json);
}

static void choose_copies(void)
{
    for (size_t i = 0; i < account_count; i++)
        for (size_t k = 0; k < accounts[i].fact_count; k += 2) {
            stays[i][k] = true;
            if (k + 1 == accounts[i].fact_count)
                break;
            struct hash128 a = hash_of(&accounts[i], k);
            struct hash128 b = hash_of(&accounts[i], k + 1);
            stays[i][k] = a.high != b.high ? a.high > b.high : a.low > b.low;
            stays[i][k + 1] = !stays[i][k];
        }
}

/* The slow way: all facts against all. */
static void reference(struct sink *sink)
{
    struct account *order[ACCOUNTS_MAX];
    sink->size = 0;
    for (size_t i = 0; i < account_count; i++)
        order[i] = &accounts[i];
    qsort(order, account_count, sizeof *order, by_row);
    for (size_t t = 0; t < account_count; t++) {
        unsigned retweets = 0, retweeters = 0;
        size_t target = (size_t)(order[t] - accounts);
        for (size_t i = 0; i < account_count; i++) {
            unsigned before = retweets;
            for (size_t k = 0; k < accounts[i].fact_count; k++) {
                const struct fact *fact = &accounts[i].facts[k];
                retweets += stays[i][k] && i != target &&
                            fact->kind == KIND_RETWEET &&
                            accounts[i].platform == order[t]->platform &&
                            id_equal(fact_target(fact), order[t]->id);
            }
            retweeters += retweets > before;
        }
        if (order[t]->fact_count)
            sink->size += (size_t)sprintf(
                sink->bytes + sink->size, "%s %zu %u %u\n", order[t]->name,
                (order[t]->fact_count + 1) / 2, retweets, retweeters);
    }
}

static void lanes_partitions_and_spilling_never_show(void **state)
{
    (void)state;
    static const uint32_t PARTS[] = {1, 8, 64};
    static const uint64_t SIZES[] = {1, 4096, 0};
    static struct sink expected;
    struct reduce_counts counts;
    make_large_world();
    choose_copies();
    reference(&expected);
    for (int i = 0; i < 3 * 3 * 3 * 2; i++) {
        uint64_t spilled;
        partitions = PARTS[i % 3];
        struct reduce_options options = usual_options(i / 27 ? LANES_MAX : 1);
        options.run_bytes = SIZES[i / 3 % 3];
        options.sort_bytes = SIZES[i / 9 % 3];
        assert_true(run(&options, take, &counts, &spilled));
        assert_string_equal(sinks[0].bytes, expected.bytes);
        /* With one partition there is more than a chunk. */
        if (partitions == 1 && options.run_bytes)
            assert_true(spilled > 0);
        if (!options.run_bytes)
            assert_int_equal(spilled, 0);
    }
}

static void an_empty_world_has_no_rows(void **state)
{
    (void)state;
    struct reduce_counts counts;
    uint64_t spilled;
    account_count = 0;
    partitions = 8;
    struct reduce_options options = usual_options(3);
    assert_true(run(&options, take, &counts, &spilled));
    assert_int_equal(sinks[0].size, 0);
    assert_int_equal(counts.accounts, 0);
}

static void what_fails_around_it_becomes_one_fault(void **state)
{
    (void)state;
    struct reduce_counts counts;
    uint64_t spilled;
    make_small_world();
    partitions = 4;
    struct reduce_options options = usual_options(2);
    cursor_error = -EBADMSG;
    assert_false(run(&options, take, &counts, &spilled));
    assert_int_equal(fault.code, CODE_IO);
    assert_int_equal(fault.error, EBADMSG);
    cursor_error = 0;
    options.open_part = open_nothing;
    assert_false(run(&options, take, &counts, &spilled));
    assert_int_equal(fault.error, EACCES);
    options = usual_options(2);
    options.format = show_nothing;
    assert_false(run(&options, take, &counts, &spilled));
    assert_int_equal(fault.code, CODE_MEMORY);
    options = usual_options(2);
    assert_false(run(&options, take_nothing, &counts, &spilled));
    assert_int_equal(fault.code, CODE_OUTPUT);
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    for (size_t i = 0; i < ACCOUNTS_MAX; i++)
        blobs[i] = malloc(sizeof **blobs + 32);
    if (!mkdtemp(folder))
        return -1;
    directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACCOUNTS_MAX; i++)
        free(blobs[i]);
    close(directory);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_world_has_the_known_answers),
        cmocka_unit_test(lanes_partitions_and_spilling_never_show),
        cmocka_unit_test(an_empty_world_has_no_rows),
        cmocka_unit_test(what_fails_around_it_becomes_one_fault),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
