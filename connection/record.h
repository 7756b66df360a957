#ifndef SYC_CONNECTION_RECORD_H
#define SYC_CONNECTION_RECORD_H

/*
 * Purpose           the waist: one record a connection, all that passes from packets to judgement
 * Input and output  made by the table (connection/) or read from events (engine/); its `connection` event is lossless
 * Ownership         lists, texts and syn pointers are borrowed from who made the record, for the length of the call
 *                   that hands it over; syc_record_copy() makes one that owns
 * Limits            at most SYC_EXCHANGES_MAX exchanges a part, 16 SYN times, 39 letters of history
 * Not here          how packets change it (table.c, track.c); JSON (output/, engine/)
 *
 * Every number is an int64_t, SYC_NONE when it is not known, and has one row in syc_record_numbers[]: the writer, the
 * reader, the joining of parts, the schema of rules and the tests all walk that table, so a field is added in one
 * place.
 * Times are microseconds from start_us. [0] is client to server (`_toserver`), [1] server to client (`_toclient`).
 */

#include "fingerprint/fingerprint.h"

/* Index of every pair of numbers below: [0] is what the client sent. */
enum { SYC_TOSERVER = 0, SYC_TOCLIENT = 1 };
enum {
    /*
     * The longest retry schedule seen has 11 SYNs (lifecycle 2.5: Linux, tcp_syn_linear_timeouts 4,
     * 6 retries).
     */
    SYC_SYN_TIMES_MAX = 16,
    /*
     * A part ends before the 257th (record.md): bounds a record's exchanges at 20 KiB, however long
     * the connection.
     */
    SYC_EXCHANGES_MAX = 256,
    /*
     * 39 letters and the end: longer stories are hostile or tell nothing new (letters repeat at 10,
     * 100, ...).
     */
    SYC_HISTORY_MAX = 40,
    /* Of parts joined: as much as readers take of any text. A hundred parts have less. */
    SYC_HISTORY_JOINED = 4096,
    /* Spans at least 30 s apart within a wait of 60 s; four are more than any honest host makes. */
    SYC_RESTARTS_MAX = 4
};

/* clang-format off */
/* Zeek's conn_state, spelled as Zeek spells it: zeek-states. */
#define SYC_STATE_LIST(X) \
    X(S0, "S0") \
    X(S1, "S1") \
    X(SF, "SF") \
    X(REJ, "REJ") \
    X(S2, "S2") \
    X(S3, "S3") \
    X(RSTO, "RSTO") \
    X(RSTR, "RSTR") \
    X(RSTOS0, "RSTOS0") \
    X(RSTRH, "RSTRH") \
    X(SH, "SH") \
    X(SHR, "SHR") \
    X(OTH, "OTH")

/* Why the record was made. Only "evicted" says that the table was too small. */
#define SYC_REASON_LIST(X) \
    X(CLOSED, "closed") \
    X(EOF, "eof") \
    X(IDLE, "idle") \
    X(EVICTED, "evicted")

/* How it ended: the close taxonomy of lifecycle 2.6. */
#define SYC_CLOSE_LIST(X) \
    X(OPEN, "open") \
    X(CLIENT_FIRST, "client-first") \
    X(SERVER_FIRST, "server-first") \
    X(SIMULTANEOUS, "simultaneous") \
    X(RST_BY_CLIENT, "rst-by-client") \
    X(RST_BY_SERVER, "rst-by-server") \
    X(RST_BY_CLIENT_AFTER_FIN, "rst-by-client-after-fin") \
    X(RST_BY_SERVER_AFTER_FIN, "rst-by-server-after-fin") \
    X(HALF_CLOSED_BY_CLIENT, "half-closed-by-client") \
    X(HALF_CLOSED_BY_SERVER, "half-closed-by-server") \
    X(REFUSED, "refused") \
    X(NO_ANSWER, "no-answer") \
    X(ABORTED_CONNECT, "aborted-connect") \
    X(SYNACK_RST, "synack-rst") \
    X(SYNACK_FIN, "synack-fin") \
    X(SYN_FIN, "syn-fin") \
    X(MIDSTREAM, "midstream")

/* Who closed first, by acknowledgment (lifecycle 2.1.1): "both" is a simultaneous close. */
#define SYC_FIRST_LIST(X) \
    X(NONE, "none") \
    X(CLIENT, "client") \
    X(SERVER, "server") \
    X(BOTH, "both")

