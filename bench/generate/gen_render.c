#include "gen_render.h"

#include "gen_bare.h"
#include "gen_calendar.h"
#include "gen_client.h"
#include "gen_entities.h"
#include "gen_io.h"
#include "gen_user.h"
#include "gen_v2.h"

#define POINTS_MAX 140     /* of a text that needs no extended_tweet */
#define CUT_POINTS_MAX 115 /* of one that does, before the link to the whole */

enum property { CUT_LINK = 51, PERMALINK, GEO };

static char *put_text(char *out, const char *bytes, size_t length)
{
    out = GEN_PUT(out, ",\"text\":\"");
    return gen_put_bytes(out, bytes, length);
}

static char *put_range(char *out, unsigned begin, unsigned end)
{
    out = GEN_PUT(out, "\"display_text_range\":[");
    out = gen_put_number(out, begin);
    *out++ = ',';
    out = gen_put_number(out, end);
    *out++ = ']';
    return out;
}

char *gen_put_begin(char *out, const struct gen_post *post)
{
    out = GEN_PUT(out, "{\"created_at\":\"");
    out = gen_put_date(out, gen_snowflake_ms(post->id));
    out = GEN_PUT(out, "\",");
    return gen_put_id(out, post->id);
}

char *gen_put_reply_to(char *out, const struct gen_population *people,
                       const struct gen_post *post)
{
    if (post->kind != GEN_REPLY) {
        return GEN_PUT(out, ",\"in_reply_to_status_id\":null,"
                            "\"in_reply_to_status_id_str\":null,"
                            "\"in_reply_to_user_id\":null,"
                            "\"in_reply_to_user_id_str\":null,"
                            "\"in_reply_to_screen_name\":null");
    }
    struct gen_profile who;
    gen_account_name(people, post->reply_account, gen_snowflake_ms(post->id), &who);
    out = GEN_PUT(out, ",\"in_reply_to_status_id\":");
    out = gen_put_number(out, post->reply_id);
    out = GEN_PUT(out, ",\"in_reply_to_status_id_str\":\"");
    out = gen_put_number(out, post->reply_id);
    out = GEN_PUT(out, "\",\"in_reply_to_user_id\":");
    out = gen_put_number(out, who.id);
    out = GEN_PUT(out, ",\"in_reply_to_user_id_str\":\"");
    out = gen_put_number(out, who.id);
    out = GEN_PUT(out, "\",\"in_reply_to_screen_name\":\"");
    out = gen_put_bytes(out, who.screen, who.screen_length);
    *out++ = '"';
    return out;
}

/* One of three towns; ids and boxes as the platform gives them. */
static char *put_place(char *out, const struct gen_post *post)
{
    if (!post->place) {
        return GEN_PUT(out, ",\"geo\":null,\"coordinates\":null,\"place\":null,"
                            "\"contributors\":null");
    }
    static const char *const towns[] = {
        "{\"id\":\"5d838f7a011f4a2d\",\"url\":\"https:\\/\\/api.twitter.com\\/1.1\\/geo"
        "\\/id\\/5d838f7a011f4a2d.json\",\"place_type\":\"admin\",\"name\":\"South East\","
        "\"full_name\":\"South East, England\",\"country_code\":\"GB\","
        "\"country\":\"United Kingdom\",\"bounding_box\":{\"type\":\"Polygon\","
        "\"coordinates\":[[[-1.957296,50.574604],[-1.957296,52.196284],"
        "[1.451420,52.196284],[1.451420,50.574604]]]},\"attributes\":{}}",
        "{\"id\":\"01a9a39529b27f36\",\"url\":\"https:\\/\\/api.twitter.com\\/1.1\\/geo"
        "\\/id\\/01a9a39529b27f36.json\",\"place_type\":\"city\",\"name\":\"Manhattan\","
        "\"full_name\":\"Manhattan, NY\",\"country_code\":\"US\","
        "\"country\":\"United States\",\"bounding_box\":{\"type\":\"Polygon\","
        "\"coordinates\":[[[-74.026675,40.683935],[-74.026675,40.877483],"
        "[-73.910408,40.877483],[-73.910408,40.683935]]]},\"attributes\":{}}",
        "{\"id\":\"35fd5bacecc4c6e5\",\"url\":\"https:\\/\\/api.twitter.com\\/1.1\\/geo"
        "\\/id\\/35fd5bacecc4c6e5.json\",\"place_type\":\"country\","
        "\"name\":\"\\u9999\\u6e2f\",\"full_name\":\"\\u9999\\u6e2f\","
        "\"country_code\":\"HK\",\"country\":\"\\u9999\\u6e2f\","
        "\"bounding_box\":{\"type\":\"Polygon\","
        "\"coordinates\":[[[113.835079,22.153378],[113.835079,22.562000],"
        "[114.441779,22.562000],[114.441779,22.153378]]]},\"attributes\":{}}",
    };
    const char *town = towns[gen_mix2(post->id, GEO) % 3];
    out = GEN_PUT(out, ",\"geo\":null,\"coordinates\":null,\"place\":");
    out = gen_put_bytes(out, town, strlen(town));
    return GEN_PUT(out, ",\"contributors\":null");
}

