#include "pipeline/progress.h"

#include "pipeline/check.h"
#include "pipeline/signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
#define TICK_NS (SECOND_NS / 5)
#define PLAIN_SECONDS 10u
/* Rates are over the last ten seconds: frames come in bursts. */
#define SAMPLES 50u
#define LINE_BYTES 256u

/* ---- the line ---- */

const char *progress_bytes(char text[PROGRESS_BYTES_TEXT], uint64_t bytes)
{
    static const char *const UNITS[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) {
        snprintf(text, PROGRESS_BYTES_TEXT, "%u B", (unsigned)bytes);
        return text;
    }
    size_t unit = 0;
    while (bytes >= 1000000) {
        bytes /= 1000;
        unit++;
    }
    unsigned whole = (unsigned)(bytes / 1000), part = (unsigned)(bytes % 1000);
    if (whole < 10)
        snprintf(text, PROGRESS_BYTES_TEXT, "%u.%02u %s", whole, part / 10,
                 UNITS[unit]);
    else if (whole < 100)
        snprintf(text, PROGRESS_BYTES_TEXT, "%u.%u %s", whole, part / 100,
                 UNITS[unit]);
    else
        snprintf(text, PROGRESS_BYTES_TEXT, "%u %s", whole, UNITS[unit]);
    return text;
}

/* done * factor / whole, rounded down, without overflow; 0 where whole is. */
static uint64_t scale(uint64_t done, uint64_t factor, uint64_t whole)
{
    if (!whole)
        return 0;
    __extension__ unsigned __int128 scaled = done;
    scaled = scaled * factor / whole;
    return scaled > UINT64_MAX ? UINT64_MAX : (uint64_t)scaled;
}

/* What came since the earlier sample; a counter never goes back. */
static uint64_t gained(uint64_t earlier, uint64_t now)
{
    return now > earlier ? now - earlier : 0;
}

/* A number with commas between the thousands; 20 digits and 6 commas. */
static const char *grouped(char text[32], uint64_t number)
{
    char *at = text + 31;
    *at = 0;
    for (unsigned digits = 0; number || !digits; digits++, number /= 10) {
        if (digits && digits % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + number % 10);
    }
    return at;
}

static void describe_done(char *text, size_t size,
                          const struct progress_sample *now,
                          const struct progress_total *total)
{
    char done[PROGRESS_BYTES_TEXT], whole[PROGRESS_BYTES_TEXT];
    progress_bytes(done, now->compressed_bytes);
    if (total->bytes == UINT64_MAX) {
        snprintf(text, size, "%s", done);
        return;
    }
    /* More than all was read where a shard grew: still not more than all. */
    uint64_t tenths = scale(now->compressed_bytes, 1000, total->bytes);
    if (tenths > 1000 || total->bytes == 0)
        tenths = 1000;
    snprintf(text, size, "%u.%u%% (%s of %s)", (unsigned)(tenths / 10),
             (unsigned)(tenths % 10), done,
             progress_bytes(whole, total->bytes));
}

