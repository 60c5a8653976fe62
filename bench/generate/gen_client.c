#include "gen_client.h"

#include <stddef.h>

#include "gen_calendar.h"

#define ANCHOR(address, name)                                                  \
    "\\u003ca href=\\\"" address "\\\" rel=\\\"nofollow\\\"\\u003e" name       \
    "\\u003c\\/a\\u003e"

const struct gen_client_text gen_client_texts[GEN_CLIENTS] = {
    [GEN_IPHONE] = {"Twitter for iPhone",
                    ANCHOR("http:\\/\\/twitter.com\\/download\\/iphone",
                           "Twitter for iPhone"), 410},
    [GEN_ANDROID] = {"Twitter for Android",
                     ANCHOR("http:\\/\\/twitter.com\\/download\\/android",
                            "Twitter for Android"), 375},
    [GEN_WEB_CLIENT] = {"Twitter Web Client",
                        ANCHOR("http:\\/\\/twitter.com", "Twitter Web Client"), 90},
    [GEN_WEB_APP] = {"Twitter Web App",
                     ANCHOR("https:\\/\\/mobile.twitter.com", "Twitter Web App"), 0},
    [GEN_IPAD] = {"Twitter for iPad",
                  ANCHOR("http:\\/\\/twitter.com\\/#!\\/download\\/ipad",
                         "Twitter for iPad"), 20},
    [GEN_TWEETDECK] = {"TweetDeck",
                       ANCHOR("https:\\/\\/about.twitter.com\\/products\\/tweetdeck",
                              "TweetDeck"), 20},
    [GEN_FACEBOOK] = {"Facebook",
                      ANCHOR("http:\\/\\/www.facebook.com\\/twitter", "Facebook"), 15},
    [GEN_IFTTT] = {"IFTTT", ANCHOR("https:\\/\\/ifttt.com", "IFTTT"), 15},
    [GEN_HOOTSUITE] = {"Hootsuite Inc.",
                       ANCHOR("https:\\/\\/www.hootsuite.com", "Hootsuite Inc."), 10},
    [GEN_BUFFER] = {"Buffer", ANCHOR("https:\\/\\/buffer.com", "Buffer"), 5},
    [GEN_TWITTBOT] = {"twittbot.net",
                      ANCHOR("http:\\/\\/twittbot.net\\/", "twittbot.net"), 20},
    [GEN_INSTAGRAM] = {"Instagram",
                       ANCHOR("http:\\/\\/instagram.com", "Instagram"), 8},
    [GEN_MOBILE_WEB] = {"Mobile Web (M2)",
                        ANCHOR("https:\\/\\/mobile.twitter.com", "Mobile Web (M2)"), 7},
    [GEN_DLVRIT] = {"dlvr.it", ANCHOR("https:\\/\\/dlvrit.com\\/", "dlvr.it"), 5},
    [GEN_NO_CLIENT] = {NULL, "", 0},
    [GEN_UNTOLD_CLIENT] = {NULL, NULL, 0},
};

uint8_t gen_client_liked(uint64_t hash)
{
    uint32_t place = (uint32_t)(hash % 1000);
    for (uint8_t client = 0; client < GEN_CLIENTS; client++) {
        if (place < gen_client_texts[client].weight) {
            return client;
        }
        place -= gen_client_texts[client].weight;
    }
    return GEN_IPHONE;
}

uint8_t gen_client_web(int64_t t)
{
    return t < gen_date_ms(2019, 7, 1) ? GEN_WEB_CLIENT : GEN_WEB_APP;
}
