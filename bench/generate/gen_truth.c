#include "gen_truth.h"

#include <errno.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_campaign.h"

#define WITH_TIME (UINT64_C(1) << 63)

int gen_truth_open(struct gen_truth *truth, const struct gen_population *people,
                   const struct gen_options *options)
{
    memset(truth, 0, sizeof(*truth));
    truth->people = people;
    return gen_tables_open(&truth->tables, people, options->dialect == GEN_V2);
}

void gen_truth_close(struct gen_truth *truth)
{
    if (truth->posts != NULL) {
        fclose(truth->posts);
    }
    gen_tables_close(&truth->tables);
    gen_set_free(&truth->notices);
    truth->posts = NULL;
}

static bool is_planted(const struct gen_truth *truth, uint32_t account)
{
    return gen_account_is_planted(truth->people, account);
}

static void write_line(struct gen_truth *truth, char *end)
{
    *end++ = '\n';
    size_t length = (size_t)(end - truth->line);
    if (truth->posts != NULL && fwrite(truth->line, 1, length, truth->posts) != length) {
        truth->failed = -EIO;
    }
}

/* A key, without a comma before it only at the start of an object. */
static char *put_key(char *out, const char *key)
{
    if (out[-1] != '{') {
        *out++ = ',';
    }
    *out++ = '"';
    out = gen_put_bytes(out, key, strlen(key));
    return GEN_PUT(out, "\":");
}

static char *put_number(char *out, const char *key, uint64_t value)
{
    return gen_put_number(put_key(out, key), value);
}

static char *put_id(char *out, const char *key, uint64_t id)
{
    out = put_key(out, key);
    *out++ = '"';
    out = gen_put_number(out, id);
    *out++ = '"';
    return out;
}

static char *put_null(char *out, const char *key)
{
    return GEN_PUT(put_key(out, key), "null");
}

static char *put_string(char *out, const char *key, const char *value)
{
    if (value == NULL) {
        return put_null(out, key);
    }
    out = put_key(out, key);
    *out++ = '"';
    out = gen_put_bytes(out, value, strlen(value));
    *out++ = '"';
    return out;
}

/* What the author's profile shows at `t`. */
static char *put_counts(const struct gen_truth *truth, char *out,
                        const struct gen_post *post, int64_t t)
{
    struct gen_profile profile;
    gen_account_profile(truth->people, post->account, t, &profile);
    out = put_number(out, "face", profile.version);
    out = put_number(out, "followers", profile.followers);
    out = put_number(out, "friends", profile.friends);
    out = put_number(out, "listed", profile.listed);
    out = put_number(out, "favourites", profile.favourites);
    return put_number(out, "statuses", (uint64_t)profile.statuses_base + post->statuses);
}

static char *put_target(const struct gen_truth *truth, char *out,
                        const struct gen_line *line)
{
    const struct gen_population *people = truth->people;
    const struct gen_post *post = &line->post;
    switch ((enum gen_kind)post->kind) {
    case GEN_RETWEET:
        out = post->bare ? put_null(out, "target")
                         : put_id(out, "target", gen_account_id(people, line->inner.account));
        out = put_id(out, "target_post", line->inner.id);
        return put_number(out, "target_time", (uint64_t)gen_snowflake_ms(line->inner.id));
    case GEN_REPLY:
        out = put_id(out, "target", gen_account_id(people, post->reply_account));
        return put_id(out, "target_post", post->reply_id);
    case GEN_QUOTE:
        out = post->bare ? put_null(out, "target")
                         : put_id(out, "target", gen_account_id(people, line->quoted.account));
        return put_id(out, "target_post", line->quoted.id);
    case GEN_ORIGINAL: break;
    }
    return put_null(put_null(out, "target"), "target_post");
}

/* Of the text that the post shows: a retweet shows the original's. */
static char *put_entities(const struct gen_truth *truth, char *out,
                          const struct gen_post *said)
{
    const struct gen_lexicon *lexicon = truth->people->lexicon;
    const struct gen_phrases *tags = gen_lexicon_tags(lexicon, said->topic, said->language);
    uint16_t picks[GEN_HASHTAGS_MAX];
    gen_text_pick_tags(lexicon, said, picks);
    out = GEN_PUT(put_key(out, "hashtags"), "[");
    for (unsigned i = 0; i < said->hashtags; i++) {
        const struct gen_phrase *tag = &tags->list[picks[i]];
        out = i > 0 ? GEN_PUT(out, ",\"") : GEN_PUT(out, "\"");
        out = gen_put_bytes(out, tag->bytes, tag->length);
        *out++ = '"';
    }
    out = GEN_PUT(out, "]");
    out = GEN_PUT(put_key(out, "domains"), "[");
    if (said->urls > 0) {
        uint32_t domain = gen_text_pick_domain(lexicon, said);
        uint16_t label = gen_catalogue_domain(&truth->tables.catalogue, domain);
        const char *name = truth->tables.catalogue.labels[label];
        *out++ = '"';
        out = gen_put_bytes(out, name, strlen(name));
        *out++ = '"';
    }
    out = GEN_PUT(out, "]");
    bool answers = said->kind == GEN_REPLY || said->manual;
    out = put_number(out, "urls", said->urls);
    out = put_number(out, "mentions", said->mentions + (answers ? 1u : 0u));
    return said->photos > 0 ? put_number(out, "media", said->photos)
                            : put_null(out, "media"); /* there is no such array */
}

