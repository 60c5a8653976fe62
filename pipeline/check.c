#include "pipeline/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr,
            "sandpiper: this is a bug of ours: %s does not hold (%s:%d). "
            "Nothing was published.\n",
            condition, file, line);
    abort();
}
