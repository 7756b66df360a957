/* Rows of hosts (2.1.7, 2.2.1). */

#include "behavior/audit_hosts.h"

#include "behavior/audit_range.h"

#include <string.h>

enum { PORT_OCTETS = 65536 / 8, REUSES_LEAST = 3 };

bool
audit_hosts_begin(struct hosts *h, const struct audit_store *s, int64_t two_msl_us)
{
    *h = (struct hosts){.store = s, .option_us = two_msl_us, .client = STORE_NONE};
    h->counts = syc_alloc(s->seat_count, sizeof(*h->counts));
    h->ports = syc_alloc(PORT_OCTETS, 1);
    if (h->counts == NULL || h->ports == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->seat_count; i++) {
        h->counts[i].port_min = h->counts[i].port_max = SYC_NONE;
        h->counts[i].port_distinct = h->counts[i].capacity = SYC_NONE;
    }
    return true;
}

void
audit_hosts_fini(struct hosts *h)
{
    for (uint32_t i = 0; h->counts != NULL && i < h->store->seat_count; i++) {
        audit_tally_fini(&h->counts[i].waits);
        audit_tally_fini(&h->counts[i].fin_waits);
    }
    syc_free(h->counts);
    syc_free(h->ports);
    *h = (struct hosts){0};
}

/* ------------------------------------------------------------ 2MSL */

/* The stack that most of its connections showed; of equal ones the first. */
static enum audit_stack
stack_of(const struct audit_host *h)
{
    enum audit_stack best = STACK_UNKNOWN;

    for (int i = STACK_UNKNOWN + 1; i < STACK_COUNT; i++) {
        if (h->votes[i] > 0 && h->votes[i] >= h->votes[best]) {
            best = (enum audit_stack)i;
        }
    }
    return best;
}

int64_t
audit_hosts_two_msl(const struct hosts *h, uint32_t host, enum syc_assumed *from)
{
    /* 2.1.6, by enum audit_stack. */
    static const int64_t seconds[STACK_COUNT] = {60, 60, 120, 240, 30, 60, 60};
    enum audit_stack stack = stack_of(&h->store->hosts[host]);

    if (h->option_us > 0) {
        *from = SYC_ASSUMED_OPTION;
        return h->option_us;
    }
    *from = stack == STACK_UNKNOWN ? SYC_ASSUMED_DEFAULT : SYC_ASSUMED_STACK;
    return seconds[stack] * 1000000;
}

/* ------------------------------------------------------------ pairs */

static bool
count_waits(struct host_count *to, const struct tenures *t, int side, struct syc_arena *scratch)
{
    size_t most = t->waits[side].count > t->fin_waits[side].count ? t->waits[side].count
                                                                  : t->fin_waits[side].count;
    int64_t *spare = most > 0 ? syc_arena_alloc(scratch, 2 * most * sizeof(*spare)) : NULL;

    to->held = true;
    return most == 0 ||
           (spare != NULL &&
            audit_tally_add(&to->waits, t->waits[side].v, t->waits[side].count, spare) &&
            audit_tally_add(&to->fin_waits, t->fin_waits[side].v, t->fin_waits[side].count, spare));
}

static void
count_port(struct hosts *h, struct host_count *to, uint16_t port)
{
    uint8_t bit = (uint8_t)(1U << port % 8);

    if (to->port_min == SYC_NONE) {
        to->port_min = to->port_max = port;
        to->port_distinct = 0;
    }
    to->port_min = port < to->port_min ? port : to->port_min;
    to->port_max = port > to->port_max ? port : to->port_max;
    to->port_distinct += (h->ports[port / 8] & bit) == 0;
    h->ports[port / 8] |= bit;
}

static void
count_ports(struct hosts *h, struct host_count *to, const struct life_pair *p,
            const struct syc_audit_ports *ports)
{
    for (size_t i = 0; i < p->tenures->count; i++) {
        const struct tenure *t = &p->tenures->list[i];
        if ((t->flags & TENURE_SYN) == 0) {
            continue;
        }
        count_port(h, to, t->port);
        to->reuses += (t->flags & TENURE_OWN_REUSE) != 0;
        /* After the flip the other half is all that is left: its parity tells nothing. */
        if (ports->flip_at_us == SYC_NONE || t->start - p->origin < ports->flip_at_us) {
            *(t->port & 1 ? &to->odd : &to->even) += 1;
        }
    }
    to->flipped |= ports->flip_at_us != SYC_NONE;
    if (ports->capacity != SYC_NONE && ports->capacity > to->capacity) {
        to->capacity = ports->capacity;
    }
}

