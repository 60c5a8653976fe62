/*
 * Any bytes as a shard, through the whole program: reading, all lanes, both
 * rounds of reduce, and the files of the set but for the timings.
 *
 * Whatever the bytes are, the run ends well, the ledger balances, all memory
 * is given back, and two runs that do all things differently write the same
 * bytes: one lane and two, the scalar kernels and the best ones, pread in
 * pages and io_uring, few memory and much.
 *
 * The first byte chooses: the rest as a shard, as it is; or as text in frames
 * of zstd, whose sizes the next two bytes tell.
 */
#include "stages/publish.h"
#include "tests/fuzz/fuzz_input.h"

#include <sys/stat.h>
#include <zstd.h>

struct way {
    uint32_t threads, block_bytes;
    uint64_t memory_bytes;
    enum isa isa;
    enum io_backend io;
};

#define FILES_MAX 64
struct outcome {
    size_t count;
    char names[FILES_MAX][PUBLISH_NAME_BYTES];
    uint8_t *bytes[FILES_MAX];
    size_t sizes[FILES_MAX];
};

static void outcome_read(struct outcome *outcome, int directory,
                         const struct publish_names *names)
{
    for (uint32_t i = 0; i < names->count; i++) {
        struct stat status;
        if (strcmp(names->names[i], "timings.json") == 0)
            continue;
        int fd = openat(directory, names->names[i], O_RDONLY | O_CLOEXEC);
        CHECK(fd >= 0 && fstat(fd, &status) == 0);
        size_t at = outcome->count++, size = (size_t)status.st_size;
        CHECK(at < FILES_MAX);
        memcpy(outcome->names[at], names->names[i], PUBLISH_NAME_BYTES);
        outcome->bytes[at] = malloc(size + 1);
        outcome->sizes[at] = size;
        CHECK(outcome->bytes[at] &&
              read(fd, outcome->bytes[at], size) == (ssize_t)size);
        close(fd);
    }
}

static void outcome_free(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++)
        free(outcome->bytes[i]);
}

/* ---- one run ------------------------------------------------------------ */

static const struct topology *machine(void)
{
    static const struct topology_options options = {
        .synthetic = "pack:1 core:2 pu:1"};
    static struct topology topology;
    if (!topology.pu_count)
        CHECK(topology_read(&topology, &options) == 0);
    return &topology;
}

struct rig {
    struct plan plan;
    struct memory memory;
    struct fault fault;
    struct shards shards;
    struct run run;
    struct publish_options publishing;
    struct publish_names names;
    struct parameters parameters;
    struct outdir *outdir;
};

static void rig_well(const struct rig *rig, bool well)
{
    if (!well)
        fault_print(&rig->fault);
    CHECK(well && !fault_raised(&rig->fault));
}

static void rig_open(struct rig *rig, const struct way *way)
{
    char shard[300], output[300];
    const char *inputs[] = {shard};
    struct shards_request request = {.inputs = inputs, .input_count = 1};
    struct plan_request plan = {.threads = way->threads,
                                .memory_bytes = way->memory_bytes,
                                .io_depth = 2,
                                .block_bytes = way->block_bytes,
                                .line_bytes_max = LINE_BYTES_MIN};
    snprintf(shard, sizeof shard, "%s/shard", fuzz_folder());
    snprintf(output, sizeof output, "%s/output", fuzz_folder());
    CHECK(plan_make(&rig->plan, machine(), &plan, NULL) == PLAN_OK);
    rig->plan.line_bytes_max = 1000;     /* so that some are longer */
    rig->plan.window_bytes_max = WINDOW_BYTES_FLOOR;
    memory_init(&rig->memory, rig->plan.memory_bytes, rig->plan.reserve_bytes);
    rig_well(rig, shards_collect(&rig->shards, &request, &rig->memory,
                                 &rig->fault) == CODE_DONE);
    rig->parameters = (struct parameters){.since = SINCE_EVER,
                                          .until = UNTIL_EVER,
                                          .line_bytes_max = 1000,
                                          .min_posts = 1};
    rig->publishing.tables = TABLES_ALL;
    rig->publishing.formats[FORMAT_CSV] = true;
    rig->publishing.parameters = &rig->parameters;
    rig_well(rig, publish_columns(&rig->publishing, NULL, &rig->fault));
    publish_names(&rig->publishing, &rig->names);
    rig->outdir = outdir_open(output, rig->names.list, &rig->fault, NULL);
    rig_well(rig, rig->outdir != NULL);
}

