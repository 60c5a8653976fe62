#include "gen_plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_compose.h"

/* Activity by hour at home: nights are quiet, evenings busy, weekends late. */
static const uint8_t day_hours[24] = {20, 12, 7,  5,  4,  5,  9,  18, 26, 30, 31, 32,
                                      36, 34, 32, 31, 32, 35, 38, 41, 44, 46, 42, 31};
static const uint8_t weekend_hours[24] = {28, 19, 12, 8,  5,  4,  5,  9,  16, 24, 31, 35,
                                          37, 38, 37, 36, 36, 37, 39, 41, 43, 44, 41, 33};

static uint32_t group_weight(unsigned group, int64_t t)
{
    int64_t local = t + gen_groups[group].offset_minutes * GEN_MINUTE_MS;
    bool weekend = (local / GEN_DAY_MS + 3) % 7 >= 5;
    int64_t hour = local % GEN_DAY_MS / GEN_HOUR_MS;
    return gen_groups[group].weight *
           (uint32_t)(weekend ? weekend_hours[hour] : day_hours[hour]);
}

/* Divided by 16 so that weight times posts stays within 64 bits. */
static uint64_t hour_weight(const struct gen_plan *plan, int64_t hour)
{
    uint64_t weight = 0;
    for (unsigned group = 0; group < GEN_GROUPS; group++) {
        weight += group_weight(group, plan->options->from + hour * GEN_HOUR_MS);
    }
    return weight / 16;
}

int gen_plan_open(struct gen_plan *plan, const struct gen_options *options,
                  const struct gen_population *people,
                  const struct gen_acts *acts, struct gen_truth *truth)
{
    memset(plan, 0, sizeof(*plan));
    plan->options = options;
    plan->people = people;
    plan->acts = acts;
    plan->truth = truth;
    plan->rng.state = gen_mix2(people->seed, 0x91a);
    plan->posts = options->posts;
    plan->hours = (options->to - options->from) / GEN_HOUR_MS;
    for (int64_t hour = 0; hour < plan->hours; hour++) {
        plan->weight_all += hour_weight(plan, hour);
    }
    size_t accounts = (size_t)people->ordinary + people->planted;
    plan->statuses = calloc(accounts, sizeof(*plan->statuses));
    plan->own = calloc(people->planted + 1u, sizeof(*plan->own));
    bool failed = gen_recent_open(&plan->recent) != 0;
    for (unsigned pool = 0; pool < GEN_POOLS; pool++) {
        struct gen_posts *posts = &plan->pools[pool];
        posts->list = calloc(acts->pools[pool] + 1u, sizeof(*posts->list));
        failed |= posts->list == NULL;
    }
    if (plan->statuses == NULL || plan->own == NULL || failed) {
        gen_plan_close(plan);
        return -ENOMEM;
    }
    return 0;
}

void gen_plan_close(struct gen_plan *plan)
{
    gen_recent_close(&plan->recent);
    free(plan->statuses);
    free(plan->own);
    for (unsigned pool = 0; pool < GEN_POOLS; pool++) {
        free(plan->pools[pool].list);
    }
    free(plan->events);
    memset(plan, 0, sizeof(*plan));
}

struct gen_post *gen_plan_own(struct gen_plan *plan, uint32_t account)
{
    return &plan->own[account - plan->people->ordinary];
}

/* Activity falls with rank: rank = n u^2.5, so 1 % of the accounts write 16 %
 * of the posts and the lower half a quarter. Only the born can post; the first
 * of each group always is. */
static uint32_t draw_account(struct gen_plan *plan, const uint32_t *sums, int64_t t)
{
    const struct gen_population *people = plan->people;
    for (unsigned tries = 0;; tries++) {
        uint32_t place = gen_rng_below(&plan->rng, sums[GEN_GROUPS]);
        unsigned group = 0;
        while (place >= sums[group + 1]) {
            group++;
        }
        uint32_t first = people->first[group];
        uint32_t size = people->first[group + 1] - first;
        if (size == 0) {
            continue;
        }
        double unit = gen_rng_unit(&plan->rng);
        uint32_t account = first + (uint32_t)(unit * unit * sqrt(unit) * size);
        account = tries < 64 ? account : first;
        if (gen_account_created(people, account) <= t) {
            return account;
        }
    }
}

