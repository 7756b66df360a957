/*
 * Records in, subjects with their facts out.
 *
 *    record --whole-----> mark + bursts --> store --by source--> view --facts_*.c--> row of values
 *       '-----part------> parts.c ----------'                     '--by pair--> view --> row of values
 *
 * Invariant: the facts are a function of the multiset of records. Arrival, hash keys, threads and
 * clocks stop at the store; sources are visited by address, connections within them in canonical
 * order. Parts are settled first, since a connection in parts is one connection.
 */

#include "behavior/cadence.h"

#include "behavior/mark.h"
#include "behavior/once.h"
#include "behavior/services.h"
#include "behavior/streams.h"

struct syc_cadence *
syc_cadence_new(const struct syc_signatures *signatures, size_t budget_octets)
{
    struct syc_cadence *c = syc_alloc(1, sizeof(*c));

    if (c == NULL || !syc_store_init(&c->store, budget_octets)) {
        syc_free(c);
        return NULL;
    }
    syc_stacks_init(&c->stacks, &c->store);
    syc_agents_init(&c->agents, &c->store);
    syc_parts_init(&c->parts, &c->store);
    syc_fleets_init(&c->fleets, &c->store);
    c->signatures = signatures;
    return c;
}

void
syc_cadence_use(struct syc_cadence *c, const struct syc_signatures *signatures)
{
    c->signatures = signatures;
}

void
syc_cadence_free(struct syc_cadence *c)
{
    if (c == NULL) {
        return;
    }
    syc_fleets_fini(&c->fleets);
    syc_parts_fini(&c->parts);
    syc_agents_fini(&c->agents);
    syc_stacks_fini(&c->stacks);
    syc_store_give(&c->store, c->lone, (SYC_LONE_MOST + 1) * sizeof(*c->lone));
    syc_store_fini(&c->store);
    syc_free(c);
}

/* ------------------------------------------------------------ records */

/*
 * A record whose SYN was seen but found no place among the stacks is flagged: counts of
 * fingerprints are lower bounds.
 */
static void
fill_mark(struct mark *m, const struct syc_record *r, uint32_t stack, uint32_t agent)
{
    struct work work = syc_mark_work(r);

    syc_mark_fill(m, r, &work);
    m->stack = stack;
    m->agent = agent;
    m->ua_os = syc_mark_ua_os(r) & 15U;
    if (stack == STORE_NONE && r->syn[SYC_TOSERVER] != NULL) {
        m->degraded |= 1U << SYC_DEGRADED_SIGNATURES_CUT;
    }
}

/* The record that was asked for: SYNs of its number are of this kind from now on. */
static void
learn_lone(struct syc_cadence *c, uint32_t kind)
{
    if (c->asked > 0 && syc_singles_know(kind)) {
        c->lone[c->asked] = (struct lone_kind){kind, c->asked_degraded, true};
    }
}

/*
 * Nothing of the server, no payload: the mark first, since most of these are bare SYNs, and one of a client of which nothing
 * else is known is a single.
 */
static void
feed_bare(struct syc_cadence *c, const struct syc_record *r, uint32_t stack, uint32_t agent)
{
    struct mark m = {.first = 0};

    fill_mark(&m, r, stack, agent);
    if (syc_singles_fit(&m)) {
        struct single one = syc_single_of(&c->store, r->key.client, &m);
        learn_lone(c, one.kind);
        if (syc_store_add_single(&c->store, &one)) {
            return;
        }
    }
    syc_store_add_mark(&c->store, r->key.client, r->key.ip_v, &m);
}

static void
feed_whole(struct syc_cadence *c, const struct syc_record *r, uint32_t stack, uint32_t agent)
{
    struct setup setup = syc_mark_setup(r);
    struct mark *m = syc_store_add(&c->store, r->key.client, r->key.ip_v, syc_mark_burst_count(r));
    uint32_t to;

    if (m == NULL) {
        return;
    }
    fill_mark(m, r, stack, agent);
    to = m->first;
    for (size_t i = 0; i < r->exchange_count; i++) {
        struct item burst;
        if (syc_mark_burst(r, &r->exchanges[i], &setup, &burst)) {
            *burst_at(&c->store, to++) = burst;
        }
    }
}

void
syc_cadence_feed(struct syc_cadence *c, const struct syc_record *r)
{
    uint32_t stack = syc_stacks_intern(&c->stacks, r, SYC_TOSERVER);
    uint32_t agent = syc_agents_intern(&c->agents, r);

    if (r->part != SYC_NONE && r->part >= 1) {
        syc_parts_feed(&c->parts, r, stack, agent);
    } else if (r->pkts[SYC_TOCLIENT] <= 0 && r->exchange_count == 0) {
        feed_bare(c, r, stack, agent);
    } else {
        feed_whole(c, r, stack, agent);
    }
    c->asked = 0;
}

