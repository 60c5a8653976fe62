#include "pipeline/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at text that steers a terminal, or 0. */
static size_t steering_bytes(const unsigned char *text)
{
    if (text[0] < 0x20 || text[0] == 0x7F)
        return 1;
    if (text[0] == 0xC2 && text[1] >= 0x80 && text[1] < 0xA0)
        return 2;                                  /* C1 */
    if (text[0] == 0xE2 && text[1] == 0x80 &&
        ((text[2] >= 0x8E && text[2] <= 0x8F) ||
         (text[2] >= 0xAA && text[2] <= 0xAE)))
        return 3;                                  /* marks, embeddings */
    if (text[0] == 0xE2 && text[1] == 0x81 && text[2] >= 0xA6 &&
        text[2] <= 0xA9)
        return 3;                                  /* isolates */
    return 0;
}

const char *printable_name(char *out, size_t size, const char *name)
{
    const unsigned char *at = (const unsigned char *)name;
    size_t used = 0;
    while (*at && used + 1 < size) {
        size_t steering = steering_bytes(at);
        out[used++] = steering ? '?' : (char)*at;
        at += steering ? steering : 1;
    }
    out[used] = 0;
    return out;
}

enum exit_code fault_raise(struct fault *fault, enum exit_code code,
                           const char *shard, uint64_t offset, int error,
                           const char *format, ...)
{
    int none = 0;
    if (code == CODE_IO && error == ENOMEM)
        code = CODE_MEMORY;
    if (!atomic_compare_exchange_strong_explicit(&fault->state, &none, 1,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed))
        return code;
    fault->code = code;
    fault->error = error;
    fault->offset = offset;
    printable_name(fault->shard, sizeof fault->shard, shard ? shard : "");
    va_list arguments;
    va_start(arguments, format);
    char doing[sizeof fault->doing];
    vsnprintf(doing, sizeof doing, format, arguments);
    va_end(arguments);
    printable_name(fault->doing, sizeof fault->doing, doing);
    /* Release: pairs with the acquire in fault_print. */
    atomic_store_explicit(&fault->state, 2, memory_order_release);
    return code;
}

bool fault_raised(const struct fault *fault)
{
    return atomic_load_explicit(&fault->state, memory_order_relaxed) != 0;
}

void fault_print(const struct fault *fault)
{
    if (atomic_load_explicit(&fault->state, memory_order_acquire) != 2)
        return;
    fprintf(stderr, "sandpiper: %s", fault->doing);
    if (fault->shard[0])
        fprintf(stderr, ": %s", fault->shard);
    if (fault->offset != UINT64_MAX)
        fprintf(stderr, " at byte %llu", (unsigned long long)fault->offset);
    if (fault->error)
        fprintf(stderr, ": %s", strerror(fault->error));
    fprintf(stderr, " (exit %d: %s)\n", (int)fault->code,
            exit_code_sentence((int)fault->code));
}

const char *exit_code_sentence(int code)
{
    switch (code) {
#define X(name, number, sentence)                                              \
    case number:                                                               \
        return sentence;
        EXIT_CODES(X)
#undef X
    default:
        return "unknown";
    }
}
