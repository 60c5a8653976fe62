#include "stages/fact_code.h"

#include "stages/varint.h"

#include <errno.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "words are the bytes of the code");

/* ---- writing ------------------------------------------------------------- */

static bool any_script(const struct fact_lists *lists)
{
    uint32_t any = 0;
    for (int i = 0; i < SCRIPTS; i++)
        any |= lists->scripts[i];
    return any != 0;
}

static unsigned present_if(bool condition, enum fact_presence presence)
{
    return condition ? (unsigned)presence : 0;
}

static unsigned presence_of(const struct fact *fact)
{
    const struct fact_lists *lists = fact->lists;
    unsigned present =
        present_if(fact->target, FACT_PRESENT_TARGET) |
        present_if(fact->target_post, FACT_PRESENT_TARGET_POST) |
        present_if(fact->original_time != TIME_NONE,
                   FACT_PRESENT_ORIGINAL_TIME) |
        present_if(fact->statuses != COUNT_NONE, FACT_PRESENT_STATUSES) |
        present_if(fact->followers != COUNT_NONE, FACT_PRESENT_FOLLOWERS) |
        present_if(fact->client, FACT_PRESENT_CLIENT) |
        present_if(fact->language, FACT_PRESENT_LANGUAGE) |
        present_if(fact->name_hash, FACT_PRESENT_NAME) |
        present_if(fact->urls, FACT_PRESENT_URLS) |
        present_if(fact->mentions, FACT_PRESENT_MENTIONS) |
        present_if(fact->media, FACT_PRESENT_MEDIA);
    if (lists)
        present |= present_if(any_script(lists), FACT_PRESENT_SCRIPTS) |
                   present_if(lists->hashtags.count, FACT_PRESENT_HASHTAGS) |
                   present_if(lists->domains.count, FACT_PRESENT_DOMAINS);
    return present;
}

static size_t id_text_bytes(const struct fact *fact)
{
    return (size_t)fact_post(fact).text.size + fact_target(fact).text.size +
           fact_target_post(fact).text.size;
}

size_t fact_code_bytes_max(const struct fact *fact)
{
    size_t bytes = FACT_CODE_FIXED_MAX;
    if (fact->flags &
        (FACT_POST_BLOB | FACT_TARGET_BLOB | FACT_TARGET_POST_BLOB))
        bytes += id_text_bytes(fact);
    if (fact->lists)
        bytes += (size_t)fact->lists->hashtags.size +
                 fact->lists->domains.size;
    return bytes;
}

static uint8_t *put_pair(uint8_t *to, unsigned pair)
{
    *to++ = (uint8_t)pair;
    *to++ = (uint8_t)(pair >> 8);
    return to;
}

static uint8_t *put_word(uint8_t *to, uint64_t word)
{
    memcpy(to, &word, sizeof word);
    return to + sizeof word;
}

static uint8_t *put_id(uint8_t *to, uint64_t word, bool blob)
{
    return blob ? text_list_put(to, fact_id(word, true).text)
                : put_word(to, word);
}

static uint8_t *put_difference(uint8_t *to, int64_t time, int64_t before)
{
    return varint_write(to,
                        zigzag((int64_t)((uint64_t)time - (uint64_t)before)));
}

static uint8_t *put_scripts(uint8_t *to, const uint32_t scripts[SCRIPTS])
{
    uint8_t *mask = to++;
    *mask = 0;
    for (int i = 0; i < SCRIPTS; i++)
        if (scripts[i]) {
            *mask |= (uint8_t)(1u << i);
            to = varint_write(to, scripts[i]);
        }
    return to;
}

static uint8_t *put_list(uint8_t *to, struct text_list list)
{
    to = varint_write(to, list.count);
    to = varint_write(to, list.size);
    memcpy(to, list.bytes, list.size);
    return to + list.size;
}

static uint8_t *put_ids(uint8_t *to, const struct fact *fact,
                        unsigned present)
{
    to = put_id(to, fact->post, fact->flags & FACT_POST_BLOB);
    if (present & FACT_PRESENT_TARGET)
        to = put_id(to, fact->target, fact->flags & FACT_TARGET_BLOB);
    if (present & FACT_PRESENT_TARGET_POST)
        to = put_id(to, fact->target_post,
                    fact->flags & FACT_TARGET_POST_BLOB);
    return to;
}

