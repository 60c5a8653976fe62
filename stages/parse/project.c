#include "stages/parse/project.h"

#include "pipeline/check.h"
#include "stages/parse/walk.h"

#define SEPARATOR_BAD 1

static inline uint8_t token_byte(const struct walker *walker, uint32_t token)
{
    return token < walker->count ? walker->text[walker->tokens[token]] : 0;
}

static uint8_t separator_slow(const uint8_t *text, uint32_t from, uint32_t to)
{
    uint8_t found = 0;
    for (; from < to; from++) {
        if (is_json_space(text[from]))
            continue;
        if (found)
            return SEPARATOR_BAD;
        found = text[from];
    }
    return found;
}

/* The one separator in text[from..to): ',' or ':', 0 if there is none. */
static inline uint8_t separator(const uint8_t *text, uint32_t from,
                                uint32_t to)
{
    if (from == to)
        return 0;
    if (from + 1 == to && !is_json_space(text[from]))
        return text[from];
    return separator_slow(text, from, to);
}

/* A string, number or literal at the current token: notes it, steps over it;
 * *behind is the separator that follows. False: no such value. */
static inline bool leaf(struct walker *walker, struct value_ref *ref,
                        uint8_t *behind)
{
    const uint8_t *text = walker->text;
    uint32_t start = walker->tokens[walker->at];
    uint32_t next = token_place(walker, walker->at + 1);
    uint32_t end = next;
    while (end > start + 1 && (is_json_space(text[end - 1]) ||
                               text[end - 1] == ',' || text[end - 1] == ':'))
        end--;
    *behind = separator(text, end, next);
    ref->token = walker->at++;
    if (text[start] == '"') {
        ref->start = start + 1;
        ref->end = end - 1;
        ref->type = VALUE_STRING;
        return true;
    }
    ref->start = start;
    ref->end = end;
    ref->type = (uint8_t)scalar_type(text + start, end - start);
    return ref->type != VALUE_ABSENT;
}

/* Which brackets are open in a container that is passed over. */
struct nesting {
    uint32_t depth;
    uint64_t objects[PROJECT_DEPTH_MAX / 64];
};

