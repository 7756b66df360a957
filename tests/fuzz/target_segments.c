/*
 * Conversations out of octets. First octet: bits 0-1 how much memory, bit 2 live, bit 3 with part records; then four
 * octets a step: tuple, side and deed; two numbers of the deed; the time that passes before it.
 *
 * A step says what a side of a tuple does next, not which numbers its segment has: so that octets drawn at random open,
 * use, repeat, close and reuse connections, instead of being strays.
 *
 * Claims: each record holds what check_record.c asks; the table's own counts agree; segments one by one and in batches
 * leave the same records in the same order; another hash key leaves the same records; each survives its event; work is
 * linear in steps.
 */

#include "tests/fuzz/check_record.h"
#include "tests/fuzz/fuzz.h"

#include "engine/engine.h"

#include <string.h>

enum { TUPLES = 8, STEPS_MAX = 600, FRAGMENTS = 8, READ_BACK_MAX = 8 };

enum deed {
    OPEN,      /* SYN of a new sequence number */
    AGAIN,     /* the SYN again */
    ANSWER,    /* SYN+ACK */
    CONFIRM,   /* ACK of all there is */
    SAY,       /* new payload */
    REPEAT,    /* payload that was sent */
    SKIP,      /* payload past a hole */
    FINISH,    /* FIN */
    RESET,     /* RST */
    STALL,     /* ACK with window 0 */
    PROBE,     /* keep-alive */
    OLD_ACK,   /* duplicate ACK */
    ANYTHING,  /* flags and numbers of any kind */
    QUOTED,    /* an ICMP error about this side's segment */
    LOOK_AWAY, /* live: what time has ended */
    TALK,      /* several octets of payload, each way, in turn */
    DEEDS
};

/* What a side has sent. */
struct side {
    uint32_t isn, next;
    uint32_t ts;
};

struct world {
    struct syc_table *table;
    struct side sides[TUPLES][2];
    int64_t now_ns;
    struct syc_segment batch[SYC_BATCH];
    size_t waiting, batch_max;
    uint64_t fed, number;
    /* of the records */
    struct syc_json *json;
    struct syc_record_reader *reader;
    uint64_t sum, records, finals, segments, syns;
};

/* ------------------------------------------------------------ records out */

