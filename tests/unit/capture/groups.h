#ifndef SYC_TESTS_UNIT_CAPTURE_GROUPS_H
#define SYC_TESTS_UNIT_CAPTURE_GROUPS_H

/*
 * Purpose           one cmocka group a file of this folder, and frames put together octet by octet
 * Input and output  each group answers the number of tests that failed
 * Ownership         struct octets is plain data
 * Limits            OCTETS_MAX octets a frame or file
 * Not here          the tests
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/capture.h"

int test_link_group(void);
int test_llc_group(void);
int test_ppp_group(void);
int test_tunnel_group(void);
int test_udp_group(void);
int test_sum_group(void);
int test_fragments_group(void);
int test_ip_group(void);
int test_icmp_group(void);
int test_tcp_group(void);
int test_bounds_group(void);
int test_file_group(void);
int test_fault_group(void);

enum { OCTETS_MAX = 4096 };

enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_FDDI = 10,
    LINK_PPP_HDLC = 50,
    LINK_PPP_ETHER = 51,
    LINK_RAW = 101,
    LINK_C_HDLC = 104,
    LINK_80211 = 105,
    LINK_LOOP = 108,
    LINK_SLL = 113,
    LINK_PRISM = 119,
    LINK_RADIOTAP = 127,
    LINK_PPP_PPPD = 166,
    LINK_PPI = 192,
    LINK_PPP_WITH_DIR = 204,
    LINK_SLL2 = 276
};

struct octets {
    uint8_t p[OCTETS_MAX];
    size_t n;
};

void octets_add(struct octets *o, const void *p, size_t n);

/* ADD(&o, 0x45, 0, ...) */
#define ADD(o, ...)                                                                                \
    octets_add((o), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Numbers in network order. */
void add16(struct octets *o, unsigned value);
void add32(struct octets *o, uint32_t value);

/* Ethernet 02:..:01 -> 02:..:02 of a type. */
void add_ethernet(struct octets *o, unsigned type);

/* IPv4 192.0.2.1 -> 198.51.100.2, TTL 57, ID 0xabcd, DF, TOS 0x2a, without options, of a payload length. */
void add_ip4(struct octets *o, unsigned protocol, unsigned payload);

/* IPv6 2001:db8::1 -> 2001:db8::2, hop limit 63, class 0x2a, flow label 0x12345, of a payload length. */
void add_ip6(struct octets *o, unsigned next, unsigned payload);

/* 24 octets: TCP 49153 -> 80, seq 0x01020304, ack 0x05060708, PSH|ACK, window 4096, and "data". */
enum { TCP_DATA_OCTETS = 24 };
void add_tcp_data(struct octets *o);

/* An IPv4 packet of 44 octets with that segment. */
enum { IP_DATA_OCTETS = 44 };
void add_ip4_data(struct octets *o);

/* An Ethernet frame of 58 octets with that packet, as tunnels carry it. */
enum { FRAME_DATA_OCTETS = 58 };
void add_frame_data(struct octets *o);

/*
 * Decode n octets at the very end of a block of their own, so that a sanitizer sees every octet read past it. Without one
 * the spans are still checked; they are NULL afterwards.
 */
enum syc_drop decode_exact(const uint8_t *p, size_t n, size_t length, uint16_t link, unsigned flags,
                           struct syc_segment *out);

/*
 * Decode the whole of o as a frame that was captured whole, and as one of `sent` octets on the wire; each is also decoded
 * by decode_exact() cut at every octet, under all flags.
 */
enum syc_drop decode(const struct octets *o, uint16_t link, struct syc_segment *out);
enum syc_drop decode_sent(const struct octets *o, uint16_t link, size_t sent,
                          struct syc_segment *out);

enum syc_drop decode_flagged(const struct octets *o, uint16_t link, unsigned flags,
                             struct syc_segment *out);

/* The segment of add_tcp_data behind any way: ports, numbers and payload are right. */
void assert_is_data(const struct syc_segment *s);

#endif
