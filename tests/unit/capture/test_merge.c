/* Several files as one stream. The times of frames, in seconds, are written into the tests as lists. */

#include "tests/unit/capture/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static const struct flavor usual = {false, false, 0xa1b2c3d4};

/* A capture with a frame at each of the times; each frame has 5 octets that count from its time. */
static void
add_times(struct octets *o, const uint32_t *times, size_t n)
{
    add_file_header(o, &usual, 65535, LINK_ETHERNET);
    for (size_t i = 0; i < n; i++) {
        add_record(o, &usual, times[i], 0, 5, 5, (uint8_t)times[i]);
    }
}

enum { FILES_MAX = 8, TIMES_MAX = 100 };

/* Files for a test; a row of times ends with 0. */
struct files {
    char names[FILES_MAX][PATH_ROOM];
    const char *paths[FILES_MAX];
    size_t count;
};

static void
add_file(struct files *f, const struct octets *o)
{
    save(o->p, o->n, f->names[f->count]);
    f->paths[f->count] = f->names[f->count];
    f->count++;
}

static void
make_files(struct files *f, const uint32_t (*times)[TIMES_MAX], size_t count)
{
    f->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct octets o = {.n = 0};
        size_t n = 0;

        while (times[i][n] != 0) {
            n++;
        }
        add_times(&o, times[i], n);
        add_file(f, &o);
    }
}

static void
remove_files(const struct files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        unlink(f->paths[i]);
    }
}

static void
assert_frame(const struct reading *r, size_t i, uint32_t time, uint16_t file, uint64_t number)
{
    uint32_t sum = 0;

    for (uint32_t j = 0; j < 5; j++) {
        sum = sum * 31 + (uint8_t)(time + j);
    }
    assert_true(i < r->n);
    assert_int_equal(r->frames[i].time_ns, time * INT64_C(1000000000));
    assert_int_equal(r->frames[i].file, file);
    assert_int_equal(r->frames[i].number, number);
    assert_int_equal(r->sums[i], sum); /* its octets stayed in place while the batch was alive */
}

/* Every frame of the files is there once, its own file's order is kept, and no frame waits for a later one. */
static void
assert_all_in_order(const struct reading *r, size_t n)
{
    assert_int_equal(r->n, n);
    for (size_t i = 1; i < n; i++) {
        const struct syc_frame *a = &r->frames[i - 1], *b = &r->frames[i];

        assert_true(a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->file <= b->file));
    }
}

static void
files_that_overlap_are_merged_by_time(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{1, 4, 5, 9}, {2, 3, 6, 10}, {7, 8}};
    struct files f;
    struct reading r;

    make_files(&f, times, 3);
    for (size_t max = 1; max <= SYC_BATCH; max += 5) {
        read_paths(f.paths, 3, NULL, max, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.stats.packets, 10);
        assert_int_equal(r.stats.octets, 50);
        assert_int_equal(r.n, 10);
        assert_frame(&r, 0, 1, 0, 1);
        assert_frame(&r, 1, 2, 1, 1);
        assert_frame(&r, 2, 3, 1, 2);
        assert_frame(&r, 3, 4, 0, 2);
        assert_frame(&r, 4, 5, 0, 3);
        assert_frame(&r, 5, 6, 1, 3);
        assert_frame(&r, 6, 7, 2, 1);
        assert_frame(&r, 7, 8, 2, 2);
        assert_frame(&r, 8, 9, 0, 4);
        assert_frame(&r, 9, 10, 1, 4);
    }
    remove_files(&f);
}

static void
rotated_files_given_out_of_order_are_read_in_order(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{7, 8, 9}, {1, 2, 3}, {4, 5, 6}};
    struct files f;
    struct reading r;

    make_files(&f, times, 3);
    read_paths(f.paths, 3, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 9);
    for (uint32_t i = 0; i < 9; i++) {
        assert_frame(&r, i, i + 1, (uint16_t)((i / 3 + 1) % 3), i % 3 + 1);
    }
    /* each is said to be over, with its frames, when it is */
    assert_int_equal(r.overs, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(r.over[i].status, SYC_END);
        assert_int_equal(r.over[i].over.file, (i + 1) % 3);
        assert_int_equal(r.over[i].over.packets, 3);
        assert_true(r.over[i].over.opened);
        assert_int_equal(r.over[i].over.more, i < 2);
    }
    remove_files(&f);
}

