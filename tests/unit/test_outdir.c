#include "pipeline/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_outdir_XXXXXX";
static char out[128];
static struct fault fault;
static const char *const NAMES[] = {"accounts.csv", "ledger.json", NULL};
static const char *const MORE_NAMES[] = {"accounts.csv", "ledger.json",
                                         "more.csv", NULL};

/* ---- a system that fails or dies at a given call ----------------------- */

static int calls, stop_at, stop_error;     /* error 0: the process dies */

static bool stops(void)
{
    if (++calls != stop_at)
        return false;
    if (!stop_error)
        _exit(99);
    errno = stop_error;
    return true;
}

static int try_create(int fd, const char *name)
{
    return stops() ? -1 : OUTDIR_SYSTEM.create(fd, name);
}
static int try_make_directory(int fd, const char *name)
{
    return stops() ? -1 : OUTDIR_SYSTEM.make_directory(fd, name);
}
static ssize_t try_write(int fd, const void *bytes, size_t size)
{
    /* Short writes are no error. */
    return stops() ? -1 : OUTDIR_SYSTEM.write(fd, bytes, size > 3 ? 3 : size);
}
static int try_sync(int fd)
{
    return stops() ? -1 : OUTDIR_SYSTEM.sync(fd);
}
static int try_link(const char *target, int fd, const char *name)
{
    return stops() ? -1 : OUTDIR_SYSTEM.link(target, fd, name);
}
static int try_rename(int fd, const char *from, const char *to)
{
    return stops() ? -1 : OUTDIR_SYSTEM.rename(fd, from, to);
}
static int try_remove(int fd, const char *name, int flags)
{
    return stops() ? -1 : OUTDIR_SYSTEM.remove(fd, name, flags);
}

static const struct outdir_system TRYING = {
    try_create, try_make_directory, try_write, try_sync,
    try_link, try_rename, try_remove};

/* ---- a run and its reader ---------------------------------------------- */

static bool is_late(const char *name)
{
    return strcmp(name, "more.csv") == 0;
}

/* Writes a set whose files all hold the text; of some of them the name is
 * known only when they are made. */
static bool run(const char *text, const char *const *names,
                const struct outdir_system *system)
{
    const char *first[4];
    unsigned count = 0;
    memset(&fault, 0, sizeof fault);
    for (unsigned i = 0; names[i]; i++)
        if (!is_late(names[i]))
            first[count++] = names[i];
    first[count] = NULL;
    struct outdir *outdir = outdir_open(out, first, &fault, system);
    if (!outdir)
        return false;
    bool good = true;
    for (; *names && good; names++) {
        struct outfile *file = is_late(*names)
                                   ? outfile_create_new(outdir, *names)
                                   : outfile_create(outdir, *names);
        good = file && outfile_write(file, text, strlen(text));
        if (file)
            good = outfile_end(file) && good;
    }
    good = good && outdir_publish(outdir);
    outdir_close(outdir);
    return good;
}

