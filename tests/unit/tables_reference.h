#ifndef SANDPIPER_TESTS_TABLES_REFERENCE_H
#define SANDPIPER_TESTS_TABLES_REFERENCE_H

#include "tests/unit/tables_world.h"

#include "stages/days.h"
#include "stages/emit/emit.h"
#include "stages/reduce/client_class.h"
#include "stages/reduce/tables.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/*
 * The tables beside accounts, the slow way: every fact of the world as a line
 * of a list, sorted, and counted group by group; as CSV in expected[table].
 */
static struct world *world;

/* One post says something of a label on a day; or an account of a day. */
struct line {
    enum platform platform;
    struct text label;
    int64_t day, time;
    uint32_t account, post;
    uint32_t what;               /* of days: an enum sum, see below */
};
static struct line *lines;
static size_t line_count;
static struct output expected[TABLE_COUNT];

#define LINES_MAX 200000
#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int by_label(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    const int orders[] = {
        COMPARE(x->platform, y->platform), text_compare(x->label, y->label),
        COMPARE(x->day, y->day), COMPARE(x->account, y->account),
        COMPARE(x->post, y->post)};
    for (int i = 0; i < 5; i++)
        if (orders[i])
            return orders[i];
    return 0;
}

static int by_label_only(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    const int orders[] = {
        COMPARE(x->platform, y->platform), text_compare(x->label, y->label),
        COMPARE(x->account, y->account), COMPARE(x->post, y->post)};
    for (int i = 0; i < 4; i++)
        if (orders[i])
            return orders[i];
    return 0;
}

static struct line *add_line(const struct world_account *account, int64_t time)
{
    assert_true(line_count < LINES_MAX);
    struct line *line = &lines[line_count++];
    *line = (struct line){.platform = account->platform, .time = time,
                          .day = divide_down(time, MS_PER_DAY),
                          .account = (uint32_t)(account - world->accounts)};
    return line;
}

typedef void for_post(const struct world_account *account,
                      const struct world_post *post);

static void each_post(const struct account_set *set, for_post *work)
{
    line_count = 0;
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
        const struct world_account *account = &world->accounts[i];
        if (set && !account->listed)
            continue;
        for (size_t k = 0; k < account->post_count; k++)
            if (!account->posts[k].copy)
                work(account, &account->posts[k]);
    }
}

static void label_line(const struct world_account *account,
                       const struct world_post *post, struct text label)
{
    struct line *line = add_line(account, post->fact.time);
    line->label = label;
    line->post = (uint32_t)post->fact.post;
}

static void tag_lines(const struct world_account *account,
                      const struct world_post *post)
{
    for (uint32_t i = 0; i < post->tag_count; i++)
        label_line(account, post, world_text(&world->tags[post->tags[i]]));
}

static void domain_lines(const struct world_account *account,
                         const struct world_post *post)
{
    for (uint32_t i = 0; i < post->domain_count; i++)
        label_line(account, post,
                   world_text(&world->domains[post->domains[i]]));
}

static void client_lines(const struct world_account *account,
                         const struct world_post *post)
{
    if (post->fact.client)
        label_line(account, post, world->clients[post->fact.client - 1]);
}

static void language_lines(const struct world_account *account,
                           const struct world_post *post)
{
    if (post->fact.language)
        label_line(account, post, world->languages[post->fact.language - 1]);
}

/* Of lines that are sorted: how many posts and accounts, and when. */
struct summary {
    uint64_t posts, accounts;
    int64_t first, last;
};

static struct summary summarise(const struct line *from, size_t count)
{
    struct summary summary = {0, 0, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < count; i++) {
        bool account = !i || from[i].account != from[i - 1].account;
        summary.accounts += account;
        summary.posts += account || from[i].post != from[i - 1].post;
        if (from[i].time < summary.first)
            summary.first = from[i].time;
        if (from[i].time > summary.last)
            summary.last = from[i].time;
    }
    return summary;
}

static inline size_t same_label(size_t from)
{
    size_t end = from + 1;
    while (end < line_count && lines[end].platform == lines[from].platform &&
           text_compare(lines[end].label, lines[from].label) == 0)
        end++;
    return end - from;
}

static struct value platform_value(enum platform platform)
{
    const char *name = PLATFORM_NAMES[platform];
    return (struct value){.text = {name, (uint32_t)strlen(name)}};
}

static void expect_row(enum table_id table, const struct value *row)
{
    emit_cells(&expected[table], EMIT_CSV, &TABLES[table], 0,
               TABLES[table].count, row);
}

