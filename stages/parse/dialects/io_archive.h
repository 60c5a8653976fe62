#ifndef SANDPIPER_STAGES_PARSE_IO_ARCHIVE_H
#define SANDPIPER_STAGES_PARSE_IO_ARCHIVE_H

#include "stages/parse/dialects/content.h"
#include "stages/parse/dialects/sink.h"

/*
 * X's information-operations archive: tweets of accounts that were taken down,
 * with a snapshot of the author's profile beside each, and files of profiles
 * alone. It comes as CSV (stages/parse/csv_rows.h), and now and then as JSON
 * with the same names. What a record says is told here from its named cells,
 * wherever they stood. docs/FORMATS.md has the rules.
 *
 * X(FIELD, "name of the column")
 */
#define IO_FIELDS_X(X)                                                         \
    X(IO_TWEET, "tweetid")                                                     \
    X(IO_USER, "userid")                                                       \
    X(IO_DISPLAY_NAME, "user_display_name")                                    \
    X(IO_SCREEN_NAME, "user_screen_name")                                      \
    X(IO_LOCATION, "user_reported_location")                                   \
    X(IO_DESCRIPTION, "user_profile_description")                              \
    X(IO_URL, "user_profile_url")                                              \
    X(IO_FOLLOWERS, "follower_count")                                          \
    X(IO_FRIENDS, "following_count")                                           \
    X(IO_CREATED, "account_creation_date")                                     \
    X(IO_LANGUAGE, "tweet_language")                                           \
    X(IO_TEXT, "tweet_text")                                                   \
    X(IO_TIME, "tweet_time")                                                   \
    X(IO_CLIENT, "tweet_client_name")                                          \
    X(IO_REPLY_USER, "in_reply_to_userid")                                     \
    X(IO_REPLY_TWEET, "in_reply_to_tweetid")                                   \
    X(IO_QUOTED_TWEET, "quoted_tweet_tweetid")                                 \
    X(IO_IS_RETWEET, "is_retweet")                                             \
    X(IO_RETWEET_USER, "retweet_userid")                                       \
    X(IO_RETWEET_TWEET, "retweet_tweetid")                                     \
    X(IO_LIKES, "like_count")                                                  \
    X(IO_RETWEETS, "retweet_count")                                            \
    X(IO_HASHTAGS, "hashtags")                                                 \
    X(IO_URLS, "urls")                                                         \
    X(IO_MENTIONS, "user_mentions")

enum io_field {
#define X(name, column) name,
    IO_FIELDS_X(X)
#undef X
    IO_FIELDS
};
/* The name of a column, IO_FIELDS of them. */
extern const char *const IO_FIELD_NAMES[IO_FIELDS];

/*
 * A record as its cells: decoded UTF-8, the bytes that numbers and true or
 * false are written with. Size 0: null; TEXT_NONE: there is no such column.
 * Lists stand in their brackets, as Python's or as JSON's literals. Borrows;
 * KERNEL_PADDING bytes are readable behind each cell.
 */
struct io_record {
    struct text cells[IO_FIELDS];
    bool json;                  /* lists are JSON's */
};

/* What records are read with; belongs to a parser. Zeroed it is ready. */
struct io_scratch {
    struct text_buffer items;   /* decoded items of a list */
};
void io_scratch_free(struct io_scratch *scratch);

/*
 * A tweet: its post and the author's observation are put to the sink, or
 * nothing and the reason why not. The caller has counted the record.
 */
enum line_reason io_archive_tweet(struct io_scratch *scratch,
                                  const struct io_record *record,
                                  struct content *content, struct sink *sink);
/* A profile alone: an observation without a time. */
enum line_reason io_archive_user(const struct io_record *record,
                                 struct sink *sink);

/* The account id of a cell: digits that are not all 0, or a hash, which is 20
 * to 255 of A-Z a-z 0-9 + / - _, and = at its end. Anything else, as a number
 * with a fraction or an exponent, is no id. */
struct id io_account_id(struct text cell);
/* The id of a post: digits that are not all 0. */
struct id io_post_id(struct text cell);
/* "2019-11-19 05:20", *minute_only; or with seconds (time_from_text). */
int64_t io_time(struct text cell, bool *minute_only);
/* "2019-11-05", or with a time: midnight or that, UTC. */
int64_t io_date(struct text cell);

#endif
