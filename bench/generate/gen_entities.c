#include "gen_entities.h"

#include "gen_calendar.h"
#include "gen_put.h"
#include "gen_user.h"

enum property { URL_PATH = 41, PHOTO = 42 };

static bool is_shown(const struct gen_view *view, struct gen_span span)
{
    return span.end <= view->points;
}

bool gen_view_has_url(const struct gen_view *view)
{
    return view->text->urls > 0 && is_shown(view, view->text->url_span);
}

bool gen_view_has_photo(const struct gen_view *view)
{
    return view->text->photos > 0 && is_shown(view, view->text->photo_span);
}

static char *put_indices(char *out, struct gen_span span, unsigned shift)
{
    out = GEN_PUT(out, "\"indices\":[");
    out = gen_put_number(out, span.begin + shift);
    *out++ = ',';
    out = gen_put_number(out, span.end + shift);
    *out++ = ']';
    return out;
}

static char *put_hashtags(char *out, const struct gen_view *view)
{
    const struct gen_text *text = view->text;
    out = GEN_PUT(out, "{\"hashtags\":[");
    bool first = true;
    for (unsigned i = 0; i < text->hashtags; i++) {
        if (!is_shown(view, text->hashtag_spans[i])) {
            continue;
        }
        out = first ? GEN_PUT(out, "{\"text\":\"") : GEN_PUT(out, ",{\"text\":\"");
        first = false;
        out = gen_put_bytes(out, text->hashtag_words[i]->bytes,
                            text->hashtag_words[i]->length);
        out = GEN_PUT(out, "\",");
        out = put_indices(out, text->hashtag_spans[i], view->shift);
        *out++ = '}';
    }
    return GEN_PUT(out, "],\"urls\":[");
}

char *gen_put_expanded_url(char *out, const struct gen_text *text)
{
    uint64_t path = gen_mix2(text->page_key, URL_PATH);
    out = GEN_PUT(out, "https:\\/\\/");
    out = gen_put_bytes(out, text->url_domain->bytes, text->url_domain->length);
    out = GEN_PUT(out, "\\/");
    out = gen_put_token(out, path, 10);
    return gen_put_token(out, text->page_key, (unsigned)(path >> 61));
}

static char *put_url(char *out, const struct gen_view *view)
{
    const struct gen_text *text = view->text;
    const struct gen_phrase *domain = text->url_domain;
    uint64_t path = gen_mix2(text->page_key, URL_PATH);
    size_t www = domain->length > 4 && memcmp(domain->bytes, "www.", 4) == 0 ? 4 : 0;
    out = GEN_PUT(out, "{\"url\":\"");
    out = gen_put_link(out, text->url_key);
    out = GEN_PUT(out, "\",\"expanded_url\":\"");
    out = gen_put_expanded_url(out, text);
    out = GEN_PUT(out, "\",\"display_url\":\"");
    out = gen_put_bytes(out, domain->bytes + www, domain->length - www);
    out = GEN_PUT(out, "\\/");
    out = gen_put_token(out, path, 10);
    out = GEN_PUT(out, "\\u2026\",");
    out = put_indices(out, text->url_span, view->shift);
    *out++ = '}';
    return out;
}

/* What a cut text points to: its own page. */
static char *put_cut_url(char *out, const struct gen_view *view)
{
    unsigned begin = view->cut_link_begin;
    struct gen_span span = {(uint16_t)begin, (uint16_t)(begin + GEN_LINK_POINTS)};
    out = GEN_PUT(out, "{\"url\":\"");
    out = gen_put_link(out, view->cut_link_key);
    out = GEN_PUT(out, "\",\"expanded_url\":\"https:\\/\\/twitter.com\\/i\\/web"
                       "\\/status\\/");
    out = gen_put_number(out, view->post->id);
    out = GEN_PUT(out, "\",\"display_url\":\"twitter.com\\/i\\/web\\/status\\/1"
                       "\\u2026\",");
    out = put_indices(out, span, 0);
    *out++ = '}';
    return out;
}

static char *put_mention(char *out, const struct gen_profile *who, struct gen_span span,
                         unsigned shift)
{
    out = GEN_PUT(out, "{\"screen_name\":\"");
    out = gen_put_bytes(out, who->screen, who->screen_length);
    out = GEN_PUT(out, "\",\"name\":\"");
    out = gen_put_bytes(out, who->name, who->name_length);
    out = GEN_PUT(out, "\",");
    out = gen_put_id(out, who->id);
    *out++ = ',';
    out = put_indices(out, span, shift);
    *out++ = '}';
    return out;
}

