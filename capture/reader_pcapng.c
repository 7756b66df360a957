/*
 * pcapng as draft-ietf-opsawg-pcapng has it: sections of either byte order, interfaces of any link
 * type and clock.
 *
 *                      take_plain()  runs of good enhanced packets, nearly all of a file
 *                           | the first that is not
 *                           v
 *    take_block():  section | interface | packet (3 kinds) | any other -> skip_block()
 *         |
 *         +-> STEP_FRAME    one more frame        STEP_NOTHING  on to the next block
 *         +-> STEP_MORE     fill() the buffer     STEP_DAMAGE   tell_damage(), and the file is over
 *
 * Invariants: `total` is compared with the shortest block of its type before any field behind it is
 * read, both of its copies must agree, and a frame's captured length is compared with the block's;
 * so three lengths that an outsider wrote bound each other and the buffer bounds them all. Each
 * step takes a block of 12 octets at least, asks for more input or ends the file. A block of
 * unknown type may have 4 GiB: it is walked past in pieces (struct skip), never put together.
 *
 * Where a file is odd but readable (no times, times out of range, interfaces that the filter does
 * not fit) it is read to its end, and tell_rest() says so once instead of SYC_END.
 */

#include "capture/reader_pcapng.h"

#include <stdarg.h>
#include <stdio.h>

/* Section 4 of the draft: the types, where their fields are, and what the shortest block of each has. */
enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    BLOCK_JOURNAL = 9, /* and these hold no packet, but Wireshark gives them a frame number */
    BLOCK_SYSDIG = 0x204,
    BLOCK_SYSDIG_2 = 0x216,
    BLOCK_SYSDIG_LARGE = 0x221,
    BLOCK_CUSTOM = 0xbad,
    BLOCK_CUSTOM_KEEP = 0x40000bad,
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
    BODY = 8,                   /* behind type and length */
    TRAILER = 4,                /* the length once more */
    BLOCK_SHORTEST = BODY + TRAILER,
    INTERFACE_SHORTEST = 20,
    SIMPLE_DATA = 12,
    SIMPLE_SHORTEST = SIMPLE_DATA + TRAILER,
    PACKET_DATA = 28,
    PACKET_SHORTEST = PACKET_DATA + TRAILER,
    ORDER_MAGIC = 0x1a2b3c4d,
    /* Packets and interfaces have to be in the buffer as a whole: the largest frame, and a lot of options. */
    BLOCK_MAX = SYC_RECORD_MAX + 256 * 1024,
};

/* What became of the block at pos. */
enum step { STEP_FRAME, STEP_NOTHING, STEP_MORE, STEP_DAMAGE };

/* A block of which only the end matters: octets up to the next one, where it began, the length it began with. */
struct skip {
    uint64_t left, from;
    uint32_t total;
};

/*
 * `number` counts as Wireshark does, also blocks without a packet, so that a frame is found there
 * by the number it has here.
 */
struct pcapng_reader {
    struct syc_input *in;
    bool big_endian; /* of the section */
    bool told;       /* what was not right but no damage */
    uint16_t file;
    uint64_t number; /* of the last frame, delivered or filtered */
    uint64_t others; /* numbers that went to blocks without a packet */
    int64_t last_ns;
    size_t wanted; /* with STEP_MORE: octets from pos on */
    struct pcapng_links links;
    struct skip skip;
    struct pcapng_filters filters;
    uint64_t left_out, timeless, odd_times; /* frames that need a word at the end */
    enum syc_status damage;                 /* with STEP_DAMAGE */
    char words[100];
};

/* ------------------------------------------------------------ what is said */

static enum step broken(struct pcapng_reader *r, const char *format, ...) SYC_PRINTF(2, 3);

/* words follow "block at octet N". */
static enum step
broken(struct pcapng_reader *r, const char *format, ...)
{
    va_list args;

    r->damage = SYC_TRUNCATED;
    va_start(args, format);
    vsnprintf(r->words, sizeof r->words, format, args);
    va_end(args);
    return STEP_DAMAGE;
}

/* Frames delivered or filtered: what messages count, unlike `number`. */
static unsigned long long
frames_read(const struct pcapng_reader *r)
{
    return r->number - r->others;
}

