#ifndef SYC_TESTS_UNIT_FINGERPRINT_GROUPS_H
#define SYC_TESTS_UNIT_FINGERPRINT_GROUPS_H

/*
 * Purpose           one cmocka group a file of this folder; main.c runs them. Segments made by hand
 * Input and output  groups answer the number of tests that failed; built_init() makes a segment
 * Ownership         a built segment points into itself: do not copy it
 * Limits            40 option octets
 * Not here          the tests
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fingerprint/fingerprint.h"

int test_candidates_group(void);
int test_hello_group(void);
int test_http_head_group(void);
int test_key_group(void);
int test_match_group(void);
int test_memory_group(void);
int test_names_group(void);
int test_p0f_group(void);
int test_protocol_group(void);
int test_remarks_group(void);
int test_user_agent_group(void);
int test_shipped_group(void);
int test_signature_group(void);
int test_syn_group(void);

/* A SYN of Linux 6.18 (IPv4, TTL 64, DF, window 64240, MSS 1460) but for what is set here. */
struct build {
    uint8_t ip_v;
    uint8_t ttl;
    bool ttl_0;
    uint16_t flags;
    uint16_t window;
    bool window_0;
    uint32_t ack;
    bool seq_0;
    bool no_df;
    bool id_0;
    bool reserved;
    uint8_t tos;
    uint32_t flow;
    uint16_t urgent;
    uint32_t payload;
    uint8_t ip_options;
    uint16_t peer_mss;   /* for syc_syn_describe() */
    const char *options; /* hex; NULL = Linux's 20 octets */
};

struct built {
    struct syc_segment segment;
    uint8_t octets[40];
};

#define LINUX_OPTIONS "020405b40402080a000003e80000000001030307"

void built_init(struct built *out, const struct build *from);

/* built_init() and syc_syn_describe() in one. */
void describe(const struct build *from, struct syc_syn *out);

/* Allocation number n from now on fails, once; 0 = none does. */
void fail_allocation(unsigned n);

#endif
