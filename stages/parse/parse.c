#include "stages/parse/parse.h"

#include "stages/parse/client_text.h"
#include "stages/parse/dialects/dialect.h"
#include "stages/parse/dialects/recognise.h"

#include <stdlib.h>

static const struct dialect *const DIALECT_TABLE[DIALECT_COUNT] = {
    [DIALECT_V11] = &DIALECT_OF_V11,
    [DIALECT_V2] = &DIALECT_OF_V2,
    [DIALECT_IO_ARCHIVE] = &DIALECT_OF_IO_ARCHIVE,
    [DIALECT_REDDIT] = &DIALECT_OF_REDDIT,
    [DIALECT_BLUESKY] = &DIALECT_OF_BLUESKY,
};

struct parser {
    index_kernel kernel;
    struct parser_options options;
    struct projection *projections[DIALECT_COUNT];   /* NULL until needed */
    void *memories[DIALECT_COUNT];                   /* likewise */
    enum dialect_id expected;      /* that of the last record */
    uint32_t *tokens;
    uint8_t *scratch;
    size_t capacity;          /* longest line that tokens and scratch hold */
    struct slots slots;
    struct client_memory clients;
    struct content content;
};

/* A dialect's projection and memory are made when its first record comes. */
static bool prepare(struct parser *parser, enum dialect_id id)
{
    const struct dialect *dialect = DIALECT_TABLE[id];
    if (!parser->projections[id]) {
        parser->projections[id] = recognise_compile(dialect);
        if (!parser->projections[id])
            return false;
        projection_use(parser->projections[id], parser->options.isa);
    }
    if (dialect->memory_bytes && !parser->memories[id])
        parser->memories[id] = calloc(1, dialect->memory_bytes);
    return !dialect->memory_bytes || parser->memories[id];
}

struct parser *parser_create(const struct parser_options *options)
{
    struct parser *parser = calloc(1, sizeof *parser);
    if (!parser)
        return NULL;
    parser->options = *options;
    if (!options->ranged) {
        parser->options.since = INT64_MIN;
        parser->options.until = INT64_MAX;
    }
    parser->kernel = kernel_of(options->isa);
    parser->expected = DIALECT_V11;
    if (!prepare(parser, parser->expected)) {
        parser_free(parser);
        return NULL;
    }
    return parser;
}

void parser_free(struct parser *parser)
{
    if (!parser)
        return;
    for (int id = 0; id < DIALECT_COUNT; id++) {
        projection_free(parser->projections[id]);
        if (parser->memories[id] && DIALECT_TABLE[id]->memory_free)
            DIALECT_TABLE[id]->memory_free(parser->memories[id]);
        free(parser->memories[id]);
    }
    content_free(&parser->content);
    free(parser->tokens);
    free(parser->scratch);
    free(parser);
}

/* Every text of a record is decoded at most twice, and never grows. */
#define SCRATCH_PER_BYTE 2
#define SCRATCH_EXTRA 16384     /* ids that are put together */

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
    struct sink sink;
    uint64_t offset;
};

static enum walk_result project(struct line_work *work, uint32_t *token,
                                struct value_ref *value)
{
    struct parser *parser = work->parser;
    return project_value(parser->projections[parser->expected], &work->walk,
                         token, CONTEXT_ROOT, &parser->slots, value);
}

/* The slots come to hold what this dialect wants of the value. */
static bool expect(struct line_work *work, enum dialect_id id,
                   const struct value_ref *value)
{
    struct value_ref again;
    uint32_t token = value->token;
    if (id == work->parser->expected)
        return true;
    if (!prepare(work->parser, id))
        return false;
    work->parser->expected = id;
    (void)project(work, &token, &again);
    return true;
}

/* The record that stands in the parser's slots; or the records, if it is a
 * page, which is well by itself. */
