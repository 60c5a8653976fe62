#ifndef SANDPIPER_STAGES_PARSE_V11_H
#define SANDPIPER_STAGES_PARSE_V11_H

#include "stages/parse/fields.h"
#include "stages/tally.h"

/*
 * Twitter API v1.1: statuses, their embedded statuses and users, and the
 * control messages of its streams. The tables say where the values stand;
 * the functions say what they mean (docs/FORMATS.md).
 */
enum v11_context {
    V11_NONE,
    V11_ROOT,
    V11_USER,
    V11_RETWEETED,
    V11_QUOTED,
    V11_EXTENDED,
    V11_DELETE,
    V11_DELETE_STATUS,
    V11_LIMIT,
    V11_CONTEXTS
};

enum user_slot {
    USER_ID, USER_ID_STR, USER_SCREEN_NAME, USER_NAME, USER_DESCRIPTION,
    USER_LOCATION, USER_URL, USER_CREATED_AT, USER_FOLLOWERS, USER_FRIENDS,
    USER_STATUSES, USER_FAVOURITES, USER_LISTED, USER_DEFAULT_PROFILE,
    USER_DEFAULT_PROFILE_IMAGE, USER_VERIFIED, USER_PROTECTED,
    USER_SLOTS
};

/* An embedded quoted status, and where its author's slots start. */
enum quoted_slot {
    QUOTED_ID, QUOTED_ID_STR, QUOTED_USER, QUOTED_USER_FIRST,
    QUOTED_SLOTS = QUOTED_USER_FIRST + USER_SLOTS
};

enum retweeted_slot {
    RETWEETED_ID, RETWEETED_ID_STR, RETWEETED_CREATED_AT,
    RETWEETED_TIMESTAMP_MS, RETWEETED_USER, RETWEETED_QUOTED,
    RETWEETED_USER_FIRST,
    RETWEETED_QUOTED_FIRST = RETWEETED_USER_FIRST + USER_SLOTS,
    RETWEETED_SLOTS = RETWEETED_QUOTED_FIRST + QUOTED_SLOTS
};

enum root_slot {
    ROOT_ID, ROOT_ID_STR, ROOT_CREATED_AT, ROOT_TIMESTAMP_MS, ROOT_TEXT,
    ROOT_FULL_TEXT, ROOT_EXTENDED, ROOT_SOURCE, ROOT_LANG,
    ROOT_REPLY_STATUS, ROOT_REPLY_STATUS_STR, ROOT_REPLY_USER,
    ROOT_REPLY_USER_STR, ROOT_IS_QUOTE, ROOT_QUOTED_ID, ROOT_QUOTED_ID_STR,
    ROOT_USER, ROOT_RETWEETED, ROOT_QUOTED, ROOT_STATUSES,
    ROOT_CONTROL_FIRST,          /* by enum control_kind */
    ROOT_DELETE_STATUS = ROOT_CONTROL_FIRST + CONTROL_KIND_COUNT,
    ROOT_DELETE_MS,
    ROOT_DELETE_ID, ROOT_DELETE_ID_STR, ROOT_DELETE_USER,
    ROOT_DELETE_USER_STR,
    ROOT_LIMIT_TRACK,
    ROOT_EXTENDED_FULL_TEXT,
    ROOT_USER_FIRST,
    ROOT_RETWEETED_FIRST = ROOT_USER_FIRST + USER_SLOTS,
    ROOT_QUOTED_FIRST = ROOT_RETWEETED_FIRST + RETWEETED_SLOTS,
    ROOT_SLOTS = ROOT_QUOTED_FIRST + QUOTED_SLOTS
};

extern const struct context V11[V11_CONTEXTS];

/* The control message that this record is, or -1. */
int v11_control_kind(const struct reader *reader);
/* A user object and a text: a status. */
bool v11_is_status(const struct reader *reader);

/* Both add what the record says to batch and count in tally; a rejected
 * record leaves the batch as it was. *out_of_memory is set when it is. */
enum line_reason v11_status(struct reader *reader, struct batch *batch,
                            struct tally *tally, bool *out_of_memory);
void v11_control(struct reader *reader, int kind, struct batch *batch,
                 struct tally *tally, bool *out_of_memory);

#endif
