#ifndef SANDPIPER_STAGES_PARSE_PYTHON_LIST_H
#define SANDPIPER_STAGES_PARSE_PYTHON_LIST_H

#include "stages/units.h"

/*
 * A list of strings and numbers as Python's repr writes it, or as JSON does:
 *
 *   list   = "[" [ item { "," item } [ "," ] ] "]"     white space between
 *   item   = [ "u" | "U" ] string | number
 *   string = '...' or "..." on one line
 *   number = as RFC 8259, section 6, has it; its text is the item
 *
 * Escapes in a string are Python's (reference, section 2.4.1): \\ \' \" \a \b
 * \f \n \r \t \v, \ooo, \xhh, \uhhhh, \Uhhhhhhhh, and \ before the end of a
 * line, which is nothing; before any other letter \ stands for itself. \N{...}
 * is malformed here. In a JSON list they are JSON's, and the comma before ]
 * is malformed. A lone surrogate becomes U+FFFD, a pair its code point.
 */
struct python_list {
    const uint8_t *at, *end;
    bool json;
    bool begun;
};

struct python_list python_list_of(struct text text, bool json);

/* 1: the next item, borrowed from the list's text, or from out, where it is
 * decoded if it holds escapes (room for the list's bytes); 0: the list is over;
 * -1: it is malformed. Reads 16 bytes into the padding behind the text. */
int python_list_next(struct python_list *list, uint8_t *out,
                     struct text *item);

#endif
