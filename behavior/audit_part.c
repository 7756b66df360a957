/* What several parts of the audit ask of lives. */

#include "behavior/audit_part.h"

struct legs
audit_legs(const struct life_pair *p)
{
    struct legs legs = {SYC_NONE, SYC_NONE, SYC_NONE};
    struct legs data = {SYC_NONE, SYC_NONE, SYC_NONE};

    for (size_t i = 0; i < p->count; i++) {
        const struct life *l = &p->lives[i];
        if (part_seen(p, l->ack) && l->syn_ack_dur >= 0 && l->ack_dur >= 0) {
            legs.server = part_least(legs.server, part_held(l->syn_ack_dur));
            legs.client = part_least(legs.client, part_held(l->ack_dur));
            legs.trip = part_least(legs.trip, part_held(l->syn_ack_dur) + part_held(l->ack_dur));
        }
        if (part_over(p, l) && l->rtt_min_dur[0] >= 0 && l->rtt_min_dur[1] >= 0) {
            data.server = part_least(data.server, part_held(l->rtt_min_dur[SYC_TOSERVER]));
            data.client = part_least(data.client, part_held(l->rtt_min_dur[SYC_TOCLIENT]));
            data.trip = data.server + data.client;
        }
    }
    return legs.trip != SYC_NONE ? legs : data;
}

/* Both sides closed, or one did after the handshake: what no unanswered SYN comes to. */
static bool
closed_as_established(const struct life *l)
{
    switch ((enum syc_close)l->close_kind) {
    case SYC_CLOSE_CLIENT_FIRST:
    case SYC_CLOSE_SERVER_FIRST:
    case SYC_CLOSE_SIMULTANEOUS:
        return true;
    case SYC_CLOSE_OPEN:
    case SYC_CLOSE_RST_BY_CLIENT:
    case SYC_CLOSE_RST_BY_SERVER:
    case SYC_CLOSE_RST_BY_CLIENT_AFTER_FIN:
    case SYC_CLOSE_RST_BY_SERVER_AFTER_FIN:
    case SYC_CLOSE_HALF_CLOSED_BY_CLIENT:
    case SYC_CLOSE_HALF_CLOSED_BY_SERVER:
    case SYC_CLOSE_REFUSED:
    case SYC_CLOSE_NO_ANSWER:
    case SYC_CLOSE_ABORTED_CONNECT:
    case SYC_CLOSE_SYNACK_RST:
    case SYC_CLOSE_SYNACK_FIN:
    case SYC_CLOSE_SYN_FIN:
    case SYC_CLOSE_MIDSTREAM:
    case SYC_CLOSE_COUNT:
        break;
    }
    return false;
}

bool
audit_established(const struct life_pair *p, const struct life *l)
{
    bool reset = l->rst_at != SYC_NONE && l->rst_by == SYC_TOSERVER && l->rst_at == l->established;

    if (part_seen(p, l->ack) || (part_seen(p, l->established) && !reset)) {
        return true;
    }
    if (part_seen(p, l->first_payload[0]) && part_seen(p, l->first_payload[1])) {
        return true;
    }
    return part_over(p, l) && l->ack == SYC_NONE && l->established == SYC_NONE &&
           closed_as_established(l);
}

int64_t
audit_closing(const struct life_pair *p, const struct life *l)
{
    int64_t first = part_least(part_least(l->fin[0], l->fin[1]), l->rst_at);

    return part_seen(p, first) ? first : INT64_MAX;
}

int64_t
audit_last(const struct life_pair *p)
{
    int64_t last = p->last;

    for (size_t i = 0; i < p->count; i++) {
        last = p->lives[i].end > last ? p->lives[i].end : last;
    }
    return last < p->at ? last : p->at;
}
