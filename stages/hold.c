#include "stages/hold.h"

#include "pipeline/check.h"

#include <errno.h>
#include <string.h>

void hold_begin(struct hold *hold, struct lane_state *state)
{
    CHECK(!state->hold);
    *hold = (struct hold){.state = state};
    run_init(&hold->kept, &state->run->spilled);
    state->hold = hold;
}

static bool failed(struct hold *hold, int error, const char *doing)
{
    fault_raise(hold->state->run->fault,
                error == -ENOMEM ? CODE_MEMORY : CODE_OUTPUT, NULL, UINT64_MAX,
                -error, "%s", doing);
    return false;
}

bool hold_keep(struct hold *hold, const struct batch *batch)
{
    uint64_t size = batch->size;
    int error = run_append(&hold->kept, &size, sizeof size);
    if (!error)
        error = run_append(&hold->kept, batch->bytes, size);
    hold->batches++;
    return !error || failed(hold, error, "cannot put uncommitted work aside");
}

void hold_member_end(struct hold *hold)
{
    hold->whole = hold->batches;
}

static bool read_batch(struct hold *hold, struct run_reader *reader,
                       struct batch *batch)
{
    const void *bytes = NULL;
    uint64_t size = 0;
    int got = run_reader_next(reader, sizeof size, &bytes);
    if (got == 1) {
        memcpy(&size, bytes, sizeof size);
        got = run_reader_next(reader, size, &bytes);
    }
    CHECK(got != 0);
    batch->size = 0;
    if (got == 1 && !batch_reserve(batch, size))
        got = -ENOMEM;
    if (got < 0)
        return failed(hold, got, "cannot read back uncommitted work");
    memcpy(batch->bytes, bytes, size);
    batch->size = size;
    return true;
}

/* What is kept behind the members that ended goes to a run of its own. */
static bool move_batch(struct hold *hold, struct batch *batch)
{
    bool kept = hold_keep(hold, batch);
    batch->size = 0;
    return kept;
}

bool hold_settle(struct hold *hold)
{
    struct lane_state *state = hold->state;
    struct byte_run settled = hold->kept;
    uint64_t batches = hold->batches, whole = hold->whole;
    if (whole == 0)
        return true;
    struct batch batch = {0};
    struct run_reader reader;
    bool well = true;
    run_init(&hold->kept, &state->run->spilled);
    hold->batches = 0;
    hold->whole = 0;
    run_reader_init(&reader, &settled);
    for (uint64_t i = 0; i < batches && well; i++) {
        well = read_batch(hold, &reader, &batch);
        state->hold = NULL;
        well = well && (i < whole ? run_apply(state, &batch)
                                  : move_batch(hold, &batch));
        run_safe_point(state);
        state->hold = hold;
        well = well && !fault_raised(state->run->fault);
    }
    run_reader_end(&reader);
    run_free(&settled);
    batch_free(&batch);
    return well;
}

void hold_end(struct hold *hold)
{
    run_free(&hold->kept);
    hold->state->hold = NULL;
}
