#include "stages/parse/text_fold.h"

#include "stages/parse/fold_block.h"
#include "stages/parse/text_normal.h"

#include <string.h>

/* Room behind out, beside that for what is left of the source as it is: a
 * block is stored whole, and a code point as POINT_COPY_BYTES. */
#define FOLD_SLACK (2 * TEXT_BLOCK_BYTES)
#define POINT_COPY_BYTES 4

struct folding {
    struct text_scratch *scratch;
    struct text_tally *tally;
    bool collapse;
    const uint8_t *text, *in, *end;     /* the source: from in it is left */
    uint8_t *first, *out, *limit;       /* the folded text */
    uint8_t *mapped;        /* where the last MAPPED code point was written */
    enum text_kind last;    /* of the code point before in */
};

/* Room for bytes, and behind them for what is left of the source. The folded
 * text begins behind a white space, as which the start of a text counts. */
static bool reserve(struct folding *f, size_t bytes)
{
    size_t need = bytes + (size_t)(f->end - f->in) + FOLD_SLACK;
    if (f->first && (size_t)(f->limit - f->out) >= need)
        return true;
    size_t used = f->first ? (size_t)(f->out - f->first) : 0;
    size_t mapped = f->first ? (size_t)(f->mapped - f->first) : 0;
    struct text_buffer *folded = &f->scratch->folded;
    if (!text_buffer_reserve(folded, 1 + used + need))
        return false;
    folded->bytes[0] = ' ';
    f->first = folded->bytes + 1;
    f->out = f->first + used;
    f->mapped = f->first + mapped;
    f->limit = folded->bytes + folded->capacity;
    return true;
}

/* Writes what a piece of the source, which ends at in, has folded to. */
static bool emit(struct folding *f, const uint8_t *bytes, size_t size)
{
    if (!reserve(f, size))
        return false;
    if (!f->collapse) {
        if (size)
            memcpy(f->out, bytes, size);
        f->out += size;
        return true;
    }
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != ' ' || f->out[-1] != ' ')
            *f->out++ = bytes[i];
    return true;
}

/* Takes the stretch in full: from the border before in, or where white space
 * is, to the next border. What was written of it is taken back. */
static const uint8_t *step_back(struct folding *f)
{
    const uint8_t *from = f->in;
    bool joins = true;
    while (joins && from > f->text) {
        const uint8_t *before = utf8_before(from);
        enum text_kind kind = *before < 0x80 ? TEXT_FIRST
                                             : text_kind(utf8_point(before));
        if (kind == TEXT_WHITE || ascii_white(*before))
            break;
        f->out = kind == TEXT_MAPPED ? f->mapped : f->out - (from - before);
        from = before;
        joins = text_joins(kind);
    }
    return from;
}

static bool fold_stretch(struct folding *f, const uint8_t *from)
{
    f->in += utf8_size(*f->in);
    while (f->in < f->end) {
        unsigned class = text_class(utf8_point(f->in));
        if (!text_joins((enum text_kind)(class >> 4)))
            break;
        f->tally->counts[class & (TEXT_TALLIES - 1)]++;
        f->in += utf8_size(*f->in);
    }
    f->last = TEXT_KNOT;
    size_t size;
    return text_normalise(f->scratch, from, (size_t)(f->in - from), &size) &&
           emit(f, f->scratch->stretch.bytes, size);
}

static bool fold_mapped(struct folding *f)
{
    const uint8_t *to = text_mapped(utf8_point(f->in));
    f->in += utf8_size(*f->in);
    f->mapped = f->out;
    f->last = TEXT_MAPPED;
    return emit(f, to + 1, to[0]);
}

/* The mark at in stands behind a joiner in canonical order. */
static bool in_order(const struct folding *f)
{
    return text_combining(utf8_point(utf8_before(f->in))) <=
           text_combining(utf8_point(f->in));
}

/* The code point at in, which cannot just be copied; it has been counted. */
static bool fold_other(struct folding *f, enum text_kind kind)
{
    if (kind == TEXT_MAPPED)
        return fold_mapped(f);
    if (kind == TEXT_WHITE && !f->collapse)
        return fold_stretch(f, f->in);
    if (kind == TEXT_WHITE) {
        f->in += utf8_size(*f->in);
        f->last = TEXT_WHITE;
        return emit(f, (const uint8_t *)" ", 1);
    }
    if (kind == TEXT_MARK && text_joins(f->last) && in_order(f)) {
        unsigned size = utf8_size(*f->in);
        memcpy(f->out, f->in, size);
        f->in += size;
        f->out += size;
        f->last = TEXT_MARK;
        return true;
    }
    return fold_stretch(f, step_back(f));
}

/* Whether a joiner behind a code point of kind last is folded by copying it.
 * A string is normal if each of its code points is and none may compose or
 * change order (UAX #15, section 9); what is PLAIN has no decomposition that
 * a JOIN could compose with inside. */
