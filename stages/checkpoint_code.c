#include "stages/checkpoint_code.h"

#include "stages/member_list.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers and texts -------------------------------------------------- */

static void fail(struct coder *coder, int error)
{
    if (!coder->error)
        coder->error = error;
    coder->at = coder->end;
}

static void put_number(struct output *out, uint64_t number)
{
    uint8_t bytes[10];
    size_t size = 0;
    for (; number >= 0x80; number >>= 7)
        bytes[size++] = (uint8_t)(number | 0x80);
    bytes[size++] = (uint8_t)number;
    output_add(out, bytes, size);
}

static uint64_t take_number(struct coder *coder)
{
    uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (coder->at == coder->end)
            break;
        uint8_t byte = *coder->at++;
        if (shift == 63 && byte > 1)
            break;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return number;
    }
    fail(coder, -EBADMSG);
    return 0;
}

void code_number(struct coder *coder, uint64_t *number)
{
    if (coder->out)
        put_number(coder->out, *number);
    else
        *number = take_number(coder);
}

void code_signed(struct coder *coder, int64_t *number)
{
    uint64_t zigzag = (uint64_t)*number << 1 ^ (uint64_t)(*number >> 63);
    code_number(coder, &zigzag);
    *number = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
}

void code_word32(struct coder *coder, uint32_t *number)
{
    uint64_t wide = *number;
    code_number(coder, &wide);
    if (wide > UINT32_MAX)
        fail(coder, -EBADMSG);
    *number = (uint32_t)wide;
}

void code_flag(struct coder *coder, bool *flag)
{
    uint64_t wide = *flag;
    code_number(coder, &wide);
    if (wide > 1)
        fail(coder, -EBADMSG);
    *flag = wide == 1;
}

void code_bytes(struct coder *coder, void *bytes, size_t size)
{
    if (coder->out) {
        if (size > 0)
            output_add(coder->out, bytes, size);
        return;
    }
    if (size > (size_t)(coder->end - coder->at)) {
        fail(coder, -EBADMSG);
        memset(bytes, 0, size);
        return;
    }
    if (size > 0)
        memcpy(bytes, coder->at, size);
    coder->at += size;
}

void code_count(struct coder *coder, size_t *count)
{
    uint64_t wide = *count;
    code_number(coder, &wide);
    if (!coder->out && wide > (uint64_t)(coder->end - coder->at)) {
        fail(coder, -EBADMSG);
        wide = 0;
    }
    *count = (size_t)wide;
}

void *code_room(struct coder *coder, size_t count, size_t size)
{
    if (coder->error || count == 0)
        return NULL;
    void *room = calloc(count, size);
    if (!room)
        fail(coder, -ENOMEM);
    return room;
}

void code_text(struct coder *coder, const char **text)
{
    size_t size = coder->out && *text ? strlen(*text) + 1 : 0;
    code_count(coder, &size);
    if (coder->out) {
        if (size > 1)
            output_add(coder->out, *text, size - 1);
        return;
    }
    *text = NULL;
    if (coder->error || size == 0)
        return;
    char *kept = arena_alloc(coder->texts, size, 1);
    if (!kept) {
        fail(coder, -ENOMEM);
        return;
    }
    code_bytes(coder, kept, size - 1);
    kept[size - 1] = '\0';
    if (strlen(kept) != size - 1)
        fail(coder, -EBADMSG);
    *text = kept;
}

/* ---- the ledger --------------------------------------------------------- */

/* All counters of a tally are words, and stand before its samples. */
#define TALLY_WORDS (offsetof(struct tally, sample_count) / sizeof(uint64_t))
_Static_assert(offsetof(struct tally, sample_count) % sizeof(uint64_t) == 0,
               "counters alone before sample_count");

uint64_t code_ledger_shape(void)
{
    return TALLY_WORDS << 24 | (uint64_t)FRAME_REASON_COUNT << 16 |
           sizeof(struct csv_layout);
}

static void code_words(struct coder *coder, uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        code_number(coder, &words[i]);
}

