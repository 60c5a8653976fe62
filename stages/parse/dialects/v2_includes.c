#include "stages/parse/dialects/elements.h"
#include "stages/parse/dialects/v2.h"

#include <stdlib.h>

void v2_memory_free(void *memory)
{
    struct v2_memory *v2 = memory;
    free(v2->user_table.places);
    free(v2->tweet_table.places);
    free(v2->user_buffer.bytes);
    free(v2->tweet_buffer.bytes);
}

/* ---- tables: linear probing, at most half full -------------------------- */

static bool table_start(struct include_table *table, uint32_t elements)
{
    size_t places = 16;
    while (places < 2 * (size_t)elements)
        places *= 2;
    if (places > table->capacity) {
        free(table->places);
        table->places = malloc(places * sizeof *table->places);
        table->capacity = table->places ? places : 0;
    }
    if (!table->capacity)
        return false;
    table->mask = places - 1;
    memset(table->places, 0, places * sizeof *table->places);
    return true;
}

/* Where the id stands, or would stand: ids[i] is stride bytes behind. */
static uint32_t *table_place(const struct include_table *table, struct id id,
                             const uint8_t *ids, size_t stride)
{
    size_t at = id_hash(PLATFORM_TWITTER, id) & table->mask;
    for (;; at = (at + 1) & table->mask) {
        uint32_t index = table->places[at];
        if (!index)
            return &table->places[at];
        struct id other;
        memcpy(&other, ids + (index - 1) * stride, sizeof other);
        if (id_equal(other, id))
            return &table->places[at];
    }
}

_Static_assert(offsetof(struct included_user, id) == 0 &&
                   offsetof(struct included_tweet, id) == 0,
               "tables look at the id");

struct included_user *includes_user(struct v2_memory *memory, struct id id)
{
    if (!memory->user_count || !id_known(id))
        return NULL;
    uint32_t index =
        *table_place(&memory->user_table, id, memory->user_buffer.bytes,
                     sizeof(struct included_user));
    return index ? v2_users(memory) + index - 1 : NULL;
}

struct included_tweet *includes_tweet(struct v2_memory *memory, struct id id)
{
    if (!memory->tweet_count || !id_known(id))
        return NULL;
    uint32_t index =
        *table_place(&memory->tweet_table, id, memory->tweet_buffer.bytes,
                     sizeof(struct included_tweet));
    return index ? v2_tweets(memory) + index - 1 : NULL;
}

/* ---- reading ------------------------------------------------------------ */

static void index_user(struct record *record, struct reader *reader,
                       uint32_t token)
{
    struct v2_memory *memory = record->memory;
    struct id id = field_single_id(reader, V2_USER_ID);
    if (!id_known(id))
        return;
    uint32_t *place =
        table_place(&memory->user_table, id, memory->user_buffer.bytes,
                    sizeof(struct included_user));
    if (*place)
        return;
    struct included_user *user = v2_users(memory) + memory->user_count++;
    *place = memory->user_count;
    size_t scratch_used = reader->scratch_used;
    struct text username = field_text(reader, V2_USER_USERNAME);
    struct text name = field_text(reader, V2_USER_NAME);
    *user = (struct included_user){
        .id = id, .token = token, .engagement = {COUNT_NONE, COUNT_NONE},
        .followers = field_count(reader, V2_USER_FOLLOWERS),
        .statuses = field_count(reader, V2_USER_TWEETS),
        .name_hash = content_name_hash(record->content, username, name)};
    reader->scratch_used = scratch_used;
}

static void index_tweet(struct record *record, struct reader *reader,
                        const struct value_ref *value)
{
    struct v2_memory *memory = record->memory;
    struct id id = field_single_id(reader, V2_ID);
    if (!id_known(id))
        return;
    uint32_t *place =
        table_place(&memory->tweet_table, id, memory->tweet_buffer.bytes,
                    sizeof(struct included_tweet));
    if (*place)
        return;
    struct included_tweet *tweet = v2_tweets(memory) + memory->tweet_count++;
    *place = memory->tweet_count;
    *tweet = (struct included_tweet){.id = id, .token = value->token,
                                     .bytes = value->end - value->start,
                                     .author = v2_author_id(reader, 0)};
    v2_engagement(reader, 0, tweet->engagement);
}

