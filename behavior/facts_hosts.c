/*
 * Who is behind the address: how many hosts at least, and why; where their timestamp clocks begin.
 *
 *    marks --by system family--> kin --ports, clocks, IP IDs, hops, options--> most that ran at once
 *                                 '--------------- sum over families ---------------> hosts at least
 *
 * Each reason is a lower bound of its own, and within a family the largest one counts: ports, clocks and IP IDs
 * count the same hosts. Families add up, since one host has one kernel. What one host can show by itself is no
 * reason: tools that write their own packets (app signatures), receive buffers set by programs (window and scale),
 * MSS and tunnels of the path, TTLs of a scanner, offsets of each connection (fingerprints 2.1.9), and whatever
 * begins only where another has ended (a reboot, a port range walked through, an address given to another host).
 *
 * Counted over connections that came about, since a raw packet that imitates a system makes none. Only clocks are
 * read from every SYN: timestamps that a program made up lie on no line.
 */

#include "behavior/clocks.h"
#include "behavior/facts.h"

#include <stdio.h>
#include <string.h>

enum {
    KIN_MOST = 8,      /* families of one source; signature files know six */
    REAL_LEAST = 2,    /* connections that a family needs to count as a host */
    MEMBERS_LEAST = 5, /* connections that a habit needs to count as one */
    RUNS_LEAST = 3,    /* and how often it must have taken its turn */
    STAMPS_LEAST = 3,  /* SYNs that show a policy of no timestamps, or of 0 */
    HOPS_MOST = 5, /* farther away, paths of different length are as likely as different hosts */
    PORTS_LEAST = 16,
    PARITY_PERCENT = 95,
    PORT_STEP = 16, /* Linux steps by 2 to 16 (fingerprints 3), Windows by little more than 1 */
    ID_STEP = 256,  /* packets to one server between two SYNs */
};

/* Why several hosts: the words of the reason, each after a number. X(NAME, "words") */
#define BOUND_LIST(X)                                                                              \
    X(PORTS, "sequences of source ports")                                                          \
    X(CLOCKS, "timestamp clocks")                                                                  \
    X(RATES, "clock rates")                                                                        \
    X(IDS, "sequences of IP IDs")                                                                  \
    X(HOPS, "distances")                                                                           \
    X(OPTIONS, "settings of timestamps")

enum bound {
#define X(name, words) BOUND_##name,
    BOUND_LIST(X)
#undef X
        BOUND_COUNT
};

/* The connections of one system family. */
struct kin {
    const char *family; /* NULL: of those that fit no signature; they count for clocks only */
    size_t real, stamped;
    size_t bounds[BOUND_COUNT];
    struct clocks clocks;
};

/* What all passes share. */
struct look {
    const struct view *v;
    const struct stacks *stacks;
    const struct syc_signatures *signatures;
    struct kin kin[KIN_MOST];
    size_t kin_count;
    size_t syns, stamped; /* of systems, not tools: SYNs, and those with a timestamp, 0 included */
};

/* ------------------------------------------------------------ families */

static struct stack *
stack_of(const struct look *l, const struct mark *m)
{
    return m->stack != STORE_NONE ? l->stacks->list[m->stack] : NULL;
}

/* A connection's SYN that a system sent, not a tool. */
static bool
is_systems(const struct look *l, const struct mark *m)
{
    struct stack *stack = stack_of(l, m);

    return stack != NULL && (m->flags & MARK_CONTINUES) == 0 && (m->flags & MARK_START) != 0 &&
           !syc_stack_match(stack, l->signatures)->app;
}

static bool
is_of(const struct look *l, const struct mark *m, const char *family)
{
    const char *own = is_systems(l, m) ? syc_stack_family(stack_of(l, m), l->signatures) : NULL;

    if (family == NULL) {
        return own == NULL && is_systems(l, m);
    }
    return own != NULL && strcmp(own, family) == 0;
}

/* The handshake was completed, or payload sent where only this direction was captured. */
static bool
is_real(const struct mark *m)
{
    return (m->flags & MARK_ESTABLISHED) != 0 || m->burst_count > 0;
}

/* In order of their names, so that it does not matter which came first. */
static struct kin *
kin_ensure(struct look *l, const char *family)
{
    size_t at = 0;

    while (at < l->kin_count && l->kin[at].family != NULL &&
           (family == NULL || strcmp(l->kin[at].family, family) < 0)) {
        at++;
    }
    if (at < l->kin_count &&
        (family == NULL || (l->kin[at].family != NULL && strcmp(l->kin[at].family, family) == 0))) {
        return &l->kin[at];
    }
    if (l->kin_count == KIN_MOST) {
        return NULL;
    }
    memmove(&l->kin[at + 1], &l->kin[at], (l->kin_count - at) * sizeof(l->kin[0]));
    l->kin_count++;
    l->kin[at] = (struct kin){.family = family};
    return &l->kin[at];
}

