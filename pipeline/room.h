#ifndef SANDPIPER_PIPELINE_ROOM_H
#define SANDPIPER_PIPELINE_ROOM_H

#include "pipeline/memory.h"

/*
 * Room for an array that is filled again and again, mostly small and once in
 * a while huge: the posts of one account.
 *
 * It is charged to the budget while that has place for it. What does not fit
 * is mapped from a file without a name in the budget's folder
 * (memory->overflow), and reserved there first: the kernel writes it out and
 * takes its pages when memory is short, so an account with more posts than
 * memory costs time, and not the run. A room belongs to one thread.
 */
struct room {
    void *base;
    size_t bytes;
    bool on_disk;
};

/* What one huge account took is not kept for the small ones after it. */
#define ROOM_KEPT_BYTES ((size_t)4 << 20)

/* Makes place for count elements of size bytes; what it held is lost, unless
 * it has place already. False: there is none, with errno. */
bool room_for(struct room *room, struct memory *memory, uint64_t count,
              size_t size);
void room_free(struct room *room, struct memory *memory);

#endif
