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

/*
 * What only the full list of exchanges tells: of a connection in parts it is kept while the lists are cut. A run is a
 * row of turns, each begun less than a second after the answer before; leading and trailing ones may go on in the
 * neighboring part.
 */
struct work {
    int64_t answered; /* exchanges that the client began and the server answered, cut ones too */
    int64_t opening;  /* octets of the first client burst */
    int64_t longest, leading, trailing; /* runs */
    bool there, unbroken;               /* it has exchanges; they are one run */
    int64_t first_us, end_us;           /* of the first exchange, of the last answer */
};

/* Of a record or part. */
struct work syc_mark_work(const struct syc_record *r);

/* Append that of the next part. Joining is associative: any cut of one connection gives the same. */
void syc_mark_join(struct work *w, const struct work *next);

/*
 * Fill everything but first, burst_count, source, stack, agent and ua_os.
 *
 * work  of all parts
 */
void syc_mark_fill(struct mark *m, const struct syc_record *r, const struct work *work);

/* The system that its User-Agent names. */
enum syc_ua_os syc_mark_ua_os(const struct syc_record *r);

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
