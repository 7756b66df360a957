/*
 * Makes calls fail that a program makes: preloaded into it (LD_PRELOAD), told by FAULT in the environment what to do.
 *
 *   FAULT=alloc=K          the K-th allocation since start answers NULL
 *   FAULT=allocs=K         the K-th and all later ones
 *   FAULT=read=K:WHAT      the K-th read(2) from the descriptor of an input: short (1 octet), EINTR, EIO, EAGAIN
 *   FAULT=reads=WHAT       each of them; EINTR then only every other time, or no program could go on
 *   FAULT=write=K:WHAT     the K-th write(2) to standard output: short, EINTR, EIO, ENOSPC, EPIPE
 *   FAULT=writes=WHAT
 *   FAULT=signal=K:NUMBER  a signal to itself at the K-th of all reads and writes, after half of a write
 *   FAULT_COUNT=PATH       at the end: how many allocations, reads and writes there were
 *
 * A call counts from the constructor on, which runs before main(): what the loader does is not the program's. Reads from
 * devices are none of an input. A failed allocation is told on standard error as "fault: in FILE", FILE being the object
 * that asked for it: a death inside a library of others is not ours to prevent, but to know.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, so that no symbol must be looked up, which would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

enum what { NOTHING, SHORT, FAILS };

/* What to do with one kind of call. */
struct plan {
    unsigned long at; /* number of the first call meant; 0 = none */
    bool from;        /* all from there on */
    enum what what;
    int error;
    unsigned long count; /* calls so far */
};

static bool ready;
static struct plan allocs, reads, writes, signals;

/* ------------------------------------------------------------ plans */

static void
set_what(struct plan *p, const char *word)
{
    static const struct {
        const char *word;
        int error;
    } errors[] = {
        {"EINTR", EINTR}, {"EIO", EIO}, {"EAGAIN", EAGAIN}, {"ENOSPC", ENOSPC}, {"EPIPE", EPIPE}};

    p->what = SHORT;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(word, errors[i].word) == 0) {
            p->what = FAILS;
            p->error = errors[i].error;
        }
    }
}

/* "K" or "K:WHAT" */
static void
set_at(struct plan *p, const char *text)
{
    const char *colon = strchr(text, ':');

    p->at = strtoul(text, NULL, 10);
    p->what = FAILS;
    if (colon != NULL) {
        set_what(p, colon + 1);
    }
}

static void
set_all(struct plan *p, const char *word)
{
    p->at = 1;
    p->from = true;
    set_what(p, word);
}

static const char *
after(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

__attribute__((constructor)) static void
begin(void)
{
    const char *fault = getenv("FAULT"), *rest;

    fault = fault != NULL ? fault : "";
    if ((rest = after(fault, "alloc=")) != NULL) {
        set_at(&allocs, rest);
    } else if ((rest = after(fault, "allocs=")) != NULL) {
        set_at(&allocs, rest);
        allocs.from = true;
    } else if ((rest = after(fault, "read=")) != NULL) {
        set_at(&reads, rest);
    } else if ((rest = after(fault, "reads=")) != NULL) {
        set_all(&reads, rest);
    } else if ((rest = after(fault, "write=")) != NULL) {
        set_at(&writes, rest);
    } else if ((rest = after(fault, "writes=")) != NULL) {
        set_all(&writes, rest);
    } else if ((rest = after(fault, "signal=")) != NULL) {
        set_at(&signals, rest);
        signals.error = atoi(strchr(rest, ':') + 1);
    }
    ready = true;
}

__attribute__((destructor)) static void
end(void)
{
    const char *path = getenv("FAULT_COUNT");
    char text[96];
    int fd, n;

    ready = false;
    if (path == NULL) {
        return;
    }
    n = snprintf(text, sizeof text, "%lu %lu %lu\n", allocs.count, reads.count, writes.count);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || syscall(SYS_write, fd, text, n) != n) {
        _exit(98);
    }
    close(fd);
}

/* Whether this call is one that the plan is about. */
static bool
is_meant(struct plan *p)
{
    if (!ready) {
        return false;
    }
    p->count++;
    return p->at != 0 && (p->count == p->at || (p->from && p->count > p->at));
}

static void
signal_now(void)
{
    if (is_meant(&signals)) {
        raise(signals.error);
    }
}

/* ------------------------------------------------------------ calls */

static void
tell(const void *caller)
{
    Dl_info info = {0};
    char line[300];
    int n = 0;

    if (dladdr(caller, &info) != 0 && info.dli_fname != NULL) {
        n = snprintf(line, sizeof line, "fault: in %s\n", info.dli_fname);
    }
    if (n > 0 && n < (int)sizeof line) {
        (void)!syscall(SYS_write, STDERR_FILENO, line, n);
    }
}

static bool
no_memory(const void *caller)
{
    if (is_meant(&allocs)) {
        ready = false; /* what telling it allocates is not the program's */
        tell(caller);
        ready = true;
        errno = ENOMEM;
        return true;
    }
    return false;
}

void *
malloc(size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

static bool
is_device(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
}

ssize_t
read(int fd, void *out, size_t n)
{
    if (is_device(fd)) {
        return syscall(SYS_read, fd, out, n);
    }
    signal_now();
    if (is_meant(&reads)) {
        if (reads.what == FAILS && (!reads.from || reads.error != EINTR || reads.count % 2 == 1)) {
            errno = reads.error;
            return -1;
        }
        n = reads.what == SHORT && n > 1 ? 1 : n;
    }
    return syscall(SYS_read, fd, out, n);
}

ssize_t
write(int fd, const void *p, size_t n)
{
    if (fd != STDOUT_FILENO) {
        return syscall(SYS_write, fd, p, n);
    }
    if (is_meant(&writes)) {
        if (writes.what == FAILS &&
            (!writes.from || writes.error != EINTR || writes.count % 2 == 1)) {
            errno = writes.error;
            return -1;
        }
        n = writes.what == SHORT && n > 1 ? 1 : n;
    }
    if (signals.at != 0 && signals.count + 1 == signals.at && n > 1) { /* in the middle of it */
        ssize_t done = syscall(SYS_write, fd, p, n / 2);
        signal_now();
        return done;
    }
    signal_now();
    return syscall(SYS_write, fd, p, n);
}
