#ifndef SANDPIPER_STAGES_LAYER_H
#define SANDPIPER_STAGES_LAYER_H

#include "stages/run.h"

/*
 * The outer layer of a packed container: it decodes the frames of gzip,
 * bzip2 or zstd, or an entry of a zip, and shows their text as a feed, from
 * which the container and its members are read. It belongs to a lane and is
 * reused; there is one layer at a time, since containers within members are
 * not opened.
 *
 * A layer that met a bad frame shows nothing more: where the container goes
 * on behind it is not known. Windows of zstd above the plan's floor are not
 * admitted here (FRAME_WINDOW), so that a lane's own frames and its layer
 * never wait for one another.
 */
struct layer {
    struct lane_state *state;
    struct decoder *decoder;
    struct feed *text;             /* what was decoded */
    struct feed *member;           /* for whoever reads members of it */
    /* The container at hand. */
    struct feed *from;
    enum codec codec;
    const struct item *entry;      /* of a zip, or NULL */
    struct shard_ledger *ledger;   /* frames and bytes are counted there */
    void (*frame_ended)(void *context);    /* after each that ended well */
    void *context;
    const char *name;              /* of the container, for faults */
    bool in_frame, ended, bad, checksum;
    uint64_t frame_offset, reported;
    uint64_t frame_text;           /* shown of the frame at hand, or the bad */
};

/* The lane's; NULL: out of memory, the fault is up. */
struct layer *layer_get(struct lane_state *state);
void layer_free(struct layer *layer);

/* Opens layer->text. Fields of the container at hand that are not arguments
 * are set by the caller afterwards. */
void layer_open(struct layer *layer, struct feed *from, enum codec codec,
                struct shard_ledger *ledger);
/* Goes on to the end, whatever was read so far, and counts what stands behind
 * a bad frame as rejected. True: every frame ended well. */
bool layer_finish(struct layer *layer);

/* What is next in a feed of this codec, or of an entry. */
struct item layer_item(struct feed *feed, enum codec codec,
                       const struct item *entry);
/* Counts a rejected frame, with a sample. */
void ledger_reject(struct shard_ledger *ledger, enum frame_reason reason,
                   uint64_t offset, uint64_t bytes);

#endif
