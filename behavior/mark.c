/*
 * What facts need of a record. Unknown numbers stay unknown: they set no flag.
 *
 * Records come from our own table or from files of events, and may be another sensor's (Zeek's
 * conn.log has no FIN times and no exchanges). So each question is asked of the best number first
 * and of the coarser one (state, packets) only where that is absent; where neither answers, no flag
 * is set and the fact abstains.
 *
 * Hostile input: a record read from a file may hold any 64-bit number. mark_number() and start_of()
 * hold all of them in ranges whose sums cannot overflow; as_u16() and as_u32() saturate.
 */

#include "behavior/mark.h"

#include <string.h>

/*
 * 2MSL of a client whose TIME_WAIT is watched: Linux (reference/cadence 2 item 12: within 1.04
 * sockets of the kernel's count). The audit knows a 2MSL for each host; rhythm needs one that is
 * the same everywhere.
 */
static const int64_t two_msl_us = 60 * SYC_US_PER_S;

/* A burst this close before a FIN says good-bye (TLS close_notify); it is no work (spec/record.md). */
static const int64_t farewell_us = 50000;

/* What the eleven bits of mark.ts_hz hold; no clock is faster than 1500 Hz (fingerprints 2.1.8). */
enum { HZ_MASK = 0x7ff };

/*
 * A client burst this soon after the handshake belongs to what its SYN began: as long as the
 * silence that ends an episode.
 */
static const int64_t joins_us = SYC_US_PER_S;

/* 2^61 us are 73,000 years: room for every offset beside it in 64 bits. */
static int64_t
start_of(const struct syc_record *r)
{
    const int64_t most = INT64_C(1) << 61;

    return r->start_us < -most ? -most : r->start_us > most ? most : r->start_us;
}

/* UINT32_MAX itself is left out: it is STORE_NONE. */
static uint32_t
as_u32(int64_t n)
{
    return n < 0 ? 0 : n < UINT32_MAX ? (uint32_t)n : UINT32_MAX - 1;
}

