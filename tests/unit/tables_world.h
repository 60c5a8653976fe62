#ifndef SANDPIPER_TESTS_TABLES_WORLD_H
#define SANDPIPER_TESTS_TABLES_WORLD_H

#include "stages/reduce/reduce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Accounts with posts that hold everything the tables beside accounts tell
 * of, drawn from a seed; and cursors over them. A post may have equal copies.
 */
#define WORLD_ACCOUNTS 500
#define WORLD_POSTS 60           /* of an account, copies included */
#define WORLD_TAGS 2500
#define WORLD_DOMAINS 60
#define WORLD_CLIENTS 12
#define WORLD_LANGUAGES 5
#define WORLD_USES 4             /* of hashtags or domains in a post */
#define WORLD_LABEL_BYTES 48
#define DAY_ONE INT64_C(16000)   /* 2013 */

struct world_label {
    char bytes[WORLD_LABEL_BYTES];
    uint32_t size;
};

struct world_post {
    struct fact fact;
    struct fact_lists lists;
    uint8_t bytes[2][WORLD_USES * (WORLD_LABEL_BYTES + TEXT_LIST_EXTRA)];
    uint32_t tags[WORLD_USES], domains[WORLD_USES];
    uint32_t tag_count, domain_count;
    bool copy;                   /* of the post before it */
};

struct world_account {
    enum platform platform;
    char name[32];
    struct id id;
    struct profile profile;
    bool listed;
    struct world_post posts[WORLD_POSTS];
    size_t post_count;
    struct deletion deletions[4];
    size_t deletion_count;
};

struct world {
    struct world_account accounts[WORLD_ACCOUNTS];
    struct world_label tags[WORLD_TAGS], domains[WORLD_DOMAINS];
    struct text clients[WORLD_CLIENTS], languages[WORLD_LANGUAGES];
    struct dictionaries names;
    uint32_t partitions;
    uint64_t seed;
};

static inline uint32_t world_draw(struct world *world, uint32_t below)
{
    world->seed =
        world->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((world->seed >> 33) % below);
}

/* Small numbers often. */
static inline uint32_t world_draw_steep(struct world *world, uint32_t below)
{
    uint64_t at = world_draw(world, below);
    return (uint32_t)(at * world_draw(world, below) / below);
}

static inline struct text world_text(const struct world_label *label)
{
    return (struct text){label->bytes, label->size};
}

static inline void world_make_labels(struct world *world)
{
    for (uint32_t i = 0; i < WORLD_TAGS; i++) {
        struct world_label *tag = &world->tags[i];
        /* Short ones, one prefix for many, ends that are NUL, nothing. */
        const char *form = i % 3 == 0   ? "t%u"
                           : i % 3 == 1 ? "one-prefix-for-many-%u"
                                        : "fifteen-bytes-%u";
        int size = snprintf(tag->bytes, sizeof tag->bytes, form, i * 7919 % 9973);
        tag->size = (uint32_t)size;
        if (i % 11 == 0)
            tag->bytes[tag->size++] = '\0';
        if (i == 5)
            tag->size = 0;
    }
    /* Alike but for a NUL at the end. */
    memcpy(world->tags[7].bytes, "a\0", 2);
    world->tags[7].size = 2;
    memcpy(world->tags[8].bytes, "a", 1);
    world->tags[8].size = 1;
    for (uint32_t i = 0; i < WORLD_DOMAINS; i++)
        world->domains[i].size = (uint32_t)snprintf(
            world->domains[i].bytes, WORLD_LABEL_BYTES, "host-%u.example", i);
    static const char *const clients[WORLD_CLIENTS] = {
        "App", "Buffer", "Client 03", "Client 04", "Client 05", "Client 06",
        "Client 07", "Client 08", "Client 09", "Twitter Web App", "Zed", "\xe5\xbe\xae"};
    static const char *const languages[WORLD_LANGUAGES] = {"ar", "en", "fr",
                                                           "ja", "zh"};
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        world->clients[i] =
            (struct text){clients[i], (uint32_t)strlen(clients[i])};
    for (uint32_t i = 0; i < WORLD_LANGUAGES; i++)
        world->languages[i] =
            (struct text){languages[i], (uint32_t)strlen(languages[i])};
    world->names = (struct dictionaries){
        .clients = {WORLD_CLIENTS, world->clients},
        .languages = {WORLD_LANGUAGES, world->languages}};
}

static inline void world_make_lists(struct world *world,
                                    struct world_post *post)
{
    uint8_t *to = post->bytes[0];
    post->tag_count = world_draw(world, WORLD_USES + 1);
    for (uint32_t i = 0; i < post->tag_count; i++) {
        post->tags[i] = i && world_draw(world, 4) == 0
                            ? post->tags[i - 1]
                            : world_draw_steep(world, WORLD_TAGS);
        to = text_list_put(to, world_text(&world->tags[post->tags[i]]));
    }
    post->lists.hashtags = (struct text_list){
        post->bytes[0], (uint32_t)(to - post->bytes[0]), post->tag_count};
    to = post->bytes[1];
    post->domain_count = world_draw(world, 3);
    for (uint32_t i = 0; i < post->domain_count; i++) {
        post->domains[i] = world_draw_steep(world, WORLD_DOMAINS);
        to = text_list_put(to, world_text(&world->domains[post->domains[i]]));
    }
    post->lists.domains = (struct text_list){
        post->bytes[1], (uint32_t)(to - post->bytes[1]), post->domain_count};
}

