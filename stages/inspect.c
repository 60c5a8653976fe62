#include "stages/inspect_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool look_out_of_memory(struct looker *looker)
{
    fault_raise(looker->inspect->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                "out of memory; give more --memory or fewer --threads");
    return false;
}

bool look_failed(struct looker *looker, int error)
{
    if (error == -ENOMEM)
        return look_out_of_memory(looker);
    fault_raise(looker->inspect->fault, CODE_IO, looker->name,
                feed_position(looker->feed), -error, "cannot read");
    return false;
}

void look_damage(struct looker *looker, enum frame_reason reason,
                 uint64_t offset, uint64_t bytes)
{
    struct inspection *found = looker->found;
    found->damaged[reason]++;
    if (found->damage_count == SAMPLES_MAX)
        return;
    uint32_t place = found->damage_count++;
    found->damage[place].offset = offset;
    found->damage[place].bytes = bytes;
    found->damage[place].reason = reason;
}

/* ---- a shard ------------------------------------------------------------- */

static void text_again(struct text_found *text)
{
    memset(text, 0, sizeof *text);
    tally_init(&text->tally);
}

/* The records of what the feed shows, if it is no container. */
static bool look_into(struct looker *looker)
{
    const char *name;
    size_t have;
    const uint8_t *first =
        feed_peek(looker->feed, SHARD_FORMAT_BYTES, &have);
    enum codec codec = CODEC_ZSTD;
    if (feed_error(looker->feed))
        return look_failed(looker, feed_error(looker->feed));
    text_again(&looker->found->text);
    looker->found->has_text = false;
    switch (shard_format_detect(first, have, &name)) {
    case SHARD_TEXT:
        return look_at_plain_text(looker, looker->feed) &&
               look_at_records(looker);
    case SHARD_ZSTD:
        break;
    case SHARD_GZIP:
        codec = CODEC_GZIP;
        break;
    case SHARD_BZIP2:
        codec = CODEC_BZIP2;
        break;
    default:
        return true;
    }
    return look_at_packed_text(looker, looker->feed, codec, NULL) &&
           look_at_records(looker);
}

/* The same of bytes that stand in looker->text. */
static bool look_into_text(struct looker *looker, uint64_t offset,
                           uint64_t size)
{
    uint64_t there = looker->found->text.text_bytes;
    if (offset >= there)
        return true;
    size = size < there - offset ? size : there - offset;
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes)
        return look_out_of_memory(looker);
    memcpy(bytes, looker->text + offset, size);
    feed_close(looker->feed);
    feed_open_bytes(looker->feed, bytes, size, 0);
    bool well = look_into(looker);
    feed_close(looker->feed);
    free(bytes);
    return well;
}

/* The first member that is read, for its records. */
static bool look_at_member(struct looker *looker)
{
    const struct member_found *member = &looker->found->members.sampled;
    uint64_t file = looker->found->file_bytes;
    if (!member->taken || member->offset >= file)
        return true;
    uint64_t there = file - member->offset;
    int error = feed_open_range(looker->feed, looker->source, looker->fd,
                                member->offset,
                                member->packed_bytes < there
                                    ? member->packed_bytes : there);
    if (error)
        return look_failed(looker, error);
    if (!member->packed)
        return look_into(looker);
    /* An entry of a zip, whose text may be packed once more. */
    return look_at_packed_text(looker, looker->feed, CODEC_STORED,
                               &member->entry) &&
           (looker->found->text.refused ||
            look_into_text(looker, 0, UINT64_MAX));
}

static bool look_at_file_of_members(struct looker *looker, bool zip)
{
    looker->found->has_members = true;
    if (looker->fd < 0 && zip) {
        look_damage(looker, CONTAINER_UNSUPPORTED, 0, 0);
        return true;
    }
    if (looker->fd < 0) {
        /* A pipe shows its beginning. */
        struct text_found *text = &looker->found->text;
        const struct member_found *member = &looker->found->members.sampled;
        bool well = look_at_plain_text(looker, looker->feed) &&
                    look_at_tar(looker, looker->text, text->text_bytes);
        looker->found->looked_bytes = text->text_bytes;
        looker->found->has_text = false;
        return well && (!member->taken ||
                        look_into_text(looker, member->offset,
                                       member->packed_bytes));
    }
    feed_close(looker->feed);
    bool looked =
        zip ? look_at_zip(looker) : look_at_tar(looker, NULL, 0);
    return looked && look_at_member(looker);
}

