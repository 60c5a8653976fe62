#include "stages/json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void new_line(struct json_writer *json)
{
    output_add_text(json->output, "\n");
    for (int i = 0; i < json->depth; i++)
        output_add_text(json->output, "  ");
}

static void begin_member(struct json_writer *json, const char *key)
{
    if (json->filled)
        output_add_text(json->output, ",");
    if (json->depth > 0)
        new_line(json);
    json->filled = true;
    if (!key)
        return;
    output_add_text(json->output, "\"");
    output_add_text(json->output, key);
    output_add_text(json->output, "\": ");
}

void json_open(struct json_writer *json, const char *key, char bracket)
{
    begin_member(json, key);
    output_add(json->output, &bracket, 1);
    json->depth++;
    json->filled = false;
}

void json_close(struct json_writer *json, char bracket)
{
    json->depth--;
    if (json->filled)
        new_line(json);
    output_add(json->output, &bracket, 1);
    json->filled = true;
}

void json_end(struct json_writer *json)
{
    output_add_text(json->output, "\n");
}

void json_add_bytes(struct json_writer *json, const char *key,
                    const char *bytes, size_t size)
{
    begin_member(json, key);
    emit_json_text(json->output, (struct text){bytes, (uint32_t)size});
}

void json_add_null(struct json_writer *json, const char *key)
{
    begin_member(json, key);
    output_add_text(json->output, "null");
}

void json_add_text(struct json_writer *json, const char *key, const char *text)
{
    if (text)
        json_add_bytes(json, key, text, strlen(text));
    else
        json_add_null(json, key);
}

void json_add_number(struct json_writer *json, const char *key,
                     uint64_t number)
{
    begin_member(json, key);
    emit_integer(json->output, (int64_t)number);
}

void json_add_truth(struct json_writer *json, const char *key, bool truth)
{
    begin_member(json, key);
    output_add_text(json->output, truth ? "true" : "false");
}

void json_add_real(struct json_writer *json, const char *key, double real)
{
    begin_member(json, key);
    emit_real(json->output, real);
}

void json_add_digest(struct json_writer *json, const char *key,
                     const uint64_t digest[2])
{
    char digits[33];
    snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, digest[0],
             digest[1]);
    json_add_text(json, key, digits);
}

void json_add_counts(struct json_writer *json, const char *key,
                     const uint64_t *counts, int first, int count,
                     const char *(*name)(int))
{
    json_open(json, key, '{');
    for (int i = first; i < count; i++)
        if (counts[i])
            json_add_number(json, name(i), counts[i]);
    json_close(json, '}');
}
