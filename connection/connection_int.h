#ifndef SYC_CONNECTION_INT_H
#define SYC_CONNECTION_INT_H

/*
 * Purpose           the live state of a connection and the parts of the table that follow it
 * Input and output  one decoded segment at a time changes a struct conn; build.c turns it into a record
 * Ownership         connections, their logs and interned values belong to the table
 * Limits            times in here are microseconds; `..._at` counts from the connection's start, SYC_NONE = not yet
 * Not here          the waist itself (record.h)
 *
 * One segment passes: table.c (look-up) -> track.c (sequence space, counters) -> state.c (Zeek's machine) ->
 * close.c (FIN, RST, TIME-WAIT) -> burst.c (exchanges, flights). What most connections never need (repeats, holes,
 * further SYN times) lives outside struct conn: in struct trouble and in the log.
 */

#include "connection/connection.h"

#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------- one side */

/* Zeek's endpoint states: what one side has done so far. Table of transitions: state.c. */
enum endpoint {
    EP_INACTIVE,
    EP_SYN_SENT,
    EP_SYN_ACK_SENT,
    EP_PARTIAL,
    EP_ESTABLISHED,
    EP_CLOSED,
    EP_RESET,
};

/*
 * Presence beside values: 0 is a sequence number, a window and a TSval like any other, so none of
 * them can mean "not yet".
 */
enum side_flag {
    SIDE_HAS_SEQ = 1 << 0, /* base and next mean something */
    SIDE_HAS_ACK = 1 << 1, /* ack and window mean something */
    SIDE_HAS_TS = 1 << 2,  /* ts_* mean something */
    SIDE_SYN = 1 << 3,     /* sent a SYN */
    SIDE_FIN = 1 << 4,     /* sent a FIN: fin_end, fin_ack */
    SIDE_TIMING = 1 << 5,  /* timed_seq waits for its ACK */
    SIDE_HIST_D = 1 << 6,  /* history letters that are written once */
    SIDE_HIST_A = 1 << 7,
    SIDE_PAYLOAD = 1 << 8,   /* sent payload: first_payload_at */
    SIDE_TS_OLD = 1 << 9,    /* ts_last is older than its last segment: ends.ts_last_at */
    SIDE_PROBED = 1 << 10,   /* its last segment was a keep-alive probe */
    SIDE_UNSCALED = 1 << 11, /* its last window came in a SYN, or before both SYNs */
    SIDE_RST = 1 << 12,      /* sent a RST */
    SIDE_GUESSED = 1 << 13,  /* base comes from the peer's ACK: nothing of this side was seen yet */
};

/* History letters that are written once a sequence number: ends.hist_* mean something. */
enum hist_mark { HIST_SYN = 1 << 0, HIST_FIN = 1 << 1, HIST_RST = 1 << 2 };

/*
 * Three holes a side: as many as SACK reports beside timestamps (RFC 2018 3). Eight IP IDs: seven
 * steps, in which a random counter passes for one of small steps less than once in 10^16.
 */
enum { HOLES = 3, ID_SEGMENTS = 8 };

/* Octets [from, to) that were passed over; from == to: unused. */
struct hole {
    uint32_t from, to;
    int64_t at; /* when it opened */
};

/*
 * What goes wrong on few connections: allocated with the first thing that does. Kept out of struct
 * side, of which nearly every segment touches all.
 */
struct trouble {
    struct trouble *next_free; /* in the store's list */
    uint32_t retrans_data, retrans_fast, retrans_rto, retrans_syn, retrans_fin;
    uint32_t dup_ack, out_of_order, zero_window, keep_alive;
    uint32_t rto_seq, rto_chain, backoff_max;
    uint32_t dup_run;                   /* duplicate ACKs in a row that this side sent */
    uint32_t t_count, w_count, g_count; /* history T, W, G: written at 1, 10, 100, ... */
    uint32_t unacked_repeats; /* of the client: since the server acknowledged all it sent */
    struct hole holes[HOLES];
};

