#ifndef SANDPIPER_PIPELINE_TOPOLOGY_H
#define SANDPIPER_PIPELINE_TOPOLOGY_H

#include "pipeline/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What this process may use of the machine: its PUs (hwloc's word for a
 * hardware thread), and how much processor time and memory it was given.
 * The only user of hwloc, and of the cgroup files.
 *
 * A PU counts as usable when the cgroup's cpuset and the affinity of the
 * calling thread both allow it. The CPU quota and the memory limits are the
 * least of all levels of the cgroup hierarchy, v2 and v1. A file that is
 * missing or not understood sets no limit.
 *
 * With HWLOC_SYNTHETIC in the environment, or a description given by the
 * caller, the PUs are pretended: everything works except binding, which is
 * then not tried.
 *
 * Plain arrays, so that a plan is a pure function of them. All fields but
 * the handle may be written by hand in tests. Reading belongs to one thread;
 * the bind functions may be called by any.
 */
struct topology_pu {
    uint32_t os_index;    /* as the kernel counts, and taskset takes it */
    /* Dense numbers from 0, counting only what has a usable PU: */
    uint32_t core;
    uint32_t l3;          /* shared last-level cache; the package if none */
    uint32_t package;
    uint32_t node;        /* index into nodes */
    uint32_t smt;         /* rank among the usable PUs of its core */
};

struct topology_node {
    uint32_t os_index;
    uint32_t pu_count;    /* usable ones; 0 for memory without processors */
    uint64_t memory_bytes;
};

#define TOPOLOGY_UNLIMITED UINT64_MAX

struct hwloc_topology;

struct topology {
    uint32_t pu_count;
    uint32_t core_count, l3_count, package_count, node_count;
    struct topology_pu pus[PUS_MAX];          /* in hwloc's logical order */
    struct topology_node nodes[NODES_MAX];
    uint32_t machine_pu_count;    /* of the machine, usable or not */
    bool pretended;               /* synthetic: binding is not tried */
    bool memory_bindable;         /* a trial binding of a page succeeded */
    uint64_t quota_milli;         /* thousandths of a CPU, rounded up */
    uint64_t machine_bytes;       /* MemTotal; 0 when not known */
    uint64_t cgroup_bytes;        /* the least limit */
    uint64_t memory_bytes;        /* the lesser of the two; 0: not known */
    struct hwloc_topology *handle;    /* owned; NULL when made by hand */
};

struct topology_options {
    const char *synthetic;   /* hwloc's synthetic description, or NULL */
    const char *allowed;     /* "0-3,8": only these PUs besides; or NULL */
    const char *root;        /* stands before /proc and /sys; NULL: "" */
};

/* Fills topology; options may be NULL. 0, or -errno: -EINVAL for a bad
 * description or list, -ENODEV when no PU is left. */
int topology_read(struct topology *topology,
                  const struct topology_options *options);
void topology_release(struct topology *topology);

/* Binds the calling thread to pus[pu]. False when refused or pretended. */
bool topology_bind_thread(const struct topology *topology, uint32_t pu);

/* Asks for the calling thread's pages, from now on, on nodes[node], best
 * effort. False when refused, pretended, or there is but one node. */
bool topology_bind_memory(const struct topology *topology, uint32_t node);

#endif