static uint8_t *put_content(uint8_t *to, const struct fact *fact,
                            unsigned present)
{
    if (fact->flags & FACT_HAS_TEXT)
        to = varint_write(put_word(to, fact->text_hash), fact->text_length);
    if (present & FACT_PRESENT_NAME)
        to = put_word(to, fact->name_hash);
    if (present & FACT_PRESENT_URLS)
        to = varint_write(to, fact->urls);
    if (present & FACT_PRESENT_MENTIONS)
        to = varint_write(to, fact->mentions);
    if (present & FACT_PRESENT_MEDIA)
        to = varint_write(to, fact->media);
    if (present & FACT_PRESENT_SCRIPTS)
        to = put_scripts(to, fact->lists->scripts);
    if (present & FACT_PRESENT_HASHTAGS)
        to = put_list(to, fact->lists->hashtags);
    if (present & FACT_PRESENT_DOMAINS)
        to = put_list(to, fact->lists->domains);
    return to;
}

uint8_t *fact_encode(uint8_t *to, const struct fact *fact, int64_t before)
{
    unsigned present = presence_of(fact);
    *to++ = fact->kind;
    to = put_pair(to, fact->flags);
    to = put_pair(to, present);
    to = put_difference(to, fact->time, before);
    to = put_ids(to, fact, present);
    if (present & FACT_PRESENT_ORIGINAL_TIME)
        to = put_difference(to, fact->original_time, fact->time);
    if (present & FACT_PRESENT_STATUSES)
        to = varint_write(to, (uint64_t)fact->statuses);
    if (present & FACT_PRESENT_FOLLOWERS)
        to = varint_write(to, (uint64_t)fact->followers);
    if (present & FACT_PRESENT_CLIENT)
        to = varint_write(to, fact->client);
    if (present & FACT_PRESENT_LANGUAGE)
        to = varint_write(to, fact->language);
    return put_content(to, fact, present);
}

/* ---- reading ------------------------------------------------------------- */

/* The first error is sticky, and everything read after it is 0. */
struct code {
    const uint8_t *at, *end;
    struct arena *arena;
    int error;
};

static void code_fail(struct code *code, int error)
{
    if (!code->error)
        code->error = error;
    code->at = code->end;
}

static uint64_t get_number(struct code *code)
{
    uint64_t number;
    const uint8_t *next = varint_read_checked(code->at, code->end, &number);
    if (!next) {
        code_fail(code, -EBADMSG);
        return 0;
    }
    code->at = next;
    return number;
}

static uint32_t get_small(struct code *code)
{
    uint64_t number = get_number(code);
    if (number > UINT32_MAX)
        code_fail(code, -EBADMSG);
    return (uint32_t)number;
}

static int64_t get_count(struct code *code)
{
    uint64_t number = get_number(code);
    if (number > INT64_MAX)
        code_fail(code, -EBADMSG);
    return code->error ? COUNT_NONE : (int64_t)number;
}

/* The next size bytes; NULL: there are not so many. */
static const uint8_t *get_bytes(struct code *code, uint64_t size)
{
    if (size > (uint64_t)(code->end - code->at)) {
        code_fail(code, -EBADMSG);
        return NULL;
    }
    code->at += size;
    return code->at - size;
}

static unsigned get_pair(struct code *code)
{
    const uint8_t *bytes = get_bytes(code, 2);
    return bytes ? bytes[0] | (unsigned)bytes[1] << 8 : 0;
}

static uint64_t get_word(struct code *code)
{
    uint64_t word = 0;
    const uint8_t *bytes = get_bytes(code, sizeof word);
    if (bytes)
        memcpy(&word, bytes, sizeof word);
    return word;
}

/* An id has one form: a text that is a number's would be another. */
static uint64_t get_blob(struct code *code)
{
    uint64_t size = get_number(code);
    const uint8_t *bytes = get_bytes(code, size);
    if (!bytes)
        return 0;
    struct text text = {(const char *)bytes, (uint32_t)size};
    if (!size || size > UINT32_MAX || id_from_text(text).number) {
        code_fail(code, -EBADMSG);
        return 0;
    }
    struct id_blob *blob = arena_alloc(code->arena, sizeof *blob + size,
                                       _Alignof(struct id_blob));
    if (!blob) {
        code_fail(code, -ENOMEM);
        return 0;
    }
    blob->size = text.size;
    memcpy(blob->bytes, bytes, size);
    return (uint64_t)(uintptr_t)blob;
}

static uint64_t get_id(struct code *code, bool blob)
{
    if (blob)
        return get_blob(code);
    uint64_t number = get_word(code);
    if (!number)
        code_fail(code, -EBADMSG);
    return number;
}

/* Reduce relies on the bound, so that differences of times never overflow. */
static int64_t get_time(struct code *code, int64_t before)
{
    int64_t time = (int64_t)((uint64_t)before +
                             (uint64_t)unzigzag(get_number(code)));
    if (time <= -TIME_BIAS || time >= TIME_BIAS)
        code_fail(code, -EBADMSG);
    return time;
}

