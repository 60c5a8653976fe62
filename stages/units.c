#include "stages/units.h"

#include "stages/hash.h"
#include "stages/varint.h"

struct text id_text(struct id id, char out[ID_DIGITS_MAX])
{
    if (id.text.size || !id.number)
        return id.text;
    int at = ID_DIGITS_MAX;
    for (uint64_t rest = id.number; rest; rest /= 10)
        out[--at] = (char)('0' + rest % 10);
    return (struct text){out + at, (uint32_t)(ID_DIGITS_MAX - at)};
}

struct id id_from_text(struct text text)
{
    struct id id = {.text = text};
    if (!text.size || text.size > ID_DIGITS_MAX || text.bytes[0] == '0')
        return id;
    uint64_t number = 0;
    for (uint32_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)(unsigned char)text.bytes[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return id;
    }
    return (struct id){.number = number};
}

int id_compare_bytes(struct id a, struct id b)
{
    char a_digits[ID_DIGITS_MAX], b_digits[ID_DIGITS_MAX];
    return text_compare(id_text(a, a_digits), id_text(b, b_digits));
}

static bool all_digits(struct text text)
{
    for (uint32_t i = 0; i < text.size; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return text.size > 0;
}

static struct text without_zeros(struct text text)
{
    while (text.size > 1 && text.bytes[0] == '0') {
        text.bytes++;
        text.size--;
    }
    return text;
}

int id_compare(struct id a, struct id b)
{
    if (!a.text.size && !b.text.size)
        return (a.number > b.number) - (a.number < b.number);
    char a_digits[ID_DIGITS_MAX], b_digits[ID_DIGITS_MAX];
    struct text at = id_text(a, a_digits), bt = id_text(b, b_digits);
    bool a_number = all_digits(at), b_number = all_digits(bt);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number) {
        struct text x = without_zeros(at), y = without_zeros(bt);
        if (x.size != y.size)
            return x.size < y.size ? -1 : 1;
        int order = memcmp(x.bytes, y.bytes, x.size);
        if (order)
            return order;
    }
    return text_compare(at, bt);
}

bool id_equal(struct id a, struct id b)
{
    if (a.text.size != b.text.size)
        return false;
    return a.text.size ? memcmp(a.text.bytes, b.text.bytes, a.text.size) == 0
                       : a.number == b.number;
}

uint64_t id_hash(enum platform platform, struct id id)
{
    if (id.text.size)
        return hash_bytes64_seeded(id.text.bytes, id.text.size,
                                   (uint64_t)platform + 1);
    /* The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
    uint64_t mixed = id.number + 0x9e3779b97f4a7c15u * ((uint64_t)platform + 1);
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

uint8_t *text_list_put(uint8_t *to, struct text text)
{
    to = varint_write(to, text.size);
    if (text.size)
        memcpy(to, text.bytes, text.size);
    return to + text.size;
}

const uint8_t *text_list_get(const uint8_t *at, struct text *text)
{
    uint64_t size;
    at = varint_read(at, &size);
    *text = (struct text){(const char *)at, (uint32_t)size};
    return at + size;
}
