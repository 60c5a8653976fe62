#include "stages/damage.h"

struct salvaged salvaged_since(const struct tally *tally,
                               const struct salvaged *before)
{
    return (struct salvaged){
        .lines = tally->lines - tally->rejected[LINE_FRAME_LOST] -
                 tally->rejected[LINE_FRAMING_LOST] - before->lines,
        .posts = tally->post_records - before->posts};
}

void salvaged_add(struct salvaged *into, const struct salvaged *more)
{
    into->frames += more->frames;
    into->text_bytes += more->text_bytes;
    into->lines += more->lines;
    into->posts += more->posts;
}

void damage_found(struct run *run, const char *shard, uint64_t offset,
                  enum frame_reason reason)
{
    if (run->options.damaged != DAMAGED_FAIL)
        return;
    fault_raise(run->fault, CODE_REJECTS, shard, offset, 0,
                "damage, and --damaged=fail was given: %s (%s). Get a good "
                "copy, or run with --damaged=drop or --damaged=salvage",
                frame_reason_sentence(reason), frame_reason_name(reason));
}

void damage_found_before(struct run *run)
{
    for (size_t i = 0; i < run->shards->count; i++) {
        const struct shard_ledger *ledger = &run->ledgers[i];
        const struct frame_sample *first = &ledger->frame_samples[0];
        if (ledger->frame_sample_count > 0)
            damage_found(run, run->shards->items[i].name, first->offset,
                         first->reason);
    }
}
