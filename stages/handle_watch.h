#ifndef SANDPIPER_STAGES_HANDLE_WATCH_H
#define SANDPIPER_STAGES_HANDLE_WATCH_H

#include "pipeline/memory.h"
#include "stages/units.h"

/*
 * Which accounts are seen under handles that the user asked for. Handles are
 * Twitter's, compared with A to Z lower-cased.
 *
 * First handles are added; then lanes show it every observation, each lane
 * with its own number and all at once; then, when the lanes have ended, what
 * was seen is read. It stands outside the tables of accounts, so that it
 * outlives their sealing. What a lane has seen grows by 32 bytes for each
 * (handle, account), charged to the budget.
 */
struct handle_watch;

/* NULL: out of memory. */
struct handle_watch *handle_watch_create(struct memory *memory,
                                         uint32_t lanes);
void handle_watch_free(struct handle_watch *watch);

/* Watches a handle (without its @; copied); *number tells it from others,
 * and is the same for the same handle. 0 or -ENOMEM. */
int handle_watch_add(struct handle_watch *watch, struct text handle,
                     uint32_t *number);
uint32_t handle_watch_count(const struct handle_watch *watch);

/* 0 or -ENOMEM. The observation is only read. */
int handle_watch_see(struct handle_watch *watch, uint32_t lane,
                     const struct observation *observation);

/* Sees again what another process saw (handle_watch_next); before the lanes.
 * 0 or -ENOMEM. */
int handle_watch_put(struct handle_watch *watch, uint32_t number,
                     struct id id);

/* What was seen, in no order, the same perhaps several times: start with *at
 * 0; false at the end. Borrows the id. */
bool handle_watch_next(const struct handle_watch *watch, size_t *at,
                       uint32_t *number, struct id *id);

#endif
