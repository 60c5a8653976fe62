/* Any bytes: every kernel that runs here says of them what the scalar one
 * says, and finds the same tokens where there is no error. */
#include "stages/parse/kernel.h"
#include "tests/fuzz/fuzz_input.h"

static uint32_t *room(size_t size)
{
    uint32_t *tokens = malloc((size + KERNEL_PADDING) * sizeof *tokens);
    CHECK(tokens);
    return tokens;
}

static void compare(enum isa isa, const uint8_t *text, size_t size)
{
    uint32_t *a = room(size), *b = room(size), a_count, b_count;
    uint32_t expected = index_scalar(text, size, a, &a_count);
    uint32_t got = kernel_of(isa)(text, size, b, &b_count);
    CHECK((expected != 0) == (got != 0));
    CHECK((expected & INDEX_UTF8) == (got & INDEX_UTF8));
    if (!expected) {
        CHECK(a_count == b_count);
        CHECK(memcmp(a, b, a_count * sizeof *a) == 0);
    }
    free(a);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Of exactly the promised size, so that reading past it is seen. */
    uint8_t *text = fuzz_copy(data, size, KERNEL_PADDING);
    for (int isa = ISA_SCALAR + 1; isa < ISA_COUNT; isa++)
        if (isa_runs_here((enum isa)isa))
            compare((enum isa)isa, text, size);
    free(text);
    return 0;
}
