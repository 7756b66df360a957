#ifndef SYC_TEST_TALK_H
#define SYC_TEST_TALK_H

/*
 * Purpose           conversations for tests: segments by hand, records collected
 * Input and output  one call a segment; t.records[] after talk_end()
 * Ownership         talk_fini() frees all
 * Limits            256 records
 * Not here          expectations: those are in the tests, from the RFCs and Zeek's rules
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connection/connection.h"

enum { TALK_RECORDS = 256, CLIENT = 0, SERVER = 1 };

struct talk {
    struct syc_table *table;
    struct syc_record *records[TALK_RECORDS];
    size_t count;
    size_t syns;
    uint16_t client_port;
};

/* Budgets of 1 MiB and 64 KiB; live false. */
void talk_init(struct talk *t);
void talk_init_with(struct talk *t, const struct syc_table_config *config);
void talk_fini(struct talk *t);
/* One segment from `who` at `ms` milliseconds. flags: letters of "SAFRPU". */
void talk(struct talk *t, int ms, int who, const char *flags, uint32_t seq, uint32_t ack,
          uint32_t octets);
/* As talk, with the segment filled by the caller on top of the defaults. */
struct syc_segment talk_segment(const struct talk *t, int ms, int who, const char *flags,
                                uint32_t seq, uint32_t ack, uint32_t octets);
void talk_send(struct talk *t, struct syc_segment *s);
/* SYN at ms, SYN+ACK 10 ms later, ACK 20 ms later; ISNs 1000 and 5000. */
void talk_handshake(struct talk *t, int ms);
void talk_end(struct talk *t);
/* Two records tell the same, lists and all. */
void talk_assert_same(const struct syc_record *a, const struct syc_record *b);
/* The groups: how many tests of each failed. */
int test_ways_group(void);
int test_peek_group(void);
int test_collisions_group(void);
int test_keys_group(void);
int test_log_group(void);
const char *talk_word(const struct syc_record *r, const char *path);

#endif
