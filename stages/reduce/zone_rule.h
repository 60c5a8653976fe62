#ifndef SANDPIPER_STAGES_REDUCE_ZONE_RULE_H
#define SANDPIPER_STAGES_REDUCE_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The rule at the end of a TZif file, which goes on where its list of changes
 * ends: a POSIX TZ string (POSIX.1-2017, Base Definitions 8.3) with the
 * extensions of RFC 9636, 3.3.1: names in <>, hours of a change from -167 to
 * 167. Summer time without dates, which POSIX leaves to the system, is refused.
 *
 * Pure functions. Times are s since 1970 in UTC, offsets s east of Greenwich.
 */
enum rule_day_kind { RULE_JULIAN, RULE_DAY_OF_YEAR, RULE_MONTH_WEEK_DAY };
struct rule_change {
    enum rule_day_kind kind;
    int day;                /* 1..365 without leap day; 0..365; 0 Sunday .. 6 */
    int month, week;        /* 1..12; 1..5, 5 is the last */
    int32_t time;           /* s after local midnight, may be negative */
};
struct zone_rule {
    int32_t standard, summer;
    bool has_summer;
    struct rule_change start, end;      /* of summer time */
};

/* An offset that holds in from <= t < until. */
struct zone_span {
    int64_t from, until;
    int32_t offset;
};

/* No zone is further from Greenwich: RFC 9636, 3.2. */
#define ZONE_OFFSET_MAX (26 * 3600)

/* False: no such string, or an offset beyond ZONE_OFFSET_MAX. */
bool zone_rule_parse(const char *text, size_t size, struct zone_rule *rule);
/* |t| < 2^51. */
struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t t);

#endif
