/*
 * The lock-free table of stages/aggregate/slot_table.c, for every interleaving
 * of its atomic steps. One step here is one atomic access there, or plain work
 * that nobody else can see; names are those of the C functions.
 *
 *     here            there                          guarantees
 *     seek            array_seek                     G1 G2 G3
 *     put             chain_add, array_next          G2 G4 G7
 *     move            close_slot, move_stretch       G4 G5
 *     help            help                           G5 G6
 *     advance         advance                        G5
 *     add             slot_table_add, added          all
 *     find            slot_table_find                G3 G4
 *
 * A chain of ARRAYS arrays; a stretch is one slot. Keys begin at a place that
 * is chosen at the start, so that ways are the same, overlap, or wrap round.
 * Whether an array grows after an add is chosen freely: this stands for every
 * policy of counting, for other threads' adds, and for a budget that refuses
 * (G7). The last array does not grow, and has room for everything.
 *
 * G1  an entry is filled before anybody sees it (seek)
 * G2  all adds of a key are given one entry (settle); in each array a key
 *     stands once (the end)
 * G3  what an add returned before a find began is found, and is the same
 * G4  behind MOVED there is an array (seek)
 * G5  when `current` passes an array all its entries stand behind it
 *     (advance); and it does pass every array that is moved whole (the end)
 * G6  a thread may stop for good at any slot of its way, and between claiming
 *     a stretch and moving it (STOP); all others still come to their end: no
 *     invalid end state. The graph of states has no cycle, which is
 *     what pan -l without a progress label says: so every operation ends
 *     after a bounded number of steps, whatever the others do.
 *
 * Every step is seen by all at once: spin knows no weak memory. That acquire
 * and release are enough is argued in slot_table.h, and tried by TSan.
 *
 * CHECK: -DOPS=2 -DFINDS=0
 * CHECK: -DOPS=2 -DFINDS=0 -DDISTINCT=1
 * CHECK: -DOPS=1 -DFINDS=2 -DSTOPPING=1
 * CHECK: -DOPS=1 -DFINDS=0 -DADDERS=3
 * CHECK: -DOPS=2 -DFINDS=0 -DSTOPPING=1 -DMEMORY_ENDS=1
 * CYCLES: -DOPS=1 -DFINDS=1 -DSTOPPING=1
 * BROKEN 1: an entry is published before it is filled
 * BROKEN 2: a mover steps over EMPTY slots without closing them
 * BROKEN 3: a stretch is counted when it is claimed, not when it is moved
 * BROKEN 4 [-DOPS=1 -DFINDS=1]: find takes MOVED for absent
 * BROKEN 5: stretches are moved before the next array is linked
 * BROKEN 6: after a lost exchange the winner of the slot is not looked at
 * BROKEN 7: an add that meets MOVED waits until the array is moved
 * BROKEN 8 [-DOPS=2 -DFINDS=0 -DDISTINCT=1]: current is advanced over one array at a time
 * BROKEN 9: a slot is stored to, not exchanged
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#ifndef OPS
#define OPS 2                   /* adds of one adder */
#endif
#ifndef STOPPING
#define STOPPING 0              /* threads that may stop for good */
#endif
#ifndef DISTINCT
#define DISTINCT 0              /* all keys are different */
#endif
#ifndef MEMORY_ENDS
#define MEMORY_ENDS 0           /* an array that is demanded may be refused */
#endif
#ifndef ADDERS
#define ADDERS 2
#endif
#ifndef FINDS
#define FINDS 1                 /* finds of one more thread */
#endif
#define THREADS (ADDERS + (FINDS > 0))
#define ENTRIES (ADDERS * OPS)
#define KEYS 4
#define ARRAYS 3
#define SLOTS 8                 /* of all arrays: 2, 2, 4 */
#define BASE(a) ((a) * 2)
#define CAPACITY(a) ((a) == 2 -> 4 : 2)
#define SLOT(a, at) slots[BASE(a) + ((at) % CAPACITY(a))]

#define EMPTY 0
#define MOVED 1
#define WORD(e) ((e) + 2)       /* of entry e, counted from 0 */
#define ENTRY(w) ((w) - 2)
#define NONE 255

byte slots[SLOTS];
bit linked[ARRAYS];             /* `next` of this array is set */
byte claimed[ARRAYS], moved[ARRAYS];
byte current;
bit filled[ENTRIES];
byte key_of[ENTRIES];
byte home[KEYS];
byte winner[KEYS] = NONE;       /* the entry that operations were given */
byte stops = STOPPING;
byte over;                      /* threads at their end, or stopped */
bit ready;