bool
audit_hosts_pair(struct hosts *h, const struct audit_pair *pair, const struct life_pair *p,
                 const struct syc_audit_ports *ports, struct audit_work *w)
{
    uint32_t client = h->store->hosts[pair->client].seat;
    uint32_t server = h->store->hosts[pair->server].seat;

    if (h->client != client) {
        h->client = client;
        memset(h->ports, 0, PORT_OCTETS);
    }
    count_ports(h, &h->counts[client], p, ports);
    if (!count_waits(&h->counts[client], p->tenures, SYC_TOSERVER, &w->scratch)) {
        return false;
    }
    return server == STORE_NONE || !p->tenures->server_held ||
           count_waits(&h->counts[server], p->tenures, SYC_TOCLIENT, &w->scratch);
}

/* ------------------------------------------------------------ rows */

static bool
row_waits(struct tally *t, struct audit_work *w, const struct life_pair *common,
          struct syc_audit_host *row)
{
    struct sweep sweep;
    int64_t last = audit_tally_last(t);

    row->tw_entered = (int64_t)t->entered;
    row->tw_area_s = t->area_us / 1e6;
    row->tw_drains_at_us = row->tw_peak_at_us = SYC_NONE;
    if (t->entered == 0) {
        return true;
    }
    if (!audit_sweep_begin(&sweep, common->last, audit_tally_first(t), last, common->origin,
                           w->curve_points, &w->lasting) ||
        !audit_tally_sweep(t, &sweep)) {
        return false;
    }
    row->tw = audit_sweep_end(&sweep, common->origin);
    row->tw_peak = sweep.peak;
    row->tw_peak_at_us = sweep.peak_at - common->origin;
    row->tw_now = sweep.at_moment;
    row->tw_drains_at_us = last - common->origin;
    return true;
}

static bool
row_fin_waits(struct tally *t, struct syc_audit_host *row)
{
    struct sweep sweep;

    row->fin_wait_2_entered = (int64_t)t->entered;
    if (t->entered == 0) {
        return true;
    }
    audit_sweep_only_count(&sweep);
    if (!audit_tally_sweep(t, &sweep)) {
        return false;
    }
    row->fin_wait_2_peak = sweep.peak;
    return true;
}

static void
row_ports(const struct host_count *c, enum audit_stack stack, struct syc_audit_host *row)
{
    row->port_min = c->port_min;
    row->port_max = c->port_max;
    row->port_distinct = c->port_distinct;
    if (c->port_min != SYC_NONE) {
        row->candidate_count =
            audit_range_candidates(c->port_min, c->port_max, c->capacity, stack, row->candidates);
    }
    if ((uint64_t)c->even + c->odd >= RANGE_LEAST) {
        row->parity = c->odd == 0 ? "even" : c->even == 0 ? "odd" : "mixed";
    }
    row->tw_reuse = c->reuses >= REUSES_LEAST ? 1 : c->flipped ? 0 : SYC_NONE;
}

bool
audit_hosts_rows(struct hosts *h, struct audit_work *w, const struct life_pair *common,
                 struct syc_audit_report *out)
{
    const struct audit_store *s = h->store;
    struct syc_audit_host *rows = syc_arena_alloc(&w->lasting, s->seat_count * sizeof(*rows));
    size_t n = 0;

    if (rows == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->seat_count; i++) {
        struct host_count *c = &h->counts[i];
        const struct audit_host *host = s->seats[i];
        struct syc_audit_host *row = &rows[n];
        if (!c->held) {
            continue;
        }
        memcpy(row->addr, host->addr, 16);
        row->ip_v = host->ip_v;
        row->two_msl_us = audit_hosts_two_msl(h, (uint32_t)(host - s->hosts), &row->two_msl_from);
        row_ports(c, stack_of(host), row);
        if (!row_waits(&c->waits, w, common, row) || !row_fin_waits(&c->fin_waits, row)) {
            return false;
        }
        n++;
    }
    out->hosts = rows;
    out->host_count = n;
    return true;
}
