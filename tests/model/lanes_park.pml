/*
 * Parking and waking, lanes_park, lanes_wake and lanes_meet_request of
 * pipeline/lanes.c. The futex compares its word and goes to sleep in one step,
 * as the kernel does; the limit of 50 ms is left out, so that a wake-up that is
 * lost is lost for good.
 *
 *  W1  no wake-up is lost: work that was published before lanes_wake is seen
 *      by every parker, or ends its sleep (no invalid end state)
 *  W2  the same of a meeting, for which only the first who asks wakes
 *
 * Every step is seen by all at once; the accesses to `wakes` and `sleepers`,
 * on whose order this rests, are sequentially consistent there.
 *
 * CHECK: -DPARKERS=2 -DWAKERS=2
 * CHECK: -DPARKERS=3 -DWAKERS=1
 * BROKEN 1: the parker reads the word after it has looked for work
 * BROKEN 2: the waker looks for sleepers before it changes the word
 * BROKEN 3: the sleeper is counted when it already sleeps
 * BROKEN 4: the futex does not compare
 * BROKEN 5: one sleeper is woken instead of all
 * BROKEN 6: work is published after the wake-up
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef PARKERS
#define PARKERS 2
#endif
#ifndef WAKERS
#define WAKERS 2
#endif

byte wakes, sleepers;
bit asleep[PARKERS];
byte work;                      /* published, one for each who is to see it */
bit wanted;

inline wake()
{
#if BROKEN == 2
    seen = sleepers;
    wakes++;
#else
    wakes++;
    seen = sleepers;
#endif
    if
    :: seen > 0 ->
        d_step {
            j = 0;
            do
            :: j == PARKERS -> break
            :: j < PARKERS && asleep[j] ->
                asleep[j] = 0;
#if BROKEN == 5
                break
#else
                j++
#endif
            :: j < PARKERS && !asleep[j] -> j++
            od
        }
    :: else
    fi
}

/* Publishes one piece for each parker, or asks for a meeting. */
proctype Waker(bit asks)
{
    byte seen, j;
    bit before;
    if
    :: asks -> atomic { before = wanted; wanted = 1 }
    :: !asks && BROKEN != 6 -> work = work + PARKERS
    :: !asks && BROKEN == 6
    fi;
    if
    :: !before -> wake()
    :: else
    fi;
    if
    :: !asks && BROKEN == 6 -> work = work + PARKERS
    :: else
    fi
}

/* Parks until it has taken a piece of every waker, and seen the meeting. */
proctype Parker(byte index)
{
    byte seen, taken;
    bit met;
    do
    :: taken == WAKERS - 1 && met -> break
    :: atomic { taken < WAKERS - 1 && work > 0 -> work--; taken++ }
    :: atomic { wanted && !met -> met = 1 }
    :: else ->
#if BROKEN != 1
        seen = wakes;
#endif
        if
        :: (wanted && !met) || (work > 0 && taken < WAKERS - 1) -> goto again
        :: else
        fi;
#if BROKEN == 1
        seen = wakes;
#endif
#if BROKEN != 3
        sleepers++;
#endif
        if
        :: wakes == seen ->
            atomic {
                if
                :: wakes == seen || BROKEN == 4 -> asleep[index] = 1
                :: else
                fi
            };
#if BROKEN == 3
            sleepers++;
#endif
            !asleep[index]
        :: else
#if BROKEN == 3
            -> sleepers++
#endif
        fi;
        sleepers--;
again:
        skip
    od
}

init
{
    byte j;
    atomic {
        do
        :: j < PARKERS -> run Parker(j); j++
        :: else -> break
        od;
        j = 0;
        run Waker(1);
        run Waker(1);
        do
        :: j < WAKERS - 1 -> run Waker(0); j++
        :: else -> break
        od
    }
}