/*
 * What one end has sent, and what it acknowledged: what a segment in the middle of a connection
 * touches, and nothing else; both sides are three cache lines. Sequence numbers compare through
 * seq_after() only: they wrap.
 */
struct side {
    uint32_t next;      /* after the highest octet seen, SYN and FIN counted */
    uint32_t ack;       /* highest ACK number it sent */
    uint32_t timed_seq; /* an ACK of it gives a round trip of this leg */
    uint32_t rtt_min;   /* UINT32_MAX = none */
    uint32_t pkts, data_segments;
    uint32_t window_peak, segment_max;
    uint32_t ts_last;    /* its time: last_at, but for SIDE_TS_OLD */
    uint16_t window_raw; /* last one, unscaled: equal windows are a mark of duplicate ACKs */
    uint16_t flags;      /* enum side_flag */
    uint16_t id_last;
    uint8_t ttl_min, ttl_max;
    uint8_t wscale;   /* of its windows but a SYN's: 0 until both SYNs carried one (RFC 7323 2.2) */
    uint8_t state;    /* enum endpoint */
    uint8_t id_count; /* segments whose IP ID was looked at */
    uint8_t id_still; /* bit n = enum syc_id_step n is still possible */
    int64_t timed_at;
    struct trouble *trouble; /* NULL = nothing yet */
    int64_t last_at;
    int64_t new_at; /* last payload that was new: the end of its burst, too */
    uint64_t bytes, unique_payload;
};
_Static_assert(sizeof(struct side) == 96, "one and a half cache lines");

/*
 * What beginnings, ends and accidents of one end touch: out of the way of the hot lines, in the
 * half that packs to almost nothing.
 */
struct ends {
    uint32_t base; /* sequence number before the first octet (the ISN) */
    uint32_t control_pkts, control_bytes;
    uint32_t ts_first;
    uint32_t fin_end, fin_ack; /* first FIN: sequence number after it, and the ACK it carried */
    uint32_t hist_syn, hist_fin, hist_rst; /* sequence numbers of the letters written */
    uint8_t hist_marks;                    /* enum hist_mark */
    uint8_t scaled, shift;                 /* its SYN carried a window scale, and which */
    int64_t first_payload_at;
    int64_t ts_first_at, ts_last_at;
    int64_t fin_at, fin_acked_at, fin_last_at;
    int64_t repeat_at;        /* last payload that was not new */
    uint64_t repeated_octets; /* payload that is not in unique_payload */
};

/* ------------------------------------------------------------- bursts */

/* A burst of one side; octets are new ones only. Its end is side.new_at. */
struct burst {
    int64_t from; /* at */
    uint64_t octets;
    uint32_t packets;
    uint8_t setup; /* client burst that belongs to the set-up (TLS handshake, database log-in) */
};

/* The flight that is running; its end is the server's new_at. gap_max tells whether it was a silence or its length. */
struct flight {
    int64_t from, gap_max;
    uint64_t octets;
    uint32_t segments;
    uint8_t window_limited;
};

/*
 * The one exchange that is not in the log yet. Ends (burst_end) before a part, before the next
 * client burst, and when the record is built. The first cache line is what payload touches that
 * only goes on.
 */
struct exchange_state {
    struct flight flight; /* the server burst's present one */
    struct burst client;
    uint8_t open; /* an exchange has begun and is not in the log */
    uint8_t answered;
    uint8_t repeats;     /* this server burst saw a repeat */
    uint8_t last_side;   /* whose burst ran last */
    uint32_t flights;    /* of this server burst so far, the present one included */
    struct burst server; /* octets and packets: of its flights before the present one */
    uint64_t first_flight_octets;
    uint32_t retransmitted; /* of the present flight */
};
_Static_assert(offsetof(struct exchange_state, server) == 64, "a cache line");

/*
 * What is finished, in as many octets as each number needs: an exchange takes 15 to 25 where the
 * struct has 80. burst.c, track.c and close.c write, build.c reads.
 */
enum log_tag { LOG_EXCHANGE, LOG_ANSWERED, LOG_FLIGHT, LOG_SYN, LOG_SYN_ACK, LOG_RESTART };

