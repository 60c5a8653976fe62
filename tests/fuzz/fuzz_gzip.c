/*
 * Any bytes as a gzip file: what ends well is what zlib makes of each member
 * in one piece, and what zlib takes ends well (packed_walk.h).
 */
#include "tests/fuzz/packed_walk.h"

#include <zlib.h>

static void member(const uint8_t *bytes, size_t size,
                   struct packed_frame *frame)
{
    uint8_t room[4096];
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes,
                       .avail_in = (uInt)size};
    int status = Z_OK;
    CHECK(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
    while (status == Z_OK && !frame->too_long) {
        stream.next_out = room;
        stream.avail_out = sizeof room;
        status = inflate(&stream, Z_NO_FLUSH);
        packed_add(frame, room, sizeof room - stream.avail_out);
    }
    frame->good = status == Z_STREAM_END;
    frame->bytes = size - stream.avail_in;
    inflateEnd(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = fuzz_copy(data, size, 0);
    packed_walk(bytes, size, CODEC_GZIP, member);
    free(bytes);
    return 0;
}
