#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#include <errno.h>
#include <math.h>

#define MS_PER_HOUR 3600000

/* ---- numbers of the profile -------------------------------------------- */

/* A count's first, last, min, max stand side by side, in this order. */
static const enum column_place FIRST_OF_COUNT[PROFILE_COUNTS] = {
    [COUNT_FOLLOWERS] = COL_FOLLOWERS_FIRST,
    [COUNT_FRIENDS] = COL_FRIENDS_FIRST,
    [COUNT_STATUSES] = COL_STATUSES_FIRST,
    [COUNT_FAVOURITES] = COL_FAVOURITES_FIRST,
    [COUNT_LISTED] = COL_LISTED_FIRST,
};
_Static_assert(COL_FOLLOWERS_MAX == COL_FOLLOWERS_FIRST + 3 &&
                   COL_LISTED_MAX == COL_LISTED_FIRST + 3,
               "first, last, min, max side by side");

static const enum column_place PER_HOUR_OF_COUNT[PROFILE_COUNTS] = {
    [COUNT_FOLLOWERS] = COL_FOLLOWERS_PER_HOUR,
    [COUNT_FRIENDS] = COL_FRIENDS_PER_HOUR,
    [COUNT_STATUSES] = COL_STATUSES_PER_HOUR,
    [COUNT_FAVOURITES] = COL_FAVOURITES_PER_HOUR,
    [COUNT_LISTED] = COL_LISTED_PER_HOUR,
};

static const enum column_place FLAG_COLUMN[PROFILE_FLAGS] = {
    [FLAG_DEFAULT_PROFILE] = COL_DEFAULT_PROFILE,
    [FLAG_DEFAULT_PROFILE_IMAGE] = COL_DEFAULT_PROFILE_IMAGE,
    [FLAG_VERIFIED] = COL_VERIFIED,
    [FLAG_PROTECTED] = COL_PROTECTED,
};

static void set_known(struct value *row, enum column_place column,
                      int64_t integer, int64_t unknown)
{
    if (integer != unknown)
        set_integer(row, column, integer);
}

static void set_counts(const struct profile *profile, struct value *row)
{
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        const struct count_register *count = &profile->counts[i];
        enum column_place first = FIRST_OF_COUNT[i];
        if (count->first.when)
            set_integer(row, first, count->first.value);
        if (count->last.when)
            set_integer(row, first + 1, count->last.value);
        set_known(row, first + 2, count->min, COUNT_NONE);
        set_known(row, first + 3, count->max, COUNT_NONE);
    }
    for (int i = 0; i < PROFILE_FLAGS; i++)
        if (profile->flags[i].when)
            set_integer(row, FLAG_COLUMN[i], profile->flags[i].value != 0);
}

static void set_reach(struct value *row)
{
    const struct value *followers = &row[COL_FOLLOWERS_LAST];
    const struct value *friends = &row[COL_FRIENDS_LAST];
    if (!row[COL_FOLLOWERS_MAX].null)
        set_integer(row, COL_ZERO_FOLLOWERS_ALWAYS,
                    row[COL_FOLLOWERS_MAX].integer == 0);
    if (followers->null)
        return;
    set_integer(row, COL_ZERO_FOLLOWERS, followers->integer == 0);
    if (friends->null)
        return;
    uint128 in = (uint128)followers->integer, out = (uint128)friends->integer;
    set_real(row, COL_FOLLOWERS_FRIENDS_RATIO, ratio_real(in, out ? out : 1));
    if (in + out)
        set_real(row, COL_REPUTATION, ratio_real(in, in + out));
}

static void set_growth(const struct profile *profile, struct value *row)
{
    int64_t created = profile->created_at.value, seen = profile->last_observed;
    if (created == TIME_NONE || seen == TIME_NONE)
        return;
    set_real(row, COL_AGE_HOURS, ratio_difference(seen, created, MS_PER_HOUR));
    if (seen <= created)
        return;
    uint64_t age = (uint64_t)seen - (uint64_t)created;
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        const struct value *last = &row[FIRST_OF_COUNT[i] + 1];
        if (!last->null)
            set_real(row, PER_HOUR_OF_COUNT[i],
                     ratio_real((uint128)last->integer * MS_PER_HOUR, age));
    }
}

/* ---- texts of the profile ---------------------------------------------- */

enum letter { LETTER_OTHER, LETTER_UPPER, LETTER_LOWER, LETTER_DIGIT,
              LETTER_UNDERSCORE };