static inline void world_make_post(struct world *world,
                                   struct world_account *account, uint64_t id)
{
    struct world_post *post = &account->posts[account->post_count++];
    *post = (struct world_post){
        .fact = {.post = id, .original_time = TIME_NONE,
                 .statuses = COUNT_NONE, .followers = COUNT_NONE,
                 .time = (DAY_ONE + world_draw_steep(world, 40)) * MS_PER_DAY +
                         world_draw(world, 86400000),
                 .kind = (uint8_t)world_draw(world, POST_KINDS),
                 .client = world_draw(world, WORLD_CLIENTS + 1),
                 .language = world_draw_steep(world, WORLD_LANGUAGES + 1)}};
    struct fact *fact = &post->fact;
    if (fact->kind == KIND_RETWEET)
        fact->target = 1 + world_draw(world, 50);
    if (fact->kind != KIND_RETWEET && world_draw(world, 2)) {
        fact->flags |= FACT_HAS_TEXT;
        fact->text_hash = UINT64_C(0x0123456789abcdef) * (id + 1) | 1;
    }
    if (world_draw(world, 4) == 0)
        return;
    world_make_lists(world, post);
    fact->lists = &post->lists;
}

static inline void world_make_account(struct world *world, uint32_t i)
{
    struct world_account *account = &world->accounts[i];
    memset(account, 0, sizeof *account);
    account->platform = (enum platform)(i % 5 % PLATFORM_COUNT);
    snprintf(account->name, sizeof account->name,
             i % 4 ? "%u" : "text-that-is-long-%u", i * 7919 + 1);
    account->id = id_from_text((struct text){
        account->name, (uint32_t)strlen(account->name)});
    account->listed = world_draw(world, 2);
    if (world_draw(world, 4))
        account->profile.created_at = (struct cell){
            CREATED_TIMED,
            (DAY_ONE - 30 + world_draw(world, 40)) * MS_PER_DAY - 1};
    uint32_t posts = world_draw_steep(world, WORLD_POSTS / 2);
    for (uint64_t k = 0; k < posts; k++) {
        world_make_post(world, account, k + 1);
        while (account->post_count < WORLD_POSTS / 2 && k % 7 == 3 &&
               world_draw(world, 2)) {
            struct world_post *last = &account->posts[account->post_count];
            *last = last[-1];
            last->copy = true;
            if (last->fact.lists)
                last->fact.lists = last[-1].fact.lists;
            account->post_count++;
        }
    }
    uint32_t deletions = world_draw(world, 5);
    for (uint32_t k = 0; k < deletions; k++)
        account->deletions[account->deletion_count++] = (struct deletion){
            {.number = 1 + world_draw(world, 3)},
            world_draw(world, 3)
                ? (DAY_ONE + world_draw(world, 30)) * MS_PER_DAY
                : TIME_NONE};
}

static inline void world_make(struct world *world, uint64_t seed)
{
    world->seed = seed;
    world_make_labels(world);
    for (uint32_t i = 0; i < WORLD_ACCOUNTS; i++)
        world_make_account(world, i);
}

/* ---- cursors ------------------------------------------------------------- */

struct world_cursor {
    struct part_cursor face;
    struct world_account *order[WORLD_ACCOUNTS];
    size_t count, at;
    struct fact facts[WORLD_POSTS];
    struct deletion deletions[4];
};

static inline int world_by_row(const void *a, const void *b)
{
    const struct world_account *x = *(struct world_account *const *)a;
    const struct world_account *y = *(struct world_account *const *)b;
    if (x->platform != y->platform)
        return x->platform < y->platform ? -1 : 1;
    return id_compare_bytes(x->id, y->id);
}

static inline int world_next(struct part_cursor *face,
                             struct account_view *view)
{
    struct world_cursor *cursor = (struct world_cursor *)face;
    if (cursor->at == cursor->count)
        return 0;
    const struct world_account *account = cursor->order[cursor->at++];
    for (size_t i = 0; i < account->post_count; i++)
        cursor->facts[i] = account->posts[i].fact;
    memcpy(cursor->deletions, account->deletions, sizeof cursor->deletions);
    *view = (struct account_view){
        .platform = account->platform, .id = account->id,
        .profile = &account->profile, .facts = cursor->facts,
        .fact_count = account->post_count, .deletions = cursor->deletions,
        .deletion_count = account->deletion_count};
    return 1;
}

static inline void world_close(struct part_cursor *face)
{
    free(face);
}

/* For reduce_options.open_part; the context is the world. */
static inline struct part_cursor *world_open(void *context, uint32_t partition)
{
    struct world *world = context;
    struct world_cursor *cursor = calloc(1, sizeof *cursor);
    cursor->face = (struct part_cursor){world_next, world_close};
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
        struct world_account *account = &world->accounts[i];
        if ((id_hash(account->platform, account->id) &
             (world->partitions - 1)) == partition)
            cursor->order[cursor->count++] = account;
    }
    qsort(cursor->order, cursor->count, sizeof *cursor->order, world_by_row);
    return &cursor->face;
}

#endif
