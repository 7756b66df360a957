#ifndef SYC_CAPTURE_H
#define SYC_CAPTURE_H

/*
 * Purpose           octets in, TCP segments out
 * Input and output  a reader (file or interface) gives batches of frames; syc_decode() turns one frame into a
 *                   segment or one reason why it is none
 * Ownership         frames and the spans inside segments are borrowed: valid until the next syc_capture_next()
 * Limits            8 VLAN tags and 8 tunnels are kept of each frame's path; more is reason path_depth
 * Not here          state of connections (connection/), what a SYN looks like (fingerprint/)
 */

#include "base/base.h"

enum {
    SYC_BATCH = 32, /* frames a batch: 8 to 32 measured equal (reference/performance 3) */
    SYC_PATH_MAX = 8,
};

/* Encapsulations, as the `tunnel` list of events names them. X(NAME, "word") */
#define SYC_TUNNEL_LIST(X)                                                                         \
    X(NONE, "none")                                                                                \
    X(IPIP, "ipip")                                                                                \
    X(6IN4, "6in4")                                                                                \
    X(4IN6, "4in6")                                                                                \
    X(6IN6, "6in6")                                                                                \
    X(GRE, "gre")                                                                                  \
    X(ERSPAN, "erspan")                                                                            \
    X(VXLAN, "vxlan")                                                                              \
    X(GENEVE, "geneve")                                                                            \
    X(GTPU, "gtp-u")                                                                               \
    X(TEREDO, "teredo")

enum syc_tunnel {
#define X(name, word) SYC_TUNNEL_##name,
    SYC_TUNNEL_LIST(X)
#undef X
        SYC_TUNNEL_COUNT
};

/* How a segment was wrapped; part of a connection's key. Unused cells are zero, so paths compare by memcmp. */
struct syc_path {
    uint8_t vlan_count;
    uint8_t tunnel_count;
    uint16_t vlan[SYC_PATH_MAX];  /* 12-bit ids, outermost first */
    uint8_t tunnel[SYC_PATH_MAX]; /* enum syc_tunnel, outermost first */
};

/* Why a frame gave no segment. X(NAME, "word in stats.decode"). NONE = it did. */
#define SYC_DROP_LIST(X)                                                                           \
    X(NONE, "tcp")                                                                                 \
    X(LINK_TYPE, "link_type")     /* link layer that is not read */                                \
    X(LINK_SHORT, "link_short")   /* frame ends inside its link header */                          \
    X(NOT_IP, "not_ip")           /* ARP, LLDP, ... */                                             \
    X(PATH_DEPTH, "path_depth")   /* more tags or tunnels than SYC_PATH_MAX */                     \
    X(IP_SHORT, "ip_short")       /* ends inside the IP header or its chain */                     \
    X(IP_BAD, "ip_bad")           /* version, header length or total length wrong */               \
    X(IP_FRAGMENT, "ip_fragment") /* not the first fragment */                                     \
    X(IP_NO_NEXT, "ip_no_next")   /* IPv6 no-next-header, ESP and the like */                      \
    X(NOT_TCP, "not_tcp")         /* UDP, ICMP, SCTP, ... */                                       \
    X(ICMP_ERROR, "icmp_error")   /* ICMP error quoting TCP: see struct syc_segment.unreachable */ \
    X(TCP_SHORT, "tcp_short")     /* fewer than 20 octets of TCP captured */                       \
    X(TCP_BAD_OFFSET, "tcp_bad_offset") /* data offset below 5 or past the packet */               \
    X(BAD_CHECKSUM, "bad_checksum")     /* only when checksums are asked for */

enum syc_drop {
#define X(name, word) SYC_DROP_##name,
    SYC_DROP_LIST(X)
#undef X
        SYC_DROP_COUNT
};

/* The word of a reason as in stats.decode; static. */
const char *syc_drop_name(enum syc_drop drop);
const char *syc_tunnel_name(enum syc_tunnel tunnel);

enum syc_tcp_flag {
    SYC_FIN = 0x001,
    SYC_SYN = 0x002,
    SYC_RST = 0x004,
    SYC_PSH = 0x008,
    SYC_ACK = 0x010,
    SYC_URG = 0x020,
    SYC_ECE = 0x040,
    SYC_CWR = 0x080,
    SYC_AE = 0x100, /* NS until RFC 8311, AccECN's AE since */
};

struct syc_frame {
    const uint8_t *data;
    uint32_t captured; /* octets at data */
    uint32_t length;   /* octets on the wire, >= captured in honest files */
    uint16_t link;     /* LINKTYPE_ number, tcpdump.org */
    uint16_t file;     /* index of the input it came from */
    int64_t time_ns;   /* since 1970 */
    uint64_t number;   /* 1-based in its file */
};

