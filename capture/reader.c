/*
 * Opening: what an input is, told by its first octets, and which reader it gets. Then the calls of
 * the face.
 *
 *    path or "-" -> syc_source -> syc_input -> look at 28 octets -> packed? unpack, look again
 *                                                    |
 *             +------------------+-------------------+--------------------+
 *          classic 2.4        pcapng          pcap's variants      anything else: an error that
 *        reader_pcap.c    reader_pcapng.c    reader_libpcap.c      says what it is and what to do
 *
 *    several paths -> reader_merge.c, which opens each of them so        interface -> reader_live.c
 *
 * The name of a file decides nothing. Opening can be interrupted at any wait and goes on where it
 * was: c->kind is NULL until a reader is chosen, and every step before leaves what it read in the
 * buffer.
 */

#include "capture/reader_int.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------ what it is */

/* FOREIGN: known by sight, read by others. */
enum format { PCAP, PCAPNG, GZIP, ZSTD, FOREIGN };

/* What a file begins with. */
struct magic {
    uint8_t octets[4];
    uint8_t mask; /* of the first octet */
    size_t n;
    enum format format;
    const char *name; /* FOREIGN: and how to read it */
};

/*
 * draft-ietf-opsawg-pcap and -pcapng; RFC 1952; RFC 8878 (3.1.1 and, for what pzstd puts in front, 3.1.2). The
 * variants of pcap are those libpcap knows: modified (Kuznetzov), Navtel, and one of 2002 with four more octets a
 * record. Formats that are not read are named, so that one knows what to do.
 */
static const struct magic magics[] = {
    {{0xd4, 0xc3, 0xb2, 0xa1}, 0xff, 4, PCAP, "pcap"},
    {{0xa1, 0xb2, 0xc3, 0xd4}, 0xff, 4, PCAP, "pcap"},
    {{0x4d, 0x3c, 0xb2, 0xa1}, 0xff, 4, PCAP, "pcap"},
    {{0xa1, 0xb2, 0x3c, 0x4d}, 0xff, 4, PCAP, "pcap"},
    {{0x34, 0xcd, 0xb2, 0xa1}, 0xff, 4, PCAP, "pcap"},
    {{0xa1, 0xb2, 0xcd, 0x34}, 0xff, 4, PCAP, "pcap"},
    {{0x4d, 0x3c, 0x2b, 0xa1}, 0xff, 4, PCAP, "pcap"},
    {{0xa1, 0x2b, 0x3c, 0x4d}, 0xff, 4, PCAP, "pcap"},
    {{0xcd, 0x34, 0xb2, 0xa1}, 0xff, 4, PCAP, "pcap"},
    {{0xa1, 0xb2, 0x34, 0xcd}, 0xff, 4, PCAP, "pcap"},
    {{0x0a, 0x0d, 0x0d, 0x0a}, 0xff, 4, PCAPNG, "pcapng"},
    {{0x1f, 0x8b}, 0xff, 2, GZIP, "gzip"},
    {{0x28, 0xb5, 0x2f, 0xfd}, 0xff, 4, ZSTD, "zstd"},
    {{0x50, 0x2a, 0x4d, 0x18}, 0xf0, 4, ZSTD, "zstd"},
    {{0xfd, '7', 'z', 'X'}, 0xff, 4, FOREIGN, "packed by xz; pipe it: xzcat FILE | syncopate -"},
    {{0x04, 0x22, 0x4d, 0x18},
     0xff,
     4,
     FOREIGN,
     "packed by lz4; pipe it: lz4cat FILE | syncopate -"},
    {{'B', 'Z', 'h'}, 0xff, 3, FOREIGN, "packed by bzip2; pipe it: bzcat FILE | syncopate -"},
    {{'s', 'n', 'o', 'o'}, 0xff, 4, FOREIGN, "a snoop capture; convert it: editcap FILE FILE.pcap"},
    {{'G', 'M', 'B', 'U'},
     0xff,
     4,
     FOREIGN,
     "a Network Monitor capture; convert it: editcap FILE FILE.pcap"},
};

/*
 * No two rows fit the same octets, so their order means nothing. Octets that are not there are not
 * looked at: 3 octets can be bzip2 but not pcap.
 */
static const struct magic *
find_magic(const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const struct magic *m = &magics[i];

        if (n >= m->n && (octets[0] & m->mask) == m->octets[0] &&
            memcmp(octets + 1, m->octets + 1, m->n - 1) == 0) {
            return m;
        }
    }
    return NULL;
}

static bool
is_packed(const struct magic *magic)
{
    return magic != NULL && (magic->format == GZIP || magic->format == ZSTD);
}

enum syc_packing
syc_packing_look(const uint8_t *octets, size_t n)
{
    const struct magic *m = find_magic(octets, n);

    if (!is_packed(m)) {
        return SYC_PACKING_NONE;
    }
    return m->format == GZIP ? SYC_PACKING_GZIP : SYC_PACKING_ZSTD;
}

