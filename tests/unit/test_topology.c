/* What is read of machines and cgroups, from pretended ones. */
#include "pipeline/topology.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct topology topology;
static char root[PATH_MAX];

/* ---- a tree of /proc and /sys ------------------------------------------ */

static int make_root(void **state)
{
    (void)state;
    unsetenv("HWLOC_SYNTHETIC");
    snprintf(root, sizeof root, "/tmp/test_topology.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    topology_release(&topology);
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *name, const char *text)
{
    char path[PATH_MAX * 2];
    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *at = strchr(path + strlen(root) + 1, '/'); at;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int read_with(const char *synthetic, const char *allowed)
{
    topology_release(&topology);
    const struct topology_options options = {
        .synthetic = synthetic, .allowed = allowed, .root = root,
    };
    return topology_read(&topology, &options);
}

/* ---- PUs ----------------------------------------------------------------- */

static void a_described_machine_is_counted_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *synthetic;
        uint32_t pus, cores, l3s, packages, nodes;
    } machines[] = {
        {"pu:1", 1, 1, 1, 1, 1},
        {"core:2 pu:1", 2, 2, 1, 1, 1},
        {"pack:1 core:4 pu:2", 8, 4, 1, 1, 1},
        {"pack:1 core:4 pu:4", 16, 4, 1, 1, 1},
        {"pack:2 numa:1 l3:2 core:16 pu:2", 128, 64, 4, 2, 2},
        {"pack:2 numa:4 l3:2 core:8 pu:2", 256, 128, 16, 2, 8},
        {"pack:8 numa:1 l3:1 core:32 pu:1", 256, 256, 8, 8, 8},
        {"pack:2 numa:2 l3:4 core:16 pu:2", 512, 256, 16, 2, 4},
        {"numa:3 core:5 pu:1", 15, 15, 1, 1, 3},
    };
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        assert_int_equal(read_with(machines[i].synthetic, NULL), 0);
        assert_int_equal(topology.pu_count, machines[i].pus);
        assert_int_equal(topology.machine_pu_count, machines[i].pus);
        assert_int_equal(topology.core_count, machines[i].cores);
        assert_int_equal(topology.l3_count, machines[i].l3s);
        assert_int_equal(topology.package_count, machines[i].packages);
        assert_int_equal(topology.node_count, machines[i].nodes);
        assert_true(topology.pretended);
    }
}

static void every_pu_lies_within_what_was_counted(void **state)
{
    (void)state;
    assert_int_equal(read_with("pack:2 numa:2 l3:2 core:3 pu:4", NULL), 0);
    uint32_t of_nodes = 0;
    for (uint32_t i = 0; i < topology.pu_count; i++) {
        const struct topology_pu *pu = &topology.pus[i];
        assert_int_equal(pu->os_index, i);
        assert_int_equal(pu->smt, i % 4);
        assert_int_equal(pu->core, i / 4);
        assert_int_equal(pu->l3, i / 12);
        assert_int_equal(pu->node, i / 24);
        assert_int_equal(pu->package, i / 48);
    }
    for (uint32_t i = 0; i < topology.node_count; i++)
        of_nodes += topology.nodes[i].pu_count;
    assert_int_equal(of_nodes, topology.pu_count);
}

static void a_list_of_allowed_pus_renumbers_what_is_left(void **state)
{
    (void)state;
    const char *machine = "pack:2 numa:1 l3:1 core:4 pu:2";
    assert_int_equal(read_with(machine, "3,5,9-10"), 0);
    assert_int_equal(topology.pu_count, 4);
    assert_int_equal(topology.machine_pu_count, 16);
    assert_int_equal(topology.core_count, 4);
    assert_int_equal(topology.package_count, 2);
    static const uint32_t os_indices[] = {3, 5, 9, 10};
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(topology.pus[i].os_index, os_indices[i]);
        assert_int_equal(topology.pus[i].core, i);
        assert_int_equal(topology.pus[i].smt, 0);
        assert_int_equal(topology.pus[i].package, i / 2);
    }
}

static void nothing_left_and_nonsense_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(read_with("core:4 pu:1", "9"), -ENODEV);
    assert_int_equal(read_with("core:4 pu:1", ""), -EINVAL);
    assert_int_equal(read_with("core:4 pu:1", "one"), -EINVAL);
    assert_int_equal(read_with("core:four", NULL), -EINVAL);
    assert_null(topology.handle);
}

