#include "gen_compose.h"

#include <string.h>

#include "gen_calendar.h"
#include "gen_client.h"

/* Kinds of ordinary posts, in percent. The real stream has half retweets and
 * a mean of 5.7 KB; with fewer, that of whole archives. */
enum { PERCENT_RETWEET = 38, PERCENT_REPLY = 22, PERCENT_QUOTE = 5 };

enum { PERCENT_UNDETERMINED = 4, PERCENT_ENGLISH = 5, PERCENT_OTHER_CLIENT = 8 };

/* How long, what with. Shares as in the 2019 stream. */
static void shape_text(struct gen_post *post, struct gen_rng *rng)
{
    uint32_t dice = gen_rng_below(rng, 100);
    uint32_t words = dice < 38 ? 3 + gen_rng_below(rng, 10)
                     : dice < 74 ? 10 + gen_rng_below(rng, 16)
                                 : 24 + gen_rng_below(rng, 22);
    uint32_t tags = gen_rng_below(rng, 100);
    bool reply = post->kind == GEN_REPLY;
    post->words = (uint8_t)words;
    post->hashtags = (uint8_t)(tags < (reply ? 3 : 9) ? 1 : tags > 95 ? 2 : 0);
    post->hashtags = (uint8_t)(tags == 99 ? GEN_HASHTAGS_MAX : post->hashtags);
    post->urls = gen_rng_below(rng, 100) < (reply ? 5u : 26u);
    post->mentions = gen_rng_below(rng, 100) < 7;
    if (gen_rng_below(rng, 100) < (reply ? 8u : 22u)) {
        uint32_t more = gen_rng_below(rng, 10);
        post->photos = (uint8_t)(more < 7 ? 1 : more - 5);
    }
    post->place = gen_rng_below(rng, 100) == 0;
    if (post->language == GEN_UNDETERMINED) {
        post->words = 1;
        post->hashtags = 0;
        post->urls |= post->photos == 0;
    }
}

static uint8_t choose_client(struct gen_plan *plan, const struct gen_post *post,
                             int64_t t)
{
    const struct gen_population *people = plan->people;
    if (gen_account_is_planted(people, post->account)) {
        const struct gen_planted *plant = gen_account_plant(people, post->account);
        bool web = plant->role == GEN_OPERATOR || t >= plant->renamed ||
                   plant->client_first == GEN_WEB_CLIENT;
        return web ? gen_client_web(t) : plant->client_first;
    }
    uint64_t hash = gen_mix2(people->seed, post->account);
    if (gen_rng_below(&plan->rng, 100) < PERCENT_OTHER_CLIENT) {
        hash = gen_rng_next(&plan->rng);
    }
    uint8_t client = gen_client_liked(hash);
    return client == GEN_WEB_CLIENT ? gen_client_web(t) : client;
}

static uint8_t choose_language(struct gen_plan *plan, const struct gen_post *post,
                               int64_t t)
{
    uint8_t language = gen_account_language(plan->people, post->account, t);
    uint32_t dice = gen_rng_below(&plan->rng, 100);
    if (dice < PERCENT_UNDETERMINED) {
        return GEN_UNDETERMINED;
    }
    return dice < PERCENT_UNDETERMINED + PERCENT_ENGLISH ? GEN_ENGLISH : language;
}

/* The post as others see it now: its author's statuses, its own success. */
static struct gen_post embed(const struct gen_plan *plan, const struct gen_post *post)
{
    struct gen_post embedded = *post;
    embedded.statuses = plan->statuses[post->account];
    return embedded;
}

static void make_retweet(struct gen_plan *plan, struct gen_line *line,
                         struct gen_post *original, const struct gen_post *quoted)
{
    original->retweets++;
    original->favourites += 1 + (uint32_t)(line->post.id >> 12 & 3);
    line->inner = embed(plan, original);
    line->post.kind = GEN_RETWEET;
    line->post.language = original->language;
    line->has_quoted = quoted != NULL;
    if (quoted != NULL) {
        line->quoted = embed(plan, quoted);
    }
}

static bool try_retweet(struct gen_plan *plan, struct gen_line *line)
{
    struct gen_recent_post *found = gen_recent_pick(&plan->recent, &plan->rng);
    if (found == NULL || found->post.account == line->post.account) {
        return false;
    }
    make_retweet(plan, line, &found->post, found->has_quoted ? &found->quoted : NULL);
    return true;
}

static bool try_quote(struct gen_plan *plan, struct gen_line *line)
{
    const struct gen_recent_post *found = gen_recent_pick(&plan->recent, &plan->rng);
    if (found == NULL || found->has_quoted) {
        return false;
    }
    line->post.kind = GEN_QUOTE;
    line->has_quoted = true;
    line->quoted = embed(plan, &found->post);
    return true;
}

