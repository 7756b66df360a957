/*
 * Captures that libpcap reads and the own readers do not: the variants of pcap.
 *
 * Kept for what few wrote, so it may be slower: libpcap's empty loop took 395 instructions a packet
 * where walking records took 25 (measured with callgrind).
 */

#include "capture/reader_int.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

/*
 * Room for the copies of one batch; a larger frame makes it grow while the batch is empty, up to
 * what libpcap lets a record have.
 */
enum { BUFFER_OCTETS = 256 * 1024 };

/*
 * The variants of pcap that few wrote: libpcap knows their records. Seconds are 32 bits, which it takes as signed.
 * libpcap hands out one frame at a time and reuses its memory, so frames are copied until the batch or the buffer is
 * full. One that no longer fits stays libpcap's and waits: its octets live until the next pcap_next_ex().
 */
struct libpcap_reader {
    struct syc_input *in;
    int64_t given; /* octets that the stream has had */
    int64_t done;  /* of these, what records took that are read: it stands at in->pos */
    bool holds;    /* frames of this batch: they are delivered before anything is waited for */
    bool interrupted;
    FILE *stream;
    pcap_t *pcap;
    struct bpf_program program;
    bool filtered;
    uint16_t link;
    uint16_t file;
    uint64_t number;
    uint8_t *buffer;
    size_t capacity;
    bool waiting; /* header and data are of a frame not yet delivered */
    bool broken;  /* libpcap met a fault; it would answer "end" if asked again */
    const struct pcap_pkthdr *header;
    const uint8_t *data;
};

/*
 * stdio's way in to our input. The octets of a record stay there until libpcap has all of it: a signal that comes before,
 * or frames that should go first, are a failed read to libpcap, which then begins the record anew.
 */
static ssize_t
cookie_read(void *cookie, char *out, size_t size)
{
    struct libpcap_reader *r = cookie;
    struct syc_input *in = r->in;
    size_t ahead = (size_t)(r->given - r->done);
    size_t left;

    if (in->have - in->pos == ahead) {
        enum syc_status status = r->holds ? SYC_INTERRUPTED : syc_input_more(in, ahead + size);

        if (status == SYC_END) {
            return 0;
        }
        if (status != SYC_OK) {
            r->interrupted = status == SYC_INTERRUPTED;
            errno = EIO; /* the input knows better; read_one() and fault() ask it */
            return -1;
        }
    }
    left = in->have - in->pos - ahead;
    size = left < size ? left : size;
    memcpy(out, in->octets + in->pos + ahead, size);
    r->given += (int64_t)size;
    return (ssize_t)size;
}

/* For ftello() alone: where the stream stands, which takes off what it holds back. */
static int
cookie_seek(void *cookie, off64_t *offset, int whence)
{
    const struct libpcap_reader *r = cookie;

    if (whence != SEEK_CUR || *offset != 0) {
        return -1;
    }
    *offset = r->given;
    return 0;
}

/* A stream on the input, which stays the capture's. Without a buffer stdio asks such a stream octet by octet. */
static FILE *
open_stream(struct libpcap_reader *r)
{
    const cookie_io_functions_t functions = {.read = cookie_read, .seek = cookie_seek};

    return fopencookie(r, "r", functions);
}

/* What libpcap has read is not needed again. */
static void
advance(struct libpcap_reader *r)
{
    int64_t at = ftello(r->stream);

    if (at > r->done) {
        r->in->pos += (size_t)(at - r->done);
        r->done = at;
    }
}

/* The record is read from its beginning once more; what the stream holds back is in the input, too. */
static void
step_back(struct libpcap_reader *r)
{
    clearerr(r->stream);
    __fpurge(r->stream);
    r->given = r->done;
}

/*
 * libpcap has words but no codes: those that speak of an early end do so with these. Should it ever
 * word them otherwise, a cut header is told as "no such format", still with libpcap's words.
 */
static enum syc_status
status_of(const char *words)
{
    return strstr(words, "truncated") != NULL ? SYC_TRUNCATED : SYC_FORMAT;
}

/* The source's fault is the cause where it has one; libpcap saw only that reading stopped. */
static enum syc_status
fault(const struct libpcap_reader *r, struct syc_error *err)
{
    if (r->in->source.status != SYC_OK) {
        return syc_input_fault(r->in, r->in->source.status, r->number, err);
    }
    return syc_error_set(err, SYC_TRUNCATED, "not readable after frame %llu: %s; " SYC_READ_BEFORE,
                         (unsigned long long)r->number, pcap_geterr(r->pcap),
                         SYC_READ_BEFORE_OF(r->number));
}

/*
 * The next frame that passes the filter into r->header, r->data. After a fault libpcap would answer
 * "end of file", which would hide the fault from the batch that comes after the frames before it.
 */
