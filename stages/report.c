#include "stages/report.h"

#include "stages/member_list.h"
#include "stages/filter_report.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const STAGE_NAMES[STAGE_COUNT] = {
#define X(name, stable) stable,
    PROFILE_STAGES(X)
#undef X
};

void report_rejects(FILE *out, const struct shard_ledger *total)
{
    for (int i = 1; i < FRAME_REASON_COUNT; i++)
        if (total->frames_rejected[i])
            fprintf(out, "  rejected: %" PRIu64 " frames, %s (%s)\n",
                    total->frames_rejected[i],
                    frame_reason_sentence((enum frame_reason)i),
                    frame_reason_name((enum frame_reason)i));
    for (int i = 1; i < LINE_REASON_COUNT; i++) {
        uint64_t lines = total->tally.rejected[i];
        uint64_t records = total->tally.records_rejected[i];
        if (lines || records)
            fprintf(out,
                    "  rejected: %" PRIu64 " lines, %" PRIu64
                    " records, %s (%s)\n",
                    lines, records, line_reason_sentence((enum line_reason)i),
                    line_reason_name((enum line_reason)i));
    }
    const struct salvaged *salvaged = &total->salvaged;
    if (salvaged->frames)
        fprintf(out,
                "  salvaged: of %" PRIu64 " of these frames %" PRIu64
                " bytes of text, with %" PRIu64 " lines, %" PRIu64 " posts\n",
                salvaged->frames, salvaged->text_bytes, salvaged->lines,
                salvaged->posts);
}

static void print_accounts(FILE *out, const struct report *report,
                           const struct tally *t)
{
    fprintf(out,
            "  %" PRIu64 " posts by %" PRIu64 " accounts, %" PRIu64
            " duplicates dropped, %" PRIu64 " delete notices\n",
            report->counts.posts, report->counts.accounts,
            report->counts.duplicates, t->notices);
    if (report->seals)
        fprintf(out, "  the tables were sealed to disk %u times\n",
                report->seals);
}

static void print_found(FILE *out, const struct report *report,
                        const struct tally *t)
{
    struct filter_total found = filter_files_total(report->filter_files);
    fprintf(out,
            "  found: %" PRIu64 " of %" PRIu64 " posts, %" PRIu64 " of %"
            PRIu64 " delete notices, in %" PRIu64 " lines (%.3f GB) of %"
            PRIu64 " shards\n",
            t->matched_posts, t->post_records, t->matched_notices, t->notices,
            found.lines, (double)found.text_bytes / 1e9, found.files);
}

void report_summary(FILE *out, const struct report *report)
{
    const struct run *run = report->run;
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return;
    ledger_total(run, total);
    const struct tally *t = &total->tally;
    double seconds = (double)(report->read_ns + report->reduce_ns) / 1e9;
    double gb = (double)t->text_bytes / 1e9;
    fprintf(out,
            "%zu shards, %.3f GB of text in %.2f s (%.2f GB/s), %s, %s, %u "
            "lanes\n",
            run->shards->count, gb, seconds,
            seconds > 0 ? gb / seconds : 0.0, report->io, report->isa,
            run->options.lanes);
    if (report->bytes_before)
        fprintf(out,
                "  %" PRIu64 " shards, %.3f GB of shards in all, were read "
                "before and kept\n",
                report->shards_before, (double)report->bytes_before / 1e9);
    if (report->filter_files)
        print_found(out, report, t);
    else
        print_accounts(out, report, t);
    /* Plain text counts as one frame, and has no checksum to miss. */
    if (total->frames_unchecked > total->text_frames)
        fprintf(out,
                "  %" PRIu64 " frames have no checksum: damage in them may go "
                "unseen\n",
                total->frames_unchecked - total->text_frames);
    report_rejects(out, total);
    fprintf(out, "  outputs: %s\n", report->output);
    free(total);
}

static void sum_times(const struct run *run, uint64_t ns[STAGE_COUNT])
{
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        ns[stage] = 0;
    for (uint32_t i = 0; i < run->options.lanes; i++)
        for (int stage = 0; stage < STAGE_COUNT; stage++)
            ns[stage] += run->lane_states[i].times.ns[stage];
}

static uint64_t post_copies(const struct run *run)
{
    uint64_t posts = 0;
    struct ledger_walk walk = {0};
    while (ledger_next(run, &walk))
        posts += walk.ledger->tally.post_records;
    return posts;
}

void report_profile(FILE *out, const struct report *report)
{
    uint64_t ns[STAGE_COUNT], all = report->reduce_ns;
    sum_times(report->run, ns);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        all += ns[stage];
    double posts = (double)post_copies(report->run);
    fprintf(out, "%-18s %10s %7s %12s\n", "stage", "lane s", "share",
            "ns a post");
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        fprintf(out, "%-18s %10.3f %6.1f%% %12.0f\n", STAGE_NAMES[stage],
                (double)ns[stage] / 1e9,
                all ? 100.0 * (double)ns[stage] / (double)all : 0.0,
                posts > 0 ? (double)ns[stage] / posts : 0.0);
    fprintf(out, "%-18s %10.3f   (wall clock: reduce, emit, publish)\n",
            "reduce", (double)report->reduce_ns / 1e9);
    fprintf(out, "%-18s %10.3f   (wall clock)\n", "reading",
            (double)report->read_ns / 1e9);
}

static void add_number(struct output *output, const char *key, uint64_t number)
{
    output_add_text(output, key);
    emit_integer(output, (int64_t)number);
}

static void add_text(struct output *output, const char *key, const char *text)
{
    output_add_text(output, key);
    emit_json_text(output, (struct text){text, (uint32_t)strlen(text)});
}

/* VmHWM: getrusage would tell a parent's peak where that was greater. */
static uint64_t resident_peak_bytes(void)
{
    char line[256];
    uint64_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %" SCNu64, &kib) == 1)
            break;
    fclose(file);
    return kib * 1024;
}

bool report_timings(const struct report *report, struct output *output)
{
    const struct run *run = report->run;
    uint64_t ns[STAGE_COUNT];
    sum_times(run, ns);
    add_text(output, "{\n  \"io\": ", report->io);
    add_text(output, ",\n  \"io_reason\": ", report->io_reason);
    add_text(output, ",\n  \"isa\": ", report->isa);
    add_number(output, ",\n  \"lanes\": ", run->options.lanes);
    add_number(output, ",\n  \"memory_budget_bytes\": ", run->memory->limit);
    add_number(output, ",\n  \"window_bytes_max\": ",
               run->plan->window_bytes_max);
    add_number(output, ",\n  \"memory_charged_peak_bytes\": ",
               atomic_load_explicit(&run->memory->peak, memory_order_relaxed));
    add_number(output, ",\n  \"resident_peak_bytes\": ",
               resident_peak_bytes());
    add_number(output, ",\n  \"seals\": ", report->seals);
    add_number(output, ",\n  \"shards_read_before\": ",
               report->shards_before);
    add_number(output, ",\n  \"bytes_read_before\": ", report->bytes_before);
    add_number(output, ",\n  \"read_ns\": ", report->read_ns);
    add_number(output, ",\n  \"reduce_ns\": ", report->reduce_ns);
    output_add_text(output, ",\n  \"lane_ns\": {");
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        add_text(output, stage ? ", " : "", STAGE_NAMES[stage]);
        add_number(output, ": ", ns[stage]);
    }
    output_add_text(output, "}\n}\n");
    return !output->failed;
}
