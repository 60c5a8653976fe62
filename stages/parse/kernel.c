#include "stages/parse/kernel.h"

#include <string.h>

static const char *const NAMES[ISA_COUNT] = {"scalar", "avx2", "avx512"};

int isa_runs_here(enum isa isa)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == ISA_AVX2)
        return __builtin_cpu_supports("avx2") &&
               __builtin_cpu_supports("bmi2") &&
               __builtin_cpu_supports("pclmul");
    if (isa == ISA_AVX512)
        return isa_runs_here(ISA_AVX2) &&
               __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vbmi") &&
               __builtin_cpu_supports("avx512vbmi2");
#endif
    return isa == ISA_SCALAR;
}

enum isa isa_best(void)
{
    for (int isa = ISA_COUNT - 1; isa > ISA_SCALAR; isa--)
        if (isa_runs_here((enum isa)isa))
            return (enum isa)isa;
    return ISA_SCALAR;
}

const char *isa_name(enum isa isa)
{
    return isa < ISA_COUNT ? NAMES[isa] : "unknown";
}

int isa_from_name(const char *name)
{
    for (int isa = 0; isa < ISA_COUNT; isa++)
        if (strcmp(name, NAMES[isa]) == 0)
            return isa;
    return -1;
}

index_kernel kernel_of(enum isa isa)
{
#if defined(__x86_64__)
    if (isa == ISA_AVX2)
        return index_avx2;
    if (isa == ISA_AVX512)
        return index_avx512;
#endif
    return index_scalar;
}
