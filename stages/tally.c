#include "stages/tally.h"

#include <stddef.h>
#include <string.h>

static const char *const REASON_NAMES[] = {
    "ok",
#define X(name, stable, sentence) stable,
    LINE_REASONS(X)
#undef X
};
static const char *const REASON_SENTENCES[] = {
    "ok",
#define X(name, stable, sentence) sentence,
    LINE_REASONS(X)
#undef X
};
static const char *const CONTROL_NAMES[] = {
#define X(name, stable) stable,
    CONTROL_KINDS(X)
#undef X
};

static const char *const DIALECT_NAMES[] = {
#define X(name, stable) stable,
    DIALECTS(X)
#undef X
};

const char *dialect_name(enum dialect_id dialect)
{
    return DIALECT_NAMES[dialect];
}

const char *line_reason_name(enum line_reason reason)
{
    return REASON_NAMES[reason];
}

const char *line_reason_sentence(enum line_reason reason)
{
    return REASON_SENTENCES[reason];
}

const char *control_kind_name(enum control_kind kind)
{
    return CONTROL_NAMES[kind];
}

void tally_init(struct tally *tally)
{
    /* The samples' bytes are written before they are read. */
    memset(tally, 0, offsetof(struct tally, samples));
}

void tally_append(struct tally *into, const struct tally *next)
{
    for (uint32_t i = 0; i < next->sample_count; i++) {
        if (into->sample_count == SAMPLES_MAX)
            break;
        struct sample *sample = &into->samples[into->sample_count++];
        *sample = next->samples[i];
        sample->offset += into->text_bytes;
        sample->line += into->lines;
    }
    /* All counters stand before limit_track and add up. */
    into->text_bytes += next->text_bytes;
    into->lines += next->lines;
    into->accepted += next->accepted;
    into->control += next->control;
    into->blank += next->blank;
    into->records += next->records;
    into->post_records += next->post_records;
    into->outside_range += next->outside_range;
    into->no_account += next->no_account;
    into->user_records += next->user_records;
    into->observations += next->observations;
    into->notices += next->notices;
    into->id_mismatch += next->id_mismatch;
    into->time_anomalies += next->time_anomalies;
    into->id_times += next->id_times;
    into->id_times_657_666 += next->id_times_657_666;
    into->documents += next->documents;
    into->matched_lines += next->matched_lines;
    into->matched_posts += next->matched_posts;
    into->matched_notices += next->matched_notices;
    for (int i = 0; i < 4; i++)
        into->kinds[i] += next->kinds[i];
    for (int i = 0; i < DIALECT_COUNT; i++) {
        into->dialect_records[i] += next->dialect_records[i];
        into->dialect_posts[i] += next->dialect_posts[i];
    }
    for (int i = 0; i < CONTROL_KIND_COUNT; i++)
        into->control_records[i] += next->control_records[i];
    for (int i = 0; i < LINE_REASON_COUNT; i++) {
        into->rejected[i] += next->rejected[i];
        into->records_rejected[i] += next->records_rejected[i];
    }
    if (next->limit_track > into->limit_track)
        into->limit_track = next->limit_track;
}

void tally_sample(struct tally *tally, enum line_reason reason,
                  uint64_t offset, const uint8_t *bytes, uint64_t size)
{
    if (tally->sample_count == SAMPLES_MAX)
        return;
    struct sample *sample = &tally->samples[tally->sample_count++];
    sample->offset = offset;
    sample->line = tally->lines;
    sample->size = size;
    sample->reason = (uint8_t)reason;
    sample->shown = (uint8_t)(size < SAMPLE_BYTES ? size : SAMPLE_BYTES);
    if (sample->shown)
        memcpy(sample->bytes, bytes, sample->shown);
}

void tally_reject(struct tally *tally, enum line_reason reason,
                  uint64_t offset, const uint8_t *bytes, uint64_t size)
{
    tally_sample(tally, reason, offset, bytes, size);
    tally->lines++;
    tally->rejected[reason]++;
}
