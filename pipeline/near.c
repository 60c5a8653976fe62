#include "pipeline/near.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* A folder may hold millions; a hint is not worth reading all of them. */
#define ENTRIES_MAX 100000u

/* Wagner and Fischer's table, one row at a time. */
unsigned near_distance(const char *a, const char *b)
{
    unsigned row[NAME_MAX + 1];
    size_t length = strnlen(b, NAME_MAX);
    for (size_t k = 0; k <= length; k++)
        row[k] = (unsigned)k;
    for (size_t i = 0; i < NAME_MAX && a[i]; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t k = 0; k < length; k++) {
            unsigned change = diagonal + (a[i] != b[k]);
            unsigned least = row[k] < row[k + 1] ? row[k] : row[k + 1];
            diagonal = row[k + 1];
            row[k + 1] = change <= least ? change : least + 1;
        }
    }
    return row[length];
}

void near_entry(const char *folder, const char *missing,
                char near[NAME_MAX + 1])
{
    near[0] = 0;
    DIR *listing = opendir(folder);
    if (!listing)
        return;
    unsigned least = NEAR_EDITS_MAX;
    struct dirent *entry;
    for (unsigned i = 0; i < ENTRIES_MAX && (entry = readdir(listing)); i++) {
        const char *name = entry->d_name;
        unsigned edits = near_distance(missing, name);
        /* A name of two bytes is two edits from every other such name. */
        if (name[0] == '.' || edits > least || edits >= strlen(missing))
            continue;
        if (edits == least && near[0] && strcmp(name, near) >= 0)
            continue;
        least = edits;
        snprintf(near, NAME_MAX + 1, "%s", name);
    }
    closedir(listing);
    for (char *byte = near; *byte; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7f)
            *byte = '?';
}
