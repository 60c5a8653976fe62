#include "stages/ledger.h"

#include "stages/dictionary_files.h"
#include "stages/member_list.h"
#include "stages/reduce/client_class.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- sums --------------------------------------------------------------- */

void ledger_total(const struct run *run, struct shard_ledger *total)
{
    struct ledger_walk walk = {0};
    ledger_clear(total);
    while (ledger_next(run, &walk))
        ledger_append(total, walk.ledger);
}

static uint64_t sum(const uint64_t *numbers, int count)
{
    uint64_t total = 0;
    for (int i = 0; i < count; i++)
        total += numbers[i];
    return total;
}

static bool holds(const struct run *run, const char *shard, uint64_t left,
                  uint64_t right, const char *law)
{
    if (left == right)
        return true;
    fault_raise(run->fault, CODE_BUG, shard, UINT64_MAX, 0,
                "the ledger does not balance (%s: %" PRIu64 " and %" PRIu64
                "); nothing was published",
                law, left, right);
    return false;
}

static bool shard_balances(const struct run *run, const char *name,
                           const struct shard_ledger *l)
{
    const struct tally *t = &l->tally;
    return holds(run, name, l->file_bytes,
                 l->frame_bytes + l->skippable_bytes + l->rejected_bytes,
                 "file bytes") &&
           holds(run, name, l->unpacked.file,
                 l->unpacked.frames + l->unpacked.skippable +
                     l->unpacked.rejected,
                 "unpacked bytes") &&
           holds(run, name, l->frames,
                 l->frames_ok + sum(l->frames_rejected, FRAME_REASON_COUNT),
                 "frames") &&
           holds(run, name, t->lines,
                 t->accepted + t->control + t->blank +
                     sum(t->rejected, LINE_REASON_COUNT),
                 "lines") &&
           holds(run, name, t->records,
                 t->post_records +
                     sum(t->control_records, CONTROL_KIND_COUNT) +
                     sum(t->records_rejected, LINE_REASON_COUNT) +
                     t->outside_range + t->no_account + t->user_records,
                 "records") &&
           holds(run, name, t->post_records,
                 sum(t->dialect_posts, DIALECT_COUNT), "dialects") &&
           holds(run, name, t->post_records, sum(t->kinds, POST_KINDS),
                 "kinds");
}

/* All accounts have a row, or all that have enough posts. */
static bool rows_balance(const struct ledger_input *input)
{
    const struct run *run = input->run;
    const struct reduce_counts *counts = &input->counts;
    uint64_t accounts_left = counts->accounts - counts->accounts_listed;
    uint64_t posts_left = counts->posts - counts->posts_listed;
    if (input->parameters->min_posts <= 1)
        return holds(run, NULL, accounts_left, 0, "accounts without a row") &&
               holds(run, NULL, posts_left, 0, "posts without a row");
    return holds(run, NULL, posts_left >= accounts_left, 1,
                 "accounts without a row have posts");
}

static bool tables_balance(const struct ledger_input *input)
{
    const struct reduce_counts *counts = &input->counts;
    const struct run *run = input->run;
    bool days = !input->parameters->accounts && (input->tables & TABLE_BIT(TABLE_DAYS));
    bool posts =
        !input->parameters->accounts && (input->tables & TABLE_BIT(TABLE_POSTS));
    return (!(input->tables & TABLE_BIT(TABLE_ACCOUNTS)) ||
            holds(run, NULL, counts->accounts_listed,
                  counts->table_rows[TABLE_ACCOUNTS],
                  "accounts and their rows")) &&
           (!days || holds(run, NULL, counts->posts, counts->days_posts,
                           "posts and posts by day")) &&
           (!posts || holds(run, NULL, counts->posts,
                            counts->table_rows[TABLE_POSTS],
                            "posts and their rows"));
}

/* What was salvaged is of rejected frames, and part of what counts. */
static bool salvage_balances(const struct run *run,
                             const struct shard_ledger *l)
{
    const struct salvaged *s = &l->salvaged;
    const struct tally *t = &l->tally;
    return holds(run, NULL,
                 s->frames <= sum(l->frames_rejected, FRAME_REASON_COUNT) &&
                     s->text_bytes <= t->text_bytes && s->lines <= t->lines &&
                     s->posts <= t->post_records,
                 1, "salvaged is part of the whole");
}

bool ledger_balances(const struct ledger_input *input)
{
    const struct run *run = input->run;
    struct ledger_walk walk = {0};
    while (ledger_next(run, &walk))
        if (!shard_balances(run, walk.name, walk.ledger))
            return false;
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return false;
    ledger_total(run, total);
    bool well = salvage_balances(run, total);
    well = well && (input->read_only ||
                holds(run, NULL, total->tally.post_records,
                      input->counts.posts + input->counts.duplicates,
                      "posts and duplicates"));
    free(total);
    return well && rows_balance(input) && tables_balance(input);
}

