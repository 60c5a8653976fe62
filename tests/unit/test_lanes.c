/* Lanes, their meetings, and their sleep. */
#include "pipeline/lanes.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static struct plan plan;
static struct fault fault;
static struct lanes *lanes;

/* Lanes check by counting: cmocka's jumps are for the main thread. */
static _Atomic uint32_t wrong;
#define EXPECT(condition) ((condition) ? 0u : atomic_fetch_add(&wrong, 1))

static int run(uint32_t count, int (*work)(struct lane *), void *context)
{
    memset(&plan, 0, sizeof plan);
    memset(&fault, 0, sizeof fault);
    wrong = 0;
    plan.lane_count = count;
    lanes = lanes_create(&plan, NULL, &fault, context);
    assert_non_null(lanes);
    int result = lanes_run(lanes, work);
    assert_int_equal(lanes_idle_count(lanes), 0);
    lanes_destroy(lanes);
    assert_int_equal(wrong, 0);
    return result;
}

/* ---- starting and joining ---------------------------------------------- */

static int mark_self(struct lane *lane)
{
    _Atomic uint32_t *marks = lane->context;
    EXPECT(lane->count == 8 && lane->fault == &fault && lane->lanes == lanes);
    EXPECT(!lane->pinned);
    atomic_fetch_add(&marks[lane->index], 1);
    return 0;
}

static void every_lane_runs_the_work_once(void **state)
{
    (void)state;
    _Atomic uint32_t marks[8] = {0};
    assert_int_equal(run(8, mark_self, marks), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(marks[i], 1);
}

static int return_some(struct lane *lane)
{
    return lane->index == 5 ? -5 : lane->index == 3 ? 3 : 0;
}

static void the_lowest_lane_that_failed_gives_the_result(void **state)
{
    (void)state;
    assert_int_equal(run(8, return_some, NULL), 3);
    assert_int_equal(run(3, return_some, NULL), 0);
}

static int look_at_signals(struct lane *lane)
{
    (void)lane;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    EXPECT(sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM));
    EXPECT(!sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGBUS));
    return 0;
}

static void signals_go_to_the_thread_that_runs_the_lanes(void **state)
{
    (void)state;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(run(2, look_at_signals, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGINT),
                     sigismember(&after, SIGINT));
}

static int look_where(struct lane *lane)
{
    if (lane->pinned)
        EXPECT(sched_getcpu() == (int)lane->os_index);
    return 0;
}

static void pinned_lanes_run_on_their_pu(void **state)
{
    (void)state;
    static struct topology topology;
    unsetenv("HWLOC_SYNTHETIC");
    assert_int_equal(topology_read(&topology, NULL), 0);
    const struct plan_request request = {.threads = topology.pu_count + 1,
                                         .smt = true};
    assert_int_equal(plan_make(&plan, &topology, &request, NULL), PLAN_OK);
    memset(&fault, 0, sizeof fault);
    wrong = 0;
    lanes = lanes_create(&plan, &topology, &fault, NULL);
    assert_int_equal(lanes_run(lanes, look_where), 0);
    uint32_t pinned = lanes_pinned_count(lanes);
    lanes_destroy(lanes);
    uint32_t pus = topology.pu_count;
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    bool bindable = topology_bind_thread(&topology, 0);
    sched_setaffinity(0, sizeof before, &before);
    topology_release(&topology);
    assert_int_equal(wrong, 0);
    if (!bindable) {
        print_message("skipped: binding threads is refused here\n");
        skip();
    }
    assert_int_equal(pinned, pus);
}

