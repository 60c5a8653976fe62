#ifndef SANDPIPER_STAGES_DAYS_H
#define SANDPIPER_STAGES_DAYS_H

#include <stdint.h>

/*
 * Days of the proleptic Gregorian calendar, counted from 1970-01-01. Pure
 * integer functions without a time zone, exact for every day whose year fits
 * an int32_t; years before 1 are 0, -1, ... (astronomical).
 */
struct civil {
    int64_t year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

/* month and day in range; a day past the month's end is the next month's. */
int64_t days_from_civil(int64_t year, int month, int day);
struct civil days_to_civil(int64_t days);

/* 0 Monday .. 6 Sunday. */
int days_weekday(int64_t days);
#define DAYS_SATURDAY 5
/* Saturdays and Sundays among the days first..last, both included. */
int64_t days_weekend(int64_t first, int64_t last);

/* Rounded down, so that bins before 1970 are as wide as those after. */
static inline int64_t divide_down(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return quotient - (dividend % divisor < 0);
}

static inline int64_t modulo_down(int64_t dividend, int64_t divisor)
{
    int64_t rest = dividend % divisor;
    return rest < 0 ? rest + divisor : rest;
}

#endif
