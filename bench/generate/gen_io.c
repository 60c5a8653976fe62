#include "gen_io.h"

#include "gen_calendar.h"
#include "gen_client.h"
#include "gen_entities.h"
#include "gen_user.h"

static const char header[] =
    "\"tweetid\",\"userid\",\"user_display_name\",\"user_screen_name\","
    "\"user_reported_location\",\"user_profile_description\",\"user_profile_url\","
    "\"follower_count\",\"following_count\",\"account_creation_date\","
    "\"account_language\",\"tweet_language\",\"tweet_text\",\"tweet_time\","
    "\"tweet_client_name\",\"in_reply_to_userid\",\"in_reply_to_tweetid\","
    "\"quoted_tweet_tweetid\",\"is_retweet\",\"retweet_userid\",\"retweet_tweetid\","
    "\"latitude\",\"longitude\",\"quote_count\",\"reply_count\",\"like_count\","
    "\"retweet_count\",\"hashtags\",\"urls\",\"user_mentions\"";

static uint32_t read_unit(const char *hex)
{
    uint32_t unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        char c = hex[i];
        unit = unit * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return unit;
}

static char *put_utf8(char *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
        return out;
    }
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *out++ = (char)(leads[more] | point >> 6 * more);
    while (more-- > 0) {
        *out++ = (char)(0x80 | (point >> 6 * more & 0x3f));
    }
    return out;
}

/* What JSON escapes, as a part of a quoted cell. */
static char *put_plain(char *out, const char *json, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        uint32_t point = (unsigned char)json[at];
        if (point == '\\') {
            char kind = json[++at];
            point = kind == 'n' ? '\n' : (unsigned char)kind;
            if (kind == 'u') {
                point = read_unit(json + at + 1);
                at += 4;
            }
            if (point >= 0xd800 && point < 0xdc00) {
                point = 0x10000 + ((point - 0xd800) << 10) +
                        (read_unit(json + at + 3) - 0xdc00);
                at += 6;
            }
        }
        if (point == '"') {
            *out++ = '"';
        }
        out = put_utf8(out, point);
    }
    return out;
}

static char *next_cell(char *out)
{
    return GEN_PUT(out, "\",\"");
}

/* What `put` writes as `,"key":"value"` or `,"key":null`: the value alone. */
static char *put_value(char *out, struct gen_renderer *renderer, const char *key,
                       char *(*put)(char *, const struct gen_population *,
                                    const struct gen_profile *),
                       const struct gen_profile *profile)
{
    char *json = renderer->quoted; /* nothing is quoted in this dialect */
    char *end = put(json, renderer->people, profile);
    size_t begin = strlen(key) + 5; /* the key's quotes, comma, colon, a quote */
    return end[-1] == '"' ? put_plain(out, json + begin, (size_t)(end - 1 - json) - begin)
                          : out;
}

static char *put_date(char *out, int64_t t, bool with_minute)
{
    char text[32];
    gen_put_iso_time(text, t);
    out = gen_put_bytes(out, text, 10);
    if (with_minute) {
        *out++ = ' ';
        out = gen_put_bytes(out, text + 11, 5);
    }
    return out;
}