static bool look_at_packed(struct looker *looker, enum codec codec)
{
    struct inspection *found = looker->found;
    const struct member_found *member = &found->members.sampled;
    const char *name;
    found->has_frames = true;
    found->container = codec == CODEC_ZSTD   ? "zstd"
                       : codec == CODEC_GZIP ? "gzip"
                                             : "bzip2";
    if (!look_at_packed_text(looker, looker->feed, codec, NULL))
        return false;
    if (shard_format_detect(looker->text, found->text.text_bytes, &name) !=
        SHARD_TAR)
        return look_at_records(looker) && look_at_frames(looker, codec);
    found->inner = name;
    found->has_members = true;
    found->has_text = false;
    return look_at_tar(looker, looker->text, found->text.text_bytes) &&
           look_at_frames(looker, codec) &&
           (!member->taken || look_into_text(looker, member->offset,
                                             member->packed_bytes));
}

static bool look_at_text_shard(struct looker *looker)
{
    struct inspection *found = looker->found;
    found->container = "text";
    if (!look_at_plain_text(looker, looker->feed))
        return false;
    found->looked_bytes = found->text.text_bytes;
    found->whole = found->text.whole;
    return look_at_records(looker);
}

static bool look_at_shard(struct looker *looker)
{
    struct inspection *found = looker->found;
    size_t have;
    const uint8_t *first =
        feed_peek(looker->feed, SHARD_FORMAT_BYTES, &have);
    if (feed_error(looker->feed))
        return look_failed(looker, feed_error(looker->feed));
    found->first_count =
        have < INSPECT_FIRST_BYTES ? (uint32_t)have : INSPECT_FIRST_BYTES;
    if (found->first_count > 0)
        memcpy(found->first, first, found->first_count);
    switch (shard_format_detect(first, have, &found->container)) {
    case SHARD_EMPTY:
        found->container = "empty";
        found->whole = true;
        return true;
    case SHARD_FOREIGN:
        found->foreign = true;
        found->looked_bytes = have;
        look_damage(looker, FRAME_GARBAGE, 0,
                    found->file_bytes == SHARD_SIZE_UNKNOWN
                        ? have : found->file_bytes);
        return true;
    case SHARD_ZSTD:
        return look_at_packed(looker, CODEC_ZSTD);
    case SHARD_GZIP:
        return look_at_packed(looker, CODEC_GZIP);
    case SHARD_BZIP2:
        return look_at_packed(looker, CODEC_BZIP2);
    case SHARD_TAR:
        return look_at_file_of_members(looker, false);
    case SHARD_ZIP:
        return look_at_file_of_members(looker, true);
    case SHARD_TEXT:
        return look_at_text_shard(looker);
    }
    return false;
}

static bool look_at(struct looker *looker, size_t number)
{
    struct inspect *inspect = looker->inspect;
    const struct shard *shard = &inspect->shards->items[number];
    struct inspection *found = &inspect->found[number];
    int fd;
    if (shard_open(shard, &fd, inspect->fault) != CODE_DONE)
        return false;
    looker->name = shard->name;
    looker->found = found;
    looker->fd = shard->is_stdin ? -1 : fd;
    found->file_bytes = shard->is_stdin ? SHARD_SIZE_UNKNOWN : shard->size;
    tally_init(&found->text.tally);
    int error = feed_open(looker->feed, looker->source, fd, looker->fd >= 0);
    bool well = error ? look_failed(looker, error) : look_at_shard(looker);
    feed_close(looker->feed);
    decoder_rest(looker->decoder);
    if (well)
        well = shard_unchanged(shard, fd, inspect->fault) == CODE_DONE;
    close(fd);
    found->done = well;
    progress_add(&inspect->progress.compressed_bytes,
                 shard->is_stdin ? 0 : shard->size);
    progress_add(&inspect->progress.shards_done, 1);
    return well;
}

/* ---- a lane -------------------------------------------------------------- */

