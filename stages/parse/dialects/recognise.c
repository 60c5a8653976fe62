#include "stages/parse/dialects/recognise.h"

#include "pipeline/check.h"
#include "stages/parse/dialects/dialect.h"

#include <string.h>

#define AT_CONTROL(kind) (KEY_CONTROL_FIRST + (kind))
static const struct context_key KEYS[RECOGNISED_KEYS] = {
    {"text", KEY_TEXT, 0, 0},
    {"full_text", KEY_FULL_TEXT, 0, 0},
    {"user", KEY_USER, 0, 0},
    {"statuses", KEY_STATUSES, 0, 0},
    {"data", KEY_DATA, 0, 0},
    {"author_id", KEY_AUTHOR_ID, 0, 0},
    {"author", KEY_AUTHOR, 0, 0},
    {"tweetid", KEY_TWEETID, 0, 0},
    {"userid", KEY_USERID, 0, 0},
    {"subreddit", KEY_SUBREDDIT, 0, 0},
    {"did", KEY_DID, 0, 0},
    {"commit", KEY_COMMIT, 0, 0},
    {"kind", KEY_KIND, 0, 0},
    {"delete", AT_CONTROL(CONTROL_DELETE), 0, 0},
    {"scrub_geo", AT_CONTROL(CONTROL_SCRUB_GEO), 0, 0},
    {"limit", AT_CONTROL(CONTROL_LIMIT), 0, 0},
    {"status_withheld", AT_CONTROL(CONTROL_STATUS_WITHHELD), 0, 0},
    {"user_withheld", AT_CONTROL(CONTROL_USER_WITHHELD), 0, 0},
    {"disconnect", AT_CONTROL(CONTROL_DISCONNECT), 0, 0},
    {"warning", AT_CONTROL(CONTROL_WARNING), 0, 0},
    {"friends", AT_CONTROL(CONTROL_FRIENDS), 0, 0},
    {"friends_str", AT_CONTROL(CONTROL_FRIENDS_STR), 0, 0},
    {"event", AT_CONTROL(CONTROL_EVENT), 0, 0},
    {"direct_message", AT_CONTROL(CONTROL_DIRECT_MESSAGE), 0, 0},
    {"control", AT_CONTROL(CONTROL_CONTROL), 0, 0},
    {"for_user", AT_CONTROL(CONTROL_FOR_USER), 0, 0},
    {"errors", KEY_ERRORS, 0, 0},
};

static bool names(const struct context_key *keys, const char *name,
                  uint16_t slot)
{
    for (; keys->name; keys++) {
        if (strcmp(keys->name, name) != 0)
            continue;
        CHECK(keys->slot == slot);
        return true;
    }
    return false;
}

#define ROOT_KEYS_MAX 128

struct projection *recognise_compile(const struct dialect *dialect)
{
    struct context contexts[PROJECTION_CONTEXTS_MAX];
    struct context_key root[ROOT_KEYS_MAX];
    uint32_t count = 0;
    CHECK(dialect->context_count <= PROJECTION_CONTEXTS_MAX);
    memcpy(contexts, dialect->contexts,
           dialect->context_count * sizeof *contexts);
    const struct context_key *own = contexts[CONTEXT_ROOT].keys;
    for (const struct context_key *key = own; key->name; key++) {
        CHECK(count < ROOT_KEYS_MAX - RECOGNISED_KEYS - 1);
        root[count++] = *key;
    }
    for (uint32_t i = 0; i < RECOGNISED_KEYS; i++)
        if (!names(own, KEYS[i].name, KEYS[i].slot))
            root[count++] = KEYS[i];
    root[count] = (struct context_key){NULL, 0, 0, 0};
    contexts[CONTEXT_ROOT].keys = root;
    return projection_compile(contexts, dialect->context_count);
}

static bool has(const struct slots *slots, uint32_t slot)
{
    return slots->types[slot] != VALUE_ABSENT;
}

static bool has_text(const struct slots *slots)
{
    return has(slots, KEY_TEXT) || has(slots, KEY_FULL_TEXT);
}

int recognise_control(const struct slots *slots)
{
    static const uint8_t none[CONTROL_ERRORS];
    _Static_assert(VALUE_ABSENT == 0, "none of them is there");
    if (memcmp(slots->types + KEY_CONTROL_FIRST, none, sizeof none) == 0 ||
        has_text(slots))
        return -1;
    int kind = 0;
    while (!has(slots, (uint32_t)(KEY_CONTROL_FIRST + kind)))
        kind++;
    return kind;
}

/* `errors` and no other key. */
static bool only_errors(const struct walk *walk, const struct slots *slots,
                        const struct value_ref *object)
{
    struct value_ref errors = slot_value(slots, KEY_ERRORS);
    if (errors.type == VALUE_ABSENT || errors.token != object->token + 2)
        return false;
    uint32_t at = errors.end + (errors.type == VALUE_STRING);
    while (at < object->end && is_json_space(walk->text[at]))
        at++;
    return at + 1 == object->end;
}

enum dialect_id recognise(const struct walk *walk, const struct slots *slots,
                          const struct value_ref *object)
{
    const uint8_t *types = slots->types;
    if (recognise_control(slots) >= 0)
        return DIALECT_V11;
    if (types[KEY_DATA] >= VALUE_OBJECT)
        return DIALECT_V2;
    if (types[KEY_USER] == VALUE_OBJECT && has_text(slots))
        return DIALECT_V11;
    if (only_errors(walk, slots, object))
        return DIALECT_V11;
    if ((has(slots, KEY_AUTHOR_ID) || types[KEY_AUTHOR] == VALUE_OBJECT) &&
        has(slots, KEY_TEXT))
        return DIALECT_V2;
    if (has(slots, KEY_TWEETID) && has(slots, KEY_USERID))
        return DIALECT_IO_ARCHIVE;
    if (has(slots, KEY_SUBREDDIT) && has(slots, KEY_AUTHOR))
        return DIALECT_REDDIT;
    if (has(slots, KEY_DID) && (has(slots, KEY_COMMIT) || has(slots, KEY_KIND)))
        return DIALECT_BLUESKY;
    return DIALECT_COUNT;
}
