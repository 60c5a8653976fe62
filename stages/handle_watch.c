#include "stages/handle_watch.h"

#include "pipeline/check.h"
#include "stages/hash.h"

#include <errno.h>
#include <stdlib.h>

struct handle {
    uint64_t hash;              /* of the lower-cased bytes */
    struct text name;           /* lower-cased, owned */
};

struct seen {
    struct id id;               /* owns its text */
    uint32_t handle;
};

/* Two cache lines apart, since lanes write at once. */
struct watch_lane {
    _Alignas(128) struct seen *seen;
    size_t count, capacity;
    uint32_t *slots;            /* numbers of seen plus 1; twice capacity */
    char *lower;                /* of the longest handle */
};

struct handle_watch {
    struct memory *memory;
    uint32_t lane_count;
    struct watch_lane *lanes;
    struct handle *handles;
    uint32_t count, capacity;
    uint32_t *slots;            /* numbers of handles plus 1 */
    uint32_t slot_count;        /* a power of two, at least twice count */
    uint32_t longest;
};

#define HANDLES_MIN 16
#define SEEN_MIN 16

struct handle_watch *handle_watch_create(struct memory *memory, uint32_t lanes)
{
    struct handle_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->memory = memory;
    watch->lanes = aligned_alloc(128, lanes * sizeof *watch->lanes);
    if (!watch->lanes) {
        free(watch);
        return NULL;
    }
    memset(watch->lanes, 0, lanes * sizeof *watch->lanes);
    watch->lane_count = lanes;
    return watch;
}

static uint64_t seen_bytes(const struct watch_lane *lane)
{
    return lane->capacity * (sizeof *lane->seen + 2 * sizeof *lane->slots);
}

void handle_watch_free(struct handle_watch *watch)
{
    if (!watch)
        return;
    for (uint32_t i = 0; i < watch->lane_count; i++) {
        struct watch_lane *lane = &watch->lanes[i];
        for (size_t k = 0; k < lane->count; k++)
            free((char *)lane->seen[k].id.text.bytes);
        memory_uncharge(watch->memory, seen_bytes(lane));
        free(lane->seen);
        free(lane->slots);
        free(lane->lower);
    }
    for (uint32_t i = 0; i < watch->count; i++)
        free((char *)watch->handles[i].name.bytes);
    free(watch->lanes);
    free(watch->handles);
    free(watch->slots);
    free(watch);
}

/* ---- the handles --------------------------------------------------------- */

/* The slot of a handle, or the empty one where it would stand. */
static uint32_t *find_handle(const struct handle_watch *watch, uint64_t hash,
                             struct text lower)
{
    uint32_t mask = watch->slot_count - 1, slot = (uint32_t)hash & mask;
    for (;; slot = (slot + 1) & mask) {
        uint32_t number = watch->slots[slot];
        if (!number)
            return &watch->slots[slot];
        const struct handle *handle = &watch->handles[number - 1];
        if (handle->hash == hash && text_compare(handle->name, lower) == 0)
            return &watch->slots[slot];
    }
}

static bool grow_handles(struct handle_watch *watch)
{
    if (watch->count < watch->capacity)
        return true;
    uint32_t capacity = watch->capacity ? watch->capacity * 2 : HANDLES_MIN;
    struct handle *grown =
        reallocarray(watch->handles, capacity, sizeof *grown);
    if (!grown)
        return false;
    watch->handles = grown;
    uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (!slots)
        return false;
    free(watch->slots);
    watch->slots = slots;
    watch->slot_count = capacity * 2;
    watch->capacity = capacity;
    for (uint32_t i = 0; i < watch->count; i++)
        *find_handle(watch, grown[i].hash, grown[i].name) = i + 1;
    return true;
}

int handle_watch_add(struct handle_watch *watch, struct text handle,
                     uint32_t *number)
{
    char *lower = malloc(handle.size ? handle.size : 1);
    if (!lower || !grow_handles(watch)) {
        free(lower);
        return -ENOMEM;
    }
    hash_lower_ascii(lower, handle.bytes, handle.size);
    struct text name = {lower, handle.size};
    uint64_t hash = hash_bytes64(lower, handle.size);
    uint32_t *slot = find_handle(watch, hash, name);
    if (*slot) {
        free(lower);
    } else {
        watch->handles[watch->count++] = (struct handle){hash, name};
        *slot = watch->count;
        if (name.size > watch->longest)
            watch->longest = name.size;
    }
    *number = *slot - 1;
    return 0;
}

