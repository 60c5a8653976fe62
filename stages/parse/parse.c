#include "stages/parse/parse.h"

#include "stages/parse/client_text.h"
#include "stages/parse/v11.h"

#include <stdlib.h>

struct parser {
    index_kernel kernel;
    struct projection *projection;
    uint32_t *tokens;
    uint8_t *scratch;
    size_t capacity;          /* longest line that tokens and scratch hold */
    struct slots slots;
    struct client_memory clients;
};

struct parser *parser_create(enum isa isa)
{
    struct parser *parser = calloc(1, sizeof *parser);
    if (!parser)
        return NULL;
    parser->kernel = kernel_of(isa);
    parser->projection = projection_compile(V11, V11_CONTEXTS);
    if (!parser->projection) {
        free(parser);
        return NULL;
    }
    projection_use(parser->projection, isa);
    return parser;
}

void parser_free(struct parser *parser)
{
    if (!parser)
        return;
    projection_free(parser->projection);
    free(parser->tokens);
    free(parser->scratch);
    free(parser);
}

/* Every text of a record is decoded at most twice, and never grows. */
#define SCRATCH_PER_BYTE 2
#define SCRATCH_EXTRA 256

static bool make_room(struct parser *parser, size_t size)
{
    if (size <= parser->capacity)
        return true;
    size_t capacity = parser->capacity ? parser->capacity : (size_t)1 << 16;
    while (capacity < size)
        capacity *= 2;
    free(parser->tokens);
    free(parser->scratch);
    parser->tokens = malloc((capacity + KERNEL_PADDING) * sizeof(uint32_t));
    parser->scratch = malloc(capacity * SCRATCH_PER_BYTE + SCRATCH_EXTRA);
    parser->capacity = parser->tokens && parser->scratch ? capacity : 0;
    return parser->capacity != 0;
}

/* What parse_line is at: one line, and where its records go. */
struct line_work {
    struct parser *parser;
    struct walk walk;
    struct batch *batch;
    struct tally *tally;
    bool out_of_memory;
};

/* `errors` and no other key. */
static bool only_errors(const struct line_work *work,
                        const struct value_ref *object)
{
    struct value_ref errors = slot_value(
        &work->parser->slots, ROOT_CONTROL_FIRST + CONTROL_ERRORS);
    if (errors.type == VALUE_ABSENT || errors.token != object->token + 2)
        return false;
    const uint8_t *text = work->walk.text;
    uint32_t at = errors.end + (errors.type == VALUE_STRING);
    while (at < object->end && is_json_space(text[at]))
        at++;
    return at + 1 == object->end;
}

/* The record that stands in the parser's slots. */
static enum line_reason take_record(struct line_work *work,
                                    const struct value_ref *value,
                                    bool *is_control)
{
    struct reader reader = {.walk = &work->walk,
                            .slots = &work->parser->slots,
                            .scratch = work->parser->scratch,
                            .clients = &work->parser->clients};
    *is_control = false;
    work->tally->records++;
    if (value->type != VALUE_OBJECT)
        return LINE_UNKNOWN_RECORD;
    int kind = v11_control_kind(&reader);
    if (kind < 0 && only_errors(work, value))
        kind = CONTROL_ERRORS;
    if (kind >= 0) {
        *is_control = true;
        v11_control(&reader, kind, work->batch, work->tally,
                    &work->out_of_memory);
        return LINE_OK;
    }
    if (v11_is_status(&reader))
        return v11_status(&reader, work->batch, work->tally,
                          &work->out_of_memory);
    return LINE_UNKNOWN_RECORD;
}

static bool holds_records(const struct line_work *work,
                          const struct value_ref *value, uint32_t *token)
{
    struct value_ref statuses =
        slot_value(&work->parser->slots, ROOT_STATUSES);
    if (value->type == VALUE_ARRAY) {
        *token = value->token + 1;
        return true;
    }
    if (value->type != VALUE_OBJECT || statuses.type != VALUE_ARRAY)
        return false;
    *token = statuses.token + 1;
    return true;
}

/* Objects with `statuses` within arrays, one in another: more are unknown. */
#define NESTED_MAX 16

/* A way through nested arrays of records, without a stack per level. */
struct opened {
    uint32_t depth;          /* brackets open around the next element */
    uint32_t objects;        /* of these, arrays that are an object's */
    uint32_t depth_at[NESTED_MAX];
    uint32_t resume[NESTED_MAX];   /* the token behind that object */
};