/* ---- JSON --------------------------------------------------------------- */

/* jansson's calls take over references and report failure at the end. */
static void put(json_t *object, const char *key, uint64_t number)
{
    json_object_set_new(object, key, json_integer((json_int_t)number));
}

/* Non-zero counts by name. */
static json_t *by_name(const uint64_t *counts, int first, int count,
                       const char *(*name)(int))
{
    json_t *object = json_object();
    for (int i = first; i < count; i++)
        if (counts[i])
            put(object, name(i), counts[i]);
    return object;
}

static const char *frame_name(int reason)
{
    return frame_reason_name((enum frame_reason)reason);
}

static const char *line_name(int reason)
{
    return line_reason_name((enum line_reason)reason);
}

static const char *control_name(int kind)
{
    return control_kind_name((enum control_kind)kind);
}

static const char *dialect_of(int dialect)
{
    return dialect_name((enum dialect_id)dialect);
}

static const char *kind_name(int kind)
{
    static const char *const names[POST_KINDS] = {"original", "quote", "reply",
                                                  "retweet"};
    return names[kind];
}

static json_t *unpacked_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    put(object, "file", l->unpacked.file);
    put(object, "frames", l->unpacked.frames);
    put(object, "skippable", l->unpacked.skippable);
    put(object, "rejected", l->unpacked.rejected);
    return object;
}

static json_t *members_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    put(object, "total", l->members);
    put(object, "passed_over", l->members_passed);
    return object;
}

static json_t *bytes_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    put(object, "file", l->file_bytes);
    put(object, "frames", l->frame_bytes);
    put(object, "skippable", l->skippable_bytes);
    put(object, "rejected", l->rejected_bytes);
    put(object, "text", l->tally.text_bytes);
    if (l->unpacked.file)
        json_object_set_new(object, "unpacked", unpacked_json(l));
    return object;
}

static json_t *frames_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    put(object, "total", l->frames);
    put(object, "ok", l->frames_ok);
    put(object, "unchecked", l->frames_unchecked);
    put(object, "skippable", l->skippable_frames);
    put(object, "window_bytes_max", l->window_bytes_max);
    json_object_set_new(object, "rejected",
                        by_name(l->frames_rejected, 1, FRAME_REASON_COUNT,
                                frame_name));
    return object;
}

/* In names of the ledger's own: text is bytes, lines and posts are counts. */
static json_t *salvaged_json(const struct salvaged *salvaged)
{
    json_t *object = json_object();
    put(object, "frames", salvaged->frames);
    put(object, "text", salvaged->text_bytes);
    put(object, "lines", salvaged->lines);
    put(object, "posts", salvaged->posts);
    return object;
}

static json_t *lines_json(const struct tally *t)
{
    json_t *object = json_object();
    put(object, "total", t->lines);
    put(object, "accepted", t->accepted);
    put(object, "control", t->control);
    put(object, "blank", t->blank);
    json_object_set_new(
        object, "rejected",
        by_name(t->rejected, 1, LINE_REASON_COUNT, line_name));
    return object;
}

static json_t *dialects_json(const struct tally *t)
{
    json_t *object = json_object();
    for (int i = 0; i < DIALECT_COUNT; i++) {
        if (!t->dialect_records[i])
            continue;
        json_t *dialect = json_object();
        put(dialect, "records", t->dialect_records[i]);
        put(dialect, "posts_with_copies", t->dialect_posts[i]);
        json_object_set_new(object, dialect_name((enum dialect_id)i), dialect);
    }
    return object;
}

static json_t *records_json(const struct tally *t)
{
    json_t *object = json_object();
    put(object, "total", t->records);
    put(object, "posts_with_copies", t->post_records);
    put(object, "outside_range", t->outside_range);
    put(object, "no_account", t->no_account);
    put(object, "users", t->user_records);
    json_object_set_new(object, "dialects", dialects_json(t));
    json_object_set_new(object, "control",
                        by_name(t->control_records, 0, CONTROL_KIND_COUNT,
                                control_name));
    json_object_set_new(
        object, "rejected",
        by_name(t->records_rejected, 1, LINE_REASON_COUNT, line_name));
    return object;
}

static json_t *shard_ledger_json(const char *name,
                                 const struct shard_ledger *l)
{
    json_t *object = json_object();
    if (name)
        json_object_set_new(object, "shard", json_string(name));
    json_object_set_new(object, "bytes", bytes_json(l));
    json_object_set_new(object, "frames", frames_json(l));
    json_object_set_new(object, "lines", lines_json(&l->tally));
    if (l->salvaged.frames)
        json_object_set_new(object, "salvaged", salvaged_json(&l->salvaged));
    if (l->members || l->members_passed)
        json_object_set_new(object, "members", members_json(l));
    json_object_set_new(object, "records", records_json(&l->tally));
    put(object, "delete_notices", l->tally.notices);
    put(object, "documents", l->tally.documents);
    put(object, "id_mismatch", l->tally.id_mismatch);
    put(object, "limit_track_max", l->tally.limit_track);
    put(object, "observations", l->tally.observations);
    put(object, "time_anomalies", l->tally.time_anomalies);
    return object;
}

