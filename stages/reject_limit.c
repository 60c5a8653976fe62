#include "stages/reject_limit.h"

#include "stages/ledger.h"
#include "stages/member_list.h"
#include "stages/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 uint128;

uint64_t rejects_counted(const struct shard_ledger *ledger)
{
    const struct tally *tally = &ledger->tally;
    uint64_t count = 0;
    for (int i = 0; i < FRAME_REASON_COUNT; i++)
        count += ledger->frames_rejected[i];
    for (int i = 0; i < LINE_REASON_COUNT; i++)
        count += tally->rejected[i] > tally->records_rejected[i]
                     ? tally->rejected[i]
                     : tally->records_rejected[i];
    return count;
}

static void say_first_frame(const char *shard,
                            const struct frame_sample *sample)
{
    fprintf(stderr, "  the first: %s, frame at byte %" PRIu64 ": %s (%s)\n",
            shard, sample->offset, frame_reason_sentence(sample->reason),
            frame_reason_name(sample->reason));
}

static void say_first_line(const char *shard, const struct sample *sample)
{
    enum line_reason reason = (enum line_reason)sample->reason;
    fprintf(stderr,
            "  the first: %s, line %" PRIu64 ", at byte "
            "%" PRIu64 " of its text: %s (%s)\n",
            shard, sample->line + 1, sample->offset,
            line_reason_sentence(reason), line_reason_name(reason));
}

/* In the order of rejects.jsonl. */
static void say_first(const struct run *run)
{
    struct ledger_walk walk = {0};
    char shown[PRINTABLE_NAME_BYTES];
    while (ledger_next(run, &walk)) {
        const struct shard_ledger *ledger = walk.ledger;
        const char *name = printable_name(shown, sizeof shown, walk.name);
        if (ledger->frame_sample_count > 0) {
            say_first_frame(name, &ledger->frame_samples[0]);
            return;
        }
        if (ledger->tally.sample_count > 0) {
            say_first_line(name, &ledger->tally.samples[0]);
            return;
        }
    }
}

bool reject_limit_exceeded(const struct reject_limit *limit, uint64_t rejects,
                           uint64_t lines)
{
    if (!limit->text)
        return false;
    if (!limit->is_share)
        return rejects > limit->number;
    return (uint128)rejects * REJECT_SHARE_WHOLE >
           (uint128)limit->number * lines;
}

bool rejects_within(const struct run *run, const struct reject_limit *limit)
{
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total) {
        fault_raise(run->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory");
        return false;
    }
    ledger_total(run, total);
    uint64_t rejects = rejects_counted(total), lines = total->tally.lines;
    bool over = reject_limit_exceeded(limit, rejects, lines);
    if (over) {
        fprintf(stderr,
                "sandpiper: %" PRIu64 " rejects of %" PRIu64 " lines and %"
                PRIu64 " frames\n", rejects, lines, total->frames);
        report_rejects(stderr, total);
        say_first(run);
        fault_raise(run->fault, CODE_REJECTS, NULL, UINT64_MAX, 0,
                    "%" PRIu64 " rejects are more than --max-rejects %s; "
                    "nothing was published. Look at the shards, or allow "
                    "more", rejects, limit->text);
    }
    free(total);
    return !over;
}
