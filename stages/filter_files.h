#ifndef SANDPIPER_STAGES_FILTER_FILES_H
#define SANDPIPER_STAGES_FILTER_FILES_H

#include "pipeline/outdir.h"
#include "stages/encode/encode.h"
#include "stages/filter_names.h"
#include "stages/run.h"

/*
 * The files of a filter: of each shard in which something matched one, with
 * its matching lines in the order of the shard, each as it was and with a line
 * feed behind it.
 *
 * A file is a sequence of zstd frames of FILTER_FRAME_BYTES of text or a
 * little more, cut behind a line: where, depends on the lines alone. So it can
 * be read by many lanes again, and is made by many: a frame's text that is
 * full (a chunk) goes through a ring to whoever has time, and comes back
 * compressed. Chunks are written in order. A file has FILTER_CHUNKS_MAX of
 * them or fewer, as the plan's memory has room.
 *
 * Each lane has one file, that of the shard it owns. Lines are added by one
 * thread at a time: the owner, or whoever stitches (stitch.h).
 */
#define FILTER_FRAME_BYTES ((size_t)4 << 20)
#define FILTER_CHUNKS_MAX 8

/* What came of a shard. */
struct filter_result {
    bool csv, made;
    uint64_t lines, text_bytes;    /* without a header */
    uint64_t file_bytes;
};

/* What the lanes share. */
struct filter_files {
    struct run *run;
    struct outdir *outdir;
    struct filter_names names;
    struct filter_result *results;     /* by shard; owned */
    struct ring chunks;                /* struct filter_chunk, to be encoded */
    uint32_t chunk_count;              /* of a file */
};

/* From here on the run's lines go there. Both are borrowed until
 * filter_files_close. False: the fault is up. */
bool filter_files_open(struct filter_files *files, struct run *run,
                       struct outdir *outdir);
void filter_files_close(struct filter_files *files);

struct filter_file;

/* A lane's file. NULL: out of memory. */
struct filter_file *filter_file_create(struct filter_files *files);
void filter_file_free(struct filter_file *file);

/* The shard at hand is this one. */
void filter_file_begin(struct filter_file *file, uint32_t shard);
/* What comes next is CSV, or not; then this text begins with the header, which
 * is to stand before the rows. All members of a container must be alike.
 * False: the fault is up. */
bool filter_file_framing(struct filter_file *file, bool csv,
                         const uint8_t *text, size_t size);
/* Adds the lines of the batch. False: the fault is up. */
bool filter_file_take(struct lane_state *state, struct filter_file *file,
                      const struct batch *batch);
/* The shard is read: what is left is written and synced. If not well, what
 * was made of it is given up. False: the fault is up. */
bool filter_file_end(struct lane_state *state, struct filter_file *file,
                     bool well);

/* Encodes one chunk that another lane handed out. False: there was none. */
bool filter_files_help(struct lane_state *state);

#endif
