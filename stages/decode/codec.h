#ifndef SANDPIPER_STAGES_DECODE_CODEC_H
#define SANDPIPER_STAGES_DECODE_CODEC_H

#include "stages/decode/decode.h"

/*
 * What the frames of gzip (RFC 1952), bzip2 and zip are made of, behind one
 * face for each library: inflater (zlib) and bunzipper (libbz2). Each belongs
 * to one thread and is reused for all its frames; the caller owns the bytes
 * on both sides. zlib and libbz2 are used directly, since the frames must be
 * told apart and their checksums compared: libarchive 3.6.2 joins the members
 * of a gzip file silently, and does not look at their checksums.
 *
 * Memory: some 40 KiB (zlib) and 4 MiB (libbz2), charged while a frame of the
 * kind is under way.
 */
struct codec_io {
    const uint8_t *in;     /* moves on as bytes are taken */
    size_t in_size;
    uint8_t *out;          /* moves on as text is made */
    size_t out_size;
};
enum codec_status {
    CODEC_GOES_ON,         /* took or made all it could */
    CODEC_ENDED,           /* the frame is whole, and its checksum right */
    CODEC_BAD,             /* *reason says why */
    CODEC_NO_MEMORY,
};

struct inflater;
struct inflater *inflater_create(struct memory *memory);
void inflater_destroy(struct inflater *inflater);
/* Starts a frame of CODEC_GZIP, CODEC_DEFLATE or CODEC_STORED; of the two of
 * zip the item tells size and checksum. False: out of memory. */
bool inflater_begin(struct inflater *inflater, const struct item *item);
enum codec_status inflater_step(struct inflater *inflater,
                                struct codec_io *io,
                                enum frame_reason *reason);
/* Gives up the frame under way, if there is one. */
void inflater_end(struct inflater *inflater);

struct bunzipper;
struct bunzipper *bunzipper_create(struct memory *memory);
void bunzipper_destroy(struct bunzipper *bunzipper);
bool bunzipper_begin(struct bunzipper *bunzipper);
enum codec_status bunzipper_step(struct bunzipper *bunzipper,
                                 struct codec_io *io,
                                 enum frame_reason *reason);
void bunzipper_end(struct bunzipper *bunzipper);

#endif
