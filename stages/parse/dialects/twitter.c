#include "stages/parse/dialects/twitter.h"

int64_t twitter_event_time(struct id id, int64_t reference,
                           int64_t tolerance_ms, bool *anomaly)
{
    int64_t of_id = time_of_id(id);
    *anomaly = false;
    if (of_id == TIME_NONE || of_id >= MS_YEAR_10000)
        return reference;
    if (reference == TIME_NONE)
        return of_id;
    int64_t apart = of_id > reference ? of_id - reference : reference - of_id;
    if (apart <= tolerance_ms)
        return of_id;
    *anomaly = true;
    return reference;
}

/* in and iw are old codes; the others say that there is no language. */
struct text twitter_language(struct text lang)
{
    static const char *const none[] = {"und", "zxx", "qme", "qht",
                                       "qam", "qct", "qst"};
    if (lang.size == TEXT_NONE)
        return (struct text){NULL, 0};
    if (lang.size == 2 && memcmp(lang.bytes, "in", 2) == 0)
        return (struct text){"id", 2};
    if (lang.size == 2 && memcmp(lang.bytes, "iw", 2) == 0)
        return (struct text){"he", 2};
    for (size_t i = 0; lang.size == 3 && i < sizeof none / sizeof *none; i++)
        if (memcmp(lang.bytes, none[i], 3) == 0)
            return (struct text){NULL, 0};
    return lang;
}
