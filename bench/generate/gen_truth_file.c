#include "gen_truth_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_campaign.h"
#include "gen_output.h"
#include "gen_put.h"

static void set_count(json_t *object, const char *column, uint64_t value)
{
    json_object_set_new(object, column, json_integer((json_int_t)value));
}

static void set_text(json_t *object, const char *column, const char *value)
{
    json_object_set_new(object, column, value == NULL ? json_null() : json_string(value));
}

static void set_time(json_t *object, const char *column, int64_t t)
{
    char text[32];
    *gen_put_iso_time(text, t) = '\0';
    json_object_set_new(object, column, json_string(text));
}

static void set_id(json_t *object, const char *column, uint64_t id)
{
    char text[24];
    *gen_put_number(text, id) = '\0';
    json_object_set_new(object, column, json_string(text));
}

static void set_register(json_t *object, const char *what, const struct gen_register *seen)
{
    static const char *const ends[] = {"first", "last", "min", "max"};
    const uint32_t values[] = {seen->first, seen->last, seen->min, seen->max};
    char column[40];
    for (unsigned i = 0; i < 4; i++) {
        snprintf(column, sizeof(column), "%s_%s", what, ends[i]);
        set_count(object, column, values[i]);
    }
}

static void set_profile(json_t *object, const struct gen_account_truth *account)
{
    set_time(object, "first_observed", account->first_observed);
    set_time(object, "last_observed", account->last_observed);
    set_register(object, "followers", &account->followers);
    set_register(object, "friends", &account->friends);
    set_register(object, "statuses", &account->statuses);
    set_count(object, "zero_followers", account->followers.last == 0);
    set_count(object, "zero_followers_always", account->followers.max == 0);
    set_count(object, "screen_names", account->versions == 3 ? 2 : 1);
    set_count(object, "statuses_drop", 0);
}

static uint32_t count_posts(const struct gen_account_truth *account)
{
    uint32_t posts = 0;
    for (unsigned kind = 0; kind < 4; kind++) {
        posts += account->kinds[kind];
    }
    return posts;
}

static void set_activity(json_t *object, const struct gen_account_truth *account)
{
    uint32_t posts = count_posts(account);
    uint32_t originals = account->kinds[GEN_ORIGINAL];
    uint32_t retweets = account->kinds[GEN_RETWEET];
    set_count(object, "posts", posts);
    set_count(object, "originals", originals);
    set_count(object, "retweets", retweets);
    set_count(object, "replies", account->kinds[GEN_REPLY]);
    set_count(object, "quotes", account->kinds[GEN_QUOTE]);
    set_time(object, "first_post", account->first_t);
    set_time(object, "last_post", account->last_t);
    set_count(object, "active_days", account->days.bins);
    set_count(object, "max_posts_per_day", account->days.max);
    set_count(object, "max_posts_per_hour", account->day_hours.max);
    set_count(object, "self_interactions", account->self_interactions);
    set_count(object, "original_poverty",
              originals <= 1 && 10 * (uint64_t)retweets >= 9 * (uint64_t)posts && posts >= 10);
}

static void set_gaps(json_t *object, const struct gen_account_truth *account)
{
    set_count(object, "sessions", account->sessions);
    if (count_posts(account) < 2) {
        return;
    }
    bool dormant = account->longest_gap >= 30 * GEN_DAY_MS;
    set_count(object, "gaps_le_1s", account->gaps_1s);
    set_count(object, "gaps_le_10s", account->gaps_10s);
    set_count(object, "gaps_le_60s", account->gaps_60s);
    set_count(object, "dormant_gaps", account->gaps_180d);
    if (dormant) {
        set_time(object, "dormant_from", account->dormant_from);
        set_time(object, "dormant_to", account->dormant_to);
        set_id(object, "dormant_from_post", account->dormant_from_id);
        set_id(object, "dormant_to_post", account->dormant_to_id);
    } else {
        set_text(object, "dormant_from", NULL);
        set_text(object, "dormant_to", NULL);
        set_text(object, "dormant_from_post", NULL);
        set_text(object, "dormant_to_post", NULL);
    }
}