static enum letter letter_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return LETTER_UPPER;
    if (c >= 'a' && c <= 'z')
        return LETTER_LOWER;
    if (c >= '0' && c <= '9')
        return LETTER_DIGIT;
    return c == '_' ? LETTER_UNDERSCORE : LETTER_OTHER;
}

/* Of valid UTF-8: every byte that does not continue a character. */
static int64_t code_points(struct text text)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    return count;
}

static int64_t ascii_digits(struct text text)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < text.size; i++)
        count += letter_of(text.bytes[i]) == LETTER_DIGIT;
    return count;
}

#define AUTO_DIGITS 8
#define AUTO_LETTERS_MAX 7

static bool is_auto_suffix8(struct text name)
{
    if (name.size <= AUTO_DIGITS || name.size > AUTO_DIGITS + AUTO_LETTERS_MAX)
        return false;
    uint32_t letters = name.size - AUTO_DIGITS;
    for (uint32_t i = 0; i < name.size; i++) {
        enum letter letter = letter_of(name.bytes[i]);
        if (letter == LETTER_OTHER ||
            (letter == LETTER_DIGIT) != (i >= letters))
            return false;
    }
    return true;
}

static uint32_t write_count(char *out, uint32_t count)
{
    char digits[ID_DIGITS_MAX];
    struct text text = id_text((struct id){.number = count}, digits);
    memcpy(out, text.bytes, text.size);
    return text.size;
}

/* A run of k digits takes 1 + len(k) <= 2 k bytes, any other run at most as
 * many as it has: out has room for twice the name. */
static struct text handle_template(struct text name, char *out)
{
    static const char CLASS[] = {[LETTER_UPPER] = 'A', [LETTER_LOWER] = 'a',
                                 [LETTER_DIGIT] = 'd',
                                 [LETTER_UNDERSCORE] = '_'};
    uint32_t size = 0;
    for (uint32_t at = 0; at < name.size;) {
        enum letter letter = letter_of(name.bytes[at]);
        if (letter == LETTER_OTHER) {
            out[size++] = name.bytes[at++];
            continue;
        }
        uint32_t start = at;
        while (at < name.size && letter_of(name.bytes[at]) == letter)
            at++;
        out[size++] = CLASS[letter];
        if (letter == LETTER_DIGIT)
            size += write_count(out + size, at - start);
    }
    return (struct text){out, size};
}

static int set_screen_name(struct text name, struct feature_scratch *scratch,
                           struct value *row)
{
    char *letters = scratch_letters(scratch, (size_t)name.size * 2);
    if (!letters)
        return -ENOMEM;
    set_text(row, COL_SCREEN_NAME, name);
    set_integer(row, COL_SCREEN_NAME_LENGTH, code_points(name));
    set_integer(row, COL_SCREEN_NAME_DIGITS, ascii_digits(name));
    set_text(row, COL_HANDLE_TEMPLATE, handle_template(name, letters));
    set_integer(row, COL_AUTO_SUFFIX8, is_auto_suffix8(name));
    return 0;
}

static void set_display_name(struct text name, struct value *row)
{
    set_text(row, COL_DISPLAY_NAME, name);
    set_integer(row, COL_DISPLAY_NAME_LENGTH, code_points(name));
    set_integer(row, COL_DISPLAY_NAME_DIGITS, ascii_digits(name));
}

/* ---- how many signs of an empty persona -------------------------------- */

struct signs {
    int held;
    bool unknown;
};

static void add_sign(struct signs *signs, bool known, bool held)
{
    signs->unknown |= !known;
    signs->held += known && held;
}

static void add_empty_text(struct signs *signs, const struct text_cell *cell)
{
    add_sign(signs, cell->when != 0, cell->value.size == 0);
}

static void add_number(struct signs *signs, const struct value *value,
                       int64_t held)
{
    add_sign(signs, !value->null, value->integer == held);
}

static void set_emptiness(const struct profile *profile, struct value *row)
{
    struct signs signs = {0, false};
    add_empty_text(&signs, &profile->texts[TEXT_DESCRIPTION]);
    add_empty_text(&signs, &profile->texts[TEXT_URL]);
    add_empty_text(&signs, &profile->texts[TEXT_LOCATION]);
    add_number(&signs, &row[COL_FOLLOWERS_LAST], 0);
    if (signs.unknown)
        return;
    set_integer(row, COL_PERSONA_EMPTINESS_4, signs.held);
    add_number(&signs, &row[COL_DEFAULT_PROFILE_IMAGE], 1);
    add_number(&signs, &row[COL_DEFAULT_PROFILE], 1);
    add_number(&signs, &row[COL_LISTED_LAST], 0);
    if (!signs.unknown)
        set_integer(row, COL_PERSONA_EMPTINESS, signs.held);
}