static char *put_mentions(char *out, const struct gen_view *view)
{
    const struct gen_text *text = view->text;
    bool first = true;
    out = GEN_PUT(out, "],\"user_mentions\":[");
    if (view->shift > 0) {
        struct gen_span span = {3, (uint16_t)(4 + view->author->screen_length)};
        out = put_mention(out, view->author, span, 0);
        first = false;
    }
    for (unsigned i = 0; i < text->mentions; i++) {
        const struct gen_mention *mention = &text->mention_list[i];
        if (is_shown(view, mention->span)) {
            if (!first) {
                *out++ = ',';
            }
            first = false;
            out = put_mention(out, &mention->who, mention->span, view->shift);
        }
    }
    return GEN_PUT(out, "],\"symbols\":[]");
}

static char *put_size(char *out, unsigned width, unsigned height)
{
    out = gen_put_number(out, width);
    out = GEN_PUT(out, ",\"h\":");
    out = gen_put_number(out, height);
    return GEN_PUT(out, ",\"resize\":\"fit\"}");
}

static char *put_sizes(char *out, uint64_t hash)
{
    unsigned width = (hash & 1) != 0 ? 1200 : 600 + (unsigned)(hash >> 1 & 511);
    unsigned height = (hash & 6) == 0 ? 675 : 400 + (unsigned)(hash >> 10 & 511);
    out = GEN_PUT(out, "\"sizes\":{\"thumb\":{\"w\":150,\"h\":150,\"resize\":\"crop\"},"
                       "\"small\":{\"w\":");
    out = put_size(out, 680, height * 680 / width);
    out = GEN_PUT(out, ",\"large\":{\"w\":");
    out = put_size(out, width, height);
    out = GEN_PUT(out, ",\"medium\":{\"w\":");
    out = put_size(out, width, height);
    *out++ = '}';
    return out;
}

static char *put_photo_source(char *out, const struct gen_view *view)
{
    char digits[20];
    size_t length = (size_t)(gen_put_number(digits, view->post->id) - digits);
    out = GEN_PUT(out, ",\"source_status_id\":");
    out = gen_put_bytes(out, digits, length);
    out = GEN_PUT(out, ",\"source_status_id_str\":\"");
    out = gen_put_bytes(out, digits, length);
    length = (size_t)(gen_put_number(digits, view->author->id) - digits);
    out = GEN_PUT(out, "\",\"source_user_id\":");
    out = gen_put_bytes(out, digits, length);
    out = GEN_PUT(out, ",\"source_user_id_str\":\"");
    out = gen_put_bytes(out, digits, length);
    *out++ = '"';
    return out;
}

/* A photo was uploaded a little before its post. */
static char *put_photo(char *out, const struct gen_view *view, unsigned number)
{
    const struct gen_text *text = view->text;
    uint64_t hash = gen_mix2(text->photo_key + number, PHOTO);
    uint64_t id = view->post->id - ((4000 + (hash & 4095)) << 22);
    *out++ = '{';
    out = gen_put_id(out, id + number);
    *out++ = ',';
    out = put_indices(out, text->photo_span, view->shift);
    out = GEN_PUT(out, ",\"media_url\":\"http:\\/\\/pbs.twimg.com\\/media\\/D");
    out = gen_put_token(out, hash, 10);
    out = GEN_PUT(out, "A-r.jpg\",\"media_url_https\":"
                       "\"https:\\/\\/pbs.twimg.com\\/media\\/D");
    out = gen_put_token(out, hash, 10);
    out = GEN_PUT(out, "A-r.jpg\",\"url\":\"");
    out = gen_put_link(out, text->photo_key);
    out = GEN_PUT(out, "\",\"display_url\":\"pic.twitter.com\\/");
    out = gen_put_word_token(out, text->photo_key, 10);
    out = GEN_PUT(out, "\",\"expanded_url\":\"https:\\/\\/twitter.com\\/");
    out = gen_put_bytes(out, view->author->screen, view->author->screen_length);
    out = GEN_PUT(out, "\\/status\\/");
    out = gen_put_number(out, view->post->id);
    out = GEN_PUT(out, "\\/photo\\/1\",\"type\":\"photo\",");
    out = put_sizes(out, hash >> 30);
    out = view->source ? put_photo_source(out, view) : out;
    *out++ = '}';
    return out;
}

char *gen_put_entities(char *out, const struct gen_view *view)
{
    out = put_hashtags(out, view);
    bool url = gen_view_has_url(view);
    out = url ? put_url(out, view) : out;
    if (view->cut) {
        if (url) {
            *out++ = ',';
        }
        out = put_cut_url(out, view);
    }
    out = put_mentions(out, view);
    if (gen_view_has_photo(view)) {
        out = GEN_PUT(out, ",\"media\":[");
        out = put_photo(out, view, 0);
        *out++ = ']';
    }
    *out++ = '}';
    return out;
}

char *gen_put_extended_entities(char *out, const struct gen_view *view)
{
    out = GEN_PUT(out, "\"extended_entities\":{\"media\":[");
    for (unsigned i = 0; i < view->text->photos; i++) {
        if (i > 0) {
            *out++ = ',';
        }
        out = put_photo(out, view, i);
    }
    return GEN_PUT(out, "]}");
}
