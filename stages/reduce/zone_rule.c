#include "stages/reduce/zone_rule.h"

#include "stages/days.h"

#define SECONDS_PER_DAY 86400
#define OFFSET_HOURS_MAX 26
#define CHANGE_HOURS_MAX 167
#define CHANGE_DEFAULT (2 * 3600)

/* ---- the string -------------------------------------------------------- */

struct scan {
    const char *at, *end;
};

static bool take(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Three letters or more, or three or more of anything in <>. */
static bool take_name(struct scan *scan)
{
    const char *start = scan->at;
    if (take(scan, '<')) {
        while (scan->at < scan->end && *scan->at != '>')
            scan->at++;
        return scan->at - start >= 4 && take(scan, '>');
    }
    while (scan->at < scan->end && is_letter(*scan->at))
        scan->at++;
    return scan->at - start >= 3;
}

static bool take_number(struct scan *scan, int least, int most, int *number)
{
    const char *start = scan->at;
    int value = 0;
    for (; scan->at < scan->end && is_digit(*scan->at); scan->at++) {
        value = value * 10 + (*scan->at - '0');
        if (value > most)
            return false;
    }
    *number = value;
    return scan->at > start && value >= least;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct scan *scan, int hours_max, int32_t *seconds)
{
    bool negative = take(scan, '-');
    int hours, minutes = 0, rest = 0;
    if (!negative)
        take(scan, '+');
    if (!take_number(scan, 0, hours_max, &hours))
        return false;
    if (take(scan, ':')) {
        if (!take_number(scan, 0, 59, &minutes))
            return false;
        if (take(scan, ':') && !take_number(scan, 0, 59, &rest))
            return false;
    }
    *seconds = (hours * 60 + minutes) * 60 + rest;
    if (negative)
        *seconds = -*seconds;
    return true;
}

/* POSIX counts hours west of Greenwich. */
static bool take_offset(struct scan *scan, int32_t *offset)
{
    if (!take_time(scan, OFFSET_HOURS_MAX, offset))
        return false;
    *offset = -*offset;
    return *offset >= -ZONE_OFFSET_MAX && *offset <= ZONE_OFFSET_MAX;
}

static bool take_day(struct scan *scan, struct rule_change *change)
{
    if (take(scan, 'J')) {
        change->kind = RULE_JULIAN;
        return take_number(scan, 1, 365, &change->day);
    }
    if (!take(scan, 'M')) {
        change->kind = RULE_DAY_OF_YEAR;
        return take_number(scan, 0, 365, &change->day);
    }
    change->kind = RULE_MONTH_WEEK_DAY;
    return take_number(scan, 1, 12, &change->month) && take(scan, '.') &&
           take_number(scan, 1, 5, &change->week) && take(scan, '.') &&
           take_number(scan, 0, 6, &change->day);
}

static bool take_change(struct scan *scan, struct rule_change *change)
{
    change->time = CHANGE_DEFAULT;
    return take(scan, ',') && take_day(scan, change) &&
           (!take(scan, '/') ||
            take_time(scan, CHANGE_HOURS_MAX, &change->time));
}

bool zone_rule_parse(const char *text, size_t size, struct zone_rule *rule)
{
    struct scan scan = {text, text + size};
    *rule = (struct zone_rule){0};
    if (!take_name(&scan) || !take_offset(&scan, &rule->standard))
        return false;
    if (scan.at == scan.end)
        return true;
    if (!take_name(&scan))
        return false;
    rule->has_summer = true;
    rule->summer = rule->standard + 3600;
    if (scan.at < scan.end && *scan.at != ',' &&
        !take_offset(&scan, &rule->summer))
        return false;
    return rule->summer <= ZONE_OFFSET_MAX &&
           take_change(&scan, &rule->start) &&
           take_change(&scan, &rule->end) && scan.at == scan.end;
}

/* ---- its changes ------------------------------------------------------- */

/* The nth such weekday of the month, or its last one. */
static int64_t month_week_day(const struct rule_change *change, int64_t year)
{
    int64_t first = days_from_civil(year, change->month, 1);
    int64_t next = change->month < 12
                       ? days_from_civil(year, change->month + 1, 1)
                       : days_from_civil(year + 1, 1, 1);
    int monday_based = (change->day + 6) % 7;
    int64_t day = first + (monday_based - days_weekday(first) + 7) % 7 +
                  (change->week - 1) * 7;
    return day < next ? day : day - 7;
}

/* In local time, of the kind that ends there. */
static int64_t change_time(const struct rule_change *change, int64_t year)
{
    int64_t january = days_from_civil(year, 1, 1), day;
    switch (change->kind) {
    case RULE_JULIAN:
        day = days_from_civil(year, 3, 1) - january == 60 && change->day > 59
                  ? january + change->day
                  : january + change->day - 1;
        break;
    case RULE_DAY_OF_YEAR:
        day = january + change->day;
        break;
    default:
        day = month_week_day(change, year);
    }
    return day * SECONDS_PER_DAY + change->time;
}

struct change_at {
    int64_t at;
    int32_t offset;
};

/* Keeps the order of changes at one instant: there the later year's counts,
 * which is how a summer time without an end is written. */
static void insert_change(struct change_at *changes, int count,
                          struct change_at change)
{
    for (; count > 0 && changes[count - 1].at > change.at; count--)
        changes[count] = changes[count - 1];
    changes[count] = change;
}

/* A change may stand 8 days (167 hours and an offset) outside its year: so in
 * the first days of a year both changes of the year before may be still to
 * come, and in the last ones both of the next may be past. */
#define YEARS_BESIDE 2

struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t t)
{
    if (!rule->has_summer)
        return (struct zone_span){INT64_MIN, INT64_MAX, rule->standard};
    struct change_at changes[2 * (2 * YEARS_BESIDE + 1)];
    int count = 0;
    int64_t year = days_to_civil(divide_down(t, SECONDS_PER_DAY)).year;
    for (int64_t y = year - YEARS_BESIDE; y <= year + YEARS_BESIDE; y++) {
        int64_t start = change_time(&rule->start, y) - rule->standard;
        int64_t end = change_time(&rule->end, y) - rule->summer;
        insert_change(changes, count++, (struct change_at){start, rule->summer});
        insert_change(changes, count++, (struct change_at){end, rule->standard});
    }
    int at = count - 1; /* never the first: those of two years ago are past */
    while (at > 0 && changes[at].at > t)
        at--;
    return (struct zone_span){
        changes[at].at,
        at + 1 < count ? changes[at + 1].at : INT64_MAX,
        changes[at].offset,
    };
}
