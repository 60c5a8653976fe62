#include "stages/parse/dialects/v11.h"

/* A control message's keys stand at their kind. */
#define AT_CONTROL(kind) (ROOT_CONTROL_FIRST + (kind))

/* Keys of statuses and users that nobody wants, of all years. */
static const char *const STATUS_OTHERS[] = {
    "created_at", "text", "full_text", "display_text_range", "source",
    "truncated", "in_reply_to_status_id", "in_reply_to_status_id_str",
    "in_reply_to_user_id", "in_reply_to_user_id_str",
    "in_reply_to_screen_name", "geo", "coordinates", "place", "contributors",
    "is_quote_status", "quoted_status_id", "quoted_status_id_str",
    "quoted_status_permalink", "quoted_status", "retweeted_status",
    "extended_tweet", "quote_count", "reply_count", "retweet_count",
    "favorite_count", "entities", "extended_entities", "favorited",
    "retweeted", "possibly_sensitive", "possibly_sensitive_appealable",
    "filter_level", "lang", "timestamp_ms", "scopes", "activities",
    "matching_rules", "withheld_in_countries", "withheld_scope",
    "withheld_copyright", "current_user_retweet", "supplemental_language",
    NULL,
};
static const char *const USER_OTHERS[] = {
    "translator_type", "utc_offset", "time_zone", "geo_enabled", "lang",
    "contributors_enabled", "is_translator", "is_translation_enabled",
    "profile_background_color", "profile_background_image_url",
    "profile_background_image_url_https", "profile_background_tile",
    "profile_link_color", "profile_sidebar_border_color",
    "profile_sidebar_fill_color", "profile_text_color",
    "profile_use_background_image", "profile_image_url",
    "profile_image_url_https", "profile_banner_url", "following",
    "follow_request_sent", "notifications", "show_all_inline_media",
    "entities", "has_extended_profile", "profile_location", "status",
    "withheld_in_countries", "withheld_scope",
    NULL,
};
static const char *const EXTENDED_OTHERS[] = {
    "display_text_range", NULL,
};
static const char *const ENTITIES_OTHERS[] = {"symbols", "polls", NULL};
static const char *const ELEMENT_OTHERS[] = {
    "indices", "url", "expanded_url", "display_url", "screen_name", "name",
    "id", "id_str", "media_url", "media_url_https", "type", "sizes",
    "source_status_id", "source_status_id_str", "source_user_id",
    "source_user_id_str", "video_info", "additional_media_info", "unwound",
    "description", "features", "ext_alt_text",
    NULL,
};

/* The entities beside a text; base is the first slot of the place. */
#define PLACE_KEYS(base)                                                       \
    {"entities", (base) + PLACE_ENTITIES, V11_ENTITIES,                        \
     (base) + PLACE_HASHTAGS},                                                 \
    {"extended_entities", (base) + PLACE_EXTENDED_ENTITIES,                    \
     V11_EXTENDED_ENTITIES, (base) + PLACE_EXTENDED_MEDIA}

