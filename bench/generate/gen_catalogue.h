/*
 * gen_catalogue: what a table can have a row of.
 *
 * Clients, languages, domains and hashtags, numbered through, under the name
 * that the contract gives them: `in` is `id`, `www.` is left out, hashtags are
 * case-folded, so that #BTS of two languages is one. A label is escaped JSON.
 *
 * A catalogue owns its labels, and is read-only once open.
 */
#ifndef GEN_CATALOGUE_H
#define GEN_CATALOGUE_H

#include "gen_client.h"
#include "gen_lexicon.h"

#define GEN_TAGS_A_LIST_MAX 64
#define GEN_LABELS_MAX 512
#define GEN_NO_LABEL UINT16_MAX

enum gen_section { GEN_OF_CLIENTS, GEN_OF_LANGUAGES, GEN_OF_DOMAINS, GEN_OF_HASHTAGS,
                   GEN_SECTIONS };

struct gen_catalogue {
    char *bytes;
    uint16_t count;
    uint16_t first[GEN_SECTIONS + 1];
    const char *labels[GEN_LABELS_MAX];
    uint16_t tags[GEN_LANGUAGES][GEN_TAGS_A_LIST_MAX]; /* numbers of labels */
    uint16_t topic_tags[GEN_TOPICS][GEN_TAGS_A_LIST_MAX];
};

/* 0, or -ENOMEM. */
int gen_catalogue_open(struct gen_catalogue *catalogue, const struct gen_lexicon *lexicon);
void gen_catalogue_close(struct gen_catalogue *catalogue);

/* Of the domain that photos are linked under, behind those of the lexicon. */
uint16_t gen_catalogue_photos(const struct gen_catalogue *catalogue);

/* Numbers of labels; GEN_NO_LABEL: there is none. */
uint16_t gen_catalogue_client(const struct gen_catalogue *catalogue, uint8_t client);
uint16_t gen_catalogue_language(const struct gen_catalogue *catalogue, uint8_t language);
uint16_t gen_catalogue_domain(const struct gen_catalogue *catalogue, uint32_t domain);
uint16_t gen_catalogue_tag(const struct gen_catalogue *catalogue, unsigned topic,
                           unsigned language, unsigned pick);

#endif
