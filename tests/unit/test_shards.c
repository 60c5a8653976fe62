#include "pipeline/near.h"
#include "pipeline/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Every case runs in an empty folder of its own, which is the current one. */
static char folder[64];
static struct memory memory;
static struct fault fault;
static struct shards shards;

static int enter_folder(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    fault = (struct fault){0};
    shards = (struct shards){0};
    snprintf(folder, sizeof folder, "/tmp/test_shards_XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    shards_free(&shards);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (atomic_load(&memory.used) != 0 || chdir("/") != 0)
        return -1;
    return system(command);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum exit_code collect_all(const char *const *inputs,
                                  const char *const *skips)
{
    struct shards_request request = {.inputs = inputs, .skip_folders = skips};
    while (inputs[request.input_count])
        request.input_count++;
    while (skips && skips[request.skip_folder_count])
        request.skip_folder_count++;
    shards_free(&shards);
    fault = (struct fault){0};
    return shards_collect(&shards, &request, &memory, &fault);
}
#define INPUTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define collect(...) collect_all(INPUTS(__VA_ARGS__), NULL)

/* The names, in order, with a space between. */
static void assert_names(const char *expected)
{
    char names[4096] = "";
    for (size_t i = 0; i < shards.count; i++) {
        strcat(names, i ? " " : "");
        strcat(names, shards.items[i].name);
    }
    assert_string_equal(names, expected);
}

static void assert_fault(enum exit_code got, enum exit_code code, int error,
                         const char *shard, const char *doing)
{
    assert_int_equal(got, code);
    assert_true(fault_raised(&fault));
    assert_int_equal(fault.code, code);
    assert_int_equal(fault.error, error);
    assert_string_equal(fault.shard, shard);
    assert_string_equal(fault.doing, doing);
}

/* ---- what is taken ---- */

static void names_are_sorted_by_bytes_whatever_the_order_given(void **state)
{
    (void)state;
    write_file("b.zst", "22");
    write_file("a", "1");
    write_file("B.zst", "333");
    write_file("\xc3\xa9.zst", "4444");
    assert_int_equal(collect("\xc3\xa9.zst", "b.zst", "a", "B.zst"),
                     CODE_DONE);
    assert_names("B.zst a b.zst \xc3\xa9.zst");
    assert_int_equal(shards.items[0].size, 3);
    assert_int_equal(shards_bytes(&shards), 10);
    assert_int_equal(collect("a", "B.zst", "\xc3\xa9.zst", "b.zst"),
                     CODE_DONE);
    assert_names("B.zst a b.zst \xc3\xa9.zst");
}

static void make_tree(void)
{
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkdir("d/sub", 0700), 0);
    assert_int_equal(mkdir("d/sub/deep", 0700), 0);
    assert_int_equal(mkdir("d/.hidden", 0700), 0);
    write_file("d/2.zst", "");
    write_file("d/1.JSON", "");
    write_file("d/notes.md", "");
    write_file("d/.zst", "");
    write_file("d/.hidden/3.zst", "");
    write_file("d/sub/4.json.gz", "");
    write_file("d/sub/deep/5.zip", "");
    write_file("d/zst", "");
    assert_int_equal(mkfifo("d/6.zst", 0600), 0);
    assert_int_equal(symlink("sub", "d/linked"), 0);
    assert_int_equal(symlink("..", "d/loop.zst"), 0);
}

static void folders_give_shards_of_known_suffix_and_count_the_rest(void **state)
{
    (void)state;
    make_tree();
    assert_int_equal(collect("d///"), CODE_DONE);
    assert_names("d/1.JSON d/2.zst d/sub/4.json.gz d/sub/deep/5.zip");
    assert_int_equal(shards.passed.hidden, 2);
    assert_int_equal(shards.passed.other_suffix, 2);
    assert_int_equal(shards.passed.linked_folders, 2);
    assert_int_equal(shards.passed.special, 1);
    assert_int_equal(shards.repeat_count, 0);
}

static void every_suffix_is_known_in_any_case(void **state)
{
    (void)state;
    static const char *const TAKEN[] = {SHARD_SUFFIXES, ".ZST", ".Json"};
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%s", TAKEN[i]);
        assert_true(shard_has_suffix(name));
        assert_false(shard_has_suffix(TAKEN[i]));
    }
    assert_false(shard_has_suffix("x.zst.part"));
    assert_false(shard_has_suffix("xzst"));
    assert_false(shard_has_suffix(""));
}

