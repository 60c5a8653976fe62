#include "pipeline/plan.h"

#include "pipeline/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* ---- words ------------------------------------------------------------- */

const char *plan_status_name(enum plan_status status)
{
    switch (status) {
    case PLAN_OK:
        return "ok";
#define X(name, stable)                                                        \
    case name:                                                                 \
        return stable;
        PLAN_REFUSALS(X)
#undef X
    default:
        return "unknown";
    }
}

void plan_note(struct plan *plan, const char *format, ...)
{
    if (plan->note_count == PLAN_NOTES_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(plan->notes[plan->note_count++], PLAN_NOTE_BYTES, format,
              arguments);
    va_end(arguments);
}

__attribute__((format(printf, 3, 4))) static enum plan_status
refuse(struct plan_refusal *refusal, enum plan_status status,
       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    refusal->status = status;
    vsnprintf(refusal->sentence, sizeof refusal->sentence, format, arguments);
    va_end(arguments);
    return status;
}

static uint64_t mib_up(uint64_t bytes)
{
    return bytes / MIB + (bytes % MIB != 0);
}

/* ---- lanes ------------------------------------------------------------- */

/* Lanes placed so far, on each thing that they could crowd. */
struct crowd {
    uint32_t package[PUS_MAX], node[NODES_MAX], l3[PUS_MAX];
    bool used[PUS_MAX];
};

/* Whether PU a is a better place for the next lane than b. Lexicographic:
 * each level is balanced to within one lane as far as its PUs reach, since
 * the next lane always goes where there are fewest. */
static bool better(const struct crowd *crowd, const struct topology_pu *a,
                   const struct topology_pu *b)
{
    if (a->smt != b->smt)
        return a->smt < b->smt;
    if (crowd->package[a->package] != crowd->package[b->package])
        return crowd->package[a->package] < crowd->package[b->package];
    if (crowd->node[a->node] != crowd->node[b->node])
        return crowd->node[a->node] < crowd->node[b->node];
    return crowd->l3[a->l3] < crowd->l3[b->l3];
}

static void place_lane(struct plan *plan, const struct topology *topology,
                       uint32_t pu, bool pinned)
{
    const struct topology_pu *at = &topology->pus[pu];
    plan->lanes[plan->lane_count++] = (struct plan_lane){
        .pu = pu, .os_index = at->os_index, .core = at->core, .l3 = at->l3,
        .package = at->package, .node = at->node, .pinned = pinned,
    };
    plan->pinned_count += pinned;
}

/* The free PU for the next lane; PUS_MAX when none is left. Ties go to the
 * first, so that the same topology gives the same plan. */
static uint32_t find_place(const struct crowd *crowd,
                           const struct topology *topology, bool smt)
{
    uint32_t best = PUS_MAX;
    for (uint32_t i = 0; i < topology->pu_count; i++) {
        const struct topology_pu *pu = &topology->pus[i];
        if (crowd->used[i] || (pu->smt > 0 && !smt))
            continue;
        if (best == PUS_MAX || better(crowd, pu, &topology->pus[best]))
            best = i;
    }
    return best;
}

static void place_lanes(struct plan *plan, const struct topology *topology,
                        uint32_t lanes, bool smt)
{
    struct crowd crowd;
    memset(&crowd, 0, sizeof crowd);
    while (plan->lane_count < lanes) {
        uint32_t pu = find_place(&crowd, topology, smt);
        if (pu == PUS_MAX)
            break;
        crowd.used[pu] = true;
        crowd.package[topology->pus[pu].package]++;
        crowd.node[topology->pus[pu].node]++;
        crowd.l3[topology->pus[pu].l3]++;
        place_lane(plan, topology, pu, true);
    }
    uint32_t placed = plan->lane_count;
    for (uint32_t i = 0; plan->lane_count < lanes; i++)
        place_lane(plan, topology, plan->lanes[i % placed].pu, false);
}

/* ---- buffers ------------------------------------------------------------ */

/* Sizes to try, from what is fastest down to what still works. */
static const struct size {
    uint32_t io_depth, block_bytes, spans, span_bytes;
    uint64_t step_bytes;
} SIZES[] = {
    {8, 1 * MIB, 4, 512 * KIB, 4 * MIB},
    {8, 512 * KIB, 4, 512 * KIB, 4 * MIB},
    {8, 256 * KIB, 2, 512 * KIB, 2 * MIB},
    {4, 128 * KIB, 2, 256 * KIB, 1 * MIB},
    {2, 64 * KIB, 2, 128 * KIB, 1 * MIB},
};
#define SIZES_COUNT (sizeof SIZES / sizeof SIZES[0])

/* memory_map gives whole pages, huge ones from 2 MiB upward. */
static uint64_t page_up(uint64_t bytes)
{
    uint64_t page = bytes >= 2 * MIB ? 2 * MIB : 4 * KIB;
    return (bytes + page - 1) / page * page;
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void size_lane(struct plan *plan, const struct plan_request *request,
                      const struct size *size)
{
    plan->io_depth = request->io_depth ? request->io_depth : size->io_depth;
    plan->block_bytes =
        request->block_bytes ? request->block_bytes : size->block_bytes;
    plan->spans = size->spans;
    plan->span_bytes = size->span_bytes;
    plan->step_bytes = size->step_bytes;
    plan->line_bytes_max = request->line_bytes_max ? request->line_bytes_max
                                                   : LINE_BYTES_DEFAULT;
    plan->line_buffer_bytes =
        page_up(plan->line_bytes_max + LINE_PADDING_BYTES);
    plan->decode_slack_bytes = (uint32_t)clamp(
        plan->line_bytes_max, DECODE_SLACK_BYTES_MIN, DECODE_SLACK_BYTES_MAX);
    plan->window_bytes_floor = WINDOW_BYTES_FLOOR;
    plan->lane_bytes =
        page_up((uint64_t)plan->io_depth * plan->block_bytes) +
        page_up((uint64_t)plan->spans * plan->span_bytes) +
        page_up(plan->window_bytes_floor + plan->decode_slack_bytes +
                DECODE_BLOCK_BYTES + LINE_PADDING_BYTES) +
        plan->line_buffer_bytes;
}

/* ---- memory -------------------------------------------------------------- */

/* The most that one window may take of a budget. It grows by a third of what
 * the budget grows, so what is left for the rest never shrinks when --memory
 * grows: a plan that works with some memory works with more. */
static uint64_t window_share(uint64_t memory_bytes)
{
    uint64_t share = memory_bytes > WINDOW_FREE_BYTES
                         ? (memory_bytes - WINDOW_FREE_BYTES) / WINDOW_SHARE
                         : 0;
    return clamp(share, WINDOW_BYTES_FLOOR, WINDOW_BYTES_CEILING);
}

/* Frames declare windows of 2^n nearly always: a power of two is what a user
 * can compare with --long=n. */
static uint64_t power_of_two_down(uint64_t value)
{
    CHECK(value > 0);
    return UINT64_C(1) << (63 - __builtin_clzll(value));
}

/* Whether lanes of the present sizes fit the budget. */
static bool fits(const struct plan *plan, uint32_t lanes,
                 uint64_t memory_bytes)
{
    uint64_t buffers = lanes * plan->lane_bytes;
    uint64_t reserve = lanes * plan->step_bytes + window_share(memory_bytes) -
                       plan->window_bytes_floor;
    uint64_t tables = PARTITIONS * PARTITION_BYTES_MIN;
    /* memory_init caps the reserve at half: more would not be a reserve. */
    return reserve <= memory_bytes / 2 &&
           buffers + reserve + tables <= memory_bytes;
}

/* The least --memory, in whole MiB, by halving: fits() is monotone. */
static uint64_t memory_least(const struct plan *plan, uint32_t lanes)
{
    uint64_t small = 0, enough = MEMORY_BYTES_MAX / MIB;
    CHECK(fits(plan, lanes, enough * MIB));
    while (enough - small > 1) {
        uint64_t middle = small + (enough - small) / 2;
        if (fits(plan, lanes, middle * MIB))
            enough = middle;
        else
            small = middle;
    }
    return enough * MIB;
}

/* The largest sizes that take a modest part of the budget; when none does,
 * the smallest. False when even these do not fit. */
static bool choose_sizes(struct plan *plan,
                         const struct plan_request *request, uint32_t lanes,
                         uint64_t memory_bytes)
{
    for (size_t i = 0; i < SIZES_COUNT; i++) {
        size_lane(plan, request, &SIZES[i]);
        uint64_t moved = (uint64_t)plan->io_depth * plan->block_bytes +
                         (uint64_t)plan->spans * plan->span_bytes +
                         plan->step_bytes;
        if (lanes * moved <= memory_bytes / LANE_SHARE &&
            fits(plan, lanes, memory_bytes))
            return true;
    }
    return fits(plan, lanes, memory_bytes);
}

/* How many lanes may hold the greatest window at once: as many as a quarter
 * of the budget carries beside what the tables need, and always one. */
static uint32_t count_wide_lanes(const struct plan *plan, uint64_t window)
{
    uint64_t wide = window - plan->window_bytes_floor;
    if (wide == 0)
        return plan->lane_count;
    uint64_t taken = plan->lane_count * (plan->lane_bytes + plan->step_bytes) +
                     PARTITIONS * PARTITION_BYTES_MIN;
    uint64_t pool = clamp(plan->memory_bytes / WINDOW_POOL_SHARE, 0,
                          plan->memory_bytes - taken);
    return (uint32_t)clamp(pool / wide, 1, plan->lane_count);
}

static void split_memory(struct plan *plan, uint64_t memory_bytes)
{
    plan->memory_bytes = memory_bytes;
    plan->window_bytes_max = power_of_two_down(window_share(memory_bytes));
    plan->wide_lanes_max = count_wide_lanes(plan, plan->window_bytes_max);
    plan->reserve_bytes =
        plan->lane_count * plan->step_bytes +
        plan->wide_lanes_max *
            (plan->window_bytes_max - plan->window_bytes_floor);
    plan->mark_bytes = plan->memory_bytes - plan->reserve_bytes;
    plan->tables_bytes =
        plan->mark_bytes - plan->lane_count * plan->lane_bytes;
    plan->partitions = PARTITIONS;
    CHECK(plan->reserve_bytes <= memory_bytes / 2);
    CHECK(plan->tables_bytes >= PARTITIONS * PARTITION_BYTES_MIN);
    CHECK(plan->tables_bytes <= plan->mark_bytes);
}

/* ---- refusals ------------------------------------------------------------ */

static enum plan_status check_request(const struct plan_request *request,
                                      struct plan_refusal *refusal)
{
    if (request->threads > LANES_MAX)
        return refuse(refusal, PLAN_THREADS,
                      "--threads %" PRIu32 " is more than %u", request->threads,
                      LANES_MAX);
    if (request->io_depth && (request->io_depth < IO_DEPTH_MIN ||
                              request->io_depth > IO_DEPTH_MAX))
        return refuse(refusal, PLAN_IO_DEPTH,
                      "%" PRIu32 " reads in flight: from %u to %u are possible",
                      request->io_depth, IO_DEPTH_MIN, IO_DEPTH_MAX);
    if (request->block_bytes && (request->block_bytes % BLOCK_BYTES_MIN ||
                                 request->block_bytes > BLOCK_BYTES_MAX))
        return refuse(refusal, PLAN_BLOCK_BYTES,
                      "reads of %" PRIu32 " bytes: multiples of %" PRIu64
                      " up to %" PRIu64 " are possible",
                      request->block_bytes, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
    if (request->line_bytes_max && (request->line_bytes_max < LINE_BYTES_MIN ||
                                    request->line_bytes_max > LINE_BYTES_MAX))
        return refuse(refusal, PLAN_LINE_BYTES,
                      "lines of %" PRIu64 " bytes: a limit from %" PRIu64
                      " to %" PRIu64 " is possible",
                      request->line_bytes_max, LINE_BYTES_MIN, LINE_BYTES_MAX);
    return PLAN_OK;
}

static enum plan_status check_world(const struct topology *topology,
                                    const struct plan_request *request,
                                    struct plan_refusal *refusal)
{
    if (topology->pu_count == 0)
        return refuse(refusal, PLAN_NO_PU,
                      "no processor may be used by this process");
    uint64_t most = topology->memory_bytes ? topology->memory_bytes
                                           : MEMORY_BYTES_MAX;
    most = clamp(most, 0, MEMORY_BYTES_MAX);
    if (request->memory_bytes > most)
        return refuse(refusal, PLAN_MEMORY_LARGE,
                      "--memory %" PRIu64 "M is more than the %" PRIu64
                      "M that this process can have",
                      mib_up(request->memory_bytes), most / MIB);
    return PLAN_OK;
}

static enum plan_status refuse_memory(const struct plan *plan,
                                      const struct topology *topology,
                                      uint32_t lanes, uint64_t memory_bytes,
                                      struct plan_refusal *refusal)
{
    uint64_t least = memory_least(plan, lanes);
    refusal->memory_bytes_min = least;
    bool hopeless = topology->memory_bytes && least > topology->memory_bytes;
    return refuse(refusal, PLAN_MEMORY_SMALL,
                  "%" PRIu64 "M of memory cannot carry %" PRIu32
                  " lane%s: the smallest that works is --memory %" PRIu64
                  "M%s",
                  memory_bytes / MIB, lanes, lanes == 1 ? "" : "s",
                  least / MIB,
                  hopeless ? ", more than there is; ask for fewer --threads "
                             "or shorter lines"
                           : "");
}

/* ---- the plan ------------------------------------------------------------ */

static uint64_t decide_memory(const struct topology *topology,
                              const struct plan_request *request)
{
    if (request->memory_bytes)
        return request->memory_bytes;
    uint64_t most = clamp(topology->memory_bytes, 0, MEMORY_BYTES_MAX);
    uint64_t share = most / MEMORY_SHARE_DENOMINATOR * MEMORY_SHARE_NUMERATOR;
    /* Whole MiB, so that the number printed can be given as --memory. */
    return share / MIB * MIB;
}

static uint32_t quota_lanes(const struct topology *topology)
{
    uint64_t lanes = topology->quota_milli / 1000 +
                     (topology->quota_milli % 1000 != 0);
    return (uint32_t)clamp(lanes, 1, LANES_MAX);
}

static uint32_t decide_lanes(const struct topology *topology,
                             const struct plan_request *request)
{
    if (request->threads)
        return request->threads;
    uint32_t quota = quota_lanes(topology);
    return topology->core_count < quota ? topology->core_count : quota;
}

/* Sizes for as many of the lanes as the memory carries: all that were asked
 * for, or, when none were, one at least. 0 when it carries too few. */
static uint32_t fit_lanes(struct plan *plan,
                          const struct plan_request *request, uint32_t lanes,
                          uint64_t memory_bytes)
{
    while (!choose_sizes(plan, request, lanes, memory_bytes)) {
        if (request->threads || lanes == 1)
            return 0;
        lanes--;
    }
    return lanes;
}

static void note_lanes(struct plan *plan, const struct topology *topology,
                       const struct plan_request *request, uint32_t wanted)
{
    uint32_t quota = quota_lanes(topology);
    if (topology->pu_count < topology->machine_pu_count)
        plan_note(plan, "%" PRIu32 " of the machine's %" PRIu32
                  " PUs may be used: cpuset, affinity, or offline",
                  topology->pu_count, topology->machine_pu_count);
    if (topology->quota_milli != TOPOLOGY_UNLIMITED &&
        quota < topology->pu_count)
        plan_note(plan, "the CPU quota of %" PRIu64 ".%03" PRIu64
                  " CPUs feeds %" PRIu32 " lane%s",
                  topology->quota_milli / 1000, topology->quota_milli % 1000,
                  quota, quota == 1 ? "" : "s");
    if (plan->lane_count < wanted)
        plan_note(plan, "%" PRIu32 " lanes instead of %" PRIu32
                  ": the memory carries no more",
                  plan->lane_count, wanted);
    if (topology->core_count < topology->pu_count &&
        plan->pinned_count <= topology->core_count)
        plan_note(plan, "second threads of the cores (SMT) are not used: %s",
                  request->smt ? "more --threads would use them"
                               : "not allowed");
    if (plan->pinned_count < plan->lane_count)
        plan_note(plan, "%" PRIu32 " lanes are not pinned: they share the PUs "
                  "of the others",
                  plan->lane_count - plan->pinned_count);
}

static void note_world(struct plan *plan, const struct topology *topology)
{
    if (topology->pretended)
        plan_note(plan, "the PUs are pretended (synthetic): no lane is pinned "
                  "in fact");
    if (topology->node_count > 1 && !topology->memory_bindable)
        plan_note(plan, "memory is not bound to nodes: refused here; pages "
                  "come from where they are first touched");
    if (topology->memory_bytes == 0)
        plan_note(plan, "how much memory there is could not be read");
    else if (topology->cgroup_bytes <= topology->memory_bytes)
        plan_note(plan, "the memory is limited by the cgroup: %" PRIu64
                  "M of the machine's %" PRIu64 "M",
                  topology->memory_bytes / MIB, topology->machine_bytes / MIB);
}

enum plan_status plan_make(struct plan *plan, const struct topology *topology,
                           const struct plan_request *request,
                           struct plan_refusal *refusal)
{
    struct plan_refusal unread;
    if (!refusal)
        refusal = &unread;
    memset(refusal, 0, sizeof *refusal);
    memset(plan, 0, sizeof *plan);
    CHECK(topology->pu_count <= PUS_MAX && topology->node_count <= NODES_MAX);

    enum plan_status status = check_request(request, refusal);
    if (!status)
        status = check_world(topology, request, refusal);
    if (status)
        return status;

    uint64_t memory_bytes = decide_memory(topology, request);
    uint32_t wanted = decide_lanes(topology, request);
    uint32_t lanes = fit_lanes(plan, request, wanted, memory_bytes);
    if (lanes == 0)
        return refuse_memory(plan, topology, request->threads ? wanted : 1,
                             memory_bytes, refusal);
    place_lanes(plan, topology, lanes, request->smt);
    split_memory(plan, memory_bytes);
    note_lanes(plan, topology, request, wanted);
    note_world(plan, topology);
    return PLAN_OK;
}

/* ---- printed ------------------------------------------------------------- */

#define BYTES_TEXT 48     /* two numbers of 20 digits and a unit */

/* "512 KiB", "17.2 GiB": for people, so one decimal unless it is whole. */
static const char *bytes_text(char text[BYTES_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    uint32_t unit = 0;
    uint64_t size = 1;
    while (unit < 4 && bytes / size >= 1024) {
        size *= 1024;
        unit++;
    }
    uint64_t tenths = bytes % size * 10 / size;
    if (tenths)
        snprintf(text, BYTES_TEXT, "%" PRIu64 ".%" PRIu64 " %s", bytes / size, tenths,
                 units[unit]);
    else
        snprintf(text, BYTES_TEXT, "%" PRIu64 " %s", bytes / size, units[unit]);
    return text;
}

static void print_bytes(FILE *out, const char *name, uint64_t bytes,
                        const char *remark)
{
    char text[BYTES_TEXT];
    fprintf(out, "  %-18s %10s%s%s\n", name, bytes_text(text, bytes),
            *remark ? "  " : "", remark);
}

static void print_times(FILE *out, const char *name, uint32_t count,
                        uint64_t each)
{
    char text[BYTES_TEXT];
    fprintf(out, "  %-18s %10s", name, bytes_text(text, count * each));
    fprintf(out, "  %" PRIu32 " x %s\n", count, bytes_text(text, each));
}

static void print_lanes(FILE *out, const struct plan *plan,
                        const struct topology *topology)
{
    fprintf(out, "lanes: %" PRIu32 "\n", plan->lane_count);
    fprintf(out, "  lane    PU  core    L3  node  package\n");
    for (uint32_t i = 0; i < plan->lane_count; i++) {
        const struct plan_lane *lane = &plan->lanes[i];
        fprintf(out, "  %4" PRIu32 "  %4" PRIu32 "  %4" PRIu32 "  %4" PRIu32
                "  %4" PRIu32 "  %7" PRIu32 "%s\n",
                i, lane->os_index, lane->core, lane->l3,
                topology->nodes[lane->node].os_index, lane->package,
                lane->pinned ? "" : "  not pinned");
    }
}

static void print_nodes(FILE *out, const struct plan *plan,
                        const struct topology *topology)
{
    char text[BYTES_TEXT];
    fprintf(out, "nodes: %" PRIu32 "\n", topology->node_count);
    fprintf(out, "  node   PUs  lanes      memory\n");
    for (uint32_t i = 0; i < topology->node_count; i++) {
        uint32_t lanes = 0;
        for (uint32_t j = 0; j < plan->lane_count; j++)
            lanes += plan->lanes[j].node == i;
        fprintf(out, "  %4" PRIu32 "  %4" PRIu32 "  %5" PRIu32 "  %10s\n",
                topology->nodes[i].os_index, topology->nodes[i].pu_count,
                lanes, bytes_text(text, topology->nodes[i].memory_bytes));
    }
}

static void print_buffers(FILE *out, const struct plan *plan)
{
    fprintf(out, "buffers of a lane:\n");
    print_times(out, "reads", plan->io_depth, plan->block_bytes);
    print_times(out, "spans", plan->spans, plan->span_bytes);
    print_bytes(out, "window", plan->window_bytes_floor, "at the start");
    print_bytes(out, "slack", plan->decode_slack_bytes, "behind the window");
    print_bytes(out, "line", plan->line_buffer_bytes, "");
    print_bytes(out, "all", plan->lane_bytes, "in whole pages");
}

static void print_memory(FILE *out, const struct plan *plan)
{
    char text[BYTES_TEXT], remark[64];
    fprintf(out, "memory:\n");
    print_bytes(out, "budget", plan->memory_bytes, "");
    print_times(out, "lanes' buffers", plan->lane_count, plan->lane_bytes);
    print_bytes(out, "tables", plan->tables_bytes, "");
    print_bytes(out, "reserve", plan->reserve_bytes, "for safe points");
    print_bytes(out, "mark", plan->mark_bytes, "sealed above it");
    snprintf(remark, sizeof remark, "on %" PRIu32 " lane%s at once",
             plan->wide_lanes_max, plan->wide_lanes_max == 1 ? "" : "s");
    print_bytes(out, "greatest window", plan->window_bytes_max, remark);
    print_bytes(out, "longest line", plan->line_bytes_max, "");
    fprintf(out, "  %-18s %10" PRIu32 "  of at least %s\n", "partitions",
            plan->partitions, bytes_text(text, PARTITION_BYTES_MIN));
}

void plan_print(FILE *out, const struct plan *plan,
                const struct topology *topology)
{
    print_lanes(out, plan, topology);
    print_nodes(out, plan, topology);
    print_buffers(out, plan);
    print_memory(out, plan);
    if (plan->note_count)
        fprintf(out, "notes:\n");
    for (uint32_t i = 0; i < plan->note_count; i++)
        fprintf(out, "  %s\n", plan->notes[i]);
}
