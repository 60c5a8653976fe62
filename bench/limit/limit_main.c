/*
 * The limit: libzstd alone on the same frames, on the same number of threads,
 * into memory that was touched before. What a program that also parses can be
 * held against.
 *
 *   sandpiper-limit [-t THREADS] [-r ROUNDS] FILE...
 *
 * Files are mapped and read once before the clock starts; frames are found by
 * their headers and shared between the threads; frames with a known content
 * size go in one piece, others through a streaming context that is reused.
 * Checksums are verified, as sandpiper does. Prints the best and the median
 * round; exits 1 when a frame does not decode.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

struct frame {
    const uint8_t *bytes;
    size_t size;
};

struct bench {
    struct frame *frames;
    size_t count, capacity;
    uint64_t compressed;
    _Atomic size_t next;
    _Atomic uint64_t text;
    _Atomic bool failed;
};

#define ROUNDS_MAX 64
#define STREAM_BUFFER_BYTES ((size_t)1 << 20)
#define PIECE_BYTES_MAX ((uint64_t)64 << 20)

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_frame(struct bench *bench, const uint8_t *bytes, size_t size)
{
    if (bench->count == bench->capacity) {
        bench->capacity = bench->capacity ? 2 * bench->capacity : 1024;
        bench->frames = realloc(bench->frames,
                                bench->capacity * sizeof *bench->frames);
        if (!bench->frames)
            exit(71);
    }
    bench->frames[bench->count++] = (struct frame){bytes, size};
}

/* Maps the file, touches it, and lists its frames. */
static bool add_file(struct bench *bench, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size == 0) {
        perror(path);
        return false;
    }
    size_t size = (size_t)status.st_size;
    uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
                          fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) {
        perror(path);
        return false;
    }
    bench->compressed += size;
    while (size > 0) {
        size_t frame = ZSTD_findFrameCompressedSize(bytes, size);
        if (ZSTD_isError(frame)) {
            fprintf(stderr, "%s: %s\n", path, ZSTD_getErrorName(frame));
            return false;
        }
        add_frame(bench, bytes, frame);
        bytes += frame;
        size -= frame;
    }
    return true;
}

struct buffers {
    ZSTD_DCtx *context;
    uint8_t *piece, *stream;
};

static bool decode_stream(struct bench *bench, struct buffers *buffers,
                          const struct frame *frame)
{
    ZSTD_inBuffer in = {frame->bytes, frame->size, 0};
    size_t left = 1;
    while (left != 0) {
        ZSTD_outBuffer out = {buffers->stream, STREAM_BUFFER_BYTES, 0};
        left = ZSTD_decompressStream(buffers->context, &out, &in);
        if (ZSTD_isError(left) || (left && in.pos == in.size && !out.pos))
            return false;
        atomic_fetch_add_explicit(&bench->text, out.pos,
                                  memory_order_relaxed);
    }
    return true;
}

static bool decode_frame(struct bench *bench, struct buffers *buffers,
                         const struct frame *frame)
{
    uint64_t content = ZSTD_getFrameContentSize(frame->bytes, frame->size);
    if (content > PIECE_BYTES_MAX)     /* or not known */
        return decode_stream(bench, buffers, frame);
    size_t got = ZSTD_decompressDCtx(buffers->context, buffers->piece,
                                     PIECE_BYTES_MAX, frame->bytes,
                                     frame->size);
    if (ZSTD_isError(got))
        return false;
    atomic_fetch_add_explicit(&bench->text, got, memory_order_relaxed);
    return true;
}

static void *work(void *arg)
{
    struct bench *bench = arg;
    struct buffers buffers = {ZSTD_createDCtx(), malloc(PIECE_BYTES_MAX),
                              malloc(STREAM_BUFFER_BYTES)};
    if (!buffers.context || !buffers.piece || !buffers.stream)
        exit(71);
    ZSTD_DCtx_setParameter(buffers.context, ZSTD_d_windowLogMax, 31);
    size_t at;
    while ((at = atomic_fetch_add(&bench->next, 1)) < bench->count)
        if (!decode_frame(bench, &buffers, &bench->frames[at]))
            atomic_store(&bench->failed, true);
    ZSTD_freeDCtx(buffers.context);
    free(buffers.piece);
    free(buffers.stream);
    return NULL;
}

static double one_round(struct bench *bench, int threads)
{
    pthread_t ids[256];
    atomic_store(&bench->next, 0);
    atomic_store(&bench->text, 0);
    double start = seconds_now();
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, work, bench) != 0)
            exit(71);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    return seconds_now() - start;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    int threads = (int)sysconf(_SC_NPROCESSORS_ONLN), rounds = 5, option;
    double times[ROUNDS_MAX];
    while ((option = getopt(argc, argv, "t:r:")) != -1) {
        int number = atoi(optarg ? optarg : "");
        if (option == '?' || number < 1 ||
            number > (option == 't' ? 256 : ROUNDS_MAX)) {
            fprintf(stderr,
                    "Usage: sandpiper-limit [-t THREADS] [-r ROUNDS] FILE...\n");
            return 64;
        }
        *(option == 't' ? &threads : &rounds) = number;
    }
    for (int i = optind; i < argc; i++)
        if (!add_file(&bench, argv[i]))
            return 66;
    for (int i = 0; i < rounds; i++)
        times[i] = one_round(&bench, threads);
    if (atomic_load(&bench.failed)) {
        fprintf(stderr, "a frame did not decode\n");
        return 1;
    }
    qsort(times, (size_t)rounds, sizeof *times, by_value);
    double gb = (double)atomic_load(&bench.text) / 1e9;
    printf("libzstd alone, %d threads, %zu frames: %.3f GB of text from %.3f "
           "GB, best %.2f GB/s, median %.2f GB/s\n",
           threads, bench.count, gb, (double)bench.compressed / 1e9,
           gb / times[0], gb / times[rounds / 2]);
    free(bench.frames);
    return 0;
}
