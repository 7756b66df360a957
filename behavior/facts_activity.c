/*
 * Facts of client activity: episodes, their sizes, bursts in windows.
 *
 *    acts      ##  #     #                 #  ##        (client bursts, first SYNs)
 *    silence             |----- >= 1 s ---|
 *    episodes  [---------]                 [-----]
 *
 * Connection starts are not enough: a poller over one connection shows one start in an hour and a
 * cv of 0.01 over its episodes (cadence 2 item 1). Heavy episodes leave out a page's own small
 * polls (item 2); sizes give away loops whose gaps look human (item 4). Everything here needs the
 * bursts: if payload was sent whose bursts are not known, all of it abstains.
 */

#include "behavior/facts.h"

/* cadence 3, column "min n". */
enum { LEAST_EPISODES = 8, LEAST_WINDOWS = 20 };

/* An episode begins after this much silence (cadence 2 item 1, 3). */
static const int64_t silence_us = SYC_US_PER_S;

/* ------------------------------------------------------------ packets in a second */

/* Of a long burst, taken as even: when it ceases to count, and one second's share of its packets. Others count whole for 1 s. */
static struct item
share_of(const struct item *act)
{
    uint64_t dur = (uint64_t)(burst_end(act) - act->t);

    return (struct item){burst_end(act), (burst_packets(act) * SYC_US_PER_S + dur - 1) / dur, 0};
}

/* The long ones, by when they leave; short ones leave in the order in which they came. */
static size_t
gather_long(const struct view *v, struct acts acts)
{
    size_t n = 0;

    for (size_t i = 0; acts.has_long && i < acts.count; i++) {
        if (burst_is_long(&acts.list[i])) {
            v->spare[n++] = share_of(&acts.list[i]);
        }
    }
    syc_sort_items(v->spare, n, (struct item *)(void *)v->work);
    return n;
}

static inline bool
is_short(struct acts acts, size_t i)
{
    return !acts.has_long || !burst_is_long(&acts.list[i]);
}

/*
 * Most client packets in any 1 s. Two ascending lists, arrivals and leavings, merged: no window is
 * laid on a grid, since a burst across a grid line would count half.
 */
static int64_t
packet_peak(const struct view *v, struct acts acts)
{
    size_t long_count = gather_long(v, acts);
    const struct item *leaving = v->spare;
    const struct item *last = leaving + long_count;
    uint64_t now = 0;
    uint64_t peak = 0;
    size_t left = 0;

    for (size_t i = 0; i < acts.count; i++) {
        int64_t t = acts.list[i].t;
        for (; acts.list[left].t + SYC_US_PER_S <= t; left++) {
            now -= is_short(acts, left) ? burst_packets(&acts.list[left]) : 0;
        }
        for (; leaving < last && leaving->t <= t; leaving++) {
            now -= leaving->a;
        }
        now += is_short(acts, i) ? burst_packets(&acts.list[i]) : share_of(&acts.list[i]).a;
        peak = now > peak ? now : peak;
    }
    return (int64_t)peak;
}

/* ------------------------------------------------------------ counts in windows */

/*
 * Variance over mean of the instants in whole windows from the first instant on; NaN below the
 * least number of windows. Empty windows are never visited: a week of silence costs nothing.
 */
static double
fano(struct acts acts, int64_t window_us)
{
    int64_t first = acts.count > 0 ? acts.list[0].t : 0;
    int64_t windows = acts.count > 0 ? (acts.list[acts.count - 1].t - first) / window_us : 0;
    __int128 squares = 0;
    uint64_t sum = 0;
    size_t i = 0;
    double mean;

    if (windows < LEAST_WINDOWS) {
        return NAN;
    }
    while (i < acts.count) {
        int64_t window = (acts.list[i].t - first) / window_us;
        int64_t end = first + (window + 1) * window_us;
        uint64_t count = 0;
        if (window >= windows) {
            break;
        }
        for (; i < acts.count && acts.list[i].t < end; i++) {
            count++;
        }
        sum += count;
        squares += (__int128)count * count;
    }
    mean = (double)sum / (double)windows;
    return ((double)squares / (double)windows - mean * mean) / mean;
}

/* ------------------------------------------------------------ episodes */

/*
 * An episode as an item: t = start, a = octets, b = packets in the upper half, those beyond the
 * set-up in the lower. Saturating, so that a forged count cannot carry from one half into the
 * other.
 */
struct episode {
    int64_t start;
    uint64_t octets, packets, net;
};

static struct item
pack_episode(const struct episode *e)
{
    uint64_t packets = e->packets < UINT32_MAX ? e->packets : UINT32_MAX;
    uint64_t net = e->net < UINT32_MAX ? e->net : UINT32_MAX;

    return (struct item){e->start, e->octets, packets << 32 | net};
}

static uint64_t
packets_of(const struct item *episode)
{
    return episode->b >> 32;
}

/*
 * A burst that only answers its own handshake never begins one: its SYN did. `active` is the end of
 * what was active so far, since bursts of parallel connections overlap.
 */
