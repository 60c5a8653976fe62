#include "gen_compose.h"

#include <string.h>

#include "gen_calendar.h"
#include "gen_campaign.h"
#include "gen_client.h"

/* Kinds of ordinary posts, in percent. The real stream has half retweets and
 * a mean of 5.7 KB; with fewer, that of whole archives. */
enum { PERCENT_RETWEET = 38, PERCENT_REPLY = 22, PERCENT_QUOTE = 5 };

/* Where the seeds of shared texts begin. */
enum { BOOK_OF_CAMPAIGN = 0xc0, BOOK_OF_PARROT = 0x10000 };

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
        uint8_t client = t < plant->turned ? plant->client_first : plant->client;
        return client == GEN_WEB_CLIENT ? gen_client_web(t) : client;
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

/* One of so many texts; the shape goes with the text. */
static void copy_text(struct gen_plan *plan, struct gen_line *line, uint32_t texts,
                      uint64_t book)
{
    uint32_t text = gen_rng_below(&plan->rng, texts);
    struct gen_rng rng = {gen_mix2(plan->people->seed, book + text)};
    line->post.text_seed = (uint32_t)gen_rng_next(&rng);
    shape_text(&line->post, &rng);
    line->post.words = (uint8_t)(line->post.words + 8);
    line->post.mentions = 0;
    line->post.place = false;
}

static void copy(struct gen_plan *plan, struct gen_line *line)
{
    line->post.topic = GEN_TOPIC_CAMPAIGN;
    copy_text(plan, line, GEN_CAMPAIGN_TEXTS, BOOK_OF_CAMPAIGN);
}

static void parrot(struct gen_plan *plan, struct gen_line *line)
{
    copy_text(plan, line, 6, BOOK_OF_PARROT + line->post.account * 8);
    line->post.hashtags = 0;
    line->post.hand = (uint8_t)gen_rng_below(&plan->rng, GEN_HAND_SPACED + 1);
}

/* Retweets one of the latest `choice` of a pool, of somebody else. */
static void pass_on(struct gen_plan *plan, struct gen_line *line, unsigned pool,
                    uint32_t choice)
{
    struct gen_posts *posts = &plan->pools[pool];
    choice = posts->made < choice ? posts->made : choice;
    for (uint32_t tries = 0; tries < 8 && choice > 0; tries++) {
        uint32_t number = posts->made - 1 - gen_rng_below(&plan->rng, choice);
        if (posts->list[number].account != line->post.account) {
            make_retweet(plan, line, &posts->list[number], NULL);
            return;
        }
    }
    shape_text(&line->post, &plan->rng);
}

static void report(struct gen_plan *plan, struct gen_line *line)
{
    shape_text(&line->post, &plan->rng);
    line->post.topic = GEN_TOPIC_NEWS;
    line->post.site = GEN_SITE_NEWS;
    line->post.hashtags = line->post.urls = 1;
}

/* In no language and by no client for long; sometimes a retweet by hand. */
static void babble(struct gen_plan *plan, struct gen_line *line)
{
    struct gen_post *post = &line->post;
    static const uint8_t clients[] = {GEN_IPHONE, GEN_TWEETDECK, GEN_IFTTT, GEN_FACEBOOK,
                                      GEN_WEB_CLIENT};
    uint8_t client = clients[gen_rng_below(&plan->rng, sizeof(clients))];
    post->client = client == GEN_WEB_CLIENT ? gen_client_web(line->t) : client;
    post->language = (uint8_t)gen_rng_below(&plan->rng, GEN_UNDETERMINED);
    uint32_t dice = gen_rng_below(&plan->rng, 10);
    if (dice == 0 && try_retweet(plan, line)) {
        return;
    }
    if (dice == 1 || dice == 2) {
        make_reply(plan, line);
    } else if (dice == 3) {
        try_quote(plan, line);
    }
    if (dice == 2 || dice == 4 || dice == 5) {
        post->manual = true;
        post->reply_account = dice == 2 ? post->reply_account
            : gen_account_stranger(plan->people, gen_rng_next(&plan->rng));
    }
    shape_text(post, &plan->rng);
}

/* Of its own latest original; an original if there is none. */
static void mirror(struct gen_plan *plan, struct gen_line *line)
{
    struct gen_post *own = gen_plan_own(plan, line->post.account);
    uint32_t dice = gen_rng_below(&plan->rng, 4);
    if (own->id != 0 && dice == 0) {
        make_retweet(plan, line, own, NULL);
        return;
    }
    if (own->id != 0 && dice == 1) {
        line->post.kind = GEN_REPLY;
        line->post.reply_id = own->id;
        line->post.reply_account = own->account;
    } else if (own->id != 0 && dice == 2) {
        line->post.kind = GEN_QUOTE;
        line->has_quoted = true;
        line->quoted = embed(plan, own);
    }
    shape_text(&line->post, &plan->rng);
}

