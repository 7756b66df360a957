/*
 * Several files as one stream in time order. Where they do not overlap each is read as if it were
 * alone; where they do, the frame with the least time goes next.
 *
 *    waiting  ---begin()--->  heap (by next frame)  --runs out-->  empty  --read_on()--+
 *    (by first time)               ^                                                   |
 *         |                        +----------------- more frames ---------------------+
 *         +-- cannot be read --> over <--------------- its end, or a fault ------------+
 *
 *    alone: empty and no other open -> frames go from the reader to the caller's cells without a copy
 *
 * Invariants: no frame is delivered while a file whose time has come is not open (waiting_place()
 * is the limit of every step); at most one file is `empty`, and while it is nothing is delivered
 * from the heap, for its next frame may be the least; a file's own order is never changed, also
 * where its times go back. So the stream depends on the files and their order in the list alone,
 * not on how they are read.
 *
 * A regular file is opened twice, unless it is the only one: for its first time, then closed again (thousands of
 * files, SYC_OPEN_MAX descriptors), and to be read. What is no regular file cannot be and stays open.
 */

#include "capture/reader_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_OCTETS = 4096,      /* read at first to learn a file's first time */
    FEW = 16,                /* up to so many files each has a buffer of the usual size */
    MANY_OCTETS = 64 * 1024, /* else this: measured as quick, and a thousand of them are 64 MiB */
};

#define NEVER_NS INT64_MAX /* of a file that is over or cannot be read: no frame has this time */

/* Where a frame stands in the stream: by time, of equal ones by the list. */
struct place {
    int64_t ns;
    uint16_t file;
};

/* An open file and its frames that were read and not yet delivered. */
struct open_file {
    struct syc_capture *capture;
    uint64_t octets; /* its size, for progress */
    size_t at, count;
    struct syc_frame frames[SYC_BATCH];
};

/* A file whose time has not come. */
struct waiting {
    struct place first;
    bool regular; /* it can be opened twice */
    uint64_t octets;
    struct open_file *open; /* of one that is not, once it was looked at */
};

struct merge {
    struct syc_capture *whole; /* whose reader this is */
    struct waiting *
        waiting; /* sorted by first once all were looked at; those before `begun` are open or over */
    size_t looked_at, begun, count;
    bool sorted;
    size_t left;             /* files that are not over */
    struct open_file **heap; /* by place of the next frame, which each of these has */
    size_t open;
    struct open_file *empty;  /* the one to be read on, not in the heap */
    struct syc_progress past; /* done: of files that are over; total: of all */
    bool size_unknown;
};

/* Strict, and no two files are equal: ties go by the list, so the order is the same in every run. */
static bool
before(struct place a, struct place b)
{
    return a.ns != b.ns ? a.ns < b.ns : a.file < b.file;
}

static struct place
place_of(const struct syc_frame *f)
{
    return (struct place){f->time_ns, f->file};
}

static struct place
next_place(const struct open_file *f)
{
    return place_of(&f->frames[f->at]);
}

/* The place of the next file whose time has not come; one that is never reached if there is none. */
static struct place
waiting_place(const struct merge *m)
{
    return m->begun < m->count ? m->waiting[m->begun].first : (struct place){NEVER_NS, UINT16_MAX};
}

/* ------------------------------------------------------------ the heap */

/* heap[] has a cell for every file, and each file is in it once at most. */
static void
heap_push(struct merge *m, struct open_file *f)
{
    size_t i = m->open++;

    while (i > 0 && before(next_place(f), next_place(m->heap[(i - 1) / 2]))) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = f;
}

/* f, which stands later than the first did, takes its place and sinks to where it belongs. */
static void
heap_sink(struct merge *m, struct open_file *f)
{
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < m->open &&
            before(next_place(m->heap[child + 1]), next_place(m->heap[child]))) {
            child++;
        }
        if (child >= m->open || !before(next_place(m->heap[child]), next_place(f))) {
            break;
        }
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = f;
}