/* Where address space is short, the 1024th stack of 8 MiB is refused. */
static void too_many_threads_fail_before_any_works(void **state)
{
    (void)state;
    if (SANITIZED) {
        print_message("skipped: sanitizers need the address space\n");
        skip();
    }
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit space = {(rlim_t)1 << 30, (rlim_t)1 << 30};
        _Atomic uint32_t marks[LANES_MAX] = {0};
        setrlimit(RLIMIT_AS, &space);
        plan.lane_count = LANES_MAX;
        memset(&fault, 0, sizeof fault);
        lanes = lanes_create(&plan, NULL, &fault, marks);
        int result = lanes ? lanes_run(lanes, mark_self) : -1;
        uint32_t worked = 0;
        for (uint32_t i = 0; i < LANES_MAX; i++)
            worked += marks[i];
        bool good = result == CODE_MEMORY && fault_raised(&fault) && !worked;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- meetings ------------------------------------------------------------- */

#define MEETINGS 300

struct gathering {
    uint32_t plain[8];           /* written without atomics on purpose */
    uint32_t sum;
    _Atomic uint32_t inside, outside, held, pieces;
    _Atomic bool finished;
};

/* Runs in parallel on all; sees what all did before. */
static void check_in(struct lane *lane, void *arg)
{
    struct gathering *all = arg;
    EXPECT(!lanes_meeting_wanted(lane->lanes));
    EXPECT(lane->members >= 1 && lane->rank < lane->members);
    atomic_fetch_add(&all->inside, 1);
    if (lane->rank == 0) {
        uint32_t sum = 0;
        for (int i = 0; i < 8; i++)
            sum += all->plain[i];
        all->sum = sum;
        atomic_fetch_add(&all->held, 1);
    }
    while (atomic_load(&all->inside) < lane->members)
        sched_yield();    /* only ends when all run at the same time */
    for (uint32_t i = 0; i < 10 * lane->rank; i++)
        sched_yield();    /* some are done long before others */
    atomic_fetch_add(&all->outside, 1);
}

static void empty_inside(struct lane *lane, void *arg)
{
    struct gathering *all = arg;
    if (lane->rank == 0)
        atomic_store(&all->inside, 0);
}

static int meet_in_step(struct lane *lane)
{
    struct gathering *all = lane->context;
    for (uint32_t i = 1; i <= MEETINGS; i++) {
        all->plain[lane->index] = i;
        if (i % lane->count == lane->index || i % 3 == lane->index)
            lanes_meet_request(lane->lanes);
        lanes_meet(lane, check_in, all);
        EXPECT(atomic_load(&all->outside) == i * lane->count);
        EXPECT(all->sum == i * lane->count);
        EXPECT(lane->members == lane->count);
        lanes_meet(lane, empty_inside, all);
    }
    return 0;
}

static void a_meeting_has_all_at_work_at_once_and_ends_for_all(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 8; count++) {
        struct gathering all = {0};
        assert_int_equal(run(count, meet_in_step, &all), 0);
        assert_int_equal(all.held, MEETINGS);
    }
}

static void take_roll(struct lane *lane, void *arg)
{
    _Atomic uint32_t *roll = arg;
    atomic_fetch_add(&roll[lane->rank], 1);
    EXPECT(lane->rank <= lane->index);
    EXPECT(lane->members <= lane->count);
}

static int leave_one_by_one(struct lane *lane)
{
    /* Lane i comes to i meetings, then is gone; some leave by hand. */
    for (uint32_t i = 0; i < lane->index; i++) {
        lanes_meet(lane, take_roll, lane->context);
        EXPECT(lane->members == lane->count - 1 - i);
    }
    if (lane->index % 2) {
        lanes_leave(lane);
        lanes_leave(lane);
    }
    return 0;
}

static void a_meeting_does_not_wait_for_those_who_left(void **state)
{
    (void)state;
    for (int repeat = 0; repeat < 50; repeat++) {
        _Atomic uint32_t roll[8] = {0};
        assert_int_equal(run(8, leave_one_by_one, roll), 0);
        /* Ranks have no holes: meeting i has ranks 0 to 6 - i. */
        for (uint32_t rank = 0; rank < 8; rank++)
            assert_int_equal(roll[rank], 7 - rank);
    }
}

