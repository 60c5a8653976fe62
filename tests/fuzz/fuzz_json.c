/*
 * Any bytes as a line of JSON: it is taken where jansson takes it, by every
 * kernel and walk; and what the projection notes of it (types, strings with
 * their escapes, numbers, members of members, the last of keys that stand
 * twice) is what jansson's tree holds.
 *
 * Where the two differ by intent: jansson refuses lone surrogates and keys with
 * a NUL, takes no integers beyond 64 bits and no numbers beyond a double, and is
 * deeper. To it a raw NUL ends the text; no JSON holds one.
 */
#include "stages/parse/parse.h"
#include "stages/parse/scalar.h"
#include "tests/fuzz/fuzz_input.h"

#include <jansson.h>

enum { SLOT_A, SLOT_B, SLOT_CHILD, SLOT_CHILD_A, SLOT_CHILD_B, SLOTS };
static const struct context_key CHILD_KEYS[] = {
    {"a", 0, 0, 0}, {"id", 1, 0, 0}, {NULL, 0, 0, 0}};
static const struct context_key KEYS[] = {
    {"a", SLOT_A, 0, 0},
    {"id", SLOT_B, 0, 0},
    {"user", SLOT_CHILD, 2, SLOT_CHILD_A},
    {NULL, 0, 0, 0}};
static const struct context CONTEXTS[] = {
    {NULL, 0, NULL}, {KEYS, SLOTS, NULL}, {CHILD_KEYS, 2, NULL}};

/* ---- whether the line is taken ------------------------------------------- */

static enum line_reason reason_of(enum isa isa, const uint8_t *text,
                                  size_t size, bool *blank)
{
    static struct parser *parsers[ISA_COUNT];
    static struct tally tally;
    struct batch batch = {0};
    if (!parsers[isa])
        parsers[isa] = parser_create(&(struct parser_options){.isa = isa});
    CHECK(parsers[isa]);
    tally_init(&tally);
    CHECK(parse_line(parsers[isa], text, size, 0, &batch, &tally));
    batch_free(&batch);
    *blank = tally.blank > 0;
    for (int reason = 1; reason < LINE_REASON_COUNT; reason++)
        if (tally.rejected[reason])
            return (enum line_reason)reason;
    return LINE_OK;
}

static bool is_json(enum line_reason reason)
{
    return reason != LINE_BAD_JSON && reason != LINE_BAD_UTF8 &&
           reason != LINE_TOO_DEEP;
}

static bool jansson_is_stricter(const json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_null_byte_in_key ||
           strstr(error->text, "invalid Unicode") != NULL;
}

/* ---- what is noted of it ------------------------------------------------- */

static enum value_type type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return VALUE_OBJECT;
    case JSON_ARRAY:
        return VALUE_ARRAY;
    case JSON_STRING:
        return VALUE_STRING;
    case JSON_INTEGER:
    case JSON_REAL:
        return VALUE_NUMBER;
    case JSON_TRUE:
        return VALUE_TRUE;
    case JSON_FALSE:
        return VALUE_FALSE;
    default:
        return VALUE_NULL;
    }
}

static void compare_value(const uint8_t *text, struct value_ref value,
                          const json_t *expected)
{
    CHECK(value.type == (expected ? type_of(expected) : VALUE_ABSENT));
    if (!expected)
        return;
    size_t size = value.end - value.start;
    if (value.type == VALUE_STRING) {
        uint8_t *out = malloc(size + 16);
        CHECK(out);
        size_t written = unescape(out, text + value.start, size);
        CHECK(written <= size && written == json_string_length(expected));
        CHECK(memcmp(out, json_string_value(expected), written) == 0);
        CHECK(has_backslash(text + value.start, (uint32_t)size) ==
              (memchr(text + value.start, '\\', size) != NULL));
        free(out);
    }
    int64_t integer;
    if (json_is_integer(expected) &&
        integer_from_text(text + value.start, (uint32_t)size, &integer))
        CHECK(integer == json_integer_value(expected));
}

static void compare_slots(const uint8_t *text, const struct slots *slots,
                          const json_t *object)
{
    const json_t *user = json_object_get(object, "user");
    compare_value(text, slot_value(slots, SLOT_A),
                  json_object_get(object, "a"));
    compare_value(text, slot_value(slots, SLOT_B),
                  json_object_get(object, "id"));
    compare_value(text, slot_value(slots, SLOT_CHILD), user);
    if (!json_is_object(user))
        return;
    compare_value(text, slot_value(slots, SLOT_CHILD_A),
                  json_object_get(user, "a"));
    compare_value(text, slot_value(slots, SLOT_CHILD_B),
                  json_object_get(user, "id"));
}

static void project(enum isa isa, const uint8_t *text, size_t size,
                    const json_t *json)
{
    static struct projection *projections[ISA_COUNT];
    static struct slots slots;
    uint32_t *tokens = malloc((size + KERNEL_PADDING) * sizeof *tokens);
    struct walk walk = {.text = text, .size = (uint32_t)size,
                        .tokens = tokens};
    struct value_ref value;
    uint32_t token = 0;
    if (!projections[isa]) {
        projections[isa] = projection_compile(CONTEXTS, 3);
        CHECK(projections[isa]);
        projection_use(projections[isa], isa);
    }
    CHECK(tokens && kernel_of(isa)(text, size, tokens, &walk.count) == 0);
    CHECK(project_value(projections[isa], &walk, &token, 1, &slots, &value) ==
          WALK_OK);
    CHECK(token == walk.count && value.type == type_of(json));
    if (json_is_object(json))
        compare_slots(text, &slots, json);
    free(tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    uint8_t *text = fuzz_copy(data, size, KERNEL_PADDING);
    bool nul = memchr(text, 0, size) != NULL;
    json_t *json = json_loadb((const char *)text, nul ? 0 : size,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    for (int isa = 0; isa < ISA_COUNT; isa++) {
        if (!isa_runs_here((enum isa)isa))
            continue;
        bool blank;
        enum line_reason reason = reason_of((enum isa)isa, text, size, &blank);
        if (json && reason != LINE_TOO_DEEP)
            CHECK(is_json(reason) && !blank);
        if (!json && is_json(reason))
            CHECK(blank || (!nul && jansson_is_stricter(&error)));
        if (json && is_json(reason))
            project((enum isa)isa, text, size, json);
    }
    json_decref(json);
    free(text);
    return 0;
}
