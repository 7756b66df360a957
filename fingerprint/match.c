#include "fingerprint/match_int.h"

#include <string.h>

/*
 * p0f's order of preference, reference/fingerprints 2.1.6: the first specific signature that fits;
 * else the first generic one; else the first that fits but for a forgiven difference (fuzzy),
 * unless it is a tool. A user's p0f.fp is matched exactly so, p0f's faults included; the shipped
 * set differs, and so does a file that says matching=syncopate:
 *
 *                         p0f.fp                             shipped (native)
 *   quirks                as printed, two blind spots        the true ones
 *   flow label, ECN       spoil the match or make it fuzzy   set aside
 *   DF, IP ID of IPv6     ignored for version *              ignored
 *   an IP ID, not 0       another stack                      forgiven where 0 is expected
 *   IP version            not compared                       compared
 *   options 30, 34        part of the layout                 set aside, EOL padding then too
 *   timestamps stripped   part of the layout                 set aside: the option is put back
 *   floor65535            syntax error                       a window like others
 */

#define BIT(q)   (UINT32_C(1) << SYC_QUIRK_##q)
#define ASIDE(a) (1U << SYC_ASIDE_##a)
#define FIELD(f) (1U << SYC_SIG_FIELD_##f)

enum {
    IPV4_QUIRKS = BIT(DF) | BIT(ID_PLUS) | BIT(ID_MINUS),
    /* A difference in these alone is forgiven, as fuzzy. */
    MAY_MISS = BIT(DF) | BIT(ID_PLUS),
    MAY_COME = BIT(ID_MINUS) | BIT(ECN),
    NATIVE_MAY_COME = MAY_COME | BIT(ID_PLUS),
    /* What keeps an EOL's padding from meaning anything: it pads to another length. */
    REPADDED = ASIDE(FAST_OPEN) | ASIDE(MPTCP) | ASIDE(TS_STRIPPED),
};

/*
 * The first of each kind that fits, in file order. Kept apart, because an exact match further down
 * still beats a generic one above it.
 */
struct best {
    const struct syc_signature *exact;
    const struct syc_signature *generic;
    const struct syc_signature *fuzzy;
    struct syc_fit how; /* of fuzzy */
};

/*
 * The raw signature holds all that p0f compares, in p0f's meaning, and survives in every record: so it is read
 * back here, and a record read from a file is matched like a packet. The shipped set goes by the true quirks and
 * leaves out what a connection or a path may add.
 */
bool
syc_match_look(const struct syc_syn *syn, bool native, struct syc_seen *out)
{
    struct syc_scan scan = {.p = syn->p0f, .line = syn->p0f, .name = ""};
    bool less_12 = syn->kind == SYC_KIND_SYN_ACK &&
                   memchr(syn->option_kinds, SYC_OPT_TS, syn->option_count) != NULL;

    memset(out, 0, sizeof *out);
    scan.end = syn->p0f + strnlen(syn->p0f, sizeof syn->p0f);
    if (syc_sig_parse(&scan, SYC_DIALECT_OBSERVED, &out->sig) != SYC_OK) {
        return false;
    }
    out->syn = syn;
    out->native = native;
    if (out->sig.mss == SYC_ANY) { /* so p0f writes a SYN+ACK's echo of its own probe */
        out->sig.mss = syn->mss < 0 ? 0 : syn->mss;
    }
    if (native) {
        out->aside = syc_sig_strip(&out->sig);
        if ((out->aside & ASIDE(FAST_OPEN)) != 0) {
            out->sig.payload = 0; /* data in the SYN is what the option is for (RFC 7413) */
        }
        less_12 |= syn->kind == SYC_KIND_SYN_ACK && (out->aside & ASIDE(TS_STRIPPED)) != 0;
        out->aside |= (syn->quirks & BIT(FLOW)) != 0 ? ASIDE(FLOW) : 0;
        out->aside |= (syn->quirks & BIT(ECN)) != 0 ? ASIDE(ECN) : 0;
        out->sig.quirks = syn->quirks & ((BIT(BAD) << 1) - 1);
        out->floor65535 = syc_window_floor65535(syn->window, (uint32_t)out->sig.mss, less_12);
    }
    return true;
}