static void
equal_times_go_by_the_list(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{5, 5, 6}, {5, 6, 6}, {4, 5, 6}};
    static const struct {
        uint32_t time;
        uint16_t file;
        uint64_t number;
    } want[] = {{4, 2, 1}, {5, 0, 1}, {5, 0, 2}, {5, 1, 1}, {5, 2, 2},
                {6, 0, 3}, {6, 1, 2}, {6, 1, 3}, {6, 2, 3}};
    struct files f;
    struct reading r;

    make_files(&f, times, 3);
    for (size_t max = 1; max <= 4; max++) {
        read_paths(f.paths, 3, NULL, max, &r);
        assert_int_equal(r.n, 9);
        for (size_t i = 0; i < 9; i++) {
            assert_frame(&r, i, want[i].time, want[i].file, want[i].number);
        }
    }
    remove_files(&f);
}

/* A clock that was set back: the file's own order stands, and the other's frames go where their time is reached. */
static void
within_a_file_its_order_is_kept(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{10, 20, 3, 4, 30}, {12, 25}};
    static const struct {
        uint32_t time;
        uint16_t file;
    } want[] = {{10, 0}, {12, 1}, {20, 0}, {3, 0}, {4, 0}, {25, 1}, {30, 0}};
    struct files f;
    struct reading r;

    make_files(&f, times, 2);
    read_paths(f.paths, 2, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(r.frames[i].time_ns, want[i].time * INT64_C(1000000000));
        assert_int_equal(r.frames[i].file, want[i].file);
    }
    remove_files(&f);
}

/* Files larger than a batch, overlapping at their ends only and all the way. */
static void
long_files_are_merged_alike(void **state)
{
    static uint32_t times[3][TIMES_MAX];
    struct files f;
    struct reading r;

    for (uint32_t i = 0; i < 99; i++) {
        times[0][i] = 1 + i;
        times[1][i] = 80 + i;    /* the last 20 of the first */
        times[2][i] = 2 + i * 2; /* all the way */
    }
    make_files(&f, (const uint32_t(*)[TIMES_MAX])times, 3);
    for (size_t max = 1; max <= SYC_BATCH; max += 31) {
        read_paths(f.paths, 3, NULL, max, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_all_in_order(&r, 297);
        for (size_t i = 0; i < r.n; i++) {
            assert_frame(&r, i, times[r.frames[i].file][r.frames[i].number - 1], r.frames[i].file,
                         r.frames[i].number);
        }
    }
    read_paths(f.paths, 3, NULL, SYC_BATCH, &r);
    assert_true(r.batches < 297 / 4); /* merging leaves batches that are worth the name */
    remove_files(&f);
}

/* One that is missing, one that is none, one that is empty, one cut in its second frame: the others are whole. */
static void
a_fault_stops_its_own_file_only(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{1, 5, 9}, {2, 6}};
    static const uint32_t cut_times[] = {3, 7}, none[] = {0};
    struct octets o = {.n = 0}, text = {.n = 0}, empty = {.n = 0};
    struct files f;
    const char *paths[6];
    struct reading r;
    size_t ends = 0;

    make_files(&f, times, 2);
    add_times(&o, cut_times, 2);
    o.n--;
    add_file(&f, &o);
    octets_add(&text, "no capture at all", 17);
    add_file(&f, &text);
    add_times(&empty, none, 0);
    add_file(&f, &empty);
    memcpy(paths, f.paths, 5 * sizeof *paths);
    paths[5] = "/nonexistent/x.pcap";
    read_paths(paths, 6, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 6);
    assert_all_in_order(&r, 6);
    assert_int_equal(r.overs, 6);
    for (size_t i = 0; i < r.overs; i++) {
        const struct syc_capture_over *over = &r.over[i].over;

        switch (over->file) {
        case 2:
            assert_int_equal(r.over[i].status, SYC_TRUNCATED);
            assert_string_equal(r.over[i].text,
                                "cut inside record 2 at octet 45; 1 frame before it was read");
            assert_int_equal(over->packets, 1);
            assert_true(over->opened);
            break;
        case 3:
            assert_int_equal(r.over[i].status, SYC_FORMAT);
            assert_false(over->opened);
            break;
        case 5:
            assert_int_equal(r.over[i].status, SYC_IO);
            assert_string_equal(r.over[i].text, "cannot open: No such file or directory");
            assert_false(over->opened);
            break;
        default:
            assert_int_equal(r.over[i].status, SYC_END);
            ends++;
        }
    }
    assert_int_equal(ends, 3);
    remove_files(&f);
}