/* From `source` to `contributors`. */
static char *put_middle(char *out, const struct gen_population *people,
                        const struct gen_post *post, int64_t seen, bool truncated)
{
    const char *source = gen_client_texts[post->client].source;
    out = GEN_PUT(out, "\"source\":\"");
    out = gen_put_bytes(out, source, strlen(source));
    out = truncated ? GEN_PUT(out, "\",\"truncated\":true")
                    : GEN_PUT(out, "\",\"truncated\":false");
    out = gen_put_reply_to(out, people, post);
    out = GEN_PUT(out, ",\"user\":");
    out = gen_put_user(out, people, post->account, seen, post->statuses);
    return put_place(out, post);
}

static char *put_quoted(const struct gen_renderer *renderer, char *out,
                        const struct gen_post *quoted)
{
    out = GEN_PUT(out, ",\"quoted_status_id\":");
    out = gen_put_number(out, quoted->id);
    out = GEN_PUT(out, ",\"quoted_status_id_str\":\"");
    out = gen_put_number(out, quoted->id);
    out = GEN_PUT(out, "\",\"quoted_status\":");
    out = gen_put_bytes(out, renderer->quoted, renderer->quoted_length);
    out = GEN_PUT(out, ",\"quoted_status_permalink\":{\"url\":\"");
    out = gen_put_link(out, gen_mix2(quoted->id, PERMALINK));
    out = GEN_PUT(out, "\",\"expanded\":\"https:\\/\\/twitter.com\\/");
    out = gen_put_bytes(out, renderer->quoted_screen, strlen(renderer->quoted_screen));
    out = GEN_PUT(out, "\\/status\\/");
    out = gen_put_number(out, quoted->id);
    out = GEN_PUT(out, "\",\"display\":\"twitter.com\\/");
    out = gen_put_bytes(out, renderer->quoted_screen, strlen(renderer->quoted_screen));
    return GEN_PUT(out, "\\/stat\\u2026\"}");
}

static char *put_extended_tweet(char *out, const struct gen_view *whole)
{
    const struct gen_text *text = whole->text;
    out = GEN_PUT(out, ",\"extended_tweet\":{\"full_text\":\"");
    out = gen_put_bytes(out, text->bytes, text->length);
    out = GEN_PUT(out, "\",");
    out = put_range(out, text->display_begin, text->display_end);
    out = GEN_PUT(out, ",\"entities\":");
    out = gen_put_entities(out, whole);
    if (text->photos > 0) {
        *out++ = ',';
        out = gen_put_extended_entities(out, whole);
    }
    *out++ = '}';
    return out;
}

/* Counts are those of the instant of looking: nothing yet on an outer post. */
static char *put_counts(char *out, const struct gen_post *post, bool outer)
{
    if (outer) {
        return GEN_PUT(out, ",\"quote_count\":0,\"reply_count\":0,"
                            "\"retweet_count\":0,\"favorite_count\":0");
    }
    out = GEN_PUT(out, ",\"quote_count\":");
    out = gen_put_number(out, post->retweets / 8);
    out = GEN_PUT(out, ",\"reply_count\":");
    out = gen_put_number(out, post->favourites / 6);
    out = GEN_PUT(out, ",\"retweet_count\":");
    out = gen_put_number(out, post->retweets);
    out = GEN_PUT(out, ",\"favorite_count\":");
    return gen_put_number(out, post->favourites);
}

