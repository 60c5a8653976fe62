#include "stages/reduce/table_lane.h"

#include "stages/days.h"

#include <errno.h>
#include <stdlib.h>

int table_add_sum(struct reduce *reduce, struct reduce_lane *lane,
                  const struct sum_key *key, uint64_t hash,
                  const struct sum *sum)
{
    size_t size = sum_tuple_bytes_max(key);
    if (!size)
        return -EOVERFLOW;
    uint8_t *room = tuple_room(lane, size);
    if (!room)
        return -ENOMEM;
    sum_tuple_write(room, key, sum);
    return tuple_add(reduce, lane, TUPLES_SUMS, hash);
}

/* ---- making -------------------------------------------------------------- */

bool table_lane_create(struct reduce *reduce, struct reduce_lane *lane)
{
    struct table_lane *tables = calloc(1, sizeof *tables);
    if (!tables)
        return false;
    lane->tables = tables;
    const struct dictionaries *names = reduce->options.names;
    if (reduce_wants(reduce, TABLE_CLIENTS))
        tables->clients.names = &names->clients;
    if (reduce_wants(reduce, TABLE_LANGUAGES))
        tables->languages.names = &names->languages;
    tables->labels_wanted = reduce_wants(reduce, TABLE_CLIENTS) ||
                            reduce_wants(reduce, TABLE_LANGUAGES);
    tables->days_wanted = reduce_wants(reduce, TABLE_DAYS) ||
                          reduce_wants(reduce, TABLE_CREATED);
    tables->tags_wanted = reduce_wants(reduce, TABLE_HASHTAGS) ||
                          reduce_wants(reduce, TABLE_HASHTAG_DAYS) ||
                          reduce_wants(reduce, TABLE_DOMAINS);
    tables->tags.split_days = reduce_wants(reduce, TABLE_HASHTAG_DAYS);
    return true;
}

static size_t labels_bytes(const struct label_sums *sums)
{
    return (sums->names->count + (size_t)1) * sizeof(struct label);
}

static void free_labels(struct reduce *reduce, struct label_sums *sums)
{
    for (int i = 0; i < PLATFORM_COUNT; i++)
        if (sums->labels[i])
            memory_unmap(reduce->options.memory, sums->labels[i],
                         labels_bytes(sums));
}

void table_lane_destroy(struct reduce *reduce, struct reduce_lane *lane)
{
    if (!lane->tables)
        return;
    free_labels(reduce, &lane->tables->clients);
    free_labels(reduce, &lane->tables->languages);
    day_table_free(reduce, &lane->tables->days);
    tag_table_free(reduce, &lane->tables->tags);
    free(lane->tables);
}

/* ---- labels -------------------------------------------------------------- */

static struct label *labels_of(struct reduce *reduce, struct label_sums *sums,
                               enum platform platform)
{
    if (!sums->labels[platform])
        sums->labels[platform] =
            memory_map(reduce->options.memory, labels_bytes(sums));
    return sums->labels[platform];
}

/* A fact of the account; facts come in order of time. */
static inline void count_label(struct label *label, uint64_t serial,
                               int64_t time)
{
    if (label->serial != serial) {
        label->serial = serial;
        label->accounts++;
        if (!label->posts || time < label->first)
            label->first = time;
        if (!label->posts)
            label->last = time;
    }
    label->posts++;
    if (time > label->last)
        label->last = time;
}

static int collect_labels(struct reduce *reduce, struct table_lane *tables,
                          const struct account_view *view)
{
    struct label *clients = NULL, *languages = NULL;
    if (tables->clients.names &&
        !(clients = labels_of(reduce, &tables->clients, view->platform)))
        return -ENOMEM;
    if (tables->languages.names &&
        !(languages = labels_of(reduce, &tables->languages, view->platform)))
        return -ENOMEM;
    for (size_t i = 0; i < view->fact_count; i++) {
        const struct fact *fact = &view->facts[i];
        if (clients && fact->client)
            count_label(&clients[fact->client], tables->serial, fact->time);
        if (languages && fact->language)
            count_label(&languages[fact->language], tables->serial,
                        fact->time);
    }
    return 0;
}

