/* The stats and error events. */

#include "output/output_int.h"

static void
put_capture(struct syc_json *j, const struct syc_run_stats *s)
{
    syc_json_key(j, "capture");
    syc_json_open(j, '{');
    json_member_int(j, "packets", (int64_t)s->capture.packets);
    json_member_int(j, "bytes", (int64_t)s->capture.octets);
    json_member_int(j, "kernel_drops", (int64_t)s->capture.kernel_drops);
    json_member_int(j, "interface_drops", (int64_t)s->capture.interface_drops);
    syc_json_close(j, '}');
    syc_json_key(j, "decode");
    syc_json_open(j, '{');
    for (unsigned d = 0; d < SYC_DROP_COUNT; d++) {
        if (s->decode[d] > 0 || d == SYC_DROP_NONE) {
            json_member_int(j, syc_drop_name(d), (int64_t)s->decode[d]);
        }
    }
    syc_json_close(j, '}');
}

static void
put_tables(struct syc_json *j, const struct syc_run_stats *s)
{
    json_member_int(j, "connections", (int64_t)s->table.connections);
    json_member_int(j, "connections_evicted", (int64_t)s->table.evicted);
    json_member_int(j, "stray_rst", (int64_t)s->table.stray_rst);
    json_member_int(j, "sources", (int64_t)s->cadence.sources);
    json_member_int(j, "sources_evicted", (int64_t)s->cadence.sources_evicted);
    json_member_int(j, "records_dropped", (int64_t)s->cadence.records_dropped);
    syc_json_key(j, "half_open");
    syc_json_open(j, '{');
    json_member_int(j, "active", (int64_t)s->table.half_open);
    json_member_int(j, "peak", (int64_t)s->table.half_open_peak);
    json_member_int(j, "memuse_bytes", (int64_t)s->table.half_open_octets);
    json_member_int(j, "memcap_bytes", (int64_t)s->table.half_open_limit);
    json_member_int(j, "evicted", (int64_t)s->table.half_open_evicted);
    syc_json_close(j, '}');
}

void
syc_emit_stats(struct syc_output *o, const struct syc_run_stats *s)
{
    struct syc_json *j = &o->json;

    output_begin(o, s->time_us, "stats");
    syc_json_key(j, "stats");
    syc_json_open(j, '{');
    put_capture(j, s);
    put_tables(j, s);
    syc_json_key(j, "rules");
    syc_json_open(j, '{');
    json_member_int(j, "loaded", (int64_t)s->rules_loaded);
    json_member_int(j, "refused", (int64_t)s->rules_refused);
    syc_json_close(j, '}');
    syc_json_key(j, "output");
    syc_json_open(j, '{');
    json_member_int(j, "events", (int64_t)o->events);
    json_member_int(j, "lost", (int64_t)o->lost);
    syc_json_close(j, '}');
    syc_json_close(j, '}');
    output_line(o);
}

void
syc_emit_error(struct syc_output *o, int64_t time_us, const char *file, const char *text)
{
    struct syc_json *j = &o->json;

    output_begin(o, time_us, "error");
    syc_json_key(j, "error");
    syc_json_open(j, '{');
    if (file != NULL) {
        json_member_text(j, "file", file);
    }
    json_member_text(j, "text", text);
    syc_json_close(j, '}');
    output_line(o);
}
