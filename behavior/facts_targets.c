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

/* Steps between the ports of successive connections. */
struct steps {
    size_t n, up_one, small;
};

/* In order of the connections' starts, before the ports are sorted. */
static struct steps
count_steps(const int64_t *ports, size_t n)
{
    struct steps s = {0};

    for (size_t i = 1; i < n; i++) {
        int64_t step = ports[i] - ports[i - 1];
        s.n++;
        s.up_one += step == 1;
        s.small += step != 0 && step >= -SMALL_STEP && step <= SMALL_STEP;
    }
    return s;
}

/*
 * A word for n ports in the order of their connections. Scanners: one or two ports, or counting up by one;
 * Linux connect():
 * the parity of the range's low bound; Windows: mostly up by one or little more; others: spread.
 */
static const char *
strategy(size_t n, size_t distinct, size_t odd, struct steps steps)
{
    if (distinct <= FIXED_MOST) {
        return "fixed";
    }
    if (steps.up_one * 2 > steps.n) {
        return "sequential";
    }
    if ((n - odd) * 100 >= n * PARITY_PERCENT) {
        return "even";
    }
    if (odd * 100 >= n * PARITY_PERCENT) {
        return "odd";
    }
    return steps.small * 2 > steps.n ? "small-steps" : "random";
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

/* Ports of starts only: an unseen beginning may be of another time. */
void
syc_facts_ports(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    int64_t *ports = v->work;
    size_t n = 0;
    size_t odd = 0;
    size_t distinct;
    struct steps steps;

    for (size_t i = 0; i < v->count; i++) {
        if ((v->marks[i]->flags & MARK_START) != 0) {
            ports[n] = v->marks[i]->source_port;
            odd += ports[n++] & 1;
        }
    }
    if (n == 0) {
        return;
    }
    steps = count_steps(ports, n);
    syc_sort_numbers(ports, n, v->work + v->work_each);
    distinct = count_distinct(ports, n);
    fact_int(row, FACT_PORT_DISTINCT, (int64_t)distinct);
    fact_int(row, FACT_PORT_MIN, ports[0]);
    fact_int(row, FACT_PORT_MAX, ports[n - 1]);
    fact_ratio(row, FACT_PORT_ODD, odd, n, LEAST_PORTS);
    if (n >= LEAST_PORTS) {
        fact_text(row, FACT_PORT_STRATEGY, strategy(n, distinct, odd, steps));
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
