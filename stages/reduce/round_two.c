#include "stages/reduce/rounds.h"

#include "pipeline/check.h"
#include "stages/reduce/retweet_tuple.h"

#include <errno.h>
#include <stdlib.h>

/* ---- retweets received -------------------------------------------------- */

/* Takes sorted tuples one by one and writes what each target received. */
struct counter {
    struct tuple_taker face;
    struct byte_run *out;
    struct tuple last;           /* borrows held */
    uint8_t *held;
    size_t held_capacity;
    bool any;
    uint64_t retweets, retweeters;
};

static int counter_end(struct counter *counter)
{
    if (!counter->any)
        return 0;
    char digits[ID_DIGITS_MAX];
    struct text id = id_text(retweet_tuple_target(&counter->last), digits);
    struct received_head head = {
        .retweets = counter->retweets, .retweeters = counter->retweeters,
        .id_bytes = id.size,
        .platform = (uint32_t)tuple_platform(&counter->last)};
    int status = run_append(counter->out, &head, sizeof head);
    return status ? status : run_append(counter->out, id.bytes, id.size);
}

/* The tuple's bytes are the caller's until its next step: keep a copy. */
static int counter_hold(struct counter *counter, const struct tuple *tuple)
{
    size_t size = tuple_size_of(tuple_head(tuple->bytes));
    if (size > counter->held_capacity) {
        uint8_t *grown = realloc(counter->held, size * 2);
        if (!grown)
            return -ENOMEM;
        counter->held = grown;
        counter->held_capacity = size * 2;
    }
    memcpy(counter->held, tuple->bytes, size);
    counter->last = *tuple;
    counter->last.bytes = counter->held;
    counter->any = true;
    return 0;
}

static int counter_take(struct tuple_taker *face, const struct tuple *tuple)
{
    struct counter *counter = (struct counter *)face;
    if (counter->any && retweet_same_target(&counter->last, tuple)) {
        counter->retweets++;
        if (retweet_same_account(&counter->last, tuple))
            return 0;
        counter->retweeters++;
        return counter_hold(counter, tuple);
    }
    int status = counter_end(counter);
    counter->retweets = counter->retweeters = 1;
    return status ? status : counter_hold(counter, tuple);
}

static int count_part(struct reduce *reduce, struct reduce_lane *lane,
                      uint32_t partition)
{
    struct counter counter = {.face = {counter_take},
                              .out = &reduce->received[partition]};
    int status = tuples_take(reduce, lane, TUPLES_RETWEETS, partition,
                             &counter.face);
    if (!status)
        status = counter_end(&counter);
    free(counter.held);
    return status;
}

void reduce_round_two(struct reduce *reduce, uint32_t lane)
{
    CHECK(lane < reduce->options.lanes);
    uint32_t partition;
    while (reduce_claim(reduce, &reduce->claimed_two, &partition)) {
        int status = count_part(reduce, &reduce->lanes[lane], partition);
        if (status)
            reduce_fail(reduce, status, "counting retweets received");
        else if ((status = table_rows_make(reduce, lane, partition)))
            reduce_fail(reduce, status, "adding up tables");
    }
    sort_rooms_free(reduce, &reduce->lanes[lane]);
}
