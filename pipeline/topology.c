#include "pipeline/topology.h"

#include "pipeline/check.h"

#include <ctype.h>
#include <errno.h>
#include <hwloc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- small files of the kernel ------------------------------------- */

/* No file read here is longer: a cgroup line is at most a path and a few
 * controllers, and what is cut off sets no limit. */
#define TEXT_BYTES_MAX 16384

static bool read_text(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(text, 1, capacity - 1, file);
    text[size] = '\0';
    fclose(file);
    return size > 0;
}

/* A whole decimal number; *end behind it. "max", "-1" and what does not fit
 * are no numbers, which means no limit everywhere below. */
static bool parse_number(const char *text, const char **end, uint64_t *value)
{
    while (*text == ' ' || *text == '\t')
        text++;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    char *behind;
    unsigned long long number = strtoull(text, &behind, 10);
    if (errno)
        return false;
    *value = number;
    if (end)
        *end = behind;
    return true;
}

static uint64_t read_number(const char *folder, const char *name)
{
    char path[PATH_MAX + 64], text[64];
    uint64_t value;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!read_text(path, text, sizeof text) ||
        !parse_number(text, NULL, &value))
        return TOPOLOGY_UNLIMITED;
    return value;
}

static void lower(uint64_t *least, uint64_t value)
{
    if (value < *least)
        *least = value;
}

/* ---- cgroups --------------------------------------------------------- */

/* Rounded up: 1.0001 CPUs are two lanes' worth, as the plan rounds too. */
static uint64_t quota_of(uint64_t quota_us, uint64_t period_us)
{
    if (period_us == 0 || quota_us == TOPOLOGY_UNLIMITED ||
        period_us == TOPOLOGY_UNLIMITED ||
        quota_us > (UINT64_MAX - period_us) / 1000)
        return TOPOLOGY_UNLIMITED;
    uint64_t milli = (quota_us * 1000 + period_us - 1) / period_us;
    return milli ? milli : 1;
}

static void read_level_v2(struct topology *topology, const char *folder)
{
    char path[PATH_MAX + 64], text[64];
    const char *rest;
    uint64_t quota_us, period_us;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (read_text(path, text, sizeof text) &&
        parse_number(text, &rest, &quota_us) &&
        parse_number(rest, NULL, &period_us))
        lower(&topology->quota_milli, quota_of(quota_us, period_us));
    lower(&topology->cgroup_bytes, read_number(folder, "memory.max"));
}

static void read_level_v1_cpu(struct topology *topology, const char *folder)
{
    lower(&topology->quota_milli,
          quota_of(read_number(folder, "cpu.cfs_quota_us"),
                   read_number(folder, "cpu.cfs_period_us")));
}

static void read_level_v1_memory(struct topology *topology,
                                 const char *folder)
{
    lower(&topology->cgroup_bytes,
          read_number(folder, "memory.limit_in_bytes"));
}

typedef void read_level(struct topology *topology, const char *folder);

/*
 * Reads the group and all above it up to the mount. In a container the path
 * may be the host's and missing below the mount; the mount itself is then
 * the container's own group, and it is read in every case. ".." stands for
 * a group outside of the namespace: nothing of it is visible.
 */
