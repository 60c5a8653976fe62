#include "stages/pseudonym.h"

#include "pipeline/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FINGERPRINT_BYTES 8
#define FINGERPRINT_TEXT "sandpiper"

_Static_assert(PSEUDONYM_KEY_MIN >= crypto_generichash_KEYBYTES_MIN &&
                   PSEUDONYM_KEY_MAX <= crypto_generichash_KEYBYTES_MAX,
               "every key of the file is a key of the hash");

/* The hash with its key and a kind's first bytes in it: a pseudonym begins
 * with a copy of one of these. */
struct pseudonyms {
    alignas(64) crypto_generichash_state accounts[PLATFORM_COUNT];
    crypto_generichash_state names, posts;
    char fingerprint[2 * FINGERPRINT_BYTES + 1];
};

/* ---- hashing ------------------------------------------------------------- */

static void hash_add(crypto_generichash_state *state, const void *bytes,
                     size_t size)
{
    int failed = crypto_generichash_update(state, bytes, size);
    CHECK(!failed);
}

static void hash_begin(crypto_generichash_state *state, const void *key,
                       size_t size, const char *kind)
{
    int failed = crypto_generichash_init(state, key, size, PSEUDONYM_BYTES);
    CHECK(!failed);
    hash_add(state, kind, strlen(kind));
}

