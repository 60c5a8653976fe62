#ifndef SANDPIPER_STAGES_ACCOUNT_SET_H
#define SANDPIPER_STAGES_ACCOUNT_SET_H

#include "pipeline/fault.h"
#include "stages/handle_watch.h"
#include "stages/hash.h"

/*
 * A set of accounts that the user gives as a list: one id or @handle a line,
 * white space around it stripped, blank lines and lines that begin with #
 * passed over. An id is of any platform. A handle stands for every Twitter
 * account that was seen under it at any time in the run, so handles are told
 * to a watch before shards are read, and resolved after.
 *
 * Threads: once resolved it is only read, by any number of threads.
 */
struct account_set;

/* Reads the list. A set without a file is empty (account_set_create). NULL:
 * the fault was raised. The watch is borrowed until account_set_resolve. */
struct account_set *account_set_read(const char *path,
                                     struct handle_watch *watch,
                                     struct fault *fault);
/* For tests and for lists from elsewhere. NULL: out of memory. */
struct account_set *account_set_create(struct handle_watch *watch);
/* One line of a list, without its end. 0; -EINVAL: an @ without a name;
 * -ENOMEM. */
int account_set_add_line(struct account_set *set, struct text line);
void account_set_free(struct account_set *set);

/* Takes in what the watch has seen. 0 or -ENOMEM. */
int account_set_resolve(struct account_set *set);

bool account_set_has(const struct account_set *set, enum platform platform,
                     struct id id);
/* Of the bytes of the file that it was read from. */
struct hash128 account_set_digest(const struct account_set *set);
/* Distinct accounts; a handle that was never seen counts as one. */
uint64_t account_set_size(const struct account_set *set);

#endif
