#ifndef SANDPIPER_STAGES_VARINT_H
#define SANDPIPER_STAGES_VARINT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Numbers as LEB128: 7 bits a byte, the low ones first; signed ones in
 * zigzag. */
#define VARINT_BYTES_MAX 10

static inline uint8_t *varint_write(uint8_t *at, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        *at++ = (uint8_t)(value | 128);
    *at++ = (uint8_t)value;
    return at;
}

static inline const uint8_t *varint_read(const uint8_t *at, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0;; shift += 7) {
        *value |= (uint64_t)(*at & 127) << shift;
        if (!(*at++ & 128))
            return at;
    }
}

/* The same of bytes that are not believed; NULL: no number before end, or
 * one beyond 64 bits. */
static inline const uint8_t *varint_read_checked(const uint8_t *at,
                                                 const uint8_t *end,
                                                 uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            return NULL;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return at;
    }
    return NULL;
}

static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

#endif
