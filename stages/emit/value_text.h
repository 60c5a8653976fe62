#ifndef SANDPIPER_STAGES_EMIT_VALUE_TEXT_H
#define SANDPIPER_STAGES_EMIT_VALUE_TEXT_H

#include "stages/units.h"

/* Values as outputs print them, for writers that take values: what is read
 * from a database equals what stands in the CSV. */
#define VALUE_TEXT_MAX 64

/* A value that is neither null nor TEXT; the bytes written. */
size_t value_text(char text[VALUE_TEXT_MAX], enum column_type type,
                  const struct value *value);
/* A REAL, rounded to the digits that are printed. */
double value_as_printed(const struct value *value);

#endif
