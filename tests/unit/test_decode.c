/* Decoding, from the shard's bytes to steps: that text is right or refused,
 * that every byte is told once, and that gathered frames, files and pipes
 * give what direct decoding gives. */
#include "pipeline/limits.h"
#include "stages/decode/decode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zdict.h>
#include <zstd.h>

/* ---- bytes, and where they come from ---- */

struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

static void bytes_add(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->capacity - bytes->size < size) {
        bytes->capacity = 2 * (bytes->size + size) + 64;
        bytes->data = realloc(bytes->data, bytes->capacity);
        assert_non_null(bytes->data);
    }
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

static uint64_t random_state;
static uint32_t random_next(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

/* Lines with much in common, as posts have. */
static struct bytes make_text(size_t size, uint64_t seed)
{
    struct bytes text = {0};
    random_state = seed;
    while (text.size < size) {
        char line[256];
        uint32_t number[6];
        for (size_t i = 0; i < 6; i++)
            number[i] = random_next();
        int length = snprintf(line, sizeof line,
                              "{\"id\":%u,\"user\":{\"id\":%u,\"name\":\"%x\"},"
                              "\"text\":\"%x %x\",\"lang\":\"%s\"}\r\n",
                              number[0], number[1] % 1000, number[2] % 5000,
                              number[3], number[4] % 64,
                              number[5] % 3 ? "en" : "zh");
        bytes_add(&text, line, (size_t)length);
    }
    text.size = size;
    return text;
}

struct recipe {
    int level, window_log;
    bool checksum, long_distance, no_content_size, no_dictionary_id;
    size_t flush_every;
    const struct bytes *dictionary;
};

static void set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
    assert_false(ZSTD_isError(
        ZSTD_CCtx_setParameter(context, parameter, value)));
}

static void add_frame(struct bytes *shard, const struct bytes *text,
                      const struct recipe *recipe)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    set(context, ZSTD_c_compressionLevel, recipe->level ? recipe->level : 3);
    set(context, ZSTD_c_checksumFlag, recipe->checksum);
    set(context, ZSTD_c_contentSizeFlag, !recipe->no_content_size);
    set(context, ZSTD_c_dictIDFlag, !recipe->no_dictionary_id);
    if (recipe->window_log)
        set(context, ZSTD_c_windowLog, recipe->window_log);
    if (recipe->long_distance) {
        set(context, ZSTD_c_enableLongDistanceMatching, 1);
        set(context, ZSTD_c_ldmHashRateLog, 7);
    }
    if (recipe->dictionary)
        ZSTD_CCtx_loadDictionary(context, recipe->dictionary->data,
                                 recipe->dictionary->size);
    if (!recipe->no_content_size)
        ZSTD_CCtx_setPledgedSrcSize(context, text->size);
    /* In one call its size would be known, and the window cut down to it. */
    size_t every = recipe->flush_every ? recipe->flush_every : text->size;
    if (recipe->no_content_size && every == text->size)
        every = text->size / 2 + 1;
    size_t capacity = ZSTD_compressBound(text->size) + 1024;
    if (recipe->flush_every)
        capacity += (text->size / every + 1) * 16;
    ZSTD_outBuffer out = {malloc(capacity), capacity, 0};
    size_t at = 0, left;
    do {
        size_t size = text->size - at < every ? text->size - at : every;
        bool end = at + size == text->size;
        ZSTD_inBuffer in = {text->data + at, size, 0};
        left = ZSTD_compressStream2(context, &out, &in,
                                    end ? ZSTD_e_end
                                    : recipe->flush_every ? ZSTD_e_flush
                                                          : ZSTD_e_continue);
        assert_false(ZSTD_isError(left) || (end && left));
        at += in.pos;
    } while (at < text->size);
    bytes_add(shard, out.dst, out.pos);
    free(out.dst);
    ZSTD_freeCCtx(context);
}

static void add_word(struct bytes *shard, uint64_t word, size_t size)
{
    uint8_t little[8];
    for (size_t i = 0; i < 8; i++)
        little[i] = (uint8_t)(word >> (8 * i));
    bytes_add(shard, little, size);
}

static void add_skippable(struct bytes *shard, unsigned variant, size_t size,
                          uint32_t told)
{
    add_word(shard, 0x184D2A50u + variant, 4);
    add_word(shard, told, 4);
    for (size_t i = 0; i < size; i++)
        add_word(shard, i * 7, 1);
}

static void add_block(struct bytes *shard, unsigned type, uint32_t size,
                      bool last)
{
    add_word(shard, (uint64_t)size << 3 | type << 1 | last, 3);
}

/* ---- walks ---- */

struct event {
    enum item_kind kind;
    enum frame_reason reason;   /* FRAME_OK: the frame ended well */
    uint64_t offset, bytes;
    uint64_t text_bytes;        /* of good frames */
    size_t text_at;             /* in events.text */
};

struct events {
    struct event *list;
    size_t count, capacity;
    struct bytes text;          /* of the good frames */
};

