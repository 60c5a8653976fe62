#ifndef SANDPIPER_STAGES_UNITS_H
#define SANDPIPER_STAGES_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The nouns in which the stages meet. A stage never includes its neighbour;
 * what passes between them is defined here, and nothing else is.
 *
 *   split -> struct line -> parse -> struct batch (observations, posts,
 *   notices) -> aggregate -> struct part_cursor (accounts with profile and
 *   facts) -> reduce -> rows -> emit
 *
 * Times are milliseconds since 1970 in UTC. A count is a non-negative
 * integer. What is unknown or null has one value of its own, below.
 */
#define TIME_NONE INT64_MIN
#define COUNT_NONE ((int64_t)-1)
#define TEXT_NONE UINT32_MAX          /* as a length: the text is unknown */
#define MS_PER_SECOND ((int64_t)1000)
#define MS_PER_DAY ((int64_t)86400000)

/* In the order in which rows are sorted: by the bytes of the name. */
enum platform { PLATFORM_BLUESKY, PLATFORM_REDDIT, PLATFORM_TWITTER };
#define PLATFORM_COUNT 3
static const char *const PLATFORM_NAMES[PLATFORM_COUNT] = {"bluesky", "reddit",
                                                           "twitter"};

/* Bytes of somebody else's text; not terminated, may hold NUL. */
struct text {
    const char *bytes;
    uint32_t size;
};

static inline int text_compare(struct text a, struct text b)
{
    uint32_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.bytes, b.bytes, least) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/*
 * An id of an account or a post. Decimal text without a leading zero that
 * fits 64 bits is carried as its number (text.size == 0); any other id as its
 * text. number == 0 and text.size == 0: no id.
 */
struct id {
    uint64_t number;
    struct text text;
};
#define ID_DIGITS_MAX 20

static inline bool id_known(struct id id)
{
    return id.number || id.text.size;
}

/* Writes the id's text to out (ID_DIGITS_MAX bytes, used for numbers);
 * returns the text (borrowed from out or from the id). */
struct text id_text(struct id id, char out[ID_DIGITS_MAX]);
/* The id whose text this is (borrows bytes). "" gives no id. */
struct id id_from_text(struct text text);
/* Bytewise order of the ids' texts: the order of rows. */
int id_compare_bytes(struct id a, struct id b);
/* The order of posts: ids that are all digits first, as numbers, then the
 * others bytewise. ("2" < "10" < "1a" < "2" would be no order.) */
int id_compare(struct id a, struct id b);
bool id_equal(struct id a, struct id b);
/* Numbers by SplitMix64's finaliser, texts by XXH3-64, seeded with the
 * platform: an account's partition, and in tables (mixed with the run's own
 * seed) its slot. The same value in every process. */
uint64_t id_hash(enum platform platform, struct id id);

/* ---- parse -> aggregate ------------------------------------------------ */

/* The counts of a profile, in this order everywhere. */
enum profile_count {
    COUNT_FOLLOWERS,
    COUNT_FRIENDS,
    COUNT_STATUSES,
    COUNT_FAVOURITES,
    COUNT_LISTED,
    PROFILE_COUNTS
};
enum profile_text {
    TEXT_SCREEN_NAME,
    TEXT_DISPLAY_NAME,
    TEXT_DESCRIPTION,
    TEXT_LOCATION,
    TEXT_URL,
    PROFILE_TEXTS
};
#define PROFILE_DISTINCTS 4     /* the first four texts are counted */
enum profile_flag {
    FLAG_DEFAULT_PROFILE,
    FLAG_DEFAULT_PROFILE_IMAGE,
    FLAG_VERIFIED,
    FLAG_PROTECTED,
    PROFILE_FLAGS
};
#define FLAG_NONE 2             /* a flag's value: 0, 1 or not known */

/* The greatest engagement seen on a post, in the order of the columns. */
enum engagement { ENGAGEMENT_RETWEETS, ENGAGEMENT_FAVORITES, ENGAGEMENTS };

/*
 * One sight of an account's profile. A snapshot is a profile that an archive
 * repeats beside every post, whatever the post's time was: it tells the last
 * values and created_at, not first, least and greatest ones. Without a time
 * (t_obs == TIME_NONE, a row of a users file) it tells only what no sight
 * with a time has told.
 */
