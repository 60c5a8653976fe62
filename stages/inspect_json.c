#include "stages/inspect.h"

#include "stages/json_writer.h"

#include <stdio.h>
#include <string.h>

/* ---- frames -------------------------------------------------------------- */

static void add_sizes(struct json_writer *json, const char *key,
                      const struct size_range *range)
{
    json_open(json, key, '{');
    json_add_number(json, "frames", range->count);
    if (range->count) {
        json_add_number(json, "least", range->least);
        json_add_number(json, "median", range->median);
        json_add_number(json, "greatest", range->greatest);
        json_add_number(json, "sum", range->sum);
    }
    json_close(json, '}');
}

/* Text to packed bytes: of all that tells it, else of the sample; null where
 * nothing does. */
static void add_ratio(struct json_writer *json,
                      const struct inspection *found)
{
    const struct frames_found *frames = &found->frames;
    uint64_t text = found->text.text_bytes, packed = found->text.packed_bytes;
    const char *from = "sample";
    if (frames->text_of) {
        text = frames->text_bytes;
        packed = frames->text_of;
        from = "decoded";
    } else if (frames->sized_bytes) {
        text = frames->content.sum;
        packed = frames->sized_bytes;
        from = "headers";
    }
    if (!text || !packed) {
        json_add_null(json, "ratio");
        return;
    }
    json_add_real(json, "ratio", (double)text / (double)packed);
    json_add_text(json, "ratio_from", from);
}

static void add_seek_table(struct json_writer *json,
                           const struct seek_table *table)
{
    if (!table->found) {
        json_add_null(json, "seek_table");
        return;
    }
    json_open(json, "seek_table", '{');
    json_add_number(json, "frames", table->frames);
    json_add_number(json, "compressed_bytes", table->compressed_bytes);
    json_add_number(json, "text_bytes", table->text_bytes);
    json_add_truth(json, "agrees", table->agrees);
    json_close(json, '}');
}

static void add_frames(struct json_writer *json,
                       const struct inspection *found)
{
    const struct frames_found *frames = &found->frames;
    json_open(json, "frames", '{');
    json_add_number(json, "whole", frames->whole);
    json_add_truth(json, "goes_on", frames->open);
    add_sizes(json, "compressed_bytes", &frames->compressed);
    add_sizes(json, "text_bytes", &frames->content);
    json_add_number(json, "with_checksum", frames->checked);
    json_add_number(json, "without_content_size", frames->unsized);
    json_add_number(json, "window_bytes_max", frames->window_bytes_max);
    json_add_number(json, "windows_refused", frames->windows_refused);
    json_add_number(json, "for_other_lanes", frames->handed);
    json_add_number(json, "with_dictionary", frames->with_dictionary);
    json_open(json, "dictionaries", '[');
    for (uint32_t i = 0; i < frames->dictionary_count; i++)
        json_add_number(json, NULL, frames->dictionaries[i]);
    json_close(json, ']');
    json_add_number(json, "skippable", frames->skippable);
    json_add_number(json, "skippable_bytes", frames->skippable_bytes);
    add_ratio(json, found);
    add_seek_table(json, &found->seek_table);
    json_close(json, '}');
}

/* ---- members ------------------------------------------------------------- */

