#ifndef SYC_CAPTURE_READER_INT_H
#define SYC_CAPTURE_READER_INT_H

/*
 * Purpose           what the kinds of reader share: how one is driven, the opened input, the filter
 * Input and output  an open input whose first octets are known; frames out
 * Ownership         a reader that takes the input's descriptor sets it to -1 there and closes it; else its opener does
 * Limits            SYC_RECORD_MAX octets a record
 * Not here          decoding
 */

#include "capture/capture.h"

enum {
    SYC_PCAP_HEADER = 24, /* octets of a classic file's header; also what is looked at to choose */
    SYC_RECORD_USUAL = 256 * 1024, /* libpcap's MAXIMUM_SNAPLEN */
    SYC_RECORD_MAX =
        16 * 1024 * 1024, /* where a header announces a larger snapshot length than usual */
};

/* A descriptor and the octets already taken from it: pipes cannot be wound back. */
struct syc_input {
    int fd;
    uint8_t head[SYC_PCAP_HEADER];
    size_t head_octets;
};

struct syc_filter;

/* One kind of reader. reader is what its open function made. */
struct syc_reader_kind {
    /* As syc_capture_next(), but the caller stops after the first fault and names the file in *err. */
    enum syc_status (*next)(void *reader, struct syc_frame *frames, size_t max, size_t *count,
                            struct syc_error *err);
    /* Kernel counters; NULL where there are none. */
    void (*stats)(void *reader, struct syc_capture_stats *out);
    void (*close)(void *reader);
};

struct syc_capture {
    const struct syc_reader_kind *kind;
    void *reader;
    struct syc_capture_stats stats;
    bool ended;
    char name[256];
};

/* Each fills c->kind and c->reader, or answers why not. */
enum syc_status syc_reader_open_pcap(struct syc_capture *c, struct syc_input *in,
                                     const struct syc_capture_options *options,
                                     struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_reader_open_libpcap(struct syc_capture *c, struct syc_input *in,
                                        const struct syc_capture_options *options,
                                        struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_reader_open_live(struct syc_capture *c,
                                     const struct syc_capture_options *options,
                                     struct syc_error *err) SYC_MUST_CHECK;

/* Whether the head is a classic capture that reader_pcap.c reads itself (the rest is libpcap's). */
bool syc_reader_is_pcap(const struct syc_input *in, const struct syc_capture_options *options);

/*
 * Read up to n octets, past interruptions if `whole` (then fewer only at the end of input).
 *
 * returns  octets, or -1 with errno
 */
int64_t syc_input_read(int fd, uint8_t *out, size_t n, bool whole);

/* text of errno value `number` into out. */
void syc_reader_error_text(int number, char *out, size_t size);

/*
 * Compile a BPF expression for frames of a link type.
 *
 * returns  SYC_OK, SYC_SYNTAX with libpcap's words, SYC_NO_MEMORY
 */
enum syc_status syc_filter_new(struct syc_filter **out, const char *expression, uint16_t link,
                               struct syc_error *err) SYC_MUST_CHECK;
bool syc_filter_matches(const struct syc_filter *f, const uint8_t *data, uint32_t captured,
                        uint32_t length);
void syc_filter_free(struct syc_filter *f);

#endif
