/*
 * Where events go: a buffer, a descriptor, and a count of what did not get through.
 *
 *    event -> json text -> buffer (64 KiB) -> write(2) until all is out
 *                             |                   | fails
 *               larger than the buffer:           v
 *               straight through            status sticks; whole lines that stayed behind -> lost
 *
 * Other tools end with status 0 on a full disk (p0f, ndpiReader, libpcap's own dump; measured):
 * here every event is in the file or in `lost`, and the answer of fini() tells.
 */

#include "output/output_int.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024 }; /* as Linux's default pipe: one write fills it */

static const char *const event_names[] = {
    "fingerprint", "connection", "source", "verdict", "stats", "ruleset", "error", "audit",
};

/* Each turn takes a word and its comma. An empty word, as in "a,,b", is no event and refused with the others. */
unsigned
syc_events_parse(const char *list, const char **bad)
{
    unsigned bits = 0;

    for (;;) {
        size_t length = strcspn(list, ",");
        unsigned bit = 0;

        for (size_t i = 0; i < sizeof event_names / sizeof event_names[0]; i++) {
            if (strlen(event_names[i]) == length && memcmp(event_names[i], list, length) == 0) {
                bit = 1U << i;
            }
        }
        if (bit == 0) {
            *bad = list;
            return 0;
        }
        bits |= bit;
        if (list[length] == '\0') {
            return bits;
        }
        list += length + 1;
    }
}

/*
 * A descriptor that someone made non-blocking (a shared terminal or pipe): wait as if it were not.
 * The wait ends with a reader that reads or goes away.
 */
static bool
may_go_on(int fd, int error)
{
    struct pollfd p = {fd, POLLOUT, 0};

    if (error == EAGAIN || error == EWOULDBLOCK) {
        return poll(&p, 1, -1) >= 0 || errno == EINTR;
    }
    return error == EINTR;
}

enum syc_status
syc_write_all(int fd, const char *text, size_t n, size_t *written, int *error_number)
{
    *written = 0;
    while (*written < n) {
        ssize_t done = write(fd, text + *written, n - *written);

        if (done >= 0) {
            *written += (size_t)done;
        } else if (!may_go_on(fd, errno)) {
            *error_number = errno;
            return errno == EPIPE ? SYC_CLOSED : SYC_IO;
        }
    }
    return SYC_OK;
}

enum syc_status
syc_output_init(struct syc_output *o, int fd)
{
    *o = (struct syc_output){.fd = fd, .status = SYC_OK};
    o->buffer = syc_alloc(BUFFER, 1);
    return o->buffer != NULL ? SYC_OK : SYC_NO_MEMORY;
}

/* Every event ends in the only newline it has, so the newlines that stayed behind are the events that did. */
static uint64_t
count_lines(const char *text, size_t n)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < n; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

/* What write(2) took stays counted as written, also of an event that was cut. */
static void
write_out(struct syc_output *o, const char *text, size_t n)
{
    size_t written = 0;

    if (o->status == SYC_OK) {
        o->status = syc_write_all(o->fd, text, n, &written, &o->error_number);
        o->octets += written;
    }
    if (written < n) {
        uint64_t lost = count_lines(text + written, n - written);
        o->lost += lost;
        o->events -= lost;
    }
}

enum syc_status
syc_output_flush(struct syc_output *o)
{
    write_out(o, o->buffer, o->used);
    o->used = 0;
    return o->status;
}

/* Network file systems report a full disk at close(2); closing a duplicate asks them without giving up o->fd. */
static void
check_close(struct syc_output *o)
{
    int copy = dup(o->fd);

    if (copy >= 0 && close(copy) != 0 && errno != EINTR && o->status == SYC_OK) {
        o->error_number = errno;
        o->status = SYC_IO;
    }
}

enum syc_status
syc_output_fini(struct syc_output *o)
{
    syc_zeek_fini(o);
    syc_output_flush(o);
    check_close(o);
    syc_free(o->buffer);
    o->buffer = NULL;
    syc_json_fini(&o->json);
    return o->status == SYC_OK && o->lost > 0 ? SYC_NO_MEMORY : o->status;
}

/* After a failure each event is counted lost where it would have begun: its text is not even made. */
struct syc_json *
syc_output_begin(struct syc_output *o)
{
    if (o->status != SYC_OK) {
        o->lost++;
        return NULL;
    }
    syc_json_reset(&o->json);
    return &o->json;
}

/* The buffer is flushed before an event that does not fit, so events stay in order and whole in it. */
void
syc_output_end(struct syc_output *o)
{
    struct syc_json *j = &o->json;

    if (!syc_json_room(j, 1) || j->failed) {
        o->lost++;
        return;
    }
    j->text[j->n++] = '\n';
    o->events++;
    if (j->n > BUFFER - o->used) {
        syc_output_flush(o);
    }
    if (j->n > BUFFER) {
        write_out(o, j->text, j->n);
        return;
    }
    memcpy(o->buffer + o->used, j->text, j->n);
    o->used += j->n;
    if (o->line_buffered) {
        syc_output_flush(o);
    }
}