static int compare_events(const void *left, const void *right)
{
    const struct gen_event *a = left;
    const struct gen_event *b = right;
    if (a->t != b->t) {
        return a->t < b->t ? -1 : 1;
    }
    if (a->account != b->account) {
        return a->account < b->account ? -1 : 1;
    }
    return (a->act > b->act) - (a->act < b->act);
}

static int reserve_events(struct gen_plan *plan, size_t count)
{
    if (count <= plan->event_room) {
        return 0;
    }
    struct gen_event *events = realloc(plan->events, 2 * count * sizeof(*events));
    if (events == NULL) {
        return -ENOMEM;
    }
    plan->events = events;
    plan->event_room = 2 * count;
    return 0;
}

/* Draws the events of the next hour. */
static int fill_hour(struct gen_plan *plan)
{
    const struct gen_acts *planted = plan->acts;
    int64_t t = plan->options->from + plan->hour * GEN_HOUR_MS;
    plan->weight_done += hour_weight(plan, plan->hour++);
    uint64_t due = plan->posts * plan->weight_done / plan->weight_all;
    size_t count = (size_t)(due - plan->posts_done);
    size_t acts = plan->acts_done;
    while (acts < planted->count && planted->list[acts].t < t + GEN_HOUR_MS) {
        acts++;
    }
    if (reserve_events(plan, count + acts - plan->acts_done) != 0) {
        return -ENOMEM;
    }
    uint32_t sums[GEN_GROUPS + 1] = {0};
    for (unsigned group = 0; group < GEN_GROUPS; group++) {
        sums[group + 1] = sums[group] + group_weight(group, t);
    }
    plan->event_count = 0;
    plan->event_at = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t when = t + gen_rng_below(&plan->rng, (uint32_t)GEN_HOUR_MS);
        plan->events[plan->event_count++] = (struct gen_event){
            when, draw_account(plan, sums, when), GEN_NO_ACT};
    }
    for (; plan->acts_done < acts; plan->acts_done++) {
        const struct gen_act *act = &planted->list[plan->acts_done];
        plan->events[plan->event_count++] = (struct gen_event){
            act->t, act->account, (uint32_t)plan->acts_done};
    }
    plan->posts_done = due;
    if (plan->event_count > 0) {
        qsort(plan->events, plan->event_count, sizeof(*plan->events), compare_events);
    }
    return 0;
}

/* A snowflake of `t`: a worker's number, and a sequence within one ms. */
static uint64_t next_id(struct gen_plan *plan, int64_t t)
{
    uint64_t id = gen_snowflake_at(t) | (uint64_t)gen_rng_below(&plan->rng, 1024) << 12;
    bool same_ms = plan->last_id >> 22 == id >> 22;
    plan->last_id = same_ms ? plan->last_id + 1 : id;
    return plan->last_id;
}

/* A notice that names a recent post, or a stranger's. False: none this time. */
static bool plan_delete(struct gen_plan *plan, int64_t t, struct gen_line *line)
{
    struct gen_deletable taken;
    memset(line, 0, sizeof(*line));
    line->type = GEN_LINE_DELETE;
    line->t = t;
    if (gen_rng_below(&plan->rng, 4) == 0) {
        uint64_t hash = gen_rng_next(&plan->rng);
        int64_t age = (int64_t)(hash % 100) * GEN_DAY_MS + (int64_t)(hash >> 40);
        line->post.account = gen_account_stranger(plan->people, hash);
        line->post.id = gen_snowflake_at(t - age) | (hash & 0x3fffff);
        plan->truth->totals.strangers_deletes++;
        return true;
    }
    if (!gen_recent_take_deletable(&plan->recent, &plan->rng, &taken)) {
        return false;
    }
    line->post.account = taken.account;
    line->post.id = taken.id;
    return true;
}

/* A planted account takes one of its posts back. False: this event is no such
 * thing. */
