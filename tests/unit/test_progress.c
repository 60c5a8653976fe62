#include "pipeline/progress.h"
#include "pipeline/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)
#define UNKNOWN UINT64_MAX

/* ---- the line ---- */

static void bytes_have_three_digits_and_round_down(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } CASES[] = {{0, "0 B"},
                 {999, "999 B"},
                 {1000, "1.00 kB"},
                 {1009, "1.00 kB"},
                 {1010, "1.01 kB"},
                 {9999, "9.99 kB"},
                 {10000, "10.0 kB"},
                 {99999, "99.9 kB"},
                 {100000, "100 kB"},
                 {999999, "999 kB"},
                 {1000000, "1.00 MB"},
                 {45600000000, "45.6 GB"},
                 {UINT64_C(1000000000000000), "1.00 PB"},
                 {UINT64_MAX, "18.4 EB"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[PROGRESS_BYTES_TEXT];
        assert_string_equal(progress_bytes(text, CASES[i].bytes),
                            CASES[i].text);
    }
}

static const struct progress_sample START = {.at_ns = 100 * SECOND};
static const struct progress_sample LATER = {
    .at_ns = 110 * SECOND,
    .compressed_bytes = 2500000000,
    .text_bytes = 20000000000,
    .posts = 5000000,
    .rejects = 1234567,
    .shards_done = 3,
};
static const struct progress_total TOTAL = {10000000000, 12, false};

static const char *format(unsigned columns,
                          const struct progress_sample *earlier,
                          const struct progress_sample *now,
                          const struct progress_total *total)
{
    static char line[256];
    size_t length =
        progress_format(line, sizeof line, columns, earlier, now, total);
    assert_int_equal(length, strlen(line));
    assert_true(columns == 0 || length <= columns);
    return line;
}

static void a_line_says_what_is_done_and_left_and_how_fast(void **state)
{
    (void)state;
    assert_string_equal(
        format(0, &START, &LATER, &TOTAL),
        "25.0% (2.50 GB of 10.0 GB), 0:30 left, 500,000 posts/s, "
        "2.00 GB/s of text, 1,234,567 rejects, 3 of 12 shards");
}

static void where_nothing_is_parsed_posts_are_left_out(void **state)
{
    (void)state;
    struct progress_total total = {10000000000, 12, true};
    assert_string_equal(
        format(0, &START, &LATER, &total),
        "25.0% (2.50 GB of 10.0 GB), 0:30 left, 2.00 GB/s of text, "
        "1,234,567 rejects, 3 of 12 shards");
}

static void rates_are_since_the_earlier_sample(void **state)
{
    (void)state;
    struct progress_sample now = LATER;
    now.at_ns += SECOND / 2;
    now.posts += 7;
    now.text_bytes += 500;
    now.compressed_bytes += 1000000;
    assert_string_equal(
        format(0, &LATER, &now, &TOTAL),
        "25.0% (2.50 GB of 10.0 GB), 1:02:29 left, 14 posts/s, "
        "1.00 kB/s of text, 1,234,567 rejects, 3 of 12 shards");
}

static void an_unknown_total_has_neither_share_nor_time_left(void **state)
{
    (void)state;
    struct progress_total total = {UNKNOWN, 1, false};
    assert_string_equal(format(30, &START, &LATER, &total),
                        "2.50 GB, 500,000 posts/s");
}

static void no_time_no_progress_and_no_bytes_divide_by_nothing(void **state)
{
    (void)state;
    struct progress_total nothing = {0, 0, false};
    assert_string_equal(format(0, &START, &START, &TOTAL),
                        "0.0% (0 B of 10.0 GB), 0 posts/s, 0 B/s of text, "
                        "0 rejects, 0 of 12 shards");
    assert_string_equal(format(20, &START, &START, &nothing),
                        "100.0% (0 B of 0 B)");
    /* Samples in the wrong order. */
    assert_string_equal(format(40, &LATER, &START, &TOTAL),
                        "0.0% (0 B of 10.0 GB), 0 posts/s");
}

static void more_than_all_is_all(void **state)
{
    (void)state;
    struct progress_total total = {1000, 1, false};
    assert_string_equal(format(45, &START, &LATER, &total),
                        "100.0% (2.50 GB of 1.00 kB), 0:00 left");
}