static bool dump(json_t *root, struct output *output)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(root);
    if (!text)
        return false;
    output_add_text(output, text);
    output_add_text(output, "\n");
    free(text);
    return !output->failed;
}

/* A shard's name is bytes: what is no UTF-8 shows as U+FFFD. */
static char *shown_name(const char *name)
{
    json_t *plain = json_string(name);
    json_decref(plain);
    char *copy = malloc(3 * strlen(name) + 1), *at = copy;
    if (!copy)
        return NULL;
    for (; *name; name++) {
        if (plain || (unsigned char)*name < 0x80)
            *at++ = *name;
        else
            at = stpcpy(at, "\xEF\xBF\xBD");
    }
    *at = 0;
    return copy;
}

static json_t *shards_json(const struct run *run)
{
    json_t *shards = json_array();
    struct ledger_walk walk = {0};
    while (ledger_next(run, &walk)) {
        char *name = shown_name(walk.name);
        json_array_append_new(
            shards, shard_ledger_json(name ? name : "", walk.ledger));
        free(name);
    }
    return shards;
}

static json_t *posts_json(const struct reduce_counts *counts)
{
    json_t *object = json_object();
    put(object, "accounts", counts->accounts);
    put(object, "accounts_listed", counts->accounts_listed);
    put(object, "posts", counts->posts);
    put(object, "posts_listed", counts->posts_listed);
    put(object, "duplicates", counts->duplicates);
    put(object, "conflicting_duplicates", counts->conflicting_duplicates);
    put(object, "deletes", counts->deletions);
    put(object, "deletes_without_account", counts->deletes_without_account);
    return object;
}

/* Rows by table. */
static json_t *tables_json(const struct ledger_input *input)
{
    json_t *object = json_object();
    for (int i = 0; i < TABLE_COUNT; i++)
        if (input->tables & TABLE_BIT(i))
            put(object, TABLES[i].name, input->counts.table_rows[i]);
    return object;
}

bool ledger_json(const struct ledger_input *input, struct output *output)
{
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return false;
    ledger_total(input->run, total);
    json_t *root = json_object();
    json_object_set_new(root, "total", shard_ledger_json(NULL, total));
    if (!input->read_only) {
        json_object_set_new(root, "result", posts_json(&input->counts));
        json_object_set_new(root, "rows", tables_json(input));
    }
    json_object_set_new(root, "shards", shards_json(input->run));
    free(total);
    return dump(root, output);
}

/* ---- manifest ----------------------------------------------------------- */

static json_t *manifest_shards(const struct run *run)
{
    json_t *shards = json_array();
    struct ledger_walk walk = {0};
    while (ledger_next(run, &walk)) {
        const struct shard_ledger *l = walk.ledger;
        char digest[33];
        snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64,
                 l->digest[0], l->digest[1]);
        char *name = shown_name(walk.name);
        json_t *shard = json_object();
        json_object_set_new(shard, "shard", json_string(name ? name : ""));
        put(shard, "bytes", l->file_bytes);
        json_object_set_new(shard, "xxh3_128", json_string(digest));
        json_object_set_new(
            shard, "container",
            json_string(l->container     ? l->container
                        : l->is_text     ? "text"
                        : !l->file_bytes && !l->unpacked.file ? "empty"
                                                              : "zstd"));
        json_object_set_new(
            shard, "framing",
            json_string(l->framing == FRAMING_DOCUMENT ? "document"
                        : l->framing == FRAMING_CSV    ? "csv"
                                                       : "lines"));
        json_array_append_new(shards, shard);
        free(name);
    }
    return shards;
}

static json_t *repeats_json(const struct shards *shards)
{
    json_t *repeats = json_array();
    for (size_t i = 0; i < shards->repeat_count; i++) {
        char *name = shown_name(shards->repeats[i].name);
        char *first = shown_name(shards->repeats[i].first);
        json_t *repeat = json_object();
        json_object_set_new(repeat, "shard", json_string(name ? name : ""));
        json_object_set_new(repeat, "same_file_as",
                            json_string(first ? first : ""));
        json_array_append_new(repeats, repeat);
        free(name);
        free(first);
    }
    return repeats;
}

/* Half of the ids in a hundredth of the second is no accident. */
#define SAMPLE_IDS_MIN 100