/* From the display name to the account's language. */
static char *put_profile(char *out, struct gen_renderer *renderer,
                         const struct gen_post *post)
{
    struct gen_profile profile;
    if (post->bare) {
        return GEN_PUT(out, "\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"");
    }
    gen_account_profile(renderer->people, post->account, renderer->people->to - 1, &profile);
    out = put_plain(out, profile.name, profile.name_length);
    out = next_cell(out);
    out = gen_put_bytes(out, profile.screen, profile.screen_length);
    out = next_cell(out);
    out = put_value(out, renderer, "location", gen_put_location, &profile);
    out = next_cell(out);
    out = put_value(out, renderer, "description", gen_put_bio, &profile);
    out = next_cell(out);
    out = put_value(out, renderer, "url", gen_put_url, &profile);
    out = next_cell(out);
    out = gen_put_number(out, profile.followers);
    out = next_cell(out);
    out = gen_put_number(out, profile.friends);
    out = next_cell(out);
    out = put_date(out, profile.created, false);
    return GEN_PUT(out, "\",\"en");
}

static char *put_hashtags(char *out, const struct gen_text *text)
{
    *out++ = '[';
    for (unsigned i = 0; i < text->hashtags; i++) {
        const struct gen_phrase *word = text->hashtag_words[i];
        out = i > 0 ? GEN_PUT(out, ", '") : GEN_PUT(out, "'");
        out = put_plain(out, word->bytes, word->length);
        *out++ = '\'';
    }
    return GEN_PUT(out, "]");
}

static char *put_urls(char *out, struct gen_renderer *renderer)
{
    if (renderer->text.urls == 0) {
        return GEN_PUT(out, "[]");
    }
    char *end = gen_put_expanded_url(renderer->quoted, &renderer->text);
    out = GEN_PUT(out, "['");
    out = put_plain(out, renderer->quoted, (size_t)(end - renderer->quoted));
    return GEN_PUT(out, "']");
}

/* Of a retweet its author is the first. */
static char *put_mentions(char *out, const struct gen_renderer *renderer,
                          const struct gen_line *line)
{
    const struct gen_text *text = &renderer->text;
    bool retweet = line->post.kind == GEN_RETWEET;
    *out++ = '[';
    if (retweet) {
        *out++ = '\'';
        out = gen_put_number(out, gen_account_id(renderer->people, line->inner.account));
        *out++ = '\'';
    }
    for (unsigned i = 0; i < text->mentions; i++) {
        out = retweet || i > 0 ? GEN_PUT(out, ", '") : GEN_PUT(out, "'");
        out = gen_put_number(out, text->mention_list[i].who.id);
        *out++ = '\'';
    }
    return GEN_PUT(out, "]");
}

static char *put_text(char *out, const struct gen_renderer *renderer,
                      const struct gen_line *line)
{
    const struct gen_text *text = &renderer->text;
    if (line->post.kind == GEN_RETWEET) {
        struct gen_profile author;
        gen_account_name(renderer->people, line->inner.account, line->t, &author);
        out = GEN_PUT(out, "RT @");
        out = gen_put_bytes(out, author.screen, author.screen_length);
        out = GEN_PUT(out, ": ");
    }
    return put_plain(out, text->bytes, text->length);
}

/* From in_reply_to_userid to retweet_tweetid. */
static char *put_relation(char *out, const struct gen_population *people,
                          const struct gen_line *line)
{
    const struct gen_post *post = &line->post;
    bool retweet = post->kind == GEN_RETWEET;
    if (post->kind == GEN_REPLY) {
        out = gen_put_number(out, gen_account_id(people, post->reply_account));
        out = next_cell(out);
        out = gen_put_number(out, post->reply_id);
    } else {
        out = next_cell(out);
    }
    out = next_cell(out);
    out = post->kind == GEN_QUOTE ? gen_put_number(out, line->quoted.id) : out;
    out = next_cell(out);
    out = retweet ? GEN_PUT(out, "true") : GEN_PUT(out, "false");
    out = next_cell(out);
    if (retweet && !post->bare && post->id % 4 == 0) {
        out = gen_put_number(out, gen_account_id(people, line->inner.account));
    }
    out = next_cell(out);
    return retweet ? gen_put_number(out, line->inner.id) : out;
}

char *gen_put_io(char *out, struct gen_renderer *renderer, const struct gen_line *line)
{
    const struct gen_post *post = &line->post;
    if (line->type == GEN_LINE_HEADER) {
        return GEN_PUT(out, header);
    }
    const struct gen_post *said = post->kind == GEN_RETWEET ? &line->inner : post;
    const char *client = gen_client_texts[post->client].name;
    const char *code = gen_vocabularies[post->language].code;
    gen_text_compose(&renderer->text, renderer->people, said);
    *out++ = '"';
    out = gen_put_number(out, post->id);
    out = next_cell(out);
    out = gen_put_number(out, gen_account_id(renderer->people, post->account));
    out = next_cell(out);
    out = put_profile(out, renderer, post);
    out = next_cell(out);
    out = post->bare ? out : gen_put_bytes(out, code, strlen(code));
    out = next_cell(out);
    out = put_text(out, renderer, line);
    out = next_cell(out);
    out = put_date(out, line->t, true);
    out = next_cell(out);
    out = client != NULL ? gen_put_bytes(out, client, strlen(client)) : out;
    out = next_cell(out);
    out = put_relation(out, renderer->people, line);
    out = GEN_PUT(out, "\",\"absent\",\"absent\",\"");
    if (post->bare) {
        return GEN_PUT(out, "\",\"\",\"\",\"\",\"\",\"\",\"\"");
    }
    out = GEN_PUT(out, "0\",\"0\",\"0\",\"0\",\"");
    out = put_hashtags(out, &renderer->text);
    out = next_cell(out);
    out = put_urls(out, renderer);
    out = next_cell(out);
    out = put_mentions(out, renderer, line);
    return GEN_PUT(out, "\"");
}
