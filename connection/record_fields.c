/*
 * The table of a record's numbers and texts: one row a field. The order of the rows is the order of members in the
 * `connection` event, so rows of one JSON object stand together.
 */

#include "connection/record.h"

#define X(name, word) word,
static const char *const state_words[] = {SYC_STATE_LIST(X) NULL};
static const char *const reason_words[] = {SYC_REASON_LIST(X) NULL};
static const char *const close_words[] = {SYC_CLOSE_LIST(X) NULL};
static const char *const first_words[] = {SYC_FIRST_LIST(X) NULL};
static const char *const side_words[] = {SYC_SIDE_LIST(X) NULL};
static const char *const rst_words[] = {SYC_RST_LIST(X) NULL};
static const char *const id_step_words[] = {SYC_ID_STEP_LIST(X) NULL};
static const char *const resume_words[] = {SYC_RESUME_LIST(X) NULL};
static const char *const protocol_words[] = {SYC_PROTOCOL_LIST(X) NULL};
const char *const syc_degraded_words[] = {SYC_DEGRADED_LIST(X) NULL};
#undef X

#define ROW(path, member, kind, join, words, doc)                                                  \
    {                                                                                              \
        path, (uint16_t)offsetof(struct syc_record, member), kind, SYC_JOIN_##join, words, doc     \
    }
#define NUM(path, member, join, doc)         ROW(path, member, SYC_NUMBER, join, NULL, doc)
#define FLAG(path, member, join, doc)        ROW(path, member, SYC_NUMBER_BOOL, join, NULL, doc)
#define WORD(path, member, join, words, doc) ROW(path, member, SYC_NUMBER_WORD, join, words, doc)

