#include "gen_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"

static const char usage[] =
    "usage: sandpiper-generate [OPTION]... -o DIR\n"
    "\n"
    "Writes an archive of v1.1 posts into DIR, with a planted campaign, and beside\n"
    "it what was planted and planned (*.truth, core.list). The same seed and\n"
    "options give the same bytes, whatever the number of threads.\n"
    "\n"
    "What to write\n"
    "  --seed N            seed of everything that is drawn (default 1)\n"
    "  --posts N           posts of ordinary accounts (default 100000); those of\n"
    "                      the campaign come on top\n"
    "  --bytes SIZE        about so much text instead, campaign included\n"
    "  --accounts N        ordinary accounts (default posts / 20)\n"
    "  --campaign N        planted accounts, lookalikes included (default 175; 0\n"
    "                      for none); below a range of three years no `bought`\n"
    "                      account is planted\n"
    "  --specimens on|off  and one account of each rare shape (default on)\n"
    "  --from, --to DATE   first day, and the day after the last one\n"
    "                      (default 2015-01-01 and 2020-06-01)\n"
    "  --deletes X         delete notices per post (default 0.1)\n"
    "  --duplicates X      share of lines written twice (default 0.001)\n"
    "  --line-ends crlf|lf default crlf, as the stream has\n"
    "  --dialect v11       statuses of the v1.1 stream (default)\n"
    "            v2        the same posts as records of the v2 stream, or\n"
    "            io        as CSV of the information-operations archive, profiles\n"
    "                      as of the archive's end; neither has delete notices.\n"
    "                      Sizes asked for are those of v11\n"
    "\n"
    "How to pack it\n"
    "  -o, --output DIR    made if missing; refused if not empty\n"
    "  --force             write into it all the same, over files of that name\n"
    "  --layout shards     one frame a file (default)\n"
    "           frames     many frames a file\n"
    "           giant      one frame in one file\n"
    "           plain      text\n"
    "  --files N           so many files of about equal size, or\n"
    "  --shard-bytes SIZE  about so much text a file (default 64M)\n"
    "  --frame-bytes SIZE  about so much text a frame (default 4M)\n"
    "  --cut-anywhere      frames end inside lines (layout frames)\n"
    "  --checksum on|off   default on\n"
    "  --content-size on|off  size of the text in the frame header (default off)\n"
    "  --level L           zstd level (default 3)\n"
    "  --window-log W      10 to 31 (default: as the level says)\n"
    "  --threads N         workers that render and compress (default 1)\n"
    "\n"
    "SIZE may end in K, M, G or T (powers of 1024).\n"
    "Exit codes: 0 done, 64 usage, 73 output not writable, 74 input or output "
    "failed.\n";

enum {
    OPT_SEED = 256, OPT_POSTS, OPT_BYTES, OPT_ACCOUNTS, OPT_CAMPAIGN, OPT_SPECIMENS, OPT_FROM,
    OPT_TO, OPT_DELETES, OPT_DUPLICATES, OPT_LINE_ENDS, OPT_DIALECT, OPT_FORCE, OPT_LAYOUT,
    OPT_FILES, OPT_SHARD_BYTES, OPT_FRAME_BYTES, OPT_CUT_ANYWHERE, OPT_CHECKSUM,
    OPT_CONTENT_SIZE, OPT_LEVEL, OPT_WINDOW_LOG, OPT_THREADS, OPT_HELP,
};

