#include "stages/parse/text_measure.h"

#include "pipeline/check.h"
#include "stages/hash.h"
#include "stages/parse/text_fold.h"
#include "stages/parse/text_remove.h"

bool text_measure(struct text_scratch *scratch,
                  const struct text_source *source,
                  struct text_measure *measure)
{
    if (!text_buffer_reserve(&scratch->source, (size_t)source->text.size +
                                                   TEXT_FOLD_PADDING))
        return false;
    uint8_t *bytes = scratch->source.bytes;
    size_t size = text_remove(source, bytes);
    if (source->decode_entities)
        size = text_decode_entities(bytes, size);
    struct text_tally tally;
    struct folded_text folded;
    if (!text_fold(scratch, size, true, &tally, &folded))
        return false;
    uint64_t hash = hash_bytes64(folded.bytes, folded.size);
    measure->hash = hash ? hash : 1;
    measure->length = tally.counts[TEXT_NO_LETTER];
    for (int script = 0; script < SCRIPTS; script++) {
        measure->scripts[script] = tally.counts[script];
        measure->length += tally.counts[script];
    }
    return true;
}

/* Returns whether all of it was ASCII, and then has it folded to out. */
static bool fold_ascii_tag(struct text tag, char *out)
{
    uint8_t all = 0;
    for (uint32_t i = 0; i < tag.size; i++) {
        uint8_t byte = (uint8_t)tag.bytes[i];
        all |= byte;
        out[i] = (char)(byte | (byte >= 'A' && byte <= 'Z' ? 0x20 : 0));
    }
    return all < 0x80;
}

bool hashtag_fold(struct text_scratch *scratch, struct text tag, char *out,
                  uint32_t *size)
{
    *size = tag.size;
    if (fold_ascii_tag(tag, out))
        return true;
    if (tag.size > UINT32_MAX / HASHTAG_FOLD_GROWTH ||
        !text_buffer_reserve(&scratch->source,
                             (size_t)tag.size + TEXT_FOLD_PADDING))
        return false;
    memcpy(scratch->source.bytes, tag.bytes, tag.size);
    struct text_tally tally;
    struct folded_text folded;
    if (!text_fold(scratch, tag.size, false, &tally, &folded))
        return false;
    CHECK(folded.size <= (size_t)tag.size * HASHTAG_FOLD_GROWTH);
    memcpy(out, folded.bytes, folded.size);
    *size = (uint32_t)folded.size;
    return true;
}
