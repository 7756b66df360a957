/*
 * Records as lines of Zeek's conn.log (JSON, Zeek's field names), for tools that read those.
 *
 * State, history and counters are Zeek's already (spec of the record); what differs is who the originator is, how long a
 * connection lasts and what its octets are, all checked against Zeek's own answers on its test traces. A connection that
 * left several parts is one line: the parts wait here for the last one, in a tree of the C library (tsearch(3)): flow
 * ids are whatever the records say, so a list would be walked as far as a sender of records likes.
 */

#include "output/output_int.h"

#include <search.h>

/* Zeek's names of the services that are told apart here; NULL = not said. */
static const char *const services[SYC_PROTOCOL_COUNT] = {
    [SYC_PROTOCOL_HTTP1] = "http",
    [SYC_PROTOCOL_TLS] = "ssl",
    [SYC_PROTOCOL_POSTGRESQL] = "postgresql",
    [SYC_PROTOCOL_MYSQL] = "mysql",
    [SYC_PROTOCOL_REDIS] = "redis",
    [SYC_PROTOCOL_SSH] = "ssh",
};

#define X(name, word) word,
static const char *const states[] = {SYC_STATE_LIST(X)};
#undef X

/* ------------------------------------------------------------- who is the originator */

/* Of two sides the one that alone did it; -1 when both did, or neither. */
static int
only(bool client, bool server)
{
    return client == server ? -1 : client ? SYC_TOSERVER : SYC_TOCLIENT;
}

/* The side that wrote a letter of the history, -1 when it cannot be told from the record. */
static int
writer_of(const struct syc_record *r, char letter)
{
    switch (letter & ~0x20) { /* as a capital */
    case 'S':
        return SYC_TOSERVER; /* that is what makes it our client */
    case 'H':
        return SYC_TOCLIENT;
    case 'F':
        return only(r->fin_us[0] != SYC_NONE, r->fin_us[1] != SYC_NONE);
    case 'R':
        return r->rst_by != SYC_NONE ? (int)r->rst_by : -1;
    case 'D':
        return only(r->data_segments[0] > 0, r->data_segments[1] > 0);
    default:
        return only(r->pkts[0] > 0, r->pkts[1] > 0);
    }
}

/*
 * The side that Zeek takes for the originator: capitals of the history are its. Only a capture that begins inside the
 * connection makes it other than our client.
 */
static int
originator(const struct syc_record *r)
{
    const char *history = r->history != NULL ? r->history : "";

    for (const char *p = history; *p != '\0'; p++) {
        int side = *p == '^' ? -1 : writer_of(r, *p);

        if (side >= 0) {
            return (*p & 0x20) == 0 ? side : 1 - side;
        }
    }
    for (const char *p = history; *p != '\0';
         p++) { /* both sent data: whose D came first spoke first */
        if ((*p == 'D' || *p == 'd') && r->first_payload_us[0] != r->first_payload_us[1]) {
            int first =
                r->first_payload_us[0] < r->first_payload_us[1] ? SYC_TOSERVER : SYC_TOCLIENT;
            return *p == 'D' ? first : 1 - first;
        }
    }
    return SYC_TOSERVER;
}

/* ------------------------------------------------------------- what Zeek counts otherwise */

/* Zeek's clock of a connection stands still once both sides have closed: at the later of the first FINs, or at the RST. */
static int64_t
duration_us(const struct syc_record *r)
{
    if (r->fin_us[0] != SYC_NONE && r->fin_us[1] != SYC_NONE) {
        return r->fin_us[0] > r->fin_us[1] ? r->fin_us[0] : r->fin_us[1];
    }
    if (r->rst_at_us != SYC_NONE) {
        return r->rst_at_us;
    }
    return r->dur_us != SYC_NONE ? r->dur_us : 0;
}

/*
 * Payload by sequence numbers, as Zeek has it, where the SYN gave the first one: less than 2 GiB more than was seen,
 * else the numbers have gone around or mean something else. SYC_NONE where what was seen is unknown: our own records
 * know it, those of other sensors may not.
 */
static int64_t
octets_sent(const struct syc_record *r, int side)
{
    int64_t seen = r->unique_payload[side];
    uint32_t by_numbers;

    if (seen == SYC_NONE || r->handshake_seen != 1 || r->base[side] == SYC_NONE ||
        r->seq_end[side] == SYC_NONE) {
        return seen;
    }
    by_numbers =
        (uint32_t)r->seq_end[side] - (uint32_t)r->base[side] - 1 - (r->fin_us[side] != SYC_NONE);
    return by_numbers >= seen && by_numbers - seen < INT32_MAX ? by_numbers : seen;
}

/* Known as long as nothing was acknowledged that was not seen. */
static void
write_missed(struct syc_json *j, const struct syc_record *r)
{
    if ((r->degraded & 1U << SYC_DEGRADED_GAPS) == 0) {
        syc_json_member_int(j, "missed_bytes", 0);
    } else if (r->handshake_seen == 1 && r->unique_payload[0] != SYC_NONE &&
               r->unique_payload[1] != SYC_NONE) {
        syc_json_member_int(j, "missed_bytes",
                            octets_sent(r, 0) + octets_sent(r, 1) - r->unique_payload[0] -
                                r->unique_payload[1]);
    }
}

/* ------------------------------------------------------------- the line */

