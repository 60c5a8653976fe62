#ifndef SANDPIPER_PIPELINE_OUTDIR_PARTS_H
#define SANDPIPER_PIPELINE_OUTDIR_PARTS_H

#include "pipeline/outdir.h"

/* What outdir.c and outfile.c share; nobody else includes this. */
const struct outdir_system *outdir_calls(const struct outdir *outdir);
/* Raises a fault "<doing> <name> in <path>"; returns false. */
bool outdir_fail(struct outdir *outdir, int error, const char *doing,
                 const char *name);
/* The fd of a new file of the set; -1: a fault was raised. later: its name is
 * not one of those that the set was begun with. */
int outdir_create_file(struct outdir *outdir, const char *name, bool later);
void outdir_file_ended(struct outdir *outdir, bool whole);

#endif