struct observation {
    enum platform platform;
    bool author;                /* of the outer post; else embedded */
    bool snapshot;
    struct id id;
    int64_t t_obs;              /* ms, or TIME_NONE */
    int64_t created_at;         /* ms or TIME_NONE */
    int64_t engagement[ENGAGEMENTS];    /* of the post it stands at, written
                                 * by this account; or COUNT_NONE */
    int64_t counts[PROFILE_COUNTS];     /* or COUNT_NONE */
    uint8_t flags[PROFILE_FLAGS];       /* 0, 1, FLAG_NONE */
    struct text texts[PROFILE_TEXTS];   /* UTF-8; size TEXT_NONE: unknown */
};

enum post_kind { KIND_ORIGINAL, KIND_QUOTE, KIND_REPLY, KIND_RETWEET };
#define POST_KINDS 4

/* Letters are counted by script, in the order of the columns. */
enum script { SCRIPT_HAN, SCRIPT_KANA, SCRIPT_HANGUL, SCRIPT_CYRILLIC,
              SCRIPT_ARABIC, SCRIPT_THAI, SCRIPT_LATIN, SCRIPT_OTHER };
#define SCRIPTS 8

/* What is kept of a post's text, all of it without URLs and mentions. */
struct text_measure {
    uint64_t hash;              /* XXH3-64 (seed 0) of the normalised text; 0
                                 * is written as 1 */
    uint32_t length;            /* code points */
    uint32_t scripts[SCRIPTS];  /* letters */
};

/* Texts back to back, each its size as a varint and its bytes. Borrows. */
struct text_list {
    const uint8_t *bytes;
    uint32_t size, count;
};
/* Writes the next text of a list (TEXT_LIST_EXTRA more bytes than it has);
 * the place behind it. */
#define TEXT_LIST_EXTRA 5
uint8_t *text_list_put(uint8_t *to, struct text text);
/* The text at this place, borrowed; the place behind it. Trusts the list. */
const uint8_t *text_list_get(const uint8_t *at, struct text *text);

/* One copy of a post. */
struct post {
    enum platform platform;
    enum post_kind kind;
    uint16_t flags;             /* enum fact_flag: FACT_MANUAL_RETWEET,
                                 * FACT_MINUTE_ONLY, FACT_HAS_* */
    struct id account, id;
    struct id target;           /* account retweeted, answered or quoted */
    struct id target_post;
    int64_t time;               /* ms */
    int64_t original_time;      /* of the post retweeted; or TIME_NONE */
    int64_t statuses;           /* the author's count in this copy */
    int64_t followers;          /* likewise */
    uint64_t name_hash;         /* of the author's names in this copy: XXH3-64
                                 * (seed 0) of screen name, a byte FF, display
                                 * name (0 is written as 1); 0: neither is
                                 * known */
    struct text language;       /* canonical; size 0: null */
    struct text client;         /* stripped; size 0: null */
    uint32_t urls, mentions, media;     /* entities; 0 where not carried */
    struct text_list hashtags;  /* case-folded, one for each use */
    struct text_list domains;   /* hosts of the links, one for each */
    struct text_measure text;   /* counts with FACT_HAS_TEXT */
};

/* "This post was deleted." */
struct notice {
    enum platform platform;
    struct id account, post;
    int64_t time;               /* timestamp_ms, or TIME_NONE */
};

/*
 * A batch is what a stretch of text says, serialised back to back: it is
 * written by parse, waits until the frame ended well, may be spilled to a
 * file as it is, and is applied by aggregate. Positions are multiples of 8.
 * It owns its bytes. batch_add_* return false when out of memory.
 */
struct batch {
    uint8_t *bytes;
    size_t size, capacity;
};
void batch_free(struct batch *batch);
bool batch_reserve(struct batch *batch, size_t bytes);
bool batch_add_observation(struct batch *batch, const struct observation *o);
bool batch_add_post(struct batch *batch, const struct post *post);
bool batch_add_notice(struct batch *batch, const struct notice *notice);
/* A line that a filter takes, without its line feed. */
bool batch_add_line(struct batch *batch, const uint8_t *bytes, uint64_t size);

enum batch_kind { BATCH_END, BATCH_OBSERVATION, BATCH_POST, BATCH_NOTICE,
                  BATCH_LINE };
struct batch_item {
    enum batch_kind kind;
    union {
        struct observation observation;
        struct post post;
        struct notice notice;
        struct text line;
    };
};
/* The item at *at (start with 0), borrowing the batch's bytes; steps *at. */
enum batch_kind batch_next(const struct batch *batch, size_t *at,
                           struct batch_item *item);

