#ifndef SYC_CAPTURE_READER_INT_H
#define SYC_CAPTURE_READER_INT_H

/*
 * Purpose           what the kinds of reader share: how one is driven, the buffered input, filters
 * Input and output  an input whose first octets are in its buffer; frames out
 * Ownership         a capture owns its input and its reader; a reader borrows the input
 * Limits            SYC_RECORD_MAX octets a record
 * Not here          decoding; decompression (reader_source.h)
 *
 * Frames are borrowed from a buffer that the next read may move, so all readers keep one rule: a fault, a wait or
 * a need for more octets that is met behind frames of the same batch is left alone, and met again by the next call.
 */

#include "capture/reader_source.h"

enum {
    SYC_PCAP_HEADER = 24, /* octets of a classic file's header; also what is looked at to choose */
    SYC_SECTION_HEADER = 28,       /* octets of the shortest section header of pcapng */
    SYC_RECORD_USUAL = 256 * 1024, /* libpcap's MAXIMUM_SNAPLEN */
    SYC_RECORD_MAX =
        16 * 1024 * 1024, /* where a header announces a larger snapshot length than usual */
    /* 64 KiB to 1 MiB measured equal, 4 MiB slower: out of the second cache (reference/performance 3). */
    SYC_INPUT_OCTETS = 256 * 1024,
    /* Where a filter lets nothing through, a program still gets to look whether to stop. */
    SYC_PASS_MAX = 4 * 1024 * 1024,
};

/*
 * Times that are taken as they are: from December 1901 (a negative 32-bit count) to October 2191. No difference
 * of two of them, nor one plus a year, leaves 64 bits of nanoseconds.
 */
#define SYC_TIME_MIN_NS (INT64_C(-2147483648) * SYC_NS_PER_S)
#define SYC_TIME_MAX_NS (INT64_C(7000000000) * SYC_NS_PER_S)

/*
 * [pos, have) of octets are read and not yet delivered. Frames of the last batch lie before pos and stay in place
 * until syc_input_more(), which alone moves or grows the buffer.
 */
struct syc_input {
    uint8_t *octets;
    size_t capacity, pos, have;
    size_t wanted; /* what the last syc_input_more() was asked for */
    uint64_t base; /* offset in the unpacked input of octets[0] */
    struct syc_source source;
};

/*
 * Room for `need` octets from pos on, then one read. Frames of earlier batches become invalid.
 *
 * need     octets that the caller wants from pos on, bounded by the caller: the buffer grows to it
 * returns  SYC_OK (more octets, not always enough); SYC_END; SYC_INTERRUPTED; SYC_NO_MEMORY; what the source answers
 */
enum syc_status syc_input_more(struct syc_input *in, size_t need) SYC_MUST_CHECK;

/* How the words of every fault inside a capture end, and what printf() is given for that. */
#define SYC_READ_BEFORE       "%llu frame%s before it %s read"
#define SYC_READ_BEFORE_OF(n) (unsigned long long)(n), SYC_PLURAL(n), (n) == 1 ? "was" : "were"

/* The words for an answer of syc_input_more() other than SYC_OK, SYC_END and SYC_INTERRUPTED; returns it. */
enum syc_status syc_input_fault(const struct syc_input *in, enum syc_status status, uint64_t frames,
                                struct syc_error *err);

struct syc_filter; /* a compiled expression for one link type; knows no file */

/* One kind of reader. reader is what its open function made. */
struct syc_reader_kind {
    /* As syc_capture_next(), but the caller stops after the first fault and names the file in *err. */
    enum syc_status (*next)(void *reader, struct syc_frame *frames, size_t max, size_t *count,
                            struct syc_error *err);
    /* Kernel counters; NULL where there are none. */
    void (*stats)(void *reader, struct syc_capture_stats *out);
    /* NULL: those of the capture's own input. */
    void (*progress)(const void *reader, struct syc_progress *out);
    void (*close)(void *reader);
};

/* What syc_capture_open() gives. A merged one holds further captures in its reader, one for each open file. */
struct syc_capture {
    const struct syc_reader_kind *kind; /* NULL: the input is not open yet, or not known yet */
    void *reader;
    struct syc_capture_options options;
    struct syc_input in;
    struct syc_capture_stats stats;
    struct syc_capture_over over;
    bool several; /* the reader itself says what is over, and names it in errors */
    bool ended;
    char name[256];
};

/*
 * Each fills c->kind and c->reader, or answers why not and leaves both NULL. The first octets of a file are in c->in,
 * SYC_PCAP_HEADER or SYC_SECTION_HEADER of them at least; live and merge read nothing yet.
 */
enum syc_status syc_reader_open_pcap(struct syc_capture *c, struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_reader_open_pcapng(struct syc_capture *c, struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_reader_open_libpcap(struct syc_capture *c,
                                        struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_reader_open_live(struct syc_capture *c, struct syc_error *err) SYC_MUST_CHECK;
enum syc_status syc_reader_open_merge(struct syc_capture *c, struct syc_error *err) SYC_MUST_CHECK;

/*
 * syc_capture_open() for one file whose filter is known to be sound; nothing is read yet. NULL when
 * memory is short.
 */
struct syc_capture *syc_reader_new(const struct syc_capture_options *options);

/* syc_capture_next() without adding up octets: what several files are read with. */
enum syc_status syc_reader_next(struct syc_capture *c, struct syc_frame *frames, size_t max,
                                size_t *count, struct syc_error *err) SYC_MUST_CHECK;

/* How an input that begins so is packed. */
enum syc_packing syc_packing_look(const uint8_t *octets, size_t n);

/* Whether the head is a classic capture that reader_pcap.c reads itself (the rest is libpcap's). */
bool syc_reader_is_pcap(const struct syc_input *in);

/*
 * Whether a BPF expression means something on any link layer; if on none, it is not the capture's fault.
 *
 * returns  SYC_OK, SYC_SYNTAX with libpcap's words, SYC_NO_MEMORY
 */
enum syc_status syc_filter_check(const char *expression, struct syc_error *err) SYC_MUST_CHECK;

/*
 * Compile a BPF expression for frames of a link type.
 *
 * out      written on success only; then the caller's to free
 * returns  SYC_OK, SYC_UNSUPPORTED with libpcap's words, SYC_NO_MEMORY
 */
enum syc_status syc_filter_new(struct syc_filter **out, const char *expression, uint16_t link,
                               struct syc_error *err) SYC_MUST_CHECK;

/*
 * Does a frame of the filter's link type pass? A program reads no octet past `captured`: what it asks for there is
 * no match (libpcap's interpreter answers so).
 */
bool syc_filter_matches(const struct syc_filter *f, const uint8_t *data, uint32_t captured,
                        uint32_t length);

/* Free it; NULL is fine. */
void syc_filter_free(struct syc_filter *f);

/*
 * Fields of a file in the byte order of who wrote it; the octets are there. With a constant order
 * they are one load.
 */
static inline uint16_t
syc_load16(const uint8_t *p, bool big_endian)
{
    return big_endian ? syc_be16(p) : syc_le16(p);
}

static inline uint32_t
syc_load32(const uint8_t *p, bool big_endian)
{
    return big_endian ? syc_be32(p) : syc_le32(p);
}

#endif
