/*
 * What happened to the run itself: counts at the end, the rules in use, errors. Every loss that a
 * reader of the other events could not see for himself has a counter here.
 */

#include "output/output_int.h"

#include <stdio.h>
#include <string.h>

/* Drops are those of a live run: files have none, and say 0. */
static void
write_capture(struct syc_json *j, const struct syc_capture_stats *c)
{
    syc_json_member_open(j, "capture", '{');
    syc_json_member_count(j, "packets", c->packets);
    syc_json_member_count(j, "bytes", c->octets);
    syc_json_member_count(j, "kernel_drops", c->kernel_drops);
    syc_json_member_count(j, "interface_drops", c->interface_drops);
    syc_json_close(j, '}');
}

/* packets = tcp + the sum of the reasons; a reason of zero says nothing. */
static void
write_decode(struct syc_json *j, const uint64_t *counts)
{
    syc_json_member_open(j, "decode", '{');
    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        if (i == SYC_DROP_NONE || counts[i] > 0) {
            syc_json_member_count(j, syc_drop_name((enum syc_drop)i), counts[i]);
        }
    }
    syc_json_close(j, '}');
}

/* A stack without a name is one that no signature fits. */
static void
write_once_lists(struct syc_json *j, const struct syc_once *o)
{
    char text[SYC_ADDR_TEXT + 4];

    syc_json_member_open(j, "prefixes", '[');
    for (size_t i = 0; i < o->prefix_count; i++) {
        syc_addr_format(o->prefixes[i].addr, o->prefixes[i].ip_v, text);
        snprintf(text + strlen(text), 4, "/%u", (unsigned)o->prefixes[i].bits % 100);
        syc_json_open(j, '{');
        syc_json_member_text(j, "prefix", text);
        syc_json_member_count(j, "count", o->prefixes[i].count);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
    syc_json_member_open(j, "stacks", '[');
    for (size_t i = 0; i < o->stack_count; i++) {
        syc_json_open(j, '{');
        syc_json_member_text(j, "os", o->stacks[i].os);
        syc_json_member_count(j, "count", o->stacks[i].count);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

static void
write_once(struct syc_json *j, const struct syc_once *o)
{
    syc_json_member_open(j, "sources_once", '{');
    syc_json_member_count(j, "count", o->count);
    if (o->count > 0) {
        syc_json_member_count(j, "evicted", o->evicted);
        if (o->distinct > 0) {
            syc_json_member_count(j, "distinct", o->distinct);
            syc_json_member_real(j, "distinct_error_ratio", o->distinct_error_ratio, 4);
        }
        write_once_lists(j, o);
    }
    syc_json_close(j, '}');
}

/*
 * Each table says what it may use, uses and has refused: a verdict on too little memory can be told
 * from one on too little traffic.
 */
static void
write_tables(struct syc_json *j, const struct syc_run_stats *s)
{
    const struct syc_table_stats *t = &s->table;
    const struct syc_cadence_stats *c = &s->cadence;

    syc_json_member_count(j, "connections", t->connections);
    syc_json_member_count(j, "sources", c->sources);
    write_once(j, &s->once);
    syc_json_member_open(j, "connection_table", '{');
    syc_json_member_count(j, "active", t->open);
    syc_json_member_count(j, "peak", t->open_peak);
    syc_json_member_count(j, "memuse_bytes", t->connection_octets);
    syc_json_member_count(j, "memcap_bytes", t->connection_limit);
    syc_json_member_count(j, "evicted", t->evicted);
    if (t->gave_way >
        0) { /* closed for 5 s and more: not lost, but told, as stragglers find no connection */
        syc_json_member_count(j, "gave_way", t->gave_way);
    }
    if (t->denied > 0) { /* the system had no memory, whatever the cap */
        syc_json_member_count(j, "denied", t->denied);
    }
    syc_json_member_count(j, "stray_rst", t->stray_rst);
    syc_json_member_count(j, "duplicates", t->duplicates);
    syc_json_close(j, '}');
    syc_json_member_open(j, "source_table", '{');
    syc_json_member_count(j, "memuse_bytes", c->octets);
    syc_json_member_count(j, "mempeak_bytes", c->octets_peak);
    syc_json_member_count(j, "memcap_bytes", c->octets_limit);
    syc_json_member_count(j, "evicted", c->sources_evicted);
    syc_json_member_count(j, "records_dropped", c->records_dropped);
    syc_json_member_count(j, "groups_dropped", c->groups_dropped);
    if (s->forgotten > 0) { /* live: verdicts are of what came after it */
        syc_json_member_count(j, "forgotten", s->forgotten);
    }
    syc_json_close(j, '}');
    syc_json_member_open(j, "half_open", '{');
    syc_json_member_count(j, "active", t->half_open);
    syc_json_member_count(j, "peak", t->half_open_peak);
    syc_json_member_count(j, "memuse_bytes", t->half_open_octets);
    syc_json_member_count(j, "memcap_bytes", t->half_open_limit);
    syc_json_member_count(j, "evicted", t->half_open_evicted);
    syc_json_close(j, '}');
}

static void
write_rules(struct syc_json *j, uint64_t loaded, uint64_t refused)
{
    syc_json_member_count(j, "loaded", loaded);
    syc_json_member_count(j, "refused", refused);
}

/* What the correlations took in, and what they had to give up for want of memory. */
static void
write_correlation(struct syc_json *j, const struct syc_correlate_stats *s)
{
    syc_json_member_open(j, "correlation", '{');
    syc_json_member_count(j, "events", s->events);
    syc_json_member_count(j, "dropped", s->dropped);
    syc_json_member_count(j, "fired", s->watch.fired);
    syc_json_member_count(j, "evicted", s->watch.evicted + s->forgotten);
    syc_json_member_count(j, "lost", s->watch.lost);
    syc_json_member_count(j, "late", s->watch.late);
    syc_json_member_count(j, "groups_peak", s->watch.groups_peak);
    syc_json_member_count(j, "memuse_bytes", s->watch.octets);
    syc_json_member_count(j, "mempeak_bytes", s->watch.octets_peak);
    syc_json_member_count(j, "memcap_bytes", s->watch.octets_limit);
    syc_json_close(j, '}');
}

void
syc_emit_stats(struct syc_output *o, const struct syc_run_stats *s)
{
    struct syc_json *j = syc_output_begin(o);

    if (j == NULL) {
        return;
    }
    syc_event_begin(j, "stats", s->time_us, o->sensor);
    syc_json_member_open(j, "stats", '{');
    write_capture(j, &s->capture);
    write_decode(j, s->decode);
    write_tables(j, s);
    syc_json_member_open(j, "rules", '{');
    write_rules(j, s->rules_loaded, s->rules_refused);
    if (s->correlation.watch.octets_limit > 0) {
        write_correlation(j, &s->correlation);
    }
    syc_json_close(j, '}');
    syc_json_member_open(j, "output", '{');
    syc_json_member_count(j, "events", o->events);
    syc_json_member_count(j, "lost", o->lost);
    syc_json_close(j, '}');
    syc_json_close(j, '}');
    syc_json_close(j, '}');
    syc_output_end(o);
}

void
syc_emit_ruleset(struct syc_output *o, int64_t time_us, const struct syc_ruleset_stats *s)
{
    struct syc_json *j = syc_output_begin(o);

    if (j == NULL) {
        return;
    }
    syc_event_begin(j, "ruleset", time_us, o->sensor);
    syc_json_member_open(j, "ruleset", '{');
    syc_json_member_text(j, "status", s->status);
    syc_json_member_text(j, "digest", s->digest);
    write_rules(j, s->loaded, s->refused);
    syc_json_member_count(j, "skipped", s->skipped);
    syc_json_member_text(j, "error", s->error);
    syc_json_close(j, '}');
    syc_json_close(j, '}');
    syc_output_end(o);
}

/* text may quote an outsider's octets: syc_json_text() escapes them like all others. */
void
syc_emit_error(struct syc_output *o, int64_t time_us, const char *file, const char *text)
{
    struct syc_json *j = syc_output_begin(o);

    if (j == NULL) {
        return;
    }
    syc_event_begin(j, "error", time_us, o->sensor);
    syc_json_member_open(j, "error", '{');
    syc_json_member_text(j, "file", file);
    syc_json_member_text(j, "text", text);
    syc_json_close(j, '}');
    syc_json_close(j, '}');
    syc_output_end(o);
}
