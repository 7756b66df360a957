#ifndef SYC_CONNECTION_H
#define SYC_CONNECTION_H

/*
 * Purpose           segments in, records out: the table of connections and of half-open SYNs
 * Input and output  batches of segments in capture order; records and first SYNs to a sink
 * Ownership         what the sink is given is borrowed for the call
 * Limits            two budgets (connections, half-open); full tables evict the oldest, counted, reason "evicted"
 * Not here          files and interfaces (capture/), judgement (behavior/, rules/)
 */

#include "connection/record.h"

/* The first SYN or SYN+ACK of a connection, when it is seen: what a `fingerprint` event tells. */
struct syc_syn_seen {
    const struct syc_key *key;
    int64_t flow_id;
    int64_t time_us;
    uint64_t number; /* frame */
    uint16_t file;
    const struct syc_syn *syn;
    const struct syc_syn_own *own;
};

/*
 * A connection of which one plain SYN is all that was seen: no answer, no repeat, neither VLAN nor tunnel. Under a flood
 * nearly all are this; a record would say 1.3 KiB of which nothing but these differs between SYNs of one number.
 */
enum { SYC_LONE_MOST = 16384 }; /* numbers are 1 to this */
struct syc_lone {
    const uint8_t *client, *server; /* 16 octets each */
    int64_t start_us;
    uint32_t number; /* of its SYN's facts, the same as long as the table lives */
    uint32_t isn, ts_val;
    uint32_t degraded;
    uint16_t client_port, server_port;
    uint16_t ip_id; /* 0 in version 6 */
    uint8_t ip_v;
};

/*
 * Where what leaves the table goes. Both are called from within feed, unreachable, expire and
 * finish: they may not call back into the table. record comes once for each part and once as the
 * last (final), syn at once.
 */
struct syc_table_sink {
    void *user;
    void (*record)(void *user, const struct syc_record *r);
    void (*syn)(void *user, const struct syc_syn_seen *s); /* may be NULL */
    /* A lone SYN leaves. true: it was taken, and has no record; false: its record comes next. May be NULL. */
    bool (*lone)(void *user, const struct syc_lone *l);
    /* The client of one that will leave a few later, so that the cache can be asked for what it needs. May be NULL. */
    void (*soon)(void *user, const uint8_t client[16], uint8_t ip_v);
};

/*
 * Limits and clock of one table. Two budgets, so that a flood of SYNs cannot take the room of
 * connections that talk: what it fills is its own ring. Both are octets; the tables of signatures
 * and paths have fixed caps beside them.
 */
struct syc_table_config {
    size_t connection_octets; /* budget of connections, their logs included */
    size_t half_open_octets;  /* budget of SYNs that nobody has answered */
    struct syc_hash_key key;  /* no output depends on it while no cap is hit */
    bool live;       /* records end by time (2MSL after the close, idle), not only with the input */
    int64_t idle_ns; /* live: silence that ends a connection */
    int64_t two_msl_ns;  /* live: how long a closed tuple is kept */
    int64_t interval_ns; /* live: part records of long connections; 0 = none */
    bool sni;            /* records tell the server's name of a ClientHello */
};

/*
 * Every refusal and loss has its counter: what is not here did not happen. open and half_open are
 * now, peaks are ever.
 */
struct syc_table_stats {
    uint64_t connections; /* records begun, half-open ones included */
    uint64_t open, open_peak;
    uint64_t evicted;
    uint64_t gave_way; /* closed for 5 s and more as memory was short: whole but for stragglers */
    uint64_t half_open, half_open_peak;
    uint64_t half_open_evicted;
    size_t half_open_octets, half_open_limit;
    size_t connection_octets, connection_limit;
    uint64_t stray_rst;  /* RSTs of tuples that were never seen: they begin no connection */
    uint64_t duplicates; /* frames that a mirror port gave twice */
    uint64_t denied; /* segments for whose connection there was no memory: they are in no record */
    uint64_t
        undescribed; /* SYNs for whose description there was none, or no number: not told to the sink */
};

/* One thread at a time; two tables share nothing. */
struct syc_table;

/*
 * An empty table.
 *
 * config   copied; without half_open_octets each SYN is a connection, without connection_octets all
 *          are refused and counted
 * sink     copied; record must be set, syn may be NULL
 * returns  NULL when memory is short
 * cost     some 150 KiB at once (path list, scratch lists, first index); the budgets fill as
 *          traffic asks
 */
struct syc_table *syc_table_new(const struct syc_table_config *config,
                                const struct syc_table_sink *sink);
/* Gives all memory back without writing a record: call syc_table_finish() before. NULL is fine. */
void syc_table_free(struct syc_table *t);

/*
 * Follow n segments (n <= SYC_BATCH), in order.
 *
 * segments  borrowed for the call; their time may run back by a little, it is held inside a
 *           connection
 * promises  no output depends on how segments are cut into batches, nor on config.key while no cap
 *           is hit
 * cost      one look-up each (prefetched over the batch), a handful of stores; no allocation but
 *           for new connections
 * source    record.md, identity and order
 */
void syc_table_feed(struct syc_table *t, const struct syc_segment *segments, size_t n);

/*
 * An ICMP error quoted this segment (s->unreachable): marks its connection, if there is one. The
 * first mark stays. It never begins or ends a connection: ICMP is easily forged (RFC 5927).
 */
void syc_table_unreachable(struct syc_table *t, const struct syc_segment *s);

/*
 * Live: end what time has ended: closed for 2MSL, silent for idle_ns, SYNs unanswered for 140 s.
 *
 * now_ns   the capture clock, not the wall's, so that a replay ends connections where the live run
 *          did
 * cost     bounded per call but for the closed ones that are due; meant for once a second or a
 *          batch
 */
void syc_table_expire(struct syc_table *t, int64_t now_ns);

/*
 * End everything, in canonical order (start, key, ISN).
 *
 * degraded  bits (1 << enum syc_degraded) that touch every record still open; closed ones are whole
 * cost      a list of 32 octets a connection, outside the budgets; without memory for it the order
 *           is lost, no record
 */
void syc_table_finish(struct syc_table *t, uint32_t degraded);

/* Counts so far; cheap, may be asked at any time. */
void syc_table_stats(const struct syc_table *t, struct syc_table_stats *out);

#endif
