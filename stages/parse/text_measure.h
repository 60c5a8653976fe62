#ifndef SANDPIPER_STAGES_PARSE_TEXT_MEASURE_H
#define SANDPIPER_STAGES_PARSE_TEXT_MEASURE_H

#include "stages/parse/text_scratch.h"
#include "stages/units.h"

/*
 * What is kept of a post's text (struct text_measure). In this order:
 *
 *   1. URLs, media and mentions are removed: ranges of code points, ranges of
 *      bytes, or what looks like one;
 *   2. &amp; &lt; &gt; are decoded once, where the dialect writes them;
 *   3. code points are counted, and letters (general category L) by the
 *      Unicode property Script;
 *   4. toNFKC(toCasefold(toNFKC(x))), with full case folding;
 *   5. runs of White_Space become one U+0020, none at either end;
 *   6. XXH3-64 with seed 0; 0 is written as 1.
 *
 * Texts are decoded, valid UTF-8; they may hold NUL (CSV's reader removes NUL
 * before). Unicode is 15.0 (text_class_table.c, libutf8proc 2.8). Time and
 * memory are linear in the text, beside sorting the ranges. Scratch grows to
 * some 2 times the largest text, or, where its characters expand or combine
 * without end, at most 40 times.
 */

/* From..to of what the ranges count, to not included. Any order and values:
 * they are clipped to the text, may overlap, and what is empty or reversed
 * removes nothing. */
struct text_range {
    int64_t from, to;
};

enum text_removal {
    /* Ranges of code points of the text as it was given, before decoding of
     * &amp;: the indices of Twitter's entities. */
    TEXT_REMOVE_POINTS,
    /* Ranges of UTF-8 bytes: Bluesky's facets. A code point goes if its first
     * byte is in a range. */
    TEXT_REMOVE_BYTES,
    /* By pattern (ranges are not looked at): http:// or https:// in any case
     * with all that is not White_Space behind it. Reddit. */
    TEXT_REMOVE_URLS,
    /* Those, and in what is left @ with 1 to 15 of [A-Za-z0-9_], as many as
     * there are, not behind [A-Za-z0-9_@]. CSV. */
    TEXT_REMOVE_URLS_AND_MENTIONS,
};

struct text_source {
    struct text text;
    enum text_removal removal;
    bool decode_entities;       /* &amp; &lt; &gt; */
    struct text_range *ranges;  /* borrowed, and put in order */
    size_t range_count;
};

/* False when out of memory. A text of size 0 is an empty one. */
bool text_measure(struct text_scratch *scratch,
                  const struct text_source *source,
                  struct text_measure *measure);

/*
 * The folded hashtag (step 4 alone) to out, which has room for
 * HASHTAG_FOLD_GROWTH times the tag's bytes, and its size. The bound: no code
 * point's folded text has more bytes for each of its own (U+FDFA, 3 bytes to
 * 33, has most; test_text_fold tries all), and composing only shortens.
 * False when out of memory, or for a tag of more than UINT32_MAX /
 * HASHTAG_FOLD_GROWTH bytes. out does not overlap the tag.
 */
#define HASHTAG_FOLD_GROWTH 11
bool hashtag_fold(struct text_scratch *scratch, struct text tag, char *out,
                  uint32_t *size);

#endif
