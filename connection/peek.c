/*
 * A look at the first octets of the client: the ClientHello of TLS, the head of an HTTP/1 request.
 *
 * Nearly all of them come whole in the first segment: they are read where they lie, in the frame,
 * and the connection is done with it (CONN_PEEKED); no segment after that comes here. Only a head
 * that goes on, or whose beginning is late, is put together:
 *
 *    octets:   |xxxxxxxxxx|        |xxxxxx|                     pieces, sorted, never touching
 *              0          to       from   to
 *              |-- looked at --|
 *                          need: with fewer octets than this it is not whole
 *
 * Of what was put together the facts are kept and the octets given back: when the head is read,
 * when it is none, when it is too long, when another one needs the room, and when the connection
 * ends. Nothing else of the payload is kept anywhere.
 *
 * Invariants: the answer does not depend on how octets are cut into segments, nor on their order;
 * octets that come twice count as they came first. A head that is not all there gives no JA4 and no
 * list of names: absent, never wrong.
 */

#include "connection/connection_int.h"

#include <stdio.h>
#include <string.h>

enum {
    /* As reassembly buffers grow; most heads that need one fit the first. */
    ROOM_STEP = 2048,
    /* A client that is this far has lost its beginning: no window is so large before the head was answered. */
    FAR = 1 << 20,
    /* Of the connections' budget: a flood of unfinished heads takes no more from those that talk. */
    SHARE = 16,
    ALPN_TEXT = 256,
    NAMES_TEXT = 1024,
};

/* What a look at the beginning found. */
struct look {
    enum syc_head head;
    bool tls;
    size_t asked;          /* octets before a hello: a database's request for TLS */
    size_t need;           /* SYC_HEAD_MORE */
    size_t length;         /* of a whole request head */
    struct syc_span hello; /* body of a whole ClientHello; empty: split over records */
};

/* ------------------------------------------------------------ the buffers */

static size_t
peek_octets(const struct peek *p)
{
    return sizeof(*p) + p->room;
}

/* Take the buffer from its connection and give it back. */
static void
release(struct store *store, struct conn *c)
{
    struct peeks *all = &store->peeks;
    struct peek *p = c->peek;

    if (p == NULL) {
        return;
    }
    *(p->older != NULL ? &p->older->newer : &all->oldest) = p->newer;
    *(p->newer != NULL ? &p->newer->older : &all->newest) = p->older;
    all->octets -= peek_octets(p);
    syc_budget_give(&store->budget, peek_octets(p));
    syc_free(p->octets);
    syc_free(p);
    c->peek = NULL;
}

static void
done(struct store *store, struct conn *c)
{
    release(store, c);
    c->flags |= CONN_PEEKED;
}

/* Room for n octets more among the buffers; the oldest ones give way. */
static bool
take_room(struct store *store, const struct conn *c, size_t n)
{
    struct peeks *all = &store->peeks;

    while (all->octets + n > store->budget.limit / SHARE || !syc_budget_take(&store->budget, n)) {
        struct conn *other = all->oldest != NULL ? all->oldest->c : NULL;
        if (other == NULL || other == c) {
            return false;
        }
        other->degraded |= 1U << SYC_DEGRADED_PEEKS_CUT;
        peek_end(store, other);
    }
    all->octets += n;
    return true;
}

static void
give_room(struct store *store, size_t n)
{
    store->peeks.octets -= n;
    syc_budget_give(&store->budget, n);
}

/* The connection's buffer, empty if it is new; NULL when there is no room. */
static struct peek *
peek_of(struct store *store, struct conn *c)
{
    struct peeks *all = &store->peeks;
    struct peek *p = c->peek;

    if (p != NULL || !take_room(store, c, sizeof(*p))) {
        return p;
    }
    p = syc_alloc(1, sizeof(*p));
    if (p == NULL) {
        give_room(store, sizeof(*p));
        return NULL;
    }
    p->c = c;
    p->need = 1;
    p->older = all->newest;
    *(all->newest != NULL ? &all->newest->newer : &all->oldest) = p;
    all->newest = p;
    c->peek = p;
    return p;
}

