#include "pipeline/statedir.h"

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

static char folder[] = "/tmp/test_statedir_XXXXXX";
static char path[128];
static struct fault fault;

/* ---- a system that fails or dies at a given call ------------------------ */

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
static int try_rename(int fd, const char *from, const char *to)
{
    return stops() ? -1 : OUTDIR_SYSTEM.rename(fd, from, to);
}
static int try_remove(int fd, const char *name, int flags)
{
    return stops() ? -1 : OUTDIR_SYSTEM.remove(fd, name, flags);
}

static const struct outdir_system TRYING = {
    .create = try_create, .make_directory = try_make_directory,
    .write = try_write, .sync = try_sync, .rename = try_rename,
    .remove = try_remove};

/* ---- helpers ------------------------------------------------------------ */

static struct statedir *open_it(enum statedir_use use)
{
    fault = (struct fault){0};
    return statedir_open(path, use, &fault, NULL);
}

static void put_file(const char *name, const char *text)
{
    char file[256];
    snprintf(file, sizeof file, "%s/%s", path, name);
    FILE *out = fopen(file, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static bool is_there(const char *name)
{
    char file[256];
    struct stat status;
    snprintf(file, sizeof file, "%s/%s", path, name);
    return lstat(file, &status) == 0;
}

/* What the checkpoint says; "": there is none. */
static void read_it(char *text, size_t room)
{
    uint8_t *bytes;
    size_t size;
    struct statedir *state = open_it(STATEDIR_READ);
    assert_non_null(state);
    assert_true(statedir_load(state, &bytes, &size));
    assert_true(size < room);
    if (bytes)
        memcpy(text, bytes, size);
    text[size] = '\0';
    free(bytes);
    statedir_close(state);
}

static bool store(const struct outdir_system *system, const char *text)
{
    fault = (struct fault){0};
    struct statedir *state =
        statedir_open(path, STATEDIR_WRITE, &fault, system);
    if (!state)
        return false;
    bool well = statedir_store(state, text, strlen(text));
    statedir_close(state);
    return well;
}

static int clear(void **unused)
{
    (void)unused;
    char command[256];
    snprintf(path, sizeof path, "%s/state", folder);
    snprintf(command, sizeof command, "rm -rf %s/*", folder);
    return system(command);
}

static int make_folder(void **unused)
{
    (void)unused;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **unused)
{
    return clear(unused) || rmdir(folder);
}

/* ---- promises ----------------------------------------------------------- */

#define OLD "the old checkpoint"
#define NEW "the new one, which is longer than the old one"

static void store_fails_at(int call, int error)
{
    char text[128];
    assert_true(store(NULL, OLD));
    calls = 0;
    stop_at = call;
    stop_error = error;
    bool well = store(&TRYING, NEW);
    read_it(text, sizeof text);
    if (well)
        assert_string_equal(text, NEW);
    else if (strcmp(text, NEW) != 0)
        assert_string_equal(text, OLD);
}

static void a_store_that_fails_at_any_call_leaves_old_or_new(void **unused)
{
    (void)unused;
    static const int ERRORS[] = {ENOSPC, EIO, EDQUOT, EINTR};
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        int call = 0;
        do
            store_fails_at(++call, ERRORS[i]);
        while (calls >= call);
        assert_true(call > 15);
    }
}

static void a_store_killed_at_any_call_leaves_old_or_new(void **unused)
{
    (void)unused;
    char text[128];
    for (int call = 1;; call++) {
        assert_true(store(NULL, OLD));
        pid_t child = fork();
        if (child == 0) {
            calls = 0;
            stop_at = call;
            stop_error = 0;
            _exit(store(&TRYING, NEW) ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        read_it(text, sizeof text);
        if (WEXITSTATUS(status) == 0) {
            assert_string_equal(text, NEW);
            assert_true(call > 15);
            return;
        }
        assert_int_equal(WEXITSTATUS(status), 99);
        if (strcmp(text, NEW) != 0)
            assert_string_equal(text, OLD);
    }
}

static void a_second_writer_is_refused_and_readers_share(void **unused)
{
    (void)unused;
    struct statedir *writer = open_it(STATEDIR_WRITE);
    assert_non_null(writer);
    assert_null(open_it(STATEDIR_WRITE));
    assert_int_equal(fault.code, CODE_OUTPUT);
    assert_null(open_it(STATEDIR_READ));
    assert_int_equal(fault.code, CODE_OUTPUT);
    statedir_close(writer);
    struct statedir *one = open_it(STATEDIR_READ);
    struct statedir *two = open_it(STATEDIR_READ);
    assert_non_null(one);
    assert_non_null(two);
    assert_null(open_it(STATEDIR_WRITE));
    assert_int_equal(fault.code, CODE_OUTPUT);
    statedir_close(one);
    statedir_close(two);
    writer = open_it(STATEDIR_WRITE);
    assert_non_null(writer);
    statedir_close(writer);
}

static void a_reader_makes_nothing(void **unused)
{
    (void)unused;
    assert_null(open_it(STATEDIR_READ));
    assert_int_equal(fault.code, CODE_INPUT);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(mkdir(path, 0777), 0);
    struct statedir *state = open_it(STATEDIR_READ);
    assert_non_null(state);
    statedir_close(state);
    assert_int_equal(rmdir(path), 0);
}

static void a_symbolic_link_is_refused_however_it_is_spelled(void **unused)
{
    (void)unused;
    static const char *const SPELLED[] = {"", "/", "//", "/.", "/./"};
    char place[200], link[160];
    snprintf(place, sizeof place, "%s/place", folder);
    snprintf(link, sizeof link, "%s", path);
    assert_int_equal(mkdir(place, 0777), 0);
    assert_int_equal(symlink(place, link), 0);
    for (size_t i = 0; i < sizeof SPELLED / sizeof *SPELLED; i++)
        for (int use = STATEDIR_WRITE; use <= STATEDIR_READ; use++) {
            char spelled[200];
            snprintf(spelled, sizeof spelled, "%s%s", link, SPELLED[i]);
            fault = (struct fault){0};
            assert_null(statedir_open(spelled, (enum statedir_use)use, &fault,
                                      NULL));
            assert_int_equal(fault.code, CODE_REFUSED);
        }
    assert_int_equal(rmdir(place), 0);
}

static void links_planted_in_it_are_not_followed(void **unused)
{
    (void)unused;
    char target[160], name[200];
    struct stat status;
    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    FILE *file = fopen(target, "wb");
    assert_non_null(file);
    fclose(file);
    snprintf(name, sizeof name, "%s/checkpoint.new", path);
    assert_int_equal(symlink(target, name), 0);
    assert_true(store(NULL, NEW));
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 0);
    snprintf(name, sizeof name, "%s/checkpoint", path);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(symlink(target, name), 0);
    struct statedir *state = open_it(STATEDIR_WRITE);
    uint8_t *bytes;
    size_t size;
    assert_non_null(state);
    assert_false(statedir_load(state, &bytes, &size));
    assert_int_equal(fault.code, CODE_IO);
    statedir_close(state);
}

static bool keep_twelve(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "segment-000012") == 0;
}

static void sweeping_keeps_foreign_files(void **unused)
{
    (void)unused;
    static const char *const FOREIGN[] = {
        "segment-notes.txt", "segment-12", "segment-00001x", "segment-",
        "notes", "checkpoint.newer", "segment-000012"};
    static const char *const OURS[] = {"segment-000001", "segment-1234567",
                                       "checkpoint.new"};
    struct statedir *state = open_it(STATEDIR_WRITE);
    assert_non_null(state);
    for (size_t i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++)
        put_file(FOREIGN[i], "x");
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        put_file(OURS[i], "x");
    assert_true(statedir_sweep(state, keep_twelve, NULL));
    for (size_t i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++)
        assert_true(is_there(FOREIGN[i]));
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        assert_false(is_there(OURS[i]));
    statedir_close(state);
}

static void discarding_leaves_foreign_files_alone(void **unused)
{
    (void)unused;
    assert_true(store(NULL, OLD));
    put_file("segment-000001", "x");
    struct statedir *state = open_it(STATEDIR_WRITE);
    assert_non_null(state);
    statedir_discard(state);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_true(store(NULL, OLD));
    put_file("notes", "x");
    state = open_it(STATEDIR_WRITE);
    assert_non_null(state);
    statedir_discard(state);
    assert_true(is_there("notes"));
    assert_false(is_there("checkpoint"));
    assert_false(is_there(".sandpiper-lock"));
}

static void what_is_no_file_is_no_checkpoint(void **unused)
{
    (void)unused;
    char name[200];
    uint8_t *bytes;
    size_t size;
    struct statedir *state = open_it(STATEDIR_WRITE);
    assert_non_null(state);
    assert_true(statedir_load(state, &bytes, &size));
    assert_null(bytes);
    snprintf(name, sizeof name, "%s/checkpoint", path);
    assert_int_equal(mkfifo(name, 0666), 0);
    assert_false(statedir_load(state, &bytes, &size));
    assert_int_equal(fault.code, CODE_IO);
    fault = (struct fault){0};
    assert_int_equal(unlink(name), 0);
    put_file("checkpoint", "");
    assert_true(statedir_load(state, &bytes, &size));
    assert_non_null(bytes);
    assert_int_equal(size, 0);
    free(bytes);
    statedir_close(state);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, clear, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_store_that_fails_at_any_call_leaves_old_or_new),
        PROMISE(a_store_killed_at_any_call_leaves_old_or_new),
        PROMISE(a_second_writer_is_refused_and_readers_share),
        PROMISE(a_reader_makes_nothing),
        PROMISE(a_symbolic_link_is_refused_however_it_is_spelled),
        PROMISE(links_planted_in_it_are_not_followed),
        PROMISE(sweeping_keeps_foreign_files),
        PROMISE(discarding_leaves_foreign_files_alone),
        PROMISE(what_is_no_file_is_no_checkpoint),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