static size_t
find_episodes(struct acts acts, struct item *episodes)
{
    struct episode now = {0};
    size_t n = 0;
    int64_t active = INT64_MIN;

    for (size_t i = 0; i < acts.count; i++) {
        const struct item *act = &acts.list[i];
        uint64_t packets = burst_packets(act);
        int64_t end = burst_end(act);
        if (i == 0 || (act->t - active >= silence_us && !burst_joins(act))) {
            if (i > 0) {
                episodes[n++] = pack_episode(&now);
            }
            now = (struct episode){.start = act->t};
        }
        now.octets += burst_octets(act);
        now.packets += packets;
        now.net += packets - burst_setup_packets(act);
        active = end > active ? end : active;
    }
    if (acts.count > 0) {
        episodes[n++] = pack_episode(&now);
    }
    return n;
}

/*
 * Half of the 80th percentile (nearest rank) of packets over episodes with payload, rounded up; 0
 * without any. Relative to the source itself: a browser bot of 10 s had a cv of 0.50 over all its
 * episodes, but 94 % of the gaps between heavy ones lay within 30 % of their median (cadence 2 item
 * 2).
 */
static uint64_t
heavy_least(const struct view *v, const struct item *episodes, size_t n)
{
    int64_t *packets = v->work;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (packets_of(&episodes[i]) > 0) {
            packets[count++] = (int64_t)packets_of(&episodes[i]);
        }
    }
    if (count == 0) {
        return 0;
    }
    syc_sort_numbers(packets, count, v->work + v->work_each);
    return ((uint64_t)packets[(count * 8 + 9) / 10 - 1] + 1) / 2;
}

static void
series_facts(const struct view *v, const struct item *episodes, size_t n, struct syc_value *row)
{
    uint64_t least = heavy_least(v, episodes, n);
    int64_t *times = v->work;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        times[i] = episodes[i].t;
    }
    fact_int(row, FACT_EPISODE_N, n > 0 ? (int64_t)n - 1 : 0);
    syc_facts_gaps(v, n, GAP_PART_ALL, GAP_LEAST_CONCENTRATION, FACT_EPISODE_MEAN, row);
    for (size_t i = 0; i < n; i++) {
        if (least > 0 && packets_of(&episodes[i]) >= least) {
            times[count++] = episodes[i].t;
        }
    }
    fact_int(row, FACT_HEAVY_N, count > 0 ? (int64_t)count - 1 : 0);
    syc_facts_gaps(v, count, GAP_PART_ALL, GAP_LEAST_HEAVY, FACT_HEAVY_MEAN, row);
}

/* ------------------------------------------------------------ monotony */

/*
 * Most of n ascending sizes within max(2 %, 8 octets) of one of them: a counter or a date in a
 * request changes some octets, not the program.
 */
static size_t
modal_count(const int64_t *sorted, size_t n)
{
    size_t from = 0;
    size_t to = 0;
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t near = sorted[i] / 50 > 8 ? sorted[i] / 50 : 8;
        while (sorted[from] < sorted[i] - near) {
            from++;
        }
        while (to < n && sorted[to] <= sorted[i] + near) {
            to++;
        }
        most = to - from > most ? to - from : most;
    }
    return most;
}

static double
variation(const int64_t *v, size_t n)
{
    double mean;
    double sd;

    syc_gaps_moments(v, n, &mean, &sd);
    return mean > 0 ? sd / mean : NAN;
}

static void
size_facts(const struct view *v, const struct item *episodes, size_t n, struct syc_value *row)
{
    const uint64_t most = (UINT64_C(1) << 48) - 1;
    int64_t *octets = v->work;
    int64_t *packets = v->work + v->work_each;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (episodes[i].a > 0) {
            octets[count] = (int64_t)(episodes[i].a < most ? episodes[i].a : most);
            packets[count++] = (int64_t)(episodes[i].b & UINT32_MAX);
        }
    }
    if (count < LEAST_EPISODES) {
        return;
    }
    fact_real(row, FACT_OCTETS_CV, variation(octets, count));
    fact_real(row, FACT_PACKETS_CV, variation(packets, count));
    syc_sort_numbers(octets, count, v->work + 2 * v->work_each);
    fact_ratio(row, FACT_OCTETS_MODAL, modal_count(octets, count), count, LEAST_EPISODES);
}

/* ------------------------------------------------------------ all of it */

/* Payload whose bursts nobody listed makes every one of these facts unknown. */
void
syc_facts_peak(const struct basis *b, struct syc_value *row)
{
    struct acts acts = syc_view_acts(&b->view);
    int64_t peak = acts.whole ? packet_peak(&b->view, acts) : 0;

    if (peak > 0) {
        fact_int(row, FACT_PKT_PEAK, peak);
    }
}

void
syc_facts_fano(const struct basis *b, struct syc_value *row)
{
    struct acts acts = syc_view_acts(&b->view);

    if (acts.whole) {
        fact_real(row, FACT_FANO_1, fano(acts, SYC_US_PER_S));
        fact_real(row, FACT_FANO_10, fano(acts, 10 * SYC_US_PER_S));
        fact_real(row, FACT_FANO_60, fano(acts, 60 * SYC_US_PER_S));
    }
}

void
syc_facts_rhythm(const struct basis *b, struct syc_value *row)
{
    const struct view *v = &b->view;
    struct acts acts = syc_view_acts(v);

    if (acts.whole) {
        size_t n = find_episodes(acts, v->spare);
        series_facts(v, v->spare, n, row);
        size_facts(v, v->spare, n, row);
    }
}
