/* From packed records to lives. */

#include "behavior/audit_life.h"

#include <string.h>

/* ------------------------------------------------------------ one record */

/* An offset before the start is none: records of other programs may hold anything. */
static int64_t
moment(const struct syc_record *r, int64_t offset)
{
    return offset < 0 ? SYC_NONE : r->start_us + offset; /* SYC_NONE is negative */
}

static int64_t
duration(int64_t us)
{
    return us < 0 ? SYC_NONE : us;
}

/* 2^44: 17 TB. Sums of half a million such connections still fit, and no real one is larger. */
static int64_t
counter(int64_t n)
{
    const int64_t most = INT64_C(1) << 44;

    return n < 0 ? SYC_NONE : n < most ? n : most;
}

static uint8_t
word(int64_t v, int count, int otherwise)
{
    return (uint8_t)(v >= 0 && v < count ? v : otherwise);
}

static void
fill_times(struct life *l, const struct syc_record *r)
{
    l->start = r->start_us;
    l->end = r->dur_us > 0 ? r->start_us + r->dur_us : r->start_us;
    l->syn_ack = r->syn_ack_time_count > 0 ? moment(r, r->syn_ack_times_us[0]) : SYC_NONE;
    l->established = moment(r, r->established_us);
    l->ack = moment(r, r->ack_us);
    l->syn_ack_dur = duration(r->syn_ack_dur_us);
    l->ack_dur = duration(r->ack_dur_us);
    l->setup_dur = duration(r->setup_dur_us);
    l->first_data_acked = moment(r, r->first_data_acked_us);
    l->rst_at = moment(r, r->rst_at_us);
    l->unreachable_at = moment(r, r->unreachable_at_us);
    l->challenge = moment(r, r->challenge_us);
    for (int d = 0; d < 2; d++) {
        l->rtt_min_dur[d] = duration(r->rtt_min_dur_us[d]);
        l->first_payload[d] = moment(r, r->first_payload_us[d]);
        l->fin[d] = moment(r, r->fin_us[d]);
        l->fin_acked[d] = moment(r, r->fin_acked_us[d]);
    }
    for (size_t i = 0; i < r->syn_time_count; i++) {
        int64_t t = moment(r, r->syn_times_us[i]);
        if (t != SYC_NONE) {
            l->syn_times[l->syn_time_count++] = t;
        }
    }
}

static void
fill_waits(struct life *l, const struct syc_record *r)
{
    l->wait[0].enter = l->wait[1].enter = SYC_NONE;
    l->wait[0].killed = l->wait[1].killed = SYC_NONE;
    for (size_t i = 0; i < r->time_wait_count; i++) {
        const struct syc_time_wait *from = &r->time_wait[i];
        struct life_wait *to = &l->wait[from->side == SYC_TOCLIENT];
        to->enter = moment(r, from->enter_us);
        to->killed = moment(r, from->killed_us);
        to->restart_count = 0;
        for (int64_t k = 0; k < from->restart_count; k++) {
            int64_t first = moment(r, from->restarts_us[k][0]);
            int64_t last = moment(r, from->restarts_us[k][1]);
            if (first != SYC_NONE && last >= first) {
                to->restarts[to->restart_count][0] = first;
                to->restarts[to->restart_count++][1] = last;
            }
        }
    }
}

