/*
 * Octets for readers of text: from a descriptor, unpacked where its first octets say that they are packed.
 *
 *    begins -> 28 octets or all there are -> packed? -> the source unpacks them -> 28 octets of what was inside
 *                                                '----- they are kept in head --------'
 *    then head goes out first, and the source after it
 */

#include "capture/reader_int.h"

#include <stdio.h>
#include <string.h>

struct syc_octets {
    struct syc_source source;
    uint8_t head[SYC_SECTION_HEADER];
    size_t have, given; /* of head */
    bool begun;
    enum syc_capture_look looks;
};

struct syc_octets *
syc_octets_new(int fd)
{
    struct syc_octets *o = syc_alloc(1, sizeof *o);

    if (o != NULL) {
        o->source.fd = fd;
        o->looks = SYC_LOOKS_OTHER;
    }
    return o;
}

void
syc_octets_free(struct syc_octets *o)
{
    if (o != NULL) {
        o->source.fd = -1; /* the caller's */
        syc_source_close(&o->source);
        syc_free(o);
    }
}

/* As much of head as there is; an input of fewer octets is as good as any. */
static enum syc_status
fill_head(struct syc_octets *o)
{
    enum syc_status status = SYC_OK;

    while (status == SYC_OK && o->have < sizeof o->head) {
        size_t got;

        status = syc_source_read(&o->source, o->head + o->have, sizeof o->head - o->have, &got);
        o->have += got;
    }
    return status == SYC_END ? SYC_OK : status;
}

/* One layer only, as for captures: what is packed twice is no text. */
static enum syc_status
begin(struct syc_octets *o)
{
    enum syc_packing packing;
    enum syc_status status = fill_head(o);

    if (status != SYC_OK || o->source.unpacker != NULL) {
        return status;
    }
    packing = syc_packing_look(o->head, o->have);
    if (packing == SYC_PACKING_NONE) {
        return SYC_OK;
    }
    status = syc_source_unpack(&o->source, packing, o->head, o->have);
    o->have = 0;
    return status == SYC_OK ? fill_head(o) : status;
}

/* A fault comes after the octets that were read before it. */
enum syc_status
syc_octets_read(struct syc_octets *o, uint8_t *out, size_t n, size_t *got, struct syc_error *err)
{
    enum syc_status status = SYC_OK;

    *got = 0;
    if (!o->begun) {
        status = begin(o);
        if (status == SYC_INTERRUPTED) {
            return status;
        }
        o->begun = true;
        o->looks = syc_capture_look(o->head, o->have);
    }
    if (o->given < o->have) {
        *got = o->have - o->given < n ? o->have - o->given : n;
        memcpy(out, o->head + o->given, *got);
        o->given += *got;
        return SYC_OK;
    }
    status = syc_source_read(&o->source, out, n, got);
    if (status != SYC_OK && status != SYC_END && status != SYC_INTERRUPTED) {
        syc_error_set(err, status, "cannot be read further: %s", o->source.words);
    }
    return status;
}

enum syc_capture_look
syc_octets_look(const struct syc_octets *o)
{
    return o->looks;
}