static void code_sample(struct coder *coder, struct sample *sample)
{
    uint32_t reason = sample->reason, shown = sample->shown;
    code_number(coder, &sample->frame);
    code_number(coder, &sample->offset);
    code_number(coder, &sample->line);
    code_number(coder, &sample->size);
    code_word32(coder, &reason);
    code_word32(coder, &shown);
    if (reason >= LINE_REASON_COUNT || shown > SAMPLE_BYTES) {
        fail(coder, -EBADMSG);
        return;
    }
    sample->reason = (uint8_t)reason;
    sample->shown = (uint8_t)shown;
    code_bytes(coder, sample->bytes, shown);
}

static void code_tally(struct coder *coder, struct tally *tally)
{
    code_words(coder, (uint64_t *)(void *)tally, TALLY_WORDS);
    code_word32(coder, &tally->sample_count);
    if (tally->sample_count > SAMPLES_MAX) {
        tally->sample_count = 0;
        fail(coder, -EBADMSG);
    }
    for (uint32_t i = 0; i < tally->sample_count; i++)
        code_sample(coder, &tally->samples[i]);
}

static void code_salvaged(struct coder *coder, struct salvaged *salvaged)
{
    code_number(coder, &salvaged->frames);
    code_number(coder, &salvaged->text_bytes);
    code_number(coder, &salvaged->lines);
    code_number(coder, &salvaged->posts);
}

static void code_frame_sample(struct coder *coder, struct frame_sample *sample)
{
    uint32_t reason = (uint32_t)sample->reason;
    code_number(coder, &sample->offset);
    code_number(coder, &sample->bytes);
    code_salvaged(coder, &sample->salvaged);
    code_word32(coder, &reason);
    if (reason >= FRAME_REASON_COUNT)
        fail(coder, -EBADMSG);
    else
        sample->reason = (enum frame_reason)reason;
}

static void code_frame_samples(struct coder *coder, struct shard_ledger *ledger)
{
    code_word32(coder, &ledger->frame_sample_count);
    if (ledger->frame_sample_count > SAMPLES_MAX) {
        ledger->frame_sample_count = 0;
        fail(coder, -EBADMSG);
    }
    for (uint32_t i = 0; i < ledger->frame_sample_count; i++)
        code_frame_sample(coder, &ledger->frame_samples[i]);
}

static void code_plain_ledger(struct coder *coder, struct shard_ledger *ledger)
{
    uint32_t framing = (uint32_t)ledger->framing;
    code_flag(coder, &ledger->done);
    code_text(coder, &ledger->container);
    code_word32(coder, &framing);
    if (framing > FRAMING_CSV)
        fail(coder, -EBADMSG);
    else
        ledger->framing = (enum framing)framing;
    code_flag(coder, &ledger->is_text);
    code_words(coder, ledger->digest, 2);
    code_number(coder, &ledger->file_bytes);
    code_number(coder, &ledger->frame_bytes);
    code_number(coder, &ledger->skippable_bytes);
    code_number(coder, &ledger->skippable_frames);
    code_number(coder, &ledger->rejected_bytes);
    code_number(coder, &ledger->unpacked.file);
    code_number(coder, &ledger->unpacked.frames);
    code_number(coder, &ledger->unpacked.skippable);
    code_number(coder, &ledger->unpacked.rejected);
    code_number(coder, &ledger->members);
    code_number(coder, &ledger->members_passed);
    code_number(coder, &ledger->frames);
    code_number(coder, &ledger->frames_ok);
    code_number(coder, &ledger->frames_unchecked);
    code_number(coder, &ledger->text_frames);
    code_words(coder, ledger->frames_rejected, FRAME_REASON_COUNT);
    code_salvaged(coder, &ledger->salvaged);
    code_number(coder, &ledger->window_bytes_max);
    code_frame_samples(coder, ledger);
    code_tally(coder, &ledger->tally);
}

