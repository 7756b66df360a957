#ifndef SYC_BEHAVIOR_AUDIT_INT_H
#define SYC_BEHAVIOR_AUDIT_INT_H

/*
 * Purpose           what the parts of the audit share: lives (records as the audit needs them), one pair at a time
 * Input and output  audit_store.c packs records and gives back the lives of a pair, in order; each part is a pure function
 *                   from those to its rows of the report
 * Ownership         lives and their exchanges are valid until the next pair is unpacked
 * Limits            one budget for the packed records
 * Not here          the report's shape (audit.h)
 *
 *     records -> audit_store (packed, in any order) -> sorted by pair -> lives of one pair -> time_wait, ports, pool,
 *     slow_start, handshake, loss -> pair row; time_wait also -> host rows; rows -> findings
 */

#include "behavior/audit.h"

/* One side's TIME_WAIT: absolute microseconds since 1970; enter == SYC_NONE: it never entered. */
struct life_wait {
    int64_t enter, killed;
    int64_t restarts[SYC_RESTARTS_MAX][2]; /* spans of segments that restarted it, oldest first */
    uint8_t restart_count;
};

/* One connection (its parts joined). Times are absolute microseconds since 1970 unless they end in _dur. */
struct life {
    int64_t start, end;
    int64_t isn;     /* SYC_NONE = the SYN was not seen */
    int64_t syn_ack; /* first SYN+ACK; SYC_NONE = none */
    int64_t established, ack;
    int64_t syn_ack_dur, ack_dur, setup_dur, rtt_min_dur[2];
    int64_t first_payload[2], first_data_acked;
    int64_t fin[2], fin_acked[2], rst_at, unreachable_at, challenge;
    int64_t seq_end[2], ts_last_val[2];
    int64_t syn_ts_val; /* TSval of the SYN */
    int64_t syn_times[SYC_SYN_TIMES_MAX];
    struct life_wait wait[2];
    const struct syc_exchange *exchanges; /* offsets from start */
    const struct syc_flight *flights;
    const struct syc_syn *syn[2]; /* interned by the store; NULL = not seen */
    int64_t pkts[2], bytes[2], payload[2], unique_payload[2], data_segments[2];
    int64_t control_pkts[2], control_bytes[2];
    int64_t retrans_data[2], retrans_fast[2], retrans_rto[2], retrans_syn[2], retrans_fin[2];
    int64_t retrans_syn_after_ack, syn_cookie_jump_ms;
    int64_t never_acked_octets, never_acked_repeats;
    int64_t requests, setup_turns, race; /* requests: clear HTTP/1, SYC_NONE = not HTTP/1 */
    int64_t window_peak[2], segment_max[2];
    uint32_t exchange_count, flight_count;
    uint32_t degraded;
    uint16_t client_port;
    uint8_t syn_time_count;
    uint8_t syn_count; /* saturating */
    uint8_t protocol, close_kind, close_first, rst_class, rst_by;
    bool client_known, handshake_seen, cut; /* cut: exchanges or flights are not all there */
};

/* An entry of TIME_WAIT, FIN_WAIT_2 or an occupied port: [from, to). to == INT64_MAX: beyond what is known. */
struct span {
    int64_t from, to;
};

struct spans {
    struct span *v;
    size_t count, room;
};

enum tenure_flag {
    TENURE_SYN = 1 << 0,       /* began with a SYN that was seen */
    TENURE_WAITED = 1 << 1,    /* the client entered TIME_WAIT */
    TENURE_WITHIN = 1 << 2,    /* began within 2MSL of the tuple's last entry into TIME_WAIT */
    TENURE_OWN_REUSE = 1 << 3, /* and at least 1 s after the client's own entry: tcp_tw_reuse */
    TENURE_ENDED = 1 << 4,     /* the connection is over; open_to is known */
};

/* One connection's hold on its client port: open in [start, open_to), in TIME_WAIT or so until hold_to. */
struct tenure {
    int64_t start, open_to, hold_to; /* INT64_MAX: beyond what is known */
    uint16_t port;
    uint8_t flags;
};

/* What the connections of a pair hold, in TIME_WAIT and else; of the client [0] and of the server [1]. */
struct tenures {
    struct tenure *list; /* by (start, client port, isn) */
    size_t count, room;
    struct spans waits[2];     /* TIME_WAIT */
    struct spans fin_waits[2]; /* FIN_WAIT_2 that lasted: the peer's FIN was missing */
    bool server_held;          /* the server had a socket */
};

/* All lives of one client and server address and port, by (start, client port, isn). */
struct life_pair {
    uint8_t client[16], server[16];
    uint8_t ip_v;
    uint16_t server_port;
    const struct life *lives;
    size_t count;                  /* at most a quarter of the budget: of very many, the first */
    const struct tenures *tenures; /* of all of them; NULL where only lives are looked at */
    int64_t two_msl[2];            /* of the client, of the server */
    int64_t rtt_min_dur; /* smallest handshake round trip of the pair, SYC_NONE = unknown */
    int64_t at;          /* absolute: nothing later may be said; INT64_MAX = no such limit */
    int64_t origin;      /* the report's start_us: rows are offsets from it */
    int64_t last; /* absolute: end of the last record, at most `at`: silence until then was seen */
    bool dropped; /* records found no room, perhaps this pair's: silence proves nothing */
};

/* Room that parts use while they look at a pair; grown, never shrunk. NULL from a call = no memory. */
struct audit_work {
    struct syc_arena arena;   /* reset after each pair */
    struct syc_arena scratch; /* of one part alone; reset before the next */
    struct syc_arena lasting; /* curves and texts of the report */
    size_t curve_points; /* most points of a series, so that all of them stay within the budget */
};

/* ---- the parts: each fills its members of *out and touches nothing else. False = no memory. ---- */
bool audit_time_wait_pair(const struct life_pair *p, struct audit_work *w,
                          struct syc_audit_pair *out);
bool audit_ports_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out);
bool audit_handshake_pair(const struct life_pair *p, struct audit_work *w,
                          struct syc_audit_pair *out);
bool audit_pool_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out);
bool audit_overhead_pair(const struct life_pair *p, struct audit_work *w,
                         struct syc_audit_pair *out);
bool audit_slow_start_pair(const struct life_pair *p, struct audit_work *w,
                           struct syc_audit_pair *out);
bool audit_loss_pair(const struct life_pair *p, struct audit_work *w, struct syc_audit_pair *out);

/*
 * Findings of a pair from its row and its lives (the numbers), into out (room for max). Returns how many.
 */
size_t audit_findings_pair(const struct life_pair *p, const struct syc_audit_pair *row,
                           struct syc_finding *out, size_t max);

#endif
