#include "stages/aggregate/segment_pack.h"

#include "pipeline/check.h"
#include "stages/fact_code.h"
#include "stages/varint.h"

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

static void pack_byte(struct packer *packer, uint8_t byte)
{
    pack_bytes(packer, &byte, 1);
}

void pack_number(struct packer *packer, uint64_t number)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    pack_bytes(packer, bytes, (size_t)(varint_write(bytes, number) - bytes));
}

static void pack_signed(struct packer *packer, int64_t number)
{
    pack_number(packer, zigzag(number));
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
    pack_number(packer, profile->created_at.when);
    pack_signed(packer, profile->created_at.value);
    pack_signed(packer, profile->first_observed);
    pack_signed(packer, profile->last_observed);
    for (int i = 0; i < ENGAGEMENTS; i++)
        pack_signed(packer, profile->engagement[i]);
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

#define CODE_BYTES_SMALL 1024

static void pack_fact(struct packer *packer, const struct fact *fact,
                      int64_t *before)
{
    uint8_t small[CODE_BYTES_SMALL], *code = small;
    size_t need = fact_code_bytes_max(fact);
    if (need > sizeof small)
        code = malloc(need);
    if (!code) {
        packer->error = -ENOMEM;
        return;
    }
    size_t size = (size_t)(fact_encode(code, fact, *before) - code);
    pack_number(packer, size);
    pack_bytes(packer, code, size);
    *before = fact->time;
    if (code != small)
        free(code);
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
