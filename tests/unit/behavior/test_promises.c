/* When and in which order facts are asked for changes none of them. */

#include "tests/unit/behavior/groups.h"
#include "tests/unit/behavior/support.h"

#include <stdio.h>
#include <string.h>

enum { SOURCES = 6, CONNECTIONS = 60, TEXT = 300 };

/* What a source's facts were, in words that tell any two values apart. */
struct told {
    char text[SOURCES][KEPT_FIELDS][TEXT];
    size_t count;
    size_t parts; /* pairs and sub-streams visited */
};

static void
tell(const struct syc_value *v, char out[TEXT])
{
    char kind = (char)('0' + v->type);

    if (v->type == SYC_TEXT) {
        snprintf(out, TEXT, "%c %s", kind, v->u.text);
    } else if (v->type == SYC_REAL) {
        snprintf(out, TEXT, "%c %a", kind, v->u.f);
    } else {
        snprintf(out, TEXT, "%c %lld", kind, v->type == SYC_INT ? (long long)v->u.i : 0);
    }
}

static void
visit_streams(struct told *t, struct syc_visit *v)
{
    while (syc_visit_substream(v) != NULL) {
        t->parts++;
    }
}

static void
visit_parts(struct told *t, struct syc_visit *v)
{
    visit_streams(t, v);
    for (const struct syc_subject *pair; (pair = syc_visit_pair(v)) != NULL;) {
        syc_subject_values(pair);
        t->parts++;
    }
}

static void
ask_at_once(void *user, struct syc_visit *v)
{
    struct told *t = user;
    const struct syc_value *values = syc_subject_values(syc_visit_source(v));

    for (size_t i = 0; i < syc_source_schema.count; i++) {
        tell(&values[i], t->text[t->count][i]);
    }
    t->count++;
    visit_parts(t, v);
}

/* The last fact first, and parts of the source use the room in between. */
static void
ask_late(void *user, struct syc_visit *v)
{
    struct told *t = user;
    const struct syc_subject *source = syc_visit_source(v);

    visit_parts(t, v);
    for (size_t i = syc_source_schema.count; i-- > 0;) {
        if (i % 2 == 0) {
            visit_streams(t, v);
        } else if (i % 11 == 0) {
            visit_parts(t, v);
        }
        tell(syc_value_made(&source->values[i]), t->text[t->count][i]);
    }
    t->count++;
}

/* Two programs of one source, some services, some SYNs without an answer. */
static void
feed(struct syc_cadence *c, int client)
{
    static struct syc_syn syn;
    static struct made m;
    uint64_t random = (uint64_t)client;

    syn = (struct syc_syn){.ip_v = 4, .ttl = 64, .ttl_initial = 64, .mss = 1460};
    snprintf(syn.tcpfp, sizeof(syn.tcpfp), "64240_2-4-8-1-3_1460_7");
    for (int i = 0; i < CONNECTIONS; i++) {
        double at = i * 7 + random_unit(&random) * client;
        uint16_t port = (uint16_t)(40000 + i * 2);
        if (i % 9 == 0) {
            made_unanswered(&m, client, 9, 22, port, SECONDS(at));
        } else {
            made_open(&m, client, 1 + i % 3, 443, port, SECONDS(at));
            made_exchange(&m, SECONDS(0.1), 10, i % 2 == 0 ? 84 : 900 + i, 2);
            made_exchange(&m, SECONDS(3), 10, 200 + i, 2);
            made_close(&m, SECONDS(5));
        }
        m.r.syn[SYC_TOSERVER] = &syn;
        m.r.syn_own[SYC_TOSERVER].ts_val = 1000 * i;
        m.r.ip_id_step[SYC_TOSERVER] = 0;
        made_name(&m);
        syc_cadence_feed(c, &m.r);
    }
}

static void
facts_do_not_depend_on_when_they_are_asked_for(void **state)
{
    static struct told first, second;
    struct syc_cadence *c = syc_cadence_new(NULL, 16 << 20);

    (void)state;
    assert_non_null(c);
    for (int client = 1; client <= SOURCES; client++) {
        feed(c, client);
    }
    assert_int_equal(syc_cadence_finish(c, ask_at_once, &first), SYC_OK);
    assert_int_equal(syc_cadence_finish(c, ask_late, &second), SYC_OK);
    syc_cadence_free(c);
    assert_int_equal(first.count, SOURCES);
    assert_int_equal(second.count, SOURCES);
    assert_true(first.parts > SOURCES * 4); /* pairs, and sub-streams as well */
    for (size_t s = 0; s < SOURCES; s++) {
        for (size_t i = 0; i < syc_source_schema.count; i++) {
            if (strcmp(first.text[s][i], second.text[s][i]) != 0) {
                fail_msg("%s: %s, asked late %s", syc_source_schema.fields[i].name,
                         first.text[s][i], second.text[s][i]);
            }
        }
    }
}

static void
count_present(void *user, struct syc_visit *v)
{
    size_t *present = user;
    const struct syc_value *values = syc_subject_values(syc_visit_source(v));

    for (size_t i = 0; i < syc_source_schema.count; i++) {
        assert_int_not_equal(values[i].type, SYC_PROMISED);
        *present += values[i].type != SYC_ABSENT;
    }
}

static void
every_promise_is_kept(void **state)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 16 << 20);
    size_t present = 0;

    (void)state;
    assert_non_null(c);
    feed(c, 1);
    assert_int_equal(syc_cadence_finish(c, count_present, &present), SYC_OK);
    syc_cadence_free(c);
    assert_true(present > 80); /* of a source with every kind of connection most facts are known */
}

int
test_promises_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_do_not_depend_on_when_they_are_asked_for),
        cmocka_unit_test(every_promise_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