/*
 * One TCP segment. Lengths are from the IP header, never from captured octets; what was cut is in `cut`.
 * With SYC_DROP_ICMP_ERROR the addresses, ports and seq are the quoted ones (src = who sent the SYN) and
 * `unreachable` is set; nothing else is.
 */
struct syc_segment {
    int64_t time_ns;
    uint64_t number;
    uint8_t src[16]; /* v4 mapped (::ffff:a.b.c.d) when ip_v is 4 */
    uint8_t dst[16];
    uint16_t src_port;
    uint16_t dst_port;
    uint32_t seq;
    uint32_t ack;
    uint16_t flags; /* 12 bits, reserved ones included */
    uint16_t window;
    uint16_t urgent;
    uint16_t ip_id;          /* IPv4 */
    uint32_t flow_label;     /* IPv6, 20 bits */
    uint32_t ip_octets;      /* IP total length, headers and extension headers included */
    uint32_t payload_octets; /* TCP payload by the IP length */
    uint32_t ts_val, ts_ecr; /* valid when has_ts */
    uint16_t file;
    uint8_t ip_v;             /* 4 or 6, of the header that carries TCP */
    uint8_t ip_header_octets; /* IPv4: 20..60; IPv6: 40 */
    uint8_t ttl;              /* or hop limit */
    uint8_t traffic_class;    /* the TOS octet: DSCP and ECN */
    uint8_t tcp_header_octets;
    bool ip_df, ip_mf, ip_reserved; /* IPv4 flags */
    bool has_ts;                    /* a timestamp option of the right length was captured */
    bool options_cut;               /* the header's options are longer than what was captured */
    bool payload_cut;               /* payload is shorter than payload_octets */
    bool unreachable;
    uint8_t icmp_code;
    struct syc_span options; /* captured option octets, 0..40 */
    struct syc_span payload; /* captured payload octets */
    struct syc_path path;
};

/*
 * Decode one frame.
 *
 * frame    borrowed
 * out      filled as far as the frame could be read, whatever is returned; its spans point into frame->data
 * returns  SYC_DROP_NONE and a segment, or the one reason
 * cost     one pass, no allocation, no state: equal frames give equal results
 * source   RFC 791, 8200, 9293; IEEE 802.1Q; tcpdump.org LINKTYPE pages
 */
enum syc_drop syc_decode(const struct syc_frame *frame, struct syc_segment *out);

/* One TCP option while walking them. data is the option's value (empty for one-octet options). */
struct syc_option {
    uint8_t kind;
    bool malformed; /* length octet missing, < 2, or past the end: the walk ends after it */
    struct syc_span data;
};

/*
 * Next option of *rest, which is advanced past it. EOL is returned (kind 0) and ends nothing by itself:
 * the caller decides what the octets after it are.
 *
 * returns  false when *rest is empty
 * source   RFC 9293 3.1
 */
bool syc_option_next(struct syc_span *rest, struct syc_option *out);

struct syc_capture_stats {
    uint64_t packets;         /* frames delivered */
    uint64_t octets;          /* their wire lengths added up */
    uint64_t kernel_drops;    /* live only */
    uint64_t interface_drops; /* live only */
};

struct syc_capture;

/*
 * Open a capture file ("-" is standard input) or an interface; exactly one of path and interface is given.
 * filter is a BPF expression or NULL. file is stored in each frame. Live: snaplen and buffer_octets apply.
 *
 * returns  SYC_OK; SYC_IO (cannot be opened), SYC_FORMAT (no capture), SYC_SYNTAX (filter), SYC_NO_MEMORY;
 *          then *out is NULL and *err says more
 */
struct syc_capture_options {
    const char *path;
    const char *interface;
    const char *filter;
    uint16_t file;
    uint32_t snaplen;       /* live; 0 = default 512 */
    uint32_t buffer_octets; /* live; 0 = default 64 MiB */
};
enum syc_status syc_capture_open(struct syc_capture **out,
                                 const struct syc_capture_options *options,
                                 struct syc_error *err) SYC_MUST_CHECK;

/*
 * Read up to max frames (max <= SYC_BATCH). Earlier batches' frames become invalid.
 *
 * returns  SYC_OK with *count >= 0 frames (0 only live: nothing arrived within 100 ms);
 *          SYC_END; SYC_TRUNCATED (cut or damaged: *err says at which octet and frame) or SYC_IO, after
 *          which only SYC_END follows. Frames before a fault are delivered first, with SYC_OK.
 */
enum syc_status syc_capture_next(struct syc_capture *c, struct syc_frame *frames, size_t max,
                                 size_t *count, struct syc_error *err) SYC_MUST_CHECK;

/* Counts so far; kernel counters are those of pcap_stats(3). */
void syc_capture_stats(struct syc_capture *c, struct syc_capture_stats *out);

void syc_capture_close(struct syc_capture *c);

#endif
