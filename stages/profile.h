#ifndef SANDPIPER_STAGES_PROFILE_H
#define SANDPIPER_STAGES_PROFILE_H

#include <stdint.h>
#include <time.h>

/*
 * Where a lane's time goes, by stage; for --profile. The clock is read about
 * once in 128 KiB of text, so it is always on.
 */
#define PROFILE_STAGES(X)                                                      \
    X(STAGE_READ, "read")                                                      \
    X(STAGE_DECODE, "decode")                                                  \
    X(STAGE_PARSE, "split and parse")                                          \
    X(STAGE_AGGREGATE, "aggregate")                                            \
    X(STAGE_SEAL, "seal")                                                      \
    X(STAGE_ENCODE, "encode")                                                  \
    X(STAGE_IDLE, "idle")

enum profile_stage {
#define X(name, stable) name,
    PROFILE_STAGES(X)
#undef X
    STAGE_COUNT
};

struct stage_times {
    uint64_t ns[STAGE_COUNT];
    uint64_t since;          /* when the stage at hand began */
};

static inline uint64_t profile_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Everything since the last call was this stage. */
static inline void profile_was(struct stage_times *times,
                               enum profile_stage stage)
{
    uint64_t now = profile_now();
    times->ns[stage] += now - times->since;
    times->since = now;
}

#endif
