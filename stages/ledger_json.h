#ifndef SANDPIPER_STAGES_LEDGER_JSON_H
#define SANDPIPER_STAGES_LEDGER_JSON_H

#include "stages/json_memory.h"
#include "stages/ledger.h"

#include <jansson.h>

/*
 * What ledger.json and manifest.json share; nobody else includes this.
 * jansson's calls take over references; json_memory.h tells their failure, from
 * json_memory_begin to ledger_dump.
 */
void ledger_put(json_t *object, const char *key, uint64_t number);
/* Non-zero counts by name. */
json_t *ledger_by_name(const uint64_t *counts, int first, int count,
                       const char *(*name)(int));
const char *ledger_control(int kind);
const char *ledger_dialect(int dialect);
const char *ledger_kind(int kind);
/* A name is bytes: what is no UTF-8 shows as U+FFFD. Given (free); NULL: out
 * of memory. */
char *ledger_shown_name(const char *name);
/* Adds the document with a line feed, if no memory lacked; frees it. */
bool ledger_dump(json_t *root, struct output *output);

#endif
