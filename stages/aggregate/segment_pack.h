#ifndef SANDPIPER_STAGES_SEGMENT_PACK_H
#define SANDPIPER_STAGES_SEGMENT_PACK_H

#include "stages/aggregate/segment_format.h"

#include <stdatomic.h>

/*
 * The bytes of sections on their way to the file. A packer belongs to one
 * lane: it cuts its section into blocks, and writes blocks together, a MiB at
 * a time, at a place reserved in the file, so that lanes write side by side.
 * The first error is sticky; after it adds do nothing.
 */
struct packer {
    struct memory *memory;
    int fd;
    _Atomic uint64_t *file_bytes;    /* given out; shared by all packers */
    int error;                       /* -errno */
    uint32_t section;
    uint8_t *buffer;
    size_t fill, block_begin;
    struct segment_block *blocks;
    size_t block_count, block_capacity;
    size_t blocks_placed;            /* their offsets are known */
    uint64_t section_bytes;
};

bool packer_open(struct packer *packer, struct memory *memory, int fd,
                 _Atomic uint64_t *file_bytes);
void packer_close(struct packer *packer);
void packer_begin(struct packer *packer, uint32_t section);
/* Ends the section; its bytes. */
uint64_t packer_end(struct packer *packer);
/* Writes what waits; the packer's error. */
int packer_flush(struct packer *packer);

void pack_bytes(struct packer *packer, const void *bytes, size_t size);
void pack_number(struct packer *packer, uint64_t number);
void pack_text(struct packer *packer, struct text text);
void pack_account(struct packer *packer, const struct account_view *view);

#endif