/* Where the block began that is being read or walked past, for messages. */
static unsigned long long
block_octet(const struct pcapng_reader *r)
{
    return r->skip.left > 0 ? r->skip.from : r->in->base + r->in->pos;
}

/* Memory is not damage: the file may be fine, and its message does not call it damaged. */
static enum syc_status
tell_damage(const struct pcapng_reader *r, struct syc_error *err)
{
    if (r->damage == SYC_NO_MEMORY) {
        return syc_error_set(err, r->damage, "no memory for interface %zu", r->links.count);
    }
    return syc_error_set(err, r->damage, "damaged: block at octet %llu %s; " SYC_READ_BEFORE,
                         block_octet(r), r->words, SYC_READ_BEFORE_OF(frames_read(r)));
}

/* Once, where the input ends well: what of it could not be taken as it is. */
static enum syc_status
tell_rest(struct pcapng_reader *r, struct syc_error *err)
{
    if (r->told) {
        return SYC_END;
    }
    r->told = true;
    if (r->left_out > 0) {
        return syc_error_set(
            err, SYC_UNSUPPORTED,
            "%s; %llu of %llu frames, of interfaces it does not fit, were left out",
            r->filters.why.text, (unsigned long long)r->left_out, frames_read(r));
    }
    if (r->odd_times > 0) {
        return syc_error_set(err, SYC_UNSUPPORTED,
                             "the times of %llu of %llu frames lie outside 1901 to 2191; the "
                             "nearest was taken",
                             (unsigned long long)r->odd_times, frames_read(r));
    }
    if (r->timeless > 0) {
        return syc_error_set(err, SYC_UNSUPPORTED,
                             "%llu of %llu frames have no time; that of the frame before was taken",
                             (unsigned long long)r->timeless, frames_read(r));
    }
    return SYC_END;
}

/* ------------------------------------------------------------ blocks that are no packets */

/* More input than is in the buffer, counted from pos. */
static enum step
need(struct pcapng_reader *r, size_t octets)
{
    r->wanted = octets;
    return STEP_MORE;
}

/* Octets up to the next block. A length that is no multiple of 4 has left the padding out; Wireshark reads it so. */
static uint64_t
padded(uint32_t total)
{
    return ((uint64_t)total + 3) & ~UINT64_C(3);
}

/* On to the end of a block that may have 4 GiB; only its last octets have to be in the buffer at one time. */
static enum step
skip_on(struct pcapng_reader *r)
{
    struct syc_input *in = r->in;
    uint64_t have = in->have - in->pos, n = r->skip.left - TRAILER;
    uint32_t again;

    n = n < have ? n : have;
    in->pos += (size_t)n;
    r->skip.left -= n;
    if (r->skip.left > TRAILER || have - n < TRAILER) {
        return need(r, TRAILER);
    }
    again = syc_load32(in->octets + in->pos, r->big_endian);
    if (again != r->skip.total) {
        return broken(r, "begins with length %u and ends with %u", r->skip.total, again);
    }
    in->pos += TRAILER;
    r->skip.left = 0;
    return STEP_NOTHING;
}

/* A length below 12 would not move on: the endless loop of a hostile file ends here. */
static enum step
skip_block(struct pcapng_reader *r, uint32_t total)
{
    if (total < BLOCK_SHORTEST) {
        return broken(r, "has a length of %u", total);
    }
    r->skip = (struct skip){padded(total), r->in->base + r->in->pos, total};
    return skip_on(r);
}

/*
 * A section header ends what was said before it: the byte order and the interfaces. Its own order
 * is told by the magic before any other field of it is believed; its options are skipped with the
 * rest.
 */
