#include "stages/aggregate/segment_pack.h"

#include "pipeline/check.h"

#include <errno.h>
#include <stdlib.h>

#define WRITE_BYTES ((size_t)1 << 20)
#define BUFFER_BYTES (WRITE_BYTES + SEGMENT_BLOCK_BYTES)

/* ---- blocks ------------------------------------------------------------ */

bool packer_open(struct packer *packer, struct memory *memory, int fd,
                 _Atomic uint64_t *file_bytes)
{
    *packer = (struct packer){.memory = memory, .fd = fd,
                              .file_bytes = file_bytes};
    packer->buffer = memory_map(memory, BUFFER_BYTES);
    return packer->buffer != NULL;
}

void packer_close(struct packer *packer)
{
    memory_unmap(packer->memory, packer->buffer, BUFFER_BYTES);
    free(packer->blocks);
    *packer = (struct packer){0};
}

int packer_flush(struct packer *packer)
{
    CHECK(packer->block_begin == packer->fill || packer->error);
    /* Relaxed: only who gets which place matters. */
    uint64_t offset = atomic_fetch_add_explicit(
        packer->file_bytes, packer->fill, memory_order_relaxed);
    if (!packer->error)
        packer->error = segment_write_at(packer->fd, packer->buffer,
                                         packer->fill, offset);
    while (packer->blocks_placed < packer->block_count) {
        struct segment_block *block = &packer->blocks[packer->blocks_placed++];
        block->offset = offset;
        offset += block->bytes;
    }
    packer->fill = packer->block_begin = 0;
    return packer->error;
}

static bool block_room(struct packer *packer)
{
    if (packer->block_count < packer->block_capacity)
        return true;
    size_t capacity = packer->block_capacity ? packer->block_capacity * 2 : 64;
    struct segment_block *grown =
        realloc(packer->blocks, capacity * sizeof *grown);
    if (!grown)
        return false;
    packer->blocks = grown;
    packer->block_capacity = capacity;
    return true;
}

static void end_block(struct packer *packer)
{
    size_t size = packer->fill - packer->block_begin;
    if (size && !block_room(packer))
        packer->error = -ENOMEM;
    else if (size)
        packer->blocks[packer->block_count++] = (struct segment_block){
            .checksum = segment_checksum(packer->buffer + packer->block_begin,
                                         size),
            .bytes = (uint32_t)size, .section = packer->section};
    packer->block_begin = packer->fill;
    if (BUFFER_BYTES - packer->fill < SEGMENT_BLOCK_BYTES)
        packer_flush(packer);
}

void packer_begin(struct packer *packer, uint32_t section)
{
    packer->section = section;
    packer->section_bytes = 0;
}

uint64_t packer_end(struct packer *packer)
{
    if (!packer->error)
        end_block(packer);
    return packer->section_bytes;
}

void pack_bytes(struct packer *packer, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    packer->section_bytes += size;
    while (size > 0 && !packer->error) {
        size_t room = SEGMENT_BLOCK_BYTES -
                      (packer->fill - packer->block_begin);
        size_t part = room < size ? room : size;
        memcpy(packer->buffer + packer->fill, from, part);
        packer->fill += part;
        from += part;
        size -= part;
        if (part == room)
            end_block(packer);
    }
}

/* ---- numbers and texts ------------------------------------------------- */

static uint8_t *put_number(uint8_t *to, uint64_t number)
{
    for (; number >= 128; number >>= 7)
        *to++ = (uint8_t)(number | 128);
    *to++ = (uint8_t)number;
    return to;
}

static uint8_t *put_signed(uint8_t *to, int64_t number)
{
    return put_number(to, (uint64_t)number << 1 ^ (uint64_t)(number >> 63));
}

static uint8_t *put_word(uint8_t *to, uint64_t word)
{
    memcpy(to, &word, sizeof word);
    return to + sizeof word;
}

static void pack_byte(struct packer *packer, uint8_t byte)
{
    pack_bytes(packer, &byte, 1);
}

void pack_number(struct packer *packer, uint64_t number)
{
    uint8_t bytes[10];
    pack_bytes(packer, bytes, (size_t)(put_number(bytes, number) - bytes));
}

static void pack_signed(struct packer *packer, int64_t number)
{
    uint8_t bytes[10];
    pack_bytes(packer, bytes, (size_t)(put_signed(bytes, number) - bytes));
}

static void pack_word(struct packer *packer, uint64_t word)
{
    pack_bytes(packer, &word, sizeof word);
}

void pack_text(struct packer *packer, struct text text)
{
    pack_number(packer, text.size);
    pack_bytes(packer, text.bytes, text.size);
}

static void pack_id(struct packer *packer, struct id id)
{
    pack_text(packer, id.text);
    if (!id.text.size)
        pack_word(packer, id.number);
}

/* ---- profiles ---------------------------------------------------------- */

static void pack_when(struct packer *packer, uint64_t when, uint64_t *before)
{
    pack_signed(packer, (int64_t)(when - *before));
    *before = when;
}

