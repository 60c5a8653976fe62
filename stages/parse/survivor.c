#include "stages/parse/survivor.h"

#include "stages/hash.h"

static const char *const KIND_NAMES[POST_KINDS] = {"original", "quote",
                                                   "reply", "retweet"};

#define FIXED_BYTES_MAX 512     /* keys, punctuation, numbers, plain ids */

size_t survivor_bytes_max(const struct post *post)
{
    size_t texts = (size_t)post->client.size + post->language.size +
                   post->account.text.size + post->id.text.size +
                   post->target.text.size + post->target_post.text.size;
    return FIXED_BYTES_MAX + 6 * texts;    /* \u001f is the longest escape */
}

static char *put_plain(char *out, const char *text)
{
    size_t size = strlen(text);
    memcpy(out, text, size);
    return out + size;
}

static char *put_control(char *out, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btnvfr";       /* of 0x08 to 0x0D */
    *out++ = '\\';
    if (byte >= 0x08 && byte <= 0x0D && byte != 0x0B) {
        *out++ = letters[byte - 0x08];
        return out;
    }
    out = put_plain(out, "u00");
    *out++ = hex[byte >> 4];
    *out++ = hex[byte & 15];
    return out;
}

static inline bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

static char *put_text(char *out, struct text text)
{
    *out++ = '"';
    for (uint32_t i = 0; i < text.size;) {
        uint32_t run = i;
        while (run < text.size && is_plain((unsigned char)text.bytes[run]))
            run++;
        memcpy(out, text.bytes + i, run - i);
        out += run - i;
        if (run < text.size) {
            unsigned char byte = (unsigned char)text.bytes[run++];
            if (byte < 0x20) {
                out = put_control(out, byte);
            } else {
                *out++ = '\\';
                *out++ = (char)byte;
            }
        }
        i = run;
    }
    *out++ = '"';
    return out;
}

static char *put_text_or_null(char *out, struct text text)
{
    return text.size ? put_text(out, text) : put_plain(out, "null");
}

/* Eight decimal digits of number < 10^8, the first in the lowest byte: halves,
 * quarters, digits, by multiplications that divide. */
static uint64_t eight_digits(uint32_t number)
{
    uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    uint64_t high = (fours * 10486 >> 20) & 0x0000007F0000007Fu;
    uint64_t twos = ((fours - 100 * high) << 16) + high;
    uint64_t tens = (twos * 103 >> 10) & 0x000F000F000F000Fu;
    return tens + ((twos - 10 * tens) << 8);
}

/* Writes 20 bytes, of which those up to the new end count. */
static char *put_digits(char *out, uint64_t number)
{
    const uint32_t part = 100000000;
    uint64_t words[6] = {eight_digits((uint32_t)(number / part / part)),
                         eight_digits((uint32_t)(number / part % part)),
                         eight_digits((uint32_t)(number % part))};
    uint32_t first = words[0] ? 0 : words[1] ? 1 : 2;
    uint64_t leading = words[first] | (uint64_t)1 << 56;   /* 0 has a digit */
    uint32_t zeros = (uint32_t)__builtin_ctzll(leading) / 8;
    for (int i = 0; i < 3; i++)
        words[i] |= 0x3030303030303030u;
    memcpy(out, (char *)words + first * 8 + zeros, 20);
    return out + 24 - first * 8 - zeros;
}

static char *put_id(char *out, struct id id)
{
    if (id.text.size || !id.number)
        return put_text_or_null(out, id.text);
    *out++ = '"';
    out = put_digits(out, id.number);
    *out++ = '"';
    return out;
}

static char *put_number(char *out, int64_t number, int64_t none)
{
    if (number == none)
        return put_plain(out, "null");
    if (number < 0)
        *out++ = '-';
    return put_digits(out, number < 0 ? 0 - (uint64_t)number
                                      : (uint64_t)number);
}

uint64_t survivor_hash(const struct post *post, char *out)
{
    char *at = put_plain(out, "{\"account\":");
    at = put_id(at, post->account);
    at = put_plain(at, ",\"client\":");
    at = put_text_or_null(at, post->client);
    at = put_plain(at, ",\"id\":");
    at = put_id(at, post->id);
    at = put_plain(at, ",\"kind\":\"");
    at = put_plain(at, KIND_NAMES[post->kind]);
    at = put_plain(at, "\",\"lang\":");
    at = put_text_or_null(at, post->language);
    at = put_plain(at, post->manual_retweet ? ",\"manual\":true"
                                            : ",\"manual\":false");
    at = put_plain(at, ",\"original_time\":");
    at = put_number(at, post->original_time, TIME_NONE);
    at = put_plain(at, ",\"statuses\":");
    at = put_number(at, post->statuses, COUNT_NONE);
    at = put_plain(at, ",\"target\":");
    at = put_id(at, post->target);
    at = put_plain(at, ",\"target_post\":");
    at = put_id(at, post->target_post);
    at = put_plain(at, ",\"time\":");
    at = put_number(at, post->time, TIME_NONE);
    *at++ = '}';
    return hash_bytes128(out, (size_t)(at - out)).high;
}
