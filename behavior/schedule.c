/*
 * SYN retry schedules: reference/lifecycle 2.5.
 *
 *    gaps in s      name             whose
 *    1 2 4 8        exponential-1    RFC 6298 (initial RTO 1 s), Linux before 6.5
 *    1 1 1 1 1 2 4  linear-4         Linux 6.5 and later; the same shape on BSD and macOS
 *    3 6 12         exponential-3    RFC 1122's 3 s: Windows before 8
 *    else           unknown          an application's own deadline, raw sockets, scanners
 *
 * Measured retries run 1 to 4 % late (the timer wheel), hence the tolerance. Three SYNs at least:
 * two fit every schedule.
 */

#include "behavior/mark.h"

/*
 * Linux 6.5 and later: tcp_syn_linear_timeouts (default 4) further gaps of 1 s before they double; without
 * them 1, 2, 4, 8.
 * BSD and macOS have the shape of linear-4. Windows before 8 and RFC 1122's 3 s start: 3, 6, 12.
 */
enum { LINEAR_DEFAULT = 4, LINEAR_MOST = 6 };

/*
 * Within max(0.1 s, 8 %) of so many seconds (lifecycle 2.5): 1.01 to 1.03, 7.15 to 7.28, 67.9 to
 * 69.3 were seen.
 */
static bool
is_about(int64_t gap_us, int64_t seconds)
{
    int64_t want = seconds * SYC_US_PER_S;
    int64_t tolerance = want * 8 / 100;
    int64_t off = gap_us > want ? gap_us - want : want - gap_us;

    return off <= (tolerance > 100000 ? tolerance : 100000);
}

/* Held in range like every number of a record: a file may hold any. */
static int64_t
gap_after(const int64_t *times, size_t i)
{
    return mark_number(times[i + 1]) - mark_number(times[i]);
}

/* The gaps between times[from], times[from + 1], ... are seconds, 2 * seconds, 4 * seconds, ... */
static bool
doubles(const int64_t *times, size_t from, size_t n, int64_t seconds)
{
    for (size_t i = from; i + 1 < n; i++) {
        if (!is_about(gap_after(times, i), seconds)) {
            return false;
        }
        seconds *= 2;
    }
    return true;
}

enum schedule
syc_schedule_classify(const int64_t *times_us, size_t n)
{
    size_t ones = 0;

    if (n < 3) {
        return SCHEDULE_NONE;
    }
    while (ones + 1 < n && is_about(gap_after(times_us, ones), 1)) {
        ones++;
    }
    if (ones == 0) {
        return doubles(times_us, 0, n, 3) ? SCHEDULE_EXPONENTIAL_3 : SCHEDULE_UNKNOWN;
    }
    if (!doubles(times_us, ones, n, 2)) {
        return SCHEDULE_UNKNOWN;
    }
    if (ones == 1) {
        return SCHEDULE_EXPONENTIAL_1;
    }
    /* Cut off among the gaps of 1 s, it is the default as long as that has so many. */
    if (ones + 1 == n && ones <= LINEAR_DEFAULT + 1) {
        return SCHEDULE_LINEAR_4;
    }
    return ones <= LINEAR_MOST + 1 ? (enum schedule)(SCHEDULE_LINEAR_1 + (ones - 2))
                                   : SCHEDULE_UNKNOWN;
}

const char *
syc_schedule_name(enum schedule s)
{
    static const char *const names[] = {
#define X(name, word) word,
        SYC_SCHEDULE_LIST(X)
#undef X
    };

    return names[s];
}
