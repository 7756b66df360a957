/*
 * Classic pcap, version 2.4, both byte orders, micro- and nanoseconds: the frames are borrowed from
 * the buffer, never copied.
 *
 * Invariants: a record is delivered only when all of it lies in the buffer and its captured length
 * is within record_max, so a length that an outsider wrote is compared with what is there before it
 * moves anything; `pos` stands at a record's header between calls, and moves past at least 16
 * octets with each record, so no file can hold the loop. What is wrong is told once, after all
 * frames before it.
 *
 * source  draft-ietf-opsawg-pcap
 */

#include "capture/reader_int.h"

enum { RECORD_HEADER = 16 };

struct pcap_reader {
    struct syc_input *in;
    bool swapped; /* fields are big-endian */
    uint16_t link;
    uint16_t file;
    uint32_t record_max; /* a longer record is damage */
    int64_t fraction_ns; /* 1000 or 1: what a unit of the second time field is */
    uint64_t number;     /* records delivered or filtered */
    struct syc_filter *filter;
};

/* Magic numbers as read little-endian. */
enum { MAGIC_US = 0xa1b2c3d4, MAGIC_NS = 0xa1b23c4d };

/*
 * The head has SYC_PCAP_HEADER octets at least (check_head). Versions below 2.4 swap the two
 * lengths of a record, and libpcap knows which.
 */
bool
syc_reader_is_pcap(const struct syc_input *in)
{
    const uint8_t *head = in->octets;
    uint32_t little = syc_le32(head), big = syc_be32(head);
    bool swapped = big == MAGIC_US || big == MAGIC_NS;
    bool known = swapped || little == MAGIC_US || little == MAGIC_NS;

    /* Versions below 2.4 swap the two lengths of a record: libpcap knows which. */
    return known && syc_load16(head + 4, swapped) == 2 && syc_load16(head + 6, swapped) == 4;
}

/*
 * libpcap refuses records above 256 KiB whatever the header says. Writers with a larger snapshot length exist
 * (GSO frames with BIG TCP reach 512 KiB), so a header may raise the bound to 16 MiB; 0 and nonsense leave it.
 */
static uint32_t
record_bound(uint32_t snaplen)
{
    return snaplen > SYC_RECORD_USUAL && snaplen <= SYC_RECORD_MAX ? snaplen : SYC_RECORD_USUAL;
}

/*
 * What comes in every record's way is worked out here once. The link type's upper bits say how long
 * a frame check sequence is; types above 16 bits are nobody's.
 */
static void
read_header(struct pcap_reader *r)
{
    const uint8_t *head = r->in->octets;
    uint32_t magic, link;

    r->swapped = head[0] == 0xa1;
    magic = syc_load32(head, r->swapped);
    r->fraction_ns = magic == MAGIC_NS ? 1 : 1000;
    r->record_max = record_bound(syc_load32(head + 16, r->swapped));
    link = syc_load32(head + 20, r->swapped) & 0x03ffffff; /* above: FCS length and reserved */
    r->link = link <= UINT16_MAX ? (uint16_t)link : UINT16_MAX;
    r->in->pos = SYC_PCAP_HEADER;
}

/* Which record, where, and how much was read before: what a report on a cut capture needs to say. */
static enum syc_status
cut(const struct pcap_reader *r, const char *where, struct syc_error *err)
{
    return syc_error_set(err, SYC_TRUNCATED, "cut inside %s %llu at octet %llu; " SYC_READ_BEFORE,
                         where, (unsigned long long)r->number + 1,
                         (unsigned long long)(r->in->base + r->in->pos),
                         SYC_READ_BEFORE_OF(r->number));
}

/* A length beyond the bound is damage: after it no record boundary is known, so nothing is read on. */
static enum syc_status
absurd(const struct pcap_reader *r, uint32_t captured, struct syc_error *err)
{
    return syc_error_set(
        err, SYC_TRUNCATED,
        "damaged: record %llu at octet %llu claims %lu octets, more than %lu; " SYC_READ_BEFORE,
        (unsigned long long)r->number + 1, (unsigned long long)(r->in->base + r->in->pos),
        (unsigned long)captured, (unsigned long)r->record_max, SYC_READ_BEFORE_OF(r->number));
}

