/*
 * gen_user: the `user` object of an account at one instant.
 *
 * All forty keys in the order of the 2019 stream. Writes at `out` and gives
 * the new end; never more than 8 KiB. Pure: any number of threads.
 */
#ifndef GEN_USER_H
#define GEN_USER_H

#include "gen_account.h"

char *gen_put_user(char *out, const struct gen_population *people, uint32_t account,
                   int64_t t, uint32_t statuses);

/* What the profile says in words, for the truth: an object of name, screen_name,
 * location, url, description and the flags of a default profile. */
char *gen_put_face(char *out, const struct gen_population *people, uint32_t account,
                   int64_t t);

/* `,"location":`, `,"url":` and `,"description":` with a string, or null. */
char *gen_put_location(char *out, const struct gen_population *people,
                       const struct gen_profile *profile);
char *gen_put_url(char *out, const struct gen_population *people,
                  const struct gen_profile *profile);
char *gen_put_bio(char *out, const struct gen_population *people,
                  const struct gen_profile *profile);

/* `"id":N,"id_str":"N"`, with the keys given: of users, posts and media. */
char *gen_put_id(char *out, uint64_t id);

#endif