mtype = { FOUND, ADDED, ABSENT, CLOSED };

/* Here the thread may stop for good. */
#define STOP d_step { stops > 0 -> stops--; over++ }; goto end_stopped
#define MAY_STOP if :: true :: STOP fi

/* An operation was given entry e for key k. */
inline settle(k, e)
{
    assert(filled[e] && key_of[e] == k);                            /* G1 */
    assert(winner[k] == NONE || winner[k] == e);                    /* G2 */
    winner[k] = e
}

/* The end of a way, or one step on it: what a final word says. */
inline look(a, k, is_copy)
{
    if
    :: w == MOVED ->
        assert(a < ARRAYS - 1 && linked[a]);                        /* G4 */
        result = CLOSED; break
    :: w > MOVED && (is_copy -> w == word : key_of[ENTRY(w)] == k) ->
        assert(filled[ENTRY(w)]);                                   /* G1 */
        got = ENTRY(w); result = FOUND; break
    :: else -> i++
    fi
}

/* The way of key k through array a. word: to be put there; EMPTY: only find.
 * A load and what is made of it are one step, the exchange another. */
inline seek(a, k, is_copy)
{
    i = 0;
    do
    :: atomic { !exchange && i == CAPACITY(a) -> result = CLOSED; break }
    :: atomic { !exchange && i < CAPACITY(a) ->
        w = SLOT(a, home[k] + i);
        if
        :: w == EMPTY && word == EMPTY -> result = ABSENT; break
        :: w == EMPTY && word != EMPTY -> exchange = 1
        :: else -> look(a, k, is_copy)
        fi }
    :: atomic { exchange ->
        exchange = 0;
#if BROKEN == 9
        w = EMPTY;
#else
        w = SLOT(a, home[k] + i);
#endif
        if
        :: w == EMPTY ->
            SLOT(a, home[k] + i) = word; result = ADDED; break
        :: else ->
#if BROKEN == 6
            i++
#else
            look(a, k, is_copy)
#endif
        fi }
    :: STOP
    od
}

/* word into array a or one behind it; links what is not there, and made and
 * linked is one step, as of several that are made one is linked, and the others
 * are forgotten. result CLOSED: no memory. */
inline put(a, k, is_copy)
{
    do
    :: seek(a, k, is_copy);
#if BROKEN == 7
        if
        :: result == CLOSED && linked[a] && !is_copy ->
            moved[a] == CAPACITY(a)
        :: else
        fi;
#endif
        atomic {
            if
            :: result != CLOSED -> break
            :: result == CLOSED && linked[a] -> a++
            :: result == CLOSED && !linked[a] ->
                assert(a < ARRAYS - 1);
                linked[a] = 1; a++
            :: result == CLOSED && !linked[a] && MEMORY_ENDS -> break
            fi
        }
    od
}

/* Steps `current` over arrays that are moved whole. */
inline advance()
{
    from = current;
    do
    :: atomic { !linked[from] || moved[from] != CAPACITY(from) -> break }
    :: atomic { linked[from] && moved[from] == CAPACITY(from) -> skip };
        atomic {
            if
            :: current != from -> from = current
            :: else ->
                current = from + 1;
                all_stand_behind(from);
                from++;
#if BROKEN == 8
                break
#endif
            fi
        }
    od
}

/* G5, at the moment in which `current` passes array a. */
inline all_stand_behind(a)
{
    j = 0;
    do
    :: j == CAPACITY(a) -> break
    :: j < CAPACITY(a) ->
        assert(SLOT(a, j) != EMPTY);
        n = BASE(a + 1);
        do
        :: SLOT(a, j) == MOVED || (n < SLOTS && slots[n] == SLOT(a, j)) ->
            break
        :: else -> assert(n < SLOTS); n++
        od;
        j++
    od;
    j = 0; n = 0
}

/* Slot s of array a, a stretch by itself. */
inline move(a, s)
{
    w = SLOT(a, s);
#if BROKEN != 2
    if
    :: w == EMPTY ->
        atomic {
            w = SLOT(a, s);
            if :: w == EMPTY -> SLOT(a, s) = MOVED; w = MOVED :: else fi
        }
    :: else
    fi;
#endif
    result = FOUND;
    if
    :: w > MOVED ->
        atomic { word = w; into = a + 1 };
        put(into, key_of[ENTRY(word)], 1)
    :: else
    fi;
    word = EMPTY
}