static void read_levels(struct topology *topology, const char *mount,
                        const char *group, read_level *read)
{
    char folder[PATH_MAX];
    size_t mount_bytes = strlen(mount);
    if (strstr(group, ".."))
        group = "";
    int size = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (size < 0 || (size_t)size >= sizeof folder)
        return;
    for (;;) {
        read(topology, folder);
        char *slash = strrchr(folder + mount_bytes, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

static bool names_controller(const char *controllers, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = controllers; (at = strstr(at, name)); at += size)
        if ((at == controllers || at[-1] == ',') &&
            (at[size] == '\0' || at[size] == ','))
            return true;
    return false;
}

/* Hybrid systems mount v2 below "unified"; both places are looked at. */
static void read_group_v2(struct topology *topology, const char *root,
                          const char *group)
{
    char mount[PATH_MAX];
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
    read_levels(topology, mount, group, read_level_v2);
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/unified", root);
    read_levels(topology, mount, group, read_level_v2);
}

static void read_group_v1(struct topology *topology, const char *root,
                          const char *controllers, const char *group)
{
    char mount[PATH_MAX];
    if (names_controller(controllers, "cpu")) {
        /* Mounted as "cpu,cpuacct", with a link "cpu" nearly everywhere. */
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
        read_levels(topology, mount, group, read_level_v1_cpu);
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root,
                 controllers);
        read_levels(topology, mount, group, read_level_v1_cpu);
    }
    if (names_controller(controllers, "memory")) {
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/memory", root);
        read_levels(topology, mount, group, read_level_v1_memory);
    }
}

/* Lines of /proc/self/cgroup: "4:cpu,cpuacct:/group", "0::/group". */
static void read_cgroups(struct topology *topology, const char *root)
{
    char path[PATH_MAX], text[TEXT_BYTES_MAX];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!read_text(path, text, sizeof text))
        return;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *controllers++ = '\0';
        *group++ = '\0';
        if (*controllers)
            read_group_v1(topology, root, controllers, group);
        else
            read_group_v2(topology, root, group);
    }
}

static uint64_t read_machine_bytes(const char *root)
{
    char path[PATH_MAX], text[TEXT_BYTES_MAX];
    uint64_t kib;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (!read_text(path, text, sizeof text))
        return 0;
    const char *at = strstr(text, "MemTotal:");
    if (!at || !parse_number(at + strlen("MemTotal:"), NULL, &kib) ||
        kib > UINT64_MAX / 1024)
        return 0;
    return kib * 1024;
}

static void read_limits(struct topology *topology, const char *root)
{
    topology->quota_milli = TOPOLOGY_UNLIMITED;
    topology->cgroup_bytes = TOPOLOGY_UNLIMITED;
    read_cgroups(topology, root);
    topology->machine_bytes = read_machine_bytes(root);
    topology->memory_bytes = topology->machine_bytes;
    /* v1 says "no limit" with a number near 2^63. */
    if (topology->cgroup_bytes > INT64_MAX / 2)
        topology->cgroup_bytes = TOPOLOGY_UNLIMITED;
    else if (!topology->memory_bytes ||
             topology->cgroup_bytes < topology->memory_bytes)
        topology->memory_bytes = topology->cgroup_bytes;
}

/* ---- PUs --------------------------------------------------------------- */

/* Objects of one kind that were met, in order; the place is the number. */
struct met {
    uint32_t count;
    hwloc_obj_t objects[PUS_MAX];
};

static uint32_t met_number(struct met *met, hwloc_obj_t object)
{
    /* From the back: in logical order the last one met is met again. */
    for (uint32_t i = met->count; i-- > 0;)
        if (met->objects[i] == object)
            return i;
    CHECK(met->count < PUS_MAX);
    met->objects[met->count] = object;
    return met->count++;
}

struct walk {
    struct met cores, l3s, packages;
    uint32_t pus_of_core[PUS_MAX];
};

static hwloc_obj_t ancestor_or(hwloc_topology_t handle, hwloc_obj_type_t type,
                               hwloc_obj_t pu, hwloc_obj_t otherwise)
{
    hwloc_obj_t found = hwloc_get_ancestor_obj_by_type(handle, type, pu);
    return found ? found : otherwise;
}

static uint32_t node_of(const struct topology *topology, hwloc_obj_t pu)
{
    /* The first node near a PU is the ordinary memory; high-bandwidth and
     * far memory come behind it. */
    int os_index = pu->nodeset ? hwloc_bitmap_first(pu->nodeset) : -1;
    for (uint32_t i = 0; i < topology->node_count; i++)
        if ((int)topology->nodes[i].os_index == os_index)
            return i;
    return 0;
}

