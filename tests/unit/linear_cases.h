#ifndef SANDPIPER_TESTS_LINEAR_CASES_H
#define SANDPIPER_TESTS_LINEAR_CASES_H

/*
 * Many short histories, a seed each. A seed that fails is printed with its
 * history; SANDPIPER_SEED=n tries that one alone (with SCHEDULE_ONE it is the
 * same run again, step by step). Include schedule.h, cmocka.h and linear.h
 * before.
 */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define LINEAR_SEEDS 1000
#else
#define LINEAR_SEEDS 4000
#endif

/* Operations so far that met one of another thread; a try adds its own. */
static uint64_t linear_met;

/* Runs one history; whether some order explains it, telling if it does not. */
typedef bool linear_try(enum schedule_mode mode, uint64_t seed, bool tell);

static inline void linear_try_all(enum schedule_mode mode, linear_try *try)
{
    const char *only = getenv("SANDPIPER_SEED");
    uint64_t first = only ? strtoull(only, NULL, 10) : 0;
    uint64_t behind = only ? first + 1 : LINEAR_SEEDS;
    linear_met = 0;
    for (uint64_t seed = first; seed < behind; seed++)
        if (!try(mode, seed, true))
            fail_msg("SANDPIPER_SEED=%lu fails", (unsigned long)seed);
    printf("%lu histories, %lu operations that met another\n",
           (unsigned long)(behind - first), (unsigned long)linear_met);
    /* On a busy machine free threads may never meet; scheduled ones do. */
    if (mode == SCHEDULE_ONE && !only)
        assert_true(linear_met > behind);
}

/* With exchanges torn, some seed must fail; and the first that does fails
 * again. */
static inline void linear_catch(linear_try *try)
{
    uint64_t seed = 0;
    schedule_torn = true;
    while (seed < LINEAR_SEEDS && try(SCHEDULE_ONE, seed, false))
        seed++;
    bool again = seed < LINEAR_SEEDS && !try(SCHEDULE_ONE, seed, false);
    schedule_torn = false;
    printf("caught by seed %lu\n", (unsigned long)seed);
    assert_true(again);
}

#endif