static void
gather_kin(struct look *l)
{
    for (size_t i = 0; i < l->v->count; i++) {
        const struct mark *m = l->v->marks[i];
        struct kin *kin;
        if (!is_systems(l, m)) {
            continue;
        }
        kin = kin_ensure(l, syc_stack_family(stack_of(l, m), l->signatures));
        l->syns++;
        l->stamped += m->has_ts;
        if (kin != NULL) {
            kin->real += is_real(m);
            kin->stamped += m->has_ts && m->ts_val != 0;
        }
    }
}

/* ------------------------------------------------------------ counters: ports and IP IDs */

static bool
same_service(const struct mark *a, const struct mark *b)
{
    return a->dest_ip_v == b->dest_ip_v && a->dest_port == b->dest_port &&
           memcmp(a->dest, b->dest, sizeof(a->dest)) == 0;
}

/*
 * Linux takes ports of one parity for connect(), so a mix of both tells of address translation or of programs that
 * bind their own, and then several sequences prove nothing.
 */
static bool
keeps_parity(const struct look *l, const struct kin *kin)
{
    size_t n = 0;
    size_t odd = 0;

    for (size_t i = 0; i < l->v->count; i++) {
        const struct mark *m = l->v->marks[i];
        if (is_real(m) && is_of(l, m, kin->family)) {
            n++;
            odd += m->source_port & 1;
        }
    }
    return n >= PORTS_LEAST &&
           (odd * 100 >= n * PARITY_PERCENT || (n - odd) * 100 >= n * PARITY_PERCENT);
}

/* The most of any one service: kernels count for each destination, or for all in one. */
static size_t
count_sequences(const struct look *l, const struct kin *kin, bool of_ids)
{
    int64_t *values = l->v->work;
    size_t most = 0;

    for (size_t from = 0, to; from < l->v->count_all; from = to) {
        size_t n = 0;
        size_t count;
        for (to = from;
             to < l->v->count_all && same_service(l->v->by_dest[from], l->v->by_dest[to]); to++) {
            const struct mark *m = l->v->by_dest[to];
            if (is_real(m) && is_of(l, m, kin->family) && (!of_ids || m->has_ip_id)) {
                values[n++] = of_ids ? m->ip_id : m->source_port;
            }
        }
        count = syc_sequences_count(values, n, of_ids ? ID_STEP : PORT_STEP);
        most = count > most ? count : most;
    }
    return most;
}

static bool
is_linux(const struct kin *kin)
{
    return strcmp(kin->family, "linux") == 0;
}

/* Linux draws the IP ID of each connection (fingerprints 3), so its IDs are no counter. */
static void
bound_counters(const struct look *l, struct kin *kin)
{
    if (!is_linux(kin) || keeps_parity(l, kin)) {
        kin->bounds[BOUND_PORTS] = count_sequences(l, kin, false);
    }
    if (!is_linux(kin)) {
        kin->bounds[BOUND_IDS] = count_sequences(l, kin, true);
    }
}

/* ------------------------------------------------------------ clocks */

/* What segments of its connections showed most often; 0 below three connections. */
static int64_t
measured_rate(const struct look *l, const struct kin *kin)
{
    int64_t *rates = l->v->work;
    size_t n = 0;
    size_t distinct;

    for (size_t i = 0; i < l->v->count; i++) {
        if (l->v->marks[i]->ts_hz > 0 && is_of(l, l->v->marks[i], kin->family)) {
            rates[n++] = l->v->marks[i]->ts_hz;
        }
    }
    syc_sort_numbers(rates, n, rates + l->v->work_each);
    return n >= STAMPS_LEAST ? syc_sort_commonest(rates, n, &distinct) : 0;
}

static bool
same_address(const struct mark *a, const struct mark *b)
{
    return a->dest_ip_v == b->dest_ip_v && memcmp(a->dest, b->dest, sizeof(a->dest)) == 0;
}

