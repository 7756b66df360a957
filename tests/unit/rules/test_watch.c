/*
 * Correlations against an evaluator that remembers everything: for each event it looks at all events before it, so the
 * rings, chains and cut windows of the watch are held to the definition alone (sigma_watch.h).
 */

#include "tests/unit/rules/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 80, SPAN_S = 5, LOG = 400 };

/* What one draw of events is made of. Fields of "thing": name = group, count = value, other and flag = rules. */
struct drawn {
    int64_t t; /* seconds */
    int group, value, rule;
    bool second; /* rule 1 matches, too */
};

/* Three rules over events, then one correlation a line of the table below. */
static const char *const bases =
    "title: A\nname: r0\nlogsource: {product: p, category: thing}\n"
    "detection: {s: {other: 0}, condition: s}\n"
    "---\ntitle: B\nname: r1\nlogsource: {product: p, category: thing}\n"
    "detection: {s: {other: 1}, t: {flag: true}, condition: 1 of them}\n"
    "---\ntitle: C\nname: r2\nlogsource: {product: p, category: thing}\n"
    "detection: {s: {other: 2}, condition: s}\n";

enum kind { EVENT, VALUE, TEMPORAL, ORDERED };

static const struct correlation {
    enum kind kind;
    const char *rules, *condition;
    unsigned mask; /* bit n: rule n */
    int64_t least, most, never;
} correlations[] = {
    {EVENT, "[r0]", "{gte: 3}", 1, 3, INT64_MAX, -1},
    {EVENT, "[r0, r1]", "{gt: 3}", 3, 4, INT64_MAX, -1},
    {EVENT, "[r0]", "{gte: 1}", 1, 1, INT64_MAX, -1},
    {EVENT, "[r0]", "{lt: 3}", 1, 1, 2, -1},
    {EVENT, "[r0]", "{eq: 2}", 1, 2, 2, -1},
    {EVENT, "[r0, r2]", "{gt: 1, lte: 3}", 5, 2, 3, -1},
    {EVENT, "[r0]", "{neq: 2}", 1, 1, INT64_MAX, 2},
    {VALUE, "[r0, r1]", "{field: count, gte: 3}", 3, 3, INT64_MAX, -1},
    {VALUE, "[r0]", "{field: count, lte: 2}", 1, 1, 2, -1},
    {TEMPORAL, "[r0, r1, r2]", NULL, 7, 3, INT64_MAX, -1},
    {TEMPORAL, "[r0, r1, r2]", "{gte: 2}", 7, 2, INT64_MAX, -1},
    {ORDERED, "[r0, r1, r2]", NULL, 7, 3, INT64_MAX, -1},
    {ORDERED, "[r0, r1]", NULL, 3, 2, INT64_MAX, -1},
};
enum { CORRELATIONS = sizeof(correlations) / sizeof(*correlations) };

static const char *const kind_words[] = {"event_count", "value_count", "temporal",
                                         "temporal_ordered"};

/* ---- what fired, as lines that can be sorted and compared ---- */

struct log {
    char lines[LOG][40];
    size_t count;
};

