#ifndef SANDPIPER_STAGES_FACT_CODE_H
#define SANDPIPER_STAGES_FACT_CODE_H

#include "pipeline/memory.h"
#include "stages/units.h"

/*
 * A fact as bytes: what lane logs and segments hold, some 70 bytes for a
 * tweet. Numbers are varints (stages/varint.h), `word` is 8 bytes, both
 * little-endian. An id is its word, or, when the flags say that it is a text,
 * its size and bytes.
 *
 *     kind (byte), flags, presence (2 bytes each)
 *     time, as the signed difference to `before`
 *     post (id)
 *     then, each where presence has its bit: target (id), target_post (id),
 *     original_time (signed, less the time), statuses, followers, client,
 *     language, text (hash word, length), name (hash word), urls, mentions,
 *     media, scripts (a byte with a bit for each one present, their counts),
 *     hashtags, domains (each: count, bytes, the list)
 */
enum fact_presence {
    FACT_PRESENT_TARGET = 1,
    FACT_PRESENT_TARGET_POST = 2,
    FACT_PRESENT_ORIGINAL_TIME = 4,
    FACT_PRESENT_STATUSES = 8,
    FACT_PRESENT_FOLLOWERS = 16,
    FACT_PRESENT_CLIENT = 32,
    FACT_PRESENT_LANGUAGE = 64,
    FACT_PRESENT_NAME = 128,
    FACT_PRESENT_URLS = 256,
    FACT_PRESENT_MENTIONS = 512,
    FACT_PRESENT_MEDIA = 1024,
    FACT_PRESENT_SCRIPTS = 2048,
    FACT_PRESENT_HASHTAGS = 4096,
    FACT_PRESENT_DOMAINS = 8192,
    FACT_PRESENT_ALL = 16383,
};

/* Kind, flags, presence, time, a text of one byte as the post's id. */
#define FACT_CODE_BYTES_MIN 8u
/* Everything but texts of ids and lists. */
#define FACT_CODE_FIXED_MAX 320u

/* Bytes that fact_encode writes at most. */
size_t fact_code_bytes_max(const struct fact *fact);
/* The place behind what was written. */
uint8_t *fact_encode(uint8_t *to, const struct fact *fact, int64_t before);

/*
 * Reads a fact that takes exactly from[0, size). Lists borrow these bytes;
 * structs and texts of ids come from the arena. Nothing of the bytes is
 * believed (times are within +-TIME_BIAS): 0, -EBADMSG, or -ENOMEM. Whether
 * client and language are in a dictionary is for the caller to see.
 */
int fact_decode(const uint8_t *from, size_t size, int64_t before,
                struct arena *arena, struct fact *fact);

#endif
