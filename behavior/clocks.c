/*
 * Timestamp clocks.
 *
 *    TSval = offset + rate * time        of a SYN; offset and rate belong to the host
 *
 *    offset of each SYN, by destination      one per host: global. One per address pair: per-pair.
 *       A: ....|..........                   As many as connections: per-connection.
 *       B: ....|..........|...               Two lines to B that both go on: two hosts
 *
 * Offsets within the tolerance of each other are one line. Two random ones of 2^32 meet by a chance of 1 in 10^6 to
 * 10^5, so a line of four is no chance, and its steadiness tells a host even where all share an address: to one
 * destination a host has one line, whether its offset is global or of the pair. Offsets of each connection make no
 * lines and no hosts: that is where p0f counts one Linux for many (fingerprints 2.1.9).
 *
 * Not told apart: a line that lies across 0, and the clocks of two sensors whose captures are read as one.
 */

#include "behavior/clocks.h"

#include <string.h>

enum {
    PAIRS_LEAST =
        8, /* connections beyond the first of their destination: below, chance decides the policy */
    MEMBERS_LEAST = 4, /* of a line that counts as a clock */
    CLOCKS_MOST = SEQUENCES_MOST,
    /* Lines of fewer members explain at most a fifth, else there may be other reasons for all of them. */
    EXPLAINED_PERCENT = 80
};

/* Delay and its variation, and the drift of both clocks: 100 ppm is twice what crystals promise. */
static int64_t
tolerance_of(int64_t hz, int64_t span_us)
{
    return 2 + hz * (500000 + span_us / 10000) / SYC_US_PER_S;
}

/* Members of a line and their span, since lines are found by offset, not by time. */
struct line {
    size_t members, dests;
    int64_t first, second, before_last, last;
};

static void
line_add(struct line *l, int64_t t)
{
    if (l->members == 0) {
        *l = (struct line){0, l->dests, t, INT64_MAX, INT64_MIN, t};
    } else {
        int64_t high = t < l->first ? l->first : t;
        int64_t low = t > l->last ? l->last : t;
        l->first = t < l->first ? t : l->first;
        l->last = t > l->last ? t : l->last;
        l->second = high < l->second ? high : l->second;
        l->before_last = low > l->before_last ? low : l->before_last;
    }
    l->members++;
}

/* What one grouping of the stamps shows. */
struct lines {
    size_t count;     /* lines */
    size_t explained; /* members of lines long enough */
    size_t shared;    /* members of lines with more than one destination */
    size_t clock_count;
    struct span_of clocks[CLOCKS_MOST];
};

static void
line_end(struct lines *out, const struct line *l)
{
    out->count++;
    out->shared += l->dests > 1 ? l->members : 0;
    if (l->members < MEMBERS_LEAST) {
        return;
    }
    out->explained += l->members;
    if (out->clock_count < CLOCKS_MOST) {
        out->clocks[out->clock_count++] = (struct span_of){l->second, l->before_last};
    }
}

/*
 * Lines of n stamps in the order of their offsets. Neighbors within the tolerance belong together, so a slow drift
 * does not tear a line.
 */
static void
find_lines(const struct item *stamps, size_t n, int64_t tolerance, struct lines *out)
{
    struct line line = {.members = 0};

    *out = (struct lines){.count = 0};
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && stamps[i].t - stamps[i - 1].t > tolerance) {
            line_end(out, &line);
            line.members = line.dests = 0;
        }
        line.dests += line.members == 0 || stamps[i].b >> 32 != stamps[i - 1].b >> 32;
        line_add(&line, (int64_t)stamps[i].a);
    }
    line_end(out, &line);
}

/* Where the clock stood at time 0, in its own ticks: 32 bits, like TSval. */
static uint32_t
offset_of(const struct item *stamp, int64_t hz)
{
    __int128 ticks = (__int128)stamp->a * hz / SYC_US_PER_S;

    return (uint32_t)stamp->b - (uint32_t)ticks;
}

/* By destination (mask all ones) or not (0), then by offset. */
static void
sort_offsets(struct item *stamps, size_t n, int64_t hz, uint64_t mask, struct item *spare)
{
    for (size_t i = 0; i < n; i++) {
        stamps[i].t = (int64_t)((stamps[i].b & mask) >> 32 << 32 | offset_of(&stamps[i], hz));
    }
    syc_sort_items(stamps, n, spare);
}

