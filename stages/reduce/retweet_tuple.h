#ifndef SANDPIPER_STAGES_REDUCE_RETWEET_TUPLE_H
#define SANDPIPER_STAGES_REDUCE_RETWEET_TUPLE_H

#include "stages/reduce/tuples.h"

/*
 * A tuple that says: this account retweeted that target once. Behind the head
 *
 *     target            its number, or uint32_t size and bytes
 *     account           its number, or the rest of the payload
 *
 * so it takes 20 bytes for numbers. Both accounts are of one platform. second
 * is the target's number and third the account's; 0: texts. They are sorted
 * by target in the order of rows, then by account in a fixed order.
 */

/* Bytes that the tuple takes; 0: more than there may be. */
size_t retweet_tuple_size(struct id target, struct id account);
/* Writes that many bytes. */
void retweet_tuple_write(uint8_t *to, enum platform platform, struct id target,
                         struct id account);

struct id retweet_tuple_target(const struct tuple *tuple);
struct id retweet_tuple_account(const struct tuple *tuple);
bool retweet_same_target(const struct tuple *a, const struct tuple *b);
bool retweet_same_account(const struct tuple *a, const struct tuple *b);

#endif
