#ifndef SANDPIPER_STAGES_PARSE_V2_H
#define SANDPIPER_STAGES_PARSE_V2_H

#include "stages/parse/dialects/dialect.h"
#include "stages/parse/dialects/recognise.h"

/*
 * Twitter API v2: pages (`data` is an array), stream records (an object), and
 * flattened posts (twarc), which hold what they refer to. v2_tables.c says
 * where the values stand, v2.c and v2_post.c what they mean, v2_includes.c
 * joins a line's `includes`.
 */
enum v2_context {
    V2_ROOT = CONTEXT_ROOT,
    V2_POST,                   /* of data, of includes.tweets, referred to */
    V2_USER,
    V2_USER_METRICS,
    V2_POST_METRICS,
    V2_ENTITIES,
    V2_ATTACHMENTS,
    V2_INCLUDES,
    V2_TWARC,
    V2_HASHTAG,
    V2_LINK,
    V2_MENTION,
    V2_CONTEXTS
};

enum v2_user_slot {
    V2_USER_ID, V2_USER_USERNAME, V2_USER_NAME, V2_USER_DESCRIPTION,
    V2_USER_LOCATION, V2_USER_URL, V2_USER_CREATED_AT, V2_USER_VERIFIED,
    V2_USER_PROTECTED, V2_USER_METRICS_OBJECT, V2_USER_FOLLOWERS,
    V2_USER_FOLLOWING, V2_USER_TWEETS, V2_USER_LISTED,
    V2_USER_SLOTS
};

/*
 * A post's slots, those of its keys that the recogniser asks for included: a
 * flattened post is the record itself, and stands at slot 0; others stand in
 * slots of their own, or behind the record's.
 */
enum v2_post_slot {
    V2_TEXT = KEY_TEXT,
    V2_AUTHOR_ID = KEY_AUTHOR_ID,
    V2_AUTHOR = KEY_AUTHOR,
    V2_ID = RECOGNISED_KEYS, V2_TYPE, V2_USERNAME, V2_CREATED_AT, V2_LANG,
    V2_SOURCE, V2_REPLY_USER, V2_REFERENCED, V2_METRICS, V2_RETWEETS,
    V2_LIKES, V2_ENTITIES_OBJECT, V2_HASHTAGS, V2_LINKS, V2_MENTIONS,
    V2_ATTACHMENTS_OBJECT, V2_MEDIA_KEYS,
    V2_AUTHOR_FIRST,
    V2_POST_SLOTS = V2_AUTHOR_FIRST + V2_USER_SLOTS
};

enum v2_root_slot {
    V2_DATA = KEY_DATA,
    V2_INCLUDES_OBJECT = V2_POST_SLOTS, V2_INCLUDED_USERS, V2_INCLUDED_TWEETS,
    V2_TWARC_OBJECT, V2_RETRIEVED_AT,
    V2_DATA_FIRST,             /* the post, if `data` is an object */
    V2_ROOT_SLOTS = V2_DATA_FIRST + V2_POST_SLOTS
};

/* Of an element of entities. */
enum v2_element_slot { V2_START, V2_END, V2_TAG, V2_EXPANDED_URL,
                       V2_LINK_URL, V2_ELEMENT_SLOTS };

extern const struct context V2[V2_CONTEXTS];

/* A user of `includes`, and when he was seen: of all times of a page the
 * least and the greatest are enough, since his profile is the same. */
struct included_user {
    struct id id;
    uint32_t token;            /* where he stands */
    uint64_t first, last;      /* when_first, when_last; 0: not seen */
    int64_t engagement[ENGAGEMENTS];
    int64_t followers, statuses;
    uint64_t name_hash;
};
struct included_tweet {
    struct id id, author;
    uint32_t token;
    uint32_t bytes;
    int64_t engagement[ENGAGEMENTS];
    bool seen;                 /* with a post that refers to it */
};

/* Open addressing; the index of an element and 1, or 0. */
struct include_table {
    uint32_t *places;
    size_t capacity;           /* places that there is room for */
    size_t mask;
};

struct v2_memory {
    struct include_table user_table, tweet_table;
    struct text_buffer user_buffer, tweet_buffer;   /* what they index */
    uint32_t user_count, tweet_count;
    int64_t retrieved;         /* of the page; TIME_NONE */
    int64_t latest;            /* event time of its posts; TIME_NONE: none */
    uint64_t joined_bytes;     /* of included tweets walked for posts */
    struct slots post, reference, inner, element;
};

static inline struct included_user *v2_users(struct v2_memory *memory)
{
    return (struct included_user *)(void *)memory->user_buffer.bytes;
}
static inline struct included_tweet *v2_tweets(struct v2_memory *memory)
{
    return (struct included_tweet *)(void *)memory->tweet_buffer.bytes;
}

/* Indexes the line's includes (of a repeated id the first counts). The texts
 * of ids stay in the reader's scratch. False when out of memory. */
bool includes_read(struct record *record);
/* NULL: it is not included. */
struct included_user *includes_user(struct v2_memory *memory, struct id id);
struct included_tweet *includes_tweet(struct v2_memory *memory, struct id id);
/* He was seen, as author of a post or as that of one referred to. */
void includes_saw_user(struct included_user *user, int64_t t, bool author,
                       const int64_t engagement[ENGAGEMENTS]);
/* Its author was seen with a post of this time. */
void includes_saw_tweet(struct v2_memory *memory, struct included_tweet *tweet,
                        int64_t t);
/* Puts the users that were seen, and all others as seen with the latest
 * post, if there is one. */
void includes_put(struct record *record);
void v2_memory_free(void *memory);

/* The profile whose slots start at first. */
struct observation v2_profile(struct reader *reader, uint32_t first,
                              struct id id, int64_t t_obs);
/* public_metrics of the post whose slots start at base. */
void v2_engagement(const struct reader *reader, uint32_t base,
                   int64_t engagement[ENGAGEMENTS]);
/* author_id, else the id of the author that stands inside. */
struct id v2_author_id(struct reader *reader, uint32_t base);

/* The post whose slots start at base: puts it, and its author and those of
 * the posts that stand inside; those of `includes` are marked as seen. */
enum line_reason v2_post(struct record *record, struct reader *reader,
                         uint32_t base);

#endif
