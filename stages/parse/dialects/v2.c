#include "stages/parse/dialects/elements.h"
#include "stages/parse/dialects/v2.h"

/* A profile without a post (pages of users): seen when it was retrieved, if
 * that is known. */
static enum line_reason take_user(struct record *record, struct reader *reader,
                                  uint32_t token)
{
    struct v2_memory *memory = record->memory;
    struct value_ref unused;
    (void)project_value(record->projection, reader->walk, &token, V2_USER,
                        &memory->inner, &unused);
    struct reader user = *reader;
    user.slots = &memory->inner;
    struct id id = field_single_id(&user, V2_USER_ID);
    if (!id_known(id))
        return LINE_MISSING_KEY;
    sink_user(record->sink);
    if (memory->retrieved == TIME_NONE)
        return LINE_OK;
    struct observation o = v2_profile(&user, 0, id, memory->retrieved);
    sink_observation(record->sink, &o);
    return LINE_OK;
}

/* What stands in `data`, or is the record itself. */
static enum line_reason take_object(struct record *record,
                                    struct reader *reader, uint32_t base,
                                    uint32_t token)
{
    if (field_present(reader, base + V2_TEXT))
        return v2_post(record, reader, base);
    if (field_present(reader, base + V2_USERNAME))
        return take_user(record, reader, token);
    return LINE_UNKNOWN_RECORD;
}

static void begin(struct record *record, bool page)
{
    struct v2_memory *memory = record->memory;
    memory->retrieved =
        page ? field_time(&record->reader, V2_RETRIEVED_AT) : TIME_NONE;
    if (!includes_read(record))
        record->sink->out_of_memory = true;
}

static enum line_reason take(struct record *record, bool *control)
{
    struct reader *reader = &record->reader;
    struct v2_memory *memory = record->memory;
    struct value_ref data = slot_value(reader->slots, V2_DATA);
    *control = false;
    begin(record, false);
    if (data.type != VALUE_OBJECT)
        return v2_post(record, reader, 0);
    if (!field_present(reader, V2_DATA_FIRST + V2_TEXT))
        memory->retrieved = field_time(reader, V2_RETRIEVED_AT);
    enum line_reason reason =
        take_object(record, reader, V2_DATA_FIRST, data.token);
    includes_put(record);
    return reason;
}

static bool is_page(const struct record *record)
{
    return record->reader.slots->types[V2_DATA] == VALUE_ARRAY;
}

static void page_take(struct record *record)
{
    struct v2_memory *memory = record->memory;
    begin(record, true);
    struct elements data = elements_of(&record->reader, V2_DATA);
    struct reader reader = record->reader;
    reader.slots = &memory->post;
    while (elements_next(&data, record->projection, V2_POST, &memory->post)) {
        enum line_reason reason = LINE_UNKNOWN_RECORD;
        record_count(record);
        reader.scratch_used = record->reader.scratch_used;
        if (data.value.type == VALUE_OBJECT)
            reason = take_object(record, &reader, 0, data.value.token);
        if (reason != LINE_OK)
            record_reject(record, reason, &data.value);
    }
    includes_put(record);
}

const struct dialect DIALECT_OF_V2 = {.id = DIALECT_V2,
                                      .contexts = V2,
                                      .context_count = V2_CONTEXTS,
                                      .take = take,
                                      .is_page = is_page,
                                      .page_take = page_take,
                                      .memory_bytes =
                                          sizeof(struct v2_memory),
                                      .memory_free = v2_memory_free};
