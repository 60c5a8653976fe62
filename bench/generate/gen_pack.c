#include "gen_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct gen_packer {
    ZSTD_CCtx *context;
};

static bool set(struct gen_packer *packer, ZSTD_cParameter parameter, int value)
{
    return !ZSTD_isError(ZSTD_CCtx_setParameter(packer->context, parameter, value));
}

struct gen_packer *gen_pack_open(const struct gen_options *options, unsigned workers)
{
    struct gen_packer *packer = calloc(1, sizeof(*packer));
    if (packer == NULL) {
        return NULL;
    }
    packer->context = ZSTD_createCCtx();
    bool good = packer->context != NULL &&
                set(packer, ZSTD_c_compressionLevel, options->level) &&
                set(packer, ZSTD_c_checksumFlag, options->checksum) &&
                set(packer, ZSTD_c_contentSizeFlag, options->content_size);
    if (good && options->window_log != 0) {
        good = set(packer, ZSTD_c_windowLog, options->window_log);
    }
    if (good && workers > 0) {
        good = set(packer, ZSTD_c_nbWorkers, (int)workers);
    }
    if (!good) {
        gen_pack_close(packer);
        return NULL;
    }
    return packer;
}

void gen_pack_close(struct gen_packer *packer)
{
    if (packer != NULL) {
        ZSTD_freeCCtx(packer->context);
        free(packer);
    }
}

int gen_pack_begin(struct gen_packer *packer, uint64_t size)
{
    ZSTD_CCtx_reset(packer->context, ZSTD_reset_session_only);
    if (size != GEN_PACK_SIZE_UNKNOWN &&
        ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(packer->context, size))) {
        return -EIO;
    }
    return 0;
}

int gen_pack_feed(struct gen_packer *packer, const char *text, size_t length, bool end,
                  struct gen_bytes *out)
{
    ZSTD_inBuffer in = {text, length, 0};
    size_t left = 1;
    while (end ? left != 0 : in.pos < in.size) {
        if (gen_bytes_reserve(out, ZSTD_CStreamOutSize()) != 0) {
            return -ENOMEM;
        }
        ZSTD_outBuffer to = {out->data, out->room, out->length};
        left = ZSTD_compressStream2(packer->context, &to, &in,
                                    end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left)) {
            return -EIO;
        }
        out->length = to.pos;
    }
    return 0;
}

int gen_bytes_reserve(struct gen_bytes *bytes, size_t more)
{
    if (bytes->room - bytes->length >= more) {
        return 0;
    }
    size_t room = 2 * bytes->room + more;
    char *data = realloc(bytes->data, room);
    if (data == NULL) {
        return -ENOMEM;
    }
    bytes->data = data;
    bytes->room = room;
    return 0;
}

int gen_bytes_append(struct gen_bytes *bytes, const char *data, size_t length)
{
    if (gen_bytes_reserve(bytes, length) != 0) {
        return -ENOMEM;
    }
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
    return 0;
}
