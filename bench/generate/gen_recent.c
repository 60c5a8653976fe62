#include "gen_recent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int gen_recent_open(struct gen_recent *recent)
{
    memset(recent, 0, sizeof(*recent));
    recent->posts = calloc(GEN_RECENT_POSTS, sizeof(*recent->posts));
    recent->deletable = calloc(GEN_RECENT_DELETABLE, sizeof(*recent->deletable));
    if (recent->posts == NULL || recent->deletable == NULL) {
        gen_recent_close(recent);
        return -ENOMEM;
    }
    return 0;
}

void gen_recent_close(struct gen_recent *recent)
{
    free(recent->posts);
    free(recent->deletable);
    memset(recent, 0, sizeof(*recent));
}

void gen_recent_add(struct gen_recent *recent, const struct gen_line *line,
                    struct gen_rng *rng)
{
    uint64_t number = recent->posts_seen++;
    struct gen_recent_post *slot = &recent->posts[number % GEN_RECENT_POSTS];
    slot->post = line->post;
    slot->has_quoted = line->has_quoted;
    if (line->has_quoted) {
        slot->quoted = line->quoted;
    }
    if (gen_rng_below(rng, 12) == 0) {
        recent->hot[gen_rng_below(rng, GEN_RECENT_HOT)] = number;
    }
}

void gen_recent_add_deletable(struct gen_recent *recent, const struct gen_post *post)
{
    uint64_t number = recent->deletable_seen++;
    recent->deletable[number % GEN_RECENT_DELETABLE] =
        (struct gen_deletable){.id = post->id, .account = post->account};
}

struct gen_recent_post *gen_recent_pick(struct gen_recent *recent, struct gen_rng *rng)
{
    uint64_t seen = recent->posts_seen;
    if (seen == 0) {
        return NULL;
    }
    uint64_t held = seen < GEN_RECENT_POSTS ? seen : GEN_RECENT_POSTS;
    double unit = gen_rng_unit(rng);
    uint64_t number = seen - 1 - (uint64_t)(unit * unit * (double)held);
    if (gen_rng_below(rng, 100) < 10) {
        uint64_t hot = recent->hot[gen_rng_below(rng, GEN_RECENT_HOT)];
        number = hot + held > seen ? hot : number;
    }
    return &recent->posts[number % GEN_RECENT_POSTS];
}

bool gen_recent_take_deletable(struct gen_recent *recent, struct gen_rng *rng,
                               struct gen_deletable *taken)
{
    uint64_t seen = recent->deletable_seen;
    uint32_t held =
        seen < GEN_RECENT_DELETABLE ? (uint32_t)seen : GEN_RECENT_DELETABLE;
    if (held == 0) {
        return false;
    }
    uint64_t number = seen - 1 - gen_rng_below(rng, held);
    struct gen_deletable *slot = &recent->deletable[number % GEN_RECENT_DELETABLE];
    *taken = *slot;
    slot->id = 0;
    return taken->id != 0;
}
