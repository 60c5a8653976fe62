#ifndef SANDPIPER_STAGES_EMIT_NUMBER_TEXT_H
#define SANDPIPER_STAGES_EMIT_NUMBER_TEXT_H

#include <stdint.h>

/*
 * Numbers as text, without printf where that is exact. Each writes at most
 * NUMBER_TEXT_MAX bytes at `at`, unterminated, and returns the end. Pure
 * functions; the locale plays no part.
 */
#define NUMBER_TEXT_MAX 40

char *write_integer(char *at, int64_t integer);
/* What printf("%.9g") gives in the C locale, but 0 for -0; finite only. */
char *write_real(char *at, double real);
/* 2020-04-17T08:30:00.123Z; TIME_NONE is no time. Years are written with at
 * least 4 digits, those before 0 with a minus sign. */
char *write_time(char *at, int64_t ms);
/* 2020-04-17, likewise, of a day counted from 1970-01-01. */
char *write_day(char *at, int64_t day);

#endif
