#include "stages/split/split.h"

#include <string.h>

/* What a byte is to a row. */
enum { OTHER, QUOTE, COMMA, FEED };
static const uint8_t KINDS[256] = {['"'] = QUOTE, [','] = COMMA,
                                   ['\n'] = FEED};

/* The states behind a byte of each kind. */
#define S CSV_CELL_START
#define U CSV_UNQUOTED
#define Q CSV_QUOTED
static const uint8_t NEXT[CSV_ANY + 1][4] = {
    [S] = {U, Q, S, S},
    [U] = {U, U, S, S},
    [Q] = {Q, S, Q, Q},
    [S | U] = {U, Q | U, S, S},
    [S | Q] = {U | Q, Q | S, S | Q, S | Q},
    [U | Q] = {U | Q, U | S, S | Q, S | Q},
    [S | U | Q] = {U | Q, S | U | Q, S | Q, S | Q},
};
#undef S
#undef U
#undef Q

bool csv_border_next(uint8_t *states, const uint8_t *text, size_t size,
                     size_t *at)
{
    uint8_t now = *states;
    for (size_t place = *at; place < size; place++) {
        if (now == CSV_QUOTED) {
            const uint8_t *quote = memchr(text + place, '"', size - place);
            if (!quote)
                break;
            place = (size_t)(quote - text);
        }
        uint8_t byte = text[place];
        bool border = byte == '\n' && !(now & CSV_QUOTED);
        now = NEXT[now][KINDS[byte]];
        if (border) {
            *states = now;
            *at = place + 1;
            return true;
        }
    }
    *states = now;
    *at = size;
    return false;
}