static enum line_reason take_record(struct line_work *work,
                                    const struct value_ref *value,
                                    bool *control)
{
    struct parser *parser = work->parser;
    struct tally *tally = work->sink.tally;
    enum dialect_id id = value->type == VALUE_OBJECT
                             ? recognise(&work->walk, &parser->slots, value)
                             : DIALECT_COUNT;
    *control = false;
    if (id == DIALECT_COUNT) {
        tally->records++;
        return LINE_UNKNOWN_RECORD;
    }
    if (!expect(work, id, value)) {
        work->sink.out_of_memory = true;
        return LINE_OK;
    }
    const struct dialect *dialect = DIALECT_TABLE[id];
    work->sink.dialect = id;
    struct record record = {.reader = {.walk = &work->walk,
                                       .slots = &parser->slots,
                                       .scratch = parser->scratch,
                                       .clients = &parser->clients},
                            .sink = &work->sink,
                            .content = &parser->content,
                            .projection = parser->projections[id],
                            .value = *value,
                            .offset = work->offset,
                            .memory = parser->memories[id]};
    if (dialect->is_page && dialect->is_page(&record)) {
        dialect->page_take(&record);
        return LINE_OK;
    }
    record_count(&record);
    return dialect->take(&record, control);
}

void record_reject(struct record *record, enum line_reason reason,
                   const struct value_ref *value)
{
    struct tally *tally = record->sink->tally;
    tally->records_rejected[reason]++;
    tally_sample(tally, reason, record->offset,
                 record->reader.walk->text + value->start,
                 value->end - value->start);
}

static bool holds_records(const struct line_work *work,
                          const struct value_ref *value, uint32_t *token)
{
    struct value_ref statuses =
        slot_value(&work->parser->slots, KEY_STATUSES);
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
                         const struct value_ref *value)
{
    bool control;
    struct tally *tally = work->sink.tally;
    enum line_reason reason = take_record(work, value, &control);
    if (reason == LINE_OK)
        return;
    tally->records_rejected[reason]++;
    tally_sample(tally, reason, work->offset, work->walk.text + value->start,
                 value->end - value->start);
}

/* The records of an array, whose first element's token is given, and of the
 * arrays within it. The line is known to be whole. */
static void take_records(struct line_work *work, uint32_t token)
{
    struct opened opened = {.depth = 1};
    while (next_element(&work->walk, &opened, &token)) {
        struct value_ref value;
        uint32_t inner;
        (void)project(work, &token, &value);
        if (opened.objects < NESTED_MAX &&
            holds_records(work, &value, &inner)) {
            opened.depth_at[opened.objects] = opened.depth++;
            opened.resume[opened.objects++] = token;
            token = inner;
            continue;
        }
        count_record(work, &value);
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

static enum line_reason take_line(struct line_work *work, bool *control)
{
    struct value_ref value;
    uint32_t token = 0;
    *control = false;
    enum walk_result result = project(work, &token, &value);
    if (result != WALK_OK)
        return result == WALK_TOO_DEEP ? LINE_TOO_DEEP : LINE_BAD_JSON;
    if (token != work->walk.count || !stands_alone(&work->walk, &value))
        return LINE_BAD_JSON;
    if (holds_records(work, &value, &token)) {
        take_records(work, token);
        return LINE_OK;
    }
    enum line_reason reason = take_record(work, &value, control);
    if (reason != LINE_OK)
        work->sink.tally->records_rejected[reason]++;
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
        .parser = parser,
        .offset = offset,
        .walk = {text, (uint32_t)size, parser->tokens, 0},
        .sink = {.batch = batch, .tally = tally,
                 .since = parser->options.since,
                 .until = parser->options.until,
                 .filter = parser->options.filter}};
    uint32_t errors =
        parser->kernel(text, size, parser->tokens, &work.walk.count);
    bool control = false;
    enum line_reason reason =
        errors & INDEX_UTF8 ? LINE_BAD_UTF8
        : errors            ? LINE_BAD_JSON
                            : take_line(&work, &control);
    if (reason != LINE_OK) {
        tally_reject(tally, reason, offset, text, size);
    } else {
        tally->accepted += !control;
        tally->control += control;
        tally->lines++;
        tally->matched_lines += work.sink.matched;
    }
    return !work.sink.out_of_memory;
}