static void events_add(struct events *events, struct event event)
{
    if (events->count == events->capacity) {
        events->capacity = 2 * events->capacity + 16;
        events->list = realloc(events->list,
                               events->capacity * sizeof *events->list);
        assert_non_null(events->list);
    }
    events->list[events->count++] = event;
}

static void events_free(struct events *events)
{
    free(events->list);
    bytes_free(&events->text);
    *events = (struct events){0};
}

struct rig {
    struct memory memory;
    struct feed *feed, *gathered;
    struct decoder *decoder;
    struct decoder_options options;
    uint8_t *buffer;
    size_t buffer_size;
    bool keep_text;         /* else only counted */
    uint64_t nothings;
    struct events events;
};

static void rig_open(struct rig *rig, uint64_t window_max, size_t slack)
{
    *rig = (struct rig){.keep_text = true};
    memory_init(&rig->memory, 8 * GIB, 0);
    rig->feed = feed_create(&rig->memory);
    rig->gathered = feed_create(&rig->memory);
    rig->options = (struct decoder_options){window_max, slack};
    rig->decoder = decoder_create(&rig->memory, &rig->options);
    rig->buffer_size = 1 << 20;
    rig->buffer = malloc(rig->buffer_size);
    assert_true(rig->feed && rig->gathered && rig->decoder && rig->buffer);
}

static void rig_close(struct rig *rig)
{
    events_free(&rig->events);
    free(rig->buffer);
    decoder_destroy(rig->decoder);
    feed_destroy(rig->gathered);
    feed_destroy(rig->feed);
    assert_int_equal(rig->memory.used, 0);
}

/* What was shown last, to see that the slack stays and nothing is moved. */
struct shown {
    const uint8_t *end;
    uint8_t copy[4096];
    size_t size;
};

static void check_shown(struct rig *rig, struct shown *shown,
                        const struct step *step)
{
    if (shown->size && step->kind == STEP_TEXT)
        assert_int_equal(step->contiguous, step->text == shown->end);
    size_t kept = shown->size < rig->options.slack_bytes
                      ? shown->size : rig->options.slack_bytes;
    if (kept && (step->kind != STEP_TEXT || !step->contiguous))
        assert_memory_equal(shown->end - kept,
                            shown->copy + shown->size - kept, kept);
    if (step->kind != STEP_TEXT)
        return;
    assert_true(step->size > 0 && step->size < DECODE_STEP_BYTES_MAX);
    shown->end = step->text + step->size;
    shown->size = step->size < sizeof shown->copy ? step->size
                                                  : sizeof shown->copy;
    memcpy(shown->copy, shown->end - shown->size, shown->size);
    /* As the parser may. */
    memset((uint8_t *)(uintptr_t)shown->end, 0xa5, LINE_PADDING_BYTES);
}

static struct event decode_frame(struct rig *rig, struct feed *feed,
                                 const struct item *item)
{
    struct event event = {.kind = ITEM_FRAME, .offset = item->offset,
                          .text_at = rig->events.text.size};
    struct shown shown = {0};
    event.reason = decoder_begin(rig->decoder, feed, item, &event.bytes);
    if (event.reason != FRAME_OK)
        return event;
    uint64_t text_bytes = 0;
    for (;;) {
        struct step step = decoder_step(rig->decoder);
        check_shown(rig, &shown, &step);
        assert_int_not_equal(step.kind, STEP_IO);
        rig->nothings += step.kind == STEP_NOTHING;
        if (step.kind == STEP_TEXT) {
            text_bytes += step.size;
            if (rig->keep_text)
                bytes_add(&rig->events.text, step.text, step.size);
        } else if (step.kind == STEP_FRAME_END) {
            assert_int_equal(text_bytes, step.text_bytes);
            event.text_bytes = text_bytes;
            event.bytes = step.bytes;
            return event;
        } else if (step.kind == STEP_FRAME_BAD) {
            assert_int_not_equal(step.reason, FRAME_OK);
            rig->events.text.size = event.text_at;
            event.reason = step.reason;
            event.bytes = step.bytes;
            return event;
        }
    }
}

/* One walk to the end of the feed; every byte is told once, in order. */
static void walk(struct rig *rig, struct feed *feed, bool gather)
{
    for (;;) {
        uint64_t before = feed_position(feed);
        struct item item = item_next(feed);
        assert_int_equal(item.offset, before);
        if (item.kind == ITEM_END)
            break;
        struct event event = {item.kind, item.reason, item.offset,
                              item.bytes, 0, rig->events.text.size};
        size_t size = 0;
        if (item.kind == ITEM_FRAME && gather)
            size = frame_gather(feed, &item, rig->buffer, rig->buffer_size);
        if (size) {
            feed_open_bytes(rig->gathered, rig->buffer, size, item.offset);
            size_t count = rig->events.count;
            walk(rig, rig->gathered, false);
            assert_int_equal(rig->events.count, count + 1);
            assert_int_equal(rig->events.list[count].bytes, size);
            feed_close(rig->gathered);
        } else {
            if (item.kind == ITEM_FRAME)
                event = decode_frame(rig, feed, &item);
            events_add(&rig->events, event);
            assert_int_equal(event.bytes, feed_position(feed) - before);
        }
        assert_true(feed_position(feed) > before);
    }
    size_t have;
    feed_peek(feed, 1, &have);
    assert_int_equal(have, 0);
    assert_int_equal(feed_error(feed), 0);
}

