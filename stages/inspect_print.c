#include "stages/inspect.h"

#include <inttypes.h>
#include <string.h>

/* A line for each thing that is known; what is not there has none. */
#define LABEL "  %-14s"

static void print_sizes(FILE *out, const char *what,
                        const struct size_range *range)
{
    char least[PROGRESS_BYTES_TEXT], median[PROGRESS_BYTES_TEXT];
    char greatest[PROGRESS_BYTES_TEXT];
    if (range->count == 0)
        return;
    if (range->least == range->greatest) {
        fprintf(out, LABEL "%s\n", what, progress_bytes(least, range->least));
        return;
    }
    fprintf(out, LABEL "%s to %s, median %s%s\n", what,
            progress_bytes(least, range->least),
            progress_bytes(greatest, range->greatest),
            progress_bytes(median, range->median),
            range->count > SIZES_KEPT_MAX ? " (of the first 1,048,576)" : "");
}

static void print_looked(FILE *out, const struct inspection *found)
{
    char looked[PROGRESS_BYTES_TEXT], all[PROGRESS_BYTES_TEXT];
    fprintf(out, LABEL, "looked at");
    if (found->whole)
        fprintf(out, "all of it");
    else if (found->has_members && !found->has_frames)
        fprintf(out, "the headers of members in the first %s",
                progress_bytes(looked, found->looked_bytes));
    else
        fprintf(out, "the first %s",
                progress_bytes(looked, found->looked_bytes));
    if (!found->whole && found->file_bytes != SHARD_SIZE_UNKNOWN)
        fprintf(out, " of %s", progress_bytes(all, found->file_bytes));
    fprintf(out, "\n");
}

static void print_text_size(FILE *out, const struct inspection *found)
{
    const struct frames_found *frames = &found->frames;
    char text[PROGRESS_BYTES_TEXT];
    if (frames->text_of)
        fprintf(out, LABEL "%s, %.2f times as much\n", "text",
                progress_bytes(text, frames->text_bytes),
                (double)frames->text_bytes / (double)frames->text_of);
    else if (frames->sized_bytes)
        fprintf(out, LABEL "%s%s, %.2f times as much\n", "text",
                progress_bytes(text, frames->content.sum),
                frames->unsized ? " where the header tells it" : "",
                (double)frames->content.sum / (double)frames->sized_bytes);
    else if (found->text.packed_bytes && found->text.text_bytes)
        fprintf(out, LABEL "not told; of the sample about %.2f times as "
                "much\n", "text",
                (double)found->text.text_bytes /
                    (double)found->text.packed_bytes);
}

static void print_dictionaries(FILE *out, const struct frames_found *frames)
{
    if (!frames->with_dictionary)
        return;
    fprintf(out, LABEL "%" PRIu64 " frames need", "dictionaries",
            frames->with_dictionary);
    for (uint32_t i = 0; i < frames->dictionary_count; i++)
        fprintf(out, "%s %" PRIu32, i ? "," : "", frames->dictionaries[i]);
    fprintf(out, "%s\n", frames->dictionary_count == INSPECT_DICTIONARIES
                             ? ", and maybe others" : "");
}

static void print_seek_table(FILE *out, const struct seek_table *table)
{
    if (!table->found)
        return;
    fprintf(out, LABEL "%" PRIu64 " frames", "seek table", table->frames);
    if (table->agrees)
        fprintf(out, ", %" PRIu64 " bytes of text; it agrees with the file\n",
                table->text_bytes);
    else
        fprintf(out, "; its sizes do not add up to the file's\n");
}

static void print_zstd(FILE *out, const struct frames_found *frames)
{
    char window[PROGRESS_BYTES_TEXT];
    if (frames->window_bytes_max == 0)
        return;
    fprintf(out, LABEL "up to %s; ", "windows",
            progress_bytes(window, frames->window_bytes_max));
    if (frames->windows_refused)
        fprintf(out, "%" PRIu64 " frames need more than the memory admits\n",
                frames->windows_refused);
    else
        fprintf(out, "the memory admits them\n");
    if (frames->whole)
        fprintf(out, LABEL "%" PRIu64 " of %" PRIu64 " frames\n", "checksums",
                frames->checked, frames->whole);
    print_dictionaries(out, frames);
}

static void print_frames(FILE *out, const struct inspection *found)
{
    const struct frames_found *frames = &found->frames;
    char skipped[PROGRESS_BYTES_TEXT];
    fprintf(out, LABEL "%" PRIu64 "%s\n", "frames",
            frames->whole, frames->open ? ", and one that goes on" : "");
    print_sizes(out, "  packed", &frames->compressed);
    print_sizes(out, "  text", &frames->content);
    print_text_size(out, found);
    print_zstd(out, frames);
    if (frames->skippable)
        fprintf(out, LABEL "%" PRIu64 " frames, %s\n", "skippable",
                frames->skippable,
                progress_bytes(skipped, frames->skippable_bytes));
    print_seek_table(out, &found->seek_table);
}

