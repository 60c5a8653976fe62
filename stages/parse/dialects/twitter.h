#ifndef SANDPIPER_STAGES_PARSE_TWITTER_H
#define SANDPIPER_STAGES_PARSE_TWITTER_H

#include "stages/parse/fields.h"

/*
 * What all forms in which Twitter's posts come have in common: the time in an
 * id, languages, retweets by hand.
 */
#define ANOMALY_MS 60000              /* of the APIs */
#define ANOMALY_MINUTE_MS 120000      /* of times that are known to the minute */

/*
 * The event time of a post with this id and this reference (TIME_NONE: none),
 * or TIME_NONE. *anomaly: the two are further apart than tolerance_ms, and
 * the reference is taken.
 */
int64_t twitter_event_time(struct id id, int64_t reference,
                           int64_t tolerance_ms, bool *anomaly);

/* The canonical code; size 0 for a language that says there is none, for no
 * text (TEXT_NONE) and an empty one. */
struct text twitter_language(struct text lang);

/* The client of the `source` at slot; size 0: none. */
struct text twitter_client(struct reader *reader, uint32_t slot);

/* An original or reply whose text begins so is a retweet by hand. */
#define MANUAL_RETWEET_BEGINS "RT @"
static inline bool twitter_is_manual_retweet(struct text text)
{
    return text.size != TEXT_NONE && text.size >= 4 &&
           memcmp(text.bytes, MANUAL_RETWEET_BEGINS, 4) == 0;
}

#endif
