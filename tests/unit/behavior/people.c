/* Random connections, and how they are cut and compared. */

#include "tests/unit/behavior/people.h"

#include <stdio.h>
#include <string.h>

static struct syc_syn syns[5];

/* ------------------------------------------------------------ a population */

static void
make_syns(void)
{
    for (size_t i = 0; i < 5; i++) {
        memset(&syns[i], 0, sizeof(syns[i]));
        syns[i].ttl = (uint8_t)(50 + 20 * i);
        syns[i].ttl_initial = syns[i].ttl > 64 ? 128 : 64;
        snprintf(syns[i].tcpfp, sizeof(syns[i].tcpfp), "print-%zu", i / 2);
        snprintf(syns[i].p0f, sizeof(syns[i].p0f), "raw-%zu", i);
    }
}

void
make_person(struct made *m, uint64_t *seed, uint16_t number)
{
    int64_t start = (int64_t)(random_bits(seed) % 600) * 250000;
    int client = 1 + (int)(random_bits(seed) % 4);
    int server = 1 + (int)(random_bits(seed) % 3);
    uint16_t port = random_bits(seed) % 2 ? 443 : 80;
    size_t exchanges = random_bits(seed) % (MADE_EXCHANGES - 2);
    int64_t at = 2000;

    if (random_bits(seed) % 8 == 0) {
        made_unanswered(m, client, server, port, (uint16_t)(30000 + number / 2), start);
    } else {
        made_open(m, client, server, port, (uint16_t)(30000 + number / 2), start);
        for (size_t i = 0; i < exchanges; i++) {
            made_exchange(m, at, (int64_t)(random_bits(seed) % 3) * 600000,
                          100 + (int64_t)(random_bits(seed) % 900),
                          1 + (int64_t)(random_bits(seed) % 12));
            m->exchanges[i].first_flight_octets = random_bits(seed) % 2 ? 1400 : 240;
            at = m->r.dur_us + (int64_t)(random_bits(seed) % 20) * 200000;
        }
        if (random_bits(seed) % 2) {
            made_close(m, at);
        }
        m->r.protocol = port == 443 ? SYC_PROTOCOL_TLS : SYC_PROTOCOL_HTTP1;
        m->r.setup_turns = port == 443 && exchanges > 0;
        m->r.setup_bytes = m->r.setup_turns ? m->exchanges[0].client_octets : 0;
        m->r.setup_pkts = m->r.setup_turns ? m->exchanges[0].client_packets : 0;
        m->r.requests = port == 443 ? SYC_NONE : (int64_t)exchanges;
    }
    m->r.syn[SYC_TOSERVER] = &syns[random_bits(seed) % 5];
    made_name(m);
}

void
make_people(struct made *people, uint16_t count, uint64_t seed)
{
    make_syns();
    for (uint16_t i = 0; i < count; i++) {
        make_person(&people[i], &seed, i);
    }
}

/* ------------------------------------------------------------ cutting into parts */

/*
 * Part `number` of `of`, by spec/record.md: lists are slices; single times stand in every part, last-times and state are the
 * final part's, counters add up. The set-up is counted where its burst, the first, is.
 */
struct syc_record
part_of(const struct made *m, int64_t number, int64_t of)
{
    struct syc_record r = m->r;
    size_t from = m->r.exchange_count * (size_t)(number - 1) / (size_t)of;
    size_t to = m->r.exchange_count * (size_t)number / (size_t)of;

    for (size_t i = 0; i < syc_record_number_count; i++) {
        const struct syc_record_number *row = &syc_record_numbers[i];
        bool mine = row->join == SYC_JOIN_LAST    ? number == of
                    : row->join == SYC_JOIN_FIRST ? true
                                                  : number == 1;
        int64_t other = row->join == SYC_JOIN_ADD ? 0 : SYC_NONE;
        if (!mine && syc_record_get(&r, row) != SYC_NONE) {
            syc_record_set(&r, row, other);
        }
    }
    r.setup_turns = from == 0 && to > 0 ? m->r.setup_turns : 0;
    r.setup_bytes = from == 0 && to > 0 ? m->r.setup_bytes : 0;
    r.setup_pkts = from == 0 && to > 0 ? m->r.setup_pkts : 0;
    r.part = number;
    r.final = number == of;
    r.exchanges = m->exchanges + from;
    r.exchange_count = to - from;
    r.time_wait_count = number == of ? r.time_wait_count : 0;
    r.syn[SYC_TOSERVER] = number == 1 ? r.syn[SYC_TOSERVER] : NULL;
    return r;
}

size_t
cut_all(struct piece *pieces, uint16_t people, uint64_t *seed, bool cut)
{
    size_t n = 0;

    for (uint16_t i = 0; i < people; i++) {
        uint8_t of = (uint8_t)(cut ? 1 + random_bits(seed) % PARTS_MOST : 1);
        for (uint8_t k = 1; k <= of; k++) {
            pieces[n++] = (struct piece){i, k, of};
        }
    }
    return n;
}

void
shuffle(struct piece *pieces, size_t n, uint64_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = random_bits(seed) % i;
        struct piece held = pieces[i - 1];
        pieces[i - 1] = pieces[j];
        pieces[j] = held;
    }
}

void
feed_piece(struct syc_cadence *c, const struct made *people, const struct piece *p)
{
    struct syc_record r = people[p->person].r;

    r.exchanges = people[p->person].exchanges; /* they may have been copied */
    if (p->of > 1) {
        r = part_of(&people[p->person], p->number, p->of);
    }
    syc_cadence_feed(c, &r);
}

/* ------------------------------------------------------------ comparing */

static void
assert_same_value(const char *name, const struct syc_value *a, const struct syc_value *b)
{
    bool same = a->type == b->type;

    if (same && a->type == SYC_TEXT) {
        same = strcmp(a->u.text, b->u.text) == 0;
    } else if (same) {
        same = memcmp(&a->u, &b->u, sizeof(a->u)) == 0; /* bit for bit, reals too */
    }
    if (!same) {
        fail_msg("%s differs", name);
    }
}

void
assert_same_subjects(const struct kept_all *a, const struct kept_all *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        struct syc_subject x = a->list[i].subject;
        struct syc_subject y = b->list[i].subject;
        x.values = y.values = NULL;
        assert_memory_equal(&x, &y, sizeof(x));
        for (size_t f = 0; f < syc_source_schema.count; f++) {
            assert_same_value(syc_source_schema.fields[f].name, &a->list[i].values[f],
                              &b->list[i].values[f]);
        }
    }
}