static void the_greatest_numbers_fit(void **state)
{
    (void)state;
    struct progress_sample most = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                   UINT64_MAX, UINT64_MAX, UINT64_MAX};
    struct progress_sample start = {.at_ns = UINT64_MAX - 1};
    struct progress_total total = {UINT64_MAX - 1, UINT64_MAX, false};
    const char *line = format(0, &start, &most, &total);
    assert_non_null(strstr(line, "18,446,744,073,709,551,615 rejects"));
    struct progress_sample slow = {.at_ns = UINT64_MAX, .compressed_bytes = 1};
    start.at_ns = 0;
    assert_non_null(strstr(format(0, &start, &slow, &total), "weeks left"));
}

static void narrow_lines_drop_whole_fields_from_the_end(void **state)
{
    (void)state;
    const char *whole = format(0, &START, &LATER, &TOTAL);
    char kept[256];
    snprintf(kept, sizeof kept, "%s", whole);
    for (unsigned columns = 1; columns <= strlen(kept); columns++) {
        const char *line = format(columns, &START, &LATER, &TOTAL);
        size_t length = strlen(line);
        assert_memory_equal(line, kept, length);
        assert_true(length == 0 || kept[length] == ',' || kept[length] == 0);
    }
    char tiny[1];
    assert_int_equal(progress_format(tiny, 1, 0, &START, &LATER, &TOTAL), 0);
    assert_int_equal(tiny[0], 0);
}

/* ---- the reporter, in a process of its own ---- */

static struct progress_counters counters;

/* Runs the case in a child with fd as its standard error; its status. */
static int in_child(int (*run)(void), int error_fd)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (error_fd >= 0)
            dup2(error_fd, STDERR_FILENO);
        _exit(run());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void assert_exit(int status, int code)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static int report(bool quiet, unsigned microseconds)
{
    progress_add(&counters.compressed_bytes, 500);
    struct progress_options options = {.total = {1000, 2, false},
                                       .counters = &counters,
                                       .quiet = quiet,
                                       .plain_seconds = 1};
    struct progress *progress;
    if (progress_start(&progress, &options) != 0)
        return 1;
    usleep(microseconds);
    progress_stop(progress);
    return 0;
}

static int report_long(void)
{
    return report(false, 1500000);
}

static int report_quiet(void)
{
    return report(true, 1500000);
}

/* What the child wrote to its standard error, a pipe. */
static size_t read_pipe_of(int (*run)(void), char *text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_exit(in_child(run, ends[1]), 0);
    close(ends[1]);
    ssize_t got = read(ends[0], text, size - 1);
    assert_true(got >= 0);
    text[got] = 0;
    close(ends[0]);
    return (size_t)got;
}

static void what_is_no_terminal_gets_plain_lines(void **state)
{
    (void)state;
    char text[4096];
    assert_true(read_pipe_of(report_long, text, sizeof text) > 0);
    const char *expected = "sandpiper: 50.0% (500 B of 1.00 kB), 0 posts/s, "
                           "0 B/s of text, 0 rejects, 0 of 2 shards\n";
    assert_memory_equal(text, expected, strlen(expected));
    assert_null(strchr(text, '\r'));
}

static void quiet_says_nothing(void **state)
{
    (void)state;
    char text[4096];
    assert_int_equal(read_pipe_of(report_quiet, text, sizeof text), 0);
}

static const char *terminal_name;
static unsigned short terminal_width;

static int report_to_terminal(void)
{
    setsid();
    int fd = open(terminal_name, O_RDWR);   /* becomes the controlling one */
    struct winsize window = {.ws_col = terminal_width, .ws_row = 24};
    if (fd < 0 || ioctl(fd, TIOCSWINSZ, &window) != 0)
        return 2;
    dup2(fd, STDERR_FILENO);
    setenv("TERM", "xterm", 1);
    return report(false, 0);
}

static void read_terminal(unsigned short width, const char *expected)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        print_message("skipped: there are no pseudo-terminals here\n");
        skip();
    }
    terminal_name = ptsname(master);
    terminal_width = width;
    /* Held open, or what was written would be gone with the child. */
    int slave = open(terminal_name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_exit(in_child(report_to_terminal, -1), 0);
    /* It may come in pieces; what does not come ends the wait. */
    char text[4096];
    size_t got = 0;
    struct pollfd ready = {.fd = master, .events = POLLIN};
    while (got < strlen(expected) && poll(&ready, 1, 10000) == 1) {
        ssize_t part = read(master, text + got, sizeof text - 1 - got);
        if (part <= 0)
            break;
        got += (size_t)part;
    }
    text[got] = 0;
    assert_string_equal(text, expected);
    close(slave);
    close(master);
}

