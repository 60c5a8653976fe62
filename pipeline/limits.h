#ifndef SANDPIPER_PIPELINE_LIMITS_H
#define SANDPIPER_PIPELINE_LIMITS_H

#include <stdint.h>

/*
 * The numbers that bound a run, each with its unit and its reason. They are
 * limits of the plan: nothing here changes what is accepted from a shard,
 * except the window and the line, which depend on what was asked for alone
 * and never on the number of lanes.
 */
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* PUs and lanes. Larger machines than this share one memory badly enough
 * that two processes with --part serve them better. */
#define PUS_MAX 1024u
#define LANES_MAX 1024u
/* NUMA nodes that are told apart; Linux builds for 64 by default on x86. */
#define NODES_MAX 64u

/* Reads in flight and bytes of one. Eight of 1 MiB keep an NVMe drive and
 * a network disk busy; a source takes 2 to 64 (source.h). */
#define IO_DEPTH_MIN 2u
#define IO_DEPTH_MAX 64u
#define BLOCK_BYTES_MIN (4 * KIB)    /* a page: registered buffers need it */
#define BLOCK_BYTES_MAX (64 * MIB)

/* One line. Posts reach 25 KB; 16 MiB leaves room for embedded documents. */
#define LINE_BYTES_DEFAULT (16 * MIB)
#define LINE_BYTES_MIN (4 * KIB)
#define LINE_BYTES_MAX (1 * GIB)
/* Kernels read whole vectors: what stands behind a line may be read. */
#define LINE_PADDING_BYTES 64u

/* Text kept readable behind what a decoder showed last. Small, since the
 * ring of text should stay in the cache; longer lines are put together in
 * the lane's line buffer. */
#define DECODE_SLACK_BYTES_MIN (128 * KIB)   /* one zstd block: RFC 8878 */
#define DECODE_SLACK_BYTES_MAX (1 * MIB)
/* The greatest text of one zstd block: RFC 8878, section 3.1.1.2.3. */
#define DECODE_BLOCK_BYTES (128 * KIB)

/* Windows. RFC 8878, section 3.1.1.1.2, recommends that every decoder admit
 * 8 MiB, and level 19 asks for it; 2 GiB is what --long=31 asks for. */
#define WINDOW_BYTES_FLOOR (8 * MIB)
#define WINDOW_BYTES_CEILING (2 * GIB)
/* The greatest window admitted is at most a third of what the budget has
 * above this; so 64 MiB of memory admit the floor, and 7 GiB the ceiling. */
#define WINDOW_FREE_BYTES (40 * MIB)
#define WINDOW_SHARE 3u
/* Lanes that hold a window above the floor at once share this part (1/4). */
#define WINDOW_POOL_SHARE 4u

/* Buffers and steps of all lanes together take at most 1/8 of the budget,
 * or the next smaller size is tried. */
#define LANE_SHARE 8u

/* Accounts are split by hash into this many parts for sealing and reducing:
 * enough to share evenly between lanes, few enough to hold one open file and
 * one buffer for each. */
#define PARTITIONS 64u
/* A partition needs one buffer of this to be written at all. */
#define PARTITION_BYTES_MIN (64 * KIB)

/* Without --memory: three quarters of what the machine or cgroup has; the
 * rest is for the page cache, stacks, libraries and the system. */
#define MEMORY_SHARE_NUMERATOR 3u
#define MEMORY_SHARE_DENOMINATOR 4u
/* The greatest --memory: the address space of a process on x86-64. */
#define MEMORY_BYTES_MAX ((uint64_t)1 << 47)

/* A parked lane looks again after this, though it is woken before. */
#define PARK_NS_MAX 50000000L

#endif
