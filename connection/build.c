/*
 * The record of a connection: every number that is known, the lists out of the log.
 *
 * A pure function of struct conn, but for closing the open burst: the table may build a record at
 * any time, as a part or as the end. What was not seen stays SYC_NONE; 0 always means "seen, and
 * none". The record borrows lists, texts and signatures until the next one is built.
 *
 * Invariant: parts add up. build_restart() resets exactly those counters that syc_record_join()
 * adds, and nothing that it takes the first, last, smallest or largest of.
 */

#include "connection/connection_int.h"

#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------ lists */

/* In the order of log_exchange(). Offsets are differences to the entry before, whatever its kind. */
static void
read_exchange(const int64_t *v, bool answered, int64_t *previous, struct syc_exchange *x)
{
    *previous += log_unfold(v[0]);
    *x = (struct syc_exchange){.offset_us = *previous,
                               .client_dur_us = v[1],
                               .client_octets = v[2],
                               .client_packets = v[3]};
    if (answered) {
        x->answered = 1;
        x->answer_offset_us = x->offset_us + v[4];
        x->first_flight_octets = v[5];
        x->server_dur_us = v[6];
        x->server_octets = v[7];
        x->server_packets = v[8];
    }
}

static void
read_flight(const int64_t *v, int64_t *previous, struct syc_flight *f)
{
    *previous += log_unfold(v[0]);
    *f = (struct syc_flight){*previous, v[1], v[2], v[3], v[4], v[5], v[6]};
}

/* The count is bounded here as well, so that the array holds whatever stands in the log. */
static void
read_restart(const int64_t *v, struct syc_record *out)
{
    for (size_t i = 0; i < out->time_wait_count; i++) {
        struct syc_time_wait *w = &out->time_wait[i];
        if (w->side == v[0] && w->restart_count < SYC_RESTARTS_MAX) {
            w->restarts_us[w->restart_count][0] = v[1];
            w->restarts_us[w->restart_count][1] = v[2];
            w->restart_count++;
        }
    }
}

/*
 * The first 16 are a retry schedule in full (the longest seen has 11, lifecycle 2.5); more are only
 * counted.
 */
static void
add_time(int64_t *times, uint8_t *count, int64_t at)
{
    if (*count < SYC_SYN_TIMES_MAX) {
        times[(*count)++] = at;
    }
}

/*
 * flights has room for all of them (make_flight_room); exchanges are at most SYC_EXCHANGES_MAX
 * because a part ends before the next one (burst_overflows).
 */
static void
read_log(const struct conn *c, struct lists *lists, struct syc_record *out)
{
    struct log_reader r;
    int64_t previous = 0;
    int64_t values[LOG_VALUES];
    enum log_tag tag;

    log_read_start(&r, &c->log);
    while (r.left > 0 && log_read(&r, &tag, values)) {
        switch (tag) {
        case LOG_EXCHANGE:
        case LOG_ANSWERED:
            read_exchange(values, tag == LOG_ANSWERED, &previous,
                          &lists->exchanges[out->exchange_count++]);
            break;
        case LOG_FLIGHT:
            read_flight(values, &previous, &lists->flights[out->flight_count++]);
            break;
        case LOG_SYN:
            add_time(out->syn_times_us, &out->syn_time_count, values[0]);
            break;
        case LOG_SYN_ACK:
            add_time(out->syn_ack_times_us, &out->syn_ack_time_count, values[0]);
            break;
        case LOG_RESTART:
            read_restart(values, out);
            break;
        }
    }
    out->exchanges = lists->exchanges;
    out->flights = lists->flights;
}

/*
 * Grown and kept: flights have no fixed cap, since a slow server's burst has as many as it has
 * round trips.
 */
static bool
make_flight_room(struct lists *lists, size_t count)
{
    struct syc_flight *flights;

    if (count <= lists->flight_room) {
        return true;
    }
    flights = syc_resize(lists->flights, count, sizeof(*flights));
    if (flights == NULL) {
        return false;
    }
    lists->flights = flights;
    lists->flight_room = count;
    return true;
}

