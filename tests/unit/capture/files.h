#ifndef SYC_TESTS_UNIT_CAPTURE_FILES_H
#define SYC_TESTS_UNIT_CAPTURE_FILES_H

/*
 * Purpose           capture files put together octet by octet, and whole readings of them
 * Input and output  struct octets as a file on disk; what a reader made of it
 * Ownership         temporary files are removed by with_file()
 * Limits            READ_MAX frames a reading
 * Not here          the tests
 */

#include "tests/unit/capture/groups.h"

enum { READ_MAX = 512 };

/* How the fields of a file are written. */
struct flavor {
    bool big;  /* big-endian */
    bool nano; /* nanosecond times */
    uint32_t magic;
};

/* Header of a classic capture, version 2.4. */
void add_file_header(struct octets *o, const struct flavor *f, uint32_t snaplen, uint32_t link);

/* A record of n octets that count from first, sent with `length` octets. */
void add_record(struct octets *o, const struct flavor *f, uint32_t seconds, uint32_t fraction,
                size_t n, uint32_t length, uint8_t first);

void add_le16(struct octets *o, unsigned value);
void add_le32(struct octets *o, uint32_t value);

/* pcapng: a little-endian section with one Ethernet interface of nanosecond times, and packets in it. */
void add_section(struct octets *o);
void add_packet(struct octets *o, uint64_t time_ns, const void *p, size_t n, uint32_t length);

/* What a whole reading gave. Octets of frames are summed up, since they live for one batch only. */
struct reading {
    enum syc_status opened;
    enum syc_status ended; /* SYC_END or the fault */
    struct syc_error err;
    struct syc_capture_stats stats;
    struct syc_frame frames[READ_MAX]; /* data is NULL */
    uint32_t sums[READ_MAX];
    size_t n;
    size_t batches;
};

/* Read o as a file / as a pipe written in pieces of `piece` octets; filter may be NULL; at most max frames a batch. */
void read_file(const struct octets *o, const char *filter, size_t max, struct reading *out);
void read_pipe(const struct octets *o, size_t piece, struct reading *out);
void read_path(const char *path, const char *filter, size_t max, struct reading *out);

#endif
