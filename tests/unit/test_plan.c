/* Plans for machines from 1 to 256 cores, and for memory of any size. */
#include "pipeline/plan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct topology topology;
static struct plan plan, again;
static struct plan_refusal refusal;

static void pretend(const char *synthetic, const char *allowed,
                    uint64_t memory_bytes)
{
    unsetenv("HWLOC_SYNTHETIC");
    topology_release(&topology);
    const struct topology_options options = {
        .synthetic = synthetic, .allowed = allowed, .root = "/nowhere",
    };
    assert_int_equal(topology_read(&topology, &options), 0);
    topology.machine_bytes = topology.memory_bytes = memory_bytes;
}

static enum plan_status make(uint32_t threads, uint64_t memory_bytes)
{
    const struct plan_request request = {
        .threads = threads, .memory_bytes = memory_bytes, .smt = true,
    };
    return plan_make(&plan, &topology, &request, &refusal);
}

static const char *const MACHINES[] = {
    "pu:1",
    "core:2 pu:1",
    "core:1 pu:2",
    "pack:1 l3:1 core:4 pu:4",
    "pack:1 numa:2 l3:2 core:3 pu:2",
    "pack:2 numa:1 l3:2 core:16 pu:2",
    "pack:2 numa:4 l3:2 core:8 pu:2",
    "pack:8 numa:1 l3:1 core:32 pu:1",
    "pack:4 numa:2 l3:4 core:8 pu:4",
    "pack:2 numa:2 l3:4 core:16 pu:1",
};
#define MACHINES_COUNT (sizeof MACHINES / sizeof MACHINES[0])

static bool has_note(const char *part)
{
    for (uint32_t i = 0; i < plan.note_count; i++)
        if (strstr(plan.notes[i], part))
            return true;
    return false;
}

/* What holds for every plan that is made at all. */
static void assert_sound(void)
{
    assert_in_range(plan.lane_count, 1, LANES_MAX);
    assert_int_equal(plan.mark_bytes + plan.reserve_bytes, plan.memory_bytes);
    assert_int_equal(plan.tables_bytes + plan.lane_count * plan.lane_bytes,
                     plan.mark_bytes);
    assert_true(plan.reserve_bytes <= plan.memory_bytes / 2);
    assert_true(plan.tables_bytes >= PARTITIONS * PARTITION_BYTES_MIN);
    assert_true(plan.window_bytes_max >= plan.window_bytes_floor);
    assert_true(plan.window_bytes_max <= WINDOW_BYTES_CEILING);
    assert_in_range(plan.wide_lanes_max, 1, plan.lane_count);
    assert_in_range(plan.io_depth, IO_DEPTH_MIN, IO_DEPTH_MAX);
    assert_int_equal(plan.block_bytes % 4096, 0);
    assert_true(plan.line_buffer_bytes >= plan.line_bytes_max + 64);
    assert_true(plan.lane_bytes >=
                (uint64_t)plan.io_depth * plan.block_bytes +
                    (uint64_t)plan.spans * plan.span_bytes +
                    plan.line_buffer_bytes + plan.window_bytes_floor +
                    plan.decode_slack_bytes);
    /* What is taken between two safe points is within the reserve. */
    assert_true(plan.reserve_bytes >=
                plan.lane_count * plan.step_bytes +
                    plan.wide_lanes_max *
                        (plan.window_bytes_max - plan.window_bytes_floor));
}

/* ---- lanes ------------------------------------------------------------------ */

static void without_threads_asked_each_core_gets_one_lane(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES_COUNT; i++) {
        pretend(MACHINES[i], NULL, 1024 * GIB);
        assert_int_equal(make(0, 0), PLAN_OK);
        assert_sound();
        assert_int_equal(plan.lane_count, topology.core_count);
        bool taken[PUS_MAX] = {false};
        for (uint32_t j = 0; j < plan.lane_count; j++) {
            assert_false(taken[plan.lanes[j].core]);
            taken[plan.lanes[j].core] = true;
            assert_true(plan.lanes[j].pinned);
        }
    }
}

