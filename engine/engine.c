/*
 * One pass: frames to segments to records; records to events and to rhythm. The end is in
 * verdict.c.
 *
 *    frames -> engine_decode() -> engine_feed() -> syc_table_feed() -> on_record() -> engine_take_record() -> connection
 *                  |                  |                |                                  ^                event, cadence,
 *            here, or in a    engine_take_aside()   on_syn()                              |                audit (judged
 *            thread (ahead.c) fragments, ICMP,      fingerprint event   judge.c: events read back           at the end)
 *                             links
 *
 * Invariant: what a record says is settled before engine_take_record(), losses of the input
 * included (on_record). Right of it no code asks where a record came from.
 */

#include "engine/engine_int.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY_DEFAULT = 256 << 20 };

/* What correlations may have of the rhythm's memory, if the rules hold any. */
enum { CORRELATE_PART = 4 };

#define IDLE_DEFAULT_NS    (INT64_C(3600) * SYC_NS_PER_S)
#define TWO_MSL_DEFAULT_NS (INT64_C(60) * SYC_NS_PER_S) /* Linux' TCP_TIMEWAIT_LEN */

/* ------------------------------------------------------------ sinks */

/* An error event for machines, a line for a person: one text for both, so that neither knows less. */
void
engine_tell(struct syc_engine *e, const char *file, const char *text)
{
    char line[512];

    if (e->config.events & SYC_EVENT_ERROR) {
        syc_emit_error(e->config.output, e->stats.time_us, file, text);
    }
    if (e->config.message != NULL) {
        snprintf(line, sizeof(line), "%s%s%s", file != NULL ? file : "", file != NULL ? ": " : "",
                 text);
        e->config.message(e->config.user, line);
    }
}

/* Once, with the first time that is known: a file run has no other clock than its packets. */
static void
tell_ruleset(struct syc_engine *e)
{
    if (!e->ruleset_told) {
        engine_emit_ruleset(e, "loaded", NULL);
    }
    e->ruleset_told = true;
}

void
engine_clock(struct syc_engine *e, int64_t us)
{
    if (us > e->stats.time_us || !e->ruleset_told) { /* the first one may lie before 1970 */
        e->stats.time_us = us;
    }
    tell_ruleset(e);
}

/*
 * Did the record's connection last through the loss? One that was over before it has lost nothing; one that never
 * closed might have gone on, and what it would have said is what is missing.
 */
static bool
touched(const struct syc_record *r, const struct wound *w)
{
    int64_t end_us = r->start_us + (r->dur_us == SYC_NONE ? 0 : r->dur_us);

    if (!w->open || r->start_us > w->to_us) {
        return false;
    }
    return end_us > w->from_us || r->reason == SYC_REASON_EOF || r->close_kind == SYC_CLOSE_OPEN ||
           r->close_kind == SYC_CLOSE_NO_ANSWER ||
           r->close_kind == SYC_CLOSE_HALF_CLOSED_BY_CLIENT ||
           r->close_kind == SYC_CLOSE_HALF_CLOSED_BY_SERVER;
}

void
engine_take_record(struct syc_engine *e, const struct syc_record *r)
{
    if (e->config.events & SYC_EVENT_CONNECTION) {
        syc_emit_connection(e->config.output, r);
    }
    if (e->cadence != NULL) {
        syc_cadence_feed(e->cadence, r);
    }
    if (e->correlate != NULL) {
        syc_correlate_feed(e->correlate, r);
    }
    if (e->audit != NULL) {
        syc_audit_feed(e->audit, r);
    }
}

/*
 * Losses are written into the record here, left of the waist, so that a judge of the events knows
 * what this run knew. The table's record is borrowed and not ours to change: a marked one is a
 * copy.
 */
static void
on_record(void *user, const struct syc_record *r)
{
    struct syc_engine *e = user;
    struct syc_record marked;
    uint32_t bits = (touched(r, &e->cut) ? 1U << SYC_DEGRADED_TRUNCATED_INPUT : 0) |
                    (touched(r, &e->drops) ? 1U << SYC_DEGRADED_KERNEL_DROPS : 0);

    if (bits != 0) {
        marked = *r;
        marked.degraded |= bits;
        r = &marked;
    }
    engine_take_record(e, r);
}

/*
 * As on_record(), of a connection that is still open. Who asks for more than rhythm needs the record;
 * correlations may come with a reload.
 */
static bool
on_lone(void *user, const struct syc_lone *lone)
{
    struct syc_engine *e = user;
    struct syc_lone marked = *lone;

    if (e->correlate != NULL) {
        return false;
    }
    if (e->cut.open && lone->start_us <= e->cut.to_us) {
        marked.degraded |= 1U << SYC_DEGRADED_TRUNCATED_INPUT;
    }
    if (e->drops.open && lone->start_us <= e->drops.to_us) {
        marked.degraded |= 1U << SYC_DEGRADED_KERNEL_DROPS;
    }
    return syc_cadence_feed_lone(e->cadence, &marked);
}

