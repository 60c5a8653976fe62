#ifndef SANDPIPER_STAGES_DAMAGE_H
#define SANDPIPER_STAGES_DAMAGE_H

#include "stages/run.h"

/*
 * What becomes of damaged frames (--damaged).
 *
 * salvage  of a rejected frame, the text that was decoded before the damage
 *          is read as if the frame had ended there, followed by a loss: whole
 *          lines in it count, the line that is open at its end counts only if
 *          it is whole by itself (stitch.h). The frame stays rejected, and its
 *          bytes too; beside them stands what was salvaged.
 * fail     the first rejected frame ends the run (CODE_REJECTS).
 *
 * How much text was decoded depends on the frame's bytes alone: whole blocks
 * of zstd and bzip2, and every symbol of deflate, before the one that failed;
 * all of it where only the checksum at the end is wrong.
 */

/* The columns that salvaged text fills, taken before and after. */
struct salvaged salvaged_since(const struct tally *tally,
                               const struct salvaged *before);
void salvaged_add(struct salvaged *into, const struct salvaged *more);

/* Says that a frame, or bytes that are none, were rejected: with fail, the
 * fault comes up. Any lane. */
void damage_found(struct run *run, const char *shard, uint64_t offset,
                  enum frame_reason reason);
/* Says so of what was found before, by another process; one thread. */
void damage_found_before(struct run *run);

#endif
