/*
 * gen_words: the raw vocabulary, as UTF-8, words separated by '|'.
 *
 * Words are common ones, in no order; a list has at least 48. The languages
 * that are written without spaces have short phrases for words. Rare words,
 * which real text is full of, are made up from letters when the lexicon is
 * opened. Static data, borrowed for ever.
 */
#ifndef GEN_WORDS_H
#define GEN_WORDS_H

#include <stdint.h>

enum gen_language {
    GEN_ENGLISH,
    GEN_SPANISH,
    GEN_JAPANESE,
    GEN_CHINESE,
    GEN_ARABIC,
    GEN_THAI,
    GEN_RUSSIAN,
    GEN_KOREAN,
    GEN_INDONESIAN, /* its code in the archive is the old one, `in` */
    GEN_HEBREW,     /* likewise `iw` */
    GEN_UNDETERMINED,
    GEN_LANGUAGES
};

struct gen_vocabulary {
    const char *code;      /* as in `lang` */
    const char *canonical; /* as in the features: `in` becomes `id` */
    const char *words;
    const char *tags;  /* hashtags without the sign */
    const char *names; /* display names and their parts */
    const char *places;
    uint8_t spaced;       /* words stand apart */
    uint8_t words_a_post; /* as a share of English in 1/16 */
    uint16_t letters_from, letters; /* code points that rare words are made of;
                                       0: of Latin syllables */
};

extern const struct gen_vocabulary gen_vocabularies[GEN_LANGUAGES];
extern const char gen_emoji[];        /* for every language */
extern const char gen_domains[];      /* of links */
extern const char gen_syllables[];    /* of screen names, ASCII */
extern const char *const gen_topic_tags[]; /* by enum gen_topic; [0] is empty */
extern const char gen_sites[]; /* by enum gen_site, from 1 */

#endif
