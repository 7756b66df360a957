#ifndef SYC_BEHAVIOR_FACTS_H
#define SYC_BEHAVIOR_FACTS_H

/*
 * Purpose           the facts of a subject: their names, and the functions that compute them from a view
 * Input and output  a view in, a row of values out (enum fact is the index); what is not known stays absent
 * Ownership         texts in a row are static or belong to the signature set
 * Limits            a fact below its least n (its doc line) is absent
 * Not here          what facts mean (rules/)
 */

#include "behavior/agents.h"
#include "behavior/gaps.h"
#include "behavior/stacks.h"
#include "behavior/view.h"

/* clang-format off */
/* The statistics of one series of gaps; least: of the concentration. X(ID, name, type, optional, doc) */
#define SYC_GAP_FACTS(X, ID, p, what, least) \
    X(ID##_N, p ".n", INT, true, "gaps between successive " what "; absent when their times are not known") \
    X(ID##_MEAN, p ".mean_s", REAL, true, "mean gap between " what ", seconds; n >= 2") \
    X(ID##_SD, p ".sd_s", REAL, true, "standard deviation of the gaps (of the population), seconds; n >= 2") \
    X(ID##_MIN, p ".min_s", REAL, true, "shortest gap, seconds; n >= 2") \
    X(ID##_MAX, p ".max_s", REAL, true, "longest gap, seconds; n >= 2") \
    X(ID##_CV, p ".cv", REAL, true, "coefficient of variation of the gaps, sd / mean: 0 a clock, 1 chance; n >= 6") \
    X(ID##_MEDIAN, p ".median_s", REAL, true, "median gap, seconds; n >= 6") \
    X(ID##_MAD, p ".mad_s", REAL, true, "median distance of a gap from the median, seconds; n >= 6") \
    X(ID##_P10, p ".p10_s", REAL, true, "10th percentile of the gaps, seconds; n >= 6") \
    X(ID##_P90, p ".p90_s", REAL, true, "90th percentile of the gaps, seconds; n >= 6") \
    X(ID##_CONCENTRATION, p ".concentration_ratio", REAL, true, \
      "share of gaps within 30 % of their median, 0..1; n >= " least) \
    X(ID##_BEAT, p ".beat", REAL, true, \
      "how little chance explains that concentration: -log10 of the probability that irregular gaps " \
      "(lognormal, sigma 0.7) show it, 0..99; as above") \
    X(ID##_BURSTINESS, p ".burstiness", REAL, true, \
      "Kim and Jo's burstiness of n gaps: -1 a clock, 0 chance, 1 bursts; n >= 6") \
    X(ID##_MEMORY, p ".memory", REAL, true, "correlation of each gap with the next, -1..1; n >= 10") \
    X(ID##_ENTROPY, p ".entropy_ratio", REAL, true, \
      "entropy of the gaps' logarithmic histogram over its largest value, 0..1; n >= 20") \
    X(ID##_PERIOD, p ".period_s", REAL, true, \
      "period that the last 128 " what " keep, seconds; n >= 10 and chance below 1 %") \
    X(ID##_STRENGTH, p ".period_strength_ratio", REAL, true, \
      "how well the best period folds them, 0..1; n >= 10") \
    X(ID##_DRIFT, p ".drift", TEXT, true, \
      "\"schedule\" (fixed times) or \"sleep\" (a pause after each); n >= 12, concentration >= 0.6, and clear")

/* Every fact, in the order of the row and of the `source` event. */
#define SYC_FACT_LIST(X) \
    X(SUBJECT, "subject", TEXT, false, \
      "\"source\" (a client address), \"pair\" (with one service), \"substream\" (one program behind it), " \
      "\"destination\" (a service) or \"fleet\" (sources of one stack and rhythm)") \
    X(SRC_IP, "src_ip", ADDR, false, "address of the client") \
    X(CONN_COUNT, "conn.count", INT, false, "connections") \
    X(CONN_ESTABLISHED, "conn.established", INT, false, "connections whose handshake the client completed") \
    X(CONN_TURN_COUNT, "conn.turns", INT, true, \
      "answered requests of all connections, set-up left out; absent when no exchange is known") \
    X(CONN_RUN, "conn.run_max", INT, true, \
      "most requests in one connection, each less than 1 s after the answer before it; 1 turn") \
    X(CONN_SPAN, "conn.span_s", REAL, true, "first start to last close or segment, seconds; 1 connection") \
    X(CONN_RATE_1S, "conn.rate_1s_peak", INT, true, "most connection starts within any 1 s; 1 start") \
    X(CONN_RATE_10S, "conn.rate_10s_peak", INT, true, "most connection starts within any 10 s; 1 start") \
    X(CONN_PARALLEL, "conn.parallel_peak", INT, true, "most connections open at once; 1 connection") \
    X(CONN_PARALLEL_SERVICE, "conn.parallel_service_peak", INT, true, \
      "most of them to one server address and port; 1 connection") \
    X(CONN_SAME_START, "conn.same_start_ratio", REAL, true, \
      "share of starts less than 50 ms after the one before, 0..1; 8 starts") \
    X(CONN_HALF_OPEN, "conn.half_open_ratio", REAL, true, \
      "share of starts that the server answered and the client never completed, 0..1; 5 starts") \
    X(CONN_REFUSED, "conn.refused_ratio", REAL, true, "share of starts answered by a RST, 0..1; 5 starts") \
    X(CONN_UNANSWERED, "conn.unanswered_ratio", REAL, true, "share of starts without any answer, 0..1; 5 starts") \
    X(CONN_UNUSED, "conn.unused_ratio", REAL, true, \
      "share of established connections without client payload, 0..1; 5 established") \
    X(CONN_TURNS, "conn.turns_mean", REAL, true, \
      "answered requests a connection, set-up left out, over connections that had one; 5 of these") \
    X(CONN_ONE_TURN, "conn.one_turn_ratio", REAL, true, "share of these that had exactly one, 0..1; 5 of these") \
    X(CONN_REUSE, "conn.reuse_ratio", REAL, true, "1 - connections / turns, over these, 0..1; 5 of these") \
    X(CONN_LIFE, "conn.life_p50_ms", REAL, true, \
      "median time from the SYN to both FINs, a RST or the last segment, milliseconds; 5 established") \
    SYC_GAP_FACTS(X, IAT, "iat", "connection starts", "10") \
    X(IAT_BACKOFF, "iat.backoff_n", INT, true, \
      "most gaps between starts in a row, each the same factor (1.2 to 5, within 10 %) times the one before; 3 gaps") \
    SYC_GAP_FACTS(X, EPISODE, "episode", "activity episodes (client payload or SYN after 1 s of silence)", "10") \
    SYC_GAP_FACTS(X, HEAVY, "heavy", \
      "heavy episodes (at least half the 80th percentile of client packets)", "8") \
    X(OCTETS_CV, "episode.octets_cv", REAL, true, \
      "coefficient of variation of client octets an episode, set-up left out; 8 episodes with octets") \
    X(OCTETS_MODAL, "episode.octets_modal_ratio", REAL, true, \
      "share of these within 2 % (or 8 octets) of their commonest size, 0..1; 8 episodes with octets") \
    X(PACKETS_CV, "episode.packets_cv", REAL, true, \
      "coefficient of variation of client packets with payload an episode, set-up left out; as above") \
    X(PKT_PEAK, "pkt.peak_1s", INT, true, "most client packets with payload within 1 s; 1 burst") \
    X(FANO_1, "fano.w1", REAL, true, \
      "variance / mean of client bursts and SYNs in windows of 1 s: 1 chance, less is regular; 20 windows") \
    X(FANO_10, "fano.w10", REAL, true, "the same in windows of 10 s; 20 windows") \
    X(FANO_60, "fano.w60", REAL, true, "the same in windows of 60 s; 20 windows") \
    X(HOURS_ENTROPY, "hours.entropy_bits", REAL, true, \
      "entropy of connection starts over the 24 hours of the day, 0..4.58 bits; 3 days between first and last") \
    X(CLOSE_CLIENT, "close.client", INT, true, "connections that the client's FIN closed first") \
    X(CLOSE_SERVER, "close.server", INT, true, "that the server's FIN closed first") \
    X(CLOSE_BOTH, "close.both", INT, true, "whose FINs crossed") \
    X(CLOSE_RST_CLIENT, "close.rst_client", INT, true, "that a RST of the client ended") \
    X(CLOSE_RST_SERVER, "close.rst_server", INT, true, "that a RST of the server ended, refusals included") \
    X(CLOSE_OPEN, "close.open", INT, true, "that neither side closed, or only one") \
    X(IDLE_N, "idle_close.n", INT, true, "connections that the client closed first after having used them") \
    X(IDLE_MEDIAN, "idle_close.median_s", REAL, true, "median time from the last burst to the client's FIN; n >= 5") \
    X(IDLE_CV, "idle_close.cv", REAL, true, "coefficient of variation of these times; n >= 5") \
    X(TLS_FULL, "tls.full", INT, true, "full TLS handshakes") \
    X(TLS_RESUMED, "tls.resumed", INT, true, \
      "resumed ones: first server flight below half the pair's largest, resumption offered or not known") \
    X(TLS_RATIO, "tls.resumed_ratio", REAL, true, "share of resumed ones, 0..1; 5 handshakes") \
    X(PORT_STRATEGY, "port.strategy", TEXT, true, \
      "how source ports are chosen: fixed sequential even odd small-steps random; 16 starts") \
    X(PORT_ODD, "port.odd_ratio", REAL, true, "share of odd source ports, 0..1; 16 starts") \
    X(PORT_DISTINCT, "port.distinct", INT, true, "different source ports; 1 start") \
    X(PORT_MIN, "port.min", INT, true, "lowest source port; 1 start") \
    X(PORT_MAX, "port.max", INT, true, "highest source port; 1 start") \
    X(DEST_ADDR, "dest.addr_distinct", INT, false, "different server addresses") \
    X(DEST_PORT, "dest.port_distinct", INT, false, "different server ports") \
    X(SYN_DISTINCT, "syn.distinct", INT, true, "different SYN fingerprints (tcpfp); 1 SYN") \
    X(SYN_FAMILY, "syn.os_family", TEXT, true, "system family of the commonest SYN: linux windows apple ...") \
    X(SYN_LABEL, "syn.label", TEXT, true, "signature label of the commonest SYN") \
    X(SYN_TTL, "syn.ttl_initial", INT, true, "initial TTL of the commonest SYN: 32 64 128 255") \
    X(SYN_QUALITY, "syn.match_quality", TEXT, true, "how well its signature fits: exact generic fuzzy none") \
    X(SYN_SCHEDULE, "syn.schedule", TEXT, true, \
      "commonest SYN retry schedule: linear-4 exponential-1 ... unknown; 1 connection of 3 SYNs") \
    X(SYN_RETRY_RATIO, "syn.retry_ratio", REAL, true, "share of starts whose SYN was repeated, 0..1; 5 starts") \
    X(SYN_RETRY_COUNT, "syn.retry_count", INT, true, "SYNs beyond the first of each connection; 1 start") \
    X(SYN_UNANSWERED, "syn.unanswered", INT, true, \
      "SYNs, repeats included, of connections that nothing answered; 1 start") \
    X(SYN_N, "syn.n", INT, true, "connections whose SYN is known; 1 SYN") \
    X(SYN_LAYOUT, "syn.layout_family", TEXT, true, \
      "the one family whose SYNs order their options as the commonest SYN does: linux windows apple") \
    X(SYN_WINDOW, "syn.window", INT, true, "window of the commonest SYN, octets, not scaled") \
    X(SYN_WINDOW_UNIT, "syn.window_unit", TEXT, true, \
      "what that window is a multiple of: floor65535 mss mtu, or value for nothing") \
    X(SYN_WSCALE, "syn.wscale", INT, true, "window scale of the commonest SYN") \
    X(SYN_MSS, "syn.mss", INT, true, "MSS of the commonest SYN, octets") \
    X(SYN_SCHEDULE_N, "syn.schedule_n", INT, true, "connections of 3 SYNs or more, on which syn.schedule rests; 1 SYN") \
    X(SYN_STRIPPED, "syn.ts_stripped_ratio", REAL, true, \
      "share of SYNs whose timestamps a middlebox wrote over with no-operations, 0..1; 1 SYN") \
    X(ID_N, "ip_id.n", INT, true, "connections of the commonest SYN's family that show a habit of IP IDs (3 packets)") \
    X(ID_STEP, "ip_id.step", TEXT, true, "their commonest habit: zero const one small random; 1 connection") \
    X(ID_RATIO, "ip_id.step_ratio", REAL, true, "share of them that keep it, 0..1; 1 connection") \
    X(UA_N, "ua.n", INT, true, "connections whose User-Agent names a system; 1 connection") \
    X(UA_OS, "ua.os", TEXT, true, "system named most: windows linux android chromeos macos ios apple bsd; 1 connection") \
    X(UA_DISTINCT, "ua.os_distinct", INT, true, "different systems named; 1 connection") \
    X(UA_COMPARED, "ua.compared", INT, true, "connections whose User-Agent and SYN both tell a system; 1 connection") \
    X(UA_CONFLICT, "ua.conflict_ratio", REAL, true, \
      "share of these in which they tell different families, 0..1; 1 of these") \
    X(UA_STACK, "ua.stack_family", TEXT, true, "family that the SYNs of these show most: linux windows apple bsd; 1 of these") \
    X(TLS_FAMILY, "tls.os_family", TEXT, true, \
      "family whose own TLS library made most ClientHellos: apple windows; 1 connection of such a library") \
    X(TLS_COMPARED, "tls.compared", INT, true, "connections whose TLS library and SYN both tell a system; as above") \
    X(TLS_CONFLICT, "tls.conflict_ratio", REAL, true, \
      "share of these in which they tell different families, 0..1; 1 of these") \
    X(TLS_STACK, "tls.stack_family", TEXT, true, "family that the SYNs of these show most: linux windows apple bsd; 1 of these") \
    X(LINK_MTU, "link.mtu", INT, true, "MTU that the commonest SYN's MSS was made for, octets") \
    X(LINK_LABEL, "link.label", TEXT, true, "the link or tunnel known for that MTU") \
    X(LINK_LOWERED, "link.mss_lowered_from", INT, true, \
      "MSS that the commonest SYN's window was made for, where a router lowered it since, octets") \
    X(TS_N, "ts.n", INT, true, "SYNs with a timestamp other than 0, of the system that sent most of them; 1 SYN") \
    X(TS_POLICY, "ts.policy", TEXT, true, \
      "where timestamp clocks begin: absent zero global per-pair per-connection mixed; 3 SYNs, 8 beyond each " \
      "destination's first") \
    X(TS_HZ, "ts.hz", INT, true, "commonest rate of the timestamp clock inside connections, else the one on which SYNs agree; 3 connections") \
    X(TS_UPTIME, "ts.uptime_s", REAL, true, \
      "time since the clock's 0 at the last SYN, modulo 2^32 ticks; only where one clock serves all connections") \
    X(HOSTS, "hosts_estimated", INT, true, "hosts behind the address, at least; 1 SYN of a system") \
    X(HOSTS_SYSTEMS, "hosts.systems", TEXT, true, "system families that made two connections or more") \
    X(HOSTS_REASON, "hosts.reason", TEXT, true, "why they are several; absent for one") \
    X(SRC_ADDR, "src.addr_distinct", INT, true, "client addresses; destinations and fleets only") \
    X(SRC_ONCE, "src.once_ratio", REAL, true, \
      "share of client addresses with one connection, 0..1; destinations only") \
    X(SRC_TOP, "src.top_ratio", REAL, true, \
      "largest share of the half open, refused and unanswered connections that one address has, 0..1; " \
      "destinations only") \
    X(TIME_WAIT_PEAK, "time_wait.peak", INT, true, "most TIME_WAIT entries of the client at once, 2MSL 60 s") \
    X(TIME_WAIT_AREA, "time_wait.area_s", REAL, true, "their summed length, seconds")
/* clang-format on */

enum fact {
#define X(id, name, type, optional, doc) FACT_##id,
    SYC_FACT_LIST(X)
#undef X
        FACT_COUNT
};

_Static_assert((int)FACT_IAT_DRIFT == (int)FACT_IAT_MEAN + (int)GAP_REAL_COUNT &&
                   (int)FACT_IAT_PERIOD - (int)FACT_IAT_MEAN == (int)GAP_PERIOD,
               "gap statistics stand in the order of enum gap_real");

static inline void
fact_int(struct syc_value *row, enum fact f, int64_t value)
{
    row[f] = (struct syc_value){.type = SYC_INT, .u.i = value};
}

/* NaN leaves the fact absent. */
static inline void
fact_real(struct syc_value *row, enum fact f, double value)
{
    if (isfinite(value)) {
        row[f] = (struct syc_value){.type = SYC_REAL, .u.f = value};
    }
}

/* NULL leaves the fact absent. */
static inline void
fact_text(struct syc_value *row, enum fact f, const char *value)
{
    if (value != NULL) {
        row[f] = (struct syc_value){.type = SYC_TEXT, .u.text = value};
    }
}

/* part / whole, from `least` of the whole on. */
static inline void
fact_ratio(struct syc_value *row, enum fact f, uint64_t part, uint64_t whole, uint64_t least)
{
    if (whole >= least && whole > 0) {
        fact_real(row, f, (double)part / (double)whole);
    }
}

/* The statistics of the first count numbers of v->work, ascending instants; mean: the row's FACT_*_MEAN. */
void syc_facts_gaps(const struct view *v, size_t count, int64_t concentration_least, enum fact mean,
                    struct syc_value *row);

/*
 * Each fills its part of the row from the view's arrays, using its spare room (work and spare are
 * lost).
 *
 * row   absent where it is not touched
 * cost  one or two passes over the view's marks or acts, and sorts of numbers
 */
void syc_facts_connections(const struct view *v, struct syc_value *row);
void syc_facts_closes(const struct view *v, struct syc_value *row);
void syc_facts_targets(const struct view *v, struct syc_value *row);
void syc_facts_activity(const struct view *v, struct syc_value *row);
void syc_facts_syns(const struct view *v, const struct stacks *stacks,
                    const struct syc_signatures *signatures, struct syc_value *row);

/* What the commonest SYN itself shows. */
void syc_facts_layout(const struct syc_syn *syn, struct syc_value *row);

/* After syc_facts_syns(). */
void syc_facts_stack(const struct view *v, const struct stacks *stacks,
                     const struct syc_signatures *signatures, const struct agents *agents,
                     struct syc_value *row);

enum { HOSTS_TEXT = 256 };

/* Texts of the row that are made, not chosen; as long-lived as the row. What does not fit is cut. */
struct host_texts {
    char systems[HOSTS_TEXT], reason[HOSTS_TEXT];
};

/* cost: for each system family some passes over the view's marks, five sorts of at most 8192 timestamps */
void syc_facts_hosts(const struct view *v, const struct stacks *stacks,
                     const struct syc_signatures *signatures, struct host_texts *texts,
                     struct syc_value *row);

/* Whose stack it is, matched on first use. */
void syc_facts_signature(struct stack *stack, const struct syc_signatures *signatures,
                         struct syc_value *row);

/* Facts of a service's clients. Returns the one with most of its unfinished connections, of equals the first. */
const struct source *syc_facts_clients(const struct view *v, const struct store *s,
                                       struct syc_value *row);

#endif