static struct value class_value(struct text client)
{
    const char *name = CLIENT_CLASS_NAMES[client_class_of(client)];
    return (struct value){.text = {name, (uint32_t)strlen(name)}};
}

static void expect_labels(enum table_id table)
{
    qsort(lines, line_count, sizeof *lines, by_label_only);
    for (size_t i = 0, count; i < line_count; i += count) {
        count = same_label(i);
        struct summary summary = summarise(lines + i, count);
        struct value row[8] = {platform_value(lines[i].platform),
                               {.text = lines[i].label}};
        int at = 2;
        if (table == TABLE_CLIENTS)
            row[at++] = class_value(lines[i].label);
        row[at++].integer = (int64_t)summary.posts;
        row[at++].integer = (int64_t)summary.accounts;
        row[at++].integer = summary.first;
        row[at++].integer = summary.last;
        expect_row(table, row);
    }
}

/* ---- the days of hashtags ------------------------------------------------ */

struct group {
    size_t from, count;
    uint64_t posts;
    bool taken;
};

static int by_posts(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return x->posts != y->posts ? COMPARE(y->posts, x->posts)
                                : COMPARE(x->from, y->from);
}

static int by_place(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return COMPARE(x->from, y->from);
}

static void expect_days_of(const struct group *group)
{
    const struct line *from = lines + group->from;
    for (size_t i = 0, count; i < group->count; i += count) {
        count = 1;
        while (i + count < group->count && from[i + count].day == from[i].day)
            count++;
        struct summary summary = summarise(from + i, count);
        struct value row[] = {platform_value(from->platform),
                              {.text = from->label},
                              {.integer = from[i].day},
                              {.integer = (int64_t)summary.posts},
                              {.integer = (int64_t)summary.accounts}};
        expect_row(TABLE_HASHTAG_DAYS, row);
    }
}

static void expect_tag_days(void)
{
    struct group *groups = calloc(WORLD_TAGS * PLATFORM_COUNT, sizeof *groups);
    size_t group_count = 0;
    qsort(lines, line_count, sizeof *lines, by_label);
    for (size_t i = 0, count; i < line_count; i += count) {
        count = same_label(i);
        /* A post has one day, so its lines stand together by day too. */
        groups[group_count++] = (struct group){
            i, count, summarise(lines + i, count).posts, false};
    }
    assert_true(group_count > 1500);
    qsort(groups, group_count, sizeof *groups, by_posts);
    qsort(groups, 1000, sizeof *groups, by_place);
    for (size_t i = 0; i < 1000; i++)
        expect_days_of(&groups[i]);
    free(groups);
}

/* ---- days ---------------------------------------------------------------- */

enum day_line { LINE_POST, LINE_CREATED = LINE_POST + POST_KINDS,
                LINE_DELETE, LINE_KINDS };

static void post_line(const struct world_account *account,
                      const struct world_post *post)
{
    add_line(account, post->fact.time)->what = LINE_POST + post->fact.kind;
}

static uint32_t posts_of(const struct world_account *account)
{
    uint32_t posts = 0;
    for (size_t i = 0; i < account->post_count; i++)
        posts += !account->posts[i].copy;
    return posts;
}

static void account_lines(const struct world_account *account)
{
    if (posts_of(account) && account->profile.created_at.when) {
        struct line *line =
            add_line(account, account->profile.created_at.value);
        line->what = LINE_CREATED;
        line->post = posts_of(account);
    }
    for (uint64_t id = 1; id <= 3; id++) {
        int64_t least = INT64_MAX;
        for (size_t i = 0; i < account->deletion_count; i++) {
            const struct deletion *deletion = &account->deletions[i];
            if (deletion->post.number == id && deletion->time != TIME_NONE &&
                deletion->time < least)
                least = deletion->time;
        }
        if (least != INT64_MAX)
            add_line(account, least)->what = LINE_DELETE;
    }
}

static int by_day(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->platform != y->platform)
        return COMPARE(x->platform, y->platform);
    if (x->day != y->day)
        return COMPARE(x->day, y->day);
    return COMPARE(x->account, y->account);
}