static void a_linked_folder_is_followed_when_named(void **state)
{
    (void)state;
    make_tree();
    assert_int_equal(collect("d/linked"), CODE_DONE);
    assert_names("d/linked/4.json.gz d/linked/deep/5.zip");
}

static void our_own_outputs_are_not_taken(void **state)
{
    (void)state;
    make_tree();
    const char *const skips[] = {"d/sub", "missing", NULL};
    assert_int_equal(collect_all(INPUTS("d"), skips), CODE_DONE);
    assert_names("d/1.JSON d/2.zst");
    assert_int_equal(shards.passed.skip_folders, 1);
    assert_fault(collect_all(INPUTS("d/linked"), skips), CODE_USAGE, 0,
                 "d/linked", "this input is the output or state folder");
}

static void a_file_is_a_shard_once_under_its_first_name(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    write_file("d/m.zst", "x");
    write_file("d/n.zst", "y");
    assert_int_equal(link("d/m.zst", "d/hard.zst"), 0);
    assert_int_equal(symlink("m.zst", "d/z-soft.zst"), 0);
    assert_int_equal(collect("d/n.zst", "d", "./d/m.zst", "d/n.zst"),
                     CODE_DONE);
    assert_names("./d/m.zst d/n.zst");
    assert_int_equal(shards.repeat_count, 5);
    static const char *const REPEATS[] = {"d/hard.zst", "d/m.zst", "d/n.zst",
                                          "d/n.zst", "d/z-soft.zst"};
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(shards.repeats[i].name, REPEATS[i]);
        assert_string_equal(shards.repeats[i].first, i == 2 || i == 3
                                                         ? "d/n.zst"
                                                         : "./d/m.zst");
    }
}

static void many_files_are_listed(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0700), 0);
    for (unsigned i = 0; i < 700; i++) {
        char name[32];
        snprintf(name, sizeof name, "d/%04u.zst", i * 37 % 700);
        write_file(name, "");
    }
    assert_int_equal(collect("d", "d"), CODE_DONE);
    assert_int_equal(shards.count, 700);
    assert_int_equal(shards.repeat_count, 700);
    for (size_t i = 0; i + 1 < 700; i++)
        assert_true(strcmp(shards.items[i].name,
                           shards.items[i + 1].name) < 0);
}

/* ---- lists ---- */

static void a_list_names_inputs_relative_to_its_folder(void **state)
{
    (void)state;
    make_tree();
    write_file("a.zst", "");
    char text[256];
    snprintf(text, sizeof text,
             "# a comment\r\n\nsub\r\n2.zst\n%s/a.zst\n ../a.zst\n../a.zst",
             folder);
    write_file("d/today.txt", text);
    write_file("d/ ..", "");
    enum exit_code code = collect("@d/today.txt");
    /* A space belongs to the name. */
    assert_fault(code, CODE_INPUT, 0, "d/ ../a.zst",
                 "no such file or folder (line 6 of d/today.txt)");
    snprintf(text, sizeof text, "sub\r\n2.zst\n%s/a.zst\n../a.zst", folder);
    write_file("d/today.txt", text);
    assert_int_equal(collect("@d/today.txt"), CODE_DONE);
    snprintf(text, sizeof text,
             "%s/a.zst d/2.zst d/sub/4.json.gz d/sub/deep/5.zip", folder);
    assert_names(text);
    assert_int_equal(shards.repeat_count, 1);
}

