#include "stages/parse/fields.h"

#include <string.h>

static uint8_t token_byte(const struct reader *reader, uint32_t token)
{
    const struct walk *walk = reader->walk;
    return token < walk->count ? walk->text[walk->tokens[token]] : 0;
}

/* The leaf at this token, as the walk noted it once before. */
static struct value_ref leaf_at(const struct reader *reader, uint32_t token)
{
    struct value_ref value = {0};
    uint32_t at = token;
    (void)project_value(NULL, reader->walk, &at, 0, NULL, &value);
    return value;
}

static bool is_container(uint8_t byte)
{
    return byte == '{' || byte == '[';
}

struct value_ref field_scalar(const struct reader *reader, uint32_t slot)
{
    struct value_ref value = slot_value(reader->slots, slot);
    if (value.type < VALUE_OBJECT)
        return value;
    uint8_t inner = token_byte(reader, value.token + 1);
    if (inner == ']' || inner == '}')
        value.type = VALUE_NULL;
    else if (value.type == VALUE_ARRAY && !is_container(inner) &&
             token_byte(reader, value.token + 2) == ']')
        value = leaf_at(reader, value.token + 1);
    return value;
}

bool field_present(const struct reader *reader, uint32_t slot)
{
    return reader->slots->types[slot] != VALUE_ABSENT;
}

bool field_known(const struct reader *reader, uint32_t slot)
{
    return field_scalar(reader, slot).type > VALUE_NULL;
}

bool field_object(const struct reader *reader, uint32_t slot)
{
    return reader->slots->types[slot] == VALUE_OBJECT &&
           token_byte(reader, reader->slots->refs[slot].token + 1) != '}';
}

static struct text string_text(struct reader *reader,
                               const struct value_ref *value)
{
    const uint8_t *bytes = reader->walk->text + value->start;
    uint32_t size = value->end - value->start;
    if (!has_backslash(bytes, size))
        return (struct text){(const char *)bytes, size};
    uint8_t *out = reader->scratch + reader->scratch_used;
    uint32_t written = (uint32_t)unescape(out, bytes, size);
    reader->scratch_used += written;
    return (struct text){(const char *)out, written};
}

struct text field_text(struct reader *reader, uint32_t slot)
{
    struct value_ref value = field_scalar(reader, slot);
    if (value.type != VALUE_STRING)
        return (struct text){NULL, TEXT_NONE};
    return string_text(reader, &value);
}

bool field_begins(const struct reader *reader, uint32_t slot,
                  const char *prefix)
{
    struct value_ref value = field_scalar(reader, slot);
    /* A decoded byte is six bytes at most. */
    uint8_t decoded[6 * FIELD_PREFIX_MAX + 16];
    size_t length = strlen(prefix), size = value.end - value.start;
    if (value.type != VALUE_STRING)
        return false;
    if (size > 6 * length)
        size = 6 * length;
    return unescape(decoded, reader->walk->text + value.start, size) >=
               length &&
           memcmp(decoded, prefix, length) == 0;
}

struct text field_text_or_empty(struct reader *reader, uint32_t slot)
{
    struct value_ref value = field_scalar(reader, slot);
    if (value.type == VALUE_NULL)
        return (struct text){"", 0};
    if (value.type != VALUE_STRING)
        return (struct text){NULL, TEXT_NONE};
    return string_text(reader, &value);
}

static bool integer_of(const struct reader *reader, struct value_ref value,
                       int64_t *out)
{
    return value.type == VALUE_NUMBER &&
           integer_from_text(reader->walk->text + value.start,
                             value.end - value.start, out);
}

bool field_integer(const struct reader *reader, uint32_t slot, int64_t *out)
{
    return integer_of(reader, field_scalar(reader, slot), out);
}

/* A wrapped integer at *token, or one as it stands; steps over it. */
static bool take_integer(const struct reader *reader, uint32_t *token,
                         int64_t *out)
{
    bool wrapped = token_byte(reader, *token) == '[';
    *token += wrapped;
    if (is_container(token_byte(reader, *token)) ||
        token_byte(reader, *token) == ']')
        return false;
    struct value_ref value = leaf_at(reader, (*token)++);
    return integer_of(reader, value, out) &&
           (!wrapped || token_byte(reader, (*token)++) == ']');
}

