/* Where lines go: a buffer in front of a descriptor. The first failed write is the last one; what follows is counted. */

#include "output/output_int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024 };

enum syc_status
syc_output_init(struct syc_output *o, int fd)
{
    *o = (struct syc_output){.fd = fd};
    o->buffer = syc_alloc(BUFFER, 1);
    return o->buffer != NULL ? SYC_OK : SYC_NO_MEMORY;
}

static void
write_all(struct syc_output *o, const char *text, size_t n)
{
    while (n > 0 && o->status == SYC_OK) {
        ssize_t wrote = write(o->fd, text, n);
        if (wrote > 0) {
            text += wrote;
            n -= (size_t)wrote;
            o->octets += (uint64_t)wrote;
        } else if (wrote < 0 && errno != EINTR) {
            o->error_number = errno;
            o->status = errno == EPIPE ? SYC_CLOSED : SYC_IO;
        }
    }
}

enum syc_status
syc_output_flush(struct syc_output *o)
{
    write_all(o, o->buffer, o->used);
    if (o->status != SYC_OK) {
        o->lost += o->pending;
        o->events -= o->pending;
    }
    o->used = 0;
    o->pending = 0;
    return o->status;
}

enum syc_status
syc_output_fini(struct syc_output *o)
{
    enum syc_status status = syc_output_flush(o);

    syc_json_fini(&o->json);
    syc_free(o->buffer);
    o->buffer = NULL;
    return status;
}

static void
append(struct syc_output *o, const char *text, size_t n)
{
    if (n > BUFFER - o->used) {
        write_all(o, o->buffer, o->used);
        o->used = 0;
    }
    if (n > BUFFER) {
        write_all(o, text, n);
        return;
    }
    memcpy(o->buffer + o->used, text, n);
    o->used += n;
}

void
output_line(struct syc_output *o)
{
    syc_json_close(&o->json, '}');
    if (o->status != SYC_OK || o->json.failed) {
        o->lost++;
        return;
    }
    append(o, o->json.text, o->json.n);
    append(o, "\n", 1);
    o->events++;
    o->pending++;
    if (o->line_buffered) {
        (void)syc_output_flush(o);
    }
}
