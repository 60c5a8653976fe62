#ifndef SANDPIPER_STAGES_CONTAINER_WORK_H
#define SANDPIPER_STAGES_CONTAINER_WORK_H

#include "stages/hash.h"
#include "stages/hold.h"
#include "stages/layer.h"
#include "stages/member_list.h"
#include "stages/shard_job.h"

/*
 * Containers: tar and zip, and what is packed twice. A member is read like a
 * shard of its own (shard_job.h), with a line of its own in the ledger.
 *
 * direct   a tar or zip in a file. The lane that claimed the file, its owner,
 *          reads headers alone (by pread), and hands members to lanes that
 *          have nothing to do, through a bounded ring (run.member_tasks);
 *          those that find no place there it reads itself. Any lane reads a
 *          member as a part of the file, so what a member says counts as if
 *          it were a shard.
 * stream   a tar on standard input, or in gzip, bzip2 or zstd: its owner
 *          reads it front to back, members and all.
 * packed   a stream through a layer. What its members say, and their lines
 *          in the ledger, count when the layer's frames around them ended
 *          well (hold.h): up to the last such end what ended stays, and all
 *          behind it is lost with the frame that is bad.
 *
 * Names of members are shown and used for nothing else. Links, folders,
 * devices, hidden names and names with other suffixes than shards have are
 * passed over, as they are in folders.
 */
struct container {
    struct shard_job *job;         /* the container's own */
    struct layer *layer;           /* packed; or NULL */
    struct hold hold;              /* packed */
    struct member_list *list;
    size_t whole_lines;            /* of members that ended */
    size_t sealed_lines;           /* packed: of those that stay */
    struct shard_ledger *rest;     /* behind MEMBER_LINES_MAX; or NULL */
    struct shard_ledger *sealed_rest;
    uint64_t sealed_members, sealed_passed;
    uint64_t member_bytes;         /* of the file */
    _Atomic uint64_t members_out;  /* handed to other lanes */
    XXH3_state_t hash;             /* of bytes that are no member's */
};

/* Where a member stands. */
struct member_place {
    const char *name;
    size_t name_size;
    uint64_t offset;           /* direct: of its first byte in the file */
    uint64_t there;            /* direct: bytes that are there */
    uint64_t size;             /* bytes that it should have */
    struct feed *feed;         /* stream: it stands at its position */
    const struct item *entry;  /* zip: how it is packed; or NULL */
    enum frame_reason rejected;    /* not to be read, for this reason */
};

/* Each reads the job's feed, which a container is in, to its end. False: the
 * run cannot go on. tar_walk.c, zip_walk.c */
bool container_tar(struct shard_job *job);
bool container_zip(struct shard_job *job);
/* A tar whose frames are of the job's codec. */
bool container_packed(struct shard_job *job);
/* An entry of a zip that is itself zstd, gzip or bzip2. */
bool container_entry(struct shard_job *job);

/* For walkers. begin: false when out of memory. end: waits for members, and
 * closes the container's line in the ledger (read: all went well). */
bool container_begin(struct container *container, struct shard_job *job);
bool container_end(struct container *container, bool read,
                   uint64_t file_bytes);
/* Whether a member of this name is read; counts it if not. */
bool container_takes(struct container *container, const char *name,
                     size_t size);
/* Reads a member, or hands it out. */
bool container_member(struct container *container,
                      const struct member_place *place);
/* Bytes that are no member's and nothing else of use. */
void container_reject(struct container *container, enum frame_reason reason,
                      uint64_t offset, uint64_t bytes);
/* Walks the tar in feed, or, where that is NULL, in the job's file. */
bool tar_walk_all(struct container *container, struct feed *feed,
                  uint64_t *file_bytes);

/* Does a member that was handed out. False: there was none. Only for lanes
 * that read nothing at the time. */
bool container_help(struct lane_state *state);

#endif
