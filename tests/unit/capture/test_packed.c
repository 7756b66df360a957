/* Captures packed by zlib and libzstd themselves, and what is cut, damaged or put behind them (RFC 1952, RFC 8878). */

#include "tests/unit/capture/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum packing { GZIP, ZSTD };

static const struct flavor usual = {false, false, 0xa1b2c3d4};

ZSTD_DStream *__real_ZSTD_createDStream(void);
ZSTD_DStream *__wrap_ZSTD_createDStream(void);

static bool no_zstd;

ZSTD_DStream *
__wrap_ZSTD_createDStream(void)
{
    return no_zstd ? NULL : __real_ZSTD_createDStream();
}

static void
gzip(struct octets *o, const uint8_t *p, size_t n)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = o->p + o->n;
    z.avail_out = (uInt)(OCTETS_MAX - o->n);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    o->n += z.total_out;
    deflateEnd(&z);
}

static void
pack(enum packing packing, struct octets *o, const void *p, size_t n)
{
    if (packing == GZIP) {
        gzip(o, p, n);
    } else {
        size_t got = ZSTD_compress(o->p + o->n, OCTETS_MAX - o->n, p, n, 3);

        assert_false(ZSTD_isError(got));
        o->n += got;
    }
}

/* Header 24, then records of 16 + 40 octets at 1, 2, 3 and 4 s: 248 octets. */
static void
add_capture(struct octets *o)
{
    add_file_header(o, &usual, 65535, LINK_ETHERNET);
    for (uint32_t i = 1; i <= 4; i++) {
        add_record(o, &usual, i, 0, 40, 40, (uint8_t)(i * 40));
    }
    assert_int_equal(o->n, 248);
}

static void
assert_four(const struct reading *r)
{
    assert_int_equal(r->opened, SYC_OK);
    assert_int_equal(r->ended, SYC_END);
    assert_int_equal(r->n, 4);
    for (size_t i = 0; i < 4; i++) {
        uint32_t sum = 0;

        for (size_t j = 0; j < 40; j++) {
            sum = sum * 31 + (uint8_t)((i + 1) * 40 + j);
        }
        assert_int_equal(r->sums[i], sum);
        assert_int_equal(r->frames[i].time_ns, ((int64_t)i + 1) * 1000000000);
        assert_int_equal(r->frames[i].number, i + 1);
    }
}

static void
packed_captures_read_like_plain_ones(void **state)
{
    for (enum packing packing = GZIP; packing <= ZSTD; packing++) {
        struct octets o = {.n = 0}, packed = {.n = 0};
        struct reading r;

        add_capture(&o);
        pack(packing, &packed, o.p, o.n);
        read_file(&packed, NULL, SYC_BATCH, &r);
        assert_four(&r);
        read_pipe(&packed, 1, &r);
        assert_four(&r);
        read_pipe(&packed, 7, &r);
        assert_four(&r);
    }
}

static void
formats_inside_are_told_by_their_first_octets(void **state)
{
    for (enum packing packing = GZIP; packing <= ZSTD; packing++) {
        struct octets ng = {.n = 0}, modified = {.n = 0}, packed = {.n = 0}, twice = {.n = 0};
        struct octets old = {.n = 0};
        struct reading r;

        add_section(&ng);
        add_packet(&ng, 77, "abc", 3, 3);
        pack(packing, &packed, ng.p, ng.n);
        read_file(&packed, NULL, SYC_BATCH, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.frames[0].time_ns, 77);
        pack(packing, &twice, packed.p, packed.n);
        read_file(&twice, NULL, SYC_BATCH, &r);
        assert_int_equal(r.opened, SYC_FORMAT);
        assert_string_equal(r.err.text, "packed twice; unpack it once before");
        /* libpcap reads this one: records of 24 octets */
        add_file_header(&modified, &(struct flavor){false, false, 0xa1b2cd34}, 65535, 1);
        add_record(&modified, &usual, 5, 0, 0, 3, 0);
        modified.p[24 + 8] = 3;
        ADD(&modified, 1, 0, 0, 0, 8, 0, 0, 0, 'a', 'b', 'c');
        pack(packing, &old, modified.p, modified.n);
        read_file(&old, NULL, SYC_BATCH, &r);
        assert_int_equal(r.ended, SYC_END);
        assert_int_equal(r.n, 1);
        assert_int_equal(r.frames[0].time_ns, 5000000000);
    }
}

