/*
 * Suricata's EVE flow events into records. Sources: Suricata's documentation of the EVE format and its JSON schema.
 *
 *     theirs                          ours                        why, or why not
 *     src_*, dest_*                   key                         the source of a flow is who began it
 *     vlan                            path
 *     flow.start, flow.end            start_us, dur_us            first and last packet
 *     flow.pkts_*                     pkts
 *     flow.bytes_*                    -                           of frames, link layer included
 *     flow.state, .reason             -                           of the flow table, not of the connection
 *     tcp.tcp_flags_ts, _tc           state, handshake_seen       only what the flags of all packets of a side decide
 *     ... no SYN among them           degraded: midstream         and the client is a guess
 *     tcp.ts_gap, tcp.tc_gap          degraded: gaps
 *     app_proto                       protocol                    of those that are told apart here
 *     everything else                 -
 *
 * What a side's flags decide: whether it ever sent a SYN, a FIN, a RST. Not in which order: with both FINs and a RST
 * it depends on which came first, so the state stays unknown.
 */

#include "engine/other.h"

#include <string.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

struct flow {
    struct syc_record *out;
    struct syc_error *err;
    enum syc_status status;
    int client_v, server_v;
    bool is_flow, is_tcp, typed, has_start, has_end, has_ports[2];
    int64_t end_us;
    int64_t flags[2]; /* SYC_NONE = not said */
};

static bool
fail(struct flow *f, const char *path, const char *want)
{
    if (f->status == SYC_OK) {
        f->status = syc_error_set(f->err, SYC_SYNTAX, "%s: %s expected", path, want);
    }
    return false;
}

/* ------------------------------------------------------------ values */

static bool
take_time(struct flow *f, struct syc_pull *s, const char *path, int64_t *us)
{
    struct syc_pull_text text;

    return (syc_pull_text(s, &text) && other_time(text.at, text.n, us)) ||
           fail(f, path, "a time (2026-11-22T06:40:06.123456+0000)");
}

/* Two hexadecimal digits. */
static bool
take_flags(struct flow *f, struct syc_pull *s, const char *path, int64_t *flags)
{
    static const char digits[] = "0123456789abcdef";
    struct syc_pull_text text;
    int64_t value = 0;

    if (!syc_pull_text(s, &text) || text.n == 0 || text.n > 2) {
        return fail(f, path, "two hexadecimal digits");
    }
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = strchr(digits, text.at[i] | (text.at[i] >= 'A' ? 0x20 : 0));

        if (digit == NULL || *digit == '\0') {
            return fail(f, path, "two hexadecimal digits");
        }
        value = value * 16 + (digit - digits);
    }
    *flags = value;
    return true;
}

static bool
take_count(struct flow *f, struct syc_pull *s, const char *path, int64_t *out)
{
    return (syc_pull_int(s, out) && *out >= 0 && *out >> 55 == 0) ||
           fail(f, path, "a whole number (at most 2^55)");
}

static bool
take_gap(struct flow *f, struct syc_pull *s)
{
    if (syc_pull_word(s, "true", 4)) {
        f->out->degraded |= 1U << SYC_DEGRADED_GAPS;
        return true;
    }
    return false;
}

/* ------------------------------------------------------------ members */

/*
 * Each takes the value of a member that it knows and is false where it does not, or when the value is not what it should
 * be: then the caller passes over it.
 */
static bool
take_of_flow(struct flow *f, struct syc_pull *s, const struct syc_pull_text *key)
{
    if (other_is(key, "start")) {
        f->has_start = take_time(f, s, "flow.start", &f->out->start_us);
        return f->has_start;
    }
    if (other_is(key, "end")) {
        f->has_end = take_time(f, s, "flow.end", &f->end_us);
        return f->has_end;
    }
    if (other_is(key, "pkts_toserver")) {
        return take_count(f, s, "flow.pkts_toserver", &f->out->pkts[0]);
    }
    return other_is(key, "pkts_toclient") &&
           take_count(f, s, "flow.pkts_toclient", &f->out->pkts[1]);
}

static bool
take_of_tcp(struct flow *f, struct syc_pull *s, const struct syc_pull_text *key)
{
    if (other_is(key, "tcp_flags_ts")) {
        return take_flags(f, s, "tcp.tcp_flags_ts", &f->flags[0]);
    }
    if (other_is(key, "tcp_flags_tc")) {
        return take_flags(f, s, "tcp.tcp_flags_tc", &f->flags[1]);
    }
    return (other_is(key, "ts_gap") || other_is(key, "tc_gap")) && take_gap(f, s);
}