/* Destinations are numbered as they stand in by_dest. */
static void
measure_clocks(const struct look *l, struct kin *kin)
{
    const struct view *v = l->v;
    struct item *stamps = v->spare;
    int64_t rate = measured_rate(l, kin);
    uint32_t dest = 0;
    size_t n = 0;

    for (size_t i = 0; i < v->count_all && n < CLOCKS_STAMPS_MOST; i++) {
        const struct mark *m = v->by_dest[i];
        dest += i > 0 && !same_address(v->by_dest[i - 1], m);
        if (m->has_ts && m->ts_val != 0 && is_of(l, m, kin->family)) {
            uint64_t after = (uint64_t)(m->start_us - v->marks[0]->start_us);
            stamps[n++] = syc_clocks_stamp(after, dest, m->ts_val);
        }
    }
    syc_clocks_measure(stamps, n, rate, (struct item *)(void *)v->work, &kin->clocks);
    kin->bounds[BOUND_CLOCKS] = kin->clocks.at_once;
}

/* ------------------------------------------------------------ habits that go on side by side */

/* Rates of kernels so far apart that a rough measure tells them; 0 of none. */
static size_t
rate_class(const struct mark *m)
{
    static const struct {
        uint16_t from, to;
    } classes[] = {{90, 110}, {200, 300}, {800, 1200}};

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (m->ts_hz >= classes[i].from && m->ts_hz <= classes[i].to) {
            return i + 1;
        }
    }
    return 0;
}

/* Hops from the tap and one, so that 0 is none. */
static size_t
hops_class(const struct syc_syn *syn)
{
    return syn->distance <= HOPS_MOST ? syn->distance + 1U : 0;
}

/* Timestamps on or off; 0 where a middlebox may have written no-operations over them. */
static size_t
options_class(const struct syc_syn *syn)
{
    enum { NOP = 1, TIMESTAMPS = 8, STRIPPED = 10 };
    size_t nops = 0;

    for (size_t i = 0; i < syn->option_count && i < sizeof(syn->option_kinds); i++) {
        nops += syn->option_kinds[i] == NOP;
        if (syn->option_kinds[i] == TIMESTAMPS) {
            return 1;
        }
    }
    return nops < STRIPPED ? 2 : 0;
}

enum { CLASS_MOST = HOPS_MOST + 2 };

static size_t
class_of(const struct look *l, const struct mark *m, enum bound bound)
{
    if (bound == BOUND_RATES) {
        return rate_class(m);
    }
    return bound == BOUND_HOPS ? hops_class(&stack_of(l, m)->syn)
                               : options_class(&stack_of(l, m)->syn);
}

/* How many classes of connections took turns: each often enough, and all over the same stretch of time. */
static size_t
count_classes(const struct look *l, const struct kin *kin, enum bound bound)
{
    struct recurring seen[CLASS_MOST] = {{0}};
    struct span_of spans[CLASS_MOST];
    size_t at = 0;
    size_t n = 0;

    for (size_t i = 0; i < l->v->count; i++) {
        const struct mark *m = l->v->marks[i];
        size_t class = is_real(m) && is_of(l, m, kin->family) ? class_of(l, m, bound) : 0;
        if (class > 0) {
            syc_recurring_add(&seen[class], at++);
        }
    }
    for (size_t i = 1; i < CLASS_MOST; i++) {
        if (seen[i].members >= MEMBERS_LEAST && seen[i].runs >= RUNS_LEAST) {
            spans[n++] = syc_recurring_span(&seen[i]);
        }
    }
    return syc_overlap_most(spans, n);
}

/* Windows and Apple let a program switch timestamps; on Linux they are a setting of the whole host. */
static void
bound_habits(const struct look *l, struct kin *kin)
{
    kin->bounds[BOUND_RATES] = count_classes(l, kin, BOUND_RATES);
    kin->bounds[BOUND_HOPS] = count_classes(l, kin, BOUND_HOPS);
    if (is_linux(kin)) {
        kin->bounds[BOUND_OPTIONS] = count_classes(l, kin, BOUND_OPTIONS);
    }
}

/* ------------------------------------------------------------ what is told */

/* As much as fits. Returns the length. */
static size_t
append(char out[HOSTS_TEXT], size_t n, const char *between, const char *text)
{
    int written = snprintf(out + n, HOSTS_TEXT - n, "%s%s", n > 0 ? between : "", text);

    return written < 0                        ? n
           : n + (size_t)written < HOSTS_TEXT ? n + (size_t)written
                                              : HOSTS_TEXT - 1;
}

/* Which bound is the largest; of equal ones the first in the list. */
static enum bound
strongest(const struct kin *kin)
{
    enum bound best = BOUND_PORTS;

    for (int i = 0; i < BOUND_COUNT; i++) {
        best = kin->bounds[i] > kin->bounds[best] ? (enum bound)i : best;
    }
    return best;
}