/* Moves one stretch of the oldest array that has one left. */
inline help()
{
    a = current;
    do
#if BROKEN == 5
    :: atomic { a == ARRAYS - 1 -> break }
    :: atomic { a < ARRAYS - 1 -> s = CAPACITY(a) };
#else
    :: atomic { !linked[a] -> break }
    :: atomic { linked[a] -> s = CAPACITY(a) };
#endif
        if
        :: claimed[a] < CAPACITY(a) ->
            atomic { s = claimed[a]; claimed[a]++ }
        :: else
        fi;
        if
        :: s < CAPACITY(a) ->
            MAY_STOP;
#if BROKEN == 3
            moved[a]++;
#endif
            move(a, s);
            atomic {
                if
                :: result == CLOSED -> break
                :: else
#if BROKEN != 3
                    -> moved[a]++
#endif
                fi;
                last = moved[a] == CAPACITY(a)
            };
            if :: last -> advance() :: else fi;
            break
        :: else -> a++
        fi
    od
}

inline add(e)
{
#if BROKEN != 1
    filled[e] = 1;
#endif
    atomic { a = current; word = WORD(e) };
    put(a, key_of[e], 0);
#if BROKEN == 1
    filled[e] = 1;
#endif
    atomic {
        word = EMPTY;
        if
        :: result == ADDED -> got = e; settle(key_of[e], got)
        :: result == FOUND -> settle(key_of[e], got)
        :: else -> assert(MEMORY_ENDS)                              /* G7 */
        fi
    };
    if
    :: result == ADDED ->
        /* Growth that was asked for, or put off. */
        if
        :: true
        :: a < ARRAYS - 1 -> linked[a] = 1
        fi;
        help()
    :: else
    fi
}

inline find(k)
{
    atomic { known = winner[k]; a = current };
    do
    :: seek(a, k, 0);
        atomic {
            if
            :: result == FOUND -> settle(k, got); break
#if BROKEN == 4
            :: result != FOUND -> assert(known == NONE); break
#else
            :: result == ABSENT || (result == CLOSED && !linked[a]) ->
                assert(known == NONE); break                        /* G3 */
            :: result == CLOSED && linked[a] -> a++
#endif
            fi
        }
    od
}

#define LOCALS \
    byte i, w, word, a, s, into, from, got, known, j, n, e; \
    bit exchange, last; \
    mtype result

proctype Adder(byte index)
{
    LOCALS;
    ready;
    e = index * OPS;
    do
    :: e < (index + 1) * OPS -> add(e); e++
    :: else -> break
    od;
    over++;
end_stopped:
    false
}

proctype Finder()
{
    LOCALS;
    byte k;
    ready;
    do
    :: e < FINDS -> if :: k = 0 :: k = 1 :: k = 2 fi; find(k); e++
    :: else -> break
    od;
    over++;
end_stopped:
    false
}

/* No key stands twice in an array, nor any but its winner (G2), and nobody
 * left `current` before an array that is moved whole (G5). */
inline check_end()
{
    j = 0;
    do
    :: j == SLOTS -> break
    :: else ->
        if
        :: slots[j] > MOVED ->
            n = winner[key_of[ENTRY(slots[j])]];
            assert(n == ENTRY(slots[j]) ||
                   (n == NONE && stops < STOPPING));
            n = j + 1;
            do
            :: n == SLOTS || (j < 4 && n == 2 + 2 * (j / 2)) -> break
            :: else -> assert(slots[n] != slots[j]); n++
            od
        :: else
        fi;
        j++
    od;
    assert(stops < STOPPING || !linked[current] ||
           moved[current] != CAPACITY(current))
}

init
{
    byte j, n;
    atomic {
        do
        :: j == ADDERS -> break
        :: else -> run Adder(j); j++
        od;
        if :: FINDS > 0 -> run Finder() :: else fi;
        /* Every division of the entries over keys, each once: an entry has
         * the key of one before it, or the first that none has. */
        j = 1;
        do
        :: j == ENTRIES -> break
        :: j < ENTRIES && DISTINCT -> key_of[j] = j; j++
        :: j < ENTRIES && !DISTINCT -> key_of[j] = 0; j++
        :: j < ENTRIES && !DISTINCT -> key_of[j] = 1; n = (n > 1 -> n : 1); j++
        :: j < ENTRIES && !DISTINCT && n >= 1 -> key_of[j] = 2; n = 2; j++
        od;
        /* All ways the same and round the end; or different. */
        if
        :: home[0] = 1; home[1] = 1; home[2] = 1; home[3] = 1
        :: home[0] = 1; home[1] = 3; home[2] = 0; home[3] = 2
        fi;
        j = 0; n = 0;
        ready = 1
    };
    atomic { over == THREADS -> check_end() }
}