/* The events stay in rig->events until the next walk. */
static void walk_bytes(struct rig *rig, const uint8_t *bytes, size_t size,
                       bool gather)
{
    events_free(&rig->events);
    feed_open_bytes(rig->feed, bytes, size, 0);
    walk(rig, rig->feed, gather);
    feed_close(rig->feed);
    uint64_t sum = 0;
    for (size_t i = 0; i < rig->events.count; i++) {
        assert_int_equal(rig->events.list[i].offset, sum);
        sum += rig->events.list[i].bytes;
    }
    assert_int_equal(sum, size);
}

static void assert_events_equal(const struct events *a, const struct events *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->list[i].kind, b->list[i].kind);
        assert_int_equal(a->list[i].reason, b->list[i].reason);
        assert_int_equal(a->list[i].offset, b->list[i].offset);
        assert_int_equal(a->list[i].bytes, b->list[i].bytes);
        assert_int_equal(a->list[i].text_bytes, b->list[i].text_bytes);
    }
    assert_int_equal(a->text.size, b->text.size);
    if (a->text.size)
        assert_memory_equal(a->text.data, b->text.data, a->text.size);
}

/* Directly and gathered, which must be the same. */
static void walk_both(struct rig *rig, const uint8_t *bytes, size_t size)
{
    walk_bytes(rig, bytes, size, true);
    struct events gathered = rig->events;
    rig->events = (struct events){0};
    walk_bytes(rig, bytes, size, false);
    assert_events_equal(&rig->events, &gathered);
    events_free(&gathered);
}

struct writer {
    int fd;
    const uint8_t *bytes;
    size_t size;
};

static void *write_all(void *argument)
{
    struct writer *writer = argument;
    for (size_t at = 0; at < writer->size;) {
        size_t left = writer->size - at;
        ssize_t n = write(writer->fd, writer->bytes + at,
                          left < 777 ? left : 777);
        assert_true(n > 0);
        at += (size_t)n;
    }
    close(writer->fd);
    return NULL;
}

/* From a pipe, in blocks of a page, compared with what rig has. */
static void walk_pipe_too(struct rig *rig, const uint8_t *bytes, size_t size)
{
    struct events direct = rig->events;
    rig->events = (struct events){0};
    struct source *source;
    struct source_options options = {
        .backend = IO_PREAD, .depth = 2, .block_bytes = 4096};
    assert_int_equal(source_create(&source, &options, &rig->memory), 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct writer writer = {ends[1], bytes, size};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_all, &writer), 0);
    assert_int_equal(feed_open(rig->feed, source, ends[0], false), 0);
    walk(rig, rig->feed, true);
    feed_close(rig->feed);
    pthread_join(thread, NULL);
    close(ends[0]);
    source_destroy(source);
    assert_events_equal(&rig->events, &direct);
    events_free(&direct);
}

static const struct event *event_at(const struct rig *rig, uint64_t offset)
{
    for (size_t i = 0; i < rig->events.count; i++)
        if (rig->events.list[i].offset == offset)
            return &rig->events.list[i];
    return NULL;
}

static void assert_good(const struct rig *rig, uint64_t offset,
                        const struct bytes *text)
{
    const struct event *event = event_at(rig, offset);
    assert_non_null(event);
    assert_int_equal(event->kind, ITEM_FRAME);
    assert_int_equal(event->reason, FRAME_OK);
    assert_int_equal(event->text_bytes, text->size);
    if (text->size)
        assert_memory_equal(rig->events.text.data + event->text_at, text->data,
                            text->size);
}

/* ---- good frames ---- */

static void every_window_and_level_decodes_as_compressed(void **state)
{
    (void)state;
    static const int LEVELS[] = {1, 3, 19};
    struct bytes text = make_text(3 << 20, 1);
    struct rig rig;
    rig_open(&rig, 2 * GIB, 4096);
    for (int log = 10; log <= 27; log++)
        for (size_t l = 0; l < 3; l++) {
            struct recipe recipe = {.level = LEVELS[l], .window_log = log,
                                    .checksum = log & 1,
                                    .no_content_size = l != 1};
            struct bytes some = text, shard = {0};
            if (recipe.level == 19)   /* slow to make */
                some.size = log < 20 ? 400000 : 100000;
            add_frame(&shard, &some, &recipe);
            walk_both(&rig, shard.data, shard.size);
            assert_int_equal(rig.events.count, 1);
            assert_good(&rig, 0, &some);
            bytes_free(&shard);
        }
    rig_close(&rig);
    bytes_free(&text);
}

/* Noise that comes again one window later: found at the greatest distance,
 * or not at all. Flushes make blocks of odd sizes, so that the ring is left
 * at any distance from its end. */