static void
note(struct log *log, const char *what, int64_t last, int64_t count, int64_t first_s)
{
    assert_true(log->count < LOG);
    snprintf(log->lines[log->count++], sizeof(log->lines[0]), "%s %lld: %lld from %lld", what,
             (long long)last, (long long)count, (long long)first_s);
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The rule's number is its name's: c0, c1, ... */
static void
on_fired(void *user, const struct syc_sigma_fired *f)
{
    struct log *log = (struct log *)user + atoi(f->rule->name + 1);
    const int64_t *tags = f->tags;

    assert_int_equal(f->group_count, 1);
    assert_string_equal(f->names[0], "name");
    for (size_t i = 1; i < f->tag_count; i++) {
        assert_true(tags[i - 1] <= tags[i]); /* equal: one event that two rules matched */
    }
    if (f->goes_on) {
        assert_int_equal(f->tag_count, 1);
        note(log, "on", tags[0], 0, 0);
    } else {
        note(log, "fired", tags[f->tag_count - 1], f->count, f->first_us / SYC_US_PER_S);
    }
}

/* ---- the evaluator that remembers everything ---- */

static bool
takes(const struct correlation *c, const struct drawn *e, int rule)
{
    return (c->mask >> rule & 1) && (e->rule == rule || (rule == 1 && e->second));
}

static bool
takes_any(const struct correlation *c, const struct drawn *e)
{
    return takes(c, e, 0) || takes(c, e, 1) || takes(c, e, 2);
}

/* The newest things that the condition can tell apart: all that the watch says of a window. */
static int64_t
track_of(const struct correlation *c)
{
    int64_t most = c->most < INT64_MAX ? c->most + 1 : c->least;

    most = c->never + 1 > most ? c->never + 1 : most;
    return c->least > most ? c->least : most;
}

/*
 * Count of the window that begins at from_s and ends with event `last`, of a group. first_s: time of the oldest of the
 * newest track_of() things in it.
 */
static int64_t
count_window(const struct correlation *c, const struct drawn *e, int last, int group,
             int64_t from_s, int64_t *first_s)
{
    bool seen[16] = {false};
    int64_t count = 0;

    for (int i = last; i >= 0; i--) {
        if (e[i].group != group || e[i].t < from_s || !takes_any(c, &e[i])) {
            continue;
        }
        for (int rule = 0; rule < 3; rule++) {
            int value = c->kind == VALUE ? e[i].value : rule;
            bool fresh = takes(c, &e[i], rule) && !seen[value];

            seen[value] = seen[value] || (fresh && c->kind != EVENT);
            count += fresh && c->kind != EVENT;
            *first_s = fresh && c->kind != EVENT && count <= track_of(c) ? e[i].t : *first_s;
        }
        count += c->kind == EVENT;
        *first_s = c->kind == EVENT && count <= track_of(c) ? e[i].t : *first_s;
    }
    return count;
}

static void
note_fired(struct log *log, const struct correlation *c, int last, int64_t count, int64_t first_s)
{
    note(log, "fired", last, count < track_of(c) ? count : track_of(c), first_s);
}

/* The begin of the latest chain of the rules in order that ends at event `last`; -1: none. */
static int64_t
chain_begin(const struct correlation *c, const struct drawn *e, int last, int rule)
{
    int64_t best = -1;

    if (!takes(c, &e[last], rule)) {
        return -1;
    }
    if (rule == 0) {
        return e[last].t;
    }
    for (int i = 0; i < last; i++) {
        int64_t begin = e[i].group == e[last].group ? chain_begin(c, e, i, rule - 1) : -1;

        best = begin > best ? begin : best;
    }
    return best >= e[last].t - SPAN_S ? best : -1;
}

static void
naive_ordered(const struct correlation *c, const struct drawn *e, int group, struct log *log)
{
    int64_t whole = -1; /* begin of the latest whole chain */

    for (int i = 0; i < EVENTS; i++) {
        int64_t begin = e[i].group == group ? chain_begin(c, e, i, c->mask == 3 ? 1 : 2) : -1;
        bool open = whole >= 0 && whole >= e[i].t - SPAN_S;

        if (begin >= 0 && open) {
            note(log, "on", i, 0, 0);
        } else if (begin >= 0) {
            note(log, "fired", i, c->least, begin);
        }
        whole = begin >= 0 ? begin : whole;
    }
}

/*
 * Runs of one group by their definition: an event ends one if the others in its window, with one more, do not reach the
 * bound, or if there are none; the window with it begins one.
 */
static void
naive_counted(const struct correlation *c, const struct drawn *e, int group, struct log *log)
{
    bool bounded = c->most < INT64_MAX || c->never >= 0, open = false;
    int64_t peak = 0, first_s = 0, count;
    int last = -1;

    for (int i = 0; i <= EVENTS; i++) {
        bool end = i == EVENTS;

        if (!end && (e[i].group != group || !takes_any(c, &e[i]))) {
            continue;
        }
        count = end ? 0 : count_window(c, e, i - 1, group, e[i].t - SPAN_S, &first_s);
        if (open && (count == 0 || count + 1 < c->least)) {
            open = false;
            if (bounded && peak <= c->most && peak != c->never) {
                count_window(c, e, last, group, e[last].t - SPAN_S, &first_s);
                note_fired(log, c, last, peak, first_s);
            }
        }
        if (end) {
            return;
        }
        count = count_window(c, e, i, group, e[i].t - SPAN_S, &first_s);
        last = i;
        if (count < c->least) {
            continue;
        }
        peak = !open || count > peak ? count : peak;
        if (!bounded && open) {
            note(log, "on", i, 0, 0);
        } else if (!bounded) {
            note_fired(log, c, i, count, first_s);
        }
        open = true;
    }
}

/* ---- both, on the same events ---- */

static void
write_rules(char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room, "%s", bases);

    for (int i = 0; i < CORRELATIONS; i++) {
        const struct correlation *c = &correlations[i];

        n +=
            (size_t)snprintf(out + n, room - n,
                             "---\ntitle: T\nname: c%d\ncorrelation:\n    type: %s\n    rules: %s\n"
                             "    group-by: [name]\n    timespan: %ds\n%s%s%s",
                             i, kind_words[c->kind], c->rules, SPAN_S,
                             c->condition ? "    condition: " : "",
                             c->condition ? c->condition : "", c->condition ? "\n" : "");
    }
    assert_true(n < room);
}