static void lanes_up_to_the_pus_have_pus_of_their_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES_COUNT; i++) {
        pretend(MACHINES[i], NULL, 1024 * GIB);
        for (uint32_t n = 1; n <= topology.pu_count; n += 1 + n / 5) {
            assert_int_equal(make(n, 0), PLAN_OK);
            assert_int_equal(plan.lane_count, n);
            assert_int_equal(plan.pinned_count, n);
            bool taken[PUS_MAX] = {false};
            for (uint32_t j = 0; j < n; j++) {
                const struct plan_lane *lane = &plan.lanes[j];
                assert_false(taken[lane->pu]);
                taken[lane->pu] = true;
                assert_int_equal(lane->os_index,
                                 topology.pus[lane->pu].os_index);
            }
        }
    }
}

/* The spread of lanes over n things, most less least. */
static uint32_t spread(const uint32_t *counts, uint32_t n)
{
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < n; i++) {
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
    }
    return most - least;
}

static void lanes_are_balanced_over_packages_nodes_and_caches(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES_COUNT; i++) {
        pretend(MACHINES[i], NULL, 1024 * GIB);
        for (uint32_t n = 1; n <= topology.pu_count; n++) {
            assert_int_equal(make(n, 0), PLAN_OK);
            uint32_t nodes[NODES_MAX] = {0}, packages[PUS_MAX] = {0};
            uint32_t cores[PUS_MAX] = {0}, l3s[PUS_MAX] = {0};
            for (uint32_t j = 0; j < n; j++) {
                nodes[plan.lanes[j].node]++;
                packages[plan.lanes[j].package]++;
                cores[plan.lanes[j].core]++;
                l3s[plan.lanes[j].l3]++;
            }
            assert_in_range(spread(nodes, topology.node_count), 0, 1);
            assert_in_range(spread(packages, topology.package_count), 0, 1);
            assert_in_range(spread(cores, topology.core_count), 0, 1);
            assert_in_range(spread(l3s, topology.l3_count), 0, 1);
        }
    }
}

static void a_crowded_cpuset_fills_what_room_there_is(void **state)
{
    (void)state;
    /* Package 0 has one core left, package 1 has all eight. */
    pretend("pack:2 numa:1 l3:1 core:8 pu:2", "2,3,16-31", 64 * GIB);
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_int_equal(plan.lane_count, 9);
    assert_true(has_note("18 of the machine's 32 PUs"));
    assert_int_equal(make(4, 0), PLAN_OK);
    uint32_t packages[2] = {0};
    for (uint32_t i = 0; i < 4; i++)
        packages[plan.lanes[i].package]++;
    assert_int_equal(packages[0], 1);
    assert_int_equal(packages[1], 3);
}

static void more_lanes_than_pus_share_them_unpinned(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 24 * GIB);
    assert_int_equal(make(16, 0), PLAN_OK);
    assert_sound();
    assert_int_equal(plan.lane_count, 16);
    assert_int_equal(plan.pinned_count, 2);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(plan.lanes[i].pinned, i < 2);
        assert_int_equal(plan.lanes[i].pu, i % 2);
    }
    assert_true(has_note("14 lanes are not pinned"));
}

static void second_threads_wait_until_asked_for(void **state)
{
    (void)state;
    pretend("core:4 pu:2", NULL, 24 * GIB);
    assert_int_equal(make(4, 0), PLAN_OK);
    assert_true(has_note("second threads of the cores (SMT) are not used"));
    assert_int_equal(make(6, 0), PLAN_OK);
    assert_int_equal(plan.pinned_count, 6);
    assert_false(has_note("SMT"));

    const struct plan_request request = {.threads = 6, .smt = false};
    assert_int_equal(plan_make(&plan, &topology, &request, NULL), PLAN_OK);
    assert_int_equal(plan.pinned_count, 4);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(topology.pus[plan.lanes[i].pu].smt, 0);
}

