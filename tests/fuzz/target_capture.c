/*
 * A whole capture file. First octet: how it is read (bit 0 from a pipe, bits 1-3 the size of a batch, bit 4 through a
 * filter, bit 5 a second time in other batches, bit 6 beside libpcap, bit 7 as two files, cut where the second octet says);
 * the rest is the file.
 *
 * Claims: each frame lies in memory, its number grows, its counts add up; after a fault there is only the end; what was
 * read does not depend on the size of batches nor on a pipe; of two files read as one stream each gives what it gives
 * alone; libpcap alone reads the same frames of a classic file, as
 * long as it reads any.
 */

#include "tests/fuzz/fuzz.h"

#include "capture/capture.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PIPE_ROOM = 4096, /* larger files are read from memory: nobody writes while we read */
    FRAME_MAX = 16 * 1024 * 1024,
};

/* Where the octets of the file are for one reading. */
struct source {
    int fd;
    char path[32];
};

static void
open_source(struct source *s, struct syc_span file, bool through_pipe)
{
    int ends[2];

    if (through_pipe && file.n <= PIPE_ROOM) {
        FUZZ_HOLDS(pipe(ends) == 0, "no pipe");
        FUZZ_HOLDS(write(ends[1], file.p, file.n) == (ssize_t)file.n, "the pipe is full");
        close(ends[1]);
        s->fd = ends[0];
    } else {
        s->fd = memfd_create("capture", MFD_CLOEXEC);
        FUZZ_HOLDS(s->fd >= 0 && write(s->fd, file.p, file.n) == (ssize_t)file.n, "no memfd");
    }
    snprintf(s->path, sizeof s->path, "/dev/fd/%d", s->fd);
}

/* What a reading came to: sums stand for the frames, which live for a batch only. */
struct outcome {
    enum syc_status opened, ended;
    struct syc_capture_stats stats;
    uint64_t frames, octets, sum;
};

static uint64_t
mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3);
}

static void
take_frame(struct outcome *o, const struct syc_frame *f, uint64_t *number, uint16_t file)
{
    FUZZ_HOLDS(f->captured <= FRAME_MAX, "%u octets", f->captured);
    FUZZ_HOLDS(f->number > *number, "frame %llu after %llu", (unsigned long long)f->number,
               (unsigned long long)*number);
    *number = f->number;
    FUZZ_HOLDS(f->file == file, "file %u", f->file);
    o->sum = mix(mix(mix(o->sum, (uint64_t)f->time_ns), f->number), f->length);
    o->sum = mix(mix(o->sum, f->link), f->captured);
    for (uint32_t i = 0; i < f->captured; i++) {
        o->sum = mix(o->sum, f->data[i]);
    }
    o->frames++;
    o->octets += f->length;
}

static void
check_error(enum syc_status status, const struct syc_error *err)
{
    size_t n = strnlen(err->text, sizeof err->text);

    FUZZ_HOLDS(n > 0 && n < sizeof err->text, "status %d without a text", (int)status);
    FUZZ_HOLDS(fuzz_is_printable(err->text, n), "%s", err->text);
    FUZZ_HOLDS(err->file[0] != '\0', "no file is named");
}

/* How one is to be read. */
struct manner {
    bool through_pipe, filtered;
    size_t batch;
};

static void
read_frames(struct syc_capture *c, size_t batch, struct outcome *o, struct syc_error *err)
{
    struct syc_frame frames[SYC_BATCH];
    uint64_t number = 0;
    size_t count = 0;

    do {
        o->ended = syc_capture_next(c, frames, batch, &count, err);
        FUZZ_HOLDS(count <= batch, "%zu frames in a batch of %zu", count, batch);
        FUZZ_HOLDS(o->ended == SYC_OK || count == 0, "%zu frames with a fault", count);
        for (size_t i = 0; i < count; i++) {
            take_frame(o, &frames[i], &number, 7);
        }
    } while (o->ended == SYC_OK);
    FUZZ_HOLDS(o->ended == SYC_END || o->ended == SYC_TRUNCATED || o->ended == SYC_FORMAT ||
                   o->ended == SYC_IO || o->ended == SYC_UNSUPPORTED,
               "status %d", (int)o->ended);
    FUZZ_HOLDS(syc_capture_next(c, frames, batch, &count, err) == SYC_END && count == 0,
               "something after the end");
}