static uint64_t
draw(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

static void
draw_events(uint64_t *state, struct drawn out[EVENTS])
{
    int64_t t = 0;
    uint64_t pace = 2 + draw(state, 4);

    for (int i = 0; i < EVENTS; i++) {
        t += (int64_t)draw(state, pace);
        out[i] = (struct drawn){t, (int)draw(state, 2), (int)draw(state, 5), (int)draw(state, 4),
                                draw(state, 4) == 0};
    }
}

static void
feed(struct syc_sigma_watch *w, const struct drawn *e, int64_t tag)
{
    struct syc_value row[THING_FIELDS] = {0};
    uint64_t mask;
    const struct syc_sigma_event event = {&thing_schema, row, e->t * SYC_US_PER_S, &tag};

    put(&thing_schema, row, "name", text_value(e->group ? "b" : "a"));
    put(&thing_schema, row, "count", int_value(e->value));
    put(&thing_schema, row, "other", int_value(e->rule));
    put(&thing_schema, row, "flag", bool_value(e->second));
    assert_int_equal(syc_sigma_watch_words(w), 1);
    if (syc_sigma_watch_test(w, &thing_schema, row, &mask)) {
        syc_sigma_watch_feed(w, &event, &mask);
    }
}

static void
compare_logs(struct log *got, struct log *want, int rule, int round)
{
    qsort(got->lines, got->count, sizeof(got->lines[0]), compare_lines);
    qsort(want->lines, want->count, sizeof(want->lines[0]), compare_lines);
    for (size_t i = 0; i < got->count || i < want->count; i++) {
        const char *a = i < got->count ? got->lines[i] : "nothing";
        const char *b = i < want->count ? want->lines[i] : "nothing";

        if (strcmp(a, b) != 0) {
            fprintf(stderr, "round %d, c%d: got \"%s\", expected \"%s\"\n", round, rule, a, b);
        }
        assert_string_equal(a, b);
    }
}

static void
the_watch_agrees_with_one_that_remembers_everything(void **state)
{
    static struct log got[CORRELATIONS], want;
    static char text[8192];
    uint64_t random = 7;
    size_t fired = 0;
    struct syc_sigma *set;

    write_rules(text, sizeof(text));
    set = load_things(text);
    assert_int_equal(syc_sigma_loaded(set), 3 + CORRELATIONS);
    for (int round = 0; round < 300; round++) {
        struct syc_sigma_watch *w =
            syc_sigma_watch_new(set, 1 << 20, sizeof(int64_t), on_fired, got);
        struct drawn events[EVENTS];

        memset(got, 0, sizeof(got));
        draw_events(&random, events);
        for (int i = 0; i < EVENTS; i++) {
            feed(w, &events[i], i);
        }
        syc_sigma_watch_finish(w);
        for (int i = 0; i < CORRELATIONS; i++) {
            want.count = 0;
            for (int group = 0; group < 2; group++) {
                (correlations[i].kind == ORDERED ? naive_ordered : naive_counted)(&correlations[i],
                                                                                  events, group,
                                                                                  &want);
            }
            fired += want.count;
            compare_logs(&got[i], &want, i, round);
        }
        syc_sigma_watch_free(w);
    }
    assert_true(fired > 10000); /* else nothing was compared */
    syc_sigma_free(set);
}

/* ---- events out of order ---- */

enum { PATIENT_US = 1 << 30 }; /* longer than any draw of events */

/* What was drawn in the order of time is fed group by group, or as dice fall, each group in its own order. */
static void
feed_by_group(struct syc_sigma_watch *w, const struct drawn e[EVENTS], uint64_t *dice)
{
    int next[2] = {0, 0};
    bool block = draw(dice, 2) == 0;

    for (;;) {
        int group = block ? 0 : (int)draw(dice, 2);

        for (int k = 0; k < 2; k++) {
            while (next[k] < EVENTS && e[next[k]].group != k) {
                next[k]++;
            }
        }
        group = next[group] < EVENTS ? group : 1 - group;
        if (next[group] >= EVENTS) {
            return;
        }
        feed(w, &e[next[group]], next[group]);
        next[group]++;
    }
}

static void
what_comes_in_the_order_of_its_group_is_in_its_turn(void **state)
{
    static struct log got[CORRELATIONS], want;
    static char text[8192];
    uint64_t random = 11;
    struct syc_sigma *set;

    (void)state;
    write_rules(text, sizeof(text));
    set = load_things(text);
    for (int round = 0; round < 200; round++) {
        struct syc_sigma_watch *w =
            syc_sigma_watch_new(set, 1 << 20, sizeof(int64_t), on_fired, got);
        struct syc_sigma_watch_stats stats;
        struct drawn events[EVENTS];

        memset(got, 0, sizeof(got));
        draw_events(&random, events);
        syc_sigma_watch_advance(w, 0, PATIENT_US);
        feed_by_group(w, events, &random);
        syc_sigma_watch_finish(w);
        syc_sigma_watch_stats(w, &stats);
        assert_int_equal(stats.late, 0);
        for (int i = 0; i < CORRELATIONS; i++) {
            want.count = 0;
            for (int group = 0; group < 2; group++) {
                (correlations[i].kind == ORDERED ? naive_ordered : naive_counted)(&correlations[i],
                                                                                  events, group,
                                                                                  &want);
            }
            compare_logs(&got[i], &want, i, round);
        }
        syc_sigma_watch_free(w);
    }
    syc_sigma_free(set);
}

/* What a shuffled feed is held to. */
struct shuffled {
    struct drawn events[EVENTS];
    bool told[CORRELATIONS][2]; /* of each group, in any window */
    size_t fired;
};

/* Whatever fires: a window that there is, of events that its rules match, in order. */
static void
check_fired(void *user, const struct syc_sigma_fired *f)
{
    struct shuffled *s = user;
    int number = atoi(f->rule->name + 1);
    const struct correlation *c = &correlations[number];
    const int64_t *tags = f->tags;
    int group = strcmp(f->group[0].u.text, "b") == 0;

    s->told[number][group] = true;
    s->fired += !f->goes_on;
    for (size_t i = 0; i < f->tag_count; i++) {
        const struct drawn *e = &s->events[tags[i]];

        assert_int_equal(e->group, group);
        assert_true(takes_any(c, e));
        assert_true(i == 0 || s->events[tags[i - 1]].t <= e->t);
        assert_true(c->kind != EVENT || i == 0 || tags[i - 1] != tags[i]);
        assert_true(e->t * SYC_US_PER_S >= f->first_us && e->t * SYC_US_PER_S <= f->last_us);
    }
    if (!f->goes_on && c->most == INT64_MAX && c->never < 0) {
        assert_true(f->count >= c->least && f->tag_count == (size_t)f->count);
        assert_true(f->last_us - f->first_us <= SPAN_S * SYC_US_PER_S);
    }
}

/* Does e come after a newer one of its group? Of any of the correlations that take both. */
static bool
is_late(const struct drawn *events, const int *order, int at)
{
    const struct drawn *e = &events[order[at]];

    for (int i = 0; i < at; i++) {
        const struct drawn *f = &events[order[i]];

        for (int k = 0; k < CORRELATIONS && f->group == e->group && f->t > e->t; k++) {
            if (takes_any(&correlations[k], e) && takes_any(&correlations[k], f)) {
                return true;
            }
        }
    }
    return false;
}

/* The last window of a group that ever was is in reach of all that is in it: it is told, in whatever order they came. */
static void
check_last_windows(const struct shuffled *s)
{
    for (int k = 0; k < CORRELATIONS; k++) {
        const struct correlation *c = &correlations[k];

        for (int group = 0; group < 2 && c->kind != ORDERED && c->most == INT64_MAX && c->never < 0;
             group++) {
            int last = EVENTS - 1;
            int64_t first_s;

            while (last >= 0 &&
                   (s->events[last].group != group || !takes_any(c, &s->events[last]))) {
                last--;
            }
            if (last >= 0 && count_window(c, s->events, last, group, s->events[last].t - SPAN_S,
                                          &first_s) >= c->least) {
                assert_true(s->told[k][group]);
            }
        }
    }
}

static void
what_fires_of_late_events_is_true(void **state)
{
    static struct shuffled s;
    static char text[8192];
    uint64_t random = 13;
    size_t fired = 0;
    struct syc_sigma *set;

    (void)state;
    write_rules(text, sizeof(text));
    set = load_things(text);
    for (int round = 0; round < 300; round++) {
        struct syc_sigma_watch *w =
            syc_sigma_watch_new(set, 1 << 20, sizeof(int64_t), check_fired, &s);
        struct syc_sigma_watch_stats stats;
        uint64_t far = 1 + draw(&random, 12), late = 0;
        int order[EVENTS];

        memset(&s, 0, sizeof(s));
        draw_events(&random, s.events);
        for (int i = 0; i < EVENTS; i++) {
            order[i] = i;
        }
        for (int i = EVENTS - 1; i > 0; i--) { /* each moves by a few places */
            int k = i - (int)draw(&random, i + 1 < (int)far ? (uint64_t)i + 1 : far),
                held = order[i];

            order[i] = order[k];
            order[k] = held;
        }
        syc_sigma_watch_advance(w, 0, PATIENT_US);
        for (int i = 0; i < EVENTS; i++) {
            feed(w, &s.events[order[i]], order[i]);
            late += is_late(s.events, order, i);
        }
        check_last_windows(&s);
        syc_sigma_watch_finish(w);
        syc_sigma_watch_stats(w, &stats);
        assert_int_equal(stats.late, late);
        fired += s.fired;
        syc_sigma_watch_free(w);
    }
    assert_true(fired > 5000);
    syc_sigma_free(set);
}

/* ---- what happens at the edges ---- */

struct counts {
    int fired, on;
    int64_t last_count, first_s, last_s;
    uint64_t late;
};

static void
count_fired(void *user, const struct syc_sigma_fired *f)
{
    struct counts *c = user;

    c->fired += !f->goes_on;
    c->on += f->goes_on;
    c->last_count = f->count;
    c->first_s = f->first_us / SYC_US_PER_S;
    c->last_s = f->last_us / SYC_US_PER_S;
}

/* Feed events of one rule at the given seconds (-1 ends) to a correlation and count what fires. */
static struct counts
run(const char *correlation, const int64_t *seconds)
{
    char text[2048];
    struct counts counts = {0};
    struct syc_sigma_watch_stats stats;
    struct syc_sigma *set;
    struct syc_sigma_watch *w;

    snprintf(text, sizeof(text), "%s---\ntitle: T\nname: c\ncorrelation: %s\n", bases, correlation);
    set = load_things(text);
    assert_int_equal(syc_sigma_loaded(set), 4);
    w = syc_sigma_watch_new(set, 1 << 20, sizeof(int64_t), count_fired, &counts);
    assert_non_null(w);
    for (; *seconds >= 0; seconds++) {
        feed(w, &(struct drawn){.t = *seconds}, *seconds);
    }
    syc_sigma_watch_finish(w);
    syc_sigma_watch_stats(w, &stats);
    counts.late = stats.late;
    syc_sigma_watch_free(w);
    syc_sigma_free(set);
    return counts;
}

/* Sigma: "the time frame should not be restricted to boundaries". 58, 59, 61, 62 straddle a full minute. */
static void
a_window_slides_over_the_full_minute(void **state)
{
    const struct counts c =
        run("{type: event_count, rules: [r0], group-by: [name], timespan: 1m, condition: {gte: 4}}",
            (int64_t[]){58, 59, 61, 62, -1});

    assert_int_equal(c.fired, 1);
}

static void
both_ends_of_a_window_belong_to_it(void **state)
{
    static const char *const two =
        "{type: event_count, rules: [r0], group-by: [name], timespan: 10s, condition: {gte: 2}}";

    assert_int_equal(run(two, (int64_t[]){0, 10, -1}).fired, 1);
    assert_int_equal(run(two, (int64_t[]){0, 11, -1}).fired, 0);
}

/* 3 in 10 s: fires at 2, goes on at 3, is below from 13 on (3 alone), fires again at 21. */
static void
it_fires_once_a_run_and_is_armed_again_below(void **state)
{
    const struct counts c = run(
        "{type: event_count, rules: [r0], group-by: [name], timespan: 10s, condition: {gte: 3}}",
        (int64_t[]){0, 1, 2, 3, 19, 20, 21, -1});

    assert_int_equal(c.fired, 2);
    assert_int_equal(c.on, 1);
}

/* 15 comes when 20 was there, and 5 when the window begins at 10: the one is in it, the other is counted apart. */
static void
a_late_event_takes_its_place_in_the_window(void **state)
{
    static const char *const three =
        "{type: event_count, rules: [r0], group-by: [name], timespan: 10s, condition: {gte: 3}}";
    struct counts c = run(three, (int64_t[]){12, 20, 15, -1});

    (void)state;
    assert_int_equal(c.fired, 1);
    assert_int_equal(c.first_s, 12);
    assert_int_equal(c.last_s, 20);
    assert_int_equal(c.late, 1);
    c = run(three, (int64_t[]){12, 20, 5, -1});
    assert_int_equal(c.fired, 0);
    assert_int_equal(c.late, 1);
    /* a run that is there goes on with it */
    c = run(three, (int64_t[]){12, 14, 16, 13, -1});
    assert_int_equal(c.fired, 1);
    assert_int_equal(c.on, 1);
    /* the order of rules cannot be mended */
    c = run("{type: temporal_ordered, rules: [r0], group-by: [name], timespan: 10s}",
            (int64_t[]){12, 20, 15, -1});
    assert_int_equal(c.fired + c.on, 2);
    assert_int_equal(c.late, 1);
}

/* Groups of events an hour late stay as long as somebody may come; else they are gone, and that is counted. */
static void
patience_keeps_groups_for_late_events(void **state)
{
    static const char *const text =
        "title: A\nname: r0\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {other: 0}, condition: s}\n"
        "---\ntitle: T\nname: c\ncorrelation: {type: event_count, rules: [r0], group-by: [name], "
        "timespan: 10s, condition: {gte: 3}}\n";
    struct syc_sigma *set = load_things(text);

    (void)state;
    for (int patient = 0; patient < 2; patient++) {
        struct counts counts = {0};
        struct syc_sigma_watch *w = syc_sigma_watch_new(set, 1 << 20, 8, count_fired, &counts);
        struct syc_sigma_watch_stats stats;

        syc_sigma_watch_advance(w, 0, patient * 3600 * SYC_US_PER_S);
        for (int i = 0; i < 3; i++) {
            feed(w, &(struct drawn){.t = 3600 + 20 * i, .group = 0}, i);
            feed(w, &(struct drawn){.t = 100 + i, .group = 1}, i);
        }
        syc_sigma_watch_stats(w, &stats);
        assert_int_equal(counts.fired, patient);
        assert_int_equal(stats.late,
                         patient ? 0 : 2); /* the first was of no group that there was */
        assert_int_equal(stats.groups, 2);
        syc_sigma_watch_advance(w, 10000 * SYC_US_PER_S, 0);
        syc_sigma_watch_stats(w, &stats);
        assert_int_equal(stats.groups, 0);
        syc_sigma_watch_free(w);
    }
    syc_sigma_free(set);
}

/* One every 10 s, four in each window of 30 s: the fifth makes up for the first, and so on. That is one run. */
static void
a_beat_at_the_threshold_is_one_run(void **state)
{
    static const int64_t beats[] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, -1};
    struct counts c = run(
        "{type: event_count, rules: [r0], group-by: [name], timespan: 30s, condition: {gte: 4}}",
        beats);

    (void)state;
    assert_int_equal(c.fired, 1);
    assert_int_equal(c.on, 7);
    /* and with an upper bound it is decided once, by the largest window */
    c = run("{type: event_count, rules: [r0], group-by: [name], timespan: 30s, condition: {eq: 4}}",
            beats);
    assert_int_equal(c.fired, 1);
    assert_int_equal(c.last_count, 4);
}

