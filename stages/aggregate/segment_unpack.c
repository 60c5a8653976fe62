#include "stages/aggregate/segment_unpack.h"

#include "stages/aggregate/profile_registers.h"
#include "stages/fact_code.h"

#include <errno.h>

#define HLL_RANK_MAX 53

/* ---- bytes ------------------------------------------------------------- */

void unpacker_open(struct unpacker *unpacker, int fd,
                   const struct segment_block *blocks, uint64_t block_count,
                   uint64_t section_bytes, uint8_t *block)
{
    *unpacker = (struct unpacker){.fd = fd, .blocks = blocks,
                                  .block_count = block_count,
                                  .later_bytes = section_bytes,
                                  .block = block, .at = block, .end = block};
}

void unpacker_fail(struct unpacker *unpacker, int error)
{
    if (!unpacker->error)
        unpacker->error = error;
    unpacker->at = unpacker->end;
    unpacker->later_bytes = 0;
}

/* The entry's place and size were checked when the segment was opened. */
static bool next_block(struct unpacker *unpacker)
{
    if (unpacker->error || unpacker->block_at == unpacker->block_count) {
        unpacker_fail(unpacker, -EBADMSG);
        return false;
    }
    const struct segment_block *block = &unpacker->blocks[unpacker->block_at++];
    int status = segment_read_at(unpacker->fd, unpacker->block, block->bytes,
                                 block->offset);
    if (!status &&
        segment_checksum(unpacker->block, block->bytes) != block->checksum)
        status = -EBADMSG;
    if (status) {
        unpacker_fail(unpacker, status);
        return false;
    }
    unpacker->at = unpacker->block;
    unpacker->end = unpacker->block + block->bytes;
    unpacker->later_bytes -= block->bytes;
    return true;
}

void unpack_bytes(struct unpacker *unpacker, void *to, size_t size)
{
    uint8_t *out = to;
    while (size > 0) {
        if (unpacker->at == unpacker->end && !next_block(unpacker)) {
            memset(out, 0, size);
            return;
        }
        size_t part = (size_t)(unpacker->end - unpacker->at);
        part = part < size ? part : size;
        memcpy(out, unpacker->at, part);
        unpacker->at += part;
        out += part;
        size -= part;
    }
}

uint8_t unpack_byte(struct unpacker *unpacker)
{
    if (unpacker->at == unpacker->end && !next_block(unpacker))
        return 0;
    return *unpacker->at++;
}

uint64_t unpack_number(struct unpacker *unpacker)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = unpack_byte(unpacker);
        number |= (uint64_t)(byte & 127) << shift;
        if (shift == 63 && byte > 1)
            break;
        if (byte < 128)
            return number;
    }
    unpacker_fail(unpacker, -EBADMSG);
    return 0;
}

int64_t unpack_signed(struct unpacker *unpacker)
{
    uint64_t number = unpack_number(unpacker);
    return (int64_t)(number >> 1 ^ (0 - (number & 1)));
}

uint64_t unpack_word(struct unpacker *unpacker)
{
    uint64_t word;
    unpack_bytes(unpacker, &word, sizeof word);
    return word;
}

uint64_t unpack_count(struct unpacker *unpacker, uint64_t bytes_min)
{
    uint64_t count = unpack_number(unpacker);
    if (count <= unpacker_left(unpacker) / bytes_min)
        return count;
    unpacker_fail(unpacker, -EBADMSG);
    return 0;
}

/* ---- texts and ids ----------------------------------------------------- */

static uint32_t unpack_size(struct unpacker *unpacker)
{
    uint64_t size = unpack_count(unpacker, 1);
    if (size <= SEGMENT_TEXT_BYTES_MAX)
        return (uint32_t)size;
    unpacker_fail(unpacker, -EBADMSG);
    return 0;
}

static struct text read_text(struct unpacker *unpacker, struct arena *arena,
                             uint32_t size)
{
    if (!size)
        return (struct text){"", 0};
    char *bytes = arena_alloc(arena, size, 1);
    if (!bytes) {
        unpacker_fail(unpacker, -ENOMEM);
        return (struct text){"", 0};
    }
    unpack_bytes(unpacker, bytes, size);
    return (struct text){bytes, size};
}

struct text unpack_text(struct unpacker *unpacker, struct arena *arena)
{
    return read_text(unpacker, arena, unpack_size(unpacker));
}

struct id unpack_id(struct unpacker *unpacker, struct arena *arena)
{
    uint32_t size = unpack_size(unpacker);
    struct id id = {0};
    if (!size)
        id.number = unpack_word(unpacker);
    else
        id.text = read_text(unpacker, arena, size);
    /* An id has one form: a text that is a number's would be another. */
    if (!id_known(id) ||
        (size && size <= ID_DIGITS_MAX && id_from_text(id.text).number))
        unpacker_fail(unpacker, -EBADMSG);
    return id;
}

/* ---- profiles ---------------------------------------------------------- */

static uint64_t unpack_when(struct unpacker *unpacker, uint64_t *before)
{
    return *before += (uint64_t)unpack_signed(unpacker);
}

