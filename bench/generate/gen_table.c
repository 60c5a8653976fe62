#include "gen_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_put.h"
#include "gen_text.h"

#define FIRST_DAY 13149 /* 2006-01-01 */

int gen_tables_open(struct gen_tables *tables, const struct gen_population *people,
                    bool photo_links)
{
    memset(tables, 0, sizeof(*tables));
    tables->people = people;
    tables->photo_links = photo_links;
    uint32_t accounts = people->ordinary + people->planted;
    tables->wanted = accounts <= GEN_TABLES_ACCOUNTS_MAX;
    int failed = gen_catalogue_open(&tables->catalogue, people->lexicon);
    if (failed != 0 || !tables->wanted) {
        return failed;
    }
    tables->words = (tables->catalogue.count + 63u) / 64;
    tables->day_count = (uint32_t)(people->to / GEN_DAY_MS - FIRST_DAY) + 1;
    tables->marks = calloc((size_t)accounts * tables->words, sizeof(*tables->marks));
    tables->active = calloc(accounts, sizeof(*tables->active));
    tables->days = calloc(tables->day_count, sizeof(*tables->days));
    if (tables->marks == NULL || tables->active == NULL || tables->days == NULL) {
        gen_tables_close(tables);
        return -ENOMEM;
    }
    return 0;
}

void gen_tables_close(struct gen_tables *tables)
{
    gen_catalogue_close(&tables->catalogue);
    gen_set_free(&tables->tag_accounts);
    free(tables->marks);
    free(tables->active);
    free(tables->days);
    free(tables->tag_days);
    memset(tables, 0, sizeof(*tables));
}

static void count_label(struct gen_tables *tables, uint16_t label, uint32_t account,
                        int64_t t)
{
    if (label == GEN_NO_LABEL) {
        return;
    }
    struct gen_row *row = &tables->rows[label];
    uint64_t *mark = &tables->marks[(size_t)account * tables->words + label / 64];
    uint64_t bit = UINT64_C(1) << (label & 63);
    row->accounts += (*mark & bit) == 0;
    *mark |= bit;
    row->first_t = row->posts == 0 ? t : row->first_t;
    row->last_t = t;
    row->posts++;
}

/* Posts and accounts of today's hashtags become rows. */
static void end_day(struct gen_tables *tables)
{
    const struct gen_catalogue *catalogue = &tables->catalogue;
    for (unsigned i = catalogue->first[GEN_OF_HASHTAGS]; i < catalogue->count; i++) {
        if (tables->tag_posts[i] == 0) {
            continue;
        }
        if (tables->tag_day_count == tables->tag_day_room) {
            size_t room = tables->tag_day_room == 0 ? 4096 : 2 * tables->tag_day_room;
            struct gen_tag_day *rows = realloc(tables->tag_days, room * sizeof(*rows));
            if (rows == NULL) {
                tables->failed = -ENOMEM;
                return;
            }
            tables->tag_days = rows;
            tables->tag_day_room = room;
        }
        tables->tag_days[tables->tag_day_count++] = (struct gen_tag_day){
            tables->today, tables->tag_posts[i], tables->tag_active[i], (uint16_t)i};
        tables->tag_posts[i] = tables->tag_active[i] = 0;
    }
    gen_set_clear(&tables->tag_accounts);
}

/* Each hashtag of a post once, however often it is used. */
static void count_tags(struct gen_tables *tables, const struct gen_post *post,
                       uint32_t account, int64_t t)
{
    uint16_t picks[GEN_HASHTAGS_MAX];
    uint16_t labels[GEN_HASHTAGS_MAX];
    gen_text_pick_tags(tables->people->lexicon, post, picks);
    for (unsigned i = 0; i < post->hashtags; i++) {
        labels[i] = gen_catalogue_tag(&tables->catalogue, post->topic, post->language,
                                      picks[i]);
        bool again = false;
        for (unsigned before = 0; before < i; before++) {
            again |= labels[before] == labels[i];
        }
        if (again) {
            continue;
        }
        count_label(tables, labels[i], account, t);
        int added = gen_set_add(&tables->tag_accounts,
                                (uint64_t)account * GEN_LABELS_MAX + labels[i] + 1);
        tables->failed = added < 0 ? added : tables->failed;
        tables->tag_posts[labels[i]]++;
        tables->tag_active[labels[i]] += added > 0;
    }
}

void gen_tables_count_post(struct gen_tables *tables, const struct gen_line *line)
{
    const struct gen_catalogue *catalogue = &tables->catalogue;
    const struct gen_post *post = &line->post;
    if (!tables->wanted) {
        return;
    }
    uint32_t day = (uint32_t)(line->t / GEN_DAY_MS - FIRST_DAY);
    if (day != tables->today) {
        end_day(tables);
        tables->today = day;
    }
    tables->days[day].kinds[post->kind]++;
    tables->days[day].active += tables->active[post->account] != day;
    tables->active[post->account] = day;
    if (post->bare) {
        return;
    }
    const struct gen_post *said = post->kind == GEN_RETWEET ? &line->inner : post;
    count_label(tables, gen_catalogue_client(catalogue, post->client), post->account,
                line->t);
    count_label(tables, gen_catalogue_language(catalogue, post->language), post->account,
                line->t);
    count_tags(tables, said, post->account, line->t);
    if (said->urls > 0) {
        uint32_t domain = gen_text_pick_domain(tables->people->lexicon, said);
        count_label(tables, gen_catalogue_domain(catalogue, domain), post->account, line->t);
    }
    if (said->photos > 0 && tables->photo_links) {
        count_label(tables, gen_catalogue_photos(catalogue), post->account, line->t);
    }
}

