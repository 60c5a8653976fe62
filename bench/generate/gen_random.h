/*
 * gen_random: numbers that depend on nothing but their seed.
 *
 * Everything the generator draws comes from here, so that a seed and the
 * options fix every byte of an archive. `gen_mix` is a hash: a property of an
 * account or a post that need not be remembered is the hash of its number.
 * `gen_rng` is a stream of draws (SplitMix64: Steele, Lea and Flood 2014).
 * No shared state, no failure; a stream belongs to one thread.
 */
#ifndef GEN_RANDOM_H
#define GEN_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct gen_rng {
    uint64_t state;
};

static inline uint64_t gen_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A hash of two numbers: a thing, and which of its properties is wanted. */
static inline uint64_t gen_mix2(uint64_t thing, uint64_t property)
{
    return gen_mix(gen_mix(thing) ^ (property * 0xd6e8feb86659fd93u));
}

static inline uint64_t gen_rng_next(struct gen_rng *rng)
{
    uint64_t x = gen_mix(rng->state);
    rng->state += 0x9e3779b97f4a7c15u;
    return x;
}

/* 0 <= result < bound; bound 0 gives 0. The bias (2^-32) does not matter. */
static inline uint32_t gen_rng_below(struct gen_rng *rng, uint32_t bound)
{
    return (uint32_t)(((gen_rng_next(rng) >> 32) * bound) >> 32);
}

/* True `per_million` times in a million. */
static inline bool gen_rng_chance(struct gen_rng *rng, uint32_t per_million)
{
    return gen_rng_below(rng, 1000000) < per_million;
}

/* 0 <= result < 1, all 53 bits. */
static inline double gen_rng_unit(struct gen_rng *rng)
{
    return (double)(gen_rng_next(rng) >> 11) * 0x1p-53;
}

#endif