static void add_pu(struct topology *topology, struct walk *walk,
                   hwloc_obj_t pu)
{
    hwloc_topology_t handle = topology->handle;
    hwloc_obj_t machine = hwloc_get_root_obj(handle);
    hwloc_obj_t package =
        ancestor_or(handle, HWLOC_OBJ_PACKAGE, pu, machine);
    hwloc_obj_t l3 = ancestor_or(handle, HWLOC_OBJ_L3CACHE, pu, package);
    hwloc_obj_t core = ancestor_or(handle, HWLOC_OBJ_CORE, pu, pu);
    struct topology_pu *entry = &topology->pus[topology->pu_count++];
    entry->os_index = pu->os_index;
    entry->core = met_number(&walk->cores, core);
    entry->l3 = met_number(&walk->l3s, l3);
    entry->package = met_number(&walk->packages, package);
    entry->node = node_of(topology, pu);
    entry->smt = walk->pus_of_core[entry->core]++;
    topology->nodes[entry->node].pu_count++;
}

static void read_nodes(struct topology *topology)
{
    hwloc_obj_t node = NULL;
    while (topology->node_count < NODES_MAX &&
           (node = hwloc_get_next_obj_by_type(topology->handle,
                                              HWLOC_OBJ_NUMANODE, node))) {
        struct topology_node *entry =
            &topology->nodes[topology->node_count++];
        entry->os_index = node->os_index;
        entry->memory_bytes = node->attr->numanode.local_memory;
    }
    /* hwloc 2 makes a node for every machine; be sure of index 0 anyway. */
    if (topology->node_count == 0)
        topology->node_count = 1;
}

static int read_pus(struct topology *topology, hwloc_const_bitmap_t allowed)
{
    struct walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return -ENOMEM;
    hwloc_obj_t pu = NULL;
    while (topology->pu_count < PUS_MAX &&
           (pu = hwloc_get_next_obj_by_type(topology->handle, HWLOC_OBJ_PU,
                                            pu)))
        if (hwloc_bitmap_isset(allowed, pu->os_index))
            add_pu(topology, walk, pu);
    topology->core_count = walk->cores.count;
    topology->l3_count = walk->l3s.count;
    topology->package_count = walk->packages.count;
    free(walk);
    return topology->pu_count ? 0 : -ENODEV;
}

/* What hwloc allows (cgroup cpusets, what is online), the affinity of this
 * thread, and the caller's list. */
static int read_allowed(const struct topology *topology, const char *list,
                        hwloc_bitmap_t allowed)
{
    int status = 0;
    hwloc_bitmap_t other = hwloc_bitmap_alloc();
    if (!other || hwloc_bitmap_copy(allowed,
                                    hwloc_topology_get_allowed_cpuset(
                                        topology->handle)))
        status = -ENOMEM;
    if (!status && !topology->pretended &&
        !hwloc_get_cpubind(topology->handle, other, HWLOC_CPUBIND_THREAD))
        hwloc_bitmap_and(allowed, allowed, other);
    if (!status && list) {
        if (!*list || hwloc_bitmap_list_sscanf(other, list))
            status = -EINVAL;
        else
            hwloc_bitmap_and(allowed, allowed, other);
    }
    hwloc_bitmap_free(other);
    return status;
}

/* ---- the whole --------------------------------------------------------- */

/* While it discovers a machine hwloc 2.9 does not check what it allocates.
 * A pretended machine of 512 PUs took 0.8 MiB; where there is not several
 * times that, better an exit code than a crash. */
#define DISCOVERY_BYTES ((size_t)16 << 20)