static bool
take_addr(struct flow *f, struct syc_pull *s, const char *path, uint8_t out[16], int *ip_v)
{
    struct syc_pull_text text;

    return (syc_pull_text(s, &text) && other_addr(text.at, text.n, out, ip_v)) ||
           fail(f, path, "an address");
}

static bool
take_port(struct flow *f, struct syc_pull *s, const char *path, int side)
{
    struct syc_key *key = &f->out->key;
    int64_t port;

    if (!syc_pull_int(s, &port) || port < 0 || port > UINT16_MAX) {
        return fail(f, path, "a port");
    }
    *(side == SYC_TOSERVER ? &key->client_port : &key->server_port) = (uint16_t)port;
    f->has_ports[side] = true;
    return true;
}

static bool
take_vlans(struct flow *f, struct syc_pull *s)
{
    struct syc_path *path = &f->out->key.path;
    bool first = true;
    int64_t id;

    memset(path, 0, sizeof *path); /* of a list given twice the last counts */
    if (!syc_pull_is(s, '[')) {
        return fail(f, "vlan", "a list");
    }
    while (syc_pull_element(s, &first)) {
        if (path->vlan_count == SYC_PATH_MAX || !syc_pull_int(s, &id) || id < 0 || id > 4095) {
            return fail(f, "vlan", "a short list of ids of 12 bits");
        }
        path->vlan[path->vlan_count++] = (uint16_t)id;
    }
    return true;
}

static bool
take_app(struct flow *f, struct syc_pull *s)
{
    static const char *const words[] = {"http",  "http1", "tls", "pgsql",
                                        "mysql", "redis", "ssh", NULL};
    static const int protocols[] = {SYC_PROTOCOL_HTTP1,      SYC_PROTOCOL_HTTP1, SYC_PROTOCOL_TLS,
                                    SYC_PROTOCOL_POSTGRESQL, SYC_PROTOCOL_MYSQL, SYC_PROTOCOL_REDIS,
                                    SYC_PROTOCOL_SSH};
    struct syc_pull_text text;
    int64_t index;

    if (!syc_pull_text(s, &text)) {
        return false;
    }
    index = other_word(text.at, text.n, words);
    f->out->protocol = index >= 0 ? protocols[index] : SYC_NONE;
    return true;
}

static bool
take_type(struct flow *f, struct syc_pull *s)
{
    struct syc_pull_text text;

    f->typed = syc_pull_text(s, &text);
    f->is_flow = f->typed && other_is(&text, "flow");
    return f->typed;
}

static bool
take_proto(struct flow *f, struct syc_pull *s)
{
    struct syc_pull_text text;

    f->is_tcp = syc_pull_text(s, &text) && other_is(&text, "TCP");
    return f->is_tcp;
}

/* Members of the object at p, each offered to take and else passed over. */
static bool
read_object(struct flow *f, struct syc_pull *s, const char *path,
            bool (*take)(struct flow *f, struct syc_pull *s, const struct syc_pull_text *key))
{
    struct syc_pull_text key;
    bool first = true;

    if (!syc_pull_is(s, '{')) {
        return fail(f, path, "an object");
    }
    while (syc_pull_member(s, &first, &key)) {
        const char *value = s->p;

        if (!take(f, s, &key)) {
            if (s->fault != NULL) {
                return false;
            }
            s->p = value;
            if (!syc_pull_skip(s)) {
                return false;
            }
        }
    }
    return s->fault == NULL;
}

static bool
take_member(struct flow *f, struct syc_pull *s, const struct syc_pull_text *key)
{
    struct syc_key *k = &f->out->key;

    if (other_is(key, "event_type")) {
        return take_type(f, s);
    }
    if (other_is(key, "src_ip")) {
        return take_addr(f, s, "src_ip", k->client, &f->client_v);
    }
    if (other_is(key, "dest_ip")) {
        return take_addr(f, s, "dest_ip", k->server, &f->server_v);
    }
    if (other_is(key, "src_port")) {
        return take_port(f, s, "src_port", SYC_TOSERVER);
    }
    if (other_is(key, "dest_port")) {
        return take_port(f, s, "dest_port", SYC_TOCLIENT);
    }
    if (other_is(key, "proto")) {
        return take_proto(f, s);
    }
    if (other_is(key, "vlan")) {
        return take_vlans(f, s);
    }
    if (other_is(key, "app_proto")) {
        return take_app(f, s);
    }
    if (other_is(key, "flow")) {
        return read_object(f, s, "flow", take_of_flow);
    }
    return other_is(key, "tcp") && read_object(f, s, "tcp", take_of_tcp);
}