static void
build_time_wait(const struct conn *c, struct syc_record *out)
{
    for (int side = 0; side < 2; side++) {
        const struct time_wait *w = &c->time_wait[side];
        struct syc_time_wait *to = &out->time_wait[out->time_wait_count];
        if (w->enter_at == SYC_NONE) {
            continue;
        }
        *to = (struct syc_time_wait){.side = side,
                                     .enter_us = w->enter_at,
                                     .killed_us = w->killed_at};
        out->time_wait_count++;
    }
}

/* The present span of restarts comes after those in the log; flush_span() left it a place. */
static void
build_last_span(const struct conn *c, struct syc_record *out)
{
    for (size_t i = 0; i < out->time_wait_count; i++) {
        struct syc_time_wait *to = &out->time_wait[i];
        const struct time_wait *w = &c->time_wait[to->side];
        if (w->restart_first != SYC_NONE) {
            to->restarts_us[to->restart_count][0] = w->restart_first;
            to->restarts_us[to->restart_count][1] = w->restart_last;
            to->restart_count++;
        }
    }
}

/* The exchange that was open stands behind those of the log; a flight of it, too, is the last. */
struct last_burst {
    bool there;
    struct syc_flight flight;
};

/*
 * Most connections have no other exchange than the one that is open at their end, which so needs no
 * log. One whose log has lost something is summed like those before it.
 */
static void
end_burst(struct conn *c, struct store *store, struct lists *lists, struct last_burst *last)
{
    *last = (struct last_burst){.there = false};
    if (c->log.lost) {
        burst_end(store, c);
    } else {
        last->there = burst_take(c, &lists->exchanges[c->log.exchanges], &last->flight);
    }
}

/*
 * First times stand in the connection, further ones in the log; a later part does not tell the
 * first ones again.
 */
static void
build_lists(const struct conn *c, struct lists *lists, const struct last_burst *last,
            struct syc_record *out)
{
    build_time_wait(c, out);
    if (c->first_syn_at != SYC_NONE && c->parts == 0) {
        add_time(out->syn_times_us, &out->syn_time_count, c->first_syn_at);
    }
    if (c->first_syn_ack_at != SYC_NONE && c->parts == 0) {
        add_time(out->syn_ack_times_us, &out->syn_ack_time_count, c->first_syn_ack_at);
    }
    if (make_flight_room(lists, (size_t)c->log.flights + 1)) {
        read_log(c, lists, out);
        out->exchange_count += last->there;
        if (last->flight.segments > 0) {
            lists->flights[out->flight_count++] = last->flight;
        }
    } else {
        out->degraded |= 1U << SYC_DEGRADED_EXCHANGES_CUT;
    }
    build_last_span(c, out);
    memcpy(lists->history, c->history, c->history_length);
    lists->history[c->history_length] = '\0';
    out->history = c->history_length > 0 ? lists->history : NULL;
}

/* ------------------------------------------------------------ numbers */

/* When the last timestamp came. */
static int64_t
ts_last_at(const struct side *s, const struct ends *e)
{
    return (s->flags & SIDE_TS_OLD) != 0 ? e->ts_last_at : s->last_at;
}

/*
 * Rate of the timestamp clock. Rounded as clocks are: to 1 up to 10 Hz, 5 up to 50, 10 up to 100,
 * 50 up to 500, else 100; outside 0.7..1500 Hz it is no clock (fingerprints 2.1.8). A tenth of a
 * second and five ticks at least: below that, rounding of the ticks is larger than the steps told
 * apart.
 */
static int64_t
clock_rate(const struct side *s, const struct ends *e)
{
    int64_t us = ts_last_at(s, e) - e->ts_first_at;
    int64_t ticks = syc_seq_diff(s->ts_last, e->ts_first);
    int64_t step;
    int64_t hz;

    if ((s->flags & SIDE_HAS_TS) == 0 || us < 100000 || ticks < 5) {
        return SYC_NONE;
    }
    hz = (ticks * SYC_US_PER_S + us / 2) / us;
    if (hz < 1 || hz > 1500) {
        return SYC_NONE;
    }
    step = hz <= 10 ? 1 : hz <= 50 ? 5 : hz <= 100 ? 10 : hz <= 500 ? 50 : 100;
    return (hz + step / 2) / step * step;
}

/* Least segments that show a habit of IP IDs: two steps. */
enum { ID_SEGMENTS_LEAST = 3 };

