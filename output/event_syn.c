/* The `syn` object and the fingerprint event. */

#include "output/output_int.h"

static void
member_known(struct syc_json *j, const char *name, int64_t value)
{
    if (value != SYC_NONE) {
        json_member_int(j, name, value);
    }
}

static void
syn_network(struct syc_json *j, const struct syc_syn *syn, const struct syc_syn_own *own)
{
    json_member_text(j, "kind", syn->kind == SYC_KIND_SYN ? "syn" : "syn+ack");
    json_member_int(j, "ip_v", syn->ip_v);
    json_member_int(j, "ttl", syn->ttl);
    json_member_int(j, "ttl_initial", syn->ttl_initial);
    json_member_int(j, "distance", syn->distance);
    json_member_bool(j, "df", syn->df);
    member_known(j, "ip_id", own->ip_id);
    json_member_int(j, "ip_ecn", syn->ip_ecn);
    json_member_int(j, "ip_options_bytes", syn->ip_options_bytes);
    member_known(j, "flow_label", own->flow_label);
}

static void
syn_options(struct syc_json *j, const struct syc_syn *syn, const struct syc_syn_own *own)
{
    if (syn->mss >= 0) {
        json_member_int(j, "mss", syn->mss);
    }
    if (syn->wscale >= 0) {
        json_member_int(j, "wscale", syn->wscale);
    }
    json_member_text(j, "options", syn->options);
    syc_json_key(j, "option_kinds");
    syc_json_open(j, '[');
    for (size_t i = 0; i < syn->option_count; i++) {
        syc_json_int(j, syn->option_kinds[i]);
    }
    syc_json_close(j, ']');
    member_known(j, "ts_val", own->ts_val);
    member_known(j, "ts_ecr", own->ts_ecr);
}

void
event_syn(struct syc_json *j, const struct syc_syn *syn, const struct syc_syn_own *own)
{
    syn_network(j, syn, own);
    json_member_int(j, "window", syn->window);
    syc_json_key(j, "window_law");
    syc_json_open(j, '{');
    json_member_text(j, "unit", syc_window_unit_name(syn->window_unit));
    json_member_int(j, "n", syn->window_n);
    syc_json_close(j, '}');
    syn_options(j, syn, own);
    json_member_int(j, "tcp_flags", syn->tcp_flags);
    member_known(j, "payload_bytes", own->payload_bytes);
    syc_json_key(j, "quirks");
    syc_json_open(j, '[');
    for (unsigned q = 0; q < SYC_QUIRK_COUNT; q++) {
        if ((syn->quirks & (1U << q)) != 0) {
            syc_json_text(j, syc_quirk_name(q));
        }
    }
    syc_json_close(j, ']');
    json_member_text(j, "p0f", syn->p0f);
    if (syn->tcpfp[0] != '\0') {
        json_member_text(j, "tcpfp", syn->tcpfp);
    }
    json_member_text(j, "muonfp", syn->muonfp);
}

static void
member_if(struct syc_json *j, const char *name, const char *value)
{
    if (value != NULL) {
        json_member_text(j, name, value);
    }
}

static void
event_match(struct syc_json *j, const struct syc_match *m)
{
    syc_json_key(j, "match");
    syc_json_open(j, '{');
    json_member_text(j, "quality", syc_quality_name(m->quality));
    member_if(j, "label", m->label);
    member_if(j, "os_family", m->os_family);
    member_if(j, "os", m->os);
    member_if(j, "flavor", m->flavor);
    if (m->app) {
        json_member_bool(j, "app", true);
    }
    member_if(j, "db", m->db);
    if (m->db != NULL) {
        json_member_int(j, "db_line", m->db_line);
    }
    member_if(j, "date", m->date);
    syc_json_close(j, '}');
}

void
syc_emit_fingerprint(struct syc_output *o, const struct syc_syn_seen *s,
                     const struct syc_match *match, const char *file_name)
{
    struct syc_json *j = &o->json;

    output_begin(o, s->time_us, "fingerprint");
    event_key(j, s->key, s->flow_id, true);
    json_member_int(j, "pcap_cnt", (int64_t)s->number);
    if (file_name != NULL) {
        json_member_text(j, "pcap_filename", file_name);
    }
    syc_json_key(j, "syn");
    syc_json_open(j, '{');
    event_syn(j, s->syn, s->own);
    event_match(j, match);
    syc_json_close(j, '}');
    output_line(o);
}
