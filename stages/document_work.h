#ifndef SANDPIPER_STAGES_DOCUMENT_WORK_H
#define SANDPIPER_STAGES_DOCUMENT_WORK_H

#include "stages/text_work.h"

/*
 * A shard that is one JSON document (or a sequence of them) over many lines.
 * Where an element begins is known only from all that stands before it, so
 * its frames are decoded one after the other by the shard's owner, and the
 * elements are parsed there. What a frame's elements say is applied when the
 * frame ended well; an element that ends in it counts with it. Behind a lost
 * frame the structure is not known: the rest of the text is one rejected line
 * (framing_lost). Of a salvaged frame (damage.h) the elements that end in its
 * text before the damage count.
 */
struct document_work {
    struct lane_state *state;
    struct text_work *text;      /* where batches wait until the frame ends */
    struct tally *tally;         /* the shard's */
    struct tally frame;          /* of the frame at hand */
    struct document document;
    struct fragment open;        /* an element whose end has not come */
    uint64_t gap;                /* bytes between elements, not counted yet */
    bool at_start, lost;
    uint64_t lost_bytes;
    uint64_t sure_bytes;         /* of frames that count, not counted yet */
};

void document_begin(struct document_work *work, struct lane_state *state,
                    struct text_work *text, struct tally *tally);
void document_take(struct document_work *work, const uint8_t *text,
                   size_t size);
/* The frame at hand, which starts at this offset, ended, well or not; its
 * piece says whether it is salvaged, and gets what was. */
void document_frame_end(struct document_work *work, struct piece *piece,
                        bool well, uint64_t frame);
/* Text is missing here. */
void document_loss(struct document_work *work);
/* The end of the shard: what is open is the last element. Frees. */
void document_end(struct document_work *work);

#endif