/*
 * What a record of it would come to, without the record: of a lone SYN the mark differs from that of another one of its
 * number only in what a single keeps. So the first goes the long way, and tells the kind of all others.
 */
bool
syc_cadence_feed_lone(struct syc_cadence *c, const struct syc_lone *l)
{
    const struct lone_kind *k;
    struct single one;

    if (c->lone == NULL) {
        c->lone = syc_store_take(&c->store, (SYC_LONE_MOST + 1) * sizeof(*c->lone));
        if (c->lone == NULL) {
            return false;
        }
    }
    k = &c->lone[l->number];
    if (!k->known || k->degraded != l->degraded) {
        c->asked = l->number;
        c->asked_degraded = l->degraded;
        return false;
    }
    one = (struct single){.start_us = l->start_us,
                          .name = SINGLE_ISN | l->isn,
                          .ts_val = l->ts_val,
                          .kind = k->kind & SINGLES_NO_KIND,
                          .ip_v = l->ip_v & 15U,
                          .source_port = l->client_port,
                          .dest_port = l->server_port,
                          .ip_id = l->ip_id,
                          .live = 1};
    memcpy(one.addr, l->client, sizeof(one.addr));
    memcpy(one.dest, l->server, sizeof(one.dest));
    if (!syc_store_add_single(&c->store, &one)) {
        struct mark m;
        syc_single_mark(&c->store, &one, &m);
        syc_store_add_mark(&c->store, l->client, l->ip_v, &m);
    }
    return true;
}

void
syc_cadence_expect(const struct syc_cadence *c, const uint8_t client[16], uint8_t ip_v)
{
    syc_store_expect(&c->store, client, ip_v);
}

/* ------------------------------------------------------------ subjects */

/* A subject and its facts. */
struct known {
    struct syc_subject subject;
    struct facts facts;
};

/* One pair at a time: a scanner has thousands. */
struct syc_visit {
    struct syc_cadence *c;
    struct room room;
    struct source *of;
    bool news;
    struct view whole;
    size_t from; /* mark at which the next pair or sub-stream begins */
    bool has_streams;
    bool has_order;      /* room->streams holds them, since they were asked for before */
    size_t stream_marks; /* in room->streams */
    int64_t part;
    char fingerprint[STREAM_TEXT];
    struct known source, other; /* the pair or sub-stream asked for last */
};

/*
 * Ends are the last of all marks, parts included; examples are the first connections in canonical
 * order, so that every run names the same ones.
 */
static void
fill_subject(const struct view *v, struct syc_subject *s)
{
    const struct mark *first = v->marks[0];

    s->ip_v = v->source->ip_v;
    memcpy(s->source, v->source->addr, sizeof(s->source));
    if (s->kind == SYC_SUBJECT_PAIR || s->kind == SYC_SUBJECT_DESTINATION) {
        memcpy(s->dest, first->dest, sizeof(s->dest));
    }
    s->dest_port = s->kind == SYC_SUBJECT_SOURCE ? 0 : first->dest_port;
    s->conn_count = (int64_t)v->count;
    s->degraded = v->source->degraded;
    s->window_start_us = first->start_us;
    s->window_end_us = first->start_us;
    for (size_t i = 0; i < v->count_all; i++) {
        const struct mark *m = v->marks[i];
        int64_t end = m->start_us + m->life_us;
        s->degraded |= m->degraded;
        s->window_end_us = end > s->window_end_us ? end : s->window_end_us;
    }
    for (size_t i = 0; i < v->count && i < SYC_EXAMPLES_MAX; i++) {
        s->flow_ids[s->flow_id_count++] = syc_store_flow_id(v->store, v->marks[i]);
    }
}

/* What every event says of its subject is here at once, the facts when they are asked for. */
static void
introduce(struct syc_cadence *c, const struct view *v, enum syc_subject_kind kind,
          struct known *out)
{
    struct syc_value *row = out->facts.row;

    out->subject = (struct syc_subject){.kind = kind, .values = row};
    fill_subject(v, &out->subject);
    syc_facts_promise(&out->facts, v, c->signatures);
    fact_text(row, FACT_SUBJECT, syc_subject_name(kind));
    row[FACT_SRC_IP].type = SYC_ADDR;
    row[FACT_SRC_IP].u.addr.ip_v = out->subject.ip_v;
    memcpy(row[FACT_SRC_IP].u.addr.octets, out->subject.source, sizeof(out->subject.source));
    fact_int(row, FACT_CONN_COUNT, (int64_t)(v->count + v->unseen));
}

