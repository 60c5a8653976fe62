#include "stages/parse/filter.h"

#include "stages/parse/kernel_utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- sets ---------------------------------------------------------------- */

static bool set_start(struct filter_set *set, size_t elements)
{
    size_t places = 16;
    while (places < 2 * elements)
        places *= 2;
    set->places = calloc(places, sizeof *set->places);
    set->mask = places - 1;
    return set->places != NULL;
}

/* The set has room. */
static void set_add(struct filter_set *set, struct id id, uint64_t hash)
{
    size_t at = hash & set->mask;
    for (; id_known(set->places[at]); at = (at + 1) & set->mask)
        if (id_equal(set->places[at], id))
            return;
    set->places[at] = id;
    set->count++;
}

/* ---- the list ------------------------------------------------------------ */

static bool out_of_memory(struct fault *fault)
{
    fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                "out of memory while reading what to filter by");
    return false;
}

/* All of the file, with a zero behind it; it may be a pipe. NULL: errno. */
static char *read_whole(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    char *bytes = NULL;
    size_t capacity = 0, got = 1;
    *size = 0;
    while (file && got > 0) {
        if (capacity - *size < 2) {
            capacity = capacity ? 2 * capacity : 4096;
            char *grown = realloc(bytes, capacity);
            if (!grown)
                break;
            bytes = grown;
        }
        got = fread(bytes + *size, 1, capacity - *size - 1, file);
        *size += got;
    }
    int error = !file || got > 0 || ferror(file) ? errno : 0;
    if (file)
        (void)fclose(file);
    if (!error) {
        bytes[*size] = 0;
        return bytes;
    }
    free(bytes);
    errno = error;
    return NULL;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next line, without white space around it; false at the end. */
static bool next_line(char **at, char *end, struct text *line)
{
    if (*at >= end)
        return false;
    char *first = *at, *feed = memchr(first, '\n', (size_t)(end - first));
    char *last = feed ? feed : end;
    *at = last + 1;
    while (first < last && is_space(*first))
        first++;
    while (first < last && is_space(last[-1]))
        last--;
    *line = (struct text){first, (uint32_t)(last - first)};
    return true;
}

static size_t count_lines(const char *bytes, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    return lines;
}

static void add_handle(struct filter *filter, struct text handle)
{
    hash_lower_ascii((char *)handle.bytes, handle.bytes, handle.size);
    set_add(&filter->handles, (struct id){.text = handle},
            hash_lower64(handle.bytes, handle.size));
}

static bool read_accounts(struct filter *filter, const char *path,
                          struct fault *fault)
{
    char name[PRINTABLE_NAME_BYTES];
    size_t size, number = 0;
    struct text line;
    printable_name(name, sizeof name, path);
    filter->list = read_whole(path, &size);
    if (!filter->list || size > UINT32_MAX) {
        fault_raise(fault, CODE_INPUT, NULL, UINT64_MAX,
                    filter->list ? EFBIG : errno, "cannot read the list %s",
                    name);
        return false;
    }
    filter->digest = hash_bytes128(filter->list, size);
    size_t lines = count_lines(filter->list, size);
    if (!set_start(&filter->ids, lines) || !set_start(&filter->handles, lines))
        return out_of_memory(fault);
    for (char *at = filter->list; next_line(&at, filter->list + size, &line);) {
        number++;
        if (!line.size || line.bytes[0] == '#')
            continue;
        struct id id = id_from_text(line);
        if (line.bytes[0] != '@') {
            set_add(&filter->ids, id, id_hash(PLATFORM_TWITTER, id));
        } else if (line.size > 1) {
            add_handle(filter, (struct text){line.bytes + 1, line.size - 1});
        } else {
            fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                        "%s, line %zu: an @ without a name", name, number);
            return false;
        }
    }
    filter->kinds |= FILTER_ACCOUNTS;
    return true;
}

/* ---- hashtags and words -------------------------------------------------- */

/* The folded text; hash: without the # that may stand before it. */
static bool fold_one(struct text_scratch *scratch, const char *from, bool hash,
                     struct text *text)
{
    size_t size = strlen(from);
    if (size > UINT32_MAX / HASHTAG_FOLD_GROWTH)
        return false;
    char *room = malloc(size * HASHTAG_FOLD_GROWTH + 1);
    text->bytes = room;
    if (!room || !hashtag_fold(scratch, (struct text){from, (uint32_t)size},
                               room, &text->size))
        return false;
    if (hash && text->size && room[0] == '#')
        memmove(room, room + 1, --text->size);
    return true;
}

static bool usage(struct fault *fault, const char *option, const char *text,
                  const char *why)
{
    char name[PRINTABLE_NAME_BYTES];
    fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0, "--%s '%s': %s",
                option, printable_name(name, sizeof name, text), why);
    return false;
}

/* What is empty when it is folded would find everything. */
static bool read_texts(const char *option, const char *const *texts,
                       size_t count, struct text **out, size_t *out_count,
                       struct fault *fault)
{
    struct text_scratch scratch = {0};
    bool well = true;
    *out = calloc(count, sizeof **out);
    if (!*out)
        return out_of_memory(fault);
    *out_count = count;
    for (size_t i = 0; i < count && well; i++) {
        if (!utf8_valid((const uint8_t *)texts[i], strlen(texts[i])))
            well = usage(fault, option, texts[i], "is not UTF-8");
        else if (!fold_one(&scratch, texts[i], option[0] == 'h', &(*out)[i]))
            well = out_of_memory(fault);
        else if (!(*out)[i].size)
            well = usage(fault, option, texts[i], "is empty");
    }
    text_scratch_free(&scratch);
    return well;
}

/* ---- the filter ---------------------------------------------------------- */

static bool fill(struct filter *filter, const struct filter_request *request,
                 struct fault *fault)
{
    filter->any = request->any;
    filter->since = request->since;
    filter->until = request->until;
    if (!request->accounts && !request->hashtag_count &&
        !request->word_count && request->since == INT64_MIN &&
        request->until == INT64_MAX) {
        fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                    "say what to filter by: --accounts, --hashtag, --word, "
                    "--since or --until");
        return false;
    }
    if (request->hashtag_count) {
        filter->kinds |= FILTER_HASHTAGS;
        if (!read_texts("hashtag", request->hashtags, request->hashtag_count,
                        &filter->hashtags, &filter->hashtag_count, fault))
            return false;
    }
    if (request->word_count) {
        filter->kinds |= FILTER_WORDS;
        if (!read_texts("word", request->words, request->word_count,
                        &filter->words, &filter->word_count, fault))
            return false;
    }
    return !request->accounts ||
           read_accounts(filter, request->accounts, fault);
}

struct filter *filter_create(const struct filter_request *request,
                             struct fault *fault)
{
    struct filter *filter = calloc(1, sizeof *filter);
    if (!filter) {
        out_of_memory(fault);
        return NULL;
    }
    if (fill(filter, request, fault))
        return filter;
    filter_free(filter);
    return NULL;
}

static void free_texts(struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)texts[i].bytes);
    free(texts);
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    free(filter->ids.places);
    free(filter->handles.places);
    free_texts(filter->hashtags, filter->hashtag_count);
    free_texts(filter->words, filter->word_count);
    free(filter->list);
    free(filter);
}