/* clang-format off */
const struct syc_record_number syc_record_numbers[] = {
    FLAG("client_known", client_known, FIRST, "which side is the client is known, not guessed"),
    NUM("flow.dur_us", dur_us, LAST, "start to the last segment"),
    WORD("flow.state", state, LAST, state_words,
         "Zeek's conn_state"),
    WORD("flow.reason", reason, LAST, reason_words,
         "why the record was made"),
    NUM("flow.part", part, FIRST, "1.. of a connection written in parts"),
    FLAG("flow.final", final, MAX, "nothing follows for this connection"),
    NUM("flow.pkts_toserver", pkts[0], ADD, "segments"),
    NUM("flow.pkts_toclient", pkts[1], ADD, "segments"),
    NUM("flow.bytes_toserver", bytes[0], ADD, "IP octets"),
    NUM("flow.bytes_toclient", bytes[1], ADD, "IP octets"),
    NUM("flow.payload_toserver", payload[0], ADD, "TCP payload octets, repeats included"),
    NUM("flow.payload_toclient", payload[1], ADD, "TCP payload octets, repeats included"),
    NUM("flow.unique_payload_toserver", unique_payload[0], ADD, "payload octets not seen before"),
    NUM("flow.unique_payload_toclient", unique_payload[1], ADD, "payload octets not seen before"),
    NUM("flow.data_segments_toserver", data_segments[0], ADD, "segments with payload"),
    NUM("flow.data_segments_toclient", data_segments[1], ADD, "segments with payload"),
    NUM("flow.control_pkts_toserver", control_pkts[0], ADD, "segments that exist only to open or close"),
    NUM("flow.control_pkts_toclient", control_pkts[1], ADD, "segments that exist only to open or close"),
    NUM("flow.control_bytes_toserver", control_bytes[0], ADD, "their IP octets"),
    NUM("flow.control_bytes_toclient", control_bytes[1], ADD, "their IP octets"),
    NUM("flow.late_count", late_count, ADD, "segments later than 5 s after the close"),
    NUM("flow.clock_back_count", clock_back_count, ADD, "segments stamped before their predecessor"),
    NUM("tcp.isn", isn, FIRST, "sequence number of the SYN"),
    NUM("tcp.base_toserver", base[0], FIRST, "sequence number before the first octet"),
    NUM("tcp.base_toclient", base[1], FIRST, "sequence number before the first octet"),
    FLAG("tcp.handshake_seen", handshake_seen, FIRST, "SYN and SYN+ACK were captured"),
    NUM("tcp.syn_count", syn_count, ADD, "SYNs, repeats included"),
    NUM("tcp.syn_ack_count", syn_ack_count, ADD, "SYN+ACKs, repeats included"),
    NUM("tcp.ack_us", ack_us, FIRST, "first pure ACK of the SYN+ACK"),
    NUM("tcp.established_us", established_us, FIRST, "first segment that acknowledges the SYN+ACK"),
    NUM("tcp.first_payload_us_toserver", first_payload_us[0], FIRST, "first payload of this side"),
    NUM("tcp.first_payload_us_toclient", first_payload_us[1], FIRST, "first payload of this side"),
    NUM("tcp.first_data_acked_us_toserver", first_data_acked_us, FIRST, "the client's first payload was acknowledged"),
    NUM("tcp.syn_ack_dur_us", syn_ack_dur_us, FIRST, "last SYN before it to the SYN+ACK"),
    NUM("tcp.ack_dur_us", ack_dur_us, FIRST, "last SYN+ACK before it to the ACK"),
    NUM("tcp.irtt_dur_us", irtt_dur_us, FIRST, "sum of the two"),
    NUM("tcp.setup_dur_us", setup_dur_us, FIRST, "first SYN to the ACK"),
    NUM("tcp.rtt_min_dur_us_toserver", rtt_min_dur_us[0], MIN, "smallest time from a segment of this way to its ACK"),
    NUM("tcp.rtt_min_dur_us_toclient", rtt_min_dur_us[1], MIN, "smallest time from a segment of this way to its ACK"),
    NUM("tcp.window_peak_toserver", window_peak[0], MAX, "largest window this side offered, scaled"),
    NUM("tcp.window_peak_toclient", window_peak[1], MAX, "largest window this side offered, scaled"),
    NUM("tcp.segment_max_toserver", segment_max[0], MAX, "largest payload of a segment"),
    NUM("tcp.segment_max_toclient", segment_max[1], MAX, "largest payload of a segment"),
    NUM("tcp.seq_end_toserver", seq_end[0], LAST, "next sequence number after the last octet"),
    NUM("tcp.seq_end_toclient", seq_end[1], LAST, "next sequence number after the last octet"),
    NUM("tcp.ts_last_toserver.val", ts_last_val[0], LAST, "last TSval"),
    NUM("tcp.ts_last_toserver.at_us", ts_last_at_us[0], LAST, "its time"),
    NUM("tcp.ts_last_toclient.val", ts_last_val[1], LAST, "last TSval"),
    NUM("tcp.ts_last_toclient.at_us", ts_last_at_us[1], LAST, "its time"),
    NUM("tcp.challenge_us", challenge_us, FIRST, "server ACK before the SYN+ACK that does not cover the SYN"),
    NUM("tcp.retrans_toserver.data", retrans_data[0], ADD, "retransmitted data segments"),
    NUM("tcp.retrans_toserver.fast", retrans_fast[0], ADD, "of them after 3 duplicate ACKs"),
    NUM("tcp.retrans_toserver.rto", retrans_rto[0], ADD, "of them after a timeout"),
    NUM("tcp.retrans_toserver.backoff_max", retrans_backoff_max[0], MAX, "longest chain of timeouts of one segment"),
    NUM("tcp.retrans_toserver.syn", retrans_syn[0], ADD, "repeated SYNs (SYN+ACKs to the client)"),
    NUM("tcp.retrans_toserver.fin", retrans_fin[0], ADD, "repeated FINs"),
    NUM("tcp.retrans_toclient.data", retrans_data[1], ADD, "retransmitted data segments"),
    NUM("tcp.retrans_toclient.fast", retrans_fast[1], ADD, "of them after 3 duplicate ACKs"),
    NUM("tcp.retrans_toclient.rto", retrans_rto[1], ADD, "of them after a timeout"),
    NUM("tcp.retrans_toclient.backoff_max", retrans_backoff_max[1], MAX, "longest chain of timeouts of one segment"),
    NUM("tcp.retrans_toclient.syn", retrans_syn[1], ADD, "repeated SYNs (SYN+ACKs to the client)"),
    NUM("tcp.retrans_toclient.syn_after_ack", retrans_syn_after_ack, ADD, "of them after the client's ACK"),
    NUM("tcp.retrans_toclient.fin", retrans_fin[1], ADD, "repeated FINs"),
    NUM("tcp.dup_ack_toserver", dup_ack[0], ADD, "duplicate ACKs"),
    NUM("tcp.dup_ack_toclient", dup_ack[1], ADD, "duplicate ACKs"),
    NUM("tcp.out_of_order_toserver", out_of_order[0], ADD, "data segments that fill a hole"),
    NUM("tcp.out_of_order_toclient", out_of_order[1], ADD, "data segments that fill a hole"),
    NUM("tcp.zero_window_toserver", zero_window[0], ADD, "segments that offer no window"),
    NUM("tcp.zero_window_toclient", zero_window[1], ADD, "segments that offer no window"),
    NUM("tcp.keep_alive_toserver", keep_alive[0], ADD, "keep-alive probes"),
    NUM("tcp.keep_alive_toclient", keep_alive[1], ADD, "keep-alive probes"),
    NUM("tcp.never_acked_toserver.octets", never_acked_octets, LAST, "client payload never acknowledged"),
    NUM("tcp.never_acked_toserver.repeats", never_acked_repeats, LAST, "how often it was repeated"),
    NUM("tcp.ts_hz_toserver", ts_hz[0], FIRST, "rate of the timestamp clock"),
    NUM("tcp.ts_hz_toclient", ts_hz[1], FIRST, "rate of the timestamp clock"),
    WORD("tcp.ip_id_step_toserver", ip_id_step[0], FIRST, id_step_words,
         "step of the IP ID over the first 8 segments"),
    WORD("tcp.ip_id_step_toclient", ip_id_step[1], FIRST, id_step_words,
         "step of the IP ID over the first 8 segments"),
    NUM("tcp.ttl_min_toserver", ttl_min[0], MIN, "smallest TTL"),
    NUM("tcp.ttl_min_toclient", ttl_min[1], MIN, "smallest TTL"),
    NUM("tcp.ttl_max_toserver", ttl_max[0], MAX, "largest TTL"),
    NUM("tcp.ttl_max_toclient", ttl_max[1], MAX, "largest TTL"),
    NUM("tcp.syn_cookie_jump_ms", syn_cookie_jump_ms, FIRST, "how far the SYN+ACK's TSval is off the server's clock"),
    NUM("tcp.unreachable.at_us", unreachable_at_us, FIRST, "an ICMP error quoted this connection"),
    NUM("tcp.unreachable.code", unreachable_code, FIRST, "its code"),
    WORD("app.protocol", protocol, MAX, protocol_words,
         "guess from the first octets"),
    NUM("app.requests", requests, ADD, "clear HTTP/1 requests"),
    NUM("app.setup_turns", setup_turns, ADD, "answered exchanges of the set-up (TLS, PostgreSQL)"),
    NUM("app.setup_bytes_toserver", setup_bytes, ADD, "client octets of the set-up"),
    NUM("app.setup_pkts_toserver", setup_pkts, ADD, "client segments of the set-up"),
    FLAG("app.race", race, MAX, "RST to a request on an idle reused connection"),
    WORD("tls.resume_offered", resume_offered, FIRST, resume_words,
         "what the ClientHello offered to resume"),
    NUM("exchanges_cut.exchanges", cut_exchanges, ADD, "exchanges not listed"),
    NUM("exchanges_cut.answered", cut_answered, ADD, "of them answered"),
    NUM("exchanges_cut.client_octets", cut_client_octets, ADD, "their client octets"),
    NUM("exchanges_cut.client_packets", cut_client_packets, ADD, "their client segments"),
    NUM("exchanges_cut.server_octets", cut_server_octets, ADD, "their server octets"),
    NUM("exchanges_cut.server_packets", cut_server_packets, ADD, "their server segments"),
    NUM("exchanges_cut.busy_dur_us", cut_busy_dur_us, ADD, "their busy time"),
    NUM("flights_cut.flights", cut_flights, ADD, "flights not listed"),
    NUM("flights_cut.segments", cut_flight_segments, ADD, "their segments"),
    NUM("flights_cut.octets", cut_flight_octets, ADD, "their octets"),
    WORD("close.kind", close_kind, LAST, close_words,
         "how it ended"),
    WORD("close.first", close_first, LAST, first_words,
         "who closed first"),
    NUM("close.fin_us_toserver", fin_us[0], FIRST, "first FIN of this side"),
    NUM("close.fin_us_toclient", fin_us[1], FIRST, "first FIN of this side"),
    NUM("close.fin_acked_us_toserver", fin_acked_us[0], FIRST, "when the other side acknowledged it"),
    NUM("close.fin_acked_us_toclient", fin_acked_us[1], FIRST, "when the other side acknowledged it"),
    NUM("close.fin_last_us_toserver", fin_last_us[0], LAST, "last FIN of this side"),
    NUM("close.fin_last_us_toclient", fin_last_us[1], LAST, "last FIN of this side"),
    WORD("close.rst.by", rst_by, FIRST, side_words,
         "who sent the first RST"),
    NUM("close.rst.at_us", rst_at_us, FIRST, "when"),
    WORD("close.rst.class", rst_class, FIRST, rst_words,
         "to what"),
    FLAG("close.rst.ack", rst_ack, FIRST, "it carried an ACK"),
    NUM("close.rst.after_data_dur_us", rst_after_data_dur_us, FIRST, "time since the other side's last payload"),
};
/* clang-format on */

enum { ROWS = sizeof(syc_record_numbers) / sizeof(syc_record_numbers[0]) };
const size_t syc_record_number_count = ROWS;

/* A member without a row would be lost on the way through an event. */
_Static_assert(offsetof(struct syc_record, flow_id) - offsetof(struct syc_record, client_known) ==
                   ROWS * sizeof(int64_t),
               "every number of the record has exactly one row");

/* clang-format off */
#define TEXT(path, member)  {path, (uint16_t)offsetof(struct syc_record, member), false}
#define WORDS(path, member) {path, (uint16_t)offsetof(struct syc_record, member), true}
const struct syc_record_text syc_record_texts[] = {
    TEXT("flow.history", history),
    TEXT("http.method", http_method),
    TEXT("http.version", http_version),
    TEXT("http.user_agent", user_agent),
    TEXT("http.ua_os", ua_os),
    WORDS("http.header_names", header_names),
    TEXT("tls.ja4", ja4),
    TEXT("tls.version", tls_version),
    TEXT("tls.alpn", alpn),
    TEXT("tls.sni", sni),
};
/* clang-format on */
const size_t syc_record_text_count = sizeof(syc_record_texts) / sizeof(syc_record_texts[0]);
