#include "gen_truth_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_campaign.h"
#include "gen_lookalike.h"
#include "gen_output.h"
#include "gen_put.h"
#include "gen_user.h"

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

static int write_object(FILE *file, json_t *object, size_t flags)
{
    int failed = json_dumpf(object, file, flags) != 0 || fputc('\n', file) == EOF;
    json_decref(object);
    return failed;
}

static int write_account(struct gen_truth *truth, uint32_t plant, FILE *file)
{
    const struct gen_population *people = truth->people;
    const struct gen_planted *self = &people->plants[plant];
    uint32_t account = people->ordinary + plant;
    char created[32];
    *gen_put_iso_time(created, self->created) = '\0';
    fprintf(file, "{\"id\":\"%llu\",\"role\":\"%s\",\"honest\":%s,\"created_at\":\"%s\"",
            (unsigned long long)self->id, gen_role_names[self->role],
            gen_role_is_honest(self->role) ? "true" : "false", created);
    if (self->specimen != NULL) {
        fprintf(file, ",\"specimen\":\"%s\"", self->specimen);
    }
    struct gen_profile last;
    gen_account_profile(people, account, people->to - 1, &last);
    fprintf(file, ",\"followers_at_end\":%u,\"friends_at_end\":%u,\"faces\":[",
            last.followers, last.friends);
    unsigned versions = gen_account_version(people, account, people->to - 1);
    for (unsigned version = 0; version <= versions; version++) {
        int64_t t = version == 0 ? people->from
                                 : self->renamed + (version - 1) * self->rename_every;
        char *end = gen_put_face(truth->line, people, account, t);
        fwrite(truth->line, 1, (size_t)(end - truth->line), file);
        fputs(version < versions ? "," : "]}\n", file);
    }
    return ferror(file);
}

static int write_accounts(struct gen_truth *truth, FILE *file)
{
    int failed = 0;
    for (uint32_t plant = 0; plant < truth->people->planted; plant++) {
        failed |= write_account(truth, plant, file);
    }
    return failed;
}

/* By id, but for the first that has another name now: that one by its old
 * handle, which nobody else has. */
static int write_core(const struct gen_truth *truth, FILE *file)
{
    const struct gen_population *people = truth->people;
    bool named = false;
    fputs("# accounts whose posts the amplifiers retweet\n\n", file);
    for (uint32_t plant = 0; plant < people->planted; plant++) {
        const struct gen_planted *self = &people->plants[plant];
        struct gen_profile profile;
        if (!gen_role_is_core(self->role)) {
            continue;
        }
        if (self->marked && !named) {
            named = true;
            gen_account_name(people, people->ordinary + plant, people->from, &profile);
            fprintf(file, "@%s\n", profile.screen);
        } else {
            fprintf(file, "%llu\n", (unsigned long long)self->id);
        }
    }
    return ferror(file);
}

/* Who took part in the breaking news. */
static json_t *describe_burst(const struct gen_truth *truth, const struct gen_acts *acts)
{
    const struct gen_population *people = truth->people;
    json_t *object = json_object();
    json_t *accounts = json_array();
    uint64_t posts = 0;
    for (size_t i = 0; i < acts->count; i++) {
        const struct gen_act *act = &acts->list[i];
        if (act->deed == GEN_DEED_REPORT || act->deed == GEN_DEED_SPREAD) {
            char id[24];
            *gen_put_number(id, gen_account_id(people, act->account)) = '\0';
            posts++;
            json_array_append_new(accounts, json_string(id));
        }
    }
    json_object_set_new(object, "honest", json_true());
    set_count(object, "posts", posts);
    set_time(object, "from", gen_burst_time(people));
    set_text(object, "hashtag", gen_topic_tags[GEN_TOPIC_NEWS]);
    set_text(object, "domain", strchr(gen_sites, '|') + 1);
    json_object_set_new(object, "posts_by", accounts);
    return object;
}

static json_t *describe_options(const struct gen_options *options)
{
    json_t *object = json_object();
    set_id(object, "seed", options->seed);
    set_count(object, "posts", options->posts);
    set_count(object, "accounts", options->accounts);
    set_count(object, "campaign", options->campaign);
    json_object_set_new(object, "specimens", json_boolean(options->specimens));
    set_time(object, "from", options->from);
    set_time(object, "to", options->to);
    set_count(object, "deletes_per_million", options->deletes_ppm);
    set_count(object, "duplicates_per_million", options->duplicates_ppm);
    set_text(object, "line_ends", options->crlf ? "crlf" : "lf");
    set_text(object, "dialect", gen_dialect_name(options->dialect));
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

static int write_totals(const struct gen_truth *truth, const struct gen_acts *acts,
                        const struct gen_options *options, FILE *file)
{
    const struct gen_totals *totals = &truth->totals;
    json_t *object = json_object();
    set_count(object, "posts", totals->posts);
    set_count(object, "originals", totals->kinds[GEN_ORIGINAL]);
    set_count(object, "retweets", totals->kinds[GEN_RETWEET]);
    set_count(object, "replies", totals->kinds[GEN_REPLY]);
    set_count(object, "quotes", totals->kinds[GEN_QUOTE]);
    set_count(object, "core_retweets", totals->core_retweets);
    set_count(object, "deletes", totals->deletes);
    set_count(object, "delete_notices", totals->notices);
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
    if (truth->people->planted > 0) {
        json_object_set_new(object, "burst", describe_burst(truth, acts));
    }
    json_object_set_new(object, "options", describe_options(options));
    return write_object(file, object, JSON_INDENT(2));
}

/* Closes what was opened; `failed` is of the writing. */
static int end_file(FILE *file, int failed, const char *name)
{
    failed |= fclose(file) != 0;
    if (failed) {
        fprintf(stderr, "sandpiper-generate: cannot write %s\n", name);
    }
    return failed ? GEN_EXIT_IOERR : 0;
}

int gen_truth_write(struct gen_truth *truth, const struct gen_acts *acts,
                    const uint32_t *statuses, const struct gen_options *options)
{
    static const char *const names[] = {"accounts.truth", "core.list", "tables.truth",
                                        "totals.truth"};
    int failed = end_file(truth->posts, truth->failed, "posts.truth");
    truth->posts = NULL;
    for (unsigned i = 0; i < 4 && failed == 0; i++) {
        if (i == 2 && !truth->tables.wanted) {
            continue;
        }
        FILE *file = gen_output_create(options, names[i]);
        if (file == NULL) {
            return GEN_EXIT_CANTCREAT;
        }
        switch (i) {
        case 0: failed = write_accounts(truth, file); break;
        case 1: failed = write_core(truth, file); break;
        case 2: failed = gen_tables_write(&truth->tables, statuses, file); break;
        default: failed = write_totals(truth, acts, options, file); break;
        }
        failed = end_file(file, failed, names[i]);
    }
    return failed;
}