const struct syc_subject *
syc_visit_source(const struct syc_visit *v)
{
    return &v->source.subject;
}

bool
syc_visit_is_news(const struct syc_visit *v)
{
    return v->news;
}

unsigned
syc_visit_noted(const struct syc_visit *v)
{
    return v->of->note;
}

void
syc_visit_note(struct syc_visit *v, unsigned note)
{
    v->of->note = note & 15U;
}

const struct syc_subject *
syc_visit_pair(struct syc_visit *v)
{
    struct view pair;

    if (v->from >= v->whole.count_all || !syc_view_has_pairs(&v->room, &v->whole)) {
        v->from = 0;
        return NULL;
    }
    v->from = syc_view_pair(&v->room, &v->c->store, &v->whole, v->from, &pair);
    introduce(v->c, &pair, SYC_SUBJECT_PAIR, &v->other);
    return &v->other.subject;
}

const struct syc_subject *
syc_visit_substream(struct syc_visit *v)
{
    const struct who who = {&v->c->stacks, &v->c->agents};
    struct view stream;

    if (v->from == 0) {
        if (!v->has_streams) {
            return NULL;
        }
        if (!v->has_order) {
            v->stream_marks = syc_streams_order(&v->room, &who, &v->whole);
            v->has_order = true;
        }
        v->part = 0;
    }
    v->from =
        syc_streams_next(&v->room, &v->c->store, &v->whole, v->stream_marks, v->from, &stream);
    if (v->from == 0) {
        return NULL;
    }
    introduce(v->c, &stream, SYC_SUBJECT_SUBSTREAM, &v->other);
    syc_streams_name(&who, &stream, v->fingerprint);
    v->other.subject.fingerprint = v->fingerprint;
    v->other.subject.part = ++v->part;
    return &v->other.subject;
}

/* ------------------------------------------------------------ shapes */

/* What of a lone mark a fixed fact reads beside its stack, a field behind the other. */
static uint64_t
pack_shape(const struct mark *m)
{
    return (uint64_t)m->flags | (uint64_t)m->syn_count << 16 | (uint64_t)m->schedule << 24 |
           (uint64_t)m->id_step << 28 | (uint64_t)m->has_ts << 31 |
           (uint64_t)(m->ts_val != 0) << 32 | (uint64_t)m->has_ip_id << 33 | (uint64_t)m->end << 34;
}
_Static_assert(SCHEDULE_COUNT <= 16, "four bits of a shape");

/* A mark with bursts, turns, a TIME-WAIT, a clock's rate or more SYNs than fit has none. */
uint64_t
syc_visit_shape(const struct syc_visit *v)
{
    enum { STACK_SHIFT = 38, STACKS_MOST = 1 << 25 };
    const struct mark *m;

    if (v->from >= v->whole.count_all || !syc_view_has_pairs(&v->room, &v->whole)) {
        return 0;
    }
    m = syc_view_lone(&v->room, &v->whole, v->from);
    if (m == NULL || m->burst_count > 0 || m->turns > 0 || m->run > 0 || m->opening > 0 ||
        m->ts_hz > 0 || m->ua_os > 0 || m->agent != STORE_NONE || m->syn_count > UINT8_MAX ||
        (m->flags & MARK_TIME_WAIT) != 0 || m->stack >= STACKS_MOST) {
        return 0;
    }
    return (uint64_t)(m->stack + 1) << STACK_SHIFT | pack_shape(m);
}

/*
 * Of a lone mark most facts are absent for want of numbers, or 1. Not so: the client, times and
 * ports; and what is told of clocks, which no rule asks of so little.
 */
bool
syc_shape_fixes(size_t field)
{
    static const uint8_t varies[] = {
        FACT_SRC_IP,         FACT_CONN_SPAN,      FACT_PORT_MIN,      FACT_PORT_MAX,
        FACT_TIME_WAIT_PEAK, FACT_TIME_WAIT_AREA, FACT_TS_N,          FACT_TS_POLICY,
        FACT_TS_HZ,          FACT_TS_UPTIME,      FACT_HOSTS_SYSTEMS, FACT_HOSTS_REASON,
    };

    return field < FACT_COUNT && memchr(varies, (int)field, sizeof(varies)) == NULL;
}

/* A shape says that the pair is one mark long. */
void
syc_visit_pass(struct syc_visit *v)
{
    v->from++;
}

