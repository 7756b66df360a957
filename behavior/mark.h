#ifndef SYC_BEHAVIOR_MARK_H
#define SYC_BEHAVIOR_MARK_H

/*
 * Purpose           one record as a mark and its bursts
 * Input and output  a record (whole, or joined of its parts) in; what facts need of it out
 * Ownership         nothing is kept
 * Limits            any record is read without fault: offsets are held within 8.9 years, starts within 2^61 us
 *                   of 1970
 * Not here          where marks are kept (store.c), how parts become one (parts.c)
 */

#include "behavior/store.h"

/* A number of a record as a count or offset: unknown and negative ones are 0, 2^48 and above its limit. */
static inline int64_t
mark_number(int64_t n)
{
    const int64_t most = (INT64_C(1) << 48) - 1;

    return n < 0 ? 0 : n < most ? n : most;
}

/* Turns of this record or part: exchanges that the client began and the server answered, cut ones too. */
int64_t syc_mark_answered(const struct syc_record *r);

/*
 * Fill everything but first, burst_count, source and stack.
 *
 * answered  turns of all parts (syc_mark_answered of a whole record)
 */
void syc_mark_fill(struct mark *m, const struct syc_record *r, int64_t answered);

/* How often syc_mark_burst() will be true for this record. */
size_t syc_mark_burst_count(const struct syc_record *r);

/* What is left of a connection's set-up while its bursts are read. */
struct setup {
    int64_t octets, packets;
    bool whole_first; /* TLS of unknown extent: the first burst is the set-up */
};

/* As it stands before the first burst of a record or part. */
struct setup syc_mark_setup(const struct syc_record *r);

/* The client burst of an exchange; false when it has none. setup: as left by the exchange before. */
bool syc_mark_burst(const struct syc_record *r, const struct syc_exchange *x, struct setup *setup,
                    struct item *out);

/*
 * Which schedule the times of n SYNs follow.
 *
 * returns  SCHEDULE_NONE below three SYNs
 * source   reference/lifecycle 2.5: tolerance max(0.1 s, 8 %)
 */
enum schedule syc_schedule_classify(const int64_t *times_us, size_t n);
/* The word of the fact; empty for SCHEDULE_NONE. */
const char *syc_schedule_name(enum schedule s);

#endif