/* Rotated logs are concatenated as they are: any number of members, also empty ones, is one stream. */
static void
members_are_read_one_after_the_other(void **state)
{
    for (enum packing packing = GZIP; packing <= ZSTD; packing++) {
        for (size_t piece = 1; piece < 248; piece += 49) {
            struct octets o = {.n = 0}, packed = {.n = 0};
            struct reading r;

            add_capture(&o);
            for (size_t at = 0; at < o.n; at += piece) {
                pack(packing, &packed, o.p + at, o.n - at < piece ? o.n - at : piece);
                if (at % 5 == 0 && packed.n < OCTETS_MAX - 64) {
                    pack(packing, &packed, "", 0);
                }
                if (packed.n > OCTETS_MAX - 300) { /* 25 octets a member of one octet */
                    pack(packing, &packed, o.p + at + piece, o.n - at - piece);
                    break;
                }
            }
            read_file(&packed, NULL, SYC_BATCH, &r);
            assert_four(&r);
            read_pipe(&packed, 5, &r);
            assert_four(&r);
        }
    }
}

/* What came out before the cut is delivered; a capture is never taken for whole. */
static void
a_cut_at_every_octet_is_told(void **state)
{
    for (enum packing packing = GZIP; packing <= ZSTD; packing++) {
        struct octets o = {.n = 0}, packed = {.n = 0};
        size_t whole;
        struct reading r;

        add_capture(&o);
        pack(packing, &packed, o.p, 24 + 56); /* one record */
        pack(packing, &packed, o.p + 24 + 56, 56);
        whole = packed.n;
        pack(packing, &packed, o.p + 24 + 112, 112);
        for (packed.n--; packed.n > 4; packed.n--) {
            enum syc_status status;

            read_file(&packed, NULL, SYC_BATCH, &r);
            status = r.opened != SYC_OK ? r.opened : r.ended;
            if (packed.n == whole) {
                assert_int_equal(status, SYC_END); /* a member's end where a record ends */
                assert_int_equal(r.n, 2);
                continue;
            }
            if (status == SYC_END) { /* the first member, whose capture is whole as well */
                assert_true(packed.n < whole);
                assert_int_equal(r.n, 1);
                continue;
            }
            assert_int_equal(status, SYC_TRUNCATED);
            assert_true(packed.n < whole ? r.n <= 2 : r.n >= 2 && r.n <= 4);
            assert_non_null(strstr(r.err.text, packing == GZIP ? "gzip: cut at octet "
                                                               : "zstd: cut at octet "));
        }
    }
}

static void
damage_is_told_in_the_decompressors_words(void **state)
{
    struct octets o = {.n = 0}, packed = {.n = 0}, checked = {.n = 0};
    ZSTD_CCtx *z = ZSTD_createCCtx();
    struct reading r;

    add_capture(&o);
    pack(GZIP, &packed, o.p, o.n);
    packed.p[packed.n - 5] ^= 1; /* CRC-32 */
    read_file(&packed, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 4);
    assert_int_equal(r.ended, SYC_TRUNCATED);
    assert_true(strncmp(r.err.text, "gzip: incorrect data check at octet ", 36) == 0);
    assert_non_null(strstr(r.err.text, " of the packed file; 4 frames before it were read"));
    packed.p[packed.n - 5] ^= 1;
    packed.p[3] = 0xe0; /* flags that are reserved */
    read_file(&packed, NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_TRUNCATED);
    assert_true(strncmp(r.err.text, "gzip: unknown header flags set at octet ", 40) == 0);

    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    checked.n = ZSTD_compress2(z, checked.p, OCTETS_MAX, o.p, o.n);
    ZSTD_freeCCtx(z);
    checked.p[checked.n - 1] ^= 1;
    read_file(&checked, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 4);
    assert_int_equal(r.ended, SYC_TRUNCATED);
    assert_true(strncmp(r.err.text, "zstd: Restored data doesn't match checksum at octet ", 52) ==
                0);
}

/*
 * RFC 8878: a frame of two blocks, the first raw and whole, the second of the type that is reserved. What the first
 * holds is read whatever room the reader has.
 */
static void
what_stands_before_damage_is_read(void **state)
{
    struct octets o = {.n = 0}, packed = {.n = 0};
    struct reading r;

    add_capture(&o);
    /* magic; neither size nor checksum; a window of 2 KiB; block headers: last | type << 1 | octets << 3, here 248 */
    ADD(&packed, 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x08, 0xc0, 0x07, 0x00);
    memcpy(packed.p + packed.n, o.p, o.n);
    packed.n += o.n;
    ADD(&packed, 1 | 3 << 1, 0, 0);
    for (size_t piece = 0; piece < 30; piece++) {
        if (piece == 0) {
            read_file(&packed, NULL, SYC_BATCH, &r);
        } else {
            read_pipe(&packed, piece, &r);
        }
        assert_int_equal(r.n, 4);
        assert_int_equal(r.ended, SYC_TRUNCATED);
        assert_non_null(strstr(r.err.text, "zstd: Data corruption detected"));
    }
}