static struct cell unpack_cell(struct unpacker *unpacker, uint64_t *before,
                               int64_t value_max)
{
    struct cell cell = {.when = unpack_when(unpacker, before)};
    cell.value = unpack_signed(unpacker);
    if (cell.value < 0 || cell.value > value_max)
        unpacker_fail(unpacker, -EBADMSG);
    return cell;
}

/* A time that records have, or TIME_NONE. */
static int64_t unpack_time(struct unpacker *unpacker)
{
    int64_t time = unpack_signed(unpacker);
    if (time != TIME_NONE && !time_known(time))
        unpacker_fail(unpacker, -EBADMSG);
    return time;
}

/* A count, or COUNT_NONE. */
static int64_t unpack_greatest(struct unpacker *unpacker)
{
    int64_t count = unpack_signed(unpacker);
    if (count < COUNT_NONE)
        unpacker_fail(unpacker, -EBADMSG);
    return count;
}

static void unpack_created(struct unpacker *unpacker, struct cell *created)
{
    created->when = unpack_number(unpacker);
    created->value = unpack_time(unpacker);
    if (created->when > CREATED_TIMED ||
        (created->when != 0) != (created->value != TIME_NONE))
        unpacker_fail(unpacker, -EBADMSG);
}

/* Least and greatest are known if the first one is. */
static void unpack_count_register(struct unpacker *unpacker, uint64_t *before,
                                  struct count_register *count)
{
    count->first = unpack_cell(unpacker, before, INT64_MAX);
    count->last = unpack_cell(unpacker, before, INT64_MAX);
    count->min = unpack_greatest(unpacker);
    count->max = unpack_greatest(unpacker);
    bool seen = count->first.when != 0;
    if ((count->min != COUNT_NONE) != seen ||
        (count->max != COUNT_NONE) != seen || count->min > count->max)
        unpacker_fail(unpacker, -EBADMSG);
}

static void unpack_registers(struct unpacker *unpacker, struct arena *arena,
                             struct distinct *set)
{
    uint8_t *registers = arena_alloc(arena, HLL_REGISTERS, 1);
    if (!registers) {
        unpacker_fail(unpacker, -ENOMEM);
        return;
    }
    unpack_bytes(unpacker, registers, HLL_REGISTERS);
    for (int i = 0; i < HLL_REGISTERS; i++)
        if (registers[i] > HLL_RANK_MAX)
            unpacker_fail(unpacker, -EBADMSG);
    set->hll = registers;
}

static void unpack_distinct(struct unpacker *unpacker, struct arena *arena,
                            struct distinct *set)
{
    *set = (struct distinct){.count = unpack_byte(unpacker)};
    if (set->count == DISTINCT_EXACT_MAX + 1) {
        unpack_registers(unpacker, arena, set);
        return;
    }
    if (set->count > DISTINCT_EXACT_MAX) {
        unpacker_fail(unpacker, -EBADMSG);
        set->count = 0;
    }
    unpack_bytes(unpacker, set->hashes, set->count * sizeof *set->hashes);
    for (int i = 1; i < set->count; i++)
        if (set->hashes[i - 1] >= set->hashes[i])
            unpacker_fail(unpacker, -EBADMSG);
}

void unpack_profile(struct unpacker *unpacker, struct arena *arena,
                    struct profile *profile)
{
    uint64_t before = 0;
    unpack_created(unpacker, &profile->created_at);
    profile->first_observed = unpack_time(unpacker);
    profile->last_observed = unpack_time(unpacker);
    for (int i = 0; i < ENGAGEMENTS; i++)
        profile->engagement[i] = unpack_greatest(unpacker);
    for (int i = 0; i < PROFILE_COUNTS; i++)
        unpack_count_register(unpacker, &before, &profile->counts[i]);
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        profile->texts[i].when = unpack_when(unpacker, &before);
        profile->texts[i].value = unpack_text(unpacker, arena);
    }
    for (int i = 0; i < PROFILE_FLAGS; i++)
        profile->flags[i] = unpack_cell(unpacker, &before, FLAG_NONE - 1);
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        unpack_distinct(unpacker, arena, &profile->distincts[i]);
}

/* ---- facts ------------------------------------------------------------- */

void unpack_fact(struct unpacker *unpacker, struct arena *arena,
                 const struct dictionaries *limits, int64_t *before,
                 struct fact *fact)
{
    uint32_t size = unpack_size(unpacker);
    uint8_t *code = arena_alloc(arena, size, 1);
    if (!code) {
        unpacker_fail(unpacker, -ENOMEM);
        return;
    }
    unpack_bytes(unpacker, code, size);
    if (unpacker->error)
        return;
    int error = fact_decode(code, size, *before, arena, fact);
    if (!error && (fact->client > limits->clients.count ||
                   fact->language > limits->languages.count))
        error = -EBADMSG;
    if (error)
        unpacker_fail(unpacker, error);
    *before = fact->time;
}

void unpack_deletion(struct unpacker *unpacker, struct arena *arena,
                     struct deletion *deletion)
{
    deletion->post = unpack_id(unpacker, arena);
    bool has_time = unpack_byte(unpacker);
    deletion->time = has_time ? unpack_time(unpacker) : TIME_NONE;
}
