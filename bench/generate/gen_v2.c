#include "gen_v2.h"

#include "gen_calendar.h"
#include "gen_client.h"
#include "gen_entities.h"
#include "gen_user.h"

#define POINTS_MAX 140 /* of the text of a retweet */

static char *put_id(char *out, uint64_t id)
{
    *out++ = '"';
    out = gen_put_number(out, id);
    *out++ = '"';
    return out;
}

/* To the second, as the interface gives it. */
static char *put_time(char *out, int64_t t)
{
    out = GEN_PUT(out, "\"created_at\":\"");
    out = gen_put_iso_time(out, t - t % GEN_SECOND_MS);
    return GEN_PUT(out, "\"");
}

static char *put_range(char *out, struct gen_span span)
{
    out = GEN_PUT(out, "{\"start\":");
    out = gen_put_number(out, span.begin);
    out = GEN_PUT(out, ",\"end\":");
    out = gen_put_number(out, span.end);
    *out++ = ',';
    return out;
}

static char *put_hashtags(char *out, const struct gen_text *text)
{
    out = GEN_PUT(out, "\"hashtags\":[");
    for (unsigned i = 0; i < text->hashtags; i++) {
        const struct gen_phrase *word = text->hashtag_words[i];
        out = i > 0 ? GEN_PUT(out, ",") : out;
        out = put_range(out, text->hashtag_spans[i]);
        out = GEN_PUT(out, "\"tag\":\"");
        out = gen_put_bytes(out, word->bytes, word->length);
        out = GEN_PUT(out, "\"}");
    }
    return GEN_PUT(out, "],");
}

static char *put_photo_url(char *out, const struct gen_text *text,
                           const struct gen_post *post)
{
    out = put_range(out, text->photo_span);
    out = GEN_PUT(out, "\"url\":\"");
    out = gen_put_link(out, text->photo_key);
    out = GEN_PUT(out, "\",\"expanded_url\":\"https:\\/\\/twitter.com\\/i\\/status\\/");
    out = gen_put_number(out, post->id);
    return GEN_PUT(out, "\\/photo\\/1\"}");
}

static char *put_urls(char *out, const struct gen_text *text, const struct gen_post *post)
{
    out = GEN_PUT(out, "\"urls\":[");
    if (text->urls > 0) {
        out = put_range(out, text->url_span);
        out = GEN_PUT(out, "\"url\":\"");
        out = gen_put_link(out, text->url_key);
        out = GEN_PUT(out, "\",\"expanded_url\":\"");
        out = gen_put_expanded_url(out, text);
        out = GEN_PUT(out, "\"}");
    }
    for (unsigned i = 0; i < text->photos; i++) { /* one link, told each time */
        out = text->urls + i > 0 ? GEN_PUT(out, ",") : out;
        out = put_photo_url(out, text, post);
    }
    return GEN_PUT(out, "],");
}

static char *put_mentions(char *out, const struct gen_text *text)
{
    out = GEN_PUT(out, "\"mentions\":[");
    for (unsigned i = 0; i < text->mentions; i++) {
        const struct gen_mention *mention = &text->mention_list[i];
        out = i > 0 ? GEN_PUT(out, ",") : out;
        out = put_range(out, mention->span);
        out = GEN_PUT(out, "\"username\":\"");
        out = gen_put_bytes(out, mention->who.screen, mention->who.screen_length);
        out = GEN_PUT(out, "\",\"id\":");
        out = put_id(out, mention->who.id);
        *out++ = '}';
    }
    return GEN_PUT(out, "],");
}