/* ------------------------------------------------------------ by destination */

/* All destinations: what is asked of each alone, added up. */
struct by_dest {
    size_t dests, lines, at_once;
};

static void
measure_dests(struct item *stamps, size_t n, int64_t hz, int64_t tolerance, struct item *spare,
              struct by_dest *out)
{
    struct lines lines;

    *out = (struct by_dest){0, 0, 0};
    sort_offsets(stamps, n, hz, UINT64_MAX, spare);
    for (size_t from = 0, to; from < n; from = to) {
        size_t at_once;
        for (to = from + 1; to < n && stamps[to].b >> 32 == stamps[from].b >> 32; to++) {
        }
        find_lines(stamps + from, to - from, tolerance, &lines);
        out->dests++;
        out->lines += lines.count;
        if (lines.explained * 100 < (to - from) * EXPLAINED_PERCENT) {
            continue;
        }
        at_once = syc_overlap_most(lines.clocks, lines.clock_count);
        out->at_once = at_once > out->at_once ? at_once : out->at_once;
    }
}

/* ------------------------------------------------------------ answer */

/* n stamps, their lines by destination, and the lines of all. */
static enum offset_policy
policy_of(size_t n, const struct by_dest *by, const struct lines *all)
{
    size_t pairs = n - by->dests;
    size_t joined = n - by->lines;

    if (by->dests > 1 && n >= PAIRS_LEAST && all->shared * 2 >= n) {
        return OFFSET_GLOBAL;
    }
    if (pairs < PAIRS_LEAST) {
        return OFFSET_UNKNOWN;
    }
    if (joined * 10 <= pairs) {
        return OFFSET_PER_CONNECTION;
    }
    if (joined * 2 < pairs) {
        return OFFSET_MIXED;
    }
    return by->dests > 1 && all->shared * 10 <= n ? OFFSET_PER_PAIR : OFFSET_UNKNOWN;
}

static int64_t
span_us_of(const struct item *stamps, size_t n)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;

    for (size_t i = 0; i < n; i++) {
        low = stamps[i].a < low ? stamps[i].a : low;
        high = stamps[i].a > high ? stamps[i].a : high;
    }
    return (int64_t)(high - low);
}

/* The lines of all destinations together, under the rate that was found. */
static void
conclude(struct item *stamps, size_t n, int64_t tolerance, const struct by_dest *by,
         struct item *spare, struct clocks *out)
{
    struct lines all;
    size_t at_once;

    sort_offsets(stamps, n, out->hz, 0, spare);
    find_lines(stamps, n, tolerance, &all);
    out->policy = policy_of(n, by, &all);
    out->at_once = by->at_once;
    if (out->policy == OFFSET_GLOBAL && all.explained * 100 >= n * EXPLAINED_PERCENT) {
        at_once = syc_overlap_most(all.clocks, all.clock_count);
        out->at_once = at_once > out->at_once ? at_once : out->at_once;
    }
}

/*
 * Rates as kernels have them (Linux: CONFIG_HZ before 4.13, milliseconds since), beside the one that was measured:
 * that is rounded, and of short connections it is rough. The right one gives the fewest lines.
 */
void
syc_clocks_measure(struct item *stamps, size_t n, int64_t measured_hz, struct item *spare,
                   struct clocks *out)
{
    const int64_t rates[] = {measured_hz, 1000, 250, 100};
    struct by_dest best = {0, SIZE_MAX, 0};
    int64_t span_us;

    *out = (struct clocks){OFFSET_UNKNOWN, 0, 0};
    if (n == 0) {
        return;
    }
    span_us = span_us_of(stamps, n);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct by_dest by;
        if (rates[i] > 0) {
            measure_dests(stamps, n, rates[i], tolerance_of(rates[i], span_us), spare, &by);
            out->hz = by.lines < best.lines ? rates[i] : out->hz;
            best = by.lines < best.lines ? by : best;
        }
    }
    conclude(stamps, n, tolerance_of(out->hz, span_us), &best, spare, out);
}

const char *
syc_offset_name(enum offset_policy policy)
{
    static const char *const names[] = {
#define X(name, word) word,
        SYC_OFFSET_LIST(X)
#undef X
    };

    return policy != OFFSET_UNKNOWN ? names[policy] : NULL;
}
