#include "tests/unit/tables_world.h"

#include "stages/emit/emit.h"
#include "stages/reduce/columns.h"
#include "stages/reduce/tables.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Rows by pseudonym: those without, account by account in another order. The
 * reference runs without, cuts the rows into lines, puts the pseudonym in the
 * place of the id, and sorts.
 */
static struct memory memory;
static struct fault fault;
static char folder[] = "/tmp/test_row_sort_XXXXXX";
static int directory;
static struct world *world;
static struct pseudonyms *key;

/* ---- a run --------------------------------------------------------------- */

#define LANES_MAX 4
#define FILLING 1000
static char cells[LANES_MAX][FILLING + 256];

/* Platform and account in front; then what tells rows apart, and of accounts
 * what is known after round two. */
static bool is_shown(enum table_id table, uint32_t column)
{
    const char *name = TABLES[table].columns[column].name;
    static const char *const names[] = {
        "platform", "account_id", "post_id", "posts", "retweets_received",
        "retweeters"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static struct text format(void *context, uint32_t lane, enum table_id table,
                          uint32_t emit_format, uint32_t first, uint32_t last,
                          const struct value *row)
{
    (void)context, (void)emit_format;
    const struct table *schema = &TABLES[table];
    char *to = cells[lane];
    for (uint32_t i = first; i < last; i++) {
        if (is_shown(table, i) && schema->columns[i].type == COLUMN_TEXT)
            to += sprintf(to, "%.*s ", (int)row[i].text.size,
                          row[i].text.bytes);
        else if (is_shown(table, i))
            to += sprintf(to, "%lld ", (long long)row[i].integer);
    }
    /* So much that the posts of an account do not fit one record. */
    if (table == TABLE_POSTS)
        to += sprintf(to, "%0*d", FILLING, 0);
    if (last == schema->count)
        *to++ = '\n';
    return (struct text){cells[lane], (uint32_t)(to - cells[lane])};
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

struct run_shape {
    const struct pseudonyms *pseudonyms;
    uint32_t lanes, partitions;
    uint64_t run_bytes, sort_bytes;
};

/* Rows of both tables; the bytes spilled. */
static uint64_t run(const struct run_shape *shape, struct output *accounts,
                    struct output *posts)
{
    struct row_sink to_accounts = {take, accounts}, to_posts = {take, posts};
    struct reduce_options options = {
        .lanes = shape->lanes, .partitions = shape->partitions,
        .memory = &memory, .fault = &fault, .directory = directory,
        .names = &world->names, .open_part = world_open,
        .open_context = world, .format = format, .formats = 1,
        .tables = TABLE_BIT(TABLE_ACCOUNTS) | TABLE_BIT(TABLE_POSTS),
        .run_bytes = shape->run_bytes, .sort_bytes = shape->sort_bytes,
        .pseudonyms = shape->pseudonyms};
    world->partitions = shape->partitions;
    accounts->size = posts->size = 0;
    struct reduce *reduce = reduce_create(&options);
    assert_non_null(reduce);
    run_round(reduce, shape->lanes, reduce_round_one);
    run_round(reduce, shape->lanes, reduce_round_two);
    assert_true(reduce_merge(reduce, TABLE_ACCOUNTS, &to_accounts));
    assert_true(reduce_merge(reduce, TABLE_POSTS, &to_posts));
    uint64_t spilled = reduce_spilled_bytes(reduce);
    reduce_destroy(reduce);
    assert_int_equal(memory.used, 0);
    return spilled;
}

/* ---- the reference ------------------------------------------------------- */

/* PLATFORM ID REST as it must stand, and where it stood. The test's format
 * shows ids as they are: only the order is by pseudonym. */
struct line {
    char key[16 + PSEUDONYM_DIGITS + 1];
    const char *bytes;
    size_t size, place;
};

static int by_key(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static void set_key(struct line *line)
{
    const char *id = strchr(line->bytes, ' ') + 1;
    size_t platform = (size_t)(id - line->bytes);
    char digits[PSEUDONYM_DIGITS];
    for (int i = 0; i < PLATFORM_COUNT; i++)
        if (strncmp(line->bytes, PLATFORM_NAMES[i], platform - 1) == 0)
            pseudonym_account(
                key, (enum platform)i,
                (struct text){id, (uint32_t)(strchr(id, ' ') - id)}, digits);
    snprintf(line->key, sizeof line->key, "%.*s%.*s", (int)platform,
             line->bytes, PSEUDONYM_DIGITS, digits);
}

static void sort_lines(struct output *text)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < text->size; i++)
        count += text->bytes[i] == '\n';
    struct line *lines = calloc(count + 1, sizeof *lines);
    struct output sorted = {0};
    for (size_t i = 0; i < count; i++) {
        lines[i].bytes = text->bytes + at;
        lines[i].size =
            (size_t)((char *)memchr(lines[i].bytes, '\n', text->size - at) -
                     lines[i].bytes) + 1;
        lines[i].place = i;
        at += lines[i].size;
        set_key(&lines[i]);
    }
    qsort(lines, count, sizeof *lines, by_key);
    for (size_t i = 0; i < count; i++)
        output_add(&sorted, lines[i].bytes, lines[i].size);
    free(lines);
    output_free(text);
    *text = sorted;
}

static void assert_same(const struct output *found,
                        const struct output *expected)
{
    assert_int_equal(found->size, expected->size);
    assert_memory_equal(found->bytes, expected->bytes, expected->size);
}

/* ---- promises ------------------------------------------------------------ */

static void rows_stand_in_the_order_of_pseudonyms(void **state)
{
    (void)state;
    static const uint32_t PARTS[] = {1, 8, 64};
    static const uint64_t SIZES[] = {1, 4096, 0};
    struct output expected[2] = {{0}}, found[2] = {{0}};
    struct run_shape shape = {NULL, 1, 8, 0, 0};
    run(&shape, &expected[0], &expected[1]);
    assert_true(expected[1].size > (size_t)1 << 20);
    sort_lines(&expected[0]);
    sort_lines(&expected[1]);
    for (int i = 0; i < 3 * 3 * 3 * 2; i++) {
        shape = (struct run_shape){key, i / 27 ? LANES_MAX : 1, PARTS[i % 3],
                                   SIZES[i / 3 % 3], SIZES[i / 9 % 3]};
        uint64_t spilled = run(&shape, &found[0], &found[1]);
        assert_same(&found[0], &expected[0]);
        assert_same(&found[1], &expected[1]);
        if (shape.partitions == 1 && shape.run_bytes)
            assert_true(spilled > 0);
        if (!shape.run_bytes)
            assert_int_equal(spilled, 0);
    }
    for (int i = 0; i < 2; i++) {
        output_free(&expected[i]);
        output_free(&found[i]);
    }
}

static void what_was_received_is_found_in_that_order_too(void **state)
{
    (void)state;
    struct output accounts = {0}, posts = {0};
    struct run_shape shape = {key, 2, 8, 0, 0};
    run(&shape, &accounts, &posts);
    size_t received = 0;
    output_add(&accounts, "", 1);
    for (char *row = accounts.bytes, *end; *row; row = end + 1) {
        unsigned count = 0;
        end = strchr(row, '\n');
        assert_int_equal(sscanf(row, "%*s %*s %*u %u", &count), 1);
        received += count > 0;
    }
    assert_true(received > 0);
    output_free(&accounts);
    output_free(&posts);
}

static int make_world(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    world = calloc(1, sizeof *world);
    key = pseudonyms_create("0123456789abcdef", 16);
    if (!world || !key || !mkdtemp(folder))
        return -1;
    directory = open(folder, O_RDONLY | O_DIRECTORY);
    world_make(world, 5);
    /* Retweets of accounts that have a row. */
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
        for (size_t k = 0; k < world->accounts[i].post_count; k++) {
            struct fact *fact = &world->accounts[i].posts[k].fact;
            size_t target = fact->target * 7 % WORLD_ACCOUNTS;
            if (fact->target && world->accounts[target].id.number)
                fact->target = world->accounts[target].id.number;
        }
    return directory < 0;
}

static int free_world(void **state)
{
    (void)state;
    pseudonyms_free(key);
    free(world);
    close(directory);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_stand_in_the_order_of_pseudonyms),
        cmocka_unit_test(what_was_received_is_found_in_that_order_too),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