void gen_tables_count_delete(struct gen_tables *tables, int64_t t)
{
    if (tables->wanted) {
        tables->days[t / GEN_DAY_MS - FIRST_DAY].deletes++;
    }
}

/* Births and posts of the born: of all who posted and show when they began. */
static void count_births(struct gen_tables *tables, const uint32_t *statuses)
{
    const struct gen_population *people = tables->people;
    for (uint32_t account = 0; account < people->ordinary + people->planted; account++) {
        bool bare = gen_account_is_planted(people, account) &&
                    gen_account_plant(people, account)->bare;
        if (statuses[account] > 0 && !bare) {
            int64_t born = gen_account_created(people, account) / GEN_DAY_MS;
            struct gen_day *day = &tables->days[born - FIRST_DAY];
            day->created++;
            day->created_posts += statuses[account];
        }
    }
}

static void write_day(FILE *file, uint32_t day)
{
    struct gen_clock clock;
    gen_clock_at((FIRST_DAY + day) * GEN_DAY_MS, &clock);
    fprintf(file, "\"day\":\"%04u-%02u-%02u\"", clock.year, clock.month, clock.day);
}

static void write_days(const struct gen_tables *tables, FILE *file)
{
    for (uint32_t i = 0; i < tables->day_count; i++) {
        const struct gen_day *day = &tables->days[i];
        const uint64_t *kinds = day->kinds;
        uint64_t posts = kinds[0] + kinds[1] + kinds[2] + kinds[3];
        if (posts + day->created + day->deletes > 0) {
            fprintf(file, "{\"table\":\"days\",");
            write_day(file, i);
            fprintf(file, ",\"posts\":%llu,\"originals\":%llu,\"retweets\":%llu,"
                          "\"replies\":%llu,\"quotes\":%llu,\"active_accounts\":%llu,"
                          "\"accounts_created\":%llu,\"deletes\":%llu}\n",
                    (unsigned long long)posts, (unsigned long long)kinds[GEN_ORIGINAL],
                    (unsigned long long)kinds[GEN_RETWEET],
                    (unsigned long long)kinds[GEN_REPLY],
                    (unsigned long long)kinds[GEN_QUOTE], (unsigned long long)day->active,
                    (unsigned long long)day->created, (unsigned long long)day->deletes);
        }
        if (day->created > 0) {
            fprintf(file, "{\"table\":\"created\",");
            write_day(file, i);
            fprintf(file, ",\"accounts\":%llu,\"posts\":%llu}\n",
                    (unsigned long long)day->created,
                    (unsigned long long)day->created_posts);
        }
    }
}

static void write_labels(const struct gen_tables *tables, enum gen_section section,
                         const char *table, const char *column, FILE *file)
{
    const struct gen_catalogue *catalogue = &tables->catalogue;
    for (unsigned i = catalogue->first[section]; i < catalogue->first[section + 1]; i++) {
        const struct gen_row *row = &tables->rows[i];
        char first[32];
        char last[32];
        if (row->posts == 0) {
            continue;
        }
        *gen_put_iso_time(first, row->first_t) = '\0';
        *gen_put_iso_time(last, row->last_t) = '\0';
        fprintf(file, "{\"table\":\"%s\",\"%s\":\"%s\",\"posts\":%llu,\"accounts\":%llu,"
                      "\"first_post\":\"%s\",\"last_post\":\"%s\"}\n",
                table, column, catalogue->labels[i], (unsigned long long)row->posts,
                (unsigned long long)row->accounts, first, last);
    }
}

int gen_tables_write(struct gen_tables *tables, const uint32_t *statuses, FILE *file)
{
    end_day(tables);
    count_births(tables, statuses);
    write_days(tables, file);
    write_labels(tables, GEN_OF_CLIENTS, "clients", "client", file);
    write_labels(tables, GEN_OF_LANGUAGES, "languages", "language", file);
    write_labels(tables, GEN_OF_DOMAINS, "domains", "domain", file);
    write_labels(tables, GEN_OF_HASHTAGS, "hashtags", "hashtag", file);
    for (size_t i = 0; i < tables->tag_day_count; i++) {
        const struct gen_tag_day *row = &tables->tag_days[i];
        fprintf(file, "{\"table\":\"hashtag_days\",\"hashtag\":\"%s\",",
                tables->catalogue.labels[row->label]);
        write_day(file, row->day);
        fprintf(file, ",\"posts\":%u,\"accounts\":%u}\n", row->posts, row->accounts);
    }
    return tables->failed != 0 ? tables->failed : ferror(file);
}