/* ---- requests --------------------------------------------------------------- */

static void ask_again_once(struct lane *lane, void *arg)
{
    struct gathering *all = arg;
    if (lane->rank == 0 && atomic_fetch_add(&all->held, 1) == 0)
        lanes_meet_request(lane->lanes);
}

static int meet_while_wanted(struct lane *lane)
{
    lanes_meet_request(lane->lanes);
    while (lanes_meeting_wanted(lane->lanes))
        lanes_meet(lane, ask_again_once, lane->context);
    return 0;
}

static void a_request_during_the_work_leads_to_another_meeting(void **state)
{
    (void)state;
    struct gathering all = {0};
    assert_int_equal(run(1, meet_while_wanted, &all), 0);
    assert_int_equal(all.held, 2);
}

static void count_meeting(struct lane *lane, void *arg)
{
    struct gathering *all = arg;
    if (lane->rank == 0)
        atomic_fetch_add(&all->held, 1);
}

static bool is_finished(void *arg)
{
    struct gathering *all = arg;
    return atomic_load(&all->finished);
}

/* The first lane works and asks, the others have nothing to do. */
static int ask_while_others_sleep(struct lane *lane)
{
    struct gathering *all = lane->context;
    for (uint32_t i = 0; lane->index == 0 && i < MEETINGS; i++) {
        lanes_meet_request(lane->lanes);
        lanes_meet_request(lane->lanes);
        lanes_meet(lane, count_meeting, all);
    }
    if (lane->index == 0) {
        atomic_store(&all->finished, true);
        lanes_wake(lane->lanes);
        return 0;
    }
    while (!atomic_load(&all->finished))
        if (lanes_meeting_wanted(lane->lanes))
            lanes_meet(lane, count_meeting, all);
        else
            lanes_park(lane, is_finished, all);
    return 0;
}

static void a_request_wakes_the_sleepers_and_counts_once(void **state)
{
    (void)state;
    for (uint32_t count = 2; count <= 8; count *= 2) {
        struct gathering all = {0};
        assert_int_equal(run(count, ask_while_others_sleep, &all), 0);
        assert_int_equal(all.held, MEETINGS);
    }
}

/* ---- faults ------------------------------------------------------------------- */

static int work_until_fault(struct lane *lane)
{
    struct gathering *all = lane->context;
    for (uint32_t i = 0; !fault_raised(lane->fault); i++) {
        if (lane->index == i % lane->count && i % 7 == 0)
            lanes_meet_request(lane->lanes);
        if (lanes_meeting_wanted(lane->lanes))
            lanes_meet(lane, count_meeting, all);
        else if (lane->index % 2)
            lanes_park(lane, is_finished, all);
        if (lane->index == 3 && atomic_load(&all->held) >= 20)
            return (int)fault_raise(lane->fault, CODE_IO, NULL, UINT64_MAX, 0,
                                    "trying what a fault does");
    }
    return 0;
}

static void a_fault_in_the_middle_ends_all_lanes(void **state)
{
    (void)state;
    for (int repeat = 0; repeat < 20; repeat++) {
        struct gathering all = {0};
        assert_int_equal(run(8, work_until_fault, &all), CODE_IO);
        assert_true(all.held >= 20);
    }
}

static int sleep_through_a_fault(struct lane *lane)
{
    /* Nobody wakes: the lane itself looks again after a while. */
    if (lane->index == 0) {
        while (lanes_idle_count(lane->lanes) < lane->count - 1)
            sched_yield();
        fault_raise(lane->fault, CODE_IO, NULL, UINT64_MAX, 0, "unheard");
        while (lanes_idle_count(lane->lanes) > 0)
            sched_yield();
        return 0;
    }
    while (!fault_raised(lane->fault))
        lanes_park(lane, is_finished, lane->context);
    lanes_mark_busy(lane);
    return 0;
}