/*
 * The records from pos on that are whole and sane. What a record needs is kept in registers, and the byte order is a
 * constant of each copy: 29 instructions a record instead of 53. `end` stands no further than the longest sane record
 * reaches, so one that ends before it is not too long either. Times are unsigned: seconds reach 2106.
 */
static inline __attribute__((always_inline)) size_t
take_records(struct pcap_reader *r, struct syc_frame *frames, size_t max, const bool swapped)
{
    struct syc_input *in = r->in;
    const size_t have = in->have - in->pos, sane = RECORD_HEADER + (size_t)r->record_max;
    const uint8_t *p = in->octets + in->pos, *end = p + (have < sane ? have : sane);
    const struct syc_filter *filter = r->filter;
    const int64_t fraction_ns = r->fraction_ns;
    const uint16_t link = r->link, file = r->file;
    struct syc_frame *f = frames, *const stop = frames + max;
    uint64_t number = r->number;

    while (f < stop && end - p >= RECORD_HEADER) {
        const uint32_t captured = syc_load32(p + 8, swapped);
        const uint8_t *data = p + RECORD_HEADER;

        if (captured > end - data) {
            break;
        }
        f->data = data;
        f->captured = captured;
        f->length = syc_load32(p + 12, swapped);
        f->link = link;
        f->file = file;
        f->time_ns =
            syc_load32(p, swapped) * SYC_NS_PER_S + syc_load32(p + 4, swapped) * fraction_ns;
        f->number = ++number;
        p = data + captured;
        f += filter == NULL || syc_filter_matches(filter, data, captured, f->length);
    }
    in->pos = (size_t)(p - in->octets);
    r->number = number;
    return (size_t)(f - frames);
}

/*
 * More octets for the record at pos, which is not whole or not sane. An interrupted read answers SYC_OK like any
 * other: the caller gets an empty batch, which lets a program that was told to stop do so.
 */
static enum syc_status
fill(struct pcap_reader *r, bool *interrupted, struct syc_error *err)
{
    struct syc_input *in = r->in;
    size_t have = in->have - in->pos, need = RECORD_HEADER;
    enum syc_status status;

    if (have >= RECORD_HEADER) {
        uint32_t captured = syc_load32(in->octets + in->pos + 8, r->swapped);

        if (captured > r->record_max) {
            return absurd(r, captured, err);
        }
        need += captured;
    }
    status = syc_input_more(in, need);
    *interrupted = status == SYC_INTERRUPTED;
    if (status == SYC_OK || *interrupted) {
        return SYC_OK;
    }
    if (status != SYC_END) {
        return syc_input_fault(in, status, r->number, err);
    }
    return have == 0 ? SYC_END
                     : cut(r, have < RECORD_HEADER ? "the header of record" : "record", err);
}

/*
 * A filter that lets nothing through would hold the program: after SYC_PASS_MAX octets it gets an
 * empty batch to look around.
 */
static enum syc_status
next_batch(void *reader, struct syc_frame *frames, size_t max, size_t *count, struct syc_error *err)
{
    struct pcap_reader *r = reader;
    uint64_t until = r->in->base + SYC_PASS_MAX;
    enum syc_status status = SYC_OK;
    bool interrupted = false;

    do {
        *count =
            r->swapped ? take_records(r, frames, max, true) : take_records(r, frames, max, false);
        if (*count > 0) {
            return SYC_OK; /* what follows is met again by the next call, with these delivered */
        }
        status = fill(r, &interrupted, err);
    } while (status == SYC_OK && !interrupted && r->in->base < until);
    return status;
}

static void
close_reader(void *reader)
{
    struct pcap_reader *r = reader;

    syc_filter_free(r->filter);
    syc_free(r);
}

enum syc_status
syc_reader_open_pcap(struct syc_capture *c, struct syc_error *err)
{
    static const struct syc_reader_kind kind = {next_batch, NULL, NULL, close_reader};
    struct pcap_reader *r = syc_alloc(1, sizeof *r);
    enum syc_status status = SYC_OK;

    if (r == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader");
    }
    r->in = &c->in;
    r->file = c->options.file;
    read_header(r);
    if (c->options.filter != NULL) {
        status = syc_filter_new(&r->filter, c->options.filter, r->link, err);
    }
    if (status != SYC_OK) {
        syc_free(r);
        return status;
    }
    c->kind = &kind;
    c->reader = r;
    return SYC_OK;
}