static void write_digits(char *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

static struct text hash_end(const crypto_generichash_state *begun,
                            struct text text, char out[PSEUDONYM_DIGITS])
{
    unsigned char digest[PSEUDONYM_BYTES];
    crypto_generichash_state state = *begun;
    hash_add(&state, text.bytes, text.size);
    int failed = crypto_generichash_final(&state, digest, sizeof digest);
    CHECK(!failed);
    write_digits(out, digest, sizeof digest);
    return (struct text){out, PSEUDONYM_DIGITS};
}

struct text pseudonym_account(const struct pseudonyms *pseudonyms,
                              enum platform platform, struct text id,
                              char out[PSEUDONYM_DIGITS])
{
    return hash_end(&pseudonyms->accounts[platform], id, out);
}

/* ---- the key ------------------------------------------------------------- */

struct pseudonyms *pseudonyms_create(const void *key, size_t size)
{
    CHECK(size >= PSEUDONYM_KEY_MIN && size <= PSEUDONYM_KEY_MAX);
    CHECK(sodium_init() >= 0);
    struct pseudonyms *made =
        aligned_alloc(alignof(struct pseudonyms), sizeof *made);
    if (!made)
        return NULL;
    for (int i = 0; i < PLATFORM_COUNT; i++) {
        char kind[32];
        snprintf(kind, sizeof kind, "id:%s:", PLATFORM_NAMES[i]);
        hash_begin(&made->accounts[i], key, size, kind);
    }
    hash_begin(&made->names, key, size, "name:");
    hash_begin(&made->posts, key, size, "post:");
    unsigned char digest[FINGERPRINT_BYTES];
    int failed = crypto_generichash(
        digest, sizeof digest, (const unsigned char *)FINGERPRINT_TEXT,
        strlen(FINGERPRINT_TEXT), key, size);
    CHECK(!failed);
    write_digits(made->fingerprint, digest, sizeof digest);
    made->fingerprint[2 * FINGERPRINT_BYTES] = '\0';
    return made;
}

void pseudonyms_free(struct pseudonyms *pseudonyms)
{
    if (pseudonyms)
        sodium_memzero(pseudonyms, sizeof *pseudonyms);
    free(pseudonyms);
}

const char *pseudonyms_fingerprint(const struct pseudonyms *pseudonyms)
{
    return pseudonyms->fingerprint;
}

/* The sizes of key files, and what is wrong with this one. */
static bool key_file_is_good(int fd, const char *name, struct fault *fault)
{
    struct stat status;
    if (fstat(fd, &status)) {
        fault_raise(fault, CODE_IO, NULL, UINT64_MAX, errno,
                    "reading the key %s", name);
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        fault_raise(fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    "--pseudonyms %s: a key is a regular file", name);
        return false;
    }
    if (status.st_size < PSEUDONYM_KEY_MIN ||
        status.st_size > PSEUDONYM_KEY_MAX) {
        fault_raise(fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    "--pseudonyms %s: a key has 16 to 64 bytes, and this file "
                    "has %lld", name, (long long)status.st_size);
        return false;
    }
    return true;
}

/* Bytes read, to the file's end; -1 with errno; size + 1 bytes at most. */
static ssize_t read_all(int fd, unsigned char *bytes, size_t size)
{
    size_t fill = 0;
    while (fill < size) {
        ssize_t got = read(fd, bytes + fill, size - fill);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        fill += (size_t)got;
    }
    return (ssize_t)fill;
}

static struct pseudonyms *read_key(int fd, const char *name,
                                   struct fault *fault)
{
    unsigned char key[PSEUDONYM_KEY_MAX + 1];
    struct pseudonyms *made = NULL;
    ssize_t size = read_all(fd, key, sizeof key);
    if (size < 0)
        fault_raise(fault, CODE_IO, NULL, UINT64_MAX, errno,
                    "reading the key %s", name);
    else if (size < PSEUDONYM_KEY_MIN || size > PSEUDONYM_KEY_MAX)
        fault_raise(fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    "--pseudonyms %s: the file changed while it was read",
                    name);
    else if (!(made = pseudonyms_create(key, (size_t)size)))
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while reading the key %s", name);
    sodium_memzero(key, sizeof key);
    return made;
}

struct pseudonyms *pseudonyms_read(const char *path, struct fault *fault)
{
    char name[PRINTABLE_NAME_BYTES];
    (void)printable_name(name, sizeof name, path);
    /* Not to wait for a writer where there is a FIFO. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, errno,
                    "cannot open the key --pseudonyms %s", name);
        return NULL;
    }
    struct pseudonyms *made = NULL;
    if (key_file_is_good(fd, name, fault))
        made = read_key(fd, name, fault);
    (void)close(fd);
    return made;
}

/* ---- rows ---------------------------------------------------------------- */

void pseudonym_room_free(struct pseudonym_room *room)
{
    free(room->row);
    free(room->digits);
    *room = (struct pseudonym_room){0};
}

static bool room_for(struct pseudonym_room *room, uint32_t columns)
{
    if (columns <= room->capacity)
        return true;
    pseudonym_room_free(room);
    room->row = calloc(columns, sizeof *room->row);
    room->digits = calloc(columns, sizeof *room->digits);
    if (!room->row || !room->digits)
        return false;
    room->capacity = columns;
    return true;
}

static enum platform platform_of(const struct value *cell)
{
    int i = 0;
    CHECK(!cell->null);
    while (i < PLATFORM_COUNT &&
           text_compare(cell->text,
                        (struct text){PLATFORM_NAMES[i],
                                      (uint32_t)strlen(PLATFORM_NAMES[i])}))
        i++;
    CHECK(i < PLATFORM_COUNT);
    return (enum platform)i;
}

/* Ids of posts on Bluesky are addresses (at://ACCOUNT/COLLECTION/KEY); an id
 * of such a form is taken for one wherever it comes. */
static bool tells_account(const struct value *platform, struct text post)
{
    static const char SCHEME[] = "at://";
    size_t size = sizeof SCHEME - 1;
    return platform_of(platform) == PLATFORM_BLUESKY ||
           (post.size >= size && memcmp(post.bytes, SCHEME, size) == 0);
}

/* The shape of a name keeps characters that are neither letters nor digits of
 * ASCII as they are: a name without any of these would be told whole. */
static bool is_ascii(struct text text)
{
    for (uint32_t i = 0; i < text.size; i++)
        if ((unsigned char)text.bytes[i] >= 0x80)
            return false;
    return true;
}

static struct value replaced(const struct pseudonyms *pseudonyms,
                             enum privacy privacy,
                             const struct value *platform, struct value cell,
                             char digits[PSEUDONYM_DIGITS])
{
    if (cell.null)
        return cell;
    switch (privacy) {
    case PRIVACY_ACCOUNT:
        cell.text = pseudonym_account(pseudonyms, platform_of(platform),
                                      cell.text, digits);
        break;
    case PRIVACY_NAME:
        cell.text = hash_end(&pseudonyms->names, cell.text, digits);
        break;
    case PRIVACY_POST:
        if (tells_account(platform, cell.text))
            cell.text = hash_end(&pseudonyms->posts, cell.text, digits);
        break;
    case PRIVACY_SHAPE:
        cell.null = !is_ascii(cell.text);
        break;
    case PRIVACY_NONE:
        break;
    }
    return cell;
}

const struct value *pseudonyms_row(const struct pseudonyms *pseudonyms,
                                   struct pseudonym_room *room,
                                   const struct table *table, uint32_t first,
                                   uint32_t last, const struct value *row)
{
    const struct column *columns = table->columns;
    while (first < last && columns[first].privacy == PRIVACY_NONE)
        first++;
    if (first == last)
        return row;
    if (!room_for(room, table->count))
        return NULL;
    memcpy(room->row, row, table->count * sizeof *row);
    for (uint32_t i = first; i < last; i++)
        if (columns[i].privacy != PRIVACY_NONE)
            room->row[i] = replaced(pseudonyms, columns[i].privacy, &row[0],
                                    row[i], room->digits[i]);
    return room->row;
}
