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
    for (int i = COL_LANGUAGES; i <= COL_CLIENT_OTHER_SHARE; i++)
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
        fact->client = i ? CLIENT_RANK_BOT : CLIENT_RANK_WEB;
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

/* ---- the switch ---------------------------------------------------------- */

static void speak_run(struct fixture *f, uint32_t language, int count)
{
    for (int i = 0; i < count; i++)
        fixture_post(f, (int64_t)f->view.fact_count * 1000)->language =
            language;
}

/* 25 en, 5 without, 35 zh: the first zh post is the 31st, at 30 s.
 * G2 = 2 (25 ln(60/25) + 35 ln(60/35)) = 81.50 */
static void a_switch_is_told_with_its_two_sides(void **state)
{
    struct fixture *f = *state;
    speak_run(f, EN, 25);
    speak_run(f, 0, 5);
    speak_run(f, ZH, 35);
    fixture_compute(f);
    assert_cell(f, LANGUAGE_SWITCH_AT, "1970-01-01T00:00:30.000Z");
    assert_cell(f, LANGUAGE_SWITCH_G2, "81.5031919");
    assert_cell(f, LANGUAGE_BEFORE, "en");
    assert_cell(f, LANGUAGE_AFTER, "zh");
    assert_cell(f, CLIENT_SWITCH_AT, "null");
}

static void a_switch_needs_twenty_on_each_side(void **state)
{
    struct fixture *f = *state;
    speak_run(f, EN, 20);
    speak_run(f, ZH, 19);
    fixture_compute(f);
    assert_cell(f, LANGUAGE_SWITCH_AT, "null");
    assert_cell(f, LANGUAGE_BEFORE, "null");
    speak_run(f, ZH, 1);
    fixture_compute(f);
    assert_cell(f, LANGUAGE_SWITCH_AT, "1970-01-01T00:00:20.000Z");
}

static void one_language_never_switches(void **state)
{
    struct fixture *f = *state;
    speak_run(f, ID, 60);
    fixture_compute(f);
    assert_cell(f, LANGUAGE_SWITCH_AT, "null");
    assert_cell(f, LANGUAGE_SWITCH_G2, "null");
    assert_cell(f, LANGUAGE_AFTER, "null");
}

/* Ten he and ten id before, ten zh and ten en after: names, not ranks of
 * arrival, decide ties. */
static void the_bytewise_smallest_stands_for_a_side(void **state)
{
    struct fixture *f = *state;
    speak_run(f, ID, 10);
    speak_run(f, HE, 10);
    speak_run(f, ZH, 10);
    speak_run(f, EN, 10);
    fixture_compute(f);
    assert_cell(f, LANGUAGE_BEFORE, "he");
    assert_cell(f, LANGUAGE_AFTER, "en");
}

static void use_client(struct fixture *f, uint32_t client, int count)
{
    for (int i = 0; i < count; i++)
        fixture_post(f, (int64_t)f->view.fact_count * 1000)->client = client;
}

static void a_client_switches_by_its_name(void **state)
{
    struct fixture *f = *state;
    use_client(f, CLIENT_RANK_WEB, 30);
    use_client(f, CLIENT_RANK_BOT, 30);
    fixture_compute(f);
    assert_cell(f, CLIENT_SWITCH_AT, "1970-01-01T00:00:30.000Z");
    assert_cell(f, CLIENT_SWITCH_G2, "83.1776617"); /* 120 ln 2 */
    assert_cell(f, CLIENT_BEFORE, "Twitter Web App");
    assert_cell(f, CLIENT_AFTER, "twittbot.net");
}

static void shares_are_of_posts_with_a_client(void **state)
{
    struct fixture *f = *state;
    use_client(f, CLIENT_RANK_WEB, 1);
    use_client(f, CLIENT_RANK_PHONE, 2);
    use_client(f, CLIENT_RANK_UNKNOWN, 4);
    use_client(f, CLIENT_RANK_BOT, 1);
    use_client(f, 0, 5);
    fixture_compute(f);
    assert_cell(f, CLIENT_WEB_SHARE, "0.125");
    assert_cell(f, CLIENT_MOBILE_SHARE, "0.25");
    assert_cell(f, CLIENT_OTHER_SHARE, "0.5");
    assert_cell(f, CLIENT_AUTOMATION_SHARE, "0.125");
}

static void no_client_has_no_class(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0)->flags = FACT_HAS_CLIENT;
    fixture_compute(f);
    assert_cell(f, CLIENTS, "0");
    assert_cell(f, CLIENT_WEB_SHARE, "null");
    assert_cell(f, CLIENT_OTHER_SHARE, "null");
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
        fixture_test(a_switch_is_told_with_its_two_sides),
        fixture_test(a_switch_needs_twenty_on_each_side),
        fixture_test(one_language_never_switches),
        fixture_test(the_bytewise_smallest_stands_for_a_side),
        fixture_test(a_client_switches_by_its_name),
        fixture_test(shares_are_of_posts_with_a_client),
        fixture_test(no_client_has_no_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