/* "" while nothing is known. */
static void describe_left(char *text, size_t size,
                          const struct progress_sample *earlier,
                          const struct progress_sample *now,
                          const struct progress_total *total)
{
    text[0] = 0;
    uint64_t bytes = gained(earlier->compressed_bytes, now->compressed_bytes);
    if (total->bytes == UINT64_MAX || !bytes)
        return;
    uint64_t seconds =
        scale(gained(now->compressed_bytes, total->bytes),
              gained(earlier->at_ns, now->at_ns), bytes) / SECOND_NS;
    if (seconds >= 1000 * 3600)
        snprintf(text, size, "weeks left");
    else if (seconds >= 3600)
        snprintf(text, size, "%u:%02u:%02u left", (unsigned)(seconds / 3600),
                 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    else
        snprintf(text, size, "%u:%02u left", (unsigned)(seconds / 60),
                 (unsigned)(seconds % 60));
}

enum { FIELDS = 6, FIELD_BYTES = 80 };

static void describe(char fields[FIELDS][FIELD_BYTES],
                     const struct progress_sample *earlier,
                     const struct progress_sample *now,
                     const struct progress_total *total)
{
    char number[32], other[32], bytes[PROGRESS_BYTES_TEXT];
    uint64_t ns = gained(earlier->at_ns, now->at_ns);
    describe_done(fields[0], FIELD_BYTES, now, total);
    describe_left(fields[1], FIELD_BYTES, earlier, now, total);
    uint64_t posts = scale(gained(earlier->posts, now->posts), SECOND_NS, ns);
    snprintf(fields[2], FIELD_BYTES, "%s posts/s", grouped(number, posts));
    if (total->no_posts)
        fields[2][0] = 0;
    uint64_t text = scale(gained(earlier->text_bytes, now->text_bytes),
                          SECOND_NS, ns);
    snprintf(fields[3], FIELD_BYTES, "%s/s of text",
             progress_bytes(bytes, text));
    snprintf(fields[4], FIELD_BYTES, "%s rejects",
             grouped(number, now->rejects));
    snprintf(fields[5], FIELD_BYTES, "%s of %s shards",
             grouped(number, now->shards_done), grouped(other, total->shards));
}

size_t progress_format(char *line, size_t size, unsigned columns,
                       const struct progress_sample *earlier,
                       const struct progress_sample *now,
                       const struct progress_total *total)
{
    CHECK(size > 0);
    char fields[FIELDS][FIELD_BYTES];
    describe(fields, earlier, now, total);
    size_t room = columns && columns < size ? columns : size - 1;
    size_t length = 0;
    line[0] = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        size_t field = strlen(fields[i]), gap = length ? 2 : 0;
        if (!field)
            continue;
        if (length + gap + field > room)
            break;
        memcpy(line + length, ", ", gap);
        memcpy(line + length + gap, fields[i], field + 1);
        length += gap + field;
    }
    return length;
}

/* ---- the reporter ---- */

