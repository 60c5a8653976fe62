#ifndef SANDPIPER_STAGES_TALLY_H
#define SANDPIPER_STAGES_TALLY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What was counted in a stretch of text. Tallies add up; a frame's tally
 * counts only if the frame ended well. The ledger is made of their sums.
 *
 * A line holds no record (blank), one, or several (an array of records, an
 * object with `statuses`, a page of API v2). A line with one record is
 * accepted, control or rejected as its record is; a line with several is
 * accepted when it is whole, and its records are counted by themselves.
 *
 * Every record is one of: a post, a control message, rejected, outside the
 * times asked for, a post of nobody (no_account), a profile without a post.
 */

/* The forms in which platforms write. X(NAME, "stable_name") */
#define DIALECTS(X)                                                            \
    X(DIALECT_V11, "twitter_v1.1")                                             \
    X(DIALECT_V2, "twitter_v2")                                                \
    X(DIALECT_IO_ARCHIVE, "io_archive")                                        \
    X(DIALECT_REDDIT, "reddit")                                                \
    X(DIALECT_BLUESKY, "bluesky")

enum dialect_id {
#define X(name, stable) name,
    DIALECTS(X)
#undef X
    DIALECT_COUNT
};
const char *dialect_name(enum dialect_id dialect);

/* Why a line, or a record of it, was rejected.
 * X(NAME, "stable_name", "sentence for the user") */
#define LINE_REASONS(X)                                                        \
    X(LINE_BAD_UTF8, "bad_utf8", "the line is not valid UTF-8")                \
    X(LINE_BAD_JSON, "bad_json", "the line is not valid JSON, or cut short")   \
    X(LINE_BAD_CSV, "bad_csv",                                                 \
      "the row has a quote where none may stand, or other cells than the "     \
      "header")                                                                \
    X(LINE_TOO_DEEP, "too_deep",                                               \
      "the line nests deeper than 1,024 levels")                               \
    X(LINE_TOO_LONG, "line_too_long",                                          \
      "the line is longer than --line-max")                                    \
    X(LINE_MISSING_KEY, "missing_key",                                         \
      "the post or its author has no usable id")                               \
    X(LINE_BAD_TIME, "bad_time", "the post has no usable time")                \
    X(LINE_UNKNOWN_RECORD, "unknown_record",                                   \
      "the record is of no kind that is read")                                 \
    X(LINE_FRAME_LOST, "frame_lost",                                           \
      "a part of the line stands in a frame that was lost")                    \
    X(LINE_FRAMING_LOST, "framing_lost",                                       \
      "behind a lost frame the structure of the text is not known")

enum line_reason {
    LINE_OK = 0,
#define X(name, stable, sentence) name,
    LINE_REASONS(X)
#undef X
    LINE_REASON_COUNT
};
const char *line_reason_name(enum line_reason reason);
const char *line_reason_sentence(enum line_reason reason);

/* What is no post and no profile, counted by name. First the control messages
 * of v1.1 streams, in the order in which they are tested; then Bluesky's
 * events, by collection or kind; then the header of a CSV file. */
