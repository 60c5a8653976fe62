#include "stages/checkpoint.h"

#include "stages/checkpoint_code.h"
#include "stages/hash.h"
#include "stages/member_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_MAGIC "SNDPCKP\n"
#define CHECKPOINT_VERSION 1u
#define TEXTS_CHUNK_BYTES ((size_t)64 << 10)

struct checkpoint_header {
    char magic[8];
    uint32_t version, zero;
    uint64_t size, checksum;
};
_Static_assert(sizeof(struct checkpoint_header) == 32, "no padding");

static void free_shard(struct checkpoint_shard *shard)
{
    if (shard->ledger)
        member_list_free(shard->ledger->member_list);
    free(shard->ledger);
    if (shard->mark)
        free(shard->mark->open);
    free(shard->mark);
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    if (!checkpoint->memory)
        return;
    for (size_t i = 0; checkpoint->shards && i < checkpoint->shard_count; i++)
        free_shard(&checkpoint->shards[i]);
    free(checkpoint->shards);
    free(checkpoint->repeats);
    free(checkpoint->segments);
    free(checkpoint->handles);
    arena_reset(&checkpoint->texts);
    *checkpoint = (struct checkpoint){0};
}

bool checkpoint_finished(const struct checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->shard_count; i++)
        if (checkpoint->shards[i].progress != SHARD_DONE)
            return false;
    return true;
}

/* ---- the parts ---------------------------------------------------------- */

static void code_build(struct coder *coder)
{
    const char *version = SANDPIPER_VERSION;
    uint64_t shape = code_ledger_shape();
    code_text(coder, &version);
    code_number(coder, &shape);
    if (!coder->error &&
        (!version || strcmp(version, SANDPIPER_VERSION) != 0 ||
         shape != code_ledger_shape()))
        coder->error = -ESTALE;
}

static void refuse(struct coder *coder)
{
    if (!coder->error)
        coder->error = -EBADMSG;
}

static void code_dictionary(struct coder *coder, struct dictionary_file *file)
{
    uint64_t size = file->size;
    code_text(coder, &file->name);
    code_number(coder, &size);
    code_number(coder, &file->digest[0]);
    code_number(coder, &file->digest[1]);
    file->size = (size_t)size;
    if (!file->name)
        refuse(coder);
}

static void code_reading(struct coder *coder, struct checkpoint *checkpoint)
{
    struct reading *reading = &checkpoint->reading;
    struct dictionary_files *files = &checkpoint->dictionaries;
    code_signed(coder, &reading->since);
    code_signed(coder, &reading->until);
    code_number(coder, &reading->line_bytes_max);
    code_flag(coder, &reading->salvage);
    code_number(coder, &reading->handles_key[0]);
    code_number(coder, &reading->handles_key[1]);
    code_count(coder, &files->count);
    if (files->count > DICTIONARIES_MAX) {
        files->count = 0;
        refuse(coder);
    }
    for (size_t i = 0; i < files->count; i++)
        code_dictionary(coder, &files->items[i]);
    if (!coder->out)
        reading->dictionaries = files;
    code_text(coder, &checkpoint->asked);
    if (!checkpoint->asked)
        refuse(coder);
}

static void code_id(struct coder *coder, struct id *id)
{
    size_t size = id->text.size;
    code_number(coder, &id->number);
    code_count(coder, &size);
    if (coder->out) {
        code_bytes(coder, (void *)(uintptr_t)id->text.bytes, size);
        return;
    }
    char *kept = size ? arena_alloc(coder->texts, size, 1) : NULL;
    if (size && !kept)
        coder->error = coder->error ? coder->error : -ENOMEM;
    if (kept)
        code_bytes(coder, kept, size);
    id->text = (struct text){kept, kept ? (uint32_t)size : 0};
}

static void code_handles(struct coder *coder, struct checkpoint *checkpoint)
{
    code_count(coder, &checkpoint->handle_count);
    if (!coder->out)
        checkpoint->handles = code_room(coder, checkpoint->handle_count,
                                        sizeof *checkpoint->handles);
    for (size_t i = 0; checkpoint->handles && i < checkpoint->handle_count;
         i++) {
        code_number(coder, &checkpoint->handles[i].handle);
        code_id(coder, &checkpoint->handles[i].id);
    }
}

static void code_segments(struct coder *coder, struct checkpoint *checkpoint)
{
    code_count(coder, &checkpoint->segment_count);
    if (!coder->out)
        checkpoint->segments = code_room(coder, checkpoint->segment_count,
                                         sizeof *checkpoint->segments);
    for (size_t i = 0; checkpoint->segments && i < checkpoint->segment_count;
         i++) {
        code_number(coder, &checkpoint->segments[i].number);
        code_number(coder, &checkpoint->segments[i].level);
        code_number(coder, &checkpoint->segments[i].bytes);
    }
}