static const struct option long_options[] = {
    {"seed", required_argument, NULL, OPT_SEED},
    {"posts", required_argument, NULL, OPT_POSTS},
    {"bytes", required_argument, NULL, OPT_BYTES},
    {"accounts", required_argument, NULL, OPT_ACCOUNTS},
    {"campaign", required_argument, NULL, OPT_CAMPAIGN},
    {"specimens", required_argument, NULL, OPT_SPECIMENS},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"deletes", required_argument, NULL, OPT_DELETES},
    {"duplicates", required_argument, NULL, OPT_DUPLICATES},
    {"line-ends", required_argument, NULL, OPT_LINE_ENDS},
    {"output", required_argument, NULL, 'o'},
    {"dialect", required_argument, NULL, OPT_DIALECT},
    {"force", no_argument, NULL, OPT_FORCE},
    {"layout", required_argument, NULL, OPT_LAYOUT},
    {"files", required_argument, NULL, OPT_FILES},
    {"shard-bytes", required_argument, NULL, OPT_SHARD_BYTES},
    {"frame-bytes", required_argument, NULL, OPT_FRAME_BYTES},
    {"cut-anywhere", no_argument, NULL, OPT_CUT_ANYWHERE},
    {"checksum", required_argument, NULL, OPT_CHECKSUM},
    {"content-size", required_argument, NULL, OPT_CONTENT_SIZE},
    {"level", required_argument, NULL, OPT_LEVEL},
    {"window-log", required_argument, NULL, OPT_WINDOW_LOG},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char *const layout_names[] = {"shards", "frames", "giant", "plain"};

static const char *const dialect_names[] = {"v11", "v2", "io"};

const char *gen_dialect_name(enum gen_dialect dialect)
{
    return dialect_names[dialect];
}

const char *gen_layout_name(enum gen_layout layout)
{
    return layout_names[layout];
}

static bool parse_number(const char *text, uint64_t least, uint64_t most,
                         uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-' &&
           *value >= least && *value <= most;
}

static bool parse_size(const char *text, uint64_t *value)
{
    static const char units[] = "KMGT";
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *text == '-' || *value == 0) {
        return false;
    }
    if (*end != '\0') {
        const char *unit = strchr(units, *end);
        if (unit == NULL || end[1] != '\0') {
            return false;
        }
        unsigned shift = 10 * (unsigned)(unit - units + 1);
        if (*value > UINT64_MAX >> shift) {
            return false;
        }
        *value <<= shift;
    }
    return true;
}

static bool parse_share(const char *text, uint32_t *per_million)
{
    char *end;
    double share = strtod(text, &end);
    if (end == text || *end != '\0' || !(share >= 0 && share <= 1)) {
        return false;
    }
    *per_million = (uint32_t)(share * 1e6 + 0.5);
    return true;
}

/* One of two words: `yes` gives true. */
static bool parse_choice(const char *text, const char *yes, const char *no,
                         bool *value)
{
    *value = strcmp(text, yes) == 0;
    return *value || strcmp(text, no) == 0;
}

/* Which of `count` names it is; -1: none. */
static int find_name(const char *text, const char *const *names, int count)
{
    while (count > 0 && strcmp(text, names[count - 1]) != 0) {
        count--;
    }
    return count - 1;
}

static bool parse_layout(const char *text, enum gen_layout *layout)
{
    int found = find_name(text, layout_names, 4);
    *layout = found < 0 ? GEN_SHARDS : (enum gen_layout)found;
    return found >= 0;
}

static bool parse_dialect(const char *text, enum gen_dialect *dialect)
{
    int found = find_name(text, dialect_names, 3);
    *dialect = found < 0 ? GEN_V11 : (enum gen_dialect)found;
    return found >= 0;
}

static bool parse_small(const char *text, int least, int most, int *value)
{
    char *end;
    long number = strtol(text, &end, 10);
    *value = (int)number;
    return end != text && *end == '\0' && number >= least && number <= most;
}

