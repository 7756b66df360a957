/*
 * gzip by zlib, zstd by libzstd: both as a stream, whatever number of members or frames it has.
 *
 *    packed[]  |  eaten  |  at .. have: not yet unpacked  |  room  |
 *
 *    gzip:  member -> end -> (zeros)* -> input ends | another member | damage
 *    zstd:  frame  -> end -> input ends | another frame (libzstd skips skippable ones itself)
 *
 * `inside` is what tells a whole file from a cut one: an input that ends while it is set was cut.
 * zlib and libzstd check what they unpack; here it is checked that the file ended where they think
 * it did.
 */

#include "capture/reader_source.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* Sizes of the formats, and how much is read at a time. */
enum {
    PACKED_OCTETS = 64 * 1024,
    GZIP_ONLY = 15 + 16,  /* inflateInit2: the largest window, a gzip header expected (zlib.h) */
    ZSTD_WINDOW_LOG = 27, /* 128 MiB: what zstd itself takes without being told to take more */
    GZIP_FIRST = 0x1f,    /* of a member, RFC 1952 2.3.1 */
};

struct syc_unpacker {
    enum syc_packing packing;
    bool inside;    /* of a member or a frame: here the input may not end */
    bool padded;    /* gzip: zeros follow the last member, as tapes leave them */
    uint64_t eaten; /* packed octets */
    size_t at, have;
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t wanted; /* zstd: octets that its last answer asks for; 0 between frames */
    size_t room;
    uint8_t packed[];
};

/*
 * zlib takes its memory through base/, so that tests can deny it. libzstd has its own way to
 * malloc, bounded by the window.
 */
static voidpf
zlib_alloc(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return syc_alloc(items, size);
}

static void
zlib_free(voidpf opaque, voidpf p)
{
    (void)opaque;
    syc_free(p);
}

/*
 * libzstd refuses larger windows by itself once it is told the limit: the header of a frame may ask
 * for 2 GiB, and a hostile file would.
 */
static bool
set_up(struct syc_unpacker *u)
{
    if (u->packing == SYC_PACKING_GZIP) {
        u->gzip.zalloc = zlib_alloc;
        u->gzip.zfree = zlib_free;
        return inflateInit2(&u->gzip, GZIP_ONLY) == Z_OK;
    }
    u->zstd = ZSTD_createDStream();
    return u->zstd != NULL &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
}

/* The first octets are copied in, so there is room for all of them however many they are. */
struct syc_unpacker *
syc_unpacker_new(enum syc_packing packing, const uint8_t *octets, size_t n)
{
    size_t room = n > PACKED_OCTETS ? n : PACKED_OCTETS;
    struct syc_unpacker *u = syc_alloc(1, sizeof *u + room);

    if (u == NULL) {
        return NULL;
    }
    u->room = room;
    memcpy(u->packed, octets, n);
    u->have = n;
    u->packing = packing;
    u->inside = true; /* an empty input is neither */
    if (!set_up(u)) {
        syc_unpacker_free(u);
        return NULL;
    }
    return u;
}

void
syc_unpacker_free(struct syc_unpacker *u)
{
    if (u == NULL) {
        return;
    }
    if (u->packing == SYC_PACKING_GZIP) {
        inflateEnd(&u->gzip);
    } else {
        ZSTD_freeDStream(u->zstd);
    }
    syc_free(u);
}

uint8_t *
syc_unpacker_room(struct syc_unpacker *u, size_t *room)
{
    *room = u->room;
    return u->packed;
}

void
syc_unpacker_given(struct syc_unpacker *u, size_t n)
{
    u->at = 0;
    u->have = n;
}

static const char *
name_of(const struct syc_unpacker *u)
{
    return u->packing == SYC_PACKING_GZIP ? "gzip" : "zstd";
}

/* As a cut capture is: SYC_TRUNCATED, with the place in the packed file, since that is the file one has. */
static enum syc_status
damaged(const struct syc_unpacker *u, const char *what, char *words, size_t size)
{
    snprintf(words, size, "%s: %s at octet %llu of the packed file", name_of(u), what,
             (unsigned long long)u->eaten);
    return SYC_TRUNCATED;
}