enum syc_capture_look
syc_capture_look(const uint8_t *octets, size_t n)
{
    const struct magic *m = find_magic(octets, n);

    if (m == NULL || m->format == FOREIGN) {
        return SYC_LOOKS_OTHER;
    }
    return is_packed(m) ? SYC_LOOKS_PACKED : SYC_LOOKS_CAPTURE;
}

/* ------------------------------------------------------------ opening */

/*
 * `need` octets in the buffer, fewer only where the input ends before: a short file is told as such
 * by check_head(), with its length, not as a read error.
 */
static enum syc_status
look(struct syc_capture *c, size_t need, struct syc_error *err)
{
    struct syc_input *in = &c->in;

    while (in->have < need) {
        enum syc_status status = syc_input_more(in, need);

        if (status == SYC_END) {
            break;
        }
        if (status == SYC_IO) {
            return syc_error_set(err, status, "cannot read: %s", in->source.words);
        }
        if (status != SYC_OK) {
            return status == SYC_INTERRUPTED ? status : syc_input_fault(in, status, 0, err);
        }
    }
    return SYC_OK;
}

/*
 * Buffer and descriptor, each once: after an interruption start() comes here again. On failure both
 * stay with the capture, whose close frees them.
 */
static enum syc_status
open_input(struct syc_capture *c, struct syc_error *err)
{
    struct syc_input *in = &c->in;
    enum syc_status status;

    if (in->octets == NULL) {
        in->capacity = c->options.buffer_octets != 0 ? c->options.buffer_octets : SYC_INPUT_OCTETS;
        in->octets = syc_resize(NULL, in->capacity, 1);
    }
    if (in->octets == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader's buffer");
    }
    if (in->source.fd >= 0) {
        return SYC_OK;
    }
    status = syc_source_open(&in->source, c->options.path);
    return status == SYC_IO ? syc_error_set(err, status, "%s", in->source.words) : status;
}

/*
 * The first octets of the capture itself into the buffer, through a decompressor where the input is
 * packed. One layer only: a file packed twice is an error, and no bomb of layers is followed.
 */
static enum syc_status
look_inside(struct syc_capture *c, struct syc_error *err)
{
    struct syc_input *in = &c->in;

    if (in->source.unpacker == NULL) {
        enum syc_status status = look(c, SYC_SECTION_HEADER, err);
        const struct magic *magic = find_magic(in->octets, in->have);

        if (status != SYC_OK || !is_packed(magic)) {
            return status;
        }
        status = syc_source_unpack(&in->source,
                                   magic->format == GZIP ? SYC_PACKING_GZIP : SYC_PACKING_ZSTD,
                                   in->octets, in->have);
        if (status != SYC_OK) {
            return syc_error_set(err, status, "%s", in->source.words);
        }
        in->have = 0;
    }
    return look(c, SYC_SECTION_HEADER, err);
}

/* Whether the first octets are those of a capture whose header is whole; *magic says which. */
static enum syc_status
check_head(const struct syc_input *in, const struct magic **magic, struct syc_error *err)
{
    const uint8_t *h = in->octets;
    size_t n = in->have, need;

    *magic = find_magic(h, n);
    if (n == 0) {
        return syc_error_set(err, SYC_FORMAT,
                             "empty (0 octets); expected a pcap or pcapng capture");
    }
    if (*magic == NULL && n < 4) {
        return syc_error_set(err, SYC_FORMAT, "%zu octet%s no capture; expected pcap or pcapng", n,
                             n == 1 ? " is" : "s are");
    }
    if (*magic == NULL) {
        return syc_error_set(err, SYC_FORMAT,
                             "no capture: begins with %02x %02x %02x %02x; expected pcap or pcapng",
                             h[0], h[1], h[2], h[3]);
    }
    if ((*magic)->format == FOREIGN) {
        return syc_error_set(err, SYC_FORMAT, "%s", (*magic)->name);
    }
    if (is_packed(*magic)) {
        return syc_error_set(err, SYC_FORMAT, "packed twice; unpack it once before");
    }
    need = (*magic)->format == PCAP ? SYC_PCAP_HEADER : SYC_SECTION_HEADER;
    if (n < need) {
        return syc_error_set(err, SYC_TRUNCATED,
                             "cut inside the %s header: %zu octets, of at least %zu",
                             (*magic)->name, n, need);
    }
    return SYC_OK;
}

/*
 * From a name to a reader. A signal may end it at any wait with SYC_INTERRUPTED: what was read stays in the
 * buffer, and the next call goes on from there.
 */
