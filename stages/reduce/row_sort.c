#include "stages/reduce/rounds.h"

#include "stages/reduce/merge_sort.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Rows by pseudonym. Accounts come to round one in the order of their ids, and
 * so do their rows and what round two counts for them. With pseudonyms these
 * three runs of a partition are keyed by the pseudonym, and sorted here as
 * tuples are, within the lane's share of memory: as the tuple
 *
 *     uint32_t head     payload bytes << 4 | platform
 *     pseudonym         PSEUDONYM_DIGITS
 *     the record        as it stands in the run
 *
 * The sort is stable, in memory and when sorted runs are merged: the posts of
 * an account, which may be several records, stay in their order. A partition
 * is still chosen by the id, so that the rows of an account, and what it
 * received, are in the same one.
 */
#define KEY_AT sizeof(uint32_t)
#define RECORD_AT (KEY_AT + PSEUDONYM_DIGITS)

_Static_assert(ID_DIGITS_MAX <= PSEUDONYM_DIGITS, "room for a number");
_Static_assert(sizeof(struct row_head) >= sizeof(struct received_head),
               "room for either head");

/* ---- the tuples ---------------------------------------------------------- */

static struct tuple read_row(const uint8_t *bytes)
{
    struct text key = {(const char *)bytes + KEY_AT, PSEUDONYM_DIGITS};
    return (struct tuple){.prefix = row_prefix_of(tuple_head(bytes) & 3, key),
                          .bytes = bytes};
}

static int compare_row_tuples(const struct tuple *a, const struct tuple *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return memcmp(a->bytes + KEY_AT, b->bytes + KEY_AT, PSEUDONYM_DIGITS);
}

static inline bool less_row(const struct tuple *a, const struct tuple *b)
{
    return compare_row_tuples(a, b) < 0;
}

MERGE_SORT(sort_row_tuples, struct tuple, less_row)

static const struct tuple_kind ROW_TUPLES = {read_row, compare_row_tuples,
                                             sort_row_tuples};

/* ---- records ------------------------------------------------------------- */

/* A record is a head, the pseudonym, and the rest. */
struct record_kind {
    size_t head_bytes;
    /* Bytes behind the head, and the platform. */
    uint64_t (*read)(const void *head, enum platform *platform);
};

static uint64_t read_row_head(const void *bytes, enum platform *platform)
{
    struct row_head head;
    memcpy(&head, bytes, sizeof head);
    *platform = (enum platform)(head.place & 3);
    return head.bytes;
}

static uint64_t read_received_head(const void *bytes, enum platform *platform)
{
    struct received_head head;
    memcpy(&head, bytes, sizeof head);
    *platform = (enum platform)head.platform;
    return head.id_bytes;
}

static const struct record_kind ROW_RECORDS = {sizeof(struct row_head),
                                               read_row_head};
static const struct record_kind RECEIVED_RECORDS = {
    sizeof(struct received_head), read_received_head};

/* One record as a tuple, straight into the run: head and key stand before it.
 * The reader lends a head only until it is asked for what follows. */
static int add_record(struct tuple_run *tuples, struct run_reader *reader,
                      const struct record_kind *kind)
{
    uint8_t front[RECORD_AT + sizeof(struct row_head)];
    const void *at;
    enum platform platform;
    int status = run_reader_next(reader, kind->head_bytes, &at);
    if (status <= 0)
        return status ? status : -EIO;
    memcpy(front + RECORD_AT, at, kind->head_bytes);
    uint64_t rest = kind->read(at, &platform);
    size_t front_bytes = RECORD_AT + kind->head_bytes;
    if (rest >= TUPLE_BYTES_MAX - front_bytes)
        return -EOVERFLOW;
    size_t size = front_bytes + (size_t)rest;
    status = run_reader_next(reader, (size_t)rest, &at);
    if (status <= 0)
        return status ? status : -EIO;
    uint32_t head = tuple_head_of(size, 0, platform);
    memcpy(front, &head, sizeof head);
    memcpy(front + KEY_AT, at, PSEUDONYM_DIGITS);
    status = run_append(&tuples->run, front, front_bytes);
    if (!status)
        status = run_append(&tuples->run, at, (size_t)rest);
    tuples->count++;
    if (size > tuples->largest)
        tuples->largest = size;
    return status;
}

struct record_taker {
    struct tuple_taker face;
    struct byte_run *out;
};

static int take_record(struct tuple_taker *face, const struct tuple *tuple)
{
    struct record_taker *taker = (struct record_taker *)face;
    size_t size = tuple_size_of(tuple_head(tuple->bytes));
    return run_append(taker->out, tuple->bytes + RECORD_AT, size - RECORD_AT);
}

static int sort_run(struct reduce *reduce, struct reduce_lane *lane,
                    struct byte_run *run, const struct record_kind *kind)
{
    struct tuple_run tuples = {.count = 0};
    struct run_reader reader;
    int status = 0;
    run_init(&tuples.run, &reduce->store);
    run_reader_init(&reader, run);
    while (!status && !run_reader_ended(&reader))
        status = add_record(&tuples, &reader, kind);
    run_reader_end(&reader);
    run_free(run);
    struct record_taker taker = {{take_record}, run};
    if (!status)
        status = tuple_run_take(reduce, lane, &tuples, &ROW_TUPLES,
                                &taker.face);
    run_free(&tuples.run);
    return status;
}

int rows_sort(struct reduce *reduce, struct reduce_lane *lane,
              uint32_t partition)
{
    if (!reduce->options.pseudonyms)
        return 0;
    /* Rows are long and few, tuples short and many: the lane's two rooms would
     * each grow to its share. */
    sort_rooms_free(reduce, lane);
    int status = sort_run(reduce, lane,
                          &reduce->rows[ROWS_ACCOUNTS][partition],
                          &ROW_RECORDS);
    if (!status)
        status = sort_run(reduce, lane, &reduce->rows[ROWS_POSTS][partition],
                          &ROW_RECORDS);
    if (!status)
        status = sort_run(reduce, lane, &reduce->received[partition],
                          &RECEIVED_RECORDS);
    sort_rooms_free(reduce, lane);
    return status;
}
