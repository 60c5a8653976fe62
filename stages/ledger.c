#include "stages/ledger_json.h"

#include "stages/member_list.h"

#include <inttypes.h>
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
    if (!total) {
        fault_raise(run->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while adding up the ledger");
        return false;
    }
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

void ledger_put(json_t *object, const char *key, uint64_t number)
{
    json_object_set_new(object, key, json_integer((json_int_t)number));
}

/* Non-zero counts by name. */
json_t *ledger_by_name(const uint64_t *counts, int first, int count,
                       const char *(*name)(int))
{
    json_t *object = json_object();
    for (int i = first; i < count; i++)
        if (counts[i])
            ledger_put(object, name(i), counts[i]);
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

const char *ledger_control(int kind)
{
    return control_kind_name((enum control_kind)kind);
}

const char *ledger_dialect(int dialect)
{
    return dialect_name((enum dialect_id)dialect);
}

const char *ledger_kind(int kind)
{
    static const char *const names[POST_KINDS] = {"original", "quote", "reply",
                                                  "retweet"};
    return names[kind];
}

static json_t *unpacked_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    ledger_put(object, "file", l->unpacked.file);
    ledger_put(object, "frames", l->unpacked.frames);
    ledger_put(object, "skippable", l->unpacked.skippable);
    ledger_put(object, "rejected", l->unpacked.rejected);
    return object;
}

static json_t *members_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    ledger_put(object, "total", l->members);
    ledger_put(object, "passed_over", l->members_passed);
    return object;
}

static json_t *bytes_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    ledger_put(object, "file", l->file_bytes);
    ledger_put(object, "frames", l->frame_bytes);
    ledger_put(object, "skippable", l->skippable_bytes);
    ledger_put(object, "rejected", l->rejected_bytes);
    ledger_put(object, "text", l->tally.text_bytes);
    if (l->unpacked.file)
        json_object_set_new(object, "unpacked", unpacked_json(l));
    return object;
}

static json_t *frames_json(const struct shard_ledger *l)
{
    json_t *object = json_object();
    ledger_put(object, "total", l->frames);
    ledger_put(object, "ok", l->frames_ok);
    ledger_put(object, "unchecked", l->frames_unchecked);
    ledger_put(object, "skippable", l->skippable_frames);
    ledger_put(object, "window_bytes_max", l->window_bytes_max);
    json_object_set_new(object, "rejected",
                        ledger_by_name(l->frames_rejected, 1, FRAME_REASON_COUNT,
                                frame_name));
    return object;
}

/* In names of the ledger's own: text is bytes, lines and posts are counts. */
static json_t *salvaged_json(const struct salvaged *salvaged)
{
    json_t *object = json_object();
    ledger_put(object, "frames", salvaged->frames);
    ledger_put(object, "text", salvaged->text_bytes);
    ledger_put(object, "lines", salvaged->lines);
    ledger_put(object, "posts", salvaged->posts);
    return object;
}

static json_t *lines_json(const struct tally *t)
{
    json_t *object = json_object();
    ledger_put(object, "total", t->lines);
    ledger_put(object, "accepted", t->accepted);
    ledger_put(object, "control", t->control);
    ledger_put(object, "blank", t->blank);
    json_object_set_new(
        object, "rejected",
        ledger_by_name(t->rejected, 1, LINE_REASON_COUNT, line_name));
    return object;
}

static json_t *dialects_json(const struct tally *t)
{
    json_t *object = json_object();
    for (int i = 0; i < DIALECT_COUNT; i++) {
        if (!t->dialect_records[i])
            continue;
        json_t *dialect = json_object();
        ledger_put(dialect, "records", t->dialect_records[i]);
        ledger_put(dialect, "posts_with_copies", t->dialect_posts[i]);
        json_object_set_new(object, dialect_name((enum dialect_id)i), dialect);
    }
    return object;
}

static json_t *records_json(const struct tally *t)
{
    json_t *object = json_object();
    ledger_put(object, "total", t->records);
    ledger_put(object, "posts_with_copies", t->post_records);
    ledger_put(object, "outside_range", t->outside_range);
    ledger_put(object, "no_account", t->no_account);
    ledger_put(object, "users", t->user_records);
    json_object_set_new(object, "dialects", dialects_json(t));
    json_object_set_new(object, "control",
                        ledger_by_name(t->control_records, 0, CONTROL_KIND_COUNT,
                                ledger_control));
    json_object_set_new(
        object, "rejected",
        ledger_by_name(t->records_rejected, 1, LINE_REASON_COUNT, line_name));
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
    ledger_put(object, "delete_notices", l->tally.notices);
    ledger_put(object, "documents", l->tally.documents);
    ledger_put(object, "id_mismatch", l->tally.id_mismatch);
    ledger_put(object, "limit_track_max", l->tally.limit_track);
    ledger_put(object, "observations", l->tally.observations);
    ledger_put(object, "time_anomalies", l->tally.time_anomalies);
    return object;
}

bool ledger_dump(json_t *root, struct output *output)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(root);
    if (!text || !json_memory_sufficed()) {
        free(text);
        return false;
    }
    output_add_text(output, text);
    output_add_text(output, "\n");
    free(text);
    return !output->failed;
}

/* A shard's name is bytes: what is no UTF-8 shows as U+FFFD. */
char *ledger_shown_name(const char *name)
{
    json_t *plain = json_string(name);
    json_decref(plain);
    char *copy = malloc(3 * strlen(name) + 1), *at = copy;
    if (!copy) {
        json_memory_lacks();
        return NULL;
    }
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
        char *name = ledger_shown_name(walk.name);
        json_array_append_new(
            shards, shard_ledger_json(name ? name : "", walk.ledger));
        free(name);
    }
    return shards;
}

static json_t *posts_json(const struct reduce_counts *counts)
{
    json_t *object = json_object();
    ledger_put(object, "accounts", counts->accounts);
    ledger_put(object, "accounts_listed", counts->accounts_listed);
    ledger_put(object, "posts", counts->posts);
    ledger_put(object, "posts_listed", counts->posts_listed);
    ledger_put(object, "duplicates", counts->duplicates);
    ledger_put(object, "conflicting_duplicates", counts->conflicting_duplicates);
    ledger_put(object, "deletes", counts->deletions);
    ledger_put(object, "deletes_without_account", counts->deletes_without_account);
    return object;
}

/* Rows by table. */
static json_t *tables_json(const struct ledger_input *input)
{
    json_t *object = json_object();
    for (int i = 0; i < TABLE_COUNT; i++)
        if (input->tables & TABLE_BIT(i))
            ledger_put(object, TABLES[i].name, input->counts.table_rows[i]);
    return object;
}

bool ledger_json(const struct ledger_input *input, struct output *output)
{
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return false;
    ledger_total(input->run, total);
    json_memory_begin();
    json_t *root = json_object();
    json_object_set_new(root, "total", shard_ledger_json(NULL, total));
    if (!input->read_only) {
        json_object_set_new(root, "result", posts_json(&input->counts));
        json_object_set_new(root, "rows", tables_json(input));
    }
    json_object_set_new(root, "shards", shards_json(input->run));
    free(total);
    return ledger_dump(root, output);
}