static void check_far_matches(int log, size_t turns_tenths, bool sized,
                              size_t slack, size_t flush_every)
{
    /* The compressor sees less by what it looks ahead: up to a flush, some of
     * a block, or a long-distance chunk. */
    size_t ahead = flush_every ? flush_every + ((size_t)1 << (log - 6))
                   : log < 17  ? 1
                   : log < 20  ? 40000
                   : log < 23  ? 300000
                               : 2 << 20;
    size_t period = ((size_t)1 << log) - ahead;
    struct bytes text = {.size = period * turns_tenths / 10};
    text.data = malloc(text.size);
    random_state = (uint64_t)log;
    for (size_t i = 0; i < text.size; i++)
        text.data[i] = i < period ? (uint8_t)random_next()
                                  : text.data[i - period];
    struct recipe recipe = {.level = log < 20 ? 19 : 3,
                            .window_log = log, .checksum = true,
                            .long_distance = log >= 20,
                            .flush_every = flush_every,
                            .no_content_size = !sized};
    struct bytes shard = {0};
    add_frame(&shard, &text, &recipe);
    if (log >= 17)   /* the matches are there to be got wrong */
        assert_true(shard.size < period + period / 10);
    struct rig rig;
    rig_open(&rig, 2 * GIB, slack);
    walk_bytes(&rig, shard.data, shard.size, false);
    assert_int_equal(rig.events.count, 1);
    assert_good(&rig, 0, &text);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void matches_as_far_as_the_window_survive_many_jumps(void **state)
{
    (void)state;
    for (int log = 10; log <= 22; log++) {
        size_t turns = log < 17 ? 6000000u >> log : 5;
        check_far_matches(log, 10 * turns, false, 0, 0);
        check_far_matches(log, 10 * turns + 3, true, 4096, 0);
        if (log < 20)
            check_far_matches(log, 10 * turns, false, 0,
                              log < 17 ? 600u << (log - 10) : 77777);
    }
    check_far_matches(18, 100, false, 300000, 0);
    check_far_matches(24, 25, true, 4096, 0);
}

static void a_window_of_128_mib_jumps_too(void **state)
{
    (void)state;
    check_far_matches(27, 12, false, 4096, 0);
}

static void short_blocks_are_put_together_and_lose_nothing(void **state)
{
    (void)state;
    struct bytes text = make_text(1 << 20, 5), shard = {0};
    struct recipe recipe = {.flush_every = 333, .no_content_size = true,
                            .window_log = 10, .checksum = true};
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, GIB, 64 << 10);
    walk_both(&rig, shard.data, shard.size);
    assert_good(&rig, 0, &text);
    walk_pipe_too(&rig, shard.data, shard.size);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void many_frames_end_each_by_itself(void **state)
{
    (void)state;
    struct bytes text = make_text(2 << 20, 6), shard = {0};
    uint64_t offsets[64];
    for (size_t i = 0; i < 64; i++) {
        struct bytes part = {text.data + i * 30000, i * 400, 0};
        struct recipe recipe = {.checksum = i & 1, .no_content_size = i & 2,
                                .level = 1 + (int)(i % 19)};
        offsets[i] = shard.size;
        add_frame(&shard, &part, &recipe);
    }
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 64);
    for (size_t i = 0; i < 64; i++) {
        struct bytes part = {text.data + i * 30000, i * 400, 0};
        assert_good(&rig, offsets[i], &part);
    }
    walk_pipe_too(&rig, shard.data, shard.size);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

/* ---- odd but valid ---- */

static void a_gib_of_zeros_in_32_kib_costs_a_window(void **state)
{
    (void)state;
    struct bytes shard = {0};
    add_word(&shard, 0xFD2FB528u, 4);
    add_word(&shard, 0x00, 1);
    add_word(&shard, 7 << 3, 1);   /* 2^17 */
    for (size_t i = 0; i < 8192; i++) {
        add_block(&shard, 1, 128 << 10, i == 8191);
        add_word(&shard, 0, 1);
    }
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    rig.keep_text = false;
    walk_bytes(&rig, shard.data, shard.size, false);
    assert_int_equal(rig.events.count, 1);
    assert_int_equal(rig.events.list[0].text_bytes, GIB);
    assert_true(rig.memory.peak <= 4 * MIB);
    rig_close(&rig);
    bytes_free(&shard);
}

static void a_million_tiny_blocks_and_a_million_empty_ones(void **state)
{
    (void)state;
    struct bytes shard = {0};
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    add_word(&shard, 0xFD2FB528u, 4);
    add_word(&shard, 0x5000, 2);
    for (size_t i = 0; i < 1000000; i++) {
        add_block(&shard, 0, 1, i == 999999);
        add_word(&shard, i * 37, 1);
    }
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.list[0].text_bytes, 1000000);
    for (size_t i = 0; i < 1000000; i++)
        if (rig.events.text.data[i] != (uint8_t)(i * 37))
            fail_msg("byte %zu is wrong", i);
    assert_int_equal(rig.nothings, 0);

    shard.size = 0;
    add_word(&shard, 0xFD2FB528u, 4);
    add_word(&shard, 0x5000, 2);
    for (size_t i = 0; i < 1000000; i++)
        add_block(&shard, 0, 0, i == 999999);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 1);
    assert_int_equal(rig.events.list[0].reason, FRAME_OK);
    assert_true(rig.nothings > 0);
    rig_close(&rig);
    bytes_free(&shard);
}

