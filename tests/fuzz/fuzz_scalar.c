/*
 * Any short bytes as a number: its type, counts, integers and times in seconds
 * are what slow readings give, which go byte by byte, know no words of eight
 * digits, and do their sums on decimal digits as they are written.
 */
#include "stages/parse/scalar.h"
#include "tests/fuzz/fuzz_input.h"

#define SIZE_MAX_HERE 80
#define PLAIN_DIGITS 2400      /* 80 digits, moved by up to 999 places */

static bool digit(const char *text)
{
    return *text >= '0' && *text <= '9';
}

/* ---- the grammar of RFC 8259, section 6; text ends with a NUL ------------ */

static const char *digits(const char *at)
{
    const char *start = at;
    while (digit(at))
        at++;
    return at > start ? at : NULL;
}

static bool slow_number(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    at = *at == '0' ? at + 1 : digits(at);
    if (at && *at == '.')
        at = digits(at + 1);
    if (at && (*at == 'e' || *at == 'E')) {
        at++;
        at = digits(*at == '+' || *at == '-' ? at + 1 : at);
    }
    return at == end;
}

static enum value_type slow_type(const char *text, size_t size)
{
    static const char *const literals[] = {"null", "true", "false"};
    static const enum value_type types[] = {VALUE_NULL, VALUE_TRUE,
                                            VALUE_FALSE};
    for (int i = 0; i < 3; i++)
        if (strlen(literals[i]) == size &&
            memcmp(text, literals[i], size) == 0)
            return types[i];
    return slow_number(text, text + size) ? VALUE_NUMBER : VALUE_ABSENT;
}

/* ---- integers ------------------------------------------------------------ */

/* Digits up to the end, as a number; false: none, others, or above limit. */
static bool slow_digits(const char *at, const char *end, uint64_t limit,
                        uint64_t *number)
{
    *number = 0;
    if (at == end)
        return false;
    for (; at < end; at++) {
        uint64_t value = (uint64_t)(*at - '0');
        if (!digit(at) || value > limit || *number > (limit - value) / 10)
            return false;
        *number = *number * 10 + value;
    }
    return true;
}

static int64_t slow_count(const char *text, size_t size)
{
    const char *end = text + size;
    uint64_t number;
    if (size == 2 && memcmp(text, "-0", 2) == 0)
        return 0;
    if (size == 4 && memcmp(text, "100+", 4) == 0)
        return 100;
    if (size > 2 && memcmp(end - 2, ".0", 2) == 0)
        end -= 2;
    return slow_digits(text, end, INT64_MAX, &number) ? (int64_t)number
                                                      : COUNT_NONE;
}

static void compare_integers(const uint8_t *text, const char *slow,
                             size_t size)
{
    uint64_t number, expected;
    int64_t integer;
    bool plain = size <= 19 && (*slow != '0' || size == 1) &&
                 slow_digits(slow, slow + size, UINT64_MAX, &expected);
    CHECK(number_from_digits(text, (uint32_t)size, &number) == plain);
    CHECK(!plain || number == expected);
    bool minus = *slow == '-';
    bool whole = slow_digits(slow + minus, slow + size, INT64_MAX, &expected);
    CHECK(integer_from_text(text, (uint32_t)size, &integer) == whole);
    CHECK(!whole ||
          integer == (minus ? -(int64_t)expected : (int64_t)expected));
    CHECK(count_from_text(text, (uint32_t)size) == slow_count(slow, size));
}

/* ---- seconds: all digits written out, then cut --------------------------- */

/* [0-9]+ ( . [0-9]+ )? ( [eE] [+-]? [0-9]{1,3} )? */
static bool slow_seconds_grammar(const char *at, const char *end)
{
    if (!(at = digits(at)))
        return false;
    if (*at == '.' && !(at = digits(at + 1)))
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        const char *from = *at == '+' || *at == '-' ? at + 1 : at;
        at = digits(from);
        if (!at || at - from > 3)
            return false;
    }
    return at == end;
}

static int64_t slow_seconds(const char *text, size_t size)
{
    static char plain[PLAIN_DIGITS];
    if (!slow_seconds_grammar(text, text + size))
        return TIME_NONE;
    size_t point = strcspn(text, ".eE"), mark = strcspn(text, "eE");
    long exponent = mark < size ? strtol(text + mark + 1, NULL, 10) : 0;
    /* The point stands before plain[zero + point + exponent]. */
    size_t zero = PLAIN_DIGITS / 2, used = zero;
    memset(plain, '0', sizeof plain);
    for (size_t i = 0; i < mark; i++)
        if (text[i] != '.')
            plain[used++] = text[i];
    uint64_t ms;
    const char *end = plain + (long)(zero + point) + exponent + 3;
    return slow_digits(plain, end, MS_YEAR_10000 - 1, &ms) ? (int64_t)ms
                                                           : TIME_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > SIZE_MAX_HERE)
        return 0;
    uint8_t *text = fuzz_copy(data, size, KERNEL_PADDING);
    char slow[SIZE_MAX_HERE + 1] = "";
    memcpy(slow, data, size);
    CHECK(scalar_type(text, size) == slow_type(slow, size));
    compare_integers(text, slow, size);
    CHECK(time_from_seconds(text, (uint32_t)size) == slow_seconds(slow, size));
    free(text);
    return 0;
}
