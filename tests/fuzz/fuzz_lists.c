/*
 * Any bytes as the lists that a user gives: of accounts, of what a filter
 * seeks, of shards. Each is taken or refused with a fault, and nothing else.
 * Of a list that was taken every id is found in the set, on any platform, and
 * no id that stands in no line; shards are sorted, and each is there once.
 *
 * A list of shards names files in the target's own folder alone: slashes and
 * dots that lead out of it are replaced before.
 */
#include "pipeline/shards.h"
#include "stages/account_set.h"
#include "stages/parse/filter.h"
#include "tests/fuzz/fuzz_input.h"

#include <ctype.h>

static struct memory memory;

static const char *path_of(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    return path;
}

static bool expected(const struct fault *fault)
{
    return fault->code == CODE_INPUT || fault->code == CODE_USAGE;
}

/* ---- accounts ------------------------------------------------------------ */

static struct text stripped(const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return (struct text){from, (uint32_t)(to - from)};
}

/* Every line of its own that is an id. */
static void check_ids(const struct account_set *set, const char *bytes,
                      size_t size)
{
    for (const char *at = bytes, *end = bytes + size; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        struct text text = stripped(at, line_end ? line_end : end);
        at = line_end ? line_end + 1 : end;
        if (!text.size || text.bytes[0] == '#' || text.bytes[0] == '@')
            continue;
        struct id id = id_from_text(text);
        CHECK(account_set_has(set, PLATFORM_TWITTER, id));
        CHECK(account_set_has(set, PLATFORM_BLUESKY, id));
    }
}

static void read_accounts(const char *bytes, size_t size)
{
    static const char FOREIGN[] = "an id\nof no line";
    struct fault fault = {0};
    struct handle_watch *watch = handle_watch_create(&memory, 1);
    CHECK(watch);
    struct account_set *set = account_set_read(path_of("list"), watch, &fault);
    CHECK(set || expected(&fault));
    if (set) {
        struct id foreign = {.text = {FOREIGN, sizeof FOREIGN - 1}};
        CHECK(!fault_raised(&fault));
        check_ids(set, bytes, size);
        CHECK(account_set_resolve(set) == 0);
        check_ids(set, bytes, size);
        CHECK(!account_set_has(set, PLATFORM_TWITTER, foreign));
        CHECK(account_set_size(set) <= size);
    }
    account_set_free(set);
    handle_watch_free(watch);
}

/* ---- filters ------------------------------------------------------------- */

static void read_filter(const char *bytes, size_t size)
{
    char *word = malloc(size + 1);
    CHECK(word);
    memcpy(word, bytes, size);
    word[size] = 0;
    const char *const words[] = {word};
    char *path = strdup(path_of("list"));
    for (int kind = 0; kind < 3; kind++) {
        struct fault fault = {0};
        struct filter_request request = {
            .accounts = kind == 0 ? path : NULL,
            .words = words, .word_count = kind == 1,
            .hashtags = words, .hashtag_count = kind == 2,
            .since = INT64_MIN, .until = INT64_MAX};
        struct filter *filter = filter_create(&request, &fault);
        CHECK(filter ? !fault_raised(&fault) : expected(&fault));
        filter_free(filter);
    }
    free(path);
    free(word);
}

/* ---- shards -------------------------------------------------------------- */

static void stay_in_the_folder(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] == '/' || (bytes[i] == '.' && i && bytes[i - 1] == '.'))
            bytes[i] = '_';
}

static void read_shards(void)
{
    char name[310];
    const char *inputs[] = {name};
    struct shards shards;
    struct fault fault = {0};
    struct shards_request request = {.inputs = inputs, .input_count = 1};
    snprintf(name, sizeof name, "@%s", path_of("shards"));
    enum exit_code code = shards_collect(&shards, &request, &memory, &fault);
    CHECK(code == CODE_DONE ? shards.count > 0 : expected(&fault));
    for (size_t i = 1; code == CODE_DONE && i < shards.count; i++)
        CHECK(strcmp(shards.items[i - 1].name, shards.items[i].name) < 0);
    for (size_t i = 0; code == CODE_DONE && i < shards.count; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(shards.items[i].ino != shards.items[k].ino ||
                  shards.items[i].is_stdin || shards.items[k].is_stdin);
    shards_free(&shards);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = (char *)fuzz_copy(data, size, 0);
    memory_init(&memory, (uint64_t)64 << 20, 0);
    if (faccessat(fuzz_folder_fd(), "a.zst", F_OK, 0)) {
        fuzz_file("a.zst", "", 0);
        fuzz_file("b", "b", 1);
        CHECK(symlinkat("b", fuzz_folder_fd(), "link") == 0);
    }
    fuzz_file("list", bytes, size);
    read_accounts(bytes, size);
    read_filter(bytes, size);
    stay_in_the_folder(bytes, size);
    fuzz_file("shards", bytes, size);
    read_shards();
    CHECK(memory.used == 0);
    free(bytes);
    return 0;
}