/* True if the option's value is good. */
static bool parse_option(struct gen_options *options, int option, const char *text)
{
    uint64_t threads;
    switch (option) {
    case OPT_SEED: return parse_number(text, 0, UINT64_MAX, &options->seed);
    case OPT_POSTS: return parse_number(text, 0, GEN_POSTS_MAX, &options->posts);
    case OPT_BYTES: return parse_size(text, &options->bytes);
    case OPT_ACCOUNTS:
        return parse_number(text, 1, GEN_ACCOUNTS_MAX, &options->accounts);
    case OPT_CAMPAIGN: return parse_number(text, 0, 100000, &options->campaign);
    case OPT_SPECIMENS: return parse_choice(text, "on", "off", &options->specimens);
    case OPT_FROM: return gen_date_parse(text, &options->from);
    case OPT_TO: return gen_date_parse(text, &options->to);
    case OPT_DELETES: return parse_share(text, &options->deletes_ppm);
    case OPT_DUPLICATES: return parse_share(text, &options->duplicates_ppm);
    case OPT_LINE_ENDS: return parse_choice(text, "crlf", "lf", &options->crlf);
    case OPT_DIALECT: return parse_dialect(text, &options->dialect);
    case OPT_FORCE: options->force = true; return true;
    case OPT_LAYOUT: return parse_layout(text, &options->layout);
    case OPT_FILES: return parse_number(text, 1, 100000, &options->files);
    case OPT_SHARD_BYTES: return parse_size(text, &options->shard_bytes);
    case OPT_FRAME_BYTES: return parse_size(text, &options->frame_bytes);
    case OPT_CUT_ANYWHERE: options->cut_anywhere = true; return true;
    case OPT_CHECKSUM: return parse_choice(text, "on", "off", &options->checksum);
    case OPT_CONTENT_SIZE:
        return parse_choice(text, "on", "off", &options->content_size);
    case OPT_LEVEL: return parse_small(text, -7, 22, &options->level);
    case OPT_WINDOW_LOG: return parse_small(text, 10, 31, &options->window_log);
    case OPT_THREADS:
        if (!parse_number(text, 1, 1024, &threads)) {
            return false;
        }
        options->threads = (unsigned)threads;
        return true;
    default: options->directory = text; return true;
    }
}

static enum gen_asked refuse(const char *why)
{
    fprintf(stderr, "sandpiper-generate: %s (see --help)\n", why);
    return GEN_ASKED_NONSENSE;
}

/* What only makes sense together. */
static enum gen_asked check_options(struct gen_options *options)
{
    if (options->directory == NULL) {
        return refuse("-o DIR is missing");
    }
    if (options->from < gen_date_ms(2011, 1, 1) ||
        options->to > gen_date_ms(2036, 1, 1) ||
        options->to - options->from < 7 * GEN_DAY_MS) {
        return refuse("--from and --to: a week at least, from 2011 to 2035");
    }
    if (options->cut_anywhere && options->layout != GEN_FRAMES) {
        return refuse("--cut-anywhere belongs to --layout frames");
    }
    if (options->content_size && options->layout == GEN_GIANT) {
        return refuse("--content-size on: a giant frame is written as it is "
                      "made, its size is not known");
    }
    if (options->files > 1 && options->layout == GEN_GIANT) {
        return refuse("--layout giant is one file");
    }
    if (options->bytes > GEN_POSTS_MAX * GEN_POST_BYTES_MEAN) {
        return refuse("--bytes is too large");
    }
    return GEN_ASKED_RUN;
}

enum gen_asked gen_options_parse(struct gen_options *options, int argc, char **argv)
{
    *options = (struct gen_options){
        .seed = 1,
        .posts = 100000,
        .campaign = 175,
        .specimens = true,
        .from = gen_date_ms(2015, 1, 1),
        .to = gen_date_ms(2020, 6, 1),
        .deletes_ppm = 100000,
        .duplicates_ppm = 1000,
        .shard_bytes = UINT64_C(64) << 20,
        .frame_bytes = UINT64_C(4) << 20,
        .checksum = true,
        .crlf = true,
        .level = 3,
        .threads = 1,
    };
    int option;
    int index = 0;
    while ((option = getopt_long(argc, argv, "o:h", long_options, &index)) != -1) {
        if (option == OPT_HELP || option == 'h') {
            fputs(usage, stdout);
            return GEN_ASKED_HELP;
        }
        if (option == '?') {
            return refuse("unknown option, or its value is missing");
        }
        if (!parse_option(options, option, optarg)) {
            fprintf(stderr, "sandpiper-generate: --%s: cannot use \"%s\"\n",
                    long_options[index].name, optarg);
            return GEN_ASKED_NONSENSE;
        }
    }
    if (optind < argc) {
        return refuse("there are no arguments besides options");
    }
    return check_options(options);
}
