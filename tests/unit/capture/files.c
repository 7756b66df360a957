#include "tests/unit/capture/files.h"

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

/* draft-ietf-opsawg-pcapng: section header (byte-order magic, version 1.0, unknown length), interface description. */
void
add_section(struct octets *o)
{
    add_le32(o, 0x0a0d0d0a);
    add_le32(o, 28);
    add_le32(o, 0x1a2b3c4d);
    add_le16(o, 1);
    add_le16(o, 0);
    add_le32(o, 0xffffffff);
    add_le32(o, 0xffffffff);
    add_le32(o, 28);
    add_le32(o, 1);
    add_le32(o, 32);
    add_le16(o, LINK_ETHERNET);
    add_le16(o, 0);
    add_le32(o, 262144);
    add_le16(o, 9); /* if_tsresol: 10^-9 */
    add_le16(o, 1);
    ADD(o, 9, 0, 0, 0);
    add_le32(o, 0); /* end of options */
    add_le32(o, 32);
}

void
add_packet(struct octets *o, uint64_t time_ns, const void *p, size_t n, uint32_t length)
{
    size_t padding = (4 - n % 4) % 4;
    uint32_t total = (uint32_t)(32 + n + padding);

    add_le32(o, 6);
    add_le32(o, total);
    add_le32(o, 0);
    add_le32(o, (uint32_t)(time_ns >> 32));
    add_le32(o, (uint32_t)time_ns);
    add_le32(o, (uint32_t)n);
    add_le32(o, length);
    octets_add(o, p, n);
    octets_add(o, "\0\0\0", padding);
    add_le32(o, total);
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

void
read_path(const char *path, const char *filter, size_t max, struct reading *out)
{
    struct syc_capture_options options = {.path = path, .filter = filter, .file = 5};
    struct syc_capture *c;
    struct syc_frame frames[SYC_BATCH];
    size_t count;

    memset(out, 0, sizeof *out);
    out->opened = syc_capture_open(&c, &options, &out->err);
    if (out->opened != SYC_OK) {
        assert_null(c);
        return;
    }
    for (;;) {
        out->ended = syc_capture_next(c, frames, max, &count, &out->err);
        if (out->ended != SYC_OK) {
            break;
        }
        assert_true(count > 0 && count <= max);
        take_batch(out, frames, count);
    }
    assert_int_equal(count, 0);
    assert_int_equal(syc_capture_next(c, frames, max, &count, &out->err), SYC_END);
    syc_capture_stats(c, &out->stats);
    syc_capture_close(c);
}

void
read_file(const struct octets *o, const char *filter, size_t max, struct reading *out)
{
    char path[] = "/tmp/syc-capture-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, o->p, o->n), o->n);
    close(fd);
    read_path(path, filter, max, out);
    unlink(path);
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
