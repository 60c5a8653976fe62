#ifndef SANDPIPER_STAGES_STITCH_H
#define SANDPIPER_STAGES_STITCH_H

#include "stages/aside.h"
#include "stages/run.h"

/*
 * Frames of a shard may be decoded in any order and by any lane; what stands
 * on their borders is put together in shard order. Each frame leaves behind
 * its head (the text before its first line break), its tail (behind its last
 * one), and the tally of the whole lines between. Stitching joins tail and
 * head to lines, parses them, and adds everything to the shard's ledger.
 *
 * A record belongs to the frame of its first byte and counts only if every
 * frame that it touches ended well. Next to a lost frame, a head or tail that
 * is a whole record by itself counts (a proper part of a JSON object or array
 * is never valid JSON), any other is rejected as frame_lost.
 *
 * Where salvage was asked for (damage.h), the text that a lost frame had
 * before the damage is stitched as if the frame ended there, and then comes
 * the loss. It comes too where nothing of the text seems to be missing (a
 * wrong checksum): two halves are never put together that may not belong
 * together.
 *
 * Of CSV, rows are stitched (stages/split/split.h has the states). Where the
 * states at a frame's start are known, its head is the end of the open row.
 * Where they are not (a frame that another lane decoded before its turn), the
 * head reaches to the first line feed that is a border whatever stood before,
 * and its rows are found here, when the states are known. A frame of which too
 * much has no such border waits as it is, compressed, and is decoded here. A
 * row that is open at a lost frame is frame_lost, and behind it everything up
 * to the first sure border is one line that is framing_lost.
 *
 * The pieces of a shard wait in a ring of PIECES_MAX places. The owner of the
 * shard appends; any lane completes a piece; whoever finds the oldest piece
 * complete stitches, and nobody waits for it: a flag says that somebody does,
 * and he looks again after he has put it down (tests/model/stitch_flag.pml).
 */
enum piece_kind {
    PIECE_WAITING,        /* a frame of CSV, still to be decoded */
    PIECE_FRAME,          /* a frame that ended well */
    PIECE_TEXT,           /* a part of plain text; the last one is a FRAME */
    PIECE_LOST,           /* a frame that did not */
    PIECE_REJECTED,       /* bytes that are no frame */
    PIECE_SKIPPABLE,
};

struct frame_task;

struct piece {
    enum piece_kind kind;
    enum frame_reason reason;
    uint64_t offset, bytes;        /* in the shard, compressed */
    uint64_t from;                 /* of the first byte behind the piece before */
    uint64_t window_bytes;
    bool checksum;
    bool has_break;                /* a line break in it: tail and tally hold */
    bool begun;                    /* the tally has its first line too */
    bool goes_on;                  /* plain text, not from its beginning */
    struct fragment head, tail;
    /* Of CSV: the head was taken without knowing the states before it; the
     * states at the end; the frame that waits. */
    bool raw;
    uint8_t states;
    struct frame_task *task;
    /* Of a lost frame: its text up to the damage counts. Of a document lines
     * and posts are counted where it is read. */
    bool salvaged;
    uint64_t text_bytes;           /* decoded of it */
    struct salvaged counted;
    struct tally tally;
    /* Of a filter: the lines that the tally counts as matched. */
    struct aside lines;
    _Atomic uint64_t complete;     /* the number of the piece + 1 */
};

#define PIECES_MAX 64

struct stitch {
    struct run *run;
    struct shard_ledger *ledger;
    char name[PRINTABLE_NAME_BYTES];   /* of the shard or member, for faults */
    struct filter_file *file;      /* of a filter: where its lines go */
    bool is_csv;                   /* by the owner, before the first piece */
    struct csv_layout layout;
    uint64_t appended;             /* by the owner */
    uint64_t next_offset;          /* likewise: behind the last piece */
    _Atomic int in_order;          /* a frame of CSV had to wait */
    _Atomic uint64_t stitched;
    _Atomic int busy;
    /* Behind the flag: */
    struct fragment open;          /* the line whose end has not come */
    uint64_t open_frame;           /* the frame of its first byte */
    bool after_loss;               /* what comes first may be half a line */
    bool at_start;                 /* nothing of the text was seen yet */
    uint8_t states;                /* of CSV, at the end of the text so far */
    uint32_t bom_left;             /* bytes of a BOM that are still to come */
    bool lost;                     /* no sure border came since a loss */
    uint64_t lost_bytes;
    struct piece pieces[PIECES_MAX];
};

/* NULL: out of memory. */
struct stitch *stitch_create(struct run *run);
void stitch_free(struct stitch *stitch);
void stitch_begin(struct stitch *stitch, struct shard_ledger *ledger,
                  const char *name);

/* Owner: the next place, NULL while all are in use. Before the piece is
 * completed the owner puts the offset behind it in next_offset. */
struct piece *stitch_append(struct stitch *stitch, uint64_t offset);
/* Any lane: the piece is whole; then stitches what can be. */
void stitch_complete(struct lane_state *state, struct stitch *stitch,
                     struct piece *piece);
bool stitch_done(const struct stitch *stitch);
/* Owner, before the first piece: the shard is CSV with this layout. */
void stitch_csv(struct stitch *stitch, const struct csv_layout *layout);
/* Owner: all before this piece, the last one appended, is stitched. */
bool stitch_reached(const struct stitch *stitch);
/* Owner, when done: the last line. */
void stitch_end(struct lane_state *state, struct stitch *stitch);

/* The tally's samples from first on are of the frame at this offset. */
void samples_of_frame(struct tally *tally, uint32_t first, uint64_t frame);

/* Parses one whole line (CR and length looked at) of text with `breaks` bytes
 * of line end behind it into batch and tally. */
void line_take(struct lane_state *state, const uint8_t *text, uint64_t size,
               uint64_t stored, uint32_t breaks, struct batch *batch,
               struct tally *tally);

#endif
