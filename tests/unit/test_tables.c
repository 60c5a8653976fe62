#include "tests/unit/tables_reference.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static struct memory memory;
static struct fault fault;
static char folder[] = "/tmp/test_tables_XXXXXX";
static int directory;

/* ---- what comes out ------------------------------------------------------ */

#define LANES_MAX 4
static struct output cells[LANES_MAX];
static struct output written[TABLE_COUNT][EMIT_FORMATS];

static struct text format(void *context, uint32_t lane, enum table_id table,
                          uint32_t emit_format, uint32_t first, uint32_t last,
                          const struct value *row)
{
    (void)context;
    cells[lane].size = 0;
    emit_cells(&cells[lane], (enum emit_format)emit_format, &TABLES[table],
               first, last, row);
    return (struct text){cells[lane].bytes, (uint32_t)cells[lane].size};
}

static bool take(void *context, const void *bytes, size_t size)
{
    output_add(context, bytes, size);
    return true;
}

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

static struct reduce_options usual_options(uint32_t lanes)
{
    return (struct reduce_options){
        .lanes = lanes, .partitions = world->partitions, .memory = &memory,
        .fault = &fault, .directory = directory, .names = &world->names,
        .open_part = world_open, .open_context = world, .format = format,
        .formats = EMIT_FORMATS, .tables = TABLES_ALL};
}

static struct reduce_counts run(const struct reduce_options *options,
                                uint64_t *spilled)
{
    memset(&fault, 0, sizeof fault);
    struct reduce *reduce = reduce_create(options);
    assert_non_null(reduce);
    run_round(reduce, options->lanes, reduce_round_one);
    run_round(reduce, options->lanes, reduce_round_two);
    for (int table = 0; table < TABLE_COUNT; table++) {
        struct row_sink sinks[EMIT_FORMATS];
        for (int f = 0; f < EMIT_FORMATS; f++) {
            written[table][f].size = 0;
            sinks[f] = (struct row_sink){take, &written[table][f]};
        }
        if (options->tables & TABLE_BIT(table))
            assert_true(reduce_merge(reduce, (enum table_id)table, sinks));
    }
    struct reduce_counts counts = reduce_counts(reduce);
    *spilled = reduce_spilled_bytes(reduce);
    reduce_destroy(reduce);
    assert_int_equal(memory.used, 0);
    return counts;
}

/* ---- cases --------------------------------------------------------------- */

static size_t rows_in(const struct output *csv)
{
    size_t rows = 0;
    for (size_t i = 0; i + 1 < csv->size; i++)
        rows += csv->bytes[i] == '\r' && csv->bytes[i + 1] == '\n';
    return rows;
}

static void assert_tables(const struct reduce_counts *counts, uint32_t tables)
{
    for (int table = TABLE_DAYS; table < TABLE_COUNT; table++) {
        const struct output *csv = &written[table][EMIT_CSV];
        if (!(tables & TABLE_BIT(table))) {
            assert_int_equal(csv->size, 0);
            continue;
        }
        assert_int_equal(csv->size, expected[table].size);
        assert_memory_equal(csv->bytes, expected[table].bytes, csv->size);
        assert_int_equal(counts->table_rows[table], rows_in(csv));
    }
}

static void every_table_is_the_slow_sum(void **state)
{
    (void)state;
    uint64_t spilled;
    world->partitions = 16;
    expect_tables(NULL);
    struct reduce_options options = usual_options(2);
    struct reduce_counts counts = run(&options, &spilled);
    assert_tables(&counts, TABLES_ALL);
    assert_int_equal(counts.days_posts, counts.posts);
    assert_int_equal(counts.table_rows[TABLE_POSTS], counts.posts);
    assert_int_equal(counts.table_rows[TABLE_ACCOUNTS], counts.accounts);
    assert_int_equal(rows_in(&written[TABLE_ACCOUNTS][EMIT_CSV]),
                     counts.accounts);
}

static void lanes_partitions_and_spilling_never_show(void **state)
{
    (void)state;
    static const uint32_t LANES[] = {1, 2, 4}, PARTS[] = {1, 8, 64};
    static const uint64_t SIZES[] = {1, 16384, 0};
    struct output json[TABLE_COUNT] = {{0}};
    expect_tables(NULL);
    for (int i = 0; i < 3 * 3 * 3 * 3; i++) {
        uint64_t spilled;
        world->partitions = PARTS[i % 3];
        struct reduce_options options = usual_options(LANES[i / 27]);
        options.run_bytes = SIZES[i / 3 % 3];
        options.sort_bytes = SIZES[i / 9 % 3];
        struct reduce_counts counts = run(&options, &spilled);
        assert_tables(&counts, TABLES_ALL);
        /* With one partition there is more than a chunk. */
        if (world->partitions == 1 && options.run_bytes)
            assert_true(spilled > 0);
        if (!options.run_bytes)
            assert_int_equal(spilled, 0);
        for (int table = 0; table < TABLE_COUNT; table++) {
            const struct output *lines_json = &written[table][EMIT_JSONL];
            if (i == 0)
                output_add(&json[table], lines_json->bytes, lines_json->size);
            assert_int_equal(lines_json->size, json[table].size);
            assert_memory_equal(lines_json->bytes, json[table].bytes,
                                json[table].size);
        }
    }
    for (int table = 0; table < TABLE_COUNT; table++)
        output_free(&json[table]);
}