/* The narrowest habit that is still possible: zero before const before one before small. */
static int64_t
id_step(const struct side *s)
{
    if (s->id_count < ID_SEGMENTS_LEAST) {
        return SYC_NONE;
    }
    for (int step = SYC_ID_STEP_ZERO; step < SYC_ID_STEP_RANDOM; step++) {
        if (s->id_still & (1U << step)) {
            return step;
        }
    }
    return SYC_ID_STEP_RANDOM;
}

/*
 * A side of which only the peer's ACKs were seen has no window, no end and no segments: absent, not
 * 0.
 */
static void
build_side(const struct conn *c, int d, struct syc_record *out)
{
    const struct side *s = &c->side[d];
    const struct ends *e = &c->ends[d];
    bool seen = !side_silent(s);

    out->pkts[d] = s->pkts;
    out->bytes[d] = (int64_t)s->bytes;
    out->payload[d] = (int64_t)(s->unique_payload + e->repeated_octets);
    out->unique_payload[d] = (int64_t)s->unique_payload;
    out->data_segments[d] = s->data_segments;
    out->control_pkts[d] = e->control_pkts;
    out->control_bytes[d] = e->control_bytes;
    out->base[d] = s->flags & SIDE_HAS_SEQ ? (int64_t)e->base : SYC_NONE;
    out->seq_end[d] = seen ? (int64_t)s->next : SYC_NONE;
    out->first_payload_us[d] = e->first_payload_at;
    out->rtt_min_dur_us[d] = s->rtt_min != UINT32_MAX ? (int64_t)s->rtt_min : SYC_NONE;
    out->window_peak[d] = seen ? (int64_t)s->window_peak : SYC_NONE;
    out->segment_max[d] = s->segment_max > 0 ? (int64_t)s->segment_max : SYC_NONE;
    if (s->flags & SIDE_HAS_TS) {
        out->ts_last_val[d] = s->ts_last;
        out->ts_last_at_us[d] = ts_last_at(s, e);
    }
    out->ts_hz[d] = clock_rate(s, e);
    out->ip_id_step[d] = id_step(s);
    if (s->ttl_min <= s->ttl_max) {
        out->ttl_min[d] = s->ttl_min;
        out->ttl_max[d] = s->ttl_max;
    }
    out->fin_us[d] = e->fin_at;
    out->fin_acked_us[d] = e->fin_acked_at;
    out->fin_last_us[d] = e->fin_last_at;
}

/* No trouble is all zeros (build_init), and that is a measurement: the segments were looked at. */
static void
build_trouble(const struct trouble *t, int d, struct syc_record *out)
{
    out->retrans_data[d] = t->retrans_data;
    out->retrans_fast[d] = t->retrans_fast;
    out->retrans_rto[d] = t->retrans_rto;
    out->retrans_backoff_max[d] = t->backoff_max;
    out->retrans_syn[d] = t->retrans_syn;
    out->retrans_fin[d] = t->retrans_fin;
    out->dup_ack[d] = t->dup_ack;
    out->out_of_order[d] = t->out_of_order;
    out->zero_window[d] = t->zero_window;
    out->keep_alive[d] = t->keep_alive;
}

/*
 * A round trip needs both legs; setup counts from the first SYN, since that is what the user waited
 * for.
 */
static void
build_handshake(const struct conn *c, struct syc_record *out)
{
    out->handshake_seen = c->syn_count > 0 && c->syn_ack_count > 0;
    out->isn = c->syn_count > 0 ? (int64_t)c->isn : SYC_NONE;
    out->syn_count = c->syn_count - c->syn_told;
    out->syn_ack_count = c->syn_ack_count - c->syn_ack_told;
    out->retrans_syn_after_ack = c->syn_after_ack;
    out->ack_us = c->ack_at;
    out->established_us = c->established_at;
    out->first_data_acked_us = c->first_data_acked_at;
    out->syn_ack_dur_us = c->syn_ack_dur;
    out->ack_dur_us = c->ack_dur;
    if (c->syn_ack_dur != SYC_NONE && c->ack_dur != SYC_NONE) {
        out->irtt_dur_us = c->syn_ack_dur + c->ack_dur;
        out->setup_dur_us = c->ack_at - c->first_syn_at;
    }
    out->challenge_us = c->challenge_at;
    out->syn_cookie_jump_ms = c->cookie_jump;
    if (c->unreachable_at != SYC_NONE) {
        out->unreachable_at_us = c->unreachable_at;
        out->unreachable_code = c->unreachable_code;
    }
}