static void a_parked_lane_sees_a_fault_though_nobody_wakes_it(void **state)
{
    (void)state;
    struct gathering all = {0};
    assert_int_equal(run(3, sleep_through_a_fault, &all), 0);
}

/* ---- parking -------------------------------------------------------------------- */

#define PIECES 20000

static bool has_piece(void *arg)
{
    struct gathering *all = arg;
    return atomic_load_explicit(&all->pieces, memory_order_acquire) > 0 ||
           atomic_load(&all->finished);
}

static bool take_piece(struct gathering *all)
{
    uint32_t pieces = atomic_load(&all->pieces);
    while (pieces > 0)
        if (atomic_compare_exchange_weak(&all->pieces, &pieces, pieces - 1))
            return true;
    return false;
}

/* One piece at a time, and the giver goes on only when it was taken: were a
 * wake-up lost each time, this would last a quarter of an hour. */
static int hand_out(struct lane *lane)
{
    struct gathering *all = lane->context;
    for (uint32_t i = 0; lane->index == 0 && i < PIECES; i++) {
        atomic_fetch_add_explicit(&all->pieces, 1, memory_order_release);
        lanes_wake(lane->lanes);
        while (atomic_load(&all->held) <= i)
            sched_yield();
    }
    if (lane->index == 0) {
        atomic_store(&all->finished, true);
        lanes_wake(lane->lanes);
        return 0;
    }
    while (!atomic_load(&all->finished)) {
        if (take_piece(all)) {
            lanes_mark_busy(lane);
            atomic_fetch_add(&all->held, 1);
        } else {
            lanes_park(lane, has_piece, all);
        }
    }
    return 0;
}

static void no_wake_up_is_lost(void **state)
{
    (void)state;
    for (uint32_t count = 2; count <= 4; count++) {
        struct gathering all = {0};
        assert_int_equal(run(count, hand_out, &all), 0);
        assert_int_equal(all.held, PIECES);
    }
}

static bool always(void *arg)
{
    (void)arg;
    return true;
}

static int count_idle(struct lane *lane)
{
    struct lanes *all = lane->lanes;
    EXPECT(lanes_idle_count(all) == 0);
    lanes_mark_idle(lane);
    lanes_mark_idle(lane);
    EXPECT(lanes_idle_count(all) == 1);
    lanes_mark_busy(lane);
    lanes_mark_busy(lane);
    EXPECT(lanes_idle_count(all) == 0);
    /* Does not sleep, but looks for work until it says that it has some. */
    lanes_park(lane, always, NULL);
    EXPECT(lanes_idle_count(all) == 1);
    lanes_leave(lane);
    EXPECT(lanes_idle_count(all) == 0);
    return 0;
}

static void a_lane_is_idle_from_looking_to_finding(void **state)
{
    (void)state;
    assert_int_equal(run(1, count_idle, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lane_runs_the_work_once),
        cmocka_unit_test(the_lowest_lane_that_failed_gives_the_result),
        cmocka_unit_test(signals_go_to_the_thread_that_runs_the_lanes),
        cmocka_unit_test(pinned_lanes_run_on_their_pu),
        cmocka_unit_test(too_many_threads_fail_before_any_works),
        cmocka_unit_test(a_meeting_has_all_at_work_at_once_and_ends_for_all),
        cmocka_unit_test(a_meeting_does_not_wait_for_those_who_left),
        cmocka_unit_test(a_request_during_the_work_leads_to_another_meeting),
        cmocka_unit_test(a_request_wakes_the_sleepers_and_counts_once),
        cmocka_unit_test(a_fault_in_the_middle_ends_all_lanes),
        cmocka_unit_test(a_parked_lane_sees_a_fault_though_nobody_wakes_it),
        cmocka_unit_test(no_wake_up_is_lost),
        cmocka_unit_test(a_lane_is_idle_from_looking_to_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