/* What the text says besides links and mentions: all, where no entities tell. */
static char *put_said(struct gen_truth *truth, char *out, const struct gen_post *post)
{
    struct gen_text *text = &truth->text;
    unsigned at = 0;
    gen_text_compose(text, truth->people, post);
    out = GEN_PUT(put_key(out, "text"), "\"");
    for (unsigned i = 0; i < text->removed_count && !post->bare; i++) {
        out = gen_put_bytes(out, text->bytes + at, text->removed[i].begin - at);
        at = text->removed[i].end;
    }
    out = gen_put_bytes(out, text->bytes + at, text->length - at);
    *out++ = '"';
    out = GEN_PUT(put_key(out, "manual"), "");
    return post->manual ? GEN_PUT(out, "true") : GEN_PUT(out, "false");
}

static void write_own(struct gen_truth *truth, const struct gen_line *line)
{
    static const char *const kinds[] = {"original", "retweet", "reply", "quote"};
    const struct gen_post *post = &line->post;
    char *out = truth->line;
    *out++ = '{';
    out = put_id(out, "account", gen_account_id(truth->people, post->account));
    out = put_id(out, "id", post->id);
    out = put_number(out, "time", (uint64_t)line->t);
    out = put_string(out, "kind", kinds[post->kind]);
    out = put_target(truth, out, line);
    if (post->client != GEN_UNTOLD_CLIENT) {
        out = put_string(out, "client", gen_client_texts[post->client].name);
    }
    if (!post->bare) {
        out = put_string(out, "lang", gen_vocabularies[post->language].code);
        out = put_entities(truth, out, post->kind == GEN_RETWEET ? &line->inner : post);
        out = put_number(put_number(out, "retweet_count", 0), "favorite_count", 0);
        out = put_counts(truth, out, post, line->t);
    }
    if (post->kind != GEN_RETWEET) {
        out = put_said(truth, out, post);
    }
    *out++ = '}';
    write_line(truth, out);
}

/* A post of a planted account inside of another's, with its success so far. */
static void write_seen(struct gen_truth *truth, const struct gen_line *line,
                       const struct gen_post *post)
{
    char *out = truth->line;
    if (!is_planted(truth, post->account)) {
        return;
    }
    *out++ = '{';
    out = put_id(out, "seen", gen_account_id(truth->people, post->account));
    out = put_id(out, "id", post->id);
    out = put_number(out, "time", (uint64_t)line->t);
    out = put_id(out, "by", gen_account_id(truth->people, line->post.account));
    bool outer = line->post.kind != GEN_RETWEET;
    out = put_string(out, "as", post == &line->inner ? "retweeted"
                                : outer ? "quoted" : "requoted");
    out = put_number(out, "retweet_count", post->retweets);
    out = put_number(out, "favorite_count", post->favourites);
    out = put_counts(truth, out, post, line->t);
    *out++ = '}';
    write_line(truth, out);
}

static void count_delete(struct gen_truth *truth, const struct gen_line *line)
{
    int told = 1;
    int timed = !line->untimed;
    if (is_planted(truth, line->post.account)) {
        char *out = truth->line;
        told = gen_set_add(&truth->notices, line->post.id);
        timed = line->untimed ? 0 : gen_set_add(&truth->notices, line->post.id | WITH_TIME);
        truth->failed = told < 0 ? told : timed < 0 ? timed : truth->failed;
        *out++ = '{';
        out = put_id(out, "deleted", gen_account_id(truth->people, line->post.account));
        out = put_id(out, "id", line->post.id);
        out = line->untimed ? put_null(out, "time")
                            : put_number(out, "time", (uint64_t)line->t);
        *out++ = '}';
        write_line(truth, out);
    }
    truth->totals.deletes += told == 1;
    truth->totals.notices++;
    if (timed == 1) {
        gen_tables_count_delete(&truth->tables, line->t);
    }
}

static bool is_core(const struct gen_truth *truth, uint32_t account)
{
    return is_planted(truth, account) &&
           gen_role_is_core(gen_account_plant(truth->people, account)->role);
}

void gen_truth_count_line(struct gen_truth *truth, const struct gen_line *line)
{
    const struct gen_post *post = &line->post;
    truth->totals.lines++;
    if (line->type == GEN_LINE_DELETE) {
        count_delete(truth, line);
        return;
    }
    truth->totals.posts++;
    truth->totals.kinds[post->kind]++;
    gen_tables_count_post(&truth->tables, line);
    if (is_planted(truth, post->account)) {
        write_own(truth, line);
    }
    if (post->bare) {
        return; /* shows nobody's profile */
    }
    if (post->kind == GEN_RETWEET) {
        truth->totals.core_retweets += is_core(truth, line->inner.account);
        write_seen(truth, line, &line->inner);
    }
    if (line->has_quoted) {
        write_seen(truth, line, &line->quoted);
    }
}
