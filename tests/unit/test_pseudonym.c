#include "stages/pseudonym.h"

#include "stages/reduce/columns.h"
#include "stages/reduce/reduce.h"
#include "stages/reduce/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char SHORT_KEY[] = "0123456789abcdef";

static struct text text_of(const char *text)
{
    return (struct text){text, (uint32_t)strlen(text)};
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.bytes, expected, text.size);
}

/* ---- hashes --------------------------------------------------------------
 * All from Python: hashlib.blake2b(KIND, key=KEY, digest_size=16). */

struct vector {
    enum platform platform;
    const char *id, *expected;
};

static void accounts_are_keyed_blake2b_of_platform_and_id(void **state)
{
    (void)state;
    static const struct vector short_ones[] = {
        {PLATFORM_TWITTER, "12", "7d2e8b55d80c074c81a9064f6be9bff0"},
        {PLATFORM_TWITTER, "", "800c1ed10262a07c8a0a37a506b986df"},
        {PLATFORM_REDDIT, "12", "3f732c56978da3ca85455bf4eb1677df"},
        {PLATFORM_BLUESKY, "did:plc:z", "9ce0034674f7a0140637f4a9f6ab7e4f"},
    };
    static const struct vector long_ones[] = {
        {PLATFORM_TWITTER, "12", "95e14c5ee0af3e78a62003c5781e9acd"},
        {PLATFORM_BLUESKY, "did:plc:z", "158ef12a76d5143ada2e81c64d57f713"},
    };
    unsigned char key[PSEUDONYM_KEY_MAX];
    for (int i = 0; i < PSEUDONYM_KEY_MAX; i++)
        key[i] = (unsigned char)i;
    struct pseudonyms *one = pseudonyms_create(SHORT_KEY, 16);
    struct pseudonyms *other = pseudonyms_create(key, sizeof key);
    char digits[PSEUDONYM_DIGITS];
    for (size_t i = 0; i < sizeof short_ones / sizeof *short_ones; i++)
        assert_text(pseudonym_account(one, short_ones[i].platform,
                                      text_of(short_ones[i].id), digits),
                    short_ones[i].expected);
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
        assert_text(pseudonym_account(other, long_ones[i].platform,
                                      text_of(long_ones[i].id), digits),
                    long_ones[i].expected);
    assert_string_equal(pseudonyms_fingerprint(one), "4ccb8281f4fb6358");
    assert_string_equal(pseudonyms_fingerprint(other), "03a2fbacfd2ddde5");
    pseudonyms_free(one);
    pseudonyms_free(other);
}

/* ---- rows ---------------------------------------------------------------- */

static const struct column HERE[] = {
    {.name = "platform", .type = COLUMN_TEXT},
    {.name = "n", .type = COLUMN_INT},
    {.name = "account", .type = COLUMN_TEXT, .privacy = PRIVACY_ACCOUNT},
    {.name = "name", .type = COLUMN_TEXT, .privacy = PRIVACY_NAME},
    {.name = "post", .type = COLUMN_TEXT, .privacy = PRIVACY_POST},
    {.name = "shape", .type = COLUMN_TEXT, .privacy = PRIVACY_SHAPE},
    {.name = "text", .type = COLUMN_TEXT},
};
enum { PLATFORM, N, ACCOUNT, NAME, POST, SHAPE, TEXT, CELLS };
static const struct table TABLE = {.name = "here", .columns = HERE,
                                   .count = CELLS};

static void fill(struct value row[CELLS], const char *platform,
                 const char *account, const char *name, const char *post)
{
    row[PLATFORM] = (struct value){.text = text_of(platform)};
    row[N] = (struct value){.integer = 7};
    row[ACCOUNT] = (struct value){.text = text_of(account)};
    row[NAME] = (struct value){.text = text_of(name)};
    row[POST] = (struct value){.text = text_of(post)};
    row[SHAPE] = (struct value){.text = text_of("Aad8")};
    row[TEXT] = (struct value){.text = text_of("kept")};
}