static bool
make_room(struct store *store, struct conn *c, size_t n)
{
    struct peek *p = c->peek;
    uint32_t room = (uint32_t)((n + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP);
    uint8_t *octets;

    if (n <= p->room) {
        return true;
    }
    if (!take_room(store, c, room - p->room)) {
        return false;
    }
    octets = syc_resize(p->octets, room, 1);
    if (octets == NULL) {
        give_room(store, room - p->room);
        return false;
    }
    p->octets = octets;
    p->room = room;
    return true;
}

/* Copy what is not there yet: octets that came first stay, as a receiver keeps them. */
static void
copy_new(struct peek *p, uint32_t from, struct syc_span octets)
{
    uint32_t end = from + (uint32_t)octets.n;
    uint32_t at = from;

    for (size_t i = 0; i < p->count && at < end; i++) {
        const struct piece *piece = &p->pieces[i];
        if (piece->from > at) {
            uint32_t to = piece->from < end ? piece->from : end;
            memcpy(p->octets + at, octets.p + (at - from), to - at);
        }
        at = piece->to > at ? piece->to : at;
    }
    if (at < end) {
        memcpy(p->octets + at, octets.p + (at - from), end - at);
    }
}

/* Add [from, to) to the sorted list, joined with what it touches; false when there are too many pieces. */
static bool
add_piece(struct peek *p, uint32_t from, uint32_t to)
{
    size_t i = 0;
    size_t last;

    while (i < p->count && p->pieces[i].to < from) {
        i++;
    }
    for (last = i; last < p->count && p->pieces[last].from <= to; last++) {
        from = p->pieces[last].from < from ? p->pieces[last].from : from;
        to = p->pieces[last].to > to ? p->pieces[last].to : to;
    }
    if (last == i && p->count == PIECES) {
        return false;
    }
    memmove(&p->pieces[i + 1], &p->pieces[last], (p->count - last) * sizeof(p->pieces[0]));
    p->count = p->count + 1 - (last - i);
    p->pieces[i] = (struct piece){from, to};
    return true;
}

/* Octets that are there from the first one on. */
static struct syc_span
beginning(const struct peek *p)
{
    bool begun = p != NULL && p->count > 0 && p->pieces[0].from == 0;

    return (struct syc_span){begun ? p->octets : NULL, begun ? p->pieces[0].to : 0};
}

/* ------------------------------------------------------------ what it says */

/*
 * The first octets were too few to guess the protocol by, and now it is known. The burst they began
 * is of the set-up as it would have been (burst.c).
 */
static void
tell_protocol(struct conn *c, enum syc_protocol protocol)
{
    struct exchange_state *x = &c->exchange;

    if (c->protocol != SYC_PROTOCOL_UNKNOWN) {
        return;
    }
    c->protocol = (uint8_t)protocol;
    c->requests += protocol == SYC_PROTOCOL_HTTP1;
    if (protocol == SYC_PROTOCOL_TLS && x->open && !x->answered && c->log.exchanges == 0) {
        x->client.setup = 1;
    }
}

/* Octets of a key; its owner has seen to the room. */
static void
add_octets(struct said_key *key, struct syc_span octets)
{
    if (octets.n > 0) {
        memcpy(key->octets + key->n, octets.p, octets.n);
        key->n += octets.n;
    }
}

static void
add_number(struct said_key *key, size_t value)
{
    const uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    add_octets(key, (struct syc_span){octets, sizeof(octets)});
}

/* Nobody said it before: the texts are kept, too. */
static void
tell_new(struct store *store, struct conn *c, const struct said_key *key, const struct said *head,
         const char *const texts[SAID_TEXTS])
{
    c->said = said_add(store, key, head, texts);
    if (c->said == NULL) {
        c->degraded |= 1U << SYC_DEGRADED_PEEKS_CUT;
    }
}

/* ------------------------------------------------------------ a hello */

/* The names of an ALPN list, escaped, with commas between; whole ones, as many as fit. */
static void
put_alpn(struct syc_span list, char out[ALPN_TEXT])
{
    struct syc_span name;
    size_t used = 0;

    out[0] = '\0';
    while (syc_alpn_next(&list, &name)) {
        char text[4 * 255 + 1];
        size_t n;
        (void)syc_escape(name.p, name.n, text, sizeof(text));
        n = strlen(text);
        if (n == 0 || used + n + 2 > ALPN_TEXT) {
            return;
        }
        used += (size_t)snprintf(out + used, ALPN_TEXT - used, "%s%s", used > 0 ? "," : "", text);
    }
}

static uint8_t
resume_of(const struct syc_tls_hello *h)
{
    if (h->psk) {
        return SYC_RESUME_PSK;
    }
    if (h->ticket) {
        return SYC_RESUME_TICKET;
    }
    return h->session_id ? SYC_RESUME_ID : SYC_RESUME_NONE;
}

/* ALPN names that are told, and octets of a server name: both have at most 255. */
static struct syc_span
at_most_255(struct syc_span s)
{
    return syc_span_part(s, 0, 255);
}

/* False for lists so long that no client sends them. */
static bool
key_of_hello(const struct syc_tls_hello *h, bool sni, struct said_key *key)
{
    struct syc_span list = h->alpn;
    struct syc_span name;

    key->n = 0;
    add_number(key, SYC_PROTOCOL_TLS);
    add_number(key, h->version);
    add_number(key, (size_t)resume_of(h) << 1 | h->has_sni);
    if (!syc_ja4_key(h, key->octets, &key->n)) {
        return false;
    }
    for (size_t left = ALPN_TEXT; syc_alpn_next(&list, &name) && left > name.n;) {
        add_number(key, name.n);
        add_octets(key, name);
        left -= name.n + 1;
    }
    if (sni) {
        add_number(key, SIZE_MAX); /* no name is that long */
        add_octets(key, at_most_255(h->server_name));
    }
    return true;
}

static void
read_hello(struct store *store, struct conn *c, struct syc_span body)
{
    struct syc_tls_hello h;
    struct said_key key;
    char ja4[SYC_JA4_TEXT];
    char alpn[ALPN_TEXT];
    char sni[4 * 255 + 1] = "";
    const char *version;

    if (!syc_tls_hello_read(body, &h)) {
        return;
    }
    tell_protocol(c, SYC_PROTOCOL_TLS);
    if (!key_of_hello(&h, store->sni, &key) || (c->said = said_find(store, &key)) != NULL) {
        return;
    }
    syc_ja4_format(&h, ja4);
    put_alpn(h.alpn, alpn);
    if (store->sni) {
        struct syc_span name = at_most_255(h.server_name);
        (void)syc_escape(name.p, name.n, sni, sizeof(sni));
    }
    version = syc_tls_version_name(h.version);
    tell_new(store, c, &key, &(struct said){.protocol = SYC_PROTOCOL_TLS, .resume = resume_of(&h)},
             (const char *const[SAID_TEXTS]){[SAID_JA4] = ja4,
                                             [SAID_TLS_VERSION] = version != NULL ? version : "",
                                             [SAID_ALPN] = alpn,
                                             [SAID_SNI] = sni});
}

/* ------------------------------------------------------------ a request head */

/* Tokens have no comma and nothing to escape (RFC 9110 5.6.2). Whole names, as many as fit. */
static size_t
put_names(const struct syc_http_head *h, char out[NAMES_TEXT])
{
    size_t used = 0;

    for (size_t i = 0; i < h->name_count && used + h->names[i].n + 2 <= NAMES_TEXT; i++) {
        if (used > 0) {
            out[used++] = ',';
        }
        memcpy(out + used, h->names[i].p, h->names[i].n);
        used += h->names[i].n;
    }
    out[used] = '\0';
    return used;
}

static void
read_request(struct store *store, struct conn *c, struct syc_span octets, bool whole)
{
    struct syc_http_head h;
    struct said_key key;
    char method[16];
    char version[8];
    char user_agent[4 * SYC_USER_AGENT_OCTETS + 1];
    char names[NAMES_TEXT];
    size_t names_octets;

    if (!syc_http_head_read(octets, whole, &h)) {
        return;
    }
    tell_protocol(c, SYC_PROTOCOL_HTTP1);
    names_octets = put_names(&h, names);
    key.n = 0;
    add_number(&key, SYC_PROTOCOL_HTTP1);
    add_number(&key, h.method.n << 10 | h.user_agent.n);
    add_octets(&key, h.method);
    add_octets(&key, h.version);
    add_octets(&key, h.user_agent);
    add_octets(&key, (struct syc_span){(const uint8_t *)names, names_octets});
    if ((c->said = said_find(store, &key)) != NULL) {
        return;
    }
    (void)syc_escape(h.method.p, h.method.n, method, sizeof(method));
    (void)syc_escape(h.version.p, h.version.n, version, sizeof(version));
    (void)syc_escape(h.user_agent.p, h.user_agent.n, user_agent, sizeof(user_agent));
    tell_new(store, c, &key, &(struct said){.protocol = SYC_PROTOCOL_HTTP1},
             (const char *const[SAID_TEXTS]){[SAID_METHOD] = method,
                                             [SAID_HTTP_VERSION] = version,
                                             [SAID_USER_AGENT] = user_agent,
                                             [SAID_HEADER_NAMES] = names});
}

/* ------------------------------------------------------------ the look */

/* First octets of the protocols differ, so which of them it may be is known from the first one on. */
static struct look
look_at(struct syc_span octets, size_t seen)
{
    struct look l = {.tls = true, .need = octets.n + 1};

    l.head = syc_tls_request_find(octets, &l.asked);
    if (l.head != SYC_HEAD_MORE) {
        l.head = syc_tls_hello_find(syc_span_from(octets, l.asked), &l.need, &l.hello);
        l.need += l.asked;
    }
    if (l.head == SYC_HEAD_NOT) {
        l.tls = false;
        l.need = octets.n + 1;
        l.head = syc_http_head_find(octets, seen, &l.length);
    }
    return l;
}

/*
 * It ends here, without more octets: of a request what stands in whole lines is told, of a hello
 * nothing.
 */
static void
settle(struct store *store, struct conn *c, struct syc_span octets)
{
    if (octets.n > 0 && syc_http_request_starts(octets)) {
        read_request(store, c, octets, false);
    }
    done(store, c);
}

/* Look at what the buffer has from the first octet on, when that may have changed the answer. */
static void
look_again(struct store *store, struct conn *c)
{
    struct peek *p = c->peek;
    struct syc_span octets = beginning(p);
    struct look l;

    if (octets.n < p->need) {
        return;
    }
    l = look_at(octets, p->seen);
    if (l.head == SYC_HEAD_MORE && l.need <= SYC_HEAD_OCTETS) {
        p->need = (uint32_t)l.need;
        p->seen = (uint32_t)octets.n;
        return;
    }
    if (l.head == SYC_HEAD_MORE) {
        settle(store, c, octets);
        return;
    }
    if (l.head == SYC_HEAD_WHOLE && l.tls) {
        read_hello(store, c,
                   l.hello.n > 0 ? l.hello
                                 : syc_tls_hello_join(p->octets + l.asked, octets.n - l.asked));
    } else if (l.head == SYC_HEAD_WHOLE) {
        read_request(store, c, syc_span_part(octets, 0, l.length), true);
    }
    done(store, c);
}

/* Keep the octets of a segment that lie within the head's bounds; `at` may be before the first one. */
static void
hold(struct step *st, int64_t at)
{
    struct conn *c = st->c;
    struct syc_span octets = syc_span_from(st->s->payload, at < 0 ? (size_t)-at : 0);
    uint32_t from = at < 0 ? 0 : (uint32_t)at;

    if (from >= SYC_HEAD_OCTETS) {
        return;
    }
    octets = syc_span_part(octets, 0, SYC_HEAD_OCTETS - from);
    if (octets.n == 0) {
        return;
    }
    if (peek_of(st->store, c) == NULL || !make_room(st->store, c, from + octets.n)) {
        c->degraded |= 1U << SYC_DEGRADED_PEEKS_CUT;
        done(st->store, c);
        return;
    }
    copy_new(c->peek, from, octets);
    if (!add_piece(c->peek, from, from + (uint32_t)octets.n)) {
        c->degraded |= 1U << SYC_DEGRADED_PEEKS_CUT;
        settle(st->store, c, beginning(c->peek));
        return;
    }
    look_again(st->store, c);
}

/*
 * The head is all there, or none: nothing is copied. True when that settles it. A hello that is
 * split over records has to be put together, even if it came at once.
 */
static bool
look_in_place(struct store *store, struct conn *c, struct syc_span octets)
{
    struct look l = look_at(octets, 0);

    if (l.head == SYC_HEAD_MORE || (l.tls && l.head == SYC_HEAD_WHOLE && l.hello.n == 0)) {
        return false;
    }
    if (l.head == SYC_HEAD_WHOLE && l.tls) {
        read_hello(store, c, l.hello);
    } else if (l.head == SYC_HEAD_WHOLE) {
        read_request(store, c, syc_span_part(octets, 0, l.length), true);
    }
    done(store, c);
    return true;
}

/*
 * at: where the segment begins, counted from the client's first octet. What the snaplen cut off a
 * segment no other will bring, so a head that is not whole without it stays unknown.
 */
void
peek_segment(struct step *st)
{
    struct conn *c = st->c;
    const struct syc_segment *s = st->s;
    bool cut = s->payload.n < s->payload_octets;
    int64_t at = syc_seq_diff(s->seq + ((s->flags & SYC_SYN) != 0), c->ends[SYC_TOSERVER].base + 1);

    if (at == 0 && c->peek == NULL && s->payload.n > 0 && look_in_place(st->store, c, s->payload)) {
        return;
    }
    if (at > FAR) {
        settle(st->store, c, beginning(c->peek));
        return;
    }
    if (cut && c->peek == NULL) {
        settle(st->store, c, at == 0 ? s->payload : (struct syc_span){NULL, 0});
        return;
    }
    hold(st, at);
    if (cut && (c->flags & CONN_PEEKED) == 0) {
        settle(st->store, c, beginning(c->peek));
    }
}

void
peek_end(struct store *store, struct conn *c)
{
    if (c->peek != NULL) {
        settle(store, c, beginning(c->peek));
    }
    c->flags |= CONN_PEEKED;
}

void
peek_free(struct store *store, struct conn *c)
{
    release(store, c);
    said_give(store, c->said);
    c->said = NULL;
}
