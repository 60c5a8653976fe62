#include "pipeline/options_parts.h"

#include <string.h>

/* What is read of a share behind its point: REJECT_SHARE_WHOLE is 100%. */
#define SHARE_PLACES 6

static bool add_digit(uint64_t *number, char digit)
{
    return !__builtin_mul_overflow(*number, 10, number) &&
           !__builtin_add_overflow(*number, (uint64_t)(digit - '0'), number);
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Of "0.25%" what stands behind the digits before the point. */
static bool share_from_text(const char *at, struct reject_limit *limit)
{
    int places = 0;
    if (*at == '.' && !is_digit(at[1]))
        return false;
    at += *at == '.';
    for (; is_digit(*at) && places < SHARE_PLACES; at++, places++)
        if (!add_digit(&limit->number, *at))
            return false;
    for (; places < SHARE_PLACES; places++)
        if (!add_digit(&limit->number, '0'))
            return false;
    limit->is_share = true;
    return strcmp(at, "%") == 0 && limit->number <= REJECT_SHARE_WHOLE;
}

bool reject_limit_from_text(const char *text, struct reject_limit *limit)
{
    const char *at = text;
    *limit = (struct reject_limit){.text = text};
    for (; is_digit(*at); at++)
        if (!add_digit(&limit->number, *at))
            return false;
    if (at == text)
        return false;
    return *at == 0 || share_from_text(at, limit);
}

void options_take_damaged(struct options *options, const char *text,
                          struct argp_state *state)
{
    static const char *const names[] = {"drop", "salvage", "fail"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            options->damaged = (enum damaged)i;
            return;
        }
    argp_error(state, "--damaged %s: drop, salvage or fail", text);
}

void options_take_max_rejects(struct options *options, const char *text,
                              struct argp_state *state)
{
    if (!reject_limit_from_text(text, &options->max_rejects))
        argp_error(state, "--max-rejects %s: a number such as 100, or a share "
                          "of all lines such as 0.5%%", text);
}