/*
 * Client payload beyond the server's last ACK; all of it when the server acknowledged nothing: the
 * sign of ghost connections behind a full accept queue (lifecycle 2.5 c). The FIN's own number is
 * no payload.
 */
static void
build_never_acked(const struct conn *c, struct syc_record *out)
{
    const struct side *client = &c->side[SYC_TOSERVER];
    const struct side *server = &c->side[SYC_TOCLIENT];
    uint32_t acked = server->flags & SIDE_HAS_ACK ? server->ack : c->ends[0].base + 1;
    uint32_t end =
        client->next - ((client->flags & SIDE_FIN) != 0 && client->next == c->ends[0].fin_end);

    out->never_acked_octets = 0;
    out->never_acked_repeats = 0;
    if ((client->flags & SIDE_PAYLOAD) != 0 && seq_after(end, acked)) {
        out->never_acked_octets = end - acked;
        out->never_acked_repeats = client->trouble != NULL ? client->trouble->unacked_repeats : 0;
    }
}

/* Without payload there is no protocol, not an unknown one. */
static void
build_app(const struct conn *c, struct syc_record *out)
{
    if (((c->side[0].flags | c->side[1].flags) & SIDE_PAYLOAD) != 0) {
        out->protocol = c->protocol;
    }
    if (c->protocol == SYC_PROTOCOL_HTTP1) {
        out->requests = c->requests;
    }
    out->setup_turns = c->setup_turns;
    out->setup_bytes = (int64_t)c->setup_bytes;
    out->setup_pkts = c->setup_pkts;
    out->race = (c->flags & CONN_RACE) != 0;
    said_tell(c->said, out);
}

/* Sums of what the lists do not hold: totals over a record stay right when its lists are cut. */
static void
build_cut(const struct cut *cut, struct syc_record *out)
{
    out->cut_exchanges = (int64_t)cut->exchanges;
    out->cut_answered = (int64_t)cut->answered;
    out->cut_client_octets = (int64_t)cut->client_octets;
    out->cut_client_packets = (int64_t)cut->client_packets;
    out->cut_server_octets = (int64_t)cut->server_octets;
    out->cut_server_packets = (int64_t)cut->server_packets;
    out->cut_busy_dur_us = cut->busy;
    out->cut_flights = (int64_t)cut->flights;
    out->cut_flight_segments = (int64_t)cut->flight_segments;
    out->cut_flight_octets = (int64_t)cut->flight_octets;
}

static void
build_close(const struct conn *c, struct syc_record *out)
{
    enum syc_first first = SYC_FIRST_NONE;

    out->close_kind = close_kind(c, &first);
    out->close_first = first;
    if (c->flags & CONN_RST) {
        out->rst_by = c->flags & CONN_RST_BY_SERVER ? SYC_TOCLIENT : SYC_TOSERVER;
        out->rst_at_us = c->rst_at;
        out->rst_class = c->rst_class;
        out->rst_ack = (c->flags & CONN_RST_ACK) != 0;
        out->rst_after_data_dur_us = c->rst_after_data;
    }
}

/* IPv4 has an ID and IPv6 a flow label: one word in the connection, two fields in the record. */
static void
build_own(const struct conn *c, struct syc_record *out)
{
    for (int i = 0; i < 2; i++) {
        const struct own *own = &c->own[i];
        struct syc_syn_own *to = &out->syn_own[i];
        out->syn[i] = c->syn[i];
        if (c->syn[i] == NULL) {
            continue;
        }
        *(c->ip_v == 4 ? &to->ip_id : &to->flow_label) = own->id_or_label;
        if (own->has_ts) {
            to->ts_val = own->ts_val;
            to->ts_ecr = own->ts_ecr;
        }
        to->payload_bytes = own->payload;
    }
}

/*
 * ONE_DIRECTION asks that the client said more than SYNs: an unanswered SYN is no fault of the
 * capture.
 */
