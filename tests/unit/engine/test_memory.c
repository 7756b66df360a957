/* Every allocation of a run fails once: it ends with a status or a counted loss, never with a crash or a leak. */

#include "tests/unit/engine/craft.h"
#include "tests/unit/engine/groups.h"
#include "tests/unit/failing.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define S INT64_C(1000000)

static char capture_path[CRAFT_PATH], rule_path[CRAFT_PATH], signature_path[CRAFT_PATH];

static const char rule[] = "title: Steady\n"
                           "id: 11111111-1111-4111-8111-111111111111\n"
                           "logsource: {product: syncopate, category: source}\n"
                           "detection: {a: {iat.concentration_ratio|gte: 0.9}, condition: a}\n"
                           "syncopate: {group: gap, points: 95, needs: {iat.n: 5}}\n";

static const char signature[] = "classes = unix\n[tcp:request]\nlabel = s:unix:Linux:any\n"
                                "sig = *:64:0:*:*,0:mss:df,id+:0\n";

static int
make_files(void **unused)
{
    static struct craft c;

    (void)unused;
    craft_begin(&c);
    for (uint16_t i = 0; i < 12; i++) {
        craft_talk(&c, i * S, 1, (uint8_t)(1 + i % 2), (uint16_t)(40000 + i));
    }
    craft_save(&c, capture_path);
    craft_file(rule, sizeof(rule) - 1, ".yml", rule_path);
    craft_file(signature, sizeof(signature) - 1, ".fp", signature_path);
    return 0;
}

static int
remove_files(void **unused)
{
    (void)unused;
    craft_remove(capture_path);
    craft_remove(rule_path);
    craft_remove(signature_path);
    return 0;
}

/* ------------------------------------------------------------ threads */

/* How many were begun, whether there may be any, and which allocation of the next one fails. */
static unsigned threads, thread_fail_at;
static bool threads_denied, thread_failed;

struct begun {
    void *(*run)(void *);
    void *user;
};

static void *
begin(void *user)
{
    struct begun b = *(struct begun *)user;
    void *answer;

    fail_at = thread_fail_at;
    answer = b.run(b.user);
    thread_failed = failed;
    return answer;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *),
                          void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *),
                          void *user);

/* One thread at a time, which its engine joins: one struct begun serves. */
int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *),
                      void *user)
{
    static struct begun begun;

    if (threads_denied) {
        return EAGAIN;
    }
    threads++;
    begun = (struct begun){run, user};
    return __real_pthread_create(thread, how, begin, &begun);
}

/* ------------------------------------------------------------ a run */

/* How a run with a failing allocation came out. */
struct outcome {
    enum syc_status made, read, finished;
    uint64_t events, lost;
    uint64_t given_way; /* connections, SYNs, sources and records, as stats tell */
    bool marked;        /* a record says that it is not complete */
};

static uint64_t
given_way(const struct syc_engine *e)
{
    struct syc_run_stats s;

    syc_engine_stats(e, &s);
    return s.table.evicted + s.table.half_open_evicted + s.cadence.sources_evicted +
           s.cadence.records_dropped;
}

/* Is the text in what was written? */
static bool
says(int fd, const char *text)
{
    off_t n = lseek(fd, 0, SEEK_END);
    void *all = n > 0 ? mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    bool found = all != MAP_FAILED && memmem(all, (size_t)n, text, strlen(text)) != NULL;

    if (all != MAP_FAILED) {
        munmap(all, (size_t)n);
    }
    return found;
}

/*
 * jobs     as in the configuration; then the capture is read as one of two files, so that reading it allocates
 * fail_in  which allocation of syc_engine_capture() fails; 0 = none
 */
static struct outcome
run_with(int fd, unsigned jobs, unsigned fail_in)
{
    const char *const twice[] = {capture_path, capture_path};
    struct syc_capture_options options = {.path = jobs == 0 ? capture_path : NULL,
                                          .paths = jobs == 0 ? NULL : twice,
                                          .path_count = jobs == 0 ? 0 : 2};
    const char *const rules[] = {rule_path};
    const char *const signatures[] = {signature_path};
    struct outcome o = {SYC_NO_MEMORY, SYC_NO_MEMORY, SYC_NO_MEMORY, 0, 0, 0, false};
    struct syc_output output;
    struct syc_engine *e = NULL;
    struct syc_engine_config config = {.output = &output,
                                       .events = SYC_EVENT_CONNECTION | SYC_EVENT_FINGERPRINT |
                                                 SYC_EVENT_SOURCE | SYC_EVENT_VERDICT |
                                                 SYC_EVENT_AUDIT,
                                       .memory_octets = 4 << 20,
                                       .rules = rules,
                                       .rule_count = 1,
                                       .signatures = signatures,
                                       .signature_count = 1,
                                       .jobs = jobs,
                                       .fixed_key = true};

    assert_int_equal(ftruncate(fd, 0), 0);
    lseek(fd, 0, SEEK_SET);
    if (syc_output_init(&output, fd) != SYC_OK) {
        return o;
    }
    o.made = syc_engine_new(&e, &config, NULL);
    if (o.made == SYC_OK) {
        fail_at = fail_in > 0 ? fail_in : fail_at;
        o.read = syc_engine_capture(e, &options, NULL);
        fail_at = fail_in > 0 ? 0 : fail_at;
        o.finished = syc_engine_finish(e);
        o.given_way = given_way(e);
    }
    syc_engine_free(e);
    (void)syc_output_fini(&output);
    o.events = output.events;
    o.marked = says(fd, "\"complete\":false");
    o.lost = output.lost;
    return o;
}