static void
octets_behind_the_end_are_told_and_padding_is_not(void **state)
{
    struct octets o = {.n = 0}, packed = {.n = 0}, zstd = {.n = 0};
    struct reading r;
    size_t n;
    char want[120];

    add_capture(&o);
    pack(GZIP, &packed, o.p, o.n);
    n = packed.n;
    octets_add(&packed, "\0\0\0\0\0", 5); /* as tapes leave it */
    read_file(&packed, NULL, SYC_BATCH, &r);
    assert_four(&r);
    octets_add(&packed, "x", 1);
    read_file(&packed, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 4);
    assert_int_equal(r.ended, SYC_TRUNCATED);
    snprintf(want, sizeof want,
             "gzip: what follows the end is no gzip at octet %zu of the packed file; 4 frames "
             "before it were read",
             n + 5);
    assert_string_equal(r.err.text, want);
    pack(ZSTD, &zstd, o.p, o.n);
    octets_add(&zstd, "garbage", 7);
    read_file(&zstd, NULL, SYC_BATCH, &r);
    assert_int_equal(r.n, 4);
    assert_int_equal(r.ended, SYC_TRUNCATED);
    assert_true(strncmp(r.err.text, "zstd: Unknown frame descriptor at octet ", 40) == 0);
}

/*
 * RFC 8878 3.1.1.1: magic, descriptor 0 (no content size, no checksum), window descriptor exponent << 3, where the window
 * is 2^(10 + exponent); 3.1.1.2: the last block, raw and empty. In front of the last one a skippable frame (3.1.2).
 */
static void
windows_are_bounded_and_skippable_frames_passed_over(void **state)
{
    struct octets large = {.n = 0}, most = {.n = 0}, o = {.n = 0}, skipped = {.n = 0};
    struct reading r;

    ADD(&large, 0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0);
    read_file(&large, NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_TRUNCATED);
    assert_non_null(strstr(r.err.text, "zstd: a window above 128 MiB"));
    ADD(&most, 0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0);
    read_file(&most, NULL, SYC_BATCH, &r);
    assert_int_equal(r.opened, SYC_FORMAT);
    assert_string_equal(r.err.text, "empty (0 octets); expected a pcap or pcapng capture");
    add_capture(&o);
    ADD(&skipped, 0x5f, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4);
    pack(ZSTD, &skipped, o.p, o.n);
    read_file(&skipped, NULL, SYC_BATCH, &r);
    assert_four(&r);
}

static void
a_decompressor_without_memory_is_told(void **state)
{
    struct octets o = {.n = 0}, packed = {.n = 0};
    struct reading r;

    add_capture(&o);
    pack(ZSTD, &packed, o.p, o.n);
    no_zstd = true;
    read_file(&packed, NULL, SYC_BATCH, &r);
    no_zstd = false;
    assert_int_equal(r.opened, SYC_NO_MEMORY);
    assert_string_equal(r.err.text, "no memory for a decompressor");
}

/* Each read(2) once interrupted, once of a single octet, once failing: the same frames, or the error by name. */
static void
every_read_may_fail(void **state)
{
    static const int numbers[] = {EINTR, 0, EAGAIN, EIO};

    for (size_t row = 0; row < 16; row++) {
        struct octets o = {.n = 0}, packed = {.n = 0};
        int number = numbers[row % 4];

        if (row / 4 == 3) {
            add_section(&o);
            for (uint64_t i = 1; i <= 4; i++) {
                add_packet(&o, i, "abcd", 4, 4);
            }
        } else {
            add_capture(&o);
        }
        if (row / 4 == 1 || row / 4 == 2) {
            pack(row / 4 == 1 ? GZIP : ZSTD, &packed, o.p, o.n);
            o = packed;
        }
        for (unsigned k = 1;; k++) {
            struct reading r;
            bool met;

            fail_read(k, number);
            read_file(&o, NULL, SYC_BATCH, &r);
            met = reads_left() == 0;
            fail_read(0, 0);
            if (met && number == EIO) {
                assert_int_equal(r.opened != SYC_OK ? r.opened : r.ended, SYC_IO);
                assert_non_null(strstr(r.err.text, "Input/output error"));
            } else {
                assert_int_equal(r.ended, SYC_END);
                assert_int_equal(r.n, 4);
            }
            if (!met) {
                assert_true(k > 2);
                break;
            }
        }
    }
}