/* 64 octets: a cache line, and room for two or three exchanges. */
struct log_chunk {
    struct log_chunk *next;
    uint8_t octets[56];
};

struct log {
    /* Octets before those in the chunks: of a packed connection, borrowed from it (cold.c). */
    const uint8_t *flat;
    struct log_chunk *first, *last;
    uint32_t flat_octets, octets; /* at flat; in the chunks */
    uint32_t flights;
    uint16_t exchanges;
    uint8_t used;     /* octets of the last chunk */
    uint8_t lost;     /* memory was short: entries after this are only summed */
    int64_t previous; /* offset of the entry before: entries hold differences */
};

/* ------------------------------------------------------------- connection */

/* TIME-WAIT of one side, as close.c follows it. */
struct time_wait {
    int64_t enter_at, killed_at;
    int64_t restart_first, restart_last; /* the present span */
};

/*
 * What a side's SYNs said. The numbers of syc_syn_own in the width they have on the wire: the
 * record's int64_t would cost 40 octets a SYN. And which SYNs and SYN+ACKs were told as
 * fingerprints, each sequence number and kind once. Two: a side's own SYN and the other kind of a
 * split or simultaneous open (RFC 9293 3.5).
 */
enum { TOLD_MAX = 2 };
struct own {
    uint32_t id_or_label;
    uint32_t ts_val, ts_ecr;
    uint32_t payload;
    uint32_t told_seq[TOLD_MAX];
    uint8_t told_answer[TOLD_MAX];
    uint8_t told_count;
    uint8_t has_ts;
};

/*
 * Totals of exchanges and flights that found no room in the log: the sums of a record stay true
 * when its lists cannot.
 */
struct cut {
    uint64_t exchanges, answered, client_octets, client_packets, server_octets, server_packets;
    int64_t busy;
    uint64_t flights, flight_segments, flight_octets;
};

/* Facts of a connection that have no time of their own. */
enum conn_flag {
    CONN_CLIENT_KNOWN = 1 << 0,
    CONN_REVERSED = 1 << 1, /* Zeek's originator is our server */
    CONN_RST = 1 << 2,
    CONN_RST_ACK = 1 << 3,
    CONN_RST_BY_SERVER = 1 << 4,
    CONN_RACE = 1 << 5,
    CONN_ONLY_H = 1 << 6, /* history is exactly H so far */
    CONN_COOKIE_DONE = 1 << 7,
    CONN_IN_CLOSED = 1 << 8,   /* which of the table's two queues holds it */
    CONN_STEADY = 1 << 9,      /* a segment in order asks no questions: see feed.c */
    CONN_PEEKED = 1 << 10,     /* what the client says of itself is read, or will never be */
    CONN_DATA_ACKED = 1 << 11, /* first_data_acked_at is set */
};

/*
 * In the order of use: the first five cache lines are all that a segment in the middle of a
 * connection touches (HOT_LINES), then what comes with an exchange, then what only beginnings, ends
 * and accidents do. What stands before `ends` is kept in every packed connection, what stands behind
 * only where it differs from a blank one (cold.c): keep what is mostly unset there.
 */