static const struct context_key ROOT_KEYS[] = {
    {"id", ROOT_ID, 0, 0},
    {"id_str", ROOT_ID_STR, 0, 0},
    {"created_at", ROOT_CREATED_AT, 0, 0},
    {"timestamp_ms", ROOT_TIMESTAMP_MS, 0, 0},
    {"text", ROOT_TEXT, 0, 0},
    {"full_text", ROOT_FULL_TEXT, 0, 0},
    {"extended_tweet", ROOT_EXTENDED, V11_EXTENDED, ROOT_EXTENDED_FIRST},
    PLACE_KEYS(ROOT_PLACE),
    {"retweet_count", ROOT_RETWEETS, 0, 0},
    {"favorite_count", ROOT_FAVORITES, 0, 0},
    {"source", ROOT_SOURCE, 0, 0},
    {"lang", ROOT_LANG, 0, 0},
    {"in_reply_to_status_id", ROOT_REPLY_STATUS, 0, 0},
    {"in_reply_to_status_id_str", ROOT_REPLY_STATUS_STR, 0, 0},
    {"in_reply_to_user_id", ROOT_REPLY_USER, 0, 0},
    {"in_reply_to_user_id_str", ROOT_REPLY_USER_STR, 0, 0},
    {"is_quote_status", ROOT_IS_QUOTE, 0, 0},
    {"quoted_status_id", ROOT_QUOTED_ID, 0, 0},
    {"quoted_status_id_str", ROOT_QUOTED_ID_STR, 0, 0},
    {"user", ROOT_USER, V11_USER, ROOT_USER_FIRST},
    {"retweeted_status", ROOT_RETWEETED, V11_RETWEETED, ROOT_RETWEETED_FIRST},
    {"quoted_status", ROOT_QUOTED, V11_QUOTED, ROOT_QUOTED_FIRST},
    {"delete", AT_CONTROL(CONTROL_DELETE), V11_DELETE, ROOT_DELETE_STATUS},
    {"limit", AT_CONTROL(CONTROL_LIMIT), V11_LIMIT, ROOT_LIMIT_TRACK},
    {NULL, 0, 0, 0},
};

static const struct context_key USER_KEYS[] = {
    {"id", USER_ID, 0, 0},
    {"id_str", USER_ID_STR, 0, 0},
    {"screen_name", USER_SCREEN_NAME, 0, 0},
    {"name", USER_NAME, 0, 0},
    {"description", USER_DESCRIPTION, 0, 0},
    {"location", USER_LOCATION, 0, 0},
    {"url", USER_URL, 0, 0},
    {"created_at", USER_CREATED_AT, 0, 0},
    {"followers_count", USER_FOLLOWERS, 0, 0},
    {"friends_count", USER_FRIENDS, 0, 0},
    {"statuses_count", USER_STATUSES, 0, 0},
    {"favourites_count", USER_FAVOURITES, 0, 0},
    {"listed_count", USER_LISTED, 0, 0},
    {"default_profile", USER_DEFAULT_PROFILE, 0, 0},
    {"default_profile_image", USER_DEFAULT_PROFILE_IMAGE, 0, 0},
    {"verified", USER_VERIFIED, 0, 0},
    {"protected", USER_PROTECTED, 0, 0},
    {NULL, 0, 0, 0},
};

static const struct context_key RETWEETED_KEYS[] = {
    {"id", RETWEETED_ID, 0, 0},
    {"id_str", RETWEETED_ID_STR, 0, 0},
    {"created_at", RETWEETED_CREATED_AT, 0, 0},
    {"timestamp_ms", RETWEETED_TIMESTAMP_MS, 0, 0},
    {"user", RETWEETED_USER, V11_USER, RETWEETED_USER_FIRST},
    {"quoted_status", RETWEETED_QUOTED, V11_QUOTED, RETWEETED_QUOTED_FIRST},
    {"retweet_count", RETWEETED_RETWEETS, 0, 0},
    {"favorite_count", RETWEETED_FAVORITES, 0, 0},
    {"text", RETWEETED_TEXT, 0, 0},
    {"full_text", RETWEETED_FULL_TEXT, 0, 0},
    {"extended_tweet", RETWEETED_EXTENDED, V11_EXTENDED,
     RETWEETED_EXTENDED_FIRST},
    PLACE_KEYS(RETWEETED_PLACE),
    {NULL, 0, 0, 0},
};

static const struct context_key QUOTED_KEYS[] = {
    {"id", QUOTED_ID, 0, 0},
    {"id_str", QUOTED_ID_STR, 0, 0},
    {"user", QUOTED_USER, V11_USER, QUOTED_USER_FIRST},
    {"retweet_count", QUOTED_RETWEETS, 0, 0},
    {"favorite_count", QUOTED_FAVORITES, 0, 0},
    {NULL, 0, 0, 0},
};

static const struct context_key EXTENDED_KEYS[] = {
    {"full_text", EXTENDED_FULL_TEXT, 0, 0},
    PLACE_KEYS(EXTENDED_PLACE),
    {NULL, 0, 0, 0},
};

