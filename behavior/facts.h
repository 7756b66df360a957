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
/*
 * Facts that one pass over the view gives are one group, made when the first of them is asked for. GIVEN: by who
 * makes the row. X(GROUP, function)
 */
#define SYC_GROUP_LIST(X) \
    X(USE, syc_facts_use) \
    X(RATE, syc_facts_rate) \
    X(STARTS, syc_facts_starts) \
    X(BACKOFF, syc_facts_backoff) \
    X(IAT_SUMS, syc_facts_iat_sums) \
    X(IAT_ORDER, syc_facts_iat_order) \
    X(IAT_ENTROPY, syc_facts_iat_entropy) \
    X(PARALLEL, syc_facts_parallel) \
    X(PARALLEL_SERVICE, syc_facts_parallel_service) \
    X(LIFE, syc_facts_life) \
    X(HOURS, syc_facts_hours) \
    X(RHYTHM, syc_facts_rhythm) \
    X(PEAK, syc_facts_peak) \
    X(FANO, syc_facts_fano) \
    X(ENDS, syc_facts_ends) \
    X(IDLE, syc_facts_idle) \
    X(TIME_WAIT, syc_facts_time_wait) \
    X(TLS, syc_facts_tls) \
    X(PORTS, syc_facts_ports) \
    X(DESTS, syc_facts_dests) \
    X(SYN, syc_facts_syn) \
    X(RETRY, syc_facts_retry) \
    X(STACK, syc_facts_stack) \
    X(HOSTS, syc_facts_hosts)