static void get_scripts(struct code *code, uint32_t scripts[SCRIPTS])
{
    const uint8_t *mask = get_bytes(code, 1);
    for (int i = 0; mask && i < SCRIPTS; i++)
        if (*mask >> i & 1)
            scripts[i] = get_small(code);
}

/* count texts that fill size bytes. */
static struct text_list get_list(struct code *code)
{
    struct text_list list = {.count = get_small(code)};
    list.size = get_small(code);
    list.bytes = get_bytes(code, list.size);
    if (!list.bytes)
        return (struct text_list){0};
    const uint8_t *at = list.bytes, *end = list.bytes + list.size;
    uint32_t texts = 0;
    for (; at && at < end; texts++) {
        uint64_t size;
        at = varint_read_checked(at, end, &size);
        if (at)
            at = size <= (uint64_t)(end - at) ? at + size : NULL;
    }
    if (at != end || texts != list.count || !texts) {
        code_fail(code, -EBADMSG);
        return (struct text_list){0};
    }
    return list;
}

static void get_lists(struct code *code, unsigned present, struct fact *fact)
{
    const unsigned any = FACT_PRESENT_SCRIPTS | FACT_PRESENT_HASHTAGS |
                         FACT_PRESENT_DOMAINS;
    if (!(present & any) || code->error)
        return;
    struct fact_lists *lists = arena_alloc(code->arena, sizeof *lists,
                                           _Alignof(struct fact_lists));
    if (!lists) {
        code_fail(code, -ENOMEM);
        return;
    }
    fact->lists = lists;
    if (present & FACT_PRESENT_SCRIPTS)
        get_scripts(code, lists->scripts);
    if (present & FACT_PRESENT_HASHTAGS)
        lists->hashtags = get_list(code);
    if (present & FACT_PRESENT_DOMAINS)
        lists->domains = get_list(code);
}

static void get_content(struct code *code, unsigned present,
                        struct fact *fact)
{
    if (fact->flags & FACT_HAS_TEXT) {
        fact->text_hash = get_word(code);
        fact->text_length = get_small(code);
    }
    if (present & FACT_PRESENT_NAME)
        fact->name_hash = get_word(code);
    if (present & FACT_PRESENT_URLS)
        fact->urls = get_small(code);
    if (present & FACT_PRESENT_MENTIONS)
        fact->mentions = get_small(code);
    if (present & FACT_PRESENT_MEDIA)
        fact->media = get_small(code);
    get_lists(code, present, fact);
}

static bool flags_agree(const struct fact *fact, unsigned present)
{
    unsigned flags = fact->flags;
    return fact->kind < POST_KINDS && flags <= FACT_FLAGS_ALL &&
           present <= FACT_PRESENT_ALL &&
           (!(flags & FACT_TARGET_BLOB) || present & FACT_PRESENT_TARGET) &&
           (!(flags & FACT_TARGET_POST_BLOB) ||
            present & FACT_PRESENT_TARGET_POST);
}

int fact_decode(const uint8_t *from, size_t size, int64_t before,
                struct arena *arena, struct fact *fact)
{
    struct code code = {from, from + size, arena, 0};
    const uint8_t *kind = get_bytes(&code, 1);
    *fact = (struct fact){.original_time = TIME_NONE, .statuses = COUNT_NONE,
                          .followers = COUNT_NONE,
                          .kind = kind ? *kind : POST_KINDS};
    fact->flags = (uint16_t)get_pair(&code);
    unsigned present = get_pair(&code);
    if (!flags_agree(fact, present))
        return -EBADMSG;
    fact->time = get_time(&code, before);
    fact->post = get_id(&code, fact->flags & FACT_POST_BLOB);
    if (present & FACT_PRESENT_TARGET)
        fact->target = get_id(&code, fact->flags & FACT_TARGET_BLOB);
    if (present & FACT_PRESENT_TARGET_POST)
        fact->target_post = get_id(&code,
                                   fact->flags & FACT_TARGET_POST_BLOB);
    if (present & FACT_PRESENT_ORIGINAL_TIME)
        fact->original_time = get_time(&code, fact->time);
    if (present & FACT_PRESENT_STATUSES)
        fact->statuses = get_count(&code);
    if (present & FACT_PRESENT_FOLLOWERS)
        fact->followers = get_count(&code);
    if (present & FACT_PRESENT_CLIENT)
        fact->client = get_small(&code);
    if (present & FACT_PRESENT_LANGUAGE)
        fact->language = get_small(&code);
    get_content(&code, present, fact);
    if (code.at != code.end)
        code_fail(&code, -EBADMSG);
    return code.error;
}