#define SYC_SIDE_LIST(X) \
    X(CLIENT, "client") \
    X(SERVER, "server")

/* What the first RST was sent to (lifecycle 2.6). */
#define SYC_RST_LIST(X) \
    X(REFUSED, "refused") \
    X(ABORTED, "aborted") \
    X(AFTER_FIN, "after-fin") \
    X(TO_TIME_WAIT, "to-time-wait")

/* Habit of the IP ID over the first 8 segments: the narrowest that every one of them obeys. */
#define SYC_ID_STEP_LIST(X) \
    X(ZERO, "zero") \
    X(CONST, "const") \
    X(ONE, "one") \
    X(SMALL, "small") \
    X(RANDOM, "random")

/* What a ClientHello offered to resume (RFC 8446 4.2.11, RFC 5077, RFC 5246 7.4.1.2). */
#define SYC_RESUME_LIST(X) \
    X(NONE, "none") \
    X(PSK, "psk") \
    X(TICKET, "ticket") \
    X(ID, "id")

/*
 * Why a record does not tell everything (`degraded`); bit n of syc_record.degraded. Counts that
 * loss can only lower (scan, flood, retries) may still accuse; every other claim needs its own
 * inputs complete.
 */
#define SYC_DEGRADED_LIST(X) \
    X(MIDSTREAM, "midstream") \
    X(EVICTED, "evicted") \
    X(TRUNCATED_INPUT, "truncated_input") \
    X(KERNEL_DROPS, "kernel_drops") \
    X(GAPS, "gaps") \
    X(ONE_DIRECTION, "one_direction") \
    X(SNAPLEN, "snaplen") \
    X(EXCHANGES_CUT, "exchanges_cut") \
    X(SIGNATURES_CUT, "signatures_cut") \
    X(PEEKS_CUT, "peeks_cut")

#define X(name, word) SYC_STATE_##name,
enum syc_state { SYC_STATE_LIST(X) SYC_STATE_COUNT };
#undef X
#define X(name, word) SYC_REASON_##name,
enum syc_reason { SYC_REASON_LIST(X) SYC_REASON_COUNT };
#undef X
#define X(name, word) SYC_CLOSE_##name,
enum syc_close { SYC_CLOSE_LIST(X) SYC_CLOSE_COUNT };
#undef X
#define X(name, word) SYC_FIRST_##name,
enum syc_first { SYC_FIRST_LIST(X) SYC_FIRST_COUNT };
#undef X
#define X(name, word) SYC_RST_CLASS_##name,
enum syc_rst_class { SYC_RST_LIST(X) SYC_RST_CLASS_COUNT };
#undef X
#define X(name, word) SYC_ID_STEP_##name,
enum syc_id_step { SYC_ID_STEP_LIST(X) SYC_ID_STEP_COUNT };
#undef X
#define X(name, word) SYC_RESUME_##name,
enum syc_resume { SYC_RESUME_LIST(X) SYC_RESUME_COUNT };
#undef X
#define X(name, word) SYC_DEGRADED_##name,
enum syc_degraded { SYC_DEGRADED_LIST(X) SYC_DEGRADED_COUNT };
#undef X

/* clang-format on */

/* A client burst and the server burst that answered it (record.md, "What happened"). */
struct syc_exchange {
    int64_t offset_us; /* of the client burst; of the server burst when the server spoke first */
    int64_t client_dur_us, client_octets, client_packets; /* all 0 when the server spoke first */
    int64_t answered;                                     /* 0 = the next five mean nothing */
    int64_t answer_offset_us, first_flight_octets, server_dur_us, server_octets, server_packets;
};

/*
 * A part of a server burst that left without waiting for ACKs: what slow start is read from
 * (lifecycle 2.4.2). Fields of both lists are int64_t like the numbers: one reader and one writer
 * of JSON serve them all.
 */
struct syc_flight {
    int64_t offset_us, dur_us, gap_max_us, segments, octets, retransmitted, window_limited;
};

/*
 * One entry of TIME-WAIT, as far as packets tell: when it leaves is for the audit to derive with
 * its 2MSL and the following records of the tuple. restarts: spans [first, last] of segments that
 * began the wait anew, 30 s apart or more.
 */
struct syc_time_wait {
    int64_t side; /* SYC_TOSERVER = the client holds it, SYC_TOCLIENT = the server */
    int64_t enter_us;
    int64_t killed_us; /* SYC_NONE = not seen */
    int64_t restart_count;
    int64_t restarts_us[SYC_RESTARTS_MAX][2];
};

