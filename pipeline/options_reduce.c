#include "pipeline/options_parts.h"

#include <stddef.h>

static const struct argp_option REDUCE_OPTIONS[] = {
    {"state", KEY_STATE, "DIR", 0,
     "What a finished run kept (default: in the output directory)", 0},
    WHAT_IS_WRITTEN,
    HOW_IT_RUNS,
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char REDUCE_DOC[] =
    "Writes the outputs again from what a run kept, with another UTC offset, "
    "core list, format or set of tables, without reading a shard."
    "\v"
    "What was decided while shards were read stays: --since, --until, "
    "--line-max, and which @handles were looked for (lists of ids may "
    "change).\n\n"
    "Example: sandpiper reduce --state features/.sandpiper-state -o utc "
    "--utc-offset Z";

static error_t reduce_option(int key, char *text, struct argp_state *state)
{
    const struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_ARGS:
        argp_error(state, "no shard is read: give --state and -o alone");
        return 0;
    case ARGP_KEY_END:
        if (!options->output && !options->plan_only)
            argp_error(state, "say where the outputs go: -o DIR");
        return 0;
    default:
        return options_take(key, text, state);
    }
}

const struct argp OPTIONS_OF_REDUCE = {REDUCE_OPTIONS, reduce_option, NULL,
                                       REDUCE_DOC, NULL, NULL, NULL};
