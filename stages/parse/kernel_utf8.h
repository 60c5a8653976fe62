#ifndef SANDPIPER_STAGES_PARSE_KERNEL_UTF8_H
#define SANDPIPER_STAGES_PARSE_KERNEL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 byte by byte: what the scalar kernels say of it. */

/* Length of the UTF-8 sequence at text (RFC 3629 section 4), 0 if there is
 * none within size. */
static inline size_t utf8_length(const uint8_t *text, size_t size)
{
    uint8_t lead = text[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((lead == 0xE0 && text[1] < 0xA0) ||   /* overlong */
        (lead == 0xED && text[1] > 0x9F) ||   /* surrogates */
        (lead == 0xF0 && text[1] < 0x90) ||   /* overlong */
        (lead == 0xF4 && text[1] > 0x8F))     /* above U+10FFFF */
        return 0;
    return length;
}

static inline bool utf8_valid(const uint8_t *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_length(text + at, size - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

#endif