/*
 * The TCP 4-tuple and its way: what makes two segments of one connection. ip_v tells ::ffff:a.b.c.d
 * from a.b.c.d. The path (VLANs, tunnels) belongs to it because two customers may use one private
 * address.
 */
struct syc_key {
    uint8_t client[16];
    uint8_t server[16];
    uint16_t client_port;
    uint16_t server_port;
    uint8_t ip_v;
    struct syc_path path;
};

/*
 * One connection, or one part of it. An observation that was not made is SYC_NONE, never 0; a rule
 * that needs it abstains.
 */
struct syc_record {
    struct syc_key key;
    int64_t start_us; /* since 1970 */

    /* ---- numbers: syc_record_numbers[] has one row for each, in this order ---- */
    int64_t client_known; /* bool */
    int64_t dur_us;       /* start to the last segment */
    int64_t state, reason;
    int64_t part;  /* 1.. of a connection written in parts; SYC_NONE = whole */
    int64_t final; /* bool */
    int64_t pkts[2], bytes[2], payload[2], unique_payload[2], data_segments[2], control_pkts[2],
        control_bytes[2];
    int64_t late_count, clock_back_count;
    /*
     * Of the client's SYN; base is known without one, too: the sequence number before the first
     * octet seen.
     */
    int64_t isn;
    int64_t base[2];
    int64_t handshake_seen; /* bool: SYN and SYN+ACK seen */
    int64_t syn_count, syn_ack_count;
    int64_t ack_us, established_us, first_payload_us[2], first_data_acked_us;
    int64_t syn_ack_dur_us, ack_dur_us, irtt_dur_us, setup_dur_us;
    /* [0]: leg tap to server (data to server until its ACK), [1]: leg tap to client. */
    int64_t rtt_min_dur_us[2];
    int64_t window_peak[2], segment_max[2], seq_end[2];
    int64_t ts_last_val[2], ts_last_at_us[2];
    int64_t challenge_us;
    int64_t retrans_data[2], retrans_fast[2], retrans_rto[2], retrans_backoff_max[2];
    int64_t retrans_syn[2];        /* [0] SYN, [1] SYN+ACK */
    int64_t retrans_syn_after_ack; /* SYN+ACK after the client's ACK */
    int64_t retrans_fin[2];
    int64_t dup_ack[2], out_of_order[2], zero_window[2], keep_alive[2];
    int64_t never_acked_octets, never_acked_repeats; /* client payload */
    int64_t ts_hz[2], ip_id_step[2], ttl_min[2], ttl_max[2];
    int64_t syn_cookie_jump_ms;
    int64_t unreachable_at_us, unreachable_code;
    int64_t protocol, requests, setup_turns, setup_bytes, setup_pkts, race;
    int64_t resume_offered;
    int64_t cut_exchanges, cut_answered, cut_client_octets, cut_client_packets, cut_server_octets,
        cut_server_packets, cut_busy_dur_us;
    int64_t cut_flights, cut_flight_segments, cut_flight_octets;
    int64_t close_kind, close_first;
    int64_t fin_us[2], fin_acked_us[2], fin_last_us[2];
    /* rst_by: SYC_TOSERVER = the client sent it. */
    int64_t rst_by, rst_at_us, rst_class, rst_ack, rst_after_data_dur_us;
    /* ---- end of numbers ---- */

    int64_t flow_id;   /* SYC_NONE, in no part: that of key, isn and start (syc_record_id()) */
    uint32_t degraded; /* bit n = enum syc_degraded n; 0 = complete */
    uint8_t syn_time_count, syn_ack_time_count, time_wait_count; /* of the arrays at the end */
    /* The values of syn[] stay where they are, unchanged, as long as their maker lives: their address stands for them. */
    bool syn_stays;

    /* [0] the client's SYN, [1] the server's SYN+ACK; NULL = not seen. */
    const struct syc_syn *syn[2];
    struct syc_syn_own syn_own[2];

    const struct syc_exchange *exchanges;
    size_t exchange_count;
    const struct syc_flight *flights;
    size_t flight_count;

    /* Texts: syc_record_texts[]; NULL = absent; already escaped (syc_escape), printable ASCII. */
    const char *history;
    const char *http_method, *http_version, *user_agent, *ua_os;
    const char *header_names; /* with commas between */
    const char *ja4, *tls_version, *alpn, *sni;

