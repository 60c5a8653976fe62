#ifndef SANDPIPER_STAGES_PARSE_CLIENT_TEXT_H
#define SANDPIPER_STAGES_PARSE_CLIENT_TEXT_H

#include "stages/units.h"

/*
 * The client of a v1.1 `source`: the text of its anchor (<a ...>text</a>, the
 * whole of the source), without white space (Unicode White_Space) around it;
 * a source that is no anchor as it stands. Size 0: no client. Borrows.
 */
struct text client_of_source(struct text source);

/*
 * Which clients the last sources of a thread came to, by the sources' bytes as
 * they stand in the text, escapes and all.
 */
#define CLIENT_SOURCE_MAX 188
#define CLIENT_PLACES_BITS 6
struct client_place {
    uint32_t source_size;     /* 0: none */
    uint32_t client_size;
    char source[CLIENT_SOURCE_MAX];
    char client[CLIENT_SOURCE_MAX];
};
struct client_memory {
    struct client_place places[1 << CLIENT_PLACES_BITS];
};

/* Where it would be remembered; NULL: such a source is not. */
struct client_place *client_place_of(struct client_memory *memory,
                                     struct text source);
static inline bool client_is_at(const struct client_place *place,
                                struct text source)
{
    return place->source_size == source.size &&
           memcmp(place->source, source.bytes, source.size) == 0;
}
/* Copies both. A decoded client is never longer than its source. */
void client_remember(struct client_place *place, struct text source,
                     struct text client);

#endif