/* Four in a minute, then one alone: the largest windows are 4 and 1, so "at most 3" is the second run's. */
static void
an_upper_bound_is_about_the_largest_window_of_a_run(void **state)
{
    const struct counts c =
        run("{type: event_count, rules: [r0], group-by: [name], timespan: 1m, condition: {lte: 3}}",
            (int64_t[]){0, 1, 2, 3, 500, -1});

    assert_int_equal(c.fired, 1);
    assert_int_equal(c.last_count, 1);
}

/* A group that lacks its value is none, and without a value there is none to count. */
static void
an_event_without_the_value_belongs_to_no_group(void **state)
{
    static const char *const text =
        "title: A\nname: r0\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {other: 0}, condition: s}\n"
        "---\ntitle: T\nname: c\ncorrelation: {type: event_count, rules: [r0], group-by: [name], "
        "timespan: 1m, condition: {gte: 1}}\n"
        "---\ntitle: T\nname: d\ncorrelation: {type: value_count, rules: [r0], group-by: [], "
        "timespan: 1m, condition: {field: count, gte: 1}}\n";
    struct counts counts = {0};
    struct syc_sigma *set = load_things(text);
    struct syc_sigma_watch *w = syc_sigma_watch_new(set, 1 << 20, 0, count_fired, &counts);
    struct syc_value row[THING_FIELDS] = {0};
    uint64_t mask;

    assert_int_equal(syc_sigma_watch_count(w), 2);
    put(&thing_schema, row, "other", int_value(0));
    assert_true(syc_sigma_watch_test(w, &thing_schema, row, &mask));
    syc_sigma_watch_feed(w, &(struct syc_sigma_event){&thing_schema, row, 0, NULL}, &mask);
    assert_int_equal(counts.fired, 0);
    put(&thing_schema, row, "count", int_value(7));
    syc_sigma_watch_feed(w, &(struct syc_sigma_event){&thing_schema, row, 1, NULL}, &mask);
    assert_int_equal(counts.fired, 1); /* of d: it has a value now, and no group-by to lack */
    syc_sigma_watch_free(w);
    syc_sigma_free(set);
}

