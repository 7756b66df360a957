#include "tests/unit/capture/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void
add_le16(struct octets *o, unsigned value)
{
    ADD(o, (uint8_t)value, (uint8_t)(value >> 8));
}

void
add_le32(struct octets *o, uint32_t value)
{
    add_le16(o, value & 0xffff);
    add_le16(o, value >> 16);
}

static void
add_field16(struct octets *o, const struct flavor *f, unsigned value)
{
    f->big ? add16(o, value) : add_le16(o, value);
}

static void
add_field32(struct octets *o, const struct flavor *f, uint32_t value)
{
    f->big ? add32(o, value) : add_le32(o, value);
}

void
add_file_header(struct octets *o, const struct flavor *f, uint32_t snaplen, uint32_t link)
{
    add_field32(o, f, f->magic);
    add_field16(o, f, 2);
    add_field16(o, f, 4);
    add_field32(o, f, 0);
    add_field32(o, f, 0);
    add_field32(o, f, snaplen);
    add_field32(o, f, link);
}

void
add_record(struct octets *o, const struct flavor *f, uint32_t seconds, uint32_t fraction, size_t n,
           uint32_t length, uint8_t first)
{
    add_field32(o, f, seconds);
    add_field32(o, f, fraction);
    add_field32(o, f, (uint32_t)n);
    add_field32(o, f, length);
    for (size_t i = 0; i < n; i++) {
        ADD(o, (uint8_t)(first + i));
    }
}

static void
add_order16(struct octets *o, bool big, unsigned value)
{
    big ? add16(o, value) : add_le16(o, value);
}

static void
add_order32(struct octets *o, bool big, uint32_t value)
{
    big ? add32(o, value) : add_le32(o, value);
}

/* draft-ietf-opsawg-pcapng 3.1: type, length, body and padding, length. */
void
add_block(struct octets *o, bool big, uint32_t type, const void *body, size_t n)
{
    size_t padding = (4 - n % 4) % 4;

    add_order32(o, big, type);
    add_order32(o, big, (uint32_t)(12 + n + padding));
    octets_add(o, body, n);
    octets_add(o, "\0\0\0", padding);
    add_order32(o, big, (uint32_t)(12 + n + padding));
}

/* 4.1: byte-order magic, version 1.0, unknown length. */
void
add_section_of(struct octets *o, bool big)
{
    struct octets body = {.n = 0};

    add_order32(&body, big, 0x1a2b3c4d);
    add_order16(&body, big, 1);
    add_order16(&body, big, 0);
    add_order32(&body, big, 0xffffffff);
    add_order32(&body, big, 0xffffffff);
    add_block(o, big, 0x0a0d0d0a, body.p, body.n);
}

/* 4.2: link type, reserved, snapshot length, options. */
void
add_interface(struct octets *o, bool big, unsigned link, uint32_t snaplen, const void *options,
              size_t n)
{
    struct octets body = {.n = 0};

    add_order16(&body, big, link);
    add_order16(&body, big, 0);
    add_order32(&body, big, snaplen);
    octets_add(&body, options, n);
    add_block(o, big, 1, body.p, body.n);
}

/* 4.3: interface, time in two halves, captured and original length, octets. */
void
add_enhanced(struct octets *o, bool big, uint32_t interface, uint64_t ticks, const void *p,
             size_t n, uint32_t length)
{
    struct octets body = {.n = 0};

    add_order32(&body, big, interface);
    add_order32(&body, big, (uint32_t)(ticks >> 32));
    add_order32(&body, big, (uint32_t)ticks);
    add_order32(&body, big, (uint32_t)n);
    add_order32(&body, big, length);
    octets_add(&body, p, n);
    add_block(o, big, 6, body.p, body.n);
}

/* if_tsresol 10^-9, end of options. */
void
add_section(struct octets *o)
{
    add_section_of(o, false);
    add_interface(o, false, LINK_ETHERNET, 262144, "\x09\0\x01\0\x09\0\0\0\0\0\0\0", 12);
}