/* The deeds that make an original of some shape. */
static void say(struct gen_plan *plan, enum gen_deed deed, struct gen_line *line)
{
    struct gen_post *post = &line->post;
    shape_text(post, &plan->rng);
    switch (deed) {
    case GEN_DEED_SCHEDULE:
        post->urls = 1;
        break;
    case GEN_DEED_PUBLISH:
        post->urls = 1;
        post->site = GEN_SITE_NEWSROOM;
        break;
    case GEN_DEED_SHINE:
    case GEN_DEED_CHANT: /* one hashtag there is: two uses of it now and then */
        post->topic = GEN_TOPIC_FANS;
        post->hashtags = post->hashtags > 1 ? 2 : 1;
        break;
    case GEN_DEED_MURMUR:
        post->hashtags = post->urls = post->mentions = post->photos = 0;
        break;
    default:
        break;
    }
}

static void keep_in_pool(struct gen_plan *plan, const struct gen_act *act,
                         const struct gen_post *post)
{
    plan->pools[act->deed].list[act->number] = *post;
    plan->pools[act->deed].made = act->number + 1;
}

/* What answers to posts of others. */
static void respond(struct gen_plan *plan, const struct gen_act *act, struct gen_line *line)
{
    struct gen_post *cores = plan->pools[GEN_POOL_CORE].list;
    struct gen_post *stars = plan->pools[GEN_POOL_STAR].list;
    switch ((enum gen_deed)act->deed) {
    case GEN_DEED_ECHO: pass_on(plan, line, GEN_POOL_CORE, 500); break;
    case GEN_DEED_SPREAD:
        pass_on(plan, line, GEN_POOL_NEWS, 24);
        if (line->post.kind == GEN_ORIGINAL) {
            report(plan, line);
        }
        break;
    case GEN_DEED_BOOST: make_retweet(plan, line, &cores[act->number], NULL); break;
    case GEN_DEED_CHEER: make_retweet(plan, line, &stars[act->number], NULL); break;
    case GEN_DEED_FORWARD:
        if (!try_retweet(plan, line)) {
            shape_text(&line->post, &plan->rng);
        }
        break;
    default: /* GEN_DEED_ANSWER */
        make_reply(plan, line);
        shape_text(&line->post, &plan->rng);
        break;
    }
}

static void do_deed(struct gen_plan *plan, const struct gen_act *act,
                    struct gen_line *line)
{
    switch ((enum gen_deed)act->deed) {
    case GEN_DEED_COPY: copy(plan, line); break;
    case GEN_DEED_REPORT: report(plan, line); break;
    case GEN_DEED_LIVE: live(plan, line); break;
    case GEN_DEED_BABEL: babble(plan, line); break;
    case GEN_DEED_MIRROR: mirror(plan, line); break;
    case GEN_DEED_PARROT: parrot(plan, line); break;
    case GEN_DEED_ECHO:
    case GEN_DEED_SPREAD:
    case GEN_DEED_BOOST:
    case GEN_DEED_CHEER:
    case GEN_DEED_FORWARD:
    case GEN_DEED_ANSWER: respond(plan, act, line); break;
    default: say(plan, (enum gen_deed)act->deed, line); break;
    }
    if (act->deed < GEN_POOLS) {
        keep_in_pool(plan, act, &line->post);
    }
}

/* Whose posts strangers come upon: not those of the core, who has no readers. */
static bool has_readers(const struct gen_plan *plan, const struct gen_post *post)
{
    return !gen_account_is_planted(plan->people, post->account) ||
           gen_account_plant(plan->people, post->account)->readers;
}

/* Of a planted account: its age shows, and it knows what it said. */
static void remember_own(struct gen_plan *plan, struct gen_line *line)
{
    struct gen_post *post = &line->post;
    if (!gen_account_is_planted(plan->people, post->account)) {
        return;
    }
    post->bare = gen_account_plant(plan->people, post->account)->bare;
    if (post->bare) { /* fits 140 code points */
        post->words = post->words % 8;
        post->photos = 0;
    }
    if (post->kind == GEN_ORIGINAL) {
        *gen_plan_own(plan, post->account) = *post;
    }
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
        do_deed(plan, &plan->acts->list[event->act], line);
    }
    remember_own(plan, line);
    if ((post->kind == GEN_ORIGINAL || post->kind == GEN_QUOTE) &&
        has_readers(plan, post)) {
        gen_recent_add(&plan->recent, line, &plan->rng);
    }
}