/* The last one takes its place; with it gone the heap holds only files that have a frame. */
static void
heap_drop_first(struct merge *m)
{
    m->open--;
    if (m->open > 0) {
        heap_sink(m, m->heap[m->open]);
    }
}

/*
 * The place up to which the first of the heap may be delivered without a look at the others: the
 * least of its two children in the heap and of the files whose time has not come.
 */
static struct place
second_place(const struct merge *m)
{
    struct place least = waiting_place(m);

    for (size_t i = 1; i < m->open && i <= 2; i++) {
        struct place p = next_place(m->heap[i]);

        least = before(p, least) ? p : least;
    }
    return least;
}

/* ------------------------------------------------------------ opening and closing */

/* NULL when memory is short. The file itself is opened by the first read. */
static struct open_file *
open_file(const struct merge *m, uint16_t index, bool to_look)
{
    struct syc_capture_options options = m->whole->options;
    struct open_file *f = syc_alloc(1, sizeof *f);

    if (f == NULL) {
        return NULL;
    }
    options.path = options.paths[index];
    options.paths = NULL;
    options.file = index;
    options.buffer_octets = m->count > FEW ? MANY_OCTETS : 0;
    if (to_look) { /* unfiltered: the first frame that passes may be the file's last */
        options.filter = NULL;
        options.buffer_octets = LOOK_OCTETS;
    }
    f->capture = syc_reader_new(&options);
    if (f->capture == NULL) {
        syc_free(f);
        return NULL;
    }
    return f;
}

/*
 * Its size counts as done whatever was read of it, so progress reaches the total also over cut
 * files. One that was only looked at has none yet.
 */
static void
close_file(struct merge *m, struct open_file *f)
{
    if (f != NULL) {
        m->past.done += f->octets;
        syc_capture_close(f->capture);
        syc_free(f);
    }
}

/*
 * A file is over; words are those of a fault that no reader has given any. The others go on: one
 * bad file of a thousand costs itself.
 */
static enum syc_status
is_over(struct merge *m, uint16_t file, enum syc_status status, const char *words,
        struct syc_error *err)
{
    m->left--;
    m->whole->over = (struct syc_capture_over){.file = file, .more = m->left > 0};
    syc_error_at(err, m->whole->options.paths[file], 0, 0);
    return words != NULL ? syc_error_set(err, status, "%s", words) : status;
}

/* Close a file that a reader has given up, for whatever reason. */
static enum syc_status
end_file(struct merge *m, struct open_file *f, enum syc_status status, struct syc_error *err)
{
    struct syc_capture_over over;
    enum syc_status result;

    syc_capture_over(f->capture, &over);
    result = is_over(m, over.file, status, NULL, err);
    m->whole->over.packets = over.packets;
    m->whole->over.opened = over.opened;
    close_file(m, f);
    return result;
}

/*
 * The first time of a file, and whether it can be read at all. A regular file is closed again, for there may be
 * more of them than can be open; another stays open with its first frame.
 */
static enum syc_status
look_at(struct merge *m, struct waiting *w, struct syc_error *err)
{
    struct open_file *f = w->open;
    uint16_t index = w->first.file;
    enum syc_status status;

    if (f == NULL) {
        f = open_file(m, index, w->regular);
    }
    if (f == NULL) {
        m->looked_at++;
        w->first.ns = NEVER_NS;
        return is_over(m, index, SYC_NO_MEMORY, "no memory to open it", err);
    }
    w->open = f;
    status = syc_reader_next(f->capture, f->frames, 1, &f->count, err);
    if (status == SYC_OK && f->count == 0) {
        return SYC_INTERRUPTED;
    }
    m->looked_at++;
    if (status != SYC_OK) {
        w->first.ns = NEVER_NS;
        w->open = NULL;
        f->octets = w->octets;
        return end_file(m, f, status, err);
    }
    w->first.ns = f->frames[0].time_ns;
    if (w->regular) {
        w->open = NULL;
        close_file(m, f);
    }
    return SYC_OK;
}