static void print_members(FILE *out, const struct members_found *members)
{
    char shown[PRINTABLE_NAME_BYTES], size[PROGRESS_BYTES_TEXT];
    fprintf(out, LABEL "%" PRIu64 ", %s", "members", members->total,
            progress_bytes(size, members->bytes));
    if (!members->whole)
        fprintf(out, ", in what was looked at");
    if (members->passed_over)
        fprintf(out, "; %" PRIu64 " are passed over", members->passed_over);
    fprintf(out, "\n");
    for (uint32_t i = 0; i < members->suffix_count; i++)
        fprintf(out, "    %-12s %" PRIu64 "\n",
                *members->suffixes[i].name
                    ? printable_name(shown, sizeof shown,
                                     members->suffixes[i].name)
                    : "(none)", members->suffixes[i].count);
    if (members->other_suffixes)
        fprintf(out, "    %-12s %" PRIu64 "\n", "(others)",
                members->other_suffixes);
    for (uint32_t i = 0; i < members->first_count; i++) {
        const struct member_found *member = &members->first[i];
        fprintf(out, "    %s, %s%s%s\n",
                printable_name(shown, sizeof shown, member->name),
                progress_bytes(size, member->bytes),
                member->taken ? "" : "; not read",
                member->rejected ? " (rejected)" : "");
    }
    if (members->total > members->first_count)
        fprintf(out, "    and %" PRIu64 " more\n",
                members->total - members->first_count);
}

static const char *framing_name(enum framing framing)
{
    return framing == FRAMING_CSV        ? "csv"
           : framing == FRAMING_DOCUMENT ? "document"
                                         : "lines";
}

static void print_records(FILE *out, const struct inspection *found)
{
    const struct tally *tally = &found->text.tally;
    fprintf(out, LABEL "%" PRIu64 " in the first %" PRIu64 " %s, %" PRIu64
            " posts\n", "records", tally->records, tally->lines,
            found->text.framing == FRAMING_CSV        ? "rows"
            : found->text.framing == FRAMING_DOCUMENT ? "elements"
                                                      : "lines",
            tally->post_records);
    for (int i = 0; i < DIALECT_COUNT; i++)
        if (tally->dialect_records[i])
            fprintf(out, "    %s: %" PRIu64 " records, %" PRIu64 " posts\n",
                    dialect_name((enum dialect_id)i),
                    tally->dialect_records[i], tally->dialect_posts[i]);
    for (int i = 0; i < CONTROL_KIND_COUNT; i++)
        if (tally->control_records[i])
            fprintf(out, "    no posts: %" PRIu64 " %s\n",
                    tally->control_records[i],
                    control_kind_name((enum control_kind)i));
    for (int i = 1; i < LINE_REASON_COUNT; i++) {
        uint64_t lines = tally->rejected[i];
        uint64_t records = tally->records_rejected[i];
        if (lines || records)
            fprintf(out, "    rejected: %" PRIu64 " lines, %" PRIu64
                    " records, %s (%s)\n", lines, records,
                    line_reason_sentence((enum line_reason)i),
                    line_reason_name((enum line_reason)i));
    }
}

static void print_text(FILE *out, const struct inspection *found)
{
    const struct text_found *text = &found->text;
    if (text->refused) {
        fprintf(out, LABEL "none was decoded: %s (%s)\n", "records",
                frame_reason_sentence(text->refused),
                frame_reason_name(text->refused));
        return;
    }
    fprintf(out, LABEL "%s\n", "framing", framing_name(text->framing));
    if (text->tally.lines == 0)
        fprintf(out, LABEL "no whole line in the first %zu bytes of text\n",
                "records", text->text_bytes);
    else
        print_records(out, found);
}

static void print_damage(FILE *out, const struct inspection *found)
{
    uint64_t all = 0;
    for (int i = 1; i < FRAME_REASON_COUNT; i++)
        all += found->damaged[i];
    for (uint32_t i = 0; i < found->damage_count; i++)
        fprintf(out, LABEL "at byte %" PRIu64 ", %" PRIu64 " bytes: %s (%s)\n",
                "damage", found->damage[i].offset, found->damage[i].bytes,
                frame_reason_sentence(found->damage[i].reason),
                frame_reason_name(found->damage[i].reason));
    if (all > found->damage_count)
        fprintf(out, LABEL "and %" PRIu64 " more behind\n", "damage",
                all - found->damage_count);
}

static void print_first(FILE *out, const struct inspection *found)
{
    fprintf(out, LABEL, "first bytes");
    for (uint32_t i = 0; i < found->first_count; i++)
        fprintf(out, "%s%02x", i ? " " : "", found->first[i]);
    fprintf(out, "\n");
}

/* Text of which no line is one of ours: what is it? */
static bool says_nothing(const struct inspection *found)
{
    const struct tally *tally = &found->text.tally;
    return strcmp(found->container, "text") == 0 &&
           tally->accepted + tally->control == 0;
}

static void print_parallel(FILE *out, const struct inspection *found)
{
    const char *reason;
    bool parallel = inspect_parallel(found, &reason);
    if (found->has_frames || found->has_members || found->has_text)
        fprintf(out, LABEL "%s: %s\n", "in parallel", parallel ? "yes" : "no",
                reason);
}

static void print_shard(FILE *out, const struct shard *shard,
                        const struct inspection *found)
{
    char name[PRINTABLE_NAME_BYTES], size[PROGRESS_BYTES_TEXT];
    fprintf(out, "%s: %s%s%s", printable_name(name, sizeof name, shard->name),
            found->inner ? found->inner : "", found->inner ? " in " : "",
            found->container);
    if (found->file_bytes != SHARD_SIZE_UNKNOWN)
        fprintf(out, ", %s", progress_bytes(size, found->file_bytes));
    fprintf(out, "%s\n", found->foreign ? ", which is not read" : "");
    print_looked(out, found);
    if (found->foreign || says_nothing(found))
        print_first(out, found);
    if (found->has_frames)
        print_frames(out, found);
    if (found->has_members)
        print_members(out, &found->members);
    if (found->has_text)
        print_text(out, found);
    print_parallel(out, found);
    print_damage(out, found);
}

void inspect_print(FILE *out, const struct inspect *inspect)
{
    for (size_t i = 0; i < inspect->shards->count; i++)
        print_shard(out, &inspect->shards->items[i], &inspect->found[i]);
}
