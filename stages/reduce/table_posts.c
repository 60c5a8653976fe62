#include "stages/reduce/rounds.h"
#include "stages/reduce/tables.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The posts of an account as rows. Some are put together before they become
 * a record, since each record repeats the account.
 */
#define POSTS_BYTES_MAX ((size_t)16 << 10)

struct post_rows {
    struct reduce *reduce;
    uint32_t lane;
    const struct account_view *view;
    struct byte_run *run;
    struct text account;
    uint64_t count;              /* rows gathered */
};

static struct value text_value(struct text text)
{
    return (struct value){.null = text.size == 0, .text = text};
}

static struct value name_value(const struct dictionary *names, uint32_t rank)
{
    return text_value(rank ? names->names[rank - 1] : (struct text){0});
}

/* Joined by one space. */
static int hashtags_value(struct reduce_lane *lane, const struct fact *fact,
                          struct value *value)
{
    struct text_list list = fact_hashtags(fact);
    *value = (struct value){.null = true};
    if (!list.size)
        return 0;
    if (list.size > lane->joined_capacity) {
        free(lane->joined);
        lane->joined_capacity = 0;
        lane->joined = malloc((size_t)list.size * 2);
        if (!lane->joined)
            return -ENOMEM;
        lane->joined_capacity = (size_t)list.size * 2;
    }
    /* Each size in the list takes at least the byte that a space takes. */
    char *to = lane->joined;
    const uint8_t *at = list.bytes, *end = list.bytes + list.size;
    while (at < end) {
        struct text tag;
        bool more = at > list.bytes;
        at = text_list_get(at, &tag);
        if (more)
            *to++ = ' ';
        memcpy(to, tag.bytes, tag.size);
        to += tag.size;
    }
    *value = (struct value){
        .text = {lane->joined, (uint32_t)(to - lane->joined)}};
    return 0;
}

struct post_texts {
    char post[ID_DIGITS_MAX], target[ID_DIGITS_MAX];
    char target_post[ID_DIGITS_MAX], hash[16];
};

static struct value hash_value(uint64_t hash, char digits[16])
{
    for (int i = 0; i < 16; i++)
        digits[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    return (struct value){.text = {digits, 16}};
}

static int fill_row(const struct post_rows *rows, const struct fact *fact,
                    struct post_texts *texts, struct value *row)
{
    static const char *const KINDS[POST_KINDS] = {
        [KIND_ORIGINAL] = "original", [KIND_QUOTE] = "quote",
        [KIND_REPLY] = "reply", [KIND_RETWEET] = "retweet"};
    const struct dictionaries *names = rows->reduce->options.names;
    const char *platform = PLATFORM_NAMES[rows->view->platform];
    const char *kind = KINDS[fact->kind];
    row[POSTS_PLATFORM] = text_value(
        (struct text){platform, (uint32_t)strlen(platform)});
    row[POSTS_ACCOUNT_ID] = text_value(rows->account);
    row[POSTS_POST_ID] = text_value(id_text(fact_post(fact), texts->post));
    row[POSTS_TIME] = (struct value){.integer = fact->time};
    row[POSTS_KIND] =
        text_value((struct text){kind, (uint32_t)strlen(kind)});
    row[POSTS_TARGET_ACCOUNT] =
        text_value(id_text(fact_target(fact), texts->target));
    row[POSTS_TARGET_POST] =
        text_value(id_text(fact_target_post(fact), texts->target_post));
    row[POSTS_LANGUAGE] = name_value(&names->languages, fact->language);
    row[POSTS_CLIENT] = name_value(&names->clients, fact->client);
    row[POSTS_TEXT_HASH] = (struct value){.null = true};
    if (fact->flags & FACT_HAS_TEXT)
        row[POSTS_TEXT_HASH] = hash_value(fact->text_hash, texts->hash);
    return hashtags_value(&rows->reduce->lanes[rows->lane], fact,
                          &row[POSTS_HASHTAGS]);
}

/* ---- records ------------------------------------------------------------- */

static int buffer_add(struct row_buffer *buffer, struct text piece)
{
    if (buffer->size + piece.size > buffer->capacity) {
        size_t capacity =
            2 * (buffer->size + piece.size) + POSTS_BYTES_MAX;
        char *grown = realloc(buffer->bytes, capacity);
        if (!grown)
            return -ENOMEM;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (piece.size)
        memcpy(buffer->bytes + buffer->size, piece.bytes, piece.size);
    buffer->size += piece.size;
    return 0;
}

static int write_record(struct post_rows *rows)
{
    struct reduce_lane *lane = &rows->reduce->lanes[rows->lane];
    if (!rows->count)
        return 0;
    int status = record_begin(
        lane, row_place(TABLE_POSTS, rows->view->platform), rows->account);
    for (uint32_t f = 0; f < rows->reduce->options.formats && !status; f++) {
        struct row_buffer *buffer = &lane->buffers[f];
        status = record_piece(lane, (struct text){buffer->bytes,
                                                  (uint32_t)buffer->size});
        buffer->size = 0;
    }
    if (!status)
        status = record_end(lane, rows->count, 0, rows->run);
    rows->count = 0;
    return status;
}

static int add_row(struct post_rows *rows, const struct value *row)
{
    const struct reduce_options *options = &rows->reduce->options;
    struct reduce_lane *lane = &rows->reduce->lanes[rows->lane];
    bool full = false;
    int status = 0;
    for (uint32_t f = 0; f < options->formats && !status; f++) {
        struct text piece =
            options->format(options->format_context, rows->lane, TABLE_POSTS,
                            f, 0, POSTS_COLUMNS, row);
        status = piece.bytes ? buffer_add(&lane->buffers[f], piece) : -ENOMEM;
        full |= lane->buffers[f].size >= POSTS_BYTES_MAX;
    }
    rows->count++;
    return status || !full ? status : write_record(rows);
}

int table_posts(struct reduce *reduce, uint32_t lane,
                const struct account_view *view, struct byte_run *run)
{
    char digits[ID_DIGITS_MAX];
    struct post_rows rows = {.reduce = reduce, .lane = lane, .view = view,
                             .run = run,
                             .account = id_text(view->id, digits)};
    int status = 0;
    for (size_t i = 0; i < view->fact_count && !status; i++) {
        struct post_texts texts;
        struct value row[POSTS_COLUMNS];
        status = fill_row(&rows, &view->facts[i], &texts, row);
        if (!status)
            status = add_row(&rows, row);
    }
    return status ? status : write_record(&rows);
}