/* Sigma's own example of a chain: many failures, then one success, by the same user. */
static void
a_correlation_of_a_correlation_takes_the_event_that_made_it_fire(void **state)
{
    static const char *const text =
        "title: A\nname: failed\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {flag: false}, condition: s}\n"
        "---\ntitle: B\nname: succeeded\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {flag: true}, condition: s}\n"
        "---\ntitle: D\nname: found\ncorrelation: {type: temporal_ordered, "
        "rules: [many_failed, succeeded], group-by: [name], timespan: 1h}\n"
        "---\ntitle: C\nname: many_failed\ncorrelation: {type: event_count, rules: [failed], "
        "group-by: [name, alias], timespan: 5m, condition: {gte: 3}}\n";
    struct syc_sigma *set = load_things(text);
    struct counts counts = {0};
    struct syc_sigma_watch *w = syc_sigma_watch_new(set, 1 << 20, 0, count_fired, &counts);

    assert_int_equal(syc_sigma_watch_count(w), 2);
    for (int i = 0; i < 4; i++) {
        struct syc_value row[THING_FIELDS] = {0};
        uint64_t mask;

        put(&thing_schema, row, "flag", bool_value(i == 3));
        put(&thing_schema, row, "name", text_value("root"));
        put(&thing_schema, row, "alias", text_value("host"));
        assert_true(syc_sigma_watch_test(w, &thing_schema, row, &mask));
        syc_sigma_watch_feed(w,
                             &(struct syc_sigma_event){&thing_schema, row, i * SYC_US_PER_S, NULL},
                             &mask);
        assert_int_equal(counts.fired, i < 2 ? 0 : i - 1); /* the third failure, then the success */
    }
    syc_sigma_watch_free(w);
    syc_sigma_free(set);
}