static char *put_end(char *out, const struct gen_post *post, bool sensitive, bool outer)
{
    const char *code = gen_vocabularies[post->language].code;
    out = GEN_PUT(out, ",\"favorited\":false,\"retweeted\":false");
    out = sensitive ? GEN_PUT(out, ",\"possibly_sensitive\":false") : out;
    out = GEN_PUT(out, ",\"filter_level\":\"low\",\"lang\":\"");
    out = gen_put_bytes(out, code, strlen(code));
    if (outer) {
        out = GEN_PUT(out, "\",\"timestamp_ms\":\"");
        out = gen_put_number(out, (uint64_t)gen_snowflake_ms(post->id));
    }
    return GEN_PUT(out, "\"}");
}

/* The text as clients of before extended_tweet see it, and what they see. */
static char *put_seen_text(char *out, struct gen_view *view)
{
    const struct gen_text *text = view->text;
    if (!view->cut) {
        out = put_text(out, text->bytes, text->length);
        return GEN_PUT(out, "\",");
    }
    struct gen_span cut = gen_text_cut(text, CUT_POINTS_MAX);
    view->points = cut.end;
    view->cut_link_begin = cut.end + 2u;
    view->cut_link_key = gen_mix2(view->post->id, CUT_LINK);
    out = put_text(out, text->bytes, cut.begin);
    out = GEN_PUT(out, "\\u2026 ");
    out = gen_put_link(out, view->cut_link_key);
    return GEN_PUT(out, "\",");
}

/* Any post but a retweet. Its text stays in renderer->text. */
static char *put_status(struct gen_renderer *renderer, char *out,
                        const struct gen_post *post, const struct gen_post *quoted,
                        int64_t seen, bool outer)
{
    struct gen_text *text = &renderer->text;
    struct gen_profile author;
    gen_text_compose(text, renderer->people, post);
    gen_account_name(renderer->people, post->account, seen, &author);
    struct gen_view whole = {
        .text = text, .post = post, .author = &author, .points = text->points};
    struct gen_view view = whole;
    view.cut = text->points > POINTS_MAX;
    out = gen_put_begin(out, post);
    out = put_seen_text(out, &view);
    if (post->kind == GEN_REPLY || text->photos > 0) {
        out = put_range(out, text->display_begin,
                        view.cut ? view.cut_link_begin + GEN_LINK_POINTS
                                 : text->display_end);
        *out++ = ',';
    }
    out = put_middle(out, renderer->people, post, seen, view.cut);
    out = quoted != NULL ? put_quoted(renderer, out, quoted) : out;
    out = quoted != NULL ? GEN_PUT(out, ",\"is_quote_status\":true")
                         : GEN_PUT(out, ",\"is_quote_status\":false");
    out = view.cut ? put_extended_tweet(out, &whole) : out;
    out = put_counts(out, post, outer);
    out = GEN_PUT(out, ",\"entities\":");
    out = gen_put_entities(out, &view);
    if (gen_view_has_photo(&view)) {
        *out++ = ',';
        out = gen_put_extended_entities(out, &view);
    }
    return put_end(out, post, text->urls + text->photos > 0, outer);
}

/* "RT @name: " and as much of the original as fits, which is still in
 * renderer->text: so the inner post is rendered first, into its place behind a
 * gap, and moved up to where the outer text and user end. */
