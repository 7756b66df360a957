/*
 * A thread that reads, unpacks and decodes ahead of the one that follows connections (--jobs).
 *
 *      thread:  syc_capture_next() -> copy of the octets -> engine_decode() -> block --.
 *                                                                                      |  at most BLOCKS of them
 *      caller:  engine_ahead_next() <- batches of a block, then how its reading ended <-'
 *
 * Only what depends on nothing but the frames is done here. There is one table, one order and one judge as without the
 * thread, and the batches are cut where they are cut without it: so every event and every count is the same by how it is
 * made, also where memory runs out, and there is nothing to be put in order afterwards.
 *
 * Invariants: a block belongs to the thread while it is not filled and to the caller until it is given back; `filled`
 * and `given` alone say which, and are touched under the lock. Octets are copied into the block, since a reader's buffer
 * is good for one batch; a batch larger than a block's room stays in that buffer, and the thread waits until it was given
 * back before it reads on.
 *
 * Dropped alternatives. A table for each thread, which gets a share of the tuples, makes records in parallel, too; but
 * peaks and memory of several tables are not those of one (stats tells both), records leave in an order of their own,
 * and what gives way when memory is short is other than with one table.
 */

#include "engine/engine_int.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

enum {
    BLOCKS = 4, /* two would do; more even out reads that wait for a disk */
    BLOCK_BATCHES =
        16, /* 512 frames: a lock costs a frame nothing, and the block stays in the second cache */
    BLOCK_OCTETS = 128 * 1024,
};

struct block {
    size_t count, used;
    bool in_place; /* its last batch lies in the reader's buffer */
    struct syc_progress progress;
    enum syc_status status; /* how the read behind its batches ended */
    struct syc_capture_over over;
    struct syc_error err;
    struct batch batches[BLOCK_BATCHES];
    struct syc_capture_stats stats[BLOCK_BATCHES]; /* counts with each of them */
    uint8_t octets[BLOCK_OCTETS];
};

struct engine_ahead {
    struct syc_capture *capture;
    unsigned flags;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of the three below */
    uint64_t filled, given; /* blocks, ever: given <= filled <= given + BLOCKS */
    bool stop;
    struct syc_frame frames[SYC_BATCH]; /* the thread's: read, and not yet in a block */
    size_t pending;
    struct block *block; /* the caller's, or NULL */
    size_t at;           /* its next batch */
    struct syc_capture_stats stats;
    struct syc_progress progress;
    struct block blocks[BLOCKS];
};

/* ------------------------------------------------------------ the thread */

/* The octets of the pending frames into the block, and they decoded from there. False: no room, the block is full. */
static bool
put_batch(struct engine_ahead *a, struct block *b)
{
    size_t need = 0;

    for (size_t i = 0; i < a->pending; i++) {
        need += a->frames[i].captured;
    }
    b->in_place = need > BLOCK_OCTETS;
    if (!b->in_place && need > BLOCK_OCTETS - b->used) {
        return false;
    }
    for (size_t i = 0; i < a->pending && !b->in_place; i++) {
        struct syc_frame *f = &a->frames[i];

        memcpy(b->octets + b->used, f->data, f->captured);
        f->data = b->octets + b->used;
        b->used += f->captured;
    }
    syc_capture_stats(a->capture, &b->stats[b->count]);
    engine_decode(a->frames, a->pending, a->flags, &b->batches[b->count++]);
    a->pending = 0;
    return true;
}

/* As many batches as it holds, or until a read ends otherwise: with an end, a fault, or nothing for now. */
static void
fill(struct engine_ahead *a, struct block *b)
{
    b->count = b->used = 0;
    b->in_place = false;
    b->status = SYC_OK;
    while (b->count < BLOCK_BATCHES && !b->in_place) {
        if (a->pending == 0) {
            b->status = syc_capture_next(a->capture, a->frames, SYC_BATCH, &a->pending, &b->err);
        }
        if (b->status != SYC_OK) {
            syc_capture_over(a->capture, &b->over);
            break;
        }
        if (a->pending == 0 || !put_batch(a, b)) {
            break;
        }
    }
    syc_capture_progress(a->capture, &b->progress);
}

