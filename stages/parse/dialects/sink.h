#ifndef SANDPIPER_STAGES_PARSE_SINK_H
#define SANDPIPER_STAGES_PARSE_SINK_H

#include "stages/parse/filter.h"
#include "stages/tally.h"

/*
 * Where a dialect puts what a record says. The sink counts it, and adds it to
 * the batch. A record that is rejected must be so before anything is put.
 *
 * With a filter nothing is added: posts are offered instead of put, and need
 * no more than what the filter asks for; observations are passed over.
 *
 * Borrows batch and tally. Out of memory is noted and told at the end of the
 * line; until then putting goes on, to no avail.
 */
struct sink {
    struct batch *batch;
    struct tally *tally;
    enum dialect_id dialect;
    int64_t since, until;      /* event times wanted: since <= t < until */
    const struct filter *filter;       /* or NULL */
    bool matched;              /* the filter takes a post of the line */
    bool out_of_memory;
};

/*
 * The event time is one that was asked for. If not, the record is counted as
 * outside_range, and nothing of it may be put: it is accepted. For posts; ask
 * once for each.
 */
static inline bool sink_wants(struct sink *sink, int64_t t)
{
    if (t >= sink->since && t < sink->until)
        return true;
    sink->tally->outside_range++;
    return false;
}

/* A copy of a post of the sink's dialect, one of the records. */
void sink_post(struct sink *sink, const struct post *post);
/* With a filter, instead: of the post its id, time, kind and platform are
 * known, and the view tells the rest. The content is scratch. */
void sink_offer(struct sink *sink, const struct post *post,
                struct content *content, const struct filter_view *view);
/* A sight of a profile. */
void sink_observation(struct sink *sink, const struct observation *o);
/* A delete notice; left out if its own time is known and not wanted. */
void sink_notice(struct sink *sink, const struct notice *notice);

/* One record, by what it is, if it is no post. */
static inline void sink_control(struct sink *sink, enum control_kind kind)
{
    sink->tally->control_records[kind]++;
}
static inline void sink_no_account(struct sink *sink)
{
    sink->tally->no_account++;
}
static inline void sink_user(struct sink *sink)
{
    sink->tally->user_records++;
}

#endif
