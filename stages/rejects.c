#include "stages/ledger.h"
#include "stages/member_list.h"

#include <stdio.h>
#include <string.h>

/* One JSON object a line, shard by shard: frames, then lines. With pseudonyms
 * no byte of a line is shown: anybody may be named in it. */

static void add_number(struct output *output, const char *key, uint64_t number)
{
    output_add_text(output, key);
    emit_integer(output, (int64_t)number);
}

static void add_name(struct output *output, const char *name)
{
    output_add_text(output, "{\"shard\":");
    emit_json_text(output, (struct text){name, (uint32_t)strlen(name)});
}

/* Printable ASCII as it is, \ doubled, all else as \xNN: one look shows what
 * the bytes are, and no terminal is harmed. */
static void add_escaped(struct output *output, const char *bytes, size_t size)
{
    char escaped[4 * SAMPLE_BYTES + 1];
    size_t used = 0;
    for (size_t i = 0; i < size && i < SAMPLE_BYTES; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\\')
            used += (size_t)sprintf(escaped + used, "\\\\");
        else if (byte >= 0x20 && byte < 0x7F)
            escaped[used++] = (char)byte;
        else
            used += (size_t)sprintf(escaped + used, "\\x%02x", byte);
    }
    emit_json_text(output, (struct text){escaped, (uint32_t)used});
}

static void add_salvaged(struct output *output, const struct salvaged *salvaged)
{
    add_number(output, ",\"salvaged\":{\"text_bytes\":",
               salvaged->text_bytes);
    add_number(output, ",\"lines\":", salvaged->lines);
    add_number(output, ",\"posts\":", salvaged->posts);
    output_add_text(output, "}");
}

static void add_frame(struct output *output, const char *shard,
                      const struct frame_sample *sample)
{
    add_name(output, shard);
    add_number(output, ",\"frame\":", sample->offset);
    add_number(output, ",\"compressed_bytes\":", sample->bytes);
    output_add_text(output, ",\"reason\":\"");
    output_add_text(output, frame_reason_name(sample->reason));
    output_add_text(output, "\",\"sentence\":\"");
    output_add_text(output, frame_reason_sentence(sample->reason));
    output_add_text(output, "\"");
    if (sample->salvaged.frames)
        add_salvaged(output, &sample->salvaged);
    output_add_text(output, "}\n");
}

static void add_line(struct output *output, const char *shard,
                     const struct sample *sample, bool bytes_shown)
{
    enum line_reason reason = (enum line_reason)sample->reason;
    add_name(output, shard);
    add_number(output, ",\"frame\":", sample->frame);
    add_number(output, ",\"line\":", sample->line + 1);
    add_number(output, ",\"text_offset\":", sample->offset);
    add_number(output, ",\"size\":", sample->size);
    output_add_text(output, ",\"reason\":\"");
    output_add_text(output, line_reason_name(reason));
    output_add_text(output, "\",\"sentence\":\"");
    output_add_text(output, line_reason_sentence(reason));
    output_add_text(output, "\",\"bytes\":");
    if (bytes_shown)
        add_escaped(output, sample->bytes, sample->shown);
    else
        output_add_text(output, "null");
    output_add_text(output, "}\n");
}

bool rejects_jsonl(const struct ledger_input *input, struct output *output)
{
    struct ledger_walk walk = {0};
    while (ledger_next(input->run, &walk)) {
        const struct shard_ledger *ledger = walk.ledger;
        for (uint32_t k = 0; k < ledger->frame_sample_count; k++)
            add_frame(output, walk.name, &ledger->frame_samples[k]);
        for (uint32_t k = 0; k < ledger->tally.sample_count; k++)
            add_line(output, walk.name, &ledger->tally.samples[k],
                     !input->parameters->pseudonyms);
    }
    return !output->failed;
}
