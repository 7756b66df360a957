#ifndef SYC_TESTS_UNIT_CAPTURE_FILES_H
#define SYC_TESTS_UNIT_CAPTURE_FILES_H

/*
 * Purpose           capture files put together octet by octet, and whole readings of them
 * Input and output  struct octets as a file on disk; what a reader made of it
 * Ownership         temporary files are removed by who reads them
 * Limits            READ_MAX frames a reading
 * Not here          the tests
 */

#include "tests/unit/capture/groups.h"

enum { READ_MAX = 2048, READ_FILES = 1200 };

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

/* pcapng of either byte order, block by block; `options` and data are octets as they are. */
void add_block(struct octets *o, bool big, uint32_t type, const void *body, size_t n);
void add_section_of(struct octets *o, bool big);
void add_interface(struct octets *o, bool big, unsigned link, uint32_t snaplen, const void *options,
                   size_t n);
void add_enhanced(struct octets *o, bool big, uint32_t interface, uint64_t ticks, const void *p,
                  size_t n, uint32_t length);

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
    struct { /* inputs that are over, in the order in which that was said */
        enum syc_status status;
        struct syc_capture_over over;
        char text[200];
    } over[READ_FILES];
    size_t overs;
};

/* Read o as a file / as a pipe written in pieces of `piece` octets; filter may be NULL; at most max frames a batch. */
void read_file(const struct octets *o, const char *filter, size_t max, struct reading *out);
void read_pipe(const struct octets *o, size_t piece, struct reading *out);
void read_path(const char *path, const char *filter, size_t max, struct reading *out);
void read_paths(const char *const *paths, size_t count, const char *filter, size_t max,
                struct reading *out);

/* A file of its own for n octets; path has room for PATH_ROOM. */
enum { PATH_ROOM = 32 };
void save(const void *p, size_t n, char path[PATH_ROOM]);

/* The k-th read(2) from now on fails with number; with number 0 it gives one octet at most. k 0: none does. */
void fail_read(unsigned k, int number);
unsigned reads_left(void);

int test_pcapng_group(void);
int test_packed_group(void);
int test_merge_group(void);

#endif
