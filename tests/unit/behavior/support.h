#ifndef SYC_TESTS_UNIT_BEHAVIOR_SUPPORT_H
#define SYC_TESTS_UNIT_BEHAVIOR_SUPPORT_H

/*
 * Purpose           records made by hand, and the subjects a cadence makes of them
 * Input and output  plain data
 * Ownership         struct made owns its exchanges; syc_record pointers in it point into itself
 * Limits            16 exchanges a record, 256 subjects kept
 * Not here          the tests
 */

#include "behavior/behavior.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MADE_EXCHANGES = 16, KEPT_SUBJECTS = 256, KEPT_FIELDS = 160 };

#define SECONDS(s) ((int64_t)((double)(s)*1e6 + 0.5))

struct made {
    struct syc_record r;
    struct syc_exchange exchanges[MADE_EXCHANGES];
};

/* An established, still open connection of 10.0.0.<client> to 10.1.0.<server>:port; handshake done after 1 ms. */
void made_open(struct made *m, int client, int server, uint16_t port, uint16_t source_port,
               int64_t start_us);

/* One SYN that nobody answered. */
void made_unanswered(struct made *m, int client, int server, uint16_t port, uint16_t source_port,
                     int64_t start_us);

/* A request of `packets` client segments, answered 10 ms after its last. */
void made_exchange(struct made *m, int64_t offset_us, int64_t client_dur_us, int64_t octets,
                   int64_t packets);

/* Closed by the client: FIN of the client, answered 1 ms later; TIME_WAIT from then on. */
void made_close(struct made *m, int64_t fin_us);

/* After any change of key, ISN or start. */
void made_name(struct made *m);

struct kept {
    struct syc_subject subject;
    struct syc_value values[KEPT_FIELDS];
    char fingerprint[64]; /* of a sub-stream */
};

struct kept_all {
    struct kept list[KEPT_SUBJECTS];
    size_t count;
};

/* A visitor: user is a struct kept_all. */
void keep_subject(void *user, const struct syc_subject *s);

/* All records through one cadence of ample budget. */
void keep_records(const struct made *records, size_t count, struct kept_all *out);

/* The same for one source's fact. */
const struct syc_value *fact_of(const struct kept *k, const char *name);
double real_of(const struct kept *k, const char *name);
int64_t int_of(const struct kept *k, const char *name);
const char *text_of(const struct kept *k, const char *name);
bool is_absent(const struct kept *k, const char *name);

/* The subject of that kind: dest is ignored for sources. NULL when there is none. */
const struct kept *find_kept(const struct kept_all *all, enum syc_subject_kind kind, int client,
                             int server, uint16_t port);

/* |a - b| <= tolerance, with both shown when not. */
void assert_near(double a, double b, double tolerance);

/* xorshift64*: the same numbers on every machine. */
uint64_t random_bits(uint64_t *state);
/* Uniform in (0, 1). */
double random_unit(uint64_t *state);

/* Allocations number first..last from now on are refused (0, 0: none); and how many were asked for since. */
void fail_allocations(uint64_t first, uint64_t last);
uint64_t allocations_seen(void);

/* Every subject in turn: each source, then its pairs, then its sub-streams. ask: syc_cadence_finish() or _news() */
typedef enum syc_status syc_asking(struct syc_cadence *c,
                                   void (*visit)(void *user, struct syc_visit *v), void *user);
enum syc_status ask_subjects(syc_asking *ask, struct syc_cadence *c,
                             void (*visit)(void *user, const struct syc_subject *s), void *user);

/* The first of these. */
enum syc_status finish_subjects(struct syc_cadence *c,
                                void (*visit)(void *user, const struct syc_subject *s), void *user);

#endif