/* The last of the list is the last that is looked at: the order of the others is found out all the same. */
static void
a_last_file_that_cannot_be_read_leaves_the_order(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{7, 8}, {5, 6}, {1, 2}};
    static const uint32_t none[] = {0};
    struct octets empty = {.n = 0};
    struct files f;
    const char *paths[5];
    struct reading r;

    make_files(&f, times, 3);
    memcpy(paths, f.paths, 3 * sizeof *paths);
    paths[3] = "/nonexistent/x.pcap";
    read_paths(paths, 4, NULL, SYC_BATCH, &r);
    assert_all_in_order(&r, 6);
    assert_int_equal(r.overs, 4);
    add_times(&empty, none, 0);
    add_file(&f, &empty);
    paths[0] = f.paths[3]; /* one that has no time stands first */
    read_paths(paths, 4, NULL, SYC_BATCH, &r);
    assert_all_in_order(&r, 4);
    assert_int_equal(r.overs, 4);
    remove_files(&f);
}

static void
nothing_readable_is_an_end_after_the_faults(void **state)
{
    static const char *const paths[] = {"/nonexistent/a", "/nonexistent/b"};
    struct reading r;

    read_paths(paths, 2, NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_OK);
    assert_int_equal(r.overs, 2);
    assert_int_equal(r.over[0].status, SYC_IO);
    assert_int_equal(r.over[1].status, SYC_IO);
    assert_false(r.over[1].over.more);
    read_paths(paths, 1, NULL, SYC_BATCH, &r);
    assert_int_equal(r.overs, 1);
    read_paths(paths, 2, "tcp prot 80", SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_SYNTAX); /* the filter is wrong whatever the files are */
}

static void
formats_may_differ_from_file_to_file(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{1, 4}};
    struct octets ng = {.n = 0};
    struct files f;
    struct reading r;

    make_files(&f, times, 1);
    add_section_of(&ng, true);
    add_interface(&ng, true, LINK_RAW, 0, "", 0);
    add_enhanced(&ng, true, 0, 2000000, "\2\3\4\5\6", 5, 5);
    add_enhanced(&ng, true, 0, 3000000, "\3\4\5\6\7", 5, 5);
    add_file(&f, &ng);
    read_paths(f.paths, 2, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_frame(&r, i, i + 1, i == 1 || i == 2, i < 2 ? 1 : 2);
    }
    assert_int_equal(r.frames[1].link, LINK_RAW);
    assert_int_equal(r.frames[3].link, LINK_ETHERNET);
    remove_files(&f);
}

static void
a_filter_holds_for_all_files(void **state)
{
    struct octets o = {.n = 0}, frame = {.n = 0};
    const char *paths[2];
    struct files f = {.count = 0};
    struct reading r;

    add_ethernet(&frame, 0x0800);
    add_ip4(&frame, 6, TCP_DATA_OCTETS);
    add_tcp_data(&frame);
    add_section(&o);
    add_packet(&o, 1, "nothing", 7, 7);
    add_packet(&o, 2, frame.p, frame.n, (uint32_t)frame.n);
    add_file(&f, &o);
    add_file(&f, &o);
    paths[0] = f.paths[0];
    paths[1] = f.paths[1];
    read_paths(paths, 2, "tcp port 80", SYC_BATCH, &r);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.frames[0].number, 2);
    assert_int_equal(r.frames[0].file, 0);
    assert_int_equal(r.frames[1].file, 1);
    remove_files(&f);
}

