/*
 * Into tunnels, and those that are IP protocols of their own: GRE with all it carries, ERSPAN in
 * it.
 *
 * Invariant: a path names at most SYC_PATH_MAX tunnels, and every way into one goes through
 * syc_decode_enter(). That bounds the work for a frame and keeps option --no-tunnels complete.
 */

#include "capture/decode_int.h"

/* The fields that only one version or only a fragment header fills: none of the outer header's may shine through. */
static void
forget_outer(struct syc_cursor *c)
{
    struct syc_segment *out = c->out;

    out->ip_id = 0;
    out->ip_df = out->ip_mf = out->ip_reserved = false;
    out->flow_label = 0;
    out->fragment_id = 0;
    out->fragment_at = out->fragment_octets = 0;
    c->unsummed = false;
}

/*
 * Before the inner packet overwrites it: an outer first fragment carries an inner packet that goes
 * on in other frames, so its own length and not the carrier's says how long it was.
 */
enum syc_drop
syc_decode_enter(struct syc_cursor *c, enum syc_tunnel tunnel, syc_layer *inner)
{
    struct syc_path *path = &c->out->path;

    c->next = NULL;
    if ((c->flags & SYC_DECODE_NO_TUNNELS) != 0) {
        return SYC_DROP_TUNNEL_CLOSED;
    }
    if (path->tunnel_count == SYC_PATH_MAX) {
        return SYC_DROP_PATH_DEPTH;
    }
    path->tunnel[path->tunnel_count++] = (uint8_t)tunnel;
    if (c->out
            ->ip_mf) { /* the first fragment of the outer packet: the inner one goes on in the others */
        syc_cursor_unbind(c, UINT16_MAX);
    }
    forget_outer(c);
    c->next = inner;
    return SYC_DROP_NONE;
}

/* ------------------------------------------------------------ ERSPAN */

/*
 * A mirrored frame behind 8 octets (II, version 1) or 12 and perhaps 8 more (III, version 2). A frame that the
 * mirror cut is marked (T), and its IP header says how long it was. In III, a frame type of 2 is a bare IP packet.
 *
 * source  draft-foschiano-erspan-03 4.1 to 4.3
 */
static enum syc_drop
read_erspan(struct syc_cursor *c)
{
    const uint8_t *p = c->at;
    uint32_t header = 8, frame_type = 0;

    if (c->left < header) {
        return SYC_DROP_IP_SHORT;
    }
    if (p[0] >> 4 == 2) {
        if (c->left < 12) {
            return SYC_DROP_IP_SHORT;
        }
        header = (p[11] & 1) != 0 ? 20 : 12;
        frame_type = p[10] >> 2 & 31;
    } else if (p[0] >> 4 != 1) {
        return SYC_DROP_NOT_TCP;
    }
    if (frame_type != 0 && frame_type != 2) {
        return SYC_DROP_NOT_TCP;
    }
    if (c->left < header) {
        return SYC_DROP_IP_SHORT;
    }
    syc_cursor_skip(c, header);
    if ((p[2] & 4) != 0) {
        syc_cursor_unbind(c, UINT16_MAX);
    }
    return syc_decode_enter(c, SYC_TUNNEL_ERSPAN,
                            frame_type == 2 ? syc_decode_ip : syc_decode_ethernet);
}

/* ------------------------------------------------------------ GRE */

enum {
    GRE_CHECKSUM = 0x8000,
    GRE_ROUTING = 0x4000, /* RFC 1701 only; nobody sends it */
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    GRE_ACK = 0x0080, /* version 1 */
    GRE_VERSION = 7,
    TYPE_ERSPAN = 0x88be,
    TYPE_ERSPAN_3 = 0x22eb,
    TYPE_PPP = 0x880b,
};

/*
 * PPTP's: key (payload length, call), perhaps sequence and acknowledgment, PPP. Without payload it
 * only acknowledges.
 */
static enum syc_drop
read_pptp(struct syc_cursor *c, uint16_t flags)
{
    const uint8_t *p = c->at;
    uint32_t header = 8u + ((flags & GRE_SEQUENCE) != 0 ? 4 : 0) + ((flags & GRE_ACK) != 0 ? 4 : 0);
    uint16_t payload;

    if ((flags & GRE_KEY) == 0 || syc_be16(p + 2) != TYPE_PPP) {
        return SYC_DROP_NOT_TCP;
    }
    if (c->left < header) {
        return SYC_DROP_IP_SHORT;
    }
    payload = syc_be16(p + 4);
    if ((flags & GRE_SEQUENCE) == 0 || payload == 0) {
        return SYC_DROP_NOT_TCP;
    }
    syc_cursor_skip(c, header);
    syc_cursor_limit(c, payload);
    return syc_decode_enter(c, SYC_TUNNEL_GRE, syc_decode_ppp);
}

/*
 * Flags, version, Ethernet type of what is inside, then the fields that the flags announce.
 *
 * ERSPAN is not told as GRE and ERSPAN, for its GRE is nothing but its header; the oldest of it has none of its
 * own, which shows in a sequence number that is not there.
 *
 * source  RFC 2784 2, RFC 2890 2 (key, sequence), RFC 2637 4.1 (version 1)
 */
enum syc_drop
syc_decode_gre(struct syc_cursor *c)
{
    uint32_t header = 4;
    uint16_t flags, type;

    if (c->left < 8) { /* the least that carries anything */
        return c->left < c->wire ? SYC_DROP_IP_SHORT : SYC_DROP_NOT_TCP;
    }
    flags = syc_be16(c->at);
    type = syc_be16(c->at + 2);
    if ((flags & GRE_VERSION) == 1) {
        return read_pptp(c, flags);
    }
    if ((flags & (GRE_VERSION | GRE_ROUTING)) != 0) {
        return SYC_DROP_NOT_TCP;
    }
    header += (flags & GRE_CHECKSUM) != 0 ? 4 : 0;
    header += (flags & GRE_KEY) != 0 ? 4 : 0;
    header += (flags & GRE_SEQUENCE) != 0 ? 4 : 0;
    if (c->left < header) {
        return SYC_DROP_IP_SHORT;
    }
    syc_cursor_skip(c, header);
    if (type == TYPE_ERSPAN && (flags & GRE_SEQUENCE) == 0) {
        return syc_decode_enter(c, SYC_TUNNEL_ERSPAN, syc_decode_ethernet);
    }
    if (type == TYPE_ERSPAN || type == TYPE_ERSPAN_3) {
        c->next = read_erspan;
        return SYC_DROP_NONE;
    }
    if (syc_decode_follow_type(c, type) != SYC_DROP_NONE) {
        return SYC_DROP_NOT_TCP;
    }
    return syc_decode_enter(c, SYC_TUNNEL_GRE, c->next);
}