static void a_list_of_accounts_bounds_every_table_but_accounts(void **state)
{
    (void)state;
    uint64_t spilled;
    struct handle_watch *watch = handle_watch_create(&memory, 1);
    struct account_set *set = account_set_create(watch);
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
        struct world_account *account = &world->accounts[i];
        if (account->listed)
            assert_int_equal(
                account_set_add_line(
                    set, (struct text){account->name,
                                       (uint32_t)strlen(account->name)}),
                0);
    }
    world->partitions = 16;
    expect_tables(set);
    struct reduce_options options = usual_options(2);
    options.accounts = set;
    struct reduce_counts counts = run(&options, &spilled);
    assert_tables(&counts, TABLES_ALL);
    assert_int_equal(counts.table_rows[TABLE_ACCOUNTS], counts.accounts);
    assert_true(counts.days_posts < counts.posts);
    account_set_free(set);
    handle_watch_free(watch);
}

/* The cell of a column in a row of JSON. */
static const char *cell_of(const char *row, const char *column, char out[32])
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", column);
    const char *at = strstr(row, key);
    assert_non_null(at);
    at += strlen(key);
    snprintf(out, 32, "%.*s", (int)strcspn(at, ",}"), at);
    return out;
}

static double number_of(const char *row, const char *column)
{
    char cell[32];
    return strtod(cell_of(row, column, cell), NULL);
}

static bool is_core(const struct fact *fact)
{
    return fact->kind == KIND_RETWEET && fact->target <= 10;
}

static void the_lift_is_against_all_retweets_of_the_run(void **state)
{
    (void)state;
    uint64_t spilled, all = 0, all_core = 0;
    struct handle_watch *watch = handle_watch_create(&memory, 1);
    struct account_set *core = account_set_create(watch);
    for (int id = 1; id <= 10; id++) {
        char line[8];
        int size = snprintf(line, sizeof line, "%d", id);
        account_set_add_line(core, (struct text){line, (uint32_t)size});
    }
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
        for (size_t k = 0; k < world->accounts[i].post_count; k++) {
            const struct world_post *post = &world->accounts[i].posts[k];
            all += !post->copy && post->fact.kind == KIND_RETWEET;
            all_core += !post->copy && is_core(&post->fact);
        }
    world->partitions = 8;
    struct reduce_options options = usual_options(2);
    options.core = core;
    options.posts_min = 3;
    struct reduce_counts counts = run(&options, &spilled);
    assert_true(counts.accounts_below > 0);
    assert_int_equal(counts.table_rows[TABLE_ACCOUNTS] + counts.accounts_below,
                     counts.accounts);
    struct output *json = &written[TABLE_ACCOUNTS][EMIT_JSONL];
    output_add(json, "", 1);
    size_t checked = 0;
    for (char *row = json->bytes, *end; *row; row = end + 1) {
        end = strchr(row, '\n');
        *end = 0;
        char lift[32];
        double retweets = number_of(row, "retweets");
        bool none = strcmp(cell_of(row, "core_lift", lift), "null") == 0;
        assert_true(number_of(row, "posts") >= 3);
        assert_int_equal(none, retweets < 1);
        if (none)
            continue;
        double wanted = number_of(row, "core_retweets") / retweets /
                        ((double)all_core / (double)all);
        assert_true(strtod(lift, NULL) >= wanted * (1 - 1e-8));
        assert_true(strtod(lift, NULL) <= wanted * (1 + 1e-8));
        checked++;
    }
    assert_true(checked > 100);
    account_set_free(core);
    handle_watch_free(watch);
}

static void each_table_may_be_asked_for_alone(void **state)
{
    (void)state;
    world->partitions = 8;
    expect_tables(NULL);
    for (int table = 0; table < TABLE_COUNT; table++) {
        uint64_t spilled;
        struct reduce_options options = usual_options(2);
        options.tables = TABLE_BIT(table);
        struct reduce_counts counts = run(&options, &spilled);
        assert_tables(&counts, options.tables);
        assert_true(counts.posts > 0);
    }
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    world = calloc(1, sizeof *world);
    lines = calloc(LINES_MAX, sizeof *lines);
    if (!world || !lines || !mkdtemp(folder))
        return -1;
    world_make(world, 5);
    directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int table = 0; table < TABLE_COUNT; table++) {
        output_free(&expected[table]);
        for (int f = 0; f < EMIT_FORMATS; f++)
            output_free(&written[table][f]);
    }
    for (int i = 0; i < LANES_MAX; i++)
        output_free(&cells[i]);
    free(world);
    free(lines);
    close(directory);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_is_the_slow_sum),
        cmocka_unit_test(lanes_partitions_and_spilling_never_show),
        cmocka_unit_test(a_list_of_accounts_bounds_every_table_but_accounts),
        cmocka_unit_test(the_lift_is_against_all_retweets_of_the_run),
        cmocka_unit_test(each_table_may_be_asked_for_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