static enum syc_status
start(struct syc_capture *c, struct syc_error *err)
{
    const struct magic *magic = NULL;
    enum syc_status status = open_input(c, err);

    if (status == SYC_OK) {
        status = look_inside(c, err);
    }
    if (status == SYC_OK) {
        status = check_head(&c->in, &magic, err);
    }
    if (status != SYC_OK) {
        return status;
    }
    if (magic->format == PCAPNG) {
        return syc_reader_open_pcapng(c, err);
    }
    return syc_reader_is_pcap(&c->in) ? syc_reader_open_pcap(c, err)
                                      : syc_reader_open_libpcap(c, err);
}

/* ------------------------------------------------------------ the face */

struct syc_capture *
syc_reader_new(const struct syc_capture_options *options)
{
    struct syc_capture *c = syc_alloc(1, sizeof *c);
    const char *name = options->path != NULL ? options->path : options->interface;

    if (c == NULL) {
        return NULL;
    }
    c->options = *options;
    c->in.source.fd = -1;
    c->over.file = options->file;
    if (name != NULL) {
        snprintf(c->name, sizeof c->name, "%s",
                 options->path != NULL && strcmp(name, "-") == 0 ? "standard input" : name);
    }
    return c;
}

/*
 * The filter is checked first: an expression that means nothing anywhere is the user's mistake and
 * not a fault of the first file, whatever that is.
 */
static enum syc_status
open_reader(struct syc_capture *c, struct syc_error *err)
{
    enum syc_status status;

    if (c->options.interface != NULL) {
        return syc_reader_open_live(c, err);
    }
    if (c->options.filter != NULL) {
        status = syc_filter_check(c->options.filter, err);
        if (status != SYC_OK) {
            return status;
        }
    }
    if (c->options.paths != NULL) {
        return syc_reader_open_merge(c, err);
    }
    status = start(c, err);
    return status == SYC_INTERRUPTED ? SYC_OK : status; /* the first read goes on */
}

enum syc_status
syc_capture_open(struct syc_capture **out, const struct syc_capture_options *options,
                 struct syc_error *err)
{
    struct syc_capture *c;
    enum syc_status status;

    *out = NULL;
    if ((options->path != NULL) + (options->paths != NULL) + (options->interface != NULL) != 1) {
        return syc_error_set(err, SYC_USAGE, "exactly one of file and interface is needed");
    }
    c = syc_reader_new(options);
    if (c == NULL) {
        return syc_error_set(err, SYC_NO_MEMORY, "%s", syc_status_text(SYC_NO_MEMORY));
    }
    status = open_reader(c, err);
    if (status != SYC_OK) {
        syc_error_at(err, c->name, 0, 0);
        syc_capture_close(c);
        return status;
    }
    *out = c;
    return SYC_OK;
}

/*
 * The one place where a capture ends: after a fault or the end no reader is called again, so
 * readers need not survive that. `over` says which input it was; reader_merge.c fills it itself.
 */
enum syc_status
syc_reader_next(struct syc_capture *c, struct syc_frame *frames, size_t max, size_t *count,
                struct syc_error *err)
{
    enum syc_status status = SYC_OK;

    *count = 0;
    if (c->ended) {
        return SYC_END;
    }
    if (c->kind == NULL) {
        status = start(c, err);
        if (status == SYC_INTERRUPTED) {
            return SYC_OK;
        }
    }
    if (status == SYC_OK) {
        status = c->kind->next(c->reader, frames, max < SYC_BATCH ? max : SYC_BATCH, count, err);
    }
    c->stats.packets += *count;
    if (status != SYC_OK) {
        *count = 0;
        c->ended = !c->over.more;
        if (!c->several) {
            c->over.packets = c->stats.packets;
            c->over.opened = c->kind != NULL;
            syc_error_at(err, c->name, 0, 0);
        }
    }
    return status;
}

enum syc_status
syc_capture_next(struct syc_capture *c, struct syc_frame *frames, size_t max, size_t *count,
                 struct syc_error *err)
{
    enum syc_status status = syc_reader_next(c, frames, max, count, err);

    for (size_t i = 0; i < *count; i++) {
        c->stats.octets += frames[i].length;
    }
    return status;
}

void
syc_capture_over(const struct syc_capture *c, struct syc_capture_over *out)
{
    *out = c->over;
}

void
syc_capture_stats(struct syc_capture *c, struct syc_capture_stats *out)
{
    if (c->kind != NULL && c->kind->stats != NULL) {
        c->kind->stats(c->reader, &c->stats);
    }
    *out = c->stats;
}

void
syc_capture_progress(const struct syc_capture *c, struct syc_progress *out)
{
    if (c->kind != NULL && c->kind->progress != NULL) {
        c->kind->progress(c->reader, out);
    } else {
        *out = (struct syc_progress){.done = c->in.source.taken, .total = c->in.source.total};
    }
    out->packets = c->stats.packets;
}

void
syc_capture_close(struct syc_capture *c)
{
    if (c == NULL) {
        return;
    }
    if (c->kind != NULL) {
        c->kind->close(c->reader);
    }
    syc_source_close(&c->in.source);
    syc_free(c->in.octets);
    syc_free(c);
}
