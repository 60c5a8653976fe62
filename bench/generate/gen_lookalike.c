#include "gen_lookalike.h"

#include "gen_calendar.h"
#include "gen_campaign.h"
#include "gen_client.h"

enum { SCHEDULER_POSTS = 300, RESIDENT_POSTS = 200, NEWSROOM_POSTS = 320,
       STAR_POSTS = 150, FAN_POSTS = 60, WITNESS_POSTS = 40 };

#define NEWSROOM_OFFSET_MS (-5 * GEN_HOUR_MS)
#define FAN_OFFSET_MS (9 * GEN_HOUR_MS)

static void speak(struct gen_planted *self, uint8_t language, uint8_t client)
{
    self->language = self->language_first = language;
    self->client = self->client_first = client;
}

void gen_add_scheduler(struct gen_acts *acts, struct gen_population *people,
                       uint32_t plant, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 300, 980);
    int64_t hour = stretch.from / GEN_HOUR_MS + 1 + plant % 100;
    int64_t hours = (stretch.to - stretch.from) / GEN_HOUR_MS - plant % 100 - 1;
    int64_t every = hours / SCHEDULER_POSTS;
    every = every > 7 ? 7 : every < 1 ? 1 : every; /* 7: the hour wanders */
    self->created = people->from - (100 + plant % 100) * GEN_DAY_MS;
    self->followers_base = 200 + gen_rng_below(rng, 5000);
    self->readers = true;
    speak(self, plant & 1 ? GEN_ENGLISH : GEN_CHINESE,
          plant & 1 ? GEN_BUFFER : GEN_DLVRIT);
    for (uint32_t i = 0; i < SCHEDULER_POSTS; i++) {
        int64_t t = (hour + i * every) * GEN_HOUR_MS + gen_rng_below(rng, 400);
        if (t < stretch.to) {
            gen_acts_add(acts, people->ordinary + plant, t, GEN_DEED_SCHEDULE);
        }
    }
}

void gen_add_resident(struct gen_acts *acts, struct gen_population *people,
                      uint32_t plant, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 10, 990);
    self->created = people->from - (int64_t)gen_rng_below(rng, 1500) * GEN_DAY_MS;
    self->followers_base = 30 + gen_rng_below(rng, 2000);
    self->readers = true;
    speak(self, GEN_CHINESE, plant & 1 ? GEN_IPHONE : GEN_ANDROID);
    for (uint32_t i = 0; i < RESIDENT_POSTS; i++) {
        int64_t t = gen_leisure_time(rng, stretch, GEN_CAMPAIGN_OFFSET_MS);
        gen_acts_add(acts, people->ordinary + plant, t, GEN_DEED_LIVE);
    }
}

void gen_add_newsroom(struct gen_acts *acts, struct gen_population *people,
                      uint32_t plant, struct gen_rng *rng)
{
    static const uint8_t clients[] = {GEN_TWEETDECK, GEN_IFTTT, GEN_HOOTSUITE, GEN_DLVRIT};
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 500, 980);
    self->created = people->from - (int64_t)(400 + gen_rng_below(rng, 1500)) * GEN_DAY_MS;
    self->followers_base = 20000 + gen_rng_below(rng, 400000);
    self->readers = true;
    self->verified = plant % 3 != 0;
    speak(self, GEN_ENGLISH, clients[plant % sizeof(clients)]);
    for (uint32_t i = 0; i < NEWSROOM_POSTS; i++) {
        int64_t t = gen_office_time(rng, stretch, NEWSROOM_OFFSET_MS);
        gen_acts_add(acts, people->ordinary + plant, t, GEN_DEED_PUBLISH);
    }
}

void gen_add_star(struct gen_acts *acts, struct gen_population *people,
                  uint32_t plant, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 500, 950);
    self->created = people->from - (int64_t)gen_rng_below(rng, 1500) * GEN_DAY_MS;
    self->followers_base = 150000 + gen_rng_below(rng, 900000);
    self->readers = self->verified = true;
    speak(self, GEN_KOREAN, GEN_IPHONE);
    for (uint32_t i = 0; i < STAR_POSTS; i++) {
        int64_t t = gen_leisure_time(rng, stretch, FAN_OFFSET_MS);
        gen_acts_add(acts, people->ordinary + plant, t, GEN_DEED_SHINE);
    }
}

