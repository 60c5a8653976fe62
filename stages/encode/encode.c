#include "stages/encode/encode.h"

#include "pipeline/check.h"

#include <stdlib.h>
#include <zstd.h>

struct encoder {
    ZSTD_CCtx *context;
};

struct encoder *encoder_create(void)
{
    struct encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return NULL;
    encoder->context = ZSTD_createCCtx();
    if (encoder->context &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(
            encoder->context, ZSTD_c_compressionLevel, ENCODE_LEVEL)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context,
                                             ZSTD_c_checksumFlag, 1)))
        return encoder;
    encoder_free(encoder);
    return NULL;
}

void encoder_free(struct encoder *encoder)
{
    if (!encoder)
        return;
    ZSTD_freeCCtx(encoder->context);
    free(encoder);
}

size_t encode_bound(size_t size)
{
    return ZSTD_compressBound(size);
}

size_t encode_frame(struct encoder *encoder, void *frame, size_t capacity,
                    const void *text, size_t size)
{
    CHECK(capacity >= encode_bound(size));
    size_t done =
        ZSTD_compress2(encoder->context, frame, capacity, text, size);
    return ZSTD_isError(done) ? 0 : done;
}