void
add_packet(struct octets *o, uint64_t time_ns, const void *p, size_t n, uint32_t length)
{
    add_enhanced(o, false, 0, time_ns, p, n, length);
}

static uint32_t
sum_of(const struct syc_frame *f)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < f->captured; i++) {
        sum = sum * 31 + f->data[i];
    }
    return sum;
}

static void
take_batch(struct reading *r, const struct syc_frame *frames, size_t count)
{
    assert_true(r->n + count <= READ_MAX);
    for (size_t i = 0; i < count; i++) {
        r->sums[r->n] = sum_of(&frames[i]);
        r->frames[r->n] = frames[i];
        r->frames[r->n++].data = NULL;
    }
    r->batches++;
}

/* Until no input is left. Batches that a signal left empty are counted with the others. */
static void
read_all(const struct syc_capture_options *options, size_t max, struct reading *out)
{
    struct syc_capture *c;
    struct syc_frame frames[SYC_BATCH];
    size_t count;

    memset(out, 0, sizeof *out);
    out->opened = syc_capture_open(&c, options, &out->err);
    if (out->opened != SYC_OK) {
        assert_null(c);
        return;
    }
    do {
        out->ended = syc_capture_next(c, frames, max, &count, &out->err);
        assert_true(count <= max);
        if (out->ended == SYC_OK) {
            take_batch(out, frames, count);
            continue;
        }
        assert_int_equal(count, 0);
        assert_true(out->overs < READ_FILES);
        out->over[out->overs].status = out->ended;
        syc_capture_over(c, &out->over[out->overs].over);
        strcpy(out->over[out->overs].text, out->ended == SYC_END ? "" : out->err.text);
        out->overs++;
    } while (out->overs == 0 || out->over[out->overs - 1].over.more);
    assert_int_equal(syc_capture_next(c, frames, max, &count, &out->err), SYC_END);
    assert_int_equal(count, 0);
    syc_capture_stats(c, &out->stats);
    syc_capture_close(c);
}

void
read_path(const char *path, const char *filter, size_t max, struct reading *out)
{
    struct syc_capture_options options = {.path = path, .filter = filter, .file = 5};

    read_all(&options, max, out);
}

void
read_paths(const char *const *paths, size_t count, const char *filter, size_t max,
           struct reading *out)
{
    struct syc_capture_options options = {.paths = paths, .path_count = count, .filter = filter};

    read_all(&options, max, out);
}

void
save(const void *p, size_t n, char path[PATH_ROOM])
{
    int fd;

    strcpy(path, "/tmp/syc-capture-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

void
read_file(const struct octets *o, const char *filter, size_t max, struct reading *out)
{
    char path[PATH_ROOM];

    save(o->p, o->n, path);
    read_path(path, filter, max, out);
    unlink(path);
}

/* ------------------------------------------------------------ read(2) that fails */

static unsigned read_countdown;
static int read_errno;

ssize_t __real_read(int fd, void *out, size_t n);
ssize_t __wrap_read(int fd, void *out, size_t n);

void
fail_read(unsigned k, int number)
{
    read_countdown = k;
    read_errno = number;
}

unsigned
reads_left(void)
{
    return read_countdown;
}

ssize_t
__wrap_read(int fd, void *out, size_t n)
{
    if (read_countdown == 0 || --read_countdown > 0) {
        return __real_read(fd, out, n);
    }
    if (read_errno == 0) {
        return __real_read(fd, out, n > 0 ? 1 : 0);
    }
    errno = read_errno;
    return -1;
}

void
read_pipe(const struct octets *o, size_t piece, struct reading *out)
{
    char path[32];
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        for (size_t at = 0; at < o->n; at += piece) {
            size_t n = o->n - at < piece ? o->n - at : piece;

            if (write(ends[1], o->p + at, n) != (ssize_t)n) {
                _exit(1);
            }
            usleep(10);
        }
        _exit(0);
    }
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    read_path(path, NULL, SYC_BATCH, out);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
}
