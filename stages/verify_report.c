#include "stages/verify_report.h"

#include "pipeline/fault.h"
#include "stages/json_writer.h"
#include "stages/ledger.h"
#include "stages/member_list.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t lost_frames(const struct shard_ledger *ledger)
{
    uint64_t lost = 0;
    for (int i = 1; i < FRAME_REASON_COUNT; i++)
        lost += ledger->frames_rejected[i];
    return lost;
}

uint64_t verify_damaged_shards(const struct run *run)
{
    struct ledger_walk walk = {0};
    uint64_t damaged = 0;
    size_t last = SIZE_MAX;
    while (ledger_next(run, &walk)) {
        if (!lost_frames(walk.ledger) || walk.shard == last)
            continue;
        damaged++;
        last = walk.shard;
    }
    return damaged;
}

/* ---- for people ---------------------------------------------------------- */

static void print_lost(FILE *out, const char *name,
                       const struct shard_ledger *ledger)
{
    char shown[PRINTABLE_NAME_BYTES];
    uint64_t lost = lost_frames(ledger);
    fprintf(out, "%s: %" PRIu64 " of %" PRIu64 " frames lost\n",
            printable_name(shown, sizeof shown, name), lost, ledger->frames);
    for (uint32_t i = 0; i < ledger->frame_sample_count; i++) {
        const struct frame_sample *sample = &ledger->frame_samples[i];
        fprintf(out, "  at byte %" PRIu64 ", %" PRIu64 " bytes: %s (%s)\n",
                sample->offset, sample->bytes,
                frame_reason_sentence(sample->reason),
                frame_reason_name(sample->reason));
    }
    if (lost > ledger->frame_sample_count)
        fprintf(out, "  and %" PRIu64 " more behind\n",
                lost - ledger->frame_sample_count);
}

static void print_frames(FILE *out, const struct shard_ledger *total)
{
    uint64_t unchecked = total->frames_unchecked - total->text_frames;
    fprintf(out, "  frames: %" PRIu64 " ok, %" PRIu64 " skippable\n",
            total->frames_ok - total->text_frames, total->skippable_frames);
    if (unchecked)
        fprintf(out,
                "  of them %" PRIu64 " have no checksum: damage in them may "
                "go unseen\n", unchecked);
    /* Plain text counts as one frame, and has nothing to be checked by. */
    if (total->text_frames)
        fprintf(out, "  plain text: %" PRIu64 ", read and not checked\n",
                total->text_frames);
    for (int i = 1; i < FRAME_REASON_COUNT; i++)
        if (total->frames_rejected[i])
            fprintf(out, "  rejected: %" PRIu64 " frames, %s (%s)\n",
                    total->frames_rejected[i],
                    frame_reason_sentence((enum frame_reason)i),
                    frame_reason_name((enum frame_reason)i));
}

static void print_total(FILE *out, const struct run *run,
                        const struct shard_ledger *total)
{
    uint64_t damaged = verify_damaged_shards(run);
    fprintf(out,
            "%zu shards, %" PRIu64 " bytes: %" PRIu64 " in whole frames, %"
            PRIu64 " lost, %" PRIu64 " skippable; %" PRIu64 " bytes of text\n",
            run->shards->count, total->file_bytes, total->frame_bytes,
            total->rejected_bytes, total->skippable_bytes,
            total->tally.text_bytes);
    print_frames(out, total);
    if (damaged)
        fprintf(out, "damaged: %" PRIu64 " of %zu shards\n", damaged,
                run->shards->count);
    else
        fprintf(out, "all is whole\n");
}

void verify_print(FILE *out, const struct run *run, bool brief)
{
    struct ledger_walk walk = {0};
    while (ledger_next(run, &walk))
        if (lost_frames(walk.ledger))
            print_lost(out, walk.name, walk.ledger);
    struct shard_ledger *total = brief ? NULL : malloc(sizeof *total);
    if (!total)
        return;
    ledger_total(run, total);
    print_total(out, run, total);
    free(total);
}

void verify_print_speed(FILE *out, const struct run *run, uint64_t read_ns,
                        const char *io)
{
    struct ledger_walk walk = {0};
    uint64_t text = 0;
    while (ledger_next(run, &walk))
        text += walk.ledger->tally.text_bytes;
    double seconds = (double)read_ns / 1e9, gb = (double)text / 1e9;
    fprintf(out, "%.3f GB of text in %.2f s (%.2f GB/s), %s, %u lanes\n", gb,
            seconds, seconds > 0 ? gb / seconds : 0.0, io,
            run->options.lanes);
}