/* A named pipe cannot be opened twice: it is, once, and merged with a file by the time of its first frame. */
static void
pipes_are_merged_with_files(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{1, 3, 5}};
    static const uint32_t piped[] = {2, 4, 6};
    char fifo[] = "/tmp/syc-fifo-XXXXXX";
    struct octets o = {.n = 0};
    struct files f;
    const char *paths[2];
    struct syc_capture_options options = {.path_count = 2};
    struct syc_frame frames[SYC_BATCH];
    struct syc_capture *c;
    struct syc_error err;
    struct syc_progress progress;
    size_t count, n = 0;
    int fd;

    make_files(&f, times, 1);
    add_times(&o, piped, 3);
    close(mkstemp(fifo));
    unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    fd = open(fifo, O_RDWR); /* a writer, so that no open waits */
    assert_int_equal(write(fd, o.p, o.n), o.n);
    paths[0] = fifo;
    paths[1] = f.paths[0];
    options.paths = paths;
    assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
    while (n < 5) {
        assert_int_equal(syc_capture_next(c, frames, SYC_BATCH, &count, &err), SYC_OK);
        for (size_t i = 0; i < count; i++) {
            n++;
            assert_int_equal(frames[i].time_ns, n * 1000000000);
            assert_int_equal(frames[i].file, n % 2);
        }
    }
    syc_capture_progress(c, &progress);
    assert_int_equal(progress.total, 0); /* a pipe has no size */
    syc_capture_close(c);
    close(fd);
    unlink(fifo);
    remove_files(&f);
}

static void
on_alarm(int number)
{
}

/* A pipe that gives nothing, also before its header: a signal gives an empty batch each time. */
static void
a_signal_is_noticed_while_a_pipe_is_waited_for(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{1, 3, 5}};
    struct sigaction action = {.sa_handler = on_alarm}, kept; /* without SA_RESTART */
    struct itimerval often = {.it_value = {.tv_usec = 10000}, .it_interval = {.tv_usec = 10000}};
    struct itimerval off = {.it_value = {.tv_usec = 0}};
    struct syc_frame frames[SYC_BATCH];
    struct files f;
    char fifo[] = "/tmp/syc-fifo-XXXXXX";
    const char *paths[2];
    int fd;

    make_files(&f, times, 1);
    close(mkstemp(fifo));
    unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    paths[0] = f.paths[0];
    paths[1] = fifo;
    sigaction(SIGALRM, &action, &kept);
    for (int writer = 0; writer < 2; writer++) {
        struct syc_capture_options options = {.paths = paths, .path_count = 2};
        struct syc_capture *c;
        struct syc_error err;
        size_t count = 1;

        fd = writer ? open(fifo, O_RDWR) : -1; /* without one open() itself waits */
        setitimer(ITIMER_REAL, &often, NULL);
        assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(syc_capture_next(c, frames, SYC_BATCH, &count, &err), SYC_OK);
            assert_int_equal(count, 0);
        }
        syc_capture_close(c);
        options = (struct syc_capture_options){.path = fifo};
        assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
        assert_int_equal(syc_capture_next(c, frames, SYC_BATCH, &count, &err), SYC_OK);
        assert_int_equal(count, 0);
        syc_capture_close(c);
        setitimer(ITIMER_REAL, &off, NULL);
        if (fd >= 0) {
            close(fd);
        }
    }
    sigaction(SIGALRM, &kept, NULL);
    unlink(fifo);
    remove_files(&f);
}

/* 300 files of 5 frames: one behind the other, backwards in the list; then all at once. */
static void
three_hundred_files_are_one_stream(void **state)
{
    enum { FILES = 300 };
    static char names[FILES][PATH_ROOM];
    static const char *paths[FILES];
    static struct reading r;

    for (int overlap = 0; overlap < 2; overlap++) {
        for (uint32_t i = 0; i < FILES; i++) {
            struct octets o = {.n = 0};
            uint32_t times[5];

            for (uint32_t j = 0; j < 5; j++) {
                times[j] = overlap ? 1 + j * 1000 + i * 7919 % FILES : 1 + (FILES - i) * 5 + j;
            }
            add_times(&o, times, 5);
            save(o.p, o.n, names[i]);
            paths[i] = names[i];
        }
        read_paths(paths, FILES, NULL, SYC_BATCH, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.overs, FILES);
        assert_all_in_order(&r, FILES * 5);
        for (uint32_t i = 0; i < FILES; i++) {
            unlink(names[i]);
        }
    }
}