static void
on_soon(void *user, const uint8_t client[16], uint8_t ip_v)
{
    const struct syc_engine *e = user;

    syc_cadence_expect(e->cadence, client, ip_v);
}

/* Interned SYNs do not move for the table's life, so their address stands for their value. */
static void
on_syn(void *user, const struct syc_syn_seen *s)
{
    struct syc_engine *e = user;
    size_t slot = ((uintptr_t)s->syn / sizeof(struct syc_syn)) % MATCHES;
    struct cached_match *m = &e->matches[slot];
    const char *file;

    if (m->syn != s->syn) {
        m->syn = s->syn;
        syc_signatures_identify(e->signatures, s->syn, &m->identity);
    }
    file = e->config.many_inputs ? engine_input_name(e, s->file) : NULL;
    if (e->config.events & SYC_EVENT_FINGERPRINT) {
        syc_emit_fingerprint(e->config.output, s, &m->identity, file);
    }
    if (e->config.syn != NULL) {
        e->config.syn(e->config.user, s, &m->identity, file);
    }
}

/* ------------------------------------------------------------ making one */

/* Rhythm and audit share what there is when both are wanted. */
static bool
make_right_of_the_waist(struct syc_engine *e, size_t octets)
{
    bool audit = e->config.audited != NULL || (e->config.events & SYC_EVENT_AUDIT);
    size_t share = audit && !e->config.audit_only ? octets / 2 : octets;

    if (!e->config.audit_only) {
        if (syc_correlate_new(&e->correlate, e->rules, e->signatures, share / CORRELATE_PART) !=
            SYC_OK) {
            return false;
        }
        /* Those that a reload brings, where none were before, have what is left for buffers. */
        e->correlate_octets =
            e->correlate != NULL ? share / CORRELATE_PART : e->config.memory_octets / 20;
        e->cadence = syc_cadence_new(e->signatures,
                                     e->correlate != NULL ? share - share / CORRELATE_PART : share);
    }
    return (e->cadence != NULL || e->config.audit_only) && (!audit || engine_make_audit(e, share));
}

/*
 * The one number of --memory: behavior sees every record, so it gets half; connections 35 %,
 * half-open 10 %; 5 % stay for buffers. A fixed key (tests) is all zero.
 */
static bool
make_tables(struct syc_engine *e)
{
    size_t memory = e->config.memory_octets;
    struct syc_table_config table = {
        .connection_octets = memory / 100 * 35,
        .half_open_octets = memory / 100 * 10,
        .sni = e->config.sni,
        .live = e->config.live,
        .idle_ns = e->config.idle_ns,
        .two_msl_ns = e->config.two_msl_ns,
        .interval_ns = e->config.interval_ns,
    };
    struct syc_table_sink sink = {.user = e, .record = on_record};

    if (!e->config.fixed_key) {
        table.key = syc_hash_key_random();
    }
    if ((e->config.events & SYC_EVENT_FINGERPRINT) || e->config.syn != NULL) {
        sink.syn = on_syn;
        e->matches = syc_alloc(MATCHES, sizeof(*e->matches));
        if (e->matches == NULL) {
            return false;
        }
    }
    if (!(e->config.events & (SYC_EVENT_CONNECTION | SYC_EVENT_AUDIT)) &&
        e->config.audited == NULL && !e->config.audit_only) {
        sink.lone = on_lone;
        sink.soon = on_soon;
    }
    e->table = syc_table_new(&table, &sink);
    return e->table != NULL && make_right_of_the_waist(e, memory / 100 * 50);
}

/* Zero means "not given" in a configuration, so that a caller names only what it cares for. */
static void
set_defaults(struct syc_engine_config *c)
{
    c->memory_octets = c->memory_octets != 0 ? c->memory_octets : MEMORY_DEFAULT;
    c->idle_ns = c->idle_ns != 0 ? c->idle_ns : IDLE_DEFAULT_NS;
    c->two_msl_ns = c->two_msl_ns != 0 ? c->two_msl_ns : TWO_MSL_DEFAULT_NS;
}

enum syc_status
syc_engine_new(struct syc_engine **out, const struct syc_engine_config *config,
               struct syc_error *err)
{
    struct syc_engine *e = syc_alloc(1, sizeof(*e));
    enum syc_status status;

    *out = NULL;
    if (e == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "out of memory");
    }
    e->config = *config;
    set_defaults(&e->config);
    status = syc_engine_load_rules(&e->rules, config->rules, config->rule_count, NULL, err);
    if (status == SYC_OK) {
        status = engine_load_signatures(&e->signatures, config->signatures, config->signature_count,
                                        err);
    }
    if (status == SYC_OK && !make_tables(e)) {
        status = syc_error_set(err, SYC_NO_MEMORY, "out of memory for the tables");
    }
    if (status != SYC_OK) {
        syc_engine_free(e);
        return status;
    }
    engine_note_signatures(e);
    *out = e;
    return SYC_OK;
}

