/*
 * BPF filters for files, compiled and run by libpcap; for interfaces the kernel runs them
 * (reader_live.c).
 *
 * A program is bound to one link type, so one expression may have to be compiled several times, and
 * may mean something on one link and nothing on another ("vlan 3" on PPP).
 */

#include "capture/reader_int.h"

#include <pcap/pcap.h>
#include <string.h>

enum { FAMILY_OCTETS = 4, LINKTYPE_NULL = 0, LINKTYPE_RAW = 101, LINKTYPE_LOOP = 108 };

/* A program and the octets that it does not get to see. */
struct syc_filter {
    struct bpf_program program;
    uint32_t passed_over; /* octets in front of what the program looks at */
};

/*
 * LINKTYPE_ numbers of files against DLT_ numbers of this system: the raw ones differ (pcap-linktype(7)). NULL
 * and LOOP begin with an address family in the writer's byte order and with the writer's number for IPv6, which
 * differs between systems; libpcap knows this one's only. So their IP packet is looked at as it is.
 */
static int
dlt_from_link(uint16_t link)
{
    return link == LINKTYPE_RAW || link == LINKTYPE_NULL || link == LINKTYPE_LOOP ? DLT_RAW : link;
}

/* returns  SYC_OK, SYC_SYNTAX, SYC_NO_MEMORY */
static enum syc_status
compile(struct bpf_program *out, const char *expression, int dlt, struct syc_error *err)
{
    pcap_t *dead = pcap_open_dead(dlt, SYC_RECORD_USUAL);
    enum syc_status status = SYC_OK;

    if (dead == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a filter");
    }
    if (pcap_compile(dead, out, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        status = syc_error_set(err, SYC_SYNTAX, "filter: %s", pcap_geterr(dead));
    }
    pcap_close(dead);
    return status;
}

/*
 * Ethernet, raw IP and three that have words of their own (cooked, 802.11, PPP). What means nothing
 * on all five is the user's slip, and libpcap's words for Ethernet say where.
 */
enum syc_status
syc_filter_check(const char *expression, struct syc_error *err)
{
    static const int dlts[] = {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_IEEE802_11_RADIO, DLT_PPP};
    enum syc_status first = SYC_OK;

    for (size_t i = 0; i < sizeof dlts / sizeof dlts[0]; i++) {
        struct bpf_program program;
        enum syc_status status = compile(&program, expression, dlts[i], i == 0 ? err : NULL);

        if (status == SYC_OK) {
            pcap_freecode(&program);
            return SYC_OK;
        }
        first = i == 0 ? status : first;
    }
    return first; /* the words are those for Ethernet */
}

enum syc_status
syc_filter_new(struct syc_filter **out, const char *expression, uint16_t link,
               struct syc_error *err)
{
    struct syc_filter *f = syc_alloc(1, sizeof *f);
    enum syc_status status;

    if (f == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a filter");
    }
    if (link == LINKTYPE_NULL || link == LINKTYPE_LOOP) {
        f->passed_over = FAMILY_OCTETS;
    }
    status = compile(&f->program, expression, dlt_from_link(link), err);
    if (status != SYC_OK) {
        syc_free(f);
        if (status == SYC_SYNTAX && err != NULL) {
            err->status = SYC_UNSUPPORTED;
        }
        return status == SYC_SYNTAX ? SYC_UNSUPPORTED : status;
    }
    *out = f;
    return SYC_OK;
}

/* Both lengths are compared before the difference is used; header may hold nonsense until then. */
bool
syc_filter_matches(const struct syc_filter *f, const uint8_t *data, uint32_t captured,
                   uint32_t length)
{
    uint32_t over = f->passed_over;
    struct pcap_pkthdr header = {.caplen = captured - over, .len = length - over};

    return captured >= over && length >= over &&
           pcap_offline_filter(&f->program, &header, data + over) != 0;
}

void
syc_filter_free(struct syc_filter *f)
{
    if (f == NULL) {
        return;
    }
    pcap_freecode(&f->program);
    syc_free(f);
}
