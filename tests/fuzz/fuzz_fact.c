/*
 * Any bytes as the code of a fact: -EBADMSG or a fact, and nothing behind the
 * bytes is read. A fact that was read is written within its bound and read
 * back as it was; what was written is written again as it stands.
 */
#include "stages/aggregate/aggregate.h"
#include "stages/fact_code.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/unit/segment_world.h"

#include <errno.h>

static uint8_t *encode(const struct fact *fact, int64_t before, size_t *size)
{
    size_t bound = fact_code_bytes_max(fact);
    uint8_t *code = malloc(bound);
    CHECK(code);
    *size = (size_t)(fact_encode(code, fact, before) - code);
    CHECK(*size >= FACT_CODE_BYTES_MIN && *size <= bound);
    return code;
}

static void round_trip(const struct fact *fact, int64_t before,
                       struct arena *arena)
{
    struct fact back;
    size_t size, again_size;
    uint8_t *code = encode(fact, before, &size);
    uint8_t *exact = fuzz_copy(code, size, 0);
    free(code);
    CHECK(fact_decode(exact, size, before, arena, &back) == 0);
    CHECK(same_fact(fact, &back));
    CHECK(fact->client == back.client && fact->language == back.language);
    CHECK(id_known(fact_post(&back)) && back.kind < POST_KINDS);
    uint8_t *again = encode(&back, before, &again_size);
    CHECK(again_size == size && memcmp(again, exact, size) == 0);
    free(again);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct memory memory;
    struct arena arena;
    struct fact fact;
    int64_t before = fuzz_byte(&input);
    memory_init(&memory, (uint64_t)64 << 20, 0);
    arena_init(&arena, &memory, (size_t)64 << 10);
    uint8_t *code = fuzz_copy(input.at, input.left, 0);
    int error = fact_decode(code, input.left, before, &arena, &fact);
    CHECK(error == 0 || error == -EBADMSG);
    if (!error)
        round_trip(&fact, before, &arena);
    free(code);
    arena_reset(&arena);
    return 0;
}
