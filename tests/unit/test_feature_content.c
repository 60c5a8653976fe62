#include "tests/unit/feature_fixture.h"

enum { EN = 1, HE, ID, ZH };

static void speak(struct fixture *f, const uint16_t *languages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fact *fact = fixture_post(f, (int64_t)i);
        fact->language = languages[i];
        fact->flags = FACT_HAS_LANGUAGE;
    }
    fixture_compute(f);
}

static void posts_without_the_field_leave_all_null(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    fixture_compute(f);
    for (int i = COL_LANGUAGES; i <= COL_CLIENT_CHANGES; i++)
        assert_true(f->row[i].null);
}

static void a_field_without_values_counts_zero(void **state)
{
    struct fixture *f = *state;
    speak(f, (uint16_t[]){0, 0}, 2);
    assert_cell(f, LANGUAGES, "0");
    assert_cell(f, LANGUAGE_CHANGES, "0");
    assert_cell(f, TOP_LANGUAGE, "null");
    assert_cell(f, TOP_LANGUAGE_SHARE, "null");
    assert_cell(f, LANGUAGE_ENTROPY, "null");
    assert_cell(f, CLIENTS, "null");
}

/* en en - zh en: en 3 of 4. H = -(3/4 ln 3/4 + 1/4 ln 1/4) = 0.562335145;
 * changes en-zh, zh-en, the post without a language passed over. */
static void shares_and_changes_are_of_posts_with_a_value(void **state)
{
    struct fixture *f = *state;
    speak(f, (uint16_t[]){EN, EN, 0, ZH, EN}, 5);
    assert_cell(f, LANGUAGES, "2");
    assert_cell(f, TOP_LANGUAGE, "en");
    assert_cell(f, TOP_LANGUAGE_SHARE, "0.75");
    assert_cell(f, LANGUAGE_ENTROPY, "0.562335145");
    assert_cell(f, LANGUAGE_CHANGES, "2");
}

static void a_null_between_equal_values_is_no_change(void **state)
{
    struct fixture *f = *state;
    speak(f, (uint16_t[]){0, ID, 0, ID, 0}, 5);
    assert_cell(f, LANGUAGES, "1");
    assert_cell(f, LANGUAGE_CHANGES, "0");
    assert_cell(f, LANGUAGE_ENTROPY, "0");
    assert_cell(f, TOP_LANGUAGE_SHARE, "1");
}

static void the_bytewise_smallest_wins_a_tie(void **state)
{
    struct fixture *f = *state;
    speak(f, (uint16_t[]){ZH, ID, HE, HE, ID}, 5);
    assert_cell(f, TOP_LANGUAGE, "he");
}

static void clients_are_counted_by_themselves(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        struct fact *fact = fixture_post(f, i);
        fact->client = i ? 2 : 1;
        fact->language = i == 1;
        fact->flags = FACT_HAS_CLIENT;
    }
    fixture_compute(f);
    assert_cell(f, CLIENTS, "2");
    assert_cell(f, TOP_CLIENT, "twittbot.net");
    assert_cell(f, TOP_CLIENT_SHARE, "0.666666667");
    assert_cell(f, CLIENT_ENTROPY, "0.636514168"); /* ln 3 - 2/3 ln 2 */
    assert_cell(f, CLIENT_CHANGES, "1");
    assert_cell(f, LANGUAGES, "1");
}

static void one_account_leaves_nothing_to_the_next(void **state)
{
    struct fixture *f = *state;
    speak(f, (uint16_t[]){EN, ZH, HE}, 3);
    f->view.fact_count = 0;
    speak(f, (uint16_t[]){ID}, 1);
    assert_cell(f, LANGUAGES, "1");
    assert_cell(f, TOP_LANGUAGE, "id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(posts_without_the_field_leave_all_null),
        fixture_test(a_field_without_values_counts_zero),
        fixture_test(shares_and_changes_are_of_posts_with_a_value),
        fixture_test(a_null_between_equal_values_is_no_change),
        fixture_test(the_bytewise_smallest_wins_a_tie),
        fixture_test(clients_are_counted_by_themselves),
        fixture_test(one_account_leaves_nothing_to_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