/* "C" and the flow_id in base 62: a name that is as long in every run and the same. */
static void
write_uid(struct syc_json *j, int64_t flow_id)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char text[11] = "C000000000";

    for (size_t i = 9; i > 0; i--) {
        text[i] = digits[flow_id % 62];
        flow_id /= 62;
    }
    syc_json_key(j, "uid");
    syc_json_text(j, text);
}

static void
write_ends(struct syc_json *j, const struct syc_record *r, int o)
{
    const struct syc_key *k = &r->key;

    syc_json_member_addr(j, "id.orig_h", o == SYC_TOSERVER ? k->client : k->server, k->ip_v);
    syc_json_member_int(j, "id.orig_p", o == SYC_TOSERVER ? k->client_port : k->server_port);
    syc_json_member_addr(j, "id.resp_h", o == SYC_TOSERVER ? k->server : k->client, k->ip_v);
    syc_json_member_int(j, "id.resp_p", o == SYC_TOSERVER ? k->server_port : k->client_port);
}

/* conn.log leaves out what it does not know. */
static void
write_count(struct syc_json *j, const char *name, int64_t n)
{
    if (n != SYC_NONE) {
        syc_json_member_int(j, name, n);
    }
}

static void
write_line(struct syc_json *j, const struct syc_record *r)
{
    int o = originator(r);
    int64_t us = duration_us(r);
    char community_id[32];

    syc_json_open(j, '{');
    syc_json_member_real(j, "ts", (double)r->start_us / (double)SYC_US_PER_S, 6);
    write_uid(j, syc_record_id(r));
    write_ends(j, r, o);
    syc_json_member_text(j, "proto", "tcp");
    if (r->protocol != SYC_NONE) {
        syc_json_member_text(j, "service", services[r->protocol]);
    }
    if (us > 0) { /* of a single packet Zeek says neither */
        syc_json_member_real(j, "duration", (double)us / (double)SYC_US_PER_S, 6);
        write_count(j, "orig_bytes", octets_sent(r, o));
        write_count(j, "resp_bytes", octets_sent(r, 1 - o));
    }
    if (r->state != SYC_NONE) {
        syc_json_member_text(j, "conn_state", states[r->state]);
    }
    write_missed(j, r);
    syc_json_member_text(j, "history", r->history);
    write_count(j, "orig_pkts", r->pkts[o]);
    write_count(j, "orig_ip_bytes", r->bytes[o]);
    write_count(j, "resp_pkts", r->pkts[1 - o]);
    write_count(j, "resp_ip_bytes", r->bytes[1 - o]);
    syc_community_id(&r->key, community_id);
    syc_json_member_text(j, "community_id", community_id);
    if (r->key.path.vlan_count > 0) {
        syc_json_member_int(j, "vlan", r->key.path.vlan[0]);
    }
    if (r->key.path.vlan_count > 1) {
        syc_json_member_int(j, "inner_vlan", r->key.path.vlan[1]);
    }
    syc_json_close(j, '}');
}

static void
emit_line(struct syc_output *o, const struct syc_record *r)
{
    struct syc_json *j = syc_output_begin(o);

    if (j != NULL) {
        write_line(j, r);
        syc_output_end(o);
    }
}

/* ------------------------------------------------------------- parts */

static int
compare_flows(const void *a, const void *b)
{
    const struct syc_record *x = a;
    const struct syc_record *y = b;

    return (x->flow_id > y->flow_id) - (x->flow_id < y->flow_id);
}

/* What has come of the connection before; NULL when nothing has. */
static struct syc_record *
find(const struct syc_output *o, const struct syc_record *part)
{
    struct syc_record *const *at = tfind(part, &o->unfinished, compare_flows);

    return at != NULL ? *at : NULL;
}

/* Keep a connection's first part. False when memory is short. */
static bool
keep(struct syc_output *o, const struct syc_record *part)
{
    struct syc_record *whole = syc_record_copy(part);

    if (whole == NULL || tsearch(whole, &o->unfinished, compare_flows) == NULL) {
        syc_record_free(whole);
        return false;
    }
    return true;
}

static void
forget(struct syc_output *o, struct syc_record *whole)
{
    (void)tdelete(whole, &o->unfinished, compare_flows);
    syc_record_free(whole);
}

/*
 * The lists are no column of conn.log, and would be most of what has to be kept. Most connections are whole, and are not
 * looked for among those that are not.
 */
void
syc_emit_zeek(struct syc_output *o, const struct syc_record *r)
{
    struct syc_record bare = *r;
    struct syc_record *whole;

    if (r->part == SYC_NONE) {
        emit_line(o, r);
        return;
    }
    bare.exchanges = NULL;
    bare.flights = NULL;
    bare.exchange_count = bare.flight_count = 0;
    whole = find(o, &bare);
    if (whole == NULL && r->final != 0) {
        emit_line(o, r);
    } else if (whole == NULL ? !keep(o, &bare) : syc_record_join(whole, &bare) != SYC_OK) {
        o->lost++; /* what came before stays as it is */
    } else if (r->final != 0) {
        emit_line(o, whole);
        forget(o, whole);
    }
}

static void
emit_unfinished(const void *node, VISIT visit, void *output)
{
    if (visit == postorder || visit == leaf) {
        emit_line(output, *(struct syc_record *const *)node);
    }
}

static void
free_unfinished(void *whole)
{
    syc_record_free(whole);
}

/* In order of the flow ids. */
void
syc_zeek_fini(struct syc_output *o)
{
    twalk_r(o->unfinished, emit_unfinished, o);
    tdestroy(o->unfinished, free_unfinished);
    o->unfinished = NULL;
}
