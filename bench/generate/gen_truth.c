#include "gen_truth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_campaign.h"

enum rank { EMBEDDED, AUTHOR };

int gen_truth_open(struct gen_truth *truth, const struct gen_population *people)
{
    memset(truth, 0, sizeof(*truth));
    truth->people = people;
    truth->accounts = calloc(people->planted + 1u, sizeof(*truth->accounts));
    return truth->accounts == NULL ? -ENOMEM : 0;
}

void gen_truth_close(struct gen_truth *truth)
{
    for (uint32_t i = 0; truth->accounts != NULL && i < truth->people->planted; i++) {
        gen_tally_free(&truth->accounts[i].targets);
        gen_tally_free(&truth->accounts[i].retweeters);
    }
    free(truth->accounts);
    memset(truth, 0, sizeof(*truth));
}

static struct gen_account_truth *find_account(struct gen_truth *truth,
                                              uint32_t account)
{
    if (!gen_account_is_planted(truth->people, account)) {
        return NULL;
    }
    return &truth->accounts[account - truth->people->ordinary];
}

/* At equal times the author outranks the embedded, then the greater value. */
static void observe(struct gen_register *seen, int64_t t, enum rank rank,
                    uint32_t value)
{
    if (!seen->seen) {
        *seen = (struct gen_register){t, t, value, value, value, value,
                                      (uint8_t)rank, (uint8_t)rank, true};
        return;
    }
    bool outranks = rank > seen->last_rank ||
                    (rank == seen->last_rank && value > seen->last);
    if (t > seen->last_t || (t == seen->last_t && outranks)) {
        seen->last_t = t;
        seen->last_rank = (uint8_t)rank;
        seen->last = value;
    }
    outranks = rank > seen->first_rank ||
               (rank == seen->first_rank && value > seen->first);
    if (t < seen->first_t || (t == seen->first_t && outranks)) {
        seen->first_t = t;
        seen->first_rank = (uint8_t)rank;
        seen->first = value;
    }
    seen->min = value < seen->min ? value : seen->min;
    seen->max = value > seen->max ? value : seen->max;
}

static void count_observation(struct gen_truth *truth, const struct gen_post *post,
                              int64_t t, enum rank rank)
{
    struct gen_account_truth *self = find_account(truth, post->account);
    struct gen_profile profile;
    if (self == NULL) {
        return;
    }
    gen_account_profile(truth->people, post->account, t, &profile);
    observe(&self->followers, t, rank, profile.followers);
    observe(&self->friends, t, rank, profile.friends);
    observe(&self->statuses, t, rank, profile.statuses_base + post->statuses);
    self->versions |= 1u << profile.version;
    if (self->first_observed == 0) {
        self->first_observed = t;
    }
    self->last_observed = t;
}

static void count_bin(struct gen_day_count *count, int64_t bin)
{
    if (count->bins == 0 || count->bin != bin) {
        count->bin = bin;
        count->bins++;
        count->now = 0;
    }
    count->now++;
    count->max = count->now > count->max ? count->now : count->max;
}

static void count_clock(struct gen_account_truth *self, int64_t t)
{
    struct gen_clock local;
    gen_clock_at(t + GEN_CAMPAIGN_OFFSET_MS, &local);
    self->hours[local.hour]++;
    self->weekdays[local.weekday]++;
    self->work_posts += local.weekday < 5 && local.hour >= 9 && local.hour < 18;
    count_bin(&self->days, t / GEN_DAY_MS);
    count_bin(&self->day_hours, t / GEN_HOUR_MS);
}

/* Posts arrive in order of (time, id), so gaps need only the last one. */
static void count_gap(struct gen_account_truth *self, int64_t t, uint64_t id)
{
    int64_t gap = t - self->last_t;
    bool first = self->first_id == 0;
    if (first) {
        self->first_t = t;
        self->first_id = id;
    } else {
        self->gaps_1s += gap <= GEN_SECOND_MS;
        self->gaps_10s += gap <= 10 * GEN_SECOND_MS;
        self->gaps_60s += gap <= GEN_MINUTE_MS;
        self->gaps_180d += gap >= 180 * GEN_DAY_MS;
        if (gap > self->longest_gap) {
            self->longest_gap = gap;
            self->dormant_from = self->last_t;
            self->dormant_from_id = self->last_id;
            self->dormant_to = t;
            self->dormant_to_id = id;
        }
    }
    if (first || gap >= 30 * GEN_MINUTE_MS) {
        self->sessions++;
        self->session_from = t;
    }
    int64_t session = t - self->session_from;
    self->session_longest =
        session > self->session_longest ? session : self->session_longest;
    self->last_t = t;
    self->last_id = id;
}

static void count_content(struct gen_account_truth *self, const struct gen_post *post)
{
    uint32_t mentions = post->mentions + (post->kind == GEN_REPLY ? 1u : 0u);
    self->hashtags += post->hashtags;
    self->urls += post->urls;
    self->mentions += mentions;
    self->with_hashtag += post->hashtags > 0;
    self->with_url += post->urls > 0;
    self->with_mention += mentions > 0;
    self->with_media += post->photos > 0;
}

static void count_retweet(struct gen_truth *truth, const struct gen_line *line)
{
    struct gen_account_truth *self = find_account(truth, line->post.account);
    struct gen_account_truth *target = find_account(truth, line->inner.account);
    int64_t delay = line->t - gen_snowflake_ms(line->inner.id);
    if (self != NULL) {
        self->fast_10s += delay <= 10 * GEN_SECOND_MS;
        self->fast_60s += delay <= GEN_MINUTE_MS;
        truth->failed |= gen_tally_add(&self->targets, line->inner.account);
    }
    if (target != NULL && target != self) {
        target->retweets_received++;
        truth->failed |= gen_tally_add(&target->retweeters, line->post.account);
    }
}

static void count_own_post(struct gen_account_truth *self, const struct gen_line *line)
{
    const struct gen_post *post = &line->post;
    self->kinds[post->kind]++;
    self->clients[post->client]++;
    self->languages[post->language]++;
    count_clock(self, line->t);
    count_gap(self, line->t, post->id);
    if (post->kind != GEN_RETWEET) {
        count_content(self, post);
    }
    self->self_interactions +=
        (post->kind == GEN_RETWEET && line->inner.account == post->account) ||
        (post->kind == GEN_REPLY && post->reply_account == post->account) ||
        (post->kind == GEN_QUOTE && line->quoted.account == post->account);
}

void gen_truth_count_line(struct gen_truth *truth, const struct gen_line *line)
{
    struct gen_account_truth *self = find_account(truth, line->post.account);
    truth->totals.lines++;
    if (line->type == GEN_LINE_DELETE) {
        truth->totals.deletes++;
        if (self != NULL) {
            self->deletes++;
        }
        return;
    }
    truth->totals.posts++;
    truth->totals.kinds[line->post.kind]++;
    if (self != NULL) {
        count_own_post(self, line);
    }
    count_observation(truth, &line->post, line->t, AUTHOR);
    if (line->post.kind == GEN_RETWEET) {
        count_retweet(truth, line);
        count_observation(truth, &line->inner, line->t, EMBEDDED);
    }
    if (line->has_quoted) {
        count_observation(truth, &line->quoted, line->t, EMBEDDED);
    }
}
