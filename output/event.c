/* What events have in common: the envelope, members, Community ID. */

#include "output/output_int.h"

#include <string.h>

void
json_member_int(struct syc_json *j, const char *name, int64_t value)
{
    syc_json_key(j, name);
    syc_json_int(j, value);
}

void
json_member_text(struct syc_json *j, const char *name, const char *value)
{
    syc_json_key(j, name);
    syc_json_text(j, value);
}

void
json_member_bool(struct syc_json *j, const char *name, bool value)
{
    syc_json_key(j, name);
    syc_json_bool(j, value);
}

void
json_member_real(struct syc_json *j, const char *name, double value, int digits)
{
    syc_json_key(j, name);
    syc_json_real(j, value, digits);
}

void
json_member_time(struct syc_json *j, const char *name, int64_t us)
{
    char text[SYC_TIME_TEXT];

    syc_time_format(us, text);
    json_member_text(j, name, text);
}

/* Facts have no more than six fractional digits: below that they are noise of the clock. */
enum { FACT_DIGITS = 6 };

void
json_value(struct syc_json *j, const struct syc_value *v)
{
    char text[SYC_ADDR_TEXT];

    switch (v->type) {
    case SYC_INT:
        syc_json_int(j, v->u.i);
        break;
    case SYC_BOOL:
        syc_json_bool(j, v->u.i != 0);
        break;
    case SYC_REAL:
        syc_json_real(j, v->u.f, FACT_DIGITS);
        break;
    case SYC_TEXT:
        syc_json_text(j, v->u.text);
        break;
    case SYC_ADDR:
        syc_addr_format(v->u.addr.octets, v->u.addr.ip_v, text);
        syc_json_text(j, text);
        break;
    case SYC_LIST:
        syc_json_open(j, '[');
        for (size_t i = 0; i < v->u.list.count; i++) {
            syc_json_text(j, v->u.list.items[i]);
        }
        syc_json_close(j, ']');
        break;
    case SYC_ABSENT:
        break;
    }
}

void
event_begin(struct syc_json *j, int64_t time_us, const char *type, const char *sensor)
{
    syc_json_open(j, '{');
    json_member_int(j, "v", 1);
    json_member_time(j, "timestamp", time_us);
    json_member_text(j, "event_type", type);
    if (sensor != NULL) {
        json_member_text(j, "sensor", sensor);
    }
}

void
output_begin(struct syc_output *o, int64_t time_us, const char *type)
{
    syc_json_reset(&o->json);
    event_begin(&o->json, time_us, type, o->sensor);
}

/* Community ID v1 (corelight/community-id-spec), seed 0: the lesser end first, SHA-1, base64. */
void
syc_community_id(const struct syc_key *key, char out[32])
{
    uint8_t buffer[2 + 32 + 2 + 4] = {0};
    uint8_t digest[20];
    size_t skip = key->ip_v == 4 ? 12 : 0;
    size_t n = 16 - skip;
    const uint8_t *a = key->client + skip;
    const uint8_t *b = key->server + skip;
    int order = memcmp(a, b, n);
    bool forward = order < 0 || (order == 0 && key->client_port <= key->server_port);
    uint16_t first = forward ? key->client_port : key->server_port;
    uint16_t second = forward ? key->server_port : key->client_port;
    uint8_t *p = buffer + 2;

    memcpy(p, forward ? a : b, n);
    memcpy(p + n, forward ? b : a, n);
    p += 2 * n;
    *p++ = 6; /* TCP */
    *p++ = 0;
    *p++ = (uint8_t)(first >> 8);
    *p++ = (uint8_t)first;
    *p++ = (uint8_t)(second >> 8);
    *p++ = (uint8_t)second;
    syc_sha1(buffer, (size_t)(p - buffer), digest);
    memcpy(out, "1:", 2);
    syc_base64(digest, sizeof(digest), out + 2);
}

void
event_key(struct syc_json *j, const struct syc_key *key, int64_t flow_id, bool client_known)
{
    char text[SYC_ADDR_TEXT];

    json_member_int(j, "flow_id", flow_id);
    syc_community_id(key, text);
    json_member_text(j, "community_id", text);
    syc_addr_format(key->client, key->ip_v, text);
    json_member_text(j, "src_ip", text);
    json_member_int(j, "src_port", key->client_port);
    syc_addr_format(key->server, key->ip_v, text);
    json_member_text(j, "dest_ip", text);
    json_member_int(j, "dest_port", key->server_port);
    json_member_text(j, "proto", "TCP");
    if (!client_known) {
        json_member_bool(j, "client_known", false);
    }
    if (key->path.vlan_count > 0) {
        syc_json_key(j, "vlan");
        syc_json_open(j, '[');
        for (size_t i = 0; i < key->path.vlan_count; i++) {
            syc_json_int(j, key->path.vlan[i]);
        }
        syc_json_close(j, ']');
    }
    if (key->path.tunnel_count > 0) {
        syc_json_key(j, "tunnel");
        syc_json_open(j, '[');
        for (size_t i = 0; i < key->path.tunnel_count; i++) {
            syc_json_text(j, syc_tunnel_name(key->path.tunnel[i]));
        }
        syc_json_close(j, ']');
    }
}

void
event_complete(struct syc_json *j, uint32_t degraded)
{
    json_member_bool(j, "complete", degraded == 0);
    if (degraded == 0) {
        return;
    }
    syc_json_key(j, "degraded");
    syc_json_open(j, '[');
    for (size_t i = 0; syc_degraded_words[i] != NULL; i++) {
        if ((degraded & (1U << i)) != 0) {
            syc_json_text(j, syc_degraded_words[i]);
        }
    }
    syc_json_close(j, ']');
}

static const struct {
    const char *name;
    unsigned bit;
} event_names[] = {
    {"fingerprint", SYC_EVENT_FINGERPRINT},
    {"connection", SYC_EVENT_CONNECTION},
    {"source", SYC_EVENT_SOURCE},
    {"verdict", SYC_EVENT_VERDICT},
    {"stats", SYC_EVENT_STATS},
    {"ruleset", SYC_EVENT_RULESET},
    {"error", SYC_EVENT_ERROR},
};

unsigned
syc_events_parse(const char *list, const char **bad)
{
    unsigned bits = 0;

    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        unsigned bit = 0;
        for (size_t i = 0; i < sizeof(event_names) / sizeof(event_names[0]); i++) {
            if (strlen(event_names[i].name) == n && memcmp(p, event_names[i].name, n) == 0) {
                bit = event_names[i].bit;
            }
        }
        if (bit == 0) {
            *bad = p;
            return 0;
        }
        bits |= bit;
        p += n;
        if (*p == '\0') {
            return bits;
        }
    }
}