/* Two posts of three of the star's, three seconds to ten minutes later. */
void gen_add_fan(struct gen_acts *acts, struct gen_population *people, uint32_t plant,
                 const int64_t *star_times, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 300, 990);
    uint32_t account = people->ordinary + plant;
    int64_t ages = (stretch.from - gen_date_ms(2008, 6, 1)) / GEN_DAY_MS;
    self->created = stretch.from - gen_rng_below(rng, (uint32_t)ages) * GEN_DAY_MS;
    self->followers_base = 5 + gen_rng_below(rng, 800);
    self->readers = true;
    speak(self, plant % 4 == 0 ? GEN_THAI : plant % 4 == 1 ? GEN_ENGLISH : GEN_KOREAN,
          plant & 1 ? GEN_IPHONE : GEN_ANDROID);
    for (uint32_t i = 0; i < acts->pools[GEN_POOL_STAR]; i++) {
        uint32_t dice = gen_rng_below(rng, 12);
        uint32_t delay = dice < 4 ? 27000 : 597000;
        if (dice < 8) {
            gen_acts_add_numbered(acts, account,
                                  star_times[i] + 3000 + gen_rng_below(rng, delay),
                                  GEN_DEED_CHEER, i);
        }
    }
    for (uint32_t i = 0; i < FAN_POSTS; i++) {
        int64_t t = gen_leisure_time(rng, stretch, FAN_OFFSET_MS);
        gen_acts_add(acts, account, t, i % 3 == 0 ? GEN_DEED_CHANT : GEN_DEED_LIVE);
    }
}

int64_t gen_burst_time(const struct gen_population *people)
{
    int64_t t = gen_stretch_of(people, GEN_NEWS_MILLE, 1000).from;
    return t - t % GEN_HOUR_MS;
}

/* Most partake early in the hour; who is first can only report. */
static void add_to_burst(struct gen_acts *acts, const struct gen_population *people,
                         uint32_t account, struct gen_rng *rng)
{
    double unit = gen_rng_unit(rng);
    int64_t t = gen_burst_time(people) + (int64_t)(unit * unit * 3599000);
    bool reports = gen_rng_below(rng, 100) < 15;
    gen_acts_add(acts, account, t, reports ? GEN_DEED_REPORT : GEN_DEED_SPREAD);
}

void gen_add_witness(struct gen_acts *acts, struct gen_population *people,
                     uint32_t plant, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 200, 990);
    uint32_t account = people->ordinary + plant;
    self->created = people->from - (int64_t)gen_rng_below(rng, 2000) * GEN_DAY_MS;
    self->followers_base = 20 + gen_rng_below(rng, 3000);
    self->readers = true;
    speak(self, plant & 1 ? GEN_ENGLISH : GEN_SPANISH, plant & 2 ? GEN_IPHONE : GEN_ANDROID);
    for (uint32_t i = 0; i < WITNESS_POSTS; i++) {
        gen_acts_add(acts, account, gen_leisure_time(rng, stretch, 0), GEN_DEED_LIVE);
    }
    add_to_burst(acts, people, account, rng);
    add_to_burst(acts, people, account, rng);
}

void gen_add_burst(struct gen_acts *acts, const struct gen_population *people,
                   struct gen_rng *rng)
{
    uint32_t wanted = people->ordinary / 2;
    wanted = wanted > GEN_NEWS_ACCOUNTS_MAX ? GEN_NEWS_ACCOUNTS_MAX : wanted;
    for (uint64_t i = 0; i < wanted; i++) {
        uint32_t account = (uint32_t)(i * people->step % people->ordinary);
        if (gen_account_created(people, account) < gen_burst_time(people)) {
            add_to_burst(acts, people, account, rng);
        }
    }
}