/* Bits of the signature that are not compared; in native matching the packet's bits neither. */
static uint32_t
ignored_quirks(const struct syc_signature *ref, const struct syc_seen *seen)
{
    const bool v6 = seen->sig.ip_v == 6;

    if (seen->native) {
        return BIT(FLOW) | BIT(ECN) | (v6 ? IPV4_QUIRKS : 0);
    }
    /* p0f takes these out of a `*` signature only, not out of the packet: see the caller. */
    return ref->sig.ip_v != SYC_ANY ? 0 : (v6 ? IPV4_QUIRKS : BIT(FLOW));
}

/*
 * NAT boxes and firewalls clear DF and rewrite the IP ID, routers set ECN: such a SYN is still
 * that of its stack, with less certainty. Any other difference is another stack. p0f forgives no ID where there was
 * none: when it was written every stack had one.
 */
static void
compare_quirks(const struct syc_signature *ref, const struct syc_seen *seen, struct syc_fit *out)
{
    const uint32_t ignored = ignored_quirks(ref, seen);
    const uint32_t wanted = ref->sig.quirks & ~ignored;
    const uint32_t have = seen->native ? seen->sig.quirks & ~ignored : seen->sig.quirks;
    const uint32_t missing = wanted & ~have;
    const uint32_t added = have & ~wanted;
    const uint32_t may_come = seen->native ? NATIVE_MAY_COME : MAY_COME;

    if ((missing & ~(uint32_t)MAY_MISS) != 0 || (added & ~may_come) != 0) {
        out->differs |= FIELD(QUIRKS);
    } else if (missing != 0 || added != 0) {
        out->forgiven |= FIELD(QUIRKS);
    }
}

/*
 * A sender that draws its TTL can only be too low; any other may be off, at the price of
 * certainty.
 */
static void
compare_ttl(const struct syc_signature *ref, uint8_t ttl, struct syc_fit *out)
{
    if (ref->sig.random_ttl) {
        out->differs |= ttl > ref->sig.ttl ? FIELD(TTL) : 0;
    } else if (ttl > ref->sig.ttl || ref->sig.ttl - ttl > SYC_P0F_MAX_DISTANCE) {
        out->forgiven |= FIELD(TTL);
    }
}

/* Multiples are compared as p0f found them: 64240 with MSS 1360 is mss*44 by its third divisor. */
static bool
window_fits(const struct syc_sig *ref, const struct syc_seen *seen)
{
    switch ((enum syc_wsize)ref->wsize) {
    case SYC_WSIZE_ANY:
        return true;
    case SYC_WSIZE_VALUE:
        return seen->syn->window == ref->wsize_n;
    case SYC_WSIZE_MULTIPLE_OF:
        return seen->syn->window % ref->wsize_n == 0;
    case SYC_WSIZE_MSS:
    case SYC_WSIZE_MTU:
        return seen->sig.wsize == ref->wsize && seen->sig.wsize_n == ref->wsize_n;
    case SYC_WSIZE_FLOOR65535:
        return seen->floor65535 != 0;
    }
    return false;
}

static bool
kinds_equal(const struct syc_sig *a, const struct syc_sig *b)
{
    return a->count == b->count && memcmp(a->kinds, b->kinds, a->count) == 0;
}

/*
 * Equal or wildcard. Padding and IP options have no wildcard in the grammar; where an option was
 * taken out the padding that made up for it counts for nothing.
 */
static unsigned
numbers_that_differ(const struct syc_sig *ref, const struct syc_seen *seen)
{
    const struct syc_sig *sig = &seen->sig;
    const bool padded = ref->eol_pad == sig->eol_pad || (seen->aside & REPADDED) != 0;

    return (kinds_equal(ref, sig) && padded ? 0 : FIELD(OPTIONS)) |
           (ref->ip_options_bytes == sig->ip_options_bytes ? 0 : FIELD(IP_OPTIONS)) |
           (ref->mss == SYC_ANY || ref->mss == sig->mss ? 0 : FIELD(MSS)) |
           (ref->wscale == SYC_ANY || ref->wscale == sig->wscale ? 0 : FIELD(WSCALE)) |
           (ref->payload == SYC_ANY || ref->payload == sig->payload ? 0 : FIELD(PAYLOAD)) |
           (window_fits(ref, seen) ? 0 : FIELD(WINDOW));
}

