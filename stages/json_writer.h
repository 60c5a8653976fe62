#ifndef SANDPIPER_STAGES_JSON_WRITER_H
#define SANDPIPER_STAGES_JSON_WRITER_H

#include "stages/emit/emit.h"

/*
 * One JSON document, written front to back into an output (borrowed): indented
 * by two, members in the order in which they are added. Names of members are
 * ours; texts are foreign, and escaped. Within an array the key is NULL.
 *
 *     struct json_writer json = {.output = &output};
 *     json_open(&json, NULL, '{');
 *     json_add_number(&json, "frames", 3);
 *     json_close(&json, '}');
 *     json_end(&json);
 *
 * What goes wrong is in output.failed. Nesting is the program's own, a few
 * levels, and never of the input.
 */
struct json_writer {
    struct output *output;
    int depth;
    bool filled;       /* the object or array at hand has a member */
};

void json_open(struct json_writer *json, const char *key, char bracket);
void json_close(struct json_writer *json, char bracket);
/* The line feed behind the document. */
void json_end(struct json_writer *json);

/* NULL becomes null. */
void json_add_text(struct json_writer *json, const char *key, const char *text);
/* The same of bytes of which there are so many. */
void json_add_bytes(struct json_writer *json, const char *key,
                    const char *bytes, size_t size);
/* Below 2^63. */
void json_add_number(struct json_writer *json, const char *key,
                     uint64_t number);
void json_add_truth(struct json_writer *json, const char *key, bool truth);
void json_add_null(struct json_writer *json, const char *key);
/* A ratio, as every output prints a real. */
void json_add_real(struct json_writer *json, const char *key, double real);
/* The two halves of XXH3-128 as 32 hexadecimal digits. */
void json_add_digest(struct json_writer *json, const char *key,
                     const uint64_t digest[2]);
/* An object of the counts that are not 0, from `first` on, by their names. */
void json_add_counts(struct json_writer *json, const char *key,
                     const uint64_t *counts, int first, int count,
                     const char *(*name)(int));

#endif
