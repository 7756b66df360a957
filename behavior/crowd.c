/*
 * Counts in fixed memory, for what an attacker may make without end: forged sources, and whom they are aimed at.
 *
 * Places are in buckets of four by a hash. A new one takes the room of the one with fewest ("space saving", Metwally and
 * others 2005, by bucket), so who has most cannot be pushed out by many that have little. The counts told are lower bounds:
 * what came to a place before it had its room is not in them.
 *
 * The hash has no secret key: what is told must be the same in each run. Who makes names collide
 * makes an estimate of forged addresses too small, or places share a bucket; the exact totals are
 * counted elsewhere, by no hash.
 */

#include "behavior/crowd.h"

#include <math.h>
#include <string.h>

/* The finalizer of MurmurHash3 for 64 bits (Appleby): each bit in moves half of those out. */
static inline uint64_t
mix(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

uint64_t
syc_crowd_name(const uint8_t addr[16], uint8_t ip_v)
{
    uint64_t half[2];

    memcpy(half, addr, sizeof(half));
    return mix(half[0] * UINT64_C(0x9e3779b97f4a7c15) ^ mix(half[1] + ip_v));
}

/* ------------------------------------------------------------ places */

/* A count of 0 is a place that is free, whatever else stands there. */
static bool
is_place(const struct crowd_place *p, const uint8_t addr[16], uint16_t port, uint8_t ip_v)
{
    return p->count > 0 && p->port == port && p->ip_v == ip_v && memcmp(p->addr, addr, 16) == 0;
}

/* Port and address together: the services of one host are not of one bucket. */
static struct crowd_place *
bucket_of(struct crowd *c, const uint8_t addr[16], uint16_t port, uint8_t ip_v)
{
    uint64_t hash = mix(syc_crowd_name(addr, ip_v) + port);

    return &c->places[hash % (CROWD_PLACES / CROWD_WAYS) * CROWD_WAYS];
}

static inline struct crowd_place *
find(struct crowd_place *bucket, const uint8_t addr[16], uint16_t port, uint8_t ip_v)
{
    for (int i = 0; i < CROWD_WAYS; i++) {
        if (is_place(&bucket[i], addr, port, ip_v)) {
            return &bucket[i];
        }
    }
    return NULL;
}

const struct crowd_place *
syc_crowd_find(const struct crowd *c, const uint8_t addr[16], uint16_t port, uint8_t ip_v)
{
    return find(bucket_of((struct crowd *)(uintptr_t)c, addr, port, ip_v), addr, port, ip_v);
}

/* Of equals the first: the choice must not depend on anything but what came. */
static struct crowd_place *
smallest(struct crowd_place *bucket)
{
    struct crowd_place *least = bucket;

    for (int i = 1; i < CROWD_WAYS; i++) {
        if (bucket[i].count + bucket[i].earlier < least->count + least->earlier) {
            least = &bucket[i];
        }
    }
    return least;
}

/* By seconds of the clock, so that nothing has to be kept of each: at least half of any window's peak, if they come in order. */
static void
note_rate(struct crowd_place *p, int64_t us)
{
    int64_t second = us / 1000000;

    p->in_second = second == p->second ? p->in_second + 1 : 1;
    p->second = second;
    p->peak = p->in_second > p->peak ? p->in_second : p->peak;
}

/* Not in line: few come to a place for the first time. */
static __attribute__((noinline)) struct crowd_place *
make_place(struct crowd *c, struct crowd_place *bucket, const uint8_t addr[16], uint16_t port,
           uint8_t ip_v, int64_t us)
{
    struct crowd_place *p = smallest(bucket);
    uint64_t earlier = p->count + p->earlier;

    c->crowded = c->crowded || earlier > 0;
    *p = (struct crowd_place){.port = port,
                              .ip_v = ip_v,
                              .earlier = earlier < UINT32_MAX ? (uint32_t)earlier : UINT32_MAX,
                              .first_us = us,
                              .last_us = us};
    memcpy(p->addr, addr, 16);
    return p;
}

struct crowd_place *
syc_crowd_add(struct crowd *c, const uint8_t addr[16], uint16_t port, uint8_t ip_v, int64_t us,
              uint64_t who)
{
    struct crowd_place *bucket = bucket_of(c, addr, port, ip_v);
    struct crowd_place *p = find(bucket, addr, port, ip_v);

    p = p != NULL ? p : make_place(c, bucket, addr, port, ip_v, us);
    p->count++;
    p->first_us = us < p->first_us ? us : p->first_us;
    p->last_us = us > p->last_us ? us : p->last_us;
    note_rate(p, us);
    syc_crowd_note(p->registers, CROWD_REGISTERS, who);
    return p;
}

/* A place that lost its room came last before the one that has it now, so it is old when that one is. */
void
syc_crowd_forget(struct crowd *c, int64_t before_us)
{
    c->crowded = false;
    for (size_t i = 0; i < CROWD_PLACES; i++) {
        struct crowd_place *p = &c->places[i];
        if (p->count > 0 && p->last_us < before_us) {
            *p = (struct crowd_place){.count = 0};
        }
        c->crowded = c->crowded || p->earlier > 0;
    }
}

/* ------------------------------------------------------------ how many differ */

/* The lower bits choose a register, which keeps the most leading zeros of the rest, and one. */
void
syc_crowd_note(uint8_t *registers, size_t n, uint64_t who)
{
    uint8_t *r = &registers[who & (n - 1)];
    uint64_t rest = who | (n - 1); /* ends the count of zeros */
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);

    *r = rank > *r ? rank : *r;
}

uint64_t
syc_crowd_estimate(const uint8_t *registers, size_t n)
{
    double m = (double)n, sum = 0, estimate;
    size_t empty = 0;

    for (size_t i = 0; i < n; i++) {
        sum += ldexp(1, -registers[i]);
        empty += registers[i] == 0;
    }
    estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && empty > 0) {
        estimate = m * log(m / (double)empty); /* linear counting, better for few */
    }
    return (uint64_t)llround(estimate);
}
