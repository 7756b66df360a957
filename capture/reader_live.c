/*
 * An interface, by libpcap: kernel ring, kernel filter, and a batch of copies.
 *
 * The defaults are measured (reference/performance 4): never immediate mode, which lost 64 % at
 * 377,000 segments/s; a large ring; a small snapshot length, since what is analyzed is headers.
 * What the kernel drops is counted and told: add_stats().
 */

#include "capture/reader_int.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* Defaults, and what a wait and a copy may take. */
enum {
    SNAPLEN = 512, /* headers, a request head, the start of a ClientHello */
    RING_OCTETS =
        64 * 1024 *
        1024, /* no drops at 540,000 segments/s where 2 MiB lost 1 % (reference/performance 4) */
    WAIT_MS = 100, /* how long a stop or an expiry may have to wait */
    BUFFER_OCTETS = 256 * 1024,
    FRAME_SLACK = 64, /* libpcap puts VLAN tags back in: 4 octets beyond the snapshot length */
};

/* frame_max bounds each copy: libpcap promises a snapshot length, and this reader does not take its word. */
struct live_reader {
    pcap_t *pcap;
    int64_t fraction_ns; /* of tv_usec: 1 with nanosecond time stamps, else 1000 */
    uint16_t link;
    uint16_t file;
    uint32_t frame_max; /* most octets one frame can take in buffer */
    uint64_t number;
    uint8_t *buffer;
    size_t capacity;
    uint32_t last_drops, last_interface_drops; /* pcap_stats counts in 32 bits, which wrap */
    char interface[64];
};

/* The batch a dispatch fills. */
struct batch {
    struct live_reader *reader;
    struct syc_frame *frames;
    size_t count, used;
};

/*
 * The ring's memory goes back to the kernel when dispatch returns, so a frame is copied: 512 octets
 * at most by default.
 */
static void
take_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct batch *b = (struct batch *)(void *)user;
    struct live_reader *r = b->reader;
    uint32_t captured = header->caplen < r->frame_max ? header->caplen : r->frame_max;
    uint8_t *copy = r->buffer + b->used;

    memcpy(copy, data, captured);
    b->used += captured;
    b->frames[b->count++] = (struct syc_frame){
        .data = copy,
        .captured = captured,
        .length = header->len,
        .link = r->link,
        .file = r->file,
        .time_ns = header->ts.tv_sec * SYC_NS_PER_S + header->ts.tv_usec * r->fraction_ns,
        .number = ++r->number,
    };
}

/*
 * An interface that is down delivers nothing and libpcap waits for it to come back; a report without traffic would
 * then look like a quiet net. Asked only when a wait brought nothing.
 */
static enum syc_status
check_interface(const struct live_reader *r, struct syc_error *err)
{
    struct ifreq request = {0};
    size_t n = strlen(r->interface);

    if (n >= sizeof request.ifr_name || strcmp(r->interface, "any") == 0) {
        return SYC_OK;
    }
    memcpy(request.ifr_name, r->interface, n);
    if (ioctl(pcap_fileno(r->pcap), SIOCGIFFLAGS, &request) != 0) {
        return errno == ENODEV
                   ? syc_error_set(err, SYC_IO, "the interface disappeared after %llu frame%s",
                                   (unsigned long long)r->number, SYC_PLURAL(r->number))
                   : SYC_OK; /* not a kind of device that has flags */
    }
    if ((request.ifr_flags & IFF_UP) == 0) {
        return syc_error_set(err, SYC_IO, "the interface went down after %llu frame%s",
                             (unsigned long long)r->number, SYC_PLURAL(r->number));
    }
    return SYC_OK;
}

/*
 * poll() and not libpcap's own timeout: with TPACKET_V3 that one lets a call wait for ever when nothing arrives
 * (pcap(3), "packet buffer timeout"). An interrupted wait is an empty batch, so that a signal is noticed at once.
 */
static enum syc_status
next_batch(void *reader, struct syc_frame *frames, size_t max, size_t *count, struct syc_error *err)
{
    struct live_reader *r = reader;
    struct batch b = {.reader = r, .frames = frames};
    size_t fit = r->capacity / r->frame_max;
    int limit = (int)(max < fit ? max : fit);
    struct pollfd ready = {.fd = pcap_get_selectable_fd(r->pcap), .events = POLLIN};
    int got = pcap_dispatch(r->pcap, limit, take_frame, (u_char *)&b);

    if (got == 0 && poll(&ready, 1, WAIT_MS) > 0) {
        got = pcap_dispatch(r->pcap, limit, take_frame, (u_char *)&b);
    }
    *count = b.count;
    if (b.count > 0) {
        return SYC_OK; /* a fault met behind these frames is met again */
    }
    if (got < 0) {
        return syc_error_set(err, SYC_IO, "capture stopped after %llu frame%s: %s",
                             (unsigned long long)r->number, SYC_PLURAL(r->number),
                             pcap_geterr(r->pcap));
    }
    return check_interface(r, err);
}

/*
 * Differences modulo 2^32 since the last look: the kernel's counters wrap, and a run lasts for
 * months. Looked at once in 2^32 drops at least, the sum is exact.
 */
