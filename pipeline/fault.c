#include "pipeline/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum exit_code fault_raise(struct fault *fault, enum exit_code code,
                           const char *shard, uint64_t offset, int error,
                           const char *format, ...)
{
    int none = 0;
    if (!atomic_compare_exchange_strong_explicit(&fault->state, &none, 1,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed))
        return code;
    fault->code = code;
    fault->error = error;
    fault->offset = offset;
    snprintf(fault->shard, sizeof fault->shard, "%s", shard ? shard : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->doing, sizeof fault->doing, format, arguments);
    va_end(arguments);
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
