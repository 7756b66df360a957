#include "fingerprint/signature_int.h"

#include <stdio.h>
#include <string.h>

/*
 * Signatures that load and can do no good. p0f's own check for the second of two does not fire for `*` signatures with
 * DF or IP ID quirks (reference/fingerprints 2.1.10, seen by running it), and it has none for the others:
 *
 *   dead        no SYN can fit it exactly: it contradicts itself
 *   duplicate   one above fits the same SYNs and has the same label
 *   shadowed    one that always wins against it fits all of its SYNs
 *   overlap     some SYNs fit this and one above of equal rank that is called otherwise: the order decides
 *
 * A remark here is never an error: a file with all of them is still what its author wrote.
 */

#define BIT(q) (UINT32_C(1) << SYC_QUIRK_##q)

enum { IPV4_QUIRKS = BIT(DF) | BIT(ID_PLUS) | BIT(ID_MINUS) | BIT(RESERVED) };

static bool
has_option(const struct syc_sig *sig, uint8_t kind)
{
    return memchr(sig->kinds, kind, sig->count) != NULL;
}

static bool
has(const struct syc_sig *sig, uint32_t bits)
{
    return (sig->quirks & bits) != 0;
}

/* Octets of the options when all of them have one lawful length; 0 when one has several, or none is there. */
static unsigned
fixed_octets(const struct syc_sig *sig)
{
    unsigned n = sig->eol_pad;

    for (unsigned i = 0; i < sig->count; i++) {
        const uint8_t kind = sig->kinds[i];
        const unsigned lawful =
            kind == SYC_OPT_EOL || kind == SYC_OPT_NOP ? 1 : (unsigned)syc_option_lawful_size(kind);

        if (lawful == 0) {
            return 0;
        }
        n += lawful;
    }
    return n;
}

/* Fields against the option layout. `bad` options may be read or not, so they excuse everything. */
static const char *
dead_options(const struct syc_sig *sig)
{
    const unsigned octets = fixed_octets(sig);

    if (octets > 40 || octets % 4 != 0) {
        return "these options do not make whole words of a header, or more than it holds (40 "
               "octets)";
    }
    if (sig->mss > 0 && !has_option(sig, SYC_OPT_MSS)) {
        return "it asks for an MSS and has no mss option";
    }
    if (sig->wscale > 0 && !has_option(sig, SYC_OPT_WSCALE)) {
        return "it asks for a scale and has no ws option";
    }
    if (has(sig, BIT(TS1_MINUS) | BIT(TS2_PLUS)) && !has_option(sig, SYC_OPT_TS)) {
        return "ts1- and ts2+ need a ts option";
    }
    if (has(sig, BIT(OPT_PLUS)) && !has_option(sig, SYC_OPT_EOL)) {
        return "opt+ needs eol+N: it is about the octets behind it";
    }
    if (has(sig, BIT(EXWS)) != (sig->wscale > 14) && sig->wscale != SYC_ANY) {
        return "exws stands for a scale above 14, and goes with every such scale";
    }
    return NULL;
}

static const char *
dead_window(const struct syc_sig *sig)
{
    const bool multiple = sig->wsize == SYC_WSIZE_MSS || sig->wsize == SYC_WSIZE_MTU ||
                          sig->wsize == SYC_WSIZE_FLOOR65535;

    if (multiple && !has_option(sig, SYC_OPT_MSS)) {
        return "a window counted in segments needs an mss option";
    }
    if (multiple && sig->mss != SYC_ANY && sig->mss < 100) {
        return "below an MSS of 100 windows are not counted in segments";
    }
    return NULL;
}

/* The network's side. A version of `*` takes IPv4's quirks off for IPv6, so only what is contrary for both is dead. */
static const char *
dead_ip(const struct syc_sig *sig)
{
    if (has(sig, BIT(ID_PLUS)) && !has(sig, BIT(DF))) {
        return "id+ is set with df only";
    }
    if (has(sig, BIT(ID_MINUS)) && has(sig, BIT(DF))) {
        return "id- is set without df only";
    }
    if (sig->ip_v == 6 && has(sig, IPV4_QUIRKS)) {
        return "IPv6 has neither DF nor IP ID";
    }
    if (sig->ip_v == 4 && has(sig, BIT(FLOW))) {
        return "IPv4 has no flow label";
    }
    if (sig->ip_v != 6 && sig->ip_options_bytes % 4 == 0 && sig->ip_options_bytes <= 40) {
        return NULL;
    }
    return sig->ip_options_bytes == 0 ? NULL
                                      : "IP options are up to 40 octets in fours, of IPv4 only";
}

