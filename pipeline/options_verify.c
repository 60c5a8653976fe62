#include "pipeline/options_parts.h"

/* The commands that look at shards and write nothing. */

#define HOW_IT_LOOKS                                                           \
    {"dict", KEY_DICT, "FILE", 0,                                              \
     "A dictionary for zstd frames that were made with it; may be given "      \
     "several times", 0},                                                      \
    {NULL, 0, NULL, 0, "How it runs:", 1},                                     \
    {"threads", KEY_THREADS, "N", 0, "Lanes (default: one a core)", 1},        \
    {"memory", KEY_MEMORY, "SIZE", 0,                                          \
     "The budget, which bounds the windows of frames that are read (default: " \
     "three quarters of what the machine or cgroup has)", 1},                  \
    {"io", KEY_IO, "HOW", 0, "auto, uring or pread (default auto)", 1},        \
    {"plan", KEY_PLAN, NULL, 0,                                                \
     "Print lanes, cores, buffers and memory, and end", 1}

static const struct argp_option VERIFY_OPTIONS[] = {
    {"json", KEY_JSON, NULL, 0,
     "Print the report of all shards as one JSON document", 0},
    HOW_IT_LOOKS,
    {"quiet", KEY_QUIET, NULL, 0,
     "No progress; print damaged shards alone; warnings still come", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char VERIFY_DOC[] =
    "Decodes every frame of the shards, compares checksums, and says which "
    "shards are damaged, where and why. Nothing is parsed, and nothing is "
    "written but the report on standard output."
    "\v"
    SHARDS_AND_CODES
    "Of verify 0 means that all is whole, and 65 that something was rejected."
    "\n\n"
    "Example: sandpiper verify archive/";

static const struct argp_option INSPECT_OPTIONS[] = {
    {"json", KEY_JSON, NULL, 0,
     "Print what was found of all shards as one JSON document", 0},
    {"full", KEY_FULL, NULL, 0,
     "Look at every frame and member, however large a shard is", 0},
    HOW_IT_LOOKS,
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char INSPECT_DOC[] =
    "Says what shards are made of: container, frames, windows, checksums, "
    "dictionaries, and of the first records the framing and the dialects. It "
    "reads the beginning of each shard, the headers of frames there, and "
    "decodes a little."
    "\v"
    SHARDS_AND_CODES
    "What is damaged is told and does not change the exit code.\n\n"
    "Example: sandpiper inspect archive/";

static error_t look_option(int key, char *text, struct argp_state *state)
{
    const struct options *options = state->input;
    if (key != ARGP_KEY_END)
        return options_take(key, text, state);
    if (options->input_count == 0 && !options->plan_only)
        argp_error(state, "name at least one shard, folder, @LIST or -");
    return 0;
}

const struct argp OPTIONS_OF_VERIFY = {VERIFY_OPTIONS, look_option,
                                       "SHARD...", VERIFY_DOC, NULL, NULL,
                                       NULL};
const struct argp OPTIONS_OF_INSPECT = {INSPECT_OPTIONS, look_option,
                                        "SHARD...", INSPECT_DOC, NULL, NULL,
                                        NULL};