static void write_member(struct coder *coder, const struct member *member)
{
    const char *name = member->name;
    struct shard_ledger *plain = code_room(coder, 1, sizeof *plain);
    code_text(coder, &name);
    if (!plain)
        return;
    /* It may be kept without room for samples. */
    memcpy(plain, member->ledger, member->ledger_bytes);
    code_plain_ledger(coder, plain);
    free(plain);
}

static void read_member(struct coder *coder, struct member_list *list)
{
    const char *name = NULL;
    struct shard_ledger *plain = code_room(coder, 1, sizeof *plain);
    code_text(coder, &name);
    if (!plain)
        return;
    code_plain_ledger(coder, plain);
    if (!name)
        fail(coder, -EBADMSG);
    char *copy = coder->error ? NULL : strdup(name);
    struct member *member = copy ? member_list_add(list, copy) : NULL;
    if (!coder->error &&
        (!member || !member_keep(member, coder->memory, plain)))
        fail(coder, -ENOMEM);
    free(plain);
}

void code_ledger(struct coder *coder, struct shard_ledger *ledger)
{
    struct member_list *list = ledger->member_list;
    bool has_list = list != NULL;
    size_t count = list ? list->count : 0;
    code_plain_ledger(coder, ledger);
    code_flag(coder, &has_list);
    if (!has_list)
        return;
    code_count(coder, &count);
    if (coder->out) {
        for (size_t i = 0; i < count; i++)
            write_member(coder, list->items[i]);
        return;
    }
    ledger->member_list = list = member_list_create(coder->memory);
    if (!list)
        fail(coder, -ENOMEM);
    if (count > MEMBER_LINES_MAX)
        fail(coder, -EBADMSG);
    for (size_t i = 0; i < count && !coder->error; i++)
        read_member(coder, list);
}

/* ---- the mark ----------------------------------------------------------- */

static void code_open_line(struct coder *coder, struct shard_mark *mark)
{
    code_number(coder, &mark->open_frame);
    code_number(coder, &mark->open_total);
    code_count(coder, &mark->open_size);
    if (mark->open_size > mark->open_total)
        fail(coder, -EBADMSG);
    if (!coder->out)
        mark->open = code_room(coder, mark->open_size, 1);
    if (mark->open)
        code_bytes(coder, mark->open, mark->open_size);
}

static void code_layout(struct coder *coder, struct csv_layout *layout)
{
    code_flag(coder, &layout->users);
    code_word32(coder, &layout->bom);
    code_word32(coder, &layout->columns);
    if ((layout->bom != 0 && layout->bom != 3) ||
        layout->columns > CSV_COLUMNS_MAX)
        fail(coder, -EBADMSG);
    for (int i = 0; i < IO_FIELDS; i++) {
        uint32_t column = layout->column_of[i];
        code_word32(coder, &column);
        if (column != CSV_NO_COLUMN && column >= layout->columns)
            fail(coder, -EBADMSG);
        layout->column_of[i] = (uint16_t)column;
    }
}

void code_mark(struct coder *coder, struct shard_mark *mark)
{
    code_number(coder, &mark->feed.position);
    code_number(coder, &mark->feed.hashed);
    code_bytes(coder, mark->feed.hash, sizeof mark->feed.hash);
    code_word32(coder, &mark->codec);
    code_flag(coder, &mark->is_text);
    code_flag(coder, &mark->after_loss);
    code_flag(coder, &mark->at_start);
    code_flag(coder, &mark->in_order);
    code_flag(coder, &mark->lost);
    code_word32(coder, &mark->states);
    code_word32(coder, &mark->bom_left);
    code_number(coder, &mark->lost_bytes);
    code_open_line(coder, mark);
    code_flag(coder, &mark->is_csv);
    if (mark->is_csv)
        code_layout(coder, &mark->layout);
    if (mark->codec > CODEC_BZIP2 || mark->states > CSV_ANY ||
        mark->bom_left > 3 ||
        (mark->is_csv && (mark->states == 0 ||
                          (mark->lost && mark->open_total > 0))))
        fail(coder, -EBADMSG);
}