static void
read_file(struct syc_span file, const struct manner *m, struct outcome *o)
{
    struct source source;
    struct syc_capture_options options = {.filter = m->filtered ? "tcp port 80" : NULL, .file = 7};
    struct syc_capture *c = NULL;
    struct syc_error err = {0};
    uint64_t before;

    *o = (struct outcome){.ended = SYC_END};
    open_source(&source, file, m->through_pipe);
    options.path = source.path;
    before = fuzz_work();
    o->opened = syc_capture_open(&c, &options, &err);
    if (o->opened == SYC_OK) {
        read_frames(c, m->batch, o, &err);
        syc_capture_stats(c, &o->stats);
        FUZZ_HOLDS(o->stats.packets == o->frames && o->stats.octets == o->octets,
                   "%llu frames counted, %llu read", (unsigned long long)o->stats.packets,
                   (unsigned long long)o->frames);
        if (o->ended != SYC_END) {
            check_error(o->ended, &err);
        }
        syc_capture_close(c);
    } else {
        FUZZ_HOLDS(c == NULL, "opened and failed");
        check_error(o->opened, &err);
    }
    fuzz_bound_work("capture", before, file.n, 40, 5000);
    close(source.fd);
}

static void
check_same(const struct outcome *a, const struct outcome *b)
{
    FUZZ_HOLDS(a->opened == b->opened && a->ended == b->ended, "status %d %d, then %d %d",
               (int)a->opened, (int)a->ended, (int)b->opened, (int)b->ended);
    FUZZ_HOLDS(a->frames == b->frames && a->sum == b->sum, "%llu frames, then %llu",
               (unsigned long long)a->frames, (unsigned long long)b->frames);
}

/* ------------------------------------------------------------ two files */

static void
read_stream(struct syc_capture *c, size_t batch, struct outcome parts[2])
{
    struct syc_capture_over over = {.more = true};
    struct syc_frame frames[SYC_BATCH];
    uint64_t numbers[2] = {0, 0};
    size_t ended = 0, count = 0;

    while (over.more) {
        struct syc_error err = {0};
        enum syc_status status = syc_capture_next(c, frames, batch, &count, &err);

        for (size_t i = 0; i < count; i++) {
            FUZZ_HOLDS(frames[i].file < 2, "file %u", frames[i].file);
            take_frame(&parts[frames[i].file], &frames[i], &numbers[frames[i].file],
                       frames[i].file);
        }
        if (status != SYC_OK) {
            syc_capture_over(c, &over);
            FUZZ_HOLDS(over.file < 2 && ++ended <= 2, "file %u", over.file);
            FUZZ_HOLDS(over.packets == parts[over.file].frames, "%llu frames, %llu counted",
                       (unsigned long long)parts[over.file].frames,
                       (unsigned long long)over.packets);
            parts[over.file].opened = over.opened ? SYC_OK : status;
            parts[over.file].ended = over.opened ? status : SYC_END;
        }
    }
    FUZZ_HOLDS(ended == 2, "%zu files ended", ended);
    FUZZ_HOLDS(syc_capture_next(c, frames, batch, &count, NULL) == SYC_END && count == 0,
               "something after the end");
}

/* The stream says of each file what the file says alone, but for the index in the list. */
static void
check_two(struct syc_span in, const struct manner *m)
{
    size_t cut = in.n * fuzz_take8(&in) / 256;
    struct syc_span files[2] = {syc_span_part(in, 0, cut), syc_span_from(in, cut)};
    struct outcome parts[2] = {{.ended = SYC_OK}, {.ended = SYC_OK}}, alone;
    struct source sources[2];
    const char *paths[2];
    struct syc_capture_options options = {.paths = paths, .path_count = 2};
    struct syc_capture *c = NULL;

    for (size_t i = 0; i < 2; i++) {
        open_source(&sources[i], files[i], false);
        paths[i] = sources[i].path;
    }
    FUZZ_HOLDS(syc_capture_open(&c, &options, NULL) == SYC_OK, "not opened");
    read_stream(c, m->batch, parts);
    syc_capture_close(c);
    for (size_t i = 0; i < 2; i++) {
        read_file(files[i], &(struct manner){false, false, SYC_BATCH}, &alone);
        check_same(&alone, &parts[i]);
        close(sources[i].fd);
    }
}

/* ------------------------------------------------------------ libpcap alone */

/* The n octets at p say who they are by a sum. */
static uint64_t
sum_of(const uint8_t *p, uint32_t n)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        sum = mix(sum, p[i]);
    }
    return sum;
}

