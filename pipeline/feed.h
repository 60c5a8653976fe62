#ifndef SANDPIPER_PIPELINE_FEED_H
#define SANDPIPER_PIPELINE_FEED_H

#include "pipeline/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A feed shows the bytes of one shard, front to back, as contiguous spans of
 * any length asked for: it hides the borders of blocks. It stands over a
 * source (a file, or a part of one), over bytes in memory, or over whatever a
 * function gives. One owner, one thread at a time.
 *
 * While it goes through a file for the first time it computes the XXH3-128
 * digest (seed 0) of all bytes and counts them, what is skipped or seeked
 * over too; bytes read again after a feed_seek are not hashed again.
 *
 * Memory: a window buffer, used only where a span crosses a block's border
 * (grown on demand to the power of two that holds twice of what was asked, or
 * all there is, charged to the budget, kept for the next shard). Asking for
 * more than the shard has costs no more than what it has.
 */
struct feed;

/* Gives an empty feed. NULL when out of memory. */
struct feed *feed_create(struct memory *memory);
void feed_destroy(struct feed *feed);

/* Over a file: reads fd from offset 0 through the source (both borrowed until
 * feed_close). seekable says whether feed_seek may be used. 0 or -errno. */
int feed_open(struct feed *feed, struct source *source, int fd, bool seekable);
/* Over the bytes [offset, offset + size) of a file that can seek; the feed's
 * own offsets begin at 0. It ends early where the file does. */
int feed_open_range(struct feed *feed, struct source *source, int fd,
                    uint64_t offset, uint64_t size);
/* Gives the next bytes as source_next does: how many (borrowed until the next
 * call), 0 at the end, -errno. */
typedef ssize_t feed_pull(void *context, const uint8_t **bytes);
/* Over what pull gives, front to back; feed_seek may not be used. */
void feed_open_pull(struct feed *feed, feed_pull *pull, void *context);
/*
 * Where a feed over a file stands: to go on from there in another process,
 * without reading what is before. What was hashed reaches further than the
 * position: the digest goes on from there too.
 */
#define FEED_HASH_BYTES 344u
struct feed_mark {
    uint64_t position, hashed;
    uint8_t hash[FEED_HASH_BYTES];
};
/* The feed as it is, to go on from this position, which is not behind the
 * feed's own; a feed over a file that can seek. */
void feed_save(const struct feed *feed, uint64_t position,
               struct feed_mark *mark);
/* Opens the file at the mark. -EINVAL: the mark is none. */
int feed_open_at(struct feed *feed, struct source *source, int fd,
                 const struct feed_mark *mark);
/* Over bytes (borrowed until feed_close): position starts at offset base. */
void feed_open_bytes(struct feed *feed, const uint8_t *bytes, size_t size,
                     uint64_t base);
void feed_close(struct feed *feed);

/*
 * Shows at least `want` bytes at the current position, fewer only at the end
 * of the shard: *have is how many there are (>= want, or all that is left).
 * The pointer is borrowed until the next call on this feed. After an I/O
 * error it shows what could be read and feed_error() is not 0.
 */
const uint8_t *feed_peek(struct feed *feed, size_t want, size_t *have);
/* Steps over n bytes, at most what is left of the last feed_peek. */
void feed_skip(struct feed *feed, size_t n);
/* Steps over n bytes of any number; how many there were. */
uint64_t feed_skip_far(struct feed *feed, uint64_t n);
/* Goes to an absolute offset (file or bytes). 0; -ESPIPE where seekable is
 * false; -EINVAL behind the end (the position is the end then) or before the
 * first of the bytes (it is as before); or feed_error. */
int feed_seek(struct feed *feed, uint64_t offset);
uint64_t feed_position(const struct feed *feed);
/* 0 or -errno, sticky; -ENOMEM when there is no window of the size asked. */
int feed_error(const struct feed *feed);

/* Reads whatever is left, so that the digest covers all; 0 or -errno.
 * Then digest[0] is the high and digest[1] the low half of XXH3-128 and
 * *bytes the number of bytes of the shard (after an error, of what could be
 * read). The position is the end. */
int feed_finish(struct feed *feed, uint64_t digest[2], uint64_t *bytes);

#endif