static struct outcome
run(int fd)
{
    return run_with(fd, 0, 0);
}

static void
every_allocation_may_fail(void **unused)
{
    int fd = memfd_create("events", 0);
    struct outcome whole = run(fd);
    unsigned k = 0;

    (void)unused;
    assert_int_equal(whole.made, SYC_OK);
    assert_int_equal(whole.read, SYC_OK);
    assert_int_equal(whole.finished, SYC_OK);
    /* 12 records, SYN and SYN+ACK of each, 1 source, 1 verdict at least, 1 audit */
    assert_true(whole.events >= 12 + 24 + 1 + 1 + 1);
    do {
        struct outcome o;
        failed = false;
        fail_at = ++k;
        o = run(fd);
        fail_at = 0;
        assert_true(o.made == SYC_OK || o.made == SYC_NO_MEMORY);
        if (o.made == SYC_OK && o.read == SYC_OK && o.finished == SYC_OK &&
            o.lost + o.given_way == 0 && !o.marked) {
            /*
             * Nothing says that something is missing, so nothing may be: but for the one fingerprint of a segment that
             * the table passed over because it found no room (its count of these is not among its statistics).
             */
            assert_in_range(o.events, whole.events - (failed ? 1 : 0), whole.events);
        }
    } while (failed);
    assert_true(k > 20); /* the wrappers were called at all */
    close(fd);
}

/* Octets that were written, to be freed. */
static char *
take_all(int fd, size_t *n)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *all = (char *)test_malloc((size_t)size);

    assert_int_equal(pread(fd, all, (size_t)size, 0), size);
    *n = (size_t)size;
    return all;
}

static void
assert_written(int fd, const char *all, size_t n)
{
    size_t got_n;
    char *got = take_all(fd, &got_n);

    assert_int_equal(got_n, n);
    assert_memory_equal(got, all, n);
    test_free(got);
}

/*
 * What --jobs 2 needs before its thread begins: the list of inputs and the reader, without which nothing can be read, then
 * the blocks, and a thread.
 */
static void
without_memory_for_a_thread_one_does_all(void **unused)
{
    int fd = memfd_create("events", 0);
    struct outcome one = run_with(fd, 1, 0);
    size_t n;
    char *all = take_all(fd, &n);
    struct outcome o;
    unsigned k = 0;

    (void)unused;
    assert_int_equal(one.read, SYC_OK);
    assert_int_equal(one.finished, SYC_OK);
    threads = 0;
    o = run_with(fd, 2, 0);
    assert_int_equal(threads, 1);
    assert_int_equal(o.read, SYC_OK);
    assert_written(fd, all, n);
    do {
        failed = false;
        o = run_with(fd, 2, ++k);
        assert_true(failed);
    } while (o.read == SYC_NO_MEMORY && threads == 1);
    assert_int_equal(o.read, SYC_OK);
    assert_int_equal(threads, 1); /* the one above */
    assert_written(fd, all, n);
    threads_denied = true;
    o = run_with(fd, 2, 0);
    threads_denied = false;
    assert_int_equal(o.read, SYC_OK);
    assert_written(fd, all, n);
    test_free(all);
    close(fd);
}

/* A fault of the thread is one of the run: told by its status, and the run ends as without it. */
static void
every_allocation_of_the_thread_may_fail(void **unused)
{
    int fd = memfd_create("events", 0);
    struct outcome whole = run_with(fd, 2, 0);
    size_t n;
    char *all = take_all(fd, &n);

    (void)unused;
    assert_int_equal(whole.read, SYC_OK);
    for (thread_fail_at = 1; thread_fail_at == 1 || thread_failed; thread_fail_at++) {
        struct outcome o;
        thread_failed = false;
        o = run_with(fd, 2, 0);
        assert_int_equal(o.finished, SYC_OK);
        assert_int_equal(o.read, thread_failed ? SYC_NO_MEMORY : SYC_OK);
        if (!thread_failed) {
            assert_written(fd, all, n);
        }
    }
    assert_true(thread_fail_at >
                8); /* two files, each opened twice: a file, a capture, a buffer, a reader */
    thread_fail_at = 0;
    test_free(all);
    close(fd);
}

int
test_memory_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, make_files, remove_files),
        cmocka_unit_test_setup_teardown(without_memory_for_a_thread_one_does_all, make_files,
                                        remove_files),
        cmocka_unit_test_setup_teardown(every_allocation_of_the_thread_may_fail, make_files,
                                        remove_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
