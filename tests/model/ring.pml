/*
 * The bounded ring of pipeline/ring.c with two cells, for every interleaving.
 * A step is one atomic access there, or the plain write or read of the item.
 * The numbers are those of the guarantees in ring.h.
 *
 *  1  each item is popped once at most, and in the end every one that was
 *     pushed was popped (the end)
 *  2  a popper finds the item whole (pop); a push writes to a cell only when
 *     the popper of the lap before has taken its item (push)
 *  3  what is popped at position p is what was pushed at p; positions of one
 *     thread's pushes rise
 *  4  any thread may stop for good, and all others come to their end (no
 *     invalid end state); a retry happens only when another thread claimed a
 *     position: the graph of states has no cycle
 *  5  NULL: the ring was empty, or the cell whose turn it is was claimed and
 *     not yet published. false: full, or the popper of the lap before had
 *     claimed its cell and not yet given it back
 *
 * Every step is seen by all at once: spin knows no weak memory. That acquire
 * and release of `sequence` are enough is tried by TSan.
 *
 * CHECK: -DPUSHERS=2 -DPOPPERS=2 -DITEMS=2 -DTRIES=1
 * CHECK: -DPUSHERS=2 -DPOPPERS=1 -DITEMS=3
 * CHECK: -DPUSHERS=2 -DPOPPERS=1 -DITEMS=2 -DSTOPPING=1
 * CHECK: -DPUSHERS=3 -DPOPPERS=1 -DITEMS=1
 * CYCLES: -DPUSHERS=2 -DPOPPERS=2 -DITEMS=1
 * BROKEN 1: the sequence is published before the item is written
 * BROKEN 2: a pop gives the cell back before it has taken the item
 * BROKEN 3: a position is claimed by a store, not an exchange
 * BROKEN 4: one cell instead of two
 * BROKEN 5: a push does not look whether the cell is free
 * BROKEN 6: a pop gives the cell to the wrong lap
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef PUSHERS
#define PUSHERS 2
#endif
#ifndef POPPERS
#define POPPERS 2
#endif
#ifndef ITEMS
#define ITEMS 2                 /* of one pusher */
#endif
#ifndef STOPPING
#define STOPPING 0
#endif
#if BROKEN == 4
#define CELLS 1
#else
#define CELLS 2
#endif
#define ALL (PUSHERS * ITEMS)
#ifndef TRIES
#define TRIES 2                 /* calls of one popper that find nothing */
#endif
#define NONE 255

byte sequence[CELLS], item[CELLS];
byte push_at, pop_at;
byte pushed_at[ALL];            /* item i's position + 1 */
byte item_of[ALL];              /* by position: item + 1 */
bit taken[ALL];                 /* by position: its item was read */
bit given[ALL];                 /* by position: published */
byte popped, refused;           /* items; calls of push that were refused */
byte stops = STOPPING;
byte over;

#define STOP d_step { stops > 0 -> stops--; over++ }; goto end_stopped
#define MAY_STOP if :: true :: STOP fi
#define CELL(at) ((at) % CELLS)
/* The cell of position p was given back. */
#define GIVEN_BACK(p) (sequence[CELL(p)] >= (p) + CELLS)

/* ok: whether the item was pushed. */
inline push(i)
{
    at = push_at;
    do
    :: atomic {
        turn = sequence[CELL(at)];
        if
        :: turn < at && BROKEN != 5 ->
            /* The popper of the lap before has not given its cell back. */
            assert(at >= CELLS && !GIVEN_BACK(at - CELLS));         /* 5 */
            ok = 0; break
        :: turn > at && BROKEN != 5 -> claim = 0
        :: else -> claim = 1
        fi };
        if
        :: !claim -> at = push_at
        :: else ->
            MAY_STOP;
            atomic {
                if
                :: push_at == at || BROKEN == 3 ->
                    push_at = at + 1;
                    assert(item_of[at] == 0);                       /* 1 */
                    item_of[at] = i + 1; pushed_at[i] = at + 1
                :: else -> at = push_at; claim = 0
                fi
            };
            if
            :: claim ->
                MAY_STOP;
#if BROKEN == 1
                atomic { given[at] = 1; sequence[CELL(at)] = at + 1 };
                item[CELL(at)] = i;
#else
                atomic {
                    assert(at < CELLS || taken[at - CELLS]);        /* 2 */
                    item[CELL(at)] = i
                };
                atomic { given[at] = 1; sequence[CELL(at)] = at + 1 };
#endif
                ok = 1; break
            :: else
            fi
        fi
    od
}

/* got: the item, or NONE. */
inline pop()
{
    at = pop_at;
    do
    :: atomic {
        turn = sequence[CELL(at)];
        if
        :: turn < at + 1 ->
            assert(push_at <= at || !given[at]);                    /* 5 */
            got = NONE; break
        :: turn > at + 1 -> claim = 0
        :: else -> claim = 1
        fi };
        if
        :: !claim -> at = pop_at
        :: else ->
            MAY_STOP;
            atomic {
                if
                :: pop_at == at || BROKEN == 3 -> pop_at = at + 1
                :: else -> at = pop_at; claim = 0
                fi
            };
            if
            :: claim ->
                MAY_STOP;
#if BROKEN == 2
                sequence[CELL(at)] = at + CELLS;
#endif
                atomic {
                    got = item[CELL(at)];
                    assert(!taken[at]);                             /* 1 */
                    assert(got + 1 == item_of[at]);                 /* 2 3 */
                    taken[at] = 1
                };
#if BROKEN == 6
                sequence[CELL(at)] = at + 1 + CELLS;
#elif BROKEN != 2
                sequence[CELL(at)] = at + CELLS;
#endif
                break
            :: else
            fi
        fi
    od
}

proctype Pusher(byte first)
{
    byte i = first, at, turn;
    bit ok, claim;
    do
    :: i < first + ITEMS ->
        push(i);
        atomic {
            if
            :: ok ->
                assert(i == first || pushed_at[i - 1] == 0 ||
                       pushed_at[i - 1] < pushed_at[i])             /* 3 */
            :: else -> refused++
            fi;
            i++
        }
    :: else -> break
    od;
    over++;
end_stopped:
    false
}

proctype Popper()
{
    byte at, turn, got, tries;
    bit claim;
    do
    :: tries < TRIES ->
        pop();
        atomic {
            if
            :: got == NONE -> tries++
            :: else -> popped++
            fi
        }
    :: else -> break
    od;
    over++;
end_stopped:
    false
}

init
{
    byte j, at, turn, got;
    bit claim;
    atomic {
        do
        :: j < CELLS -> sequence[j] = j; j++
        :: else -> break
        od;
        j = 0;
        do
        :: j < PUSHERS -> run Pusher(j * ITEMS); j++
        :: else -> break
        od;
        j = 0;
        do
        :: j < POPPERS -> run Popper(); j++
        :: else -> break
        od
    };
    over == PUSHERS + POPPERS;
    /* Nobody is at work: now NULL means empty. */
    do
    :: stops < STOPPING -> break
    :: else ->
        pop();
        atomic {
            if
            :: got == NONE ->
                assert(popped + refused == ALL);                    /* 1 */
                break
            :: else -> popped++
            fi
        }
    od;
end_stopped:
    skip
}
