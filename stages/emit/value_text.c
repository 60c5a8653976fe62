#include "stages/emit/value_text.h"

#include "stages/emit/number_text.h"
#include "stages/emit/output.h"

#include <stdlib.h>

_Static_assert(NUMBER_TEXT_MAX < VALUE_TEXT_MAX, "numbers fit");

size_t value_text(char text[VALUE_TEXT_MAX], enum column_type type,
                  const struct value *value)
{
    return (size_t)(write_value(text, type, value) - text);
}

double value_as_printed(const struct value *value)
{
    char text[VALUE_TEXT_MAX];
    text[value_text(text, COLUMN_REAL, value)] = 0;
    return strtod(text, NULL);
}
