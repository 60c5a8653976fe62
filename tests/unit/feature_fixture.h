#ifndef SANDPIPER_TESTS_FEATURE_FIXTURE_H
#define SANDPIPER_TESTS_FEATURE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/emit/emit.h"
#include "stages/reduce/columns.h"
#include "stages/reduce/reduce.h"

#include <stdlib.h>

/*
 * One account to compute features of: set up posts and profile, compute, and
 * compare cells as they are printed. Posts get the ids 1, 2, 3, ...
 */
#define FIXTURE_POSTS_MAX 1000
#define FIXTURE_LIST_BYTES 128

struct fixture {
    struct fact facts[FIXTURE_POSTS_MAX];
    struct profile profile;
    struct account_view view;
    struct dictionaries names;
    struct feature_options options;
    struct account_posts posts;
    struct feature_scratch *scratch;
    struct value row[COL_COUNT];
    char printed[256];
    uint64_t blobs[64];         /* of ids that are no numbers */
    size_t blobs_used;
    struct fact_lists lists[32];
    uint8_t list_bytes[32][FIXTURE_LIST_BYTES];
    size_t lists_used;
};

static const struct text FIXTURE_LANGUAGES[] = {
    {"en", 2}, {"he", 2}, {"id", 2}, {"zh", 2}};
static const struct text FIXTURE_CLIENTS[] = {
    {"Twitter Web App", 15}, {"Twitter for iPhone", 18},
    {"Unheard of", 10},      {"twittbot.net", 12}};
enum { CLIENT_RANK_WEB = 1, CLIENT_RANK_PHONE, CLIENT_RANK_UNKNOWN,
       CLIENT_RANK_BOT, CLIENT_RANKS };

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->scratch = feature_scratch_create();
    assert_non_null(f->scratch);
    f->view = (struct account_view){.platform = PLATFORM_TWITTER,
                                    .id = {.number = 42},
                                    .profile = &f->profile,
                                    .facts = f->facts};
    f->profile.created_at = (struct cell){0, TIME_NONE};
    f->profile.engagement[0] = f->profile.engagement[1] = COUNT_NONE;
    f->profile.first_observed = f->profile.last_observed = TIME_NONE;
    for (int i = 0; i < PROFILE_COUNTS; i++)
        f->profile.counts[i].min = f->profile.counts[i].max = COUNT_NONE;
    f->names.languages = (struct dictionary){
        4, (struct text *)(uintptr_t)FIXTURE_LANGUAGES};
    f->names.clients = (struct dictionary){
        CLIENT_RANKS - 1, (struct text *)(uintptr_t)FIXTURE_CLIENTS};
    f->posts = (struct account_posts){.view = &f->view,
                                      .statuses_first = COUNT_NONE,
                                      .statuses_last = COUNT_NONE,
                                      .names = &f->names,
                                      .options = &f->options};
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    feature_scratch_destroy(f->scratch);
    free(f);
    return 0;
}

static inline struct fact *fixture_post(struct fixture *f, int64_t time)
{
    assert_true(f->view.fact_count < FIXTURE_POSTS_MAX);
    struct fact *fact = &f->facts[f->view.fact_count++];
    *fact = (struct fact){.time = time,
                          .post = f->view.fact_count,
                          .followers = COUNT_NONE,
                          .original_time = TIME_NONE,
                          .statuses = COUNT_NONE};
    return fact;
}

/* The word of an id that is no number; each call at an address of its own. */
static inline uint64_t fixture_blob(struct fixture *f, const char *text)
{
    size_t size = strlen(text);
    struct id_blob *blob = (struct id_blob *)&f->blobs[f->blobs_used];
    f->blobs_used += (sizeof *blob + size + 7) / 8;
    assert_true(f->blobs_used <= sizeof f->blobs / sizeof f->blobs[0]);
    blob->size = (uint32_t)size;
    memcpy(blob->bytes, text, size);
    return (uint64_t)(uintptr_t)blob;
}

/* The post's lists, to be filled; hashtags and domains are words parted by
 * spaces. */
static inline struct fact_lists *fixture_lists(struct fixture *f,
                                               struct fact *fact,
                                               const char *hashtags,
                                               const char *domains)
{
    assert_true(f->lists_used < sizeof f->lists / sizeof f->lists[0]);
    uint8_t *to = f->list_bytes[f->lists_used];
    struct fact_lists *lists = &f->lists[f->lists_used++];
    const char *words[] = {hashtags, domains};
    struct text_list *made[] = {&lists->hashtags, &lists->domains};
    for (int i = 0; i < 2; i++) {
        *made[i] = (struct text_list){.bytes = to};
        for (const char *at = words[i]; *at;) {
            uint32_t size = (uint32_t)strcspn(at, " ");
            to = text_list_put(to, (struct text){at, size});
            made[i]->count++;
            at += size + (at[size] == ' ');
        }
        made[i]->size = (uint32_t)(to - made[i]->bytes);
    }
    assert_true(to <= f->list_bytes[f->lists_used - 1] + FIXTURE_LIST_BYTES);
    fact->lists = lists;
    return lists;
}

/* Posts whose gaps are these, in s; the first at time 0. */
static inline void fixture_gaps(struct fixture *f, const int64_t *gaps,
                                size_t count)
{
    int64_t time = 0;
    fixture_post(f, time);
    for (size_t i = 0; i < count; i++)
        fixture_post(f, time += gaps[i] * MS_PER_SECOND);
}

static inline void fixture_compute(struct fixture *f)
{
    assert_int_equal(features_compute(&f->posts, f->scratch, f->row), 0);
}

static inline const char *fixture_print(struct fixture *f,
                                        enum column_place column)
{
    struct output output = {0};
    const struct value *value = &f->row[column];
    if (value->null)
        output_add_text(&output, "null");
    else if (COLUMNS[column].type == COLUMN_TEXT)
        output_add(&output, value->text.bytes, value->text.size);
    else if (COLUMNS[column].type == COLUMN_REAL)
        emit_real(&output, value->real);
    else if (COLUMNS[column].type == COLUMN_TIME)
        emit_time(&output, value->integer);
    else
        emit_integer(&output, value->integer);
    assert_true(output.size < sizeof f->printed);
    if (output.size)
        memcpy(f->printed, output.bytes, output.size);
    f->printed[output.size] = '\0';
    output_free(&output);
    return f->printed;
}

#define assert_cell(fixture, column, expected)                                 \
    assert_string_equal(fixture_print(fixture, COL_##column), expected)

#define fixture_test(test)                                                     \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#endif