/* What a reader finds under a name in OUT; "" when there is nothing. */
static void read_name(const char *name, char text[64])
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", out, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, 63);
    text[got > 0 ? got : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* All names hold the same, under OUT and under OUT/current; gives it. */
static void read_set(char text[64])
{
    static const char *const PATHS[] = {"ledger.json", "current/accounts.csv",
                                        "current/ledger.json"};
    char other[64];
    read_name("accounts.csv", text);
    for (unsigned i = 0; i < 3; i++) {
        read_name(PATHS[i], other);
        assert_string_equal(other, text);
    }
}

static unsigned sets_in_out(void)
{
    unsigned sets = 0;
    DIR *list = opendir(out);
    for (struct dirent *at; list && (at = readdir(list));)
        sets += strncmp(at->d_name, ".sandpiper-set-", 15) == 0;
    if (list)
        closedir(list);
    return sets;
}

static bool exists(const char *name)
{
    char path[256];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", out, name);
    return lstat(path, &status) == 0;
}

/* Each case has an output directory of its own. */
static int fresh(void **state)
{
    (void)state;
    static int number;
    snprintf(out, sizeof out, "%s/out-%d", folder, number++);
    calls = stop_at = 0;
    return 0;
}

/* ---- cases ------------------------------------------------------------- */

static void a_published_set_is_read_by_its_names(void **state)
{
    (void)state;
    char text[64];
    assert_true(run("one", NAMES, NULL));
    read_set(text);
    assert_string_equal(text, "one");
    assert_true(run("two", MORE_NAMES, NULL));
    read_set(text);
    assert_string_equal(text, "two");
    read_name("more.csv", text);
    assert_string_equal(text, "two");
}

static void names_that_vanish_lead_nowhere_and_are_removed(void **state)
{
    (void)state;
    assert_true(run("one", MORE_NAMES, NULL));
    assert_true(run("two", NAMES, NULL));
    assert_false(exists("more.csv"));
    assert_true(exists("ledger.json"));
}

static void the_set_before_stays_until_the_next_run_opens(void **state)
{
    (void)state;
    char path[256], text[8] = "";
    assert_true(run("one", NAMES, NULL));
    snprintf(path, sizeof path, "%s/current", out);
    int reader = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(run("two", NAMES, NULL));
    int fd = openat(reader, "ledger.json", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, text, sizeof text), 3);
    assert_memory_equal(text, "one", 3);
    close(fd);
    close(reader);
    assert_int_equal(sets_in_out(), 2);
    assert_true(run("three", NAMES, NULL));
    assert_int_equal(sets_in_out(), 2);
}

/* One run in a child that dies at its n-th call: what the next reader sees.
 * False: it came to its end. */
static bool dies_at(int n, const char *text, const char *const *names)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        calls = 0;
        stop_at = n;
        stop_error = 0;
        _exit(run(text, names, &TRYING) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 99);
    return WEXITSTATUS(status) == 99;
}

static void a_run_killed_at_any_call_leaves_a_whole_set(void **state)
{
    int n = 1;
    for (bool died = true; died; n++) {
        char text[64];
        fresh(state);
        if (n % 2) {
            assert_true(run("old set", NAMES, NULL));
            assert_true(run("old set", NAMES, NULL));
        }
        died = dies_at(n, "the new set", MORE_NAMES);
        read_set(text);
        assert_true(strcmp(text, n % 2 ? "old set" : "") == 0 ||
                    strcmp(text, "the new set") == 0);
        if (!died)
            assert_string_equal(text, "the new set");
        char more[64];
        read_name("more.csv", more);
        assert_string_equal(more, text[0] == 't' ? text : "");
        /* The next run tidies up and goes through. */
        assert_true(run("after", NAMES, NULL));
        read_set(text);
        assert_string_equal(text, "after");
        assert_true(sets_in_out() <= 2);
        assert_false(exists(".sandpiper-link"));
        assert_false(exists("more.csv"));
    }
    assert_true(n > 20);
}

static void a_call_that_fails_keeps_the_old_set_and_raises_a_fault(
    void **state)
{
    bool failed = true;
    int n = 1;
    for (; failed; n++) {
        char text[64];
        fresh(state);
        assert_true(run("old", NAMES, NULL));
        calls = 0;
        stop_at = n;
        stop_error = ENOSPC;
        bool good = run("new", NAMES, &TRYING);
        failed = calls >= stop_at;
        read_set(text);
        if (failed && !good) {
            assert_int_equal(fault.code, CODE_OUTPUT);
            assert_int_equal(fault.error, ENOSPC);
            assert_true(strcmp(text, "old") == 0 ||
                        strstr(fault.doing, "in place") ||
                        strstr(fault.doing, "removing"));
        } else {
            assert_true(good);
            assert_string_equal(text, "new");
        }
        stop_at = 0;
        assert_true(run("after", NAMES, NULL));
    }
    assert_true(n > 15);
}