static const char *
why_dead(const struct syc_signature *it)
{
    const char *why = has(&it->sig, BIT(BAD)) ? NULL : dead_options(&it->sig);

    why = why == NULL ? dead_window(&it->sig) : why;
    why = why == NULL ? dead_ip(&it->sig) : why;
    if (why == NULL && !it->response && has(&it->sig, BIT(ACK_MINUS))) {
        why = "ack- needs the ACK flag, which a SYN has not";
    }
    return why;
}

/* ------------------------------------------------------------ one against another */

/* What a signature asks of the quirks of a packet of this version (match.c). */
static uint32_t
quirks_for(const struct syc_signature *it, int ip_v)
{
    const uint32_t v4 = BIT(DF) | BIT(ID_PLUS) | BIT(ID_MINUS);
    uint32_t ignored = it->sig.ip_v != SYC_ANY ? 0 : (ip_v == 6 ? v4 : BIT(FLOW));

    if (it->native) {
        ignored = BIT(FLOW) | BIT(ECN) | (ip_v == 6 ? v4 : 0);
    }
    return it->sig.quirks & ~ignored;
}

/* Can it fit any packet of this version? p0f does not compare the version, but quirks tell it. */
static bool
takes_version(const struct syc_signature *it, int ip_v)
{
    if (it->native && it->sig.ip_v != SYC_ANY && it->sig.ip_v != ip_v) {
        return false;
    }
    return (quirks_for(it, ip_v) & (ip_v == 6 ? IPV4_QUIRKS : BIT(FLOW))) == 0;
}

/* all: whatever packet b takes, a takes, as far as version and quirks go; else: there is one that both take. */
static bool
versions_meet(const struct syc_signature *a, const struct syc_signature *b, bool all)
{
    bool some = false;

    for (int ip_v = 4; ip_v <= 6; ip_v += 2) {
        bool both = takes_version(a, ip_v) && takes_version(b, ip_v) &&
                    quirks_for(a, ip_v) == quirks_for(b, ip_v);

        if (all && takes_version(b, ip_v) && !both) {
            return false;
        }
        some |= both;
    }
    return some;
}

/* A fixed TTL reaches 35 hops down; another fixed one covers it only when it is the same. */
static bool
ttl_covers(const struct syc_sig *a, const struct syc_sig *b)
{
    if (a->random_ttl) {
        return a->ttl >= b->ttl;
    }
    return !b->random_ttl && a->ttl == b->ttl;
}

static bool
ttl_meets(const struct syc_sig *a, const struct syc_sig *b)
{
    const int low_a = a->random_ttl ? 0 : a->ttl - SYC_P0F_MAX_DISTANCE;
    const int low_b = b->random_ttl ? 0 : b->ttl - SYC_P0F_MAX_DISTANCE;

    return low_a <= b->ttl && low_b <= a->ttl;
}

/* Of forms that are told apart without knowing the MSS; others are taken for different windows. */
static bool
window_covers(const struct syc_sig *a, const struct syc_sig *b)
{
    if (a->wsize == SYC_WSIZE_ANY || (a->wsize == b->wsize && a->wsize_n == b->wsize_n)) {
        return true;
    }
    return a->wsize == SYC_WSIZE_MULTIPLE_OF &&
           (b->wsize == SYC_WSIZE_VALUE || b->wsize == SYC_WSIZE_MULTIPLE_OF) &&
           b->wsize_n % a->wsize_n == 0;
}

static bool
number_covers(int a, int b)
{
    return a == SYC_ANY || a == b;
}

static bool
covers(const struct syc_signature *a, const struct syc_signature *b)
{
    return window_covers(&a->sig, &b->sig) && ttl_covers(&a->sig, &b->sig) &&
           number_covers(a->sig.mss, b->sig.mss) && number_covers(a->sig.wscale, b->sig.wscale) &&
           number_covers(a->sig.payload, b->sig.payload) && versions_meet(a, b, true);
}

static bool
number_meets(int a, int b)
{
    return a == SYC_ANY || b == SYC_ANY || a == b;
}

static bool
meets(const struct syc_signature *a, const struct syc_signature *b)
{
    return (window_covers(&a->sig, &b->sig) || window_covers(&b->sig, &a->sig)) &&
           ttl_meets(&a->sig, &b->sig) && number_meets(a->sig.mss, b->sig.mss) &&
           number_meets(a->sig.wscale, b->sig.wscale) &&
           number_meets(a->sig.payload, b->sig.payload) && versions_meet(a, b, false);
}

