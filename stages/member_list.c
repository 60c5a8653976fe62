#include "stages/member_list.h"

#include "stages/damage.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct member_list *member_list_create(struct memory *memory)
{
    struct member_list *list = calloc(1, sizeof *list);
    if (list)
        list->memory = memory;
    return list;
}

static size_t member_bytes(const struct member *member)
{
    return sizeof *member + sizeof member + strlen(member->name) + 1;
}

void member_list_cut(struct member_list *list, size_t count)
{
    while (list->count > count) {
        struct member *member = list->items[--list->count];
        memory_uncharge(list->memory,
                        member_bytes(member) + member->ledger_bytes);
        free(member->ledger);
        free(member->name);
        free(member);
    }
}

void member_list_free(struct member_list *list)
{
    if (!list)
        return;
    member_list_cut(list, 0);
    free(list->items);
    free(list);
}

struct member *member_list_add(struct member_list *list, char *name)
{
    if (list->count == list->capacity) {
        size_t larger = list->capacity ? 2 * list->capacity : 64;
        struct member **grown =
            realloc(list->items, larger * sizeof *grown);
        if (!grown)
            return NULL;
        list->items = grown;
        list->capacity = larger;
    }
    struct member *member = calloc(1, sizeof *member);
    if (!member)
        return NULL;
    member->name = name;
    list->items[list->count++] = member;
    memory_charge(list->memory, member_bytes(member));
    return member;
}

/* How much of a ledger holds something: its samples stand at its end. */
static size_t bytes_in_use(const struct shard_ledger *ledger)
{
    size_t samples = offsetof(struct shard_ledger, tally) +
                     offsetof(struct tally, samples);
    bool last = samples + sizeof ledger->tally.samples == sizeof *ledger;
    return last ? samples + ledger->tally.sample_count *
                                sizeof *ledger->tally.samples
                : sizeof *ledger;
}

bool member_keep(struct member *member, struct memory *memory,
                 const struct shard_ledger *ledger)
{
    size_t size = bytes_in_use(ledger);
    member->ledger = malloc(size);
    if (!member->ledger)
        return false;
    memcpy(member->ledger, ledger, size);
    member->ledger_bytes = size;
    memory_charge(memory, size);
    return true;
}

/* Bytes of the sequence at text that is escaped, or 0. C1 controls are two
 * bytes of UTF-8. */
static size_t escaped_bytes(const unsigned char *text, size_t left)
{
    if (text[0] < 0x20 || text[0] == 0x7F || text[0] == '\\')
        return 1;
    return left > 1 && text[0] == 0xC2 && text[1] >= 0x80 && text[1] < 0xA0
               ? 2
               : 0;
}

char *member_name(const char *container, const char *name, size_t size)
{
    const unsigned char *text = (const unsigned char *)name;
    size_t kept = size < MEMBER_NAME_BYTES_MAX ? size : MEMBER_NAME_BYTES_MAX;
    char *whole = malloc(strlen(container) + 2 + 4 * kept + 4);
    if (!whole)
        return NULL;
    char *out = stpcpy(stpcpy(whole, container), "!");
    for (size_t i = 0; i < kept; i++) {
        size_t escaped = escaped_bytes(text + i, kept - i);
        if (escaped == 0)
            *out++ = name[i];
        for (size_t k = 0; k < escaped; k++)
            out += sprintf(out, "\\x%02x", text[i + k]);
        i += escaped > 1;
    }
    strcpy(out, kept < size ? "..." : "");
    return whole;
}

bool ledger_next(const struct run *run, struct ledger_walk *walk)
{
    const struct member_list *list =
        walk->ledger ? run->ledgers[walk->shard].member_list : NULL;
    if (list && walk->member < list->count) {
        const struct member *member = list->items[walk->member++];
        walk->name = member->name;
        walk->ledger = member->ledger;
        return true;
    }
    walk->shard += walk->ledger != NULL;
    walk->member = 0;
    if (walk->shard >= run->shards->count)
        return false;
    walk->name = run->shards->items[walk->shard].name;
    walk->ledger = &run->ledgers[walk->shard];
    return true;
}

void ledger_clear(struct shard_ledger *ledger)
{
    memset(ledger, 0, sizeof *ledger);
    tally_init(&ledger->tally);
}

void ledger_unpacked(struct shard_ledger *ledger)
{
    ledger->unpacked.file = ledger->file_bytes;
    ledger->unpacked.frames = ledger->frame_bytes;
    ledger->unpacked.skippable = ledger->skippable_bytes;
    ledger->unpacked.rejected = ledger->rejected_bytes;
    ledger->file_bytes = ledger->frame_bytes = 0;
    ledger->skippable_bytes = ledger->rejected_bytes = 0;
}

void ledger_append(struct shard_ledger *into, const struct shard_ledger *from)
{
    into->file_bytes += from->file_bytes;
    into->frame_bytes += from->frame_bytes;
    into->skippable_bytes += from->skippable_bytes;
    into->skippable_frames += from->skippable_frames;
    into->rejected_bytes += from->rejected_bytes;
    into->unpacked.file += from->unpacked.file;
    into->unpacked.frames += from->unpacked.frames;
    into->unpacked.skippable += from->unpacked.skippable;
    into->unpacked.rejected += from->unpacked.rejected;
    into->members += from->members;
    into->members_passed += from->members_passed;
    into->frames += from->frames;
    into->frames_ok += from->frames_ok;
    into->frames_unchecked += from->frames_unchecked;
    into->text_frames += from->text_frames;
    for (int i = 0; i < FRAME_REASON_COUNT; i++)
        into->frames_rejected[i] += from->frames_rejected[i];
    salvaged_add(&into->salvaged, &from->salvaged);
    for (uint32_t i = 0; i < from->frame_sample_count &&
                         into->frame_sample_count < SAMPLES_MAX; i++)
        into->frame_samples[into->frame_sample_count++] =
            from->frame_samples[i];
    if (from->window_bytes_max > into->window_bytes_max)
        into->window_bytes_max = from->window_bytes_max;
    tally_append(&into->tally, &from->tally);
}
