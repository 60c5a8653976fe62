#ifndef SANDPIPER_STAGES_CHECKPOINT_CODE_H
#define SANDPIPER_STAGES_CHECKPOINT_CODE_H

#include "stages/checkpoint.h"

/*
 * How a checkpoint is written and read: one description of each struct serves
 * both ways. A number is a varint (7 bits a byte, low ones first), a signed one
 * in zigzag; a text is its size + 1 and its bytes, 0 for none.
 *
 * Reading: whatever the bytes are, no more of them than there are is read, and
 * sizes are believed only as far as bytes are left for them. After a failure
 * all further numbers are 0.
 */
struct coder {
    struct output *out;            /* writing; else reading: */
    const uint8_t *at, *end;
    struct memory *memory;
    struct arena *texts;           /* where texts that are read go */
    int error;                     /* 0, -ENOMEM, -EBADMSG; sticky */
};

void code_number(struct coder *coder, uint64_t *number);
void code_signed(struct coder *coder, int64_t *number);
void code_word32(struct coder *coder, uint32_t *number);
void code_flag(struct coder *coder, bool *flag);
void code_bytes(struct coder *coder, void *bytes, size_t size);
/* A text without NUL; NULL: none. */
void code_text(struct coder *coder, const char **text);
/* How many things come, each of at least one byte. */
void code_count(struct coder *coder, size_t *count);
/* Reading: zeroed room for so many. NULL: failed, or none. */
void *code_room(struct coder *coder, size_t count, size_t size);

void code_ledger(struct coder *coder, struct shard_ledger *ledger);
void code_mark(struct coder *coder, struct shard_mark *mark);

/* Tells builds apart whose ledgers have other fields. */
uint64_t code_ledger_shape(void);

#endif
