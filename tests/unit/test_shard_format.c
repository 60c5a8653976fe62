#include "stages/decode/decode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static enum shard_format detect(const void *bytes, size_t size,
                                const char **name)
{
    return shard_format_detect(bytes, size, name);
}

static void nothing_is_empty(void **state)
{
    (void)state;
    const char *name = "left";
    assert_int_equal(detect(NULL, 0, &name), SHARD_EMPTY);
    assert_null(name);
}

static void all_17_magics_are_zstd(void **state)
{
    (void)state;
    const char *name;
    assert_int_equal(detect("\x28\xb5\x2f\xfd\x20", 5, &name), SHARD_ZSTD);
    assert_int_equal(detect("\x28\xb5\x2f", 3, &name), SHARD_ZSTD);
    for (int first = 0x50; first < 0x60; first++) {
        uint8_t magic[4] = {(uint8_t)first, 0x2a, 0x4d, 0x18};
        assert_int_equal(detect(magic, 4, &name), SHARD_ZSTD);
    }
    assert_int_equal(detect("\x60\x2a\x4d\x18", 4, &name), SHARD_TEXT);
}

static void posts_and_tables_are_text(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "{\"id\":1}\n", "[\n", "\r\n", "tweetid,userid\n", "\xef\xbb\xbf{",
        "(", "P*M", "PK,a,b\n", "PAR1,PAR2\n", "ORC\n", "BZh9 is a name\n",
        "7z,x\n", "LZIP\n", "Rar!\n", "Obj,b\n", "ARROW1,2\n", "]",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        const char *name;
        assert_int_equal(detect(TEXTS[i], strlen(TEXTS[i]), &name),
                         SHARD_TEXT);
        assert_null(name);
    }
}

static void containers_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        enum shard_format format;
        const char *name;
    } FILES[] = {
        {"\x1f\x8b\x08", 3, SHARD_GZIP, "gzip"},
        {"BZh91AY&SY", 10, SHARD_BZIP2, "bzip2"},
        {"BZh9\x17\x72\x45\x38\x50\x90", 10, SHARD_BZIP2, "bzip2"},
        {"PK\3\4", 4, SHARD_ZIP, "zip"},
        {"PK\5\6", 4, SHARD_ZIP, "zip"},
    };
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        const char *name;
        assert_int_equal(detect(FILES[i].bytes, FILES[i].size, &name),
                         FILES[i].format);
        assert_string_equal(name, FILES[i].name);
    }
}

static void other_formats_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *name;
    } FILES[] = {
        {"\xfd" "7zXZ\0", 6, "xz"},
        {"\x04\x22\x4d\x18", 4, "lz4"},
        {"7z\xbc\xaf\x27\x1c", 6, "7z"},
        {"PAR1\x15\x04", 6, "parquet"},
        {"SQLite format 3\0", 16, "sqlite"},
        {"\x25\xb5\x2f\xfd", 4, "zstd before 0.8"},
        {"\xff\xfe{\0", 4, "UTF-16 text"},
    };
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        const char *name;
        assert_int_equal(detect(FILES[i].bytes, FILES[i].size, &name),
                         SHARD_FOREIGN);
        assert_string_equal(name, FILES[i].name);
    }
}

static void a_tar_is_known_by_its_257th_byte(void **state)
{
    (void)state;
    char tar[512] = "posts.jsonl";
    memcpy(tar + 257, "ustar\0" "00", 8);
    const char *name;
    assert_int_equal(detect(tar, 265, &name), SHARD_TAR);
    assert_string_equal(name, "tar");
    assert_int_equal(detect(tar, 262, &name), SHARD_TEXT);
    memcpy(tar + 257, "ustar  ", 8);
    assert_int_equal(detect(tar, 265, &name), SHARD_TAR);
}

static void a_tar_without_a_magic_is_known_by_its_checksum(void **state)
{
    (void)state;
    uint8_t tar[512] = "posts.jsonl";
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < sizeof tar; i++)
        sum += tar[i];
    snprintf((char *)tar + 148, 8, "%06o", sum);
    const char *name;
    assert_int_equal(detect(tar, sizeof tar, &name), SHARD_TAR);
    tar[0] ^= 1;
    assert_int_equal(detect(tar, sizeof tar, &name), SHARD_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_empty),
        cmocka_unit_test(all_17_magics_are_zstd),
        cmocka_unit_test(posts_and_tables_are_text),
        cmocka_unit_test(containers_are_told_apart),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(a_tar_is_known_by_its_257th_byte),
        cmocka_unit_test(a_tar_without_a_magic_is_known_by_its_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