/* "linux: 3 timestamp clocks" */
static size_t
append_bound(char out[HOSTS_TEXT], size_t n, const struct kin *kin)
{
    static const char *const words[] = {
#define X(name, words) words,
        BOUND_LIST(X)
#undef X
    };
    enum bound best = strongest(kin);
    char text[HOSTS_TEXT];

    snprintf(text, sizeof(text), "%.40s: %zu %s", kin->family, kin->bounds[best], words[best]);
    return append(out, n, "; ", text);
}

/* Each family that made connections, and what multiplies it. */
static void
tell_hosts(const struct look *l, struct host_texts *texts, struct syc_value *row)
{
    size_t hosts = 0;
    size_t families = 0;
    size_t n_systems = 0;
    size_t n_reason = 0;

    texts->systems[0] = texts->reason[0] = '\0';
    for (size_t i = 0; i < l->kin_count; i++) {
        const struct kin *kin = &l->kin[i];
        if (kin->family != NULL && kin->real >= REAL_LEAST) {
            families++;
            n_systems = append(texts->systems, n_systems, ", ", kin->family);
        }
    }
    if (families > 1) {
        n_reason =
            append(texts->reason, append(texts->reason, 0, "", "systems: "), "", texts->systems);
    }
    for (size_t i = 0; i < l->kin_count; i++) {
        const struct kin *kin = &l->kin[i];
        size_t most = kin->family != NULL ? kin->bounds[strongest(kin)] : 0;
        hosts += most > 1 ? most : kin->family != NULL && kin->real >= REAL_LEAST;
        if (most > 1) {
            n_reason = append_bound(texts->reason, n_reason, kin);
        }
    }
    fact_int(row, FACT_HOSTS, hosts > 1 ? (int64_t)hosts : 1);
    fact_text(row, FACT_HOSTS_SYSTEMS, n_systems > 0 ? texts->systems : NULL);
    fact_text(row, FACT_HOSTS_REASON, hosts > 1 ? texts->reason : NULL);
}

/* The family with most stamps speaks for the source; of equal ones the first by name. */
static const struct kin *
most_stamped(const struct look *l)
{
    const struct kin *best = NULL;

    for (size_t i = 0; i < l->kin_count; i++) {
        if (l->kin[i].stamped > 0 && (best == NULL || l->kin[i].stamped > best->stamped)) {
            best = &l->kin[i];
        }
    }
    return best;
}

/* Time since the clock's 0 when the last SYN left: only of a clock that is the same for all connections. */
static void
tell_uptime(const struct look *l, const struct kin *kin, struct syc_value *row)
{
    for (size_t i = l->v->count; i-- > 0;) {
        const struct mark *m = l->v->marks[i];
        if (m->has_ts && m->ts_val != 0 && is_of(l, m, kin->family)) {
            fact_real(row, FACT_TS_UPTIME, (double)m->ts_val / (double)kin->clocks.hz);
            return;
        }
    }
}

static void
tell_clocks(const struct look *l, struct syc_value *row)
{
    const struct kin *kin = most_stamped(l);
    enum offset_policy policy = OFFSET_UNKNOWN;
    int64_t rate;

    fact_int(row, FACT_TS_N, kin != NULL ? (int64_t)kin->stamped : 0);
    if (kin == NULL && l->syns >= STAMPS_LEAST) {
        policy = l->stamped == 0 ? OFFSET_ABSENT : OFFSET_ZERO;
    }
    if (kin != NULL) {
        policy = kin->clocks.policy;
        rate = measured_rate(l, kin);
        if (rate == 0 && (policy == OFFSET_GLOBAL || policy == OFFSET_PER_PAIR)) {
            rate =
                kin->clocks
                    .hz; /* no connection was long enough, but the SYNs lie on lines of this rate */
        }
        if (rate > 0) {
            fact_int(row, FACT_TS_HZ, rate);
        }
    }
    if (policy == OFFSET_GLOBAL && kin->clocks.at_once == 1) {
        tell_uptime(l, kin, row);
    }
    fact_text(row, FACT_TS_POLICY, syc_offset_name(policy));
}

void
syc_facts_hosts(const struct basis *b, struct syc_value *row)
{
    struct look l = {.v = &b->view, .stacks = b->stacks, .signatures = b->signatures};

    gather_kin(&l);
    if (l.syns == 0) {
        return;
    }
    for (size_t i = 0; i < l.kin_count; i++) {
        struct kin *kin = &l.kin[i];
        if (kin->stamped > 0) {
            measure_clocks(&l, kin);
        }
        if (kin->family != NULL) {
            bound_counters(&l, kin);
            bound_habits(&l, kin);
        }
    }
    tell_clocks(&l, row);
    tell_hosts(&l, b->texts, row);
}