static void
fill_counters(struct life *l, const struct syc_record *r)
{
    for (int d = 0; d < 2; d++) {
        l->pkts[d] = counter(r->pkts[d]);
        l->bytes[d] = counter(r->bytes[d]);
        l->payload[d] = counter(r->payload[d]);
        l->unique_payload[d] = counter(r->unique_payload[d]);
        l->data_segments[d] = counter(r->data_segments[d]);
        l->control_pkts[d] = counter(r->control_pkts[d]);
        l->control_bytes[d] = counter(r->control_bytes[d]);
        l->retrans_data[d] = counter(r->retrans_data[d]);
        l->retrans_fast[d] = counter(r->retrans_fast[d]);
        l->retrans_rto[d] = counter(r->retrans_rto[d]);
        l->retrans_syn[d] = counter(r->retrans_syn[d]);
        l->retrans_fin[d] = counter(r->retrans_fin[d]);
        l->window_peak[d] = counter(r->window_peak[d]);
        l->segment_max[d] = counter(r->segment_max[d]);
        l->seq_end[d] = r->seq_end[d];
        l->ts_last_val[d] = r->ts_last_val[d];
    }
    l->retrans_syn_after_ack = counter(r->retrans_syn_after_ack);
    l->syn_cookie_jump_ms = r->syn_cookie_jump_ms;
    l->never_acked_octets = counter(r->never_acked_octets);
    l->never_acked_repeats = counter(r->never_acked_repeats);
    l->requests = counter(r->requests);
    l->setup_turns = counter(r->setup_turns);
    l->race = counter(r->race);
}

static void
fill(struct life *l, const struct syc_record *r)
{
    *l = (struct life){.isn = r->isn,
                       .syn_ts_val = r->syn_own[0].ts_val,
                       .syn = {r->syn[0], r->syn[1]},
                       .degraded = r->degraded,
                       .client_port = r->key.client_port,
                       .syn_count = word(r->syn_count, UINT8_MAX, r->syn_count > 0 ? UINT8_MAX : 0),
                       .protocol = word(r->protocol, SYC_PROTOCOL_COUNT, SYC_PROTOCOL_UNKNOWN),
                       .close_kind = word(r->close_kind, SYC_CLOSE_COUNT, SYC_CLOSE_OPEN),
                       .close_first = word(r->close_first, SYC_FIRST_COUNT, SYC_FIRST_NONE),
                       .rst_class = word(r->rst_class, SYC_RST_CLASS_COUNT, SYC_RST_CLASS_COUNT),
                       .rst_by = word(r->rst_by, 2, UINT8_MAX),
                       .client_known = r->client_known == 1,
                       .handshake_seen = r->handshake_seen == 1,
                       .cut = r->cut_exchanges > 0 || r->cut_flights > 0 ||
                              (r->degraded & 1U << SYC_DEGRADED_EXCHANGES_CUT) != 0};
    fill_times(l, r);
    fill_waits(l, r);
    fill_counters(l, r);
}

/* ------------------------------------------------------------ lists */

struct part {
    const uint8_t *at;
    struct packed_lists lists;
};

/* Unpacked. */
static size_t
lists_octets(const struct packed_lists *l)
{
    return l->exchanges * sizeof(struct syc_exchange) + l->flights * sizeof(struct syc_flight);
}

/* The lists of as many parts, from the first, as there is room for. */
static bool
read_lists(const struct part *parts, size_t count, struct life_room *room, struct life *out)
{
    struct packed_lists all = {0, 0};
    struct syc_exchange *x;
    struct syc_flight *f;
    size_t kept = 0;

    while (kept < count && lists_octets(&parts[kept].lists) <= room->list_octets) {
        all.exchanges += parts[kept].lists.exchanges;
        all.flights += parts[kept].lists.flights;
        room->list_octets -= lists_octets(&parts[kept++].lists);
    }
    x = syc_arena_alloc(room->lists, all.exchanges * sizeof(*x));
    f = syc_arena_alloc(room->lists, all.flights * sizeof(*f));
    if (x == NULL || f == NULL) {
        return false;
    }
    out->exchanges = x;
    out->flights = f;
    out->exchange_count = (uint32_t)all.exchanges;
    out->flight_count = (uint32_t)all.flights;
    out->cut |= kept < count;
    for (size_t i = 0; i < kept; i++) {
        audit_unpack_lists(parts[i].at, &parts[i].lists, x, f);
        x += parts[i].lists.exchanges;
        f += parts[i].lists.flights;
    }
    return true;
}

