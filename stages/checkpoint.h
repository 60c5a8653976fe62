#ifndef SANDPIPER_STAGES_CHECKPOINT_H
#define SANDPIPER_STAGES_CHECKPOINT_H

#include "pipeline/feed.h"
#include "stages/dictionary_files.h"
#include "stages/emit/emit.h"
#include "stages/parse/csv_layout.h"
#include "stages/run.h"

/*
 * What a run knows at an instant: which segments hold what was applied, and
 * of every shard how far it is read, with its part of the ledger. Whoever has
 * it and the segments goes on as if nothing had happened.
 *
 * It is made while all lanes stand still, behind a seal. What lies before a
 * shard's mark is in the segments, once at least. What lies behind it may be
 * there too (frames that ended before their turn): it is read again, and
 * joined to the same, since facts and registers may be joined any number of
 * times. Nothing in the ledger counts it before its turn.
 *
 * Layout of the file, version 1 (checkpoint_code.h has the numbers):
 *
 *     magic, 8 bytes; version, 4 bytes; 4 bytes of zeros;
 *     size of what follows the header, XXH3-64 of it: 8 bytes each
 *     program's version, shape of the ledger
 *     parameters of reading, handles seen, what was asked for
 *     segments; repeated shards; shards
 *
 * A checkpoint may be damaged or hostile: it gives a fault, never a crash.
 */

/* Where a shard that was begun goes on. */
struct shard_mark {
    struct feed_mark feed;
    uint32_t codec;                    /* enum codec; of frames */
    bool is_text;                      /* plain text: there are no frames */
    /* Of the stitch (stages/stitch.h): */
    bool after_loss, at_start, in_order, lost, is_csv;
    uint32_t states, bom_left;
    uint64_t open_frame, lost_bytes;
    uint64_t open_total;
    uint8_t *open;                     /* the first bytes of the open line */
    size_t open_size;
    struct csv_layout layout;
};

enum shard_progress { SHARD_NEW, SHARD_BEGUN, SHARD_DONE };

struct checkpoint_shard {
    const char *name;
    bool is_stdin;
    uint64_t size;
    int64_t mtime_ns;
    uint32_t progress;                 /* enum shard_progress */
    struct shard_ledger *ledger;       /* owned; NULL while new */
    struct shard_mark *mark;           /* owned; NULL unless begun */
};

struct checkpoint_segment {
    uint64_t number, level, bytes;
};

/* What of the parameters decides what is read; a run that goes on must have
 * the same, and the manifest names it. */
struct reading {
    int64_t since, until;
    uint64_t line_bytes_max;
    bool salvage;                      /* of damaged frames */
    uint64_t handles_key[2];           /* of the lists, if they have handles */
    const struct dictionary_files *dictionaries;
};

struct checkpoint {
    struct memory *memory;
    struct arena texts;                /* owns all texts */
    struct reading reading;
    struct dictionary_files dictionaries;      /* without their bytes */
    const char *asked;                 /* all parameters, as the manifest has */
    struct handle_seen {
        uint64_t handle;
        struct id id;
    } *handles;
    size_t handle_count;
    struct checkpoint_segment *segments;
    size_t segment_count;
    struct shard_repeat *repeats;
    size_t repeat_count;
    struct checkpoint_shard *shards;
    size_t shard_count;
};

/* Frees what it holds; also after a failed reading. */
void checkpoint_free(struct checkpoint *checkpoint);

/* Reads one; what it gives is freed in any case with checkpoint_free. 0,
 * -ENOMEM, -EBADMSG (damaged), or -ESTALE (of another version or build). */
int checkpoint_read(struct checkpoint *checkpoint, struct memory *memory,
                    const uint8_t *bytes, size_t size);
/* Adds one to the output. Shards must be sorted as a run has them. False: out
 * of memory. */
bool checkpoint_write(const struct checkpoint *checkpoint,
                      struct output *output);

/* All shards are done. */
bool checkpoint_finished(const struct checkpoint *checkpoint);

#endif
