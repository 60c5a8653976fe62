#include "stages/aggregate/compact_profile.h"

/* Three single bytes, two times, and the counts. */
#define HEAD_BYTES_MAX                                                         \
    (3 + (2 + PROFILE_COUNTS + ENGAGEMENTS) * VARINT_BYTES_MAX)

enum { HAS_AUTHOR = 1, HAS_CREATED = 2, HAS_TIME = 4, IS_SNAPSHOT = 8 };

static size_t head_write(uint8_t head[HEAD_BYTES_MAX],
                         const struct observation *o)
{
    uint8_t *at = head;
    *at++ = (uint8_t)((o->author ? HAS_AUTHOR : 0) |
                      (o->created_at != TIME_NONE ? HAS_CREATED : 0) |
                      (o->t_obs != TIME_NONE ? HAS_TIME : 0) |
                      (o->snapshot ? IS_SNAPSHOT : 0));
    unsigned flags = 0, texts = 0;
    for (int i = 0; i < PROFILE_FLAGS; i++)
        flags |= (unsigned)(o->flags[i] & 3) << 2 * i;
    *at++ = (uint8_t)flags;
    if (o->t_obs != TIME_NONE)
        at = varint_write(at, zigzag(o->t_obs));
    if (o->created_at != TIME_NONE)
        at = varint_write(at, zigzag(o->created_at));
    for (int i = 0; i < PROFILE_COUNTS; i++)
        at = varint_write(at, (uint64_t)o->counts[i] + 1);
    for (int i = 0; i < ENGAGEMENTS; i++)
        at = varint_write(at, (uint64_t)o->engagement[i] + 1);
    for (int i = 0; i < PROFILE_TEXTS; i++)
        texts |= (unsigned)(o->texts[i].size != TEXT_NONE) << i;
    *at++ = (uint8_t)texts;
    return (size_t)(at - head);
}

const uint8_t *compact_profile_make(const struct observation *o,
                                    struct arena *arena)
{
    uint8_t head[HEAD_BYTES_MAX];
    size_t size = head_write(head, o), total = size;
    for (int i = 0; i < PROFILE_TEXTS; i++)
        if (o->texts[i].size != TEXT_NONE)
            total += text_block_bytes(o->texts[i]);
    uint8_t *compact = arena_alloc(arena, total, 2);
    if (!compact)
        return NULL;
    memcpy(compact, head, size);
    uint8_t *at = compact + size;
    for (int i = 0; i < PROFILE_TEXTS; i++)
        if (o->texts[i].size != TEXT_NONE)
            at = text_block_write(at, o->texts[i]);
    return compact;
}

static const uint8_t *time_read(const uint8_t *at, bool known, int64_t *time)
{
    *time = TIME_NONE;
    if (!known)
        return at;
    uint64_t word;
    at = varint_read(at, &word);
    *time = unzigzag(word);
    return at;
}

static void texts_read(const uint8_t *at, unsigned known,
                       struct observation *o, uint64_t blocks[PROFILE_TEXTS])
{
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        o->texts[i] = (struct text){NULL, TEXT_NONE};
        blocks[i] = 0;
        if (!(known >> i & 1))
            continue;
        blocks[i] = (uint64_t)(uintptr_t)at;
        o->texts[i] = text_block_read(blocks[i]);
        at = (const uint8_t *)o->texts[i].bytes + o->texts[i].size;
    }
}

void compact_profile_read(const uint8_t *compact, struct observation *o,
                          uint64_t blocks[PROFILE_TEXTS])
{
    unsigned has = compact[0], flags = compact[1];
    o->author = has & HAS_AUTHOR;
    o->snapshot = has & IS_SNAPSHOT;
    for (int i = 0; i < PROFILE_FLAGS; i++)
        o->flags[i] = flags >> 2 * i & 3;
    const uint8_t *at = time_read(compact + 2, has & HAS_TIME, &o->t_obs);
    at = time_read(at, has & HAS_CREATED, &o->created_at);
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        uint64_t word;
        at = varint_read(at, &word);
        o->counts[i] = (int64_t)(word - 1);
    }
    for (int i = 0; i < ENGAGEMENTS; i++) {
        uint64_t word;
        at = varint_read(at, &word);
        o->engagement[i] = (int64_t)(word - 1);
    }
    texts_read(at + 1, *at, o, blocks);
}

bool observation_equal(const struct observation *a,
                       const struct observation *b)
{
    if (a->author != b->author || a->snapshot != b->snapshot ||
        a->t_obs != b->t_obs || a->created_at != b->created_at ||
        memcmp(a->counts, b->counts, sizeof a->counts) != 0 ||
        memcmp(a->engagement, b->engagement, sizeof a->engagement) != 0 ||
        memcmp(a->flags, b->flags, sizeof a->flags) != 0)
        return false;
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        if (a->texts[i].size != b->texts[i].size)
            return false;
        if (a->texts[i].size != TEXT_NONE &&
            !text_equal(a->texts[i], b->texts[i]))
            return false;
    }
    return true;
}
