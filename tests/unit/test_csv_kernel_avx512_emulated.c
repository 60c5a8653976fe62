/* The AVX-512 kernel's own source, its intrinsics emulated in C, so that its
 * logic is tested on every machine. */
#define KERNEL_AVX512_EMULATED
#include "stages/parse/csv_avx512.c"

#include "csv_kernel_cases.h"

int main(void)
{
#if defined(__x86_64__)
    const struct CMUnitTest tests[] = {CSV_KERNEL_CASES};
    kernel_under_test = csv_avx512_emulated;
    border_under_test = csv_border_avx512_emulated;
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    print_message("skipped: the kernel is for x86-64\n");
    return 0;
#endif
}
