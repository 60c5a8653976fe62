#include "gen_text.h"

#include "gen_calendar.h"
#include "gen_put.h"

enum property { URL_KEY = 21, PHOTO_KEY, TAGS, DOMAIN_PICK };

/* Where the text ends so far. */
struct pen {
    struct gen_text *text;
    char *out;
    unsigned points;
};

static void end_piece(struct pen *pen)
{
    struct gen_text *text = pen->text;
    if (text->pieces < GEN_TEXT_PIECES_MAX) {
        text->cuts[text->pieces++] = (struct gen_span){
            (uint16_t)(pen->out - text->bytes), (uint16_t)pen->points};
    }
}

static void write_phrase(struct pen *pen, const struct gen_phrase *phrase)
{
    pen->out = gen_put_phrase(pen->out, phrase);
    pen->points += phrase->points;
    end_piece(pen);
}

static void write_space(struct pen *pen)
{
    if (pen->points > 0) {
        *pen->out++ = ' ';
        pen->points++;
    }
}

/* From here to where the next piece ends, the text is an entity's. */
static void note_removed(struct pen *pen, const char *begin)
{
    struct gen_text *text = pen->text;
    text->removed[text->removed_count++] = (struct gen_span){
        (uint16_t)(begin - text->bytes), (uint16_t)(pen->out - text->bytes)};
}

static struct gen_span write_link(struct pen *pen, uint64_t key)
{
    write_space(pen);
    const char *begin = pen->out;
    struct gen_span span = {(uint16_t)pen->points,
                            (uint16_t)(pen->points + GEN_LINK_POINTS)};
    pen->out = gen_put_link(pen->out, key);
    pen->points += GEN_LINK_POINTS;
    note_removed(pen, begin);
    end_piece(pen);
    return span;
}

static void write_mention(struct pen *pen, const struct gen_population *people,
                          uint32_t account, int64_t t)
{
    struct gen_mention *mention = &pen->text->mention_list[pen->text->mentions++];
    write_space(pen);
    gen_account_name(people, account, t, &mention->who);
    mention->span.begin = (uint16_t)pen->points;
    const char *begin = pen->out;
    *pen->out++ = '@';
    pen->out = gen_put_bytes(pen->out, mention->who.screen, mention->who.screen_length);
    pen->points += 1u + mention->who.screen_length;
    mention->span.end = (uint16_t)pen->points;
    note_removed(pen, begin);
    end_piece(pen);
}

/* Popular tags are much more popular: the draw is squared. */
void gen_text_pick_tags(const struct gen_lexicon *lexicon, const struct gen_post *post,
                        uint16_t picks[GEN_HASHTAGS_MAX])
{
    uint32_t count = gen_lexicon_tags(lexicon, post->topic, post->language)->count;
    struct gen_rng rng = {gen_mix2(post->text_seed, TAGS)};
    for (unsigned i = 0; i < post->hashtags; i++) {
        double unit = gen_rng_unit(&rng);
        picks[i] = (uint16_t)(unit * unit * count);
    }
}

uint32_t gen_text_pick_domain(const struct gen_lexicon *lexicon,
                              const struct gen_post *post)
{
    if (post->site != GEN_SITE_ANY) {
        return lexicon->domains.count + post->site - 1;
    }
    struct gen_rng rng = {gen_mix2(post->text_seed, DOMAIN_PICK)};
    return gen_rng_below(&rng, lexicon->domains.count);
}

static void write_hashtag(struct pen *pen, const struct gen_phrase *tag)
{
    struct gen_text *text = pen->text;
    write_space(pen);
    text->hashtag_words[text->hashtags] = tag;
    text->hashtag_spans[text->hashtags].begin = (uint16_t)pen->points;
    *pen->out++ = '#';
    pen->points++;
    write_phrase(pen, tag);
    text->hashtag_spans[text->hashtags++].end = (uint16_t)pen->points;
}

/* A phrase in another hand: capitals, full width (U+FF01 and on), or apart by
 * an ideographic space. Escapes and references stay as they are. */
static void write_by_hand(struct pen *pen, const struct gen_phrase *phrase, uint8_t hand)
{
    bool plain_ascii = memchr(phrase->bytes, '\\', phrase->length) == NULL &&
                       memchr(phrase->bytes, '&', phrase->length) == NULL;
    if (hand == GEN_HAND_SPACED) {
        pen->out = GEN_PUT(pen->out, "\\u3000");
        pen->points++;
    }
    for (unsigned i = 0; i < phrase->length; i++) {
        char c = phrase->bytes[i];
        if (plain_ascii && c > ' ' && hand == GEN_HAND_WIDE) {
            pen->out = GEN_PUT(pen->out, "\\uff");
            pen->out[0] = "0123456789abcdef"[(c - 0x20) >> 4 & 15];
            pen->out[1] = "0123456789abcdef"[(c - 0x20) & 15];
            pen->out += 2;
        } else {
            bool lower = plain_ascii && c >= 'a' && c <= 'z';
            *pen->out++ = lower && hand == GEN_HAND_CAPITALS ? (char)(c - 'a' + 'A') : c;
        }
    }
    pen->points += phrase->points;
    end_piece(pen);
}

