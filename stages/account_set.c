#include "stages/account_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct member {
    struct id id;                /* owns its text */
    bool any_platform;           /* listed by id; else Twitter's alone */
};

struct account_set {
    struct hash128 digest;
    struct handle_watch *watch;
    struct member *members;
    size_t count, capacity;
    size_t *slots;               /* numbers of members plus 1 */
    size_t slot_count;           /* a power of two, twice capacity */
    bool *asked;                 /* by the watch's number of a handle */
    uint32_t asked_count;
    uint64_t unseen;             /* handles nobody had; once resolved */
};

#define MEMBERS_MIN 16

struct account_set *account_set_create(struct handle_watch *watch)
{
    struct account_set *set = calloc(1, sizeof *set);
    if (set)
        set->watch = watch;
    return set;
}

void account_set_free(struct account_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++)
        free((char *)set->members[i].id.text.bytes);
    free(set->members);
    free(set->slots);
    free(set->asked);
    free(set);
}

/* ---- members ------------------------------------------------------------- */

/* The slot of a member, or the empty one where it would stand. The platform
 * plays no part: an id is one member whatever it was listed as. */
static size_t *find_member(const struct account_set *set, struct id id)
{
    size_t mask = set->slot_count - 1;
    size_t slot = (size_t)id_hash(PLATFORM_TWITTER, id) & mask;
    for (;; slot = (slot + 1) & mask) {
        size_t number = set->slots[slot];
        if (!number || id_equal(set->members[number - 1].id, id))
            return &set->slots[slot];
    }
}

static bool grow_members(struct account_set *set)
{
    if (set->count < set->capacity)
        return true;
    size_t capacity = set->capacity ? set->capacity * 2 : MEMBERS_MIN;
    struct member *grown = reallocarray(set->members, capacity, sizeof *grown);
    if (!grown)
        return false;
    set->members = grown;
    size_t *slots = calloc(capacity * 2, sizeof *slots);
    if (!slots)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = capacity * 2;
    set->capacity = capacity;
    for (size_t i = 0; i < set->count; i++)
        *find_member(set, grown[i].id) = i + 1;
    return true;
}

static int add_member(struct account_set *set, struct id id, bool any_platform)
{
    if (!grow_members(set))
        return -ENOMEM;
    size_t *slot = find_member(set, id);
    if (*slot) {
        set->members[*slot - 1].any_platform |= any_platform;
        return 0;
    }
    if (!id.text.size) {
        id.text.bytes = NULL;        /* it may point into a batch */
    } else {
        char *copy = malloc(id.text.size);
        if (!copy)
            return -ENOMEM;
        memcpy(copy, id.text.bytes, id.text.size);
        id.text.bytes = copy;
    }
    set->members[set->count++] = (struct member){id, any_platform};
    *slot = set->count;
    return 0;
}

bool account_set_has(const struct account_set *set, enum platform platform,
                     struct id id)
{
    if (!set->count || !id_known(id))
        return false;
    size_t number = *find_member(set, id);
    return number && (platform == PLATFORM_TWITTER ||
                      set->members[number - 1].any_platform);
}

struct hash128 account_set_digest(const struct account_set *set)
{
    return set->digest;
}

uint64_t account_set_size(const struct account_set *set)
{
    return set->count + set->unseen;
}

/* ---- handles ------------------------------------------------------------- */

static int ask_handle(struct account_set *set, struct text handle)
{
    uint32_t number;
    if (!handle.size)
        return -EINVAL;
    int error = handle_watch_add(set->watch, handle, &number);
    if (error)
        return error;
    if (number >= set->asked_count) {
        uint32_t count = (number + 1) * 2;
        bool *grown = realloc(set->asked, count * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        memset(grown + set->asked_count, 0, count - set->asked_count);
        set->asked = grown;
        set->asked_count = count;
    }
    set->unseen += !set->asked[number];
    set->asked[number] = true;
    return 0;
}

int account_set_resolve(struct account_set *set)
{
    if (!set->unseen)
        return 0;
    bool *seen = calloc(set->asked_count, sizeof *seen);
    if (!seen)
        return -ENOMEM;
    size_t at = 0;
    uint32_t number;
    struct id id;
    int error = 0;
    while (!error && handle_watch_next(set->watch, &at, &number, &id)) {
        if (number >= set->asked_count || !set->asked[number])
            continue;
        set->unseen -= !seen[number];
        seen[number] = true;
        error = add_member(set, id, false);
    }
    free(seen);
    return error;
}

/* ---- lists --------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int account_set_add_line(struct account_set *set, struct text line)
{
    while (line.size && is_space(line.bytes[0])) {
        line.bytes++;
        line.size--;
    }
    while (line.size && is_space(line.bytes[line.size - 1]))
        line.size--;
    if (!line.size || line.bytes[0] == '#')
        return 0;
    if (line.bytes[0] == '@')
        return ask_handle(set,
                          (struct text){line.bytes + 1, line.size - 1});
    return add_member(set, id_from_text(line), true);
}

/* 0 or -errno; *number is the line. */
static int read_lines(struct account_set *set, FILE *file, uint64_t *number)
{
    char *line = NULL;
    size_t room = 0;
    int error = 0;
    XXH3_state_t digest;
    XXH3_128bits_reset(&digest);
    *number = 0;
    for (ssize_t size; !error && (size = getline(&line, &room, file)) >= 0;) {
        ++*number;
        XXH3_128bits_update(&digest, line, (size_t)size);
        error = size > INT32_MAX
                    ? -EFBIG
                    : account_set_add_line(
                          set, (struct text){line, (uint32_t)size});
    }
    free(line);
    XXH128_hash_t hash = XXH3_128bits_digest(&digest);
    set->digest = (struct hash128){hash.low64, hash.high64};
    return error ? error : ferror(file) ? -EIO : 0;
}

struct account_set *account_set_read(const char *path,
                                     struct handle_watch *watch,
                                     struct fault *fault)
{
    char name[PRINTABLE_NAME_BYTES];
    uint64_t number = 0;
    FILE *file = fopen(path, "re");
    struct account_set *set = file ? account_set_create(watch) : NULL;
    int error = !file ? -errno : !set ? -ENOMEM : 0;
    if (!error)
        error = read_lines(set, file, &number);
    if (file)
        (void)fclose(file);
    if (!error)
        return set;
    account_set_free(set);
    printable_name(name, sizeof name, path);
    if (error == -ENOMEM)
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while reading %s", name);
    else if (error == -EINVAL)
        fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                    "%s, line %llu: an @ without a name", name,
                    (unsigned long long)number);
    else
        fault_raise(fault, error == -EIO ? CODE_IO : CODE_INPUT, NULL,
                    UINT64_MAX, -error, "cannot read the list %s", name);
    return NULL;
}