/*
 * p0f does not compare the version: its "4:" signatures match IPv6 and the reverse. The shipped
 * set does.
 */
bool
syc_match_compare(const struct syc_signature *ref, const struct syc_seen *seen, struct syc_fit *out)
{
    *out = (struct syc_fit){0, 0};
    if (ref->native != seen->native || ref->response != (seen->syn->kind == SYC_KIND_SYN_ACK)) {
        return false;
    }
    out->differs = (uint16_t)numbers_that_differ(&ref->sig, seen);
    if (seen->native && ref->sig.ip_v != SYC_ANY && ref->sig.ip_v != seen->sig.ip_v) {
        out->differs |= FIELD(VERSION);
    }
    compare_quirks(ref, seen, out);
    compare_ttl(ref, seen->syn->ttl, out);
    return true;
}

/* cost: the signatures that share a head with this layout. Stops at an exact match. */
static void
search(const struct syc_signatures *set, const struct syc_seen *seen, struct best *best)
{
    unsigned i = syc_signatures_chain(set, seen->syn->kind == SYC_KIND_SYN_ACK, seen->native,
                                      seen->sig.kinds, seen->sig.count);

    for (; i != SYC_NO_SIGNATURE && best->exact == NULL; i = set->items[i].next) {
        const struct syc_signature *ref = &set->items[i];
        struct syc_fit fit;

        if (!syc_match_compare(ref, seen, &fit) || fit.differs != 0) {
            continue;
        }
        if (fit.forgiven != 0 && best->fuzzy == NULL) {
            best->fuzzy = ref;
            best->how = fit;
        } else if (fit.forgiven == 0 && ref->generic) {
            best->generic = best->generic != NULL ? best->generic : ref;
        } else if (fit.forgiven == 0) {
            best->exact = ref;
        }
    }
}

/*
 * A fuzzy match whose TTL is out of range says nothing of the distance: then the guess stands, which is what the
 * caller has set.
 */
void
syc_match_tell(const struct syc_signature *it, enum syc_quality quality, const struct syc_fit *fit,
               const struct syc_seen *seen, struct syc_match *out)
{
    out->quality = quality;
    out->app = it->app;
    out->generic = it->generic;
    out->random_ttl = it->sig.random_ttl;
    out->differs = quality == SYC_MATCH_NONE ? fit->differs | fit->forgiven : fit->forgiven;
    out->label = it->label;
    out->os = it->os;
    out->flavor = it->flavor;
    out->os_family = it->pragmas.family != NULL ? it->pragmas.family : it->family;
    out->db = it->db;
    out->db_line = it->line;
    out->date = it->pragmas.date;
    out->source = it->pragmas.source;
    out->sig = it->text;
    out->aside = it->native ? seen->aside : 0;
    if (((fit->differs | fit->forgiven) & FIELD(TTL)) == 0) {
        out->distance = (uint8_t)(it->sig.ttl - seen->syn->ttl);
    }
}

/*
 * The user's signatures come first: an exact one of theirs keeps the shipped set from being asked,
 * while a generic or fuzzy one of theirs gives way to an exact one of the shipped set.
 */
void
syc_signatures_match(const struct syc_signatures *set, const struct syc_syn *syn,
                     struct syc_match *out)
{
    const struct syc_fit clean = {0, 0};
    struct best best = {NULL, NULL, NULL, {0, 0}};
    struct syc_seen seen;

    memset(out, 0, sizeof *out);
    out->distance = syn->distance;
    for (int native = 0; native <= 1; native++) {
        if (best.exact == NULL && syc_match_look(syn, native != 0, &seen)) {
            search(set, &seen, &best);
        }
    }
    if (best.exact != NULL || best.generic != NULL) {
        const struct syc_signature *it = best.exact != NULL ? best.exact : best.generic;

        syc_match_tell(it, best.exact != NULL ? SYC_MATCH_EXACT : SYC_MATCH_GENERIC, &clean, &seen,
                       out);
    } else if (best.fuzzy != NULL && best.fuzzy->app) {
        out->distance = 0; /* no fuzzy tools; p0f forgets the distance with them */
    } else if (best.fuzzy != NULL) {
        syc_match_tell(best.fuzzy, SYC_MATCH_FUZZY, &best.how, &seen, out);
    }
}
