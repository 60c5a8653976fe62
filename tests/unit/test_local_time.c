#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/days.h"
#include "stages/reduce/local_time.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t utc(int year, int month, int day, int hour)
{
    return days_from_civil(year, month, day) * 86400 + hour * 3600;
}

/* ---- files made here ---------------------------------------------------- */

struct file {
    uint8_t bytes[1024];
    size_t size;
};

static void put(struct file *file, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        file->bytes[file->size++] = (uint8_t)(value >> 8 * i);
}

static void put_text(struct file *file, const char *text)
{
    memcpy(file->bytes + file->size, text, strlen(text));
    file->size += strlen(text);
}

struct change {
    int64_t at;
    uint8_t type;
};

/* Types: offsets 0, 1, 2 h east. */
static void put_block(struct file *file, char version, int time_bytes,
                      const struct change *changes, uint32_t count,
                      uint32_t leaps)
{
    const uint32_t counts[] = {0, 0, leaps, count, 3, 4};
    put_text(file, "TZif");
    put(file, (uint8_t)version, 1);
    for (int i = 0; i < 15; i++)
        put(file, 0, 1);
    for (int i = 0; i < 6; i++)
        put(file, counts[i], 4);
    for (uint32_t i = 0; i < count; i++)
        put(file, (uint64_t)changes[i].at, time_bytes);
    for (uint32_t i = 0; i < count; i++)
        put(file, changes[i].type, 1);
    for (uint32_t hours = 0; hours < 3; hours++) {
        put(file, hours * 3600, 4);
        put(file, 0, 2);
    }
    put(file, 0x41424300, 4);
    for (uint32_t i = 0; i < leaps; i++) {
        put(file, 1, time_bytes);
        put(file, 1, 4);
    }
}

static const struct change CHANGES[] = {{-100, 1}, {0, 1}, {1000, 2}, {5000, 0}};
#define CHANGE_COUNT 4

static struct file wide_file(const char *footer)
{
    struct file file = {.size = 0};
    put_block(&file, '2', 4, NULL, 0, 0);
    put_block(&file, '2', 8, CHANGES, CHANGE_COUNT, 0);
    put_text(&file, "\n");
    put_text(&file, footer);
    put_text(&file, "\n");
    return file;
}

static void assert_span(const struct local_time *zone, int64_t t, int64_t from,
                        int64_t until, int offset)
{
    struct zone_span span = local_time_span(zone, t);
    assert_true(span.from == from && span.until == until);
    assert_int_equal(span.offset, offset);
}

static void spans_run_from_change_to_change(void **state)
{
    (void)state;
    struct file file = wide_file("");
    struct local_time zone;
    assert_int_equal(local_time_parse(file.bytes, file.size, &zone), 0);
    assert_span(&zone, -101, INT64_MIN, -100, 0);
    assert_span(&zone, -100, -100, 1000, 3600); /* 0 changes nothing */
    assert_span(&zone, 999, -100, 1000, 3600);
    assert_span(&zone, 1000, 1000, 5000, 7200);
    assert_span(&zone, INT64_C(1) << 49, 5000, INT64_MAX, 0);
    local_time_free(&zone);
}

static void the_rule_goes_on_after_the_last_change(void **state)
{
    (void)state;
    struct file file = wide_file("GMT0BST,M3.5.0/1,M10.5.0");
    struct local_time zone;
    assert_int_equal(local_time_parse(file.bytes, file.size, &zone), 0);
    assert_span(&zone, 4999, 1000, 5000, 7200);
    assert_span(&zone, 5000, 5000, utc(1970, 3, 29, 1), 0);
    assert_span(&zone, utc(2040, 7, 1, 0), utc(2040, 3, 25, 1),
                utc(2040, 10, 28, 1), 3600);
    local_time_free(&zone);
}

static void a_file_without_64_bits_is_read(void **state)
{
    (void)state;
    struct file file = {.size = 0};
    put_block(&file, '\0', 4, CHANGES, CHANGE_COUNT, 0);
    struct local_time zone;
    assert_int_equal(local_time_parse(file.bytes, file.size, &zone), 0);
    assert_span(&zone, -200, INT64_MIN, -100, 0);
    assert_span(&zone, 6000, 5000, INT64_MAX, 0);
    local_time_free(&zone);
}

static void a_file_cut_anywhere_is_damaged(void **state)
{
    (void)state;
    struct file file = wide_file("GMT0BST,M3.5.0/1,M10.5.0");
    struct local_time zone;
    for (size_t size = 0; size < file.size; size++) {
        uint8_t *exact = malloc(size ? size : 1);
        memcpy(exact, file.bytes, size);
        assert_int_equal(local_time_parse(exact, size, &zone), -EBADMSG);
        free(exact);
    }
}

/* Whatever a byte is changed to, it is read within bounds or refused. */
static void no_changed_byte_reads_outside(void **state)
{
    (void)state;
    struct file file = wide_file("GMT0BST,M3.5.0/1,M10.5.0");
    uint8_t *exact = malloc(file.size);
    for (size_t at = 0; at < file.size; at++) {
        for (int value = 0; value < 256; value++) {
            struct local_time zone;
            memcpy(exact, file.bytes, file.size);
            exact[at] = (uint8_t)value;
            if (!local_time_parse(exact, file.size, &zone)) {
                local_time_span(&zone, 0);
                local_time_span(&zone, utc(2038, 1, 19, 3));
                local_time_free(&zone);
            }
        }
    }
    free(exact);
}