/* The statistics of one series of gaps; least: of the concentration. X(ID, group, name, type, optional, doc) */
#define SYC_GAP_FACTS(X, ID, N_GROUP, SUMS, ORDER, ENTROPY_GROUP, p, what, least) \
    X(ID##_N, N_GROUP, p ".n", INT, true, "gaps between successive " what "; absent when their times are not known") \
    X(ID##_MEAN, SUMS, p ".mean_s", REAL, true, "mean gap between " what ", seconds; n >= 2") \
    X(ID##_SD, SUMS, p ".sd_s", REAL, true, "standard deviation of the gaps (of the population), seconds; n >= 2") \
    X(ID##_MIN, SUMS, p ".min_s", REAL, true, "shortest gap, seconds; n >= 2") \
    X(ID##_MAX, SUMS, p ".max_s", REAL, true, "longest gap, seconds; n >= 2") \
    X(ID##_CV, SUMS, p ".cv", REAL, true, "coefficient of variation of the gaps, sd / mean: 0 a clock, 1 chance; n >= 6") \
    X(ID##_MEDIAN, ORDER, p ".median_s", REAL, true, "median gap, seconds; n >= 6") \
    X(ID##_MAD, ORDER, p ".mad_s", REAL, true, "median distance of a gap from the median, seconds; n >= 6") \
    X(ID##_P10, ORDER, p ".p10_s", REAL, true, "10th percentile of the gaps, seconds; n >= 6") \
    X(ID##_P90, ORDER, p ".p90_s", REAL, true, "90th percentile of the gaps, seconds; n >= 6") \
    X(ID##_CONCENTRATION, ORDER, p ".concentration_ratio", REAL, true, \
      "share of gaps within 30 % of their median, 0..1; n >= " least) \
    X(ID##_BEAT, ORDER, p ".beat", REAL, true, \
      "how little chance explains that concentration: -log10 of the probability that irregular gaps " \
      "(lognormal, sigma 0.7) show it, 0..99; as above") \
    X(ID##_BURSTINESS, SUMS, p ".burstiness", REAL, true, \
      "Kim and Jo's burstiness of n gaps: -1 a clock, 0 chance, 1 bursts; n >= 6") \
    X(ID##_MEMORY, SUMS, p ".memory", REAL, true, "correlation of each gap with the next, -1..1; n >= 10") \
    X(ID##_ENTROPY, ENTROPY_GROUP, p ".entropy_ratio", REAL, true, \
      "entropy of the gaps' logarithmic histogram over its largest value, 0..1; n >= 20") \
    X(ID##_PERIOD, ORDER, p ".period_s", REAL, true, \
      "period that the last 128 " what " keep, seconds; n >= 10 and chance below 1 %") \
    X(ID##_STRENGTH, ORDER, p ".period_strength_ratio", REAL, true, \
      "how well the best period folds them, 0..1; n >= 10") \
    X(ID##_DRIFT, ORDER, p ".drift", TEXT, true, \
      "\"schedule\" (fixed times) or \"sleep\" (a pause after each); n >= 12, concentration >= 0.6, and clear")

/* Every fact, in the order of the row and of the `source` event. */
#define SYC_FACT_LIST(X) \
    X(SUBJECT, GIVEN, "subject", TEXT, false, \
      "\"source\" (a client address), \"pair\" (with one service), \"substream\" (one program behind it), " \
      "\"destination\" (a service) or \"fleet\" (sources of one stack and rhythm)") \
    X(SRC_IP, GIVEN, "src_ip", ADDR, false, "address of the client") \
    X(CONN_COUNT, GIVEN, "conn.count", INT, false, "connections") \
    X(CONN_ESTABLISHED, USE, "conn.established", INT, false, "connections whose handshake the client completed") \
    X(CONN_TURN_COUNT, USE, "conn.turns", INT, true, \
      "answered requests of all connections, set-up left out; absent when no exchange is known") \
    X(CONN_RUN, USE, "conn.run_max", INT, true, \
      "most requests in one connection, each less than 1 s after the answer before it; 1 turn") \
    X(CONN_SPAN, USE, "conn.span_s", REAL, true, "first start to last close or segment, seconds; 1 connection") \
    X(CONN_RATE_1S, RATE, "conn.rate_1s_peak", INT, true, "most connection starts within any 1 s; 1 start") \
    X(CONN_RATE_10S, STARTS, "conn.rate_10s_peak", INT, true, "most connection starts within any 10 s; 1 start") \
    X(CONN_PARALLEL, PARALLEL, "conn.parallel_peak", INT, true, "most connections open at once; 1 connection") \
    X(CONN_PARALLEL_SERVICE, PARALLEL_SERVICE, "conn.parallel_service_peak", INT, true, \
      "most of them to one server address and port; 1 connection") \
    X(CONN_SAME_START, STARTS, "conn.same_start_ratio", REAL, true, \
      "share of starts less than 50 ms after the one before, 0..1; 8 starts") \
    X(CONN_HALF_OPEN, USE, "conn.half_open_ratio", REAL, true, \
      "share of starts that the server answered and the client never completed, 0..1; 5 starts") \
    X(CONN_REFUSED, USE, "conn.refused_ratio", REAL, true, "share of starts answered by a RST, 0..1; 5 starts") \
    X(CONN_UNANSWERED, USE, "conn.unanswered_ratio", REAL, true, "share of starts without any answer, 0..1; 5 starts") \
    X(CONN_UNUSED, USE, "conn.unused_ratio", REAL, true, \
      "share of established connections without client payload, 0..1; 5 established") \
    X(CONN_TURNS, USE, "conn.turns_mean", REAL, true, \
      "answered requests a connection, set-up left out, over connections that had one; 5 of these") \
    X(CONN_ONE_TURN, USE, "conn.one_turn_ratio", REAL, true, "share of these that had exactly one, 0..1; 5 of these") \
    X(CONN_REUSE, USE, "conn.reuse_ratio", REAL, true, "1 - connections / turns, over these, 0..1; 5 of these") \
    X(CONN_LIFE, LIFE, "conn.life_p50_ms", REAL, true, \
      "median time from the SYN to both FINs, a RST or the last segment, milliseconds; 5 established") \
    SYC_GAP_FACTS(X, IAT, USE, IAT_SUMS, IAT_ORDER, IAT_ENTROPY, "iat", "connection starts", "10") \
    X(IAT_BACKOFF, BACKOFF, "iat.backoff_n", INT, true, \
      "most gaps between starts in a row, each the same factor (1.2 to 5, within 10 %) times the one before; 3 gaps") \
    SYC_GAP_FACTS(X, EPISODE, RHYTHM, RHYTHM, RHYTHM, RHYTHM, "episode", "activity episodes (client payload or SYN after 1 s of silence)", "10") \
    SYC_GAP_FACTS(X, HEAVY, RHYTHM, RHYTHM, RHYTHM, RHYTHM, "heavy", \
      "heavy episodes (at least half the 80th percentile of client packets)", "8") \
    X(OCTETS_CV, RHYTHM, "episode.octets_cv", REAL, true, \
      "coefficient of variation of client octets an episode, set-up left out; 8 episodes with octets") \
    X(OCTETS_MODAL, RHYTHM, "episode.octets_modal_ratio", REAL, true, \
      "share of these within 2 % (or 8 octets) of their commonest size, 0..1; 8 episodes with octets") \
    X(PACKETS_CV, RHYTHM, "episode.packets_cv", REAL, true, \
      "coefficient of variation of client packets with payload an episode, set-up left out; as above") \
    X(PKT_PEAK, PEAK, "pkt.peak_1s", INT, true, "most client packets with payload within 1 s; 1 burst") \
    X(FANO_1, FANO, "fano.w1", REAL, true, \
      "variance / mean of client bursts and SYNs in windows of 1 s: 1 chance, less is regular; 20 windows") \
    X(FANO_10, FANO, "fano.w10", REAL, true, "the same in windows of 10 s; 20 windows") \
    X(FANO_60, FANO, "fano.w60", REAL, true, "the same in windows of 60 s; 20 windows") \
    X(HOURS_ENTROPY, HOURS, "hours.entropy_bits", REAL, true, \
      "entropy of connection starts over the 24 hours of the day, 0..4.58 bits; 3 days between first and last") \
    X(CLOSE_CLIENT, ENDS, "close.client", INT, true, "connections that the client's FIN closed first") \
    X(CLOSE_SERVER, ENDS, "close.server", INT, true, "that the server's FIN closed first") \
    X(CLOSE_BOTH, ENDS, "close.both", INT, true, "whose FINs crossed") \
    X(CLOSE_RST_CLIENT, ENDS, "close.rst_client", INT, true, "that a RST of the client ended") \
    X(CLOSE_RST_SERVER, ENDS, "close.rst_server", INT, true, "that a RST of the server ended, refusals included") \
    X(CLOSE_OPEN, ENDS, "close.open", INT, true, "that neither side closed, or only one") \
    X(IDLE_N, IDLE, "idle_close.n", INT, true, "connections that the client closed first after having used them") \
    X(IDLE_MEDIAN, IDLE, "idle_close.median_s", REAL, true, "median time from the last burst to the client's FIN; n >= 5") \
    X(IDLE_CV, IDLE, "idle_close.cv", REAL, true, "coefficient of variation of these times; n >= 5") \
    X(TLS_FULL, TLS, "tls.full", INT, true, "full TLS handshakes") \
    X(TLS_RESUMED, TLS, "tls.resumed", INT, true, \
      "resumed ones: first server flight below half the pair's largest, resumption offered or not known") \
    X(TLS_RATIO, TLS, "tls.resumed_ratio", REAL, true, "share of resumed ones, 0..1; 5 handshakes") \
    X(PORT_STRATEGY, PORTS, "port.strategy", TEXT, true, \
      "how source ports are chosen: fixed sequential even odd small-steps random; 16 starts") \
    X(PORT_ODD, PORTS, "port.odd_ratio", REAL, true, "share of odd source ports, 0..1; 16 starts") \
    X(PORT_DISTINCT, PORTS, "port.distinct", INT, true, "different source ports; 1 start") \
    X(PORT_MIN, PORTS, "port.min", INT, true, "lowest source port; 1 start") \
    X(PORT_MAX, PORTS, "port.max", INT, true, "highest source port; 1 start") \
    X(DEST_ADDR, DESTS, "dest.addr_distinct", INT, false, "different server addresses") \
    X(DEST_PORT, DESTS, "dest.port_distinct", INT, false, "different server ports") \
    X(SYN_DISTINCT, SYN, "syn.distinct", INT, true, "different SYN fingerprints (tcpfp); 1 SYN") \
    X(SYN_FAMILY, SYN, "syn.os_family", TEXT, true, "system family of the commonest SYN: linux windows apple ...") \
    X(SYN_LABEL, SYN, "syn.label", TEXT, true, "signature label of the commonest SYN") \
    X(SYN_TTL, SYN, "syn.ttl_initial", INT, true, "initial TTL of the commonest SYN: 32 64 128 255") \
    X(SYN_QUALITY, SYN, "syn.match_quality", TEXT, true, "how well its signature fits: exact generic fuzzy none") \
    X(SYN_SCHEDULE, RETRY, "syn.schedule", TEXT, true, \
      "commonest SYN retry schedule: linear-4 exponential-1 ... unknown; 1 connection of 3 SYNs") \
    X(SYN_RETRY_RATIO, RETRY, "syn.retry_ratio", REAL, true, "share of starts whose SYN was repeated, 0..1; 5 starts") \
    X(SYN_RETRY_COUNT, RETRY, "syn.retry_count", INT, true, "SYNs beyond the first of each connection; 1 start") \
    X(SYN_UNANSWERED, RETRY, "syn.unanswered", INT, true, \
      "SYNs, repeats included, of connections that nothing answered; 1 start") \
    X(SYN_N, STACK, "syn.n", INT, true, "connections whose SYN is known; 1 SYN") \
    X(SYN_LAYOUT, SYN, "syn.layout_family", TEXT, true, \
      "the one family whose SYNs order their options as the commonest SYN does: linux windows apple") \
    X(SYN_WINDOW, SYN, "syn.window", INT, true, "window of the commonest SYN, octets, not scaled") \
    X(SYN_WINDOW_UNIT, SYN, "syn.window_unit", TEXT, true, \
      "what that window is a multiple of: floor65535 mss mtu, or value for nothing") \
    X(SYN_WSCALE, SYN, "syn.wscale", INT, true, "window scale of the commonest SYN") \
    X(SYN_MSS, SYN, "syn.mss", INT, true, "MSS of the commonest SYN, octets") \
    X(SYN_SCHEDULE_N, STACK, "syn.schedule_n", INT, true, "connections of 3 SYNs or more, on which syn.schedule rests; 1 SYN") \
    X(SYN_STRIPPED, STACK, "syn.ts_stripped_ratio", REAL, true, \
      "share of SYNs whose timestamps a middlebox wrote over with no-operations, 0..1; 1 SYN") \
    X(ID_N, STACK, "ip_id.n", INT, true, "connections of the commonest SYN's family that show a habit of IP IDs (3 packets)") \
    X(ID_STEP, STACK, "ip_id.step", TEXT, true, "their commonest habit: zero const one small random; 1 connection") \
    X(ID_RATIO, STACK, "ip_id.step_ratio", REAL, true, "share of them that keep it, 0..1; 1 connection") \
    X(UA_N, STACK, "ua.n", INT, true, "connections whose User-Agent names a system; 1 connection") \
    X(UA_OS, STACK, "ua.os", TEXT, true, "system named most: windows linux android chromeos macos ios apple bsd; 1 connection") \
    X(UA_DISTINCT, STACK, "ua.os_distinct", INT, true, "different systems named; 1 connection") \
    X(UA_COMPARED, STACK, "ua.compared", INT, true, "connections whose User-Agent and SYN both tell a system; 1 connection") \
    X(UA_CONFLICT, STACK, "ua.conflict_ratio", REAL, true, \
      "share of these in which they tell different families, 0..1; 1 of these") \
    X(UA_STACK, STACK, "ua.stack_family", TEXT, true, "family that the SYNs of these show most: linux windows apple bsd; 1 of these") \
    X(TLS_FAMILY, STACK, "tls.os_family", TEXT, true, \
      "family whose own TLS library made most ClientHellos: apple windows; 1 connection of such a library") \
    X(TLS_COMPARED, STACK, "tls.compared", INT, true, "connections whose TLS library and SYN both tell a system; as above") \
    X(TLS_CONFLICT, STACK, "tls.conflict_ratio", REAL, true, \
      "share of these in which they tell different families, 0..1; 1 of these") \
    X(TLS_STACK, STACK, "tls.stack_family", TEXT, true, "family that the SYNs of these show most: linux windows apple bsd; 1 of these") \
    X(LINK_MTU, SYN, "link.mtu", INT, true, "MTU that the commonest SYN's MSS was made for, octets") \
    X(LINK_LABEL, SYN, "link.label", TEXT, true, "the link or tunnel known for that MTU") \
    X(LINK_LOWERED, SYN, "link.mss_lowered_from", INT, true, \
      "MSS that the commonest SYN's window was made for, where a router lowered it since, octets") \
    X(TS_N, HOSTS, "ts.n", INT, true, "SYNs with a timestamp other than 0, of the system that sent most of them; 1 SYN") \
    X(TS_POLICY, HOSTS, "ts.policy", TEXT, true, \
      "where timestamp clocks begin: absent zero global per-pair per-connection mixed; 3 SYNs, 8 beyond each " \
      "destination's first") \
    X(TS_HZ, HOSTS, "ts.hz", INT, true, "commonest rate of the timestamp clock inside connections, else the one on which SYNs agree; 3 connections") \
    X(TS_UPTIME, HOSTS, "ts.uptime_s", REAL, true, \
      "time since the clock's 0 at the last SYN, modulo 2^32 ticks; only where one clock serves all connections") \
    X(HOSTS, HOSTS, "hosts_estimated", INT, true, "hosts behind the address, at least; 1 SYN of a system") \
    X(HOSTS_SYSTEMS, HOSTS, "hosts.systems", TEXT, true, "system families that made two connections or more") \
    X(HOSTS_REASON, HOSTS, "hosts.reason", TEXT, true, "why they are several; absent for one") \
    X(SRC_ADDR, GIVEN, "src.addr_distinct", INT, true, "client addresses; destinations and fleets only") \
    X(SRC_ONCE, GIVEN, "src.once_ratio", REAL, true, \
      "share of client addresses with one connection, 0..1; destinations only") \
    X(SRC_TOP, GIVEN, "src.top_ratio", REAL, true, \
      "largest share of the half open, refused and unanswered connections that one address has, 0..1; " \
      "destinations only") \
    X(TIME_WAIT_PEAK, TIME_WAIT, "time_wait.peak", INT, true, "most TIME_WAIT entries of the client at once, 2MSL 60 s") \
    X(TIME_WAIT_AREA, TIME_WAIT, "time_wait.area_s", REAL, true, "their summed length, seconds")
/* clang-format on */

enum fact {
#define X(id, group, name, type, optional, doc) FACT_##id,
    SYC_FACT_LIST(X)
#undef X
        FACT_COUNT
};

enum fact_group {
    GROUP_GIVEN,
#define X(id, function) GROUP_##id,
    SYC_GROUP_LIST(X)
#undef X
        GROUP_COUNT
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

/* ------------------------------------------------------------ making them */

enum { HOSTS_TEXT = 256 };

/* Texts of a row that are made, not chosen. What does not fit is cut. */
struct host_texts {
    char systems[HOSTS_TEXT], reason[HOSTS_TEXT];
};

/* What facts are made from. signatures may be NULL. */
struct basis {
    struct view view;
    const struct stacks *stacks;
    const struct agents *agents;
    const struct syc_signatures *signatures;
    struct host_texts *texts; /* as long-lived as the row */
};

/* A row of promises: each group of facts is made when one of it is asked for, or never. */
struct facts {
    struct syc_value row[FACT_COUNT];
    struct syc_value promised[FACT_COUNT]; /* as the row is when nothing was asked for */
    struct group_promise {
        struct syc_promise promise;
        struct facts *facts;
        enum fact_group group;
    } promises[GROUP_COUNT];
    uint8_t fields[FACT_COUNT];         /* by group */
    uint8_t fields_of[GROUP_COUNT + 1]; /* where those of a group begin */
    struct basis basis;
    struct host_texts texts;
};

/* Once, before rows are promised; facts must not move from then on. */
void syc_facts_init(struct facts *f, const struct stacks *stacks, const struct agents *agents);

/*
 * Promise all facts of a view but those that are given, which are absent.
 *
 * v           copied; its arrays are read whenever a fact is asked for
 * signatures  may be NULL
 */
void syc_facts_promise(struct facts *f, const struct view *v,
                       const struct syc_signatures *signatures);

/*
 * Each fills its group from the view's arrays, using its spare room (work and spare are lost).
 *
 * row   absent where it is not touched
 * cost  one or two passes over the view's marks or acts, and sorts of numbers; hosts: for each system family some
 *       passes, five sorts of at most 8192 timestamps
 */
#define X(id, function) void function(const struct basis *b, struct syc_value *row);
SYC_GROUP_LIST(X)
#undef X

/*
 * The statistics (enum gap_part) of the first count numbers of v->work, ascending instants; mean: the row's FACT_*_MEAN.
 */
void syc_facts_gaps(const struct view *v, size_t count, unsigned parts, int64_t concentration_least,
                    enum fact mean, struct syc_value *row);

/* What the commonest SYN itself shows. */
void syc_facts_layout(const struct stack *stack, struct syc_value *row);

/* Whose stack it is, matched on first use. */
void syc_facts_signature(struct stack *stack, const struct syc_signatures *signatures,
                         struct syc_value *row);

/*
 * Facts of a service's clients; marks without a source are of its singles, whom `more` counts. top: the one with most of its
 * unfinished connections, of equals the first by address.
 */
struct service_more;
void syc_facts_clients(const struct view *v, const struct store *s, const struct service_more *more,
                       struct syc_value *row, uint8_t top[16]);

#endif