/*
 * One frame of both. Seconds are 32 bits without a sign, which libpcap takes with one; a fraction of a second and more
 * overflows in it, so it is no witness then.
 */
static void
check_frame(const struct syc_frame *f, const struct pcap_pkthdr *h, const uint8_t *data)
{
    int64_t time_ns = (int64_t)(uint32_t)h->ts.tv_sec * SYC_NS_PER_S + h->ts.tv_usec;

    FUZZ_HOLDS(f->captured == h->caplen && f->length == h->len,
               "frame %llu: %u of %u, not %u of %u", (unsigned long long)f->number, f->captured,
               f->length, h->caplen, h->len);
    FUZZ_HOLDS(sum_of(f->data, f->captured) == sum_of(data, h->caplen), "frame %llu",
               (unsigned long long)f->number);
    FUZZ_HOLDS(h->ts.tv_usec < 0 || h->ts.tv_usec >= SYC_NS_PER_S || f->time_ns == time_ns ||
                   f->time_ns - time_ns >= SYC_NS_PER_S,
               "frame %llu at %lld, not %lld", (unsigned long long)f->number, (long long)f->time_ns,
               (long long)time_ns);
}

/* As long as libpcap reads frames, we read the same. */
static void
compare_frames(struct syc_capture *c, pcap_t *pcap)
{
    struct pcap_pkthdr *h;
    const uint8_t *data;

    while (pcap_next_ex(pcap, &h, &data) == 1) {
        struct syc_frame f;
        size_t count = 0;

        while (count == 0) { /* without a frame and without a fault: it wants to be asked again */
            FUZZ_HOLDS(syc_capture_next(c, &f, 1, &count, NULL) == SYC_OK, "libpcap reads more");
        }
        check_frame(&f, h, data);
    }
}

/*
 * Of files of version 2.4 with records no longer than the snap length they announce: of longer ones libpcap cuts off
 * what exceeds it, while we deliver what is there.
 */
static bool
is_comparable(struct syc_span file)
{
    bool big;
    uint32_t magic, snaplen;

    if (file.n < 24) {
        return false;
    }
    magic = syc_be32(file.p);
    big = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
    if (!big && magic != 0xd4c3b2a1 && magic != 0x4d3cb2a1) {
        return false;
    }
    snaplen = big ? syc_be32(file.p + 16) : syc_le32(file.p + 16);
    return (big ? syc_be32(file.p + 4) == 0x00020004 : syc_le32(file.p + 4) == 0x00040002) &&
           snaplen >= 65535 && file.n < 65535;
}

static void
check_beside_libpcap(struct syc_span file)
{
    char words[PCAP_ERRBUF_SIZE];
    struct syc_capture_options options = {.file = 7};
    struct source source;
    struct syc_capture *c = NULL;
    FILE *stream;
    pcap_t *pcap;

    if (!is_comparable(file)) {
        return;
    }
    stream = fmemopen((void *)(uintptr_t)file.p, file.n, "r");
    FUZZ_HOLDS(stream != NULL, "no stream");
    pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, words);
    if (pcap == NULL) {
        fclose(stream);
        return;
    }
    open_source(&source, file, false);
    options.path = source.path;
    if (syc_capture_open(&c, &options, NULL) == SYC_OK) {
        compare_frames(c, pcap);
    } else {
        struct pcap_pkthdr *h;
        const uint8_t *data;

        FUZZ_HOLDS(pcap_next_ex(pcap, &h, &data) != 1, "libpcap opens it");
    }
    syc_capture_close(c);
    pcap_close(pcap);
    close(source.fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t batches[8] = {32, 1, 2, 31, 7, 3, 16, 5};
    struct syc_span in = {data, size};
    uint8_t how = fuzz_take8(&in);
    struct manner m = {(how & 1) != 0, (how & 16) != 0, batches[how >> 1 & 7]};
    struct outcome first, second;

    if ((how & 128) != 0) {
        check_two(in, &m);
        return 0;
    }
    read_file(in, &m, &first);
    if ((how & 32) != 0) {
        m.through_pipe = !m.through_pipe;
        m.batch = SYC_BATCH + 1 - m.batch;
        read_file(in, &m, &second);
        check_same(&first, &second);
    }
    if ((how & 64) != 0) {
        check_beside_libpcap(in);
    }
    return 0;
}