/* Steps over brackets; false when the outermost array ended. */
static bool next_element(const struct walk *walk, struct opened *opened,
                         uint32_t *token)
{
    for (; opened->depth > 0; ++*token) {
        uint8_t byte = walk->text[walk->tokens[*token]];
        if (byte != '[' && byte != ']')
            return true;
        opened->depth += byte == '[';
        opened->depth -= byte == ']';
        if (byte == ']' && opened->objects &&
            opened->depth_at[opened->objects - 1] == opened->depth)
            /* The loop steps on from the token before. */
            *token = opened->resume[--opened->objects] - 1;
    }
    return false;
}

static void count_record(struct line_work *work,
                         const struct value_ref *value, uint64_t offset)
{
    bool is_control;
    enum line_reason reason = take_record(work, value, &is_control);
    if (reason == LINE_OK)
        return;
    work->tally->records_rejected[reason]++;
    tally_sample(work->tally, reason, offset, work->walk.text + value->start,
                 value->end - value->start);
}

/* The records of an array, whose first element's token is given, and of the
 * arrays within it. The line is known to be whole. */
static void take_records(struct line_work *work, uint32_t token,
                         uint64_t offset)
{
    struct opened opened = {.depth = 1};
    while (next_element(&work->walk, &opened, &token)) {
        struct value_ref value;
        uint32_t inner;
        (void)project_value(work->parser->projection, &work->walk, &token,
                            V11_ROOT, &work->parser->slots, &value);
        if (opened.objects < NESTED_MAX &&
            holds_records(work, &value, &inner)) {
            opened.depth_at[opened.objects] = opened.depth++;
            opened.resume[opened.objects++] = token;
            token = inner;
            continue;
        }
        count_record(work, &value, offset);
    }
}

static bool only_spaces(const uint8_t *text, uint32_t from, uint32_t to)
{
    while (from < to && is_json_space(text[from]))
        from++;
    return from >= to;
}

/* No comma or colon before the line's value or behind it. */
static bool stands_alone(const struct walk *walk,
                         const struct value_ref *value)
{
    uint32_t end = value->end + (value->type == VALUE_STRING);
    return only_spaces(walk->text, 0, walk->tokens[0]) &&
           only_spaces(walk->text, end, walk->size);
}

static enum line_reason take_line(struct line_work *work, uint64_t offset,
                                  bool *is_control)
{
    struct value_ref value;
    uint32_t token = 0;
    *is_control = false;
    enum walk_result result =
        project_value(work->parser->projection, &work->walk, &token, V11_ROOT,
                      &work->parser->slots, &value);
    if (result != WALK_OK)
        return result == WALK_TOO_DEEP ? LINE_TOO_DEEP : LINE_BAD_JSON;
    if (token != work->walk.count || !stands_alone(&work->walk, &value))
        return LINE_BAD_JSON;
    if (holds_records(work, &value, &token)) {
        take_records(work, token, offset);
        return LINE_OK;
    }
    enum line_reason reason = take_record(work, &value, is_control);
    if (reason != LINE_OK)
        work->tally->records_rejected[reason]++;
    return reason;
}

static bool only_returns(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r')
            return false;
    return true;
}

bool parse_line(struct parser *parser, const uint8_t *text, size_t size,
                uint64_t offset, struct batch *batch, struct tally *tally)
{
    if (only_returns(text, size)) {
        tally->blank++;
        tally->lines++;
        return true;
    }
    if (!make_room(parser, size))
        return false;
    struct line_work work = {
        .parser = parser, .batch = batch, .tally = tally,
        .walk = {text, (uint32_t)size, parser->tokens, 0}};
    uint32_t errors =
        parser->kernel(text, size, parser->tokens, &work.walk.count);
    bool is_control = false;
    enum line_reason reason =
        errors & INDEX_UTF8 ? LINE_BAD_UTF8
        : errors            ? LINE_BAD_JSON
                            : take_line(&work, offset, &is_control);
    if (reason != LINE_OK) {
        tally_reject(tally, reason, offset, text, size);
    } else {
        tally->accepted += !is_control;
        tally->control += is_control;
        tally->lines++;
    }
    return !work.out_of_memory;
}
