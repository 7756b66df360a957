/* The walk over TCP options against another one, written from RFC 9293 3.1 with indices and nothing shared. */

#include "tests/fuzz/fuzz.h"

#include "capture/capture.h"

#include <string.h>

/* One option as the second walk sees it. */
struct step {
    uint8_t kind;
    bool malformed;
    size_t value, value_octets; /* index and length */
    size_t next;                /* index of the next option */
};

/*
 * Kinds 0 and 1 are alone; every other one has a length octet that counts kind and length octet too. What breaks that
 * takes all the rest with it.
 */
static struct step
step_at(const uint8_t *p, size_t n, size_t at)
{
    struct step s = {p[at], false, at + 1, 0, at + 1};

    if (p[at] == 0 || p[at] == 1) {
        return s;
    }
    if (at + 1 == n || p[at + 1] < 2 || at + p[at + 1] > n) {
        s.malformed = true;
        s.next = n;
        s.value = at + 2 < n ? at + 2 : n;
        s.value_octets = n - s.value;
        return s;
    }
    s.value = at + 2;
    s.value_octets = (size_t)p[at + 1] - 2;
    s.next = at + p[at + 1];
    return s;
}

static void
walk(const uint8_t *p, size_t n)
{
    struct syc_span rest = {p, n};
    struct syc_option option;
    size_t at = 0, count = 0;

    while (syc_option_next(&rest, &option)) {
        struct step want;

        FUZZ_HOLDS(at < n, "an option past the end");
        want = step_at(p, n, at);
        FUZZ_HOLDS(option.kind == want.kind && option.malformed == want.malformed,
                   "at %zu: kind %u, malformed %d", at, option.kind, option.malformed);
        FUZZ_HOLDS(option.data.n == want.value_octets, "at %zu: %zu value octets, not %zu", at,
                   option.data.n, want.value_octets);
        FUZZ_HOLDS(option.data.n == 0 || option.data.p == p + want.value, "at %zu", at);
        FUZZ_HOLDS(rest.n == n - want.next && rest.p == p + want.next, "at %zu: %zu left", at,
                   rest.n);
        at = want.next;
        count++;
    }
    FUZZ_HOLDS(at == n, "%zu of %zu octets were walked", at, n);
    FUZZ_HOLDS(count <= n, "%zu options in %zu octets", count, n);
    FUZZ_HOLDS(rest.n == 0, "%zu octets are left", rest.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t before = fuzz_work();

    walk(data, size);
    fuzz_bound_work("options", before, size, 200, 200);
    return 0;
}