static void add_members(struct json_writer *json,
                        const struct members_found *members)
{
    json_open(json, "members", '{');
    json_add_number(json, "total", members->total);
    json_add_number(json, "passed_over", members->passed_over);
    json_add_number(json, "bytes", members->bytes);
    json_add_truth(json, "all_seen", members->whole);
    json_open(json, "suffixes", '[');
    for (uint32_t i = 0; i < members->suffix_count; i++) {
        json_open(json, NULL, '{');
        json_add_text(json, "suffix", members->suffixes[i].name);
        json_add_number(json, "members", members->suffixes[i].count);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_add_number(json, "other_suffixes", members->other_suffixes);
    json_open(json, "first", '[');
    for (uint32_t i = 0; i < members->first_count; i++) {
        const struct member_found *member = &members->first[i];
        json_open(json, NULL, '{');
        json_add_text(json, "name", member->name);
        json_add_number(json, "bytes", member->bytes);
        json_add_number(json, "packed_bytes", member->packed_bytes);
        json_add_truth(json, "read", member->taken);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- records ------------------------------------------------------------- */

static const char *line_name(int reason)
{
    return line_reason_name((enum line_reason)reason);
}

static const char *control_name(int kind)
{
    return control_kind_name((enum control_kind)kind);
}

static void add_dialects(struct json_writer *json, const struct tally *tally)
{
    json_open(json, "dialects", '{');
    for (int i = 0; i < DIALECT_COUNT; i++) {
        if (!tally->dialect_records[i])
            continue;
        json_open(json, dialect_name((enum dialect_id)i), '{');
        json_add_number(json, "records", tally->dialect_records[i]);
        json_add_number(json, "posts_with_copies", tally->dialect_posts[i]);
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void add_records(struct json_writer *json, const struct tally *tally)
{
    json_open(json, "lines", '{');
    json_add_number(json, "total", tally->lines);
    json_add_number(json, "accepted", tally->accepted);
    json_add_number(json, "control", tally->control);
    json_add_number(json, "blank", tally->blank);
    json_add_counts(json, "rejected", tally->rejected, 1, LINE_REASON_COUNT,
                    line_name);
    json_close(json, '}');
    json_open(json, "records", '{');
    json_add_number(json, "total", tally->records);
    json_add_number(json, "posts_with_copies", tally->post_records);
    json_add_number(json, "users", tally->user_records);
    add_dialects(json, tally);
    json_add_counts(json, "control", tally->control_records, 0,
                    CONTROL_KIND_COUNT, control_name);
    json_add_counts(json, "rejected", tally->records_rejected, 1,
                    LINE_REASON_COUNT, line_name);
    json_close(json, '}');
}

static void add_sample(struct json_writer *json, const struct text_found *text)
{
    json_open(json, "sample", '{');
    json_add_number(json, "text_bytes", text->text_bytes);
    json_add_truth(json, "whole", text->whole);
    json_add_text(json, "refused",
                  text->refused ? frame_reason_name(text->refused) : NULL);
    json_add_text(json, "framing",
                  text->framing == FRAMING_CSV        ? "csv"
                  : text->framing == FRAMING_DOCUMENT ? "document"
                                                      : "lines");
    add_records(json, &text->tally);
    json_close(json, '}');
}

/* ---- a shard ------------------------------------------------------------- */

static const char *reason_name(int reason)
{
    return frame_reason_name((enum frame_reason)reason);
}

static void add_damage(struct json_writer *json,
                       const struct inspection *found)
{
    json_add_counts(json, "damaged", found->damaged, 1, FRAME_REASON_COUNT,
                    reason_name);
    json_open(json, "damage", '[');
    for (uint32_t i = 0; i < found->damage_count; i++) {
        enum frame_reason reason = found->damage[i].reason;
        json_open(json, NULL, '{');
        json_add_number(json, "frame", found->damage[i].offset);
        json_add_number(json, "compressed_bytes", found->damage[i].bytes);
        json_add_text(json, "reason", frame_reason_name(reason));
        json_add_text(json, "sentence", frame_reason_sentence(reason));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void add_first(struct json_writer *json, const struct inspection *found)
{
    char digits[2 * INSPECT_FIRST_BYTES + 1] = "";
    for (uint32_t i = 0; i < found->first_count; i++)
        snprintf(digits + 2 * i, 3, "%02x", found->first[i]);
    json_add_text(json, "first_bytes", digits);
}

static void add_shard(struct json_writer *json, const struct shard *shard,
                      const struct inspection *found)
{
    const char *reason;
    json_open(json, NULL, '{');
    json_add_text(json, "shard", shard->name);
    json_add_text(json, "container", found->container);
    json_add_text(json, "inner", found->inner);
    json_add_truth(json, "readable", !found->foreign);
    if (found->file_bytes == SHARD_SIZE_UNKNOWN)
        json_add_null(json, "bytes");
    else
        json_add_number(json, "bytes", found->file_bytes);
    json_add_number(json, "looked_bytes", found->looked_bytes);
    json_add_truth(json, "looked_at_all", found->whole);
    add_first(json, found);
    if (found->has_frames)
        add_frames(json, found);
    if (found->has_members)
        add_members(json, &found->members);
    json_add_truth(json, "parallel", inspect_parallel(found, &reason));
    json_add_text(json, "parallel_reason", reason);
    if (found->has_text)
        add_sample(json, &found->text);
    add_damage(json, found);
    json_close(json, '}');
}

bool inspect_json(const struct inspect *inspect, struct output *output)
{
    struct json_writer json = {.output = output};
    json_open(&json, NULL, '{');
    json_add_text(&json, "program", "sandpiper");
    json_add_text(&json, "version", SANDPIPER_VERSION);
    json_add_text(&json, "command", "inspect");
    json_add_truth(&json, "full", inspect->full);
    json_add_number(&json, "window_bytes_max", inspect->plan->window_bytes_max);
    json_open(&json, "shards", '[');
    for (size_t i = 0; i < inspect->shards->count; i++)
        add_shard(&json, &inspect->shards->items[i], &inspect->found[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    return !output->failed;
}