static char *put_content(char *out, const struct gen_text *text, const struct gen_post *post)
{
    out = GEN_PUT(out, ",\"text\":\"");
    out = gen_put_bytes(out, text->bytes, text->length);
    *out++ = '"';
    if (post->bare) {
        return out;
    }
    if (text->hashtags + text->urls + text->photos + text->mentions > 0) {
        out = GEN_PUT(out, ",\"entities\":{");
        out = text->hashtags > 0 ? put_hashtags(out, text) : out;
        out = text->urls + text->photos > 0 ? put_urls(out, text, post) : out;
        out = text->mentions > 0 ? put_mentions(out, text) : out;
        out[-1] = '}';
    }
    if (text->photos > 0) {
        out = GEN_PUT(out, ",\"attachments\":{\"media_keys\":[");
        for (unsigned i = 0; i < text->photos; i++) {
            out = i > 0 ? GEN_PUT(out, ",\"3_") : GEN_PUT(out, "\"3_");
            out = gen_put_number(out, post->id - 4096 + i);
            *out++ = '"';
        }
        out = GEN_PUT(out, "]}");
    }
    return out;
}

/* "RT @name: " and as much as fits; the mention is its entity. */
static char *put_cut(char *out, struct gen_renderer *renderer, const struct gen_line *line)
{
    struct gen_profile author;
    const struct gen_text *text = &renderer->text;
    gen_text_compose(&renderer->text, renderer->people, &line->inner);
    gen_account_name(renderer->people, line->inner.account, line->t, &author);
    struct gen_span cut = gen_text_cut(text, POINTS_MAX - 7u - author.screen_length);
    out = GEN_PUT(out, ",\"text\":\"RT @");
    out = gen_put_bytes(out, author.screen, author.screen_length);
    out = GEN_PUT(out, ": ");
    out = gen_put_bytes(out, text->bytes, cut.begin);
    out = cut.end < text->points ? GEN_PUT(out, "\\u2026\"") : GEN_PUT(out, "\"");
    if (line->post.bare) {
        return out;
    }
    struct gen_span span = {3, (uint16_t)(4 + author.screen_length)};
    out = GEN_PUT(out, ",\"entities\":{\"mentions\":[");
    out = put_range(out, span);
    out = GEN_PUT(out, "\"username\":\"");
    out = gen_put_bytes(out, author.screen, author.screen_length);
    out = GEN_PUT(out, "\",\"id\":");
    out = put_id(out, author.id);
    return GEN_PUT(out, "}]}");
}

static char *put_reference(char *out, const char *type, uint64_t id)
{
    out = GEN_PUT(out, ",\"referenced_tweets\":[{\"type\":\"");
    out = gen_put_bytes(out, type, strlen(type));
    out = GEN_PUT(out, "\",\"id\":");
    out = put_id(out, id);
    return GEN_PUT(out, "}]");
}

static char *put_metrics(char *out, const struct gen_post *post, bool outer)
{
    out = GEN_PUT(out, ",\"public_metrics\":{\"retweet_count\":");
    out = gen_put_number(out, outer ? 0 : post->retweets);
    out = GEN_PUT(out, ",\"reply_count\":0,\"like_count\":");
    out = gen_put_number(out, outer ? 0 : post->favourites);
    return GEN_PUT(out, ",\"quote_count\":0}");
}

/* What stands around text and entities, which are there already. */
static char *put_rest(char *out, const struct gen_population *people,
                      const struct gen_post *post, bool outer)
{
    if (post->kind == GEN_REPLY) {
        out = GEN_PUT(out, ",\"in_reply_to_user_id\":");
        out = put_id(out, gen_account_id(people, post->reply_account));
        out = put_reference(out, "replied_to", post->reply_id);
    }
    if (post->client != GEN_UNTOLD_CLIENT) {
        const char *name = gen_client_texts[post->client].name;
        out = GEN_PUT(out, ",\"source\":\"");
        out = name != NULL ? gen_put_bytes(out, name, strlen(name)) : out;
        *out++ = '"';
    }
    if (!post->bare) {
        const char *code = gen_vocabularies[post->language].code;
        out = GEN_PUT(out, ",\"lang\":\"");
        out = gen_put_bytes(out, code, strlen(code));
        *out++ = '"';
        out = put_metrics(out, post, outer);
    }
    return GEN_PUT(out, ",\"possibly_sensitive\":false,\"reply_settings\":\"everyone\"}");
}

