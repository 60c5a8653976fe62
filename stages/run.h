#ifndef SANDPIPER_STAGES_RUN_H
#define SANDPIPER_STAGES_RUN_H

#include "pipeline/fault.h"
#include "pipeline/lanes.h"
#include "pipeline/memory.h"
#include "pipeline/options.h"
#include "pipeline/plan.h"
#include "pipeline/progress.h"
#include "pipeline/ring.h"
#include "pipeline/runs.h"
#include "pipeline/shards.h"
#include "pipeline/source.h"
#include "stages/aggregate/aggregate.h"
#include "stages/decode/decode.h"
#include "stages/parse/csv_rows.h"
#include "stages/parameters.h"
#include "stages/parse/parse.h"
#include "stages/profile.h"
#include "stages/split/split.h"
#include "stages/tally.h"

/*
 * One run over the shards: what the lanes share, and what each lane has.
 *
 * Each lane claims shards and goes through them by itself (shard_work.h).
 * When shards run out, lanes that have one hand work to those that have
 * none, through two bounded rings: whole compressed frames, and spans of
 * text. Everything that a shard says is applied to the shared tables; when
 * these reach the budget, all lanes meet and seal them (seal.h).
 */
struct run_options {
    enum isa isa;
    enum io_backend io;
    uint32_t lanes;
    struct handle_watch *watch;    /* is shown every observation; or NULL */
    int64_t since, until;          /* ms; or SINCE_EVER, UNTIL_EVER */
    const struct dictionary_files *dictionaries;   /* for zstd; or NULL */
    /* Lines are sought, not accounts: they go to files in the output. */
    const struct filter *filter;   /* or NULL */
    enum damaged damaged;          /* what becomes of damaged frames */
    struct state *state;           /* what outlives the run; or NULL */
    uint64_t commit_bytes;         /* of shards, between commits; 0: default */
    /* Frames are decoded and checked, and of their text the bytes counted:
     * nothing is split, parsed or applied. */
    bool verify;
};

/* What rejected frames left behind, with --damaged=salvage (damage.h). */
struct salvaged {
    uint64_t frames;
    uint64_t text_bytes;           /* decoded before the damage */
    uint64_t lines;                /* that ended in it, but for lost ones */
    uint64_t posts;                /* of these */
};

/* A lost frame, or bytes that are none, as they are shown to the user. */
struct frame_sample {
    uint64_t offset, bytes;
    enum frame_reason reason;
    struct salvaged salvaged;
};

struct member_list;

/* What was found in a shard, or in a member of one; written by the lanes that
 * worked on it. */
struct shard_ledger {
    bool done;
    const char *container;         /* "gzip", "tar", ...; NULL: zstd, text */
    enum framing framing;
    bool is_text;                  /* no zstd: one frame of plain text */
    uint64_t digest[2];            /* XXH3-128, high and low half */
    uint64_t file_bytes;
    uint64_t frame_bytes;          /* of frames that ended well */
    uint64_t skippable_bytes, skippable_frames;
    uint64_t rejected_bytes;
    /* Of a member whose bytes stand in no file, but in a packed container:
     * then the four above are 0, or those of its packed form. */
    struct {
        uint64_t file, frames, skippable, rejected;
    } unpacked;
    uint64_t members, members_passed;  /* of a container: read, passed over */
    struct member_list *member_list;   /* NULL: none */
    uint64_t frames;               /* ok and rejected */
    uint64_t frames_ok, frames_unchecked;
    uint64_t text_frames;          /* unchecked: plain text has no checksum */
    uint64_t frames_rejected[FRAME_REASON_COUNT];
    struct salvaged salvaged;      /* of the rejected ones */
    uint64_t window_bytes_max;
    uint32_t frame_sample_count;
    struct frame_sample frame_samples[SAMPLES_MAX];    /* the first ones */
    struct tally tally;            /* of frames that ended well; salvaged */
};

struct dictionary_files;
struct hold;
struct encoder;
struct filter_file;
struct filter_files;
struct lane_state;
struct layer;
struct seal;
struct shard_job;
struct shard_mark;
struct state;
struct stitch;
struct text_work;

