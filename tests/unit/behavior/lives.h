#ifndef SYC_TESTS_UNIT_BEHAVIOR_LIVES_H
#define SYC_TESTS_UNIT_BEHAVIOR_LIVES_H

/*
 * Purpose           lives made by hand, for the parts of the audit that look at one pair
 * Input and output  times of the client (what it sent when, what it had when) in; a pair as a tap would have seen it out
 * Ownership         struct lives holds everything; the pair points into it
 * Limits            1,100 lives, 4,096 exchanges, 2,048 flights
 * Not here          the tests
 */

#include "behavior/audit_int.h"
#include "tests/unit/behavior/support.h"

enum { LIVES = 1100, LIVES_EXCHANGES = 4096, LIVES_FLIGHTS = 2048 };

/* A moment since 1970 at which every test begins. */
#define LIVES_ORIGIN INT64_C(1700000000000000)

#define MS(n) ((int64_t)((double)(n)*1e3 + 0.5))

struct lives {
    struct life list[LIVES];
    struct syc_exchange exchanges[LIVES_EXCHANGES];
    struct syc_flight flights[LIVES_FLIGHTS];
    size_t count, exchange_count, flight_count;
    int64_t trip; /* round trip of the path */
    int64_t
        to_tap; /* way from the client to the tap: 0 = at the client, trip / 2 = at the server */
};

/* Nothing yet, on a path of this round trip. */
void lives_begin(struct lives *all, int64_t trip, int64_t to_tap);

/* A connection whose SYN the client sends at `at` (from LIVES_ORIGIN), established one round trip later. */
struct life *lives_open(struct lives *all, int64_t at);

/* An attempt that nothing answers: SYNs at these offsets in seconds from `at`. */
struct life *lives_silent(struct lives *all, int64_t at, const double *seconds, size_t n);

/* A turn of the newest life: request sent at `from`, answer with the client at `to` (both from LIVES_ORIGIN). */
void lives_turn(struct lives *all, int64_t from, int64_t to);

/* A client burst without an answer. */
void lives_burst(struct lives *all, int64_t from, int64_t to);

/*
 * A turn of the newest life with a large answer: flights of so many full segments begin `apart` of each other, segments
 * in them `inside` apart; the first passes the tap at `answer`. As in the record, a single flight is not listed.
 */
struct lives_answer {
    int64_t request, answer;
    int64_t apart, inside;
    int64_t flights[16]; /* ended by 0 */
};
void lives_response(struct lives *all, const struct lives_answer *a);

/*
 * The newest life is closed: by the client, whose FIN leaves at `at`, or by the server, whose FIN the client has then.
 * The other side follows at once; the closer waits in TIME_WAIT. Six control packets of 52 octets and 8.
 */
void lives_close(struct lives *all, enum syc_first closer, int64_t at);

/* The pair, seen to its end. */
struct life_pair lives_pair(const struct lives *all);

/* One part of the audit; fails the test when memory is short. */
typedef bool (*lives_part)(const struct life_pair *p, struct audit_work *w,
                           struct syc_audit_pair *out);
void lives_audit(const struct life_pair *p, lives_part part, struct syc_audit_pair *out);

/* Allocation k fails for k = 1, 2, ... until the part succeeds: each failure is told, none is fatal. */
void lives_short_of_memory(const struct life_pair *p, lives_part part);

/* Conversations that several tests use; numbers are those measured (lifecycle 2.3.4). */

/* ab without -k: 600 requests of 10 workers, a connection each, closed by the server; one unused connection at the end. */
void lives_ab(struct lives *all);
/* node's agent with maxFreeSockets 2: three batches of 100 at once, after each the client closes all but 2. */
void lives_free2(struct lives *all);

#endif