/* ------------------------------------------------------------ order of sources */

/*
 * A source by what orders it most often: all of a version 4 address, half of a version 6 one.
 * Sorting millions of sources waits for memory less when the key stands in the array.
 */
struct place {
    uint64_t key;
    struct source *source;
};

static inline bool
place_less(struct place x, struct place y)
{
    if (x.source->ip_v != y.source->ip_v) {
        return x.source->ip_v < y.source->ip_v;
    }
    return x.key != y.key ? x.key < y.key : memcmp(x.source->addr, y.source->addr, 16) < 0;
}

SYC_SORT_DEFINE(sort_places, struct place, place_less)

_Static_assert(STORE_ORDER_SOURCE == 2 * sizeof(struct place), "places and their spare room");

/* Whom a visit is of. */
enum whom { WHOM_ALL, WHOM_NEWS };

static uint32_t
count_sources(const struct store *s, enum whom whom)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->sources.used; i++) {
        n += whom == WHOM_ALL || source_at(s, i)->news;
    }
    return n;
}

/* Singles are not among them: one unanswered SYN tells nothing of who sent it. */
static void
order_sources(const struct store *s, enum whom whom, struct place *places, uint32_t count)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->sources.used; i++) {
        struct source *source = source_at(s, i);
        const uint8_t *from = source->addr + (source->ip_v == 4 ? 8 : 0);
        if (whom == WHOM_ALL || source->news) {
            places[n++] = (struct place){address_half(from), source};
        }
    }
    sort_places(places, count, places + count);
}

/* Fleets are of all sources or of none. */
static void
visit_each(struct syc_visit *v, enum whom whom, const struct place *places, uint32_t count,
           void (*visit)(void *user, struct syc_visit *v), void *user)
{
    const struct who who = {&v->c->stacks, &v->c->agents};

    for (uint32_t i = 0; i < count; i++) {
        v->of = places[i].source;
        v->news = v->of->news;
        v->of->news = 0;
        syc_view_source(&v->room, &v->c->store, v->of, &v->whole);
        v->from = 0;
        v->has_order = false;
        if (v->whole.count_all > 0) {
            v->has_streams = syc_streams_there(&who, &v->whole);
            introduce(v->c, &v->whole, SYC_SUBJECT_SOURCE, &v->source);
            if (whom == WHOM_ALL) {
                syc_fleets_add(&v->c->fleets, &v->c->stacks, &v->whole, &v->source.subject);
            }
            visit(user, v);
        }
    }
}

/* For the largest source; sizes come from most_marks and most_bursts, which the budget has paid for. */
static bool
make_room(struct room *room, const struct store *s)
{
    return syc_room_init(room, s->most_marks, (size_t)s->most_marks + s->most_bursts) &&
           syc_room_group(room, s);
}

/*
 * Parts first: connections in parts have no filled mark before. Room that the store reserved is
 * given its memory here, so only the system itself can refuse.
 */
static enum syc_status
visit_sources(struct syc_cadence *c, enum whom whom, void (*visit)(void *user, struct syc_visit *v),
              void *user)
{
    struct syc_visit v = {.c = c};
    uint32_t count = count_sources(&c->store, whom);
    struct place *places;
    enum syc_status status = syc_parts_settle(&c->parts);

    if (status != SYC_OK) {
        return status;
    }
    places = syc_alloc(count, 2 * sizeof(*places));
    if (places == NULL || !make_room(&v.room, &c->store)) {
        syc_room_fini(&v.room);
        syc_free(places);
        return SYC_NO_MEMORY;
    }
    syc_facts_init(&v.source.facts, &c->stacks, &c->agents);
    syc_facts_init(&v.other.facts, &c->stacks, &c->agents);
    syc_stacks_rank(&c->stacks);
    syc_agents_rank(&c->agents);
    order_sources(&c->store, whom, places, count);
    visit_each(&v, whom, places, count, visit, user);
    syc_room_fini(&v.room);
    syc_free(places);
    return SYC_OK;
}

enum syc_status
syc_cadence_finish(struct syc_cadence *c, void (*visit)(void *user, struct syc_visit *v),
                   void *user)
{
    syc_fleets_clear(&c->fleets);
    return visit_sources(c, WHOM_ALL, visit, user);
}

/* Whatever waits to be settled is news of its source. */
enum syc_status
syc_cadence_news(struct syc_cadence *c, void (*visit)(void *user, struct syc_visit *v), void *user)
{
    return count_sources(&c->store, WHOM_NEWS) > 0 ? visit_sources(c, WHOM_NEWS, visit, user)
                                                   : SYC_OK;
}