static void more_pus_than_the_limit_are_cut_off(void **state)
{
    (void)state;
    assert_int_equal(read_with("pack:8 core:128 pu:2", NULL), 0);
    assert_int_equal(topology.pu_count, PUS_MAX);
    assert_int_equal(topology.machine_pu_count, 2048);
}

static void the_environment_can_pretend_a_machine(void **state)
{
    (void)state;
    setenv("HWLOC_SYNTHETIC", "pack:2 l3:2 core:16 pu:2", 1);
    int status = read_with(NULL, NULL);
    unsetenv("HWLOC_SYNTHETIC");
    assert_int_equal(status, 0);
    assert_int_equal(topology.pu_count, 128);
    assert_true(topology.pretended);
}

/* ---- processor time -------------------------------------------------------- */

static uint64_t quota(void)
{
    assert_int_equal(read_with("core:8 pu:1", NULL), 0);
    return topology.quota_milli;
}

static void without_cgroup_files_nothing_is_limited(void **state)
{
    (void)state;
    assert_true(quota() == TOPOLOGY_UNLIMITED);
    assert_true(topology.cgroup_bytes == TOPOLOGY_UNLIMITED);
    assert_int_equal(topology.memory_bytes, 0);
}

static void the_least_quota_of_all_levels_counts(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/a/b/c\n");
    put("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
    assert_true(quota() == TOPOLOGY_UNLIMITED);
    put("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    assert_int_equal(quota(), 1500);
    put("/sys/fs/cgroup/a/cpu.max", "100001 100000\n");
    assert_int_equal(quota(), 1001);
    put("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
    assert_int_equal(quota(), 1500);
    put("/sys/fs/cgroup/a/b/c/cpu.max", "30000 100000\n");
    assert_int_equal(quota(), 300);
    put("/sys/fs/cgroup/cpu.max", "1 100000\n");
    assert_int_equal(quota(), 1);
}

static void a_quota_of_version_1_counts_too(void **state)
{
    (void)state;
    put("/proc/self/cgroup",
        "5:cpuset:/x\n4:cpu,cpuacct:/x/y\n1:name=systemd:/\n");
    put("/sys/fs/cgroup/cpu,cpuacct/x/y/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/x/y/cpu.cfs_period_us", "100000\n");
    assert_true(quota() == TOPOLOGY_UNLIMITED);
    put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "250000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 2500);
}

static void a_hybrid_mount_is_read(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "4:memory:/m\n0::/u\n");
    put("/proc/meminfo", "MemTotal: 8388608 kB\n");
    put("/sys/fs/cgroup/unified/u/cpu.max", "200000 100000\n");
    put("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "1073741824\n");
    assert_int_equal(quota(), 2000);
    assert_int_equal(topology.memory_bytes, GIB);
}

static void damaged_quota_files_limit_nothing(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "", "\n", "max", "100000", "100000 0\n", "-5 100000\n", "x 100000\n",
        "99999999999999999999999 100000\n", "18446744073709551615 1\n",
        "18446744073709552 1\n",    /* times 1000 is 384, if it wraps */
        "100000 99999999999999999999999\n", "100000 max\n",
    };
    put("/proc/self/cgroup", "\n:\n::\n0\n0:\n0::/a\nx:y:z\n");
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        put("/sys/fs/cgroup/a/cpu.max", damaged[i]);
        assert_true(quota() == TOPOLOGY_UNLIMITED);
    }
}

static void a_group_path_of_any_length_does_no_harm(void **state)
{
    (void)state;
    char line[3 * PATH_MAX];
    memset(line, 'a', sizeof line);
    memcpy(line, "0::/", 4);
    line[sizeof line - 1] = '\0';
    put("/proc/self/cgroup", line);
    assert_true(quota() == TOPOLOGY_UNLIMITED);
}

/* In a container /proc may show the host's path, or one out of sight. */
static void a_path_out_of_sight_falls_back_to_the_mount(void **state)
{
    (void)state;
    put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
    put("/cpu.max", "100000 100000\n");
    put("/proc/self/cgroup", "0::/kubepods/pod1/container2\n");
    assert_int_equal(quota(), 3000);
    put("/proc/self/cgroup", "0::/../../..\n");
    assert_int_equal(quota(), 3000);
}

/* ---- memory ----------------------------------------------------------------- */

static uint64_t memory(void)
{
    assert_int_equal(read_with("core:8 pu:1", NULL), 0);
    return topology.memory_bytes;
}

static void memory_is_the_least_of_machine_and_groups(void **state)
{
    (void)state;
    put("/proc/meminfo", "Hugetlb: 7 kB\nMemTotal:       16777216 kB\n");
    assert_int_equal(memory(), 16 * GIB);
    put("/proc/self/cgroup", "0::/a/b\n");
    put("/sys/fs/cgroup/a/b/memory.max", "max\n");
    assert_int_equal(memory(), 16 * GIB);
    put("/sys/fs/cgroup/a/memory.max", "2147483648\n");
    assert_int_equal(memory(), 2 * GIB);
    put("/sys/fs/cgroup/a/b/memory.max", "4294967296\n");
    assert_int_equal(memory(), 2 * GIB);
    put("/sys/fs/cgroup/a/memory.max", "99999999999999\n");
    assert_int_equal(memory(), 4 * GIB);
}

static void no_limit_of_version_1_is_no_limit(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "3:memory:/g\n");
    put("/proc/meminfo", "MemTotal: 1048576 kB\n");
    put("/sys/fs/cgroup/memory/g/memory.limit_in_bytes",
        "9223372036854771712\n");
    assert_int_equal(memory(), GIB);
    assert_true(topology.cgroup_bytes == TOPOLOGY_UNLIMITED);
}