struct progress {
    struct progress_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool stopping;             /* under the mutex */
    bool terminal;
    size_t line_length;        /* of what stands on the terminal now */
    struct progress_sample samples[SAMPLES];
    uint64_t ticks;
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static struct progress_sample
take_sample(const struct progress_counters *counters)
{
#define TAKE(name)                                                             \
    .name = atomic_load_explicit(&counters->name, memory_order_relaxed)
    return (struct progress_sample){
        .at_ns = clock_ns(),
        TAKE(compressed_bytes),
        TAKE(text_bytes),
        TAKE(posts),
        TAKE(rejects),
        TAKE(shards_done),
    };
#undef TAKE
}

/* Advice to a person: if it cannot be written, nothing is lost. */
static void write_error(const char *bytes, size_t size)
{
    ssize_t written = write(STDERR_FILENO, bytes, size);
    (void)written;
}

static unsigned terminal_columns(void)
{
    struct winsize window;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
        return 80;
    return window.ws_col;
}

/* Writes over the line with another, and blanks what is left of it. */
static void show_line(struct progress *progress, const char *line,
                      size_t length)
{
    char bytes[2 * LINE_BYTES + 4];
    size_t blanks = progress->line_length > length
                        ? progress->line_length - length : 0;
    size_t size = 0;
    bytes[size++] = '\r';
    memcpy(bytes + size, line, length);
    size += length;
    memset(bytes + size, ' ', blanks);
    size += blanks;
    memset(bytes + size, '\b', length ? blanks : 0);
    size += length ? blanks : 0;
    if (!length)
        bytes[size++] = '\r';
    write_error(bytes, size);
    progress->line_length = length;
}

static void report_terminal(struct progress *progress,
                            const struct progress_sample *earlier,
                            const struct progress_sample *now)
{
    /* In the background a terminal may stop whoever writes (SIGTTOU). */
    if (tcgetpgrp(STDERR_FILENO) != getpgrp())
        return;
    /* The last column stays free: a character there would break the line. */
    unsigned columns = terminal_columns();
    char line[LINE_BYTES];
    size_t length =
        progress_format(line, sizeof line, columns > 1 ? columns - 1 : 1,
                        earlier, now, &progress->options.total);
    if (progress->line_length >= columns)
        progress->line_length = columns - 1;
    show_line(progress, line, length);
}

static void report_plain(struct progress *progress,
                         const struct progress_sample *earlier,
                         const struct progress_sample *now)
{
    uint64_t every = progress->options.plain_seconds * (SECOND_NS / TICK_NS);
    if (progress->ticks == 0 || progress->ticks % every != 0)
        return;
    static const char PREFIX[] = "sandpiper: ";
    char line[sizeof PREFIX + LINE_BYTES];
    memcpy(line, PREFIX, sizeof PREFIX - 1);
    size_t length = sizeof PREFIX - 1;
    length += progress_format(line + length, LINE_BYTES, 0, earlier, now,
                              &progress->options.total);
    line[length++] = '\n';
    write_error(line, length);
}

static void tick(struct progress *progress)
{
    if (progress->options.fault)
        signals_poll(progress->options.fault);
    if (progress->options.quiet)
        return;
    struct progress_sample now = take_sample(progress->options.counters);
    uint64_t ticks = progress->ticks;
    struct progress_sample *slot = &progress->samples[ticks % SAMPLES];
    /* The oldest of the samples is in the slot that is written next. */
    struct progress_sample earlier =
        ticks < SAMPLES ? progress->samples[0] : *slot;
    if (ticks == 0)
        earlier = now;
    *slot = now;
    if (progress->terminal)
        report_terminal(progress, &earlier, &now);
    else
        report_plain(progress, &earlier, &now);
    progress->ticks++;
}

/* Waits for the next tick; false when told to end. */
static bool wait_tick(struct progress *progress, uint64_t until_ns)
{
    struct timespec until = {.tv_sec = (time_t)(until_ns / SECOND_NS),
                             .tv_nsec = (long)(until_ns % SECOND_NS)};
    pthread_mutex_lock(&progress->mutex);
    int status = 0;
    while (!progress->stopping && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&progress->condition,
                                        &progress->mutex, &until);
    bool on = !progress->stopping;
    pthread_mutex_unlock(&progress->mutex);
    return on;
}

static void *report(void *context)
{
    struct progress *progress = context;
    uint64_t until = clock_ns();
    do {
        tick(progress);
        /* After a standstill (a stopped process) no ticks are made up. */
        uint64_t now = clock_ns();
        until = until + TICK_NS > now ? until + TICK_NS : now + TICK_NS;
    } while (wait_tick(progress, until));
    if (progress->line_length)
        show_line(progress, "", 0);
    return NULL;
}

static bool is_terminal(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

int progress_start(struct progress **out,
                   const struct progress_options *options)
{
    *out = NULL;
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return -ENOMEM;
    progress->options = *options;
    if (!progress->options.plain_seconds)
        progress->options.plain_seconds = PLAIN_SECONDS;
    progress->terminal = is_terminal();
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&progress->condition, &attributes) == 0);
    CHECK(pthread_condattr_destroy(&attributes) == 0);
    CHECK(pthread_mutex_init(&progress->mutex, NULL) == 0);
    int error = pthread_create(&progress->thread, NULL, report, progress);
    if (error) {
        free(progress);
        return -error;
    }
    *out = progress;
    return 0;
}

void progress_stop(struct progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->mutex);
    progress->stopping = true;
    pthread_cond_signal(&progress->condition);
    pthread_mutex_unlock(&progress->mutex);
    pthread_join(progress->thread, NULL);
    pthread_mutex_destroy(&progress->mutex);
    pthread_cond_destroy(&progress->condition);
    free(progress);
}
