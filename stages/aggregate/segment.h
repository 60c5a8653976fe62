#ifndef SANDPIPER_STAGES_SEGMENT_H
#define SANDPIPER_STAGES_SEGMENT_H

#include "pipeline/memory.h"
#include "stages/aggregate/aggregate.h"
#include "stages/units.h"

/*
 * A segment is a file that holds what the aggregate held when it was full:
 * its dictionaries, and for each partition the accounts in the order of rows,
 * each with profile, facts and deletions. Joined, segments give the same
 * accounts as one aggregate that was never full. Resume, tonight's additions
 * and other machines all read the same segments. segment_format.h has the
 * layout.
 *
 * Writing: segment_create, then the lanes call segment_seal for all
 * partitions, each once, at the same time where they like (each with its own
 * lane number), then one calls segment_end. A lane takes 1.25 MiB and 24
 * bytes for every 256 KiB written. The order of blocks in the file depends on
 * which lane was first; what is read from it does not.
 *
 * Reading: a segment may be read by any number of threads, each with cursors
 * of its own; a cursor takes one block of 256 KiB and one account. Files are
 * read by pread. A damaged or hostile file gives -EBADMSG (or -ENOMEM), never
 * a crash: every block is checked before it is used, and every size before it
 * is believed.
 *
 * Errors are -errno; memory is charged to the budget given.
 */
#define SEGMENT_BLOCK_BYTES ((size_t)256 << 10)

/* What its file is called where a run has several. */
#define SEGMENT_NAME_BYTES 32
void segment_name(char name[SEGMENT_NAME_BYTES], uint64_t number);

/* ---- writing ----------------------------------------------------------- */

struct segment_writer;
/* Makes the file in the directory (borrowed until the end): it must not
 * exist. */
int segment_create(struct segment_writer **out, struct memory *memory,
                   int directory, const char *name, uint32_t lanes,
                   uint32_t partitions);
/* Writes all accounts of the cursor, which it closes. */
int segment_seal(struct segment_writer *writer, uint32_t lane,
                 uint32_t partition, struct part_cursor *cursor);
/* The dictionaries that ranks in facts are of, index and footer; syncs file
 * and directory, closes and frees; *bytes gets the file's size. On failure
 * the file is removed. */
int segment_end(struct segment_writer *writer,
                const struct dictionaries *names, uint64_t *bytes);
/* Removes the file and frees. */
void segment_abandon(struct segment_writer *writer);

/* ---- reading ----------------------------------------------------------- */

struct segment;
int segment_open(struct segment **out, struct memory *memory, int directory,
                 const char *name);
void segment_close(struct segment *segment);
uint32_t segment_partitions(const struct segment *segment);
/* Borrowed until segment_close. */
const struct dictionaries *segment_dictionaries(const struct segment *segment);

struct segment_counts {
    uint64_t accounts, facts, deletions, bytes;
};
struct segment_counts segment_counts(const struct segment *segment);

/* Ranks are translated where translation is not NULL (borrowed until the
 * cursor is closed). NULL: out of memory. */
struct part_cursor *segment_cursor(struct segment *segment,
                                   uint32_t partition,
                                   const struct translation *translation);

/* ---- joining ----------------------------------------------------------- */

/* The sorted union, given (dictionaries_free), and for each input how its
 * ranks translate, given (translations_free). 0, -ENOMEM, or -EOVERFLOW: more
 * languages than a fact can tell apart. */
int dictionaries_join(const struct dictionaries *const inputs[],
                      uint32_t count, struct dictionaries *out,
                      struct translation *translations);
void translations_free(struct translation *translations, uint32_t count);

/* The accounts of all cursors of one partition, each once: profiles joined,
 * facts and deletions one after the other. Owns the cursors, also when it
 * fails (NULL: out of memory). Ranks must be of one dictionary already. Holds
 * one account of each cursor, and the joined one. */
struct part_cursor *join_cursors(struct part_cursor *const cursors[],
                                 uint32_t count, struct memory *memory);

#endif