/* 1000 groups of one event in a budget of 20 KiB: what is kept stays within, and what gave way is counted. */
static void
groups_give_way_within_the_budget_and_are_counted(void **state)
{
    static const char *const text =
        "title: A\nname: r0\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {other: 0}, condition: s}\n"
        "---\ntitle: T\nname: c\ncorrelation: {type: event_count, rules: [r0], group-by: [count], "
        "timespan: 1h, condition: {gte: 3}}\n";
    struct syc_sigma *set = load_things(text);
    struct counts counts = {0};
    struct syc_sigma_watch *w = syc_sigma_watch_new(set, 20 << 10, 0, count_fired, &counts);
    struct syc_sigma_watch_stats s;
    uint64_t mask = 1;

    for (int i = 0; i < 3000; i++) {
        struct syc_value row[THING_FIELDS] = {0};

        /* three of group i / 3, one behind the other: each fires although a thousand others pass by */
        put(&thing_schema, row, "count", int_value(i / 3));
        syc_sigma_watch_feed(w, &(struct syc_sigma_event){&thing_schema, row, i, NULL}, &mask);
    }
    syc_sigma_watch_stats(w, &s);
    assert_int_equal(counts.fired, 1000);
    assert_true(s.octets_peak <= 20 << 10);
    assert_true(s.groups < 100);
    assert_int_equal(s.evicted + s.groups, 1000);
    assert_int_equal(s.lost, 0);
    syc_sigma_watch_free(w);
    syc_sigma_free(set);
}

