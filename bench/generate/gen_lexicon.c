#include "gen_lexicon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_put.h"

size_t gen_decode_point(const char *utf8, uint32_t *point)
{
    const unsigned char *u = (const unsigned char *)utf8;
    if (u[0] < 0x80) {
        *point = u[0];
        return 1;
    }
    if (u[0] < 0xe0) {
        *point = (uint32_t)(u[0] & 0x1f) << 6 | (u[1] & 0x3f);
        return 2;
    }
    if (u[0] < 0xf0) {
        *point = (uint32_t)(u[0] & 0x0f) << 12 | (uint32_t)(u[1] & 0x3f) << 6 |
                 (u[2] & 0x3f);
        return 3;
    }
    *point = (uint32_t)(u[0] & 0x07) << 18 | (uint32_t)(u[1] & 0x3f) << 12 |
             (uint32_t)(u[2] & 0x3f) << 6 | (u[3] & 0x3f);
    return 4;
}

static char *put_unit(char *out, uint32_t unit)
{
    out = GEN_PUT(out, "\\u");
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        *out++ = "0123456789abcdef"[(unit >> (shift - 4)) & 15];
    }
    return out;
}

char *gen_put_point(char *out, uint32_t point)
{
    if (point >= 0x10000) {
        out = put_unit(out, 0xd800 + ((point - 0x10000) >> 10));
        return put_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
    if (point >= 0x7f || point < 0x20 || point == '<' || point == '>') {
        return put_unit(out, point);
    }
    if (point == '/' || point == '"' || point == '\\') {
        *out++ = '\\';
    }
    *out++ = (char)point;
    return out;
}

size_t gen_escape(char *out, const char *utf8, size_t length, uint16_t *points)
{
    char *begin = out;
    uint16_t count = 0;
    for (size_t at = 0; at < length; count++) {
        uint32_t point;
        at += gen_decode_point(utf8 + at, &point);
        out = gen_put_point(out, point);
    }
    if (points != NULL) {
        *points = count;
    }
    return (size_t)(out - begin);
}

/* Cuts `words` at '|'. The list and its bytes are one allocation. */
static int open_phrases(struct gen_phrases *phrases, const char *words)
{
    size_t length = strlen(words);
    uint32_t count = length > 0;
    for (size_t i = 0; i < length; i++) {
        count += words[i] == '|';
    }
    phrases->count = 0;
    phrases->list = malloc(count * sizeof(struct gen_phrase) + 6 * length + GEN_PHRASE_STEP);
    if (phrases->list == NULL) {
        return -ENOMEM;
    }
    char *bytes = (char *)(phrases->list + count);
    const char *word = words;
    while (phrases->count < count) {
        struct gen_phrase *phrase = &phrases->list[phrases->count++];
        size_t width = strcspn(word, "|");
        size_t escaped = gen_escape(bytes, word, width, &phrase->points);
        phrase->bytes = bytes;
        phrase->length = (uint16_t)escaped;
        bytes += escaped;
        word += width + 1;
    }
    return 0;
}

/* Two to four letters or syllables. */
static char *put_rare_word(char *out, const struct gen_vocabulary *about,
                           const struct gen_phrases *syllables, struct gen_rng *rng,
                           uint16_t *points)
{
    unsigned parts = 2 + gen_rng_below(rng, 3);
    *points = 0;
    for (unsigned i = 0; i < parts; i++) {
        if (about->letters > 0) {
            out = gen_put_point(out, about->letters_from + gen_rng_below(rng, about->letters));
            *points = (uint16_t)(*points + 1);
        } else {
            const struct gen_phrase *part = gen_phrase_pick(syllables, rng);
            out = gen_put_phrase(out, part);
            *points = (uint16_t)(*points + part->points);
        }
    }
    return out;
}

static int open_rare_words(struct gen_phrases *phrases, unsigned language,
                           const struct gen_phrases *syllables)
{
    struct gen_rng rng = {gen_mix2(language, 0x4a4e)};
    if (language == GEN_UNDETERMINED) {
        return open_phrases(phrases, gen_vocabularies[language].words);
    }
    size_t bytes_max = sizeof(struct gen_phrase) + 24; /* four letters escaped */
    phrases->list = malloc(GEN_RARE_WORDS * bytes_max + GEN_PHRASE_STEP);
    if (phrases->list == NULL) {
        return -ENOMEM;
    }
    char *bytes = (char *)(phrases->list + GEN_RARE_WORDS);
    for (phrases->count = 0; phrases->count < GEN_RARE_WORDS; phrases->count++) {
        struct gen_phrase *phrase = &phrases->list[phrases->count];
        phrase->bytes = bytes;
        bytes = put_rare_word(bytes, &gen_vocabularies[language], syllables, &rng,
                              &phrase->points);
        phrase->length = (uint16_t)(bytes - phrase->bytes);
    }
    return 0;
}

static int open_language(struct gen_lexicon *lexicon, unsigned language)
{
    const struct gen_vocabulary *from = &gen_vocabularies[language];
    int failed = open_phrases(&lexicon->words[language], from->words);
    failed |= open_phrases(&lexicon->tags[language], from->tags);
    failed |= open_phrases(&lexicon->names[language], from->names);
    failed |= open_phrases(&lexicon->places[language], from->places);
    failed |= failed != 0 ? failed
                          : open_rare_words(&lexicon->rare[language], language,
                                            &lexicon->syllables);
    return failed;
}

const struct gen_phrase *gen_phrase_pick(const struct gen_phrases *phrases,
                                         struct gen_rng *rng)
{
    return &phrases->list[gen_rng_below(rng, phrases->count)];
}

const struct gen_phrase *gen_word_pick(const struct gen_lexicon *lexicon,
                                       unsigned language, struct gen_rng *rng)
{
    uint64_t draw = gen_rng_next(rng); /* one for both: this is the hottest line */
    bool rare = (draw & 0xffff) * 100 < GEN_RARE_PERCENT * 0x10000u;
    const struct gen_phrases *phrases =
        rare ? &lexicon->rare[language] : &lexicon->words[language];
    return &phrases->list[(draw >> 32) * phrases->count >> 32];
}

int gen_lexicon_open(struct gen_lexicon *lexicon)
{
    memset(lexicon, 0, sizeof(*lexicon));
    int failed = open_phrases(&lexicon->emoji, gen_emoji);
    failed |= open_phrases(&lexicon->domains, gen_domains);
    failed |= open_phrases(&lexicon->syllables, gen_syllables);
    failed |= open_phrases(&lexicon->sites, gen_sites);
    for (unsigned topic = 0; topic < GEN_TOPICS; topic++) {
        failed |= open_phrases(&lexicon->topics[topic], gen_topic_tags[topic]);
    }
    for (unsigned language = 0; language < GEN_LANGUAGES && failed == 0; language++) {
        failed = open_language(lexicon, language);
    }
    if (failed != 0) {
        gen_lexicon_close(lexicon);
        return -ENOMEM;
    }
    return 0;
}

void gen_lexicon_close(struct gen_lexicon *lexicon)
{
    for (unsigned language = 0; language < GEN_LANGUAGES; language++) {
        free(lexicon->words[language].list);
        free(lexicon->rare[language].list);
        free(lexicon->tags[language].list);
        free(lexicon->names[language].list);
        free(lexicon->places[language].list);
    }
    free(lexicon->emoji.list);
    free(lexicon->domains.list);
    free(lexicon->syllables.list);
    free(lexicon->sites.list);
    for (unsigned topic = 0; topic < GEN_TOPICS; topic++) {
        free(lexicon->topics[topic].list);
    }
    memset(lexicon, 0, sizeof(*lexicon));
}
