#ifndef SANDPIPER_STAGES_PARSE_KERNEL_H
#define SANDPIPER_STAGES_PARSE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The index of a JSON text: where its tokens start. One kernel per
 * instruction set behind one prototype; the scalar one is the specification,
 * and the others are tested against it byte by byte.
 *
 * A token is one of { } [ ] outside strings, the opening quote of a string,
 * or the first byte of any other run of bytes outside strings that is not
 * white space, comma or colon (a number, a literal, or garbage, which the walk
 * refuses). Commas and colons are not tokens: the walk looks for them between
 * tokens, and half as many tokens are written and read.
 * What stands inside strings is checked here and nowhere else:
 */
enum index_error {
    INDEX_OK = 0,
    INDEX_UTF8 = 1,          /* not UTF-8 as RFC 3629 has it, anywhere */
    INDEX_CONTROL = 2,       /* a raw byte below 0x20 inside a string, or one
                              * that is no white space outside */
    INDEX_ESCAPE = 4,        /* \ not before one of "\/bfnrt or uXXXX, or
                              * outside a string */
    INDEX_UNTERMINATED = 8,  /* the text ends inside a string */
};

/* Bytes that a kernel may read behind the text (their values do not matter). */
#define KERNEL_PADDING 64

/*
 * Writes the tokens' positions in rising order to tokens (room for
 * size + KERNEL_PADDING entries), their number to *count, and returns a set
 * of index_error. All kernels agree on INDEX_UTF8, on whether there is any
 * error, and, where there is none, on every token. A text with errors is not
 * worth walking: what stands behind its first error is found differently.
 */
typedef uint32_t (*index_kernel)(const uint8_t *text, size_t size,
                                 uint32_t *tokens, uint32_t *count);

enum isa { ISA_SCALAR, ISA_AVX2, ISA_AVX512, ISA_COUNT };

uint32_t index_scalar(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count);
uint32_t index_avx2(const uint8_t *text, size_t size, uint32_t *tokens,
                    uint32_t *count);
uint32_t index_avx512(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count);

/* The best that this machine runs. */
enum isa isa_best(void);
int isa_runs_here(enum isa isa);
const char *isa_name(enum isa isa);       /* "scalar", "avx2", "avx512" */
int isa_from_name(const char *name);      /* -1: no such */
index_kernel kernel_of(enum isa isa);

#endif
