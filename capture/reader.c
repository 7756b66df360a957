#include "capture/reader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t
syc_input_read(int fd, uint8_t *out, size_t n, bool whole)
{
    size_t have = 0;

    do {
        ssize_t got = read(fd, out + have, n - have);

        if (got < 0 && (errno != EINTR || !whole)) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        have += got > 0 ? (size_t)got : 0;
    } while (whole && have < n);
    return (int64_t)have;
}

void
syc_reader_error_text(int number, char *out, size_t size)
{
    char buffer[128];

    snprintf(out, size, "%s", strerror_r(number, buffer, sizeof buffer));
}

static enum syc_status
system_error(struct syc_error *err, const char *what)
{
    char text[128];

    syc_reader_error_text(errno, text, sizeof text);
    return syc_error_set(err, SYC_IO, "%s: %s", what, text);
}

/* Open path and read its first octets into *in. */
static enum syc_status
open_input(struct syc_input *in, const char *path, struct syc_error *err)
{
    struct stat st;
    int64_t got;

    /* Standard input is duplicated so that closing the reader leaves the process its own. */
    in->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0) {
        return system_error(err, "cannot open");
    }
    if (fstat(in->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        return syc_error_set(err, SYC_IO, "is a directory; expected a capture file");
    }
    got = syc_input_read(in->fd, in->head, sizeof in->head, true);
    if (got < 0) {
        return system_error(err, "cannot read");
    }
    in->head_octets = (size_t)got;
    return SYC_OK;
}

struct magic {
    uint8_t octets[4];
    size_t n;
    const char *name;
    bool is_capture; /* else name says how to read it */
};

/* draft-ietf-opsawg-pcap and -pcapng; RFC 1952; RFC 8878. The modified form is of Linux 2.0 times (Kuznetzov). */
static const struct magic magics[] = {
    {{0xd4, 0xc3, 0xb2, 0xa1}, 4, "pcap", true},
    {{0xa1, 0xb2, 0xc3, 0xd4}, 4, "pcap", true},
    {{0x4d, 0x3c, 0xb2, 0xa1}, 4, "pcap", true},
    {{0xa1, 0xb2, 0x3c, 0x4d}, 4, "pcap", true},
    {{0x34, 0xcd, 0xb2, 0xa1}, 4, "pcap", true},
    {{0xa1, 0xb2, 0xcd, 0x34}, 4, "pcap", true},
    {{0x0a, 0x0d, 0x0d, 0x0a}, 4, "pcapng", true},
    {{0x1f, 0x8b}, 2, "compressed by gzip; pipe it: zcat FILE | syncopate -", false},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "compressed by zstd; pipe it: zstdcat FILE | syncopate -", false},
};

static const struct magic *
find_magic(const struct syc_input *in)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        if (in->head_octets >= magics[i].n &&
            memcmp(in->head, magics[i].octets, magics[i].n) == 0) {
            return &magics[i];
        }
    }
    return NULL;
}

/* Whether the first octets are those of a capture whose header is whole. */
static enum syc_status
check_head(const struct syc_input *in, struct syc_error *err)
{
    const struct magic *magic = find_magic(in);
    const uint8_t *h = in->head;

    if (in->head_octets == 0) {
        return syc_error_set(err, SYC_FORMAT,
                             "empty (0 octets); expected a pcap or pcapng capture");
    }
    if (magic != NULL && !magic->is_capture) {
        return syc_error_set(err, SYC_FORMAT, "%s", magic->name);
    }
    if (magic != NULL && in->head_octets < sizeof in->head) {
        return syc_error_set(err, SYC_TRUNCATED,
                             "cut inside the %s header: %zu octets, of at least %d", magic->name,
                             in->head_octets, SYC_PCAP_HEADER);
    }
    if (magic == NULL && in->head_octets < 4) {
        return syc_error_set(err, SYC_FORMAT, "%zu octets are no capture; expected pcap or pcapng",
                             in->head_octets);
    }
    if (magic == NULL) {
        return syc_error_set(err, SYC_FORMAT,
                             "no capture: begins with %02x %02x %02x %02x; expected pcap or pcapng",
                             h[0], h[1], h[2], h[3]);
    }
    return SYC_OK;
}

static enum syc_status
open_file(struct syc_capture *c, const struct syc_capture_options *options, struct syc_error *err)
{
    struct syc_input in = {.fd = -1};
    enum syc_status status = open_input(&in, options->path, err);

    if (status == SYC_OK) {
        status = check_head(&in, err);
    }
    if (status == SYC_OK) {
        status = syc_reader_is_pcap(&in, options) ? syc_reader_open_pcap(c, &in, options, err)
                                                  : syc_reader_open_libpcap(c, &in, options, err);
    }
    if (status != SYC_OK && in.fd >= 0) {
        close(in.fd);
    }
    return status;
}

enum syc_status
syc_capture_open(struct syc_capture **out, const struct syc_capture_options *options,
                 struct syc_error *err)
{
    const char *name = options->path != NULL ? options->path : options->interface;
    struct syc_capture *c;
    enum syc_status status;

    *out = NULL;
    if ((options->path == NULL) == (options->interface == NULL)) {
        return syc_error_set(err, SYC_USAGE, "exactly one of file and interface is needed");
    }
    if (options->path != NULL && strcmp(name, "-") == 0) {
        name = "standard input";
    }
    c = syc_alloc(1, sizeof *c);
    if (c == NULL) {
        status = syc_error_set(err, SYC_NO_MEMORY, "%s", syc_status_text(SYC_NO_MEMORY));
    } else {
        snprintf(c->name, sizeof c->name, "%s", name);
        status = options->path != NULL ? open_file(c, options, err)
                                       : syc_reader_open_live(c, options, err);
    }
    if (status != SYC_OK) {
        syc_error_at(err, name, 0, 0);
        syc_free(c);
        return status;
    }
    *out = c;
    return SYC_OK;
}

enum syc_status
syc_capture_next(struct syc_capture *c, struct syc_frame *frames, size_t max, size_t *count,
                 struct syc_error *err)
{
    enum syc_status status;

    *count = 0;
    if (c->ended) {
        return SYC_END;
    }
    status = c->kind->next(c->reader, frames, max < SYC_BATCH ? max : SYC_BATCH, count, err);
    if (status != SYC_OK) {
        c->ended = true;
        *count = 0;
        if (status != SYC_END) {
            syc_error_at(err, c->name, 0, 0);
        }
        return status;
    }
    c->stats.packets += *count;
    for (size_t i = 0; i < *count; i++) {
        c->stats.octets += frames[i].length;
    }
    return SYC_OK;
}

void
syc_capture_stats(struct syc_capture *c, struct syc_capture_stats *out)
{
    if (c->kind->stats != NULL) {
        c->kind->stats(c->reader, &c->stats);
    }
    *out = c->stats;
}

void
syc_capture_close(struct syc_capture *c)
{
    if (c == NULL) {
        return;
    }
    c->kind->close(c->reader);
    syc_free(c);
}
