#include "stages/decode/codec.h"

#include "pipeline/check.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What zlib takes for a window of 32 KiB (zconf.h). */
#define INFLATER_BYTES ((uint64_t)48 << 10)
/* The window's bits; and with a header and trailer of gzip around. */
#define DEFLATE_BITS (-15)
#define GZIP_BITS (15 + 16)

struct inflater {
    struct memory *memory;
    z_stream stream;
    bool made;               /* the stream is initialised */
    enum codec codec;
    uint64_t text_bytes, text_bytes_wanted;
    uint32_t crc, crc_wanted;
};

struct inflater *inflater_create(struct memory *memory)
{
    struct inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater)
        inflater->memory = memory;
    return inflater;
}

void inflater_destroy(struct inflater *inflater)
{
    if (!inflater)
        return;
    if (inflater->made) {
        inflateEnd(&inflater->stream);
        memory_uncharge(inflater->memory, INFLATER_BYTES);
    }
    free(inflater);
}

bool inflater_begin(struct inflater *inflater, const struct item *item)
{
    int bits = item->codec == CODEC_GZIP ? GZIP_BITS : DEFLATE_BITS;
    inflater->codec = item->codec;
    inflater->text_bytes = 0;
    inflater->text_bytes_wanted = item->content_bytes;
    inflater->crc = 0;
    inflater->crc_wanted = item->crc;
    if (item->codec == CODEC_STORED)
        return true;
    if (inflater->made)
        return inflateReset2(&inflater->stream, bits) == Z_OK;
    if (inflateInit2(&inflater->stream, bits) != Z_OK)
        return false;
    inflater->made = true;
    memory_charge(inflater->memory, INFLATER_BYTES);
    return true;
}

void inflater_end(struct inflater *inflater)
{
    (void)inflater;          /* the window is kept for the next frame */
}

/* zlib says in words alone what of the frame was wrong (inflate.c). */
static enum frame_reason reason_of(const char *words)
{
    static const struct {
        const char *words;
        enum frame_reason reason;
    } REASONS[] = {
        {"incorrect data check", FRAME_CHECKSUM},
        {"incorrect length check", FRAME_SIZE},
        {"incorrect header check", FRAME_HEADER},
        {"unknown compression method", FRAME_HEADER},
        {"unknown header flags set", FRAME_HEADER},
        {"header crc mismatch", FRAME_HEADER},
    };
    for (size_t i = 0; words && i < sizeof REASONS / sizeof *REASONS; i++)
        if (strcmp(words, REASONS[i].words) == 0)
            return REASONS[i].reason;
    return FRAME_CORRUPT;
}

static uInt clipped(size_t size)
{
    return size < UINT32_MAX ? (uInt)size : UINT32_MAX;
}

static enum codec_status step_deflate(struct inflater *inflater,
                                      struct codec_io *io,
                                      enum frame_reason *reason)
{
    z_stream *stream = &inflater->stream;
    uInt in = clipped(io->in_size), out = clipped(io->out_size);
    /* zlib takes a pointer that is not const, and writes nothing there. */
    stream->next_in = (Bytef *)(uintptr_t)io->in;
    stream->avail_in = in;
    stream->next_out = io->out;
    stream->avail_out = out;
    int result = inflate(stream, Z_NO_FLUSH);
    io->in += in - stream->avail_in;
    io->in_size -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_size -= out - stream->avail_out;
    if (result == Z_STREAM_END)
        return CODEC_ENDED;
    if (result == Z_OK || result == Z_BUF_ERROR)
        return CODEC_GOES_ON;
    if (result == Z_MEM_ERROR)
        return CODEC_NO_MEMORY;
    *reason = result == Z_DATA_ERROR ? reason_of(stream->msg) : FRAME_CORRUPT;
    return CODEC_BAD;
}

static enum codec_status step_stored(struct inflater *inflater,
                                     struct codec_io *io)
{
    uint64_t left = inflater->text_bytes_wanted - inflater->text_bytes;
    size_t size = io->in_size < io->out_size ? io->in_size : io->out_size;
    size = left < size ? (size_t)left : size;
    if (size > 0)
        memcpy(io->out, io->in, size);
    io->in += size;
    io->in_size -= size;
    io->out += size;
    io->out_size -= size;
    return size == left ? CODEC_ENDED : CODEC_GOES_ON;
}

/* The two kinds of zip, whose size and checksum stand elsewhere. Text beyond
 * the size is none, and how much came of it in this step depends on how much
 * was there to be read: it is taken back, and goes before what else is wrong
 * behind it. */
static enum codec_status check_zip(struct inflater *inflater,
                                   struct codec_io *io, const uint8_t *text,
                                   enum codec_status status,
                                   enum frame_reason *reason)
{
    size_t size = (size_t)(io->out - text);
    if (status == CODEC_NO_MEMORY)
        return status;
    if (size > inflater->text_bytes_wanted - inflater->text_bytes) {
        size_t left = (size_t)(inflater->text_bytes_wanted -
                               inflater->text_bytes);
        io->out -= size - left;
        io->out_size += size - left;
        *reason = FRAME_SIZE;
        return CODEC_BAD;
    }
    inflater->text_bytes += size;
    inflater->crc =
        (uint32_t)crc32_z(inflater->crc, size ? text : (const Bytef *)"", size);
    bool ended = status == CODEC_ENDED;
    if (status == CODEC_BAD)
        return status;
    *reason = FRAME_SIZE;
    if (ended && inflater->text_bytes != inflater->text_bytes_wanted)
        return CODEC_BAD;
    *reason = FRAME_CHECKSUM;
    return ended && inflater->crc != inflater->crc_wanted ? CODEC_BAD : status;
}

enum codec_status inflater_step(struct inflater *inflater,
                                struct codec_io *io,
                                enum frame_reason *reason)
{
    const uint8_t *text = io->out;
    if (inflater->codec == CODEC_GZIP)
        return step_deflate(inflater, io, reason);
    enum codec_status status = inflater->codec == CODEC_STORED
                                   ? step_stored(inflater, io)
                                   : step_deflate(inflater, io, reason);
    return check_zip(inflater, io, text, status, reason);
}