static void leap_seconds_are_refused(void **state)
{
    (void)state;
    struct file file = {.size = 0};
    put_block(&file, '2', 4, NULL, 0, 0);
    put_block(&file, '2', 8, CHANGES, CHANGE_COUNT, 1);
    put_text(&file, "\n\n");
    struct local_time zone;
    assert_int_equal(local_time_parse(file.bytes, file.size, &zone), -ENOTSUP);
}

static void changes_out_of_order_are_damage(void **state)
{
    (void)state;
    static const struct change BACK[] = {{5, 1}, {5, 2}};
    struct file file = {.size = 0};
    put_block(&file, '\0', 4, BACK, 2, 0);
    struct local_time zone;
    assert_int_equal(local_time_parse(file.bytes, file.size, &zone), -EBADMSG);
}

/* ---- the system's zones -------------------------------------------------- */

static struct local_time load(const char *name)
{
    struct local_time zone;
    if (access(LOCAL_TIME_FOLDER, R_OK) != 0)
        skip(); /* the package tzdata is missing */
    assert_int_equal(local_time_load(name, &zone), 0);
    assert_string_equal(zone.name, name);
    return zone;
}

static void assert_offset(const struct local_time *zone, int64_t t, int minutes)
{
    assert_int_equal(local_time_span(zone, t).offset, minutes * 60);
}

static void known_zones_have_their_known_offsets(void **state)
{
    (void)state;
    struct local_time zone = load("Asia/Shanghai");
    assert_offset(&zone, utc(2020, 6, 11, 0), 480);
    assert_offset(&zone, utc(1988, 7, 1, 0), 540);
    assert_offset(&zone, utc(2999, 7, 1, 0), 480);
    local_time_free(&zone);
    zone = load("America/New_York");
    assert_offset(&zone, utc(2020, 3, 8, 7) - 1, -300);
    assert_offset(&zone, utc(2020, 3, 8, 7), -240);
    assert_offset(&zone, utc(2038, 7, 1, 0), -240);
    assert_offset(&zone, utc(2500, 1, 1, 0), -300);
    local_time_free(&zone);
    zone = load("Australia/Lord_Howe");
    assert_offset(&zone, utc(2021, 1, 1, 0), 660);
    assert_offset(&zone, utc(2021, 7, 1, 0), 630);
    local_time_free(&zone);
}

static void names_of_nothing_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int status;
    } NAMES[] = {
        {"Asia/Shangai", -ENOENT},          {"Asia", -ENOENT},
        {"", -EINVAL},                      {"/etc/localtime", -EINVAL},
        {"../../../etc/passwd", -EINVAL},   {"Asia/../Asia/Tokyo", -EINVAL},
        {"Asia//Tokyo", -EINVAL},           {"Asia/Tokyo/", -EINVAL},
        {"localtime", -EINVAL},             {"posixrules", -EINVAL},
        {"UTC+8 ", -EINVAL},                {"zone.tab", -EINVAL},
        {"leapseconds", -EBADMSG},          {"UTC/x", -ENOENT},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         -EINVAL},
    };
    local_time_free(&(struct local_time[]){load("UTC")}[0]);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct local_time zone;
        int status = local_time_load(NAMES[i].name, &zone);
        if (status == -ENOENT && NAMES[i].status == -EBADMSG)
            continue; /* not every system has that file */
        assert_int_equal(status, NAMES[i].status);
        assert_true(local_time_sentence(status)[0]);
    }
}

/* ---- instants in order --------------------------------------------------- */

static void an_offset_is_added_to_every_instant(void **state)
{
    (void)state;
    struct feature_options options = {.utc_offset_minutes = -330};
    struct local_clock clock = local_clock_of(&options);
    assert_int_equal(local_clock_ms(&clock, 0), -330 * 60000);
    assert_int_equal(local_clock_ms(&clock, TIME_BIAS), TIME_BIAS - 330 * 60000);
}

/* Also when they are not in order, only slower. */
static void a_clock_moves_with_its_instants(void **state)
{
    (void)state;
    struct file file = wide_file("GMT0BST,M3.5.0/1,M10.5.0");
    struct local_time zone;
    assert_int_equal(local_time_parse(file.bytes, file.size, &zone), 0);
    struct feature_options options = {.utc_offset_minutes = 480, .zone = &zone};
    struct local_clock clock = local_clock_of(&options);
    assert_int_equal(local_clock_ms(&clock, 999999), 999999 + 3600000);
    assert_int_equal(local_clock_ms(&clock, 1000000), 1000000 + 7200000);
    assert_int_equal(local_clock_ms(&clock, -100001), -100001);
    assert_int_equal(local_clock_ms(&clock, -TIME_BIAS), -TIME_BIAS);
    int64_t summer = utc(2040, 7, 1, 0) * 1000;
    assert_int_equal(local_clock_ms(&clock, summer), summer + 3600000);
    local_clock_ms(&clock, TIME_BIAS);
    local_time_free(&zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_run_from_change_to_change),
        cmocka_unit_test(the_rule_goes_on_after_the_last_change),
        cmocka_unit_test(a_file_without_64_bits_is_read),
        cmocka_unit_test(a_file_cut_anywhere_is_damaged),
        cmocka_unit_test(no_changed_byte_reads_outside),
        cmocka_unit_test(leap_seconds_are_refused),
        cmocka_unit_test(changes_out_of_order_are_damage),
        cmocka_unit_test(known_zones_have_their_known_offsets),
        cmocka_unit_test(names_of_nothing_are_refused),
        cmocka_unit_test(an_offset_is_added_to_every_instant),
        cmocka_unit_test(a_clock_moves_with_its_instants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
