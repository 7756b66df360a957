#ifndef SYC_CAPTURE_H
#define SYC_CAPTURE_H

/*
 * Purpose           octets in, TCP segments out
 * Input and output  a reader (files or an interface) gives batches of frames; syc_decode() turns one frame into a
 *                   segment or one reason why it is none
 * Ownership         frames and the spans inside segments are borrowed: valid until the next syc_capture_next()
 * Limits            32 frames a batch; a record of a file has at most 16 MiB; 65,535 files a stream, of which at most
 *                   SYC_OPEN_MAX overlap in time; capture times lie between 1901 and 2191
 * Not here          state of connections (connection/), what a SYN looks like (fingerprint/)
 *
 * Two halves that know nothing of each other but struct syc_frame: readers (reader*.c) meet files, interfaces and
 * faults and know no protocol; decoders (decode*.c) are pure functions of a frame's octets and can be fuzzed alone.
 */

#include "capture/fragments.h"
#include "capture/segment.h"

enum {
    SYC_BATCH = 32,      /* frames a batch: 8 to 32 measured equal (reference/performance 3) */
    SYC_OPEN_MAX = 1024, /* files open at a time, as many as processes usually may have */
};

struct syc_capture_stats {
    uint64_t packets;         /* frames delivered */
    uint64_t octets;          /* their wire lengths added up */
    uint64_t kernel_drops;    /* live only */
    uint64_t interface_drops; /* live only */
};

/* How far a stream is read. Octets are those of the files as they are stored, packed where they are packed. */
struct syc_progress {
    uint64_t done;
    uint64_t total;   /* 0 = unknown: an interface, or a pipe is among the inputs */
    uint64_t packets; /* frames delivered */
};

struct syc_capture;

/*
 * Open a capture file ("-" is standard input), several of them, or an interface; exactly one of path, paths and
 * interface is given. filter is a BPF expression or NULL. path, paths and filter are borrowed until the capture
 * is closed.
 *
 * Files are pcap, pcapng, the variants of pcap that libpcap knows, and each of them packed by gzip or zstd. Several
 * files are one stream: a file begins when its first frame's time has come, files that overlap are merged by time,
 * frames of equal time in the order of the list. Within a file its own order is kept, also where times go back.
 * file is stored in each frame; with paths it is the index in the list.
 *
 * returns  SYC_OK; SYC_SYNTAX (the filter means nothing on any link layer), SYC_NO_MEMORY, SYC_USAGE, SYC_LIMIT; for
 *          one file or an interface also SYC_IO (cannot be opened), SYC_FORMAT (no capture), SYC_TRUNCATED (ends
 *          inside its header), SYC_UNSUPPORTED (the filter means nothing on its link layer); then *out is NULL
 *          and *err says more. With paths no file is opened yet.
 */
struct syc_capture_options {
    const char *path;
    const char *const *paths;
    size_t path_count;
    const char *interface;
    const char *filter;
    uint16_t file;
    uint32_t snaplen;       /* live; 0 = default 512 */
    uint32_t buffer_octets; /* 0 = default: live 64 MiB, a file 256 KiB */
};
enum syc_status syc_capture_open(struct syc_capture **out,
                                 const struct syc_capture_options *options,
                                 struct syc_error *err) SYC_MUST_CHECK;

/*
 * Read up to max frames (max <= SYC_BATCH). Earlier batches' frames become invalid.
 *
 * returns  SYC_OK with *count >= 0 frames (0: live, nothing arrived within 100 ms; or a signal came while a pipe was
 *          waited for, or some MiB held nothing that passes: so that a program can stop);
 *          or one input is over, and syc_capture_over() says which: SYC_END; SYC_TRUNCATED (cut or damaged: *err
 *          says at which octet and frame), SYC_IO, SYC_NO_MEMORY, what syc_capture_open() answers for one file;
 *          SYC_UNSUPPORTED also where it was read to its end, but part of it was left out or has no usable time;
 *          SYC_LIMIT (more than SYC_OPEN_MAX files overlap). Its frames came before, with SYC_OK. The other
 *          inputs go on, if there are any; after the last one it is SYC_END for good.
 */
enum syc_status syc_capture_next(struct syc_capture *c, struct syc_frame *frames, size_t max,
                                 size_t *count, struct syc_error *err) SYC_MUST_CHECK;

/* The input that the last answer other than SYC_OK was about. */
struct syc_capture_over {
    uint64_t packets; /* frames that it gave */
    uint16_t file;
    bool opened; /* it was found to be a capture */
    bool more;   /* there are inputs that are not over */
};
void syc_capture_over(const struct syc_capture *c, struct syc_capture_over *out);

/* Counts so far, sums over all files; kernel counters are those of pcap_stats(3). cost: a system call when live. */
void syc_capture_stats(struct syc_capture *c, struct syc_capture_stats *out);

/*
 * How far it is. A file that still grows may pass its total. cost: a sum over the open files, at
 * most SYC_OPEN_MAX.
 */
void syc_capture_progress(const struct syc_capture *c, struct syc_progress *out);

/* Close files and handles; NULL is fine. Frames of the last batch die with it. */
void syc_capture_close(struct syc_capture *c);

/*
 * What the first octets of a file say: a capture, something packed that may be one, or neither. At
 * least 4 are needed.
 */
enum syc_capture_look { SYC_LOOKS_OTHER, SYC_LOOKS_CAPTURE, SYC_LOOKS_PACKED };
enum syc_capture_look syc_capture_look(const uint8_t *octets, size_t n);

/* ---- files that are no captures: octets as readers of text want them ---- */

struct syc_octets;

/* Octets from a descriptor that stays the caller's; what gzip or zstd packed is unpacked. NULL when memory is short. */
struct syc_octets *syc_octets_new(int fd);

/* Free it and its decompressor, not the descriptor; NULL is fine. */
void syc_octets_free(struct syc_octets *o);

/*
 * The next octets, at most n > 0.
 *
 * returns  SYC_OK with *got > 0; SYC_END; SYC_INTERRUPTED (a signal, or 100 ms without any on a descriptor that does not
 *          block: nothing is lost, ask again); SYC_IO, SYC_TRUNCATED (packed octets damaged or cut), SYC_NO_MEMORY,
 *          with words in *err, behind all octets that were read before
 */
enum syc_status syc_octets_read(struct syc_octets *o, uint8_t *out, size_t n, size_t *got,
                                struct syc_error *err) SYC_MUST_CHECK;

/* What the first octets (unpacked) are; SYC_LOOKS_OTHER before the first syc_octets_read(). */
enum syc_capture_look syc_octets_look(const struct syc_octets *o);

#endif
