#include "pipeline/lanes.h"

#include "pipeline/check.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 128   /* processors fetch lines of 64 in pairs */

/* What a lane has beside its public face; a line each, as the lanes write
 * to theirs all the time. */
struct seat {
    alignas(LINE_BYTES) struct lane lane;
    pthread_t thread;
    int result;
    bool arrived;    /* in the meeting that gathers; under the mutex */
    bool left;       /* its own thread only */
    bool idle;       /* its own thread only */
    bool meeting;    /* its own thread only */
};

enum gate { GATE_SHUT, GATE_OPEN, GATE_CANCELLED };

struct lanes {
    /* Read between any two pieces of work, written once a meeting. */
    alignas(LINE_BYTES) _Atomic bool wanted;
    /* Written by every lane that goes idle or hands out work. */
    alignas(LINE_BYTES) _Atomic uint32_t idle;
    alignas(LINE_BYTES) _Atomic uint32_t wakes;      /* the futex word */
    _Atomic uint32_t sleepers;

    alignas(LINE_BYTES) pthread_mutex_t mutex;
    pthread_cond_t moved;     /* something below has changed */
    /* Under the mutex: */
    enum gate gate;
    uint32_t running;         /* lanes that have not left */
    uint32_t arrived;         /* of them in the meeting that gathers */
    uint32_t members;         /* of the meeting at work */
    uint32_t done;            /* of the members */
    uint64_t opened, closed;  /* meetings so far */

    int (*work)(struct lane *lane);
    const struct topology *topology;
    struct fault *fault;
    uint32_t count;
    struct seat *seats;
};

static struct seat *seat_of(struct lane *lane)
{
    return &lane->lanes->seats[lane->index];
}

/* ---- making ----------------------------------------------------------- */

static void set_lane(struct lanes *lanes, uint32_t index,
                     const struct plan_lane *planned, void *context)
{
    lanes->seats[index].lane = (struct lane){
        .index = index, .count = lanes->count,
        .pu = planned->pu, .os_index = planned->os_index,
        .node = planned->node,
        /* Until the thread runs: whether it is to be pinned. */
        .pinned = planned->pinned && lanes->topology,
        .fault = lanes->fault, .context = context, .lanes = lanes,
    };
}

static void *alloc_lines(size_t bytes)
{
    void *base = aligned_alloc(LINE_BYTES, bytes);
    if (base)
        memset(base, 0, bytes);
    return base;
}

struct lanes *lanes_create(const struct plan *plan,
                           const struct topology *topology,
                           struct fault *fault, void *context)
{
    CHECK(plan->lane_count > 0 && plan->lane_count <= LANES_MAX);
    struct lanes *lanes = alloc_lines(sizeof *lanes);
    if (!lanes)
        return NULL;
    lanes->seats = alloc_lines(plan->lane_count * sizeof *lanes->seats);
    if (!lanes->seats) {
        free(lanes);
        return NULL;
    }
    lanes->topology = topology;
    lanes->fault = fault;
    lanes->count = plan->lane_count;
    lanes->running = plan->lane_count;
    pthread_mutex_init(&lanes->mutex, NULL);
    pthread_cond_init(&lanes->moved, NULL);
    for (uint32_t i = 0; i < lanes->count; i++)
        set_lane(lanes, i, &plan->lanes[i], context);
    return lanes;
}

void lanes_destroy(struct lanes *lanes)
{
    if (!lanes)
        return;
    pthread_cond_destroy(&lanes->moved);
    pthread_mutex_destroy(&lanes->mutex);
    free(lanes->seats);
    free(lanes);
}

/* ---- running ------------------------------------------------------------ */

static void move_gate(struct lanes *lanes, enum gate gate)
{
    pthread_mutex_lock(&lanes->mutex);
    lanes->gate = gate;
    pthread_cond_broadcast(&lanes->moved);
    pthread_mutex_unlock(&lanes->mutex);
}

/* No lane works before all are there: count is then a fact, and a run whose
 * last thread cannot be started has done nothing. */
static bool pass_gate(struct lanes *lanes)
{
    pthread_mutex_lock(&lanes->mutex);
    while (lanes->gate == GATE_SHUT)
        pthread_cond_wait(&lanes->moved, &lanes->mutex);
    bool open = lanes->gate == GATE_OPEN;
    pthread_mutex_unlock(&lanes->mutex);
    return open;
}

