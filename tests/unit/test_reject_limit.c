#include "stages/reject_limit.h"

#include "stages/member_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct reject_limit limit_of(const char *text)
{
    struct reject_limit limit;
    if (!reject_limit_from_text(text, &limit))
        fail_msg("%s is refused", text);
    assert_string_equal(limit.text, text);
    return limit;
}

static void limits_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_share;
        uint64_t number;
    } LIMITS[] = {
        {"0", false, 0}, {"17", false, 17}, {"007", false, 7},
        {"18446744073709551615", false, UINT64_MAX},
        {"0%", true, 0}, {"1%", true, 1000000}, {"100%", true, 100000000},
        {"0.5%", true, 500000}, {"0.000001%", true, 1},
        {"99.999999%", true, 99999999}, {"100.000000%", true, 100000000},
    };
    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
        struct reject_limit limit = limit_of(LIMITS[i].text);
        assert_int_equal(limit.is_share, LIMITS[i].is_share);
        assert_true(limit.number == LIMITS[i].number);
    }
}

static void what_is_no_limit_is_refused(void **state)
{
    (void)state;
    static const char *const NONE[] = {
        "", "%", "-1", "+1", " 1", "1 ", "x", "1x", "1%x", "1%%", ".5%",
        "1.%", "1.5", "0.0000001%", "100.000001%", "101%", "1e3",
        "18446744073709551616", "18446744073709551615%",
        "99999999999999999999999999%", "0x10",
    };
    struct reject_limit limit;
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++)
        if (reject_limit_from_text(NONE[i], &limit))
            fail_msg("'%s' is taken", NONE[i]);
}

static void as_many_as_the_limit_are_allowed(void **state)
{
    (void)state;
    struct reject_limit none = {0}, ten = limit_of("10"),
                        share = limit_of("0.1%"), zero = limit_of("0%"),
                        all = limit_of("100%");
    assert_false(reject_limit_exceeded(&none, UINT64_MAX, 0));
    assert_false(reject_limit_exceeded(&ten, 10, 0));
    assert_true(reject_limit_exceeded(&ten, 11, UINT64_MAX));
    assert_false(reject_limit_exceeded(&share, 1, 1000));
    assert_true(reject_limit_exceeded(&share, 1, 999));
    assert_false(reject_limit_exceeded(&zero, 0, 0));
    assert_true(reject_limit_exceeded(&zero, 1, UINT64_MAX));
    assert_true(reject_limit_exceeded(&share, 1, 0));
    /* Products of 64 bits do not wrap. */
    assert_false(reject_limit_exceeded(&all, UINT64_MAX, UINT64_MAX));
    assert_true(reject_limit_exceeded(&all, UINT64_MAX, UINT64_MAX - 1));
}

static void a_line_that_is_one_record_counts_once(void **state)
{
    (void)state;
    struct shard_ledger *ledger = malloc(sizeof *ledger);
    ledger_clear(ledger);
    assert_true(rejects_counted(ledger) == 0);
    ledger->frames_rejected[FRAME_CORRUPT] = 2;
    ledger->frames_rejected[FRAME_REASON_COUNT - 1] = 1;
    ledger->tally.rejected[LINE_BAD_JSON] = 4;
    /* Three lines of one record, and two records of an accepted line. */
    ledger->tally.rejected[LINE_MISSING_KEY] = 3;
    ledger->tally.records_rejected[LINE_MISSING_KEY] = 5;
    ledger->tally.rejected[LINE_REASON_COUNT - 1] = 1;
    assert_true(rejects_counted(ledger) == 2 + 1 + 4 + 5 + 1);
    free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_read_exactly),
        cmocka_unit_test(what_is_no_limit_is_refused),
        cmocka_unit_test(as_many_as_the_limit_are_allowed),
        cmocka_unit_test(a_line_that_is_one_record_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
