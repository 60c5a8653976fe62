#ifndef SANDPIPER_STAGES_PARSE_WALK_MEMBERS_H
#define SANDPIPER_STAGES_PARSE_WALK_MEMBERS_H

#include "stages/parse/walk.h"

/*
 * The innermost loop of the walk: members of an object whose keys are known,
 * as long as their values are leaves. Most of the walk's time is spent here.
 * Included by one file for each instruction set.
 */

/* The entry of a key that did not come where it came last time; NULL: the
 * general path has to look at it. */
static __attribute__((noinline)) struct key_entry *
entry_missed(struct compiled_context *context, struct key_entry *before,
             const uint8_t *key, const uint8_t *value)
{
    if (!plain_key(key, value))
        return NULL;
    uint32_t length = (uint32_t)(value - key) - 3;
    struct key_entry *entry = key_at_its_place(context, key + 1, length);
    if (entry->size != length + 3 || !key_matches(entry, key))
        entry = key_find_any(context, key + 1, length);
    return before->follower = entry;
}

static inline void note_leaf(struct value_ref *ref, const uint8_t *text,
                             const uint8_t *start, const uint8_t *end,
                             uint32_t token, enum value_type type)
{
    uint32_t quote = type == VALUE_STRING;
    *ref = (struct value_ref){.start = (uint32_t)(start - text) + quote,
                              .end = (uint32_t)(end - text) - quote,
                              .token = token,
                              .type = (uint8_t)type};
}

static inline enum run leaf_members(struct walk_state *state,
                                    const struct key_entry **opened)
{
    struct level *level = &state->levels[state->depth - 1];
    const uint8_t *const text = state->walker.text;
    const uint32_t *token = state->walker.tokens + state->walker.at;
    const uint32_t *const end_token =
        state->walker.tokens + state->walker.count;
    struct key_entry *before = level->before, *entry;
    const uint8_t *key = text + token_place(&state->walker, state->walker.at);
    enum run run = RUN_UNUSUAL;
    for (; end_token - token > 2; before = entry, token += 2) {
        entry = before->follower;
        const uint8_t *value = key + entry->size, *end;
        if (!key_matches(entry, key)) {
            value = text + token[1];
            entry = entry_missed(level->context, before, key, value);
            if (!entry)
                break;
        }
        enum value_type type = plain_leaf(text, value, token + 2, &end);
        if (type == VALUE_ABSENT) {
            if (!opens(*value))
                break;
            before = entry;
            token++;
            *opened = entry;
            run = RUN_OPENS;
            break;
        }
        if (entry->kind >= KEY_LEAF) {
            /* In place of an object: it may have been there before. */
            if (entry->kind == KEY_CHILD)
                break;
            uint32_t slot = level->base + entry->slot;
            state->slots->types[slot] = (uint8_t)type;
            note_leaf(&state->slots->refs[slot], text, value, end,
                      (uint32_t)(token + 1 - state->walker.tokens), type);
        }
        key = end + 1;
        if (load2(end) == COMMA_QUOTE)
            continue;
        if (*end != '}')
            break;
        before = entry;
        token += 2;
        run = RUN_END;
        break;
    }
    level->before = before;
    state->walker.at = (uint32_t)(token - state->walker.tokens);
    return run;
}

#endif
