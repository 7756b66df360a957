/*
 * Octets of a file, a pipe or standard input, unpacked where they are packed.
 *
 * A fault is for good: s->status keeps it, so a reader that asks again gets the same answer and no
 * second read. An interruption is none: nothing was taken, and asking again goes on.
 */

#include "capture/reader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a descriptor that would block is waited for before a caller may look whether it was told to stop. */
enum { WAIT_MS = 100 };

/* what and the system's words for errno, which must be that of the call that failed. */
static enum syc_status
fail_by_errno(struct syc_source *s, const char *what)
{
    char buffer[64];

    s->status = SYC_IO;
    snprintf(s->words, sizeof s->words, "%s%s", what, strerror_r(errno, buffer, sizeof buffer));
    return s->status;
}

enum syc_status
syc_source_open(struct syc_source *s, const char *path)
{
    struct stat st;

    *s = (struct syc_source){.fd = -1};
    s->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                   : open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) {
        return errno == EINTR ? SYC_INTERRUPTED : fail_by_errno(s, "cannot open: ");
    }
    if (fstat(s->fd, &st) != 0) {
        return fail_by_errno(s, "cannot open: ");
    }
    if (S_ISDIR(st.st_mode)) {
        s->status = SYC_IO;
        snprintf(s->words, sizeof s->words, "is a directory; expected a capture file");
        return s->status;
    }
    s->regular = S_ISREG(st.st_mode) && strcmp(path, "-") != 0;
    s->total = S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    return SYC_OK;
}

/* Once, when the first octets were seen to be packed; sizes and progress stay those of the packed file. */
enum syc_status
syc_source_unpack(struct syc_source *s, enum syc_packing packing, const uint8_t *octets, size_t n)
{
    s->unpacker = syc_unpacker_new(packing, octets, n);
    if (s->unpacker == NULL) {
        s->status = SYC_NO_MEMORY;
        snprintf(s->words, sizeof s->words, "no memory for a decompressor");
    }
    return s->status;
}

/* One read(2). A descriptor that does not block (standard input may be such) is waited for. */
static enum syc_status
take(struct syc_source *s, uint8_t *out, size_t n, size_t *got)
{
    ssize_t r = s->drained ? 0 : read(s->fd, out, n);

    *got = 0;
    if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        struct pollfd ready = {.fd = s->fd, .events = POLLIN};

        (void)poll(&ready, 1, WAIT_MS);
        return SYC_INTERRUPTED;
    }
    if (r < 0) {
        return errno == EINTR ? SYC_INTERRUPTED : fail_by_errno(s, "");
    }
    s->drained = r == 0;
    s->taken += (uint64_t)r;
    *got = (size_t)r;
    return r > 0 ? SYC_OK : SYC_END;
}

/*
 * Unpack; when nothing comes out, give it more. Ends, for each turn takes packed octets or stops: a
 * bomb unpacks no further than the reader's buffer of n octets before the reader has looked at
 * them.
 */
static enum syc_status
read_packed(struct syc_source *s, uint8_t *out, size_t n, size_t *got)
{
    for (;;) {
        enum syc_status status = syc_unpack(s->unpacker, out, n, got, s->words, sizeof s->words);
        uint8_t *room;
        size_t fits, more;

        if (status != SYC_OK) {
            s->status = status;
        }
        if (*got > 0 || status != SYC_OK) {
            return *got > 0 ? SYC_OK : status;
        }
        room = syc_unpacker_room(s->unpacker, &fits);
        status = take(s, room, fits, &more);
        if (status == SYC_END && syc_unpacker_inside(s->unpacker, s->words, sizeof s->words)) {
            s->status = SYC_TRUNCATED;
            return s->status;
        }
        if (status != SYC_OK) {
            return status;
        }
        syc_unpacker_given(s->unpacker, more);
    }
}

enum syc_status
syc_source_read(struct syc_source *s, uint8_t *out, size_t n, size_t *got)
{
    *got = 0;
    if (s->status != SYC_OK) {
        return s->status;
    }
    return s->unpacker != NULL ? read_packed(s, out, n, got) : take(s, out, n, got);
}

void
syc_source_close(struct syc_source *s)
{
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
    syc_unpacker_free(s->unpacker);
    s->unpacker = NULL;
}
