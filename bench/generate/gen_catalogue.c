#include "gen_catalogue.h"

#include <errno.h>
#include <stdlib.h>

#define BYTES_MAX 65536

/* Lower case of the vocabulary's own letters: ASCII, Latin-1, Cyrillic. The
 * check of the generator holds it against Unicode's fold. */
static uint32_t fold_point(uint32_t point)
{
    bool latin = (point >= 'A' && point <= 'Z') ||
                 (point >= 0xc0 && point <= 0xde && point != 0xd7);
    bool cyrillic = point >= 0x410 && point <= 0x42f;
    return latin || cyrillic ? point + 0x20 : point >= 0x400 && point <= 0x40f
                                                  ? point + 0x50 : point;
}

/* Where the next label goes. */
static char *next_label(const struct gen_catalogue *catalogue)
{
    if (catalogue->count == 0) {
        return catalogue->bytes;
    }
    const char *last = catalogue->labels[catalogue->count - 1];
    return catalogue->bytes + (last - catalogue->bytes) + strlen(last) + 1;
}

/* Folds and escapes; the number of the label, old or new. */
static uint16_t add_label(struct gen_catalogue *catalogue, unsigned section,
                          const char *utf8, size_t length)
{
    char *out = next_label(catalogue);
    char *end = out;
    for (size_t at = 0; at < length;) {
        uint32_t point;
        at += gen_decode_point(utf8 + at, &point);
        end = gen_put_point(end, section == GEN_OF_HASHTAGS ? fold_point(point) : point);
    }
    *end = '\0';
    for (uint16_t i = catalogue->first[section]; i < catalogue->count; i++) {
        if (strcmp(catalogue->labels[i], out) == 0) {
            return i;
        }
    }
    catalogue->labels[catalogue->count] = out;
    return catalogue->count++;
}

static void add_words(struct gen_catalogue *catalogue, unsigned section,
                      const char *words, uint16_t *numbers)
{
    for (unsigned i = 0; *words != '\0'; i++) {
        size_t length = strcspn(words, "|");
        size_t www = section == GEN_OF_DOMAINS && strncmp(words, "www.", 4) == 0 ? 4 : 0;
        uint16_t number = add_label(catalogue, section, words + www, length - www);
        if (numbers != NULL) {
            numbers[i] = number;
        }
        words += length + (words[length] == '|');
    }
}

int gen_catalogue_open(struct gen_catalogue *catalogue, const struct gen_lexicon *lexicon)
{
    memset(catalogue, 0, sizeof(*catalogue));
    catalogue->bytes = malloc(BYTES_MAX);
    if (catalogue->bytes == NULL) {
        return -ENOMEM;
    }
    for (unsigned client = 0; client < GEN_NO_CLIENT; client++) {
        const char *name = gen_client_texts[client].name;
        add_label(catalogue, GEN_OF_CLIENTS, name, strlen(name));
    }
    catalogue->first[GEN_OF_LANGUAGES] = catalogue->count;
    for (unsigned language = 0; language < GEN_UNDETERMINED; language++) {
        const char *code = gen_vocabularies[language].canonical;
        add_label(catalogue, GEN_OF_LANGUAGES, code, strlen(code));
    }
    catalogue->first[GEN_OF_DOMAINS] = catalogue->count;
    add_words(catalogue, GEN_OF_DOMAINS, gen_domains, NULL);
    add_words(catalogue, GEN_OF_DOMAINS, gen_sites, NULL);
    add_words(catalogue, GEN_OF_DOMAINS, "twitter.com", NULL);
    catalogue->first[GEN_OF_HASHTAGS] = catalogue->count;
    for (unsigned language = 0; language < GEN_LANGUAGES; language++) {
        add_words(catalogue, GEN_OF_HASHTAGS, gen_vocabularies[language].tags,
                  catalogue->tags[language]);
    }
    for (unsigned topic = 0; topic < GEN_TOPICS; topic++) {
        add_words(catalogue, GEN_OF_HASHTAGS, gen_topic_tags[topic],
                  catalogue->topic_tags[topic]);
    }
    catalogue->first[GEN_SECTIONS] = catalogue->count;
    uint32_t domains = lexicon->domains.count + lexicon->sites.count + 1;
    if (domains + catalogue->first[GEN_OF_DOMAINS] != catalogue->first[GEN_OF_HASHTAGS]) {
        abort(); /* two domains of the vocabulary are one */
    }
    return 0;
}

void gen_catalogue_close(struct gen_catalogue *catalogue)
{
    free(catalogue->bytes);
    memset(catalogue, 0, sizeof(*catalogue));
}

uint16_t gen_catalogue_photos(const struct gen_catalogue *catalogue)
{
    return (uint16_t)(catalogue->first[GEN_OF_HASHTAGS] - 1);
}

uint16_t gen_catalogue_client(const struct gen_catalogue *catalogue, uint8_t client)
{
    return client >= GEN_NO_CLIENT
               ? GEN_NO_LABEL : (uint16_t)(catalogue->first[GEN_OF_CLIENTS] + client);
}

uint16_t gen_catalogue_language(const struct gen_catalogue *catalogue, uint8_t language)
{
    return language == GEN_UNDETERMINED
               ? GEN_NO_LABEL : (uint16_t)(catalogue->first[GEN_OF_LANGUAGES] + language);
}

uint16_t gen_catalogue_domain(const struct gen_catalogue *catalogue, uint32_t domain)
{
    return (uint16_t)(catalogue->first[GEN_OF_DOMAINS] + domain);
}

uint16_t gen_catalogue_tag(const struct gen_catalogue *catalogue, unsigned topic,
                           unsigned language, unsigned pick)
{
    return topic == GEN_TOPIC_LANGUAGE ? catalogue->tags[language][pick]
                                       : catalogue->topic_tags[topic][pick];
}
