#include "capture/reader_int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    /* 64 KiB to 1 MiB measured equal, 4 MiB slower: out of the second cache (reference/performance 3). */
    BUFFER_OCTETS = 256 * 1024,
    RECORD_HEADER = 16,
};

/*
 * [pos, have) of buffer are octets read and not yet delivered. Frames of the last batch lie before pos and stay in
 * place until the next call, which alone moves or grows the buffer.
 */
struct pcap_reader {
    int fd;
    bool swapped; /* fields are big-endian */
    uint16_t link;
    uint16_t file;
    uint32_t record_max; /* a longer record is damage */
    int64_t fraction_ns; /* 1000 or 1: what a unit of the second time field is */
    uint8_t *buffer;
    size_t capacity, pos, have;
    uint64_t base;   /* offset in the file of buffer[0] */
    uint64_t number; /* records delivered or filtered */
    bool at_end;
    struct syc_filter *filter;
};

static uint16_t
load16(const uint8_t *p, bool swapped)
{
    return swapped ? syc_be16(p) : syc_le16(p);
}

static uint32_t
load32(const uint8_t *p, bool swapped)
{
    return swapped ? syc_be32(p) : syc_le32(p);
}

/* Magic numbers as read little-endian. */
enum { MAGIC_US = 0xa1b2c3d4, MAGIC_NS = 0xa1b23c4d };

bool
syc_reader_is_pcap(const struct syc_input *in, const struct syc_capture_options *options)
{
    uint32_t little = syc_le32(in->head), big = syc_be32(in->head);
    bool swapped = big == MAGIC_US || big == MAGIC_NS;
    bool known = swapped || little == MAGIC_US || little == MAGIC_NS;

    if (!known || load16(in->head + 4, swapped) != 2 || load16(in->head + 6, swapped) != 4) {
        return false; /* versions below 2.4 swap the two lengths of a record: libpcap knows which */
    }
    /* Filters on LINKTYPE_NULL compare the family in the writer's order, which only libpcap's file handle knows. */
    return options->filter == NULL || load32(in->head + 20, swapped) != 0;
}

/*
 * libpcap refuses records above 256 KiB whatever the header says. Writers with a larger snapshot length exist (GSO frames
 * with BIG TCP reach 512 KiB), so a header may raise the bound to 16 MiB; 0 and nonsense leave it.
 */
static uint32_t
record_bound(uint32_t snaplen)
{
    return snaplen > SYC_RECORD_USUAL && snaplen <= SYC_RECORD_MAX ? snaplen : SYC_RECORD_USUAL;
}

static void
read_header(struct pcap_reader *r, const struct syc_input *in)
{
    uint32_t magic, link;

    r->swapped = in->head[0] == 0xa1;
    magic = load32(in->head, r->swapped);
    r->fraction_ns = magic == MAGIC_NS ? 1 : 1000;
    r->record_max = record_bound(load32(in->head + 16, r->swapped));
    link = load32(in->head + 20, r->swapped) & 0x03ffffff; /* above: FCS length and reserved */
    r->link = link <= UINT16_MAX ? (uint16_t)link : UINT16_MAX;
    r->base = SYC_PCAP_HEADER;
}

/* Room for `need` octets from pos on, moving what is undelivered to the front; false when memory is short. */
static bool
make_room(struct pcap_reader *r, size_t need)
{
    uint8_t *larger;

    if (r->pos > 0) {
        memmove(r->buffer, r->buffer + r->pos, r->have - r->pos);
    }
    r->base += r->pos;
    r->have -= r->pos;
    r->pos = 0;
    if (need <= r->capacity) {
        return true;
    }
    larger = syc_resize(r->buffer, need, 1);
    if (larger == NULL) {
        return false;
    }
    r->buffer = larger;
    r->capacity = need;
    return true;
}

static enum syc_status
cut(const struct pcap_reader *r, const char *where, struct syc_error *err)
{
    return syc_error_set(err, SYC_TRUNCATED,
                         "cut inside %s %llu at octet %llu; %llu frames before it were read", where,
                         (unsigned long long)r->number + 1, (unsigned long long)(r->base + r->pos),
                         (unsigned long long)r->number);
}

static enum syc_status
absurd(const struct pcap_reader *r, uint32_t captured, struct syc_error *err)
{
    return syc_error_set(err, SYC_TRUNCATED,
                         "damaged: record %llu at octet %llu claims %lu octets, more than %lu; "
                         "%llu frames before it were read",
                         (unsigned long long)r->number + 1, (unsigned long long)(r->base + r->pos),
                         (unsigned long)captured, (unsigned long)r->record_max,
                         (unsigned long long)r->number);
}

