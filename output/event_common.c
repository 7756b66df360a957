/*
 * What events have in common: head, 5-tuple, path, subjects, typed values.
 *
 * The order of members here is part of the contract (spec of events): readers that compare files
 * octet by octet rely on it, and so does the test that equal input gives equal octets.
 */

#include "output/output_int.h"

enum { FACT_DIGITS = 6 }; /* microseconds of a second; what a person compares needs fewer */

void
syc_json_member_time(struct syc_json *j, const char *name, int64_t us)
{
    char text[SYC_TIME_TEXT];

    syc_time_format(us, text);
    syc_json_key(j, name);
    syc_json_text_n(j, text, SYC_TIME_TEXT - 1);
}

void
syc_json_member_addr(struct syc_json *j, const char *name, const uint8_t addr[16], int ip_v)
{
    char text[SYC_ADDR_TEXT];

    syc_addr_format(addr, ip_v, text);
    syc_json_key(j, name);
    syc_json_text(j, text);
}

/* Texts of facts; they may be an outsider's, and are escaped like all. */
static void
write_list(struct syc_json *j, const char *const *items, size_t count)
{
    syc_json_open(j, '[');
    for (size_t i = 0; i < count; i++) {
        syc_json_text(j, items[i]);
    }
    syc_json_close(j, ']');
}

/* Numbers as numbers and addresses as texts, so that a reader compares them as the rules did. */
void
syc_json_value(struct syc_json *j, const struct syc_value *value)
{
    char text[SYC_ADDR_TEXT];

    switch (value->type) {
    case SYC_INT:
        syc_json_int(j, value->u.i);
        break;
    case SYC_REAL:
        syc_json_real(j, value->u.f, FACT_DIGITS);
        break;
    case SYC_BOOL:
        syc_json_bool(j, value->u.i != 0);
        break;
    case SYC_ADDR:
        syc_addr_format(value->u.addr.octets, value->u.addr.ip_v, text);
        syc_json_text(j, text);
        break;
    case SYC_TEXT:
        syc_json_text(j, value->u.text);
        break;
    case SYC_LIST:
        write_list(j, value->u.list.items, value->u.list.count);
        break;
    case SYC_ABSENT:
    case SYC_PROMISED:
        break; /* callers skip it: a member without a value would be no JSON */
    }
}

/*
 * v is the version of the contract and only rises when a member changes its meaning; new members do
 * not. Raw stores, as all events begin with this: the longest case is in the room, type is our own. time_us is a time of the traffic, not of the writing: a file run has no other clock.
 */
void
syc_event_begin(struct syc_json *j, const char *type, int64_t time_us, const char *sensor)
{
    size_t n = strlen(type);
    char *p;

    if (!syc_json_room(j, 64 + SYC_TIME_TEXT + n)) {
        return;
    }
    p = SYC_PUT(j->text + j->n, "{\"v\":1,\"timestamp\":\"");
    syc_time_format(time_us, p);
    p = SYC_PUT(p + SYC_TIME_TEXT - 1, "\",\"event_type\":\"");
    memcpy(p, type, n);
    p = SYC_PUT(p + n, "\"");
    j->n = (size_t)(p - j->text);
    j->comma = true;
    syc_json_member_text(j, "sensor", sensor);
}

/* "1:" and the base64 of 20 octets, with its zero. */
enum { COMMUNITY_ID_TEXT = 2 + 28 + 1 };

/* An address behind its key; there is room. */
static inline char *
put_addr(char *p, const char *key, const uint8_t addr[16], int ip_v)
{
    size_t n = strlen(key);

    memcpy(p, key, n);
    return syc_addr_format(addr, ip_v, p + n);
}

/*
 * The room: keys and brackets 160 octets, and each value at its longest.
 *
 * flow_id tells connections of one 5-tuple apart; community_id is what other sensors have for all of
 * them.
 */
void
syc_event_tuple(struct syc_json *j, const struct syc_key *key, int64_t flow_id)
{
    char *p;

    if (!syc_json_room(j, 160 + COMMUNITY_ID_TEXT + 2 * SYC_ADDR_TEXT + 3 * SYC_INT_TEXT)) {
        return;
    }
    p = syc_put_int(SYC_PUT(j->text + j->n, ",\"flow_id\":"), flow_id);
    p = SYC_PUT(p, ",\"community_id\":\"");
    syc_community_id(key, p);
    p = put_addr(p + COMMUNITY_ID_TEXT - 1, "\",\"src_ip\":\"", key->client, key->ip_v);
    p = syc_put_uint(SYC_PUT(p, "\",\"src_port\":"), key->client_port);
    p = put_addr(p, ",\"dest_ip\":\"", key->server, key->ip_v);
    p = syc_put_uint(SYC_PUT(p, "\",\"dest_port\":"), key->server_port);
    p = SYC_PUT(p, ",\"proto\":\"TCP\"");
    j->n = (size_t)(p - j->text);
}

