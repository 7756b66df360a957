/* Port ranges. */

#include "behavior/audit_range.h"

/* Linux steps by 2 to 16 (kernel: a random number below 8, doubled, plus 2; 2.2.1). */
enum { STEP_MOST = 16, JUMP_MOST = 4 * STEP_MOST };

static void
begin_again(struct port_walk *w)
{
    w->top = -1;
    w->lap = false;
}

static bool
wraps(const struct port_walk *w, int32_t port)
{
    return w->before >= w->high - STEP_MOST && port <= w->low + STEP_MOST && port < w->first;
}

void
audit_walk_port(struct port_walk *w, uint16_t port)
{
    int32_t at = port;

    if (w->first < 0) {
        *w = (struct port_walk){.first = at, .low = at, .high = at, .top = -1};
    }
    w->mixed |= w->count > 0 && ((at ^ w->first) & 1) != 0;
    if (w->count > 0 && wraps(w, at)) {
        if (!w->lap) {
            w->top = w->before;
            w->bottom = at;
        }
    } else if (w->count > 0 && (at - w->before > JUMP_MOST || w->before - at > JUMP_MOST)) {
        w->top = w->lap ? w->top : -1; /* a leap is no walk */
    }
    /* Beyond the ends of the lap by more than a step: they were none. */
    if (w->top >= 0 && (at > w->top + STEP_MOST || at < w->bottom - STEP_MOST)) {
        begin_again(w);
    }
    w->lap |= w->top >= 0 && at > w->first;
    w->low = at < w->low ? at : w->low;
    w->high = at > w->high ? at : w->high;
    w->before = at;
    w->count++;
}

int64_t
audit_walk_capacity(const struct port_walk *w)
{
    if (!w->lap || w->count < RANGE_LEAST) {
        return SYC_NONE;
    }
    return w->high - w->low + (w->mixed ? 1 : 2);
}

/* 2.2.1 */
static const struct range {
    const char *name;
    int32_t low, high;
    enum audit_stack stack, also; /* whose default it is */
} ranges[] = {
    /* clang-format off */
    {"linux", 32768, 60999, STACK_LINUX, STACK_LINUX},
    {"linux-before-4.2", 32768, 61000, STACK_LINUX, STACK_LINUX},
    {"iana", 49152, 65535, STACK_WINDOWS, STACK_APPLE},
    {"windows-before-vista", 1024, 5000, STACK_WINDOWS_OLD, STACK_WINDOWS_OLD},
    {"freebsd", 10000, 65535, STACK_FREEBSD, STACK_FREEBSD},
    {"all", 1024, 65535, STACK_UNKNOWN, STACK_UNKNOWN},
    /* clang-format on */
};

enum { RANGES = sizeof(ranges) / sizeof(ranges[0]) };

static bool
better(const struct range *a, const struct range *b, enum audit_stack stack)
{
    bool ours = stack != STACK_UNKNOWN && (a->stack == stack || a->also == stack);
    bool theirs = stack != STACK_UNKNOWN && (b->stack == stack || b->also == stack);

    return ours != theirs ? ours : a->high - a->low < b->high - b->low;
}

size_t
audit_range_candidates(int64_t low, int64_t high, int64_t capacity, enum audit_stack stack,
                       const char *out[8])
{
    const struct range *fit[RANGES];
    size_t n = 0;

    for (size_t i = 0; i < RANGES; i++) {
        int64_t size = ranges[i].high - ranges[i].low + 1;
        size_t at = n;
        /* Others may hold some of the ports, so the capacity seen is a little less than the range. */
        if (low < ranges[i].low || high > ranges[i].high ||
            (capacity != SYC_NONE && capacity < size * 9 / 10)) {
            continue;
        }
        for (; at > 0 && better(&ranges[i], fit[at - 1], stack); at--) {
            fit[at] = fit[at - 1];
        }
        fit[at] = &ranges[i];
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = fit[i]->name;
    }
    if (n == 0) {
        out[n++] = "custom";
    }
    return n;
}