#define CONTROL_KINDS(X)                                                       \
    X(CONTROL_DELETE, "delete")                                                \
    X(CONTROL_SCRUB_GEO, "scrub_geo")                                          \
    X(CONTROL_LIMIT, "limit")                                                  \
    X(CONTROL_STATUS_WITHHELD, "status_withheld")                              \
    X(CONTROL_USER_WITHHELD, "user_withheld")                                  \
    X(CONTROL_DISCONNECT, "disconnect")                                        \
    X(CONTROL_WARNING, "warning")                                              \
    X(CONTROL_FRIENDS, "friends")                                              \
    X(CONTROL_FRIENDS_STR, "friends_str")                                      \
    X(CONTROL_EVENT, "event")                                                  \
    X(CONTROL_DIRECT_MESSAGE, "direct_message")                                \
    X(CONTROL_CONTROL, "control")                                              \
    X(CONTROL_FOR_USER, "for_user")                                            \
    X(CONTROL_ERRORS, "errors")                                                \
    X(CONTROL_LIKE, "app.bsky.feed.like")                                      \
    X(CONTROL_REPOST, "app.bsky.feed.repost")                                  \
    X(CONTROL_THREADGATE, "app.bsky.feed.threadgate")                          \
    X(CONTROL_POSTGATE, "app.bsky.feed.postgate")                              \
    X(CONTROL_FEED_GENERATOR, "app.bsky.feed.generator")                       \
    X(CONTROL_FOLLOW, "app.bsky.graph.follow")                                 \
    X(CONTROL_BLOCK, "app.bsky.graph.block")                                   \
    X(CONTROL_LIST, "app.bsky.graph.list")                                     \
    X(CONTROL_LISTITEM, "app.bsky.graph.listitem")                             \
    X(CONTROL_LISTBLOCK, "app.bsky.graph.listblock")                           \
    X(CONTROL_STARTERPACK, "app.bsky.graph.starterpack")                       \
    X(CONTROL_PROFILE, "app.bsky.actor.profile")                               \
    X(CONTROL_STATUS, "app.bsky.actor.status")                                 \
    X(CONTROL_OTHER_COLLECTION, "other_collection")                            \
    X(CONTROL_IDENTITY, "identity")                                            \
    X(CONTROL_ACCOUNT, "account")                                              \
    X(CONTROL_OTHER_EVENT, "other_event")                                      \
    X(CONTROL_CSV_HEADER, "csv_header")

enum control_kind {
#define X(name, stable) name,
    CONTROL_KINDS(X)
#undef X
    CONTROL_KIND_COUNT
};
const char *control_kind_name(enum control_kind kind);

/* One rejected line or record, as it is shown to the user. */
#define SAMPLE_BYTES 160
#define SAMPLES_MAX 16
struct sample {
    uint64_t frame;          /* where its first frame starts in the shard */
    uint64_t offset;         /* of the line's first byte, in the text */
    uint64_t line;           /* lines before it */
    uint64_t size;           /* of the whole line */
    uint8_t reason;          /* enum line_reason */
    uint8_t shown;           /* bytes kept below */
    char bytes[SAMPLE_BYTES];
};

struct tally {
    uint64_t text_bytes;
    uint64_t lines, accepted, control, blank;
    uint64_t rejected[LINE_REASON_COUNT];
    uint64_t records;                 /* of all lines that are whole */
    uint64_t post_records;            /* accepted posts, copies included */
    uint64_t kinds[4];                /* of these, by enum post_kind */
    uint64_t dialect_records[DIALECT_COUNT];    /* recognised as of it */
    uint64_t dialect_posts[DIALECT_COUNT];      /* of the accepted posts */
    uint64_t outside_range;           /* posts at times not asked for */
    uint64_t no_account;              /* posts of nobody ([deleted]) */
    uint64_t user_records;            /* profiles that stand alone */
    uint64_t control_records[CONTROL_KIND_COUNT];
    uint64_t records_rejected[LINE_REASON_COUNT];
    uint64_t observations;
    uint64_t notices;                 /* delete notices with both ids */
    uint64_t id_mismatch, time_anomalies;
    uint64_t limit_track;             /* greatest number told by a limit */
    uint64_t id_times, id_times_657_666;   /* the sample's millisecond */
    uint64_t documents;
    /* Of a filter: what it takes. */
    uint64_t matched_lines, matched_posts, matched_notices;
    uint32_t sample_count;
    struct sample samples[SAMPLES_MAX];    /* the first ones, in order */
};

void tally_init(struct tally *tally);
/* Adds what was counted in the text that follows into's text: offsets and
 * line numbers of samples move by into's text_bytes and lines. */
void tally_append(struct tally *into, const struct tally *next);
/* Counts a line that was not parsed (too long, lost), and keeps a sample. */
void tally_reject(struct tally *tally, enum line_reason reason,
                  uint64_t offset, const uint8_t *bytes, uint64_t size);
/* Keeps a sample of the current line (tally->lines are before it). */
void tally_sample(struct tally *tally, enum line_reason reason,
                  uint64_t offset, const uint8_t *bytes, uint64_t size);

#endif