static int
compare_waiting(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;

    return before(x->first, y->first) ? -1 : before(y->first, x->first);
}

/*
 * All files, until their order is known, which a fault of the last one only delays. A single one has no order to be found
 * out.
 */
static enum syc_status
look_at_all(struct merge *m, struct syc_error *err)
{
    if (m->sorted) {
        return SYC_OK;
    }
    while (m->count > 1 && m->looked_at < m->count) {
        enum syc_status status = look_at(m, &m->waiting[m->looked_at], err);

        if (status != SYC_OK) {
            return status;
        }
    }
    m->looked_at = m->count;
    qsort(m->waiting, m->count, sizeof *m->waiting, compare_waiting);
    m->sorted = true;
    return SYC_OK;
}

/* The next file's time has come. */
static enum syc_status
begin(struct merge *m, struct syc_error *err)
{
    struct waiting *w = &m->waiting[m->begun++];
    struct open_file *f = w->open;

    w->open = NULL;
    if (f == NULL && m->open >= SYC_OPEN_MAX) {
        m->past.done += w->octets;
        return is_over(m, w->first.file, SYC_LIMIT,
                       "too many files overlap in time; merge some of them before (mergecap)", err);
    }
    if (f == NULL) {
        f = open_file(m, w->first.file, false);
    }
    if (f == NULL) {
        return is_over(m, w->first.file, SYC_NO_MEMORY, "no memory to open it", err);
    }
    f->octets = w->octets;
    if (f->count > 0) {
        heap_push(m, f);
    } else {
        m->empty = f;
    }
    return SYC_OK;
}

/* ------------------------------------------------------------ frames */

/*
 * Read on the file that ran out, into out: its own cells, or the caller's while it is alone. At its end or fault
 * it is closed; SYC_OK with no frame is an interruption.
 *
 * Frames in the caller's cells point into this file's buffer, which is not read over before the next call.
 */
static enum syc_status
read_on(struct merge *m, struct syc_frame *out, size_t max, size_t *count, struct syc_error *err)
{
    struct open_file *f = m->empty;
    enum syc_status status = syc_reader_next(f->capture, out, max, count, err);

    if (status == SYC_OK) {
        return SYC_OK;
    }
    m->empty = NULL;
    return end_file(m, f, status, err);
}

/* Of the frames of the one open file those that come before the next file; the others wait in its cells. */
static size_t
hold_back(struct merge *m, const struct syc_frame *frames, size_t count)
{
    struct open_file *f = m->empty;
    struct place limit = waiting_place(m);
    size_t n = 0;

    if (limit.ns == NEVER_NS) {
        return count;
    }
    while (n < count && before(place_of(&frames[n]), limit)) {
        n++;
    }
    if (n < count) {
        f->at = 0;
        f->count = count - n;
        memcpy(f->frames, frames + n, f->count * sizeof *frames);
        m->empty = NULL;
        heap_push(m, f);
    }
    return n;
}

/*
 * From the heap, until a file runs out, whose frames must not be read over while the caller has
 * them, or another one's time has come. Each turn delivers a frame at least.
 */
static size_t
deliver(struct merge *m, struct syc_frame *frames, size_t max)
{
    size_t n = 0;

    while (n < max && before(next_place(m->heap[0]), waiting_place(m))) {
        struct open_file *f = m->heap[0];
        struct place second = second_place(m);

        do {
            frames[n++] = f->frames[f->at++];
        } while (n < max && f->at < f->count && before(next_place(f), second));
        if (f->at == f->count) {
            heap_drop_first(m);
            m->empty = f;
            break;
        }
        heap_sink(m, f);
    }
    return n;
}

/*
 * One state a turn: alone; run out beside others; frames to deliver; a file whose time has come;
 * the end. Each turn delivers, reads, opens or closes something, so it ends with the files.
 */