bool field_pair(const struct reader *reader, uint32_t slot, int64_t pair[2])
{
    struct value_ref value = slot_value(reader->slots, slot);
    uint32_t token = value.token + 1;
    return value.type == VALUE_ARRAY && take_integer(reader, &token, pair) &&
           take_integer(reader, &token, pair + 1) &&
           token_byte(reader, token) == ']';
}

int64_t field_count(const struct reader *reader, uint32_t slot)
{
    struct value_ref value = field_scalar(reader, slot);
    if (value.type != VALUE_NUMBER && value.type != VALUE_STRING)
        return COUNT_NONE;
    return count_from_text(reader->walk->text + value.start,
                           value.end - value.start);
}

uint8_t field_flag(const struct reader *reader, uint32_t slot)
{
    switch (field_scalar(reader, slot).type) {
    case VALUE_TRUE:
        return 1;
    case VALUE_FALSE:
        return 0;
    default:
        return FLAG_NONE;
    }
}

int64_t field_time(struct reader *reader, uint32_t slot)
{
    struct text text = field_text(reader, slot);
    if (text.size == TEXT_NONE)
        return TIME_NONE;
    return time_from_text((const uint8_t *)text.bytes, text.size);
}

int64_t field_ms(struct reader *reader, uint32_t slot)
{
    struct value_ref value = field_scalar(reader, slot);
    int64_t ms;
    if ((value.type != VALUE_NUMBER && value.type != VALUE_STRING) ||
        !integer_from_text(reader->walk->text + value.start,
                           value.end - value.start, &ms) ||
        ms < 0 || ms >= MS_YEAR_10000)
        return TIME_NONE;
    return ms;
}

/* A number longer than this is no id of any platform. */
#define ID_BYTES_MAX 255

static struct id usable_id(struct text text)
{
    struct id none = {0};
    if (text.size == TEXT_NONE || text.size == 0 || text.size > ID_BYTES_MAX)
        return none;
    bool zero = true;
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return none;
        zero = zero && text.bytes[i] == '0';
    }
    return zero ? none : id_from_text(text);
}

/* The bytes of a number or string, as they are written. */
static struct text written(struct reader *reader, uint32_t slot)
{
    struct value_ref value = field_scalar(reader, slot);
    if (value.type == VALUE_STRING)
        return string_text(reader, &value);
    if (value.type != VALUE_NUMBER)
        return (struct text){NULL, TEXT_NONE};
    return (struct text){(const char *)reader->walk->text + value.start,
                         value.end - value.start};
}

/* Nearly all ids: a number, and a string of the same digits. */
static bool plain_id(const struct reader *reader, uint32_t slot_id,
                     uint32_t slot_id_str, struct id *id)
{
    const struct slots *slots = reader->slots;
    if (slots->types[slot_id] != VALUE_NUMBER ||
        slots->types[slot_id_str] != VALUE_STRING)
        return false;
    struct value_ref plain = slots->refs[slot_id];
    struct value_ref string = slots->refs[slot_id_str];
    const uint8_t *text = reader->walk->text;
    uint32_t size = plain.end - plain.start;
    *id = (struct id){0};
    return string.end - string.start == size &&
           memcmp(text + plain.start, text + string.start, size) == 0 &&
           number_from_digits(text + plain.start, size, &id->number) &&
           id->number != 0;
}

struct id field_id(struct reader *reader, uint32_t slot_id,
                   uint32_t slot_id_str)
{
    struct id id;
    if (plain_id(reader, slot_id, slot_id_str, &id))
        return id;
    struct text plain = written(reader, slot_id);
    struct text string = field_text(reader, slot_id_str);
    if (plain.size != TEXT_NONE && string.size != TEXT_NONE &&
        text_compare(plain, string) != 0)
        reader->mismatches++;
    id = usable_id(string);
    return id_known(id) ? id : usable_id(plain);
}

struct id field_single_id(struct reader *reader, uint32_t slot)
{
    return usable_id(written(reader, slot));
}

struct id field_text_id(struct reader *reader, uint32_t slot)
{
    struct text text = field_text(reader, slot);
    if (text.size == TEXT_NONE || text.size == 0 || text.size > FIELD_ID_MAX)
        return (struct id){0};
    return id_from_text(text);
}

struct text field_element_text(struct reader *reader,
                               const struct value_ref *value)
{
    if (value->type != VALUE_STRING)
        return (struct text){NULL, TEXT_NONE};
    return string_text(reader, value);
}