static void a_quota_of_one_and_a_half_feeds_two_lanes(void **state)
{
    (void)state;
    pretend("core:8 pu:1", NULL, 24 * GIB);
    topology.quota_milli = 1500;
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_int_equal(plan.lane_count, 2);
    assert_true(has_note("quota of 1.500 CPUs feeds 2 lanes"));
    topology.quota_milli = 1;
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_int_equal(plan.lane_count, 1);
    topology.quota_milli = 2000;
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_int_equal(plan.lane_count, 2);
    assert_int_equal(make(5, 0), PLAN_OK);
    assert_int_equal(plan.lane_count, 5);
}

static void the_same_request_gives_the_same_plan(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES_COUNT; i++) {
        pretend(MACHINES[i], NULL, 1024 * GIB);
        assert_int_equal(make(3, 0), PLAN_OK);
        memcpy(&again, &plan, sizeof plan);
        memset(&plan, 0xa5, sizeof plan);
        pretend(MACHINES[i], NULL, 1024 * GIB);
        assert_int_equal(make(3, 0), PLAN_OK);
        assert_memory_equal(&again, &plan, sizeof plan);
    }
}

/* ---- memory ----------------------------------------------------------------- */

static void sixty_four_mib_carry_two_lanes(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 24 * GIB);
    assert_int_equal(make(2, 64 * MIB), PLAN_OK);
    assert_sound();
    assert_int_equal(plan.lane_count, 2);
    assert_int_equal(plan.memory_bytes, 64 * MIB);
    assert_int_equal(plan.line_bytes_max, 16 * MIB);
    assert_int_equal(plan.window_bytes_max, 8 * MIB);
}

static void ordinary_memory_gives_buffers_of_full_size(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 24 * GIB);
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_sound();
    assert_int_equal(plan.memory_bytes, 18 * GIB);
    assert_int_equal(plan.io_depth, 8);
    assert_int_equal(plan.block_bytes, MIB);
    assert_int_equal(plan.span_bytes, 512 * KIB);
    assert_int_equal(plan.window_bytes_max, 2 * GIB);
    assert_int_equal(plan.partitions, 64);
}

static void any_memory_gives_a_sound_plan_or_the_least_that_would(void **state)
{
    (void)state;
    pretend("pack:2 numa:1 l3:2 core:16 pu:2", NULL, 0);
    static const uint32_t threads[] = {1, 2, 3, 16, 64, 128, 1024};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        for (uint64_t mib = 1; mib < (64 * GIB) / MIB; mib += 1 + mib / 9) {
            if (make(threads[i], mib * MIB) == PLAN_OK) {
                assert_sound();
                continue;
            }
            assert_int_equal(refusal.status, PLAN_MEMORY_SMALL);
            uint64_t least = refusal.memory_bytes_min;
            assert_true(least > mib * MIB);
            char flag[64];
            snprintf(flag, sizeof flag, "--memory %" PRIu64 "M", least / MIB);
            assert_non_null(strstr(refusal.sentence, flag));
            assert_int_equal(make(threads[i], least), PLAN_OK);
            assert_sound();
            assert_int_equal(make(threads[i], least - MIB),
                             PLAN_MEMORY_SMALL);
        }
    }
}

static void more_memory_never_breaks_a_plan(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 0);
    for (uint32_t threads = 1; threads <= 16; threads++) {
        bool worked = false;
        for (uint64_t mib = 20; mib < 9000; mib += 1 + mib / 64) {
            bool works = make(threads, mib * MIB) == PLAN_OK;
            assert_true(works || !worked);
            worked = works;
        }
        assert_true(worked);
    }
}