static void
add_stats(void *reader, struct syc_capture_stats *out)
{
    struct live_reader *r = reader;
    struct pcap_stat now;

    if (pcap_stats(r->pcap, &now) != 0) {
        return; /* the counts so far stay true as lower bounds */
    }
    out->kernel_drops += (uint32_t)(now.ps_drop - r->last_drops);
    out->interface_drops += (uint32_t)(now.ps_ifdrop - r->last_interface_drops);
    r->last_drops = now.ps_drop;
    r->last_interface_drops = now.ps_ifdrop;
}

/* Also of one that was set up half: what is not there is NULL. */
static void
close_reader(void *reader)
{
    struct live_reader *r = reader;

    if (r->pcap != NULL) {
        pcap_close(r->pcap);
    }
    syc_free(r->buffer);
    syc_free(r);
}

/* libpcap's words, or those of its code where it left none. */
static enum syc_status
activation_error(pcap_t *pcap, int code, struct syc_error *err)
{
    const char *words = pcap_geterr(pcap);

    return syc_error_set(err, SYC_IO, "cannot capture: %s",
                         words[0] != '\0' ? words : pcap_statustostr(code));
}

/*
 * From a name to a running handle. The warnings of pcap_activate() are not errors: a device without
 * promiscuous mode or nanoseconds is still a device.
 */
static enum syc_status
activate(struct live_reader *r, const struct syc_capture_options *options, struct syc_error *err)
{
    uint32_t ring = options->buffer_octets != 0 ? options->buffer_octets : RING_OCTETS;
    uint32_t snaplen = options->snaplen != 0 ? options->snaplen : SNAPLEN;
    char words[PCAP_ERRBUF_SIZE] = "";
    int code;

    r->pcap = pcap_create(options->interface, words);
    if (r->pcap == NULL) {
        return syc_error_set(err, SYC_IO, "cannot capture: %s", words);
    }
    /* These fail only on an active handle; a precision that the system lacks leaves microseconds. */
    pcap_set_snaplen(r->pcap, (int)(snaplen < SYC_RECORD_USUAL ? snaplen : SYC_RECORD_USUAL));
    pcap_set_buffer_size(r->pcap, (int)(ring < INT32_MAX ? ring : INT32_MAX));
    pcap_set_timeout(r->pcap, WAIT_MS);
    pcap_set_promisc(r->pcap, 1);
    pcap_set_tstamp_precision(r->pcap, PCAP_TSTAMP_PRECISION_NANO);
    code = pcap_activate(r->pcap); /* positive: a warning, such as no promiscuous mode */
    if (code < 0) {
        return activation_error(r->pcap, code, err);
    }
    if (pcap_setnonblock(r->pcap, 1, words) != 0) {
        return syc_error_set(err, SYC_IO, "cannot capture: %s", words);
    }
    return SYC_OK;
}

/* In the kernel, before the first frame is read: what does not pass costs no copy. */
static enum syc_status
set_filter(struct live_reader *r, const char *expression, struct syc_error *err)
{
    struct bpf_program program;
    enum syc_status status = SYC_OK;

    if (expression == NULL) {
        return SYC_OK;
    }
    if (pcap_compile(r->pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return syc_error_set(err, SYC_SYNTAX, "filter: %s", pcap_geterr(r->pcap));
    }
    if (pcap_setfilter(r->pcap, &program) != 0) {
        status = syc_error_set(err, SYC_IO, "filter: %s", pcap_geterr(r->pcap));
    }
    pcap_freecode(&program);
    return status;
}

/*
 * What is known only of an active handle. The buffer holds at least one frame, whatever snapshot
 * length libpcap settled on.
 */
static enum syc_status
set_up(struct live_reader *r, const struct syc_capture_options *options, struct syc_error *err)
{
    bool nano = pcap_get_tstamp_precision(r->pcap) == PCAP_TSTAMP_PRECISION_NANO;

    r->fraction_ns = nano ? 1 : 1000;
    r->link = (uint16_t)pcap_datalink(r->pcap);
    r->file = options->file;
    r->frame_max = (uint32_t)pcap_snapshot(r->pcap) + FRAME_SLACK;
    r->capacity = r->frame_max > BUFFER_OCTETS ? r->frame_max : BUFFER_OCTETS;
    r->buffer = syc_resize(NULL, r->capacity, 1);
    if (r->buffer == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader's buffer");
    }
    snprintf(r->interface, sizeof r->interface, "%s", options->interface);
    return set_filter(r, options->filter, err);
}

enum syc_status
syc_reader_open_live(struct syc_capture *c, struct syc_error *err)
{
    static const struct syc_reader_kind kind = {next_batch, add_stats, NULL, close_reader};
    struct live_reader *r = syc_alloc(1, sizeof *r);
    enum syc_status status;

    if (r == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader");
    }
    status = activate(r, &c->options, err);
    if (status == SYC_OK) {
        status = set_up(r, &c->options, err);
    }
    if (status != SYC_OK) {
        close_reader(r);
        return status;
    }
    c->kind = &kind;
    c->reader = r;
    return SYC_OK;
}
