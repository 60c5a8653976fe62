#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/scalar.h"

#include <stdio.h>
#include <time.h>

static int64_t ms(const char *text)
{
    char padded[128] = {0};
    snprintf(padded, sizeof padded, "%s", text);
    return time_from_text((const uint8_t *)padded, (uint32_t)strlen(text));
}

static void both_spellings_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"Thu Jan 01 00:00:00 +0000 1970", 0},
        {"Wed Jul 03 06:29:00 +0000 2019", 1562135340000},
        {"Wed Jul 03 06:29:00 +0130 2019", 1562135340000 - 5400000},
        {"Wed Jul 03 06:29:00 -2359 2019", 1562135340000 + 86340000},
        {"2019-07-03T06:29:00Z", 1562135340000},
        {"2019-07-03 06:29:00", 1562135340000},
        {"2019-07-03T06:29:00.5Z", 1562135340500},
        {"2019-07-03T06:29:00.123456Z", 1562135340123},
        {"2019-07-03T06:29:00+00:00", 1562135340000},
        {"2019-07-03T06:29:00.123-0100", 1562138940123},
        {"1582-10-15T00:00:00Z", -12219292800000},
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"2000-02-29T00:00:00Z", 951782400000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (ms(cases[i].text) != cases[i].ms)
            fail_msg("%s: %lld", cases[i].text, (long long)ms(cases[i].text));
}

static void what_is_no_time_is_none(void **state)
{
    static const char *const none[] = {
        "", "now", "Wed Jul 03 06:29:00 +0000 201",
        "Xxx Jul 03 06:29:00 +0000 2019", "Wed Jux 03 06:29:00 +0000 2019",
        "Wed Jul 32 06:29:00 +0000 2019", "Wed Jul 00 06:29:00 +0000 2019",
        "Wed Jul 03 24:29:00 +0000 2019", "Wed Jul 03 06:60:00 +0000 2019",
        "Wed Jul 03 06:29:60 +0000 2019", "Wed Jul 03 06:29:00 +2400 2019",
        "Wed Jul 03 06:29:00 +0060 2019", "Wed Jul 03 06:29:00 00000 2019",
        "Wed Jul 03 06:29:00 +0000 0000", "Wed Feb 29 06:29:00 +0000 2019",
        "Wed-Jul 03 06:29:00 +0000 2019", "1900-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2019-02-30T00:00:00Z",
        "2019-13-01T00:00:00Z", "2019-00-01T00:00:00Z",
        "2019-07-03T06:29:00.Z", "2019-07-03T06:29:00ZZ",
        "2019-07-03T06:29:00+1", "2019-07-03T06:29:00+00-00",
        "2019-07-03X06:29:00Z", "2019/07/03T06:29:00Z",
        "2019-07-03T06:29:0:Z", "0000-12-31T23:59:59Z", "2019-07-03",
        "2019-07-03T06:29:00.12345678901234567890123456789Z",
        "-019-07-03T06:29:00Z",
    };
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (ms(none[i]) != TIME_NONE)
            fail_msg("%s", none[i]);
}

/* Each day from 1888 to 2112, against the C library. */
static void every_day_agrees_with_the_library(void **state)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
                                         "May", "Jun", "Jul", "Aug",
                                         "Sep", "Oct", "Nov", "Dec"};
    (void)state;
    for (int64_t day = -30000; day < 52000; day++) {
        time_t seconds = (time_t)(day * 86400 + day % 86400 / 2 + 43200);
        struct tm tm;
        char text[64];
        assert_non_null(gmtime_r(&seconds, &tm));
        snprintf(text, sizeof text, "Sun %s %02d %02d:%02d:%02d +0000 %04d",
                 months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min,
                 tm.tm_sec, tm.tm_year + 1900);
        assert_int_equal(ms(text), (int64_t)seconds * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_spellings_are_read),
        cmocka_unit_test(what_is_no_time_is_none),
        cmocka_unit_test(every_day_agrees_with_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
