#ifndef SYC_BEHAVIOR_AUDIT_H
#define SYC_BEHAVIOR_AUDIT_H

/*
 * Purpose           what the connections of each pair cost: TIME_WAIT, ports, pools, slow start, handshakes, loss
 * Input and output  records in any order; one report: hosts, pairs and findings in canonical order
 * Ownership         a report belongs to its audit and lives until that is freed or finished again
 * Limits            one budget; records that find no room are counted, and what they would have changed is not claimed
 * Not here          words and JSON (output/); whether a connection looks automated (cadence, rules)
 *
 * Definitions: the numbers in comments are sections of the lifecycle reference; names and units are the audit event's.
 * Times are microseconds from the start of the first record; SYC_NONE and NAN mean unknown or not claimed.
 */

#include "connection/connection.h"

/* clang-format off */
/* X(NAME, "word") */
#define SYC_VANTAGE_LIST(X) X(UNKNOWN, "unknown") X(CLIENT, "client") X(SERVER, "server") X(BETWEEN, "between")
#define SYC_ASSUMED_LIST(X) X(DEFAULT, "default") X(STACK, "stack") X(OPTION, "option")
#define SYC_RANGE_LIST(X)   X(NONE, "none") X(OBSERVED, "observed") X(FLIP, "flip") X(OPTION, "option")
#define SYC_SEVERITY_LIST(X) X(INFO, "info") X(WARNING, "warning") X(CRITICAL, "critical")
#define SYC_SYN_SCHEDULE_LIST(X) X(NONE, "none") X(LINEAR, "linear") X(EXPONENTIAL_1, "exponential-1") \
    X(EXPONENTIAL_3, "exponential-3") X(APP_TIMEOUT, "app_timeout") X(UNKNOWN, "unknown")

#define X(name, word) SYC_VANTAGE_##name,
enum syc_vantage { SYC_VANTAGE_LIST(X) SYC_VANTAGE_COUNT };
#undef X
#define X(name, word) SYC_ASSUMED_##name,
enum syc_assumed { SYC_ASSUMED_LIST(X) SYC_ASSUMED_COUNT };
#undef X
#define X(name, word) SYC_RANGE_##name,
enum syc_range_from { SYC_RANGE_LIST(X) SYC_RANGE_COUNT };
#undef X
#define X(name, word) SYC_SEVERITY_##name,
enum syc_severity { SYC_SEVERITY_LIST(X) SYC_SEVERITY_COUNT };
#undef X
#define X(name, word) SYC_SYN_SCHEDULE_##name,
enum syc_syn_schedule { SYC_SYN_SCHEDULE_LIST(X) SYC_SYN_SCHEDULE_COUNT };
#undef X
/* clang-format on */

/* How many of something there are over time: v[i] is the most within [t0 + i * step, t0 + (i + 1) * step). */
struct syc_curve {
    int64_t t0_us, step_us;
    const uint32_t *v;
    size_t count;
};

/* 2.1 and 2.2.1, for one address that held a socket. */
struct syc_audit_host {
    uint8_t addr[16];
    uint8_t ip_v;
    int64_t two_msl_us; /* the value used for it */
    enum syc_assumed two_msl_from;
    int64_t tw_entered, tw_peak, tw_peak_at_us, tw_now, tw_drains_at_us;
    double tw_area_s; /* connection-seconds */
    struct syc_curve tw;
    int64_t fin_wait_2_entered, fin_wait_2_peak;
    int64_t port_min, port_max, port_distinct; /* of its own SYNs; SYC_NONE without any */
    const char *candidates[8];                 /* known ranges that fit, best first */
    size_t candidate_count;
    const char *parity; /* "even", "odd", "mixed", NULL = too few to say */
    int64_t tw_reuse;   /* bool; SYC_NONE = not known */
};

/* 2.5 */
struct syc_audit_handshake {
    double rtt_min_ms, setup_p50_ms, setup_p95_ms;
    int64_t syn_retransmits, syn_ack_retransmits;
    enum syc_syn_schedule schedule;
    int64_t schedule_n; /* of SYC_SYN_SCHEDULE_LINEAR: "linear-4" */
    int64_t refused, unreachable, no_answer, half_open, ghost;
    int64_t overflow; /* connections with signs of a full accept queue; for the finding alone */
    bool cookies_suspected;
};

/*
 * 2.2.2 to 2.2.5. Rate, need and what is sustainable are those of the moment the ports ran out; else those of now while a
 * forecast stands; else those of the last SYN.
 */
struct syc_audit_ports {
    int64_t occupied_peak, capacity;
    enum syc_range_from capacity_from;
    int64_t flip_after, flip_at_us;
    double occupied_ratio, rate_per_s, need, sustainable_per_s;
    int64_t exhaust_at_us; /* when they ran out, or will by the forecast that stands */
    int64_t starved_from_us, starved_to_us;
    int64_t reuse_within_2msl;
    int64_t tw_reuse; /* bool: tcp_tw_reuse=1 at work, or not at work; SYC_NONE = not known yet */
    int64_t warned_at_us;       /* when a forecast could first be made */
    int64_t resolved_at_us;     /* when the last one was withdrawn: the rate had fallen */
    int64_t forecast_us;        /* what the last forecast said */
    double forecast_rate_per_s; /* and from which rate */
};

enum { SYC_CAP_ROWS = 8 };
struct syc_cap_row {
    int64_t cap, connections;
    double queue_p50_ms, queue_p95_ms;
};

