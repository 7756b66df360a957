#ifndef SYC_BEHAVIOR_CROWD_H
#define SYC_BEHAVIOR_CROWD_H

/*
 * Purpose           how many came to each of a few places, where places and comers are without number
 * Input and output  places (address and port, or a prefix) in; counts of the largest ones, and how many differed, out
 * Ownership         plain memory of the caller's
 * Limits            CROWD_PLACES places; what is counted of one is at least what is true, and short of it by what came
 *                   while others held its room
 * Not here          who comes (singles.c), what is said of it (cadence.c)
 */

#include "base/base.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CROWD_WAYS = 4, /* places that compete for room: those of one bucket */
    CROWD_PLACES = 256 * CROWD_WAYS,
    /* A standard error of 1.04 / sqrt(256) = 6.5 % (Flajolet and others 2007, HyperLogLog, theorem 1). */
    CROWD_REGISTERS = 256,
    /* The same for all comers: 0.81 %. */
    CROWD_ALL_REGISTERS = 1 << 14,
};

/* What HyperLogLog's estimate of m registers is short or over, as a standard error. */
#define CROWD_ERROR(registers) (1.04 / __builtin_sqrt(registers))

/*
 * One place. count: comers since it has its room, which is all of them while earlier is 0; earlier: at most so many came
 * before.
 */
struct crowd_place {
    uint8_t addr[16];
    uint16_t port;
    uint8_t ip_v;
    uint32_t earlier;
    uint64_t count;            /* 0: free */
    int64_t first_us, last_us; /* between which they came */
    int64_t second;            /* of the last one */
    uint32_t in_second, peak;  /* that came in it; most of any, counted from its beginning */
    uint8_t registers[CROWD_REGISTERS];
};

struct crowd {
    struct crowd_place places[CROWD_PLACES];
    bool crowded; /* some place lost its room to another one: what is not here may have been */
};

/* Sixty-four bits of an address, the same in each run. cost: two multiplications */
uint64_t syc_crowd_name(const uint8_t addr[16], uint8_t ip_v);

/* One more came to a place, at us; who: its name. Of four places the one with fewest gives its room to a new one. */
struct crowd_place *syc_crowd_add(struct crowd *c, const uint8_t addr[16], uint16_t port,
                                  uint8_t ip_v, int64_t us, uint64_t who);
/* The place, or NULL when it has no room. */
const struct crowd_place *syc_crowd_find(const struct crowd *c, const uint8_t addr[16],
                                         uint16_t port, uint8_t ip_v);

/* The places to which nobody came since before_us have no room any more. */
void syc_crowd_forget(struct crowd *c, int64_t before_us);

/*
 * HyperLogLog over names: note one; estimate how many differed.
 *
 * n        registers, a power of two from 256
 * source   Flajolet, Fusy, Gandouet, Meunier (2007): HyperLogLog, figures 2 and 3; with 64 bits nothing is to be
 *          corrected for large counts (Heule, Nunkesser, Hall 2013, section 5.1)
 */
void syc_crowd_note(uint8_t *registers, size_t n, uint64_t who);
uint64_t syc_crowd_estimate(const uint8_t *registers, size_t n);

#endif