/* From PLACE_HASHTAGS on. */
static const struct context_key ENTITIES_KEYS[] = {
    {"hashtags", 0, 0, 0},
    {"urls", PLACE_LINKS - PLACE_HASHTAGS, 0, 0},
    {"user_mentions", PLACE_MENTIONS - PLACE_HASHTAGS, 0, 0},
    {"media", PLACE_MEDIA - PLACE_HASHTAGS, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key EXTENDED_ENTITIES_KEYS[] = {
    {"media", 0, 0, 0},
    {NULL, 0, 0, 0},
};

static const struct context_key HASHTAG_KEYS[] = {
    {"text", HASHTAG_TEXT, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key LINK_KEYS[] = {
    {"indices", LINK_INDICES, 0, 0},
    {"expanded_url", LINK_EXPANDED_URL, 0, 0},
    {"url", LINK_URL, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key RANGE_KEYS[] = {
    {"indices", RANGE_INDICES, 0, 0},
    {NULL, 0, 0, 0},
};

/* From ROOT_DELETE_STATUS on. */
static const struct context_key DELETE_KEYS[] = {
    {"status", 0, V11_DELETE_STATUS, ROOT_DELETE_ID - ROOT_DELETE_STATUS},
    {"timestamp_ms", ROOT_DELETE_MS - ROOT_DELETE_STATUS, 0, 0},
    {NULL, 0, 0, 0},
};

/* From ROOT_DELETE_ID on. */
static const struct context_key DELETE_STATUS_KEYS[] = {
    {"id", 0, 0, 0},
    {"id_str", ROOT_DELETE_ID_STR - ROOT_DELETE_ID, 0, 0},
    {"user_id", ROOT_DELETE_USER - ROOT_DELETE_ID, 0, 0},
    {"user_id_str", ROOT_DELETE_USER_STR - ROOT_DELETE_ID, 0, 0},
    {NULL, 0, 0, 0},
};

static const struct context_key LIMIT_KEYS[] = {
    {"track", 0, 0, 0},
    {NULL, 0, 0, 0},
};

const struct context V11[V11_CONTEXTS] = {
    [V11_ROOT] = {ROOT_KEYS, ROOT_SLOTS, STATUS_OTHERS},
    [V11_USER] = {USER_KEYS, USER_SLOTS, USER_OTHERS},
    [V11_RETWEETED] = {RETWEETED_KEYS, RETWEETED_SLOTS,
                        STATUS_OTHERS},
    [V11_QUOTED] = {QUOTED_KEYS, QUOTED_SLOTS, STATUS_OTHERS},
    [V11_EXTENDED] = {EXTENDED_KEYS, EXTENDED_SLOTS, EXTENDED_OTHERS},
    [V11_ENTITIES] = {ENTITIES_KEYS, PLACE_MEDIA + 1 - PLACE_HASHTAGS,
                      ENTITIES_OTHERS},
    [V11_EXTENDED_ENTITIES] = {EXTENDED_ENTITIES_KEYS, 1, NULL},
    [V11_HASHTAG] = {HASHTAG_KEYS, HASHTAG_SLOTS, ELEMENT_OTHERS},
    [V11_LINK] = {LINK_KEYS, LINK_SLOTS, ELEMENT_OTHERS},
    [V11_MENTION] = {RANGE_KEYS, RANGE_SLOTS, ELEMENT_OTHERS},
    [V11_MEDIUM] = {RANGE_KEYS, RANGE_SLOTS, ELEMENT_OTHERS},
    [V11_DELETE] = {DELETE_KEYS, ROOT_LIMIT_TRACK - ROOT_DELETE_STATUS,
                     NULL},
    [V11_DELETE_STATUS] = {DELETE_STATUS_KEYS,
                           ROOT_LIMIT_TRACK - ROOT_DELETE_ID, NULL},
    [V11_LIMIT] = {LIMIT_KEYS, 1, NULL},
};

_Static_assert(ROOT_SLOTS <= PROJECTION_SLOTS_MAX, "a record fits");
