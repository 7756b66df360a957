/*
 * Other pools, tried on the jobs that were (2.3.4).
 *
 * A job takes the connection that became idle last; so the idle ones stand in order of their age, and when the youngest
 * has been idle for too long, all have.
 */

#include "behavior/audit_jobs.h"

bool
audit_scratch(struct scratch *s, struct audit_work *w, size_t n)
{
    for (size_t i = 0; i < 4; i++) {
        s->v[i] = syc_arena_alloc(&w->scratch, (n + 1) * sizeof(*s->v[i]));
        if (s->v[i] == NULL) {
            return false;
        }
    }
    return true;
}

struct replay
audit_replay_over(const struct scratch *s)
{
    return (struct replay){.busy = s->v[0], .idle = s->v[1], .queue = s->v[2]};
}

/* ------------------------------------------------------------ a heap, smallest first */

static void
heap_push(struct replay *r, int64_t t)
{
    size_t at = r->busy_count++;

    while (at > 0 && r->busy[(at - 1) / 2] > t) {
        r->busy[at] = r->busy[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    r->busy[at] = t;
}

static int64_t
heap_pop(struct replay *r)
{
    int64_t first = r->busy[0];
    int64_t moved = r->busy[--r->busy_count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < r->busy_count && r->busy[child + 1] < r->busy[child]) {
            child++;
        }
        if (child >= r->busy_count || r->busy[child] >= moved) {
            break;
        }
        r->busy[at] = r->busy[child];
        at = child;
    }
    r->busy[at] = moved;
    return first;
}

/* ------------------------------------------------------------ the pool */

int64_t
audit_replay(struct replay *r, const struct jobs *jobs, int64_t idle_us, size_t cap)
{
    int64_t opened = 0;

    r->busy_count = r->idle_count = r->most_busy = 0;
    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *job = &jobs->list[i];
        int64_t start = job->from;
        while (r->busy_count > 0 && r->busy[0] <= start) {
            r->idle[r->idle_count++] = heap_pop(r);
        }
        if (r->idle_count > 0 && start - r->idle[r->idle_count - 1] > idle_us) {
            r->idle_count = 0;
        }
        if (r->idle_count > 0) {
            r->idle_count--;
        } else if (cap == 0 || r->busy_count < cap) {
            opened++;
        } else {
            start = heap_pop(r);
        }
        r->queue[i] = start - job->from;
        heap_push(r, start + (job->to - job->from));
        r->most_busy = r->busy_count > r->most_busy ? r->busy_count : r->most_busy;
    }
    return opened;
}
