#include "gen_user.h"

#include "gen_calendar.h"
#include "gen_put.h"

/* Which bits of the profile's look decide what. */
enum property { BIO = 31, PICTURE, PICTURE_ID, BANNER, COLOURS, LINK };

char *gen_put_id(char *out, uint64_t id)
{
    char digits[20];
    size_t length = (size_t)(gen_put_number(digits, id) - digits);
    out = GEN_PUT(out, "\"id\":");
    out = gen_put_bytes(out, digits, length);
    out = GEN_PUT(out, ",\"id_str\":\"");
    out = gen_put_bytes(out, digits, length);
    *out++ = '"';
    return out;
}

static bool has_own_theme(const struct gen_profile *profile)
{
    return !profile->plain && (profile->look >> 40 & 7) < 3;
}

static bool has_default_picture(const struct gen_profile *profile)
{
    return profile->plain && (profile->look >> 4 & 1) != 0;
}

char *gen_put_location(char *out, const struct gen_population *people,
                       const struct gen_profile *profile)
{
    const struct gen_lexicon *lexicon = people->lexicon;
    const struct gen_phrases *places = &lexicon->places[profile->language];
    uint32_t look = (uint32_t)(profile->look >> 8);
    if (profile->plain || look % 100 >= 62) {
        return GEN_PUT(out, ",\"location\":null");
    }
    const struct gen_phrase *place = &places->list[(look >> 8) % places->count];
    out = GEN_PUT(out, ",\"location\":\"");
    out = gen_put_phrase(out, place);
    *out++ = '"';
    return out;
}

char *gen_put_url(char *out, const struct gen_population *people,
                  const struct gen_profile *profile)
{
    const struct gen_lexicon *lexicon = people->lexicon;
    uint64_t hash = gen_mix2(profile->look, LINK);
    if (profile->plain || hash % 100 >= 28) {
        return GEN_PUT(out, ",\"url\":null");
    }
    const struct gen_phrase *domain =
        &lexicon->domains.list[(hash >> 10) % lexicon->domains.count];
    out = GEN_PUT(out, ",\"url\":\"http:\\/\\/");
    out = gen_put_bytes(out, domain->bytes, domain->length);
    out = GEN_PUT(out, "\\/");
    out = gen_put_bytes(out, profile->screen, profile->screen_length);
    *out++ = '"';
    return out;
}

/* A sentence or two of the language's words. */
char *gen_put_bio(char *out, const struct gen_population *people,
                  const struct gen_profile *profile)
{
    const struct gen_lexicon *lexicon = people->lexicon;
    struct gen_rng rng = {gen_mix2(profile->look, BIO)};
    bool spaced = gen_vocabularies[profile->language].spaced;
    if (profile->plain || gen_rng_below(&rng, 100) < 9) {
        return GEN_PUT(out, ",\"description\":null");
    }
    unsigned wanted = 4 + gen_rng_below(&rng, spaced ? 26 : 16);
    out = GEN_PUT(out, ",\"description\":\"");
    for (unsigned i = 0; i < wanted; i++) {
        const struct gen_phrase *word =
            gen_word_pick(lexicon, profile->language, &rng);
        if (i > 0 && spaced) {
            *out++ = ' ';
        }
        out = gen_put_phrase(out, word);
        if ((i + 1) % 7 == 0) {
            const struct gen_phrase *face = gen_phrase_pick(&lexicon->emoji, &rng);
            out = gen_put_phrase(out, face);
        }
    }
    *out++ = '"';
    return out;
}

static char *put_counts(char *out, const struct gen_profile *profile, uint32_t statuses)
{
    out = GEN_PUT(out, ",\"translator_type\":\"none\",\"protected\":false,\"verified\":");
    out = profile->verified ? GEN_PUT(out, "true") : GEN_PUT(out, "false");
    out = GEN_PUT(out, ",\"followers_count\":");
    out = gen_put_number(out, profile->followers);
    out = GEN_PUT(out, ",\"friends_count\":");
    out = gen_put_number(out, profile->friends);
    out = GEN_PUT(out, ",\"listed_count\":");
    out = gen_put_number(out, profile->listed);
    out = GEN_PUT(out, ",\"favourites_count\":");
    out = gen_put_number(out, profile->favourites);
    out = GEN_PUT(out, ",\"statuses_count\":");
    out = gen_put_number(out, (uint64_t)profile->statuses_base + statuses);
    out = GEN_PUT(out, ",\"created_at\":\"");
    out = gen_put_date(out, profile->created);
    return GEN_PUT(out, "\",\"utc_offset\":null,\"time_zone\":null,\"geo_enabled\":");
}