/* What is compared for equality in every match. */
static bool
same_kind(const struct syc_signature *a, const struct syc_signature *b)
{
    return a->native == b->native && a->response == b->response && a->sig.count == b->sig.count &&
           memcmp(a->sig.kinds, b->sig.kinds, a->sig.count) == 0 &&
           a->sig.eol_pad == b->sig.eol_pad && a->sig.ip_options_bytes == b->sig.ip_options_bytes;
}

/* ------------------------------------------------------------ remarks */

static enum syc_status
warn(struct syc_signatures *set, const struct syc_signature *it, const char *code, const char *text)
{
    const struct syc_remark remark = {SYC_REMARK_WARNING, it->line, 0,   it->nth,
                                      it->file,           code,     text};

    return syc_signatures_add_remark(set, &remark);
}

/* "s:unix:Linux:3.x in linux.fp:12": the file only where it is another one. */
static enum syc_status
warn_of(struct syc_signatures *set, const struct syc_signature *it,
        const struct syc_signature *other, const char *code, const char *what)
{
    const bool same_file = strcmp(it->file, other->file) == 0;
    char text[400];

    snprintf(text, sizeof text, "%s %s%s%u, %s", what, same_file ? "line " : other->file,
             same_file ? "" : ":", other->line, other->label);
    return warn(set, it, code, text);
}

/*
 * above stands above below. A generic one loses against a specific one wherever it stands; else the order decides.
 *
 * found  whether there was something to say
 */
static enum syc_status
compare(struct syc_signatures *set, const struct syc_signature *above,
        const struct syc_signature *below, bool *found)
{
    const bool below_wins = above->generic && !below->generic;
    const bool same_label = strcmp(above->label, below->label) == 0;

    *found = true;
    if (!below_wins && covers(above, below)) {
        return same_label ? warn_of(set, below, above, "duplicate", "its SYNs fit already")
                          : warn_of(set, below, above, "shadowed", "it never wins against");
    }
    if (below_wins && covers(below, above)) {
        return warn_of(set, above, below, "shadowed", "it never wins against");
    }
    if (above->generic == below->generic && !same_label && !covers(below, above) &&
        meets(above, below)) {
        return warn_of(set, below, above, "overlap", "some of its SYNs are called as");
    }
    *found = false;
    return SYC_OK;
}

/* Only signatures of one layout can meet: its chain holds them, in file order. One remark says enough. */
static enum syc_status
compare_with_those_above(struct syc_signatures *set, size_t at)
{
    const struct syc_signature *it = &set->items[at];
    unsigned i = syc_signatures_chain(set, it->response, it->native, it->sig.kinds, it->sig.count);
    enum syc_status status = SYC_OK;
    bool found = false;

    for (; status == SYC_OK && !found && i < at; i = set->items[i].next) {
        if (same_kind(&set->items[i], it)) {
            status = compare(set, &set->items[i], it, &found);
        }
    }
    return status;
}

/* The second of two lines with one MTU is never shown. */
static enum syc_status
lint_links(struct syc_signatures *set)
{
    enum syc_status status = SYC_OK;

    for (size_t i = 0; i < set->link_count; i++) {
        for (size_t k = 0; k < i && status == SYC_OK; k++) {
            const struct syc_link_line *it = &set->links[i];
            struct syc_remark remark = {
                SYC_REMARK_WARNING,          it->line, 0, it->nth, it->file, "duplicate",
                "this MTU has a label above"};

            if (set->links[k].mtu == it->mtu) {
                status = syc_signatures_add_remark(set, &remark);
                break;
            }
        }
    }
    return status;
}

static bool
goes_before(const struct syc_remark *a, const struct syc_remark *b)
{
    return a->nth != b->nth ? a->nth < b->nth : a->line < b->line;
}

/* By text, then line: the order in which they are mended. Those of one line stay as they came. */
static void
sort_remarks(struct syc_remark *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct syc_remark it = list[i];
        size_t at = i;

        for (; at > 0 && goes_before(&it, &list[at - 1]); at--) {
            list[at] = list[at - 1];
        }
        list[at] = it;
    }
}

enum syc_status
syc_signatures_lint(struct syc_signatures *set)
{
    enum syc_status status = lint_links(set);

    for (size_t i = 0; i < set->count && status == SYC_OK; i++) {
        const char *why = why_dead(&set->items[i]);

        status =
            why != NULL ? warn(set, &set->items[i], "dead", why) : compare_with_those_above(set, i);
    }
    /* the last of a full list says that it is, and stays the last */
    sort_remarks(set->remarks, set->remark_count - (set->remark_count == SYC_REMARKS_MAX));
    return status;
}