static void pack_cell(struct packer *packer, const struct cell *cell,
                      uint64_t *before)
{
    pack_when(packer, cell->when, before);
    pack_signed(packer, cell->value);
}

static void pack_distinct(struct packer *packer, const struct distinct *set)
{
    pack_byte(packer, set->count);
    if (set->hll)
        pack_bytes(packer, set->hll, HLL_REGISTERS);
    else
        pack_bytes(packer, set->hashes, set->count * sizeof *set->hashes);
}

static void pack_profile(struct packer *packer, const struct profile *profile)
{
    uint64_t before = 0;
    pack_signed(packer, profile->created_at);
    pack_signed(packer, profile->first_observed);
    pack_signed(packer, profile->last_observed);
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        const struct count_register *count = &profile->counts[i];
        pack_cell(packer, &count->first, &before);
        pack_cell(packer, &count->last, &before);
        pack_signed(packer, count->min);
        pack_signed(packer, count->max);
    }
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        const struct text_cell *text = &profile->texts[i];
        pack_when(packer, text->when, &before);
        pack_text(packer, text->when ? text->value : (struct text){NULL, 0});
    }
    for (int i = 0; i < PROFILE_FLAGS; i++)
        pack_cell(packer, &profile->flags[i], &before);
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        pack_distinct(packer, &profile->distincts[i]);
}

/* ---- facts ------------------------------------------------------------- */

static uint8_t presence(const struct fact *fact)
{
    return (uint8_t)((fact->target ? HAS_TARGET : 0) |
                     (fact->target_post ? HAS_TARGET_POST : 0) |
                     (fact->original_time != TIME_NONE ? HAS_ORIGINAL_TIME
                                                       : 0) |
                     (fact->statuses != COUNT_NONE ? HAS_STATUSES : 0) |
                     (fact->client ? HAS_CLIENT : 0) |
                     (fact->language ? HAS_LANGUAGE : 0));
}

/* What follows the ids; at most 4 numbers of 10 bytes. */
static uint8_t *put_rest(uint8_t *to, const struct fact *fact, uint8_t has)
{
    if (has & HAS_ORIGINAL_TIME)
        to = put_signed(to, (int64_t)((uint64_t)fact->original_time -
                                      (uint64_t)fact->time));
    if (has & HAS_STATUSES)
        to = put_signed(to, fact->statuses);
    if (has & HAS_CLIENT)
        to = put_number(to, fact->client);
    if (has & HAS_LANGUAGE)
        to = put_number(to, fact->language);
    return to;
}

static uint8_t *put_number_id(uint8_t *to, uint64_t number)
{
    *to++ = 0;
    return put_word(to, number);
}

static void pack_fact(struct packer *packer, const struct fact *fact,
                      int64_t *before)
{
    uint8_t bytes[128], *to = bytes, has = presence(fact);
    *to++ = fact->kind;
    *to++ = fact->flags;
    *to++ = has;
    to = put_signed(to, (int64_t)((uint64_t)fact->time - (uint64_t)*before));
    *before = fact->time;
    bool blobs = fact->flags &
                 (FACT_POST_BLOB | FACT_TARGET_BLOB | FACT_TARGET_POST_BLOB);
    if (!blobs) {
        to = put_number_id(to, fact->post);
        to = put_word(to, fact->survivor);
        if (has & HAS_TARGET)
            to = put_number_id(to, fact->target);
        if (has & HAS_TARGET_POST)
            to = put_number_id(to, fact->target_post);
        to = put_rest(to, fact, has);
        pack_bytes(packer, bytes, (size_t)(to - bytes));
        return;
    }
    pack_bytes(packer, bytes, (size_t)(to - bytes));
    pack_id(packer, fact_post(fact));
    pack_word(packer, fact->survivor);
    if (has & HAS_TARGET)
        pack_id(packer, fact_target(fact));
    if (has & HAS_TARGET_POST)
        pack_id(packer, fact_target_post(fact));
    to = put_rest(bytes, fact, has);
    pack_bytes(packer, bytes, (size_t)(to - bytes));
}

static void pack_deletion(struct packer *packer,
                          const struct deletion *deletion)
{
    pack_id(packer, deletion->post);
    pack_byte(packer, deletion->time != TIME_NONE);
    if (deletion->time != TIME_NONE)
        pack_signed(packer, deletion->time);
}

void pack_account(struct packer *packer, const struct account_view *view)
{
    int64_t before = 0;
    pack_byte(packer, (uint8_t)view->platform);
    pack_id(packer, view->id);
    pack_byte(packer, view->profile != NULL);
    if (view->profile)
        pack_profile(packer, view->profile);
    pack_number(packer, view->fact_count);
    pack_number(packer, view->deletion_count);
    for (size_t i = 0; i < view->fact_count && !packer->error; i++)
        pack_fact(packer, &view->facts[i], &before);
    for (size_t i = 0; i < view->deletion_count && !packer->error; i++)
        pack_deletion(packer, &view->deletions[i]);
}
