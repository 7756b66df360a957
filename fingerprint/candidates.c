#include "fingerprint/match_int.h"

#include <string.h>

/*
 * All that fit, and for a SYN that nothing fits the nearest: how sure a label is, is seen from what else it could have
 * been. p0f gives the winner alone.
 */

/* Some fields tell stacks apart better than others: a window is tuned, an option layout is compiled in. */
static unsigned
weight(uint16_t fields)
{
    static const uint8_t weights[SYC_SIG_FIELD_COUNT] = {
        [SYC_SIG_FIELD_VERSION] = 1, [SYC_SIG_FIELD_TTL] = 2,    [SYC_SIG_FIELD_IP_OPTIONS] = 2,
        [SYC_SIG_FIELD_MSS] = 1,     [SYC_SIG_FIELD_WINDOW] = 2, [SYC_SIG_FIELD_WSCALE] = 2,
        [SYC_SIG_FIELD_OPTIONS] = 6, [SYC_SIG_FIELD_QUIRKS] = 3, [SYC_SIG_FIELD_PAYLOAD] = 1,
    };
    unsigned sum = 0;

    for (unsigned left = fields; left != 0; left &= left - 1) {
        sum += weights[__builtin_ctz(left)];
    }
    return sum;
}

static enum syc_quality
quality_of(const struct syc_signature *it, const struct syc_fit *fit)
{
    if (fit->differs != 0 || (fit->forgiven != 0 && it->app)) { /* no tool is matched fuzzily */
        return SYC_MATCH_NONE;
    }
    if (fit->forgiven != 0) {
        return SYC_MATCH_FUZZY;
    }
    return it->generic ? SYC_MATCH_GENERIC : SYC_MATCH_EXACT;
}

/* Before another one: of better quality; of those that do not fit, with less in the way. Else file order decides. */
static bool
goes_before(const struct syc_match *a, const struct syc_match *b)
{
    if (a->quality != b->quality) {
        return a->quality > b->quality;
    }
    return a->quality == SYC_MATCH_NONE && weight(a->differs) < weight(b->differs);
}

/* Insertion from behind keeps equal ones in the order they came. */
static size_t
insert(struct syc_match *list, size_t count, size_t max, const struct syc_match *it)
{
    size_t at = count;

    while (at > 0 && goes_before(it, &list[at - 1])) {
        at--;
    }
    if (at == max) {
        return count;
    }
    count += count < max;
    memmove(&list[at + 1], &list[at], (count - 1 - at) * sizeof *list);
    list[at] = *it;
    return count;
}

/* Compare one signature, and keep it if it is among the best. */
static size_t
consider(const struct syc_signature *ref, const struct syc_seen *seen, struct syc_match *out,
         size_t count, size_t max)
{
    struct syc_match it;
    struct syc_fit fit;

    if (!syc_match_compare(ref, seen, &fit)) {
        return count;
    }
    it.quality = quality_of(ref, &fit);
    it.differs = fit.differs | fit.forgiven;
    if (count == max && !goes_before(&it, &out[max - 1])) {
        return count;
    }
    it.distance = seen->syn->distance;
    syc_match_tell(ref, it.quality, &fit, seen, &it);
    return insert(out, count, max, &it);
}

size_t
syc_signatures_candidates(const struct syc_signatures *set, const struct syc_syn *syn,
                          struct syc_match *out, size_t max)
{
    size_t count = 0;

    for (int native = 0; native <= 1; native++) {
        struct syc_seen seen;
        bool readable = syc_match_look(syn, native != 0, &seen);

        for (size_t i = 0; readable && i < set->count; i++) {
            count = consider(&set->items[i], &seen, out, count, max);
        }
    }
    return count;
}

/* The same of those with the SYN's option layout: all that can fit, and the nearest that can be called near. */
static size_t
of_its_layout(const struct syc_signatures *set, const struct syc_syn *syn, struct syc_match *out,
              size_t max)
{
    size_t count = 0;

    for (int native = 0; native <= 1; native++) {
        struct syc_seen seen;
        unsigned i = SYC_NO_SIGNATURE;

        if (syc_match_look(syn, native != 0, &seen)) {
            i = syc_signatures_chain(set, syn->kind == SYC_KIND_SYN_ACK, native != 0,
                                     seen.sig.kinds, seen.sig.count);
        }
        for (; i != SYC_NO_SIGNATURE; i = set->items[i].next) {
            count = consider(&set->items[i], &seen, out, count, max);
        }
    }
    return count;
}

/* A few numbers of one layout. Farther is another stack. */
enum { NEAR = 5, ASKED = 4 * SYC_CANDIDATES };

/* Several lines of a file may say the same; the reader wants to know what else it could be. */
static bool
is_told(const struct syc_identity *out, const struct syc_match *it)
{
    bool told = strcmp(out->match.label, it->label) == 0;

    for (size_t i = 0; i < out->candidate_count; i++) {
        told |= strcmp(out->candidates[i].label, it->label) == 0;
    }
    return told;
}

void
syc_signatures_identify(const struct syc_signatures *set, const struct syc_syn *syn,
                        struct syc_identity *out)
{
    struct syc_match all[ASKED];
    size_t count;

    memset(out, 0, sizeof *out);
    syc_signatures_match(set, syn, &out->match);
    count = of_its_layout(set, syn, all, ASKED);
    for (size_t i = 0; i < count && out->match.quality != SYC_MATCH_NONE; i++) {
        if (all[i].quality == out->match.quality && out->candidate_count < SYC_CANDIDATES &&
            !is_told(out, &all[i])) {
            out->candidates[out->candidate_count++] = all[i];
        }
    }
    if (out->match.quality == SYC_MATCH_NONE && count > 0 && weight(all[0].differs) <= NEAR) {
        out->nearest = all[0];
        out->match.differs = all[0].differs;
    }
    if (!out->match.app) {
        (void)syc_signatures_link(set, syn, &out->link);
    }
}
