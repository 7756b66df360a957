/* Records made by hand and subjects kept. */

#include "tests/unit/behavior/support.h"

#include "tests/unit/failing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------ records */

static void
set_address(uint8_t out[16], uint8_t net, int host)
{
    const uint8_t v4[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, net, 0, 0};

    memcpy(out, v4, sizeof(v4));
    out[14] = (uint8_t)(host >> 8);
    out[15] = (uint8_t)host;
}

void
made_name(struct made *m)
{
    m->r.flow_id = syc_record_flow_id(&m->r.key, m->r.isn, m->r.start_us);
    m->r.exchanges = m->exchanges;
}

void
made_unanswered(struct made *m, int client, int server, uint16_t port, uint16_t source_port,
                int64_t start_us)
{
    struct syc_record *r = &m->r;

    syc_record_init(r);
    r->key.ip_v = 4;
    set_address(r->key.client, 0, client);
    set_address(r->key.server, 1, server);
    r->key.client_port = source_port;
    r->key.server_port = port;
    r->start_us = start_us;
    r->client_known = 1;
    r->dur_us = 0;
    r->state = SYC_STATE_S0;
    r->reason = SYC_REASON_EOF;
    r->final = 1;
    r->isn = 1000 + source_port;
    r->handshake_seen = 0;
    r->syn_count = 1;
    r->syn_ack_count = 0;
    r->pkts[0] = 1;
    r->pkts[1] = 0;
    r->payload[0] = r->payload[1] = 0;
    r->unique_payload[0] = r->unique_payload[1] = 0;
    r->protocol = SYC_PROTOCOL_UNKNOWN;
    r->setup_turns = r->setup_bytes = r->setup_pkts = 0;
    r->close_kind = SYC_CLOSE_NO_ANSWER;
    r->close_first = SYC_FIRST_NONE;
    r->syn_time_count = 1;
    made_name(m);
}

void
made_open(struct made *m, int client, int server, uint16_t port, uint16_t source_port,
          int64_t start_us)
{
    struct syc_record *r = &m->r;

    made_unanswered(m, client, server, port, source_port, start_us);
    r->state = SYC_STATE_S1;
    r->handshake_seen = 1;
    r->syn_ack_count = 1;
    r->syn_ack_time_count = 1;
    r->syn_ack_times_us[0] = 500;
    r->ack_us = r->established_us = 1000;
    r->dur_us = 1000;
    r->pkts[0] = 2;
    r->pkts[1] = 1;
    r->close_kind = SYC_CLOSE_OPEN;
}

void
made_exchange(struct made *m, int64_t offset_us, int64_t client_dur_us, int64_t octets,
              int64_t packets)
{
    struct syc_record *r = &m->r;
    struct syc_exchange *x = &m->exchanges[r->exchange_count++];

    *x = (struct syc_exchange){.offset_us = offset_us,
                               .client_dur_us = client_dur_us,
                               .client_octets = octets,
                               .client_packets = packets,
                               .answered = 1,
                               .answer_offset_us = offset_us + client_dur_us + 10000,
                               .first_flight_octets = 1000,
                               .server_dur_us = 0,
                               .server_octets = 1000,
                               .server_packets = 1};
    r->payload[0] += octets;
    r->unique_payload[0] += octets;
    r->payload[1] += 1000;
    r->unique_payload[1] += 1000;
    r->dur_us = x->answer_offset_us;
}

void
made_close(struct made *m, int64_t fin_us)
{
    struct syc_record *r = &m->r;

    r->state = SYC_STATE_SF;
    r->reason = SYC_REASON_CLOSED;
    r->close_kind = SYC_CLOSE_CLIENT_FIRST;
    r->close_first = SYC_FIRST_CLIENT;
    r->fin_us[0] = fin_us;
    r->fin_us[1] = fin_us + 1000;
    r->dur_us = fin_us + 1000;
    r->time_wait_count = 1;
    r->time_wait[0] = (struct syc_time_wait){.side = SYC_TOSERVER,
                                             .enter_us = fin_us + 1000,
                                             .killed_us = SYC_NONE};
}

/* ------------------------------------------------------------ subjects */

