#include "fingerprint/syn_int.h"

#include <string.h>

/*
 * Two walks over the same octets. p0f's records the kind before it looks at the length, reads four
 * kinds at their lawful size even where the length octet disagrees, and stops after 24; tshark's
 * believes the length octet. They differ on malformed options alone. reference/fingerprints 2.1.2;
 * both compared with their programs on 12,000 generated SYNs.
 */

/*
 * Options with one lawful length, which p0f reads at that length whatever their length octet says.
 */
size_t
syc_option_lawful_size(uint8_t kind)
{
    switch (kind) {
    case SYC_OPT_MSS:
        return 4;
    case SYC_OPT_WSCALE:
        return 3;
    case SYC_OPT_SACK_OK:
        return 2;
    case SYC_OPT_TS:
        return 10;
    default:
        return 0;
    }
}

/*
 * Octets of the option at the start of rest, or 0 when p0f gives up there. *past: it gave up
 * because the option does not end inside rest.
 */
static size_t
option_size(struct syc_span rest, bool *wrong, bool *past)
{
    size_t normal = syc_option_lawful_size(rest.p[0]);
    size_t least = rest.p[0] == SYC_OPT_SACK ? 10 : 2;
    size_t most = rest.p[0] == SYC_OPT_SACK ? 34 : 40;

    *wrong = false;
    *past = rest.n < (normal != 0 ? normal : 2);
    if (*past) {
        return 0;
    }
    if (normal != 0) {
        *wrong = rest.p[1] != normal;
        return normal;
    }
    *past = rest.p[1] >= least && rest.p[1] <= most && rest.p[1] > rest.n;
    return rest.p[1] < least || rest.p[1] > most || *past ? 0 : rest.p[1];
}

/*
 * Of several options of a kind the last value stays, while what made a quirk is not taken back. The
 * octets are there: option_size() gave a size for the kind's lawful length, and that is within
 * rest.
 */
static void
read_value(const uint8_t *option, struct syc_walk *out)
{
    switch (option[0]) {
    case SYC_OPT_MSS:
        out->mss_seen = true;
        out->mss = syc_be16(option + 2);
        break;
    case SYC_OPT_WSCALE:
        out->wscale_seen = true;
        out->wscale = option[2];
        out->wscale_over_14 |= option[2] > 14;
        break;
    case SYC_OPT_TS:
        out->ts_seen = true;
        out->ts_val = syc_be32(option + 2);
        out->ts_val_zero |= out->ts_val == 0;
        out->ts_ecr_set |= syc_be32(option + 6) != 0;
        break;
    default:
        break;
    }
}

/*
 * p0f's loop steps past the first non-zero octet and then asks whether it is at the end: hence its
 * blind spot.
 */
static void
read_padding(struct syc_span pad, struct syc_walk *out)
{
    out->eol_pad = (uint8_t)pad.n;
    for (size_t i = 0; i < pad.n; i++) {
        if (pad.p[i] != 0) {
            out->pad_nonzero = true;
            out->pad_nonzero_p0f = i + 1 < pad.n;
            return;
        }
    }
}

/*
 * An option that passes the end of the octets is a fault of the sender, unless the snap length
 * ended them: then it says nothing of the sender and is not `bad`.
 */
void
syc_walk_options(const struct syc_segment *s, struct syc_walk *out)
{
    struct syc_span rest = s->options;

    memset(out, 0, sizeof *out);
    while (rest.n != 0 && out->count < SYC_P0F_OPTIONS) {
        bool wrong;
        bool past;
        size_t size;

        out->kinds[out->count++] = rest.p[0];
        if (rest.p[0] == SYC_OPT_NOP) {
            rest = syc_span_from(rest, 1);
            continue;
        }
        if (rest.p[0] == SYC_OPT_EOL) {
            read_padding(syc_span_from(rest, 1), out);
            return;
        }
        size = option_size(rest, &wrong, &past);
        out->bad |= wrong || (size == 0 && !(past && s->options_cut));
        if (size == 0) {
            return;
        }
        read_value(rest.p, out);
        rest = syc_span_from(rest, size);
    }
    out->bad |= rest.n != 0;
}

/*
 * Length octets tshark 4.0 gives up on after it has listed the kind: SACK that is no whole number
 * of blocks, MPTCP without a subtype.
 */
static bool
dissection_ends(const struct syc_option *option)
{
    if (option->kind == SYC_OPT_SACK) {
        return option->data.n == 0 || option->data.n % 8 != 0;
    }
    return option->kind == SYC_OPT_MPTCP && option->data.n < 2;
}

/*
 * Measured with tshark 4.0.17: an option whose length octet is missing, below 2 or past the end is
 * not listed and ends the list; after an EOL only zero octets are listed, the first other one ends
 * the list.
 */
uint8_t
syc_list_kinds(struct syc_span options, uint8_t out[40])
{
    struct syc_option option;
    uint8_t count = 0;
    bool ended = false;

    while (count < 40 && syc_option_next(&options, &option)) {
        if (option.malformed || (ended && option.kind != SYC_OPT_EOL)) {
            break;
        }
        out[count++] = option.kind;
        ended |= option.kind == SYC_OPT_EOL;
        if (dissection_ends(&option)) {
            break;
        }
    }
    return count;
}

/* The longest that a stack's own NOPs and one option can make; shorter runs may be a stack's own. */
enum { STRIPPED_LEAST = 10, STRIPPED_MOST = 13 };

unsigned
syc_stripped_run(const uint8_t *kinds, size_t count, unsigned *from)
{
    unsigned run = 0;

    for (size_t i = 0; i <= count; i++) {
        if (i < count && kinds[i] == SYC_OPT_NOP) {
            run++;
            continue;
        }
        if (run >= STRIPPED_LEAST && run <= STRIPPED_MOST) {
            *from = (unsigned)i - run;
            return run;
        }
        run = 0;
    }
    return 0;
}