static void a_million_empty_frames_are_a_million_items(void **state)
{
    (void)state;
    static const uint8_t EMPTY[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0,
                                    1,    0,    0};
    struct bytes shard = {0};
    for (size_t i = 0; i < 1000000; i++)
        bytes_add(&shard, EMPTY, sizeof EMPTY);
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 1000000);
    for (size_t i = 0; i < 1000000; i++)
        if (rig.events.list[i].reason != FRAME_OK)
            fail_msg("frame %zu is bad", i);
    rig_close(&rig);
    bytes_free(&shard);
}

static void a_huge_window_costs_only_what_is_written(void **state)
{
    (void)state;
    struct bytes text = make_text(3 << 20, 7), shard = {0};
    struct recipe recipe = {.window_log = 31, .no_content_size = true};
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, 2 * GIB, 4096);
    walk_bytes(&rig, shard.data, shard.size, false);
    assert_good(&rig, 0, &text);
    assert_true(rig.memory.peak <= 6 * MIB);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void pages_far_above_the_usual_are_given_back(void **state)
{
    (void)state;
    struct bytes text = {.size = 64 << 20}, shard = {0};
    text.data = calloc(1, text.size);
    struct recipe recipe = {.window_log = 27, .no_content_size = true};
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, 2 * GIB, 4096);
    rig.keep_text = false;
    walk_bytes(&rig, shard.data, shard.size, false);
    assert_true(rig.memory.used >= 64 * MIB);
    decoder_rest(rig.decoder);
    assert_true(rig.memory.used <= 12 * MIB);
    walk_bytes(&rig, shard.data, shard.size, false);
    assert_int_equal(rig.events.list[0].text_bytes, text.size);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void a_frame_may_be_given_up_for_another(void **state)
{
    (void)state;
    struct bytes text = make_text(1 << 20, 8), shard = {0};
    struct recipe recipe = {.checksum = true};
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    for (int rest = 0; rest < 2; rest++) {
        feed_open_bytes(rig.feed, shard.data, shard.size, 0);
        struct item item = item_next(rig.feed);
        uint64_t bytes;
        assert_int_equal(decoder_begin(rig.decoder, rig.feed, &item, &bytes),
                         FRAME_OK);
        assert_int_equal(decoder_step(rig.decoder).kind, STEP_TEXT);
        if (rest)
            decoder_rest(rig.decoder);
        walk_both(&rig, shard.data, shard.size);
        assert_good(&rig, 0, &text);
    }
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

/* ---- dictionaries ---- */

static struct bytes make_dictionary(void)
{
    struct bytes samples = make_text(400000, 11);
    size_t sizes[1000];
    for (size_t i = 0; i < 1000; i++)
        sizes[i] = 400;
    struct bytes dictionary = {.size = 20000};
    dictionary.data = malloc(dictionary.size);
    dictionary.size = ZDICT_trainFromBuffer(
        dictionary.data, dictionary.size, samples.data, sizes, 1000);
    assert_false(ZDICT_isError(dictionary.size));
    bytes_free(&samples);
    return dictionary;
}

static void a_dictionary_serves_right_wrong_and_absent(void **state)
{
    (void)state;
    struct bytes dictionary = make_dictionary(), shard = {0};
    struct bytes text = make_text(900000, 12);
    struct bytes small = {text.data, 700, 0};
    struct recipe named = {.dictionary = &dictionary, .checksum = true,
                           .window_log = 12, .no_content_size = true};
    struct recipe plain = {.checksum = true};
    add_frame(&shard, &small, &named);
    uint64_t second = shard.size;
    add_frame(&shard, &text, &named);
    uint64_t third = shard.size;
    add_frame(&shard, &small, &plain);

    struct rig rig;
    rig_open(&rig, GIB, 4096);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 3);
    assert_int_equal(rig.events.list[0].reason, FRAME_DICTIONARY);
    assert_int_equal(rig.events.list[1].reason, FRAME_DICTIONARY);
    assert_good(&rig, third, &small);

    assert_int_equal(decoder_dictionary(rig.decoder, dictionary.data,
                                        dictionary.size), 0);
    walk_both(&rig, shard.data, shard.size);
    assert_good(&rig, 0, &small);
    assert_good(&rig, second, &text);
    assert_good(&rig, third, &small);
    rig_close(&rig);

    struct bytes other = {0};
    bytes_add(&other, dictionary.data, dictionary.size);
    other.data[4] ^= 1;   /* its number */
    rig_open(&rig, GIB, 4096);
    assert_int_equal(decoder_dictionary(rig.decoder, other.data, other.size),
                     0);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.list[0].reason, FRAME_DICTIONARY);
    assert_good(&rig, third, &small);
    rig_close(&rig);
    bytes_free(&other);
    bytes_free(&shard);
    bytes_free(&text);
    bytes_free(&dictionary);
}

