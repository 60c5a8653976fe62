#include "stages/parse/filter.h"

#include "stages/parse/text_fold.h"
#include "stages/parse/text_remove.h"

#include <string.h>

/* ---- accounts ----------------------------------------------------------- */

static bool has_id(const struct filter *filter, struct id id)
{
    const struct filter_set *set = &filter->ids;
    if (set->count == 0)
        return false;
    size_t at = id_hash(PLATFORM_TWITTER, id) & set->mask;
    for (; id_known(set->places[at]); at = (at + 1) & set->mask)
        if (id_equal(set->places[at], id))
            return true;
    return false;
}

static bool same_handle(struct text lower, struct text handle)
{
    if (lower.size != handle.size)
        return false;
    for (uint32_t i = 0; i < handle.size; i++) {
        char byte = handle.bytes[i];
        if (lower.bytes[i] != (byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte))
            return false;
    }
    return true;
}

static bool has_handle(const struct filter *filter, struct text handle)
{
    const struct filter_set *set = &filter->handles;
    if (handle.size == TEXT_NONE || handle.size == 0)
        return false;
    size_t at = hash_lower64(handle.bytes, handle.size) & set->mask;
    for (; set->places[at].text.size; at = (at + 1) & set->mask)
        if (same_handle(set->places[at].text, handle))
            return true;
    return false;
}

static bool accounts_hold(const struct filter *filter,
                          const struct filter_view *view)
{
    if (has_id(filter, view->account))
        return true;
    return filter->handles.count && view->handle &&
           has_handle(filter, view->handle(view->context));
}

/* ---- hashtags ----------------------------------------------------------- */

static bool is_listed(const struct filter *filter, struct text tag)
{
    for (size_t i = 0; i < filter->hashtag_count; i++)
        if (text_compare(filter->hashtags[i], tag) == 0)
            return true;
    return false;
}

static bool hashtags_hold(const struct filter *filter,
                          struct content *content,
                          const struct filter_view *view)
{
    if (!view->hashtags)
        return false;
    content_begin(content);
    view->hashtags(view->context);
    const struct content_list *list = &content->hashtags;
    const uint8_t *at = list->buffer.bytes;
    for (uint32_t i = 0; i < list->count; i++) {
        struct text tag;
        at = text_list_get(at, &tag);
        if (is_listed(filter, tag))
            return true;
    }
    return false;
}

/* ---- words -------------------------------------------------------------- */

void filter_search_text(struct filter_search *search, struct text text)
{
    struct text_scratch *scratch = &search->content->scratch;
    const struct filter *filter = search->filter;
    if (search->found || text.size == TEXT_NONE || text.size == 0)
        return;
    if (!text_buffer_reserve(&scratch->source,
                             (size_t)text.size + TEXT_FOLD_PADDING)) {
        search->content->out_of_memory = true;
        return;
    }
    memcpy(scratch->source.bytes, text.bytes, text.size);
    size_t size = text_decode_entities(scratch->source.bytes, text.size);
    struct text_tally tally;
    struct folded_text folded;
    if (!text_fold(scratch, size, false, &tally, &folded)) {
        search->content->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < filter->word_count && !search->found; i++)
        search->found = memmem(folded.bytes, folded.size,
                               filter->words[i].bytes, filter->words[i].size);
}

static bool words_hold(const struct filter *filter, struct content *content,
                       const struct filter_view *view)
{
    struct filter_search search = {.filter = filter, .content = content};
    view->texts(view->context, &search);
    return search.found;
}

/* ---- all together ------------------------------------------------------- */

static bool holds(const struct filter *filter, enum filter_kind kind,
                  struct content *content, const struct filter_view *view)
{
    switch (kind) {
    case FILTER_ACCOUNTS:
        return accounts_hold(filter, view);
    case FILTER_HASHTAGS:
        return hashtags_hold(filter, content, view);
    case FILTER_WORDS:
        return words_hold(filter, content, view);
    }
    return false;
}

bool filter_takes_post(const struct filter *filter, struct content *content,
                       const struct filter_view *view)
{
    static const enum filter_kind kinds[] = {FILTER_ACCOUNTS, FILTER_HASHTAGS,
                                             FILTER_WORDS};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (filter->kinds & kinds[i] &&
            holds(filter, kinds[i], content, view) == filter->any)
            return filter->any;
    return !filter->any || !filter->kinds;
}

bool filter_takes_notice(const struct filter *filter,
                         const struct notice *notice)
{
    bool timed = notice->time != TIME_NONE;
    if (timed &&
        (notice->time < filter->since || notice->time >= filter->until))
        return false;
    if (!filter->kinds)
        return timed;
    if (!(filter->kinds & FILTER_ACCOUNTS) ||
        (!filter->any && filter->kinds != FILTER_ACCOUNTS))
        return false;
    return has_id(filter, notice->account);
}
