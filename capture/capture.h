#ifndef SYC_CAPTURE_H
#define SYC_CAPTURE_H

/*
 * Purpose           octets in, TCP segments out
 * Input and output  a reader (file or interface) gives batches of frames; syc_decode() turns one frame into a
 *                   segment or one reason why it is none
 * Ownership         frames and the spans inside segments are borrowed: valid until the next syc_capture_next()
 * Limits            32 frames a batch; a record of a file has at most 16 MiB
 * Not here          state of connections (connection/), what a SYN looks like (fingerprint/)
 */

#include "capture/segment.h"

enum { SYC_BATCH = 32 }; /* frames a batch: 8 to 32 measured equal (reference/performance 3) */

struct syc_capture_stats {
    uint64_t packets;         /* frames delivered */
    uint64_t octets;          /* their wire lengths added up */
    uint64_t kernel_drops;    /* live only */
    uint64_t interface_drops; /* live only */
};

struct syc_capture;

/*
 * Open a capture file ("-" is standard input) or an interface; exactly one of path and interface is given.
 * filter is a BPF expression or NULL. file is stored in each frame. Live: snaplen and buffer_octets apply.
 *
 * returns  SYC_OK; SYC_IO (cannot be opened), SYC_FORMAT (no capture), SYC_TRUNCATED (ends inside its header),
 *          SYC_SYNTAX (filter), SYC_NO_MEMORY, SYC_USAGE; then *out is NULL and *err says more
 */
struct syc_capture_options {
    const char *path;
    const char *interface;
    const char *filter;
    uint16_t file;
    uint32_t snaplen;       /* live; 0 = default 512 */
    uint32_t buffer_octets; /* live; 0 = default 64 MiB */
};
enum syc_status syc_capture_open(struct syc_capture **out,
                                 const struct syc_capture_options *options,
                                 struct syc_error *err) SYC_MUST_CHECK;

/*
 * Read up to max frames (max <= SYC_BATCH). Earlier batches' frames become invalid.
 *
 * returns  SYC_OK with *count >= 0 frames (0: live, nothing arrived within 100 ms; or a signal came while a pipe
 *          was waited for, so that a program can stop);
 *          SYC_END; SYC_TRUNCATED (cut or damaged: *err says at which octet and frame), SYC_IO or
 *          SYC_NO_MEMORY, after which only SYC_END follows. Frames before a fault are delivered first, with SYC_OK.
 */
enum syc_status syc_capture_next(struct syc_capture *c, struct syc_frame *frames, size_t max,
                                 size_t *count, struct syc_error *err) SYC_MUST_CHECK;

/* Counts so far; kernel counters are those of pcap_stats(3). */
void syc_capture_stats(struct syc_capture *c, struct syc_capture_stats *out);

/* Close files and handles; NULL is fine. Frames of the last batch die with it. */
void syc_capture_close(struct syc_capture *c);

#endif
