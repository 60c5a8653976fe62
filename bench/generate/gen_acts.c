#include "gen_acts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"

/* When people post: hour of the day at home, weekday and weekend. */
static const uint8_t leisure_hours[2][24] = {
    {6, 3, 1, 1, 0, 0, 2, 6, 8, 5, 4, 4, 9, 7, 4, 4, 4, 5, 9, 12, 15, 17, 16, 11},
    {9, 5, 3, 1, 1, 0, 1, 3, 6, 9, 11, 11, 12, 11, 10, 10, 10, 10, 11, 12, 14, 15, 15, 12},
};

void gen_acts_add_numbered(struct gen_acts *acts, uint32_t account, int64_t t,
                           enum gen_deed deed, uint32_t number)
{
    if (t < acts->from || t >= acts->to || acts->failed != 0) {
        return;
    }
    if (acts->count == acts->room) {
        size_t room = acts->room == 0 ? 4096 : 2 * acts->room;
        struct gen_act *list = realloc(acts->list, room * sizeof(*list));
        if (list == NULL) {
            acts->failed = -ENOMEM;
            return;
        }
        acts->list = list;
        acts->room = room;
    }
    acts->list[acts->count++] = (struct gen_act){
        .t = t, .account = account, .number = number, .deed = (uint8_t)deed};
    acts->posts += deed != GEN_DEED_DELETE && deed != GEN_DEED_DELETE_UNTIMED;
}

void gen_acts_add(struct gen_acts *acts, uint32_t account, int64_t t, enum gen_deed deed)
{
    gen_acts_add_numbered(acts, account, t, deed, 0);
}

static int compare_acts(const void *left, const void *right)
{
    const struct gen_act *a = left;
    const struct gen_act *b = right;
    if (a->t != b->t) {
        return a->t < b->t ? -1 : 1;
    }
    if (a->account != b->account) {
        return a->account < b->account ? -1 : 1;
    }
    if (a->deed != b->deed) {
        return a->deed < b->deed ? -1 : 1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

void gen_acts_settle(struct gen_acts *acts)
{
    if (acts->count > 0) {
        qsort(acts->list, acts->count, sizeof(*acts->list), compare_acts);
    }
    memset(acts->pools, 0, sizeof(acts->pools));
    for (size_t i = 0; i < acts->count; i++) {
        if (acts->list[i].deed < GEN_POOLS) {
            acts->list[i].number = acts->pools[acts->list[i].deed]++;
        }
    }
}

void gen_acts_free(struct gen_acts *acts)
{
    free(acts->list);
    memset(acts, 0, sizeof(*acts));
}

int64_t *gen_acts_pool_times(struct gen_acts *acts, enum gen_pool_of pool)
{
    int64_t *times = malloc((acts->pools[pool] + 1u) * sizeof(*times));
    if (times == NULL) {
        acts->failed = -ENOMEM;
        return NULL;
    }
    for (size_t i = 0; i < acts->count; i++) {
        if (acts->list[i].deed == pool) {
            times[acts->list[i].number] = acts->list[i].t;
        }
    }
    return times;
}

struct gen_stretch gen_stretch_of(const struct gen_population *people,
                                  int64_t from_mille, int64_t to_mille)
{
    int64_t span = people->to - people->from;
    return (struct gen_stretch){people->from + span / 1000 * from_mille,
                                people->from + span / 1000 * to_mille};
}

int64_t gen_any_time(struct gen_rng *rng, struct gen_stretch stretch)
{
    double span = (double)(stretch.to - stretch.from);
    return stretch.from + (int64_t)(gen_rng_unit(rng) * span);
}

int64_t gen_office_time(struct gen_rng *rng, struct gen_stretch stretch,
                        int64_t offset_ms)
{
    for (unsigned tries = 0;; tries++) {
        int64_t local = gen_any_time(rng, stretch) + offset_ms;
        int64_t day = local / GEN_DAY_MS;
        int64_t hour = 9 + gen_rng_below(rng, 9);
        int64_t ms = gen_rng_below(rng, (uint32_t)GEN_HOUR_MS);
        int64_t t = day * GEN_DAY_MS + hour * GEN_HOUR_MS + ms - offset_ms;
        if ((day + 3) % 7 < 5 && t >= stretch.from && t < stretch.to) {
            return t;
        }
        if (tries == 1000) {
            return INT64_MAX; /* the stretch holds no office hour */
        }
    }
}

int64_t gen_leisure_time(struct gen_rng *rng, struct gen_stretch stretch,
                         int64_t offset_ms)
{
    for (;;) {
        int64_t t = gen_any_time(rng, stretch);
        int64_t local = t + offset_ms;
        bool weekend = (local / GEN_DAY_MS + 3) % 7 >= 5;
        int64_t hour = local % GEN_DAY_MS / GEN_HOUR_MS;
        if (gen_rng_below(rng, 18) < leisure_hours[weekend][hour]) {
            return t;
        }
    }
}
