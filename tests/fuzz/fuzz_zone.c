/*
 * Any bytes as a TZif file: it is refused, or at any instant there is one span
 * that holds it, whose offset a zone may have, which is the span of its own
 * first and last second too, and spans follow one another without a gap.
 *
 * The first 8 bytes are the instant. Behind them a file that does not begin
 * as a TZif file is a rule (zone_rule.h), with the same properties.
 */
#include "stages/reduce/local_time.h"
#include "tests/fuzz/fuzz_input.h"

#define T_MAX (INT64_C(1) << 51)

typedef struct zone_span (*span_of)(const void *zone, int64_t t);

static struct zone_span span_of_zone(const void *zone, int64_t t)
{
    return local_time_span(zone, t);
}

static struct zone_span span_of_rule(const void *rule, int64_t t)
{
    return zone_rule_span(rule, t);
}

static bool may_be_asked(int64_t t)
{
    return t > -T_MAX && t < T_MAX;
}

static void check_same(span_of span, const void *zone, int64_t t,
                       struct zone_span wanted)
{
    if (!may_be_asked(t))
        return;
    struct zone_span got = span(zone, t);
    CHECK(got.offset == wanted.offset);
    CHECK(got.from <= t && t < got.until);
}

static void check_spans(span_of span, const void *zone, int64_t t)
{
    for (int steps = 0; steps < 8 && may_be_asked(t); steps++) {
        struct zone_span at = span(zone, t);
        CHECK(at.from <= t && t < at.until);
        CHECK(at.offset >= -ZONE_OFFSET_MAX && at.offset <= ZONE_OFFSET_MAX);
        check_same(span, zone, at.from, at);
        check_same(span, zone, at.until - 1, at);
        t = at.until;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct local_time zone;
    struct zone_rule rule;
    int64_t t = (int64_t)fuzz_word(&input) >> 12;
    uint8_t *bytes = fuzz_copy(input.at, input.left, 0);
    if (local_time_parse(bytes, input.left, &zone) == 0) {
        check_spans(span_of_zone, &zone, t);
        local_time_free(&zone);
    }
    if (zone_rule_parse((const char *)bytes, input.left, &rule))
        check_spans(span_of_rule, &rule, t);
    free(bytes);
    return 0;
}
