#ifndef SANDPIPER_STAGES_REDUCE_LOCAL_TIME_H
#define SANDPIPER_STAGES_REDUCE_LOCAL_TIME_H

#include "stages/hash.h"
#include "stages/reduce/reduce.h"
#include "stages/reduce/zone_rule.h"

/*
 * Local time: a fixed offset, or a time zone of the IANA database as the
 * system has it in LOCAL_TIME_FOLDER (TZif, RFC 9636): its list of changes in
 * 64 bits, before the first one its first offset, after the last one the rule
 * in its footer. The C library is not asked: to it a name that does not exist
 * means UTC.
 *
 * A name is accepted if it is made of letters, digits and _ + - in parts
 * parted by /, and its file exists; not "localtime" and "posixrules", which
 * mean something else on each machine, nor a zone that counts leap seconds
 * ("right/..."). digest tells one version of the database from another.
 *
 * A zone owns its changes and is not altered after it is loaded: all threads
 * may read it.
 */
#define LOCAL_TIME_FOLDER "/usr/share/zoneinfo"
#define LOCAL_TIME_NAME_MAX 64

struct zone_change {
    int64_t at;              /* s since 1970, UTC */
    int32_t offset;          /* from there on, s east of Greenwich */
};
struct local_time {
    char name[LOCAL_TIME_NAME_MAX + 1];
    struct hash128 digest;   /* of the file's bytes */
    int32_t first_offset;
    struct zone_change *changes;
    size_t change_count;
    int64_t rule_from;       /* s; INT64_MAX: there is no rule */
    struct zone_rule rule;
};

/*
 * Gives a zone; 0, or
 *   -EINVAL    this is no name of a zone
 *   -ENOENT    there is no such zone
 *   -EBADMSG   its file is damaged
 *   -ENOTSUP   it counts leap seconds
 *   -ENOMEM, or another -errno of reading
 * and then *out needs no local_time_free.
 */
int local_time_load(const char *name, struct local_time *out);
/* The same of the bytes of a TZif file; no name. */
int local_time_parse(const uint8_t *bytes, size_t size,
                     struct local_time *out);
void local_time_free(struct local_time *zone);
/* What a status of local_time_load says, for the user. */
const char *local_time_sentence(int status);

/* The offset at t (s, |t| < 2^51) and how long around t it holds. */
struct zone_span local_time_span(const struct local_time *zone, int64_t t);

/*
 * Local time of instants that come in rising order: the span at hand is asked
 * for only when it is left. For a fixed offset it is never left.
 */
struct local_clock {
    const struct local_time *zone;
    int64_t from, until, offset;       /* ms */
};
struct local_clock local_clock_of(const struct feature_options *options);
void local_clock_move(struct local_clock *clock, int64_t ms);

/* Local ms of the instant, |ms| <= TIME_BIAS. */
static inline int64_t local_clock_ms(struct local_clock *clock, int64_t ms)
{
    if (ms < clock->from || ms >= clock->until)
        local_clock_move(clock, ms);
    return ms + clock->offset;
}

#endif
