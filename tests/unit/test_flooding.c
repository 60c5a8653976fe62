/* The file's own source: where an account's probing begins is not told. */
#include "stages/aggregate/aggregate_apply.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/*
 * Hash flooding. Who knows a seed can make accounts that all begin at one
 * place of the table, so that each add probes past all others. The seed is
 * drawn anew in each run; keys made for one seed must be as good as any under
 * another. Counted are places, not time.
 */
#define KEYS 1024           /* of numbers; 1,016 distinct places expected */
#define TEXTS 128           /* found by trying: 65,536 tries each */
#define PLACE_BITS 16       /* a table of 65,536 slots */
#define SEED UINT64_C(0x0123456789abcdef)

static struct aggregate aggregate;

static uint64_t place_of(uint64_t seed, const struct account_key *key,
                         uint64_t hash)
{
    aggregate.options.hash_seed = seed;
    return slot_hash(&aggregate, key, hash) >> (64 - PLACE_BITS);
}

static uint64_t inverse_of(uint64_t odd)
{
    uint64_t inverse = odd;
    for (int i = 0; i < 6; i++)
        inverse *= 2 - odd * inverse;
    return inverse;
}

/* The hash of a number whose mixture under SEED is this. */
static uint64_t hash_that_gives(uint64_t mixture)
{
    uint64_t mixed = mixture * inverse_of(0xd6e8feb86659fd93u);
    mixed ^= mixed >> 32;
    return mixed * inverse_of(0x9e3779b97f4a7c15u) ^ SEED;
}

static int distinct_places(uint64_t seed, const struct account_key *keys,
                           const uint64_t *hashes, int keys_count)
{
    static uint8_t seen[1 << PLACE_BITS];
    int count = 0;
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < keys_count; i++) {
        uint8_t *place = &seen[place_of(seed, &keys[i], hashes[i])];
        count += !*place;
        *place = 1;
    }
    return count;
}

static void require_spread(const struct account_key *keys,
                           const uint64_t *hashes, int count)
{
    uint64_t seed = SEED;
    assert_int_equal(distinct_places(SEED, keys, hashes, count), 1);
    for (int i = 0; i < 200; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        assert_true(distinct_places(seed, keys, hashes, count) >=
                    count * 9 / 10);
    }
    /* Seeds that are close to the one that is known. */
    for (int bit = 16; bit < 64; bit++)
        assert_true(distinct_places(SEED ^ UINT64_C(1) << bit, keys, hashes,
                                    count) > 1);
}

static void flood_of_numbers(void)
{
    static struct account_key keys[KEYS];
    uint64_t hashes[KEYS];
    for (uint64_t i = 0; i < KEYS; i++) {
        keys[i].id.number = i + 1;
        hashes[i] = hash_that_gives(i);
    }
    require_spread(keys, hashes, KEYS);
}

/* XXH3 has no inverse at hand. */
static void flood_of_texts(void)
{
    static struct account_key keys[TEXTS];
    static char texts[TEXTS][24];
    uint64_t hashes[TEXTS] = {0};
    uint64_t tried = 0;
    for (int i = 0; i < TEXTS; i++) {
        struct text *text = &keys[i].id.text;
        do {
            int size = snprintf(texts[i], sizeof texts[i], "did:%llu",
                                (unsigned long long)tried++);
            *text = (struct text){.bytes = texts[i],
                                  .size = (uint32_t)size};
        } while (place_of(SEED, &keys[i], 0) != 0);
    }
    require_spread(keys, hashes, TEXTS);
}

static void keys_made_to_collide_under_one_seed_spread_under_others(
    void **state)
{
    (void)state;
    flood_of_numbers();
    flood_of_texts();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            keys_made_to_collide_under_one_seed_spread_under_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