static void *run_lane(void *argument)
{
    struct seat *seat = argument;
    struct lanes *lanes = seat->lane.lanes;
    if (!pass_gate(lanes))
        return NULL;
    seat->lane.pinned =
        seat->lane.pinned &&
        topology_bind_thread(lanes->topology, seat->lane.pu);
    /* What this lane maps and touches from here on is near it. */
    if (seat->lane.pinned)
        (void)topology_bind_memory(lanes->topology, seat->lane.node);
    seat->result = lanes->work(&seat->lane);
    lanes_leave(&seat->lane);
    return NULL;
}

static void block_signals(sigset_t *before)
{
    sigset_t blocked;
    sigfillset(&blocked);
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
                              SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, before);
}

/* Starts threads until one fails; how many were started. Lanes inherit the
 * signal mask of the thread that starts them. */
static uint32_t start_threads(struct lanes *lanes, int *error)
{
    uint32_t started = 0;
    sigset_t before;
    block_signals(&before);
    for (; started < lanes->count; started++) {
        struct seat *seat = &lanes->seats[started];
        *error = pthread_create(&seat->thread, NULL, run_lane, seat);
        if (*error)
            break;
        char name[16];   /* the kernel's limit, with the final zero */
        snprintf(name, sizeof name, "lane %u", started);
        pthread_setname_np(seat->thread, name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

int lanes_run(struct lanes *lanes, int (*work)(struct lane *lane))
{
    CHECK(!lanes->work);
    lanes->work = work;
    int error = 0, result = 0;
    uint32_t started = start_threads(lanes, &error);
    move_gate(lanes, error ? GATE_CANCELLED : GATE_OPEN);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(lanes->seats[i].thread, NULL);
    if (error)
        return (int)fault_raise(lanes->fault, CODE_MEMORY, NULL, UINT64_MAX,
                                error,
                                "thread %u of %u could not be started; ask "
                                "for fewer with --threads",
                                started + 1, lanes->count);
    for (uint32_t i = 0; i < lanes->count && !result; i++)
        result = lanes->seats[i].result;
    return result;
}

uint32_t lanes_pinned_count(const struct lanes *lanes)
{
    uint32_t pinned = 0;
    for (uint32_t i = 0; i < lanes->count; i++)
        pinned += lanes->seats[i].lane.pinned;
    return pinned;
}

/* ---- meetings ------------------------------------------------------------ */

void lanes_meet_request(struct lanes *lanes)
{
    /* Release: pairs with the acquire in open_meeting, so that what was
     * written before the request is visible in the meeting it leads to,
     * whoever asked. The exchange keeps a second request from waking. */
    if (!atomic_exchange_explicit(&lanes->wanted, true, memory_order_release))
        lanes_wake(lanes);
}

bool lanes_meeting_wanted(const struct lanes *lanes)
{
    return atomic_load_explicit(&lanes->wanted, memory_order_relaxed);
}

/*
 * Under the mutex, when the last of those running has come or has left.
 * The request is cleared here, before the work, and not after it: nobody
 * looks at it in between but the lanes, who are all here; and a request that
 * comes during the work has a reason that the work may have missed.
 */
static void open_meeting(struct lanes *lanes)
{
    /* Acquire: pairs with the release in lanes_meet_request. */
    atomic_exchange_explicit(&lanes->wanted, false, memory_order_acquire);
    uint32_t rank = 0;
    for (uint32_t i = 0; i < lanes->count; i++) {
        struct seat *seat = &lanes->seats[i];
        if (!seat->arrived)
            continue;
        seat->arrived = false;
        seat->lane.rank = rank++;
        seat->lane.members = lanes->arrived;
    }
    CHECK(rank == lanes->arrived);
    lanes->members = lanes->arrived;
    lanes->arrived = 0;
    lanes->done = 0;
    lanes->opened++;
    pthread_cond_broadcast(&lanes->moved);
}

static void gather(struct lanes *lanes, struct seat *seat)
{
    pthread_mutex_lock(&lanes->mutex);
    uint64_t meeting = lanes->opened + 1;
    seat->arrived = true;
    if (++lanes->arrived == lanes->running)
        open_meeting(lanes);
    while (lanes->opened < meeting)
        pthread_cond_wait(&lanes->moved, &lanes->mutex);
    pthread_mutex_unlock(&lanes->mutex);
}

static void part(struct lanes *lanes)
{
    pthread_mutex_lock(&lanes->mutex);
    uint64_t meeting = lanes->opened;
    if (++lanes->done == lanes->members) {
        lanes->closed = meeting;
        pthread_cond_broadcast(&lanes->moved);
    }
    while (lanes->closed < meeting)
        pthread_cond_wait(&lanes->moved, &lanes->mutex);
    pthread_mutex_unlock(&lanes->mutex);
}

void lanes_meet(struct lane *lane, void (*work)(struct lane *lane, void *arg),
                void *arg)
{
    struct seat *seat = seat_of(lane);
    CHECK(!seat->left && !seat->meeting);
    seat->meeting = true;
    lanes_meet_request(lane->lanes);
    gather(lane->lanes, seat);
    work(lane, arg);
    part(lane->lanes);
    seat->meeting = false;
}

void lanes_leave(struct lane *lane)
{
    struct seat *seat = seat_of(lane);
    struct lanes *lanes = lane->lanes;
    CHECK(!seat->meeting);
    if (seat->left)
        return;
    seat->left = true;
    lanes_mark_busy(lane);
    pthread_mutex_lock(&lanes->mutex);
    CHECK(lanes->running > 0);
    lanes->running--;
    if (lanes->arrived > 0 && lanes->arrived == lanes->running)
        open_meeting(lanes);
    pthread_mutex_unlock(&lanes->mutex);
    /* Those parked may wait for what this lane ended with: a fault, or the
     * end of the work. */
    lanes_wake(lanes);
}

/* ---- parking ------------------------------------------------------------- */

void lanes_mark_idle(struct lane *lane)
{
    struct seat *seat = seat_of(lane);
    if (!seat->idle)
        atomic_fetch_add_explicit(&lane->lanes->idle, 1,
                                  memory_order_relaxed);
    seat->idle = true;
}

void lanes_mark_busy(struct lane *lane)
{
    struct seat *seat = seat_of(lane);
    if (seat->idle)
        atomic_fetch_sub_explicit(&lane->lanes->idle, 1,
                                  memory_order_relaxed);
    seat->idle = false;
}

uint32_t lanes_idle_count(const struct lanes *lanes)
{
    return atomic_load_explicit(&lanes->idle, memory_order_relaxed);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
    const struct timespec most = {.tv_nsec = PARK_NS_MAX};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &most, NULL, 0);
}

static void futex_wake_all(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/*
 * Why no wake-up is lost. The parker reads the word, then looks for work,
 * then sleeps if the word is still the same; the waker publishes work, then
 * changes the word.
 *  - Changed before it was read: the acquire sees the published work, and
 *    has_work says so.
 *  - Changed after it was read: the word differs, and the sleep ends or does
 *    not begin. The waker saves the system call when it sees no sleeper;
 *    sleepers and wakes are therefore sequentially consistent: either the
 *    waker sees the sleeper counted, or the parker sees the word changed.
 */
void lanes_park(struct lane *lane, bool (*has_work)(void *arg), void *arg)
{
    struct lanes *lanes = lane->lanes;
    lanes_mark_idle(lane);
    /* Acquire: pairs with the addition in lanes_wake, a release too. */
    uint32_t seen = atomic_load_explicit(&lanes->wakes, memory_order_acquire);
    if (lanes_meeting_wanted(lanes) || fault_raised(lane->fault) ||
        has_work(arg))
        return;
    atomic_fetch_add_explicit(&lanes->sleepers, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&lanes->wakes, memory_order_seq_cst) == seen)
        futex_wait(&lanes->wakes, seen);
    atomic_fetch_sub_explicit(&lanes->sleepers, 1, memory_order_relaxed);
}

void lanes_wake(struct lanes *lanes)
{
    atomic_fetch_add_explicit(&lanes->wakes, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&lanes->sleepers, memory_order_seq_cst) > 0)
        futex_wake_all(&lanes->wakes);
}