/* ------------------------------------------------------------ parts */

/* The parts that came, joined; those that did not are input that was cut. The last may still be to come. */
static struct syc_record *
join(const struct audit_store *s, uint32_t pair, const struct entry *entries, size_t count,
     struct life_room *room, struct part *parts)
{
    struct syc_record *r = &room->record;
    struct syc_record *whole = NULL;
    const struct syc_syn *syn[2] = {NULL, NULL};

    for (size_t i = 0; i < count; i++) {
        parts[i].at = audit_store_read(s, pair, &entries[i], r, &parts[i].lists);
        for (size_t side = 0; side < 2; side++) {
            syn[side] = syn[side] == NULL ? r->syn[side] : syn[side];
            r->syn[side] = NULL; /* what is copied owns its signatures: the store's do for us */
        }
        if (i == 0) {
            whole = syc_record_copy(r);
        } else if (syc_record_join(whole, r) != SYC_OK) {
            syc_record_free(whole);
            whole = NULL;
        }
        if (whole == NULL) {
            return NULL;
        }
        if (entries[i].part != i + 1) {
            whole->degraded |= 1U << SYC_DEGRADED_TRUNCATED_INPUT;
        }
    }
    *r = *whole;
    r->syn[0] = syn[0];
    r->syn[1] = syn[1];
    return whole;
}

bool
audit_life_read(const struct audit_store *s, uint32_t pair, const struct groups *groups,
                size_t index, struct life_room *room, int64_t at, struct life *out)
{
    const struct group *g = &groups->list[index];
    const struct entry *entries = &groups->entries[g->first];
    struct part one;
    struct part *parts = g->count > 1 ? syc_alloc(g->count, sizeof(*parts)) : &one;
    struct syc_record *whole = NULL;
    bool ok = parts != NULL;

    if (ok && g->count > 1) {
        whole = join(s, pair, entries, g->count, room, parts);
        ok = whole != NULL;
    } else if (ok) {
        parts->at = audit_store_read(s, pair, entries, &room->record, &parts->lists);
    }
    if (ok) {
        fill(out, &room->record);
        if (entries->part > 1) {
            out->degraded |= 1U << SYC_DEGRADED_TRUNCATED_INPUT;
        }
        ok = room->lists == NULL || read_lists(parts, g->count, room, out);
    }
    syc_record_free(whole);
    if (g->count > 1) {
        syc_free(parts);
        syc_record_init(&room->record);
    }
    if (ok && at != INT64_MAX) {
        audit_life_clip(out, at);
    }
    return ok;
}

/* ------------------------------------------------------------ as of a moment */

static void
forget_later(int64_t *t, int64_t at)
{
    if (*t > at) {
        *t = SYC_NONE;
    }
}

static void
clip_wait(struct life_wait *w, int64_t at)
{
    uint8_t kept = 0;

    forget_later(&w->enter, at);
    forget_later(&w->killed, at);
    for (uint8_t i = 0; i < w->restart_count && w->restarts[i][0] <= at; i++) {
        w->restarts[kept][0] = w->restarts[i][0];
        /* Which of a span's segments was the last one then is not known; its first was seen. */
        w->restarts[kept][1] = w->restarts[i][1] <= at ? w->restarts[i][1] : w->restarts[i][0];
        kept++;
    }
    w->restart_count = kept;
}

