#include "tests/unit/source_cases.h"

#include <errno.h>

/* Sources where reads are short, interrupted, late, or fail. */

struct trouble {
    uint64_t seed;
    uint64_t broken_offset;   /* reads that touch it fail with EIO */
    unsigned kinds;
    bool endless;             /* EINTR always */
};
enum { TROUBLE_SHORT = 1, TROUBLE_EINTR = 2, TROUBLE_EAGAIN = 4 };

static ssize_t make_trouble(void *context, uint64_t offset, size_t want)
{
    struct trouble *trouble = context;
    trouble->seed = trouble->seed * UINT64_C(6364136223846793005) + 1;
    uint64_t random = trouble->seed >> 33;
    if (trouble->endless)
        return -EINTR;
    if (offset == trouble->broken_offset)
        return -EIO;
    if (offset < trouble->broken_offset &&
        trouble->broken_offset - offset < want)
        want = (size_t)(trouble->broken_offset - offset);
    if ((trouble->kinds & TROUBLE_EINTR) && random % 5 == 1)
        return -EINTR;
    if ((trouble->kinds & TROUBLE_EAGAIN) && random % 5 == 2)
        return -EAGAIN;
    if ((trouble->kinds & TROUBLE_SHORT) && random % 5 >= 3)
        return (ssize_t)(1 + random / 8 % want);
    return (ssize_t)want;
}

static void read_in_trouble(struct source *source)
{
    int fd = make_file(60 * BLOCK + 11);
    for (unsigned kinds = 0; kinds < 16; kinds++) {
        struct trouble trouble = {.seed = kinds,
                                  .broken_offset = UINT64_MAX,
                                  .kinds = kinds & 7};
        struct source_hook hook = {make_trouble, &trouble, kinds & 8};
        source_set_hook(source, &hook);
        uint64_t total;
        assert_int_equal(source_open(source, fd, 3), 0);
        assert_int_equal(drain(source, &total), 0);
        assert_int_equal(total, 60 * BLOCK + 8);
        source_close(source);
        source_set_hook(source, NULL);
    }
    close(fd);
}

static void short_interrupted_and_reordered_reads_change_nothing(void **state)
{
    (void)state;
    each_configuration(read_in_trouble);
}

static void read_in_trouble_and_leave(struct source *source)
{
    int fd = make_file(60 * BLOCK);
    struct trouble trouble = {.broken_offset = UINT64_MAX, .kinds = 7};
    struct source_hook hook = {make_trouble, &trouble, false};
    const uint8_t *data;
    for (uint64_t i = 0; i < 50; i++) {
        source_set_hook(source, &hook);
        assert_int_equal(source_open(source, fd, i), 0);
        assert_true(source_next(source, &data) > 0);
        assert_int_equal(data[0], byte_at(i));
        source_close(source);
        source_set_hook(source, NULL);
    }
    close(fd);
}

static void closing_amid_short_reads_is_clean(void **state)
{
    (void)state;
    each_configuration(read_in_trouble_and_leave);
}

static void read_to_the_error(struct source *source)
{
    static const uint64_t BROKEN[] = {0,         1,         BLOCK - 1, BLOCK,
                                      BLOCK + 1, 7 * BLOCK, 7 * BLOCK + 100};
    int fd = make_file(20 * BLOCK);
    for (size_t i = 0; i < 2 * sizeof BROKEN / sizeof *BROKEN; i++) {
        struct trouble trouble = {.broken_offset = BROKEN[i / 2]};
        struct source_hook hook = {make_trouble, &trouble, i % 2};
        source_set_hook(source, &hook);
        uint64_t total;
        assert_int_equal(source_open(source, fd, 0), 0);
        assert_int_equal(drain(source, &total), -EIO);
        assert_int_equal(total, BROKEN[i / 2]);
        assert_int_equal(source_position(source), BROKEN[i / 2]);
        const uint8_t *data;
        assert_int_equal(source_next(source, &data), -EIO);
        source_close(source);
        source_set_hook(source, NULL);
    }
    close(fd);
}

static void an_error_comes_after_all_bytes_before_it_and_stays(void **state)
{
    (void)state;
    each_configuration(read_to_the_error);
}

static void interrupt_for_ever(struct source *source)
{
    int fd = make_file(20 * BLOCK);
    struct trouble trouble = {.endless = true};
    struct source_hook hook = {make_trouble, &trouble, false};
    source_set_hook(source, &hook);
    const uint8_t *data;
    assert_int_equal(source_open(source, fd, 0), 0);
    assert_int_equal(source_next(source, &data), -EINTR);
    source_close(source);
    source_set_hook(source, NULL);
    close(fd);
}

static void endless_interruption_ends_in_an_error(void **state)
{
    (void)state;
    each_configuration(interrupt_for_ever);
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_interrupted_and_reordered_reads_change_nothing),
        cmocka_unit_test(closing_amid_short_reads_is_clean),
        cmocka_unit_test(an_error_comes_after_all_bytes_before_it_and_stays),
        cmocka_unit_test(endless_interruption_ends_in_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