static uint32_t
degraded_of(const struct conn *c)
{
    uint32_t bits = c->degraded;
    bool client_spoke = (c->side[0].flags & (SIDE_HIST_A | SIDE_HIST_D)) != 0;

    if (c->syn_count == 0) {
        bits |= 1U << SYC_DEGRADED_MIDSTREAM;
    }
    if (side_silent(&c->side[0]) || (side_silent(&c->side[1]) && client_spoke)) {
        bits |= 1U << SYC_DEGRADED_ONE_DIRECTION;
    }
    for (int i = 0; i < 2; i++) {
        if (c->syn[i] != NULL && (c->syn[i]->quirks & (1U << SYC_QUIRK_OPTIONS_CUT)) != 0) {
            bits |= 1U << SYC_DEGRADED_SNAPLEN;
        }
    }
    return bits;
}

/*
 * Counters of trouble begin at 0, all else as unknown: what a connection never had then costs
 * nothing when its record is built.
 */
void
build_init(struct lists *lists)
{
    static const struct trouble none;

    syc_record_init(&lists->blank);
    build_trouble(&none, SYC_TOSERVER, &lists->blank);
    build_trouble(&none, SYC_TOCLIENT, &lists->blank);
    lists->blank.syn_stays = true; /* interned */
}

/* Not the lists within the record: their counts say what of them is there. */
static void
begin_record(struct lists *lists)
{
    const struct syc_record *blank = &lists->blank;

    memcpy(&lists->record.client_known, &blank->client_known,
           offsetof(struct syc_record, syn_times_us) - offsetof(struct syc_record, client_known));
}

struct syc_record *
build_record(struct conn *c, struct store *store, struct lists *lists, enum syc_reason reason,
             bool final)
{
    struct syc_record *out = &lists->record;
    struct last_burst last;

    end_burst(c, store, lists, &last);
    if (final) {
        peek_end(store, c);
    }
    begin_record(lists);
    conn_key(c, &out->key);
    out->start_us = c->start_us;
    out->flow_id =
        final && c->parts == 0 && c->syn_count > 0 && c->flow_id == 0 ? SYC_NONE : conn_flow_id(c);
    out->degraded = degraded_of(c);
    out->client_known = (c->flags & CONN_CLIENT_KNOWN) != 0;
    out->dur_us = c->last_at;
    out->state = state_of(c);
    out->reason = reason;
    out->final = final;
    if (!final || c->parts > 0) {
        out->part = c->parts + 1;
    }
    out->late_count = c->late_count;
    out->clock_back_count = c->clock_back_count;
    for (int d = 0; d < 2; d++) {
        build_side(c, d, out);
        if (c->side[d].trouble != NULL) {
            build_trouble(c->side[d].trouble, d, out);
        }
    }
    build_handshake(c, out);
    build_never_acked(c, out);
    build_app(c, out);
    build_close(c, out);
    build_own(c, out);
    if (c->cut != NULL) {
        build_cut(c->cut, out);
    }
    build_lists(c, lists, &last, out);
    return out;
}

/*
 * Reset what a part has told, so that the next part's counters are what came since. Chains of
 * timeouts and duplicate ACKs in progress go on; minima, maxima, times and the state of both sides
 * stay.
 */
void
build_restart(struct conn *c, struct store *store)
{
    for (int d = 0; d < 2; d++) {
        struct side *s = &c->side[d];
        s->pkts = s->data_segments = 0;
        c->ends[d].control_pkts = c->ends[d].control_bytes = 0;
        s->bytes = s->unique_payload = c->ends[d].repeated_octets = 0;
        if (s->trouble != NULL) {
            struct trouble *t = s->trouble;
            t->retrans_data = t->retrans_fast = t->retrans_rto = t->retrans_syn = 0;
            t->retrans_fin = t->dup_ack = t->out_of_order = t->zero_window = t->keep_alive = 0;
        }
    }
    c->syn_told = c->syn_count;
    c->syn_ack_told = c->syn_ack_count;
    c->late_count = c->clock_back_count = c->syn_after_ack = 0;
    c->requests = c->setup_turns = c->setup_pkts = 0;
    c->setup_bytes = 0;
    c->history_length = 0;
    syc_free(c->cut);
    c->cut = NULL;
    log_free(store, &c->log);
    c->parts++;
}