static char *put_retweet(struct gen_renderer *renderer, char *out,
                         const struct gen_line *line)
{
    const struct gen_post *quoted = line->has_quoted ? &line->quoted : NULL;
    const struct gen_text *text = &renderer->text;
    struct gen_profile author;
    char *inner = out + GEN_LINE_BYTES_MAX / 4;
    size_t inner_length =
        (size_t)(put_status(renderer, inner, &line->inner, quoted, line->t, false) - inner);
    gen_account_name(renderer->people, line->inner.account, line->t, &author);
    unsigned shift = 6u + author.screen_length;
    bool whole = shift + text->points <= POINTS_MAX;
    struct gen_span cut = gen_text_cut(text, whole ? text->points : POINTS_MAX - 1 - shift);
    struct gen_view view = {.text = text, .post = &line->inner, .author = &author,
                            .points = cut.end, .shift = shift, .source = true};
    out = gen_put_begin(out, &line->post);
    out = GEN_PUT(out, ",\"text\":\"RT @");
    out = gen_put_bytes(out, author.screen, author.screen_length);
    out = GEN_PUT(out, ": ");
    out = gen_put_bytes(out, text->bytes, cut.begin);
    out = whole ? GEN_PUT(out, "\",") : GEN_PUT(out, "\\u2026\",");
    out = put_middle(out, renderer->people, &line->post, line->t, false);
    out = GEN_PUT(out, ",\"retweeted_status\":");
    memmove(out, inner, inner_length);
    out += inner_length;
    out = quoted != NULL ? put_quoted(renderer, out, quoted) : out;
    out = quoted != NULL ? GEN_PUT(out, ",\"is_quote_status\":true")
                         : GEN_PUT(out, ",\"is_quote_status\":false");
    out = put_counts(out, &line->post, true);
    out = GEN_PUT(out, ",\"entities\":");
    out = gen_put_entities(out, &view);
    bool photo = gen_view_has_photo(&view);
    if (photo) {
        *out++ = ',';
        out = gen_put_extended_entities(out, &view);
    }
    return put_end(out, &line->post, photo || gen_view_has_url(&view), true);
}

static char *put_delete(const struct gen_population *people, char *out,
                        const struct gen_line *line)
{
    uint64_t user = gen_account_id(people, line->post.account);
    out = GEN_PUT(out, "{\"delete\":{\"status\":{");
    out = gen_put_id(out, line->post.id);
    out = GEN_PUT(out, ",\"user_id\":");
    out = gen_put_number(out, user);
    out = GEN_PUT(out, ",\"user_id_str\":\"");
    out = gen_put_number(out, user);
    if (line->untimed) {
        return GEN_PUT(out, "\"}}}");
    }
    out = GEN_PUT(out, "\"},\"timestamp_ms\":\"");
    out = gen_put_number(out, (uint64_t)line->t);
    return GEN_PUT(out, "\"}}");
}

static void render_quoted(struct gen_renderer *renderer, const struct gen_line *line)
{
    struct gen_profile author;
    char *end = put_status(renderer, renderer->quoted, &line->quoted, NULL, line->t, false);
    renderer->quoted_length = (size_t)(end - renderer->quoted);
    gen_account_name(renderer->people, line->quoted.account, line->t, &author);
    memcpy(renderer->quoted_screen, author.screen, sizeof(author.screen));
}

static char *render_v11(struct gen_renderer *renderer, const struct gen_line *line,
                        char *out)
{
    if (line->has_quoted && !line->post.bare) {
        render_quoted(renderer, line);
    }
    if (line->type == GEN_LINE_DELETE) {
        out = put_delete(renderer->people, out, line);
    } else if (line->post.bare) {
        out = gen_put_bare(out, renderer, line);
    } else if (line->post.kind == GEN_RETWEET) {
        out = put_retweet(renderer, out, line);
    } else {
        out = put_status(renderer, out, &line->post,
                         line->has_quoted ? &line->quoted : NULL, line->t, true);
    }
    return out;
}

char *gen_render_line(struct gen_renderer *renderer, const struct gen_line *line, char *out)
{
    switch (renderer->dialect) {
    case GEN_V11: out = render_v11(renderer, line, out); break;
    case GEN_V2: out = gen_put_v2(out, renderer, line); break;
    case GEN_IO: out = gen_put_io(out, renderer, line); break;
    }
    return renderer->crlf ? GEN_PUT(out, "\r\n") : GEN_PUT(out, "\n");
}

static uint32_t estimate_post(const struct gen_post *post)
{
    return 2180u + 23u * post->words + 210u * post->urls + 760u * post->photos +
           (post->photos > 0 ? 760u : 0u);
}

uint32_t gen_render_estimate(const struct gen_line *line)
{
    if (line->type == GEN_LINE_DELETE) {
        return 160;
    }
    uint32_t bytes = line->has_quoted ? estimate_post(&line->quoted) + 250 : 0;
    if (line->post.kind == GEN_RETWEET && !line->post.bare) {
        return 2150 + 2 * bytes + estimate_post(&line->inner);
    }
    return line->post.bare ? 900 : bytes + estimate_post(&line->post);
}
