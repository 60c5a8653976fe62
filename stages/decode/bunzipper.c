#include "stages/decode/codec.h"

#include <bzlib.h>
#include <stdlib.h>

/* "decompression: 100k + (4 x block size)", the manual of bzip2 1.0.8. */
#define BUNZIPPER_BYTES ((uint64_t)3700 << 10)

struct bunzipper {
    struct memory *memory;
    bz_stream stream;
    bool made;
};

struct bunzipper *bunzipper_create(struct memory *memory)
{
    struct bunzipper *bunzipper = calloc(1, sizeof *bunzipper);
    if (bunzipper)
        bunzipper->memory = memory;
    return bunzipper;
}

void bunzipper_destroy(struct bunzipper *bunzipper)
{
    if (!bunzipper)
        return;
    bunzipper_end(bunzipper);
    free(bunzipper);
}

/* There is no reset: what the stream before had goes first, so that the next
 * one gets the same memory again. */
bool bunzipper_begin(struct bunzipper *bunzipper)
{
    bunzipper_end(bunzipper);
    bunzipper->stream = (bz_stream){0};
    if (BZ2_bzDecompressInit(&bunzipper->stream, 0, 0) != BZ_OK)
        return false;
    bunzipper->made = true;
    memory_charge(bunzipper->memory, BUNZIPPER_BYTES);
    return true;
}

void bunzipper_end(struct bunzipper *bunzipper)
{
    if (!bunzipper->made)
        return;
    BZ2_bzDecompressEnd(&bunzipper->stream);
    bunzipper->made = false;
    memory_uncharge(bunzipper->memory, BUNZIPPER_BYTES);
}

static unsigned clipped(size_t size)
{
    return size < UINT32_MAX ? (unsigned)size : UINT32_MAX;
}

enum codec_status bunzipper_step(struct bunzipper *bunzipper,
                                 struct codec_io *io,
                                 enum frame_reason *reason)
{
    bz_stream *stream = &bunzipper->stream;
    unsigned in = clipped(io->in_size), out = clipped(io->out_size);
    stream->next_in = (char *)(uintptr_t)io->in;
    stream->avail_in = in;
    stream->next_out = (char *)io->out;
    stream->avail_out = out;
    int result = BZ2_bzDecompress(stream);
    io->in += in - stream->avail_in;
    io->in_size -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_size -= out - stream->avail_out;
    switch (result) {
    case BZ_OK:
        return CODEC_GOES_ON;
    case BZ_STREAM_END:
        return CODEC_ENDED;
    case BZ_MEM_ERROR:
        return CODEC_NO_MEMORY;
    case BZ_DATA_ERROR_MAGIC:
        *reason = FRAME_HEADER;
        return CODEC_BAD;
    default:
        /* Damaged data and a wrong checksum are one error to libbz2. */
        *reason = FRAME_CORRUPT;
        return CODEC_BAD;
    }
}