static enum syc_status
next_batch(void *reader, struct syc_frame *frames, size_t max, size_t *count, struct syc_error *err)
{
    struct merge *m = reader;
    enum syc_status status = look_at_all(m, err);

    while (status == SYC_OK) {
        if (m->empty != NULL && m->open == 0) {
            status = read_on(m, frames, max, count, err);
            if (status == SYC_OK && (*count == 0 || (*count = hold_back(m, frames, *count)) > 0)) {
                return SYC_OK;
            }
        } else if (m->empty != NULL) {
            struct open_file *f = m->empty;

            status = read_on(m, f->frames, SYC_BATCH, &f->count, err);
            if (status == SYC_OK && f->count == 0) {
                return SYC_OK;
            }
            if (status == SYC_OK) {
                f->at = 0;
                m->empty = NULL;
                heap_push(m, f);
            }
        } else if (m->open > 0 && before(next_place(m->heap[0]), waiting_place(m))) {
            *count = deliver(m, frames, max);
            return SYC_OK;
        } else if (waiting_place(m).ns != NEVER_NS) {
            status = begin(m, err);
        } else {
            return SYC_END;
        }
    }
    return status == SYC_INTERRUPTED ? SYC_OK : status;
}

/* NULL where no file is empty. */
static void
add_progress(const struct open_file *f, struct syc_progress *out)
{
    struct syc_progress own;

    if (f != NULL) {
        syc_capture_progress(f->capture, &own);
        out->done += own.done;
    }
}

static void
progress(const void *reader, struct syc_progress *out)
{
    const struct merge *m = reader;

    *out = m->past;
    for (size_t i = 0; i < m->open; i++) {
        add_progress(m->heap[i], out);
    }
    add_progress(m->empty, out);
    if (m->size_unknown) {
        out->total = 0;
    }
}

/*
 * Files that were begun are in the heap or empty, or over and closed; of those before begin() only
 * the ones that stayed open have anything to close.
 */
static void
close_reader(void *reader)
{
    struct merge *m = reader;

    for (size_t i = 0; i < m->open; i++) {
        close_file(m, m->heap[i]);
    }
    for (size_t i = m->begun; i < m->count; i++) {
        close_file(m, m->waiting[i].open);
    }
    close_file(m, m->empty);
    syc_free(m->heap);
    syc_free(m->waiting);
    syc_free(m);
}

/*
 * What can be known of the files without opening them. A path that is not there counts 0 octets and
 * is an error when its turn comes, like any other that cannot be read.
 */
static void
list_files(struct merge *m, const char *const *paths)
{
    for (size_t i = 0; i < m->count; i++) {
        struct waiting *w = &m->waiting[i];
        bool standard = strcmp(paths[i], "-") == 0;
        struct stat st;
        bool known = (standard ? fstat(STDIN_FILENO, &st) : stat(paths[i], &st)) == 0;

        w->first.file = (uint16_t)i;
        w->regular = known && S_ISREG(st.st_mode) && !standard;
        w->octets = known && S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
        m->past.total += w->octets;
        m->size_unknown |= known && !S_ISREG(st.st_mode);
    }
}

enum syc_status
syc_reader_open_merge(struct syc_capture *c, struct syc_error *err)
{
    static const struct syc_reader_kind kind = {next_batch, NULL, progress, close_reader};
    size_t count = c->options.path_count;
    struct merge *m;

    if (count >= UINT16_MAX) {
        return syc_error_set(err, SYC_LIMIT, "more than %d files", UINT16_MAX - 1);
    }
    m = syc_alloc(1, sizeof *m);
    if (m != NULL) {
        m->whole = c;
        m->count = m->left = count;
        m->waiting = syc_alloc(count, sizeof *m->waiting);
        m->heap = syc_alloc(count, sizeof(struct open_file *));
    }
    if (m == NULL || m->waiting == NULL || m->heap == NULL) {
        if (m != NULL) {
            m->count = 0;
            close_reader(m);
        }
        return syc_error_set(err, SYC_NO_MEMORY, "no memory for a reader");
    }
    list_files(m, c->options.paths);
    c->several = true;
    c->kind = &kind;
    c->reader = m;
    return SYC_OK;
}
