/* The jobs of a pair: what it needed connections for, in the client's time. */

#include "behavior/audit_jobs.h"

/* A TLS alert that the other side answers with its own is a good-bye, not a request: 31 octets in TLS 1.3. */
enum { ALERT_OCTETS = 64 };

static inline bool
job_less(const struct job *a, const struct job *b)
{
    return a->from != b->from ? a->from < b->from
           : a->to != b->to   ? a->to < b->to
                              : a->life < b->life;
}
#define JOB_LESS(a, b) job_less(&(a), &(b))
SYC_SORT_DEFINE(sort_jobs, struct job, JOB_LESS)

/* One exchange in absolute time. */
struct talk {
    int64_t client_from, client_to, server_from, server_to;
    bool client, answered;
};

static struct talk
talk_of(const struct life *l, const struct syc_exchange *x)
{
    struct talk t = {.client = x->client_packets > 0, .answered = x->answered != 0};

    t.client_from = l->start + part_held(x->offset_us);
    t.client_to = t.client_from + part_held(x->client_dur_us);
    t.server_from = l->start + part_held(x->answer_offset_us);
    t.server_to = t.server_from + part_held(x->server_dur_us);
    return t;
}

/* This side's burst, ended at `to`, came with its FIN or RST. */
static bool
is_farewell(const struct life *l, int side, int64_t to)
{
    int64_t rst = l->rst_at != SYC_NONE && l->rst_by == side ? l->rst_at : SYC_NONE;
    int64_t bye = part_least(l->fin[side], rst);

    return bye != SYC_NONE && to >= bye - PART_FAREWELL_US;
}

static bool
is_work(const struct life *l, const struct syc_exchange *x, const struct talk *t)
{
    if (!t->client) {
        return t->answered && !is_farewell(l, SYC_TOCLIENT, t->server_to);
    }
    if (!t->answered) {
        return !is_farewell(l, SYC_TOSERVER, t->client_to);
    }
    return !(l->protocol == SYC_PROTOCOL_TLS && x->client_octets < ALERT_OCTETS &&
             is_farewell(l, SYC_TOSERVER, t->client_to));
}

int64_t
audit_turns(const struct life_pair *p, const struct life *l)
{
    int64_t turns = 0;

    for (size_t i = 0; i < l->exchange_count; i++) {
        struct talk t = talk_of(l, &l->exchanges[i]);
        turns += t.client && t.answered && t.server_to <= p->at && is_work(l, &l->exchanges[i], &t);
    }
    turns -= part_held(l->setup_turns);
    return turns > 0 ? turns : 0;
}

/*
 * Half of the shortest way to the client and back: one that is too long would make requests overlap the answers
 * before them.
 */
static int64_t
shift_of(const struct life_pair *p)
{
    int64_t leg = audit_legs(p).client;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (leg != SYC_NONE && part_over(p, l) && l->rtt_min_dur[SYC_TOCLIENT] >= 0) {
            leg = part_least(leg, part_held(l->rtt_min_dur[SYC_TOCLIENT]));
        }
    }
    return leg != SYC_NONE ? leg / 2 : 0;
}

static void
add_job(struct jobs *jobs, int64_t from, int64_t to, uint32_t life, bool turn)
{
    struct job *before = jobs->count > 0 ? &jobs->list[jobs->count - 1] : NULL;

    /* one connection does one job after another, however the shift was rounded */
    if (before != NULL && before->life == life && before->to > from) {
        before->to = from > before->from ? from : before->from + 1;
    }
    jobs->list[jobs->count++] = (struct job){from, to > from ? to : from + 1, from, life, turn};
}

/* The first job of a connection whose SYN was seen was wanted when that was sent. */
static void
note_want(const struct life *l, struct jobs *jobs, size_t first)
{
    if (jobs->count > first && l->isn != SYC_NONE) {
        jobs->list[first].want = l->start - jobs->shift;
    }
}

/*
 * Its exchanges are not all known: it is busy from its beginning to its close, which can only make the pool it needs
 * larger and what could have been avoided smaller.
 */
static void
add_whole(const struct life_pair *p, uint32_t index, struct jobs *jobs)
{
    const struct life *l = &p->lives[index];
    int64_t from = part_seen(p, l->established) ? l->established : l->start;
    int64_t to = audit_closing(p, l);
    int64_t end = l->end < p->at ? l->end : p->at;

    jobs->blurred = true;
    add_job(jobs, from, to < end ? to : end, index, false);
}

static void
add_life(const struct life_pair *p, uint32_t index, struct jobs *jobs)
{
    const struct life *l = &p->lives[index];
    int64_t setup = part_held(l->setup_turns);
    size_t first = jobs->count;

    for (size_t i = 0; i < l->exchange_count; i++) {
        struct talk t = talk_of(l, &l->exchanges[i]);
        int64_t to = (t.answered ? t.server_to : t.client_to) + jobs->shift;
        if ((t.client ? t.client_from : t.server_from) > p->at ||
            !is_work(l, &l->exchanges[i], &t)) {
            continue;
        }
        if (t.client && t.answered && setup > 0) {
            setup--;
        } else if (t.client) {
            add_job(jobs, t.client_from - jobs->shift, to, index, t.answered);
        } else if (jobs->count > first) {
            /* the answer goes on after a pause of 1 s or more */
            jobs->list[jobs->count - 1].to = to;
        } else if (setup == 0) {
            add_job(jobs, t.server_from + jobs->shift, to, index, false);
        }
    }
    note_want(l, jobs, first);
}

static size_t
most_jobs(const struct life_pair *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->count; i++) {
        n += p->lives[i].exchange_count > 0 ? p->lives[i].exchange_count : 1;
    }
    return n;
}

bool
audit_jobs(const struct life_pair *p, struct audit_work *w, struct jobs *out)
{
    size_t most = most_jobs(p);
    struct job *spare = syc_arena_alloc(&w->scratch, most * sizeof(*spare) + 1);

    *out = (struct jobs){.list = syc_arena_alloc(&w->scratch, most * sizeof(*spare) + 1),
                         .shift = shift_of(p)};
    if (spare == NULL || out->list == NULL) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (l->start > p->at || !audit_established(p, l)) {
            continue;
        }
        if (l->cut || (l->degraded & PART_LOSSY) != 0) {
            add_whole(p, (uint32_t)i, out);
        } else {
            add_life(p, (uint32_t)i, out);
        }
    }
    sort_jobs(out->list, out->count, spare);
    return true;
}
