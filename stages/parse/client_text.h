#ifndef SANDPIPER_STAGES_PARSE_CLIENT_TEXT_H
#define SANDPIPER_STAGES_PARSE_CLIENT_TEXT_H

#include "stages/units.h"

/*
 * The client of a v1.1 `source`: the text of its anchor (<a ...>text</a>, the
 * whole of the source), without white space (Unicode White_Space) around it;
 * a source that is no anchor as it stands. Size 0: no client. Borrows.
 */
struct text client_of_source(struct text source);

#endif
