#ifndef SANDPIPER_STAGES_PARSE_TEXT_FOLD_H
#define SANDPIPER_STAGES_PARSE_TEXT_FOLD_H

#include "stages/parse/text_class.h"
#include "stages/parse/text_scratch.h"
#include "stages/units.h"

/*
 * Folds a text, toNFKC(toCasefold(toNFKC(x))), and counts its code points and
 * letters (before folding) on the way. ASCII goes by blocks, what folds alone
 * by tables; only where code points may compose or change order is a stretch
 * of text, from a border to the next, given to text_normalise.
 */
struct text_tally {
    uint32_t counts[TEXT_TALLIES];  /* by script; TEXT_NO_LETTER: the rest */
};

/* Behind what is to be folded, scratch->source.bytes[0..size), so many bytes
 * are reserved; text_fold writes them. */
#define TEXT_FOLD_PADDING 16

struct folded_text {
    const uint8_t *bytes;
    size_t size;
};

/*
 * With collapse, runs of White_Space become one U+0020, none at either end.
 * The folded text is borrowed from scratch->folded until the next fold. False
 * when out of memory.
 */
bool text_fold(struct text_scratch *scratch, size_t size, bool collapse,
               struct text_tally *tally, struct folded_text *folded);

#endif