/* Nothing for the usual path, so that captures without tags and tunnels do not carry two empty lists. */
void
syc_event_path(struct syc_json *j, const struct syc_path *path)
{
    if (path->vlan_count > 0) {
        syc_json_member_open(j, "vlan", '[');
        for (size_t i = 0; i < path->vlan_count; i++) {
            syc_json_int(j, path->vlan[i]);
        }
        syc_json_close(j, ']');
    }
    if (path->tunnel_count > 0) {
        syc_json_member_open(j, "tunnel", '[');
        for (size_t i = 0; i < path->tunnel_count; i++) {
            syc_json_text(j, syc_tunnel_name(path->tunnel[i]));
        }
        syc_json_close(j, ']');
    }
}

static void
write_fleet(struct syc_json *j, const struct syc_subject *s)
{
    char text[SYC_ADDR_TEXT];

    syc_json_member_open(j, "fleet", '{');
    syc_json_member_int(j, "sources", s->source_count);
    syc_json_member_open(j, "members", '[');
    for (int64_t i = 0; i < s->source_count && i < SYC_MEMBERS_MAX; i++) {
        syc_addr_format(s->members[i], s->ip_v, text);
        syc_json_text(j, text);
    }
    syc_json_close(j, ']');
    syc_json_member_text(j, "fingerprint", s->fingerprint);
    syc_json_close(j, '}');
}

/*
 * A pair is a source towards one service: the client's ports are many, so there is no src_port. Groups of sources name
 * one of them, since readers look for src_ip in every event.
 */
void
syc_event_subject(struct syc_json *j, const struct syc_subject *s)
{
    syc_json_member_addr(j, "src_ip", s->source, s->ip_v);
    if (s->kind == SYC_SUBJECT_PAIR || s->kind == SYC_SUBJECT_DESTINATION) {
        syc_json_member_addr(j, "dest_ip", s->dest, s->ip_v);
        syc_json_member_int(j, "dest_port", s->dest_port);
    }
    if (s->kind == SYC_SUBJECT_SUBSTREAM) {
        syc_json_member_open(j, "substream", '{');
        syc_json_member_int(j, "id", s->part);
        syc_json_member_text(j, "fingerprint", s->fingerprint);
        syc_json_member_int(j, "dest_port", s->dest_port);
        syc_json_close(j, '}');
    }
    if (s->kind == SYC_SUBJECT_FLEET) {
        write_fleet(j, s);
    }
    syc_json_member_text(j, "proto", "TCP");
}

void
syc_event_window(struct syc_json *j, const struct syc_subject *s)
{
    syc_json_member_open(j, "window", '{');
    syc_json_member_time(j, "start", s->window_start_us);
    syc_json_member_time(j, "end", s->window_end_us);
    syc_json_close(j, '}');
}

void
syc_event_flow_ids(struct syc_json *j, const struct syc_subject *s)
{
    if (s->flow_id_count == 0) {
        return;
    }
    syc_json_member_open(j, "flow_ids", '[');
    for (size_t i = 0; i < s->flow_id_count; i++) {
        syc_json_int(j, s->flow_ids[i]);
    }
    syc_json_close(j, ']');
}

/* Bits above the list (of a newer writer's record) are passed over. */
void
syc_event_degraded(struct syc_json *j, uint32_t bits)
{
    syc_json_member_open(j, "degraded", '[');
    for (size_t i = 0; i < SYC_DEGRADED_COUNT; i++) {
        if (bits & (UINT32_C(1) << i)) {
            syc_json_text(j, syc_degraded_words[i]);
        }
    }
    syc_json_close(j, ']');
}

/* Said only where something is missing: readers take its absence for complete. */
void
syc_event_end_subject(struct syc_json *j, const struct syc_subject *s)
{
    if (s->degraded != 0) {
        syc_json_member_bool(j, "complete", false);
        syc_event_degraded(j, s->degraded);
    }
    syc_json_close(j, '}');
}
