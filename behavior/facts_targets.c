/*
 * Facts of ports and destinations.
 *
 * How source ports are chosen is a habit of the system (connect() on Linux keeps one parity,
 * Windows counts up) or of a tool that makes its own SYNs (masscan and nmap -sS one or two ports,
 * hping3 counting by one; cadence 2 item 7). Many destinations or many ports is what scanning
 * means.
 */

#include "behavior/facts.h"

/* cadence 2 item 7 and 3: how systems and tools choose source ports. */
enum { LEAST_PORTS = 16, FIXED_MOST = 2, SMALL_STEP = 16, PARITY_PERCENT = 95 };

/* Source ports in the order of their connections. */
struct ports {
    size_t n, odd, distinct;
    size_t up_one, small; /* steps from one to the next */
    int64_t low, high;
};

/*
 * A word for n ports in the order of their connections. Scanners: one or two ports, or counting up by one;
 * Linux connect():
 * the parity of the range's low bound; Windows: mostly up by one or little more; others: spread.
 */
static const char *
strategy(const struct ports *p)
{
    if (p->distinct <= FIXED_MOST) {
        return "fixed";
    }
    if (p->up_one * 2 > p->n - 1) {
        return "sequential";
    }
    if ((p->n - p->odd) * 100 >= p->n * PARITY_PERCENT) {
        return "even";
    }
    if (p->odd * 100 >= p->n * PARITY_PERCENT) {
        return "odd";
    }
    return p->small * 2 > p->n - 1 ? "small-steps" : "random";
}

static size_t
count_distinct(const int64_t *sorted, size_t n)
{
    size_t distinct = n > 0;

    for (size_t i = 1; i < n; i++) {
        distinct += sorted[i] != sorted[i - 1];
    }
    return distinct;
}

static void
count_port(struct ports *p, int64_t port, int64_t before, uint64_t *seen)
{
    uint64_t *word = &seen[port / 64];
    uint64_t bit = UINT64_C(1) << port % 64;
    int64_t step = port - before;

    p->distinct += (*word & bit) == 0;
    *word |= bit;
    p->odd += port & 1;
    p->low = p->n == 0 || port < p->low ? port : p->low;
    p->high = port > p->high ? port : p->high;
    if (p->n++ > 0) {
        p->up_one += step == 1;
        p->small += step != 0 && step >= -SMALL_STEP && step <= SMALL_STEP;
    }
}

/*
 * Ports of starts only: an unseen beginning may be of another time. A bit for each port that was seen, cleared by
 * walking the connections again: sorting the ports to count them cost four times as much (callgrind).
 */
static struct ports
count_ports(const struct view *v)
{
    uint64_t *seen = v->room->ports;
    struct ports p = {0};
    int64_t before = 0;

    for (size_t i = 0; i < v->count; i++) {
        if ((v->marks[i]->flags & MARK_START) != 0) {
            count_port(&p, v->marks[i]->source_port, before, seen);
            before = v->marks[i]->source_port;
        }
    }
    for (size_t i = 0; i < v->count; i++) {
        seen[v->marks[i]->source_port / 64] = 0;
    }
    return p;
}

void
syc_facts_ports(const struct basis *b, struct syc_value *row)
{
    struct ports p = count_ports(&b->view);

    if (p.n == 0) {
        return;
    }
    fact_int(row, FACT_PORT_DISTINCT, (int64_t)p.distinct);
    fact_int(row, FACT_PORT_MIN, p.low);
    fact_int(row, FACT_PORT_MAX, p.high);
    fact_ratio(row, FACT_PORT_ODD, p.odd, p.n, LEAST_PORTS);
    if (p.n >= LEAST_PORTS) {
        fact_text(row, FACT_PORT_STRATEGY, strategy(&p));
    }
}

static bool
same_address(const struct mark *a, const struct mark *b)
{
    return a->dest_ip_v == b->dest_ip_v && memcmp(a->dest, b->dest, sizeof(a->dest)) == 0;
}

/* Over all marks: those of parts belong to connections that are counted anyway. */
void
syc_facts_dests(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t *ports = v->work;
    size_t addrs = 0;
    size_t n = 0;

    for (size_t i = 0; i < v->count_all; i++) {
        const struct mark *m = v->by_dest[i];
        bool first = i == 0 || !same_address(v->by_dest[i - 1], m);
        addrs += first;
        if (first || v->by_dest[i - 1]->dest_port != m->dest_port) {
            ports[n++] = m->dest_port;
        }
    }
    syc_sort_numbers(ports, n, v->work + v->work_each);
    fact_int(row, FACT_DEST_PORT, (int64_t)count_distinct(ports, n));
    fact_int(row, FACT_DEST_ADDR, (int64_t)addrs);
}
