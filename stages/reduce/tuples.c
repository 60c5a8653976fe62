#include "stages/reduce/tuples.h"

#include "stages/reduce/rounds.h"

#include <errno.h>
#include <stdlib.h>

#define HEAD_TARGET_TEXT 4u
#define HEAD_ACCOUNT_TEXT 8u

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tuple_platform reads the head's low byte");
_Static_assert(PLATFORM_COUNT <= 4, "two bits hold a platform");

/* ---- one tuple --------------------------------------------------------- */

size_t tuple_size(struct id target, struct id account)
{
    size_t size = sizeof(uint32_t);
    size += target.text.size ? sizeof(uint32_t) + target.text.size
                             : sizeof target.number;
    size += account.text.size ? account.text.size : sizeof account.number;
    return size < TUPLE_BYTES_MAX ? size : 0;
}

static uint8_t *put(uint8_t *to, const void *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static uint8_t *put_id(uint8_t *to, struct id id)
{
    return id.text.size ? put(to, id.text.bytes, id.text.size)
                        : put(to, &id.number, sizeof id.number);
}

void tuple_write(uint8_t *to, enum platform platform, struct id target,
                 struct id account)
{
    uint32_t payload =
        (uint32_t)(tuple_size(target, account) - sizeof(uint32_t));
    uint32_t head = payload << 4 | (uint32_t)platform |
                    (target.text.size ? HEAD_TARGET_TEXT : 0) |
                    (account.text.size ? HEAD_ACCOUNT_TEXT : 0);
    to = put(to, &head, sizeof head);
    if (target.text.size)
        to = put(to, &target.text.size, sizeof target.text.size);
    put_id(put_id(to, target), account);
}

static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

static struct text text_at(const uint8_t *bytes, size_t size)
{
    return (struct text){(const char *)bytes, (uint32_t)size};
}

static struct id target_at(const uint8_t *bytes)
{
    const uint8_t *at = bytes + sizeof(uint32_t);
    if (!(bytes[0] & HEAD_TARGET_TEXT))
        return (struct id){.number = number_at(at)};
    uint32_t size;
    memcpy(&size, at, sizeof size);
    return (struct id){.text = text_at(at + sizeof size, size)};
}

static struct id account_at(const uint8_t *bytes)
{
    uint32_t head;
    memcpy(&head, bytes, sizeof head);
    struct id target = target_at(bytes);
    const uint8_t *at = bytes + sizeof head + sizeof target.number;
    if (target.text.size)
        at = (const uint8_t *)target.text.bytes + target.text.size;
    if (!(head & HEAD_ACCOUNT_TEXT))
        return (struct id){.number = number_at(at)};
    size_t size = tuple_size_of(head) - (size_t)(at - bytes);
    return (struct id){.text = text_at(at, size)};
}

struct tuple tuple_read(const uint8_t *bytes)
{
    char digits[ID_DIGITS_MAX];
    struct id target = target_at(bytes);
    return (struct tuple){.prefix = row_prefix_of(bytes[0] & 3,
                                                  id_text(target, digits)),
                          .target = target.number,
                          .account = account_at(bytes).number,
                          .bytes = bytes};
}

struct id tuple_target(const struct tuple *tuple)
{
    return tuple->target ? (struct id){.number = tuple->target}
                         : target_at(tuple->bytes);
}

struct id tuple_account(const struct tuple *tuple)
{
    return tuple->account ? (struct id){.number = tuple->account}
                          : account_at(tuple->bytes);
}

bool tuple_same_target(const struct tuple *a, const struct tuple *b)
{
    if (a->prefix != b->prefix || a->target != b->target)
        return false;
    return a->target || id_equal(tuple_target(a), tuple_target(b));
}

bool tuple_same_account(const struct tuple *a, const struct tuple *b)
{
    if (a->account != b->account)
        return false;
    return a->account || id_equal(tuple_account(a), tuple_account(b));
}

int tuple_compare(const struct tuple *a, const struct tuple *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    if (a->target != b->target || !a->target) {
        int order = id_compare_bytes(tuple_target(a), tuple_target(b));
        if (order)
            return order;
    }
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    if (a->account)
        return 0;
    return text_compare(account_at(a->bytes).text, account_at(b->bytes).text);
}

/* ---- from lanes to partitions ------------------------------------------ */

/* bytes hold count tuples, the largest of them at most largest. */
static int hand_over(struct reduce *reduce, uint32_t partition,
                     const uint8_t *bytes, size_t size, uint32_t count,
                     size_t largest)
{
    struct tuple_run *tuples = &reduce->tuples[partition];
    pthread_mutex_lock(&tuples->lock);
    int status = run_append(&tuples->run, bytes, size);
    tuples->count += count;
    if (largest > tuples->largest)
        tuples->largest = largest;
    pthread_mutex_unlock(&tuples->lock);
    return status;
}

static int flush_slot(struct reduce *reduce, struct reduce_lane *lane,
                      uint32_t partition)
{
    size_t size = lane->tuple_fill[partition];
    if (!size)
        return 0;
    int status =
        hand_over(reduce, partition,
                  lane->tuple_slots + partition * reduce->slot_bytes, size,
                  lane->tuple_counts[partition], reduce->slot_bytes);
    lane->tuple_fill[partition] = lane->tuple_counts[partition] = 0;
    return status;
}

int tuples_flush(struct reduce *reduce, struct reduce_lane *lane)
{
    int status = 0;
    for (uint32_t p = 0; p < reduce->options.partitions && !status; p++)
        status = flush_slot(reduce, lane, p);
    return status;
}

/* A tuple that fits no slot goes over by itself. */
static int hand_over_large(struct reduce *reduce, uint32_t partition,
                           enum platform platform, struct id target,
                           struct id account)
{
    size_t size = tuple_size(target, account);
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return -ENOMEM;
    tuple_write(bytes, platform, target, account);
    int status = hand_over(reduce, partition, bytes, size, 1, size);
    free(bytes);
    return status;
}

int tuples_add(struct reduce *reduce, struct reduce_lane *lane,
               enum platform platform, struct id target, struct id account)
{
    size_t size = tuple_size(target, account);
    if (!size)
        return -EOVERFLOW;
    uint32_t partition = (uint32_t)(id_hash(platform, target) &
                                    (reduce->options.partitions - 1));
    if (size > reduce->slot_bytes)
        return hand_over_large(reduce, partition, platform, target, account);
    int status = 0;
    if (lane->tuple_fill[partition] + size > reduce->slot_bytes)
        status = flush_slot(reduce, lane, partition);
    if (status)
        return status;
    tuple_write(lane->tuple_slots + partition * reduce->slot_bytes +
                    lane->tuple_fill[partition],
                platform, target, account);
    lane->tuple_fill[partition] += (uint32_t)size;
    lane->tuple_counts[partition]++;
    return 0;
}
