/*
 * Any bytes as a bzip2 file: what ends well is what libbz2 makes of each
 * stream in one piece, and what libbz2 takes ends well (packed_walk.h).
 */
#include "tests/fuzz/packed_walk.h"

#include <bzlib.h>

static void stream_of(const uint8_t *bytes, size_t size,
                      struct packed_frame *frame)
{
    char room[4096];
    bz_stream stream = {.next_in = (char *)(uintptr_t)bytes,
                        .avail_in = (unsigned)size};
    int status = BZ_OK;
    bool stuck = false;
    CHECK(BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK);
    while (status == BZ_OK && !frame->too_long && !stuck) {
        stream.next_out = room;
        stream.avail_out = sizeof room;
        status = BZ2_bzDecompress(&stream);
        packed_add(frame, room, sizeof room - stream.avail_out);
        stuck = stream.avail_in == 0 && stream.avail_out == sizeof room;
    }
    frame->good = status == BZ_STREAM_END;
    frame->bytes = size - stream.avail_in;
    BZ2_bzDecompressEnd(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = fuzz_copy(data, size, 0);
    packed_walk(bytes, size, CODEC_BZIP2, stream_of);
    free(bytes);
    return 0;
}
