#ifndef SYC_CAPTURE_SEGMENT_H
#define SYC_CAPTURE_SEGMENT_H

/*
 * Purpose           one frame in, one TCP segment or one reason out: the pure half of capture/
 * Input and output  struct syc_frame -> syc_decode() -> struct syc_segment; then its options one by one
 * Ownership         spans are borrowed from the frame's octets
 * Limits            8 VLAN tags and 8 tunnels of each frame's path; more is reason path_depth
 * Not here          where frames come from (capture.h)
 *
 * Accounting rests on this file: every frame gives a segment or exactly one reason, so frames = segments + the sum of
 * all reasons, and stats prints both. Malformed input is counted here and never an error.
 */

#include "base/base.h"

enum { SYC_PATH_MAX = 8 };

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
    X(IP_FRAGMENT, "ip_fragment") /* not the first fragment, of IP or of 802.11 */                 \
    X(IP_NO_NEXT, "ip_no_next")   /* IPv6 no-next-header, ESP and the like */                      \
    X(NOT_TCP, "not_tcp")         /* UDP, ICMP, SCTP, ... */                                       \
    X(ICMP_ERROR, "icmp_error")   /* ICMP error quoting TCP: see struct syc_segment.unreachable */ \
    X(TCP_SHORT, "tcp_short")     /* fewer than 20 octets of TCP captured */                       \
    X(TCP_BAD_OFFSET, "tcp_bad_offset") /* data offset below 5 */                                  \
    X(BAD_CHECKSUM, "bad_checksum")     /* only with SYC_DECODE_CHECKSUMS */                       \
    X(TUNNEL_CLOSED, "tunnel_closed")   /* a tunnel, with SYC_DECODE_NO_TUNNELS */

enum syc_drop {
#define X(name, word) SYC_DROP_##name,
    SYC_DROP_LIST(X)
#undef X
        SYC_DROP_COUNT
};

/* The word of a reason as in stats.decode; static, "unknown" for a number that is none. */
const char *syc_drop_name(enum syc_drop drop);

/* The word of an encapsulation as in the `tunnel` list; static, "unknown" for a number that is none. */
const char *syc_tunnel_name(enum syc_tunnel tunnel);

/* The 12 bits behind the data offset, RFC 9293 3.1; those without a name are reserved and kept for fingerprints. */
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

/* One captured frame. data is borrowed until the next syc_capture_next(); nothing of it was looked at yet. */
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
 * One TCP segment. Lengths are from the IP header, never from captured octets (where that header leaves its
 * length zero, as segmentation offload does, or claims more than the frame had, the frame's length on the wire
 * stands in; ip_octets stays what was claimed); *_cut say what was not captured. A header past the packet's end
 * gives cut options, no payload. A first fragment (ip_mf) has the payload that is in it: how much the segment
 * has, fragments.h knows later. With SYC_DROP_ICMP_ERROR the addresses, ip_v, ports and seq are the quoted ones
 * (src = who sent the SYN), `path`, time and number the frame's own, and icmp_code and `unreachable` (ICMP type
 * 3, ICMPv6 type 1) are set; nothing else counts.
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
    struct syc_span options; /* captured option octets, 0..40 */
    struct syc_span payload; /* captured payload octets */
    uint32_t ip_octets;      /* IP total length, headers and extension headers included */
    uint32_t payload_octets; /* TCP payload by the IP length */
    uint16_t urgent;
    uint16_t ip_id;           /* IPv4 */
    uint8_t ip_v;             /* 4 or 6, of the header that carries TCP */
    uint8_t ip_header_octets; /* IPv4: 20..60; IPv6: 40 */
    uint8_t ttl;              /* or hop limit */
    uint8_t traffic_class;    /* the TOS octet: DSCP and ECN */
    uint16_t file;
    uint8_t tcp_header_octets;
    bool ip_df; /* IPv4 */
    /* From here on: what few segments have, and a plain frame's clears at once (decode.c). */
    uint32_t ts_val, ts_ecr; /* valid when has_ts */
    bool has_ts;             /* a timestamp option of the right length was captured whole */
    bool payload_cut;        /* payload is shorter than payload_octets */
    bool options_cut;        /* the header's options are longer than what was captured */
    bool ip_mf, ip_reserved; /* more fragments; the reserved flag of IPv4 */
    bool unreachable;
    uint8_t icmp_code;
    uint32_t flow_label; /* IPv6, 20 bits */
    /* Of a fragment (ip_mf, or SYC_DROP_IP_FRAGMENT): its datagram, where it begins in that and its octets there. */
    uint32_t fragment_id;
    uint16_t fragment_at;
    uint16_t fragment_octets;
    struct syc_path path;
};

/*
 * Decode one frame.
 *
 * frame    borrowed
 * out      filled as far as the frame could be read, whatever is returned, the rest zero; its spans point into
 *          frame->data, and none reaches past frame->captured
 * returns  SYC_DROP_NONE and a segment, or the one reason
 * cost     one pass, no allocation, no state: equal frames give equal results
 * source   RFC 791, 8200, 9293; IEEE 802.1Q; tcpdump.org LINKTYPE pages; the files name those of each layer
 */
enum syc_drop syc_decode(const struct syc_frame *frame, struct syc_segment *out);

/*
 * Decode the frames of a batch up to the first that is not plain: syc_decode()'s answer for each is SYC_DROP_NONE, and
 * none is a fragment. Plain is TCP in IP in Ethernet with nothing between, which nine of ten frames are.
 *
 * out      room for count segments; the first of them as by syc_decode(), those behind them undefined
 * returns  how many frames were plain; 0 where the first one needs syc_decode()
 * cost     122 instructions a frame (callgrind, bench's mixed capture)
 */
size_t syc_decode_plain(const struct syc_frame *frames, size_t count, struct syc_segment *out);

enum syc_decode_flag {
    SYC_DECODE_NO_TUNNELS = 1, /* a tunnel is a reason, not a way in; AH and MPLS are no tunnels */
    /*
     * Every IPv4 header's and TCP's checksum must be right where all it covers was captured. A field of zero or
     * with the sum of the pseudo-header alone is one that was left to the adapter (offload), as on the sender's
     * own captures.
     */
    SYC_DECODE_CHECKSUMS = 2,
};

/* As syc_decode(), which is this with no flags and pays for none. flags: enum syc_decode_flag bits. */
enum syc_drop syc_decode_with(const struct syc_frame *frame, unsigned flags,
                              struct syc_segment *out);

/* Is there a decoder for frames of this LINKTYPE_ number? Those of others are SYC_DROP_LINK_TYPE. */
bool syc_link_is_read(uint16_t link);

/*
 * A LINKTYPE_ number's name without that prefix ("IEEE802_11_RADIOTAP"); static, "unknown" where
 * none is known here.
 */
const char *syc_link_name(uint16_t link);

/*
 * One TCP option while walking them. data is the option's value (empty for one-octet options),
 * inside the walked span.
 */
struct syc_option {
    uint8_t kind;
    bool malformed;       /* length octet missing, < 2, or past the end: the walk ends after it */
    struct syc_span data; /* of a malformed one what is there after its length octet */
};

/*
 * Next option of *rest, which is advanced past it. EOL is returned (kind 0) and ends nothing by itself:
 * the caller decides what the octets after it are.
 *
 * rest     any octets; a malformed option leaves it empty
 * returns  false when *rest is empty: after as many calls as it had octets, at most
 * source   RFC 9293 3.1
 */
bool syc_option_next(struct syc_span *rest, struct syc_option *out);

#endif
