#include "stages/filter_report.h"

#include "stages/member_list.h"
#include "stages/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const FILTER_REPORT_NAMES[] = {
    "filter.json", "ledger.json", "rejects.jsonl", "timings.json", NULL};

struct filter_total filter_files_total(const struct filter_files *files)
{
    struct filter_total total = {0};
    for (size_t i = 0; i < files->run->shards->count; i++) {
        const struct filter_result *result = &files->results[i];
        total.files += result->made;
        total.lines += result->lines;
        total.text_bytes += result->text_bytes;
        total.file_bytes += result->file_bytes;
    }
    return total;
}

/* ---- JSON ---------------------------------------------------------------- */

static void add_text(struct output *output, const char *key, const char *text)
{
    output_add_text(output, key);
    if (text)
        emit_json_text(output, (struct text){text, (uint32_t)strlen(text)});
    else
        output_add_text(output, "null");
}

static void add_number(struct output *output, const char *key, uint64_t number)
{
    output_add_text(output, key);
    emit_integer(output, (int64_t)number);
}

static void add_time(struct output *output, const char *key, int64_t ms,
                     int64_t none)
{
    output_add_text(output, key);
    output_add_text(output, ms == none ? "null" : "\"");
    if (ms == none)
        return;
    emit_time(output, ms);
    output_add_text(output, "\"");
}

static void add_list(struct output *output, const char *key,
                     const char *const *texts, size_t count)
{
    output_add_text(output, key);
    for (size_t i = 0; i < count; i++)
        add_text(output, i ? ", " : "", texts[i]);
    output_add_text(output, "]");
}

static void add_parameters(struct output *output,
                           const struct filter_report *report)
{
    const struct options *options = report->options;
    const struct filter *filter = report->filter;
    char digest[33];
    output_add_text(output, "{\n    \"accounts\": ");
    if (options->accounts) {
        snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64,
                 filter->digest.high, filter->digest.low);
        add_number(output, "{\"ids\": ", filter->ids.count);
        add_number(output, ", \"handles\": ", filter->handles.count);
        add_text(output, ", \"xxh3_128\": ", digest);
        output_add_text(output, "}");
    } else {
        output_add_text(output, "null");
    }
    add_list(output, ",\n    \"hashtags\": [", options->hashtags,
             options->hashtag_count);
    add_list(output, ",\n    \"words\": [", options->words,
             options->word_count);
    add_time(output, ",\n    \"since\": ", filter->since, SINCE_EVER);
    add_time(output, ",\n    \"until\": ", filter->until, UNTIL_EVER);
    add_text(output, ",\n    \"match\": ", filter->any ? "any" : "all");
    if (options->damaged == DAMAGED_SALVAGE)
        add_text(output, ",\n    \"damaged\": ", "salvage");
    add_number(output, ",\n    \"line_bytes_max\": ",
               report->parameters->line_bytes_max);
    output_add_text(output, "\n  }");
}

/* What was rejected, by reason. */
static void add_rejected(struct output *output, const char *key,
                         const uint64_t *counts)
{
    bool first = true;
    output_add_text(output, key);
    for (int i = 1; i < LINE_REASON_COUNT; i++) {
        if (!counts[i])
            continue;
        add_text(output, first ? "" : ", ",
                 line_reason_name((enum line_reason)i));
        add_number(output, ": ", counts[i]);
        first = false;
    }
    output_add_text(output, "}");
}

static void add_counts(struct output *output, const struct shard_ledger *l,
                       uint64_t text_bytes, uint64_t file_bytes)
{
    const struct tally *t = &l->tally;
    add_number(output, "\"lines\": ", t->lines);
    add_number(output, ", \"matched_lines\": ", t->matched_lines);
    add_number(output, ", \"posts\": ", t->post_records);
    add_number(output, ", \"outside_range\": ", t->outside_range);
    add_number(output, ", \"matched_posts\": ", t->matched_posts);
    add_number(output, ", \"matched_deletes\": ", t->matched_notices);
    add_rejected(output, ", \"rejected_lines\": {", t->rejected);
    add_rejected(output, ", \"rejected_records\": {", t->records_rejected);
    add_number(output, ", \"file_bytes\": ", l->file_bytes);
    add_number(output, ", \"text_bytes\": ", t->text_bytes);
    add_number(output, ", \"matched_text_bytes\": ", text_bytes);
    add_number(output, ", \"output_bytes\": ", file_bytes);
}