/* ---- distinct values --------------------------------------------------- */

#define HLL_RANK_MAX 53

/* Flajolet et al. 2007, with linear counting for few values. The sum of
 * 2^-register is kept exactly, in units of 2^-53. */
static int64_t hyperloglog_estimate(const uint8_t *registers)
{
    const long double m = HLL_REGISTERS;
    const long double alpha = 0.7213L / (1 + 1.079L / m);
    uint128 sum = 0;
    unsigned zeros = 0;
    for (size_t i = 0; i < HLL_REGISTERS; i++) {
        unsigned rank = registers[i];
        zeros += rank == 0;
        sum += (uint64_t)1 << (rank < HLL_RANK_MAX ? HLL_RANK_MAX - rank : 0);
    }
    long double estimate = alpha * m * m *
                           ldexpl(1 / wide_real(wide_from(sum)), HLL_RANK_MAX);
    if (estimate < 2.5L * m && zeros)
        estimate = m * logl(m / (long double)zeros);
    /* 4096 registers of the highest rank say 2.7e19: more than can be told. */
    return estimate < 0x1p62L ? (int64_t)floorl(estimate + 0.5L) : INT64_MAX;
}

/* A text that only a sight without a time told (a users file) is one value. */
static void set_distinct(struct value *row, enum column_place column,
                         const struct profile *profile, enum profile_text text)
{
    const struct distinct *distinct = &profile->distincts[text];
    if (distinct->hll)
        set_integer(row, column, hyperloglog_estimate(distinct->hll));
    else if (distinct->count)
        set_integer(row, column, distinct->count);
    else if (profile->texts[text].when)
        set_integer(row, column, 1);
}

/* ---- the group --------------------------------------------------------- */

/* In the IO archive the name of a hashed account is its id again. (On Reddit
 * the name is the id, and is no hash.) */
static bool name_is_hash(const struct account_view *view, struct text id)
{
    const struct text_cell *name =
        &view->profile->texts[TEXT_SCREEN_NAME];
    return view->platform == PLATFORM_TWITTER && name->when &&
           text_compare(name->value, id) == 0;
}

static int set_names(const struct profile *profile,
                     struct feature_scratch *scratch, struct value *row)
{
    const struct text_cell *texts = profile->texts;
    set_distinct(row, COL_SCREEN_NAMES, profile, TEXT_SCREEN_NAME);
    set_distinct(row, COL_DISPLAY_NAMES, profile, TEXT_DISPLAY_NAME);
    if (texts[TEXT_DISPLAY_NAME].when)
        set_display_name(texts[TEXT_DISPLAY_NAME].value, row);
    if (!texts[TEXT_SCREEN_NAME].when)
        return 0;
    return set_screen_name(texts[TEXT_SCREEN_NAME].value, scratch, row);
}

int feature_profile(const struct account_posts *posts,
                    struct feature_scratch *scratch, struct value *row)
{
    const struct account_view *view = posts->view;
    const struct profile *profile = view->profile;
    const char *platform = PLATFORM_NAMES[view->platform];
    struct text id = id_text(view->id, scratch->digits[DIGITS_ACCOUNT]);
    set_text(row, COL_PLATFORM,
             (struct text){platform, (uint32_t)strlen(platform)});
    set_text(row, COL_ACCOUNT_ID, id);
    if (!profile)
        return 0;
    set_known(row, COL_CREATED_AT, profile->created_at.value, TIME_NONE);
    set_known(row, COL_FIRST_OBSERVED, profile->first_observed, TIME_NONE);
    set_known(row, COL_LAST_OBSERVED, profile->last_observed, TIME_NONE);
    set_counts(profile, row);
    set_reach(row);
    set_growth(profile, row);
    set_emptiness(profile, row);
    const struct text_cell *about = &profile->texts[TEXT_DESCRIPTION];
    if (about->when)
        set_integer(row, COL_DESCRIPTION_LENGTH, code_points(about->value));
    set_distinct(row, COL_DESCRIPTIONS, profile, TEXT_DESCRIPTION);
    set_distinct(row, COL_LOCATIONS, profile, TEXT_LOCATION);
    if (profile->created_at.value != TIME_NONE)
        set_real(row, COL_AGE_AT_FIRST_POST_DAYS,
                 ratio_difference(view->facts[0].time, profile->created_at.value,
                                  MS_PER_DAY));
    return name_is_hash(view, id) ? 0 : set_names(profile, scratch, row);
}
