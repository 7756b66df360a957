#include "capture/reader_int.h"

#include <pcap/pcap.h>
#include <string.h>

struct syc_filter {
    struct bpf_program program;
};

/* LINKTYPE_ numbers of files against DLT_ numbers of this system: the raw ones differ (pcap-linktype(7)). */
static int
dlt_from_link(uint16_t link)
{
    return link == 101 ? DLT_RAW : link;
}

enum syc_status
syc_filter_new(struct syc_filter **out, const char *expression, uint16_t link,
               struct syc_error *err)
{
    struct syc_filter *f = syc_alloc(1, sizeof *f);
    pcap_t *dead = pcap_open_dead(dlt_from_link(link), SYC_RECORD_USUAL);
    enum syc_status status = SYC_OK;

    if (f == NULL || dead == NULL) {
        status = syc_error_set(err, SYC_NO_MEMORY, "no memory for a filter");
    } else if (pcap_compile(dead, &f->program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        status = syc_error_set(err, SYC_SYNTAX, "filter: %s", pcap_geterr(dead));
    }
    if (dead != NULL) {
        pcap_close(dead);
    }
    if (status != SYC_OK) {
        syc_free(f);
        return status;
    }
    *out = f;
    return SYC_OK;
}

bool
syc_filter_matches(const struct syc_filter *f, const uint8_t *data, uint32_t captured,
                   uint32_t length)
{
    struct pcap_pkthdr header = {.caplen = captured, .len = length};

    return pcap_offline_filter(&f->program, &header, data) != 0;
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