static enum syc_status
read_failed(const struct pcap_reader *r, int number, struct syc_error *err)
{
    char text[100];

    syc_reader_error_text(number, text, sizeof text);
    return syc_error_set(err, SYC_IO, "read failed at octet %llu, after %llu frames: %s",
                         (unsigned long long)(r->base + r->have), (unsigned long long)r->number,
                         text);
}

enum step { STEP_FRAME, STEP_FILTERED, STEP_MORE, STEP_ABSURD };

/* The record at pos, if it is whole. Times are unsigned: seconds reach 2106. */
static enum step
take_record(struct pcap_reader *r, struct syc_frame *out)
{
    const uint8_t *p = r->buffer + r->pos;
    size_t have = r->have - r->pos;
    uint32_t captured;

    if (have < RECORD_HEADER) {
        return STEP_MORE;
    }
    captured = load32(p + 8, r->swapped);
    if (captured > r->record_max) {
        return STEP_ABSURD;
    }
    if (have - RECORD_HEADER < captured) {
        return STEP_MORE;
    }
    out->data = p + RECORD_HEADER;
    out->captured = captured;
    out->length = load32(p + 12, r->swapped);
    out->link = r->link;
    out->file = r->file;
    out->time_ns =
        load32(p, r->swapped) * SYC_NS_PER_S + load32(p + 4, r->swapped) * r->fraction_ns;
    out->number = ++r->number;
    r->pos += RECORD_HEADER + captured;
    if (r->filter != NULL && !syc_filter_matches(r->filter, out->data, captured, out->length)) {
        return STEP_FILTERED;
    }
    return STEP_FRAME;
}

/*
 * More octets for the record at pos, which is not whole. An interrupted read answers SYC_OK like any other: the caller
 * finds the record still incomplete and the batch empty, which lets a program that was told to stop do so.
 */
static enum syc_status
fill(struct pcap_reader *r, bool *interrupted, struct syc_error *err)
{
    size_t have = r->have - r->pos, need = RECORD_HEADER;
    int64_t got;

    if (have >= RECORD_HEADER) {
        need += load32(r->buffer + r->pos + 8, r->swapped);
    }
    if (r->at_end) {
        return have == 0 ? SYC_END
                         : cut(r, have < RECORD_HEADER ? "the header of record" : "record", err);
    }
    if (!make_room(r, need)) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for record %llu of %zu octets",
                             (unsigned long long)r->number + 1, need);
    }
    got = syc_input_read(r->fd, r->buffer + r->have, r->capacity - r->have, false);
    if (got < 0) {
        *interrupted = errno == EINTR;
        return *interrupted ? SYC_OK : read_failed(r, errno, err);
    }
    r->have += (size_t)got;
    r->at_end = got == 0;
    return SYC_OK;
}

static enum syc_status
next_batch(void *reader, struct syc_frame *frames, size_t max, size_t *count, struct syc_error *err)
{
    struct pcap_reader *r = reader;
    enum syc_status status = SYC_OK;
    bool interrupted = false;
    size_t n = 0;

    while (n < max && status == SYC_OK && !interrupted) {
        enum step step = take_record(r, &frames[n]);

        if (step == STEP_FRAME) {
            n++;
        } else if (step != STEP_FILTERED && n > 0) {
            break; /* what follows is met again by the next call, with these frames delivered */
        } else if (step == STEP_MORE) {
            status = fill(r, &interrupted, err);
        } else if (step == STEP_ABSURD) {
            status = absurd(r, load32(r->buffer + r->pos + 8, r->swapped), err);
        }
    }
    *count = n;
    return status;
}

static void
close_reader(void *reader)
{
    struct pcap_reader *r = reader;

    if (r->fd >= 0) {
        close(r->fd);
    }
    syc_filter_free(r->filter);
    syc_free(r->buffer);
    syc_free(r);
}

enum syc_status
syc_reader_open_pcap(struct syc_capture *c, struct syc_input *in,
                     const struct syc_capture_options *options, struct syc_error *err)
{
    static const struct syc_reader_kind kind = {next_batch, NULL, close_reader};
    struct pcap_reader *r = syc_alloc(1, sizeof *r);
    enum syc_status status = SYC_OK;

    if (r == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader");
    }
    r->fd = -1; /* not ours before all is well */
    r->file = options->file;
    r->capacity = BUFFER_OCTETS;
    r->buffer = syc_resize(NULL, r->capacity, 1);
    read_header(r, in);
    if (r->buffer == NULL) {
        status = syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader's buffer");
    } else if (options->filter != NULL) {
        status = syc_filter_new(&r->filter, options->filter, r->link, err);
    }
    if (status != SYC_OK) {
        close_reader(r);
        return status;
    }
    r->fd = in->fd;
    in->fd = -1;
    c->kind = &kind;
    c->reader = r;
    return SYC_OK;
}