static void bad_lists_are_refused_with_the_line(void **state)
{
    (void)state;
    write_file("a.zst", "");
    write_file("list", "a.zst\n@list\n");
    assert_fault(collect("@list"), CODE_INPUT, 0, "@list",
                 "a list does not name lists (a file of that name is ./@...) "
                 "(line 2 of list)");
    FILE *file = fopen("list", "w");
    fwrite("a.zst\n\na\0b\n", 1, 11, file);
    fclose(file);
    assert_fault(collect("@list"), CODE_INPUT, EINVAL, "",
                 "the list cannot be read (line 3 of list)");
    file = fopen("list", "w");
    for (unsigned i = 0; i < 5000; i++)
        fputc('x', file);
    fclose(file);
    assert_fault(collect("@list"), CODE_INPUT, ENAMETOOLONG, "",
                 "the list cannot be read (line 1 of list)");
    write_file("list", "# nothing\n");
    assert_fault(collect("@list"), CODE_INPUT, 0, "",
                 "there is nothing to read: no input names a shard");
    assert_fault(collect("@lost"), CODE_INPUT, 0, "lost",
                 "no such file or folder (did you mean list?)");
    assert_fault(collect("@."), CODE_INPUT, EISDIR, "",
                 "the list cannot be read (line 1 of .)");
}

/* ---- standard input ---- */

/* Runs check with fd as standard input, which is put back. */
static void with_stdin(int fd, void (*check)(void))
{
    int kept = dup(STDIN_FILENO);
    assert_true(fd >= 0);
    dup2(fd, STDIN_FILENO);
    close(fd);
    check();
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    } else {
        close(STDIN_FILENO);
    }
}

static void check_pipe(void)
{
    assert_int_equal(collect("-", "-"), CODE_DONE);
    assert_names("-");
    assert_true(shards.items[0].is_stdin);
    assert_true(shards.items[0].size == SHARD_SIZE_UNKNOWN);
    assert_true(shards_bytes(&shards) == SHARD_SIZE_UNKNOWN);
    assert_int_equal(shards.repeat_count, 1);
    int fd;
    char byte;
    assert_int_equal(shard_open(&shards.items[0], &fd, &fault), CODE_DONE);
    assert_true(fd > STDERR_FILENO);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 'a');
    assert_int_equal(shard_unchanged(&shards.items[0], fd, &fault),
                     CODE_DONE);
    close(fd);
}

static void check_list(void)
{
    assert_int_equal(collect("@-"), CODE_DONE);
    assert_names("a.zst");
}

static void check_both(void)
{
    assert_fault(collect("@-", "-"), CODE_USAGE, 0, "",
                 "standard input cannot be a list and a shard");
    assert_fault(collect("-", "@-"), CODE_USAGE, 0, "",
                 "standard input can be read only once");
}

static void check_file(void)
{
    assert_int_equal(collect("a.zst", "-"), CODE_DONE);
    assert_names("-");
    assert_int_equal(shards.items[0].size, 4);
    assert_int_equal(shards.repeat_count, 1);
    int fd;
    assert_int_equal(shard_open(&shards.items[0], &fd, &fault), CODE_DONE);
    assert_int_equal(shard_unchanged(&shards.items[0], fd, &fault),
                     CODE_DONE);
    close(fd);
    lseek(STDIN_FILENO, 1, SEEK_SET);
    assert_fault(collect("-"), CODE_INPUT, 0, "-",
                 "standard input is a file that was read in part already; "
                 "give it through a pipe (cat)");
}

static int pipe_with(const char *text)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], text, strlen(text)),
                     (ssize_t)strlen(text));
    close(ends[1]);
    return ends[0];
}

static void standard_input_is_a_shard_or_a_list_once(void **state)
{
    (void)state;
    write_file("a.zst", "text");
    with_stdin(pipe_with("abc"), check_pipe);
    with_stdin(pipe_with("a.zst\n"), check_list);
    with_stdin(pipe_with("a.zst\n"), check_both);
    with_stdin(open("a.zst", O_RDONLY), check_file);
}

/* ---- refusals ---- */

static void what_is_no_file_is_refused_by_its_kind(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("self", "self"), 0);
    assert_fault(collect("fifo"), CODE_INPUT, 0, "fifo",
                 "this input is a FIFO (a pipe is read as -)");
    assert_fault(collect("/dev/null"), CODE_INPUT, 0, "/dev/null",
                 "this input is a device");
    assert_fault(collect("self"), CODE_INPUT, ELOOP, "self",
                 "this input cannot be looked at");
    assert_fault(collect(""), CODE_USAGE, 0, "", "an input has no name");
    assert_int_equal(mkdir("empty", 0700), 0);
    assert_fault(collect("empty"), CODE_INPUT, 0, "",
                 "there is nothing to read: no input names a shard");
    assert_int_equal(symlink("nowhere", "empty/x.zst"), 0);
    assert_fault(collect("empty"), CODE_INPUT, ENOENT, "empty/x.zst",
                 "this link leads nowhere");
    char longest[6000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(collect(longest), CODE_INPUT);
    assert_int_equal(fault.error, ENAMETOOLONG);
}