/* Until fewer than `most` blocks are out. False: stop. */
static bool
wait_given(struct engine_ahead *a, uint64_t most)
{
    bool go;

    pthread_mutex_lock(&a->lock);
    while (!a->stop && a->filled - a->given > most) {
        pthread_cond_wait(&a->changed, &a->lock);
    }
    go = !a->stop;
    pthread_mutex_unlock(&a->lock);
    return go;
}

static void *
read_ahead(void *user)
{
    struct engine_ahead *a = user;
    bool more = true;

    while (more && wait_given(a, BLOCKS - 1)) {
        struct block *b = &a->blocks[a->filled % BLOCKS];
        bool in_place;

        fill(a, b);
        in_place = b->in_place;
        more = b->status == SYC_OK || b->over.more;
        pthread_mutex_lock(&a->lock);
        a->filled++;
        pthread_cond_signal(&a->changed);
        pthread_mutex_unlock(&a->lock);
        more = more && (!in_place || wait_given(a, 0));
    }
    return NULL;
}

/* ------------------------------------------------------------ the caller */

enum syc_status
engine_ahead_next(struct engine_ahead *a, struct batch **out, struct syc_capture_over *over,
                  struct syc_error *err)
{
    struct block *b = a->block;
    enum syc_status status;

    if (b == NULL) {
        pthread_mutex_lock(&a->lock);
        while (a->filled == a->given) {
            pthread_cond_wait(&a->changed, &a->lock);
        }
        b = a->block = &a->blocks[a->given % BLOCKS];
        pthread_mutex_unlock(&a->lock);
        a->at = 0;
    }
    if (a->at < b->count) {
        a->stats = b->stats[a->at];
        *out = &b->batches[a->at++];
        return SYC_OK;
    }
    *out = NULL;
    status = b->status;
    if (status != SYC_OK) {
        *over = b->over;
        *err = b->err;
    }
    a->progress = b->progress;
    a->block = NULL;
    pthread_mutex_lock(&a->lock);
    a->given++;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return status;
}

void
engine_ahead_progress(const struct engine_ahead *a, struct syc_progress *out)
{
    *out = a->progress;
}

void
engine_ahead_stats(const struct engine_ahead *a, struct syc_capture_stats *out)
{
    *out = a->stats;
}

/* A pipe or an interface may make its reader wait, which a signal then could not end: it goes to the other thread. */
static bool
are_files(const struct syc_capture_options *options)
{
    size_t count = options->paths != NULL ? options->path_count : 1;

    for (size_t i = 0; i < count; i++) {
        const char *path = options->paths != NULL ? options->paths[i] : options->path;
        struct stat st;

        if (path == NULL || strcmp(path, "-") == 0 ||
            (stat(path, &st) == 0 && !S_ISREG(st.st_mode))) {
            return false;
        }
    }
    return true;
}

/* Signals are the caller's: its handlers set what it looks at. */
static bool
begin_thread(struct engine_ahead *a)
{
    sigset_t all, before;
    bool begun;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    begun = pthread_create(&a->thread, NULL, read_ahead, a) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return begun;
}

struct engine_ahead *
engine_ahead_start(const struct syc_engine *e, struct syc_capture *capture,
                   const struct syc_capture_options *options)
{
    struct engine_ahead *a;

    if (e->config.jobs < 2 || e->config.live || !are_files(options)) {
        return NULL;
    }
    a = syc_alloc(1, sizeof(*a));
    if (a == NULL) {
        return NULL;
    }
    a->capture = capture;
    a->flags = e->config.decode;
    pthread_mutex_init(&a->lock, NULL); /* neither can fail with default attributes (glibc) */
    pthread_cond_init(&a->changed, NULL);
    if (!begin_thread(a)) {
        syc_free(a);
        return NULL;
    }
    return a;
}

void
engine_ahead_stop(struct engine_ahead *a)
{
    if (a == NULL) {
        return;
    }
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    syc_free(a);
}
