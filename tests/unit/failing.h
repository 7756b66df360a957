#ifndef SYC_TEST_FAILING_H
#define SYC_TEST_FAILING_H

/*
 * Purpose           memory that fails when a test says so
 * Input and output  fail_at = k: allocation k from now on fails, and fail_more = n the n behind it as well; both count
 *                   down to 0, which is none. failed: one did, since the test last cleared it. allocations: how many
 *                   there were since then. Each thread has its own; those of a new one are 0
 * Ownership         none
 * Limits            for one file of a test program, linked with --wrap for malloc, calloc and realloc
 * Not here          allocations inside shared libraries: the linker reaches only what is linked into the program
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static _Thread_local unsigned fail_at;
static _Thread_local uint64_t fail_more, allocations;
static _Thread_local bool failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool
fails_now(void)
{
    allocations++;
    if (fail_at != 1) {
        fail_at -= fail_at > 0;
        return false;
    }
    fail_at = fail_more > 0;
    fail_more -= fail_more > 0;
    failed = true;
    return true;
}

/* clang makes malloc of a realloc that has nothing to move. */
void *
__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
    return fails_now() ? NULL : __real_realloc(p, size);
}

#endif