/* ---- JSON ---------------------------------------------------------------- */

static const char *reason_name(int reason)
{
    return frame_reason_name((enum frame_reason)reason);
}

static void add_bytes(struct json_writer *json, const struct shard_ledger *l)
{
    json_open(json, "bytes", '{');
    json_add_number(json, "file", l->file_bytes);
    json_add_number(json, "frames", l->frame_bytes);
    json_add_number(json, "rejected", l->rejected_bytes);
    json_add_number(json, "skippable", l->skippable_bytes);
    json_add_number(json, "text", l->tally.text_bytes);
    if (l->unpacked.file) {
        json_open(json, "unpacked", '{');
        json_add_number(json, "file", l->unpacked.file);
        json_add_number(json, "frames", l->unpacked.frames);
        json_add_number(json, "rejected", l->unpacked.rejected);
        json_add_number(json, "skippable", l->unpacked.skippable);
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void add_frames(struct json_writer *json, const struct shard_ledger *l)
{
    json_open(json, "frames", '{');
    json_add_number(json, "ok", l->frames_ok);
    json_add_counts(json, "rejected", l->frames_rejected, 1, FRAME_REASON_COUNT,
                    reason_name);
    json_add_number(json, "skippable", l->skippable_frames);
    json_add_number(json, "total", l->frames);
    json_add_number(json, "unchecked", l->frames_unchecked);
    json_add_number(json, "window_bytes_max", l->window_bytes_max);
    json_close(json, '}');
}

/* The first ones, as in rejects.jsonl. */
static void add_lost(struct json_writer *json, const struct shard_ledger *l)
{
    json_open(json, "lost", '[');
    for (uint32_t i = 0; i < l->frame_sample_count; i++) {
        const struct frame_sample *sample = &l->frame_samples[i];
        json_open(json, NULL, '{');
        json_add_number(json, "frame", sample->offset);
        json_add_number(json, "compressed_bytes", sample->bytes);
        json_add_text(json, "reason", frame_reason_name(sample->reason));
        json_add_text(json, "sentence", frame_reason_sentence(sample->reason));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void add_shard(struct json_writer *json, const char *name,
                      const struct shard_ledger *l)
{
    json_open(json, NULL, '{');
    json_add_text(json, "shard", name);
    json_add_text(json, "container", ledger_container(l));
    json_add_digest(json, "xxh3_128", l->digest);
    add_bytes(json, l);
    add_frames(json, l);
    if (l->members || l->members_passed) {
        json_open(json, "members", '{');
        json_add_number(json, "passed_over", l->members_passed);
        json_add_number(json, "total", l->members);
        json_close(json, '}');
    }
    add_lost(json, l);
    json_close(json, '}');
}

static void add_repeats(struct json_writer *json, const struct shards *shards)
{
    json_open(json, "repeated_shards", '[');
    for (size_t i = 0; i < shards->repeat_count; i++) {
        json_open(json, NULL, '{');
        json_add_text(json, "shard", shards->repeats[i].name);
        json_add_text(json, "same_file_as", shards->repeats[i].first);
        json_close(json, '}');
    }
    json_close(json, ']');
}

bool verify_json(const struct run *run, struct output *output)
{
    struct json_writer json = {.output = output};
    struct ledger_walk walk = {0};
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return false;
    ledger_total(run, total);
    json_open(&json, NULL, '{');
    json_add_text(&json, "program", "sandpiper");
    json_add_text(&json, "version", SANDPIPER_VERSION);
    json_add_text(&json, "command", "verify");
    json_add_number(&json, "damaged_shards", verify_damaged_shards(run));
    json_add_number(&json, "window_bytes_max", run->plan->window_bytes_max);
    json_open(&json, "total", '{');
    json_add_number(&json, "shards", run->shards->count);
    add_bytes(&json, total);
    add_frames(&json, total);
    json_close(&json, '}');
    json_open(&json, "shards", '[');
    while (ledger_next(run, &walk))
        add_shard(&json, walk.name, walk.ledger);
    json_close(&json, ']');
    add_repeats(&json, run->shards);
    json_close(&json, '}');
    json_end(&json);
    free(total);
    return !output->failed;
}
