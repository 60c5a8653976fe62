/*
 * Any bytes as a document, cut into any pieces: the same elements stand at the
 * same places, none overlaps another, and between them is nothing but white
 * space, commas and brackets. An element that jansson can read ends where it
 * stops reading. A line put together of pieces is that line, up to its limit.
 *
 * The first 8 bytes are sizes of pieces, which are taken in turn.
 */
#include "stages/split/split.h"
#include "tests/fuzz/fuzz_input.h"

#include <jansson.h>

#define JANSSON_MAX 50

struct found {
    size_t start, end;
};

struct elements {
    struct found *found;
    size_t count;
    bool open;               /* the last one goes on behind the end */
};

static void add_piece(struct elements *elements, const struct element *element,
                      size_t base)
{
    if (element->begins)
        elements->found[elements->count].start = base + element->start;
    CHECK(element->begins || element->start == 0);
    elements->open = !element->ends;
    if (element->ends)
        elements->found[elements->count++].end = base + element->end;
}

static struct elements elements_of(const uint8_t *text, size_t size,
                                   const uint8_t steps[8])
{
    struct elements elements = {malloc((size + 1) * sizeof(struct found)), 0,
                                false};
    struct document document = {0};
    struct element element;
    CHECK(elements.found);
    for (size_t base = 0, turn = 0; base < size; turn++) {
        size_t step = steps ? (size_t)steps[turn % 8] + 1 : size;
        if (step > size - base)
            step = size - base;
        /* Of its own size, so that reading past a piece is seen. */
        uint8_t *piece = fuzz_copy(text + base, step, 0);
        for (size_t at = 0; document_next(&document, piece, step, &at,
                                          &element);) {
            CHECK(element.start <= element.end && element.end <= step);
            CHECK(at == element.end);
            add_piece(&elements, &element, base);
            if (!element.ends)
                break;
        }
        free(piece);
        base += step;
    }
    CHECK(elements.open == document.in_element);
    return elements;
}

static void check_between(const uint8_t *text, size_t from, size_t to)
{
    for (; from < to; from++)
        CHECK(memchr(" \t\r\n,[]", text[from], 8));
}

/* An object, an array or a string. */
static void check_end(const uint8_t *text, size_t size, struct found found)
{
    json_error_t error;
    if (!memchr("{[\"", text[found.start], 3))
        return;
    json_t *json = json_loadb((const char *)text + found.start,
                              size - found.start,
                              JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK |
                                  JSON_ALLOW_NUL,
                              &error);
    CHECK(!json || (size_t)error.position == found.end - found.start);
    json_decref(json);
}

static void check_order(const struct elements *elements, const uint8_t *text,
                        size_t size)
{
    size_t last = 0;
    for (size_t i = 0; i < elements->count; i++) {
        CHECK(elements->found[i].start < elements->found[i].end);
        CHECK(elements->found[i].start >= last);
        check_between(text, last, elements->found[i].start);
        if (i < JANSSON_MAX)
            check_end(text, size, elements->found[i]);
        last = elements->found[i].end;
    }
    check_between(text, last,
                  elements->open ? elements->found[elements->count].start
                                 : size);
}

static void check_fragment(const uint8_t *text, size_t size,
                           const uint8_t steps[8])
{
    struct memory memory;
    struct fragment fragment;
    size_t limit = (size_t)steps[0] * 16;
    memory_init(&memory, (uint64_t)64 << 20, 0);
    fragment_init(&fragment, &memory, limit);
    for (size_t at = 0, turn = 0; at < size; turn++) {
        size_t step = (size_t)steps[turn % 8];
        step = step < size - at ? step : size - at;
        CHECK(fragment_add(&fragment, text + at, step));
        at += step;
        if (!step && turn > 8 && at == 0)
            break;
        CHECK(fragment.total == at);
    }
    CHECK(fragment.size == (fragment.total < limit ? fragment.total : limit));
    CHECK(!fragment.size || memcmp(fragment.bytes, text, fragment.size) == 0);
    CHECK(fragment_too_long(&fragment) == (fragment.total > limit));
    fragment_free(&fragment);
    CHECK(memory.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 8)
        return 0;
    const uint8_t *steps = data;
    uint8_t *text = fuzz_copy(data + 8, size - 8, 0);
    size -= 8;
    (void)framing_detect(text, size);
    struct elements whole = elements_of(text, size, NULL);
    struct elements pieces = elements_of(text, size, steps);
    CHECK(whole.count == pieces.count && whole.open == pieces.open);
    CHECK(memcmp(whole.found, pieces.found,
                 whole.count * sizeof *whole.found) == 0);
    CHECK(!whole.open || whole.found[whole.count].start ==
                             pieces.found[pieces.count].start);
    check_order(&whole, text, size);
    check_fragment(text, size, steps);
    free(whole.found);
    free(pieces.found);
    free(text);
    return 0;
}