static char *put_theme(char *out, const struct gen_profile *profile, bool own)
{
    uint64_t colours = gen_mix2(profile->look, COLOURS);
    if (!own) {
        return GEN_PUT(out,
            "\"profile_background_color\":\"F5F8FA\","
            "\"profile_background_image_url\":\"\","
            "\"profile_background_image_url_https\":\"\","
            "\"profile_background_tile\":false,"
            "\"profile_link_color\":\"1DA1F2\","
            "\"profile_sidebar_border_color\":\"C0DEED\","
            "\"profile_sidebar_fill_color\":\"DDEEF6\","
            "\"profile_text_color\":\"333333\","
            "\"profile_use_background_image\":true");
    }
    char theme = (char)('1' + (colours >> 50) % 9);
    out = GEN_PUT(out, "\"profile_background_color\":\"");
    out = (colours >> 60) < 8 ? GEN_PUT(out, "000000")
                              : gen_put_colour(out, (uint32_t)colours);
    out = GEN_PUT(out, "\",\"profile_background_image_url\":"
                       "\"http:\\/\\/abs.twimg.com\\/images\\/themes\\/theme");
    *out++ = theme;
    out = GEN_PUT(out, "\\/bg.png\",\"profile_background_image_url_https\":"
                       "\"https:\\/\\/abs.twimg.com\\/images\\/themes\\/theme");
    *out++ = theme;
    out = GEN_PUT(out, "\\/bg.png\",\"profile_background_tile\":false,"
                       "\"profile_link_color\":\"");
    out = gen_put_colour(out, (uint32_t)(colours >> 24));
    return GEN_PUT(out, "\",\"profile_sidebar_border_color\":\"000000\","
                        "\"profile_sidebar_fill_color\":\"000000\","
                        "\"profile_text_color\":\"000000\","
                        "\"profile_use_background_image\":false");
}

static char *put_picture(char *out, const char *scheme, size_t scheme_length,
                         const struct gen_profile *profile)
{
    out = gen_put_bytes(out, scheme, scheme_length);
    if (has_default_picture(profile)) {
        return GEN_PUT(out, "abs.twimg.com\\/sticky\\/default_profile_images"
                            "\\/default_profile_normal.png\"");
    }
    out = GEN_PUT(out, "pbs.twimg.com\\/profile_images\\/");
    uint64_t hash = gen_mix2(profile->look, PICTURE_ID);
    out = gen_put_number(out, UINT64_C(300000000000000000) + hash / 24);
    out = GEN_PUT(out, "\\/");
    out = gen_put_token(out, gen_mix2(profile->look, PICTURE), 8);
    return GEN_PUT(out, "_normal.jpg\"");
}

static char *put_banner(char *out, const struct gen_profile *profile)
{
    uint64_t hash = gen_mix2(profile->look, BANNER);
    if (profile->plain || hash % 100 >= 90) {
        return out;
    }
    out = GEN_PUT(out, ",\"profile_banner_url\":"
                       "\"https:\\/\\/pbs.twimg.com\\/profile_banners\\/");
    out = gen_put_number(out, profile->id);
    out = GEN_PUT(out, "\\/");
    out = gen_put_number(out, 1350000000 + hash % 200000000);
    *out++ = '"';
    return out;
}

/* `"name":...` to `"description":...` */
static char *put_words(char *out, const struct gen_population *people,
                       const struct gen_profile *profile)
{
    out = GEN_PUT(out, "\"name\":\"");
    out = gen_put_bytes(out, profile->name, profile->name_length);
    out = GEN_PUT(out, "\",\"screen_name\":\"");
    out = gen_put_bytes(out, profile->screen, profile->screen_length);
    *out++ = '"';
    out = gen_put_location(out, people, profile);
    out = gen_put_url(out, people, profile);
    return gen_put_bio(out, people, profile);
}

static char *put_flags(char *out, const struct gen_profile *profile)
{
    out = has_own_theme(profile) ? GEN_PUT(out, ",\"default_profile\":false")
                                 : GEN_PUT(out, ",\"default_profile\":true");
    return has_default_picture(profile) ? GEN_PUT(out, ",\"default_profile_image\":true")
                                        : GEN_PUT(out, ",\"default_profile_image\":false");
}

char *gen_put_face(char *out, const struct gen_population *people, uint32_t account,
                   int64_t t)
{
    struct gen_profile profile;
    gen_account_profile(people, account, t, &profile);
    *out++ = '{';
    out = put_words(out, people, &profile);
    out = put_flags(out, &profile);
    out = profile.verified ? GEN_PUT(out, ",\"verified\":true")
                           : GEN_PUT(out, ",\"verified\":false");
    return GEN_PUT(out, ",\"protected\":false}");
}

char *gen_put_user(char *out, const struct gen_population *people, uint32_t account,
                   int64_t t, uint32_t statuses)
{
    static const char http[] = ",\"profile_image_url\":\"http:\\/\\/";
    static const char https[] = ",\"profile_image_url_https\":\"https:\\/\\/";
    struct gen_profile profile;
    gen_account_profile(people, account, t, &profile);
    *out++ = '{';
    out = gen_put_id(out, profile.id);
    *out++ = ',';
    out = put_words(out, people, &profile);
    out = put_counts(out, &profile, statuses);
    out = (profile.look >> 50 & 1) != 0 ? GEN_PUT(out, "true") : GEN_PUT(out, "false");
    out = GEN_PUT(out, ",\"lang\":null,\"contributors_enabled\":false,"
                       "\"is_translator\":false,");
    out = put_theme(out, &profile, has_own_theme(&profile));
    out = put_picture(out, http, sizeof(http) - 1, &profile);
    out = put_picture(out, https, sizeof(https) - 1, &profile);
    out = put_banner(out, &profile);
    out = put_flags(out, &profile);
    return GEN_PUT(out, ",\"following\":null,\"follow_request_sent\":null,"
                        "\"notifications\":null}");
}
