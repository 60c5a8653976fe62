#ifndef SANDPIPER_STAGES_INSPECT_H
#define SANDPIPER_STAGES_INSPECT_H

#include "pipeline/lanes.h"
#include "pipeline/progress.h"
#include "pipeline/shards.h"
#include "pipeline/source.h"
#include "stages/decode/decode.h"
#include "stages/dictionary_files.h"
#include "stages/emit/emit.h"
#include "stages/parse/parse.h"
#include "stages/split/split.h"
#include "stages/tally.h"

#include <stdio.h>

/*
 * What shards are made of, without reading all of them. Of each shard its
 * first INSPECT_BYTES are walked by the headers of frames and blocks, or, of
 * gzip and bzip2, whose frames end where decoding ends, INSPECT_PACKED_BYTES
 * decoded; with `full` all of it. Of a tar the headers of members are read (of
 * a file at most INSPECT_BYTES of such), of a zip its directory. Of the text a
 * little is decoded, and of that the first INSPECT_RECORDS parsed as a run
 * would parse them.
 *
 * What is damaged is what headers show: a frame whose content is wrong passes
 * unseen (verify sees it). Lanes take one shard after the other; what they
 * find of a shard depends on its bytes and the options alone.
 *
 * Memory: a lane's buffers as in a run, SAMPLE_TEXT_BYTES of text, and for
 * each of two medians at most SIZES_KEPT_MAX numbers; a result is some KiB a
 * shard.
 */
#define INSPECT_BYTES ((uint64_t)64 << 20)
#define INSPECT_PACKED_BYTES ((uint64_t)4 << 20)
#define INSPECT_RECORDS 100u
#define SAMPLE_TEXT_BYTES ((size_t)1 << 20)
#define SIZES_KEPT_MAX ((size_t)1 << 20)

/* Sizes of frames. The median is the lower one of the first SIZES_KEPT_MAX. */
struct size_range {
    uint64_t count, least, median, greatest, sum;
    uint64_t *kept;
    size_t kept_count, capacity;
};

#define INSPECT_DICTIONARIES 8u
struct frames_found {
    uint64_t whole;                /* that end where they should */
    bool open;                     /* the last one goes on behind the look */
    struct size_range compressed, content;
    uint64_t unsized;              /* their header does not tell the content */
    uint64_t sized_bytes;          /* compressed bytes of those that tell */
    uint64_t checked;              /* with a checksum */
    uint64_t window_bytes_max;
    uint64_t windows_refused;      /* above what the memory admits */
    uint64_t handed;               /* that other lanes may decode */
    uint64_t with_dictionary;
    uint32_t dictionaries[INSPECT_DICTIONARIES];    /* the first ones */
    uint32_t dictionary_count;
    uint64_t skippable, skippable_bytes;
    uint64_t text_bytes, text_of;  /* decoded, of so many packed bytes */
};

/* The table at the end of zstd's seekable format. */
struct seek_table {
    bool found, agrees;            /* its sizes add up to the file's */
    uint64_t frames, compressed_bytes, text_bytes;
};

struct text_found {
    size_t text_bytes, packed_bytes;       /* looked at */
    bool whole;                    /* that is all the text there is */
    enum frame_reason refused;     /* why nothing was decoded */
    enum framing framing;
    struct tally tally;
};

#define INSPECT_MEMBERS 10u
#define INSPECT_SUFFIXES 16u
struct member_found {
    char *name;                    /* owned; bytes */
    uint64_t offset, packed_bytes, bytes;
    bool taken, packed;            /* packed: entry says how */
    struct item entry;
    enum frame_reason rejected;
};
struct members_found {
    uint64_t total, passed_over, bytes;
    bool whole;                    /* all headers were seen */
    struct { char name[12]; uint64_t count; } suffixes[INSPECT_SUFFIXES];
    uint32_t suffix_count;
    uint64_t other_suffixes;
    struct member_found first[INSPECT_MEMBERS];
    uint32_t first_count;
    struct member_found sampled;   /* the first one that is read */
};

#define INSPECT_FIRST_BYTES 16u
struct inspection {
    bool done, whole;              /* whole: looked at to the end */
    const char *container;         /* "zstd", "tar", "text", "xz", ... */
    const char *inner;             /* "tar" in frames; or NULL */
    bool foreign;
    uint64_t file_bytes;           /* SHARD_SIZE_UNKNOWN of a pipe */
    uint64_t looked_bytes;
    uint8_t first[INSPECT_FIRST_BYTES];
    uint32_t first_count;
    bool has_frames, has_members, has_text;
    struct frames_found frames;
    struct seek_table seek_table;
    struct members_found members;
    struct text_found text;
    uint64_t damaged[FRAME_REASON_COUNT];
    uint32_t damage_count;
    struct { uint64_t offset, bytes; enum frame_reason reason; }
        damage[SAMPLES_MAX];
};

struct inspect {
    const struct plan *plan;
    struct memory *memory;
    struct fault *fault;
    const struct shards *shards;
    const struct dictionary_files *dictionaries;
    enum io_backend io;
    enum isa isa;
    bool full;
    struct progress_counters progress;
    _Atomic uint64_t next;
    struct inspection *found;      /* by shard; owned */
};

/* All lanes, until every shard was looked at. False: the fault is up.
 * inspect_close in either case. */
bool inspect_all(struct inspect *inspect, const struct topology *topology);
void inspect_close(struct inspect *inspect);

/* Whether several lanes may decode it; *reason says why, or why not. */
bool inspect_parallel(const struct inspection *found, const char **reason);

void inspect_print(FILE *out, const struct inspect *inspect);
/* A whole document; false when out of memory. */
bool inspect_json(const struct inspect *inspect, struct output *output);

#endif