static void a_terminal_gets_one_line_that_is_cleared_at_the_end(void **state)
{
    (void)state;
    read_terminal(40, "\r50.0% (500 B of 1.00 kB), 0 posts/s"
                      "\r                                   \r");
    read_terminal(30, "\r50.0% (500 B of 1.00 kB)"
                      "\r                        \r");
}

/* ---- signals ---- */

static int stop_by_sigterm(void)
{
    struct fault fault = {0};
    signals_install();
    if (signals_noted() || signals_poll(&fault) || fault_raised(&fault))
        return 1;
    raise(SIGTERM);
    if (!signals_poll(&fault) || fault.code != CODE_STOPPED)
        return 2;
    raise(SIGTERM);   /* a second one of these changes nothing */
    return strcmp(fault.doing, "stopped by SIGTERM") == 0 ? 0 : 3;
}

static int stop_by_two_sigints(void)
{
    signals_install();
    raise(SIGINT);
    if (signals_noted() != SIGINT)
        return 1;
    raise(SIGINT);
    return 2;
}

static int stop_by_sigterm_then_sigint(void)
{
    signals_install();
    raise(SIGTERM);
    raise(SIGINT);
    return 2;
}

static int keep_ignoring_sigint(void)
{
    signal(SIGINT, SIG_IGN);
    signals_install();
    raise(SIGINT);
    return signals_noted();
}

static int survive_sigpipe(void)
{
    signals_install();
    raise(SIGPIPE);
    return signals_noted();
}

static int stop_through_reporter(void)
{
    struct fault fault = {0};
    struct progress_options options = {
        .counters = &counters, .fault = &fault, .quiet = true};
    struct progress *progress;
    signals_install();
    if (progress_start(&progress, &options) != 0)
        return 1;
    raise(SIGINT);
    while (!fault_raised(&fault))
        usleep(1000);
    progress_stop(progress);
    return fault.code == CODE_STOPPED ? 0 : 2;
}

static void a_signal_becomes_a_fault_that_says_which(void **state)
{
    (void)state;
    assert_exit(in_child(stop_by_sigterm, -1), 0);
}

static void an_interrupt_after_a_signal_ends_at_once(void **state)
{
    (void)state;
    int status = in_child(stop_by_two_sigints, -1);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    status = in_child(stop_by_sigterm_then_sigint, -1);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

static void an_ignored_interrupt_stays_ignored(void **state)
{
    (void)state;
    assert_exit(in_child(keep_ignoring_sigint, -1), 0);
}

static void a_broken_pipe_does_not_kill(void **state)
{
    (void)state;
    assert_exit(in_child(survive_sigpipe, -1), 0);
}

static void the_reporter_sees_signals_even_when_quiet(void **state)
{
    (void)state;
    assert_exit(in_child(stop_through_reporter, -1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_have_three_digits_and_round_down),
        cmocka_unit_test(a_line_says_what_is_done_and_left_and_how_fast),
        cmocka_unit_test(where_nothing_is_parsed_posts_are_left_out),
        cmocka_unit_test(rates_are_since_the_earlier_sample),
        cmocka_unit_test(an_unknown_total_has_neither_share_nor_time_left),
        cmocka_unit_test(no_time_no_progress_and_no_bytes_divide_by_nothing),
        cmocka_unit_test(more_than_all_is_all),
        cmocka_unit_test(the_greatest_numbers_fit),
        cmocka_unit_test(narrow_lines_drop_whole_fields_from_the_end),
        cmocka_unit_test(what_is_no_terminal_gets_plain_lines),
        cmocka_unit_test(quiet_says_nothing),
        cmocka_unit_test(a_terminal_gets_one_line_that_is_cleared_at_the_end),
        cmocka_unit_test(a_signal_becomes_a_fault_that_says_which),
        cmocka_unit_test(an_interrupt_after_a_signal_ends_at_once),
        cmocka_unit_test(an_ignored_interrupt_stays_ignored),
        cmocka_unit_test(a_broken_pipe_does_not_kill),
        cmocka_unit_test(the_reporter_sees_signals_even_when_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
