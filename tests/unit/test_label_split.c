#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/reduce/label_split.h"

#include <math.h>
#include <string.h>

#define LABELS_MAX 4000
#define DISTINCT_MAX 300

static uint64_t random_next(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

struct found {
    struct label_split split;
    uint64_t before[DISTINCT_MAX], after[DISTINCT_MAX];
};

static struct found find(const uint32_t *labels, size_t count, size_t distinct)
{
    struct n_ln_n table = {NULL, 0};
    struct found found;
    assert_int_equal(label_split_find(&table, labels, count, found.before,
                                      found.after, distinct, &found.split), 0);
    n_ln_n_free(&table);
    return found;
}

/* As it is defined: every split from its own counts, in double. */
static double slow_g2(const uint32_t *labels, size_t count, size_t distinct,
                      size_t at)
{
    double g2 = 0;
    for (size_t k = 0; k < distinct; k++) {
        double left = 0, right = 0, n1 = (double)at, n2 = (double)(count - at);
        for (size_t i = 0; i < count; i++)
            *(i < at ? &left : &right) += labels[i] == k;
        double total = left + right, n = n1 + n2;
        if (left > 0)
            g2 += 2 * left * log(left * n / (n1 * total));
        if (right > 0)
            g2 += 2 * right * log(right * n / (n2 * total));
    }
    return g2;
}

static struct label_split slow_split(const uint32_t *labels, size_t count,
                                     size_t distinct)
{
    double most = -1;
    for (size_t at = 20; at + 20 <= count; at++) {
        double g2 = slow_g2(labels, count, distinct, at);
        most = g2 > most ? g2 : most;
    }
    for (size_t at = 20;; at++) {
        double g2 = slow_g2(labels, count, distinct, at);
        if (g2 >= most - 1e-9)
            return (struct label_split){at, g2};
    }
}

static void a_clean_break_is_found(void **state)
{
    (void)state;
    uint32_t labels[100];
    for (size_t i = 0; i < 100; i++)
        labels[i] = i >= 63;
    struct found found = find(labels, 100, 2);
    assert_int_equal(found.split.at, 63);
    /* 2 (63 ln(100/63) + 37 ln(100/37)) */
    assert_true(fabs(found.split.g2 - 131.791136) < 1e-6);
    assert_int_equal(found.before[0], 63);
    assert_int_equal(found.before[1], 0);
    assert_int_equal(found.after[1], 37);
}

static void each_side_keeps_twenty(void **state)
{
    (void)state;
    uint32_t labels[60];
    for (size_t i = 0; i < 60; i++)
        labels[i] = i >= 5;
    assert_int_equal(find(labels, 60, 2).split.at, 20);
    for (size_t i = 0; i < 60; i++)
        labels[i] = i >= 55;
    assert_int_equal(find(labels, 60, 2).split.at, 40);
    assert_int_equal(find(labels, 40, 2).split.at, 20);
}

/* Mirror images: the splits at 20 and at 60 are equally good. */
static void the_first_of_equal_splits_is_taken(void **state)
{
    (void)state;
    uint32_t labels[80] = {0};
    for (size_t i = 20; i < 60; i++)
        labels[i] = 1 + i % 2;
    assert_true(fabs(slow_g2(labels, 80, 3, 20) - slow_g2(labels, 80, 3, 60)) <
                1e-9);
    assert_int_equal(find(labels, 80, 3).split.at, 20);
}

static void sides_that_are_alike_differ_by_nothing(void **state)
{
    (void)state;
    uint32_t labels[40];
    for (size_t i = 0; i < 40; i++)
        labels[i] = i % 2;
    assert_true(find(labels, 40, 2).split.g2 == 0);
}

static void every_sequence_is_split_as_defined(void **state)
{
    (void)state;
    static uint32_t labels[LABELS_MAX];
    uint64_t chance = 7;
    for (int round = 0; round < 120; round++) {
        size_t distinct = 2 + random_next(&chance) % 6;
        size_t count = 40 + random_next(&chance) % 160;
        size_t turn = random_next(&chance) % count;
        for (size_t i = 0; i < count; i++) {
            uint64_t draw = random_next(&chance) % distinct;
            labels[i] = (uint32_t)(i < turn ? draw * draw / distinct : draw);
        }
        struct found found = find(labels, count, distinct);
        struct label_split slow = slow_split(labels, count, distinct);
        assert_int_equal(found.split.at, slow.at);
        assert_true(fabs(found.split.g2 - slow.g2) <= 1e-9 * (1 + slow.g2));
    }
}

static void many_distinct_labels_are_split_as_defined(void **state)
{
    (void)state;
    static uint32_t labels[LABELS_MAX];
    uint64_t chance = 11;
    for (size_t i = 0; i < 600; i++)
        labels[i] = (uint32_t)(i < 257 ? random_next(&chance) % 200
                                       : 100 + random_next(&chance) % 200);
    struct found found = find(labels, 600, DISTINCT_MAX);
    struct label_split slow = slow_split(labels, 600, DISTINCT_MAX);
    assert_int_equal(found.split.at, slow.at);
    assert_true(fabs(found.split.g2 / slow.g2 - 1) < 1e-11);
}

/* Longer than the table of logarithms: the same sums, no drift. */
static void a_long_sequence_is_split_where_it_turns(void **state)
{
    (void)state;
    enum { LONG = 200000, TURN = 123457 };
    uint32_t *labels = test_malloc(LONG * sizeof *labels);
    uint64_t chance = 3;
    for (size_t i = 0; i < LONG; i++)
        labels[i] = random_next(&chance) % 100 < (i < TURN ? 20u : 70u);
    labels[TURN - 1] = 0;
    labels[TURN] = 1;
    struct found found = find(labels, LONG, 2);
    assert_true(found.split.at > TURN - 30 && found.split.at < TURN + 30);
    assert_true(found.before[0] + found.before[1] == found.split.at);
    double g2 = label_split_g2(found.before, found.after, 2, found.split.at,
                               LONG - found.split.at);
    assert_true(found.split.g2 == g2);
    test_free(labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_break_is_found),
        cmocka_unit_test(each_side_keeps_twenty),
        cmocka_unit_test(the_first_of_equal_splits_is_taken),
        cmocka_unit_test(sides_that_are_alike_differ_by_nothing),
        cmocka_unit_test(every_sequence_is_split_as_defined),
        cmocka_unit_test(many_distinct_labels_are_split_as_defined),
        cmocka_unit_test(a_long_sequence_is_split_where_it_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