/* More files at one time than may be open: those beyond are named, the others read. */
static void
too_many_overlapping_files_are_named(void **state)
{
    enum { FILES = SYC_OPEN_MAX + 2 };
    static const char *paths[FILES];
    static const uint32_t times[] = {1, 2};
    static struct reading r;
    struct octets o = {.n = 0};
    struct rlimit kept, more;
    char path[PATH_ROOM];
    size_t limited = 0;

    getrlimit(RLIMIT_NOFILE, &kept);
    more = kept;
    more.rlim_cur = more.rlim_max;
    if (more.rlim_max < FILES + 20 || setrlimit(RLIMIT_NOFILE, &more) != 0) {
        skip();
    }
    add_times(&o, times, 1);
    add_record(&o, &usual, 2, 0, 5, 5, 2);
    save(o.p, o.n, path);
    for (size_t i = 0; i < FILES; i++) {
        paths[i] = path;
    }
    read_paths(paths, FILES, NULL, 1, &r);
    for (size_t i = 0; i < r.overs; i++) {
        limited += r.over[i].status == SYC_LIMIT;
    }
    assert_int_equal(r.overs, FILES);
    assert_int_equal(limited, 2);
    assert_int_equal(r.n, 2 * SYC_OPEN_MAX);
    setrlimit(RLIMIT_NOFILE, &kept);
    unlink(path);
}

static void
progress_counts_octets_of_all_files(void **state)
{
    static const uint32_t times[][TIMES_MAX] = {{1, 2}, {3, 4}}; /* 24 + 2 * 21 octets */
    struct syc_capture_options options = {.path_count = 3};
    struct syc_frame frames[SYC_BATCH];
    const char *paths[3];
    struct syc_progress p;
    struct syc_capture_over over = {.more = true};
    struct syc_capture *c;
    struct syc_error err;
    struct files f;
    size_t count;

    make_files(&f, times, 2);
    paths[0] = f.paths[0];
    paths[1] = "/nonexistent/x";
    paths[2] = f.paths[1];
    options.paths = paths;
    assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
    syc_capture_progress(c, &p);
    assert_int_equal(p.done, 0);
    assert_int_equal(p.total, 132);
    assert_int_equal(syc_capture_next(c, frames, 1, &count, &err), SYC_IO);
    assert_int_equal(syc_capture_next(c, frames, 1, &count, &err), SYC_OK);
    syc_capture_progress(c, &p);
    assert_int_equal(p.done, 66); /* small files are read at once */
    while (over.more) {
        if (syc_capture_next(c, frames, 1, &count, &err) != SYC_OK) {
            syc_capture_over(c, &over);
        }
    }
    syc_capture_progress(c, &p);
    assert_int_equal(p.done, 132);
    syc_capture_close(c);
    remove_files(&f);
}

int
test_merge_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_overlap_are_merged_by_time),
        cmocka_unit_test(rotated_files_given_out_of_order_are_read_in_order),
        cmocka_unit_test(equal_times_go_by_the_list),
        cmocka_unit_test(within_a_file_its_order_is_kept),
        cmocka_unit_test(long_files_are_merged_alike),
        cmocka_unit_test(a_fault_stops_its_own_file_only),
        cmocka_unit_test(a_last_file_that_cannot_be_read_leaves_the_order),
        cmocka_unit_test(nothing_readable_is_an_end_after_the_faults),
        cmocka_unit_test(formats_may_differ_from_file_to_file),
        cmocka_unit_test(a_filter_holds_for_all_files),
        cmocka_unit_test(pipes_are_merged_with_files),
        cmocka_unit_test(a_signal_is_noticed_while_a_pipe_is_waited_for),
        cmocka_unit_test(three_hundred_files_are_one_stream),
        cmocka_unit_test(too_many_overlapping_files_are_named),
        cmocka_unit_test(progress_counts_octets_of_all_files),
    };

    return cmocka_run_group_tests_name("capture/merge", tests, NULL, NULL);
}