/* ---- aggregate -> reduce ----------------------------------------------- */

/*
 * A profile as plain, joined registers. `when` orders observations: for a
 * last register it is ((t + TIME_BIAS) << 1 | author), the greatest wins; for
 * a first register ((t + TIME_BIAS) << 1 | !author), the least wins; equal:
 * the greatest value (texts bytewise). 0: never seen.
 */
#define TIME_BIAS ((int64_t)1 << 60)

static inline uint64_t when_last(int64_t t, bool author)
{
    return (uint64_t)(t + TIME_BIAS) << 1 | (author ? 1 : 0);
}

static inline uint64_t when_first(int64_t t, bool author)
{
    return (uint64_t)(t + TIME_BIAS) << 1 | (author ? 0 : 1);
}

struct cell {
    uint64_t when;
    int64_t value;
};
struct text_cell {
    uint64_t when;
    struct text value;
};
struct count_register {
    struct cell first, last;
    int64_t min, max;           /* COUNT_NONE when first.when == 0 */
};
/*
 * Distinct values: exact to 8 hashes (XXH3-64, seed 0; a hash of 0 counts as
 * 1), then HyperLogLog with p = 12: register index the top 12 bits, rank the
 * number of leading zeros of the other 52 bits plus 1 (53 when all are 0).
 * count <= 8: the hashes, in rising order, and hll is NULL. Otherwise hll
 * holds 4096 registers with every value in them, and count is 9.
 */
#define DISTINCT_EXACT_MAX 8
#define HLL_REGISTERS 4096
struct distinct {
    uint8_t count;
    uint64_t hashes[DISTINCT_EXACT_MAX];
    const uint8_t *hll;
};
/* created_at: the least of observations with a time (when == CREATED_TIMED),
 * or else of those without. */
#define CREATED_TIMED 2
#define CREATED_UNTIMED 1
struct profile {
    struct cell created_at;
    int64_t first_observed, last_observed;  /* or TIME_NONE */
    int64_t engagement[ENGAGEMENTS];        /* greatest, or COUNT_NONE */
    struct count_register counts[PROFILE_COUNTS];
    struct text_cell texts[PROFILE_TEXTS];
    struct cell flags[PROFILE_FLAGS];
    struct distinct distincts[PROFILE_DISTINCTS];
};

/*
 * The essence of one copy of a post, as reduce sees it; lane logs and segments
 * hold it as bytes (stages/fact_code.h). Ids that are no number are pointers
 * to a struct id_blob, told by the flags. language and client index the
 * dictionary in force (a lane log's: the interning table; a cursor's: the
 * joined dictionary's rank, so that comparing numbers compares bytes); 0 is
 * null. FACT_HAS_*: the record carries the field, null or not.
 */
enum fact_flag {
    FACT_POST_BLOB = 1,
    FACT_TARGET_BLOB = 2,
    FACT_TARGET_POST_BLOB = 4,
    FACT_MANUAL_RETWEET = 8,    /* an original or reply that begins "RT @" */
    FACT_SELF = 16,             /* its target is its own account */
    FACT_MINUTE_ONLY = 32,      /* the time is known to the minute */
    FACT_HAS_LANGUAGE = 64,
    FACT_HAS_CLIENT = 128,
    FACT_HAS_TEXT = 256,        /* measured: never of a retweet */
    FACT_HAS_HASHTAGS = 512,
    FACT_HAS_URLS = 1024,
    FACT_HAS_MENTIONS = 2048,
    FACT_HAS_MEDIA = 4096,
    FACT_FLAGS_ALL = 8191,
};
struct id_blob {
    uint32_t size;
    char bytes[];
};
/* Of posts that have any of them. */
struct fact_lists {
    uint32_t scripts[SCRIPTS];  /* letters by script */
    struct text_list hashtags, domains;
};
struct fact {
    int64_t time;
    uint64_t post;
    uint64_t target;            /* 0: none known */
    uint64_t target_post;
    int64_t original_time;      /* or TIME_NONE */
    int64_t statuses;           /* or COUNT_NONE */
    int64_t followers;          /* or COUNT_NONE */
    uint64_t text_hash;         /* 0 without FACT_HAS_TEXT */
    uint64_t name_hash;         /* 0: no name is known */
    const struct fact_lists *lists;     /* or NULL */
    uint32_t client, language;
    uint32_t text_length;
    uint32_t urls, mentions, media;
    uint16_t flags;
    uint8_t kind;
};

