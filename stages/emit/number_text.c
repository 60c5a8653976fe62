#include "stages/emit/number_text.h"

#include "pipeline/check.h"
#include "stages/days.h"
#include "stages/units.h"

#include <math.h>
#include <stdio.h>

__extension__ typedef unsigned __int128 uint128;

static const char PAIRS[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334"
    "3536373839404142434445464748495051525354555657585960616263646566676869"
    "707172737475767778798081828384858687888990919293949596979899";

/* number < 100 */
static char *write_pair(char *at, uint64_t number)
{
    memcpy(at, PAIRS + number * 2, 2);
    return at + 2;
}

char *write_integer(char *at, int64_t integer)
{
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    if (integer < 0)
        *at++ = '-';
    if (rest < 10) {
        *at++ = (char)('0' + rest);
        return at;
    }
    char digits[20];
    size_t start = sizeof digits;
    for (; rest >= 10; rest /= 100)
        write_pair(digits + (start -= 2), rest % 100);
    if (rest)
        digits[--start] = (char)('0' + rest);
    memcpy(at, digits + start, sizeof digits - start);
    return at + (sizeof digits - start);
}

/* ---- %.9g -------------------------------------------------------------- */

#define DIGITS 9
#define DIGITS_BOUND 1000000000u /* the least number of ten digits */
#define MANTISSA_BITS 52        /* IEEE 754 binary64, all numbers normal */
#define IMPLICIT_BIT (UINT64_C(1) << MANTISSA_BITS)
#define EXPONENT_BIAS 1023
#define POWERS_OF_5 28          /* 5^27 is the last that fits 64 bits */

static const uint64_t POWER_OF_5[POWERS_OF_5] = {
    1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u,
    9765625u, 48828125u, 244140625u, 1220703125u, 6103515625u, 30517578125u,
    152587890625u, 762939453125u, 3814697265625u, 19073486328125u,
    95367431640625u, 476837158203125u, 2384185791015625u, 11920928955078125u,
    59604644775390625u, 298023223876953125u, 1490116119384765625u,
    7450580596923828125u,
};

/* The range of the exact path: below it 5^k would not fit 64 bits. */
#define EXACT_LEAST 1e-18
#define EXACT_BOUND 1e18

static uint64_t round_shift(uint128 value, int bits)
{
    uint64_t whole = (uint64_t)(value >> bits);
    uint128 rest = value & (((uint128)1 << bits) - 1);
    uint128 half = (uint128)1 << (bits - 1);
    return whole + (rest > half || (rest == half && (whole & 1)));
}

static uint64_t round_quotient(uint64_t value, uint64_t divisor)
{
    uint64_t whole = value / divisor, rest = value % divisor;
    uint64_t opposite = divisor - rest;
    return whole + (rest > opposite || (rest == opposite && (whole & 1)));
}

static uint64_t power_of_10(int power)
{
    return POWER_OF_5[power] << power;
}

/*
 * mantissa * 2^exponent * 10^power to the nearest integer, ties to even, in
 * integers alone. The result has at most ten digits, which bounds the shifts:
 * with 5^power below 2^63 the product is below 2^116.
 */
static uint64_t scale_exactly(uint64_t mantissa, int exponent, int power)
{
    if (power >= 0) {
        uint128 product = (uint128)mantissa * POWER_OF_5[power];
        int shift = exponent + power;
        return shift >= 0 ? (uint64_t)(product << shift)
                          : round_shift(product, -shift);
    }
    uint64_t divisor = power_of_10(-power);
    if (exponent >= 0) /* below 1e18, so it fits */
        return round_quotient(mantissa << exponent, divisor);
    return round_quotient(mantissa, divisor << -exponent);
}

/* Nine digits d and a power x so that the number reads d * 10^(x - 8). */
struct decimal {
    uint32_t digits;
    int power;
};

/*
 * The power is floor(log10) of the number's highest bit: right or one too
 * low, never too high (a power too high would round to eight digits). One too
 * low gives ten digits, and so does rounding up to the next power of ten; in
 * both cases the next power is the one that printf would use.
 */
static struct decimal decimal_of(double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    uint64_t mantissa = (bits & (IMPLICIT_BIT - 1)) | IMPLICIT_BIT;
    int exponent = (int)(bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    /* 0.30102999554 < log10(2); no power of two in reach is so near below a
     * power of ten that it matters. */
    int power = (int)(((int64_t)exponent * 1292913986) >> 32);
    exponent -= MANTISSA_BITS;
    uint64_t digits = scale_exactly(mantissa, exponent, DIGITS - 1 - power);
    if (digits >= DIGITS_BOUND) {
        power++;
        digits = scale_exactly(mantissa, exponent, DIGITS - 1 - power);
    }
    return (struct decimal){(uint32_t)digits, power};
}

/* Returns how many are left without the zeros at the end. */
static int write_nine_digits(char *digits, uint32_t number)
{
    uint32_t upper = number / 10000, lower = number % 10000;
    digits[0] = (char)('0' + upper / 10000);
    write_pair(digits + 1, upper / 100 % 100);
    write_pair(digits + 3, upper % 100);
    write_pair(digits + 5, lower / 100);
    write_pair(digits + 7, lower % 100);
    int size = DIGITS;
    while (size > 1 && digits[size - 1] == '0')
        size--;
    return size;
}

static char *write_bytes(char *at, const char *bytes, int size)
{
    for (int i = 0; i < size; i++)
        *at++ = bytes[i];
    return at;
}

/* d.ddde-05: two digits of exponent, which the range never exceeds. */
static char *write_scientific(char *at, const char *digits, int size, int power)
{
    *at++ = digits[0];
    if (size > 1) {
        *at++ = '.';
        at = write_bytes(at, digits + 1, size - 1);
    }
    int magnitude = power < 0 ? -power : power;
    *at++ = 'e';
    *at++ = power < 0 ? '-' : '+';
    *at++ = (char)('0' + magnitude / 10);
    *at++ = (char)('0' + magnitude % 10);
    return at;
}

static char *write_fixed(char *at, const char *digits, int size, int power)
{
    if (power < 0) {
        at = write_bytes(at, "0.0000", 1 - power);
        return write_bytes(at, digits, size);
    }
    int whole = power + 1;
    if (size <= whole) { /* stripped zeros before the point count again */
        at = write_bytes(at, digits, size);
        return write_bytes(at, "00000000", whole - size);
    }
    at = write_bytes(at, digits, whole);
    *at++ = '.';
    return write_bytes(at, digits + whole, size - whole);
}

char *write_real(char *at, double real)
{
    CHECK(isfinite(real));
    if (real < 0) {
        *at++ = '-';
        real = -real;
    }
    if (!(real > 0)) {
        *at++ = '0';
        return at;
    }
    if (!(real >= EXACT_LEAST && real < EXACT_BOUND))
        return at + snprintf(at, NUMBER_TEXT_MAX - 1, "%.9g", real);
    if (real < DIGITS_BOUND && real >= 1 &&
        (double)(uint64_t)real >= real) /* whole, often a ratio's 1 */
        return write_integer(at, (int64_t)real);
    struct decimal decimal = decimal_of(real);
    char digits[DIGITS];
    int size = write_nine_digits(digits, decimal.digits);
    return decimal.power < -4 || decimal.power >= DIGITS
               ? write_scientific(at, digits, size, decimal.power)
               : write_fixed(at, digits, size, decimal.power);
}

/* ---- times ------------------------------------------------------------- */

static char *write_padded(char *at, int64_t number, int digits)
{
    for (int i = digits; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + digits;
}

static char *write_two(char *at, int64_t number, char then)
{
    at = write_pair(at, (uint64_t)number);
    *at++ = then;
    return at;
}

static char *write_year(char *at, int64_t year)
{
    if (year >= 0 && year <= 9999)
        return write_padded(at, year, 4);
    if (year >= -999 && year < 0) {
        *at++ = '-';
        return write_padded(at, -year, 4);
    }
    return write_integer(at, year);
}

char *write_day(char *at, int64_t day)
{
    struct civil civil = days_to_civil(day);
    at = write_year(at, civil.year);
    *at++ = '-';
    at = write_two(at, civil.month, '-');
    return write_pair(at, (uint64_t)civil.day);
}

char *write_time(char *at, int64_t ms)
{
    int64_t rest = modulo_down(ms, MS_PER_DAY);
    at = write_day(at, divide_down(ms, MS_PER_DAY));
    *at++ = 'T';
    at = write_two(at, rest / 3600000, ':');
    at = write_two(at, rest / 60000 % 60, ':');
    at = write_two(at, rest / 1000 % 60, '.');
    at = write_padded(at, rest % 1000, 3);
    *at++ = 'Z';
    return at;
}
