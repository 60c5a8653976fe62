#include "stages/reduce/local_time.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * zone_offsets NAME < TIMES: for each time (s since 1970, one a line) a line
 * "from until offset", as local_time_span has it; check_zones.py compares.
 */
int main(int argc, char **argv)
{
    struct local_time zone;
    int status = argc == 2 ? local_time_load(argv[1], &zone) : 0;
    if (argc != 2 || status) {
        fprintf(stderr, "zone_offsets: %s\n",
                argc == 2 ? local_time_sentence(status) : "one name, please");
        return argc == 2 ? 1 : 64;
    }
    int64_t t;
    while (scanf("%" SCNd64, &t) == 1) {
        struct zone_span span = local_time_span(&zone, t);
        printf("%" PRId64 " %" PRId64 " %" PRId32 "\n", span.from, span.until,
               span.offset);
    }
    local_time_free(&zone);
    return 0;
}
