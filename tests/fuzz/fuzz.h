#ifndef SYC_TESTS_FUZZ_H
#define SYC_TESTS_FUZZ_H

/*
 * Purpose           what all fuzz targets share: octets taken from the input, claims, the work bound
 * Input and output  libFuzzer (or replay.c) calls LLVMFuzzerTestOneInput() of the one target a program has
 * Ownership         the input is borrowed for the call; nothing survives it
 * Limits            work is counted in the fuzz build only; elsewhere it is always 0
 * Not here          seeds (seeds.py), how long to run (run.py)
 *
 * Work is the number of basic blocks of our libraries that ran: the compiler calls back at the head of each (-fsanitize-coverage=trace-pc). It is the same on every machine and in every run, unlike time, so that a bound
 * `blocks <= a * octets + b` can be a test. Blocks of libraries that are not ours (libpcap, libyaml, jansson) do not
 * count; for those libFuzzer's -timeout stands.
 */

#include "base/base.h"

/* The one function of a target; 0 always. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Print what does not hold and abort: libFuzzer then keeps the input. */
_Noreturn void fuzz_fail(const char *file, int line, const char *claim, const char *format, ...)
    SYC_PRINTF(4, 5);

/* FUZZ_HOLDS(claim, format, ...): the claim and, if it fails, what helps to see why. */
#define FUZZ_HOLDS(claim, ...)                                                                     \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fuzz_fail(__FILE__, __LINE__, #claim, __VA_ARGS__);                                    \
        }                                                                                          \
    } while (0)

/* Take octets off the front of *in, least significant first; zeros once it is empty. */
uint8_t fuzz_take8(struct syc_span *in);
uint16_t fuzz_take16(struct syc_span *in);
uint32_t fuzz_take32(struct syc_span *in);
uint64_t fuzz_take64(struct syc_span *in);

/* The next n octets of *in, fewer at its end. */
struct syc_span fuzz_take(struct syc_span *in, size_t n);

/* Blocks that ran so far. */
uint64_t fuzz_work(void);

/*
 * At most per_octet blocks an octet and `constant` beside it ran since `before`.
 *
 * With SYC_FUZZ_WORK in the environment each new maximum of blocks above the constant is printed, which is how the
 * bounds were found: four times what the seeds and 10^6 runs needed.
 */
void fuzz_bound_work(const char *what, uint64_t before, uint64_t octets, uint64_t per_octet,
                     uint64_t constant);

/* Every octet of text is printable ASCII. */
bool fuzz_is_printable(const char *text, size_t n);

/* A copy of n octets (p NULL: as they come) that ends where its memory ends, so that a step past it is seen. Never NULL. */
uint8_t *fuzz_copy(const void *p, size_t n);
void fuzz_free(void *p);

#endif
