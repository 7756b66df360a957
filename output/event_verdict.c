/* The verdict and source events: what was concluded, and every number it was concluded from. */

#include "output/output_int.h"

#include <stdio.h>

static const char *
subject_name(enum syc_subject_kind kind)
{
    return kind == SYC_SUBJECT_SOURCE ? "source" : "pair";
}

static void
put_subject(struct syc_json *j, const struct syc_subject *s)
{
    char text[SYC_ADDR_TEXT];

    syc_addr_format(s->source, s->ip_v, text);
    json_member_text(j, "src_ip", text);
    if (s->kind == SYC_SUBJECT_PAIR) {
        syc_addr_format(s->dest, s->ip_v, text);
        json_member_text(j, "dest_ip", text);
        json_member_int(j, "dest_port", s->dest_port);
    }
}

/* What to type into Wireshark to see the packets of the evidence. */
static void
put_filter(struct syc_json *j, const struct syc_subject *s, const char *rule_filter)
{
    char source[SYC_ADDR_TEXT];
    char dest[SYC_ADDR_TEXT];
    char text[512];
    const char *field = s->ip_v == 4 ? "ip.addr" : "ipv6.addr";
    int n;

    syc_addr_format(s->source, s->ip_v, source);
    n = snprintf(text, sizeof(text), "%s == %s", field, source);
    if (s->kind == SYC_SUBJECT_PAIR) {
        syc_addr_format(s->dest, s->ip_v, dest);
        n += snprintf(text + n, sizeof(text) - (size_t)n, " && %s == %s && tcp.port == %u", field,
                      dest, s->dest_port);
    }
    if (rule_filter != NULL) {
        (void)snprintf(text + n, sizeof(text) - (size_t)n, " && (%s)", rule_filter);
    }
    json_member_text(j, "display_filter", text);
}

static void
put_flow_ids(struct syc_json *j, const struct syc_subject *s)
{
    syc_json_key(j, "flow_ids");
    syc_json_open(j, '[');
    for (size_t i = 0; i < s->flow_id_count; i++) {
        syc_json_int(j, s->flow_ids[i]);
    }
    syc_json_close(j, ']');
}

static void
put_read(struct syc_json *j, const struct syc_evidence *e)
{
    syc_json_key(j, "identifiers");
    syc_json_open(j, '[');
    for (size_t i = 0; i < e->identifier_count; i++) {
        syc_json_text(j, e->identifiers[i]);
    }
    syc_json_close(j, ']');
    syc_json_key(j, "values");
    syc_json_open(j, '{');
    for (size_t i = 0; i < e->value_count; i++) {
        syc_json_key(j, e->values[i].name);
        json_value(j, e->values[i].value);
    }
    syc_json_close(j, '}');
}

static void
put_evidence(struct syc_json *j, const struct syc_subject *s, const struct syc_evidence *e)
{
    syc_json_open(j, '{');
    json_member_text(j, "rule", e->rule);
    if (e->rule_id != NULL) {
        json_member_text(j, "rule_id", e->rule_id);
    }
    json_member_text(j, "title", e->title);
    json_member_text(j, "group", e->group);
    if (e->level != NULL) {
        json_member_text(j, "level", e->level);
    }
    json_member_real(j, "points", e->points, 2);
    json_member_real(j, "log_odds", e->log_odds, 4);
    json_member_bool(j, "hard", e->hard);
    json_member_bool(j, "counted", e->counted);
    put_read(j, e);
    if (e->n != SYC_NONE) {
        json_member_int(j, "n", e->n);
    }
    put_flow_ids(j, s);
    put_filter(j, s, e->filter);
    syc_json_close(j, '}');
}

static void
put_missing(struct syc_json *j, const struct syc_verdict *v)
{
    syc_json_key(j, "missing");
    syc_json_open(j, '[');
    for (size_t i = 0; i < v->missing_count; i++) {
        syc_json_open(j, '{');
        json_member_text(j, "rule", v->missing[i].rule);
        json_member_text(j, "needs", v->missing[i].needs);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

static void
put_window(struct syc_json *j, const struct syc_subject *s)
{
    syc_json_key(j, "window");
    syc_json_open(j, '{');
    json_member_time(j, "start", s->window_start_us);
    json_member_time(j, "end", s->window_end_us);
    syc_json_close(j, '}');
}

void
syc_emit_verdict(struct syc_output *o, const struct syc_verdict *v, const char *ruleset)
{
    struct syc_json *j = &o->json;

    output_begin(o, v->subject->window_end_us, "verdict");
    put_subject(j, v->subject);
    syc_json_key(j, "verdict");
    syc_json_open(j, '{');
    json_member_text(j, "subject", subject_name(v->subject->kind));
    json_member_text(j, "label", syc_label_name(v->label));
    json_member_int(j, "score", v->score);
    json_member_real(j, "log_odds", v->log_odds, 4);
    json_member_real(j, "prior", v->prior, 4);
    syc_json_key(j, "kinds");
    syc_json_open(j, '[');
    for (size_t i = 0; i < v->kind_count; i++) {
        syc_json_text(j, v->kinds[i]);
    }
    syc_json_close(j, ']');
    put_window(j, v->subject);
    json_member_bool(j, "final", true);
    json_member_int(j, "conn_count", v->subject->conn_count);
    json_member_text(j, "ruleset", ruleset);
    syc_json_key(j, "evidence");
    syc_json_open(j, '[');
    for (size_t i = 0; i < v->evidence_count; i++) {
        put_evidence(j, v->subject, &v->evidence[i]);
    }
    syc_json_close(j, ']');
    put_missing(j, v);
    syc_json_close(j, '}');
    event_complete(j, v->subject->degraded);
    output_line(o);
}

/* The facts of a subject by their names; "iat.cv" stands in object "iat". */
void
syc_emit_source(struct syc_output *o, const struct syc_subject *s)
{
    struct syc_json *j = &o->json;

    output_begin(o, s->window_end_us, "source");
    put_subject(j, s);
    json_member_text(j, "subject", subject_name(s->kind));
    put_window(j, s);
    syc_json_key(j, "facts");
    syc_json_open(j, '{');
    for (size_t i = 0; i < syc_source_schema.count; i++) {
        if (s->values[i].type != SYC_ABSENT) {
            syc_json_key(j, syc_source_schema.fields[i].name);
            json_value(j, &s->values[i]);
        }
    }
    syc_json_close(j, '}');
    event_complete(j, s->degraded);
    output_line(o);
}
