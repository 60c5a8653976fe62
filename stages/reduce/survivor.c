#include "stages/reduce/survivor.h"

static const char *const KIND_NAMES[POST_KINDS] = {"original", "quote",
                                                   "reply", "retweet"};

#define FIXED_BYTES_MAX 1024    /* keys, punctuation, numbers, plain ids */
#define ESCAPE_BYTES_MAX 6      /* \u001f */

static struct text name_of(const struct dictionary *dictionary, uint32_t rank)
{
    return rank ? dictionary->names[rank - 1] : (struct text){NULL, 0};
}

size_t copy_json_bytes_max(const struct copy_context *context,
                           const struct fact *fact)
{
    struct text_list hashtags = fact_hashtags(fact);
    struct text_list domains = fact_domains(fact);
    /* Of a list: its bytes hold the texts, and three more a text are its
     * quotes and comma. */
    size_t texts =
        (size_t)name_of(&context->names->clients, fact->client).size +
        name_of(&context->names->languages, fact->language).size +
        context->account.text.size + fact_post(fact).text.size +
        fact_target(fact).text.size + fact_target_post(fact).text.size +
        hashtags.size + domains.size + hashtags.count + domains.count;
    return FIXED_BYTES_MAX + ESCAPE_BYTES_MAX * texts;
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

static char *put_list(char *out, struct text_list list, bool carried)
{
    if (!carried)
        return put_plain(out, "null");
    const uint8_t *at = list.bytes;
    *out++ = '[';
    for (uint32_t i = 0; i < list.count; i++) {
        struct text text;
        at = text_list_get(at, &text);
        if (i)
            *out++ = ',';
        out = put_text(out, text);
    }
    *out++ = ']';
    return out;
}

static char *put_hash(char *out, uint64_t hash, bool known)
{
    static const char hex[] = "0123456789abcdef";
    if (!known)
        return put_plain(out, "null");
    *out++ = '"';
    for (int shift = 60; shift >= 0; shift -= 4)
        *out++ = hex[hash >> shift & 15];
    *out++ = '"';
    return out;
}

static char *put_carried(char *out, uint32_t count, bool carried)
{
    return put_number(out, carried ? (int64_t)count : COUNT_NONE, COUNT_NONE);
}

static char *put_truth(char *out, bool truth)
{
    return put_plain(out, truth ? "true" : "false");
}

static char *put_scripts(char *out, const struct fact *fact)
{
    if (!(fact->flags & FACT_HAS_TEXT))
        return put_plain(out, "null");
    *out++ = '[';
    for (int i = 0; i < SCRIPTS; i++) {
        if (i)
            *out++ = ',';
        out = put_digits(out, fact->lists ? fact->lists->scripts[i] : 0);
    }
    *out++ = ']';
    return out;
}

/* The keys in bytewise order: account to media. */
static char *put_first_half(char *at, const struct copy_context *context,
                            const struct fact *fact)
{
    unsigned flags = fact->flags;
    at = put_plain(at, "{\"account\":");
    at = put_id(at, context->account);
    at = put_plain(at, ",\"client\":");
    at = put_text_or_null(at, name_of(&context->names->clients,
                                      fact->client));
    at = put_plain(at, ",\"domains\":");
    at = put_list(at, fact_domains(fact), flags & FACT_HAS_URLS);
    at = put_plain(at, ",\"followers\":");
    at = put_number(at, fact->followers, COUNT_NONE);
    at = put_plain(at, ",\"hashtags\":");
    at = put_list(at, fact_hashtags(fact), flags & FACT_HAS_HASHTAGS);
    at = put_plain(at, ",\"id\":");
    at = put_id(at, fact_post(fact));
    at = put_plain(at, ",\"kind\":\"");
    at = put_plain(at, KIND_NAMES[fact->kind]);
    at = put_plain(at, "\",\"lang\":");
    at = put_text_or_null(at, name_of(&context->names->languages,
                                      fact->language));
    at = put_plain(at, ",\"manual\":");
    at = put_truth(at, flags & FACT_MANUAL_RETWEET);
    at = put_plain(at, ",\"media\":");
    return put_carried(at, fact->media, flags & FACT_HAS_MEDIA);
}

/* mentions to urls. */
static char *put_second_half(char *at, const struct fact *fact)
{
    unsigned flags = fact->flags;
    at = put_plain(at, ",\"mentions\":");
    at = put_carried(at, fact->mentions, flags & FACT_HAS_MENTIONS);
    at = put_plain(at, ",\"minute_only\":");
    at = put_truth(at, flags & FACT_MINUTE_ONLY);
    at = put_plain(at, ",\"name\":");
    at = put_hash(at, fact->name_hash, fact->name_hash);
    at = put_plain(at, ",\"original_time\":");
    at = put_number(at, fact->original_time, TIME_NONE);
    at = put_plain(at, ",\"scripts\":");
    at = put_scripts(at, fact);
    at = put_plain(at, ",\"statuses\":");
    at = put_number(at, fact->statuses, COUNT_NONE);
    at = put_plain(at, ",\"target\":");
    at = put_id(at, fact_target(fact));
    at = put_plain(at, ",\"target_post\":");
    at = put_id(at, fact_target_post(fact));
    at = put_plain(at, ",\"text\":");
    at = put_hash(at, fact->text_hash, flags & FACT_HAS_TEXT);
    at = put_plain(at, ",\"text_length\":");
    at = put_carried(at, fact->text_length, flags & FACT_HAS_TEXT);
    at = put_plain(at, ",\"time\":");
    at = put_number(at, fact->time, TIME_NONE);
    at = put_plain(at, ",\"urls\":");
    at = put_carried(at, fact->urls, flags & FACT_HAS_URLS);
    *at++ = '}';
    return at;
}

size_t copy_json(const struct copy_context *context, const struct fact *fact,
                 char *out)
{
    char *at = put_first_half(out, context, fact);
    return (size_t)(put_second_half(at, fact) - out);
}

struct hash128 copy_hash(const struct copy_context *context,
                         const struct fact *fact, char *out)
{
    return hash_bytes128(out, copy_json(context, fact, out));
}