struct conn {
    uint8_t client[16], server[16];
    uint16_t client_port, server_port;
    uint16_t path_id; /* of path in the table's list */
    uint16_t flags;   /* enum conn_flag */
    uint8_t ip_v;
    uint8_t protocol; /* enum syc_protocol */
    uint8_t history_length;
    uint8_t rst_class;
    uint32_t flight_limit; /* burst_flight_limit() once the handshake tells it; 0 = not yet */
    int64_t start_us;
    int64_t last_at; /* newest segment */
    struct side side[2];
    struct exchange_state exchange;
    int64_t closed_at;
    int64_t established_at, ack_at;
    int64_t syn_ack_dur, ack_dur;
    int64_t first_data_acked_at;
    uint32_t syn_count, syn_ack_count;
    uint32_t isn;
    uint32_t turns;
    int64_t flow_id; /* 0: not made yet (conn_flow_id()) */
    int64_t first_syn_at, last_syn_at, first_syn_ack_at, last_syn_ack_at;
    const struct syc_syn *syn[2];
    struct own own[2];
    char history[SYC_HISTORY_MAX]; /* with ends and time_wait what a FIN touches (CLOSE_LINES) */
    struct ends ends[2];
    struct time_wait time_wait[2];
    struct log log;
    int64_t idle_before; /* silence before the present client burst */
    uint32_t requests, setup_turns;
    struct peek *peek; /* a head that is not all there yet; never in a packed connection */
    int64_t queued_us; /* when it went to the end of its queue, since 1970 */
    /* neighbors in its queue, its own number, the tag of its index slot */
    uint32_t older, newer, number, tag;
    struct cut *cut;         /* NULL = nothing was cut */
    const struct said *said; /* what the client said of itself; NULL = nothing, or not yet */
    struct syc_path path;
    uint16_t p0f_mss; /* of the client's SYN, for the server's SYN+ACK */
    uint8_t unreachable_code;
    uint8_t restart_spans[2]; /* of each time_wait, in the log */
    uint32_t setup_pkts;
    uint64_t setup_bytes;
    uint32_t parts; /* written before */
    uint32_t degraded;
    uint32_t syn_told, syn_ack_told; /* in parts written before */
    uint32_t syn_after_ack, late_count, clock_back_count;
    int64_t part_at; /* where the present part began */
    int64_t challenge_at;
    int64_t cookie_jump;
    int64_t unreachable_at, rst_at, rst_after_data;
};
_Static_assert(offsetof(struct conn, exchange) == 256, "head and sides are four cache lines");
_Static_assert(offsetof(struct conn, peek) / 64 == offsetof(struct conn, tag) / 64,
               "a connection rests by one cache line (table_rest)");
_Static_assert(sizeof(struct conn) % 64 == 0, "each begins on a cache line (pool.c)");

/*
 * A SYN that nobody has answered: 64 octets, the tuple included (record.md): a flood must not cost
 * a connection each. What the signature tells is left to it (syn_id).
 */
struct half_open {
    uint8_t client[16];
    uint8_t server[16];
    uint16_t client_port, server_port;
    uint16_t path_id;
    uint8_t ip_v;
    uint8_t live; /* 0 = the slot is free */
    int64_t time_us;
    uint32_t isn;
    uint32_t syn_id; /* interned signature + 1; 0 = there was no room for it */
    uint32_t ts_val;
    uint32_t id_or_label; /* IPv4: IP ID; IPv6: flow label */
};
_Static_assert(sizeof(struct half_open) == 64, "at most 64 octets, the tuple included");

/*
 * One distinct SYN or SYN+ACK, and what a half-open slot leaves to it. `syn` never moves: records
 * point at it.
 */
struct syn_entry {
    uint8_t key[SYC_SYN_KEY];
    const struct syc_syn *syn;
    uint16_t ip_octets;
    uint16_t p0f_mss; /* syc_syn_p0f_mss() */
    uint8_t wscale, scaled, has_ts;
    uint8_t clock; /* of the key, as syc_syn_key() answered */
};

/* ------------------------------------------------------------- intern.c */

/*
 * Far above the stacks of any network, low enough that someone who invents them stays within a
 * fixed sum.
 */
enum { SYN_ENTRIES_MAX = SYC_LONE_MOST, PATHS_MAX = 4096 };

/*
 * Where SYNs that came lately are looked for first. A flood has some hundreds of kinds by its TTLs alone:
 * where there was room for 256, every second SYN of one took the long way.
 */
enum { SYN_RECENT_BITS = 12, SYN_RECENT = 1 << SYN_RECENT_BITS };

/*
 * Distinct SYNs and paths of a table; grows to its caps and then says no. Numbers are for the
 * table's life.
 */