static uint16_t
as_u16(int64_t n)
{
    return n < 0 ? 0 : n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

static bool
is_known(int64_t n)
{
    return n != SYC_NONE;
}

/* Repeats are the network's doing: unique octets where they were counted. */
static int64_t
client_payload(const struct syc_record *r)
{
    return is_known(r->unique_payload[0]) ? r->unique_payload[0] : r->payload[0];
}

/* ------------------------------------------------------------ outcome */

/* Until both FINs or a RST; what comes later (repeats, late segments) holds no place in a pool. */
static int64_t
life_of(const struct syc_record *r)
{
    int64_t end = mark_number(r->dur_us);
    bool closed = is_known(r->fin_us[0]) && is_known(r->fin_us[1]);

    if (closed) {
        int64_t a = mark_number(r->fin_us[0]);
        int64_t b = mark_number(r->fin_us[1]);
        return a > b ? a : b;
    }
    if (is_known(r->rst_at_us)) {
        return mark_number(r->rst_at_us);
    }
    return end;
}

/* By count, else by another sensor's handshake or letters, or the states that Zeek gives only to connections with a SYN. */
static bool
has_syn(const struct syc_record *r)
{
    if (is_known(r->syn_count)) {
        return r->syn_count >= 1;
    }
    if (r->handshake_seen == 1 || r->history != NULL) {
        return r->handshake_seen == 1 || strchr(r->history, 'S') != NULL;
    }
    return is_known(r->state) && r->state != SYC_STATE_OTH && r->state != SYC_STATE_RSTRH &&
           r->state != SYC_STATE_SHR && (r->degraded >> SYC_DEGRADED_MIDSTREAM & 1) == 0;
}

/*
 * Nothing of the server came back: by its segments where they were counted, else by the state. With
 * one direction captured nobody knows, and calling it unanswered would make a scanner of every
 * client behind such a tap.
 */
static bool
is_unanswered(const struct syc_record *r)
{
    if (r->degraded >> SYC_DEGRADED_ONE_DIRECTION & 1) {
        return false;
    }
    if (is_known(r->pkts[SYC_TOCLIENT])) {
        return r->pkts[SYC_TOCLIENT] == 0;
    }
    return r->state == SYC_STATE_S0 || r->state == SYC_STATE_SH || r->state == SYC_STATE_RSTOS0;
}

/*
 * Another sensor's S1 or RSTO begins with the server's answer. That the client went on, the letters of its segments tell
 * (A, D, F), or their number: its SYN, and the RST of RSTO.
 */
static bool
never_completed(const struct syc_record *r)
{
    if (r->history != NULL) {
        return strpbrk(r->history, "ADF") == NULL;
    }
    return is_known(r->pkts[SYC_TOSERVER]) &&
           r->pkts[SYC_TOSERVER] <= 1 + (r->state == SYC_STATE_RSTO);
}

/*
 * A client RST that happens to acknowledge the SYN+ACK establishes nothing: that is how SYN
 * scanners leave.
 */
static bool
is_established(const struct syc_record *r)
{
    bool reset = r->rst_by == SYC_TOSERVER && r->rst_at_us == r->established_us;

    if (is_known(r->ack_us) || (is_known(r->established_us) && !reset)) {
        return true;
    }
    if (client_payload(r) > 0 && mark_number(r->payload[1]) > 0) {
        return true;
    }
    /* Another sensor's word, where the times are not known. */
    return !is_known(r->syn_ack_count) && !never_completed(r) &&
           (r->state == SYC_STATE_S1 || r->state == SYC_STATE_SF || r->state == SYC_STATE_S2 ||
            r->state == SYC_STATE_S3 || r->state == SYC_STATE_RSTO || r->state == SYC_STATE_RSTR);
}

/* Of a connection that is not established. */
static bool
is_half_open(const struct syc_record *r)
{
    if (is_known(r->syn_ack_count)) {
        return r->syn_ack_count > 0;
    }
    return r->handshake_seen == 1 && is_known(r->state) && never_completed(r);
}

/*
 * At most one of the four outcomes, all of connections whose SYN was seen; UNUSED is a property of
 * established ones.
 */
static uint16_t
outcome_of(const struct syc_record *r)
{
    uint16_t flags = has_syn(r) ? MARK_START : 0;

    if (is_established(r)) {
        flags |= MARK_ESTABLISHED;
        if (is_known(client_payload(r)) && client_payload(r) <= 0) {
            flags |= MARK_UNUSED;
        }
    } else if (flags != 0 && (r->state == SYC_STATE_REJ || r->close_kind == SYC_CLOSE_REFUSED)) {
        flags |= MARK_REFUSED;
    } else if (flags != 0 && is_half_open(r)) {
        flags |= MARK_HALF_OPEN;
    } else if (flags != 0 && is_unanswered(r)) {
        flags |= MARK_UNANSWERED;
    }
    return flags;
}

/* ------------------------------------------------------------ close */

/*
 * The client's FIN minus the end of the last work before it; -1 when there was none. Constants here
 * name the tool (cadence 2 item 9: 4.06 s undici, 5.05 s axios), so a close_notify 50 ms before the
 * FIN must not count as work.
 */
static int64_t
idle_before(const struct syc_record *r, int64_t fin)
{
    int64_t busy = -1;

    for (size_t i = 0; i < r->exchange_count; i++) {
        const struct syc_exchange *x = &r->exchanges[i];
        int64_t from = mark_number(x->offset_us);
        int64_t to = from + mark_number(x->client_dur_us);
        int64_t answer = mark_number(x->answer_offset_us);
        bool farewell = to >= fin - farewell_us && (!x->answered || answer >= fin);
        if (x->client_packets > 0 && from < fin && !farewell) {
            busy = to > busy ? to : busy;
        }
        to = answer + mark_number(x->server_dur_us);
        farewell = x->client_packets <= 0 && is_known(r->fin_us[1]) &&
                   to >= mark_number(r->fin_us[1]) - farewell_us;
        if (x->answered && answer < fin && !farewell) {
            busy = to > busy ? to : busy;
        }
    }
    return busy < 0 ? -1 : busy < fin ? fin - busy : 0;
}

/* SYN scanners leave by a RST after the SYN+ACK; what is half closed may go on. */
static enum mark_end
end_of(const struct syc_record *r)
{
    static const uint8_t ends[SYC_CLOSE_COUNT] = {
        [SYC_CLOSE_OPEN] = MARK_END_OPEN,
        [SYC_CLOSE_HALF_CLOSED_BY_CLIENT] = MARK_END_OPEN,
        [SYC_CLOSE_HALF_CLOSED_BY_SERVER] = MARK_END_OPEN,
        [SYC_CLOSE_CLIENT_FIRST] = MARK_END_CLIENT,
        [SYC_CLOSE_SERVER_FIRST] = MARK_END_SERVER,
        [SYC_CLOSE_SIMULTANEOUS] = MARK_END_BOTH,
        [SYC_CLOSE_RST_BY_CLIENT] = MARK_END_RST_CLIENT,
        [SYC_CLOSE_RST_BY_CLIENT_AFTER_FIN] = MARK_END_RST_CLIENT,
        [SYC_CLOSE_ABORTED_CONNECT] = MARK_END_RST_CLIENT,
        [SYC_CLOSE_SYNACK_RST] = MARK_END_RST_CLIENT,
        [SYC_CLOSE_RST_BY_SERVER] = MARK_END_RST_SERVER,
        [SYC_CLOSE_RST_BY_SERVER_AFTER_FIN] = MARK_END_RST_SERVER,
        [SYC_CLOSE_REFUSED] = MARK_END_RST_SERVER,
    };

    return r->close_kind >= 0 && r->close_kind < SYC_CLOSE_COUNT ? ends[r->close_kind]
                                                                 : MARK_END_NONE;
}

/* Only when the client closed first: a server's patience says nothing about the client. */
static void
fill_close(struct mark *m, const struct syc_record *r)
{
    int64_t idle;

    m->flags |= is_known(r->close_kind) ? MARK_CLOSE : 0;
    m->end = (unsigned)end_of(r) & 15;
    if (r->close_first != SYC_FIRST_CLIENT || !is_known(r->fin_us[0])) {
        return;
    }
    idle = idle_before(r, mark_number(r->fin_us[0]));
    if (idle >= 0) {
        m->flags |= MARK_IDLE_CLOSE;
        m->idle_close_us = as_u32(idle);
    }
}

/*
 * The client's own TIME_WAIT: 2MSL from its entry, anew from each restart that finds it still there, until a
 * RST kills it
 * (reference/lifecycle 2.1.3). A later SYN of the same tuple is not known here: view.c.
 */
static void
fill_time_wait(struct mark *m, const struct syc_record *r)
{
    for (size_t i = 0; i < r->time_wait_count && i < 2; i++) {
        const struct syc_time_wait *w = &r->time_wait[i];
        int64_t enter = mark_number(w->enter_us);
        int64_t leave = enter + two_msl_us;
        if (w->side != SYC_TOSERVER || !is_known(w->enter_us)) {
            continue;
        }
        for (int64_t k = 0; k < w->restart_count && k < SYC_RESTARTS_MAX; k++) {
            if (mark_number(w->restarts_us[k][0]) <= leave) {
                int64_t again = mark_number(w->restarts_us[k][1]) + two_msl_us;
                leave = again > leave ? again : leave;
            }
        }
        if (is_known(w->killed_us) && mark_number(w->killed_us) < leave) {
            leave = mark_number(w->killed_us);
        }
        m->flags |= MARK_TIME_WAIT;
        m->time_wait_lag_us = as_u32(enter - m->life_us);
        m->time_wait_us = as_u32(leave - enter);
    }
}

/* ------------------------------------------------------------ payload */

/* The longest a client may think between an answer and its next request, for both to be of one run. */
static const int64_t pause_us = SYC_US_PER_S;

static bool
is_turn(const struct syc_exchange *x)
{
    return x->answered != 0 && x->client_packets > 0;
}

static int64_t
greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/*
 * A pause of a second ends a run, and so does an exchange in which one side spoke alone. The same as
 * joining a part of this exchange only, in a third of the instructions.
 */
static void
add_exchange(struct work *w, const struct syc_exchange *x)
{
    int64_t from = mark_number(x->offset_us);
    bool turn = is_turn(x);
    bool meets = turn && w->trailing > 0 && from - w->end_us < pause_us;
    bool first = !w->there;

    w->answered += turn;
    if (w->opening == 0 && x->client_packets > 0) {
        w->opening = mark_number(x->client_octets);
    }
    w->trailing = meets ? w->trailing + 1 : turn;
    w->longest = greatest(w->longest, w->trailing);
    w->leading += turn && (first || (w->unbroken && meets));
    w->unbroken = turn && (first || (w->unbroken && meets));
    w->first_us = first ? from : w->first_us;
    w->end_us = mark_number(x->answer_offset_us) + mark_number(x->server_dur_us);
    w->there = true;
}

void
syc_mark_join(struct work *w, const struct work *next)
{
    int64_t met = next->first_us - w->end_us < pause_us && w->trailing > 0 ? w->trailing : 0;
    bool meets = met > 0 && next->leading > 0;

    w->answered = mark_number(w->answered + next->answered);
    w->opening = w->opening > 0 ? w->opening : next->opening;
    if (!next->there) {
        return;
    }
    w->longest = greatest(w->longest, next->longest);
    w->longest = meets ? greatest(w->longest, met + next->leading) : w->longest;
    if (!w->there || (w->unbroken && meets)) {
        w->leading += next->leading;
    }
    w->trailing = next->trailing + (next->unbroken && meets ? met : 0);
    w->unbroken = next->unbroken && (!w->there || (w->unbroken && meets));
    w->first_us = w->there ? w->first_us : next->first_us;
    w->end_us = next->end_us;
    w->there = true;
}

struct work
syc_mark_work(const struct syc_record *r)
{
    struct work work = {.answered = mark_number(r->cut_answered)};

    for (size_t i = 0; i < r->exchange_count; i++) {
        add_exchange(&work, &r->exchanges[i]);
    }
    return work;
}

/* Was there client payload whose bursts nobody listed? Of an established connection it is to be thought so. */
static bool
lacks_log(const struct mark *m, const struct syc_record *r, int64_t answered)
{
    int64_t payload = client_payload(r);
    bool sent = is_known(payload) ? payload > 0 : (m->flags & MARK_ESTABLISHED) != 0;

    return sent && answered == 0 && r->exchange_count == 0 && mark_number(r->cut_exchanges) == 0;
}

/*
 * Clear HTTP/1 requests are counted exactly and beat turns, of which pipelining hides some
 * (lifecycle 2.3.1).
 */
static void
fill_turns(struct mark *m, const struct syc_record *r, const struct work *work)
{
    int64_t turns = work->answered - mark_number(r->setup_turns);

    if (r->protocol == SYC_PROTOCOL_HTTP1 && r->requests > 0) {
        turns = r->requests;
    }
    m->turns = as_u32(turns);
    m->run = as_u16(work->longest);
    m->opening = as_u16(work->opening);
    m->flags |= lacks_log(m, r, work->answered) ? MARK_NO_LOG : 0;
}

/*
 * The first exchange must be the handshake: the connection's beginning was seen and the client
 * spoke first. A protocol without exchanges tells of no handshake, neither that there was one nor that there was none.
 */
static void
fill_tls(struct mark *m, const struct syc_record *r)
{
    const struct syc_exchange *x = r->exchanges;

    m->flags |= is_known(r->protocol) && (m->flags & MARK_NO_LOG) == 0 ? MARK_PROTOCOL : 0;
    if (r->protocol != SYC_PROTOCOL_TLS || (m->flags & MARK_START) == 0 || r->exchange_count == 0 ||
        x->client_packets <= 0 || !x->answered || x->first_flight_octets <= 0) {
        return;
    }
    m->flags |= MARK_TLS;
    m->flags |= r->resume_offered == SYC_RESUME_NONE ? MARK_TLS_NEW : 0;
    m->first_flight = as_u32(x->first_flight_octets);
}

/* SYNs as the stack sent them: frames that a mirror port gave twice are counted in syn_count, not in retrans_syn. */
static int64_t
syns_sent(const struct syc_record *r)
{
    int64_t once = is_known(r->retrans_syn[0]) ? mark_number(r->retrans_syn[0]) + 1 : r->syn_count;

    return once < r->syn_count ? once : r->syn_count;
}

/* What its segments say of the host that sent them: clock and IP IDs. */
static void
fill_host(struct mark *m, const struct syc_record *r)
{
    const struct syc_syn_own *own = &r->syn_own[SYC_TOSERVER];
    int64_t hz = r->ts_hz[SYC_TOSERVER];
    int64_t step = r->ip_id_step[SYC_TOSERVER];
    bool has_ts = own->ts_val >= 0 && own->ts_val <= UINT32_MAX; /* SYC_NONE is negative */
    bool has_ip_id = own->ip_id >= 0 && own->ip_id <= UINT16_MAX;

    m->has_ts = has_ts;
    m->ts_val = has_ts ? (uint32_t)own->ts_val : 0;
    m->has_ip_id = has_ip_id;
    m->ip_id = has_ip_id ? (uint16_t)own->ip_id : 0;
    m->ts_hz = hz > 0 && hz <= HZ_MASK ? (uint64_t)hz & HZ_MASK : 0;
    m->id_step = step >= 0 && step < SYC_ID_STEP_COUNT ? (uint64_t)(step + 1) & 7 : 0;
}

/* A sensor may tell the User-Agent and not the system. */
enum syc_ua_os
syc_mark_ua_os(const struct syc_record *r)
{
    return r->ua_os != NULL ? syc_ua_os_of(r->ua_os) : syc_ua_os_read(r->user_agent);
}

/* Of a connection without a path the mark holds all that its flow id is made of. */
static uint64_t
name_of(const struct syc_record *r)
{
    bool whole = r->flow_id == SYC_NONE && r->isn >= 0 && r->isn <= UINT32_MAX &&
                 r->key.path.vlan_count == 0 && r->key.path.tunnel_count == 0 &&
                 r->start_us == start_of(r);

    return whole ? SINGLE_ISN | (uint64_t)r->isn : (uint64_t)syc_record_id(r);
}

/*
 * From numbers and at most the first and last exchanges of the record: what parts.c keeps of a
 * part.
 */
void
syc_mark_fill(struct mark *m, const struct syc_record *r, const struct work *work)
{
    size_t syns = r->syn_time_count < SYC_SYN_TIMES_MAX ? r->syn_time_count : SYC_SYN_TIMES_MAX;

    m->start_us = start_of(r);
    m->life_us = life_of(r);
    m->name = name_of(r);
    memcpy(m->dest, r->key.server, 16);
    m->dest_ip_v = r->key.ip_v & 15U;
    m->dest_port = r->key.server_port;
    m->source_port = r->key.client_port;
    m->syn_count = as_u16(syns_sent(r));
    m->degraded = (uint16_t)r->degraded;
    m->flags = outcome_of(r);
    m->schedule = (unsigned)syc_schedule_classify(r->syn_times_us, syns) & 15;
    fill_turns(m, r, work);
    fill_tls(m, r);
    fill_close(m, r);
    fill_time_wait(m, r);
    fill_host(m, r);
}

/* ------------------------------------------------------------ bursts */

size_t
syc_mark_burst_count(const struct syc_record *r)
{
    size_t count = 0;

    for (size_t i = 0; i < r->exchange_count; i++) {
        count += r->exchanges[i].client_packets > 0;
    }
    return count;
}

/* A part counts what it has of the set-up itself, so the set-up may begin in any part. */
struct setup
syc_mark_setup(const struct syc_record *r)
{
    bool known = is_known(r->setup_bytes);
    bool first = !is_known(r->part) || r->part <= 1;

    return (struct setup){.octets = mark_number(r->setup_bytes),
                          .packets = mark_number(r->setup_pkts),
                          .whole_first = !known && first && r->protocol == SYC_PROTOCOL_TLS};
}

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/*
 * Two words beside the time, since bursts are what most of the store is. Fields saturate; items
 * compare as wholes, so equal bursts are equal items.
 */
struct item
syc_burst_pack(const struct burst *b)
{
    const uint64_t packets_most = 0xffffff;
    const uint64_t octets_most = (UINT64_C(1) << 40) - 1;
    const uint64_t dur_most = (UINT64_C(1) << 38) - 1;
    uint64_t dur = b->dur_us < dur_most ? b->dur_us : dur_most;
    uint64_t setup = b->setup_packets < packets_most ? b->setup_packets : packets_most;
    uint64_t octets = b->octets < octets_most ? b->octets : octets_most;
    uint64_t packets = b->packets < packets_most ? b->packets : packets_most;

    return (struct item){b->start_us, (uint64_t)b->joins << 62 | dur << 24 | setup,
                         octets << 24 | packets};
}

/*
 * Set-up octets are taken off in order of the bursts until none are left: monotony of sizes must
 * not see handshakes, which blurred it to 0.3 to 0.5 for loops in the lab (cadence 2 item 4).
 */
bool
syc_mark_burst(const struct syc_record *r, const struct syc_exchange *x, struct setup *setup,
               struct item *out)
{
    int64_t octets = mark_number(x->client_octets);
    int64_t packets = mark_number(x->client_packets);
    int64_t offset = mark_number(x->offset_us);
    int64_t ready = is_known(r->established_us) ? r->established_us : r->ack_us;
    int64_t setup_octets = least(octets, setup->whole_first ? octets : setup->octets);
    int64_t setup_packets = least(packets, setup->whole_first ? packets : setup->packets);

    if (packets == 0) {
        return false;
    }
    *out = syc_burst_pack(
        &(struct burst){.start_us = start_of(r) + offset,
                        .dur_us = (uint64_t)mark_number(x->client_dur_us),
                        .octets = (uint64_t)(octets - setup_octets),
                        .packets = (uint64_t)packets,
                        .setup_packets = (uint64_t)setup_packets,
                        .joins = is_known(ready) && offset - mark_number(ready) < joins_us});
    if (!setup->whole_first) {
        setup->octets -= setup_octets;
        setup->packets -= setup_packets;
    }
    setup->whole_first = false;
    return true;
}