/* Between members: another one, padding, or octets that are neither. */
static enum syc_status
next_member(struct syc_unpacker *u, char *words, size_t size)
{
    while (u->at < u->have && u->packed[u->at] == 0) {
        u->padded = true;
        u->at++;
        u->eaten++;
    }
    if (u->at == u->have) {
        return SYC_OK;
    }
    if (u->padded || u->packed[u->at] != GZIP_FIRST) {
        return damaged(u, "what follows the end is no gzip", words, size);
    }
    u->inside = true;
    return inflateReset(&u->gzip) == Z_OK ? SYC_OK : damaged(u, "cannot go on", words, size);
}

/*
 * Z_BUF_ERROR is no fault: neither input nor room, and the caller brings more (zlib.h). Octets that
 * came out before a fault are delivered with it; the caller keeps the status for its next call.
 */
static enum syc_status
unpack_gzip(struct syc_unpacker *u, uint8_t *out, size_t n, size_t *got, char *words, size_t size)
{
    size_t most = n < UINT32_MAX ? n : UINT32_MAX;
    int code;

    *got = 0;
    if (!u->inside) {
        enum syc_status status = next_member(u, words, size);

        if (status != SYC_OK || !u->inside) {
            return status;
        }
    }
    u->gzip.next_in = u->packed + u->at;
    u->gzip.avail_in = (uInt)(u->have - u->at);
    u->gzip.next_out = out;
    u->gzip.avail_out = (uInt)most;
    code = inflate(&u->gzip, Z_NO_FLUSH);
    *got = most - u->gzip.avail_out;
    u->eaten += u->have - u->at - u->gzip.avail_in;
    u->at = u->have - u->gzip.avail_in;
    u->inside = code != Z_STREAM_END;
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) {
        return SYC_OK;
    }
    if (code == Z_MEM_ERROR) {
        snprintf(words, size, "gzip: no memory");
        return SYC_NO_MEMORY;
    }
    return damaged(u, u->gzip.msg != NULL ? u->gzip.msg : zError(code), words, size);
}

/* Of all faults two need other words: memory, and a window that --long gave and this program denies. */
static enum syc_status
zstd_error(const struct syc_unpacker *u, size_t code, char *words, size_t size)
{
    switch ((int)ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        snprintf(words, size, "zstd: no memory");
        return SYC_NO_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge:
        return damaged(u, "a window above 128 MiB (unpack it by zstd --long=31 -dc)", words, size);
    default:
        return damaged(u, ZSTD_getErrorName(code), words, size);
    }
}

/*
 * libzstd says how much it wants next: a block and the header behind it, 3 octets. It is given the block alone, and then
 * the header alone, because a call that ends in an error does not tell what it unpacked before: so no call can lose a
 * whole block to the damage behind it, and what is read does not depend on the room for it.
 *
 * It returns 0 when a frame is over and wholly handed out; with neither input nor output moved its answer says nothing of
 * the frame, so `inside` stays.
 */
static enum syc_status
unpack_zstd(struct syc_unpacker *u, uint8_t *out, size_t n, size_t *got, char *words, size_t size)
{
    size_t header = 3, most = u->wanted > header ? u->wanted - header : header;
    size_t given = u->have - u->at < most ? u->have - u->at : most;
    ZSTD_inBuffer in = {u->packed, u->at + given, u->at};
    ZSTD_outBuffer to = {out, n, 0};
    size_t code = ZSTD_decompressStream(u->zstd, &to, &in);
    bool moved = in.pos > u->at || to.pos > 0;

    *got = to.pos;
    u->eaten += in.pos - u->at;
    u->at = in.pos;
    if (ZSTD_isError(code)) {
        return zstd_error(u, code, words, size);
    }
    u->wanted = code;
    if (moved) {
        u->inside = code != 0; /* 0: a frame ended here and all of it was handed out */
    }
    return SYC_OK;
}

enum syc_status
syc_unpack(struct syc_unpacker *u, uint8_t *out, size_t n, size_t *got, char *words,
           size_t words_size)
{
    /* A member's end gives nothing by itself, and what follows it is here already. */
    for (;;) {
        size_t before = u->at;
        enum syc_status status = u->packing == SYC_PACKING_GZIP
                                     ? unpack_gzip(u, out, n, got, words, words_size)
                                     : unpack_zstd(u, out, n, got, words, words_size);

        if (status != SYC_OK || *got > 0 || u->at == u->have || u->at == before) {
            return status;
        }
    }
}

bool
syc_unpacker_inside(const struct syc_unpacker *u, char *words, size_t words_size)
{
    if (u->inside) {
        snprintf(words, words_size, "%s: cut at octet %llu of the packed file", name_of(u),
                 (unsigned long long)u->eaten);
    }
    return u->inside;
}
