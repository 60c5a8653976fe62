#include "gen_bare.h"

#include "gen_client.h"
#include "gen_user.h"

#define POINTS_MAX 140

/* Of a retweet's original, which may be longer, as much as fits. */
static char *put_text(char *out, const struct gen_text *text)
{
    struct gen_span cut = gen_text_cut(text, POINTS_MAX);
    out = GEN_PUT(out, ",\"text\":\"");
    out = gen_put_bytes(out, text->bytes, cut.begin);
    return GEN_PUT(out, "\",\"truncated\":false");
}

/* The original's text is all that a retweet says. */
static char *put_retweeted(char *out, struct gen_renderer *renderer,
                           const struct gen_post *inner)
{
    out = GEN_PUT(out, ",\"retweeted_status\":");
    out = gen_put_begin(out, inner);
    out = put_text(out, &renderer->text);
    return GEN_PUT(out, "}");
}

char *gen_put_bare(char *out, struct gen_renderer *renderer, const struct gen_line *line)
{
    const struct gen_post *post = &line->post;
    bool retweet = post->kind == GEN_RETWEET;
    gen_text_compose(&renderer->text, renderer->people, retweet ? &line->inner : post);
    out = gen_put_begin(out, post);
    out = put_text(out, &renderer->text);
    out = post->client == GEN_NO_CLIENT ? GEN_PUT(out, ",\"source\":\"\"") : out;
    out = gen_put_reply_to(out, renderer->people, post);
    out = GEN_PUT(out, ",\"user\":{");
    out = gen_put_id(out, gen_account_id(renderer->people, post->account));
    out = GEN_PUT(out, "},\"geo\":null,\"coordinates\":null,\"place\":null,"
                       "\"contributors\":null");
    if (retweet) {
        out = put_retweeted(out, renderer, &line->inner);
    }
    if (post->kind == GEN_QUOTE) {
        out = GEN_PUT(out, ",\"quoted_status_id\":");
        out = gen_put_number(out, line->quoted.id);
        out = GEN_PUT(out, ",\"quoted_status_id_str\":\"");
        out = gen_put_number(out, line->quoted.id);
        out = GEN_PUT(out, "\",\"is_quote_status\":true");
    }
    return GEN_PUT(out, ",\"favorited\":false,\"retweeted\":false}");
}