static void a_row_tells_pseudonyms_and_keeps_the_rest(void **state)
{
    (void)state;
    struct pseudonyms *key = pseudonyms_create(SHORT_KEY, 16);
    struct pseudonym_room room = {0};
    struct value row[CELLS];
    fill(row, "twitter", "12", "Ada", "1234");
    const struct value *shown =
        pseudonyms_row(key, &room, &TABLE, 0, CELLS, row);
    assert_text(shown[PLATFORM].text, "twitter");
    assert_int_equal(shown[N].integer, 7);
    assert_text(shown[ACCOUNT].text, "7d2e8b55d80c074c81a9064f6be9bff0");
    assert_text(shown[NAME].text, "3af328053c6c99c219f92e0fec616964");
    assert_text(shown[POST].text, "1234");
    assert_text(shown[SHAPE].text, "Aad8");
    assert_text(shown[TEXT].text, "kept");
    assert_text(row[ACCOUNT].text, "12");
    fill(row, "bluesky", "did:plc:z", "",
         "at://did:plc:z/app.bsky.feed.post/3k");
    shown = pseudonyms_row(key, &room, &TABLE, 0, CELLS, row);
    assert_text(shown[ACCOUNT].text, "9ce0034674f7a0140637f4a9f6ab7e4f");
    assert_text(shown[NAME].text, "67453f91226902e9365882547746897d");
    assert_text(shown[POST].text, "c0a2b1d89278141b1e4547c6bffcfdb5");
    pseudonym_room_free(&room);
    pseudonyms_free(key);
}

static void cells_that_tell_nothing_are_given_back(void **state)
{
    (void)state;
    struct pseudonyms *key = pseudonyms_create(SHORT_KEY, 16);
    struct pseudonym_room room = {0};
    struct value row[CELLS];
    fill(row, "twitter", "12", "Ada", "1234");
    assert_ptr_equal(pseudonyms_row(key, &room, &TABLE, 0, ACCOUNT, row), row);
    assert_ptr_equal(pseudonyms_row(key, &room, &TABLE, TEXT, CELLS, row),
                     row);
    assert_ptr_equal(pseudonyms_row(key, &room, &TABLE, NAME, NAME, row), row);
    pseudonym_room_free(&room);
    pseudonyms_free(key);
}

static void null_stays_null(void **state)
{
    (void)state;
    struct pseudonyms *key = pseudonyms_create(SHORT_KEY, 16);
    struct pseudonym_room room = {0};
    struct value row[CELLS];
    fill(row, "twitter", "12", "Ada", "1234");
    row[ACCOUNT].null = row[NAME].null = row[POST].null = true;
    const struct value *shown =
        pseudonyms_row(key, &room, &TABLE, 0, CELLS, row);
    assert_true(shown[ACCOUNT].null);
    assert_true(shown[NAME].null);
    assert_true(shown[POST].null);
    pseudonym_room_free(&room);
    pseudonyms_free(key);
}

/* "Any other character kept" would keep all of such a name. */
static void a_shape_that_is_the_name_is_not_told(void **state)
{
    (void)state;
    struct pseudonyms *key = pseudonyms_create(SHORT_KEY, 16);
    struct pseudonym_room room = {0};
    struct value row[CELLS];
    fill(row, "twitter", "12", "\xE5\xBC\xA0", "1");
    row[SHAPE].text = text_of("\xE5\xBC\xA0");
    assert_true(pseudonyms_row(key, &room, &TABLE, 0, CELLS, row)[SHAPE].null);
    pseudonym_room_free(&room);
    pseudonyms_free(key);
}

/* ---- the schema ---------------------------------------------------------- */

static bool is_about_accounts(const char *name)
{
    return strstr(name, "account") || strstr(name, "name") ||
           strstr(name, "target") || strstr(name, "handle") ||
           strstr(name, "user") || strstr(name, "post") ||
           strstr(name, "author");
}

static void every_text_that_tells_of_an_account_is_marked(void **state)
{
    (void)state;
    size_t marked = 0;
    for (int t = 0; t < TABLE_COUNT; t++) {
        const struct table *table = &TABLES[t];
        assert_string_equal(table->columns[0].name, "platform");
        for (uint32_t i = 0; i < table->count; i++) {
            const struct column *column = &table->columns[i];
            bool is_marked = column->privacy != PRIVACY_NONE;
            marked += is_marked;
            if (column->type == COLUMN_TEXT &&
                is_about_accounts(column->name) && !is_marked)
                fail_msg("%s.%s has no mark", table->name, column->name);
            if (is_marked && column->type != COLUMN_TEXT)
                fail_msg("%s.%s is no text", table->name, column->name);
        }
    }
    assert_true(marked >= 11);
}

