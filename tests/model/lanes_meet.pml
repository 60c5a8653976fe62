/*
 * The meeting of lanes, lanes_meet, lanes_leave and lanes_meet_request of
 * pipeline/lanes.c. What stands there under the mutex is one step here, and a
 * wait on the condition is a guard, as each change of `opened` and `closed` is
 * made and told under the mutex.
 *
 *     here            there
 *     gather          gather, open_meeting
 *     part            part
 *     leave           lanes_leave, open_meeting
 *
 *  M1  while the work of a meeting is done, every lane that has not left is in
 *      it; ranks are 0 .. members - 1, each once
 *  M2  no lane returns from a meeting before all have done their work
 *  M3  a request is never lost: it leads to a meeting that opens after it, also
 *      when it is made while a meeting is at work
 *  M4  a lane that leaves holds nobody up (no invalid end state)
 *
 * CHECK: -DLANES=3 -DREQUESTS=2 -DSTEPS=2
 * CHECK: -DLANES=2 -DREQUESTS=3 -DSTEPS=3
 * BROKEN 1: a lane that leaves does not look whether the others are all there
 * BROKEN 2: the request is cleared after the work
 * BROKEN 3: lanes go on as soon as their own work is done
 * BROKEN 4: the meeting waits for all lanes that were started
 * BROKEN 5: those who arrived are not counted from zero again
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef LANES
#define LANES 3
#endif
#ifndef REQUESTS
#define REQUESTS 2
#endif
#ifndef STEPS
#define STEPS 2                 /* what a lane does before it leaves */
#endif

bit wanted;
byte running = LANES, arrived, members, done, opened, closed;
bit here[LANES];                /* seat->arrived */
byte rank[LANES];

bit pending;                    /* asked since a meeting opened last */
byte requests = REQUESTS;
bit at_work[LANES];
byte worked;                    /* lanes that have done the work */

inline request()
{
    d_step { wanted = 1; pending = 1 }
}

/* Under the mutex. */
inline open_meeting()
{
#if BROKEN != 2
    wanted = 0;
#endif
    pending = 0;
    r = 0; j = 0;
    do
    :: j == LANES -> break
    :: j < LANES && here[j] -> here[j] = 0; rank[j] = r; r++; j++
    :: j < LANES && !here[j] -> j++
    od;
    assert(r == arrived);
    members = arrived;
#if BROKEN != 5
    arrived = 0;
#endif
    done = 0; worked = 0;
    opened++;
    r = 0; j = 0
}

#if BROKEN == 4
#define ALL_THERE (arrived == LANES)
#else
#define ALL_THERE (arrived == running)
#endif

inline gather()
{
    d_step {
        meeting = opened + 1;
        here[index] = 1;
        arrived++;
        if
        :: ALL_THERE -> open_meeting()
        :: else
        fi
    };
    opened >= meeting
}

inline part()
{
    d_step {
        meeting = opened;
        done++;
        if
        :: done == members ->
            closed = meeting;
#if BROKEN == 2
            wanted = 0
#endif
        :: else
        fi
    };
#if BROKEN != 3
    closed >= meeting
#endif
}

inline work()
{
    d_step {
        at_work[index] = 1;
        assert(members == running && rank[index] < members);        /* M1 */
        j = 0;
        do
        :: j == LANES -> break
        :: j < LANES ->
            assert(j == index || !at_work[j] || rank[j] != rank[index]);
            j++
        od;
        j = 0
    };
    /* Somebody asks for the next meeting while this one is at work. */
    if
    :: true
    :: d_step { requests > 0 -> requests--; wanted = 1; pending = 1 }
    fi;
    d_step { at_work[index] = 0; worked++ }
}

inline meet()
{
    request();
    gather();
    work();
    part();
    assert(worked == members)                                       /* M2 */
}

inline leave()
{
    d_step {
        running--;
        if
        :: arrived > 0 && arrived == running && BROKEN != 1 ->
            open_meeting()
        :: else
        fi
    }
}

proctype Lane(byte index)
{
    byte steps, meeting, j, r;
    do
    :: atomic { wanted -> skip }; meet()
    :: atomic {
        !wanted ->
        assert(!pending);                                           /* M3 */
        if
        :: steps == STEPS -> break
        :: steps < STEPS -> steps++
        :: steps < STEPS && requests > 0 ->
            steps++; requests--;
            request()
        :: break
        fi }
    od;
    leave()
}

init
{
    byte j;
    atomic {
        do
        :: j < LANES -> run Lane(j); j++
        :: else -> break
        od
    }
}