/* Aliases: one host as the server of a and the client of b. */
static void
an_alias_groups_different_fields(void **state)
{
    static const char *const text =
        "title: A\nname: a\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {count: 1}, condition: s}\n"
        "---\ntitle: B\nname: b\nlogsource: {product: p, category: thing}\n"
        "detection: {s: {count: 2}, condition: s}\n"
        "---\ntitle: T\nname: c\ncorrelation: {type: temporal, rules: [a, b], group-by: [host], "
        "timespan: 1m, aliases: {host: {a: dest_ip, b: src_ip}}}\n";
    struct syc_sigma *set = load_things(text);
    struct counts counts = {0};
    struct syc_sigma_watch *w = syc_sigma_watch_new(set, 1 << 20, 0, count_fired, &counts);

    for (int i = 0; i < 3; i++) {
        struct syc_value row[THING_FIELDS] = {0};
        uint64_t mask;

        put(&thing_schema, row, "count", int_value(i == 0 ? 1 : 2));
        put(&thing_schema, row, "dest_ip", addr_value("192.0.2.9"));
        put(&thing_schema, row, "src_ip", addr_value(i == 1 ? "192.0.2.8" : "::ffff:192.0.2.9"));
        assert_true(syc_sigma_watch_test(w, &thing_schema, row, &mask));
        syc_sigma_watch_feed(w, &(struct syc_sigma_event){&thing_schema, row, i, NULL}, &mask);
        assert_int_equal(counts.fired, i == 2);
    }
    syc_sigma_watch_free(w);
    syc_sigma_free(set);
}

int
test_watch_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watch_agrees_with_one_that_remembers_everything),
        cmocka_unit_test(a_window_slides_over_the_full_minute),
        cmocka_unit_test(both_ends_of_a_window_belong_to_it),
        cmocka_unit_test(it_fires_once_a_run_and_is_armed_again_below),
        cmocka_unit_test(what_comes_in_the_order_of_its_group_is_in_its_turn),
        cmocka_unit_test(what_fires_of_late_events_is_true),
        cmocka_unit_test(a_late_event_takes_its_place_in_the_window),
        cmocka_unit_test(patience_keeps_groups_for_late_events),
        cmocka_unit_test(a_beat_at_the_threshold_is_one_run),
        cmocka_unit_test(an_upper_bound_is_about_the_largest_window_of_a_run),
        cmocka_unit_test(an_event_without_the_value_belongs_to_no_group),
        cmocka_unit_test(a_correlation_of_a_correlation_takes_the_event_that_made_it_fire),
        cmocka_unit_test(groups_give_way_within_the_budget_and_are_counted),
        cmocka_unit_test(an_alias_groups_different_fields),
    };

    return cmocka_run_group_tests_name("rules: correlations", tests, NULL, NULL);
}