void
keep_subject(void *user, const struct syc_subject *s)
{
    struct kept_all *all = user;
    struct kept *k = &all->list[all->count];

    assert_true(all->count < KEPT_SUBJECTS);
    assert_true(syc_source_schema.count <= KEPT_FIELDS);
    all->count++;
    k->subject = *s;
    memset(k->values, 0, sizeof(k->values));
    memcpy(k->values, syc_subject_values(s), syc_source_schema.count * sizeof(*s->values));
    k->subject.values = k->values;
    snprintf(k->fingerprint, sizeof(k->fingerprint), "%s",
             s->fingerprint != NULL ? s->fingerprint : "");
    k->subject.fingerprint = NULL;
}

void
keep_records(const struct made *records, size_t count, struct kept_all *out)
{
    struct syc_cadence *c = syc_cadence_new(NULL, 64 << 20);

    out->count = 0;
    assert_non_null(c);
    for (size_t i = 0; i < count; i++) {
        struct syc_record r = records[i].r;
        r.exchanges = records[i].exchanges; /* records may have been copied as wholes */
        syc_cadence_feed(c, &r);
    }
    assert_int_equal(finish_subjects(c, keep_subject, out), SYC_OK);
    syc_cadence_free(c);
}

const struct syc_value *
fact_of(const struct kept *k, const char *name)
{
    int at = syc_schema_find(&syc_source_schema, name, strlen(name));

    if (at < 0) {
        fail_msg("no such fact: %s", name);
        return NULL;
    }
    return &k->values[at];
}

bool
is_absent(const struct kept *k, const char *name)
{
    return fact_of(k, name)->type == SYC_ABSENT;
}

double
real_of(const struct kept *k, const char *name)
{
    const struct syc_value *v = fact_of(k, name);

    if (v->type != SYC_REAL) {
        fail_msg("%s is not there", name);
    }
    return v->u.f;
}

int64_t
int_of(const struct kept *k, const char *name)
{
    const struct syc_value *v = fact_of(k, name);

    if (v->type != SYC_INT) {
        fail_msg("%s is not there", name);
    }
    return v->u.i;
}

const char *
text_of(const struct kept *k, const char *name)
{
    const struct syc_value *v = fact_of(k, name);

    if (v->type != SYC_TEXT) {
        fail_msg("%s is not there", name);
    }
    return v->u.text;
}

const struct kept *
find_kept(const struct kept_all *all, enum syc_subject_kind kind, int client, int server,
          uint16_t port)
{
    uint8_t source[16];
    uint8_t dest[16];

    set_address(source, 0, client);
    set_address(dest, 1, server);
    for (size_t i = 0; i < all->count; i++) {
        const struct syc_subject *s = &all->list[i].subject;
        bool there = kind == SYC_SUBJECT_SOURCE ||
                     (memcmp(s->dest, dest, sizeof(dest)) == 0 && s->dest_port == port);
        if (s->kind == kind && memcmp(s->source, source, sizeof(source)) == 0 && there) {
            return &all->list[i];
        }
    }
    return NULL;
}

void
assert_near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance)) {
        fail_msg("%.17g is not within %g of %.17g", a, tolerance, b);
    }
}

/* ------------------------------------------------------------ chance */

uint64_t
random_bits(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

double
random_unit(uint64_t *state)
{
    return ((double)(random_bits(state) >> 11) + 0.5) / 9007199254740992.0;
}

/* ------------------------------------------------------------ short memory */

void
fail_allocations(uint64_t first, uint64_t last)
{
    fail_at = (unsigned)first;
    fail_more = first > 0 ? last - first : 0;
    allocations = 0;
}

uint64_t
allocations_seen(void)
{
    return allocations;
}

struct each {
    void (*visit)(void *user, const struct syc_subject *s);
    void *user;
};

static void
visit_each(void *user, struct syc_visit *v)
{
    const struct each *each = user;

    each->visit(each->user, syc_visit_source(v));
    for (const struct syc_subject *pair; (pair = syc_visit_pair(v)) != NULL;) {
        each->visit(each->user, pair);
    }
    for (const struct syc_subject *stream; (stream = syc_visit_substream(v)) != NULL;) {
        each->visit(each->user, stream);
    }
}

enum syc_status
finish_subjects(struct syc_cadence *c, void (*visit)(void *user, const struct syc_subject *s),
                void *user)
{
    return ask_subjects(syc_cadence_finish, c, visit, user);
}

enum syc_status
ask_subjects(syc_asking *ask, struct syc_cadence *c,
             void (*visit)(void *user, const struct syc_subject *s), void *user)
{
    struct each each = {visit, user};

    return ask(c, visit_each, &each);
}