static bool looker_open(struct looker *looker)
{
    struct inspect *inspect = looker->inspect;
    const struct plan *plan = inspect->plan;
    struct source_options source = {.backend = inspect->io,
                                    .depth = plan->io_depth,
                                    .block_bytes = plan->block_bytes,
                                    .fault = inspect->fault};
    struct decoder_options decoder = {plan->window_bytes_max,
                                      plan->decode_slack_bytes};
    struct parser_options parser = {.isa = inspect->isa,
                                    .since = INT64_MIN, .until = INT64_MAX};
    int error = source_create(&looker->source, &source, inspect->memory);
    if (error && error != -ENOMEM) {
        fault_raise(inspect->fault, CODE_PLAN, NULL, UINT64_MAX, -error,
                    "cannot set up reading; try --io pread");
        return false;
    }
    looker->feed = feed_create(inspect->memory);
    looker->inner = feed_create(inspect->memory);
    looker->decoder = decoder_create(inspect->memory, &decoder);
    looker->parser = parser_create(&parser);
    looker->rows = row_parser_create(&parser);
    looker->text = malloc(SAMPLE_TEXT_BYTES + KERNEL_PADDING);
    if (!error && looker->feed && looker->inner && looker->decoder &&
        looker->parser && looker->rows && looker->text &&
        dictionary_files_give(inspect->dictionaries, looker->decoder))
        return true;
    return look_out_of_memory(looker);
}

static void looker_close(struct looker *looker)
{
    if (looker->feed)
        feed_destroy(looker->feed);
    if (looker->inner)
        feed_destroy(looker->inner);
    if (looker->source)
        source_destroy(looker->source);
    if (looker->decoder)
        decoder_destroy(looker->decoder);
    parser_free(looker->parser);
    row_parser_free(looker->rows);
    batch_free(&looker->batch);
    free(looker->text);
}

/* The work of a lane. */
static int inspect_lane(struct lane *lane)
{
    struct inspect *inspect = lane->context;
    struct looker looker = {.inspect = inspect};
    bool well = looker_open(&looker);
    while (well && !fault_raised(inspect->fault)) {
        uint64_t number = atomic_fetch_add_explicit(&inspect->next, 1,
                                                    memory_order_relaxed);
        if (number >= inspect->shards->count)
            break;
        well = look_at(&looker, (size_t)number);
    }
    looker_close(&looker);
    return fault_raised(inspect->fault);
}

bool inspect_all(struct inspect *inspect, const struct topology *topology)
{
    size_t count = inspect->shards->count;
    struct progress *progress;
    /* Quiet: it is over soon; but its thread sees the signals. */
    struct progress_options options = {
        .total = {shards_bytes(inspect->shards), count, true},
        .counters = &inspect->progress, .fault = inspect->fault,
        .quiet = true};
    inspect->found = calloc(count, sizeof *inspect->found);
    struct lanes *lanes =
        inspect->found ? lanes_create(inspect->plan, topology, inspect->fault,
                                      inspect) : NULL;
    if (!lanes) {
        fault_raise(inspect->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory");
        return false;
    }
    bool started = progress_start(&progress, &options) == 0;
    (void)lanes_run(lanes, inspect_lane);
    progress_stop(started ? progress : NULL);
    lanes_destroy(lanes);
    return !fault_raised(inspect->fault);
}

void inspect_close(struct inspect *inspect)
{
    for (size_t i = 0; inspect->found && i < inspect->shards->count; i++) {
        struct inspection *found = &inspect->found[i];
        free(found->frames.compressed.kept);
        free(found->frames.content.kept);
        free(found->members.sampled.name);
        for (uint32_t k = 0; k < found->members.first_count; k++)
            free(found->members.first[k].name);
    }
    free(inspect->found);
    inspect->found = NULL;
}

/* ---- what it means for a run --------------------------------------------- */

bool inspect_parallel(const struct inspection *found, const char **reason)
{
    const struct frames_found *frames = &found->frames;
    bool document =
        found->has_text && found->text.framing == FRAMING_DOCUMENT;
    bool pipe = found->file_bytes == SHARD_SIZE_UNKNOWN;
    if (found->has_members && !found->has_frames && !pipe)
        return *reason = "members are read by several lanes", true;
    if (found->has_members)
        return *reason = "this container is read front to back", false;
    if (!found->has_frames)
        return *reason = document ? "a document is read by one lane"
                                  : "one lane reads it, others parse its lines",
               false;
    if (document)
        return *reason = "a document is read by one lane", false;
    if (strcmp(found->container, "zstd") != 0)
        return *reason = "frames of this kind are decoded by one lane", false;
    if (frames->whole + frames->open < 2)
        return *reason = "there is one frame; others parse its lines", false;
    if (frames->handed < 2)
        return *reason = "frames above 4 MiB are decoded by one lane", false;
    return *reason = "frames are decoded by several lanes", true;
}
