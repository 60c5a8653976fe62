/*
 * Any bytes as a checkpoint, behind a header and a build that are right:
 * reading gives an error or all of it, and all memory back.
 *
 * What was read without an error is written again, and reads to the same
 * bytes. As they are, without a header, the bytes are refused, or are one.
 */
#include "stages/checkpoint_code.h"
#include "stages/hash.h"
#include "tests/fuzz/fuzz_input.h"

#include <errno.h>

static struct memory memory;

static void check_error(int error)
{
    CHECK(error == 0 || error == -EBADMSG || error == -ENOMEM ||
          error == -ESTALE);
}

/* The bytes as what follows the header and the build; given. */
static char *wrapped(const uint8_t *data, size_t size, size_t *bytes)
{
    struct output build = {0};
    struct coder coder = {.out = &build};
    const char *version = SANDPIPER_VERSION;
    uint64_t shape = code_ledger_shape();
    struct {
        char magic[8];
        uint32_t version, zero;
        uint64_t size, checksum;
    } header = {.magic = "SNDPCKP\n", .version = 1};
    output_add(&build, &header, sizeof header);
    code_text(&coder, &version);
    code_number(&coder, &shape);
    if (size)
        output_add(&build, data, size);
    CHECK(!build.failed);
    header.size = build.size - sizeof header;
    header.checksum = hash_bytes64(build.bytes + sizeof header, header.size);
    memcpy(build.bytes, &header, sizeof header);
    *bytes = build.size;
    return build.bytes;
}

static void write_and_read_again(const struct checkpoint *checkpoint)
{
    struct output first = {0}, second = {0};
    struct checkpoint again;
    CHECK(checkpoint_write(checkpoint, &first));
    CHECK(checkpoint_read(&again, &memory, (const uint8_t *)first.bytes,
                          first.size) == 0);
    CHECK(checkpoint_finished(&again) == checkpoint_finished(checkpoint));
    CHECK(checkpoint_write(&again, &second));
    CHECK(first.size == second.size &&
          memcmp(first.bytes, second.bytes, first.size) == 0);
    checkpoint_free(&again);
    output_free(&first);
    output_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checkpoint checkpoint;
    size_t bytes;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    char *image = wrapped(data, size, &bytes);
    uint8_t *copy = fuzz_copy(image, bytes, 0);
    int error = checkpoint_read(&checkpoint, &memory, copy, bytes);
    check_error(error);
    if (!error)
        write_and_read_again(&checkpoint);
    checkpoint_free(&checkpoint);
    free(copy);
    copy = fuzz_copy(data, size, 0);
    check_error(checkpoint_read(&checkpoint, &memory, copy, size));
    checkpoint_free(&checkpoint);
    free(copy);
    free(image);
    CHECK(atomic_load(&memory.used) == 0);
    return 0;
}
