#include "pipeline/check.h"

#include "pipeline/fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void told_at_exit(void)
{
    static const char LINE[] = "a handler ran\n";
    (void)!write(STDERR_FILENO, LINE, sizeof LINE - 1);
}

/* A child with a check that holds and one that does not: how it ended, and
 * what it said. */
static int status_of_failing_check(const char *abort_wanted, char *said,
                                   size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)dup2(ends[1], STDERR_FILENO);
        if (abort_wanted)
            setenv("SANDPIPER_ABORT", abort_wanted, 1);
        else
            unsetenv("SANDPIPER_ABORT");
        atexit(told_at_exit);
        volatile int one = 1;
        CHECK(one == 1);
        CHECK(one == 2);
        _exit(0);
    }
    close(ends[1]);
    size_t have = 0;
    ssize_t got;
    while (have + 1 < size &&
           (got = read(ends[0], said + have, size - 1 - have)) > 0)
        have += (size_t)got;
    said[have] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_failed_check_ends_with_70_after_one_line(void **state)
{
    (void)state;
    char said[1024];
    int status = status_of_failing_check(NULL, said, sizeof said);
    /* Where fuzz targets are built, the saved input is worth more. */
    if (CHECK_ABORTS) {
        assert_true(WIFSIGNALED(status));
    } else {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), CODE_BUG);
    }
    assert_int_equal(CODE_BUG, 70);
    assert_non_null(strstr(said, "sandpiper: this is a bug of ours"));
    assert_non_null(strstr(said, "one == 2 does not hold"));
    assert_non_null(strstr(said, "test_check.c:"));
    assert_non_null(strstr(said, "(exit 70: a bug of ours)"));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void a_core_is_left_where_it_is_asked_for(void **state)
{
    (void)state;
    char said[1024];
    int status = status_of_failing_check("1", said, sizeof said);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(said, "one == 2 does not hold"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_check_ends_with_70_after_one_line),
        cmocka_unit_test(a_core_is_left_where_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