static void marks_say_what_stands_there(void **state)
{
    (void)state;
    const struct column *posts = TABLES[TABLE_POSTS].columns;
    assert_int_equal(COLUMNS[COL_ACCOUNT_ID].privacy, PRIVACY_ACCOUNT);
    assert_int_equal(COLUMNS[COL_TOP_RETWEET_TARGET].privacy, PRIVACY_ACCOUNT);
    assert_int_equal(COLUMNS[COL_SCREEN_NAME].privacy, PRIVACY_NAME);
    assert_int_equal(COLUMNS[COL_DISPLAY_NAME].privacy, PRIVACY_NAME);
    assert_int_equal(COLUMNS[COL_HANDLE_TEMPLATE].privacy, PRIVACY_SHAPE);
    assert_int_equal(COLUMNS[COL_DORMANT_TO_POST].privacy, PRIVACY_POST);
    assert_int_equal(posts[POSTS_ACCOUNT_ID].privacy, PRIVACY_ACCOUNT);
    assert_int_equal(posts[POSTS_TARGET_ACCOUNT].privacy, PRIVACY_ACCOUNT);
    assert_int_equal(posts[POSTS_POST_ID].privacy, PRIVACY_POST);
    assert_int_equal(posts[POSTS_TARGET_POST].privacy, PRIVACY_POST);
}

/* ---- key files ----------------------------------------------------------- */

static char folder[] = "/tmp/test_pseudonym_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *write_key(const char *name, size_t size)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        putc(i < 16 ? SHORT_KEY[i] : 'x', file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void assert_refused(const char *path, enum exit_code code,
                           const char *word)
{
    struct fault fault = {0};
    assert_null(pseudonyms_read(path, &fault));
    assert_true(fault_raised(&fault));
    assert_int_equal(fault.code, code);
    assert_non_null(strstr(fault.doing, word));
    assert_null(strstr(fault.doing, SHORT_KEY));
}

static void keys_of_16_to_64_bytes_are_taken(void **state)
{
    (void)state;
    for (size_t size = 14; size < 68; size++) {
        struct fault fault = {0};
        const char *path = write_key("key", size);
        if (size < PSEUDONYM_KEY_MIN || size > PSEUDONYM_KEY_MAX) {
            assert_refused(path, CODE_PLAN, "16 to 64 bytes");
            continue;
        }
        struct pseudonyms *key = pseudonyms_read(path, &fault);
        assert_non_null(key);
        assert_false(fault_raised(&fault));
        assert_int_equal(strcmp(pseudonyms_fingerprint(key), "4ccb8281f4fb6358") == 0,
                         size == 16);
        pseudonyms_free(key);
    }
    unlink(path_of("key"));
}

static void what_is_no_key_file_is_refused(void **state)
{
    (void)state;
    assert_refused(path_of("nowhere"), CODE_USAGE, "cannot open");
    assert_refused(folder, CODE_PLAN, "regular file");
    assert_refused("/dev/zero", CODE_PLAN, "regular file");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_refused(path_of("fifo"), CODE_PLAN, "regular file");
    unlink(path_of("fifo"));
    assert_refused(write_key("empty", 0), CODE_PLAN, "has 0");
    unlink(path_of("empty"));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_keyed_blake2b_of_platform_and_id),
        cmocka_unit_test(a_row_tells_pseudonyms_and_keeps_the_rest),
        cmocka_unit_test(cells_that_tell_nothing_are_given_back),
        cmocka_unit_test(null_stays_null),
        cmocka_unit_test(a_shape_that_is_the_name_is_not_told),
        cmocka_unit_test(every_text_that_tells_of_an_account_is_marked),
        cmocka_unit_test(marks_say_what_stands_there),
        cmocka_unit_test(keys_of_16_to_64_bytes_are_taken),
        cmocka_unit_test(what_is_no_key_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
