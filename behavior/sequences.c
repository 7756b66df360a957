/*
 * Interleaved counters.
 *
 *    port   40002 51310 40010 51312 40014 51322 ...      two hosts, each counting up by little
 *    host     A     B     A     B     A     B
 *
 * Each number is given to the counter that it is the smallest step above, or begins a new one. Chance must not count
 * as hosts, so a claim is made only if counters of eight numbers or more explain nearly all of them, and if their
 * steps are far smaller than those that as many random numbers in the same range would show. A counter that stops
 * where another begins (a wrap, a jump) is one host: what counts is how many ran at the same time and took turns.
 * Of all that ran at once only one may do so in long runs: the busy host beside which the others take theirs.
 *
 * Looked at in blocks: memory is fixed, and the dead counters of a long capture do not pile up.
 */

#include "behavior/sequences.h"

enum {
    BLOCK = 256,
    /* Linux steps by 2 to 16 to one destination (fingerprints 3), more while other destinations share its counter. */
    STEP_MOST = 64,
    MEMBERS_LEAST = 8,
    /* Strays: ports bound by hand, SYNs whose first copy was lost before the tap and that come a second late. */
    EXPLAINED_PERCENT = 80,
    /* Steps this many times smaller than those of chance. */
    TIGHTER = 8,
    /* A counter not seen among so many numbers has ended: the next lap of another must not take its place. */
    SILENT_MOST = 32,
    /* Who takes turns has runs of this many numbers at most on average; a browser opens six connections at once. */
    RUN_MOST = 6,
    /* Fewer ports are walked through so often that laps look like hosts. */
    RANGE_LEAST = 1024,
    MODULUS = 65536
};

struct sequence {
    int64_t last;
    int64_t steps; /* their sum */
    struct recurring seen;
};

struct block {
    struct sequence list[SEQUENCES_MOST];
    size_t count;
};

/* How far v is above the last member, around the end; a port used again at once stays where it was. */
static int64_t
step_to(const struct sequence *s, int64_t v)
{
    return (v - s->last + MODULUS) % MODULUS;
}

/* The living sequence that v is the smallest step above; of equal ones the first. NULL when none is near. */
static struct sequence *
nearest(struct block *b, int64_t v, size_t at)
{
    struct sequence *best = NULL;

    for (size_t i = 0; i < b->count; i++) {
        int64_t step = step_to(&b->list[i], v);
        if (step <= STEP_MOST && at - b->list[i].seen.last_at <= SILENT_MOST &&
            (best == NULL || step < step_to(best, v))) {
            best = &b->list[i];
        }
    }
    return best;
}

/* False when there would be more sequences than are told apart. */
static bool
add(struct block *b, int64_t v, size_t at)
{
    struct sequence *s = nearest(b, v, at);

    if (s == NULL && b->count == SEQUENCES_MOST) {
        return false;
    }
    if (s == NULL) {
        s = &b->list[b->count++];
        *s = (struct sequence){.last = v};
    }
    s->steps += step_to(s, v);
    s->last = v;
    syc_recurring_add(&s->seen, at);
    return true;
}

/* The steps against those of as many numbers thrown into the range: range / (counters + 1) each. */
static bool
is_tight(int64_t range, size_t sequences, int64_t steps, size_t step_count)
{
    return steps * TIGHTER * (int64_t)(sequences + 1) <= range * (int64_t)step_count;
}

/* Those that take turns first, then those in long runs, of which one counts. */
static size_t
count_at_once(struct span_of *turns, size_t turn_count, const struct span_of *runs,
              size_t run_count)
{
    size_t most = run_count > 0;

    for (size_t i = 0; i < run_count; i++) {
        size_t depth;
        turns[turn_count] = runs[i];
        depth = syc_overlap_most(turns, turn_count + 1);
        most = depth > most ? depth : most;
    }
    return run_count > 0 ? most : syc_overlap_most(turns, turn_count);
}

static size_t
judge(const struct block *b, size_t n, int64_t range)
{
    struct span_of turns[SEQUENCES_MOST + 1], runs[SEQUENCES_MOST];
    size_t turn_count = 0;
    size_t run_count = 0;
    size_t explained = 0;
    int64_t steps = 0;

    for (size_t i = 0; i < b->count; i++) {
        const struct sequence *s = &b->list[i];
        struct span_of span = syc_recurring_span(&s->seen);
        if (s->seen.members < MEMBERS_LEAST) {
            continue;
        }
        if (s->seen.members <= s->seen.runs * RUN_MOST) {
            turns[turn_count++] = span;
        } else {
            runs[run_count++] = span;
        }
        explained += s->seen.members;
        steps += s->steps;
    }
    if (explained == 0 || range < RANGE_LEAST || explained * 100 < n * EXPLAINED_PERCENT ||
        !is_tight(range, turn_count + run_count, steps, explained - turn_count - run_count)) {
        return 0;
    }
    return count_at_once(turns, turn_count, runs, run_count);
}

static size_t
count_block(const int64_t *values, size_t n)
{
    struct block b = {.count = 0};
    int64_t low = MODULUS;
    int64_t high = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t v = values[i] & (MODULUS - 1);
        low = v < low ? v : low;
        high = v > high ? v : high;
        if (!add(&b, v, i)) {
            return 0;
        }
    }
    return judge(&b, n, high - low + 1);
}

/*
 * The median of the blocks: what only some of them show may be laps that met. The last block ends with the last
 * number, so it may share some with the one before.
 */
size_t
syc_sequences_count(const int64_t *values, size_t n)
{
    size_t blocks[SEQUENCES_MOST + 1] = {0}; /* by their count */
    size_t block_count = (n + BLOCK - 1) / BLOCK;
    size_t median = 0;

    if (n < MEMBERS_LEAST * 2) {
        return 0;
    }
    for (size_t i = 0; i < block_count; i++) {
        size_t length = n < BLOCK ? n : BLOCK;
        size_t start = i * BLOCK + length <= n ? i * BLOCK : n - length;
        blocks[count_block(values + start, length)]++;
    }
    for (size_t below = blocks[0]; below * 2 <= block_count && median < SEQUENCES_MOST;) {
        below += blocks[++median];
    }
    return median;
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