static void expect_day(const struct line *from, size_t count)
{
    int64_t counts[LINE_KINDS] = {0}, posts = 0, active = 0, created_posts = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        counts[from[i].what]++;
        if (from[i].what == LINE_CREATED)
            created_posts += from[i].post;
        if (from[i].what >= LINE_CREATED)
            continue;
        posts++;
        active += from[i].account != last;
        last = from[i].account;
    }
    struct value row[] = {
        platform_value(from->platform), {.integer = from->day},
        {.integer = posts},
        {.integer = counts[LINE_POST + KIND_ORIGINAL]},
        {.integer = counts[LINE_POST + KIND_RETWEET]},
        {.integer = counts[LINE_POST + KIND_REPLY]},
        {.integer = counts[LINE_POST + KIND_QUOTE]},
        {.integer = active}, {.integer = counts[LINE_CREATED]},
        {.integer = counts[LINE_DELETE]}};
    expect_row(TABLE_DAYS, row);
    struct value created[] = {row[0], row[1], {.integer = counts[LINE_CREATED]},
                              {.integer = created_posts}};
    if (counts[LINE_CREATED])
        expect_row(TABLE_CREATED, created);
}

static void expect_days(const struct account_set *set)
{
    each_post(set, post_line);
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
        if (!set || world->accounts[i].listed)
            account_lines(&world->accounts[i]);
    qsort(lines, line_count, sizeof *lines, by_day);
    for (size_t i = 0, count; i < line_count; i += count) {
        count = 1;
        while (i + count < line_count &&
               lines[i + count].platform == lines[i].platform &&
               lines[i + count].day == lines[i].day)
            count++;
        expect_day(lines + i, count);
    }
}

/* ---- posts --------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct world_post *x = *(const struct world_post *const *)a;
    const struct world_post *y = *(const struct world_post *const *)b;
    return x->fact.time != y->fact.time
               ? COMPARE(x->fact.time, y->fact.time)
               : COMPARE(x->fact.post, y->fact.post);
}

static struct value text_value(const char *bytes)
{
    return (struct value){.null = !bytes[0],
                          .text = {bytes, (uint32_t)strlen(bytes)}};
}

static void expect_post(const struct world_account *account,
                        const struct world_post *post)
{
    static const char *const kinds[] = {"original", "quote", "reply",
                                        "retweet"};
    const struct fact *fact = &post->fact;
    char id[24] = "", target[24] = "", hash[24] = "";
    struct output tags = {0};
    for (uint32_t i = 0; i < post->tag_count; i++) {
        struct text tag = world_text(&world->tags[post->tags[i]]);
        output_add(&tags, i ? " " : "", i != 0);
        output_add(&tags, tag.bytes, tag.size);
    }
    snprintf(id, sizeof id, "%llu", (unsigned long long)fact->post);
    if (fact->target)
        snprintf(target, sizeof target, "%llu",
                 (unsigned long long)fact->target);
    if (fact->flags & FACT_HAS_TEXT)
        snprintf(hash, sizeof hash, "%016llx",
                 (unsigned long long)fact->text_hash);
    struct value row[POSTS_COLUMNS] = {
        platform_value(account->platform), text_value(account->name),
        text_value(id), {.integer = fact->time},
        text_value(kinds[fact->kind]), text_value(target), {.null = true},
        {.null = !fact->language}, {.null = !fact->client},
        {.null = !post->tag_count,
         .text = {tags.bytes, (uint32_t)tags.size}}, text_value(hash)};
    if (fact->language)
        row[POSTS_LANGUAGE].text = world->languages[fact->language - 1];
    if (fact->client)
        row[POSTS_CLIENT].text = world->clients[fact->client - 1];
    expect_row(TABLE_POSTS, row);
    output_free(&tags);
}

static void expect_posts(const struct account_set *set)
{
    const struct world_account *order[WORLD_ACCOUNTS];
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
        order[i] = &world->accounts[i];
    qsort(order, WORLD_ACCOUNTS, sizeof *order, world_by_row);
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
        const struct world_post *posts[WORLD_POSTS];
        size_t count = 0;
        for (size_t k = 0; k < order[i]->post_count; k++)
            if (!order[i]->posts[k].copy)
                posts[count++] = &order[i]->posts[k];
        qsort(posts, count, sizeof *posts, by_time);
        for (size_t k = 0; k < count && (!set || order[i]->listed); k++)
            expect_post(order[i], posts[k]);
    }
}

static void expect_tables(const struct account_set *set)
{
    for (int table = 0; table < TABLE_COUNT; table++)
        expected[table].size = 0;
    expect_days(set);
    each_post(set, tag_lines);
    expect_labels(TABLE_HASHTAGS);
    expect_tag_days();
    each_post(set, domain_lines);
    expect_labels(TABLE_DOMAINS);
    each_post(set, client_lines);
    expect_labels(TABLE_CLIENTS);
    each_post(set, language_lines);
    expect_labels(TABLE_LANGUAGES);
    expect_posts(set);
}

#endif