static char *put_begin(char *out, const struct gen_population *people,
                       const struct gen_post *post)
{
    out = GEN_PUT(out, "{\"author_id\":");
    out = put_id(out, gen_account_id(people, post->account));
    out = GEN_PUT(out, ",\"id\":");
    out = put_id(out, post->id);
    *out++ = ',';
    return put_time(out, gen_snowflake_ms(post->id));
}

static char *put_post(char *out, struct gen_renderer *renderer, const struct gen_post *post,
                      const struct gen_post *quoted, bool outer)
{
    out = put_begin(out, renderer->people, post);
    gen_text_compose(&renderer->text, renderer->people, post);
    out = put_content(out, &renderer->text, post);
    out = quoted != NULL ? put_reference(out, "quoted", quoted->id) : out;
    return put_rest(out, renderer->people, post, outer);
}

static char *put_user(char *out, const struct gen_population *people, uint32_t account,
                      int64_t t, uint32_t statuses)
{
    struct gen_profile profile;
    gen_account_profile(people, account, t, &profile);
    out = GEN_PUT(out, "{\"id\":");
    out = put_id(out, profile.id);
    out = GEN_PUT(out, ",\"name\":\"");
    out = gen_put_bytes(out, profile.name, profile.name_length);
    out = GEN_PUT(out, "\",\"username\":\"");
    out = gen_put_bytes(out, profile.screen, profile.screen_length);
    out = GEN_PUT(out, "\",");
    out = put_time(out, profile.created);
    char *end = gen_put_location(out, people, &profile);
    out = end[-1] == '"' ? end : out; /* null: the key is absent */
    end = gen_put_url(out, people, &profile);
    out = end[-1] == '"' ? end : GEN_PUT(end - 4, "\"\"");
    end = gen_put_bio(out, people, &profile);
    out = end[-1] == '"' ? end : GEN_PUT(end - 4, "\"\"");
    out = profile.verified ? GEN_PUT(out, ",\"verified\":true")
                           : GEN_PUT(out, ",\"verified\":false");
    out = GEN_PUT(out, ",\"protected\":false,\"public_metrics\":{\"followers_count\":");
    out = gen_put_number(out, profile.followers);
    out = GEN_PUT(out, ",\"following_count\":");
    out = gen_put_number(out, profile.friends);
    out = GEN_PUT(out, ",\"tweet_count\":");
    out = gen_put_number(out, (uint64_t)profile.statuses_base + statuses);
    out = GEN_PUT(out, ",\"listed_count\":");
    out = gen_put_number(out, profile.listed);
    return GEN_PUT(out, "}}");
}

char *gen_put_v2(char *out, struct gen_renderer *renderer, const struct gen_line *line)
{
    const struct gen_population *people = renderer->people;
    const struct gen_post *post = &line->post;
    bool retweet = post->kind == GEN_RETWEET;
    const struct gen_post *quoted = line->has_quoted ? &line->quoted : NULL;
    const struct gen_post *other = retweet ? &line->inner : quoted;
    out = GEN_PUT(out, "{\"data\":");
    if (retweet) {
        out = put_begin(out, people, post);
        out = put_cut(out, renderer, line);
        out = put_reference(out, "retweeted", line->inner.id);
        out = put_rest(out, people, post, true);
    } else {
        out = put_post(out, renderer, post, quoted, true);
    }
    if (post->bare) {
        return GEN_PUT(out, "}");
    }
    out = GEN_PUT(out, ",\"includes\":{\"users\":[");
    out = put_user(out, people, post->account, line->t, post->statuses);
    if (other != NULL && other->account != post->account) {
        *out++ = ',';
        out = put_user(out, people, other->account, line->t, other->statuses);
    }
    if (other != NULL) {
        out = GEN_PUT(out, "],\"tweets\":[");
        out = put_post(out, renderer, other, retweet ? quoted : NULL, false);
    }
    return GEN_PUT(out, "]}}");
}
