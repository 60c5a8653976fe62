#include "stages/decode/zip_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(uint8_t *bytes, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
}

static void make_end(uint8_t *bytes, uint64_t directory, uint64_t offset,
                     uint16_t comment)
{
    memset(bytes, 0, ZIP_END_BYTES);
    memcpy(bytes, "PK\5\6", 4);
    put(bytes + 8, 2, 2);
    put(bytes + 10, 2, 2);
    put(bytes + 12, directory, 4);
    put(bytes + 16, offset, 4);
    put(bytes + 20, comment, 2);
}

static void the_last_end_is_found_behind_any_comment(void **state)
{
    (void)state;
    uint8_t *tail = calloc(1, ZIP_TAIL_BYTES);
    for (size_t comment = 0; comment <= 65535; comment += 4369) {
        size_t at = ZIP_TAIL_BYTES - ZIP_END_BYTES - comment;
        struct zip_end end;
        memset(tail, 'c', ZIP_TAIL_BYTES);
        make_end(tail + at, 100, 1000, (uint16_t)comment);
        assert_true(zip_end_find(tail, ZIP_TAIL_BYTES, &end));
        assert_int_equal(end.bytes, 100);
        assert_int_equal(end.offset, 1000);
        assert_false(end.zip64 || end.other_disks);
        assert_false(zip_end_find(tail, at + ZIP_END_BYTES - 1, &end));
    }
    free(tail);
}

static void what_does_not_fit_stands_in_the_record_of_zip64(void **state)
{
    (void)state;
    uint8_t tail[ZIP64_LOCATOR_BYTES + ZIP_END_BYTES] = "PK\6\7";
    uint8_t record[ZIP64_END_BYTES] = "PK\6\6";
    struct zip_end end;
    put(tail + 8, 123456789012, 8);
    put(tail + 16, 1, 4);
    make_end(tail + ZIP64_LOCATOR_BYTES, 100, 0xffffffff, 0);
    assert_true(zip_end_find(tail, sizeof tail, &end));
    assert_true(end.zip64 && end.zip64_offset == 123456789012);
    put(record + 40, 98765432109, 8);
    put(record + 48, 23456789012, 8);
    assert_true(zip64_end_read(record, &end));
    assert_true(end.bytes == 98765432109 && end.offset == 23456789012);
    assert_false(end.other_disks);
    record[0] = 0;
    assert_false(zip64_end_read(record, &end));
    tail[0] = 0;
    assert_true(zip_end_find(tail, sizeof tail, &end));
    assert_false(end.zip64);
    assert_int_equal(end.offset, 0xffffffff);
}

static size_t make_entry(uint8_t *bytes, const char *name, size_t extra)
{
    size_t length = strlen(name);
    memset(bytes, 0, ZIP_ENTRY_BYTES);
    memcpy(bytes, "PK\1\2", 4);
    put(bytes + 10, ZIP_DEFLATED, 2);
    put(bytes + 16, 0xdeadbeef, 4);
    put(bytes + 20, 50, 4);
    put(bytes + 24, 500, 4);
    put(bytes + 28, length, 2);
    put(bytes + 30, extra, 2);
    put(bytes + 32, 3, 2);
    put(bytes + 42, 77, 4);
    memcpy(bytes + ZIP_ENTRY_BYTES, name, length);
    return ZIP_ENTRY_BYTES + length + extra + 3;
}

static void an_entry_tells_how_it_is_packed(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct zip_entry entry;
    size_t size = make_entry(bytes, "a/b.json", 0);
    for (size_t have = 0; have < size; have++)
        assert_int_equal(zip_entry_read(bytes, have, &entry), 0);
    assert_int_equal(zip_entry_read(bytes, size, &entry), size);
    assert_int_equal(entry.method, ZIP_DEFLATED);
    assert_int_equal(entry.crc, 0xdeadbeef);
    assert_int_equal(entry.packed_bytes, 50);
    assert_int_equal(entry.bytes, 500);
    assert_int_equal(entry.local_offset, 77);
    assert_int_equal(entry.name_size, 8);
    assert_false(entry.encrypted || entry.folder);
    bytes[8] = 1;
    assert_int_equal(zip_entry_read(bytes, size, &entry), size);
    assert_true(entry.encrypted);
    make_entry(bytes, "folder/", 0);
    assert_true(zip_entry_read(bytes, size, &entry) && entry.folder);
    bytes[3] = 3;
    assert_int_equal(zip_entry_read(bytes, size, &entry), 0);
}

static void large_numbers_stand_in_the_extra_field(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct zip_entry entry;
    size_t name = 6, extra = 8 + 4 + 16;
    size_t size = make_entry(bytes, "a.json", extra);
    uint8_t *field = bytes + ZIP_ENTRY_BYTES + name;
    put(bytes + 20, 0xffffffff, 4);
    put(bytes + 42, 0xffffffff, 4);
    put(field, 0x5455, 2);
    put(field + 2, 4, 2);
    put(field + 8, 1, 2);
    put(field + 10, 16, 2);
    put(field + 12, 5000000000, 8);
    put(field + 20, 6000000000, 8);
    assert_int_equal(zip_entry_read(bytes, size, &entry), size);
    assert_true(entry.packed_bytes == 5000000000);
    assert_true(entry.local_offset == 6000000000);
    assert_int_equal(entry.bytes, 500);
    put(field + 10, 15, 2);
    assert_int_equal(zip_entry_read(bytes, size, &entry), 0);
    put(field + 10, 17, 2);
    assert_int_equal(zip_entry_read(bytes, size, &entry), 0);
}

static void a_local_header_tells_its_length(void **state)
{
    (void)state;
    uint8_t local[ZIP_LOCAL_BYTES] = "PK\3\4";
    put(local + 26, 10, 2);
    put(local + 28, 300, 2);
    assert_int_equal(zip_local_read(local), ZIP_LOCAL_BYTES + 310);
    local[3] = 1;
    assert_int_equal(zip_local_read(local), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_end_is_found_behind_any_comment),
        cmocka_unit_test(what_does_not_fit_stands_in_the_record_of_zip64),
        cmocka_unit_test(an_entry_tells_how_it_is_packed),
        cmocka_unit_test(large_numbers_stand_in_the_extra_field),
        cmocka_unit_test(a_local_header_tells_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
