/*
 * gen_calendar: dates, instants and snowflakes.
 *
 * Instants are milliseconds since 1970 in UTC, as int64_t. Pure functions,
 * valid for 1970 to 2106.
 */
#ifndef GEN_CALENDAR_H
#define GEN_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define GEN_SECOND_MS INT64_C(1000)
#define GEN_MINUTE_MS INT64_C(60000)
#define GEN_HOUR_MS INT64_C(3600000)
#define GEN_DAY_MS INT64_C(86400000)

/* Of the platform's ids: the upper 42 bits count ms from this instant. */
#define GEN_SNOWFLAKE_EPOCH_MS INT64_C(1288834974657)

struct gen_clock {
    unsigned year, month, day;     /* month, day from 1 */
    unsigned weekday;              /* Monday = 0 */
    unsigned hour, minute, second; /* no leap seconds */
};

void gen_clock_at(int64_t t, struct gen_clock *clock);

/* Midnight UTC of a date. */
int64_t gen_date_ms(unsigned year, unsigned month, unsigned day);

/* `YYYY-MM-DD`; false if it is not a date from 1970 to 2106. */
bool gen_date_parse(const char *text, int64_t *t);

/* `Wed Jul 03 06:29:00 +0000 2019`, always 30 bytes; gives the new end. */
char *gen_put_date(char *out, int64_t t);

/* `2019-07-03T06:29:00.662Z`, always 24 bytes; gives the new end. */
char *gen_put_iso_time(char *out, int64_t t);

/* The instant in a snowflake, and the least snowflake of an instant. */
int64_t gen_snowflake_ms(uint64_t id);
uint64_t gen_snowflake_at(int64_t t);

#endif
