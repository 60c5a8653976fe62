#include "stages/parse/dialects/elements.h"
#include "stages/parse/dialects/twitter.h"
#include "stages/parse/dialects/v11.h"

/* The text of a status, and the slots of the entities that stand beside it. */
struct place {
    uint32_t text;             /* ROOT_SLOTS: there is none */
    uint32_t entities;         /* enum place_slot from there on */
};

static bool is_string(const struct reader *reader, uint32_t slot)
{
    return field_scalar(reader, slot).type == VALUE_STRING;
}

static struct place place_of_status(const struct reader *reader)
{
    uint32_t extended = ROOT_EXTENDED_FIRST + EXTENDED_FULL_TEXT;
    if (is_string(reader, extended))
        return (struct place){extended, ROOT_EXTENDED_FIRST + EXTENDED_PLACE};
    if (is_string(reader, ROOT_FULL_TEXT))
        return (struct place){ROOT_FULL_TEXT, ROOT_PLACE};
    return (struct place){is_string(reader, ROOT_TEXT) ? ROOT_TEXT : ROOT_SLOTS,
                          ROOT_PLACE};
}

/* Only of statuses that are not retweeted the text is wanted. */
static uint32_t entities_of_retweeted(const struct reader *reader)
{
    uint32_t extended = ROOT_RETWEETED_FIRST + RETWEETED_EXTENDED_FIRST;
    return is_string(reader, extended + EXTENDED_FULL_TEXT)
               ? extended + EXTENDED_PLACE
               : ROOT_RETWEETED_FIRST + RETWEETED_PLACE;
}

/* What the elements of a status go through. */
struct element_work {
    struct record *record;
    struct reader reader;      /* the element's values */
    struct slots slots;
    bool ranges;               /* the text will be measured */
};

static void take_range(struct element_work *work, uint32_t indices)
{
    int64_t pair[2];
    if (work->ranges && field_pair(&work->reader, indices, pair))
        content_range(work->record->content, pair[0], pair[1]);
}

static bool next(struct element_work *work, struct elements *elements,
                 uint8_t context)
{
    work->reader.scratch_used = work->record->reader.scratch_used;
    return elements_next(elements, work->record->projection, context,
                         &work->slots);
}

static void take_hashtags(struct element_work *work, struct elements elements)
{
    while (next(work, &elements, V11_HASHTAG)) {
        struct text tag = field_text(&work->reader, HASHTAG_TEXT);
        if (elements.value.type == VALUE_OBJECT && tag.size != TEXT_NONE)
            content_hashtag(work->record->content, tag);
    }
}

static uint32_t take_links(struct element_work *work, struct elements elements)
{
    uint32_t count = 0;
    for (; next(work, &elements, V11_LINK); count++) {
        struct text url = field_text(&work->reader, LINK_EXPANDED_URL);
        if (url.size == TEXT_NONE || url.size == 0)
            url = field_text(&work->reader, LINK_URL);
        if (url.size != TEXT_NONE)
            content_link(work->record->content, url);
        take_range(work, LINK_INDICES);
    }
    return count;
}

/* Mentions and media: how many, and where. */
static uint32_t take_ranges(struct element_work *work,
                            struct elements elements, uint8_t context)
{
    uint32_t count = 0;
    if (!work->ranges)
        return elements_count(elements);
    for (; next(work, &elements, context); count++)
        take_range(work, RANGE_INDICES);
    return count;
}

/* The entities whose slots start there. */
static void take_entities(struct element_work *work, uint32_t first,
                          struct post *post)
{
    const struct reader *reader = &work->record->reader;
    uint32_t media = first + PLACE_EXTENDED_MEDIA;
    if (!elements_are(reader, media))
        media = first + PLACE_MEDIA;
    if (elements_are(reader, first + PLACE_HASHTAGS)) {
        post->flags |= FACT_HAS_HASHTAGS;
        take_hashtags(work, elements_of(reader, first + PLACE_HASHTAGS));
    }
    if (elements_are(reader, first + PLACE_LINKS)) {
        post->flags |= FACT_HAS_URLS;
        post->urls =
            take_links(work, elements_of(reader, first + PLACE_LINKS));
    }
    if (elements_are(reader, first + PLACE_MENTIONS)) {
        post->flags |= FACT_HAS_MENTIONS;
        post->mentions =
            take_ranges(work, elements_of(reader, first + PLACE_MENTIONS),
                        V11_MENTION);
    }
    if (elements_are(reader, media)) {
        post->flags |= FACT_HAS_MEDIA;
        post->media =
            take_ranges(work, elements_of(reader, media), V11_MEDIUM);
    }
}

void v11_content(struct record *record, struct post *post)
{
    struct place place = place_of_status(&record->reader);
    struct element_work work;
    work.record = record;
    work.reader = record->reader;
    work.reader.slots = &work.slots;
    work.ranges = post->kind != KIND_RETWEET && place.text != ROOT_SLOTS;
    content_begin(record->content);
    take_entities(&work,
                  post->kind == KIND_RETWEET
                      ? entities_of_retweeted(&record->reader)
                      : place.entities,
                  post);
    if (work.ranges) {
        struct text text = field_text(&record->reader, place.text);
        if (post->kind != KIND_QUOTE && twitter_is_manual_retweet(text))
            post->flags |= FACT_MANUAL_RETWEET;
        content_measure(record->content, text, TEXT_REMOVE_POINTS, post);
    }
    if (!content_finish(record->content, post))
        record->sink->out_of_memory = true;
}

/* ---- what a filter asks for ---------------------------------------------- */

struct offer {
    struct record *record;
    bool retweet;
};

static struct text offer_handle(void *context)
{
    struct offer *offer = context;
    return field_text(&offer->record->reader,
                      ROOT_USER_FIRST + USER_SCREEN_NAME);
}

static void offer_hashtags(void *context)
{
    struct offer *offer = context;
    struct record *record = offer->record;
    struct element_work work;
    work.record = record;
    work.reader = record->reader;
    work.reader.slots = &work.slots;
    uint32_t place = offer->retweet
                         ? entities_of_retweeted(&record->reader)
                         : place_of_status(&record->reader).entities;
    if (elements_are(&record->reader, place + PLACE_HASHTAGS))
        take_hashtags(&work, elements_of(&record->reader,
                                         place + PLACE_HASHTAGS));
}

static uint32_t text_of_retweeted(const struct reader *reader)
{
    uint32_t first = ROOT_RETWEETED_FIRST;
    uint32_t extended = first + RETWEETED_EXTENDED_FIRST + EXTENDED_FULL_TEXT;
    return is_string(reader, extended) ? extended
           : is_string(reader, first + RETWEETED_FULL_TEXT)
               ? first + RETWEETED_FULL_TEXT
               : first + RETWEETED_TEXT;
}

static void offer_texts(void *context, struct filter_search *search)
{
    struct offer *offer = context;
    struct reader *reader = &offer->record->reader;
    uint32_t slot = place_of_status(reader).text;
    if (slot != ROOT_SLOTS)
        filter_search_text(search, field_text(reader, slot));
    if (offer->retweet && !search->found)
        filter_search_text(search,
                           field_text(reader, text_of_retweeted(reader)));
}

void v11_offer(struct record *record, const struct post *post)
{
    struct offer offer = {record, post->kind == KIND_RETWEET};
    struct filter_view view = {.account = post->account, .context = &offer,
                               .handle = offer_handle,
                               .hashtags = offer_hashtags,
                               .texts = offer_texts};
    sink_offer(record->sink, post, record->content, &view);
}
