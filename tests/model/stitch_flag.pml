/*
 * Who stitches, stages/stitch.c: pieces of a shard are completed by any lane
 * in any order, and whoever finds the oldest one complete stitches, behind a
 * flag for which nobody waits. A ring of two places stands for that of 64.
 *
 *     here                there
 *     Owner               stitch_append, and its own pieces
 *     complete_piece      stitch_complete, oldest_complete
 *     advance             advance
 *
 *  S1  no piece is left behind: when all calls have returned, all is stitched
 *  S2  one lane stitches at a time, each piece once, in the order of the shard
 *  S3  only complete pieces are stitched, and a place is used again only when
 *      its piece was
 *  S4  nobody waits for the one who stitches: if that lane stops for good, the
 *      calls of all others return (no invalid end state)
 *
 * Every step is seen by all at once, but in BROKEN 6: there a look at
 * `stitched` may be given the value before the last store, which the memory
 * model of C allows for a store that is no part of the one order of all
 * sequentially consistent ones.
 *
 * CHECK: -DPIECES=4 -DLANES=2
 * CHECK: -DPIECES=3 -DLANES=2 -DSTOPPING=1
 * CYCLES: -DPIECES=2 -DLANES=2
 * BROKEN 1: no look after the flag was put down
 * BROKEN 2: the flag is read and raised in two steps
 * BROKEN 3 [-DPIECES=3 -DLANES=2 -DSTOPPING=1]: who finds the flag up waits
 * BROKEN 4: what is complete does not say which piece, and is not cleared
 * BROKEN 5: the place is given back before the piece is stitched
 * BROKEN 6: `stitched` is stored with release order only
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef PIECES
#define PIECES 4
#endif
#ifndef LANES
#define LANES 2                 /* beside the owner */
#endif
#ifndef STOPPING
#define STOPPING 0
#endif
#define PLACES 2
#define NOBODY 255

byte complete[PLACES];          /* the number of the piece + 1 */
byte stitched;
bit busy;

byte holds[PLACES] = NOBODY;    /* the piece that was written to the place */
bit handed[PIECES], whole[PIECES];
byte appended;                  /* by the owner */
byte next;                      /* the piece to be stitched, in order */
bit inside;                     /* somebody stitches */
byte writer = NOBODY;           /* who stored `stitched` last */
byte stops = STOPPING;
byte over;

#define STOP d_step { stops > 0 -> stops--; over++ }; goto end_stopped
#define MAY_STOP if :: true :: STOP fi
#if BROKEN == 4
#define IS_COMPLETE(n) (complete[(n) % PLACES] > 0)
#else
#define IS_COMPLETE(n) (complete[(n) % PLACES] == (n) + 1)
#endif

inline stitch_piece(n)
{
    atomic {
        assert(!inside && n == next && holds[n % PLACES] == n);     /* S2 */
        assert(whole[n]);                                           /* S3 */
        inside = 1
    };
    MAY_STOP;
    atomic {
        assert(holds[n % PLACES] == n);                             /* S3 */
        inside = 0; next++
    }
}

inline advance()
{
    n = stitched;
    do
    :: atomic { !IS_COMPLETE(n) -> break }
    :: atomic { IS_COMPLETE(n) -> skip };
#if BROKEN == 5
        atomic { stitched = n + 1; writer = _pid };
#endif
        stitch_piece(n);
#if BROKEN != 4
        complete[n % PLACES] = 0;
#endif
#if BROKEN != 5
        atomic { stitched = n + 1; writer = _pid };
#endif
        n++
    od
}

/* Piece number p is whole. */
inline complete_piece(p)
{
    atomic { whole[p] = 1; complete[p % PLACES] = p + 1 };
    do
    :: atomic {
        n = stitched;
#if BROKEN == 6
        if
        :: true
        :: n > 0 && writer != _pid -> n--
        fi
#endif
        };
        MAY_STOP;
        if
        :: !IS_COMPLETE(n) -> break
        :: else
        fi;
#if BROKEN == 2
        got = !busy;
        if :: got -> busy = 1 :: else fi;
#elif BROKEN == 3
        atomic { !busy -> busy = 1; got = 1 };
#else
        atomic { got = !busy; busy = 1 };
#endif
        if
        :: !got -> break
        :: else
        fi;
        advance();
        busy = 0;
#if BROKEN == 1
        break
#endif
    od
}

proctype Owner()
{
    byte n;
    bit got;
    do
    :: appended == PIECES -> break
    :: appended < PIECES ->
        /* In the program the owner does other work until there is a place. */
        if
        :: appended - stitched < PLACES
        :: stops < STOPPING -> break
        fi;
        holds[appended % PLACES] = appended;
        if
        :: handed[appended] = 1; appended++
        :: appended++; complete_piece((appended - 1))
        fi
    od;
    if :: appended < PIECES -> appended = PIECES :: else fi;
    over++;
end_stopped:
    false
}

proctype Lane()
{
    byte n, p;
    bit got;
    do
    :: atomic { p < appended && handed[p] -> handed[p] = 0 };
        complete_piece(p);
        p = 0
    :: p < appended && !handed[p] -> p++
    :: p == PIECES || (p == appended && stops < STOPPING) -> break
    od;
    over++;
end_stopped:
    false
}

init
{
    byte j;
    atomic {
        run Owner();
        do
        :: j < LANES -> run Lane(); j++
        :: else -> break
        od
    };
    atomic {
        over == LANES + 1 ->
        assert(stops < STOPPING || (stitched == PIECES && next == PIECES &&
                                    !busy))                         /* S1 */
    }
}