static void code_repeats(struct coder *coder, struct checkpoint *checkpoint)
{
    code_count(coder, &checkpoint->repeat_count);
    if (!coder->out)
        checkpoint->repeats = code_room(coder, checkpoint->repeat_count,
                                        sizeof *checkpoint->repeats);
    for (size_t i = 0; checkpoint->repeats && i < checkpoint->repeat_count;
         i++) {
        struct shard_repeat *repeat = &checkpoint->repeats[i];
        code_text(coder, &repeat->name);
        code_text(coder, &repeat->first);
        if (!repeat->name || !repeat->first)
            refuse(coder);
    }
}

static void code_shard(struct coder *coder, struct checkpoint_shard *shard)
{
    code_text(coder, &shard->name);
    code_flag(coder, &shard->is_stdin);
    code_number(coder, &shard->size);
    code_signed(coder, &shard->mtime_ns);
    code_word32(coder, &shard->progress);
    if (!shard->name || shard->progress > SHARD_DONE)
        refuse(coder);
    if (coder->error || shard->progress == SHARD_NEW)
        return;
    if (!coder->out)
        shard->ledger = code_room(coder, 1, sizeof *shard->ledger);
    if (!shard->ledger)
        return;
    code_ledger(coder, shard->ledger);
    if (shard->ledger->done != (shard->progress == SHARD_DONE))
        refuse(coder);
    if (shard->progress == SHARD_DONE)
        return;
    if (!coder->out)
        shard->mark = code_room(coder, 1, sizeof *shard->mark);
    if (!shard->mark)
        return;
    code_mark(coder, shard->mark);
    if (shard->mark->feed.position > shard->mark->feed.hashed ||
        shard->mark->is_text != shard->ledger->is_text)
        refuse(coder);
}

static void code_shards(struct coder *coder, struct checkpoint *checkpoint)
{
    code_count(coder, &checkpoint->shard_count);
    if (!coder->out)
        checkpoint->shards = code_room(coder, checkpoint->shard_count,
                                       sizeof *checkpoint->shards);
    for (size_t i = 0; checkpoint->shards && i < checkpoint->shard_count; i++)
        code_shard(coder, &checkpoint->shards[i]);
}

static void code_all(struct coder *coder, struct checkpoint *checkpoint)
{
    code_build(coder);
    if (coder->error)
        return;
    code_reading(coder, checkpoint);
    code_handles(coder, checkpoint);
    code_segments(coder, checkpoint);
    code_repeats(coder, checkpoint);
    code_shards(coder, checkpoint);
}

/* ---- the whole ---------------------------------------------------------- */

bool checkpoint_write(const struct checkpoint *checkpoint,
                      struct output *output)
{
    size_t start = output->size;
    struct checkpoint_header header = {.magic = CHECKPOINT_MAGIC,
                                       .version = CHECKPOINT_VERSION};
    struct coder coder = {.out = output};
    struct checkpoint shown = *checkpoint;
    if (checkpoint->reading.dictionaries)
        shown.dictionaries = *checkpoint->reading.dictionaries;
    output_add(output, &header, sizeof header);
    code_all(&coder, &shown);
    if (output->failed || coder.error)
        return false;
    header.size = output->size - start - sizeof header;
    header.checksum =
        hash_bytes64(output->bytes + start + sizeof header, header.size);
    memcpy(output->bytes + start, &header, sizeof header);
    return true;
}

static int check_header(const uint8_t *bytes, size_t size)
{
    struct checkpoint_header header;
    if (size < sizeof header)
        return -EBADMSG;
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, CHECKPOINT_MAGIC, sizeof header.magic) != 0)
        return -EBADMSG;
    if (header.version != CHECKPOINT_VERSION)
        return -ESTALE;
    if (header.zero != 0 || header.size != size - sizeof header ||
        header.checksum !=
            hash_bytes64(bytes + sizeof header, size - sizeof header))
        return -EBADMSG;
    return 0;
}

/* By name, each once: as a run's list is. */
static bool sorted(const struct checkpoint *checkpoint)
{
    for (size_t i = 1; i < checkpoint->shard_count; i++)
        if (strcmp(checkpoint->shards[i - 1].name,
                   checkpoint->shards[i].name) >= 0)
            return false;
    return true;
}

int checkpoint_read(struct checkpoint *checkpoint, struct memory *memory,
                    const uint8_t *bytes, size_t size)
{
    *checkpoint = (struct checkpoint){.memory = memory};
    arena_init(&checkpoint->texts, memory, TEXTS_CHUNK_BYTES);
    int error = check_header(bytes, size);
    if (error)
        return error;
    struct coder coder = {.at = bytes + sizeof(struct checkpoint_header),
                          .end = bytes + size, .memory = memory,
                          .texts = &checkpoint->texts};
    code_all(&coder, checkpoint);
    if (!coder.error && (coder.at != coder.end || !sorted(checkpoint)))
        coder.error = -EBADMSG;
    return coder.error;
}