struct run {
    const struct plan *plan;
    struct memory *memory;
    struct fault *fault;
    const struct shards *shards;
    struct lanes *lanes;
    struct run_options options;
    struct progress_counters progress;

    uint32_t *order;               /* shards to read, by falling size */
    uint64_t order_count;
    _Atomic uint64_t next_shard;   /* index into order */
    _Atomic uint64_t shards_left;  /* not finished yet */
    _Atomic uint32_t wide_lanes;   /* that hold a window above the floor */
    struct ring frame_tasks;       /* struct frame_task */
    struct ring member_tasks;      /* struct member_task */
    struct ring span_tasks;        /* struct span */
    struct run_store spilled;      /* uncommitted work */

    struct aggregate *aggregate;
    struct seal *seal;
    struct filter_files *filter_files;     /* of a filter; or NULL */
    struct shard_ledger *ledgers;  /* by shard */
    struct shard_mark **marks;     /* by shard: where it goes on; or NULL */
    struct lane_state *lane_states;
};

#define TEXT_BUFFER_BYTES ((size_t)128 << 10)

/* What a lane has for itself; reused for all its shards. */
struct lane_state {
    struct lane *lane;
    struct run *run;
    struct aggregate_lane *aggregate;
    struct source *source;
    struct feed *feed;             /* over the shard it owns */
    struct feed *task_feed;        /* over gathered frames */
    struct decoder *decoder;
    struct layer *layer;           /* of packed containers; made when needed */
    struct hold *hold;             /* NULL: batches are applied as they come */
    struct shard_ledger member;    /* of the member at hand */
    struct parser *parser;
    struct row_parser *rows;
    struct text_work *text_work;   /* of the frame at hand */
    struct stitch *stitch;         /* of the shard it owns */
    uint32_t shard;                /* the one it owns */
    /* Of it, while it could be gone on with from what is known; or NULL. */
    const struct shard_job *job;
    uint8_t *text_buffer;          /* TEXT_BUFFER_BYTES, of plain shards */
    struct batch batch;            /* what the frame at hand says */
    struct batch stitched;         /* what stitched lines say */
    struct encoder *encoder;               /* of a filter */
    struct filter_file *own_file;          /* of the shard it owns */
    struct filter_file *file;              /* of the text at hand */
    struct stage_times times;
};

/* Prepares a run over shards: 0, or the code of the fault raised. directory:
 * for temporary files, borrowed. run_close in either case. */
enum exit_code run_open(struct run *run, const struct plan *plan,
                        struct memory *memory, struct fault *fault,
                        const struct shards *shards,
                        const struct run_options *options, int directory);
void run_close(struct run *run);
/* Gives back what the lanes had for reading; after lanes_run. Their times
 * stay. */
void run_release_lanes(struct run *run);
/* Removes the segments: nothing of the run may be read any more. */
void run_drop_segments(struct run *run);

/* The work of a lane, for lanes_run: until all shards are finished. The
 * lane's context is the run. */
int run_lane(struct lane *lane);

/* Between two pieces of work: seals with the others when the tables are full
 * or somebody asked for it. */
void run_safe_point(struct lane_state *state);

/* Applies a batch and empties it: to the tables, to the hold where there is
 * one, or its lines to the file of the shard at hand, in order. False: the
 * fault is up. */
bool run_apply(struct lane_state *state, struct batch *batch);

/* Raises CODE_MEMORY. */
void run_out_of_memory(struct run *run);

/* No shard is left to claim. */
static inline bool run_all_claimed(const struct run *run)
{
    return atomic_load_explicit(&run->next_shard, memory_order_relaxed) >=
           run->order_count;
}
/* Every shard is read to its end. */
static inline bool run_all_read(const struct run *run)
{
    /* Acquire: pairs with the release of the lane that finished a shard. */
    return atomic_load_explicit(&run->shards_left, memory_order_acquire) == 0;
}

/* Does one piece of work that another lane handed out: a span (or a batch to
 * apply), or, if frames is true, a frame too. False: there was none. */
bool run_help(struct lane_state *state, bool frames);

#endif