static inline bool is_copied(enum text_kind kind, enum text_kind last)
{
    if (kind == TEXT_MARK)
        return last <= TEXT_FIRST || last == TEXT_WHITE;
    return kind == TEXT_JOIN && (last == TEXT_PLAIN || last == TEXT_WHITE);
}

/* Takes the marked bytes out of a block; what stands behind it, of which a
 * block is readable, moves along. */
static inline void take_out(uint8_t *block, uint32_t marked)
{
    while (marked) {        /* from the last, so that the others stay */
        unsigned at = 31 - (unsigned)__builtin_clz(marked);
        block_copy(block + at + 1, block + at);
        marked ^= 1u << at;
    }
}

/* The ASCII at in, up to what is none; returns its bytes. */
static inline size_t fold_ascii(struct folding *f,
                                struct block_letters *letters)
{
    const uint8_t *in = f->in, *end = f->end;
    uint8_t *out = f->out;
    unsigned count;
    do {
        uint32_t whites;
        count = block_ascii(in, (size_t)(end - in), out, f->collapse, letters,
                            &whites);
        in += count;
        out += count;
        if (whites) {
            take_out(out - count, whites);
            out -= count_bits16(whites);
        }
    } while (count == TEXT_BLOCK_BYTES && in < end);
    size_t bytes = (size_t)(in - f->in);
    f->in = in;
    f->out = out;
    f->last = TEXT_FIRST;
    return bytes;
}

/* The ideographs at in, of which there is one. */
static inline size_t fold_han(const uint8_t *in, uint8_t *out,
                              struct text_tally *tally)
{
    unsigned bytes = block_han(in);
    block_copy(in, out);
    tally->counts[SCRIPT_HAN] += bytes / 3;
    return bytes;
}

/* What is not ASCII from in on, and single spaces in it. */
static inline bool fold_points(struct folding *f)
{
    const uint8_t *in = f->in;
    uint8_t *out = f->out;
    uint32_t *counts = f->tally->counts;
    enum text_kind last = f->last;
    for (;;) {
        unsigned size, class;
        if (*in < 0xE0) {
            if (*in == ' ' && in[1] >= 0x80) {
                counts[TEXT_NO_LETTER]++;
                in++;
                out += !f->collapse || out[-1] != ' ';
                out[-1] = ' ';
                last = TEXT_FIRST;
                continue;
            }
            if (*in < 0x80)     /* so is what stands behind the source */
                break;
            size = 2;
            class = text_class_low(utf8_point2(in));
        } else if (*in < 0xF0) {
            if (*in >= 0xE5 && *in <= 0xE9) {
                size_t bytes = fold_han(in, out, f->tally);
                in += bytes;
                out += bytes;
                last = TEXT_PLAIN;
                continue;
            }
            size = 3;
            class = text_class(utf8_point3(in));
        } else {
            size = 4;
            class = text_class(utf8_point4(in));
        }
        enum text_kind kind = (enum text_kind)(class >> 4);
        counts[class & (TEXT_TALLIES - 1)]++;
        if (kind <= TEXT_FIRST || is_copied(kind, last)) {
            memcpy(out, in, POINT_COPY_BYTES);
            in += size;
            out += size;
            last = kind;
            continue;
        }
        f->in = in;
        f->out = out;
        f->last = last;
        if (!fold_other(f, kind))
            return false;
        in = f->in;
        out = f->out;
        last = f->last;
    }
    f->in = in;
    f->out = out;
    f->last = last;
    return true;
}

bool text_fold(struct text_scratch *scratch, size_t size, bool collapse,
               struct text_tally *tally, struct folded_text *folded)
{
    uint8_t *text = scratch->source.bytes;
    memset(text + size, 0, TEXT_FOLD_PADDING);
    memset(tally, 0, sizeof *tally);
    struct folding f = {.scratch = scratch, .tally = tally,
                        .collapse = collapse, .last = TEXT_WHITE,
                        .text = text, .in = text, .end = text + size};
    if (!reserve(&f, 0))
        return false;
    struct block_letters letters;
    memset(&letters, 0, sizeof letters);
    size_t ascii = 0;
    while (f.in < f.end) {
        if (*f.in < 0x80)
            ascii += fold_ascii(&f, &letters);
        else if (!fold_points(&f))
            return false;
    }
    if (collapse && f.out > f.first && f.out[-1] == ' ')
        f.out--;
    uint32_t latin = block_letters_sum(&letters);
    tally->counts[SCRIPT_LATIN] += latin;
    tally->counts[TEXT_NO_LETTER] += (uint32_t)ascii - latin;
    *folded = (struct folded_text){f.first, (size_t)(f.out - f.first)};
    return true;
}
