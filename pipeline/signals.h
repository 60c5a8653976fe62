#ifndef SANDPIPER_PIPELINE_SIGNALS_H
#define SANDPIPER_PIPELINE_SIGNALS_H

#include "pipeline/fault.h"

#include <stdbool.h>

/*
 * SIGINT and SIGTERM ask the run to stop: they are noted, and whoever polls
 * (the reporter of progress.h, five times a second) makes a fault of them,
 * which the lanes obey at their next step. A second SIGINT ends the process
 * at once. SIGPIPE and SIGXFSZ are ignored; writing says EPIPE and EFBIG
 * instead.
 *
 * A SIGINT that was ignored at the start stays ignored: that is how a shell
 * starts what runs in the background.
 */
void signals_install(void);

/* The signal that asked to stop, or 0. Any thread. */
int signals_noted(void);

/* Raises CODE_STOPPED once a signal was noted; true then. Any thread. */
bool signals_poll(struct fault *fault);

#endif
