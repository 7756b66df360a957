/*
 * What a live run does besides a run of files: it has clocks of its own, counts what the kernel dropped, lets
 * connections expire, and tells what it knows before its end, which may never come.
 *
 *    each batch -> clock -> drops -> expiry -> due?
 *                                               |-- a look, every LOOK_NS: sources whose label has changed
 *                                               |-- --interval: all of whom there is news, groups, the audit
 *                                               '-- --stats-interval: the counts
 *
 * Each of these is the judging of the end, over what is known by then: nothing is judged in a second way. The end of
 * the run tells all once more, for good.
 *
 * Invariants: what is due goes by the capture's clock, so a capture that is read faster or slower than it was made tells
 * the same; a clock that runs back makes all due at once and nothing late. While the engine judges nobody takes frames
 * out of the kernel's ring, so judging takes at most a tenth of the time: on a link where it would take more, looks and
 * intervals come later than asked for.
 */

#include "engine/engine_int.h"

/* Often enough for whoever waits for an alarm; a look at some thousand sources takes milliseconds. */
#define LOOK_NS (5 * SYC_NS_PER_S)

/* pcap_stats(3) is a system call; once a second of capture time is often enough to date a loss. */
#define DROPS_EVERY_NS SYC_NS_PER_S

/* For each nanosecond of judging so many without. */
enum { BREATH = 9 };

/* ------------------------------------------------------------ clocks and losses */

static int64_t
since(const struct timespec *from, const struct timespec *to)
{
    return (to->tv_sec - from->tv_sec) * SYC_NS_PER_S + (to->tv_nsec - from->tv_nsec);
}

/*
 * The capture's clock must not stand still while an idle link delivers nothing, or nothing would ever expire; and
 * it must not be the host's time of day, which may differ from the adapter's: so the newest frame's time plus
 * what has passed.
 */
static void
advance(struct live *l, const struct batch *b)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (b->frames > 0) {
        l->now_ns = b->last_ns;
    } else if (l->now_ns != 0) {
        l->now_ns += since(&l->at, &now);
    }
    l->at = now;
}

/*
 * Losses lie between the last time the count was asked for and now; the wound is the hull of all of
 * them: a record in between is called incomplete once too often rather than once too seldom.
 */
static void
watch_drops(struct syc_engine *e, struct syc_capture *c, struct live *l)
{
    struct syc_capture_stats s;
    int64_t before = l->asked_ns != 0 ? l->asked_ns : l->now_ns;

    if (l->now_ns - l->asked_ns < DROPS_EVERY_NS) {
        return;
    }
    syc_capture_stats(c, &s);
    if (s.kernel_drops + s.interface_drops > l->drops) {
        l->drops = s.kernel_drops + s.interface_drops;
        e->drops.from_us = e->drops.open ? e->drops.from_us : syc_us_from_ns(before);
        e->drops.to_us = syc_us_from_ns(l->now_ns);
        e->drops.open = true;
    }
    l->asked_ns = l->now_ns;
}

/* ------------------------------------------------------------ what is due */

/* A period has passed since it was done last; the first time begins one. */
static bool
is_due(const struct live *l, int64_t *done_ns, int64_t period_ns)
{
    int64_t least = l->took_ns * BREATH;

    if (period_ns == 0 || l->now_ns == 0) {
        return false;
    }
    if (*done_ns == 0) {
        *done_ns = l->now_ns;
        return false;
    }
    if (l->now_ns >= *done_ns && l->now_ns - *done_ns < (period_ns > least ? period_ns : least)) {
        return false;
    }
    *done_ns = l->now_ns;
    return true;
}

/*
 * Correlations take connections by their start, and records come when connections end: what started within the lag waits
 * for others that started before it. Longer than a part of a record lasts, and than a closed one is kept.
 */
static int64_t
settled_us(const struct syc_engine *e, const struct live *l)
{
    return syc_us_from_ns(l->now_ns - e->config.interval_ns - e->config.two_msl_ns);
}

/* Events of one telling go out together: a write(2) each would double what it takes. */
static enum syc_status
judge(struct syc_engine *e, const struct live *l, enum telling telling)
{
    bool by_line = e->config.output->line_buffered;
    enum syc_status status = SYC_OK;

    e->config.output->line_buffered = false;
    if (e->cadence != NULL) {
        e->stats.forgotten += syc_cadence_make_room(e->cadence);
        syc_correlate_advance(e->correlate, settled_us(e, l));
        status = engine_judge_subjects(e, telling);
    }
    if (status == SYC_OK && telling == TELL_NEWS) {
        status = engine_tell_audit(e);
    }
    e->config.output->line_buffered = by_line;
    if (by_line) {
        (void)syc_output_flush(e->config.output); /* its status sticks, and ends the run */
    }
    return status;
}

/* Without memory for it a judging is left out, and said; what is known stays for the next. */
static void
tell(struct syc_engine *e, struct live *l, enum telling telling)
{
    struct timespec after;

    if (judge(e, l, telling) != SYC_OK) {
        engine_tell(e, NULL, "out of memory; the verdicts of now are left out");
    }
    if (telling == TELL_NEWS && e->config.told != NULL) {
        e->config.told(e->config.user);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    l->took_ns = since(&l->at, &after);
}

/* A table of rows is drawn whole at each interval: changes in between have no place in it. */
static void
tell_what_is_due(struct syc_engine *e, struct live *l)
{
    bool rows = e->config.row != NULL;

    if (is_due(l, &l->told_ns, e->config.interval_ns)) {
        tell(e, l, TELL_NEWS);
        l->looked_ns = l->now_ns;
    } else if (e->config.interval_ns > 0 && e->cadence != NULL && !rows &&
               is_due(l, &l->looked_ns, LOOK_NS)) {
        tell(e, l, TELL_CHANGES);
    }
    if (is_due(l, &l->counted_ns, e->config.stats_interval_ns)) {
        engine_emit_stats(e);
    }
}

void
engine_live_batch(struct syc_engine *e, struct syc_capture *c, struct live *l,
                  const struct batch *b)
{
    advance(l, b);
    watch_drops(e, c, l);
    syc_table_expire(e->table, l->now_ns);
    tell_what_is_due(e, l);
}
