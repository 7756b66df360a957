/*
 * The buffer between a source and the readers: whole records stay where they were read to.
 *
 *         base                 pos                      have                capacity
 *           |  delivered        |  read, undelivered      |   room             |
 *           +-------------------+-------------------------+--------------------+
 *           ^ frames of the last batch point in here: make_room() alone moves them, and only when a
 *             reader asks for more, which it does only when it has nothing left to deliver
 *
 * A record longer than the buffer makes it grow to that record's size, which the readers bound
 * (SYC_RECORD_MAX), never to what a header claims without bound.
 */

#include "capture/reader_int.h"

#include <string.h>

/*
 * Room for `need` octets from pos on, moving what is undelivered to the front; false when memory is
 * short, with the undelivered octets still there.
 */
static bool
make_room(struct syc_input *in, size_t need)
{
    uint8_t *larger;

    if (in->pos > 0) {
        memmove(in->octets, in->octets + in->pos, in->have - in->pos);
    }
    in->base += in->pos;
    in->have -= in->pos;
    in->pos = 0;
    if (need <= in->capacity) {
        return true;
    }
    larger = syc_resize(in->octets, need, 1);
    if (larger == NULL) {
        return false;
    }
    in->octets = larger;
    in->capacity = need;
    return true;
}

/* One read and not as many as `need` asks for: the caller sees after each whether it was told to stop. */
enum syc_status
syc_input_more(struct syc_input *in, size_t need)
{
    enum syc_status status;
    size_t got;

    in->wanted = need;
    if (!make_room(in, need)) {
        return SYC_NO_MEMORY;
    }
    status = syc_source_read(&in->source, in->octets + in->have, in->capacity - in->have, &got);
    in->have += got;
    return status;
}

/*
 * Words of a fault with place and count, as every reader gives them: a message says what was read,
 * so a cut capture is usable up to there.
 */
enum syc_status
syc_input_fault(const struct syc_input *in, enum syc_status status, uint64_t frames,
                struct syc_error *err)
{
    unsigned long long n = frames, at = in->base + in->have;
    const char *words = in->source.words;

    if (status == SYC_IO) {
        return syc_error_set(err, status, "read failed at octet %llu, after %llu frame%s: %s", at,
                             n, SYC_PLURAL(n), words);
    }
    if (status == SYC_NO_MEMORY && in->source.status != status) {
        return syc_error_set(err, status, "no memory for record %llu of %zu octets", n + 1,
                             in->wanted);
    }
    return syc_error_set(err, status, "%s; " SYC_READ_BEFORE, words, SYC_READ_BEFORE_OF(n));
}
