/*
 * Interleaved counters.
 *
 *    port   40002 51310 40010 51312 40014 51322 ...      two hosts, each counting up by little
 *    host     A     B     A     B     A     B
 *
 *    port   40002 40010 40014 | 51310 51312 ...          one host, whose counter jumped
 *
 * Each number goes on with the counter that it is the smallest step above, or begins another. A counter may jump:
 * Linux draws a new place for each destination every 10 s (net/core/secure_seq.c), ranges wrap, ports are in use.
 * Then the old place is left for good. Only where several hosts count side by side does a counter go on after another
 * had its turn, so such returns are counted, and held against those of chance: a jump may land just above an old place
 * by the width of a step over the range of ports.
 */

#include "behavior/sequences.h"

enum {
    BLOCK = 256,
    /*
     * Parallel connects leave in another order than they took their ports, and some ports are in use: what is within so
     * many steps of a counter is its own, but no sign that it came back.
     */
    NEAR_STEPS = 4,
    /* A counter not seen among so many numbers has ended. */
    SILENT_MOST = 32,
    RETURNS_LEAST = 6,
    /* Fewer numbers are walked through so often that laps meet. */
    RANGE_LEAST = 1024,
    /* Returns must be this many times those of chance, and a share of all numbers. */
    TIMES_CHANCE = 4,
    SHARE_PERCENT = 2,
    MODULUS = 65536
};

/* One counter between two jumps. */
struct run {
    int64_t last;
    size_t first_at, last_at;
};

/* Of each number: the run it goes on, and that run's member before it. */
struct member {
    size_t run, before_at; /* before_at: its own place when it is the first */
    bool steps;            /* up by as little as a counter does, not just near */
};

struct block {
    struct run runs[BLOCK];
    struct member members[BLOCK];
    int64_t step_most;
    size_t run_count;
    size_t alive[SILENT_MOST + 1]; /* runs not yet silent: one number ago, two ... */
    size_t alive_count;
};

enum { NO_RUN = SIZE_MAX };

/* How far v is above the last member, around the end. */
static int64_t
step_to(const struct run *run, int64_t v)
{
    return (v - run->last + MODULUS) % MODULUS;
}

static void
drop_silent(struct block *b, size_t at)
{
    size_t kept = 0;

    for (size_t i = 0; i < b->alive_count; i++) {
        if (at - b->runs[b->alive[i]].last_at <= SILENT_MOST) {
            b->alive[kept++] = b->alive[i];
        }
    }
    b->alive_count = kept;
}

/* How far v is from the last member, either way. */
static int64_t
distance_to(const struct run *run, int64_t v)
{
    int64_t step = step_to(run, v);

    return step < MODULUS / 2 ? step : MODULUS - step;
}

/* The run whose last member is nearest, of equal ones the first; NO_RUN when none is near. */
static size_t
nearest(const struct block *b, int64_t v)
{
    size_t best = NO_RUN;

    for (size_t i = 0; i < b->alive_count; i++) {
        int64_t distance = distance_to(&b->runs[b->alive[i]], v);
        if (distance <= b->step_most * NEAR_STEPS &&
            (best == NO_RUN || distance < distance_to(&b->runs[best], v))) {
            best = b->alive[i];
        }
    }
    return best;
}

/* The block holds as many runs as numbers, and no more than SILENT_MOST + 1 were seen lately: there is room. */
static void
add(struct block *b, int64_t v, size_t at)
{
    struct run *run;
    size_t index;

    drop_silent(b, at);
    index = nearest(b, v);
    if (index == NO_RUN) {
        index = b->run_count++;
        b->runs[index] = (struct run){.last = v, .first_at = at, .last_at = at};
        b->alive[b->alive_count++] = index;
    }
    run = &b->runs[index];
    b->members[at] = (struct member){.run = index,
                                     .before_at = run->last_at,
                                     .steps = step_to(run, v) <= b->step_most};
    run->last = step_to(run, v) <= b->step_most * NEAR_STEPS ? v : run->last;
    run->last_at = at;
}

