#ifndef SANDPIPER_STAGES_SHARD_JOB_H
#define SANDPIPER_STAGES_SHARD_JOB_H

#include "stages/document_work.h"

/*
 * What is read as one sequence of text: a shard, or a member of a container.
 * Its lines are stitched together and counted in one ledger.
 *
 *   shard_job_read   reads the feed to its end, by what its first bytes say
 *   shard_job_end    waits for what was handed out, and closes the ledger
 *
 * A shard that is a container (container_work.h) becomes one job for each
 * member, and a packed one has a layer (layer.h) between. So jobs nest two
 * deep and no deeper: a container in a member is rejected.
 */
struct shard_job {
    struct lane_state *state;
    const char *name;          /* of the shard or member */
    struct shard_ledger *ledger;
    struct stitch *stitch;
    struct feed *feed;         /* over the shard's or member's bytes */
    int fd;                    /* of the file, if it can seek; else -1 */
    uint64_t file_bytes;       /* of that file */
    bool is_member;
    bool is_packed;            /* the feed is not over bytes of a file */
    uint64_t size;             /* of a member, as told; or UINT64_MAX */
    const struct item *entry;  /* a member of a zip that is unpacked */
    enum codec codec;
    struct document_work document;
    bool is_document;
    bool csv_begun;            /* the header is stitched */
    enum frame_reason rejected;    /* the whole of it, for this reason */
    bool counted;              /* its bytes are in the ledger already */
    uint64_t reported;         /* bytes told to the progress */
};

/* Each false: the run cannot go on, the fault is up. */
bool shard_job_read(struct shard_job *job);
bool shard_job_end(struct shard_job *job, bool read);
/* Nothing of it is read: all its bytes are rejected. */
bool shard_job_reject(struct shard_job *job, enum frame_reason reason);

/* Lets others work until something that was handed out is done. */
void shard_job_wait(struct lane_state *state);

#endif
