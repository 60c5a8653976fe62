#include "stages/reduce/local_time.h"

#include "stages/days.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a TZif file ------------------------------------------------------- */

#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define FILE_BYTES_MAX (1 << 20)

/* In the order of the header. */
enum tzif_count { IS_UT, IS_STANDARD, LEAPS, TIMES, TYPES, LETTERS,
                  TZIF_COUNTS };

/* One of the two blocks, in 32 and in 64 bits. */
struct tzif_block {
    uint32_t counts[TZIF_COUNTS];
    char version;
    size_t time_bytes;
    const uint8_t *times, *indices, *types;
    size_t end;                 /* of the block, in the file */
};

static uint32_t read_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_time(const uint8_t *at, size_t bytes)
{
    if (bytes == 4)
        return (int32_t)read_32(at);
    return (int64_t)((uint64_t)read_32(at) << 32 | read_32(at + 4));
}

static bool block_read(const uint8_t *bytes, size_t size, size_t start,
                       size_t time_bytes, struct tzif_block *block)
{
    if (size < start || size - start < HEADER_BYTES ||
        memcmp(bytes + start, "TZif", 4) != 0)
        return false;
    const uint8_t *header = bytes + start;
    block->version = (char)header[4];
    block->time_bytes = time_bytes;
    for (int i = 0; i < TZIF_COUNTS; i++) {
        block->counts[i] = read_32(header + 20 + 4 * i);
        if (block->counts[i] > FILE_BYTES_MAX)
            return false;
    }
    const uint32_t *counts = block->counts;
    size_t times = counts[TIMES] * time_bytes;
    size_t body = times + counts[TIMES] + (size_t)counts[TYPES] * TYPE_BYTES +
                  counts[LETTERS] + counts[LEAPS] * (time_bytes + 4) +
                  counts[IS_STANDARD] + counts[IS_UT];
    if (size - start - HEADER_BYTES < body || !counts[TYPES])
        return false;
    block->times = header + HEADER_BYTES;
    block->indices = block->times + times;
    block->types = block->indices + counts[TIMES];
    block->end = start + HEADER_BYTES + body;
    return true;
}

static bool type_offset(const struct tzif_block *block, uint32_t type,
                        int32_t *offset)
{
    if (type >= block->counts[TYPES])
        return false;
    *offset = (int32_t)read_32(block->types + (size_t)type * TYPE_BYTES);
    return *offset >= -ZONE_OFFSET_MAX && *offset <= ZONE_OFFSET_MAX;
}

/* Changes that leave the offset as it is (of the name alone) are dropped. */
static int read_changes(const struct tzif_block *block, struct local_time *out)
{
    uint32_t count = block->counts[TIMES];
    if (!type_offset(block, 0, &out->first_offset))
        return -EBADMSG;
    out->changes = calloc(count ? count : 1, sizeof *out->changes);
    if (!out->changes)
        return -ENOMEM;
    int64_t before = INT64_MIN;
    int32_t offset = out->first_offset;
    for (uint32_t i = 0; i < count; i++) {
        struct zone_change change = {
            .at = read_time(block->times + i * block->time_bytes,
                            block->time_bytes)};
        if (!type_offset(block, block->indices[i], &change.offset) ||
            (i && change.at <= before))
            return -EBADMSG;
        before = change.at;
        if (change.offset != offset)
            out->changes[out->change_count++] = change;
        offset = change.offset;
    }
    out->rule_from = count ? before : INT64_MIN;
    return 0;
}

/* "\n" TZ string "\n"; an empty string is no rule. */
static bool read_footer(const uint8_t *bytes, size_t size, size_t at,
                        struct local_time *out)
{
    if (at >= size || bytes[at] != '\n')
        return false;
    const uint8_t *start = bytes + at + 1;
    const uint8_t *end = memchr(start, '\n', size - at - 1);
    if (!end)
        return false;
    if (start == end) {
        out->rule_from = INT64_MAX;
        return true;
    }
    return zone_rule_parse((const char *)start, (size_t)(end - start),
                           &out->rule);
}

static int read_zone(const uint8_t *bytes, size_t size, struct local_time *out)
{
    struct tzif_block block;
    if (!block_read(bytes, size, 0, 4, &block))
        return -EBADMSG;
    bool wide = block.version >= '2';
    if (wide && !block_read(bytes, size, block.end, 8, &block))
        return -EBADMSG;
    if (block.counts[LEAPS])
        return -ENOTSUP;
    int status = read_changes(&block, out);
    if (status)
        return status;
    if (!wide)
        out->rule_from = INT64_MAX;
    else if (!read_footer(bytes, size, block.end, out))
        return -EBADMSG;
    return 0;
}

int local_time_parse(const uint8_t *bytes, size_t size, struct local_time *out)
{
    memset(out, 0, sizeof *out);
    int status = read_zone(bytes, size, out);
    if (status)
        local_time_free(out);
    else
        out->digest = hash_bytes128(bytes, size);
    return status;
}

