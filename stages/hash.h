#ifndef SANDPIPER_STAGES_HASH_H
#define SANDPIPER_STAGES_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * XXH3 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), the one hash of
 * bytes. With seed 0 or a documented seed the value may be stored and compared
 * between processes; with a run's own seed it must never leave the process.
 */
static inline uint64_t hash_bytes64(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

static inline uint64_t hash_bytes64_seeded(const void *bytes, size_t size,
                                           uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

struct hash128 {
    uint64_t low, high;
};

static inline struct hash128 hash_bytes128(const void *bytes, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (struct hash128){hash.low64, hash.high64};
}

#define HASH_LOWER_BLOCK 256

static inline void hash_lower_ascii(char *out, const char *in, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (char)(in[i] >= 'A' && in[i] <= 'Z' ? in[i] + 32 : in[i]);
}

/* hash_bytes64 of the bytes with A to Z lower-cased. */
static inline uint64_t hash_lower64(const char *bytes, size_t size)
{
    char lower[HASH_LOWER_BLOCK];
    if (size <= sizeof lower) {
        hash_lower_ascii(lower, bytes, size);
        return XXH3_64bits(lower, size);
    }
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    for (size_t at = 0; at < size; at += sizeof lower) {
        size_t part = size - at < sizeof lower ? size - at : sizeof lower;
        hash_lower_ascii(lower, bytes + at, part);
        XXH3_64bits_update(&state, lower, part);
    }
    return XXH3_64bits_digest(&state);
}

#endif
