/*
 * gen_lexicon: the vocabulary, made ready to be copied into JSON.
 *
 * Words are escaped once, at the start, as the archive escapes them: pure
 * ASCII, \uXXXX in lower case with surrogate pairs, \/ and \" and \u003c.
 * A phrase knows its escaped bytes and how many code points it stands for,
 * since entity indices count code points.
 *
 * A lexicon owns all its memory; phrases are borrowed from it until
 * gen_lexicon_close. Read-only after gen_lexicon_open: any number of threads.
 */
#ifndef GEN_LEXICON_H
#define GEN_LEXICON_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "gen_post.h"
#include "gen_random.h"
#include "gen_words.h"

#define GEN_RARE_WORDS 8192 /* of each language */
#define GEN_RARE_PERCENT 60
#define GEN_PHRASE_STEP 32

struct gen_phrase {
    const char *bytes;
    uint16_t length;
    uint16_t points;
};

/* Appends a phrase and gives the new end. Most have a step's length or less,
 * and copying a whole step is cheaper than finding out how much: so a phrase is
 * followed by a step of memory that may be read, and `out` by one to spare. */
static inline char *gen_put_phrase(char *out, const struct gen_phrase *phrase)
{
    memcpy(out, phrase->bytes, GEN_PHRASE_STEP);
    if (phrase->length > GEN_PHRASE_STEP) {
        memcpy(out + GEN_PHRASE_STEP, phrase->bytes + GEN_PHRASE_STEP,
               (size_t)phrase->length - GEN_PHRASE_STEP);
    }
    return out + phrase->length;
}

struct gen_phrases {
    struct gen_phrase *list;
    uint32_t count;
};

struct gen_lexicon {
    struct gen_phrases words[GEN_LANGUAGES];
    struct gen_phrases rare[GEN_LANGUAGES];
    struct gen_phrases tags[GEN_LANGUAGES];
    struct gen_phrases names[GEN_LANGUAGES];
    struct gen_phrases places[GEN_LANGUAGES];
    struct gen_phrases topics[GEN_TOPICS]; /* hashtags; none of [0] */
    struct gen_phrases emoji, domains, sites, syllables;
};

/* The hashtags of a topic, in a language. */
static inline const struct gen_phrases *gen_lexicon_tags(const struct gen_lexicon *lexicon,
                                                         unsigned topic, unsigned language)
{
    return topic == GEN_TOPIC_LANGUAGE ? &lexicon->tags[language]
                                       : &lexicon->topics[topic];
}

/* 0, or -ENOMEM (then there is nothing to close). */
int gen_lexicon_open(struct gen_lexicon *lexicon);
void gen_lexicon_close(struct gen_lexicon *lexicon);

/* One of the phrases; a word, common or rare. */
const struct gen_phrase *gen_phrase_pick(const struct gen_phrases *phrases,
                                         struct gen_rng *rng);
const struct gen_phrase *gen_word_pick(const struct gen_lexicon *lexicon,
                                       unsigned language, struct gen_rng *rng);

/* Reads one code point of valid UTF-8; gives its length in bytes. Writes one as
 * the archive escapes it, 12 bytes at most; gives the new end. */
size_t gen_decode_point(const char *utf8, uint32_t *point);
char *gen_put_point(char *out, uint32_t point);

/* Escapes UTF-8 into `out`, which has room for 6 bytes for each of `length`;
 * gives the bytes written, and the code points if `points` is not NULL. */
size_t gen_escape(char *out, const char *utf8, size_t length, uint16_t *points);

#endif
