#include "stages/days.h"

/*
 * Both conversions count years from 1 March, so that the leap day is the last
 * of its year, in eras of 400 years (146,097 days), after which the calendar
 * repeats: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
#define ERA_YEARS 400
#define ERA_DAYS 146097
#define EPOCH_FROM_ERA_0 719468 /* days from 0000-03-01 to 1970-01-01 */
#define EPOCH_WEEKDAY 3         /* 1970-01-01 was a Thursday */

int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t march_year = year - (month <= 2);
    int64_t era = divide_down(march_year, ERA_YEARS);
    int64_t year_of_era = march_year - era * ERA_YEARS;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 -
                         year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_FROM_ERA_0;
}

struct civil days_to_civil(int64_t days)
{
    int64_t shifted = days + EPOCH_FROM_ERA_0;
    int64_t era = divide_down(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                           day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 -
                                        year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct civil civil;
    civil.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    civil.month = (int)(month_from_march < 10 ? month_from_march + 3
                                              : month_from_march - 9);
    civil.year = year_of_era + era * ERA_YEARS + (civil.month <= 2);
    return civil;
}

int days_weekday(int64_t days)
{
    return (int)modulo_down(days + EPOCH_WEEKDAY, 7);
}

int64_t days_weekend(int64_t first, int64_t last)
{
    int64_t count = last - first + 1;
    int64_t weekend = count / 7 * 2;
    for (int64_t day = last - count % 7 + 1; day <= last; day++)
        weekend += days_weekday(day) >= DAYS_SATURDAY;
    return weekend;
}
