#include "fingerprint/syn_int.h"

/*
 * Stacks that count their first window in segments give themselves away by the multiple. p0f tries
 * twelve segment sizes in a fixed order and takes the first that divides the window exactly; one
 * window can fit several (21000 is 15 * 1400 and 14 * 1500), so the order is part of the format.
 */

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * octets may come out 0 or negative (peer MSS below 12): 0 is never tried, -1 divides everything.
 */
struct divisor {
    bool applies;
    uint8_t unit;
    int32_t octets;
};

/* The window is at most 65535 and positive here, so neither the division nor the remainder can overflow. */
static bool
divides(int32_t window, const struct divisor *d)
{
    return d->applies && d->octets != 0 && window % d->octets == 0;
}

struct syc_window
syc_window_p0f(const struct syc_segment *s, const struct syc_walk *walk, uint32_t peer_mss)
{
    const int32_t mss = walk->mss;
    const int32_t peer = (int32_t)(peer_mss & 0xffff);
    const bool v6 = s->ip_v == 6;
    const bool answers = (s->flags & SYC_ACK) != 0 && peer != 0;
    /*
     * In p0f's order, reference/fingerprints 2.1.4. 40 and 60 are IPv4 and IPv6 headers with a
     * bare TCP header, 12 a timestamp option with its two NOPs, 1500 Ethernet's MTU whatever the
     * MSS says.
     */
    const struct divisor divisors[] = {
        {true, SYC_WINDOW_MSS, mss},
        {walk->ts_val != 0, SYC_WINDOW_MSS, mss - 12},
        {true, SYC_WINDOW_MSS, 1500 - 40},
        {true, SYC_WINDOW_MSS, 1500 - 40 - 12},
        {v6, SYC_WINDOW_MSS, 1500 - 60},
        {v6, SYC_WINDOW_MSS, 1500 - 60 - 12},
        {true, SYC_WINDOW_MTU, mss + 40},
        {true, SYC_WINDOW_MTU, mss + s->ip_header_octets + s->tcp_header_octets},
        {v6, SYC_WINDOW_MTU, mss + 60},
        {true, SYC_WINDOW_MTU, 1500},
        {answers, SYC_WINDOW_MSS, peer},
        {answers, SYC_WINDOW_MSS, peer - 12},
    };
    struct syc_window value = {SYC_WINDOW_VALUE, s->window};

    if (s->window == 0 || mss < 100) {
        return value;
    }
    for (size_t i = 0; i < COUNT(divisors); i++) {
        if (divides(s->window, &divisors[i])) {
            /*
             * p0f keeps the quotient in 16 signed bits, so must we: 65531 / 1 becomes -5 and is no
             * multiple, 65535 / -1 becomes 1 and is one. The first divisor decides even then.
             */
            int16_t n = (int16_t)(s->window / divisors[i].octets);

            return n > 0 ? (struct syc_window){divisors[i].unit, (uint32_t)n} : value;
        }
    }
    return value;
}

/*
 * Linux since 4.19.86 and 4.20 (measured on 6.18: reference/fingerprints 3) offers in its first
 * segment as many whole segments as fit below 2^16. MSS below 100 is left out as p0f does: there
 * every window is a multiple of something.
 */
uint32_t
syc_window_floor65535(uint32_t window, uint32_t mss, bool less_12)
{
    if (window == 0 || mss < 100) {
        return 0;
    }
    if (window == 65535 / mss * mss) {
        return 65535 / mss;
    }
    if (less_12 && window == 65535 / (mss - 12) * (mss - 12)) {
        return 65535 / (mss - 12);
    }
    return 0;
}
