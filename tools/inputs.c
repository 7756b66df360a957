/* Which captures an input list means. A folder stands for its capture files, told by their first octets, by name. */

#include "tools/tools.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* pcap in both byte orders, micro- and nanoseconds; pcapng's section header. Source: the two Internet-Drafts. */
static const uint8_t magics[][4] = {
    {0xd4, 0xc3, 0xb2, 0xa1}, {0xa1, 0xb2, 0xc3, 0xd4}, {0x4d, 0x3c, 0xb2, 0xa1},
    {0xa1, 0xb2, 0x3c, 0x4d}, {0x0a, 0x0d, 0x0d, 0x0a},
};

static const uint8_t gzip[2] = {0x1f, 0x8b};             /* RFC 1952 2.3.1 */
static const uint8_t zstd[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878 3.1.1 */

/* Logs are compressed as well, so of compressed files the name must say that they are captures. */
static bool
is_capture(const char *path)
{
    uint8_t head[4] = {0};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    bool named = strstr(name, "pcap") != NULL || strstr(name, ".cap") != NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got;

    if (fd < 0) {
        return named; /* the reader will say why it cannot be opened */
    }
    got = read(fd, head, sizeof(head));
    close(fd);
    if (got < (ssize_t)sizeof(head)) {
        return named;
    }
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        if (memcmp(head, magics[i], sizeof(head)) == 0) {
            return true;
        }
    }
    return named &&
           (memcmp(head, gzip, sizeof(gzip)) == 0 || memcmp(head, zstd, sizeof(zstd)) == 0);
}

/* A lost folder does not stop the others: it is said now and remembered for the exit status. */
int
syc_inputs_expand(const struct syc_texts *names, struct syc_paths *out, bool *failed)
{
    for (size_t i = 0; i < names->count; i++) {
        struct syc_error err = {0};
        size_t before = out->count;
        enum syc_status status = syc_paths_list(out, names->items[i], 0, is_capture, &err);

        if (status == SYC_NO_MEMORY) {
            syc_say("%s: %s", names->items[i], err.text);
            return EXIT_INPUT;
        }
        if (status != SYC_OK) {
            syc_say("%s: %s; left out", names->items[i], err.text);
            *failed = true;
        } else if (out->count == before) {
            syc_say("%s: no capture file in this folder; left out", names->items[i]);
            *failed = true;
        }
    }
    return 0;
}
