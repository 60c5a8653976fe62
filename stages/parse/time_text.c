#include "stages/days.h"
#include "stages/parse/scalar.h"

#include <string.h>

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* count decimal digits at text, or -1. */
static int digits(const uint8_t *text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

struct moment {
    int year, month, day, hour, minute, second, ms;
    int zone_minutes;
};

static int64_t moment_ms(const struct moment *m)
{
    if (m->year < 1 || m->month < 1 || m->month > 12 || m->day < 1 ||
        m->day > days_in_month(m->year, m->month) || m->hour < 0 ||
        m->hour > 23 || m->minute < 0 || m->minute > 59 || m->second < 0 ||
        m->second > 59 || m->ms < 0)
        return TIME_NONE;
    int64_t days = days_from_civil(m->year, m->month, m->day);
    int64_t seconds = ((days * 24 + m->hour) * 60 + m->minute -
                       m->zone_minutes) * 60 + m->second;
    return seconds * MS_PER_SECOND + m->ms;
}

/* "+0000" or "+00:00" at text: minutes, or INT16_MAX if it is none. */
static int zone_minutes(const uint8_t *text, uint32_t size)
{
    if ((size != 5 && size != 6) || (text[0] != '+' && text[0] != '-') ||
        (size == 6 && text[3] != ':'))
        return INT16_MAX;
    int hours = digits(text + 1, 2), minutes = digits(text + size - 2, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return INT16_MAX;
    return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

static int month_from_name(const uint8_t *text)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (memcmp(names + 3 * i, text, 3) == 0)
            return i + 1;
    return 0;
}

static bool weekday_name(const uint8_t *text)
{
    static const char names[] = "MonTueWedThuFriSatSun";
    for (int i = 0; i < 7; i++)
        if (memcmp(names + 3 * i, text, 3) == 0)
            return true;
    return false;
}

/* Wed Jul 03 06:29:00 +0000 2019 */
static int64_t twitter_time(const uint8_t *t)
{
    struct moment m = {.year = digits(t + 26, 4),
                       .month = month_from_name(t + 4),
                       .day = digits(t + 8, 2),
                       .hour = digits(t + 11, 2),
                       .minute = digits(t + 14, 2),
                       .second = digits(t + 17, 2),
                       .zone_minutes = zone_minutes(t + 20, 5)};
    if (!weekday_name(t) || t[3] != ' ' || t[7] != ' ' || t[10] != ' ' ||
        t[13] != ':' || t[16] != ':' || t[19] != ' ' || t[25] != ' ' ||
        m.zone_minutes == INT16_MAX)
        return TIME_NONE;
    return moment_ms(&m);
}

/* .123456 at text: ms (cut), -1 if it is none; *size is how long it is. */
static int fraction_ms(const uint8_t *text, uint32_t left, uint32_t *size)
{
    int ms = 0, scale = 100;
    uint32_t at = 1;
    for (; at < left && text[at] >= '0' && text[at] <= '9'; at++) {
        ms += (text[at] - '0') * scale;
        scale /= 10;
    }
    *size = at;
    return at > 1 ? ms : -1;
}

/* 2019-07-03T06:29:00[.123][Z|+00:00] */
static int64_t iso_time(const uint8_t *t, uint32_t size)
{
    struct moment m = {.year = digits(t, 4), .month = digits(t + 5, 2),
                       .day = digits(t + 8, 2), .hour = digits(t + 11, 2),
                       .minute = digits(t + 14, 2),
                       .second = digits(t + 17, 2)};
    if (t[4] != '-' || t[7] != '-' || (t[10] != 'T' && t[10] != ' ') ||
        t[13] != ':' || t[16] != ':')
        return TIME_NONE;
    uint32_t at = 19, length = 0;
    if (at < size && t[at] == '.') {
        m.ms = fraction_ms(t + at, size - at, &length);
        at += length;
    }
    if (at < size && !(t[at] == 'Z' && at + 1 == size)) {
        m.zone_minutes = zone_minutes(t + at, size - at);
        if (m.zone_minutes == INT16_MAX)
            return TIME_NONE;
    }
    return moment_ms(&m);
}

int64_t time_from_text(const uint8_t *text, uint32_t size)
{
    if (size == 30 && text[3] == ' ')
        return twitter_time(text);
    if (size >= 19 && size <= 40)
        return iso_time(text, size);
    return TIME_NONE;
}

/* The digits of a decimal number, and where its point stands. */
struct decimal {
    uint64_t first;          /* the first FIRST_DIGITS_MAX after zeros */
    int32_t digits;          /* of the number, leading zeros left out */
    int32_t exponent;        /* times ten to this */
};
#define FIRST_DIGITS_MAX 18

static void decimal_digit(struct decimal *decimal, uint8_t byte)
{
    uint64_t digit = (uint64_t)(byte - '0');
    if (decimal->digits == 0 && digit == 0)
        return;
    if (decimal->digits < FIRST_DIGITS_MAX)
        decimal->first = decimal->first * 10 + digit;
    decimal->digits++;
}

static bool is_digit(const uint8_t *text, uint32_t size, uint32_t at)
{
    return at < size && text[at] >= '0' && text[at] <= '9';
}

/* [0-9]+ ( . [0-9]+ )? ( [eE] [+-]? [0-9]{1,3} )? */
static bool read_decimal(const uint8_t *text, uint32_t size,
                         struct decimal *decimal)
{
    uint32_t at = 0;
    *decimal = (struct decimal){0};
    if (size > INT32_MAX / 2 || !is_digit(text, size, at))
        return false;
    while (is_digit(text, size, at))
        decimal_digit(decimal, text[at++]);
    if (at < size && text[at] == '.') {
        if (!is_digit(text, size, ++at))
            return false;
        for (; is_digit(text, size, at); decimal->exponent--)
            decimal_digit(decimal, text[at++]);
    }
    if (at < size && (text[at] | 0x20) == 'e') {
        bool minus = ++at < size && text[at] == '-';
        at += minus || (at < size && text[at] == '+');
        uint32_t first = at;
        int32_t exponent = 0;
        for (; is_digit(text, size, at) && at - first < 3; at++)
            exponent = exponent * 10 + text[at] - '0';
        if (at == first)
            return false;
        decimal->exponent += minus ? -exponent : exponent;
    }
    return at == size;
}

int64_t time_from_seconds(const uint8_t *text, uint32_t size)
{
    struct decimal decimal;
    if (!read_decimal(text, size, &decimal))
        return TIME_NONE;
    /* As many digits as whole milliseconds have. */
    int32_t keep = decimal.digits + decimal.exponent + 3;
    int32_t have = decimal.digits < FIRST_DIGITS_MAX ? decimal.digits
                                                     : FIRST_DIGITS_MAX;
    if (keep <= 0 || decimal.digits == 0)
        return 0;
    if (keep > FIRST_DIGITS_MAX)
        return TIME_NONE;
    uint64_t ms = decimal.first;
    for (; have > keep; have--)
        ms /= 10;
    for (; have < keep; have++)
        ms *= 10;
    return ms < (uint64_t)MS_YEAR_10000 ? (int64_t)ms : TIME_NONE;
}