/* The words, with the first of several hashtags among them. */
static void write_words(struct pen *pen, const struct gen_lexicon *lexicon,
                        const struct gen_phrase *const *tags, const struct gen_post *post,
                        struct gen_rng *rng)
{
    const struct gen_vocabulary *about = &gen_vocabularies[post->language];
    unsigned wanted = 1u + (unsigned)post->words * about->words_a_post / 16;
    unsigned early_tag = post->hashtags > 1 ? wanted / 2 : wanted;
    uint64_t style = gen_rng_next(rng);
    unsigned new_line = (style & 7) == 0 ? wanted / 3 : wanted;
    bool apart = true; /* what follows a mention, a tag or a word stands apart */
    for (unsigned i = 0; i < wanted && pen->points < GEN_WORD_POINTS; i++) {
        if (i == early_tag) {
            write_hashtag(pen, tags[0]);
            apart = true;
        }
        if (i == new_line && pen->points > 0) {
            pen->out = GEN_PUT(pen->out, "\\n");
            pen->points++;
        } else if (apart) {
            write_space(pen);
        }
        const struct gen_phrase *word = gen_word_pick(lexicon, post->language, rng);
        if (post->hand == GEN_HAND_PLAIN) {
            write_phrase(pen, word);
        } else {
            write_by_hand(pen, word, post->hand);
        }
        apart = about->spaced;
    }
    if ((style >> 3 & 7) < 2) {
        const struct gen_phrase *face = gen_phrase_pick(&lexicon->emoji, rng);
        for (unsigned i = 0; i <= (style >> 6 & 1); i++) {
            write_phrase(pen, face);
        }
    }
}

static void pick_tags(const struct gen_lexicon *lexicon, const struct gen_post *post,
                      const struct gen_phrase **tags)
{
    const struct gen_phrases *from = gen_lexicon_tags(lexicon, post->topic, post->language);
    uint16_t picks[GEN_HASHTAGS_MAX];
    gen_text_pick_tags(lexicon, post, picks);
    for (unsigned i = 0; i < post->hashtags; i++) {
        tags[i] = &from->list[picks[i]];
    }
}

void gen_text_compose(struct gen_text *text, const struct gen_population *people,
                      const struct gen_post *post)
{
    const struct gen_lexicon *lexicon = people->lexicon;
    const struct gen_phrase *tags[GEN_HASHTAGS_MAX];
    struct gen_rng rng = {gen_mix(post->text_seed)};
    struct pen pen = {text, text->bytes, 0};
    int64_t t = gen_snowflake_ms(post->id);
    text->hashtags = text->mentions = 0;
    text->pieces = 0;
    text->removed_count = 0;
    text->display_begin = 0;
    pick_tags(lexicon, post, tags);
    if (post->manual) {
        pen.out = GEN_PUT(pen.out, "RT");
        pen.points = 2;
        write_mention(&pen, people, post->reply_account, t);
        *pen.out++ = ':';
        pen.points++;
    } else if (post->kind == GEN_REPLY) {
        write_mention(&pen, people, post->reply_account, t);
        text->display_begin = (uint16_t)(pen.points + 1);
    }
    write_words(&pen, lexicon, tags, post, &rng);
    while (text->hashtags < post->hashtags) {
        write_hashtag(&pen, tags[text->hashtags]);
    }
    if (post->mentions > 0) {
        uint32_t someone = gen_account_stranger(people, gen_rng_next(&rng));
        write_mention(&pen, people, someone, t);
    }
    text->urls = post->urls;
    if (post->urls > 0) {
        text->url_key = gen_mix2(post->id, URL_KEY);
        text->page_key = post->topic == GEN_TOPIC_NEWS ? post->topic : text->url_key;
        uint32_t domain = gen_text_pick_domain(lexicon, post);
        text->url_domain = domain < lexicon->domains.count
                               ? &lexicon->domains.list[domain]
                               : &lexicon->sites.list[domain - lexicon->domains.count];
        text->url_span = write_link(&pen, text->url_key);
    }
    text->display_end = (uint16_t)pen.points;
    text->photos = post->photos;
    if (post->photos > 0) {
        text->photo_key = gen_mix2(post->id, PHOTO_KEY);
        text->photo_span = write_link(&pen, text->photo_key);
    }
    text->points = (uint16_t)pen.points;
    text->length = (uint16_t)(pen.out - text->bytes);
}

struct gen_span gen_text_cut(const struct gen_text *text, unsigned points)
{
    unsigned piece = text->pieces;
    while (piece > 0 && text->cuts[piece - 1].end > points) {
        piece--;
    }
    return piece == 0 ? (struct gen_span){0, 0} : text->cuts[piece - 1];
}

char *gen_put_link(char *out, uint64_t key)
{
    out = GEN_PUT(out, "https:\\/\\/t.co\\/");
    return gen_put_word_token(out, key, 10);
}
