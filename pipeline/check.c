#include "pipeline/check.h"

#include "pipeline/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr,
            "sandpiper: this is a bug of ours: %s does not hold (%s:%d). "
            "Nothing was published. (exit %d: %s)\n",
            condition, file, line, (int)CODE_BUG,
            exit_code_sentence(CODE_BUG));
    if (CHECK_ABORTS || getenv("SANDPIPER_ABORT"))
        abort();
    /* At once: other threads still run, and no handler of theirs may. */
    _exit(CODE_BUG);
}
