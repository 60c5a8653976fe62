/*
 * What must be on the disk before what: the order of the calls by which a set
 * is published and a checkpoint is stored. A power cut may leave of a file
 * that was not synced anything, and of a directory any of its names; so every
 * name that is put in place must lead to what was synced before.
 */
#include "pipeline/outdir.h"
#include "pipeline/statedir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_durable_XXXXXX";
static char out[128];
static struct fault fault;

/* ---- a system that writes down what it is asked for --------------------- */

static char calls[4096];

static void note(const char *call, const char *name)
{
    size_t size = strlen(calls);
    (void)snprintf(calls + size, sizeof calls - size, "%s%s%s;", call,
                   *name ? " " : "", name);
}

static void note_fd(const char *call, int fd)
{
    char link[64], path[256];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    assert_true(size > 0);
    path[size] = '\0';
    note(call, strrchr(path, '/') + 1);
}

static int noted_create(int directory, const char *name)
{
    return OUTDIR_SYSTEM.create(directory, name);
}
static int noted_make_directory(int directory, const char *name)
{
    return OUTDIR_SYSTEM.make_directory(directory, name);
}
static ssize_t noted_write(int fd, const void *bytes, size_t size)
{
    note_fd("write", fd);
    return OUTDIR_SYSTEM.write(fd, bytes, size);
}
static int noted_sync(int fd)
{
    note_fd("sync", fd);
    return OUTDIR_SYSTEM.sync(fd);
}
static int noted_link(const char *target, int directory, const char *name)
{
    return OUTDIR_SYSTEM.link(target, directory, name);
}
static int noted_rename(int directory, const char *from, const char *to)
{
    note("name", to);
    return OUTDIR_SYSTEM.rename(directory, from, to);
}
static int noted_remove(int directory, const char *name, int flags)
{
    return OUTDIR_SYSTEM.remove(directory, name, flags);
}

static const struct outdir_system NOTING = {
    noted_create, noted_make_directory, noted_write, noted_sync,
    noted_link,   noted_rename,         noted_remove};

/* ---- what is there ------------------------------------------------------- */

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
    char command[160];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void fresh(const char *name)
{
    memset(&fault, 0, sizeof fault);
    calls[0] = '\0';
    (void)snprintf(out, sizeof out, "%s/%s", folder, name);
}

/* An opened directory, and its name in its parent, may be what a killed
 * process had not synced: both come first, and then the calls. */
static void assert_calls(const char *directory, const char *then)
{
    char wanted[512];
    (void)snprintf(wanted, sizeof wanted, "sync %s;sync %s;%s", directory,
                   strrchr(folder, '/') + 1, then);
    assert_string_equal(calls, wanted);
}

/* ---- tests --------------------------------------------------------------- */

static void a_set_is_synced_before_its_names_lead_to_it(void **state)
{
    static const char *const names[] = {"accounts.csv", NULL};
    (void)state;
    fresh("set");
    struct outdir *outdir = outdir_open(out, names, &fault, &NOTING);
    assert_non_null(outdir);
    struct outfile *file = outfile_create(outdir, "accounts.csv");
    assert_non_null(file);
    assert_true(outfile_write(file, "rows", 4));
    assert_true(outfile_end(file));
    assert_true(outdir_publish(outdir));
    outdir_close(outdir);
    assert_calls("set", "write accounts.csv;sync accounts.csv;"
                        "sync .sandpiper-set-1;name accounts.csv;"
                        "sync set;name current;sync set;");
}

static void a_checkpoint_is_synced_before_it_has_its_name(void **state)
{
    (void)state;
    fresh("state");
    struct statedir *directory =
        statedir_open(out, STATEDIR_WRITE, &fault, &NOTING);
    assert_non_null(directory);
    assert_true(statedir_store(directory, "what was read", 13));
    statedir_close(directory);
    assert_calls("state", "write checkpoint.new;sync checkpoint.new;"
                          "name checkpoint;sync state;");
}

static void a_state_has_one_writer_and_no_reader_meanwhile(void **state)
{
    (void)state;
    fresh("locked");
    struct fault second = {0}, third = {0};
    struct statedir *writer = statedir_open(out, STATEDIR_WRITE, &fault, NULL);
    assert_non_null(writer);
    assert_null(statedir_open(out, STATEDIR_WRITE, &second, NULL));
    assert_int_equal(second.code, CODE_OUTPUT);
    assert_null(statedir_open(out, STATEDIR_READ, &third, NULL));
    statedir_close(writer);
    struct statedir *readers[2];
    for (int i = 0; i < 2; i++)
        assert_non_null(readers[i] = statedir_open(out, STATEDIR_READ, &fault,
                                                   NULL));
    for (int i = 0; i < 2; i++)
        statedir_close(readers[i]);
}

static void a_state_through_a_symbolic_link_is_refused(void **state)
{
    char link[160];
    (void)state;
    fresh("real");
    assert_int_equal(mkdir(out, 0777), 0);
    (void)snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink(out, link), 0);
    assert_null(statedir_open(link, STATEDIR_WRITE, &fault, NULL));
    assert_int_equal(fault.code, CODE_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_synced_before_its_names_lead_to_it),
        cmocka_unit_test(a_checkpoint_is_synced_before_it_has_its_name),
        cmocka_unit_test(a_state_has_one_writer_and_no_reader_meanwhile),
        cmocka_unit_test(a_state_through_a_symbolic_link_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
