#ifndef SANDPIPER_STAGES_REDUCE_SURVIVOR_H
#define SANDPIPER_STAGES_REDUCE_SURVIVOR_H

#include "stages/hash.h"
#include "stages/units.h"

/*
 * Which of several copies of a post survives: the one whose projected fields,
 * as canonical JSON (sorted keys, no white space, UTF-8, only ", \ and
 * control characters escaped), have the greatest XXH3-128:
 *
 *   {"account":"1","client":null,"domains":["t.co"],"followers":5,
 *    "hashtags":["a"],"id":"2","kind":"retweet","lang":"en","manual":false,
 *    "media":0,"mentions":0,"minute_only":false,"name":"0123456789abcdef",
 *    "original_time":1562133183000,"scripts":null,"statuses":7,
 *    "target":"3","target_post":"4","text":null,"text_length":null,
 *    "time":1562135340660,"urls":1}
 *
 * Ids are strings, hashes 16 hexadecimal digits; what is unknown or not
 * carried is null. A fact holds all of it, so nothing has to be hashed for the
 * posts that have no second copy.
 */
struct copy_context {
    struct id account;
    const struct dictionaries *names;      /* of ranks in facts */
};

size_t copy_json_bytes_max(const struct copy_context *context,
                           const struct fact *fact);
/* Writes the JSON to out (copy_json_bytes_max of room), returns its size. */
size_t copy_json(const struct copy_context *context, const struct fact *fact,
                 char *out);
/* The hash of the JSON; out is the room to write it. */
struct hash128 copy_hash(const struct copy_context *context,
                         const struct fact *fact, char *out);

#endif
