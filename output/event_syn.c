/*
 * The `syn` object: all facts of a SYN or SYN+ACK, in the fingerprint event and, lossless, in the connection event.
 * It is a third of most connection events, hence the raw stores.
 */

#include "output/output_int.h"

enum {
    /*
     * All raw stores at their longest: 330 octets of keys, 5 numbers of 20 and 16 of 10, 40 kinds
     * of 4, 18 quirks of 14.
     */
    NUMBERS_ROOM = 2048,
};

/* Member "name":value; the first member of an object has no comma. */
#define PUT_MEMBER(p, name, value) syc_put_int(SYC_PUT(p, ",\"" name "\":"), value)

/* JSON's truth values. */
static const char *
word_of(bool value)
{
    return value ? "true" : "false";
}

/* word is our own and short: NUMBERS_ROOM counts it. */
static char *
put_word(char *p, const char *word)
{
    size_t n = strlen(word);

    memcpy(p, word, n);
    return p + n;
}

/* An option or header field that the packet does not have is absent. */
#define PUT_KNOWN(p, name, value) ((value) != SYC_NONE ? PUT_MEMBER(p, name, value) : (p))

static char *
put_ip(char *p, const struct syc_syn *s)
{
    p = SYC_PUT(p, "\"kind\":\"");
    p = put_word(p, s->kind == SYC_KIND_SYN ? "syn\"" : "syn+ack\"");
    p = PUT_MEMBER(p, "ip_v", s->ip_v);
    p = PUT_MEMBER(p, "ttl", s->ttl);
    p = PUT_MEMBER(p, "ttl_initial", s->ttl_initial);
    p = PUT_MEMBER(p, "distance", s->distance);
    if (s->ip_v == 4 || s->df || s->ip_options_bytes > 0) { /* IPv6 has neither */
        p = put_word(SYC_PUT(p, ",\"df\":"), word_of(s->df));
        p = PUT_MEMBER(p, "ip_options_bytes", s->ip_options_bytes);
    }
    return PUT_MEMBER(p, "ip_ecn", s->ip_ecn);
}

static char *
put_tcp(char *p, const struct syc_syn *s)
{
    p = PUT_MEMBER(p, "window", s->window);
    p = SYC_PUT(p, ",\"window_law\":{\"unit\":\"");
    p = put_word(p, syc_window_unit_name(s->window_unit));
    p = syc_put_uint(SYC_PUT(p, "\",\"n\":"), s->window_n);
    p = SYC_PUT(p, "}");
    if (s->mss >= 0) {
        p = PUT_MEMBER(p, "mss", s->mss);
    }
    if (s->wscale >= 0) {
        p = PUT_MEMBER(p, "wscale", s->wscale);
    }
    p = PUT_MEMBER(p, "tcp_flags", s->tcp_flags);
    p = SYC_PUT(p, ",\"option_kinds\":[");
    for (size_t i = 0; i < s->option_count; i++) {
        p = syc_put_uint(p, s->option_kinds[i]);
        *p++ = ',';
    }
    p -= s->option_count > 0; /* the last comma */
    return SYC_PUT(p, "]");
}

/* p0f's words are of letters, digits, + and -: nothing to escape. */
static char *
put_quirks(char *p, uint32_t quirks)
{
    p = SYC_PUT(p, ",\"quirks\":[");
    for (unsigned left = quirks; left != 0; left &= left - 1) {
        *p++ = '"';
        p = put_word(p, syc_quirk_name((enum syc_quirk)__builtin_ctz(left)));
        p = SYC_PUT(p, "\",");
    }
    p -= quirks != 0;
    return SYC_PUT(p, "]");
}

static char *
put_own(char *p, const struct syc_syn_own *own)
{
    p = PUT_KNOWN(p, "ip_id", own->ip_id);
    p = PUT_KNOWN(p, "flow_label", own->flow_label);
    p = PUT_KNOWN(p, "ts_val", own->ts_val);
    p = PUT_KNOWN(p, "ts_ecr", own->ts_ecr);
    return PUT_KNOWN(p, "payload_bytes", own->payload_bytes);
}