static bool
is_return(const struct block *b, size_t at)
{
    const struct member *m = &b->members[at];

    return m->before_at + 1 < at && m->steps;
}

/*
 * How many runs take turns around this return. Of the others between, those count that were there before as well, or
 * those that go on after it, whichever are more: where one of them jumps meanwhile, its old run is among the former and
 * its new one among the latter.
 */
static size_t
depth_at(const struct block *b, size_t at)
{
    size_t from = b->members[at].before_at;
    bool seen[BLOCK] = {false};
    size_t before = 0;
    size_t after = 0;

    if (!is_return(b, at)) {
        return 0;
    }
    for (size_t i = from + 1; i < at; i++) {
        size_t index = b->members[i].run;
        if (!seen[index]) {
            seen[index] = true;
            before += b->runs[index].first_at < from;
            after += b->runs[index].last_at > at;
        }
    }
    return 1 + (before > after ? before : after);
}

/* Returns by how many runs took turns, and how many of them chance makes. */
struct returns {
    size_t at_depth[SEQUENCES_MOST + 1];
    double by_chance;
};

/*
 * Each number that begins a run or comes back to one might have fallen anywhere in the range; it does so just above one
 * of the runs alive with the probability of their steps' share of it.
 */
static void
count_block(const int64_t *values, size_t n, int64_t range, int64_t step_most, struct returns *out)
{
    struct block b = {.step_most = step_most};

    for (size_t i = 0; i < n; i++) {
        add(&b, values[i] & (MODULUS - 1), i);
        if (b.members[i].before_at == i || is_return(&b, i)) {
            out->by_chance += (double)b.alive_count * (double)step_most / (double)range;
        }
    }
    for (size_t i = 0; i < n; i++) {
        size_t depth = depth_at(&b, i);
        out->at_depth[depth < SEQUENCES_MOST ? depth : SEQUENCES_MOST]++;
    }
}

/* How many numbers there were to fall on: of one parity half of them. */
static int64_t
range_of(const int64_t *values, size_t n)
{
    int64_t low = MODULUS;
    int64_t high = 0;
    int parities = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t v = values[i] & (MODULUS - 1);
        low = v < low ? v : low;
        high = v > high ? v : high;
        parities |= 1 << (v & 1);
    }
    return parities == 3 ? high - low + 1 : (high - low) / 2 + 1;
}

size_t
syc_sequences_count(const int64_t *values, size_t n, int64_t step_most)
{
    struct returns returns = {{0}, 0};
    size_t deeper = 0;
    int64_t range = range_of(values, n);

    for (size_t from = 0; from < n && range >= RANGE_LEAST; from += BLOCK) {
        count_block(values + from, n - from < BLOCK ? n - from : BLOCK, range, step_most, &returns);
    }
    for (size_t depth = SEQUENCES_MOST; depth > 1; depth--) {
        deeper += returns.at_depth[depth];
        if (deeper >= RETURNS_LEAST && deeper * 100 >= n * SHARE_PERCENT &&
            (double)deeper >= RETURNS_LEAST + TIMES_CHANCE * returns.by_chance) {
            return depth;
        }
    }
    return 0;
}

/* ------------------------------------------------------------ side by side */

void
syc_recurring_add(struct recurring *r, size_t at)
{
    r->runs += r->members == 0 || r->last_at + 1 != at;
    r->members++;
    r->second_at = r->members == 2 ? at : r->second_at;
    r->before_last_at = r->last_at;
    r->last_at = at;
}

struct span_of
syc_recurring_span(const struct recurring *r)
{
    if (r->members < 4) {
        return (struct span_of){1, 0};
    }
    return (struct span_of){(int64_t)r->second_at, (int64_t)r->before_last_at};
}

/* The deepest point of overlapping spans is the beginning of one of them. */
size_t
syc_overlap_most(const struct span_of *spans, size_t n)
{
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t depth = 0;
        for (size_t k = 0; k < n && spans[i].from <= spans[i].to; k++) {
            depth += spans[k].from <= spans[i].from && spans[i].from <= spans[k].to;
        }
        most = depth > most ? depth : most;
    }
    return most;
}
