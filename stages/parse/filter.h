#ifndef SANDPIPER_STAGES_PARSE_FILTER_H
#define SANDPIPER_STAGES_PARSE_FILTER_H

#include "pipeline/fault.h"
#include "stages/hash.h"
#include "stages/parse/dialects/content.h"

/*
 * Which posts are asked for. There are kinds of conditions: accounts, hashtags,
 * words; and times. A post is taken if its time is within the times, and each
 * kind that was given holds (or, with `any`, at least one of them):
 *
 *   accounts   its author's id is listed, or his screen name in this record
 *              is (ASCII case is all one); of Twitter alone
 *   hashtags   one of its hashtags is one of these; both folded (text_fold.h)
 *   words      one of its texts (its own; of a retweet also the one that is
 *              retweeted) holds one of these at any place; both folded, the
 *              text with &amp; &lt; &gt; decoded
 *
 * A delete notice has an account and maybe a time, nothing else.
 *
 * A filter is made once, and then only read, by any number of threads.
 */
enum filter_kind { FILTER_ACCOUNTS = 1, FILTER_HASHTAGS = 2,
                   FILTER_WORDS = 4 };

/* As the command line says it; borrowed for the call. */
struct filter_request {
    const char *accounts;              /* a file of ids and @handles, or NULL */
    const char *const *hashtags;       /* with or without # */
    size_t hashtag_count;
    const char *const *words;
    size_t word_count;
    int64_t since, until;              /* ms: since <= t < until; INT64_MIN */
    bool any;                          /* and INT64_MAX: no bound */
};

/* A set of texts or ids by open addressing, at most half full. */
struct filter_set {
    struct id *places;                 /* handles are texts, lower-cased */
    size_t mask, count;
};

struct filter {
    unsigned kinds;                    /* set of filter_kind */
    bool any;
    int64_t since, until;
    struct filter_set ids, handles;
    struct text *hashtags, *words;     /* folded; owned, as is the list */
    size_t hashtag_count, word_count;
    char *list;                        /* the file's bytes; or NULL */
    struct hash128 digest;             /* of these, as they were */
};

/* NULL: a fault was raised: CODE_USAGE for what makes no sense, CODE_INPUT for
 * the list, CODE_MEMORY. */
struct filter *filter_create(const struct filter_request *request,
                             struct fault *fault);
void filter_free(struct filter *filter);

/* What has been found of a post's texts. */
struct filter_search {
    const struct filter *filter;
    struct content *content;
    bool found;
};
/* One text of it, as it is given. TEXT_NONE: none. */
void filter_search_text(struct filter_search *search, struct text text);

/*
 * What a dialect shows of a post. Each function is called at most once, the
 * cheap ones first, and only if what it shows may decide.
 */
struct filter_view {
    struct id account;
    void *context;
    struct text (*handle)(void *context);     /* TEXT_NONE: none; or NULL */
    /* Gives each use to content_hashtag; or NULL. */
    void (*hashtags)(void *context);
    void (*texts)(void *context, struct filter_search *search);
};

/* Whether the post is taken, its time apart. The content is used as scratch;
 * out of memory is noted in it. */
bool filter_takes_post(const struct filter *filter, struct content *content,
                       const struct filter_view *view);
/* Whether the notice is. */
bool filter_takes_notice(const struct filter *filter,
                         const struct notice *notice);

#endif