static enum step
take_section(struct pcapng_reader *r, const uint8_t *p, size_t have)
{
    bool big;
    uint32_t total;
    unsigned major;

    if (have < SYC_SECTION_HEADER) {
        return need(r, SYC_SECTION_HEADER);
    }
    big = syc_be32(p + 8) == ORDER_MAGIC;
    if (!big && syc_le32(p + 8) != ORDER_MAGIC) {
        return broken(r, "begins a section without a byte-order magic (%08x)", syc_be32(p + 8));
    }
    total = syc_load32(p + 4, big);
    major = syc_load16(p + 12, big);
    if (total < SYC_SECTION_HEADER) {
        return broken(r, "begins a section, but has a length of %u", total);
    }
    if (major != 1) { /* minor versions can be read, other major ones cannot (4.1) */
        return broken(r, "begins a section of version %u; 1 is known", major);
    }
    r->big_endian = big;
    r->links.count = 0;
    return skip_block(r, total);
}

/*
 * Whether a block lies whole at p; else *step is what to answer. total is at least BLOCK_SHORTEST
 * by what the callers compare, so the trailer lies behind the head.
 */
static bool
whole(struct pcapng_reader *r, const uint8_t *p, size_t have, uint32_t total, enum step *step)
{
    size_t octets = (size_t)padded(total);
    uint32_t again;

    if (total > BLOCK_MAX) {
        *step = broken(r, "claims %u octets, more than %d", total, BLOCK_MAX);
        return false;
    }
    if (have < octets) {
        *step = need(r, octets);
        return false;
    }
    again = syc_load32(p + octets - TRAILER, r->big_endian);
    if (again != total) {
        *step = broken(r, "begins with length %u and ends with %u", total, again);
        return false;
    }
    return true;
}

/*
 * Its place among the interfaces is its number, so one that cannot be kept ends the file: packets
 * after it would be of another.
 */
static enum step
take_interface(struct pcapng_reader *r, const uint8_t *p, size_t have, uint32_t total)
{
    enum pcapng_added added;
    enum step step;

    if (total < INTERFACE_SHORTEST) {
        return broken(r, "describes an interface, but has a length of %u", total);
    }
    if (!whole(r, p, have, total, &step)) {
        return step;
    }
    added = pcapng_links_add(&r->links, (struct syc_span){p + BODY, total - BLOCK_SHORTEST},
                             r->big_endian);
    if (added == PCAPNG_TOO_MANY) {
        return broken(r, "describes one interface more than %d", PCAPNG_LINKS_MAX);
    }
    if (added == PCAPNG_NO_MEMORY) {
        r->damage = SYC_NO_MEMORY;
        return STEP_DAMAGE;
    }
    r->in->pos += (size_t)padded(total);
    return STEP_NOTHING;
}

/* ------------------------------------------------------------ packets */

/* One of a link type for which there is no filter is left out and counted. */
static bool
passes(struct pcapng_reader *r, struct pcapng_link *link, const struct syc_frame *f)
{
    if (!link->asked) {
        link->filter = pcapng_filters_get(&r->filters, link->link);
        link->asked = true;
    }
    if (link->filter == NULL) {
        r->left_out++;
        return false;
    }
    return syc_filter_matches(link->filter, f->data, f->captured, f->length);
}

/* The end of both kinds of packet. */
static enum step
deliver(struct pcapng_reader *r, struct pcapng_link *link, struct syc_frame *out, uint32_t total)
{
    out->link = link->link;
    out->file = r->file;
    out->number = ++r->number;
    r->in->pos += (size_t)padded(total);
    if (r->filters.expression != NULL && !passes(r, link, out)) {
        return STEP_NOTHING;
    }
    return STEP_FRAME;
}

/*
 * An enhanced packet block, or the obsolete one, which has 16 bits for the interface and then 16 for a count of
 * drops.
 *
 *      0     4      8          12      16      20        24        28               total - 4
 *      type  total  interface  ticks (high, low) captured  on wire   octets, options  total
 *
 * The order of checks matters: total before whole() before captured, which may be at most what is between 28 and the
 * trailer. Padding and options behind the frame are not looked at.
 */
static enum step
take_packet(struct pcapng_reader *r, const uint8_t *p, size_t have, uint32_t total,
            struct syc_frame *out, bool obsolete)
{
    const bool big = r->big_endian;
    struct pcapng_link *link;
    uint32_t id, captured;
    enum step step;