static void set_clock(json_t *object, const struct gen_account_truth *account)
{
    char column[16];
    for (unsigned hour = 0; hour < 24; hour++) {
        snprintf(column, sizeof(column), "hour_%02u", hour);
        set_count(object, column, account->hours[hour]);
    }
    for (unsigned day = 0; day < 7; day++) {
        snprintf(column, sizeof(column), "dow_%u", day + 1);
        set_count(object, column, account->weekdays[day]);
    }
    uint32_t posts = count_posts(account);
    json_object_set_new(object, "work_share",
                        posts < 20 ? json_null()
                                   : json_pack("{s:i,s:i}", "numerator",
                                               (int)account->work_posts, "denominator",
                                               (int)posts));
}

static void set_content(json_t *object, const struct gen_account_truth *account)
{
    set_count(object, "hashtags", account->hashtags);
    set_count(object, "urls", account->urls);
    set_count(object, "mentions", account->mentions);
    set_count(object, "posts_with_hashtag", account->with_hashtag);
    set_count(object, "posts_with_url", account->with_url);
    set_count(object, "posts_with_mention", account->with_mention);
    set_count(object, "posts_with_media", account->with_media);
}

/* How many of the values occur, and the most frequent; ties: least in bytes. */
struct tops {
    uint32_t distinct, most;
    const char *top;
};

static void consider(struct tops *tops, uint32_t count, const char *value)
{
    bool tie = count > 0 && count == tops->most;
    tops->distinct += count > 0;
    if (count > tops->most || (tie && strcmp(value, tops->top) < 0)) {
        tops->most = count;
        tops->top = value;
    }
}

static void set_tops(json_t *object, const struct gen_account_truth *account)
{
    struct tops languages = {0};
    struct tops clients = {0};
    for (unsigned i = 0; i < GEN_UNDETERMINED; i++) {
        consider(&languages, account->languages[i], gen_vocabularies[i].canonical);
    }
    for (unsigned i = 0; i < GEN_CLIENTS; i++) {
        consider(&clients, account->clients[i], gen_client_texts[i].name);
    }
    set_count(object, "languages", languages.distinct);
    set_text(object, "top_language", languages.top);
    set_count(object, "clients", clients.distinct);
    set_text(object, "top_client", clients.top);
}

static void set_amplification(json_t *object, const struct gen_truth *truth,
                              const struct gen_account_truth *account)
{
    const struct gen_tally *targets = &account->targets;
    uint32_t most = 0;
    uint32_t holders = 0;
    uint32_t top = 0;
    for (uint32_t i = 0; i < targets->room; i++) {
        const struct gen_tally_entry *entry = &targets->entries[i];
        if (entry->key != 0 && entry->count >= most) {
            holders = entry->count == most ? holders + 1 : 1;
            most = entry->count;
            top = entry->key - 1;
        }
    }
    set_count(object, "retweet_targets", targets->distinct);
    if (holders == 1) {
        set_id(object, "top_retweet_target", gen_account_id(truth->people, top));
    }
    set_count(object, "retweets_le_10s", account->fast_10s);
    set_count(object, "retweets_le_60s", account->fast_60s);
    set_count(object, "retweets_received", account->retweets_received);
    set_count(object, "retweeters", account->retweeters.distinct);
    set_count(object, "deletes", account->deletes);
}

/* A bought account sleeps through its longest gap: what changed is planted. */
static void set_repurposing(json_t *object, const struct gen_planted *plant,
                            const struct gen_account_truth *account)
{
    if (plant->role != GEN_BOUGHT || account->longest_gap < 180 * GEN_DAY_MS) {
        return;
    }
    set_time(object, "repurposed_at", account->dormant_to);
    set_id(object, "repurposed_post", account->dormant_to_id);
    set_count(object, "repurpose_language", 1);
    set_count(object, "repurpose_client", 1);
    set_count(object, "repurpose_name", 1);
}

static int write_object(FILE *file, json_t *object, size_t flags)
{
    int failed = json_dumpf(object, file, flags) != 0 || fputc('\n', file) == EOF;
    json_decref(object);
    return failed;
}