static bool plan_regret(struct gen_plan *plan, const struct gen_event *event,
                        struct gen_line *line)
{
    const struct gen_act *act =
        event->act == GEN_NO_ACT ? NULL : &plan->acts->list[event->act];
    if (act == NULL ||
        (act->deed != GEN_DEED_DELETE && act->deed != GEN_DEED_DELETE_UNTIMED)) {
        return false;
    }
    const struct gen_post *post = &plan->pools[GEN_POOL_PURGED].list[act->number];
    memset(line, 0, sizeof(*line));
    line->type = GEN_LINE_DELETE;
    line->untimed = act->deed == GEN_DEED_DELETE_UNTIMED;
    line->t = event->t;
    line->post.account = post->account;
    line->post.id = post->id;
    return true;
}

/* The next distinct line in order of time. */
static int next_line(struct gen_plan *plan, struct gen_line *line)
{
    if (plan->has_spare) {
        *line = plan->spare;
        plan->has_spare = false;
        gen_truth_count_line(plan->truth, line);
        return 1;
    }
    while (plan->event_at == plan->event_count) {
        if (plan->hour == plan->hours) {
            return 0;
        }
        if (fill_hour(plan) != 0) {
            return -ENOMEM;
        }
    }
    const struct gen_event *event = &plan->events[plan->event_at++];
    if (plan_regret(plan, event, line)) {
        gen_truth_count_line(plan->truth, line);
        return 1;
    }
    uint32_t *statuses = &plan->statuses[event->account];
    plan->truth->totals.authors += *statuses == 0;
    *statuses += 1;
    gen_compose_line(plan, event, next_id(plan, event->t), line);
    gen_truth_count_line(plan->truth, line);
    if (event->act == GEN_NO_ACT || plan->acts->list[event->act].deed != GEN_DEED_REGRET) {
        gen_recent_add_deletable(&plan->recent, &line->post);
    }
    if (gen_rng_chance(&plan->rng, plan->options->deletes_ppm)) {
        plan->has_spare = plan_delete(plan, event->t, &plan->spare);
    }
    return 1;
}

/* A second copy leaves up to 4096 lines later, if there is room to keep it. */
static void keep_copy(struct gen_plan *plan, const struct gen_line *line)
{
    if (plan->pending_count < GEN_PENDING_MAX) {
        struct gen_pending *copy = &plan->pending[plan->pending_count++];
        copy->due = plan->left + 1 + gen_rng_below(&plan->rng, 4096);
        copy->line = *line;
    }
}

static bool take_copy(struct gen_plan *plan, bool at_end, struct gen_line *line)
{
    for (unsigned i = 0; i < plan->pending_count; i++) {
        if (at_end || plan->pending[i].due <= plan->left) {
            *line = plan->pending[i].line;
            plan->pending[i] = plan->pending[--plan->pending_count];
            bool post = line->type == GEN_LINE_POST;
            plan->truth->totals.lines++;
            plan->truth->totals.duplicates++;
            plan->truth->totals.duplicate_posts += post;
            plan->truth->totals.duplicate_deletes += !post;
            return true;
        }
    }
    return false;
}

static int fill_window(struct gen_plan *plan)
{
    plan->window_at = 0;
    plan->window_count = 0;
    while (plan->window_count < GEN_WINDOW_LINES) {
        struct gen_line *line = &plan->window[plan->window_count];
        if (!take_copy(plan, false, line)) {
            int got = next_line(plan, line);
            if (got < 0) {
                return got;
            }
            if (got == 0 && !take_copy(plan, true, line)) {
                break;
            }
            if (got == 1 && gen_rng_chance(&plan->rng, plan->options->duplicates_ppm)) {
                keep_copy(plan, line);
            }
        }
        plan->window_count++;
        plan->left++;
    }
    for (unsigned i = 0; i + 1 < plan->window_count; i++) {
        unsigned reach = plan->window_count - i < 4 ? plan->window_count - i : 4;
        unsigned other = i + gen_rng_below(&plan->rng, reach);
        struct gen_line line = plan->window[i];
        plan->window[i] = plan->window[other];
        plan->window[other] = line;
    }
    return 0;
}

int gen_plan_next(struct gen_plan *plan, struct gen_line *line)
{
    if (plan->window_at == plan->window_count) {
        int failed = fill_window(plan);
        if (failed != 0) {
            return failed;
        }
    }
    if (plan->window_count == 0) {
        return plan->truth->failed;
    }
    *line = plan->window[plan->window_at++];
    return 1;
}

double gen_plan_done(const struct gen_plan *plan)
{
    return (double)plan->hour / (double)plan->hours;
}