/* Else a frame would be accepted or rejected by the number of threads. */
static void the_greatest_window_depends_on_memory_alone(void **state)
{
    (void)state;
    static const uint64_t memory[] = {2 * GIB, 8 * GIB, 300 * GIB};
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        pretend("core:2 pu:1", NULL, 0);
        assert_int_equal(make(1, memory[i]), PLAN_OK);
        uint64_t window = plan.window_bytes_max;
        pretend("pack:2 numa:1 l3:2 core:16 pu:2", NULL, 0);
        assert_int_equal(make(32, memory[i]), PLAN_OK);
        assert_int_equal(plan.window_bytes_max, window);
    }
    assert_int_equal(plan.window_bytes_max, 2 * GIB);
}

static void without_threads_asked_little_memory_means_fewer_lanes(void **state)
{
    (void)state;
    pretend("pack:2 numa:1 l3:2 core:16 pu:2", NULL, 512 * MIB);
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_sound();
    assert_int_equal(plan.memory_bytes, 384 * MIB);
    assert_in_range(plan.lane_count, 2, 63);
    assert_true(has_note("the memory carries no more"));
    assert_int_equal(make(0, 8 * MIB), PLAN_MEMORY_SMALL);
    assert_non_null(strstr(refusal.sentence, "1 lane:"));
}

static void what_is_more_than_there_is_is_refused(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 1 * GIB);
    assert_int_equal(make(0, 1 * GIB), PLAN_OK);
    assert_int_equal(make(0, 1 * GIB + 1), PLAN_MEMORY_LARGE);
    assert_string_equal(refusal.sentence,
                        "--memory 1025M is more than the 1024M that this "
                        "process can have");
    assert_int_equal(make(0, UINT64_MAX), PLAN_MEMORY_LARGE);
    assert_int_equal(make(1000, 1 * GIB), PLAN_MEMORY_SMALL);
    assert_non_null(strstr(refusal.sentence, "more than there is"));
    pretend("core:2 pu:1", NULL, 0);
    assert_int_equal(make(0, UINT64_MAX), PLAN_MEMORY_LARGE);
}

static void the_cgroup_is_named_when_it_limits(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 24 * GIB);
    topology.cgroup_bytes = topology.memory_bytes = 2 * GIB;
    assert_int_equal(make(0, 0), PLAN_OK);
    assert_true(has_note("limited by the cgroup: 2048M of the machine's"));
}

/* ---- requests ----------------------------------------------------------------- */

static void impossible_requests_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        struct plan_request request;
        enum plan_status status;
    } requests[] = {
        {{.threads = LANES_MAX + 1}, PLAN_THREADS},
        {{.threads = UINT32_MAX}, PLAN_THREADS},
        {{.io_depth = 1}, PLAN_IO_DEPTH},
        {{.io_depth = 65}, PLAN_IO_DEPTH},
        {{.block_bytes = 4097}, PLAN_BLOCK_BYTES},
        {{.block_bytes = 1u << 31}, PLAN_BLOCK_BYTES},
        {{.line_bytes_max = 1}, PLAN_LINE_BYTES},
        {{.line_bytes_max = UINT64_MAX}, PLAN_LINE_BYTES},
        {{.memory_bytes = 1}, PLAN_MEMORY_SMALL},
        {{.memory_bytes = UINT64_MAX}, PLAN_MEMORY_LARGE},
    };
    pretend("core:2 pu:1", NULL, 24 * GIB);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        assert_int_equal(plan_make(&plan, &topology, &requests[i].request,
                                   &refusal),
                         requests[i].status);
        assert_int_equal(refusal.status, requests[i].status);
        assert_true(strlen(refusal.sentence) > 10);
    }
    topology.pu_count = 0;
    assert_int_equal(make(0, 0), PLAN_NO_PU);
}

