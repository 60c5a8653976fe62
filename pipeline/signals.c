#include "pipeline/signals.h"

#include "pipeline/check.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static _Atomic int noted;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2,
               "a handler may use only atomics without locks");

/* Only what signal-safety(7) allows. Relaxed: nothing but the number itself
 * is handed over. */
static void note(int number)
{
    int before = 0;
    if (atomic_compare_exchange_strong_explicit(&noted, &before, number,
                                                memory_order_relaxed,
                                                memory_order_relaxed) ||
        number != SIGINT)
        return;
    /* The second: the default action, as soon as this handler returns. */
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
}

void signals_install(void)
{
    atomic_store_explicit(&noted, 0, memory_order_relaxed);
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    CHECK(sigaction(SIGINT, NULL, &before) == 0);
    if (before.sa_handler != SIG_IGN)
        CHECK(sigaction(SIGINT, &action, NULL) == 0);
    CHECK(sigaction(SIGTERM, &action, NULL) == 0);
    CHECK(sigaction(SIGPIPE, &ignore, NULL) == 0);
    CHECK(sigaction(SIGXFSZ, &ignore, NULL) == 0);
}

int signals_noted(void)
{
    return atomic_load_explicit(&noted, memory_order_relaxed);
}

bool signals_poll(struct fault *fault)
{
    int number = signals_noted();
    if (number)
        fault_raise(fault, CODE_STOPPED, NULL, UINT64_MAX, 0,
                    "stopped by %s", number == SIGINT ? "SIGINT" : "SIGTERM");
    return number != 0;
}
