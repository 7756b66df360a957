#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------ claims */

void
fuzz_fail(const char *file, int line, const char *claim, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: does not hold: %s: ", file, line, claim);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

bool
fuzz_is_printable(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------ input */

uint8_t
fuzz_take8(struct syc_span *in)
{
    uint8_t octet = in->n > 0 ? in->p[0] : 0;

    *in = syc_span_from(*in, 1);
    return octet;
}

uint16_t
fuzz_take16(struct syc_span *in)
{
    uint16_t low = fuzz_take8(in);

    return (uint16_t)(low | fuzz_take8(in) << 8);
}

uint32_t
fuzz_take32(struct syc_span *in)
{
    uint32_t low = fuzz_take16(in);

    return low | (uint32_t)fuzz_take16(in) << 16;
}

uint64_t
fuzz_take64(struct syc_span *in)
{
    uint64_t low = fuzz_take32(in);

    return low | (uint64_t)fuzz_take32(in) << 32;
}

struct syc_span
fuzz_take(struct syc_span *in, size_t n)
{
    struct syc_span taken = syc_span_part(*in, 0, n);

    *in = syc_span_from(*in, taken.n);
    return taken;
}

uint8_t *
fuzz_copy(const void *p, size_t n)
{
    uint8_t *copy = malloc(n); /* of no octets too: none of them may be read */

    if (copy == NULL) {
        fuzz_fail(__FILE__, __LINE__, "copy != NULL", "%zu octets", n);
    }
    if (n > 0 && p != NULL) {
        memcpy(copy, p, n);
    }
    return copy;
}

void
fuzz_free(void *p)
{
    free(p);
}

/* ------------------------------------------------------------ work */

#ifdef SYC_FUZZ_COUNTS

static uint64_t blocks;

/* libFuzzer's library has one of this name that does nothing, hence the linker's detour (--wrap). */
void __wrap___sanitizer_cov_trace_pc(void);

__attribute__((no_sanitize("coverage"))) void
__wrap___sanitizer_cov_trace_pc(void)
{
    blocks++;
}

uint64_t
fuzz_work(void)
{
    return blocks;
}

#else

uint64_t
fuzz_work(void)
{
    return 0;
}

#endif

static void
tell_maximum(const char *what, uint64_t work, uint64_t octets, uint64_t constant)
{
    static double most;
    double each =
        work > constant ? (double)(work - constant) / (double)(octets > 0 ? octets : 1) : 0;

    if (getenv("SYC_FUZZ_WORK") != NULL && each > most) {
        most = each;
        fprintf(stderr, "work: %s: %llu blocks for %llu octets: %.1f an octet above %llu\n", what,
                (unsigned long long)work, (unsigned long long)octets, each,
                (unsigned long long)constant);
    }
}

void
fuzz_bound_work(const char *what, uint64_t before, uint64_t octets, uint64_t per_octet,
                uint64_t constant)
{
    uint64_t work = fuzz_work() - before;

    tell_maximum(what, work, octets, constant);
    FUZZ_HOLDS(work <= per_octet * octets + constant, "%s: %llu blocks for %llu octets", what,
               (unsigned long long)work, (unsigned long long)octets);
}