static void two_runs_at_once_are_refused_and_the_first_goes_on(void **state)
{
    (void)state;
    struct fault other = {0};
    memset(&fault, 0, sizeof fault);
    struct outdir *first = outdir_open(out, NAMES, &fault, NULL);
    assert_non_null(first);
    assert_null(outdir_open(out, NAMES, &other, NULL));
    assert_int_equal(other.code, CODE_OUTPUT);
    assert_non_null(strstr(other.doing, "another run"));
    struct outfile *file = outfile_create(first, "ledger.json");
    assert_true(outfile_write(file, "x", 1));
    assert_int_equal(outfile_bytes(file), 1);
    assert_true(outfile_end(file));
    assert_true(outdir_publish(first));
    outdir_close(first);
    assert_true(run("two", NAMES, NULL));
}

static void a_set_that_is_not_published_leaves_nothing(void **state)
{
    (void)state;
    memset(&fault, 0, sizeof fault);
    struct outdir *outdir = outdir_open(out, NAMES, &fault, NULL);
    assert_true(outdir_staging(outdir) >= 0);
    struct outfile *file = outfile_create(outdir, "ledger.json");
    assert_true(outfile_end(file));
    outdir_close(outdir);
    assert_int_equal(sets_in_out(), 0);
    assert_false(exists("current"));
    assert_false(exists("ledger.json"));
}

static void a_symbolic_link_is_refused_however_it_is_spelled(void **state)
{
    (void)state;
    char link[160], path[200];
    static const char *const SPELLINGS[] = {"%s", "%s/", "%s//", "%s/."};
    assert_int_equal(mkdir(out, 0700), 0);
    snprintf(link, sizeof link, "%s-link", out);
    assert_int_equal(symlink(out, link), 0);
    for (unsigned i = 0; i < 4; i++) {
        memset(&fault, 0, sizeof fault);
        snprintf(path, sizeof path, SPELLINGS[i], link);
        assert_null(outdir_open(path, NAMES, &fault, NULL));
        assert_int_equal(fault.code, CODE_REFUSED);
    }
    assert_false(exists(".sandpiper-lock"));
}

static void make_foreign(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", out, name);
    FILE *file = fopen(path, "w");
    fputs("mine", file);
    fclose(file);
}

static void foreign_files_are_refused_before_the_work(void **state)
{
    (void)state;
    static const char *const IN_THE_WAY[] = {"ledger.json", "current"};
    for (unsigned i = 0; i < 2; i++) {
        char text[64];
        fresh(state);
        assert_int_equal(mkdir(out, 0700), 0);
        make_foreign(IN_THE_WAY[i]);
        assert_false(run("new", NAMES, NULL));
        assert_int_equal(fault.code, CODE_OUTPUT);
        assert_non_null(strstr(fault.doing, "in the way"));
        read_name(IN_THE_WAY[i], text);
        assert_string_equal(text, "mine");
        assert_int_equal(sets_in_out(), 0);
    }
}

static void a_foreign_file_of_a_late_name_is_kept_whenever_it_came(
    void **state)
{
    for (unsigned late = 0; late < 2; late++) {
        char text[64];
        fresh(state);
        assert_true(run("old", NAMES, NULL));
        memset(&fault, 0, sizeof fault);
        struct outdir *outdir = outdir_open(out, NAMES, &fault, NULL);
        if (!late)
            make_foreign("more.csv");
        struct outfile *file = outfile_create_new(outdir, "more.csv");
        assert_int_equal(file != NULL, late);
        if (late) {
            assert_true(outfile_end(file));
            make_foreign("more.csv");
            assert_false(outdir_publish(outdir));
        }
        assert_int_equal(fault.code, CODE_OUTPUT);
        assert_non_null(strstr(fault.doing, "in the way"));
        outdir_close(outdir);
        read_name("more.csv", text);
        assert_string_equal(text, "mine");
        read_set(text);
        assert_string_equal(text, "old");
    }
}