/* 2.3 */
struct syc_audit_pool {
    int64_t requests;
    const char *requests_from; /* "http1", "turns"; NULL = no request at all */
    double per_connection_mean, per_connection_median;
    int64_t per_connection_max;
    int64_t open_peak, busy_peak, active_cap, idle_cap;
    double idle_timeout_s;
    int64_t idle_cap_seen, idle_timeout_seen; /* how often; for the findings alone */
    const char *closer;                       /* "client", "server", "both", NULL */
    int64_t races;
    int64_t ideal_60s, ideal_5s, avoidable;
    int64_t saves_packets, saves_bytes, saves_round_trips;
    double saves_setup_s;
    struct syc_cap_row caps[SYC_CAP_ROWS];
    size_t cap_count;
};

/* 2.3.5 */
struct syc_audit_overhead {
    int64_t control_packets, packets;
    double ratio, setup_latency_ratio;
};

/* 2.4 */
struct syc_audit_slow_start {
    int64_t iw, iw_connections;
    bool iw_exact; /* else at least */
    int64_t responses, one_flight, round_trips_lost;
    double time_lost_s;
    int64_t idle_restarts;
};

/* 2.7 */
struct syc_audit_loss {
    int64_t retransmitted, data_segments, rto, fast;
    double ratio, goodput_bps, efficiency_ratio;
    bool lower_bound;
};

/* A client and a server's address and port. */
struct syc_audit_pair {
    uint8_t client[16], server[16];
    uint8_t ip_v;
    uint16_t server_port;
    int64_t connections; /* with and without a SYN */
    int64_t replayed; /* the first so many: pool, slow start, handshake and loss looked at them */
    int64_t attempts, established; /* SYNs with a new ISN; handshakes completed */
    struct syc_audit_handshake handshake;
    int64_t closes[SYC_CLOSE_COUNT];
    int64_t time_wait_peak; /* of the side that held more */
    struct syc_audit_ports ports;
    struct syc_audit_pool pool;
    struct syc_audit_overhead overhead;
    struct syc_audit_slow_start slow_start;
    struct syc_audit_loss loss;
    struct syc_curve
        tw;            /* of the tuple's client ports in TIME_WAIT or open: the report's picture */
    uint32_t degraded; /* union of its records' bits */
};

enum { SYC_FINDING_VALUES = 8, SYC_FINDING_FIXES = 4, SYC_FINDING_TEXT = 400 };

/* 5.1: a stable id, the numbers it follows from, what to do and what that would change. */
struct syc_finding {
    const char *id; /* "ports.exhaust" */
    enum syc_severity severity;
    size_t pair; /* index into pairs; SIZE_MAX = of a host */
    size_t host; /* index into hosts when pair is SIZE_MAX */
    int64_t at_us, resolved_at_us;
    char text[SYC_FINDING_TEXT];
    struct {
        const char *name;
        double value;
    } evidence[SYC_FINDING_VALUES];
    size_t evidence_count;
    struct {
        const char *what; /* static */
        char effect[120];
    } fixes[SYC_FINDING_FIXES];
    size_t fix_count;
};

struct syc_audit_report {
    int64_t start_us; /* since 1970 */
    int64_t span_us;
    int64_t packets, connections;
    int64_t dropped;           /* records that found no room */
    int64_t pairs_left_out;    /* pairs of fewest connections that found no row; hosts count them */
    int64_t findings_left_out; /* beyond the 4096 worst */
    uint32_t degraded;
    enum syc_vantage vantage;
    int64_t two_msl_us;
    enum syc_assumed two_msl_from;
    enum syc_range_from range_from; /* SYC_RANGE_NONE: no pair has a capacity */
    const struct syc_audit_host *hosts;
    size_t host_count;
    const struct syc_audit_pair *pairs;
    size_t pair_count;
    const struct syc_finding *findings; /* worst first, then by pair */
    size_t finding_count;
};

struct syc_audit_options {
    int64_t two_msl_us; /* 0 = by stack, else 60 s */
    int64_t at_us;      /* SYC_NONE = the end; else only what could be said then (from the start) */
    size_t memory_octets; /* 0 = 128 MiB */
    const uint8_t (
        *own)[16]; /* --host: the operator's machines; findings are theirs only. Borrowed. */
    size_t own_count;
    const struct syc_signatures *signatures; /* borrowed; NULL = stacks are not named */
};

struct syc_audit;

/* NULL when memory is short. */
struct syc_audit *syc_audit_new(const struct syc_audit_options *options);
void syc_audit_free(struct syc_audit *a);

/* Take in one record, whole or a part; order does not matter. Copies what it needs. */
void syc_audit_feed(struct syc_audit *a, const struct syc_record *r);

/* Something of the traffic is in no record, for want of memory: the report says that it is not complete. */
void syc_audit_lose(struct syc_audit *a);

/*
 * Three quarters of the budget are used, or a record found no room: who reports at intervals begins a new audit now, while
 * nothing is lost yet. What the new one is not fed it does not know: TIME_WAIT entries and pools begin empty.
 */
bool syc_audit_is_full(const struct syc_audit *a);

/*
 * Compute the report of all records so far. Again as often as wanted, with records fed between: each time it is what a new
 * audit fed with the same records would report, and the report before it is gone.
 *
 * returns  SYC_OK; SYC_NO_MEMORY (no report; the records stay)
 * cost     O(n log n) in the records; exchanges are unpacked for one pair at a time
 */
enum syc_status syc_audit_finish(struct syc_audit *a,
                                 const struct syc_audit_report **out) SYC_MUST_CHECK;

#endif
