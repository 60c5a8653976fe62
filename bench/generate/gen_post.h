/*
 * gen_post: the plan of a post, and of a line.
 *
 * The planner decides everything that must be decided in order (who posts,
 * when, what kind, how many statuses by then); the renderer turns a plan into
 * text, on any thread, reading nothing else but tables. So a plan is small,
 * and an archive of any size is planned in bounded memory.
 */
#ifndef GEN_POST_H
#define GEN_POST_H

#include <stdbool.h>
#include <stdint.h>

#define GEN_PHOTOS_MAX 4
#define GEN_HASHTAGS_MAX 3

enum gen_kind { GEN_ORIGINAL, GEN_RETWEET, GEN_REPLY, GEN_QUOTE };

/* What hashtags are drawn from. */
enum gen_topic {
    GEN_TOPIC_LANGUAGE, /* those of the post's language */
    GEN_TOPIC_CAMPAIGN,
    GEN_TOPIC_FANS,
    GEN_TOPIC_NEWS, /* with one link for all */
    GEN_TOPICS
};

/* Where links lead. */
enum gen_site { GEN_SITE_ANY, GEN_SITE_NEWSROOM, GEN_SITE_NEWS };

/* How the words are written. */
enum gen_hand { GEN_HAND_PLAIN, GEN_HAND_CAPITALS, GEN_HAND_WIDE, GEN_HAND_SPACED };

struct gen_post {
    uint64_t id;            /* its upper bits are its time */
    uint64_t reply_id;      /* kind GEN_REPLY */
    uint32_t account;
    uint32_t reply_account; /* kind GEN_REPLY, or `manual` */
    uint32_t text_seed;     /* equal seeds and shapes: equal words */
    uint32_t statuses;      /* posts of the account in the archive, up to when
                               it is looked at */
    uint32_t retweets, favourites; /* shown where the post is embedded */
    uint8_t kind, language, client;
    uint8_t words; /* as if in English */
    uint8_t hashtags, urls, mentions, photos;
    uint8_t topic, site, hand;
    bool place;
    bool manual; /* begins `RT @`, without being a retweet */
    bool bare;   /* without entities, by users without a profile */
};

enum gen_line_type { GEN_LINE_POST, GEN_LINE_DELETE, GEN_LINE_HEADER /* of CSV */ };

struct gen_line {
    int64_t t; /* of the line: the post's, or the delete notice's */
    uint8_t type;
    bool untimed; /* type GEN_LINE_DELETE: without a time */
    bool has_quoted;
    struct gen_post post;   /* or the deleted one: id and account */
    struct gen_post inner;  /* kind GEN_RETWEET: the original */
    struct gen_post quoted; /* has_quoted: by `post`, or by `inner` */
};

#endif