static json_t *sample_json(const struct tally *t)
{
    json_t *object = json_object();
    bool suspected = t->id_times >= SAMPLE_IDS_MIN &&
                     t->id_times_657_666 >= t->id_times / 2;
    json_object_set_new(object, "sample_suspected", json_boolean(suspected));
    put(object, "ids_with_time", t->id_times);
    put(object, "ids_in_ms_657_to_666", t->id_times_657_666);
    return object;
}

static void put_digest(json_t *object, const char *key, struct hash128 hash)
{
    char digest[33];
    snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64, hash.high,
             hash.low);
    json_object_set_new(object, key, json_string(digest));
}

static json_t *dictionaries_json(const struct dictionary_files *files)
{
    json_t *array = json_array();
    for (size_t i = 0; i < files->count; i++) {
        const struct dictionary_file *file = &files->items[i];
        char *name = shown_name(file->name);
        json_t *object = json_object();
        json_object_set_new(object, "file", json_string(name ? name : ""));
        put(object, "bytes", file->size);
        put_digest(object, "xxh3_128",
                   (struct hash128){.high = file->digest[0],
                                    .low = file->digest[1]});
        json_array_append_new(array, object);
        free(name);
    }
    return array;
}

/* Absent where it was not asked for. */
static void put_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

static void put_time(json_t *object, const char *key, int64_t ms, int64_t none)
{
    struct output text = {0};
    if (ms == none)
        return;
    emit_time(&text, ms);
    if (!text.failed)
        json_object_set_new(object, key,
                            json_stringn(text.bytes, text.size));
    output_free(&text);
}

/* Without pseudonyms its digest too: a list of few could be guessed by it. */
static void put_list(json_t *object, const char *key,
                     const struct account_set *set,
                     const struct pseudonyms *pseudonyms)
{
    if (!set)
        return;
    json_t *list = json_object();
    put(list, "accounts", account_set_size(set));
    if (!pseudonyms)
        put_digest(list, "xxh3_128", account_set_digest(set));
    json_object_set_new(object, key, list);
}

static void put_local_time(json_t *object, const struct parameters *asked)
{
    char offset[16];
    int32_t minutes = asked->utc_offset_minutes;
    if (asked->zone) {
        put_text(object, "time_zone", asked->zone->name);
        put_digest(object, "time_zone_xxh3_128", asked->zone->digest);
        return;
    }
    snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+',
             abs(minutes) / 60, abs(minutes) % 60);
    put_text(object, "utc_offset", offset);
}

static json_t *parameters_json(const struct ledger_input *input)
{
    const struct parameters *asked = input->parameters;
    json_t *object = json_object();
    put_local_time(object, asked);
    put(object, "line_bytes_max", asked->line_bytes_max);
    put_text(object, "formats", input->formats);
    put_text(object, "tables", asked->tables);
    put_text(object, "columns", asked->columns);
    put_time(object, "since", asked->since, SINCE_EVER);
    put_time(object, "until", asked->until, UNTIL_EVER);
    if (asked->min_posts)
        put(object, "min_posts", asked->min_posts);
    if (input->run->options.damaged == DAMAGED_SALVAGE)
        put_text(object, "damaged", "salvage");
    put_list(object, "core", asked->core, asked->pseudonyms);
    put_list(object, "accounts", asked->accounts, asked->pseudonyms);
    json_object_set_new(object, "pseudonyms",
                        json_boolean(asked->pseudonyms != NULL));
    if (asked->pseudonyms)
        put_text(object, "pseudonyms_key",
                 pseudonyms_fingerprint(asked->pseudonyms));
    put_digest(object, "clients_xxh3_128", client_table_digest());
    const struct dictionary_files *files = input->run->options.dictionaries;
    if (files && files->count)
        json_object_set_new(object, "dictionaries", dictionaries_json(files));
    return object;
}

bool manifest_json(const struct ledger_input *input, struct output *output)
{
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return false;
    ledger_total(input->run, total);
    json_t *root = json_object();
    json_object_set_new(root, "program", json_string("sandpiper"));
    json_object_set_new(root, "version", json_string(SANDPIPER_VERSION));
    json_object_set_new(root, "parameters", parameters_json(input));
    json_object_set_new(root, "shards", manifest_shards(input->run));
    json_object_set_new(root, "repeated_shards",
                        repeats_json(input->run->shards));
    json_object_set_new(root, "posts_with_copies_by_dialect",
                        by_name(total->tally.dialect_posts, 0, DIALECT_COUNT,
                                dialect_of));
    json_object_set_new(
        root, "posts_with_copies_by_kind",
        by_name(total->tally.kinds, 0, POST_KINDS, kind_name));
    json_object_set_new(root, "control_by_kind",
                        by_name(total->tally.control_records, 0,
                                CONTROL_KIND_COUNT, control_name));
    json_object_set_new(root, "sample", sample_json(&total->tally));
    free(total);
    return dump(root, output);
}