static uint64_t
mix(uint64_t sum, const void *p, size_t n)
{
    const uint8_t *octets = p;

    for (size_t i = 0; i < n; i++) {
        sum = (sum ^ octets[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

/* The waist loses nothing: written as an event and read back it is the same record. */
static void
check_event(struct world *w, const struct syc_record *r)
{
    struct syc_record back;
    struct syc_error err = {0};

    syc_json_reset(w->json);
    syc_json_connection(w->json, r, NULL);
    FUZZ_HOLDS(!w->json->failed, "no memory");
    w->sum = mix(w->sum, w->json->text, w->json->n);
    if (w->reader != NULL && w->records < READ_BACK_MAX) {
        FUZZ_HOLDS(syc_record_read(w->reader, w->json->text, w->json->n, &back, &err) == SYC_OK,
                   "%s in %.*s", err.text, (int)w->json->n, w->json->text);
        check_same_record("event", r, &back);
    }
}

static void
on_record(void *user, const struct syc_record *r)
{
    struct world *w = user;

    check_record(r);
    check_event(w, r);
    w->records++;
    w->finals += r->part == SYC_NONE || r->final == 1;
    w->segments += (uint64_t)(r->pkts[0] == SYC_NONE ? 0 : r->pkts[0]) +
                   (uint64_t)(r->pkts[1] == SYC_NONE ? 0 : r->pkts[1]);
}

static void
on_syn(void *user, const struct syc_syn_seen *s)
{
    struct world *w = user;

    FUZZ_HOLDS(s->syn != NULL && s->own != NULL && s->key != NULL, "a SYN without facts");
    w->syns++;
}

/* ------------------------------------------------------------ segments in */

static void
flush(struct world *w)
{
    syc_table_feed(w->table, w->batch, w->waiting);
    w->waiting = 0;
}

/* Options of SYNs, as four stacks send them; RFC 9293 3.1, 7323 2.2 and 3.2, 2018 2. */
static const uint8_t syn_options[4][20] = {
    {2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7},
    {2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2},
    {2, 4, 5, 180},
    {2, 4, 0, 50, 3, 3, 20, 0},
};
static const uint8_t syn_option_octets[4] = {20, 12, 4, 8};

/* First octets of what is spoken: a request, a ClientHello (RFC 8446 4.1.2), and others. */
static const char *const fragments[FRAGMENTS] = {
    "GET /a?b HTTP/1.1\r\nHost: h\r\nUser-Agent: curl/8.0\r\n\r\n",
    "\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "*1\r\n$4\r\nPING\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "POST /x HTTP/1.0\r\nUser-Agent: \x1b[2J\xff\r\nA:",
    "\x15\x03\x03\x00\x02\x01\x00",
    "+PONG\r\n",
};

static void
set_addresses(struct syc_segment *s, unsigned tuple, int who)
{
    static const uint8_t v4[2][16] = {{[10] = 0xff, [11] = 0xff, 10, 0, 0, 1},
                                      {[10] = 0xff, [11] = 0xff, 10, 0, 0, 2}};
    static const uint8_t v6[2][16] = {{0x20, 1, 0xd, 0xb8, [15] = 1},
                                      {0x20, 1, 0xd, 0xb8, [15] = 2}};
    bool is_v4 = (tuple & 3) != 3;

    s->ip_v = is_v4 ? 4 : 6;
    s->ip_header_octets = is_v4 ? 20 : 40;
    memcpy(s->src, is_v4 ? v4[who] : v6[who], 16);
    memcpy(s->dst, is_v4 ? v4[1 - who] : v6[1 - who], 16);
    s->src_port = who == 0 ? (uint16_t)(40000 + (tuple & 1)) : 80;
    s->dst_port = who == 0 ? 80 : (uint16_t)(40000 + (tuple & 1));
    if (tuple >= 6) { /* the addresses of tuple - 2 behind another way */
        s->path.vlan_count = 1;
        s->path.vlan[0] = 9;
    }
}

static void
set_payload(struct syc_segment *s, uint32_t octets, unsigned which)
{
    const char *text = fragments[which % FRAGMENTS];
    size_t here = strlen(text);

    s->payload_octets = octets;
    s->payload = (struct syc_span){(const uint8_t *)text, here < octets ? here : octets};
    s->payload_cut = s->payload.n < octets;
}

static void
send_segment(struct world *w, struct syc_segment *s)
{
    s->time_ns = w->now_ns;
    s->number = ++w->number;
    s->tcp_header_octets = (uint8_t)(20 + s->options.n);
    s->ip_octets = (uint32_t)s->ip_header_octets + s->tcp_header_octets + s->payload_octets;
    w->batch[w->waiting++] = *s;
    w->fed++;
    if (w->waiting == w->batch_max) {
        flush(w);
    }
}

/* One step's numbers. */
struct step {
    unsigned tuple;
    int who;
    enum deed deed;
    uint8_t a, b;
};

/* A SYN or SYN+ACK: options, and where this side's numbers begin. */
static void
begin(const struct step *t, struct side *me, struct syc_segment *s)
{
    if (t->deed == OPEN || (t->deed == ANSWER && me->isn == 0)) {
        me->isn = 1000 + (uint32_t)t->a * 0x01010101u; /* some of them near the wrap */
        me->next = me->isn + 1;
    }
    s->seq = me->isn;
    s->flags = t->deed == ANSWER ? SYC_SYN | SYC_ACK : SYC_SYN;
    s->options = (struct syc_span){syn_options[t->b & 3], syn_option_octets[t->b & 3]};
    s->has_ts = (t->b & 3) == 0;
    s->ack = t->deed == ANSWER ? s->ack : 0;
}

/* New payload, old payload, or payload past a hole. */
static void
say(const struct step *t, struct side *me, struct syc_segment *s)
{
    uint32_t octets = t->b < 200 ? 1u + t->b : (t->b - 199u) * 1448u;

    set_payload(s, octets, t->a);
    s->flags |= SYC_PSH;
    if (t->deed == REPEAT) {
        s->seq = me->next - (uint32_t)t->a * 16u;
    } else {
        s->seq = me->next + (t->deed == SKIP ? (uint32_t)t->a * 100u : 0);
        me->next = s->seq + octets;
    }
}

static void
anything(const struct step *t, struct side *me, struct syc_segment *s)
{
    s->flags = (uint16_t)(t->a | (t->b & 0x0f) << 8);
    s->seq = me->next + (uint32_t)(int32_t)((int8_t)t->b * 0x00800000);
    s->payload_octets = t->b & 0x10 ? t->a : 0;
    s->options_cut = (t->b & 0x20) != 0;
    s->payload_cut = s->payload_octets > 0;
}

static void
act(struct world *w, const struct step *t)
{
    struct side *me = &w->sides[t->tuple][t->who], *other = &w->sides[t->tuple][1 - t->who];
    struct syc_segment s = {.flags = SYC_ACK, .seq = me->next, .ack = other->next};

    set_addresses(&s, t->tuple, t->who);
    s.window = 501;
    s.ttl = (uint8_t)(64 - (t->a & 1));
    s.ip_df = s.ip_v == 4;
    s.has_ts = (t->tuple & 1) == 0;
    s.ts_val = me->ts += (uint32_t)(t->a & 7);
    s.ts_ecr = other->ts;
    switch (t->deed) {
    case OPEN:
    case AGAIN:
    case ANSWER:
        begin(t, me, &s);
        break;
    case SAY:
    case REPEAT:
    case SKIP:
        say(t, me, &s);
        break;
    case FINISH:
        s.flags |= SYC_FIN;
        me->next += (t->a & 1) == 0;
        break;
    case RESET:
        s.flags = t->a & 1 ? SYC_RST : SYC_RST | SYC_ACK;
        s.seq += t->b;
        break;
    case STALL:
        s.window = 0;
        break;
    case PROBE:
        s.seq = me->next - 1;
        s.payload_octets = t->a & 1;
        break;
    case OLD_ACK:
        s.ack = other->next - t->a;
        break;
    case ANYTHING:
        anything(t, me, &s);
        break;
    case QUOTED:
        flush(w);
        s.seq = t->a & 1 ? me->isn : s.seq;
        s.unreachable = true;
        s.icmp_code = t->b & 15;
        s.time_ns = w->now_ns;
        syc_table_unreachable(w->table, &s);
        return;
    case LOOK_AWAY:
        flush(w);
        syc_table_expire(w->table, w->now_ns);
        return;
    case CONFIRM:
    case TALK:
    case DEEDS:
        break;
    }
    send_segment(w, &s);
}

/* Many small exchanges at once, so that lists of exchanges fill up within few octets of input. */
static void
talk(struct world *w, const struct step *t)
{
    for (unsigned i = 0; i < 1u + t->a % 16u; i++) {
        struct step one = {t->tuple, t->who, SAY, t->b, (uint8_t)(t->b & 63)};

        act(w, &one);
        w->now_ns += 20000000;
        one.who = 1 - t->who;
        act(w, &one);
        w->now_ns += t->b & 64 ? 1100000000 : 300000;
    }
}

/* 0, a nanosecond, a little more than what matters to TCP, hours; and back. */
static int64_t
pause_of(uint8_t octet)
{
    static const int64_t pauses[16] = {0,           1,           1000,          30000,
                                       400000,      9000000,     40000000,      200000000,
                                       999999999,   1000000001,  3000000000,    6000000000,
                                       31000000000, 61000000000, 3700000000000, 90000000000000};
    int64_t pause = pauses[octet & 15];

    return (octet & 0xc0) == 0xc0 ? -pause : pause;
}

static void
run_steps(struct world *w, struct syc_span in)
{
    for (size_t i = 0; i < STEPS_MAX && in.n > 0; i++) {
        uint8_t what = fuzz_take8(&in);
        struct step t = {what & 7, what >> 3 & 1, (enum deed)(what >> 4), 0, 0};

        t.a = fuzz_take8(&in);
        t.b = fuzz_take8(&in);
        w->now_ns += pause_of(fuzz_take8(&in));
        if (t.deed == TALK) {
            talk(w, &t);
        } else {
            act(w, &t);
        }
    }
}

/* ------------------------------------------------------------ one table */

static struct syc_table_config
config_of(uint8_t how, uint64_t key)
{
    static const size_t octets[4] = {16 << 20, 1 << 17, 1 << 16, 1 << 18};

    return (struct syc_table_config){
        .connection_octets = octets[how & 3],
        .half_open_octets = octets[how & 3] / 4,
        .key = {key, key * 3},
        .live = (how & 4) != 0,
        .idle_ns = 3600 * SYC_NS_PER_S,
        .two_msl_ns = 60 * SYC_NS_PER_S,
        .interval_ns = (how & 8) != 0 ? 10 * SYC_NS_PER_S : 0,
    };
}

/* What the table says of itself against what came in and out. */
static void
check_stats(const struct world *w, const struct syc_table_stats *s)
{
    uint64_t placed =
        w->segments + s->stray_rst + s->denied; /* copies of frames are segments too */

    FUZZ_HOLDS(s->open == 0 && s->half_open == 0, "%llu open, %llu half open after the end",
               (unsigned long long)s->open, (unsigned long long)s->half_open);
    FUZZ_HOLDS(placed <= w->fed, "%llu segments in records, %llu strays of %llu",
               (unsigned long long)w->segments, (unsigned long long)s->stray_rst,
               (unsigned long long)w->fed);
    FUZZ_HOLDS(s->evicted + s->half_open_evicted > 0 || placed == w->fed,
               "%llu segments in records, %llu strays of %llu", (unsigned long long)w->segments,
               (unsigned long long)s->stray_rst, (unsigned long long)w->fed);
    FUZZ_HOLDS(s->connections == w->finals, "%llu connections, %llu last records",
               (unsigned long long)s->connections, (unsigned long long)w->finals);
    FUZZ_HOLDS(s->evicted + s->half_open_evicted <= s->connections, "%llu evicted",
               (unsigned long long)s->evicted);
}

/* true when nothing had to give way. */
static bool
run_table(struct world *w, struct syc_span in, uint8_t how, uint64_t key, size_t batch)
{
    struct syc_table_config config = config_of(how, key);
    struct syc_table_sink sink = {.user = w, .record = on_record, .syn = on_syn};
    struct syc_table_stats stats;
    uint64_t before = fuzz_work();

    w->batch_max = batch;
    w->now_ns = INT64_C(1700000000000000000);
    w->table = syc_table_new(&config, &sink);
    FUZZ_HOLDS(w->table != NULL, "no table");
    run_steps(w, in);
    flush(w);
    syc_table_finish(w->table, 0);
    syc_table_stats(w->table, &stats);
    check_stats(w, &stats);
    syc_table_free(w->table);
    syc_free(w->json->syns); /* what it knows of SYNs by their address: that table's */
    w->json->syns = NULL;
    fuzz_bound_work("segments", before, w->fed + 1, 60000, 1000000);
    return stats.evicted + stats.half_open_evicted == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_span in = {data, size};
    uint8_t how = fuzz_take8(&in);
    static struct syc_json json; /* kept: its layout costs more than an event */
    struct world one = {.json = &json}, other = {.json = &json};
    bool roomy;

    one.reader = syc_record_reader_new();
    FUZZ_HOLDS(one.reader != NULL, "no memory");
    roomy = run_table(&one, in, how, 1, 1);
    if (roomy) {
        run_table(&other, in, how, 0x9e3779b97f4a7c15, SYC_BATCH);
    } else { /* who gives way may depend on the key */
        run_table(&other, in, how, 1, SYC_BATCH);
    }
    FUZZ_HOLDS(one.records == other.records && one.sum == other.sum && one.syns == other.syns,
               "%llu records, then %llu", (unsigned long long)one.records,
               (unsigned long long)other.records);
    syc_record_reader_free(one.reader);
    return 0;
}
