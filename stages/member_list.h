#ifndef SANDPIPER_STAGES_MEMBER_LIST_H
#define SANDPIPER_STAGES_MEMBER_LIST_H

#include "stages/run.h"

/*
 * The members of a container that have a line of their own in the ledger, in
 * the order in which they stand in it: at most MEMBER_LINES_MAX of one
 * container, since a hostile one has millions; what comes behind is counted
 * in the container's own line. The list belongs to the container's ledger;
 * names and ledgers are charged to the budget.
 */
#define MEMBER_LINES_MAX ((size_t)1 << 16)
/* Longer names are cut in the middle of nothing: at their end. */
#define MEMBER_NAME_BYTES_MAX 1024u

struct member {
    char *name;                    /* "archive.tar!folder/posts.json" */
    struct shard_ledger *ledger;   /* NULL until it is read; see below */
    size_t ledger_bytes;
};
struct member_list {
    struct memory *memory;
    struct member **items;
    size_t count, capacity;
};

/* NULL: out of memory. */
struct member_list *member_list_create(struct memory *memory);
void member_list_free(struct member_list *list);
/* Adds a member; name is what member_name made, and the list's from now on.
 * NULL: out of memory. The member stays where it is. */
struct member *member_list_add(struct member_list *list, char *name);
/* Frees the members from number count on. */
void member_list_cut(struct member_list *list, size_t count);

/* Keeps a copy of the ledger, without room for samples that it does not have:
 * so it may be read, and never copied or added to. False: out of memory. */
bool member_keep(struct member *member, struct memory *memory,
                 const struct shard_ledger *ledger);

/* CONTAINER!NAME, where bytes of NAME that steer a terminal, and backslashes,
 * are escaped (\xNN). NULL: out of memory; else to be freed. */
char *member_name(const char *container, const char *name, size_t size);

/* All lines of the run's ledger in order: each shard, and behind it its
 * members. Starts with a walk of zeros; false at the end. */
struct ledger_walk {
    size_t shard, member;
    const char *name;
    const struct shard_ledger *ledger;
};
bool ledger_next(const struct run *run, struct ledger_walk *walk);

/* Empties it. Its list is not freed. */
void ledger_clear(struct shard_ledger *ledger);
/* Its bytes are no bytes of a file: they become the unpacked ones. */
void ledger_unpacked(struct shard_ledger *ledger);
/* Adds what `from` counted, samples too, as text that follows. */
void ledger_append(struct shard_ledger *into, const struct shard_ledger *from);

#endif
