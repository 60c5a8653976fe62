#include "stages/decode/tar_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void set_sum(uint8_t block[TAR_BLOCK_BYTES])
{
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
}

static void make(uint8_t block[TAR_BLOCK_BYTES], const char *name,
                 const char *bytes, char kind)
{
    memset(block, 0, TAR_BLOCK_BYTES);
    strcpy((char *)block, name);
    memcpy(block + 124, bytes, strlen(bytes));
    block[156] = (uint8_t)kind;
    memcpy(block + 257, "ustar\0" "00", 8);
    set_sum(block);
}

static void names_and_sizes_are_read(void **state)
{
    (void)state;
    uint8_t block[TAR_BLOCK_BYTES];
    struct tar_header header;
    make(block, "posts.json", "00000001234", '0');
    assert_true(tar_header_read(block, &header));
    assert_int_equal(header.kind, TAR_FILE);
    assert_int_equal(header.bytes, 01234);
    assert_string_equal(header.name, "posts.json");
    assert_int_equal(tar_padded(header.bytes), 1024);
    memset(block, 'n', 100);
    memset(block + 345, 'p', 155);
    set_sum(block);
    assert_true(tar_header_read(block, &header));
    assert_int_equal(strlen(header.name), 256);
    assert_int_equal(header.name[155], '/');
}

static void sizes_beyond_octal_are_in_base_256(void **state)
{
    (void)state;
    uint8_t block[TAR_BLOCK_BYTES];
    struct tar_header header;
    make(block, "a", "", '0');
    static const uint8_t SIZE[12] = {0x80, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56,
                                     0x78, 0x9a, 0xbc};
    memcpy(block + 124, SIZE, 12);
    set_sum(block);
    assert_true(tar_header_read(block, &header));
    assert_true(header.bytes == UINT64_C(0x123456789abc));
    memset(block + 125, 0xff, 11);
    set_sum(block);
    assert_false(tar_header_read(block, &header));
}

static void each_letter_has_its_kind(void **state)
{
    (void)state;
    static const struct { char letter; enum tar_kind kind; } KINDS[] = {
        {'0', TAR_FILE}, {0, TAR_FILE}, {'7', TAR_FILE}, {'1', TAR_LINK},
        {'2', TAR_OTHER}, {'3', TAR_OTHER}, {'4', TAR_OTHER},
        {'5', TAR_OTHER}, {'6', TAR_OTHER}, {'L', TAR_LONG_NAME},
        {'K', TAR_EXTRA}, {'x', TAR_PAX}, {'g', TAR_EXTRA},
        {'S', TAR_SPARSE}, {'V', TAR_EXTRA}, {'?', TAR_EXTRA},
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        uint8_t block[TAR_BLOCK_BYTES];
        struct tar_header header;
        make(block, "a", "00000000010", KINDS[i].letter);
        assert_true(tar_header_read(block, &header));
        assert_int_equal(header.kind, KINDS[i].kind);
        assert_int_equal(header.bytes, header.kind == TAR_OTHER ? 0 : 8);
    }
}

static void a_folder_before_ustar_is_a_name_that_ends_so(void **state)
{
    (void)state;
    uint8_t block[TAR_BLOCK_BYTES];
    struct tar_header header;
    make(block, "folder/", "00000000010", 0);
    assert_true(tar_header_read(block, &header));
    assert_int_equal(header.kind, TAR_OTHER);
}

static void any_flipped_bit_is_found_out(void **state)
{
    (void)state;
    uint8_t block[TAR_BLOCK_BYTES];
    struct tar_header header;
    make(block, "posts.json", "00000001234", '0');
    for (size_t bit = 0; bit < 8 * TAR_BLOCK_BYTES; bit++) {
        bool in_sum = bit / 8 >= 148 && bit / 8 < 156;
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (!in_sum)
            assert_false(tar_header_read(block, &header));
        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    memset(block, 0, sizeof block);
    assert_true(tar_block_is_zero(block));
    assert_false(tar_header_read(block, &header));
}

static bool pax(const char *records, struct tar_pax *read)
{
    *read = (struct tar_pax){0};
    return tar_pax_read((const uint8_t *)records, strlen(records), read);
}

static void records_of_pax_are_read_and_the_last_one_counts(void **state)
{
    (void)state;
    struct tar_pax read;
    assert_true(pax("9 path=a\n13 path=b=cd\n14 size=12345\n"
                    "20 mtime=1562171340\n", &read));
    assert_int_equal(read.name_size, 4);
    assert_memory_equal(read.name, "b=cd", 4);
    assert_true(read.has_bytes && read.bytes == 12345);
    assert_false(read.sparse);
    assert_true(pax("22 GNU.sparse.major=1\n", &read));
    assert_true(read.sparse);
    assert_true(pax("", &read));
}

static void damaged_records_of_pax_are_refused(void **state)
{
    (void)state;
    static const char *const DAMAGED[] = {
        "path=a\n", "9path=a\n", "99 path=a\n", "9 path=a ", "3 \n", "0 a=b\n",
        "9 pathxa\n", "10 size=-1\n", "29 size=99999999999999999999\n",
        "18446744073709551617 path=a\n", "2 =\n",
    };
    for (size_t i = 0; i < sizeof DAMAGED / sizeof *DAMAGED; i++) {
        struct tar_pax read;
        assert_false(pax(DAMAGED[i], &read));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_sizes_are_read),
        cmocka_unit_test(sizes_beyond_octal_are_in_base_256),
        cmocka_unit_test(each_letter_has_its_kind),
        cmocka_unit_test(a_folder_before_ustar_is_a_name_that_ends_so),
        cmocka_unit_test(any_flipped_bit_is_found_out),
        cmocka_unit_test(records_of_pax_are_read_and_the_last_one_counts),
        cmocka_unit_test(damaged_records_of_pax_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