static bool room_for_discovery(void)
{
    void *room = mmap(NULL, DISCOVERY_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return false;
    munmap(room, DISCOVERY_BYTES);
    return true;
}

static int load(struct topology *topology, const char *synthetic)
{
    hwloc_topology_t handle;
    if (!room_for_discovery() || hwloc_topology_init(&handle))
        return -ENOMEM;
    topology->handle = handle;
    /* Discovery by moving this thread from PU to PU is not needed on Linux,
     * and would show to others as a changed affinity. */
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING;
    if (hwloc_topology_set_flags(handle, flags))
        return -EINVAL;
    if (synthetic && hwloc_topology_set_synthetic(handle, synthetic))
        return -EINVAL;
    errno = 0;
    if (hwloc_topology_load(handle))
        return errno ? -errno : -EIO;
    topology->pretended = !hwloc_topology_is_thissystem(handle);
    return 0;
}

/* Containers often refuse mbind; better known before the start. Tried on a
 * page, so that this thread's own policy stays. */
static bool try_memory_binding(const struct topology *topology)
{
    if (topology->pretended || topology->node_count < 2)
        return false;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    bool bound = page != MAP_FAILED && set &&
                 !hwloc_bitmap_only(set, topology->nodes[0].os_index) &&
                 !hwloc_set_area_membind(topology->handle, page, 4096, set,
                                         HWLOC_MEMBIND_BIND,
                                         HWLOC_MEMBIND_BYNODESET);
    hwloc_bitmap_free(set);
    if (page != MAP_FAILED)
        munmap(page, 4096);
    return bound;
}

static int read_machine(struct topology *topology, const char *list)
{
    hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
    if (!allowed)
        return -ENOMEM;
    int status = read_allowed(topology, list, allowed);
    if (!status) {
        read_nodes(topology);
        status = read_pus(topology, allowed);
    }
    hwloc_bitmap_free(allowed);
    if (status)
        return status;
    int all = hwloc_bitmap_weight(
        hwloc_topology_get_complete_cpuset(topology->handle));
    topology->machine_pu_count = all > 0 ? (uint32_t)all : 0;
    topology->memory_bindable = try_memory_binding(topology);
    return 0;
}

int topology_read(struct topology *topology,
                  const struct topology_options *options)
{
    static const struct topology_options none;
    if (!options)
        options = &none;
    memset(topology, 0, sizeof *topology);
    int status = load(topology, options->synthetic);
    if (!status)
        status = read_machine(topology, options->allowed);
    if (status) {
        topology_release(topology);
        return status;
    }
    read_limits(topology, options->root ? options->root : "");
    /* On a virtual machine that was given memory later, the node's own count
     * was seen to stay at what it had when it started. */
    if (topology->node_count == 1 && !topology->pretended &&
        topology->machine_bytes)
        topology->nodes[0].memory_bytes = topology->machine_bytes;
    return 0;
}

void topology_release(struct topology *topology)
{
    if (topology->handle)
        hwloc_topology_destroy(topology->handle);
    topology->handle = NULL;
}

bool topology_bind_thread(const struct topology *topology, uint32_t pu)
{
    CHECK(pu < topology->pu_count);
    if (!topology->handle || topology->pretended)
        return false;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (!set)
        return false;
    bool bound =
        !hwloc_bitmap_only(set, topology->pus[pu].os_index) &&
        !hwloc_set_cpubind(topology->handle, set, HWLOC_CPUBIND_THREAD);
    hwloc_bitmap_free(set);
    return bound;
}

bool topology_bind_memory(const struct topology *topology, uint32_t node)
{
    CHECK(node < topology->node_count);
    if (!topology->handle || topology->pretended || topology->node_count < 2)
        return false;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (!set)
        return false;
    /* Not STRICT: a full node gives way to a far one, not to a failure. */
    bool bound =
        !hwloc_bitmap_only(set, topology->nodes[node].os_index) &&
        !hwloc_set_membind(topology->handle, set, HWLOC_MEMBIND_BIND,
                           HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_BYNODESET);
    hwloc_bitmap_free(set);
    return bound;
}
