#ifndef SANDPIPER_STAGES_REDUCE_CLIENT_CLASS_H
#define SANDPIPER_STAGES_REDUCE_CLIENT_CLASS_H

#include "stages/hash.h"
#include "stages/units.h"

/*
 * What kind of program a post was made with, by the exact name of the client:
 * the table stages/reduce/clients.tsv, whose bytes are compiled in and searched
 * as they are. A name that is not in it is CLIENT_OTHER.
 */

/* In the order of their names, as bytes. */
enum client_class { CLIENT_AUTOMATION, CLIENT_MOBILE, CLIENT_OTHER,
                    CLIENT_WEB, CLIENT_CLASSES };
extern const char *const CLIENT_CLASS_NAMES[CLIENT_CLASSES];

enum client_class client_class_of(struct text client);
/* The table's bytes, comment included, and their XXH3-128. */
struct text client_table(void);
struct hash128 client_table_digest(void);

#endif