/* ------------------------------------------------------------ groups of sources */

/* Beside the facts of its connections: who its clients are, and the one to name; and what its view does not hold. */
static void
fill_service(struct syc_cadence *c, const struct view *view, const struct service_more *more,
             struct known *out)
{
    struct syc_subject *s = &out->subject;
    struct syc_value *row = out->facts.row;

    introduce(c, view, SYC_SUBJECT_DESTINATION, out);
    syc_facts_clients(view, &c->store, more, row, s->source);
    memcpy(row[FACT_SRC_IP].u.addr.octets, s->source, sizeof(s->source));
    s->source_count = row[FACT_SRC_ADDR].u.i;
    s->conn_count += (int64_t)view->unseen;
    if (more->singles > 0) {
        s->window_start_us =
            more->first_us < s->window_start_us ? more->first_us : s->window_start_us;
        s->window_end_us = more->last_us > s->window_end_us ? more->last_us : s->window_end_us;
    }
}

static enum syc_status
visit_services(struct syc_cadence *c, void (*visit)(void *user, const struct syc_subject *s),
               void *user)
{
    struct known known;
    struct services services;
    enum syc_status status = syc_services_init(&services, &c->store);

    syc_facts_init(&known.facts, &c->stacks, &c->agents);
    for (uint32_t i = 0; i < services.count; i++) {
        struct service_more more;
        struct view view;
        syc_services_view(&services, i, &view, &more);
        fill_service(c, &view, &more, &known);
        visit(user, &known.subject);
    }
    c->services_cut = services.cut;
    syc_services_fini(&services);
    return status;
}

static void
fill_fleet(struct syc_cadence *c, const struct fleet_member *members, size_t count,
           struct known *out)
{
    struct syc_subject *s = &out->subject;
    struct syc_value *row = out->facts.row;

    memset(row, 0, sizeof(out->facts.row));
    *s = (struct syc_subject){.kind = SYC_SUBJECT_FLEET,
                              .ip_v = members[0].source->ip_v,
                              .source_count = (int64_t)count,
                              .fingerprint = c->stacks.order[members[0].rank]->syn.tcpfp,
                              .window_start_us = members[0].start_us,
                              .window_end_us = members[0].end_us,
                              .values = row};
    memcpy(s->source, members[0].source->addr, sizeof(s->source));
    for (size_t i = 0; i < count; i++) {
        const struct fleet_member *m = &members[i];
        s->conn_count += m->conn_count;
        s->degraded |= m->degraded;
        s->window_start_us = m->start_us < s->window_start_us ? m->start_us : s->window_start_us;
        s->window_end_us = m->end_us > s->window_end_us ? m->end_us : s->window_end_us;
        if (i < SYC_MEMBERS_MAX) {
            memcpy(s->members[i], m->source->addr, sizeof(s->members[i]));
            s->flow_ids[s->flow_id_count++] = m->flow_id;
        }
    }
    fact_text(row, FACT_SUBJECT, syc_subject_name(SYC_SUBJECT_FLEET));
    row[FACT_SRC_IP].type = SYC_ADDR;
    row[FACT_SRC_IP].u.addr.ip_v = s->ip_v;
    memcpy(row[FACT_SRC_IP].u.addr.octets, s->source, sizeof(s->source));
    syc_fleets_facts(members, count, &c->stacks, c->signatures, row);
}

enum syc_status
syc_cadence_groups(struct syc_cadence *c, void (*visit)(void *user, const struct syc_subject *s),
                   void *user)
{
    enum syc_status status = visit_services(c, visit, user);
    size_t first = 0;

    syc_fleets_order(&c->fleets);
    for (size_t from = 0, n; (n = syc_fleets_next(&c->fleets, from, &first)) > 0;
         from = first + n) {
        struct known known;
        fill_fleet(c, &c->fleets.list[first], n, &known);
        visit(user, &known.subject);
    }
    return status;
}

void
syc_cadence_stats(const struct syc_cadence *c, struct syc_cadence_stats *out)
{
    const struct store *s = &c->store;

    *out = (struct syc_cadence_stats){.sources = s->seen,
                                      .sources_evicted = s->singles.evicted,
                                      .records_dropped = s->dropped,
                                      .groups_dropped = c->fleets.dropped + c->services_cut,
                                      .octets = s->budget.used,
                                      .octets_peak = s->budget.peak,
                                      .octets_limit = s->budget.limit};
}

void
syc_cadence_once(struct syc_cadence *c, struct syc_once *out)
{
    syc_once_fill(&c->store, &c->stacks, c->signatures, out);
}