/*
 * Raw stores first, in one room; then the four texts, which are escaped and make their own. Bits of
 * quirks without a name (of a newer writer's record) are left out.
 *
 * own_at, own_n  where the numbers of own stand, of which the rest does not depend
 */
static void
write_syn(struct syc_json *j, const struct syc_syn *facts, const struct syc_syn_own *own,
          size_t *own_at, size_t *own_n)
{
    char *start, *p;

    if (!syc_json_room(j, NUMBERS_ROOM)) {
        return;
    }
    start = p = j->text + j->n;
    if (facts != NULL) {
        p = put_ip(p, facts);
        p = put_tcp(p, facts);
        p = put_quirks(p, facts->quirks & ((UINT32_C(1) << SYC_QUIRK_COUNT) - 1));
    }
    *own_at = (size_t)(p - j->text);
    p = put_own(p, own);
    if (facts == NULL && p > start) { /* no first member stood before them: drop their comma */
        memmove(start, start + 1, (size_t)(p - start) - 1);
        p--;
    }
    j->n = (size_t)(p - j->text);
    *own_n = j->n - *own_at;
    j->comma = p > start;
    if (facts != NULL) {
        syc_json_member_text(j, "options", facts->options);
        syc_json_member_text(j, "p0f", facts->p0f);
        syc_json_member_text(j, "tcpfp", facts->tcpfp);
        syc_json_member_text(j, "muonfp", facts->muonfp);
    }
}

/* ------------------------------------------------------------- what was written before */

/*
 * A place a SYN, found by its address; who comes later takes it. 1000 octets hold twice what the
 * SYN of a browser takes; longer ones are written anew each time.
 */
enum { TEXTS = 1024, TEXT_ROOM = 1000 };

/* The members of a SYN but for those of `own`, which stand between head and tail. */
struct syc_syn_text {
    const struct syc_syn *of;
    uint16_t head, tail;
    char text[TEXT_ROOM];
};

/* NULL when memory is short: then nothing is kept, and that is all. */
static struct syc_syn_text *
place_of(struct syc_json *j, const struct syc_syn *facts)
{
    if (j->syns == NULL) {
        j->syns = syc_alloc(TEXTS, sizeof(*j->syns));
    }
    return j->syns == NULL
               ? NULL
               : &j->syns[((uintptr_t)facts * UINT64_C(0x9e3779b97f4a7c15) >> 32) % TEXTS];
}

/* A text that does not fit leaves its place empty: it is the SYN of someone who fills all 40 octets of options. */
static void
keep(struct syc_syn_text *t, const struct syc_syn *facts, const char *head, size_t head_n,
     const char *tail, size_t tail_n)
{
    t->of = NULL;
    if (head_n + tail_n <= TEXT_ROOM) {
        memcpy(t->text, head, head_n);
        memcpy(t->text + head_n, tail, tail_n);
        t->of = facts;
        t->head = (uint16_t)head_n;
        t->tail = (uint16_t)tail_n;
    }
}

/* Head, the numbers of this connection, tail: what write_syn() would write, octet for octet. */
static void
write_again(struct syc_json *j, const struct syc_syn_text *t, const struct syc_syn_own *own)
{
    char *p;

    if (!syc_json_room(j, NUMBERS_ROOM + TEXT_ROOM)) {
        return;
    }
    p = j->text + j->n;
    memcpy(p, t->text, t->head);
    p = put_own(p + t->head, own);
    memcpy(p, t->text + t->head, t->tail);
    j->n = (size_t)(p - j->text) + t->tail;
    j->comma = true;
}

/*
 * An address stands for a value only while that stays as it is, which is the caller's word: a
 * reader of events, for one, has a single place for all SYNs.
 */
