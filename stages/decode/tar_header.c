#include "stages/decode/tar_header.h"

#include <string.h>

/* Fields of the header: offset and size. */
enum {
    NAME_AT = 0, NAME_SIZE = 100,
    BYTES_AT = 124, BYTES_SIZE = 12,
    SUM_AT = 148, SUM_SIZE = 8,
    KIND_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345, PREFIX_SIZE = 155,
    SPARSE_MORE_AT = 482,
};
#define BYTES_MAX (UINT64_MAX >> 2)

/* Octal digits between spaces and NULs; an empty field is 0. */
static bool read_octal(const uint8_t *field, size_t size, uint64_t *number)
{
    size_t at = 0;
    *number = 0;
    while (at < size && field[at] == ' ')
        at++;
    for (; at < size && field[at] >= '0' && field[at] <= '7'; at++)
        *number = *number << 3 | (uint64_t)(field[at] - '0');
    return at == size || field[at] == ' ' || field[at] == 0;
}

/* GNU: the highest bit is set, and the rest is the number, high byte first. */
static bool read_base_256(const uint8_t *field, size_t size, uint64_t *number)
{
    *number = field[0] & 0x7f;
    for (size_t i = 1; i < size; i++) {
        if (*number >> 54)
            return false;
        *number = *number << 8 | field[i];
    }
    return true;
}

/* Of all bytes, with the field of the sum itself taken as spaces. Very old
 * writers added them as signed numbers. */
static bool sum_is_right(const uint8_t block[TAR_BLOCK_BYTES])
{
    uint64_t told;
    int64_t sum = 0, signed_sum = 0;
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++) {
        bool own = i >= SUM_AT && i < SUM_AT + SUM_SIZE;
        sum += own ? ' ' : block[i];
        signed_sum += own ? ' ' : (int8_t)block[i];
    }
    bool digit = false;
    for (size_t i = SUM_AT; i < SUM_AT + SUM_SIZE; i++)
        digit |= block[i] >= '0' && block[i] <= '7';
    return digit && read_octal(block + SUM_AT, SUM_SIZE, &told) &&
           (told == (uint64_t)sum || told == (uint64_t)signed_sum);
}

static size_t field_size(const uint8_t *field, size_t size)
{
    const uint8_t *end = memchr(field, 0, size);
    return end ? (size_t)(end - field) : size;
}

static void read_name(const uint8_t *block, struct tar_header *header)
{
    size_t used = 0;
    if (memcmp(block + MAGIC_AT, "ustar", 6) == 0) {
        used = field_size(block + PREFIX_AT, PREFIX_SIZE);
        memcpy(header->name, block + PREFIX_AT, used);
        if (used > 0)
            header->name[used++] = '/';
    }
    size_t size = field_size(block + NAME_AT, NAME_SIZE);
    memcpy(header->name + used, block + NAME_AT, size);
    header->name[used + size] = 0;
}

static enum tar_kind kind_of(uint8_t letter, const char *name)
{
    size_t length = strlen(name);
    switch (letter) {
    case 0:
    case '0':
    case '7':
        /* Before ustar a folder was a file whose name ends so. */
        return length && name[length - 1] == '/' ? TAR_OTHER : TAR_FILE;
    case '1':
        return TAR_LINK;
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
        return TAR_OTHER;
    case 'L':
        return TAR_LONG_NAME;
    case 'x':
    case 'X':
        return TAR_PAX;
    case 'S':
        return TAR_SPARSE;
    default:
        return TAR_EXTRA;
    }
}

bool tar_header_read(const uint8_t block[TAR_BLOCK_BYTES],
                     struct tar_header *header)
{
    const uint8_t *bytes = block + BYTES_AT;
    if (!sum_is_right(block))
        return false;
    bool read = bytes[0] & 0x80
                    ? read_base_256(bytes, BYTES_SIZE, &header->bytes)
                    : read_octal(bytes, BYTES_SIZE, &header->bytes);
    if (!read || header->bytes > BYTES_MAX)
        return false;
    read_name(block, header);
    header->kind = kind_of(block[KIND_AT], header->name);
    header->more = header->kind == TAR_SPARSE && block[SPARSE_MORE_AT] != 0;
    if (header->kind == TAR_OTHER)
        header->bytes = 0;
    return true;
}

bool tar_block_is_zero(const uint8_t block[TAR_BLOCK_BYTES])
{
    return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK_BYTES - 1) == 0;
}

/* ---- pax: "LENGTH KEY=VALUE\n" ---- */

static bool read_decimal(const uint8_t *digits, size_t size, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9' || *number > BYTES_MAX / 10)
            return false;
        *number = *number * 10 + (uint64_t)(digits[i] - '0');
    }
    return size > 0 && *number <= BYTES_MAX;
}

static bool key_is(const uint8_t *key, size_t size, const char *name)
{
    return size == strlen(name) && memcmp(key, name, size) == 0;
}

static bool take_record(const uint8_t *key, size_t key_size,
                        const uint8_t *value, size_t value_size,
                        struct tar_pax *pax)
{
    static const char SPARSE[] = "GNU.sparse.";
    if (key_is(key, key_size, "path")) {
        pax->name = (const char *)value;
        pax->name_size = value_size;
    } else if (key_is(key, key_size, "size")) {
        pax->has_bytes = true;
        return read_decimal(value, value_size, &pax->bytes);
    } else if (key_size > sizeof SPARSE - 1 &&
               memcmp(key, SPARSE, sizeof SPARSE - 1) == 0) {
        pax->sparse = true;
    }
    return true;
}

bool tar_pax_read(const uint8_t *records, size_t size, struct tar_pax *pax)
{
    size_t at = 0;
    while (at < size && records[at] != 0) {
        const uint8_t *record = records + at;
        const uint8_t *space = memchr(record, ' ', size - at);
        uint64_t length;
        if (!space ||
            !read_decimal(record, (size_t)(space - record), &length) ||
            length > size - at)
            return false;
        const uint8_t *key = space + 1, *end = record + length;
        if (key >= end || end[-1] != '\n')
            return false;
        const uint8_t *equals = memchr(key, '=', (size_t)(end - key));
        if (!equals ||
            !take_record(key, (size_t)(equals - key), equals + 1,
                         (size_t)(end - 1 - (equals + 1)), pax))
            return false;
        at += (size_t)length;
    }
    return true;
}