static void a_missing_name_is_told_what_is_near(void **state)
{
    (void)state;
    make_tree();
    assert_fault(collect("d/3.zst"), CODE_INPUT, 0, "d/3.zst",
                 "no such file or folder (did you mean d/2.zst?)");
    assert_fault(collect("d/sbu/4.json.gz"), CODE_INPUT, 0, "d/sbu/4.json.gz",
                 "no such file or folder (did you mean d/sub?)");
    assert_fault(collect("d/nothing-like-it"), CODE_INPUT, 0,
                 "d/nothing-like-it", "no such file or folder");
    assert_fault(collect("d/2.zst/x"), CODE_INPUT, 0, "d/2.zst/x",
                 "no such file or folder");
    assert_fault(collect("/no-such-folder/x"), CODE_INPUT, 0,
                 "/no-such-folder/x", "no such file or folder");
    write_file("two\x1b[2J.zst", "");
    assert_fault(collect("two[2J.zst"), CODE_INPUT, 0, "two[2J.zst",
                 "no such file or folder (did you mean two?[2J.zst?)");
}

static void distances_count_edits(void **state)
{
    (void)state;
    assert_int_equal(near_distance("", ""), 0);
    assert_int_equal(near_distance("", "abc"), 3);
    assert_int_equal(near_distance("abc", ""), 3);
    assert_int_equal(near_distance("kitten", "sitting"), 3);
    assert_int_equal(near_distance("abcd", "acd"), 1);
    assert_int_equal(near_distance("abcd", "abxcd"), 1);
    assert_int_equal(near_distance("ab", "ba"), 2);
}

