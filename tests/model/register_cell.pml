/*
 * A cell of two words that threads raise, stages/aggregate/register_cell.h:
 * cell_raise, text_cell_raise and cell_load, for every interleaving. A load of
 * one half is a step, the exchange of both is a step.
 *
 * A value is a block. Blocks 0 .. TEXTS - 1 hold different texts in rising
 * order; block b + TEXTS holds the same text as b at another address, as two
 * threads make it. cell_raise is the case in which all values differ.
 *
 *  C1  cell_load returns what stood in the cell at one moment of its call:
 *      no value is ever seen with the time of another
 *  C2  when a raise returns, the cell is at least what it brought; in the end
 *      it is the greatest of all that was brought, however often and in
 *      whatever order: the join commutes, associates, and is idempotent
 *  C3  the cell never falls
 *  C4  an exchange fails only because another thread raised the cell: the
 *      graph of states has no cycle, so a thread that is alone gets on at once
 *  C5  `held` says whether the cell held the text at the moment from which the
 *      raise counts
 *
 * Every step is seen by all at once: spin knows no weak memory.
 *
 * CHECK: -DRAISERS=2 -DOPS=2 -DREADERS=0
 * CHECK: -DRAISERS=2 -DOPS=1
 * CHECK: -DRAISERS=3 -DOPS=1 -DREADERS=0
 * CYCLES: -DRAISERS=2 -DOPS=1
 * BROKEN 1 [-DRAISERS=2 -DOPS=2]: cell_load does not look at the time again
 * BROKEN 2: the halves are written one after the other
 * BROKEN 3: cell_raise reads the value before the time
 * BROKEN 4: a raise whose exchange failed gives up
 * BROKEN 5: at equal times the last one wins
 * BROKEN 6: the exchange looks at the time alone
 * BROKEN 7: texts are compared by address
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef RAISERS
#define RAISERS 2
#endif
#ifndef OPS
#define OPS 2
#endif
#ifndef READERS
#define READERS 1
#endif
#define TIMES 2
#define TEXTS 2
#define VALUES (2 * TEXTS)
#if BROKEN == 7
#define TEXT(v) (v)
#else
#define TEXT(v) ((v) % TEXTS)
#endif

/* The order of the join: a time, then a text. Time 0 is "never seen". */
#define LESS(t, v, u, w) ((t) < (u) || ((t) == (u) && (v) % TEXTS < (w) % TEXTS))
#define AT(t, v) ((t) * VALUES + (v))

byte when, value;               /* the cell */
bit stood[(TIMES + 1) * VALUES];  /* what it has held */
byte top_when, top_value;       /* the join of all that was brought */
byte over;

/* What a cell held since a load began is what may be returned by it. Pairs
 * never come back (C3), so: it stood there, and is not below `least`. */
inline check_seen(t, v)
{
    assert(stood[AT(t, v)] && !LESS(t, v, least_when, least_value)) /* C1 */
}

inline exchange(t, v, old_t, old_v)
{
    done = 0;
#if BROKEN == 2
    if
    :: atomic { when == old_t && value == old_v -> when = t };
        atomic { value = v; stood[AT(when, value)] = 1; done = 1 }
    :: else
    fi
#else
    atomic {
        if
        :: when == old_t && (value == old_v || BROKEN == 6) ->
            assert(when < t || (when == t &&
                                value % TEXTS < v % TEXTS));        /* C3 */
            when = t; value = v; stood[AT(t, v)] = 1; done = 1
        :: else
        fi
    }
#endif
}

inline load()
{
    d_step { least_when = when; least_value = value };
    do
    :: seen_when = when;
        seen_value = value;
#if BROKEN == 1
        break
#else
        if
        :: when == seen_when -> break
        :: else
        fi
#endif
    od
}

inline check_raised(t, v)
{
    assert(!LESS(when, value, t, v))                                /* C2 */
}

inline raise_value(t, v)
{
    do
#if BROKEN == 3
    :: seen_value = value; seen_when = when;
#else
    :: seen_when = when;
#endif
        if
        :: t < seen_when -> break
        :: else
        fi;
#if BROKEN != 3
        seen_value = value;
#endif
        if
        :: t == seen_when && v <= seen_value && BROKEN != 5 -> break
        :: else
        fi;
        exchange(t, v, seen_when, seen_value);
        if
        :: done || BROKEN == 4 -> break
        :: else
        fi
    od
}

inline raise_text(t, v)
{
    do
    :: load();
        atomic {
            held = seen_when > 0 && TEXT(seen_value) == TEXT(v);
            if
            :: t < seen_when || (t == seen_when &&
                                 TEXT(v) <= TEXT(seen_value)) ->
                check_seen(seen_when, seen_value);
                break
            :: else
            fi;
            block = (held -> seen_value : v)
        };
        exchange(t, block, seen_when, seen_value);
        atomic {
            if
            :: done || BROKEN == 4 ->
                assert(held == (seen_when > 0 &&
                                seen_value % TEXTS == v % TEXTS));  /* C5 */
                break
            :: else
            fi
        }
    od
}

/* texts: whether this run's cells are of texts. */
proctype Raiser(byte index; bit texts)
{
    byte n, t, v, block, seen_when, seen_value, least_when, least_value;
    bit done, held;
    do
    :: n == OPS -> break
    :: n < OPS ->
        if :: t = 1 :: t = 2 fi;
        if :: v = 0 :: v = 1 fi;
        d_step {
            /* Of equal texts each thread has a block of its own. */
            v = (texts && index % 2 -> v + TEXTS : v);
            if
            :: LESS(top_when, top_value, t, v) || top_when == 0 ->
                top_when = t; top_value = v
            :: else
            fi
        };
        if
        :: texts -> raise_text(t, v)
        :: else -> raise_value(t, v)
        fi;
        atomic { check_raised(t, v); n++ }
    od;
    over++
}

proctype Reader()
{
    byte seen_when, seen_value, least_when, least_value;
    load();
    atomic { check_seen(seen_when, seen_value); over++ }
}

init
{
    byte j;
    bit texts;
    atomic {
        stood[0] = 1;
        if :: texts = 0 :: texts = 1 fi;
        do
        :: j == RAISERS -> break
        :: j < RAISERS -> run Raiser(j, texts); j++
        od;
        if :: READERS > 0 -> run Reader() :: else fi
    };
    atomic {
        over == RAISERS + READERS ->
        assert(when == top_when && value % TEXTS == top_value % TEXTS) /* C2 */
    }
}