/* Another number, and other contents behind the same tables. */
static struct bytes make_wrong(const struct bytes *dictionary)
{
    struct bytes wrong = {0};
    bytes_add(&wrong, dictionary->data, dictionary->size);
    wrong.data[4] ^= 1;
    for (size_t i = wrong.size / 2; i < wrong.size; i++)
        wrong.data[i] = (uint8_t)(i * 7);
    return wrong;
}

static void frames_that_name_none_find_the_right_of_several(void **state)
{
    (void)state;
    struct bytes dictionary = make_dictionary(), shard = {0};
    struct bytes wrong = make_wrong(&dictionary);
    struct bytes text = make_text(900000, 15);
    struct bytes small = {text.data, 700, 0};
    struct recipe nameless = {.dictionary = &dictionary, .checksum = true,
                              .no_dictionary_id = true};
    struct recipe plain = {.checksum = true};
    add_frame(&shard, &small, &nameless);
    uint64_t second = shard.size;
    add_frame(&shard, &text, &nameless);
    uint64_t third = shard.size;
    add_frame(&shard, &small, &plain);

    struct rig rig;
    rig_open(&rig, GIB, 4096);
    assert_int_equal(decoder_dictionary(rig.decoder, wrong.data, wrong.size),
                     0);
    walk_both(&rig, shard.data, shard.size);
    assert_int_not_equal(rig.events.list[0].reason, FRAME_OK);
    assert_int_not_equal(rig.events.list[1].reason, FRAME_OK);
    assert_good(&rig, third, &small);

    assert_int_equal(decoder_dictionary(rig.decoder, dictionary.data,
                                        dictionary.size), 0);
    walk_both(&rig, shard.data, shard.size);
    assert_good(&rig, 0, &small);
    assert_good(&rig, second, &text);
    assert_good(&rig, third, &small);
    rig_close(&rig);
    bytes_free(&wrong);
    bytes_free(&shard);
    bytes_free(&text);
    bytes_free(&dictionary);
}

static void a_raw_dictionary_serves_frames_that_name_none(void **state)
{
    (void)state;
    struct bytes raw = make_text(50000, 13), shard = {0};
    struct bytes text = {raw.data + 10000, 30000, 0};
    struct recipe with = {.dictionary = &raw, .checksum = true};
    struct recipe without = {.checksum = true};
    add_frame(&shard, &text, &with);
    assert_true(shard.size < 1000);
    uint64_t second = shard.size;
    add_frame(&shard, &text, &without);
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    assert_int_equal(decoder_dictionary(rig.decoder, raw.data, raw.size), 0);
    walk_both(&rig, shard.data, shard.size);
    assert_good(&rig, 0, &text);
    assert_good(&rig, second, &text);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&raw);
}

/* ---- refused ---- */

static void a_window_above_the_limit_is_stepped_over_whole(void **state)
{
    (void)state;
    struct bytes text = make_text(5 << 20, 14), shard = {0};
    struct recipe wide = {.window_log = 24, .no_content_size = true};
    struct recipe plain = {.checksum = true};
    add_frame(&shard, &text, &wide);
    uint64_t second = shard.size;
    add_frame(&shard, &text, &plain);
    struct rig rig;
    rig_open(&rig, 8 * MIB, 4096);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 2);
    assert_int_equal(rig.events.list[0].reason, FRAME_WINDOW);
    assert_int_equal(rig.events.list[0].bytes, second);
    assert_good(&rig, second, &text);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void a_long_frame_is_stepped_over_in_pieces(void **state)
{
    (void)state;
    struct bytes shard = {0};
    uint8_t *noise = calloc(1, 128 << 10);
    add_word(&shard, 0xFD2FB528u, 4);
    add_word(&shard, 0xa800, 2);   /* a window of 2^31 */
    for (size_t i = 0; i < 1200; i++) {
        add_block(&shard, 0, 128 << 10, i == 1199);
        bytes_add(&shard, noise, 128 << 10);
    }
    struct rig rig;
    rig_open(&rig, 8 * MIB, 4096);
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 1);
    assert_int_equal(rig.events.list[0].reason, FRAME_WINDOW);
    assert_true(rig.nothings >= 2);
    rig_close(&rig);
    free(noise);
    bytes_free(&shard);
}

static void each_lie_has_its_reason(void **state)
{
    (void)state;
    struct bytes text = make_text(300000, 15), shard = {0};
    struct recipe recipe = {.checksum = true};
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    shard.data[shard.size - 1] ^= 1;
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.count, 1);
    assert_int_equal(rig.events.list[0].reason, FRAME_CHECKSUM);
    shard.data[shard.size - 1] ^= 1;

    /* The content size has 4 bytes behind descriptor and, if any, window. */
    size_t at = shard.data[4] & 0x20 ? 5 : 6;
    assert_int_equal(shard.data[4] >> 6, 2);
    for (int sign = -1; sign <= 1; sign += 2) {
        shard.data[at] = (uint8_t)(shard.data[at] + sign);
        walk_both(&rig, shard.data, shard.size);
        assert_int_equal(rig.events.count, 1);
        assert_int_equal(rig.events.list[0].reason, FRAME_SIZE);
        assert_int_equal(rig.events.list[0].bytes, shard.size);
        shard.data[at] = (uint8_t)(shard.data[at] - sign);
    }
    shard.data[4] |= 8;
    walk_both(&rig, shard.data, shard.size);
    assert_int_equal(rig.events.list[0].kind, ITEM_REJECTED);
    assert_int_equal(rig.events.list[0].reason, FRAME_HEADER);
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

