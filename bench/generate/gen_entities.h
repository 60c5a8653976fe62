/*
 * gen_entities: the `entities` and `extended_entities` of a text.
 *
 * A view says which part of the text is shown: entities that end after
 * `points` are left out, all others move by `shift` code points (the "RT
 * @name: " before a retweeted text). Writes at `out` and gives the new end.
 */
#ifndef GEN_ENTITIES_H
#define GEN_ENTITIES_H

#include "gen_text.h"

struct gen_view {
    const struct gen_text *text;
    const struct gen_post *post; /* whose text it is */
    const struct gen_profile *author; /* of that post; names */
    unsigned points, shift;
    bool source;  /* photos name the post they came with, as in retweets */
    bool cut;     /* the text was cut: a link to the whole follows */
    unsigned cut_link_begin;
    uint64_t cut_link_key;
};

bool gen_view_has_url(const struct gen_view *view);
bool gen_view_has_photo(const struct gen_view *view);

/* Mentions of a retweet begin with the author. */
char *gen_put_entities(char *out, const struct gen_view *view);

/* Where the text's link leads: `https:\/\/` and on. */
char *gen_put_expanded_url(char *out, const struct gen_text *text);

/* The photos as `extended_entities`, without a comma; at least one. */
char *gen_put_extended_entities(char *out, const struct gen_view *view);

#endif