static void rig_run(struct rig *rig, const struct way *way)
{
    struct run_options options = {.isa = way->isa, .io = way->io,
                                  .lanes = way->threads, .since = SINCE_EVER,
                                  .until = UNTIL_EVER};
    rig_well(rig, run_open(&rig->run, &rig->plan, &rig->memory, &rig->fault,
                           &rig->shards, &options,
                           outdir_staging(rig->outdir)) == CODE_DONE);
    rig->run.lanes = lanes_create(&rig->plan, NULL, &rig->fault, &rig->run);
    CHECK(rig->run.lanes);
    rig_well(rig, lanes_run(rig->run.lanes, run_lane) == 0);
    lanes_destroy(rig->run.lanes);
    rig->run.lanes = NULL;
    run_release_lanes(&rig->run);
}

static void rig_close(struct rig *rig)
{
    run_close(&rig->run);
    outdir_close(rig->outdir);
    shards_free(&rig->shards);
    CHECK(rig->memory.used == 0);
    free(rig);
}

static void run_once(const struct way *way, struct outcome *outcome)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct reduce_counts counts = {0};
    CHECK(rig);
    rig_open(rig, way);
    rig_run(rig, way);
    /* Among other things: the ledger balances. */
    rig_well(rig, publish(&rig->run, NULL, &rig->publishing, rig->outdir,
                          &counts));
    outcome_read(outcome, outdir_staging(rig->outdir), &rig->names);
    run_drop_segments(&rig->run);
    rig_close(rig);
}

/* ---- shards ------------------------------------------------------------- */

static void write_frames(struct fuzz_input text, size_t step)
{
    size_t room = text.left + 64 + (text.left / step + 1) * 64, used = 0;
    uint8_t *out = malloc(room);
    CHECK(out);
    while (text.left) {
        struct fuzz_input piece = fuzz_take(&text, step);
        size_t size = ZSTD_compress(out + used, room - used, piece.at,
                                    piece.left, 1);
        CHECK(!ZSTD_isError(size));
        used += size;
    }
    fuzz_file("shard", out, used);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct way slow = {1, BLOCK_BYTES_MIN, 128 * MIB, ISA_SCALAR,
                             IO_PREAD};
    const struct way fast = {2, 64 * KIB, 512 * MIB, isa_best(), IO_AUTO};
    struct fuzz_input input = {data, size};
    static struct outcome a, b;
    bool frames = fuzz_byte(&input) & 1;
    size_t step = frames ? fuzz_byte(&input) : 0;
    step = frames ? (step << 8 | fuzz_byte(&input)) % 4093 + 1 : 0;
    if (frames)
        write_frames(input, step);
    else
        fuzz_file("shard", input.at, input.left);
    a.count = b.count = 0;
    run_once(&slow, &a);
    run_once(&fast, &b);
    CHECK(a.count == b.count);
    for (size_t i = 0; i < a.count; i++) {
        if (a.sizes[i] != b.sizes[i] ||
            memcmp(a.bytes[i], b.bytes[i], a.sizes[i]) != 0)
            fprintf(stderr, "%s differs:\n%.*s\n%.*s\n", a.names[i],
                    (int)a.sizes[i], (char *)a.bytes[i], (int)b.sizes[i],
                    (char *)b.bytes[i]);
        CHECK(a.sizes[i] == b.sizes[i] &&
              memcmp(a.bytes[i], b.bytes[i], a.sizes[i]) == 0);
    }
    outcome_free(&a);
    outcome_free(&b);
    return 0;
}
