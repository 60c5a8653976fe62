#include "stages/parameters.h"

#include "stages/parse/scalar.h"

#include <errno.h>

#define DATE_BYTES 10        /* 2020-01-31 */

/* A date is its first instant in UTC. */
static bool read_time(const char *option, const char *text, int64_t none,
                      int64_t *ms, struct fault *fault)
{
    uint8_t bytes[96] = {0};     /* time_from_text reads a few bytes behind */
    size_t size = text ? strlen(text) : 0;
    *ms = none;
    if (!text)
        return true;
    if (size < sizeof bytes - 32) {
        memcpy(bytes, text, size);
        if (size == DATE_BYTES) {
            memcpy(bytes + size, "T00:00:00Z", 10);
            size += 10;
        }
        *ms = time_from_text(bytes, (uint32_t)size);
    }
    if (size < sizeof bytes - 32 && *ms != TIME_NONE)
        return true;
    fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                "--%s %s: a date or a time such as 2020-01-31 or "
                "2020-01-31T08:30:00Z", option, text);
    return false;
}

static bool read_range(struct parameters *parameters,
                       const struct options *options, struct fault *fault)
{
    if (!read_time("since", options->since, SINCE_EVER, &parameters->since,
                   fault) ||
        !read_time("until", options->until, UNTIL_EVER, &parameters->until,
                   fault))
        return false;
    if (parameters->since < parameters->until)
        return true;
    fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                "--until %s is not after --since %s", options->until,
                options->since);
    return false;
}

static bool read_zone(struct parameters *parameters, const char *name,
                      struct fault *fault)
{
    if (!name)
        return true;
    int status = local_time_load(name, &parameters->zone_storage);
    if (!status) {
        parameters->zone = &parameters->zone_storage;
        return true;
    }
    fault_raise(fault, status == -ENOMEM ? CODE_MEMORY : CODE_USAGE, NULL,
                UINT64_MAX, 0, "--time-zone %s: %s", name,
                local_time_sentence(status));
    return false;
}

static bool read_lists(struct parameters *parameters,
                       const struct options *options, struct memory *memory,
                       uint32_t lanes, struct fault *fault)
{
    parameters->watch = handle_watch_create(memory, lanes);
    if (!parameters->watch) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while reading lists");
        return false;
    }
    if (options->accounts)
        parameters->accounts =
            account_set_read(options->accounts, parameters->watch, fault);
    if (options->core && !fault_raised(fault))
        parameters->core =
            account_set_read(options->core, parameters->watch, fault);
    return !fault_raised(fault);
}

static bool read_key(struct parameters *parameters, const char *path,
                     struct fault *fault)
{
    if (path)
        parameters->pseudonyms = pseudonyms_read(path, fault);
    return !path || parameters->pseudonyms;
}

bool parameters_open(struct parameters *parameters,
                     const struct options *options, uint64_t line_bytes_max,
                     struct memory *memory, uint32_t lanes,
                     struct fault *fault)
{
    *parameters = (struct parameters){
        .utc_offset_minutes = options->utc_offset_minutes,
        .line_bytes_max = line_bytes_max, .min_posts = options->min_posts,
        .damaged = options->damaged, .tables = options->tables, .columns = options->columns};
    return read_range(parameters, options, fault) &&
           read_zone(parameters, options->time_zone, fault) &&
           read_key(parameters, options->pseudonyms, fault) &&
           read_lists(parameters, options, memory, lanes, fault);
}

void parameters_close(struct parameters *parameters)
{
    account_set_free(parameters->accounts);
    account_set_free(parameters->core);
    handle_watch_free(parameters->watch);
    pseudonyms_free(parameters->pseudonyms);
    if (parameters->zone)
        local_time_free(&parameters->zone_storage);
}

void parameters_handles_key(const struct parameters *parameters,
                            uint64_t key[2])
{
    struct hash128 lists[2] = {{0}};
    key[0] = key[1] = 0;
    if (handle_watch_count(parameters->watch) == 0)
        return;
    if (parameters->accounts)
        lists[0] = account_set_digest(parameters->accounts);
    if (parameters->core)
        lists[1] = account_set_digest(parameters->core);
    struct hash128 both = hash_bytes128(lists, sizeof lists);
    key[0] = both.high;
    key[1] = both.low;
}

int parameters_resolve(struct parameters *parameters)
{
    int error = 0;
    if (parameters->accounts)
        error = account_set_resolve(parameters->accounts);
    if (parameters->core && !error)
        error = account_set_resolve(parameters->core);
    return error;
}
