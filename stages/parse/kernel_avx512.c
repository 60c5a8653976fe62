#include "stages/parse/kernel.h"
uint32_t index_avx512(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count)
{
    return index_scalar(text, size, tokens, count);
}
