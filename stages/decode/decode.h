#ifndef SANDPIPER_STAGES_DECODE_H
#define SANDPIPER_STAGES_DECODE_H

#include "pipeline/feed.h"
#include "pipeline/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The face of the decode stage: zstd frames, in the order they stand in a
 * shard (RFC 8878); those of gzip and bzip2 files, and entries of zip files
 * (packed_frames.h); and what the headers of tar and zip say (tar_header.h,
 * zip_directory.h). It knows no lines and no records.
 *
 * A decoder belongs to one lane and is reused for all its frames; it goes
 * through a frame in steps of one zstd block, or several short ones (less
 * than DECODE_STEP_BYTES_MAX of text), so that a stretch of text is parsed
 * while it is in the cache, and a frame of any size needs no more memory than
 * its window. Text is decoded straight into one contiguous ring of pages
 * (libzstd's buffer-less calls), without a copy through an internal window.
 *
 * Nothing that decoder_step shows is certain before FRAME_END: corruption is
 * often found only after wrong content was handed out, truncation only at
 * the end. The caller commits at FRAME_END, and drops at FRAME_BAD.
 *
 * Every byte of a shard is in one frame (good or bad), skippable frame or
 * rejected item, and which one follows from the shard's bytes alone: it is
 * the same for files and pipes, gathered frames and direct decoding, and
 * where a walk starts again at an item's offset.
 *
 * Where a bad frame ends. If block headers, from the one that failed on, lead
 * to a magic or to the end, with at most FRAME_CHAIN_BYTES_MAX and
 * FRAME_CHAIN_BLOCKS_MAX in the whole frame, and past no plausible start of
 * another, it ends there. Else sizes in it cannot be believed, and it reaches
 * to the next plausible start of a frame behind its own magic (in a long
 * frame: behind a border of blocks some 128 KiB of text before the one that
 * failed).
 * A start is plausible with a magic, a header that libzstd accepts with a
 * window up to 2^31, and a first block header that is possible; or with a
 * skippable magic whose length, up to FRAME_CHAIN_BYTES_MAX, leads to the end
 * or to another magic. A search stops after FRAME_SEARCH_BYTES_MAX, so that a
 * call returns soon; what follows is the next item.
 *
 * Memory: the ring, charged as it is first written; pages far above what a
 * window of 8 MiB needs are given back at the next frame or decoder_rest. The
 * feed's own window reaches three times FRAME_CHAIN_BYTES_MAX when frames are
 * gathered or bad.
 */
#define DECODE_STEP_BYTES_MAX ((size_t)160 << 10)
#define FRAME_CHAIN_BYTES_MAX ((size_t)4 << 20)
#define FRAME_CHAIN_BLOCKS_MAX 4096u
#define FRAME_SEARCH_BYTES_MAX ((uint64_t)64 << 20)

/* Why a frame, or bytes between frames, were rejected.
 * X(NAME, "stable_name", "sentence for the user") */
#define FRAME_REASONS(X)                                                       \
    X(FRAME_TRUNCATED, "frame_truncated", "the shard ends inside this frame") \
    X(FRAME_CORRUPT, "frame_corrupt", "the frame's content is damaged")       \
    X(FRAME_CHECKSUM, "frame_checksum",                                        \
      "the frame's checksum does not match its content")                      \
    X(FRAME_SIZE, "frame_size",                                                \
      "the frame's content is not as long as its header says")                \
    X(FRAME_HEADER, "frame_header",                                            \
      "the frame's header is damaged or of an unknown kind")                  \
    X(FRAME_WINDOW, "frame_window",                                            \
      "the frame's window is larger than the memory given")                   \
    X(FRAME_DICTIONARY, "frame_dictionary",                                    \
      "the frame needs a dictionary that was not given")                      \
    X(FRAME_GARBAGE, "frame_garbage",                                          \
      "bytes that are no zstd frame")                                          \
    X(FRAME_SKIPPABLE_TRUNCATED, "skippable_truncated",                        \
      "the shard ends inside a skippable frame")                              \
    X(CONTAINER_CORRUPT, "container_corrupt",                                  \
      "a header of the container is damaged")                                 \
    X(CONTAINER_TRUNCATED, "container_truncated",                              \
      "the container ends inside this member")                                \
    X(CONTAINER_ENCRYPTED, "container_encrypted",                              \
      "the member is encrypted")                                              \
    X(CONTAINER_NESTED, "container_nested",                                    \
      "a container within a member is not opened")                            \
    X(CONTAINER_UNSUPPORTED, "container_unsupported",                          \
      "the container, or the way a member is packed, is of a kind that is "    \
      "not read")

enum frame_reason {
    FRAME_OK = 0,
#define X(name, stable, sentence) name,
    FRAME_REASONS(X)
#undef X
    FRAME_REASON_COUNT
};
const char *frame_reason_name(enum frame_reason reason);
const char *frame_reason_sentence(enum frame_reason reason);

/* The magic of the shard's first bytes. */
enum shard_format {
    SHARD_EMPTY, SHARD_ZSTD, SHARD_GZIP, SHARD_BZIP2, SHARD_TAR, SHARD_ZIP,
    SHARD_TEXT, SHARD_FOREIGN,
};
/* ZSTD: a frame's or skippable frame's magic. FOREIGN: xz, lz4, 7z, parquet
 * and others that are not read. TEXT: anything else. *name gets what it is
 * ("gzip"), NULL for TEXT and EMPTY. have >= 512 or the whole shard. */
#define SHARD_FORMAT_BYTES 512u
enum shard_format shard_format_detect(const uint8_t *bytes, size_t have,
                                      const char **name);

/* How a frame is packed. DEFLATE and STORED are entries of a zip file, whose
 * sizes and checksum (CRC-32) stand outside of them. */
enum codec {
    CODEC_ZSTD, CODEC_GZIP, CODEC_BZIP2, CODEC_DEFLATE, CODEC_STORED,
};

/* What stands at the feed's position. */
enum item_kind {
    ITEM_END,          /* the end of the shard */
    ITEM_FRAME,        /* a zstd frame starts here */
    ITEM_SKIPPABLE,    /* a whole skippable frame stood here: stepped over */
    ITEM_REJECTED,     /* bytes that are no frame: stepped over */
};
struct item {
    enum item_kind kind;
    uint64_t offset;        /* of its first byte in the shard */
    uint64_t bytes;         /* SKIPPABLE, REJECTED: how many were stepped over */
    enum frame_reason reason;   /* REJECTED: why */
    /* FRAME: from its header */
    uint64_t window_bytes;
    uint64_t content_bytes; /* UINT64_MAX when the header does not say */
    uint32_t dictionary_id;
    bool checksum;
    enum codec codec;
    uint32_t crc;           /* DEFLATE, STORED: of the text */
};

/*
 * Says what is next. A frame is not stepped over (decoder_begin or
 * frame_gather do). Where no magic stands, or a header is damaged, it steps
 * on to the next plausible start or to the end, and says ITEM_REJECTED for
 * what it stepped over. A skippable frame whose length leads neither to a
 * magic nor to the end is rejected (FRAME_HEADER) and searched, or, longer
 * than FRAME_CHAIN_BYTES_MAX, rejected whole. A window of 2^32 and more, which
 * libzstd cannot serve, is rejected here (FRAME_WINDOW).
 * After an I/O error it says ITEM_END: then feed_error() is not 0.
 */
struct item item_next(struct feed *feed);
/* The same for a gzip or bzip2 file. Zeros between frames are skippable. */
struct item item_next_packed(struct feed *feed, enum codec codec);
/* The same for a feed that is one entry of a zip file: entry tells its codec,
 * content_bytes, crc and checksum. */
struct item item_next_entry(struct feed *feed, const struct item *entry);

/*
 * Copies the whole compressed frame at the feed's position to buffer (of
 * capacity, borrowed), by hopping over block headers without decoding, and
 * steps the feed over it, if: the frame ends within capacity,
 * FRAME_CHAIN_BYTES_MAX and FRAME_CHAIN_BLOCKS_MAX, its block headers are
 * possible, a magic or the end follows, and no other frame seems to start
 * within. Else 0 and the feed is left at the frame's first byte: decode it
 * from there. Decoding such bytes through feed_open_bytes gives
 * the same steps, reasons and extents as decoding from the shard's feed.
 */
size_t frame_gather(struct feed *feed, const struct item *item,
                    uint8_t *buffer, size_t capacity);
/* The same in two steps, for who wants to know how large the buffer must be:
 * the frame's size, or 0; the feed stays where it is. Then its copy. */
size_t frame_measure(struct feed *feed, const struct item *item,
                     size_t capacity);
void frame_copy(struct feed *feed, uint8_t *buffer, size_t size);

struct decoder_options {
    uint64_t window_bytes_max;  /* frames with a larger need are rejected */
    size_t slack_bytes;         /* text kept behind what was shown last */
};
struct decoder;

struct decoder *decoder_create(struct memory *memory,
                               const struct decoder_options *options);
void decoder_destroy(struct decoder *decoder);
/*
 * One dictionary more, borrowed until decoder_destroy. A frame that names a
 * number gets the dictionary of this number, the latest given. One that names
 * none is decoded without a dictionary if that can be (its first MiB is tried,
 * its checksum too if it ends there), else with the first in the order given
 * with which it can; but where a raw one (without a number) was given, with
 * the latest of these. 0 or -1.
 */
int decoder_dictionary(struct decoder *decoder, const void *bytes,
                       size_t size);
/* Gives back what the greatest frames took. Like decoder_begin and
 * decoder_dictionary it gives up a frame that is under way. */
void decoder_rest(struct decoder *decoder);

enum step_kind {
    STEP_TEXT,       /* text, size bytes, follows what was shown before */
    STEP_FRAME_END,  /* the frame ended well; the feed stands behind it */
    STEP_FRAME_BAD,  /* reason; the feed stands where item_next goes on */
    STEP_IO,         /* decoder_error() says why; the frame is undecided */
    STEP_NOTHING,    /* no text came of much input: look around, call again */
};
struct step {
    enum step_kind kind;
    const uint8_t *text;
    size_t size;             /* STEP_TEXT: > 0 */
    /* STEP_TEXT: false when text does not stand directly behind the bytes
     * shown before (the first of a frame; the ring went back to its start).
     * Within a frame the slack_bytes before the end of what was shown earlier
     * stay readable until the next step; decoder_begin keeps nothing. */
    bool contiguous;
    enum frame_reason reason;
    uint64_t bytes;          /* END, BAD: compressed bytes of the frame */
    uint64_t text_bytes;     /* END: of the whole frame */
};

/* Starts the frame at the feed's position, which item_next told. FRAME_OK, or
 * why not (too large a window, dictionary...): then the frame was stepped over
 * by its block headers, as far as they go, and *bytes says how many; a frame
 * too long for that is FRAME_OK, and goes bad after some STEP_NOTHING. */
enum frame_reason decoder_begin(struct decoder *decoder, struct feed *feed,
                                const struct item *item, uint64_t *bytes);
/* The next step; none after END, BAD and IO. Text shown is borrowed, with
 * LINE_PADDING_BYTES behind it that may be read and written. During a frame
 * the feed's position lags behind what was decoded. */
struct step decoder_step(struct decoder *decoder);
/* After STEP_IO: -errno of the feed, or -ENOMEM for want of a ring. */
int decoder_error(const struct decoder *decoder);

#endif
