/* Sorted runs of times, as differences, merged as they come. */

#include "behavior/audit_tally.h"

#include "behavior/audit_pack.h"
#include "behavior/sort.h"

enum { PIECE_LEAST = 32, PIECE_MOST = 4096, VARINT_MOST = 10 };

/* A piece of a run; what has been read is freed at once, so that merging takes hardly more than its input did. */
struct piece {
    struct piece *next;
    uint32_t size, used;
    uint8_t octets[];
};

struct run {
    struct run *next;
    struct piece *first, *last;
    uint64_t count;
    int64_t low, high; /* its first and last time */
    unsigned level;    /* made of 2^level runs that were added */
};

static void
run_free(struct run *r)
{
    while (r != NULL && r->first != NULL) {
        struct piece *p = r->first;
        r->first = p->next;
        syc_free(p);
    }
    syc_free(r);
}

static bool
run_put(struct run *r, int64_t t)
{
    struct piece *p = r->last;

    if (p == NULL || p->size - p->used < VARINT_MOST) {
        uint32_t size = p == NULL ? PIECE_LEAST : p->size * 2;
        size = size < PIECE_MOST ? size : PIECE_MOST;
        p = syc_alloc(1, sizeof(*p) + size);
        if (p == NULL) {
            return false;
        }
        p->size = size;
        *(r->last != NULL ? &r->last->next : &r->first) = p;
        r->last = p;
    }
    r->low = r->count == 0 ? t : r->low;
    p->used = (uint32_t)(varint_put(p->octets + p->used, zigzag(t - r->high)) - p->octets);
    r->high = t;
    r->count++;
    return true;
}

/* The run's times one after the other; what was read is gone. */
struct reader {
    struct run *run;
    uint32_t at;
    uint64_t left;
    int64_t t; /* the one at hand, while left > 0 */
};

static void
read_on(struct reader *r)
{
    struct piece *p = r->run->first;
    uint64_t step;

    if (r->left == 0) {
        return;
    }
    if (r->at == p->used) {
        r->run->first = p->next;
        syc_free(p);
        p = r->run->first;
        r->at = 0;
    }
    r->at = (uint32_t)(varint_get(p->octets + r->at, &step) - p->octets);
    r->t += unzigzag(step);
}

static struct reader
read_begin(struct run *run)
{
    struct reader r = {.run = run, .left = run->count};

    read_on(&r);
    return r;
}

static void
read_next(struct reader *r)
{
    r->left--;
    read_on(r);
}

/* Both are used up, whatever comes of it. */
static struct run *
merge(struct run *a, struct run *b)
{
    struct run *to = syc_alloc(1, sizeof(*to));
    bool ok = to != NULL;
    struct reader x = read_begin(a);
    struct reader y = read_begin(b);

    while (ok && (x.left > 0 || y.left > 0)) {
        struct reader *least = y.left == 0 || (x.left > 0 && x.t <= y.t) ? &x : &y;
        ok = run_put(to, least->t);
        read_next(least);
    }
    if (ok) {
        to->level = (a->level > b->level ? a->level : b->level) + 1;
    }
    run_free(a);
    run_free(b);
    if (!ok) {
        run_free(to);
        return NULL;
    }
    return to;
}

static bool
push(struct run **runs, struct run *r)
{
    while (*runs != NULL && (*runs)->level <= r->level) {
        struct run *top = *runs;
        *runs = top->next;
        r = merge(top, r);
        if (r == NULL) {
            return false;
        }
    }
    r->next = *runs;
    *runs = r;
    return true;
}

/* A run of n times, sorted here. */
static bool
add(struct run **runs, int64_t *v, size_t n, int64_t *spare)
{
    struct run *r = syc_alloc(1, sizeof(*r));
    bool ok = r != NULL;

    syc_sort_numbers(v, n, spare);
    for (size_t i = 0; ok && i < n; i++) {
        ok = run_put(r, v[i]);
    }
    if (!ok) {
        run_free(r);
        return false;
    }
    return push(runs, r);
}

bool
audit_tally_add(struct tally *t, const struct span *v, size_t n, int64_t *spare)
{
    if (n == 0) {
        return true;
    }
    t->entered += n;
    for (size_t i = 0; i < n; i++) {
        spare[i] = v[i].from;
        t->area_us += (double)(v[i].to - v[i].from);
    }
    if (!add(&t->froms, spare, n, spare + n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        spare[i] = v[i].to;
    }
    return add(&t->tos, spare, n, spare + n);
}

int64_t
audit_tally_first(const struct tally *t)
{
    int64_t low = SYC_NONE;

    for (const struct run *r = t->froms; r != NULL; r = r->next) {
        low = low == SYC_NONE || r->low < low ? r->low : low;
    }
    return low;
}

int64_t
audit_tally_last(const struct tally *t)
{
    int64_t high = SYC_NONE;

    for (const struct run *r = t->tos; r != NULL; r = r->next) {
        high = high == SYC_NONE || r->high > high ? r->high : high;
    }
    return high;
}

/* One run of all; NULL when memory is short (then *runs is empty). */
static struct run *
merge_all(struct run **runs)
{
    struct run *r = *runs;

    *runs = r->next;
    while (r != NULL && *runs != NULL) {
        struct run *top = *runs;
        *runs = top->next;
        r = merge(r, top);
    }
    return r;
}

bool
audit_tally_sweep(struct tally *t, struct sweep *s)
{
    struct run *froms = t->froms != NULL ? merge_all(&t->froms) : NULL;
    struct run *tos = t->tos != NULL ? merge_all(&t->tos) : NULL;
    bool ok = froms != NULL && tos != NULL;
    struct reader in;
    struct reader out;

    if (ok) {
        in = read_begin(froms);
        out = read_begin(tos);
        while (in.left > 0 || out.left > 0) {
            bool leaves = in.left == 0 || (out.left > 0 && out.t <= in.t);
            audit_sweep_change(s, leaves ? out.t : in.t, leaves ? -1 : 1);
            read_next(leaves ? &out : &in);
        }
    }
    run_free(froms);
    run_free(tos);
    audit_tally_fini(t);
    return ok;
}

static void
runs_free(struct run **runs)
{
    while (*runs != NULL) {
        struct run *r = *runs;
        *runs = r->next;
        run_free(r);
    }
}

void
audit_tally_fini(struct tally *t)
{
    runs_free(&t->froms);
    runs_free(&t->tos);
}