struct intern {
    struct syc_hash_line line;
    uint32_t recent[SYN_RECENT]; /* entry + 1, 0 = none */
    struct syn_entry *syns;
    uint32_t syn_count, syn_room;
    uint32_t *syn_slots; /* entry + 1, 0 = free */
    uint32_t slot_count;
    struct syc_path *paths; /* paths[0] is the empty one */
    uint16_t *path_slots;   /* number of a path, 0 = free */
    uint16_t path_count;
};

/* Empty sets; false when memory is short. fini frees every value: no record may point at them after it. */
bool intern_init(struct intern *in, const struct syc_hash_key *key);
void intern_fini(struct intern *in);
/* Number of the SYN's entry + 1, or 0 when there is no room. */
uint32_t intern_syn(struct intern *in, const struct syc_segment *s, uint32_t peer_mss);
/* Number of a path; the last number stands for all that found no room. */
uint16_t intern_path(struct intern *in, const struct syc_path *path);

/* ------------------------------------------------------------- said.c */

/* Texts of a ClientHello and of a request head. */
enum { SAID_JA4, SAID_TLS_VERSION, SAID_ALPN, SAID_SNI, SAID_TEXTS };
enum { SAID_METHOD, SAID_HTTP_VERSION, SAID_USER_AGENT, SAID_HEADER_NAMES };

/* Everything that the texts are made of, as it was on the wire: equal keys are equal texts. */
enum { SAID_KEY = 4096 };
struct said_key {
    size_t n;
    uint8_t octets[SAID_KEY];
};

/* What a client said of itself: one value for all connections that said the same. */
struct said {
    struct said *next; /* in its slot */
    uint64_t hash;
    uint32_t users;
    uint16_t key_octets, text_octets;
    uint8_t protocol; /* SYC_PROTOCOL_TLS or SYC_PROTOCOL_HTTP1 */
    uint8_t resume;   /* enum syc_resume, of a hello */
    uint8_t
        octets[]; /* the key, then SAID_TEXTS texts, escaped, each with its zero; empty: absent */
};

/* Zero and a key: empty. */
struct said_set {
    struct syc_hash_key key;
    struct said **slots;
    uint32_t slot_count, count;
};

struct store;
/* The value of a key, with one more user; NULL when there is none. cost: a hash of the key, a comparison. */
const struct said *said_find(struct store *store, const struct said_key *key);
/*
 * A new value with one user: of a key that said_find() did not find, protocol and resume of head,
 * and texts. NULL when memory is short.
 */
const struct said *said_add(struct store *store, const struct said_key *key,
                            const struct said *head, const char *const texts[SAID_TEXTS]);
/* One user less; with the last one it goes. NULL is fine. */
void said_give(struct store *store, const struct said *said);
/* After the last value was given back. */
void said_fini(struct said_set *set);
/* Its texts into a record, which borrows them; NULL tells nothing. */
void said_tell(const struct said *said, struct syc_record *out);

/* ------------------------------------------------------------- peek.c */

/* Eight pieces: segments of a head that come in any order leave at most so many when it has 16. */
enum { PIECES = 8 };
struct piece {
    uint32_t from, to;
};

/* The first octets of a client, while its head is not all there. */
struct peek {
    struct peek *older, *newer;
    struct conn *c;
    uint8_t *octets;
    uint32_t room; /* octets that there is room for */
    uint32_t need; /* octets without which looking again is for nothing */
    uint32_t seen; /* octets looked at */
    size_t count;
    struct piece pieces[PIECES];
};

/* All of them, by age: the oldest gives way. */
struct peeks {
    struct peek *oldest, *newest;
    size_t octets;
};

/* ------------------------------------------------------------- log.c */

/* Where connections take their chunks and trouble from; all of it is counted against the budget. */
struct store {
    struct syc_budget budget;
    struct log_chunk *free_chunks;
    struct trouble *free_trouble;
    struct trouble sink; /* where counts go when there is no memory for them */
    struct syc_arena arena;
    struct said_set said;
    struct peeks peeks;
    bool sni; /* server names are told */
};

enum { LOG_VALUES = 12 };

