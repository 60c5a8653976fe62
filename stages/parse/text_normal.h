#ifndef SANDPIPER_STAGES_PARSE_TEXT_NORMAL_H
#define SANDPIPER_STAGES_PARSE_TEXT_NORMAL_H

#include "stages/parse/text_scratch.h"

/*
 * Normalising in full, through utf8proc: the specification that text_fold
 * agrees with, and what it calls for the few code points that compose or
 * change order.
 *
 * utf8proc's own way from text to text (utf8proc_map) allocates, and sorts
 * combining marks by insertion, which takes hours for a text of marks alone;
 * so it is asked for one code point's decomposition at a time, and the order
 * is ours. Without UTF8PROC_STABLE it composes what Unicode excludes.
 */

/* toNFKC(toCasefold(toNFKC(x))) of valid UTF-8, to scratch->stretch; its
 * size. Uses scratch->points. The text is not in these. False when out of
 * memory. */
bool text_normalise(struct text_scratch *scratch, const uint8_t *text,
                    size_t size, size_t *normal_size);

/* Canonical_Combining_Class. */
unsigned text_combining(uint32_t point);
/* The version of Unicode that utf8proc knows: "15.0.0". */
const char *text_normal_unicode(void);

#endif