static void links_planted_in_the_output_are_not_followed(void **state)
{
    (void)state;
    char path[200], victim[200], text[64];
    assert_int_equal(mkdir(out, 0700), 0);
    snprintf(victim, sizeof victim, "%s/victim", folder);
    FILE *file = fopen(victim, "w");
    fputs("safe", file);
    fclose(file);
    snprintf(path, sizeof path, "%s/.sandpiper-lock", out);
    assert_int_equal(symlink(victim, path), 0);
    assert_false(run("new", NAMES, NULL));
    unlink(path);
    snprintf(path, sizeof path, "%s/accounts.csv", out);
    assert_int_equal(symlink(victim, path), 0);
    assert_false(run("new", NAMES, NULL));
    unlink(path);
    snprintf(path, sizeof path, "%s/.sandpiper-link", out);
    assert_int_equal(symlink(victim, path), 0);
    assert_true(run("new", NAMES, NULL));
    snprintf(out, sizeof out, "%s", folder);
    read_name("victim", text);
    assert_string_equal(text, "safe");
}

static void what_is_no_directory_is_said_so(void **state)
{
    (void)state;
    static const char *const SPELLINGS[] = {"%s/none/none", "%s/file"};
    char path[200], base[128];
    strcpy(base, out);
    assert_int_equal(mkdir(base, 0700), 0);
    snprintf(path, sizeof path, "%s/file", base);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    for (unsigned i = 0; i < 2; i++) {
        memset(&fault, 0, sizeof fault);
        snprintf(path, sizeof path, SPELLINGS[i], base);
        assert_null(outdir_open(path, NAMES, &fault, NULL));
        assert_int_equal(fault.code, CODE_OUTPUT);
        assert_int_equal(fault.error, i ? ENOTDIR : ENOENT);
    }
}

static void large_files_are_written_whole(void **state)
{
    (void)state;
    enum { PIECE = 100003, PIECES = 40 };
    char *bytes = malloc(PIECE), path[200];
    struct stat status;
    for (size_t i = 0; i < PIECE; i++)
        bytes[i] = (char)(i % 251);
    memset(&fault, 0, sizeof fault);
    struct outdir *outdir = outdir_open(out, NAMES, &fault, NULL);
    struct outfile *file = outfile_create(outdir, "accounts.csv");
    for (int i = 0; i < PIECES; i++)
        assert_true(outfile_write(file, bytes, PIECE));
    assert_true(outfile_end(file));
    assert_true(outdir_publish(outdir));
    outdir_close(outdir);
    snprintf(path, sizeof path, "%s/accounts.csv", out);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, PIECE * PIECES);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *read_back = malloc(PIECE);
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(read(fd, read_back, PIECE), PIECE);
        assert_memory_equal(read_back, bytes, PIECE);
    }
    close(fd);
    free(bytes);
    free(read_back);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

#define CASE(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_published_set_is_read_by_its_names),
        CASE(names_that_vanish_lead_nowhere_and_are_removed),
        CASE(the_set_before_stays_until_the_next_run_opens),
        CASE(a_run_killed_at_any_call_leaves_a_whole_set),
        CASE(a_call_that_fails_keeps_the_old_set_and_raises_a_fault),
        CASE(two_runs_at_once_are_refused_and_the_first_goes_on),
        CASE(a_set_that_is_not_published_leaves_nothing),
        CASE(a_symbolic_link_is_refused_however_it_is_spelled),
        CASE(foreign_files_are_refused_before_the_work),
        CASE(a_foreign_file_of_a_late_name_is_kept_whenever_it_came),
        CASE(links_planted_in_the_output_are_not_followed),
        CASE(what_is_no_directory_is_said_so),
        CASE(large_files_are_written_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
