#ifndef SANDPIPER_PIPELINE_LANES_H
#define SANDPIPER_PIPELINE_LANES_H

#include "pipeline/fault.h"
#include "pipeline/plan.h"
#include "pipeline/topology.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Lanes are the threads of a run, one for each lane of the plan, pinned as
 * the plan says. This file starts and joins them, brings them together for
 * steps during which the world must stand still, and lets them sleep when
 * there is nothing to do.
 *
 *     int work(struct lane *lane)
 *     {
 *         while (!fault_raised(lane->fault) && !all_done()) {
 *             if (lanes_meeting_wanted(lane->lanes))
 *                 lanes_meet(lane, seal_a_part, table);
 *             else if (take_work(lane)) {
 *                 lanes_mark_busy(lane);
 *                 do_work(lane);
 *             } else
 *                 lanes_park(lane, has_work, queue);
 *         }
 *         return 0;
 *     }
 *
 * Meetings. Any thread asks (lanes_meet_request); every lane looks between
 * two pieces of work and comes. When all lanes that have not left are there,
 * the request is cleared, all run the work in parallel, and none returns
 * before all are done. What any lane wrote before it came is visible to all
 * in the work; what the work wrote is visible to all after it. A request
 * made while the work is under way leads to another meeting. Since a lane
 * may have left, work is divided by lane->rank of lane->members, which are
 * set for the time of the meeting, and not by index of count.
 *
 * A lane that comes waits for the others, without bound: a lane that neither
 * comes nor leaves stops the run. Returning from the work function is
 * leaving, so a lane that ends because of a fault holds nobody up.
 *
 * Threads: a struct lane is used by its own thread alone. Functions that
 * take a struct lanes may be called by any thread until lanes_destroy; but
 * none is safe in a signal handler.
 * Signals are blocked in lanes, except those of a lane's own doing (SIGSEGV,
 * SIGBUS, ...): the thread that called lanes_run gets them.
 */
struct lanes;

struct lane {
    uint32_t index, count;    /* this lane of all that were started */
    uint32_t pu;              /* index into topology.pus */
    uint32_t os_index;        /* of that PU */
    uint32_t node;            /* index into topology.nodes */
    bool pinned;              /* binding to the PU succeeded */
    uint32_t rank, members;   /* in a meeting: this lane of those there */
    struct fault *fault;      /* shared by all lanes */
    void *context;            /* shared by all lanes; the caller's */
    struct lanes *lanes;
};

/* Gives lanes, not yet started. Borrows plan, topology, fault and context
 * until lanes_destroy. A NULL topology pins nothing. NULL: out of memory. */
struct lanes *lanes_create(const struct plan *plan,
                           const struct topology *topology,
                           struct fault *fault, void *context);
void lanes_destroy(struct lanes *lanes);

/*
 * Starts all lanes, runs work on each, joins them. Once per lanes_create.
 * 0 when all returned 0, else what the lowest lane returned that did not.
 * When a thread cannot be started, none runs the work, the fault is raised,
 * and its exit code is returned.
 */
int lanes_run(struct lanes *lanes, int (*work)(struct lane *lane));

/* How many lanes the last lanes_run could pin. */
uint32_t lanes_pinned_count(const struct lanes *lanes);

/* Asks all lanes to meet; wakes those parked. Idempotent until they met. */
void lanes_meet_request(struct lanes *lanes);
/* One relaxed load: to be asked between any two pieces of work. */
bool lanes_meeting_wanted(const struct lanes *lanes);
/* Comes to the meeting, asking for one if nobody has. Every running lane
 * calls it, with the same work and arg. Not from inside the work. */
void lanes_meet(struct lane *lane, void (*work)(struct lane *lane, void *arg),
                void *arg);
/* This lane comes to no meeting any more. Idempotent; the return from the
 * work function does it too. */
void lanes_leave(struct lane *lane);

/*
 * Marks the lane idle, and sleeps until lanes_wake, a wanted meeting, or at
 * most 50 ms; not at all when has_work(arg), a meeting or a fault is there
 * already. It may return for no reason: the caller looks again. No wake-up
 * is lost: work that is published before lanes_wake either is seen by
 * has_work, or the sleep ends. A fault raised meanwhile is seen after the
 * 50 ms, or as soon as the lane that raised it leaves.
 */
void lanes_park(struct lane *lane, bool (*has_work)(void *arg), void *arg);
/* Wakes all parked lanes; one atomic addition when none is. Call it after
 * the work was published. */
void lanes_wake(struct lanes *lanes);

/* A lane that looks for work is idle until it says that it found some. Both
 * idempotent; lanes_park marks idle, lanes_leave marks busy. */
void lanes_mark_idle(struct lane *lane);
void lanes_mark_busy(struct lane *lane);
/* How many lanes are parked or looking: a hint whether handing out work is
 * worth it. Relaxed. */
uint32_t lanes_idle_count(const struct lanes *lanes);

#endif