    if (total < PACKET_SHORTEST) {
        return broken(r, "is a packet, but has a length of %u", total);
    }
    if (!whole(r, p, have, total, &step)) {
        return step;
    }
    id = obsolete ? syc_load16(p + 8, big) : syc_load32(p + 8, big);
    captured = syc_load32(p + 20, big);
    if (id >= r->links.count) {
        return broken(r, "is of interface %u, where the section has %zu", id, r->links.count);
    }
    if (captured > total - PACKET_SHORTEST) {
        return broken(r, "of %u octets holds a frame of %u", total, captured);
    }
    link = &r->links.items[id];
    out->time_ns =
        pcapng_time(link, (uint64_t)syc_load32(p + 12, big) << 32 | syc_load32(p + 16, big),
                    &r->odd_times);
    r->last_ns = out->time_ns;
    out->data = p + PACKET_DATA;
    out->captured = captured;
    out->length = syc_load32(p + 24, big);
    return deliver(r, link, out, total);
}

/*
 * A simple packet block: of interface 0, without a time, and its captured length is to be
 * concluded: the lesser of the wire's and the snapshot length (4.4). It has the time of the frame
 * before it.
 */
static enum step
take_simple(struct pcapng_reader *r, const uint8_t *p, size_t have, uint32_t total,
            struct syc_frame *out)
{
    struct pcapng_link *link = r->links.items;
    enum step step;

    if (total < SIMPLE_SHORTEST) {
        return broken(r, "is a packet, but has a length of %u", total);
    }
    if (!whole(r, p, have, total, &step)) {
        return step;
    }
    if (r->links.count == 0) {
        return broken(r, "is a packet before any interface");
    }
    out->length = syc_load32(p + BODY, r->big_endian);
    out->captured = link->snaplen != 0 && link->snaplen < out->length ? link->snaplen : out->length;
    if (out->captured > total - SIMPLE_SHORTEST) {
        return broken(r, "of %u octets holds a frame of %u", total, out->captured);
    }
    out->data = p + SIMPLE_DATA;
    out->time_ns = r->last_ns;
    r->timeless++;
    return deliver(r, link, out, total);
}

/* The block at pos, whatever it is. Unknown types are skipped, as 3.1 of the draft has it. */
static enum step
take_block(struct pcapng_reader *r, struct syc_frame *out)
{
    const uint8_t *p = r->in->octets + r->in->pos;
    size_t have = r->in->have - r->in->pos;
    uint32_t total;

    if (r->skip.left > 0) {
        return skip_on(r);
    }
    if (have < BLOCK_SHORTEST) {
        return need(r, BLOCK_SHORTEST);
    }
    total = syc_load32(p + 4, r->big_endian);
    switch (syc_load32(p, r->big_endian)) {
    case BLOCK_SECTION:
        return take_section(r, p, have);
    case BLOCK_INTERFACE:
        return take_interface(r, p, have, total);
    case BLOCK_PACKET:
        return take_packet(r, p, have, total, out, true);
    case BLOCK_SIMPLE:
        return take_simple(r, p, have, total, out);
    case BLOCK_ENHANCED:
        return take_packet(r, p, have, total, out, false);
    case BLOCK_JOURNAL:
    case BLOCK_SYSDIG:
    case BLOCK_SYSDIG_2:
    case BLOCK_SYSDIG_LARGE:
    case BLOCK_CUSTOM:
    case BLOCK_CUSTOM_KEEP:
        r->number++; /* so that a frame is found there by the number it has here */
        r->others++;
        return skip_block(r, total);
    default:
        return skip_block(r, total);
    }
}

/*
 * The enhanced packets from pos on with which all is well, which nearly all blocks are; the first other one ends
 * it and is take_block()'s. As in reader_pcap.c position and count are in registers and the byte order is a constant.
 */
