#include "pipeline/options_parts.h"

#include <stdlib.h>
#include <string.h>

static const struct argp_option FILTER_OPTIONS[] = {
    {"output", KEY_OUTPUT, "DIR", 0,
     "Where the outputs go. Made if it is not there; an older set stays whole "
     "until the new one is complete.", 0},
    {"accounts", KEY_ACCOUNTS, "FILE", 0,
     "Posts by these accounts: one id or @handle a line", 0},
    {"hashtag", KEY_HASHTAG, "TAG", 0,
     "Posts with this hashtag, in upper or lower case; may be given several "
     "times: posts with any of them", 0},
    {"word", KEY_WORD, "TEXT", 0,
     "Posts whose text holds this, in upper or lower case, be it a part of a "
     "word; may be given several times: posts with any of them", 0},
    {"since", KEY_SINCE, "TIME", 0,
     "Posts of this time and later: 2020-01-31 or 2020-01-31T08:30:00Z", 0},
    {"until", KEY_UNTIL, "TIME", 0, "Posts before this time", 0},
    {"match", KEY_MATCH, "all|any", 0,
     "Of accounts, hashtags and words, all that are given must hold, or any "
     "of them (default all); the time must hold in any case", 0},
    {"line-max", KEY_LINE_MAX, "SIZE", 0,
     "Longer lines are rejected (default 16M)", 0},
    {"dict", KEY_DICT, "FILE", 0,
     "A dictionary for zstd frames that were made with it; may be given "
     "several times", 0},
    WHAT_IS_BAD,
    HOW_IT_RUNS,
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char FILTER_DOC[] =
    "Reads shards of posts and writes the lines of the posts asked for, as "
    "they are, to one zstd file for each shard in which there are any."
    "\v"
    SHARDS_AND_CODES
    "Example: sandpiper filter -o found --hashtag hongkong --since 2019-06-09 "
    "archive/";

/* Texts of an option that comes several times; as many as arguments are
 * enough. */
static void add_text(const char ***texts, size_t *count, const char *text,
                     struct argp_state *state)
{
    if (!*texts)
        *texts = calloc((size_t)state->argc, sizeof **texts);
    if (!*texts)
        argp_failure(state, EXIT_FAILURE, 0, "out of memory");
    else
        (*texts)[(*count)++] = text;
}

static error_t filter_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_HASHTAG:
        add_text(&options->hashtags, &options->hashtag_count, text, state);
        return 0;
    case KEY_WORD:
        add_text(&options->words, &options->word_count, text, state);
        return 0;
    case KEY_MATCH:
        options->match_any = strcmp(text, "any") == 0;
        if (!options->match_any && strcmp(text, "all"))
            argp_error(state, "--match %s: all or any", text);
        return 0;
    case ARGP_KEY_END:
        if (!options->accounts && !options->hashtag_count &&
            !options->word_count && !options->since && !options->until &&
            !options->plan_only)
            argp_error(state, "say what to filter by: --accounts, --hashtag, "
                              "--word, --since or --until");
        return options_end(options, state);
    default:
        return options_take(key, text, state);
    }
}

const struct argp OPTIONS_OF_FILTER = {FILTER_OPTIONS, filter_option,
                                       "SHARD...", FILTER_DOC, NULL, NULL,
                                       NULL};

void options_free(struct options *options)
{
    free(options->hashtags);
    free(options->words);
}