uint32_t handle_watch_count(const struct handle_watch *watch)
{
    return watch->count;
}

/* ---- what is seen -------------------------------------------------------- */

static uint64_t seen_hash(uint32_t handle, struct id id)
{
    return id_hash(PLATFORM_TWITTER, id) ^ handle * 0x9e3779b97f4a7c15u;
}

static uint32_t *find_seen(const struct watch_lane *lane, uint32_t handle,
                           struct id id)
{
    size_t mask = lane->capacity * 2 - 1;
    size_t slot = (size_t)(seen_hash(handle, id) & mask);
    for (;; slot = (slot + 1) & mask) {
        uint32_t number = lane->slots[slot];
        if (!number || (lane->seen[number - 1].handle == handle &&
                        id_equal(lane->seen[number - 1].id, id)))
            return &lane->slots[slot];
    }
}

static bool grow_seen(struct handle_watch *watch, struct watch_lane *lane)
{
    if (lane->count < lane->capacity)
        return true;
    size_t capacity = lane->capacity ? lane->capacity * 2 : SEEN_MIN;
    struct seen *grown = reallocarray(lane->seen, capacity, sizeof *grown);
    if (!grown)
        return false;
    lane->seen = grown;
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    if (!slots)
        return false;
    uint64_t before = seen_bytes(lane);
    free(lane->slots);
    lane->slots = slots;
    lane->capacity = capacity;
    memory_charge(watch->memory, seen_bytes(lane) - before);
    for (size_t i = 0; i < lane->count; i++)
        *find_seen(lane, grown[i].handle, grown[i].id) = (uint32_t)i + 1;
    return true;
}

static int keep_seen(struct handle_watch *watch, struct watch_lane *lane,
                     uint32_t handle, struct id id)
{
    if (!grow_seen(watch, lane))
        return -ENOMEM;
    uint32_t *slot = find_seen(lane, handle, id);
    if (*slot)
        return 0;
    if (!id.text.size) {
        id.text.bytes = NULL;        /* it may point into a batch */
    } else {
        char *copy = malloc(id.text.size);
        if (!copy)
            return -ENOMEM;
        memcpy(copy, id.text.bytes, id.text.size);
        id.text.bytes = copy;
    }
    lane->seen[lane->count++] = (struct seen){id, handle};
    *slot = (uint32_t)lane->count;
    return 0;
}

int handle_watch_see(struct handle_watch *watch, uint32_t lane_number,
                     const struct observation *observation)
{
    struct text name = observation->texts[TEXT_SCREEN_NAME];
    if (!watch->count || observation->platform != PLATFORM_TWITTER ||
        name.size == TEXT_NONE || name.size > watch->longest)
        return 0;
    CHECK(lane_number < watch->lane_count);
    struct watch_lane *lane = &watch->lanes[lane_number];
    if (!lane->lower)
        lane->lower = malloc((size_t)watch->longest + 1);
    if (!lane->lower)
        return -ENOMEM;
    hash_lower_ascii(lane->lower, name.bytes, name.size);
    struct text lower = {lane->lower, name.size};
    uint32_t number =
        *find_handle(watch, hash_bytes64(lower.bytes, lower.size), lower);
    return number ? keep_seen(watch, lane, number - 1, observation->id) : 0;
}

int handle_watch_put(struct handle_watch *watch, uint32_t number,
                     struct id id)
{
    CHECK(number < watch->count && watch->lane_count > 0);
    return keep_seen(watch, &watch->lanes[0], number, id);
}

bool handle_watch_next(const struct handle_watch *watch, size_t *at,
                       uint32_t *number, struct id *id)
{
    size_t place = *at;
    for (uint32_t i = 0; i < watch->lane_count; i++) {
        const struct watch_lane *lane = &watch->lanes[i];
        if (place < lane->count) {
            *number = lane->seen[place].handle;
            *id = lane->seen[place].id;
            ++*at;
            return true;
        }
        place -= lane->count;
    }
    return false;
}