/* How the connection stood then: 2.6 of what was seen by then. */
static void
clip_close(struct life *l)
{
    bool fins[2] = {l->fin[0] != SYC_NONE, l->fin[1] != SYC_NONE};

    if (l->rst_at != SYC_NONE || (fins[0] && fins[1])) {
        return;
    }
    l->close_first = fins[0] ? SYC_FIRST_CLIENT : fins[1] ? SYC_FIRST_SERVER : SYC_FIRST_NONE;
    if (fins[0] || fins[1]) {
        if (l->close_kind != SYC_CLOSE_SYN_FIN && l->close_kind != SYC_CLOSE_SYNACK_FIN) {
            l->close_kind =
                fins[0] ? SYC_CLOSE_HALF_CLOSED_BY_CLIENT : SYC_CLOSE_HALF_CLOSED_BY_SERVER;
        }
    } else if (l->isn != SYC_NONE && l->syn_ack == SYC_NONE && l->established == SYC_NONE) {
        l->close_kind = SYC_CLOSE_NO_ANSWER;
    } else if (l->isn != SYC_NONE || l->syn_ack != SYC_NONE) {
        l->close_kind = SYC_CLOSE_OPEN;
    } else {
        l->close_kind = SYC_CLOSE_MIDSTREAM;
    }
}

/* Counters of a connection that was not over: how much of them came later is not known. */
static void
forget_counters(struct life *l)
{
    for (int d = 0; d < 2; d++) {
        l->pkts[d] = l->bytes[d] = l->payload[d] = l->unique_payload[d] = SYC_NONE;
        l->data_segments[d] = l->control_pkts[d] = l->control_bytes[d] = SYC_NONE;
        l->retrans_data[d] = l->retrans_fast[d] = l->retrans_rto[d] = SYC_NONE;
        l->retrans_syn[d] = l->retrans_fin[d] = SYC_NONE;
        l->window_peak[d] = l->segment_max[d] = SYC_NONE;
        l->seq_end[d] = l->ts_last_val[d] = SYC_NONE;
        l->rtt_min_dur[d] = SYC_NONE;
    }
    l->retrans_syn_after_ack = l->never_acked_octets = l->never_acked_repeats = SYC_NONE;
    l->syn_cookie_jump_ms = l->requests = l->race = SYC_NONE;
}

/* An exchange that had begun keeps what was over by then. */
static void
clip_lists(struct life *l, int64_t at)
{
    struct syc_exchange *x = (struct syc_exchange *)(uintptr_t)l->exchanges;
    int64_t until = at - l->start;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < l->exchange_count; i++) {
        int64_t asked = x[i].offset_us + x[i].client_dur_us;
        if (x[i].answered && x[i].answer_offset_us + x[i].server_dur_us > until) {
            x[i].answered = 0;
        }
        if (x[i].offset_us <= until && asked <= until &&
            (x[i].answered || x[i].client_packets > 0)) {
            x[kept++] = x[i];
        }
    }
    l->exchange_count = kept;
    kept = 0;
    while (kept < l->flight_count &&
           l->flights[kept].offset_us + l->flights[kept].dur_us <= until) {
        kept++;
    }
    l->flight_count = kept;
}

void
audit_life_clip(struct life *l, int64_t at)
{
    uint8_t syns = 0;

    if (l->end <= at) {
        return;
    }
    /* Later than `at`, but not by how much. */
    l->end = at + 1;
    forget_counters(l);
    forget_later(&l->syn_ack, at);
    if (l->ack > at) {
        l->ack = l->ack_dur = l->setup_dur = SYC_NONE;
    }
    if (l->syn_ack == SYC_NONE) {
        l->syn_ack_dur = SYC_NONE;
        l->syn[1] = NULL;
        l->handshake_seen = false;
    }
    forget_later(&l->established, at);
    forget_later(&l->first_data_acked, at);
    forget_later(&l->rst_at, at);
    forget_later(&l->unreachable_at, at);
    forget_later(&l->challenge, at);
    for (int d = 0; d < 2; d++) {
        forget_later(&l->first_payload[d], at);
        forget_later(&l->fin[d], at);
        forget_later(&l->fin_acked[d], at);
        clip_wait(&l->wait[d], at);
    }
    while (syns < l->syn_time_count && l->syn_times[syns] <= at) {
        syns++;
    }
    if (l->syn_time_count > 0) {
        l->syn_count = l->syn_time_count = syns;
    }
    clip_lists(l, at);
    clip_close(l);
}
