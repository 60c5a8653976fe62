#include "stages/parse/dialects/v2.h"

/* Keys that nobody wants (twarc asks for all there are). */
static const char *const POST_OTHERS[] = {
    "context_annotations", "conversation_id", "edit_controls",
    "edit_history_tweet_ids", "geo", "non_public_metrics", "note_tweet",
    "organic_metrics", "possibly_sensitive", "promoted_metrics",
    "reply_settings", "withheld", "in_reply_to_user", "__twarc",
    NULL,
};
static const char *const ROOT_OTHERS[] = {
    "meta", "matching_rules", "context_annotations", "conversation_id",
    "edit_controls", "edit_history_tweet_ids", "geo", "note_tweet",
    "possibly_sensitive", "reply_settings", "withheld", "in_reply_to_user",
    NULL,
};
static const char *const USER_OTHERS[] = {
    "entities", "pinned_tweet_id", "profile_image_url", "withheld",
    "verified_type", NULL,
};
static const char *const ELEMENT_OTHERS[] = {
    "url", "expanded_url", "display_url", "unwound_url", "status", "title",
    "description", "images", "media_key", "username", "id", "name",
    "location", "entities", "pinned_tweet_id", "created_at",
    "public_metrics", "verified", "protected", "profile_image_url",
    NULL,
};

#define POST_KEYS                                                              \
    {"text", V2_TEXT, 0, 0},                                                   \
    {"author_id", V2_AUTHOR_ID, 0, 0},                                         \
    {"author", V2_AUTHOR, V2_USER, V2_AUTHOR_FIRST},                           \
    {"id", V2_ID, 0, 0},                                                       \
    {"username", V2_USERNAME, 0, 0},                                           \
    {"created_at", V2_CREATED_AT, 0, 0},                                       \
    {"lang", V2_LANG, 0, 0},                                                   \
    {"source", V2_SOURCE, 0, 0},                                               \
    {"in_reply_to_user_id", V2_REPLY_USER, 0, 0},                              \
    {"referenced_tweets", V2_REFERENCED, 0, 0},                                \
    {"public_metrics", V2_METRICS, V2_POST_METRICS, V2_RETWEETS},              \
    {"entities", V2_ENTITIES_OBJECT, V2_ENTITIES, V2_HASHTAGS},                \
    {"attachments", V2_ATTACHMENTS_OBJECT, V2_ATTACHMENTS, V2_MEDIA_KEYS}

static const struct context_key ROOT_KEYS[] = {
    POST_KEYS,
    {"data", V2_DATA, V2_POST, V2_DATA_FIRST},
    {"includes", V2_INCLUDES_OBJECT, V2_INCLUDES, V2_INCLUDED_USERS},
    {"__twarc", V2_TWARC_OBJECT, V2_TWARC, V2_RETRIEVED_AT},
    {NULL, 0, 0, 0},
};
static const struct context_key POST_CONTEXT_KEYS[] = {
    POST_KEYS,
    {"type", V2_TYPE, 0, 0},
    {NULL, 0, 0, 0},
};

static const struct context_key USER_KEYS[] = {
    {"id", V2_USER_ID, 0, 0},
    {"username", V2_USER_USERNAME, 0, 0},
    {"name", V2_USER_NAME, 0, 0},
    {"description", V2_USER_DESCRIPTION, 0, 0},
    {"location", V2_USER_LOCATION, 0, 0},
    {"url", V2_USER_URL, 0, 0},
    {"created_at", V2_USER_CREATED_AT, 0, 0},
    {"verified", V2_USER_VERIFIED, 0, 0},
    {"protected", V2_USER_PROTECTED, 0, 0},
    {"public_metrics", V2_USER_METRICS_OBJECT, V2_USER_METRICS,
     V2_USER_FOLLOWERS},
    {NULL, 0, 0, 0},
};

/* From V2_USER_FOLLOWERS on. */
static const struct context_key USER_METRICS_KEYS[] = {
    {"followers_count", 0, 0, 0},
    {"following_count", V2_USER_FOLLOWING - V2_USER_FOLLOWERS, 0, 0},
    {"tweet_count", V2_USER_TWEETS - V2_USER_FOLLOWERS, 0, 0},
    {"listed_count", V2_USER_LISTED - V2_USER_FOLLOWERS, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key POST_METRICS_KEYS[] = {
    {"retweet_count", 0, 0, 0},
    {"like_count", V2_LIKES - V2_RETWEETS, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key ENTITIES_KEYS[] = {
    {"hashtags", 0, 0, 0},
    {"urls", V2_LINKS - V2_HASHTAGS, 0, 0},
    {"mentions", V2_MENTIONS - V2_HASHTAGS, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key ATTACHMENTS_KEYS[] = {
    {"media_keys", 0, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key INCLUDES_KEYS[] = {
    {"users", 0, 0, 0},
    {"tweets", V2_INCLUDED_TWEETS - V2_INCLUDED_USERS, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key TWARC_KEYS[] = {
    {"retrieved_at", 0, 0, 0},
    {NULL, 0, 0, 0},
};

static const struct context_key HASHTAG_KEYS[] = {
    {"tag", V2_TAG, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key LINK_KEYS[] = {
    {"start", V2_START, 0, 0},
    {"end", V2_END, 0, 0},
    {"expanded_url", V2_EXPANDED_URL, 0, 0},
    {"url", V2_LINK_URL, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key MENTION_KEYS[] = {
    {"start", V2_START, 0, 0},
    {"end", V2_END, 0, 0},
    {NULL, 0, 0, 0},
};

const struct context V2[V2_CONTEXTS] = {
    [V2_ROOT] = {ROOT_KEYS, V2_ROOT_SLOTS, ROOT_OTHERS},
    [V2_POST] = {POST_CONTEXT_KEYS, V2_POST_SLOTS, POST_OTHERS},
    [V2_USER] = {USER_KEYS, V2_USER_SLOTS, USER_OTHERS},
    [V2_USER_METRICS] = {USER_METRICS_KEYS,
                         V2_USER_SLOTS - V2_USER_FOLLOWERS, NULL},
    [V2_POST_METRICS] = {POST_METRICS_KEYS, V2_LIKES + 1 - V2_RETWEETS, NULL},
    [V2_ENTITIES] = {ENTITIES_KEYS, V2_MENTIONS + 1 - V2_HASHTAGS, NULL},
    [V2_ATTACHMENTS] = {ATTACHMENTS_KEYS, 1, NULL},
    [V2_INCLUDES] = {INCLUDES_KEYS,
                     V2_INCLUDED_TWEETS + 1 - V2_INCLUDED_USERS, NULL},
    [V2_TWARC] = {TWARC_KEYS, 1, NULL},
    [V2_HASHTAG] = {HASHTAG_KEYS, V2_ELEMENT_SLOTS, ELEMENT_OTHERS},
    [V2_LINK] = {LINK_KEYS, V2_ELEMENT_SLOTS, ELEMENT_OTHERS},
    [V2_MENTION] = {MENTION_KEYS, V2_ELEMENT_SLOTS, ELEMENT_OTHERS},
};

_Static_assert(V2_ROOT_SLOTS <= PROJECTION_SLOTS_MAX, "a record fits");