/* What was counted in a shard and, if it is a container, in its members. */
static void sum_shard(const struct run *run, size_t shard,
                      struct shard_ledger *sums)
{
    const struct member_list *members = run->ledgers[shard].member_list;
    memset(sums, 0, sizeof *sums);
    ledger_append(sums, &run->ledgers[shard]);
    for (size_t i = 0; members && i < members->count; i++)
        ledger_append(sums, members->items[i]->ledger);
}

static void add_shard(struct output *output,
                      const struct filter_report *report, size_t shard,
                      struct shard_ledger *sums)
{
    const struct filter_files *files = report->files;
    const struct filter_result *result = &files->results[shard];
    const struct shard_ledger *ledger = &report->run->ledgers[shard];
    char name[FILTER_NAME_BYTES], digest[33];
    filter_name(&files->names, shard, result->csv, name);
    snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64,
             ledger->digest[0], ledger->digest[1]);
    add_text(output, "{\"shard\": ", report->run->shards->items[shard].name);
    add_text(output, ", \"xxh3_128\": ", digest);
    add_text(output, ", \"file\": ", result->made ? name : NULL);
    output_add_text(output, ", ");
    sum_shard(report->run, shard, sums);
    add_counts(output, sums, result->text_bytes, result->file_bytes);
    output_add_text(output, "}");
}

bool filter_json(const struct filter_report *report, struct output *output)
{
    const struct run *run = report->run;
    struct filter_total total = filter_files_total(report->files);
    struct shard_ledger *sums = malloc(sizeof *sums);
    if (!sums)
        return false;
    ledger_total(run, sums);
    add_text(output, "{\n  \"program\": ", "sandpiper");
    add_text(output, ",\n  \"version\": ", SANDPIPER_VERSION);
    add_text(output, ",\n  \"command\": ", "filter");
    output_add_text(output, ",\n  \"parameters\": ");
    add_parameters(output, report);
    add_number(output, ",\n  \"total\": {\"shards\": ", run->shards->count);
    add_number(output, ", \"files\": ", total.files);
    output_add_text(output, ", ");
    add_counts(output, sums, total.text_bytes, total.file_bytes);
    output_add_text(output, "},\n  \"shards\": [");
    for (size_t i = 0; i < run->shards->count; i++) {
        output_add_text(output, i ? ",\n    " : "\n    ");
        add_shard(output, report, i, sums);
    }
    output_add_text(output, "\n  ]\n}\n");
    free(sums);
    return !output->failed;
}

/* ---- the set ------------------------------------------------------------- */

/* What was found is what was written. */
static bool files_balance(const struct filter_report *report)
{
    const struct run *run = report->run;
    for (size_t i = 0; i < run->shards->count; i++) {
        const struct member_list *members = run->ledgers[i].member_list;
        uint64_t found = run->ledgers[i].tally.matched_lines;
        for (size_t k = 0; members && k < members->count; k++)
            found += members->items[k]->ledger->tally.matched_lines;
        uint64_t written = report->files->results[i].lines;
        if (found == written)
            continue;
        fault_raise(run->fault, CODE_BUG, run->shards->items[i].name,
                    UINT64_MAX, 0,
                    "%" PRIu64 " lines match and %" PRIu64 " are written; "
                    "nothing was published", found, written);
        return false;
    }
    return true;
}

static bool write_file(const struct filter_report *report,
                       struct outdir *outdir, const char *name, bool made,
                       struct output *output)
{
    bool written = made && publish_file(outdir, name, output);
    output_free(output);
    if (!made)
        fault_raise(report->run->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while writing %s", name);
    return written;
}

bool filter_publish(const struct filter_report *report, struct outdir *outdir)
{
    struct ledger_input ledger = {.run = report->run,
                                  .parameters = report->parameters,
                                  .read_only = true};
    struct output output = {0};
    if (!ledger_balances(&ledger) || !files_balance(report))
        return false;
    return write_file(report, outdir, "filter.json",
                      filter_json(report, &output), &output) &&
           write_file(report, outdir, "ledger.json",
                      ledger_json(&ledger, &output), &output) &&
           write_file(report, outdir, "rejects.jsonl",
                      rejects_jsonl(&ledger, &output), &output);
}
