/* Pairs of equal shape have equal facts, but for those that a shape leaves open. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <stdio.h>
#include <string.h>

enum { SOURCES = 100, PAIRS = 12, SHAPES_MOST = 512, STACKS = 3 };

/* The first pair of each shape, and how many more there were. */
struct seen {
    uint64_t shapes[SHAPES_MOST];
    struct syc_value rows[SHAPES_MOST][KEPT_FIELDS];
    size_t count, again, none;
};

static struct seen seen;

static bool
same_value(const struct syc_value *a, const struct syc_value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case SYC_TEXT:
        return strcmp(a->u.text, b->u.text) == 0;
    case SYC_REAL:
        return memcmp(&a->u.f, &b->u.f, sizeof(a->u.f)) == 0;
    case SYC_INT:
    case SYC_BOOL:
        return a->u.i == b->u.i;
    case SYC_ADDR:
        return memcmp(&a->u.addr, &b->u.addr, sizeof(a->u.addr)) == 0;
    case SYC_ABSENT:
    case SYC_PROMISED:
    case SYC_LIST:
    default:
        return true;
    }
}

static void
compare_pair(uint64_t shape, const struct syc_subject *pair)
{
    size_t at = 0;

    syc_subject_values(pair);
    while (at < seen.count && seen.shapes[at] != shape) {
        at++;
    }
    if (at == seen.count) {
        assert_true(seen.count < SHAPES_MOST);
        seen.shapes[seen.count++] = shape;
        memcpy(seen.rows[at], pair->values, syc_source_schema.count * sizeof(*pair->values));
        return;
    }
    seen.again++;
    for (size_t field = 0; field < syc_source_schema.count; field++) {
        if (syc_shape_fixes(field) && !same_value(&seen.rows[at][field], &pair->values[field])) {
            fail_msg("%s differs within a shape", syc_source_schema.fields[field].name);
        }
    }
}

static void
visit(void *user, struct syc_visit *v)
{
    (void)user;
    for (;;) {
        uint64_t shape = syc_visit_shape(v);
        const struct syc_subject *pair = syc_visit_pair(v);

        if (pair == NULL) {
            return;
        }
        if (shape == 0) {
            seen.none++;
        } else {
            compare_pair(shape, pair);
        }
    }
}

/* One connection of any kind that may be told in a shape, and now and then one that may not. */
static void
draw(struct made *m, int client, int server, const struct syc_syn *stacks, uint64_t *state)
{
    uint64_t bits = random_bits(state);
    uint16_t port = (uint16_t)(20 + bits % 3 * 1000);
    const struct syc_syn *syn = &stacks[(bits >> 8) % STACKS];

    made_unanswered(m, client, server, port, (uint16_t)(bits >> 16),
                    SECONDS(random_unit(state) * 5000));
    m->r.syn[SYC_TOSERVER] = (bits >> 10) % 8 == 0 ? NULL : syn;
    m->r.syn_own[SYC_TOSERVER].ip_id = (bits >> 13 & 1) ? (int64_t)(bits >> 40 & 0xffff) : SYC_NONE;
    if ((bits >> 14 & 1) != 0) {
        m->r.syn_own[SYC_TOSERVER].ts_val = (bits >> 15 & 1) ? (int64_t)(bits >> 32) : 0;
    }
    m->r.ip_id_step[SYC_TOSERVER] =
        (bits >> 33 & 1) ? SYC_NONE : (int64_t)((bits >> 34) % SYC_ID_STEP_COUNT);
    if ((bits >> 37) % 3 == 0) { /* refused, after any time */
        m->r.state = SYC_STATE_REJ;
        m->r.close_kind = SYC_CLOSE_REFUSED;
        m->r.pkts[SYC_TOCLIENT] = 1;
        m->r.rst_by = SYC_TOCLIENT;
        m->r.rst_at_us = m->r.dur_us = (int64_t)(bits >> 44);
    } else if ((bits >> 37) % 7 == 0) { /* a retry */
        m->r.syn_count = m->r.syn_time_count = 2;
        m->r.syn_times_us[0] = 0;
        m->r.syn_times_us[1] = m->r.dur_us = SECONDS(1);
        m->r.retrans_syn[0] = 1;
    } else if ((bits >> 37) % 11 == 0) {
        made_exchange(m, SECONDS(0.1), 10, 400, 1);
    }
    made_name(m);
}

static void
pairs_of_one_shape_have_the_same_facts(void **state)
{
    static struct syc_syn stacks[STACKS];
    static struct made m;
    struct syc_cadence *c = syc_cadence_new(NULL, 16 << 20);
    uint64_t random = 11;

    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < STACKS; i++) {
        stacks[i] = (struct syc_syn){.ip_v = 4, .ttl = 64, .ttl_initial = 64, .mss = 1460};
        snprintf(stacks[i].p0f, sizeof(stacks[i].p0f), "%zu", i);
    }
    for (int client = 1; client <= SOURCES; client++) {
        for (int server = 1; server <= PAIRS; server++) {
            draw(&m, client, server, stacks, &random);
            syc_cadence_feed(c, &m.r);
        }
    }
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(syc_cadence_finish(c, visit, NULL), SYC_OK);
    syc_cadence_free(c);
    print_message("# %zu shapes, %zu more of them, %zu without\n", seen.count, seen.again,
                  seen.none);
    assert_true(seen.again > SOURCES && seen.none > 0);
}

/* What is passed over is not visited, and nothing else is lost. */
static void
count_others(void *user, struct syc_visit *v)
{
    size_t *left = user;

    syc_visit_pass(v);
    while (syc_visit_pair(v) != NULL) {
        ++*left;
    }
}

static void
one_pair_is_passed_at_a_time(void **state)
{
    static struct made m;
    struct syc_cadence *c = syc_cadence_new(NULL, 1 << 20);
    size_t left = 0;

    (void)state;
    assert_non_null(c);
    for (int server = 1; server <= 5; server++) {
        made_unanswered(&m, 1, server, 80, (uint16_t)(4000 + server), SECONDS(server));
        made_name(&m);
        syc_cadence_feed(c, &m.r);
    }
    assert_int_equal(syc_cadence_finish(c, count_others, &left), SYC_OK);
    assert_int_equal(left, 4);
    syc_cadence_free(c);
}

int
test_shapes_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_one_shape_have_the_same_facts),
        cmocka_unit_test(one_pair_is_passed_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
