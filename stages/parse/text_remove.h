#ifndef SANDPIPER_STAGES_PARSE_TEXT_REMOVE_H
#define SANDPIPER_STAGES_PARSE_TEXT_REMOVE_H

#include "stages/parse/text_measure.h"

/*
 * A text without its URLs, media and mentions (enum text_removal), and with
 * &amp; &lt; &gt; decoded once. Where pieces meet, "&am" and "p;" are an &.
 */

/* Writes the text without what is removed to out, which has room for all of
 * it and does not overlap it; its size. Puts the ranges in order. */
size_t text_remove(const struct text_source *source, uint8_t *out);

/* Decodes in place; the size that is left. */
size_t text_decode_entities(uint8_t *bytes, size_t size);

#endif
