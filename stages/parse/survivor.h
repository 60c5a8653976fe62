#ifndef SANDPIPER_STAGES_PARSE_SURVIVOR_H
#define SANDPIPER_STAGES_PARSE_SURVIVOR_H

#include "stages/units.h"

/*
 * Which of several copies of a post survives: the one whose projected fields,
 * as canonical JSON (sorted keys, no white space, UTF-8, only ", \ and
 * control characters escaped), have the greatest XXH3-128:
 *
 *   {"account":"1","client":null,"id":"2","kind":"retweet","lang":"en",
 *    "manual":false,"original_time":1562133183000,"statuses":7,
 *    "target":"3","target_post":"4","time":1562135340660}
 *
 * Ids are strings; what is unknown is null. Returns the hash's high half;
 * out is a buffer of at least survivor_bytes_max(post) bytes.
 */
size_t survivor_bytes_max(const struct post *post);
uint64_t survivor_hash(const struct post *post, char *out);

#endif