void local_time_free(struct local_time *zone)
{
    free(zone->changes);
    zone->changes = NULL;
    zone->change_count = 0;
}

/* ---- its name and its file --------------------------------------------- */

static bool is_name(const char *name)
{
    static const char LETTERS_OF_NAMES[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "abcdefghijklmnopqrstuvwxyz"
                                           "0123456789_+-/";
    size_t size = strnlen(name, LOCAL_TIME_NAME_MAX + 1);
    return size > 0 && size <= LOCAL_TIME_NAME_MAX &&
           strspn(name, LETTERS_OF_NAMES) == size && name[0] != '/' &&
           name[size - 1] != '/' && !strstr(name, "//") &&
           strcmp(name, "localtime") != 0 && strcmp(name, "posixrules") != 0;
}

static int read_whole(int file, uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = read(file, bytes + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EBADMSG;
        at += (size_t)got;
    }
    return 0;
}

static int load_file(int file, struct local_time *out)
{
    struct stat about;
    if (fstat(file, &about))
        return -errno;
    if (!S_ISREG(about.st_mode))
        return -ENOENT; /* a folder of zones, as "Asia" */
    if (about.st_size <= 0 || about.st_size > FILE_BYTES_MAX)
        return -EBADMSG;
    size_t size = (size_t)about.st_size;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return -ENOMEM;
    int status = read_whole(file, bytes, size);
    if (!status)
        status = local_time_parse(bytes, size, out);
    free(bytes);
    return status;
}

int local_time_load(const char *name, struct local_time *out)
{
    if (!is_name(name))
        return -EINVAL;
    char path[sizeof LOCAL_TIME_FOLDER + 1 + LOCAL_TIME_NAME_MAX];
    snprintf(path, sizeof path, "%s/%s", LOCAL_TIME_FOLDER, name);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return errno == ENOTDIR || errno == ELOOP ? -ENOENT : -errno;
    int status = load_file(file, out);
    close(file);
    if (!status)
        snprintf(out->name, sizeof out->name, "%s", name);
    return status;
}

const char *local_time_sentence(int status)
{
    switch (status) {
    case 0:
        return "the time zone is known";
    case -EINVAL:
        return "this is no name of a time zone; a name is like Asia/Shanghai";
    case -ENOENT:
        return "there is no such time zone in " LOCAL_TIME_FOLDER
               " (package tzdata)";
    case -EBADMSG:
        return "its file in " LOCAL_TIME_FOLDER " is damaged, or no time zone";
    case -ENOTSUP:
        return "it counts leap seconds; take the name without right/";
    default:
        return "its file in " LOCAL_TIME_FOLDER " cannot be read";
    }
}

/* ---- the offset at an instant ------------------------------------------ */

static struct zone_span span_of_rule(const struct local_time *zone, int64_t t)
{
    struct zone_span span = zone_rule_span(&zone->rule, t);
    if (span.from < zone->rule_from)
        span.from = zone->rule_from;
    return span;
}

struct zone_span local_time_span(const struct local_time *zone, int64_t t)
{
    if (zone->rule_from != INT64_MAX && t >= zone->rule_from)
        return span_of_rule(zone, t);
    size_t low = 0, high = zone->change_count; /* changes before low: <= t */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= t)
            low = middle + 1;
        else
            high = middle;
    }
    struct zone_span span = {INT64_MIN, zone->rule_from, zone->first_offset};
    if (low > 0) {
        span.from = zone->changes[low - 1].at;
        span.offset = zone->changes[low - 1].offset;
    }
    if (low < zone->change_count && zone->changes[low].at < span.until)
        span.until = zone->changes[low].at;
    return span;
}

/* ---- instants in order ------------------------------------------------- */

#define MS_PER_MINUTE 60000

struct local_clock local_clock_of(const struct feature_options *options)
{
    struct local_clock clock = {
        .zone = options->zone,
        .from = INT64_MIN,
        .until = INT64_MAX,
        .offset = (int64_t)options->utc_offset_minutes * MS_PER_MINUTE,
    };
    if (clock.zone)
        clock.until = clock.from; /* left at once */
    return clock;
}

static int64_t ms_of(int64_t seconds)
{
    if (seconds > INT64_MAX / MS_PER_SECOND)
        return INT64_MAX;
    return seconds < INT64_MIN / MS_PER_SECOND ? INT64_MIN
                                               : seconds * MS_PER_SECOND;
}

void local_clock_move(struct local_clock *clock, int64_t ms)
{
    struct zone_span span =
        local_time_span(clock->zone, divide_down(ms, MS_PER_SECOND));
    clock->from = ms_of(span.from);
    clock->until = ms_of(span.until);
    clock->offset = span.offset * MS_PER_SECOND;
}