/*
 * Zigzag: small negative numbers stay small. Offsets are differences to the entry before, and an exchange is written
 * after its flights, which began after it; no other number is negative.
 */
static inline int64_t
log_fold(int64_t v)
{
    return (int64_t)(((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static inline int64_t
log_unfold(int64_t v)
{
    return (int64_t)((uint64_t)v >> 1) ^ -(v & 1);
}

/*
 * Append one entry (the tag, then at most LOG_VALUES values; count is that of both); when memory is
 * short the log is marked lost and the caller sums instead.
 *
 * cost  some 15 instructions a value; a chunk at times
 */
void log_append(struct store *store, struct conn *c, const int64_t *entry, size_t count);
/* Its chunks go back to the store's list; the log is empty after it. */
void log_free(struct store *store, struct log *log);
/*
 * The octets of a log in one piece, and back into chunks (behind what is there; false when memory
 * is short).
 */
void log_copy(const struct log *log, uint8_t *out);
bool log_restore(struct store *store, struct log *log, const uint8_t *octets, size_t n);

/* A walk over flat octets and chunks as if they were one piece. The log must not grow meanwhile. */
struct log_reader {
    const uint8_t *at, *end; /* of the present piece */
    const struct log_chunk *next;
    uint32_t left;
};
/*
 * Walk the entries in the order they were written. log_read() is asked while octets are left; false: they are no
 * entry. Values beyond those of the entry are not set.
 */
void log_read_start(struct log_reader *r, const struct log *log);
bool log_read(struct log_reader *r, enum log_tag *tag, int64_t values[LOG_VALUES]);

/* The trouble of a side, made when needed; never NULL. */
struct trouble *trouble_of(struct store *store, struct conn *c, int side);
/* Gives back trouble of both sides, what was cut and what was peeked. */
void trouble_free(struct store *store, struct conn *c);
/* The totals, made when needed; NULL when even that finds no memory, and then they are not told. */
struct cut *cut_of(struct conn *c);

/* ------------------------------------------------------------- the stages */

/*
 * One segment on its way through the stages. The upper half is given, the rest is found by track.c
 * and read by the stages after it: each question about a segment is answered once.
 */
struct step {
    struct store *store;
    struct intern *intern;
    const struct syc_segment *s;
    struct conn *c;
    int64_t at;          /* microseconds from the connection's start, never running back */
    int dir;             /* SYC_TOSERVER or SYC_TOCLIENT */
    uint32_t new_octets; /* payload beyond the highest seen */
    bool repeat;         /* payload that ends at or below the highest seen */
    bool probe;          /* keep-alive probe */
    bool copy;           /* of the frame before, by a mirror port */
    bool gap;            /* its ACK covers octets of the peer that were never seen */
    bool zero_window;
    bool late;
};

/*
 * feed.c: the connection is in the state that the short way is for; told by CONN_STEADY from then
 * on.
 */
bool plain_is_steady(const struct conn *c);

/* track.c: sequence space and counters of one segment. Fills the step's findings. */
void track_segment(struct step *st);
/*
 * A mirror port gave this frame twice: the same numbers, flags, window, clock and IP ID as the
 * segment before it, at once. It is counted among segments and octets, as other tools do, and is no
 * retransmission.
 */
bool track_is_copy(const struct step *st);
/* Count the copy: segments, octets and SYNs only; sequence space does not see it. */
void track_copy(struct step *st);
/* One more IP ID of this side (the first ID_SEGMENTS are looked at). */
void track_ip_id(struct side *me, uint16_t id);
/* The server's first segment behind its SYN+ACK, at `at`: how far its clock is from what the SYN+ACK said. */
void track_cookie(struct conn *c, const struct syc_segment *s, int64_t at);
/* Side `dir` begins with this segment: its base. */
void track_base(struct conn *c, int dir, const struct syc_segment *s);

/*
 * Zeek's endpoint states and history (state.c). Asks flags as they were before this segment: call
 * it before close_segment().
 */
void state_segment(struct step *st);
/* True when Zeek would take the sender of a first segment without SYN for the responder. */
bool state_flips(const struct syc_segment *s);
/* conn_state by the present states of both ends; may be asked at any time. */
enum syc_state state_of(const struct conn *c);

/* A letter of history in the case of its side; what does not fit is left out. */
void state_add_letter(struct conn *c, int side, char letter);

/* FIN, RST, TIME-WAIT (close.c). Late segments only prolong or end a TIME-WAIT. */
void close_segment(struct step *st);
/* How it ended so far, and who closed first; a pure function of the connection. */
enum syc_close close_kind(const struct conn *c, enum syc_first *first);

/* Exchanges and flights (burst.c): the last stage, since it needs what track found new. */
void burst_segment(struct step *st);
/* True when this segment would begin an exchange beyond SYC_EXCHANGES_MAX: a part ends before it. */
bool burst_overflows(const struct conn *c, const struct syc_segment *s, int dir, int64_t at);
/* Write what is open into the log; after it nothing is. */
void burst_end(struct store *store, struct conn *c);
/*
 * The same into values that a record lists, without a way through the log.
 *
 * flight   the last one of the exchange, if it is listed; else its segments are 0
 * returns  false when nothing was open
 */
bool burst_take(struct conn *c, struct syc_exchange *exchange, struct syc_flight *flight);

/*
 * The client's first octets (peek.c): to be called for each of its segments with payload, repeats
 * included, until CONN_PEEKED is set.
 *
 * cost  most heads come whole in one segment and are read there; else a copy of the head
 */
void peek_segment(struct step *st);
/* No more octets will come: what is there has to do. */
void peek_end(struct store *store, struct conn *c);
/* Gives back what was peeked. */
void peek_free(struct store *store, struct conn *c);

/*
 * Scratch in which a record's lists are put together: grown and reused, so building a record
 * allocates next to nothing.
 */
struct lists {
    struct syc_exchange exchanges[SYC_EXCHANGES_MAX];
    struct syc_flight *flights;
    size_t flight_room;
    char history[SYC_HISTORY_MAX + 1];
    struct syc_record
        blank; /* of a connection that has seen nothing, neither good nor bad: copied, not computed */
    struct syc_record record;
};
/* Empty. */
void build_init(struct lists *lists);
/*
 * The record of a connection as it is now, borrowed from lists and the connection until the next
 * call.
 *
 * final  nothing follows for this connection; else it is a part, and build_restart() is to be
 *        called
 * cost   one pass over the log
 */
struct syc_record *build_record(struct conn *c, struct store *store, struct lists *lists,
                                enum syc_reason reason, bool final);
/* Reset what a part has told, so that the next part's counters are what came since. */
void build_restart(struct conn *c, struct store *store);

/* The tuple with its path, as a record has it. */
static inline void
conn_key(const struct conn *c, struct syc_key *out)
{
    memcpy(out->client, c->client, sizeof(out->client));
    memcpy(out->server, c->server, sizeof(out->server));
    out->client_port = c->client_port;
    out->server_port = c->server_port;
    out->ip_v = c->ip_v;
    out->path = c->path;
}

/* What its records are joined by. Only after a SYN it was not made when the connection began. */
static inline int64_t
conn_flow_id(struct conn *c)
{
    struct syc_key key;

    if (c->flow_id == 0) {
        conn_key(c, &key);
        c->flow_id = syc_record_flow_id(&key, c->isn, c->start_us);
    }
    return c->flow_id;
}

/* Nothing of this side was captured but perhaps a RST. */
static inline bool
side_silent(const struct side *side)
{
    return (side->flags & (SIDE_HAS_SEQ | SIDE_GUESSED)) != SIDE_HAS_SEQ;
}

/* The window it offered last; never scaled in a SYN (RFC 7323 2.2). */
static inline uint32_t
window_of(const struct side *side)
{
    return (uint32_t)side->window_raw << ((side->flags & SIDE_UNSCALED) != 0 ? 0 : side->wscale);
}

static inline bool
seq_after(uint32_t a, uint32_t b)
{
    return syc_seq_diff(a, b) > 0;
}

#endif