static void what_is_asked_for_in_buffers_is_kept(void **state)
{
    (void)state;
    const struct plan_request request = {
        .threads = 2, .memory_bytes = 200 * MIB, .io_depth = 3,
        .block_bytes = 2 * MIB, .line_bytes_max = 5000,
    };
    pretend("core:2 pu:1", NULL, 24 * GIB);
    assert_int_equal(plan_make(&plan, &topology, &request, NULL), PLAN_OK);
    assert_sound();
    assert_int_equal(plan.io_depth, 3);
    assert_int_equal(plan.block_bytes, 2 * MIB);
    assert_int_equal(plan.line_bytes_max, 5000);
    assert_int_equal(plan.line_buffer_bytes, 8192);
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(plan_status_name(PLAN_OK), "ok");
    assert_string_equal(plan_status_name(PLAN_STATUS_COUNT), "unknown");
    for (int i = 0; i < PLAN_STATUS_COUNT; i++)
        assert_string_not_equal(plan_status_name((enum plan_status)i),
                                "unknown");
}

/* ---- printed ------------------------------------------------------------------- */

static void the_printed_plan_says_all_and_fits_a_terminal(void **state)
{
    (void)state;
    pretend("pack:2 numa:1(memory=64GB) l3:2 core:2 pu:2", NULL, 128 * GIB);
    topology.quota_milli = 3500;
    assert_int_equal(make(20, 0), PLAN_OK);
    plan_note(&plan, "%s", "a note of the caller");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    plan_print(out, &plan, &topology);
    fclose(out);
    static const char *const parts[] = {
        "lanes: 20\n", "  lane    PU  core    L3  node  package\n",
        "     0     0     0     0     0        0\n",
        "     1     8     4     2     1        1\n",
        "not pinned\n", "nodes: 2\n", "8 x 1 MiB\n", "4 x 512 KiB\n",
        "  budget                 96 GiB\n", "  greatest window         2 GiB",
        "partitions                 64", "notes:\n", "quota of 3.500",
        "4 lanes are not pinned", "pretended", "a note of the caller\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strstr(text, parts[i]))
            fail_msg("\"%s\" is missing in:\n%s", parts[i], text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_in_range(strlen(line), 1, 100);
    free(text);
}

static void notes_beyond_the_limit_are_dropped(void **state)
{
    (void)state;
    pretend("core:2 pu:1", NULL, 24 * GIB);
    assert_int_equal(make(0, 0), PLAN_OK);
    for (int i = 0; i < 3 * PLAN_NOTES_MAX; i++)
        plan_note(&plan, "%0300d", i);
    assert_int_equal(plan.note_count, PLAN_NOTES_MAX);
    assert_int_equal(strlen(plan.notes[PLAN_NOTES_MAX - 1]),
                     PLAN_NOTE_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_threads_asked_each_core_gets_one_lane),
        cmocka_unit_test(lanes_up_to_the_pus_have_pus_of_their_own),
        cmocka_unit_test(lanes_are_balanced_over_packages_nodes_and_caches),
        cmocka_unit_test(a_crowded_cpuset_fills_what_room_there_is),
        cmocka_unit_test(more_lanes_than_pus_share_them_unpinned),
        cmocka_unit_test(second_threads_wait_until_asked_for),
        cmocka_unit_test(a_quota_of_one_and_a_half_feeds_two_lanes),
        cmocka_unit_test(the_same_request_gives_the_same_plan),
        cmocka_unit_test(sixty_four_mib_carry_two_lanes),
        cmocka_unit_test(ordinary_memory_gives_buffers_of_full_size),
        cmocka_unit_test(
            any_memory_gives_a_sound_plan_or_the_least_that_would),
        cmocka_unit_test(more_memory_never_breaks_a_plan),
        cmocka_unit_test(the_greatest_window_depends_on_memory_alone),
        cmocka_unit_test(
            without_threads_asked_little_memory_means_fewer_lanes),
        cmocka_unit_test(what_is_more_than_there_is_is_refused),
        cmocka_unit_test(the_cgroup_is_named_when_it_limits),
        cmocka_unit_test(impossible_requests_are_refused_by_name),
        cmocka_unit_test(what_is_asked_for_in_buffers_is_kept),
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(the_printed_plan_says_all_and_fits_a_terminal),
        cmocka_unit_test(notes_beyond_the_limit_are_dropped),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    topology_release(&topology);
    return failed;
}
