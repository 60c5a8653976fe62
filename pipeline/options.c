#include "pipeline/options.h"

#include "pipeline/fault.h"
#include "pipeline/options_parts.h"

#include <stdlib.h>
#include <string.h>

uint64_t size_from_text(const char *text)
{
    uint64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
            return 0;
    if (at == text)
        return 0;
    static const char units[] = "KMGT";
    const char *unit = *at ? strchr(units, *at & ~0x20) : NULL;
    int shift = unit ? 10 * (int)(unit - units + 1) : 0;
    at += unit != NULL;
    if (unit && (strcmp(at, "iB") == 0 || strcmp(at, "B") == 0))
        at += strlen(at);
    if (*at || (shift && number >> (64 - shift)))
        return 0;
    return number << shift;
}

static int two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + text[1] - '0';
}

bool offset_from_text(const char *text, int32_t *minutes)
{
    if (strcmp(text, "Z") == 0) {
        *minutes = 0;
        return true;
    }
    if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') ||
        text[3] != ':')
        return false;
    int hour = two_digits(text + 1), minute = two_digits(text + 4);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || minute % 15)
        return false;
    *minutes = (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static const struct argp_option RUN_OPTIONS[] = {
    WHAT_IS_WRITTEN,
    {"since", KEY_SINCE, "TIME", 0,
     "Leave out what is before: 2020-01-31 or 2020-01-31T08:30:00Z", 0},
    {"until", KEY_UNTIL, "TIME", 0, "Leave out this time and what is after",
     0},
    {"line-max", KEY_LINE_MAX, "SIZE", 0,
     "Longer lines are rejected (default 16M)", 0},
    {"dict", KEY_DICT, "FILE", 0,
     "A dictionary for zstd frames that were made with it; may be given "
     "several times", 0},
    WHAT_IS_BAD,
    {NULL, 0, NULL, 0, "What is kept, to go on after a stop, to add shards, "
     "or to reduce again:", 2},
    {"state", KEY_STATE, "DIR", 0,
     "Where it is kept (default: in the output directory)", 2},
    {"add", KEY_ADD, NULL, 0,
     "These shards too: those of the state are not read again", 2},
    {"restart", KEY_RESTART, NULL, 0,
     "Remove what was kept, and read everything", 2},
    {"no-state", KEY_NO_STATE, NULL, 0,
     "Keep nothing: a run that is stopped begins anew", 2},
    {"commit", KEY_COMMIT, "SIZE", 0,
     "Keep what was read each time so much of the shards was read (default: "
     "1G or 30 seconds)", 2},
    HOW_IT_RUNS,
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char RUN_DOC[] =
    "Reads shards of posts and writes one row of features per account."
    "\v"
    SHARDS_AND_CODES
    "Example: sandpiper run -o features archive/";

static unsigned format_named(const char *name)
{
    static const char *const names[OPTION_FORMATS] = {"csv", "jsonl",
                                                      "sqlite", "parquet"};
    for (unsigned i = 0; i < OPTION_FORMATS; i++)
        if (strcmp(name, names[i]) == 0)
            return 1u << i;
    return 0;
}

static void parse_formats(struct options *options, char *list,
                          struct argp_state *state)
{
    options->formats = 0;
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        unsigned format = format_named(name);
        if (!format)
            argp_error(state, "--format %s: there is csv, jsonl, sqlite and "
                              "parquet", name);
        options->formats |= format;
    }
    if (!options->formats)
        argp_error(state, "--format: name csv, jsonl, sqlite or parquet");
}

static void parse_min_posts(struct options *options, const char *text,
                            struct argp_state *state)
{
    options->min_posts = size_from_text(text);
    if (!options->min_posts)
        argp_error(state, "--min-posts %s: a number from 1 on", text);
}

static void add_dictionary(struct options *options, const char *text,
                           struct argp_state *state)
{
    if (options->dictionary_count == OPTION_DICTIONARIES_MAX)
        argp_error(state, "--dict: no more than %d", OPTION_DICTIONARIES_MAX);
    options->dictionaries[options->dictionary_count++] = text;
}

/* Where the text of a plain option is kept; NULL: it is none. */
static const char **text_option(struct options *options, int key)
{
    switch (key) {
    case KEY_OUTPUT:
        return &options->output;
    case KEY_STATE:
        return &options->state;
    case KEY_ISA:
        return &options->isa;
    case KEY_TABLES:
        return &options->tables;
    case KEY_COLUMNS:
        return &options->columns;
    case KEY_CORE:
        return &options->core;
    case KEY_ACCOUNTS:
        return &options->accounts;
    case KEY_PSEUDONYMS:
        return &options->pseudonyms;
    case KEY_SINCE:
        return &options->since;
    case KEY_UNTIL:
        return &options->until;
    case KEY_TIME_ZONE:
        return &options->time_zone;
    default:
        return NULL;
    }
}

/* The same of an option without a text. */
static bool *flag_option(struct options *options, int key)
{
    switch (key) {
    case KEY_NO_STATE:
        return &options->no_state;
    case KEY_ADD:
        return &options->add;
    case KEY_RESTART:
        return &options->restart;
    case KEY_PLAN:
        return &options->plan_only;
    case KEY_PROFILE:
        return &options->profile;
    case KEY_JSON:
        return &options->json;
    case KEY_FULL:
        return &options->full;
    case KEY_QUIET:
        return &options->quiet;
    default:
        return NULL;
    }
}

static void parse_threads(struct options *options, const char *text,
                          struct argp_state *state)
{
    char *end;
    unsigned long threads = strtoul(text, &end, 10);
    if (*end || end == text || text[0] == '-' || threads < 1 ||
        threads > 1024)
        argp_error(state, "--threads %s: a number from 1 to 1024", text);
    options->threads = (uint32_t)threads;
}

static void check_state(const struct options *options,
                        struct argp_state *state)
{
    if (options->no_state && (options->state || options->add))
        argp_error(state, "--no-state, and --state or --add: choose one");
    if (options->add && options->restart)
        argp_error(state, "--add keeps what there is, --restart removes it: "
                          "choose one");
}

error_t options_end(const struct options *options, struct argp_state *state)
{
    check_state(options, state);
    if (!options->output && !options->plan_only)
        argp_error(state, "say where the outputs go: -o DIR");
    if (options->input_count == 0 && !options->plan_only)
        argp_error(state, "name at least one shard, folder, @LIST or -");
    return 0;
}

error_t options_take(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **place = text_option(options, key);
    bool *flag = flag_option(options, key);
    if (place || flag) {
        if (place)
            *place = text;
        else
            *flag = true;
        return 0;
    }
    switch (key) {
    case KEY_THREADS:
        parse_threads(options, text, state);
        return 0;
    case KEY_MEMORY:
        options->memory_bytes = size_from_text(text);
        if (!options->memory_bytes)
            argp_error(state, "--memory %s: a size such as 512M or 16G", text);
        return 0;
    case KEY_LINE_MAX:
        options->line_bytes_max = size_from_text(text);
        if (!options->line_bytes_max)
            argp_error(state, "--line-max %s: a size such as 16M", text);
        return 0;
    case KEY_UTC_OFFSET:
        if (!offset_from_text(text, &options->utc_offset_minutes))
            argp_error(state, "--utc-offset %s: such as +08:00 or -03:30, in "
                              "steps of 15 minutes", text);
        return 0;
    case KEY_FORMAT:
        parse_formats(options, text, state);
        return 0;
    case KEY_IO:
        if (strcmp(text, "auto") && strcmp(text, "uring") &&
            strcmp(text, "pread"))
            argp_error(state, "--io %s: auto, uring or pread", text);
        options->io = text;
        return 0;
    case KEY_DICT:
        add_dictionary(options, text, state);
        return 0;
    case KEY_MIN_POSTS:
        parse_min_posts(options, text, state);
        return 0;
    case KEY_COMMIT:
        options->commit_bytes = size_from_text(text);
        if (!options->commit_bytes)
            argp_error(state, "--commit %s: a size such as 64M or 1G", text);
        return 0;
    case KEY_DAMAGED:
        options_take_damaged(options, text, state);
        return 0;
    case KEY_MAX_REJECTS:
        options_take_max_rejects(options, text, state);
        return 0;
    case ARGP_KEY_ARGS:
        options->inputs = state->argv + state->next;
        options->input_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        return options_end(options, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char USAGE[] =
    "Usage: sandpiper run -o DIR SHARD...\n"
    "       sandpiper reduce --state DIR -o DIR\n"
    "       sandpiper filter -o DIR CONDITION... SHARD...\n"
    "       sandpiper verify SHARD...\n"
    "       sandpiper inspect SHARD...\n"
    "\n"
    "Per-account features from zstd archives of posts.\n"
    "\n"
    "  run        read shards, write one row of features per account\n"
    "  reduce     write the features again from what a run kept, reading no "
    "shard\n"
    "  filter     read shards, write the lines of the posts asked for\n"
    "  verify     decode and check every frame, say what is damaged\n"
    "  inspect    say what shards are made of, without reading all of them\n"
    "  help       this page (sandpiper run --help has the options)\n"
    "  version    the version\n"
    "\n"
    "Example: sandpiper run -o features archive/\n"
    "The man page has more: man sandpiper\n";

static int say(FILE *stream, int exit_code, int *out)
{
    fputs(USAGE, stream);
    *out = exit_code;
    return 1;
}

static bool is_word(const char *text, const char *word)
{
    return strcmp(text, word) == 0 ||
           (text[0] == '-' && text[1] == '-' && strcmp(text + 2, word) == 0);
}

int options_read(struct options *options, int argc, char **argv,
                 int *exit_code)
{
    *options = (struct options){.utc_offset_minutes = 8 * 60,
                                .formats = OPTION_CSV, .io = "auto"};
    argp_err_exit_status = CODE_USAGE;
    if (argc < 2)
        return say(stderr, CODE_USAGE, exit_code);
    if (is_word(argv[1], "help") || strcmp(argv[1], "-h") == 0)
        return say(stdout, CODE_DONE, exit_code);
    if (is_word(argv[1], "version") || strcmp(argv[1], "-V") == 0) {
        puts("sandpiper " SANDPIPER_VERSION);
        *exit_code = CODE_DONE;
        return 1;
    }
    static const struct argp run = {RUN_OPTIONS, options_take, "SHARD...",
                                    RUN_DOC, NULL, NULL, NULL};
    static const struct {
        const char *name, *title;
        enum command command;
        const struct argp *argp;
    } commands[] = {
        {"run", "sandpiper run", COMMAND_RUN, &run},
        {"reduce", "sandpiper reduce", COMMAND_REDUCE, &OPTIONS_OF_REDUCE},
        {"filter", "sandpiper filter", COMMAND_FILTER, &OPTIONS_OF_FILTER},
        {"verify", "sandpiper verify", COMMAND_VERIFY, &OPTIONS_OF_VERIFY},
        {"inspect", "sandpiper inspect", COMMAND_INSPECT, &OPTIONS_OF_INSPECT},
    };
    size_t at = 0, count = sizeof commands / sizeof *commands;
    while (at < count && strcmp(argv[1], commands[at].name) != 0)
        at++;
    if (at == count) {
        fprintf(stderr, "sandpiper: there is no command '%s'; try sandpiper "
                        "help\n", argv[1]);
        *exit_code = CODE_USAGE;
        return 1;
    }
    options->command = commands[at].command;
    argv[1] = (char *)(uintptr_t)commands[at].title;
    /* Wrong usage ends in there; what comes back is ENOMEM. */
    if (!argp_parse(commands[at].argp, argc - 1, argv + 1, 0, NULL, options))
        return 0;
    fputs("sandpiper: out of memory while the options are read (exit 71: out "
          "of memory)\n", stderr);
    *exit_code = CODE_MEMORY;
    return 1;
}
