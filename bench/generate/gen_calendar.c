#include "gen_calendar.h"

#include <stdio.h>

#include "gen_put.h"

/* Civil date from days and back: Howard Hinnant, chrono-Compatible Low-Level
 * Date Algorithms, for days since 1970 that are not negative. */
static void date_of_days(uint32_t days, struct gen_clock *clock)
{
    uint32_t z = days + 719468;
    uint32_t era = z / 146097;
    uint32_t day_of_era = z - era * 146097;
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 +
                            day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t shifted_month = (5 * day_of_year + 2) / 153;
    clock->day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    clock->month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    clock->year = year_of_era + era * 400 + (clock->month <= 2);
}

void gen_clock_at(int64_t t, struct gen_clock *clock)
{
    uint32_t days = (uint32_t)(t / GEN_DAY_MS);
    uint32_t second = (uint32_t)(t % GEN_DAY_MS / GEN_SECOND_MS);
    date_of_days(days, clock);
    clock->weekday = (days + 3) % 7;
    clock->hour = second / 3600;
    clock->minute = second / 60 % 60;
    clock->second = second % 60;
}

int64_t gen_date_ms(unsigned year, unsigned month, unsigned day)
{
    unsigned y = year - (month <= 2);
    unsigned era = y / 400;
    unsigned year_of_era = y - era * 400;
    unsigned shifted_month = month > 2 ? month - 3 : month + 9;
    unsigned day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return ((int64_t)era * 146097 + day_of_era - 719468) * GEN_DAY_MS;
}

bool gen_date_parse(const char *text, int64_t *t)
{
    unsigned year, month, day;
    char rest;
    if (sscanf(text, "%4u-%2u-%2u%c", &year, &month, &day, &rest) != 3) {
        return false;
    }
    if (year < 1970 || year > 2105 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    struct gen_clock back;
    *t = gen_date_ms(year, month, day);
    gen_clock_at(*t, &back);
    return back.month == month && back.day == day;
}

char *gen_put_date(char *out, int64_t t)
{
    struct gen_clock clock;
    gen_clock_at(t, &clock);
    out = gen_put_bytes(out, &"MonTueWedThuFriSatSun"[3 * clock.weekday], 3);
    *out++ = ' ';
    out = gen_put_bytes(
        out, &"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (clock.month - 1)], 3);
    *out++ = ' ';
    out = gen_put_two_digits(out, clock.day);
    *out++ = ' ';
    out = gen_put_two_digits(out, clock.hour);
    *out++ = ':';
    out = gen_put_two_digits(out, clock.minute);
    *out++ = ':';
    out = gen_put_two_digits(out, clock.second);
    out = GEN_PUT(out, " +0000 ");
    return gen_put_number(out, clock.year);
}

char *gen_put_iso_time(char *out, int64_t t)
{
    struct gen_clock clock;
    unsigned ms = (unsigned)(t % GEN_SECOND_MS);
    gen_clock_at(t, &clock);
    out = gen_put_number(out, clock.year);
    *out++ = '-';
    out = gen_put_two_digits(out, clock.month);
    *out++ = '-';
    out = gen_put_two_digits(out, clock.day);
    *out++ = 'T';
    out = gen_put_two_digits(out, clock.hour);
    *out++ = ':';
    out = gen_put_two_digits(out, clock.minute);
    *out++ = ':';
    out = gen_put_two_digits(out, clock.second);
    *out++ = '.';
    *out++ = (char)('0' + ms / 100);
    out = gen_put_two_digits(out, ms % 100);
    *out++ = 'Z';
    return out;
}

int64_t gen_snowflake_ms(uint64_t id)
{
    return (int64_t)(id >> 22) + GEN_SNOWFLAKE_EPOCH_MS;
}

uint64_t gen_snowflake_at(int64_t t)
{
    return (uint64_t)(t - GEN_SNOWFLAKE_EPOCH_MS) << 22;
}
