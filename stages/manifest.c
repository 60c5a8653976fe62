#include "stages/ledger_json.h"

#include "stages/dictionary_files.h"
#include "stages/member_list.h"
#include "stages/reduce/client_class.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* manifest.json: what was asked for, and of which bytes. */

const char *ledger_container(const struct shard_ledger *ledger)
{
    if (ledger->container)
        return ledger->container;
    if (ledger->is_text)
        return "text";
    return ledger->file_bytes || ledger->unpacked.file ? "zstd" : "empty";
}

static json_t *manifest_shards(const struct run *run)
{
    json_t *shards = json_array();
    struct ledger_walk walk = {0};
    while (ledger_next(run, &walk)) {
        const struct shard_ledger *l = walk.ledger;
        char digest[33];
        snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64,
                 l->digest[0], l->digest[1]);
        char *name = ledger_shown_name(walk.name);
        json_t *shard = json_object();
        json_object_set_new(shard, "shard", json_string(name ? name : ""));
        ledger_put(shard, "bytes", l->file_bytes);
        json_object_set_new(shard, "xxh3_128", json_string(digest));
        json_object_set_new(shard, "container",
                            json_string(ledger_container(l)));
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
        char *name = ledger_shown_name(shards->repeats[i].name);
        char *first = ledger_shown_name(shards->repeats[i].first);
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
    ledger_put(object, "ids_with_time", t->id_times);
    ledger_put(object, "ids_in_ms_657_to_666", t->id_times_657_666);
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
        char *name = ledger_shown_name(file->name);
        json_t *object = json_object();
        json_object_set_new(object, "file", json_string(name ? name : ""));
        ledger_put(object, "bytes", file->size);
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
    if (text.failed)
        json_memory_lacks();
    else
        json_object_set_new(object, key,
                            json_stringn(text.bytes, text.size));
    output_free(&text);
}

/* Its digest not beside pseudonyms: a list of few could be guessed by it. */
static void put_list(json_t *object, const char *key,
                     const struct account_set *set, bool hidden)
{
    if (!set)
        return;
    json_t *list = json_object();
    ledger_put(list, "accounts", account_set_size(set));
    if (!hidden)
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

static json_t *parameters_json(const struct parameters *asked,
                               const char *formats,
                               const struct dictionary_files *files,
                               bool hidden)
{
    json_t *object = json_object();
    put_local_time(object, asked);
    ledger_put(object, "line_bytes_max", asked->line_bytes_max);
    put_text(object, "formats", formats);
    put_text(object, "tables", asked->tables);
    put_text(object, "columns", asked->columns);
    put_time(object, "since", asked->since, SINCE_EVER);
    put_time(object, "until", asked->until, UNTIL_EVER);
    if (asked->min_posts)
        ledger_put(object, "min_posts", asked->min_posts);
    if (asked->damaged == DAMAGED_SALVAGE)
        put_text(object, "damaged", "salvage");
    put_list(object, "core", asked->core, hidden);
    put_list(object, "accounts", asked->accounts, hidden);
    json_object_set_new(object, "pseudonyms",
                        json_boolean(asked->pseudonyms != NULL));
    if (asked->pseudonyms)
        put_text(object, "pseudonyms_key",
                 pseudonyms_fingerprint(asked->pseudonyms));
    put_digest(object, "clients_xxh3_128", client_table_digest());
    if (files && files->count)
        json_object_set_new(object, "dictionaries", dictionaries_json(files));
    return object;
}

char *manifest_asked(const struct parameters *parameters, const char *formats,
                     const struct dictionary_files *dictionaries)
{
    json_t *root = parameters_json(parameters, formats, dictionaries, false);
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(root);
    return text;
}

bool manifest_json(const struct ledger_input *input, struct output *output)
{
    struct shard_ledger *total = malloc(sizeof *total);
    if (!total)
        return false;
    ledger_total(input->run, total);
    json_memory_begin();
    json_t *root = json_object();
    json_object_set_new(root, "program", json_string("sandpiper"));
    json_object_set_new(root, "version", json_string(SANDPIPER_VERSION));
    json_object_set_new(root, "parameters",
                        parameters_json(input->parameters, input->formats,
                                        input->run->options.dictionaries,
                                        input->parameters->pseudonyms));
    json_object_set_new(root, "shards", manifest_shards(input->run));
    json_object_set_new(root, "repeated_shards",
                        repeats_json(input->run->shards));
    json_object_set_new(root, "posts_with_copies_by_dialect",
                        ledger_by_name(total->tally.dialect_posts, 0, DIALECT_COUNT,
                                ledger_dialect));
    json_object_set_new(
        root, "posts_with_copies_by_kind",
        ledger_by_name(total->tally.kinds, 0, POST_KINDS, ledger_kind));
    json_object_set_new(root, "control_by_kind",
                        ledger_by_name(total->tally.control_records, 0,
                                CONTROL_KIND_COUNT, ledger_control));
    json_object_set_new(root, "sample", sample_json(&total->tally));
    free(total);
    return ledger_dump(root, output);
}