static void a_group_limits_where_the_machine_is_unknown(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/proc/meminfo", "MemTotal: 99999999999999999999999 kB\n");
    assert_int_equal(memory(), 0);
    put("/sys/fs/cgroup/memory.max", "1073741824\n");
    assert_int_equal(memory(), GIB);
}

/* ---- binding ------------------------------------------------------------------ */

static void a_pretended_machine_is_never_bound_to(void **state)
{
    (void)state;
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(read_with("numa:2 core:1 pu:1", NULL), 0);
    assert_false(topology_bind_thread(&topology, 0));
    assert_false(topology_bind_memory(&topology, 1));
    assert_false(topology.memory_bindable);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
}

static void one_node_has_the_memory_of_the_machine(void **state)
{
    (void)state;
    put("/proc/meminfo", "MemTotal: 3145728 kB\n");
    assert_int_equal(read_with(NULL, NULL), 0);
    if (topology.node_count > 1) {
        print_message("skipped: this machine has several nodes\n");
        skip();
    }
    assert_int_equal(topology.nodes[0].memory_bytes, 3 * GIB);
}

static void a_bound_thread_runs_where_it_was_bound(void **state)
{
    (void)state;
    cpu_set_t before;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(read_with(NULL, NULL), 0);
    assert_int_equal(topology.pu_count, CPU_COUNT(&before));
    uint32_t last = topology.pu_count - 1;
    bool bound = topology_bind_thread(&topology, last);
    int running = sched_getcpu();
    uint32_t expected = topology.pus[last].os_index;

    /* What the affinity leaves is all that is usable. */
    int status = read_with(NULL, NULL);
    sched_setaffinity(0, sizeof before, &before);
    if (!bound) {
        print_message("skipped: binding threads is refused here\n");
        skip();
    }
    assert_int_equal(running, expected);
    assert_int_equal(status, 0);
    assert_int_equal(topology.pu_count, 1);
    assert_int_equal(topology.pus[0].os_index, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_described_machine_is_counted_exactly),
        TEST(every_pu_lies_within_what_was_counted),
        TEST(a_list_of_allowed_pus_renumbers_what_is_left),
        TEST(nothing_left_and_nonsense_are_told_apart),
        TEST(more_pus_than_the_limit_are_cut_off),
        TEST(the_environment_can_pretend_a_machine),
        TEST(without_cgroup_files_nothing_is_limited),
        TEST(the_least_quota_of_all_levels_counts),
        TEST(a_quota_of_version_1_counts_too),
        TEST(a_hybrid_mount_is_read),
        TEST(damaged_quota_files_limit_nothing),
        TEST(a_group_path_of_any_length_does_no_harm),
        TEST(a_path_out_of_sight_falls_back_to_the_mount),
        TEST(memory_is_the_least_of_machine_and_groups),
        TEST(no_limit_of_version_1_is_no_limit),
        TEST(a_group_limits_where_the_machine_is_unknown),
        TEST(a_pretended_machine_is_never_bound_to),
        TEST(one_node_has_the_memory_of_the_machine),
        TEST(a_bound_thread_runs_where_it_was_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