void
syc_event_syn(struct syc_json *j, const struct syc_syn *facts, const struct syc_syn_own *own,
              bool stays)
{
    struct syc_syn_text *t = facts != NULL && stays ? place_of(j, facts) : NULL;
    size_t from = j->n;
    size_t own_at = from, own_n = 0;

    if (t != NULL && t->of == facts) {
        write_again(j, t, own);
        return;
    }
    write_syn(j, facts, own, &own_at, &own_n);
    if (t != NULL && !j->failed) {
        size_t tail = own_at + own_n;
        keep(t, facts, j->text + from, own_at - from, j->text + tail, j->n - tail);
    }
}

/* A list of the words of the bits that are set; nothing for none. */
static void
write_words(struct syc_json *j, const char *name, unsigned bits, const char *(*word)(unsigned))
{
    if (bits == 0) {
        return;
    }
    syc_json_member_open(j, name, '[');
    for (; bits != 0; bits &= bits - 1) {
        syc_json_text(j, word((unsigned)__builtin_ctz(bits)));
    }
    syc_json_close(j, ']');
}

/* What a label says and where it is from, for a match, a candidate or the nearest one. */
static void
write_label(struct syc_json *j, const struct syc_match *m)
{
    syc_json_member_text(j, "label", m->label);
    syc_json_member_text(j, "os_family", m->os_family);
    syc_json_member_text(j, "os", m->os);
    syc_json_member_text(j, "flavor", m->flavor);
    if (m->app) {
        syc_json_member_bool(j, "app", true);
    }
    syc_json_member_text(j, "db", m->db);
    syc_json_member_count(j, "db_line", m->db_line);
    syc_json_member_text(j, "date", m->date);
}

static void
write_match(struct syc_json *j, const struct syc_identity *id)
{
    const struct syc_match *m = &id->match;

    syc_json_member_open(j, "match", '{');
    syc_json_member_text(j, "quality", syc_quality_name(m->quality));
    if (m->quality != SYC_MATCH_NONE) {
        write_label(j, m);
    }
    write_words(j, "set_aside", m->aside, syc_aside_name);
    write_words(j, "differs", m->differs, syc_sig_field_name);
    if (id->nearest.label != NULL) {
        syc_json_member_open(j, "nearest", '{');
        write_label(j, &id->nearest);
        syc_json_close(j, '}');
    }
    syc_json_close(j, '}');
}

static void
write_candidates(struct syc_json *j, const struct syc_identity *id)
{
    if (id->candidate_count == 0) {
        return;
    }
    syc_json_member_open(j, "candidates", '[');
    for (size_t i = 0; i < id->candidate_count; i++) {
        syc_json_open(j, '{');
        syc_json_member_text(j, "quality", syc_quality_name(id->candidates[i].quality));
        write_label(j, &id->candidates[i]);
        write_words(j, "differs", id->candidates[i].differs, syc_sig_field_name);
        syc_json_close(j, '}');
    }
    syc_json_close(j, ']');
}

static void
write_link(struct syc_json *j, const struct syc_link *link)
{
    if (link->mtu == 0) {
        return;
    }
    syc_json_member_open(j, "link", '{');
    syc_json_member_count(j, "mtu", link->mtu);
    syc_json_member_text(j, "label", link->label);
    syc_json_close(j, '}');
}

void
syc_emit_fingerprint(struct syc_output *o, const struct syc_syn_seen *s,
                     const struct syc_identity *identity, const char *file_name)
{
    struct syc_json *j = syc_output_begin(o);

    if (j == NULL) {
        return;
    }
    syc_event_begin(j, "fingerprint", s->time_us, o->sensor);
    syc_event_tuple(j, s->key, s->flow_id);
    syc_event_path(j, &s->key->path);
    syc_json_member_count(j, "pcap_cnt", s->number);
    syc_json_member_text(j, "pcap_filename", file_name);
    syc_json_member_open(j, "syn", '{');
    syc_event_syn(j, s->syn, s->own, false);
    if (identity != NULL) {
        write_match(j, identity);
        write_candidates(j, identity);
        write_link(j, &identity->link);
    }
    syc_json_close(j, '}');
    syc_json_close(j, '}');
    syc_output_end(o);
}
