/*
 * gen_client: the programs that posts are sent with.
 *
 * `source` holds a ready HTML anchor, escaped as in the archive; `name` is
 * what remains when the anchor is taken off, or NULL. Static data.
 */
#ifndef GEN_CLIENT_H
#define GEN_CLIENT_H

#include <stdint.h>

enum gen_client {
    GEN_IPHONE,
    GEN_ANDROID,
    GEN_WEB_CLIENT,
    GEN_WEB_APP,
    GEN_IPAD,
    GEN_TWEETDECK,
    GEN_FACEBOOK,
    GEN_IFTTT,
    GEN_HOOTSUITE,
    GEN_BUFFER,
    GEN_TWITTBOT,
    GEN_INSTAGRAM,
    GEN_MOBILE_WEB,
    GEN_DLVRIT,
    GEN_NO_CLIENT,      /* `source` is empty */
    GEN_UNTOLD_CLIENT,  /* there is no `source` */
    GEN_CLIENTS
};

struct gen_client_text {
    const char *name;
    const char *source;
    uint16_t weight; /* among ordinary accounts, per thousand */
};

extern const struct gen_client_text gen_client_texts[GEN_CLIENTS];

/* The client that an account with this hash likes best. */
uint8_t gen_client_liked(uint64_t hash);

/* What the platform's own site calls itself at `t`. */
uint8_t gen_client_web(int64_t t);

#endif
