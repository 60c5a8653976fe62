/*
 * Stands in for libFuzzer: gives every file that is named, or that lies in a
 * folder that is named, to the fuzz target once. So seeds and found crashes
 * are tried by every compiler and sanitizer, not by clang alone.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(size + 1);
    int failed = !file || !bytes || fread(bytes, 1, size, file) != size;
    if (failed)
        fprintf(stderr, "cannot read %s\n", path);
    else
        (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    if (file)
        fclose(file);
    return failed ? -1 : 1;
}

static int replay_folder(const char *path)
{
    int replayed = 0;
    DIR *folder = opendir(path);
    if (!folder) {
        fprintf(stderr, "cannot list %s\n", path);
        return -1;
    }
    for (struct dirent *entry; replayed >= 0 && (entry = readdir(folder));) {
        char name[PATH_MAX];
        struct stat status;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &status) || !S_ISREG(status.st_mode))
            continue;
        int one = replay_file(name, (size_t)status.st_size);
        replayed = one < 0 ? -1 : replayed + one;
    }
    closedir(folder);
    return replayed;
}

static int replay(const char *path)
{
    struct stat status;
    if (stat(path, &status)) {
        fprintf(stderr, "cannot find %s\n", path);
        return -1;
    }
    return S_ISDIR(status.st_mode)
               ? replay_folder(path)
               : replay_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    int replayed = 0;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')   /* libFuzzer's options */
            continue;
        int count = replay(argv[i]);
        if (count < 0)
            return 1;
        replayed += count;
    }
    printf("%d inputs replayed\n", replayed);
    return replayed ? 0 : 1;
}