static inline struct text_list fact_hashtags(const struct fact *fact)
{
    return fact->lists ? fact->lists->hashtags : (struct text_list){0};
}
static inline struct text_list fact_domains(const struct fact *fact)
{
    return fact->lists ? fact->lists->domains : (struct text_list){0};
}

static inline struct id fact_id(uint64_t word, bool blob)
{
    struct id id = {.number = blob ? 0 : word};
    if (blob) {
        const struct id_blob *at = (const struct id_blob *)(uintptr_t)word;
        id.text = (struct text){at->bytes, at->size};
    }
    return id;
}
static inline struct id fact_post(const struct fact *fact)
{
    return fact_id(fact->post, fact->flags & FACT_POST_BLOB);
}
static inline struct id fact_target(const struct fact *fact)
{
    return fact_id(fact->target, fact->flags & FACT_TARGET_BLOB);
}
static inline struct id fact_target_post(const struct fact *fact)
{
    return fact_id(fact->target_post, fact->flags & FACT_TARGET_POST_BLOB);
}

/* A delete notice of an account known from its place. */
struct deletion {
    struct id post;
    int64_t time;               /* or TIME_NONE */
};

/* Names in bytewise order; the rank of names[i] is i + 1. */
struct dictionary {
    uint32_t count;
    struct text *names;
};
struct dictionaries {
    struct dictionary clients, languages;
};

/* Everything known of one account, borrowed until the cursor's next step. */
struct account_view {
    enum platform platform;
    struct id id;
    const struct profile *profile;      /* NULL: never observed */
    struct fact *facts;                 /* every copy, in no order */
    size_t fact_count;
    struct deletion *deletions;         /* every copy, in no order */
    size_t deletion_count;
};

/*
 * The accounts of one partition in the order of (platform, id bytes), each
 * once. Over the tables in memory, over one segment, or over a join of such.
 */
struct part_cursor {
    /* 1: *view is the next account; 0: the end; -errno. */
    int (*next)(struct part_cursor *cursor, struct account_view *view);
    void (*close)(struct part_cursor *cursor);  /* frees the cursor */
};

/* ---- reduce -> emit ---------------------------------------------------- */

/* What a column holds. REAL is printed %.9g, never -0; DAY is a UTC day,
 * counted from 1970-01-01, and printed YYYY-MM-DD. */
enum column_type { COLUMN_TEXT, COLUMN_INT, COLUMN_REAL, COLUMN_TIME,
                   COLUMN_BOOL, COLUMN_DAY };

/* One cell. null: nothing else counts. Texts are borrowed from the account's
 * view, the row's scratch, or a dictionary, until the next account. */
struct value {
    bool null;
    union {
        int64_t integer;     /* INT, BOOL, DAY; TIME: ms */
        double real;
        struct text text;
    };
};

/* What a text column tells of an account, and so what --pseudonyms puts in its
 * place (stages/pseudonym.h): an account's id; a name; a post's id, in which
 * the account may stand; a name's shape, which is no more than that. */
enum privacy { PRIVACY_NONE, PRIVACY_ACCOUNT, PRIVACY_NAME, PRIVACY_POST,
               PRIVACY_SHAPE };

/* Everything a reader needs to know of a column; features.json and
 * docs/FEATURES.md are printed from these. */
struct column {
    const char *name;
    enum column_type type;
    enum privacy privacy;
    const char *unit;          /* "s", "ms", "posts", "" */
    const char *definition;
    const char *null_rule;
    bool valid_on_sample;      /* meaningful on a 1 % sample of a stream */
    bool round_two;            /* known only after round two */
    const char *source;        /* paper or table, "" when our own */
};

/* A table of the output: its rows are arrays of count values. The name is
 * that of its files and of the table in a database. */
struct table {
    const char *name;
    const struct column *columns;
    uint32_t count;
    uint32_t keys;             /* the first ones, which tell rows apart */
    /* Which columns are written (NULL: all), the first of them, and the place
     * behind the last (0: count). */
    const bool *shown;
    uint32_t shown_first, shown_end;
};

static inline bool table_shows(const struct table *table, uint32_t column)
{
    return !table->shown || table->shown[column];
}
static inline uint32_t table_shown_end(const struct table *table)
{
    return table->shown_end ? table->shown_end : table->count;
}

#endif