static void folders_too_deep_are_refused(void **state)
{
    (void)state;
    char path[1024] = "d";
    assert_int_equal(mkdir(path, 0700), 0);
    for (unsigned i = 0; i < SHARDS_FOLDER_DEPTH_MAX + 1; i++) {
        strcat(path, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    path[sizeof fault.shard - 1] = 0;   /* as much as a fault holds */
    assert_fault(collect("d"), CODE_INPUT, 0, path,
                 "folders deeper than 128; is it a loop?");
}

/* As a user whom permissions bind; 0 when both refusals are right. */
static int collect_forbidden(void)
{
    if (geteuid() == 0 && setuid(65534) != 0)
        return 2;
    if (collect("a.zst") != CODE_INPUT || fault.error != EACCES ||
        strcmp(fault.doing, "this file cannot be read") != 0)
        return 1;
    if (collect("d") != CODE_INPUT || fault.error != EACCES ||
        strcmp(fault.doing, "this folder cannot be listed") != 0)
        return 1;
    return 0;
}

static void what_may_not_be_read_is_refused_before_the_start(void **state)
{
    (void)state;
    write_file("a.zst", "");
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(chmod("a.zst", 0), 0);
    assert_int_equal(chmod("d", 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(collect_forbidden());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(chmod("d", 0700), 0);
    if (WEXITSTATUS(status) == 2) {
        print_message("skipped: the user cannot be changed here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- reading ---- */

static void open_a_zst(int *fd)
{
    write_file("a.zst", "text");
    assert_int_equal(collect("a.zst"), CODE_DONE);
    assert_int_equal(shard_open(&shards.items[0], fd, &fault), CODE_DONE);
    int flags = fcntl(*fd, F_GETFL);
    assert_int_equal(flags & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
    assert_int_equal(fcntl(*fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(shard_unchanged(&shards.items[0], *fd, &fault),
                     CODE_DONE);
}

static void set_mtime(const char *name, time_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void a_shard_that_changes_while_it_is_read_is_found_out(void **state)
{
    (void)state;
    static const char CHANGED[] = "this shard changed while it was read";
    int fd;
    open_a_zst(&fd);
    write_file("a.zst", "text and more");
    assert_fault(shard_unchanged(&shards.items[0], fd, &fault), CODE_INPUT, 0,
                 "a.zst", CHANGED);
    close(fd);
    open_a_zst(&fd);
    set_mtime("a.zst", 1);
    assert_fault(shard_unchanged(&shards.items[0], fd, &fault), CODE_INPUT, 0,
                 "a.zst", CHANGED);
    close(fd);
    open_a_zst(&fd);
    write_file("new", "text");
    assert_int_equal(rename("new", "a.zst"), 0);
    assert_fault(shard_unchanged(&shards.items[0], fd, &fault), CODE_INPUT, 0,
                 "a.zst", "this shard was replaced while it was read");
    close(fd);
    open_a_zst(&fd);
    assert_int_equal(unlink("a.zst"), 0);
    assert_fault(shard_unchanged(&shards.items[0], fd, &fault), CODE_INPUT,
                 ENOENT, "a.zst", "this shard was removed while it was read");
    close(fd);
}

static void links_and_permissions_are_no_change(void **state)
{
    (void)state;
    int fd;
    open_a_zst(&fd);
    assert_int_equal(link("a.zst", "b.zst"), 0);
    assert_int_equal(chmod("a.zst", 0640), 0);
    assert_int_equal(shard_unchanged(&shards.items[0], fd, &fault),
                     CODE_DONE);
    close(fd);
}

static void a_shard_that_changed_since_listing_is_not_opened(void **state)
{
    (void)state;
    static const char CHANGED[] =
        "this shard changed between listing and reading";
    const struct shard *shard;
    int fd;
    open_a_zst(&fd);
    close(fd);
    shard = &shards.items[0];
    set_mtime("a.zst", 1);
    assert_fault(shard_open(shard, &fd, &fault), CODE_INPUT, 0, "a.zst",
                 CHANGED);
    assert_int_equal(fd, -1);
    fault = (struct fault){0};
    assert_int_equal(unlink("a.zst"), 0);
    assert_fault(shard_open(shard, &fd, &fault), CODE_INPUT, ENOENT, "a.zst",
                 "this shard cannot be opened");
    fault = (struct fault){0};
    /* Without a writer, opening this would wait for ever. */
    assert_int_equal(mkfifo("a.zst", 0600), 0);
    assert_fault(shard_open(shard, &fd, &fault), CODE_INPUT, 0, "a.zst",
                 CHANGED);
}

static void times_beyond_64_bits_of_nanoseconds_are_kept_in_bounds(void **state)
{
    (void)state;
    struct stat status = {.st_mode = S_IFREG, .st_size = 1};
    status.st_mtim = (struct timespec){.tv_sec = INT64_MAX, .tv_nsec = 5};
    status.st_ctim = (struct timespec){.tv_sec = INT64_MIN};
    struct shard shard = shard_identify("x", &status, false);
    assert_true(shard.mtime_ns == INT64_MAX);
    assert_true(shard.ctime_ns == INT64_MIN);
    status.st_mtim = (struct timespec){.tv_sec = -1, .tv_nsec = 5};
    assert_int_equal(shard_identify("x", &status, false).mtime_ns,
                     -999999995);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(names_are_sorted_by_bytes_whatever_the_order_given),
        CASE(folders_give_shards_of_known_suffix_and_count_the_rest),
        CASE(every_suffix_is_known_in_any_case),
        CASE(a_linked_folder_is_followed_when_named),
        CASE(our_own_outputs_are_not_taken),
        CASE(a_file_is_a_shard_once_under_its_first_name),
        CASE(many_files_are_listed),
        CASE(a_list_names_inputs_relative_to_its_folder),
        CASE(bad_lists_are_refused_with_the_line),
        CASE(standard_input_is_a_shard_or_a_list_once),
        CASE(what_is_no_file_is_refused_by_its_kind),
        CASE(a_missing_name_is_told_what_is_near),
        CASE(distances_count_edits),
        CASE(folders_too_deep_are_refused),
        CASE(what_may_not_be_read_is_refused_before_the_start),
        CASE(a_shard_that_changes_while_it_is_read_is_found_out),
        CASE(links_and_permissions_are_no_change),
        CASE(a_shard_that_changed_since_listing_is_not_opened),
        CASE(times_beyond_64_bits_of_nanoseconds_are_kept_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
