#ifndef SANDPIPER_STAGES_JSON_MEMORY_H
#define SANDPIPER_STAGES_JSON_MEMORY_H

#include <stdbool.h>

/*
 * Whether a JSON document was made with all the memory that it asked for.
 *
 * jansson's calls that take over references fail without a word: where an
 * object, a string or a number could not be made, the member that would hold
 * it is missing, and what is written is valid JSON that says less. So its
 * allocator notes each failure, and a document that was begun is only
 * written if none was noted.
 *
 * The note is the calling thread's. No allocation is held here.
 */
void json_memory_begin(void);

/* For what is allocated beside jansson for the same document. */
void json_memory_lacks(void);

/* Whether all was there since json_memory_begin. */
bool json_memory_sufficed(void);

#endif