/* 1,000,000 records of 24 octets that do not pack well: 24 MB, some MB packed, many times each of the buffers. */
static void
long_captures_are_unpacked_to_their_end(void **state)
{
    enum { RECORDS = 1000000, PLAIN = 24 + RECORDS * 24 };
    uint8_t *plain = calloc(1, PLAIN), *packed = calloc(1, PLAIN);
    struct octets header = {.n = 0};
    uint32_t random = 1;

    add_file_header(&header, &usual, 65535, LINK_ETHERNET);
    memcpy(plain, header.p, 24);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint8_t *p = plain + 24 + i * 24;

        random = random * 1103515245 + 12345; /* the C standard's example of rand() */
        p[0] = (uint8_t)i;
        p[1] = (uint8_t)(i >> 8);
        p[2] = (uint8_t)(i >> 16);
        p[8] = p[12] = 8;
        memcpy(p + 16, &random, 4);
    }
    for (int kind = 0; kind < 2; kind++) {
        uLongf n = PLAIN;
        struct syc_capture_options options = {.path = NULL};
        struct syc_frame frames[SYC_BATCH];
        struct syc_capture *c;
        struct syc_error err;
        char path[PATH_ROOM];
        uint32_t seen = 0;
        enum syc_status status;
        size_t count;

        if (kind == 0) {
            z_stream z = {.next_in = plain,
                          .avail_in = PLAIN,
                          .next_out = packed,
                          .avail_out = PLAIN};

            assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
            assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
            n = z.total_out;
            deflateEnd(&z);
        } else {
            n = ZSTD_compress(packed, PLAIN, plain, PLAIN, 1);
        }
        assert_true(n > 4000000 && n < PLAIN);
        save(packed, n, path);
        options.path = path;
        assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
        while ((status = syc_capture_next(c, frames, SYC_BATCH, &count, &err)) == SYC_OK) {
            for (size_t i = 0; i < count; i++, seen++) {
                assert_int_equal(frames[i].time_ns, (int64_t)seen * 1000000000);
                assert_memory_equal(frames[i].data, plain + 24 + seen * 24 + 16, 8);
            }
        }
        assert_int_equal(status, SYC_END);
        assert_int_equal(seen, RECORDS);
        syc_capture_close(c);
        unlink(path);
    }
    free(plain);
    free(packed);
}

/* 64 MiB of zeros behind a header, packed to some 64 KiB: empty records without end, in a buffer that does not grow. */
static void
what_unpacks_to_very_much_needs_no_more_memory(void **state)
{
    static uint8_t zeros[1 << 20], packed[1 << 18];
    struct octets header = {.n = 0};
    struct syc_capture_options options = {.path = NULL};
    struct syc_frame frames[SYC_BATCH];
    struct syc_capture *c;
    struct syc_error err;
    char path[PATH_ROOM];
    uint64_t n = 0;
    size_t count;
    z_stream z = {0};

    add_file_header(&header, &usual, 65535, LINK_ETHERNET);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = packed;
    z.avail_out = sizeof packed;
    z.next_in = header.p;
    z.avail_in = (uInt)header.n;
    assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
    for (int i = 0; i < 64; i++) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        assert_int_equal(deflate(&z, i == 63 ? Z_FINISH : Z_NO_FLUSH), i == 63 ? Z_STREAM_END : 0);
    }
    save(packed, z.total_out, path);
    deflateEnd(&z);
    options.path = path;
    assert_int_equal(syc_capture_open(&c, &options, &err), SYC_OK);
    while (syc_capture_next(c, frames, SYC_BATCH, &count, &err) == SYC_OK) {
        n += count;
    }
    assert_int_equal(n, 64 << 16); /* 2^26 octets in records of 2^4 */
    syc_capture_close(c);
    unlink(path);
}

int
test_packed_group(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_captures_read_like_plain_ones),
        cmocka_unit_test(formats_inside_are_told_by_their_first_octets),
        cmocka_unit_test(members_are_read_one_after_the_other),
        cmocka_unit_test(a_cut_at_every_octet_is_told),
        cmocka_unit_test(damage_is_told_in_the_decompressors_words),
        cmocka_unit_test(what_stands_before_damage_is_read),
        cmocka_unit_test(octets_behind_the_end_are_told_and_padding_is_not),
        cmocka_unit_test(windows_are_bounded_and_skippable_frames_passed_over),
        cmocka_unit_test(a_decompressor_without_memory_is_told),
        cmocka_unit_test(every_read_may_fail),
        cmocka_unit_test(long_captures_are_unpacked_to_their_end),
        cmocka_unit_test(what_unpacks_to_very_much_needs_no_more_memory),
    };

    return cmocka_run_group_tests_name("capture/packed", tests, NULL, NULL);
}