static uint32_t included(const struct reader *reader, uint32_t slot)
{
    return elements_are(reader, slot)
               ? elements_count(elements_of(reader, slot))
               : 0;
}

static void read_users(struct record *record, struct reader *reader)
{
    struct v2_memory *memory = record->memory;
    struct elements users = elements_of(&record->reader, V2_INCLUDED_USERS);
    reader->slots = &memory->inner;
    while (elements_next(&users, record->projection, V2_USER, &memory->inner))
        index_user(record, reader, users.value.token);
}

static void read_tweets(struct record *record, struct reader *reader)
{
    struct v2_memory *memory = record->memory;
    struct elements tweets = elements_of(&record->reader, V2_INCLUDED_TWEETS);
    reader->slots = &memory->reference;
    while (elements_next(&tweets, record->projection, V2_POST,
                         &memory->reference))
        index_tweet(record, reader, &tweets.value);
}

bool includes_read(struct record *record)
{
    struct v2_memory *memory = record->memory;
    struct reader reader = record->reader;
    uint32_t users = included(&reader, V2_INCLUDED_USERS);
    uint32_t tweets = included(&reader, V2_INCLUDED_TWEETS);
    memory->user_count = memory->tweet_count = 0;
    memory->latest = TIME_NONE;
    memory->joined_bytes = 0;
    if (users) {
        if (!table_start(&memory->user_table, users) ||
            !text_buffer_reserve(&memory->user_buffer,
                                 users * sizeof(struct included_user)))
            return false;
        read_users(record, &reader);
    }
    if (tweets) {
        if (!table_start(&memory->tweet_table, tweets) ||
            !text_buffer_reserve(&memory->tweet_buffer,
                                 tweets * sizeof(struct included_tweet)))
            return false;
        read_tweets(record, &reader);
    }
    record->reader.scratch_used = reader.scratch_used;
    return true;
}

/* ---- who was seen ------------------------------------------------------- */

void includes_saw_user(struct included_user *user, int64_t t, bool author,
                       const int64_t engagement[ENGAGEMENTS])
{
    uint64_t first = when_first(t, author), last = when_last(t, author);
    if (!user->first || first < user->first)
        user->first = first;
    if (last > user->last)
        user->last = last;
    for (int i = 0; i < ENGAGEMENTS; i++)
        if (engagement && engagement[i] > user->engagement[i])
            user->engagement[i] = engagement[i];
}

void includes_saw_tweet(struct v2_memory *memory, struct included_tweet *tweet,
                        int64_t t)
{
    struct included_user *author = includes_user(memory, tweet->author);
    if (author)
        includes_saw_user(author, t, false, tweet->engagement);
    tweet->seen = true;
}

static void put_user(struct record *record, const struct included_user *user)
{
    struct v2_memory *memory = record->memory;
    struct reader reader = record->reader;
    struct value_ref unused;
    uint32_t token = user->token;
    (void)project_value(record->projection, reader.walk, &token, V2_USER,
                        &memory->inner, &unused);
    reader.slots = &memory->inner;
    bool first_author = !(user->first & 1), last_author = user->last & 1;
    struct observation o = v2_profile(&reader, 0, user->id,
                                      (int64_t)(user->first >> 1) - TIME_BIAS);
    o.author = first_author;
    memcpy(o.engagement, user->engagement, sizeof o.engagement);
    sink_observation(record->sink, &o);
    int64_t last = (int64_t)(user->last >> 1) - TIME_BIAS;
    if (last == o.t_obs && last_author == first_author)
        return;
    o.t_obs = last;
    o.author = last_author;
    sink_observation(record->sink, &o);
}

void includes_put(struct record *record)
{
    struct v2_memory *memory = record->memory;
    int64_t t = memory->retrieved != TIME_NONE ? memory->retrieved
                                               : memory->latest;
    if (memory->latest == TIME_NONE || record->sink->filter)
        return;
    for (uint32_t i = 0; i < memory->tweet_count; i++)
        if (!v2_tweets(memory)[i].seen)
            includes_saw_tweet(memory, &v2_tweets(memory)[i], t);
    for (uint32_t i = 0; i < memory->user_count; i++) {
        struct included_user *user = v2_users(memory) + i;
        if (!user->first)
            includes_saw_user(user, t, false, NULL);
        put_user(record, user);
    }
}
