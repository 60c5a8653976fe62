#include "stages/json_memory.h"

#include <jansson.h>
#include <stdlib.h>

static _Thread_local bool lacking;

static void *allocate(size_t size)
{
    void *given = malloc(size);
    if (!given)
        lacking = true;
    return given;
}

void json_memory_begin(void)
{
    json_set_alloc_funcs(allocate, free);
    lacking = false;
}

void json_memory_lacks(void)
{
    lacking = true;
}

bool json_memory_sufficed(void)
{
    return !lacking;
}