static int flush_labels(struct reduce *reduce, struct reduce_lane *lane,
                        const struct label_sums *sums, enum table_id table)
{
    int status = 0;
    for (int platform = 0; platform < PLATFORM_COUNT; platform++) {
        const struct label *labels = sums->labels[platform];
        for (uint32_t rank = 1; labels && rank <= sums->names->count &&
                                !status; rank++) {
            if (!labels[rank].posts)
                continue;
            struct sum_key key = {.table = table,
                                  .platform = (enum platform)platform,
                                  .text = sums->names->names[rank - 1]};
            struct sum sum = {.first = labels[rank].first,
                              .last = labels[rank].last};
            sum.counts[SUM_POSTS] = labels[rank].posts;
            sum.counts[SUM_ACCOUNTS] = labels[rank].accounts;
            status = table_add_sum(reduce, lane, &key, sum_key_hash(&key),
                                   &sum);
        }
    }
    return status;
}

/* ---- days ---------------------------------------------------------------- */

static int collect_post_days(struct reduce *reduce, struct reduce_lane *lane,
                             const struct account_view *view)
{
    struct day_sums *sums = NULL;
    int64_t day = 0, end = INT64_MIN;     /* of the day at hand */
    int status = 0;
    for (size_t i = 0; i < view->fact_count; i++) {
        const struct fact *fact = &view->facts[i];
        if (fact->time >= end) {
            day = divide_down(fact->time, MS_PER_DAY);
            end = (day + 1) * MS_PER_DAY;
            sums = day_table_at(reduce, lane, view->platform, day, &status);
            if (!sums)
                return status;
            sums->counts[SUM_ACTIVE]++;
        }
        sums->counts[SUM_POSTS]++;
        sums->counts[SUM_KINDS + fact->kind]++;
    }
    return 0;
}

static int collect_created(struct reduce *reduce, struct reduce_lane *lane,
                           const struct account_view *view)
{
    int status = 0;
    if (!view->fact_count || !view->profile ||
        !view->profile->created_at.when)
        return 0;
    struct day_sums *sums = day_table_at(
        reduce, lane, view->platform,
        divide_down(view->profile->created_at.value, MS_PER_DAY), &status);
    if (sums) {
        sums->counts[SUM_CREATED]++;
        sums->created_posts += view->fact_count;
    }
    return status;
}

static int collect_deletes(struct reduce *reduce, struct reduce_lane *lane,
                           const struct account_view *view)
{
    int status = 0;
    for (size_t i = 0; i < view->deletion_count; i++) {
        int64_t time = view->deletions[i].time;
        if (time == TIME_NONE)
            continue;
        struct day_sums *sums =
            day_table_at(reduce, lane, view->platform,
                         divide_down(time, MS_PER_DAY), &status);
        if (!sums)
            return status;
        sums->counts[SUM_DELETES]++;
    }
    return 0;
}

/* ---- accounts ------------------------------------------------------------ */

int table_collect(struct reduce *reduce, struct reduce_lane *lane,
                  const struct account_view *view)
{
    struct table_lane *tables = lane->tables;
    int status = 0;
    if (!view->fact_count && !view->deletion_count)
        return 0;
    tables->serial++;
    if (tables->days_wanted) {
        status = collect_post_days(reduce, lane, view);
        if (!status)
            status = collect_created(reduce, lane, view);
        if (!status)
            status = collect_deletes(reduce, lane, view);
    }
    if (!status && tables->labels_wanted)
        status = collect_labels(reduce, tables, view);
    if (!status && tables->tags_wanted)
        status = tag_table_collect(reduce, lane, view);
    return status;
}

int table_collect_end(struct reduce *reduce, struct reduce_lane *lane)
{
    struct table_lane *tables = lane->tables;
    int status = day_table_flush(reduce, lane);
    if (!status && tables->clients.names)
        status = flush_labels(reduce, lane, &tables->clients, TABLE_CLIENTS);
    if (!status && tables->languages.names)
        status =
            flush_labels(reduce, lane, &tables->languages, TABLE_LANGUAGES);
    return status;
}
