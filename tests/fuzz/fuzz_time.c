/*
 * Any short bytes as a time: it is what the C library's calendar makes of it
 * (timegm, and back), where the text has one of the shapes that are known;
 * and nothing where it has none, or no such day or time of day exists.
 */
#include "stages/parse/scalar.h"
#include "tests/fuzz/fuzz_input.h"

#include <time.h>

#define SIZE_MAX_HERE 48

/* 9: a digit, w: a letter, ?: T or a space, +: a sign. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*shape == '9'   ? !digit
            : *shape == '?' ? *text != 'T' && *text != ' '
            : *shape == '+' ? *text != '+' && *text != '-'
            : *shape == 'w' ? !*text
                            : *text != *shape)
            return false;
    }
    return true;
}

static int part(const char *text, size_t at, size_t size)
{
    char digits[8] = "";
    memcpy(digits, text + at, size);
    return atoi(digits);
}

/* Which of the names of three letters it is, -1 if none. */
static int name_at(const char *text, const char *names)
{
    char name[4] = {text[0], text[1], text[2]};
    const char *found = strlen(name) == 3 ? strstr(names, name) : NULL;
    return found && (found - names) % 4 == 0 ? (int)(found - names) / 4 : -1;
}

/* tm must be its own normal form. */
static int64_t seconds_of(struct tm tm)
{
    struct tm back = tm;
    time_t seconds = timegm(&back);
    bool real = tm.tm_year >= 1 - 1900 && gmtime_r(&seconds, &back) &&
                back.tm_year == tm.tm_year && back.tm_mon == tm.tm_mon &&
                back.tm_mday == tm.tm_mday && back.tm_hour == tm.tm_hour &&
                back.tm_min == tm.tm_min && back.tm_sec == tm.tm_sec;
    return real ? (int64_t)seconds : TIME_NONE;
}

/* +00:00 or +0000 at the end: false if it is none. */
static bool zone_of(const char *text, int *minutes)
{
    size_t size = strlen(text);
    bool colon = has_shape(text, "+99:99") && size == 6;
    if (!colon && !(has_shape(text, "+9999") && size == 5))
        return false;
    int hour = part(text, 1, 2), minute = part(text, size - 2, 2);
    *minutes = (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return hour < 24 && minute < 60;
}

static int64_t sum(struct tm tm, int ms, int zone)
{
    int64_t seconds = seconds_of(tm);
    return seconds == TIME_NONE ? TIME_NONE
                                : (seconds - zone * 60) * 1000 + ms;
}

static int64_t slow_twitter(const char *text)
{
    int zone, month = name_at(text + 4, "Jan Feb Mar Apr May Jun Jul Aug Sep "
                                        "Oct Nov Dec ");
    char zone_text[6] = "";
    memcpy(zone_text, text + 20, 5);
    if (month < 0 || !zone_of(zone_text, &zone) ||
        name_at(text, "Mon Tue Wed Thu Fri Sat Sun ") < 0)
        return TIME_NONE;
    struct tm tm = {.tm_year = part(text, 26, 4) - 1900, .tm_mon = month,
                    .tm_mday = part(text, 8, 2), .tm_hour = part(text, 11, 2),
                    .tm_min = part(text, 14, 2), .tm_sec = part(text, 17, 2)};
    return sum(tm, 0, zone);
}

static int64_t slow_iso(const char *text)
{
    struct tm tm = {.tm_year = part(text, 0, 4) - 1900,
                    .tm_mon = part(text, 5, 2) - 1,
                    .tm_mday = part(text, 8, 2), .tm_hour = part(text, 11, 2),
                    .tm_min = part(text, 14, 2), .tm_sec = part(text, 17, 2)};
    int ms = 0, zone = 0;
    const char *rest = text + 19;
    if (*rest == '.') {
        size_t count = strspn(rest + 1, "0123456789");
        char three[4] = "000";
        memcpy(three, rest + 1, count < 3 ? count : 3);
        if (!count)
            return TIME_NONE;
        ms = atoi(three);
        rest += 1 + count;
    }
    if (*rest && strcmp(rest, "Z") != 0 && !zone_of(rest, &zone))
        return TIME_NONE;
    return sum(tm, ms, zone);
}

static int64_t slow_time(const char *text, size_t size)
{
    if (strlen(text) != size)      /* a NUL within */
        return TIME_NONE;
    if (size == 30 && has_shape(text, "www www 99 99:99:99 +9999 9999"))
        return slow_twitter(text);
    if (size <= 40 && has_shape(text, "9999-99-99?99:99:99"))
        return slow_iso(text);
    return TIME_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SIZE_MAX_HERE)
        return 0;
    uint8_t *text = fuzz_copy(data, size, 0);
    char slow[SIZE_MAX_HERE + 1] = "";
    memcpy(slow, text, size);
    CHECK(time_from_text(text, (uint32_t)size) == slow_time(slow, size));
    free(text);
    return 0;
}