static enum syc_status
read_one(struct libpcap_reader *r, struct syc_error *err)
{
    struct pcap_pkthdr *header;

    while (!r->waiting && !r->broken) {
        int got;

        r->interrupted = false;
        got = pcap_next_ex(r->pcap, &header, &r->data);
        if (r->interrupted) {
            step_back(r);
            return SYC_INTERRUPTED;
        }
        advance(r);
        if (got == PCAP_ERROR_BREAK) {
            return SYC_END;
        }
        if (got != 1) {
            r->broken = true;
            break;
        }
        r->number++;
        r->header = header;
        r->waiting = !r->filtered || pcap_offline_filter(&r->program, header, r->data) != 0;
    }
    return r->broken ? fault(r, err) : SYC_OK;
}

/* Copy the waiting frame behind the `used` octets of this batch; false when it does not fit. */
static bool
copy_frame(struct libpcap_reader *r, size_t used, struct syc_frame *out)
{
    uint32_t captured = r->header->caplen;

    if (captured > r->capacity - used) {
        uint8_t *larger = used > 0 ? NULL : syc_resize(r->buffer, captured, 1);

        if (larger == NULL) {
            return false;
        }
        r->buffer = larger;
        r->capacity = captured;
    }
    memcpy(r->buffer + used, r->data, captured);
    *out = (struct syc_frame){
        .data = r->buffer + used,
        .captured = captured,
        .length = r->header->len,
        .link = r->link,
        .file = r->file,
        .time_ns = (uint32_t)r->header->ts.tv_sec * SYC_NS_PER_S + r->header->ts.tv_usec,
        .number = r->number,
    };
    r->waiting = false;
    return true;
}

/* A batch of no frame is a signal, a fault or short memory: the first frame always fits or makes the buffer grow. */
static enum syc_status
next_batch(void *reader, struct syc_frame *frames, size_t max, size_t *count, struct syc_error *err)
{
    struct libpcap_reader *r = reader;
    size_t n = 0, used = 0;

    while (n < max) {
        enum syc_status status;

        r->holds = n > 0;
        status = read_one(r, err);
        if (status != SYC_OK) {
            *count = n;
            /* A fault is met again by the next call, with these delivered. */
            return n > 0 || status == SYC_INTERRUPTED ? SYC_OK : status;
        }
        if (!copy_frame(r, used, &frames[n])) {
            break;
        }
        used += frames[n].captured;
        n++;
    }
    *count = n;
    return n > 0 ? SYC_OK
                 : syc_error_set(err, SYC_NO_MEMORY, "no memory for frame %llu",
                                 (unsigned long long)r->number);
}

static void
close_reader(void *reader)
{
    struct libpcap_reader *r = reader;

    if (r->filtered) {
        pcap_freecode(&r->program);
    }
    if (r->pcap != NULL) {
        pcap_close(r->pcap);
    }
    syc_free(r->buffer);
    syc_free(r);
}

/* Everything but the stream, which pcap_fopen_offline takes over only when it succeeds. */
static enum syc_status
set_up(struct libpcap_reader *r, const struct syc_capture_options *options, struct syc_error *err)
{
    char words[PCAP_ERRBUF_SIZE] = "";

    r->capacity = BUFFER_OCTETS;
    r->buffer = syc_resize(NULL, r->capacity, 1);
    if (r->buffer == NULL) {
        fclose(r->stream);
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader's buffer");
    }
    r->pcap =
        pcap_fopen_offline_with_tstamp_precision(r->stream, PCAP_TSTAMP_PRECISION_NANO, words);
    if (r->pcap == NULL) {
        fclose(r->stream);
        return syc_error_set(err, status_of(words), "no frames were read: %s", words);
    }
    advance(r);
    r->link = (uint16_t)pcap_datalink(r->pcap);
    r->file = options->file;
    if (options->filter == NULL) {
        return SYC_OK;
    }
    if (pcap_compile(r->pcap, &r->program, options->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return syc_error_set(err, SYC_UNSUPPORTED, "filter: %s", pcap_geterr(r->pcap));
    }
    r->filtered = true;
    return SYC_OK;
}

enum syc_status
syc_reader_open_libpcap(struct syc_capture *c, struct syc_error *err)
{
    static const struct syc_reader_kind kind = {next_batch, NULL, NULL, close_reader};
    struct libpcap_reader *r = syc_alloc(1, sizeof *r);
    enum syc_status status;

    if (r != NULL) {
        r->in = &c->in;
        r->stream = open_stream(r);
    }
    if (r == NULL || r->stream == NULL) {
        syc_free(r);
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader");
    }
    status = set_up(r, &c->options, err);
    if (status != SYC_OK) {
        close_reader(r);
        return status;
    }
    c->kind = &kind;
    c->reader = r;
    return SYC_OK;
}