/* ---- damage ---- */

static struct bytes make_mixed_shard(struct bytes *text, uint64_t offsets[4])
{
    struct bytes shard = {0};
    *text = make_text(5000, 16);
    for (size_t i = 0; i < 3; i++) {
        struct bytes part = {text->data + i * 1500, 400 + 500 * i, 0};
        struct recipe recipe = {.checksum = i != 1, .no_content_size = i == 2,
                                .window_log = i == 2 ? 10 : 0};
        offsets[i] = shard.size;
        add_frame(&shard, &part, &recipe);
        if (i == 0)
            add_skippable(&shard, 3, 11, 11);
    }
    offsets[3] = shard.size;
    return shard;
}

static void a_cut_at_any_byte_loses_the_cut_frame_alone(void **state)
{
    (void)state;
    uint64_t offsets[4];
    struct bytes text, shard = make_mixed_shard(&text, offsets);
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    for (size_t cut = 0; cut <= shard.size; cut++) {
        walk_both(&rig, shard.data, cut);
        size_t good = 0;
        for (size_t i = 0; i < 3; i++) {
            uint64_t end = i == 0 ? offsets[1] - 19 : offsets[i + 1];
            struct bytes part = {text.data + i * 1500, 400 + 500 * i, 0};
            if (cut >= end) {
                assert_good(&rig, offsets[i], &part);
                good++;
            } else if (cut > offsets[i]) {
                const struct event *event = event_at(&rig, offsets[i]);
                assert_int_equal(event->reason, FRAME_TRUNCATED);
                assert_int_equal(event->offset + event->bytes, cut);
            }
        }
        if (cut > offsets[1] - 19 && cut < offsets[1])
            assert_int_equal(rig.events.list[1].reason,
                             FRAME_SKIPPABLE_TRUNCATED);
        for (size_t i = 0; i < rig.events.count; i++)
            good -= rig.events.list[i].kind == ITEM_FRAME &&
                    rig.events.list[i].reason == FRAME_OK;
        assert_int_equal(good, 0);
        if (cut % 16 == 0)
            walk_pipe_too(&rig, shard.data, cut);
    }
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void check_flips(struct bytes *shard, uint64_t second,
                        const struct bytes *first_text,
                        const struct bytes *second_text, bool checksum)
{
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    size_t wrong = 0;
    for (size_t bit = 0; bit < second * 8; bit++) {
        shard->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        walk_both(&rig, shard->data, shard->size);
        if (bit % 64 == 0)
            walk_pipe_too(&rig, shard->data, shard->size);
        if (checksum)   /* else a longer raw block eats the next magic */
            assert_good(&rig, second, second_text);
        const struct event *first = event_at(&rig, 0);
        if (first->kind == ITEM_FRAME && first->reason == FRAME_OK) {
            if (checksum)
                assert_good(&rig, 0, first_text);
            wrong += first->text_bytes != first_text->size ||
                     memcmp(rig.events.text.data + first->text_at,
                            first_text->data, first_text->size) != 0;
        }
        shard->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* Or the flips never reached the content. */
    assert_int_equal(wrong > 0, !checksum);
    rig_close(&rig);
}

static void any_flipped_bit_leaves_the_next_frame(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 16; variant++) {
        struct bytes text = make_text(3000, 17 + variant), shard = {0};
        struct bytes first = {text.data, 900, 0}, second = {text.data, 2000, 0};
        struct recipe recipe = {.checksum = variant & 1,
                                .no_content_size = variant & 2,
                                .flush_every = variant & 4 ? 100 : 0,
                                .level = variant & 8 ? 19 : 1};
        if (variant & 8)   /* raw blocks: nothing to compress */
            for (size_t i = 0; i < 900; i++)
                text.data[i] = (uint8_t)random_next();
        add_frame(&shard, &first, &recipe);
        uint64_t offset = shard.size;
        recipe = (struct recipe){.checksum = true};
        add_frame(&shard, &second, &recipe);
        check_flips(&shard, offset, &first, &second, variant & 1);
        bytes_free(&shard);
        bytes_free(&text);
    }
}

static void damage_in_a_long_frame_ends_with_it(void **state)
{
    (void)state;
    struct bytes text = make_text(2 << 20, 40), shard = {0};
    struct recipe recipe = {.checksum = true};
    add_frame(&shard, &text, &recipe);
    uint64_t second = shard.size;
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, GIB, 4096);
    for (size_t i = 0; i < 100; i++) {
        size_t at = 20 + random_next() % ((size_t)second - 20);
        uint8_t was = shard.data[at];
        shard.data[at] ^= (uint8_t)(1 + random_next() % 255);
        walk_both(&rig, shard.data, shard.size);
        assert_int_not_equal(rig.events.list[0].reason, FRAME_OK);
        assert_int_equal(rig.events.list[0].bytes, second);
        assert_good(&rig, second, &text);
        if (i % 50 == 0)
            walk_pipe_too(&rig, shard.data, shard.size);
        shard.data[at] = was;
    }
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

static void noise_never_breaks_the_count(void **state)
{
    (void)state;
    uint64_t offsets[4];
    struct bytes text, shard = make_mixed_shard(&text, offsets);
    struct bytes noisy = {0};
    struct rig rig;
    rig_open(&rig, 64 * MIB, 4096);
    random_state = 99;
    for (size_t round = 0; round < 20000; round++) {
        noisy.size = 0;
        for (size_t i = 0; i < 3; i++) {
            size_t size = random_next() % shard.size;
            bytes_add(&noisy, shard.data + random_next() % (shard.size - size),
                      size);
            static const uint8_t MAGICS[] = {0x28, 0xb5, 0x2f, 0xfd,
                                             0x5a, 0x2a, 0x4d, 0x18};
            bytes_add(&noisy, MAGICS + random_next() % 2 * 4, 4);
        }
        for (size_t i = random_next() % 8; i > 0; i--)
            noisy.data[random_next() % noisy.size] = (uint8_t)random_next();
        walk_both(&rig, noisy.data, noisy.size);
        if (round % 500 == 0)
            walk_pipe_too(&rig, noisy.data, noisy.size);
    }
    rig_close(&rig);
    bytes_free(&noisy);
    bytes_free(&shard);
    bytes_free(&text);
}

static void noise_that_spares_the_magic_spares_the_next_frame(void **state)
{
    (void)state;
    struct bytes text = make_text(4000, 55), shard = {0};
    struct recipe recipe = {.checksum = true};
    add_frame(&shard, &text, &recipe);
    uint64_t second = shard.size;
    add_frame(&shard, &text, &recipe);
    struct rig rig;
    rig_open(&rig, 64 * MIB, 4096);
    for (size_t round = 0; round < 5000; round++) {
        for (size_t i = 4; i < second; i++)
            shard.data[i] = (uint8_t)random_next();
        walk_both(&rig, shard.data, shard.size);
        assert_good(&rig, second, &text);
    }
    rig_close(&rig);
    bytes_free(&shard);
    bytes_free(&text);
}

/* Frames nested in raw blocks, each of which lies about its end. */
static void nested_liars_cost_linear_time(void **state)
{
    (void)state;
    struct bytes shard = {0};
    for (size_t i = 0; i < 20000; i++) {
        add_word(&shard, 0xFD2FB528u, 4);
        add_word(&shard, 0x5800, 2);
        add_block(&shard, 0, 120 << 10, false);
    }
    struct rig rig;
    rig_open(&rig, 64 * MIB, 4096);
    rig.keep_text = false;
    walk_both(&rig, shard.data, shard.size);
    assert_int_not_equal(rig.events.count, 0);
    rig_close(&rig);
    bytes_free(&shard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_window_and_level_decodes_as_compressed),
        cmocka_unit_test(matches_as_far_as_the_window_survive_many_jumps),
        cmocka_unit_test(a_window_of_128_mib_jumps_too),
        cmocka_unit_test(short_blocks_are_put_together_and_lose_nothing),
        cmocka_unit_test(many_frames_end_each_by_itself),
        cmocka_unit_test(a_gib_of_zeros_in_32_kib_costs_a_window),
        cmocka_unit_test(a_million_tiny_blocks_and_a_million_empty_ones),
        cmocka_unit_test(a_million_empty_frames_are_a_million_items),
        cmocka_unit_test(a_huge_window_costs_only_what_is_written),
        cmocka_unit_test(pages_far_above_the_usual_are_given_back),
        cmocka_unit_test(a_frame_may_be_given_up_for_another),
        cmocka_unit_test(a_dictionary_serves_right_wrong_and_absent),
        cmocka_unit_test(frames_that_name_none_find_the_right_of_several),
        cmocka_unit_test(a_raw_dictionary_serves_frames_that_name_none),
        cmocka_unit_test(a_window_above_the_limit_is_stepped_over_whole),
        cmocka_unit_test(a_long_frame_is_stepped_over_in_pieces),
        cmocka_unit_test(each_lie_has_its_reason),
        cmocka_unit_test(a_cut_at_any_byte_loses_the_cut_frame_alone),
        cmocka_unit_test(any_flipped_bit_leaves_the_next_frame),
        cmocka_unit_test(damage_in_a_long_frame_ends_with_it),
        cmocka_unit_test(noise_never_breaks_the_count),
        cmocka_unit_test(noise_that_spares_the_magic_spares_the_next_frame),
        cmocka_unit_test(nested_liars_cost_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