/* Answers a recent post, or something that a stranger said. */
static void make_reply(struct gen_plan *plan, struct gen_line *line)
{
    const struct gen_recent_post *found = gen_recent_pick(&plan->recent, &plan->rng);
    line->post.kind = GEN_REPLY;
    if (found != NULL && gen_rng_below(&plan->rng, 10) < 6) {
        line->post.reply_id = found->post.id;
        line->post.reply_account = found->post.account;
        return;
    }
    uint64_t hash = gen_rng_next(&plan->rng);
    int64_t age = 1000 + (int64_t)(hash & 0x7fffff);
    line->post.reply_account = gen_account_stranger(plan->people, hash);
    line->post.reply_id = gen_snowflake_at(line->t - age) | (hash >> 20 & 0x3ff000);
}

/* Whatever ordinary accounts do. */
static void live(struct gen_plan *plan, struct gen_line *line)
{
    uint32_t dice = gen_rng_below(&plan->rng, 100);
    line->post.language = choose_language(plan, &line->post, line->t);
    if (dice < PERCENT_RETWEET && try_retweet(plan, line)) {
        return;
    }
    if (dice >= PERCENT_RETWEET && dice < PERCENT_RETWEET + PERCENT_REPLY) {
        make_reply(plan, line);
    } else if (dice >= 100 - PERCENT_QUOTE) {
        try_quote(plan, line);
    }
    shape_text(&line->post, &plan->rng);
}

/* One of the shared texts; the shape goes with the text. */
static void copy(struct gen_plan *plan, struct gen_line *line)
{
    uint32_t text = gen_rng_below(&plan->rng, GEN_CAMPAIGN_TEXTS);
    struct gen_rng rng = {gen_mix2(plan->people->seed, 0xc0 + text)};
    line->post.text_seed = (uint32_t)gen_rng_next(&rng);
    line->post.campaign = true;
    shape_text(&line->post, &rng);
    line->post.words = (uint8_t)(line->post.words + 8);
    line->post.mentions = 0;
    line->post.place = false;
}

/* Retweets a core post of somebody else, of the latest five hundred. */
static void echo(struct gen_plan *plan, struct gen_line *line)
{
    uint32_t made = plan->cores_made;
    uint32_t choice = made < 500 ? made : 500;
    for (uint32_t tries = 0; tries < 8 && choice > 0; tries++) {
        uint32_t core = made - 1 - gen_rng_below(&plan->rng, choice);
        if (plan->cores[core].account != line->post.account) {
            make_retweet(plan, line, &plan->cores[core], NULL);
            return;
        }
    }
    shape_text(&line->post, &plan->rng);
}

static void do_deed(struct gen_plan *plan, const struct gen_act *act,
                    struct gen_line *line)
{
    switch ((enum gen_deed)act->deed) {
    case GEN_DEED_COPY:
        copy(plan, line);
        plan->cores[act->core] = line->post;
        plan->cores_made = act->core + 1;
        break;
    case GEN_DEED_ECHO:
        echo(plan, line);
        break;
    case GEN_DEED_BOOST:
        make_retweet(plan, line, &plan->cores[act->core], NULL);
        break;
    case GEN_DEED_ANSWER:
        make_reply(plan, line);
        shape_text(&line->post, &plan->rng);
        break;
    case GEN_DEED_LIVE:
        live(plan, line);
        break;
    case GEN_DEED_SCHEDULE:
    case GEN_DEED_SAY:
        shape_text(&line->post, &plan->rng);
        line->post.urls |= act->deed == GEN_DEED_SCHEDULE;
        break;
    }
}

/* Whose posts strangers come upon: not those of the core, who has no readers. */
static bool has_readers(const struct gen_plan *plan, const struct gen_post *post)
{
    if (!gen_account_is_planted(plan->people, post->account)) {
        return true;
    }
    uint8_t role = gen_account_plant(plan->people, post->account)->role;
    return role == GEN_SCHEDULER || role == GEN_RESIDENT;
}

void gen_compose_line(struct gen_plan *plan, const struct gen_event *event,
                      uint64_t id, struct gen_line *line)
{
    struct gen_post *post = &line->post;
    memset(line, 0, sizeof(*line));
    line->t = event->t;
    line->type = GEN_LINE_POST;
    post->id = id;
    post->account = event->account;
    post->statuses = plan->statuses[event->account];
    post->text_seed = (uint32_t)gen_mix2(plan->people->seed, id);
    post->kind = GEN_ORIGINAL;
    post->client = choose_client(plan, post, line->t);
    post->language = gen_account_language(plan->people, post->account, line->t);
    if (event->act == GEN_NO_ACT) {
        live(plan, line);
    } else {
        do_deed(plan, &plan->campaign->acts[event->act], line);
    }
    if ((post->kind == GEN_ORIGINAL || post->kind == GEN_QUOTE) &&
        has_readers(plan, post)) {
        gen_recent_add(&plan->recent, line, &plan->rng);
    }
}