    int64_t syn_times_us[SYC_SYN_TIMES_MAX], syn_ack_times_us[SYC_SYN_TIMES_MAX];
    struct syc_time_wait time_wait[2];
};

/* How a number stands in JSON: as it is, as true or false, as a word of its list. */
enum syc_number_kind { SYC_NUMBER, SYC_NUMBER_BOOL, SYC_NUMBER_WORD };

/*
 * How the parts of one connection become one (record.md, partial records). Counters are deltas and
 * add; of single times the first counts, of states and last times the final part's.
 */
enum syc_join { SYC_JOIN_ADD, SYC_JOIN_MIN, SYC_JOIN_MAX, SYC_JOIN_FIRST, SYC_JOIN_LAST };

/*
 * One row a number: writer, reader, join, schema and tests walk these rows and know no field by
 * name.
 */
struct syc_record_number {
    /* Dotted, as in the event: "tcp.retrans_toserver.data"; rows of one object stand together. */
    const char *path;
    uint16_t offset;          /* of the int64_t in struct syc_record */
    uint8_t kind;             /* enum syc_number_kind */
    uint8_t join;             /* enum syc_join */
    const char *const *words; /* SYC_NUMBER_WORD: value -> word, NULL-terminated; else NULL */
    const char *doc;
};

/*
 * One row a text. Only history is joined (concatenated); of the other texts those of the first part
 * count.
 */
struct syc_record_text {
    const char *path;
    uint16_t offset; /* of the const char * in struct syc_record */
    bool list;       /* words with commas between: a list of them in the event */
};

/*
 * In the order of members in the `connection` event. A static assertion holds rows and struct
 * together.
 */
extern const struct syc_record_number syc_record_numbers[];
extern const size_t syc_record_number_count;
extern const struct syc_record_text syc_record_texts[];
extern const size_t syc_record_text_count;
extern const char *const syc_degraded_words[]; /* NULL-terminated, by enum syc_degraded */

static inline int64_t
syc_record_get(const struct syc_record *r, const struct syc_record_number *row)
{
    return *(const int64_t *)((const char *)r + row->offset);
}

static inline void
syc_record_set(struct syc_record *r, const struct syc_record_number *row, int64_t value)
{
    *(int64_t *)((char *)r + row->offset) = value;
}

/*
 * Every number SYC_NONE, every list empty, every pointer NULL. Begin here when a record is filled
 * from an event.
 */
void syc_record_init(struct syc_record *r);

/*
 * The low 53 bits of an unkeyed hash of (key, isn, start_us): the same for every run and machine,
 * and exact in a double (RFC 8259 6). isn is SYC_NONE for a connection whose SYN was not seen.
 */
int64_t syc_record_flow_id(const struct syc_key *key, int64_t isn, int64_t start_us);

/* The record's flow id: the one it was given, else the above. Few are ever shown, and the hash is a tenth of what a record costs. */
int64_t syc_record_id(const struct syc_record *r);

/*
 * Order of keys: version, client, server, ports, path; negative, 0 or positive as memcmp. By
 * octets, so it is the same on every machine.
 */
int syc_key_compare(const struct syc_key *a, const struct syc_key *b);

/* Canonical order: start, key, isn, part. Negative, 0 or positive as memcmp. */
int syc_record_compare(const struct syc_record *a, const struct syc_record *b);

/*
 * A copy that owns its lists, texts and syn values; NULL when memory is short.
 *
 * cost     one allocation a list or text that is there
 */
struct syc_record *syc_record_copy(const struct syc_record *r) SYC_MUST_CHECK;
/* Only for what syc_record_copy() made: a record's own lists are borrowed. NULL is fine. */
void syc_record_free(struct syc_record *copy);

/*
 * Append a later part of the same connection to a copy (made by syc_record_copy; parts in ascending
 * order). That both are of one flow_id is the caller's to see to.
 *
 * returns  SYC_OK, or SYC_NO_MEMORY (then whole is as it was)
 * cost     copies both lists: joining n parts one by one moves O(n^2) octets, so keep few exchanges
 *          (parts.c). The history ends at SYC_HISTORY_JOINED
 * source   record.md, partial records
 */
enum syc_status syc_record_join(struct syc_record *whole,
                                const struct syc_record *part) SYC_MUST_CHECK;

#endif