static int write_account(const struct gen_truth *truth, uint32_t plant, FILE *file)
{
    const struct gen_planted *planted = &truth->people->plants[plant];
    const struct gen_account_truth *account = &truth->accounts[plant];
    struct gen_profile profile;
    json_t *object = json_object();
    gen_account_name(truth->people, truth->people->ordinary + plant,
                     account->last_observed, &profile);
    set_id(object, "id", planted->id);
    set_text(object, "screen_name", profile.screen);
    set_text(object, "role", gen_role_names[planted->role]);
    set_time(object, "created_at", planted->created);
    if (count_posts(account) > 0) {
        set_profile(object, account);
        set_activity(object, account);
        set_gaps(object, account);
        set_clock(object, account);
        set_content(object, account);
        set_tops(object, account);
        set_amplification(object, truth, account);
        set_repurposing(object, planted, account);
    } else {
        set_count(object, "posts", 0);
    }
    return write_object(file, object, JSON_COMPACT);
}

static json_t *describe_options(const struct gen_options *options)
{
    json_t *object = json_object();
    set_id(object, "seed", options->seed);
    set_count(object, "posts", options->posts);
    set_count(object, "accounts", options->accounts);
    set_count(object, "campaign", options->campaign);
    set_time(object, "from", options->from);
    set_time(object, "to", options->to);
    set_count(object, "deletes_per_million", options->deletes_ppm);
    set_count(object, "duplicates_per_million", options->duplicates_ppm);
    set_text(object, "line_ends", options->crlf ? "crlf" : "lf");
    set_text(object, "layout", gen_layout_name(options->layout));
    set_count(object, "files", options->files);
    set_count(object, "shard_bytes", options->shard_bytes);
    set_count(object, "frame_bytes", options->frame_bytes);
    json_object_set_new(object, "cut_anywhere", json_boolean(options->cut_anywhere));
    json_object_set_new(object, "checksum", json_boolean(options->checksum));
    json_object_set_new(object, "content_size", json_boolean(options->content_size));
    json_object_set_new(object, "level", json_integer(options->level));
    json_object_set_new(object, "window_log", json_integer(options->window_log));
    return object;
}

static int write_totals(const struct gen_truth *truth, const struct gen_options *options,
                        FILE *file)
{
    const struct gen_totals *totals = &truth->totals;
    json_t *object = json_object();
    set_count(object, "posts", totals->posts);
    set_count(object, "originals", totals->kinds[GEN_ORIGINAL]);
    set_count(object, "retweets", totals->kinds[GEN_RETWEET]);
    set_count(object, "replies", totals->kinds[GEN_REPLY]);
    set_count(object, "quotes", totals->kinds[GEN_QUOTE]);
    set_count(object, "deletes", totals->deletes);
    set_count(object, "deletes_without_account", totals->strangers_deletes);
    set_count(object, "duplicates", totals->duplicates);
    set_count(object, "duplicate_posts", totals->duplicate_posts);
    set_count(object, "duplicate_deletes", totals->duplicate_deletes);
    set_count(object, "lines", totals->lines);
    set_count(object, "accounts", totals->authors);
    set_count(object, "planted", truth->people->planted);
    set_count(object, "text_bytes", totals->text_bytes);
    set_count(object, "written_bytes", totals->written_bytes);
    set_count(object, "files", totals->files);
    set_count(object, "frames", totals->frames);
    json_object_set_new(object, "options", describe_options(options));
    return write_object(file, object, JSON_INDENT(2));
}

static int end_file(FILE *file, int failed, const char *name)
{
    failed |= fclose(file) != 0;
    if (failed) {
        fprintf(stderr, "sandpiper-generate: cannot write %s\n", name);
    }
    return failed ? GEN_EXIT_IOERR : 0;
}

int gen_truth_write(const struct gen_truth *truth, const struct gen_options *options)
{
    int failed = 0;
    FILE *file = gen_output_create(options, "accounts.truth");
    if (file == NULL) {
        return GEN_EXIT_CANTCREAT;
    }
    for (uint32_t plant = 0; plant < truth->people->planted; plant++) {
        failed |= write_account(truth, plant, file);
    }
    failed = end_file(file, failed, "accounts.truth");
    if (failed != 0) {
        return failed;
    }
    file = gen_output_create(options, "totals.truth");
    if (file == NULL) {
        return GEN_EXIT_CANTCREAT;
    }
    return end_file(file, write_totals(truth, options, file), "totals.truth");
}
