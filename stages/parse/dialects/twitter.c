#include "stages/parse/dialects/twitter.h"

#include "stages/parse/client_text.h"

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

/* Most records name one of a few clients: decoded once. */
struct text twitter_client(struct reader *reader, uint32_t slot)
{
    struct value_ref raw = field_scalar(reader, slot);
    struct client_place *place = NULL;
    struct text text = {(const char *)reader->walk->text + raw.start,
                        raw.end - raw.start};
    if (reader->clients && raw.type == VALUE_STRING)
        place = client_place_of(reader->clients, text);
    if (place && client_is_at(place, text))
        return (struct text){place->client, place->client_size};
    struct text client = client_of_source(field_text(reader, slot));
    if (place)
        client_remember(place, text, client);
    return client;
}