static inline bool nesting_push(struct nesting *nesting, bool object)
{
    uint32_t depth = nesting->depth++;
    if (depth == PROJECT_DEPTH_MAX)
        return false;
    uint64_t bit = (uint64_t)1 << (depth & 63);
    uint64_t *word = &nesting->objects[depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    return true;
}

static inline bool nesting_object(const struct nesting *nesting)
{
    uint32_t depth = nesting->depth - 1;
    return nesting->objects[depth / 64] >> (depth & 63) & 1;
}

/* "key": at the current token; steps over it. */
static inline bool skip_key(struct walker *walker)
{
    const uint8_t *text = walker->text;
    uint32_t start = token_place(walker, walker->at);
    uint32_t next = token_place(walker, ++walker->at);
    if (text[start] != '"' || start == walker->size)
        return false;
    if (text[next - 1] == ':' && text[next - 2] == '"')
        return true;
    uint32_t end = next;
    while (text[end - 1] != '"')
        end--;
    return separator(text, end, next) == ':';
}

/* The separator between the bracket before the current token and that. */
static inline uint8_t separator_behind(const struct walker *walker)
{
    return separator(walker->text, walker->tokens[walker->at - 1] + 1,
                     token_place(walker, walker->at));
}

/* Steps over the bracket at the current token; the separator behind it. */
static inline uint8_t skip_bracket(struct walker *walker)
{
    walker->at++;
    return separator_behind(walker);
}

/* A leaf, looked at in general: the run ends behind it, or goes on. */
static inline enum run skip_leaf(struct walker *walker)
{
    uint8_t byte = token_byte(walker, walker->at), behind;
    struct value_ref unused;
    if (opens(byte))
        return RUN_OPENS;
    if (byte == 0 || !leaf(walker, &unused, &behind))
        return RUN_BAD;
    return behind == 0 ? RUN_END : behind == ',' ? RUN_UNUSUAL : RUN_BAD;
}

/* Passes over members of an object, from a key on. */
static enum run skip_members(struct walker *walker)
{
    enum run run;
    do
        run = skip_key(walker) ? skip_leaf(walker) : RUN_BAD;
    while (run == RUN_UNUSUAL);
    return run;
}

/* Passes over elements of an array. */
static enum run skip_elements(struct walker *walker)
{
    enum run run;
    do
        run = skip_leaf(walker);
    while (run == RUN_UNUSUAL);
    return run;
}

/* Closes what ends at the current token, as long as the container around it
 * ends there too. What goes on then is *object; *behind when none is open. */
static inline enum run skip_closings(struct walker *walker,
                                     struct nesting *nesting, uint32_t depth,
                                     bool *object, uint8_t *behind)
{
    do {
        if (token_byte(walker, walker->at) != (*object ? '}' : ']'))
            return RUN_BAD;
        *behind = skip_bracket(walker);
        if (--nesting->depth == depth)
            return RUN_END;
        *object = nesting_object(nesting);
    } while (*behind == 0);
    return *behind == ',' ? RUN_UNUSUAL : RUN_BAD;
}

/*
 * Passes over the container at the current token, checking its grammar;
 * *behind is the separator that follows it. `depth` containers are open.
 */
static enum walk_result skip_container(struct walker *walker, uint32_t depth,
                                       uint8_t *behind)
{
    struct nesting nesting;
    nesting.depth = depth;
    for (;;) {
        bool object = token_byte(walker, walker->at) == '{';
        if (!nesting_push(&nesting, object))
            return WALK_TOO_DEEP;
        if (skip_bracket(walker) != 0)
            return WALK_BAD;
        enum run run = RUN_UNUSUAL;
        if (token_byte(walker, walker->at) == (object ? '}' : ']'))
            run = RUN_END;
        while (run != RUN_OPENS) {
            if (run == RUN_UNUSUAL)
                run = object ? skip_members(walker) : skip_elements(walker);
            if (run == RUN_END) {
                run = skip_closings(walker, &nesting, depth, &object, behind);
                if (run == RUN_END)
                    return WALK_OK;
            }
            if (run == RUN_BAD)
                return WALK_BAD;
        }
    }
}

static inline void clear_slots(struct slots *slots, uint32_t first,
                               uint32_t count)
{
    memset(slots->types + first, VALUE_ABSENT, count);
}

static void note_container(const struct walker *walker, struct value_ref *ref)
{
    ref->token = walker->at;
    ref->start = walker->tokens[walker->at];
    ref->type = walker->text[ref->start] == '{' ? VALUE_OBJECT : VALUE_ARRAY;
    ref->end = 0;
}

/* The object at the current token becomes the innermost level. */
static enum walk_result enter(struct walk_state *state, uint8_t context,
                              uint32_t base, struct value_ref *noted,
                              uint8_t *behind)
{
    struct walker *walker = &state->walker;
    CHECK(state->depth < LEVELS_MAX);
    struct level *level = &state->levels[state->depth++];
    note_container(walker, noted);
    level->context = &state->projection->contexts[context];
    level->before = &level->context->entries[ENTRY_BEGIN];
    level->base = base;
    level->noted = noted;
    if (skip_bracket(walker) != 0)
        return WALK_BAD;
    *behind = token_byte(walker, walker->at) == '}' ? 0 : ',';
    return WALK_OK;
}

/* A value that is no object to be entered. */
static enum walk_result take_plain(struct walk_state *state,
                                   struct value_ref *ref, uint8_t *behind)
{
    struct walker *walker = &state->walker;
    uint8_t byte = token_byte(walker, walker->at);
    if (!opens(byte))
        return byte && leaf(walker, ref, behind) ? WALK_OK : WALK_BAD;
    note_container(walker, ref);
    enum walk_result result = WALK_OK;
    if (skip_plain_container(walker))
        *behind = separator_behind(walker);
    else
        result = skip_container(walker, state->depth, behind);
    if (result == WALK_OK)
        ref->end = walker->tokens[walker->at - 1] + 1;
    return result;
}

/* A leaf in place of an object that would have been entered. */
static void clear_child(struct walk_state *state, const struct level *level,
                        const struct key_entry *entry)
{
    clear_slots(state->slots, level->base + entry->child_slot,
                state->projection->contexts[entry->child].slots);
}

/* Steps over the key at the current token; its entry, NULL if it is none. */
static const struct key_entry *take_key(struct walker *walker,
                                        struct level *level)
{
    uint32_t start = token_place(walker, walker->at);
    uint32_t value = token_place(walker, walker->at + 1), end = value - 1;
    if (token_byte(walker, walker->at) != '"' || !skip_key(walker))
        return NULL;
    const uint8_t *text = walker->text;
    while (text[end] != '"')
        end--;
    return level->before =
        key_find_any(level->context, text + start + 1, end - start - 1);
}

/* The value, whatever it is, of a key of the innermost level. */
static enum walk_result take_value(struct walk_state *state,
                                   const struct key_entry *key,
                                   uint8_t *behind)
{
    struct value_ref ignored;
    if (key->kind < KEY_LEAF)
        return take_plain(state, &ignored, behind);
    uint32_t base = state->levels[state->depth - 1].base;
    uint32_t slot = base + key->slot;
    struct value_ref *ref = &state->slots->refs[slot];
    /* Of a key that stands twice the last counts, with all that is in it. */
    if (key->kind == KEY_CHILD && state->slots->types[slot] != VALUE_ABSENT)
        clear_child(state, &state->levels[state->depth - 1], key);
    enum walk_result result =
        key->kind == KEY_CHILD && token_byte(&state->walker,
                                             state->walker.at) == '{'
            ? enter(state, key->child, base + key->child_slot, ref, behind)
            : take_plain(state, ref, behind);
    state->slots->types[slot] = ref->type;
    return result;
}

/* Members of the innermost level, from a key on: leaves, then one of another
 * kind, unless the object ends. */
static enum walk_result take_members(struct walk_state *state,
                                     uint8_t *behind)
{
    const struct key_entry *key;
    enum run run = state->projection->walk_members(state, &key);
    if (run == RUN_END) {
        *behind = 0;
        return WALK_OK;
    }
    if (run == RUN_UNUSUAL)
        key = take_key(&state->walker, &state->levels[state->depth - 1]);
    return key ? take_value(state, key, behind) : WALK_BAD;
}

/* Members until the outermost level ends. */
static enum walk_result walk_levels(struct walk_state *state, uint8_t behind)
{
    while (state->depth > 0) {
        if (behind == ',') {
            enum walk_result result = take_members(state, &behind);
            if (result != WALK_OK)
                return result;
            continue;
        }
        if (behind != 0 ||
            token_byte(&state->walker, state->walker.at) != '}')
            return WALK_BAD;
        struct level *level = &state->levels[--state->depth];
        level->noted->end = state->walker.tokens[state->walker.at] + 1;
        behind = skip_bracket(&state->walker);
    }
    return behind == 0 || behind == ',' ? WALK_OK : WALK_BAD;
}

enum walk_result project_value(struct projection *projection,
                               const struct walk *walk, uint32_t *token,
                               uint8_t context, struct slots *slots,
                               struct value_ref *value)
{
    struct walk_state state;
    state.walker = (struct walker){walk->text, walk->tokens, walk->count,
                                   walk->size, *token};
    state.projection = projection;
    state.slots = slots;
    state.depth = 0;
    if (*token >= walk->count)
        return WALK_BAD;
    uint8_t behind;
    enum walk_result result;
    if (context)
        clear_slots(slots, 0, projection->contexts[context].slots);
    if (context && token_byte(&state.walker, *token) == '{') {
        result = enter(&state, context, 0, value, &behind);
        if (result == WALK_OK)
            result = walk_levels(&state, behind);
    } else {
        result = take_plain(&state, value, &behind);
    }
    *token = state.walker.at;
    return result;
}