void
syc_engine_free(struct syc_engine *e)
{
    if (e == NULL) {
        return;
    }
    syc_table_free(e->table);
    syc_cadence_free(e->cadence);
    syc_correlate_free(e->correlate);
    syc_audit_free(e->audit);
    syc_signatures_free(e->signatures);
    for (size_t i = 0; i < e->retired_count; i++) {
        syc_signatures_free(e->retired[i]);
    }
    syc_free(e->retired);
    syc_ruleset_free(e->rules);
    syc_free(e->matches);
    syc_free(e);
}

const struct syc_ruleset *
syc_engine_rules(const struct syc_engine *e)
{
    return e->rules;
}

/* ------------------------------------------------------------ one pass */

/* Those that engine_take_aside() knows what to do with. */
static bool
is_kept(enum syc_drop drop)
{
    return drop == SYC_DROP_NONE || drop == SYC_DROP_IP_FRAGMENT || drop == SYC_DROP_LINK_TYPE ||
           drop == SYC_DROP_ICMP_ERROR;
}

/* A run of plain frames, then one that may not be, and so on; what is not kept leaves no hole. */
void
engine_decode(const struct syc_frame *frames, size_t count, unsigned flags, struct batch *out)
{
    const bool runs = (flags & SYC_DECODE_CHECKSUMS) == 0;
    size_t n = 0;

    out->plain = true;
    out->dropped = 0;
    out->frames = count;
    if (count > 0) {
        out->first_ns = frames[0].time_ns;
        out->last_ns = frames[count - 1].time_ns;
    }
    for (size_t i = 0; i < count; i++) {
        size_t run = runs ? syc_decode_plain(frames + i, count - i, out->segments + n) : 0;
        struct syc_segment *s = &out->segments[n + run];
        enum syc_drop drop;

        memset(out->drops + n, SYC_DROP_NONE, run);
        n += run;
        i += run;
        if (i == count) {
            break;
        }
        drop = syc_decode_with(&frames[i], flags, s);
        if (is_kept(drop)) {
            out->drops[n] = (uint8_t)drop;
            out->links[n] = frames[i].link;
            out->plain &= drop == SYC_DROP_NONE && !s->ip_mf;
            n++;
            continue;
        }
        if (out->dropped++ == 0) {
            memset(out->reasons, 0, sizeof(out->reasons));
        }
        out->reasons[drop]++;
    }
    out->count = n;
}

/*
 * The picture of ARCHITECTURE in C. n <= i at every turn, as engine_take_aside() raises it by one
 * at most, so no segment is written over before its turn has come.
 */
static void
engine_feed(struct syc_engine *e, struct batch *b)
{
    size_t n = 0;

    for (int drop = 0; b->dropped > 0 && drop < SYC_DROP_COUNT; drop++) {
        e->stats.decode[drop] += b->reasons[drop];
    }
    if (b->plain && e->fragments.count == 0) {
        e->stats.decode[SYC_DROP_NONE] += b->count;
        syc_table_feed(e->table, b->segments, b->count);
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        enum syc_drop drop = (enum syc_drop)b->drops[i];

        if (n != i) {
            b->segments[n] = b->segments[i];
        }
        e->stats.decode[drop]++;
        if (drop == SYC_DROP_NONE && !b->segments[n].ip_mf && e->fragments.count == 0) {
            n++;
        } else {
            n = engine_take_aside(e, b, b->links[i], drop, n);
        }
    }
    syc_table_feed(e->table, b->segments, n);
}

/* The next batch: from the thread that reads ahead, or read here. As engine_ahead_next(). */
static enum syc_status
next_batch(struct syc_engine *e, struct syc_capture *c, struct batch **out,
           struct syc_capture_over *over, struct syc_error *err)
{
    struct syc_frame frames[SYC_BATCH];
    size_t count = 0;
    enum syc_status status;

    if (e->inputs.ahead != NULL) {
        return engine_ahead_next(e->inputs.ahead, out, over, err);
    }
    status = syc_capture_next(c, frames, SYC_BATCH, &count, err);
    if (status != SYC_OK) {
        syc_capture_over(c, over);
    }
    engine_decode(frames, count, e->config.decode, &e->batch);
    *out = &e->batch;
    return status;
}

static bool
is_stopped(const struct syc_engine *e)
{
    return atomic_load_explicit(&e->stop, memory_order_relaxed);
}

enum { TICK_BATCHES = 32 }; /* a thousand frames: what a tick costs does not show */

