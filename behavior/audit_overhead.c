/* Packets and waiting that exist only because connections open and close (2.3.5). */

#include "behavior/audit_part.h"

/* All turns of a life as the client waited for them: from its request until the answer was with it. */
static int64_t
turn_time(const struct life *l, int64_t leg)
{
    int64_t sum = 0;

    for (size_t i = 0; i < l->exchange_count; i++) {
        const struct syc_exchange *x = &l->exchanges[i];
        int64_t from = part_held(x->offset_us);
        int64_t to = part_held(x->answer_offset_us) + part_held(x->server_dur_us);
        if (x->client_packets > 0 && x->answered != 0 && to >= from) {
            part_add(&sum, to - from);
            part_add(&sum, leg);
        }
    }
    return sum;
}

/* Setup against setup and turns, of connections of which both are known in full. */
static double
latency_ratio(const struct life_pair *p)
{
    struct legs legs = audit_legs(p);
    int64_t setup = 0;
    int64_t turns = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (l->setup_dur >= 0 && part_seen(p, l->ack) && part_over(p, l) && !l->cut &&
            (l->degraded & PART_LOSSY) == 0) {
            part_add(&setup, l->setup_dur);
            part_add(&turns, turn_time(l, legs.client));
        }
    }
    return setup + turns > 0 ? (double)setup / ((double)setup + (double)turns) : (double)NAN;
}

bool
audit_overhead_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out)
{
    struct syc_audit_overhead *row = &out->overhead;

    (void)w;
    *row = (struct syc_audit_overhead){.control_packets = SYC_NONE, .packets = SYC_NONE};
    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        bool known = l->control_pkts[0] != SYC_NONE && l->control_pkts[1] != SYC_NONE &&
                     l->pkts[0] != SYC_NONE && l->pkts[1] != SYC_NONE;
        for (int side = 0; known && part_over(p, l) && side < 2; side++) {
            part_add(&row->control_packets, l->control_pkts[side]);
            part_add(&row->packets, l->pkts[side]);
        }
    }
    row->ratio = part_ratio(row->control_packets, row->packets);
    row->setup_latency_ratio = latency_ratio(p);
    return true;
}
