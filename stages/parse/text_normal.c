#include "stages/parse/text_normal.h"

#include "pipeline/check.h"
#include "stages/parse/text_class.h"

#include <string.h>
#include <utf8proc.h>

#define POINT_BYTES sizeof(utf8proc_int32_t)
/* Code points that one becomes: U+FDFA decomposes to 18 (UAX #15, table of
 * expansion factors), and no case folding to more than 3. */
#define EXPANSION_MAX 18
#define UTF8_BYTES_MAX 4
/* Runs of combining marks up to this long are sorted by insertion. */
#define SHORT_RUN 16
#define COMBINING_CLASSES 256

#define DECOMPOSE                                                              \
    (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE)
#define COMPOSE (UTF8PROC_STABLE | UTF8PROC_COMPOSE)

/* Code points in one of the scratch's buffers. */
struct points {
    struct text_buffer *buffer;
    size_t count;
};

static utf8proc_int32_t *points_of(const struct text_buffer *buffer)
{
    return (utf8proc_int32_t *)(void *)buffer->bytes;
}

unsigned text_combining(uint32_t point)
{
    return (unsigned)utf8proc_get_property((utf8proc_int32_t)point)
        ->combining_class;
}

static unsigned combining(utf8proc_int32_t point)
{
    return text_combining((uint32_t)point);
}

const char *text_normal_unicode(void)
{
    return utf8proc_unicode_version();
}

/* Adds what the code point becomes under these options. */
static bool add_point(struct points *points, utf8proc_int32_t point,
                      int options)
{
    size_t need = (points->count + EXPANSION_MAX) * POINT_BYTES;
    if (!text_buffer_reserve(points->buffer, need))
        return false;
    int last_class = 0;
    utf8proc_ssize_t added = utf8proc_decompose_char(
        point, points_of(points->buffer) + points->count, EXPANSION_MAX,
        (utf8proc_option_t)options, &last_class);
    CHECK(added >= 0 && added <= EXPANSION_MAX);
    points->count += (size_t)added;
    return true;
}

static void sort_short(utf8proc_int32_t *run, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        utf8proc_int32_t point = run[i];
        unsigned class = combining(point);
        size_t at = i;
        for (; at > 0 && combining(run[at - 1]) > class; at--)
            run[at] = run[at - 1];
        run[at] = point;
    }
}

/* By counting, stable; in time linear in the run. */
static void sort_long(utf8proc_int32_t *run, size_t count,
                      utf8proc_int32_t *spare)
{
    size_t places[COMBINING_CLASSES] = {0}, place = 0;
    for (size_t i = 0; i < count; i++)
        places[combining(run[i])]++;
    for (size_t class = 0; class < COMBINING_CLASSES; class++) {
        size_t marks = places[class];
        places[class] = place;
        place += marks;
    }
    for (size_t i = 0; i < count; i++)
        spare[places[combining(run[i])]++] = run[i];
    memcpy(run, spare, count * POINT_BYTES);
}

/* Canonical ordering (Unicode, D109), then canonical composition (D117). What
 * stands in spare is lost. */
static bool order_and_compose(struct points *points, struct text_buffer *spare)
{
    if (!text_buffer_reserve(spare, points->count * POINT_BYTES))
        return false;
    utf8proc_int32_t *at = points_of(points->buffer);
    size_t start = 0;
    for (size_t i = 0; i <= points->count; i++) {
        if (i < points->count && combining(at[i]))
            continue;
        if (i - start > SHORT_RUN)
            sort_long(at + start, i - start, points_of(spare));
        else if (i - start > 1)
            sort_short(at + start, i - start);
        start = i + 1;
    }
    utf8proc_ssize_t left = utf8proc_normalize_utf32(
        at, (utf8proc_ssize_t)points->count, (utf8proc_option_t)COMPOSE);
    CHECK(left >= 0 && (size_t)left <= points->count);
    points->count = (size_t)left;
    return true;
}

/* From source, as code points, to points: full case folding, NFKD. */
static bool fold_points(const struct points *source, struct points *points)
{
    for (size_t i = 0; i < source->count; i++) {
        utf8proc_int32_t folded[EXPANSION_MAX];
        int last_class = 0;
        utf8proc_ssize_t count = utf8proc_decompose_char(
            points_of(source->buffer)[i], folded, EXPANSION_MAX,
            (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_CASEFOLD),
            &last_class);
        CHECK(count >= 0 && count <= EXPANSION_MAX);
        for (utf8proc_ssize_t k = 0; k < count; k++)
            if (!add_point(points, folded[k], DECOMPOSE))
                return false;
    }
    return true;
}

static bool encode_points(const struct points *points,
                          struct text_buffer *out, size_t *size)
{
    if (!text_buffer_reserve(out, points->count * UTF8_BYTES_MAX))
        return false;
    size_t used = 0;
    for (size_t i = 0; i < points->count; i++)
        used += (size_t)utf8proc_encode_char(points_of(points->buffer)[i],
                                             out->bytes + used);
    *size = used;
    return true;
}

bool text_normalise(struct text_scratch *scratch, const uint8_t *text,
                    size_t size, size_t *normal_size)
{
    struct points first = {&scratch->points[0], 0};
    struct points second = {&scratch->points[1], 0};
    for (size_t at = 0; at < size; at += utf8_size(text[at]))
        if (!add_point(&first, (utf8proc_int32_t)utf8_point(text + at),
                       DECOMPOSE))
            return false;
    return order_and_compose(&first, second.buffer) &&
           fold_points(&first, &second) &&
           order_and_compose(&second, first.buffer) &&
           encode_points(&second, &scratch->stretch, normal_size);
}
