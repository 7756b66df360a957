/*
 * Which files an input list means. A folder stands for its capture files, told by their first
 * octets, in order of their names; for judge for its logs, told by their names.
 *
 * By octets, because rotated captures are called anything (eth0.pcap17, dump.2024-05-01); by name
 * within a folder, so that the same folder is the same run on any file system. What cannot be read
 * is said and left out, and the exit status remembers it: silence would pass for a complete result.
 */

#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEEKED = 64 << 10 }; /* of a pipe; packed octets say what they hold only in a piece */

/*
 * Logs are packed as well, so of packed files the name must say that they are captures; so must that of a pipe, whose
 * open waits for a writer and whose close takes the reader from it.
 */
static bool
is_capture(const char *path)
{
    uint8_t head[4] = {0};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    bool named = strstr(name, "pcap") != NULL || strstr(name, ".cap") != NULL;
    enum syc_capture_look looks;
    struct stat s;
    ssize_t got;
    int fd;

    if (stat(path, &s) != 0 || !S_ISREG(s.st_mode) || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
        return named; /* the reader will say why it cannot be opened */
    }
    got = read(fd, head, sizeof(head));
    close(fd);
    if (got < (ssize_t)sizeof(head)) {
        return named;
    }
    looks = syc_capture_look(head, sizeof(head));
    return looks == SYC_LOOKS_CAPTURE || (looks == SYC_LOOKS_PACKED && named);
}

/* "conn.log", "eve.json", "connections.jsonl", rotated ("conn.log.1") and packed ones. */
static bool
is_log(const char *path)
{
    static const char *const ends[] = {".json", ".jsonl", ".ndjson", ".log"};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const char *at = strstr(name, ends[i]);

        if (at != NULL && (at[strlen(ends[i])] == '\0' || at[strlen(ends[i])] == '.')) {
            return true;
        }
    }
    return false;
}

/* A lost folder does not stop the others: it is said now and remembered for the exit status. */
static int
expand(const struct syc_texts *names, bool (*accept)(const char *), const char *what,
       struct syc_paths *out, bool *failed)
{
    for (size_t i = 0; i < names->count; i++) {
        struct syc_error err = {0};
        size_t before = out->count;
        enum syc_status status = syc_paths_list(out, names->items[i], 0, accept, &err);

        if (status == SYC_NO_MEMORY) {
            syc_say("%s: %s", names->items[i], err.text);
            return EXIT_INPUT;
        }
        if (status != SYC_OK) {
            syc_say("%s: %s; left out", names->items[i], err.text);
            *failed = true;
        } else if (out->count == before) {
            syc_say("%s: no %s in this folder; left out", names->items[i], what);
            *failed = true;
        }
    }
    return 0;
}

int
syc_inputs_expand(const struct syc_texts *names, struct syc_paths *out, bool *failed)
{
    return expand(names, is_capture, "capture file", out, failed);
}

int
syc_inputs_expand_records(const struct syc_texts *names, struct syc_paths *out, bool *failed)
{
    return expand(names, is_log, "log (*.json, *.jsonl, *.ndjson, *.log)", out, failed);
}

/*
 * Records, packed or not, begin with a brace (JSON) or a number sign (Zeek's columns), perhaps behind a byte order mark;
 * no format of captures does. Of a pipe the octets are seen by tee(2), which waits until there are some.
 */
bool
syc_inputs_hold_records(int fd)
{
    const off_t place = lseek(fd, 0, SEEK_CUR);
    int copy[2] = {fd, -1};
    struct syc_octets *octets;
    char head[4] = "";
    size_t got = 0, begin;

    if (place < 0) {
        if (pipe2(copy, O_CLOEXEC) != 0) {
            return false;
        }
        while (tee(fd, copy[1], PEEKED, 0) < 0 && errno == EINTR) {
        }
        close(copy[1]);
    }
    octets = syc_octets_new(copy[0]);
    if (octets == NULL ||
        syc_octets_read(octets, (uint8_t *)head, sizeof(head), &got, NULL) != SYC_OK) {
        got = 0;
    }
    syc_octets_free(octets);
    if (place < 0) {
        close(copy[0]);
    } else {
        (void)lseek(fd, place, SEEK_SET);
    }
    begin = syc_bom_length(head, got);
    return got > begin && (head[begin] == '{' || head[begin] == '#');
}

/* Up to the hard limit only: that one is the administrator's word. */
void
syc_inputs_make_room(size_t count)
{
    const rlim_t others = 32; /* standard streams, output, what libraries open */
    rlim_t want = (rlim_t)(count < SYC_OPEN_MAX ? count : SYC_OPEN_MAX) + others;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < want) {
        limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE,
                        &limit); /* without it a file that cannot be opened is named */
    }
}