static inline __attribute__((always_inline)) size_t
take_plain(struct pcapng_reader *r, struct syc_frame *frames, size_t max, const bool big)
{
    struct syc_input *in = r->in;
    const uint8_t *p = in->octets + in->pos, *end = in->octets + in->have;
    const struct pcapng_link *links = r->links.items;
    const size_t link_count = r->links.count;
    uint64_t number = r->number;
    size_t n = 0;

    while (n < max && end - p >= PACKET_SHORTEST) {
        uint32_t total = syc_load32(p + 4, big), id = syc_load32(p + 8, big);
        uint32_t captured = syc_load32(p + 20, big);
        uint64_t octets = padded(total);
        struct syc_frame *f = &frames[n];
        uint64_t ticks = (uint64_t)syc_load32(p + 12, big) << 32 | syc_load32(p + 16, big);

        if (syc_load32(p, big) != BLOCK_ENHANCED || total < PACKET_SHORTEST ||
            octets > (uint64_t)(end - p) || syc_load32(p + octets - TRAILER, big) != total ||
            id >= link_count || captured > total - PACKET_SHORTEST ||
            ticks >= links[id].plain_end) {
            break;
        }
        f->time_ns = (int64_t)ticks * links[id].unit_ns + links[id].offset_ns;
        f->data = p + PACKET_DATA;
        f->captured = captured;
        f->length = syc_load32(p + 24, big);
        f->link = links[id].link;
        f->file = r->file;
        f->number = ++number;
        p += octets;
        n++;
    }
    in->pos = (size_t)(p - in->octets);
    r->number = number;
    r->last_ns = n > 0 ? frames[n - 1].time_ns : r->last_ns;
    return n;
}

/* ------------------------------------------------------------ batches */

/* As in reader_pcap.c: an interrupted read is an empty batch. */
static enum syc_status
fill(struct pcapng_reader *r, bool *interrupted, struct syc_error *err)
{
    struct syc_input *in = r->in;
    bool between = in->have == in->pos && r->skip.left == 0;
    enum syc_status status = syc_input_more(in, r->wanted);

    *interrupted = status == SYC_INTERRUPTED;
    if (status == SYC_OK || *interrupted) {
        return SYC_OK;
    }
    if (status != SYC_END) {
        return syc_input_fault(in, status, frames_read(r), err);
    }
    if (between) {
        return tell_rest(r, err);
    }
    return syc_error_set(err, SYC_TRUNCATED, "cut inside the block at octet %llu; " SYC_READ_BEFORE,
                         block_octet(r), SYC_READ_BEFORE_OF(frames_read(r)));
}

/*
 * As in reader_pcap.c: faults wait until the frames before them are delivered, and after
 * SYC_PASS_MAX octets without any the program gets to look around.
 */
static enum syc_status
next_batch(void *reader, struct syc_frame *frames, size_t max, size_t *count, struct syc_error *err)
{
    struct pcapng_reader *r = reader;
    uint64_t until = r->in->base + SYC_PASS_MAX;
    enum syc_status status = SYC_OK;
    bool interrupted = false;
    size_t n = 0;

    while (n < max && status == SYC_OK && !interrupted && r->in->base < until) {
        enum step step;

        if (r->skip.left == 0 && r->filters.expression == NULL) {
            n += r->big_endian ? take_plain(r, frames + n, max - n, true)
                               : take_plain(r, frames + n, max - n, false);
        }
        if (n == max) {
            break;
        }
        step = take_block(r, &frames[n]);
        if (step == STEP_FRAME) {
            n++;
        } else if (step != STEP_NOTHING && n > 0) {
            break; /* what follows is met again by the next call, with these frames delivered */
        } else if (step == STEP_MORE) {
            status = fill(r, &interrupted, err);
        } else if (step == STEP_DAMAGE) {
            status = tell_damage(r, err);
        }
    }
    *count = n;
    return status;
}

static void
close_reader(void *reader)
{
    struct pcapng_reader *r = reader;

    pcapng_links_fini(&r->links);
    pcapng_filters_fini(&r->filters);
    syc_free(r);
}

enum syc_status
syc_reader_open_pcapng(struct syc_capture *c, struct syc_error *err)
{
    static const struct syc_reader_kind kind = {next_batch, NULL, NULL, close_reader};
    struct pcapng_reader *r = syc_alloc(1, sizeof *r);

    if (r == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader");
    }
    r->in = &c->in;
    r->file = c->options.file;
    r->filters.expression = c->options.filter;
    c->kind = &kind;
    c->reader = r;
    return SYC_OK;
}