/*
 * Read until all inputs are over, a stop, or an output that takes no more. The first fault is the
 * answer: the others are told through config.input, and none keeps the remaining files from being
 * read.
 */
static enum syc_status
read_capture(struct syc_engine *e, struct syc_capture *c, struct syc_error *err)
{
    struct syc_capture_over over = {.more = true};
    struct live live = {0};
    enum syc_status first = SYC_OK;
    unsigned batches = 0;

    /* Asked before a batch and not behind it: what was read is counted, so it is taken in. */
    while (over.more && !is_stopped(e)) {
        struct syc_error later, *now = first == SYC_OK ? err : &later;
        struct batch *b = NULL;
        enum syc_status status = next_batch(e, c, &b, &over, now);

        engine_reload_if_asked(e);
        if (status != SYC_OK) {
            status = engine_end_input(e, &over, status, now);
            first = first == SYC_OK ? status : first;
        }
        if (b != NULL && b->frames > 0) {
            /* Also the first one's: it dates the rules in use, and must not depend on where a read has ended. */
            engine_clock(e, syc_us_from_ns(b->first_ns));
            engine_clock(e, syc_us_from_ns(b->last_ns));
            engine_feed(e, b);
        }
        if (e->config.live) {
            engine_live_batch(e, c, &live, b);
        }
        if (e->config.output->status != SYC_OK) {
            return e->config.output->status;
        }
        if (e->config.tick != NULL &&
            (b == NULL || b->frames < SYC_BATCH || ++batches % TICK_BATCHES == 0)) {
            e->config.tick(e->config.user);
        }
    }
    return is_stopped(e) ? SYC_INTERRUPTED : first;
}

/* Several captures are one run: their counts add up, and packets = tcp + reasons holds over all of them. */
static void
add_capture_stats(const struct inputs *in, struct syc_capture_stats *sum)
{
    struct syc_capture_stats s = {0};

    if (in->ahead != NULL) {
        engine_ahead_stats(in->ahead, &s);
    } else if (in->capture != NULL) {
        syc_capture_stats(in->capture, &s);
    }
    sum->packets += s.packets;
    sum->octets += s.octets;
    sum->kernel_drops += s.kernel_drops;
    sum->interface_drops += s.interface_drops;
}

enum syc_status
syc_engine_capture(struct syc_engine *e, const struct syc_capture_options *options,
                   struct syc_error *err)
{
    struct syc_error own = {0};
    struct syc_capture *c = NULL;
    enum syc_status status;

    err = err != NULL ? err : &own;
    status = engine_list_inputs(e, options, err);
    if (status == SYC_OK) {
        status = syc_capture_open(&c, options, err);
    }
    if (status == SYC_OK) {
        e->inputs.ahead = engine_ahead_start(e, c, options);
        e->inputs.capture = e->inputs.ahead == NULL ? c : NULL;
        status = read_capture(e, c, err);
        add_capture_stats(&e->inputs, &e->stats.capture);
        engine_ahead_stop(e->inputs.ahead);
        syc_capture_close(c);
    } else {
        engine_tell_fault(e, e->inputs.name, err);
    }
    engine_drop_inputs(e);
    return status;
}

/* Relaxed: nothing else is told by it, and it may come from a signal handler. */
void
syc_engine_stop(struct syc_engine *e)
{
    atomic_store_explicit(&e->stop, true, memory_order_relaxed);
}

void
engine_emit_stats(struct syc_engine *e)
{
    struct syc_run_stats stats;

    if (e->config.events & SYC_EVENT_STATS) {
        syc_engine_stats(e, &stats);
        syc_emit_stats(e->config.output, &stats);
    }
}

/* The stats event comes last, since it counts the events before it. */
enum syc_status
syc_engine_finish(struct syc_engine *e)
{
    enum syc_status status;
    tell_ruleset(e);
    engine_end_fragments(e);
    syc_table_finish(e->table, 0); /* on_record knows which of them an input's end has cut */
    status = e->cadence != NULL ? engine_judge_subjects(e, TELL_LAST) : SYC_OK;
    if (status == SYC_OK) {
        status = engine_finish_audit(e);
    }
    engine_emit_stats(e);
    if (syc_output_flush(e->config.output) != SYC_OK) {
        return e->config.output->status;
    }
    return status;
}

void
syc_engine_stats(const struct syc_engine *e, struct syc_run_stats *out)
{
    *out = e->stats;
    add_capture_stats(&e->inputs, &out->capture);
    syc_table_stats(e->table, &out->table);
    if (e->cadence != NULL) {
        syc_cadence_stats(e->cadence, &out->cadence);
        syc_cadence_once(e->cadence, &out->once);
    }
    out->rules_loaded = syc_ruleset_loaded(e->rules);
    syc_correlate_stats(e->correlate, &out->correlation);
    out->rules_refused = syc_ruleset_refused(e->rules);
}