/* ------------------------------------------------------------ the record */

/* Zeek's definitions, asked of the flags that each side ever sent; SYC_NONE where their order would decide. */
static int64_t
state_of(int64_t ts, int64_t tc, int64_t answers)
{
    bool client_rst = (ts & RST) != 0, server_rst = (tc & RST) != 0;
    bool client_fin = (ts & FIN) != 0, server_fin = (tc & FIN) != 0;

    if ((ts & SYN) == 0) {
        return SYC_NONE;
    }
    if (answers == 0) {
        return client_rst ? SYC_STATE_RSTOS0 : client_fin ? SYC_STATE_SH : SYC_STATE_S0;
    }
    if ((tc & SYN) == 0) {
        return server_rst && !client_fin && !client_rst ? SYC_STATE_REJ : SYC_NONE;
    }
    if (!client_rst && !server_rst) {
        return client_fin ? (server_fin ? SYC_STATE_SF : SYC_STATE_S2)
                          : (server_fin ? SYC_STATE_S3 : SYC_STATE_S1);
    }
    if ((client_fin && server_fin) || (client_rst && server_rst)) {
        return SYC_NONE;
    }
    return client_rst ? SYC_STATE_RSTO : SYC_STATE_RSTR;
}

/*
 * A client that never acknowledged has completed nothing, though Zeek's word for it is S1 or RSTO; then the number of its
 * packets must say so, too, or the state is left open. Flags 00 on both sides: the stream engine did not follow it.
 */
static void
read_states(struct flow *f)
{
    struct syc_record *out = f->out;
    int64_t ts = f->flags[0], tc = f->flags[1];

    if (ts == SYC_NONE || tc == SYC_NONE || (ts == 0 && tc == 0)) {
        return;
    }
    out->client_known = (ts & SYN) != 0 || ((tc & SYN) != 0 && (tc & ACK) != 0);
    out->handshake_seen = (ts & SYN) != 0 && (tc & SYN) != 0 && (tc & ACK) != 0;
    out->degraded |= (ts & SYN) == 0 ? 1U << SYC_DEGRADED_MIDSTREAM : 0;
    if (out->handshake_seen != 1 || (ts & ACK) != 0 || out->pkts[0] == 1 + ((ts & RST) != 0)) {
        out->state = state_of(ts, tc, out->pkts[1]);
    }
}

static bool
end_flow(struct flow *f)
{
    struct syc_record *out = f->out;

    if (f->client_v == 0 || f->client_v != f->server_v) {
        return fail(f, f->client_v == 0 ? "src_ip" : "dest_ip", "an address, both of one version,");
    }
    if (!f->has_ports[0] || !f->has_ports[1]) {
        return fail(f, f->has_ports[0] ? "dest_port" : "src_port", "a port");
    }
    if (!f->has_start) {
        return fail(f, "flow.start", "a time");
    }
    out->key.ip_v = (uint8_t)f->client_v;
    if (f->has_end) {
        out->dur_us = f->end_us - out->start_us;
        if (out->dur_us < 0 || !other_is_time(out->dur_us)) {
            return fail(f, "flow.end", "a time after flow.start (by at most 2^55 us)");
        }
    }
    read_states(f);
    other_finish(out);
    return true;
}

enum syc_status
syc_eve_read(struct syc_other *o, const char *line, size_t n, struct syc_record *out,
             struct syc_error *err)
{
    struct syc_pull s = {.begin = line, .p = line, .end = line + n};
    struct syc_error fault = {0};
    struct flow f = {.out = out, .err = &fault, .flags = {SYC_NONE, SYC_NONE}};

    (void)o;
    syc_record_init(out);
    out->client_known = 1;
    if (syc_pull_space(&s)) {
        if (*s.p != '{') {
            syc_pull_fail(&s, "no object");
        } else if (read_object(&f, &s, "line", take_member)) {
            syc_pull_end(&s);
        }
    }
    if (s.fault != NULL) {
        if (err != NULL) {
            err->column = (unsigned)(s.p - s.begin) + 1;
        }
        return syc_error_set(err, SYC_SYNTAX, "not JSON: %s", s.fault);
    }
    if (!f.typed) {
        return syc_error_set(err, SYC_SYNTAX, "event_type: a word expected");
    }
    if (!f.is_flow || !f.is_tcp) {
        return SYC_NOT_FOUND;
    }
    if (f.status == SYC_OK && end_flow(&f)) {
        return SYC_OK;
    }
    return syc_error_set(err, f.status, "%s", fault.text);
}
