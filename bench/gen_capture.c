/*
 * gen_capture.c - deterministic generator of synthetic TCP captures.
 *
 * Writes a time-sorted pcap or pcapng file with TCP traffic as seen by a tap
 * close to the servers: several operating systems' SYN layouts, handshakes,
 * HTTP/1.1 and TLS exchanges, slow-start shaped responses, losses, reordering,
 * the usual ways of closing, scans, dead targets and SYN floods.  Each client
 * has a behaviour class (people, metronomes, beacons, bursts, pools, ...) and
 * --truth writes what each of them really was and did.
 *
 * The same flags and seed give the same bytes.  Memory is bounded by the number
 * of clients plus the number of connections open at one moment.
 *
 * Build: cc -O2 -o gen_capture gen_capture.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma STDC FP_CONTRACT OFF

#define NS_SEC 1000000000ull
#define NS_MS  1000000ull
#define NS_US  1000ull

/* ------------------------------------------------------------------ random */

static uint64_t rng_s[4];

static uint64_t
splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static void
rng_seed(uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rng_s[i] = splitmix(&seed);
}

static inline uint64_t
rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

/* xoshiro256++ step */
static inline uint64_t
rnd(void)
{
    uint64_t r = rotl(rng_s[0] + rng_s[3], 23) + rng_s[0];
    uint64_t t = rng_s[1] << 17;

    rng_s[2] ^= rng_s[0];
    rng_s[3] ^= rng_s[1];
    rng_s[1] ^= rng_s[2];
    rng_s[0] ^= rng_s[3];
    rng_s[2] ^= t;
    rng_s[3] = rotl(rng_s[3], 45);
    return r;
}

static inline uint32_t
rnd_below(uint32_t n)
{
    return n ? (uint32_t)(((rnd() >> 32) * (uint64_t)n) >> 32) : 0;
}

static inline double
rnd_unit(void) /* (0,1) */
{
    return ((double)(rnd() >> 11) + 0.5) * (1.0 / 9007199254740992.0);
}

static inline int
chance(double p)
{
    return p > 0 && rnd_unit() < p;
}

/* exp and log without libm, good to about 1e-12 relative in the range used */
static double
x_exp(double x)
{
    union {
        double d;
        uint64_t u;
    } s;
    double r, t = 1, sum = 1;
    int k;

    if (x > 700)
        x = 700;
    if (x < -700)
        x = -700;
    k = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    r = x - k * 0.6931471805599453;
    for (int i = 1; i < 14; i++) {
        t = t * r / i;
        sum += t;
    }
    s.u = (uint64_t)(1023 + k) << 52;
    return sum * s.d;
}

static double
x_log(double x)
{
    union {
        double d;
        uint64_t u;
    } s = {.d = x};
    int e = (int)((s.u >> 52) & 0x7ff) - 1023;
    double m, z, z2, t, sum = 0;

    s.u = (s.u & 0xfffffffffffffull) | (1023ull << 52);
    m = s.d;
    if (m > 1.4142135623730951) {
        m *= 0.5;
        e++;
    }
    z = (m - 1) / (m + 1);
    z2 = z * z;
    t = z;
    for (int i = 1; i < 24; i += 2) {
        sum += t / i;
        t *= z2;
    }
    return 2 * sum + e * 0.6931471805599453;
}

static double
rnd_normal(void) /* sum of uniforms: close enough, no libm */
{
    double s = -6;

    for (int i = 0; i < 12; i++)
        s += rnd_unit();
    return s;
}

static double
rnd_lognormal(double median, double sigma)
{
    return median * x_exp(sigma * rnd_normal());
}

static double
rnd_exponential(double mean)
{
    return -mean * x_log(rnd_unit());
}

static double
rnd_pareto(double xm, double alpha, double cap)
{
    double v = xm * x_exp(-x_log(rnd_unit()) / alpha);

    return v > cap ? cap : v;
}

static inline uint32_t
mix32(uint32_t x) /* a bijection on 32 bits */
{
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    x ^= x >> 16;
    return x;
}

/* ---------------------------------------------------------------- settings */

enum profile { P_MIXED, P_SYNFLOOD, P_ELEPHANTS, P_SHORT };

static struct {
    uint64_t packets, connections, seed, flood;
    uint32_t clients, servers, snaplen;
    double start, duration, loss, reorder, v6, vlan, flood_rate, spoof_ua;
    int pcapng, nano, profile;
    const char *out, *truth;
} opt = {
    .packets = 0,
    .connections = 0,
    .seed = 1,
    .flood = 0,
    .clients = 0,
    .servers = 16,
    .snaplen = 262144,
    .start = 1735689600,
    .duration = 0,
    .loss = 0.01,
    .reorder = 0.004,
    .v6 = 0.15,
    .vlan = 0,
    .flood_rate = 200000,
    .spoof_ua = 0.08,
    .pcapng = 0,
    .nano = 0,
    .profile = P_MIXED,
    .out = "-",
    .truth = NULL,
};

/* --------------------------------------------------------- operating systems
 * layout: one letter an option. M mss, S sack permitted, T timestamps, N nop,
 * W window scale, E end of options (then padded to a multiple of four).
 * win: a fixed window, or -k for k times the MSS, or 0 for the greatest
 * multiple of the MSS that fits in 16 bits.                                   */

enum { ID_ZERO, ID_FLOW, ID_HOST, ID_54321 };
enum { UA_NONE, UA_WIN, UA_MAC, UA_IOS, UA_ANDROID, UA_LINUX, UA_TOOL };

struct os {
    const char *name, *p0f, *layout;
    int ttl, win, ws, df, idmode;
    uint16_t port_lo, port_hi, win2;
    uint8_t port_seq, ua, scanner, weight;
};

static const struct os OSES[] = {
    /* name, what p0f 3.09b calls it over IPv4 (its list has no signature with
	   an IPv6 flow label, so it names none of these over IPv6), layout, ttl,
	   win, ws, df, id, ephemeral range, window later, sequential ports, ua,
	   scanner, weight */
    {"linux-4.19+", "Linux 2.2.x-3.x", "MSTNW", 64, 0, 7, 1, ID_FLOW, 32768, 60999, 502, 0,
     UA_LINUX, 0, 20},
    {"linux-3.11-4.18", "Linux 3.11 and newer", "MSTNW", 64, -20, 7, 1, ID_FLOW, 32768, 60999, 229,
     0, UA_LINUX, 0, 8},
    {"linux-2.6", "Linux 2.6.x", "MSTNW", 64, -4, 7, 1, ID_FLOW, 32768, 61000, 46, 0, UA_TOOL, 0,
     1},
    {"windows-10/11", "Windows NT kernel", "MNWNNS", 128, 0, 8, 1, ID_HOST, 49152, 65535, 1026, 1,
     UA_WIN, 0, 30},
    {"windows-7/8", "Windows 7 or 8", "MNWNNS", 128, 8192, 8, 1, ID_HOST, 49152, 65535, 256, 1,
     UA_WIN, 0, 3},
    {"windows-xp", "Windows XP", "MNNS", 128, 65535, -1, 1, ID_HOST, 1024, 4999, 65535, 1, UA_WIN,
     0, 1},
    {"macos", "Mac OS X", "MNWNNTSE", 64, 65535, 6, 1, ID_ZERO, 49152, 65535, 2058, 1, UA_MAC, 0,
     10},
    {"ios", "Mac OS X", "MNWNNTSE", 64, 65535, 5, 1, ID_ZERO, 49152, 65535, 2048, 1, UA_IOS, 0, 9},
    {"ios-old", "iOS iPhone or iPad", "MNWNNTSE", 64, 65535, 2, 1, ID_FLOW, 49152, 65535, 16384, 1,
     UA_IOS, 0, 1},
    {"android", "Linux 2.2.x-3.x", "MSTNW", 64, 65535, 9, 1, ID_FLOW, 32768, 60999, 171, 0,
     UA_ANDROID, 0, 14},
    {"android-old", "Linux (Android)", "MSTNW", 64, -44, 3, 1, ID_FLOW, 32768, 61000, 8030, 0,
     UA_ANDROID, 0, 1},
    {"freebsd", "FreeBSD 9.x or newer", "MNWST", 64, 65535, 6, 1, ID_FLOW, 49152, 65535, 1027, 0,
     UA_TOOL, 0, 2},
    {"nmap-syn", "NMap SYN scan", "M", 64, 1024, -1, 0, ID_FLOW, 33000, 63000, 1024, 0, UA_NONE, 1,
     0},
    {"masscan", "Linux 2.2.x-3.x (barebone)", "M", 255, 1024, -1, 0, ID_FLOW, 40000, 61000, 1024, 0,
     UA_NONE, 1, 0},
    {"zmap", "Linux 2.2.x-3.x (barebone)", "M", 255, 65535, -1, 0, ID_54321, 32768, 61000, 65535, 0,
     UA_NONE, 1, 0},
    {"bare-syn", "???", "", 64, 512, -1, 0, ID_FLOW, 1024, 65535, 512, 1, UA_NONE, 1, 0},
};
#define N_OS    ((int)(sizeof OSES / sizeof *OSES))
#define OS_NMAP 12

static const char *const UAS[][3] = {
    [UA_NONE] = {"-", "-", "-"},
    [UA_WIN] = {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/131.0.0.0 Safari/537.36",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"},
    [UA_MAC] =
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.1 Safari/605.1.15",
         "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/131.0.0.0 Safari/537.36",
         "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0"},
    [UA_IOS] = {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
                "Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1"},
    [UA_ANDROID] = {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                    "Chrome/131.0.0.0 Mobile Safari/537.36",
                    "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
                    "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A)"},
    [UA_LINUX] = {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/131.0.0.0 Safari/537.36",
                  "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
                  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "HeadlessChrome/131.0.0.0 Safari/537.36"},
    [UA_TOOL] = {"curl/8.5.0", "python-requests/2.32.3", "Go-http-client/1.1"},
};
static const char *const UA_NAMES[] = {"none",    "windows", "macos", "ios",
                                       "android", "linux",   "tool"};

/* ------------------------------------------------------------------ classes */

enum {
    CL_HUMAN,
    CL_METRONOME,
    CL_BEACON,
    CL_BURST,
    CL_POOL,
    CL_ONESHOT,
    CL_SCAN,
    CL_RETRY,
    CL_NAT,
    CL_BULK,
    N_CLASS
};
static const char *const CLASS_NAMES[] = {"human",   "metronome", "beacon", "burst", "pool",
                                          "oneshot", "scan",      "retry",  "nat",   "bulk"};

static const uint8_t MIX[4][N_CLASS] = {
    /*               hum met bea bur poo one sca ret nat bulk */
    [P_MIXED] = {50, 12, 6, 7, 8, 3, 4, 2, 6, 2},
    [P_SYNFLOOD] = {60, 20, 5, 0, 5, 0, 0, 2, 8, 0},
    [P_ELEPHANTS] = {0, 5, 0, 0, 5, 0, 0, 0, 0, 90},
    [P_SHORT] = {10, 25, 10, 20, 0, 30, 3, 2, 0, 0},
};

struct client {
    uint64_t rtt, period, first, last, grid, base; /* ns */
    uint32_t ip4, id, port_ctr, port_off, ts_off, nconn, nreq, nsyn_only;
    uint32_t left, server, path;
    float jitter;
    uint16_t mss, ipid;
    uint8_t cls, os, v6, hops, ua_claim, ua_var, vlan, conc, proto;
};

enum { PR_HTTP, PR_TLS, PR_RAW };
enum { FIN_CLIENT, FIN_SERVER, RST_CLIENT, RST_SERVER, FIN_NONE };
enum { T_OPEN, T_CLOSED, T_DEAD };
enum {
    ST_SYN,
    ST_SYNACK,
    ST_REFUSE,
    ST_HSACK,
    ST_REQ,
    ST_SRVACK,
    ST_FLIGHT,
    ST_CACK,
    ST_RETX,
    ST_CACK_ALL,
    ST_FIN1,
    ST_FIN2,
    ST_FIN3,
    ST_RST,
    ST_DONE
};

struct conn {
    uint64_t rtt, srv, flight_t0, gap, think; /* ns */
    uint32_t client, server, cseq, sseq, cack, key;
    uint32_t c_ts, s_ts, c_ts_off, s_ts_off;
    uint32_t req_len, req_off, nreq, req_no;
    uint64_t resp_total, resp_pos;
    uint32_t flight_bytes;
    uint16_t sport, dport, mss, cid, sid;
    uint16_t cwnd, flight_n, flight_i, ack_i;
    int16_t lost, ooo;
    uint8_t os, state, proto, close, target, tries, has_ts, has_sack, has_ws;
    uint8_t hole, req_rtx, half_open, synack_rtx;
    double size_xm, size_alpha, size_cap;
    uint32_t next_free;
};

static struct client *clients;
static struct conn *conns;
static uint32_t n_conns, cap_conns, free_conn = UINT32_MAX, open_conns, peak_open;
static uint64_t n_packets, n_started, n_flood, n_rtx, n_ooo, n_syn;
static uint64_t class_packets[N_CLASS];

/* ------------------------------------------------------------- event heap */

struct event {
    uint64_t t;
    uint32_t seq, ref; /* top bit of ref: a client, else a connection */
};
#define REF_CLIENT 0x80000000u

static struct event *heap;
static uint32_t heap_n, heap_cap, heap_seq;

static void *
xrealloc(void *p, size_t n)
{
    p = realloc(p, n);
    if (!p) {
        fprintf(stderr, "gen_capture: out of memory\n");
        exit(1);
    }
    return p;
}

static inline int
ev_less(const struct event *a, const struct event *b)
{
    return a->t < b->t || (a->t == b->t && a->seq < b->seq);
}

static void
heap_down(uint32_t i, struct event e)
{
    for (;;) {
        uint32_t c = i * 4 + 1, best, end;

        if (c >= heap_n)
            break;
        end = c + 4 < heap_n ? c + 4 : heap_n;
        best = c;
        for (uint32_t k = c + 1; k < end; k++)
            if (ev_less(&heap[k], &heap[best]))
                best = k;
        if (!ev_less(&heap[best], &e))
            break;
        heap[i] = heap[best];
        i = best;
    }
    heap[i] = e;
}

static void
heap_push(uint64_t t, uint32_t ref)
{
    struct event e = {t, heap_seq++, ref};
    uint32_t i = heap_n++;

    if (heap_n > heap_cap) {
        heap_cap = heap_cap ? heap_cap * 2 : 4096;
        heap = xrealloc(heap, heap_cap * sizeof *heap);
    }
    while (i) {
        uint32_t p = (i - 1) / 4;

        if (!ev_less(&e, &heap[p]))
            break;
        heap[i] = heap[p];
        i = p;
    }
    heap[i] = e;
}

static void
heap_replace_top(uint64_t t)
{
    struct event e = {t, heap_seq++, heap[0].ref};

    heap_down(0, e);
}

static void
heap_pop(void)
{
    struct event e = heap[--heap_n];

    if (heap_n)
        heap_down(0, e);
}

/* ----------------------------------------------------------------- payload
 * Two pools of filler with running sums, so that the checksum of a slice that
 * starts at an even offset costs two look-ups, whatever its length.           */

#define POOL 65536u
static uint8_t pool_text[POOL + 4096], pool_bin[POOL + 4096];
static uint32_t sum_text[POOL / 2 + 2049], sum_bin[POOL / 2 + 2049];

static void
fill_pools(void)
{
    static const char *const words[] = {"lorem",  "the",  "connection", "of",      "window",
                                        "packet", "and",  "a",          "rhythm",  "client",
                                        "is",     "in",   "server",     "segment", "to",
                                        "port",   "time", "wait",       "syn",     "option",
                                        "value",  "page"};
    uint64_t s = 0x5eed;
    size_t i = 0;

    while (i < sizeof pool_text) {
        const char *w = words[splitmix(&s) % 22];

        for (; *w && i < sizeof pool_text; w++)
            pool_text[i++] = (uint8_t)*w;
        if (i < sizeof pool_text)
            pool_text[i++] = splitmix(&s) % 11 ? ' ' : '\n';
    }
    for (i = 0; i < sizeof pool_bin; i++)
        pool_bin[i] = (uint8_t)splitmix(&s);
    for (i = 0; i < sizeof pool_text / 2; i++) {
        sum_text[i + 1] = sum_text[i] + (uint32_t)(pool_text[2 * i] << 8 | pool_text[2 * i + 1]);
        sum_bin[i + 1] = sum_bin[i] + (uint32_t)(pool_bin[2 * i] << 8 | pool_bin[2 * i + 1]);
    }
}

static inline uint32_t
pool_sum(const uint8_t *pool, const uint32_t *sums, uint32_t off, uint32_t len)
{
    uint32_t s = sums[(off + len) / 2] - sums[off / 2];

    if (len & 1)
        s += (uint32_t)pool[off + len - 1] << 8;
    return (s & 0xffff) + (s >> 16);
}

static uint32_t
sum_bytes(const uint8_t *p, uint32_t n)
{
    uint64_t s = 0;

    for (; n > 1; n -= 2, p += 2)
        s += (uint32_t)(p[0] << 8 | p[1]);
    if (n)
        s += (uint32_t)p[0] << 8;
    s = (s & 0xffffffff) + (s >> 32);
    s = (s & 0xffff) + (s >> 16);
    return (uint32_t)((s & 0xffff) + (s >> 16));
}

/* ------------------------------------------------------------------ output */

#define OUTBUF (1u << 20)
static uint8_t outbuf[OUTBUF + 8192];
static size_t out_n;
static int out_fd = 1;
static uint64_t out_bytes, last_t;

static void
out_flush(void)
{
    size_t done = 0;

    while (done < out_n) {
        ssize_t k = write(out_fd, outbuf + done, out_n - done);

        if (k < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EPIPE)
                exit(0);
            perror("gen_capture: write");
            exit(1);
        }
        done += (size_t)k;
    }
    out_bytes += out_n;
    out_n = 0;
}

static inline void
be16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void
be32(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}

static inline void
h16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, 2);
}
static inline void
h32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

static void
write_file_header(void)
{
    uint8_t *p = outbuf;

    if (opt.pcapng) {
        h32(p, 0x0a0d0d0a);
        h32(p + 4, 28);
        h32(p + 8, 0x1a2b3c4d);
        h16(p + 12, 1);
        h16(p + 14, 0);
        memset(p + 16, 0xff, 8);
        h32(p + 24, 28);
        p += 28;
        h32(p, 1); /* interface description */
        h32(p + 4, 32);
        h16(p + 8, 1);
        h16(p + 10, 0);
        h32(p + 12, opt.snaplen);
        h16(p + 16, 9); /* if_tsresol */
        h16(p + 18, 1);
        h32(p + 20, opt.nano ? 9 : 6);
        h32(p + 24, 0); /* end of options */
        h32(p + 28, 32);
        out_n = 60;
        return;
    }
    h32(p, opt.nano ? 0xa1b23c4d : 0xa1b2c3d4);
    h16(p + 4, 2);
    h16(p + 6, 4);
    h32(p + 8, 0);
    h32(p + 12, 0);
    h32(p + 16, opt.snaplen);
    h32(p + 20, 1);
    out_n = 24;
}

/* What goes into one segment. */
struct seg {
    uint64_t t;
    const struct client *cl;
    uint32_t src4, dst4, srv, seq, ack, ts, tse, sack_lo, sack_hi;
    uint16_t sport, dport, win, ipid;
    uint8_t flags, ttl, df, v6, from_server, vlan, has_ts, has_sack_blk;
    const struct os *syn; /* SYN layout, NULL for other segments */
    uint16_t syn_mss;
    uint8_t syn_ws, syn_sack, syn_ts, synack;
    const uint8_t *data;
    uint32_t len, sum;
};

enum { F_FIN = 1, F_SYN = 2, F_RST = 4, F_PSH = 8, F_ACK = 16 };

static uint32_t
put_options(uint8_t *o, const struct seg *g)
{
    uint32_t n = 0;
    const char *l;

    if (!g->syn) {
        if (g->has_ts) {
            o[0] = 1;
            o[1] = 1;
            o[2] = 8;
            o[3] = 10;
            be32(o + 4, g->ts);
            be32(o + 8, g->tse);
            n = 12;
        }
        if (g->has_sack_blk) {
            o[n] = 1;
            o[n + 1] = 1;
            o[n + 2] = 5;
            o[n + 3] = 10;
            be32(o + n + 4, g->sack_lo);
            be32(o + n + 8, g->sack_hi);
            n += 12;
        }
        return n;
    }
    if (g->synack)
        l = g->syn_ts     ? (g->syn_ws ? "MSTNW" : "MST")
            : g->syn_sack ? (g->syn_ws ? "MNNSNW" : "MNNS")
            : g->syn_ws   ? "MNW"
                          : "M";
    else
        l = g->syn->layout;
    for (; *l; l++) {
        switch (*l) {
        case 'M':
            o[n] = 2;
            o[n + 1] = 4;
            be16(o + n + 2, g->syn_mss);
            n += 4;
            break;
        case 'S':
            o[n] = 4;
            o[n + 1] = 2;
            n += 2;
            break;
        case 'T':
            o[n] = 8;
            o[n + 1] = 10;
            be32(o + n + 2, g->ts);
            be32(o + n + 6, g->tse);
            n += 10;
            break;
        case 'W':
            o[n] = 3;
            o[n + 1] = 3;
            o[n + 2] = g->synack ? 7 : (uint8_t)g->syn->ws;
            n += 3;
            break;
        case 'N':
            o[n++] = 1;
            break;
        case 'E':
            o[n++] = 0;
            break;
        }
    }
    while (n & 3)
        o[n++] = 0;
    return n;
}

static void
v6_client(uint8_t *p, uint32_t id)
{
    static const uint8_t pre[4] = {0x20, 0x01, 0x0d, 0xb8};

    memcpy(p, pre, 4);
    be16(p + 4, (id >> 16) & 0x7fff);
    be16(p + 6, id & 0xffff);
    be32(p + 8, mix32(id + 77));
    be32(p + 12, mix32(id + 99));
}

static void
v6_server(uint8_t *p, uint32_t srv)
{
    static const uint8_t pre[8] = {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0, 0};

    memcpy(p, pre, 8);
    be32(p + 8, 0);
    be32(p + 12, srv + 1);
}

static inline uint32_t
server_ip4(uint32_t srv)
{
    return 0xc6120000u + 256 + srv; /* 198.18.0.0/15 */
}

static void
emit(const struct seg *g)
{
    uint8_t *rec, *p, *ip, *tcp;
    uint32_t l2 = g->vlan ? 18 : 14, optlen, hdr, wire, cap, tlen;
    uint64_t s;
    uint64_t abs_ns, sec, frac;

    if (out_n > OUTBUF)
        out_flush();
    rec = outbuf + out_n;
    p = rec + (opt.pcapng ? 28 : 16);

    /* Ethernet: 02:xx locally administered addresses */
    if (g->from_server) {
        be16(p, 0x0200);
        be32(p + 2, 0x00000001);
        be16(p + 6, 0x0202);
        be32(p + 8, g->srv);
    } else {
        be16(p, 0x0202);
        be32(p + 2, g->srv);
        be16(p + 6, 0x0200);
        be32(p + 8, 0x00000001);
    }
    if (g->vlan) {
        be16(p + 12, 0x8100);
        be16(p + 14, 100 + g->vlan);
    }
    be16(p + l2 - 2, g->v6 ? 0x86dd : 0x0800);
    ip = p + l2;
    tcp = ip + (g->v6 ? 40 : 20);
    optlen = put_options(tcp + 20, g);
    tlen = 20 + optlen + g->len;

    if (g->v6) {
        be32(ip, 0x60000000u | (mix32(g->sport * 65537u + g->dport) & 0xfffff));
        be16(ip + 4, tlen);
        ip[6] = 6;
        ip[7] = g->ttl;
        if (g->from_server) {
            v6_server(ip + 8, g->srv);
            v6_client(ip + 24, g->cl->id);
        } else {
            v6_client(ip + 8, g->cl->id);
            v6_server(ip + 24, g->srv);
        }
        s = sum_bytes(ip + 8, 32);
    } else {
        uint32_t a;

        ip[0] = 0x45;
        ip[1] = 0;
        be16(ip + 2, 20 + tlen);
        be16(ip + 4, g->ipid);
        be16(ip + 6, g->df ? 0x4000 : 0);
        ip[8] = g->ttl;
        ip[9] = 6;
        be32(ip + 12, g->src4);
        be32(ip + 16, g->dst4);
        s = (g->src4 >> 16) + (g->src4 & 0xffff) + (g->dst4 >> 16) + (g->dst4 & 0xffff);
        a = (uint32_t)s + 0x4500 + 20 + tlen + g->ipid + (g->df ? 0x4000 : 0) +
            (uint32_t)(g->ttl << 8 | 6);
        a = (a & 0xffff) + (a >> 16);
        a = (a & 0xffff) + (a >> 16);
        be16(ip + 10, ~a & 0xffff);
    }

    be16(tcp, g->sport);
    be16(tcp + 2, g->dport);
    be32(tcp + 4, g->seq);
    be32(tcp + 8, g->flags & F_ACK ? g->ack : 0);
    tcp[12] = (uint8_t)((20 + optlen) / 4 << 4);
    tcp[13] = g->flags;
    be16(tcp + 14, g->win);
    be16(tcp + 16, 0);
    be16(tcp + 18, 0);
    s += 6 + tlen + sum_bytes(tcp, 20 + optlen) + g->sum;
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    be16(tcp + 16, ~s & 0xffff);

    hdr = (uint32_t)(tcp - p) + 20 + optlen;
    wire = hdr + g->len;
    cap = wire < opt.snaplen ? wire : opt.snaplen;
    if (g->len && cap > hdr)
        memcpy(p + hdr, g->data, cap - hdr);

    abs_ns = (uint64_t)(opt.start * 1e6 + 0.5) * 1000 + g->t;
    if (opt.pcapng) {
        uint64_t ts = opt.nano ? abs_ns : abs_ns / 1000;
        uint32_t pad = (4 - (cap & 3)) & 3, blk = 32 + cap + pad;

        h32(rec, 6);
        h32(rec + 4, blk);
        h32(rec + 8, 0);
        h32(rec + 12, (uint32_t)(ts >> 32));
        h32(rec + 16, (uint32_t)ts);
        h32(rec + 20, cap);
        h32(rec + 24, wire);
        memset(rec + 28 + cap, 0, pad);
        h32(rec + 28 + cap + pad, blk);
        out_n += blk;
    } else {
        sec = abs_ns / NS_SEC;
        frac = abs_ns % NS_SEC;
        h32(rec, (uint32_t)sec);
        h32(rec + 4, (uint32_t)(opt.nano ? frac : frac / 1000));
        h32(rec + 8, cap);
        h32(rec + 12, wire);
        out_n += 16 + cap;
    }
    last_t = g->t;
    n_packets++;
    if (g->cl)
        class_packets[g->cl->cls]++;
}

/* ------------------------------------------------------- application bytes */

static uint8_t hello_tpl[4][2048];
static uint32_t hello_len[4];
static uint32_t hello_rnd[4], hello_sid[4], hello_key[4], hello_sni[4];

struct wr {
    uint8_t *p;
    uint32_t n;
};
static void
w8(struct wr *w, uint32_t v)
{
    w->p[w->n++] = (uint8_t)v;
}
static void
w16(struct wr *w, uint32_t v)
{
    be16(w->p + w->n, v);
    w->n += 2;
}
static void
wz(struct wr *w, uint32_t k)
{
    memset(w->p + w->n, 0, k);
    w->n += k;
}

/* kinds: 0 browser with GREASE and a hybrid key share, 1 browser without
   GREASE, 2 library style, 3 short list, older library style */
static void
build_hello(int kind)
{
    static const uint16_t c0[] = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                  0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                                  0x9c,   0x9d,   0x2f,   0x35,   0};
    static const uint16_t c1[] = {0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c,
                                  0xc030, 0xc013, 0xc014, 0x9c,   0x9d,   0x2f,   0x35,   0};
    static const uint16_t c2[] = {0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x9f,   0xcca9,
                                  0xcca8, 0xccaa, 0xc02b, 0xc02f, 0x9e,   0xc024, 0xc028,
                                  0x6b,   0xc023, 0xc027, 0x67,   0xff,   0};
    static const uint16_t c3[] = {0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8,
                                  0xcca9, 0x1301, 0x1302, 0x1303, 0};
    static const uint16_t *const cs[] = {c0, c1, c2, c3};
    static const uint16_t sigs[] = {0x403, 0x804, 0x401, 0x503, 0x805, 0x501, 0x806, 0x601};
    struct wr w = {hello_tpl[kind], 0};
    uint32_t ext, mark;
    int n = 0;

    w8(&w, 22);
    w16(&w, 0x0301);
    w16(&w, 0); /* record, length later */
    w8(&w, 1);
    w8(&w, 0);
    w16(&w, 0); /* handshake, length later */
    w16(&w, 0x0303);
    hello_rnd[kind] = w.n;
    wz(&w, 32);
    w8(&w, 32);
    hello_sid[kind] = w.n;
    wz(&w, 32);
    while (cs[kind][n])
        n++;
    w16(&w, 2 * (uint32_t)n);
    for (int i = 0; i < n; i++)
        w16(&w, cs[kind][i]);
    w8(&w, 1);
    w8(&w, 0);
    ext = w.n;
    w16(&w, 0);
    if (kind == 0) {
        w16(&w, 0x5a5a);
        w16(&w, 0);
    }
    w16(&w, 0);
    w16(&w, 24);
    w16(&w, 22);
    w8(&w, 0);
    w16(&w, 19);
    hello_sni[kind] = w.n;
    memcpy(w.p + w.n, "www0000.example.org", 19);
    w.n += 19;
    w16(&w, 23);
    w16(&w, 0);
    w16(&w, 0xff01);
    w16(&w, 1);
    w8(&w, 0);
    w16(&w, 10);
    if (kind == 0) {
        w16(&w, 12);
        w16(&w, 10);
        w16(&w, 0x3a3a);
        w16(&w, 0x11ec);
    } else {
        w16(&w, 8);
        w16(&w, 6);
    }
    w16(&w, 29);
    w16(&w, 23);
    w16(&w, 24);
    w16(&w, 11);
    w16(&w, 2);
    w8(&w, 1);
    w8(&w, 0);
    w16(&w, 35);
    w16(&w, 0);
    if (kind != 2) {
        w16(&w, 16);
        w16(&w, 14);
        w16(&w, 12);
        w8(&w, 2);
        w8(&w, 'h');
        w8(&w, '2');
        w8(&w, 8);
        memcpy(w.p + w.n, "http/1.1", 8);
        w.n += 8;
    }
    if (kind < 2) {
        w16(&w, 5);
        w16(&w, 5);
        w8(&w, 1);
        w16(&w, 0);
        w16(&w, 0);
    }
    w16(&w, 13);
    w16(&w, 18);
    w16(&w, 16);
    for (int i = 0; i < 8; i++)
        w16(&w, sigs[i]);
    if (kind < 2) {
        w16(&w, 18);
        w16(&w, 0);
    }
    w16(&w, 51);
    if (kind == 0) {
        w16(&w, 2 + 5 + 4 + 1216 + 4 + 32);
        w16(&w, 5 + 4 + 1216 + 4 + 32);
        w16(&w, 0x3a3a);
        w16(&w, 1);
        w8(&w, 0);
        w16(&w, 0x11ec);
        w16(&w, 1216);
        memcpy(w.p + w.n, pool_bin, 1216);
        w.n += 1216;
    } else {
        w16(&w, 2 + 4 + 32);
        w16(&w, 4 + 32);
    }
    w16(&w, 29);
    w16(&w, 32);
    hello_key[kind] = w.n;
    wz(&w, 32);
    w16(&w, 45);
    w16(&w, 2);
    w8(&w, 1);
    w8(&w, 1);
    w16(&w, 43);
    if (kind == 0) {
        w16(&w, 7);
        w8(&w, 6);
        w16(&w, 0x6a6a);
    } else {
        w16(&w, 5);
        w8(&w, 4);
    }
    w16(&w, 0x0304);
    w16(&w, 0x0303);
    if (kind == 1 && w.n < 513) { /* padding to 517 bytes */
        mark = 517 - w.n - 4;
        w16(&w, 21);
        w16(&w, mark);
        wz(&w, mark);
    }
    be16(w.p + ext, w.n - ext - 2);
    be16(w.p + 3, w.n - 5);
    be16(w.p + 7, w.n - 9);
    hello_len[kind] = w.n;
}

static void
key_bytes(uint8_t *p, uint32_t n, uint64_t seed)
{
    for (uint32_t i = 0; i < n; i += 8) {
        uint64_t v = splitmix(&seed);

        memcpy(p + i, &v, n - i < 8 ? n - i : 8);
    }
}

static uint8_t reqbuf[16384];

static int
hello_kind(const struct client *cl, const struct conn *c)
{
    (void)c;
    if (OSES[cl->os].ua == UA_TOOL)
        return 2 + (cl->id & 1);
    if (cl->cls != CL_HUMAN && cl->cls != CL_NAT)
        return (int)(mix32(cl->id) & 3);
    return cl->ua_var == 1;
}

/* The bytes of the current request; the same again for a retransmission. */
static uint32_t
build_request(const struct conn *c)
{
    const struct client *cl = &clients[c->client];
    char *b = (char *)reqbuf;
    uint32_t h = mix32(c->key + c->req_no * 977u);

    if (c->proto == PR_TLS && c->req_no == 0) {
        int k = hello_kind(cl, c);
        char sni[20];

        memcpy(reqbuf, hello_tpl[k], hello_len[k]);
        key_bytes(reqbuf + hello_rnd[k], 32, c->key);
        key_bytes(reqbuf + hello_sid[k], 32, c->key + 1ull);
        key_bytes(reqbuf + hello_key[k], 32, c->key + 2ull);
        snprintf(sni, sizeof sni, "www%04u.example.org", c->server % 10000);
        memcpy(reqbuf + hello_sni[k], sni, 19);
        return hello_len[k];
    }
    if (c->proto == PR_TLS) {
        uint32_t n = 0, len = 120 + h % 700;

        if (c->req_no == 1) {
            static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 53};
            memcpy(reqbuf, ccs, 11);
            memcpy(reqbuf + 11, pool_bin + (h & 0xfffe), 53);
            n = 64;
        }
        reqbuf[n] = 23;
        reqbuf[n + 1] = 3;
        reqbuf[n + 2] = 3;
        be16(reqbuf + n + 3, len);
        memcpy(reqbuf + n + 5, pool_bin + (mix32(h) & 0xfffe), len);
        return n + 5 + len;
    }
    if (c->proto == PR_HTTP) {
        int post = cl->cls != CL_HUMAN ? h % 100 < 4 : h % 100 < 9;
        uint32_t body = post ? 200 + mix32(h) % 5800 : 0;
        int old = cl->cls == CL_ONESHOT;
        int n = snprintf(b, 2048,
                         "%s /%s/%u%s HTTP/1.%d\r\nHost: www%04u.example.org\r\n"
                         "User-Agent: %s\r\nAccept: %s\r\n"
                         "Accept-Language: en-US,en;q=0.9\r\n"
                         "Accept-Encoding: gzip, deflate\r\nConnection: %s\r\n",
                         post ? "POST" : "GET",
                         cl->cls == CL_METRONOME ? "health"
                         : h & 1                 ? "item"
                                                 : "page",
                         cl->cls == CL_METRONOME ? cl->path : h % 100000, h & 2 ? ".html" : "",
                         old ? 0 : 1, c->server % 10000, UAS[cl->ua_claim][cl->ua_var],
                         cl->cls == CL_HUMAN ? "text/html,application/xhtml+xml,*/*;q=0.8" : "*/*",
                         old ? "close" : "keep-alive");
        if (post)
            n += snprintf(b + n, 256,
                          "Content-Type: text/plain\r\n"
                          "Content-Length: %u\r\n",
                          body);
        memcpy(b + n, "\r\n", 2);
        n += 2;
        if (body)
            memcpy(b + n, pool_text + (h & 0xfff0), body < 4096 ? body : 4096);
        if (body > 4096)
            memcpy(b + n + 4096, pool_text, body - 4096);
        return (uint32_t)n + body;
    }
    memcpy(reqbuf, pool_bin + (h & 0xfffe), 64 + (h >> 16) % 400);
    return 64 + (h >> 16) % 400;
}

#define HTTP_HDR  219
#define TLS_HELLO 133

static uint8_t segbuf[16384];

static uint32_t
http_header(uint8_t *p, const struct conn *c, uint64_t body)
{
    char num[24];
    int d = snprintf(num, sizeof num, "%" PRIu64, body);
    int n = snprintf((char *)p, 512,
                     "HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\n"
                     "Date: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
                     "Content-Type: text/plain\r\nContent-Length: %s\r\n"
                     "ETag: \"%0*x\"\r\nCache-Control: no-cache\r\n"
                     "Connection: %s\r\n\r\n",
                     num, 30 - d, c->key, c->close == FIN_SERVER ? "close     " : "keep-alive");
    return (uint32_t)n;
}

/* Payload of the response bytes [pos, pos+len). Returns its checksum part. */
static uint32_t
response_slice(const struct conn *c, uint64_t pos, uint32_t len, const uint8_t **data)
{
    const uint8_t *pool = c->proto == PR_HTTP ? pool_text : pool_bin;
    const uint32_t *sums = c->proto == PR_HTTP ? sum_text : sum_bin;
    uint32_t off = (mix32(c->key) + (uint32_t)pos) & (POOL - 2);
    uint64_t rec0, first, next;

    if (c->proto == PR_RAW) {
        *data = pool + off;
        return pool_sum(pool, sums, off, len);
    }
    if (c->proto == PR_HTTP) {
        uint8_t h[512];
        uint32_t n;

        if (pos >= HTTP_HDR + 64) {
            *data = pool + off;
            return pool_sum(pool, sums, off, len);
        }
        n = http_header(h, c, 0);
        n = http_header(h, c, c->resp_total - n);
        memcpy(segbuf, pool + off, len);
        for (uint32_t i = 0; i < len && pos + i < n; i++)
            segbuf[i] = h[pos + i];
        *data = segbuf;
        return sum_bytes(segbuf, len);
    }
    /* TLS: a server hello first, then records of at most 16384 bytes */
    rec0 = c->req_no == 0 ? TLS_HELLO : 0;
    first = pos <= rec0 ? 0 : (pos - rec0 + 4) / 16389;
    if (pos > rec0 && (pos - rec0) % 16389 && (pos - rec0) % 16389 < 5)
        first = (pos - rec0) / 16389;
    next = rec0 + first * 16389;
    if (pos >= rec0 && next >= pos + len && next != pos) {
        *data = pool + off;
        return pool_sum(pool, sums, off, len);
    }
    memcpy(segbuf, pool + off, len);
    if (pos < rec0) {
        static const uint8_t sh[] = {22, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3};
        uint8_t h[TLS_HELLO] = {0};

        memcpy(h, sh, 11);
        key_bytes(h + 11, 32, c->key + 3ull);
        h[43] = 32;
        key_bytes(h + 44, 32, c->key + 1ull);
        be16(h + 76, 0x1301);
        h[78] = 0;
        be16(h + 79, 46);
        be16(h + 81, 51);
        be16(h + 83, 36);
        be16(h + 85, 29);
        be16(h + 87, 32);
        key_bytes(h + 89, 32, c->key + 4ull);
        be16(h + 121, 43);
        be16(h + 123, 2);
        be16(h + 125, 0x0304);
        h[127] = 20;
        h[128] = 3;
        h[129] = 3;
        h[130] = 0;
        h[131] = 1;
        h[132] = 1;
        for (uint32_t i = 0; i < len && pos + i < TLS_HELLO; i++)
            segbuf[i] = h[pos + i];
    }
    for (; next < pos + len; next += 16389) {
        uint64_t left = c->resp_total - next;
        uint32_t body = left > 16389 ? 16384 : left > 5 ? (uint32_t)left - 5 : 0;
        uint8_t h[5] = {23, 3, 3, (uint8_t)(body >> 8), (uint8_t)body};

        for (uint32_t i = 0; i < 5; i++)
            if (next + i >= pos && next + i < pos + len)
                segbuf[next + i - pos] = h[i];
    }
    *data = segbuf;
    return sum_bytes(segbuf, len);
}

/* ------------------------------------------------------------- connections */

static uint32_t
ts_ms(uint64_t t)
{
    return (uint32_t)(t / NS_MS);
}

static void
from_client(struct conn *c, uint64_t t, struct seg *g, uint8_t flags)
{
    struct client *cl = &clients[c->client];
    const struct os *o = &OSES[c->os];

    memset(g, 0, sizeof *g);
    g->t = t;
    g->cl = cl;
    g->srv = c->server;
    g->src4 = cl->ip4;
    g->dst4 = server_ip4(c->server);
    g->sport = c->sport;
    g->dport = c->dport;
    g->v6 = cl->v6;
    g->vlan = cl->vlan;
    g->flags = flags;
    g->ttl = (uint8_t)(o->ttl - cl->hops);
    g->df = (uint8_t)o->df;
    g->ipid = o->idmode == ID_ZERO    ? 0
              : o->idmode == ID_54321 ? 54321
              : o->idmode == ID_HOST  ? cl->ipid++
                                      : c->cid++;
    g->seq = c->cseq;
    g->ack = c->cack;
    g->win = o->win2;
    g->has_ts = c->has_ts;
    g->ts = c->c_ts_off + ts_ms(t);
    g->tse = c->s_ts;
}

static void
from_server(struct conn *c, uint64_t t, struct seg *g, uint8_t flags)
{
    struct client *cl = &clients[c->client];

    memset(g, 0, sizeof *g);
    g->t = t;
    g->cl = cl;
    g->srv = c->server;
    g->dst4 = cl->ip4;
    g->src4 = server_ip4(c->server);
    g->sport = c->dport;
    g->dport = c->sport;
    g->v6 = cl->v6;
    g->vlan = cl->vlan;
    g->from_server = 1;
    g->flags = flags;
    g->ttl = 64;
    g->df = 1;
    g->ipid = c->sid++;
    g->seq = c->sseq;
    g->ack = c->cseq;
    g->win = c->has_ws ? 501 : 64128;
    g->has_ts = c->has_ts;
    g->ts = c->s_ts_off + ts_ms(t);
    g->tse = c->c_ts;
}

static void
send_seg(struct conn *c, struct seg *g)
{
    if (g->from_server)
        c->s_ts = g->ts;
    else
        c->c_ts = g->ts;
    emit(g);
}

static uint16_t
next_port(struct client *cl, const struct os *o)
{
    uint32_t range = (uint32_t)(o->port_hi - o->port_lo) + 1;
    uint32_t k = cl->port_ctr++;

    if (o->port_seq)
        return (uint16_t)(o->port_lo + (cl->port_off + k) % range);
    /* a fixed odd stride visits every port before it repeats one */
    return (uint16_t)(o->port_lo + (cl->port_off + (uint64_t)k * 10007u) % range);
}

static void
next_response(struct conn *c)
{
    double v = rnd_pareto(c->size_xm, c->size_alpha, c->size_cap);

    if (c->proto == PR_TLS && c->req_no == 0)
        v = 2500 + rnd_below(2500); /* certificates */
    if (v < 400)
        v = 400;
    c->resp_total = (uint64_t)v;
    if (c->proto == PR_TLS) { /* no record of fewer than six bytes */
        uint64_t r = (c->resp_total - (c->req_no ? 0 : TLS_HELLO)) % 16389;

        if (r < 6)
            c->resp_total += 6 - r;
    }
    c->resp_pos = 0;
    c->req_off = 0;
    c->req_len = build_request(c);
    clients[c->client].nreq++;
}

static uint32_t
conn_alloc(void)
{
    uint32_t i;

    if (free_conn != UINT32_MAX) {
        i = free_conn;
        free_conn = conns[i].next_free;
    } else {
        if (n_conns == cap_conns) {
            cap_conns = cap_conns ? cap_conns * 2 : 4096;
            conns = xrealloc(conns, cap_conns * sizeof *conns);
        }
        i = n_conns++;
    }
    if (++open_conns > peak_open)
        peak_open = open_conns;
    memset(&conns[i], 0, sizeof conns[i]);
    return i;
}

static int
may_start(void)
{
    return !opt.connections || n_started < opt.connections;
}

static uint32_t
pick_os(int real)
{
    uint32_t total = 0, r;

    for (int i = 0; i < N_OS; i++)
        total += OSES[i].weight;
    r = rnd_below(total);
    for (uint32_t i = 0; i < (uint32_t)N_OS; i++) {
        if (r < OSES[i].weight)
            return i;
        r -= OSES[i].weight;
    }
    return real ? 0 : OS_NMAP;
}

/* Starts one connection of a client; its SYN is due at t. */
static void
start_conn(uint32_t ci, uint64_t t)
{
    struct client *cl = &clients[ci];
    uint32_t k;
    struct conn *c;
    const struct os *o;

    if (!may_start())
        return;
    k = conn_alloc();
    c = &conns[k];
    c->client = ci;
    c->os = cl->cls == CL_NAT ? (uint8_t)pick_os(1) : cl->os;
    o = &OSES[c->os];
    c->key = (uint32_t)rnd();
    c->cseq = (uint32_t)rnd();
    c->sseq = (uint32_t)rnd();
    c->cid = (uint16_t)(rnd() | 1);
    c->sid = (uint16_t)rnd();
    c->c_ts_off = cl->ts_off + (c->os <= 1 ? c->key : 0);
    c->s_ts_off = mix32(c->key + 5);
    c->server = cl->server;
    c->proto = cl->proto;
    c->rtt = (uint64_t)((double)cl->rtt * (0.95 + 0.25 * rnd_unit() * rnd_unit()));
    c->srv = 40 * NS_US + rnd_below(160) * NS_US;
    c->gap = 12 * NS_US + rnd_below(100);
    c->has_ts = strchr(o->layout, 'T') != NULL;
    c->has_sack = strchr(o->layout, 'S') != NULL;
    c->has_ws = strchr(o->layout, 'W') != NULL;
    c->mss = (uint16_t)(cl->mss - (c->has_ts ? 12 : 0));
    c->cwnd = 10;
    c->nreq = 1;
    c->target = T_OPEN;
    c->close = FIN_CLIENT;
    c->lost = c->ooo = -1;
    c->size_xm = 700;
    c->size_alpha = 1.15;
    c->size_cap = 20e6;
    c->think = 2 * NS_MS + (uint64_t)rnd_lognormal(5e6, 0.8);

    switch (cl->cls) {
    case CL_HUMAN:
    case CL_NAT:
        c->server = chance(0.7) ? cl->server : rnd_below(opt.servers);
        c->proto = chance(0.75) ? PR_TLS : PR_HTTP;
        c->nreq = 1 + (uint32_t)rnd_exponential(3);
        c->size_xm = 1500;
        c->size_alpha = 1.2;
        c->close = chance(0.6)   ? FIN_CLIENT
                   : chance(0.7) ? FIN_SERVER
                   : chance(0.7) ? RST_CLIENT
                                 : FIN_NONE;
        break;
    case CL_METRONOME:
    case CL_BEACON:
        c->size_xm = 500;
        c->size_alpha = 2.5;
        c->close = cl->id % 3 ? FIN_CLIENT : FIN_SERVER;
        break;
    case CL_BURST:
        c->server = cl->server;
        c->nreq = 1 + rnd_below(2);
        c->size_xm = 900;
        c->close = chance(0.9) ? FIN_CLIENT : RST_CLIENT;
        break;
    case CL_POOL:
        c->nreq = 50 + (uint32_t)rnd_pareto(50, 1.3, 5000);
        c->size_alpha = 1.5;
        c->close = chance(0.5) ? FIN_SERVER : FIN_NONE;
        break;
    case CL_ONESHOT:
        c->size_alpha = 1.6;
        c->close = FIN_SERVER;
        break;
    case CL_SCAN: {
        double r = rnd_unit();

        c->half_open = 1;
        c->server = cl->id & 1 ? rnd_below(opt.servers) : cl->server;
        c->target = r < 0.06 ? T_OPEN : r < 0.6 ? T_CLOSED : T_DEAD;
        c->proto = PR_RAW;
        break;
    }
    case CL_RETRY:
        c->target = T_DEAD;
        c->tries = 6;
        break;
    case CL_BULK:
        c->proto = cl->id & 1 ? PR_TLS : PR_RAW;
        c->size_xm = opt.profile == P_ELEPHANTS ? 4e6 : 3e5;
        c->size_alpha = 1.1;
        c->size_cap = opt.profile == P_ELEPHANTS ? 2e9 : 60e6;
        c->nreq = c->proto == PR_TLS ? 2 : 1;
        break;
    }
    if (opt.profile == P_SHORT) {
        c->size_cap = 8000;
        c->nreq = 1;
        if (c->proto == PR_TLS)
            c->nreq = 2;
    }
    if (c->proto == PR_TLS && c->nreq < 2)
        c->nreq = 2; /* the handshake is exchange 0 */
    if (c->target == T_OPEN && !c->half_open) {
        if (chance(0.006))
            c->target = T_CLOSED;
        else if (chance(0.003)) {
            c->target = T_DEAD;
            c->tries = (uint8_t)(1 + rnd_below(4));
        }
    }
    c->dport = c->proto == PR_HTTP ? 80 : c->proto == PR_TLS ? 443 : 7777;
    if (c->half_open)
        c->dport = cl->id & 1 ? (uint16_t)(cl->path & 0xffff)
                              : (uint16_t)(1 + (cl->port_ctr * 7919u) % 65535);
    c->sport = next_port(cl, o);
    c->state = ST_SYN;
    if (c->target != T_OPEN)
        cl->nsyn_only++;
    cl->nconn++;
    n_started++;
    if (cl->nconn == 1)
        cl->first = t;
    cl->last = t;
    heap_push(t, k);
}

static void client_done(uint32_t ci, uint64_t t);

static void
conn_end(uint32_t k, uint64_t t)
{
    uint32_t ci = conns[k].client;

    conns[k].next_free = free_conn;
    free_conn = k;
    open_conns--;
    client_done(ci, t);
}

static uint64_t
begin_close(struct conn *c, uint64_t t)
{
    if (c->close == FIN_NONE) {
        c->state = ST_DONE;
        return t + 1;
    }
    c->state = c->close == RST_CLIENT || c->close == RST_SERVER ? ST_RST : ST_FIN1;
    if (c->close == FIN_SERVER || c->close == RST_SERVER)
        return t + c->srv;
    return t + 20 * NS_US + rnd_below(2000) * NS_US;
}

static uint64_t
begin_flight(struct conn *c, uint64_t t)
{
    uint64_t left = c->resp_total - c->resp_pos;
    uint64_t want = (uint64_t)c->cwnd * c->mss;

    c->flight_bytes = (uint32_t)(left < want ? left : want);
    c->flight_n = (uint16_t)((c->flight_bytes + c->mss - 1) / c->mss);
    c->flight_i = c->ack_i = 0;
    c->flight_t0 = t;
    c->lost = c->ooo = -1;
    c->hole = 0;
    if (c->flight_n && chance(opt.loss * c->flight_n)) {
        c->lost = (int16_t)rnd_below(c->flight_n);
        c->hole = (uint8_t)chance(0.3);
    } else if (c->flight_n > 1 && chance(opt.reorder * c->flight_n)) {
        c->ooo = (int16_t)rnd_below((uint32_t)c->flight_n - 1);
    }
    c->state = ST_FLIGHT;
    return t;
}

static void
flight_segment(struct conn *c, uint64_t t, uint32_t i)
{
    struct seg g;
    uint32_t off = i * c->mss, len = c->flight_bytes - off;

    if (len > c->mss)
        len = c->mss;
    from_server(c, t, &g, F_ACK);
    g.seq = c->sseq + off;
    if (off + len == c->flight_bytes)
        g.flags |= F_PSH;
    g.len = len;
    g.sum = response_slice(c, c->resp_pos + off, len, &g.data);
    send_seg(c, &g);
}

/* After everything of a flight is acknowledged: what comes next, and when. */
static uint64_t
flight_over(struct conn *c, uint64_t t)
{
    struct client *cl = &clients[c->client];
    double gap;

    c->sseq += c->flight_bytes;
    c->resp_pos += c->flight_bytes;
    if (c->resp_pos < c->resp_total) {
        c->cwnd = (uint16_t)(c->lost >= 0    ? c->cwnd / 2 + 2
                             : c->cwnd < 128 ? c->cwnd * 2
                                             : c->cwnd + 1);
        if (c->cwnd > 300)
            c->cwnd = 300;
        return begin_flight(c, t + c->srv);
    }
    c->req_no++;
    if (c->req_no >= c->nreq) {
        if (cl->cls == CL_HUMAN || cl->cls == CL_NAT)
            t += (uint64_t)rnd_exponential(1e9);
        return begin_close(c, t);
    }
    next_response(c);
    c->state = ST_REQ;
    if (c->proto == PR_TLS && c->req_no == 1)
        gap = 3e5;
    else if (cl->cls == CL_HUMAN || cl->cls == CL_NAT)
        gap = chance(0.8) ? rnd_exponential(4e7) : rnd_lognormal(2e9, 1.0);
    else if (cl->cls == CL_POOL)
        gap = cl->jitter < 0.5f ? (double)cl->period : rnd_exponential((double)cl->period);
    else
        gap = rnd_exponential(5e6);
    return t + (uint64_t)gap + 20 * NS_US;
}

/* Emits at most one packet; returns when to come back, 0 when it is over. */
static uint64_t
conn_step(struct conn *c, uint64_t t)
{
    struct client *cl = &clients[c->client];
    const struct os *o = &OSES[c->os];
    struct seg g;
    uint32_t n, pre, len;

    switch (c->state) {
    case ST_SYN:
        from_client(c, t, &g, F_SYN);
        g.syn = o;
        g.syn_mss = cl->mss;
        g.win = (uint16_t)(o->win > 0   ? o->win
                           : o->win < 0 ? -o->win * cl->mss
                                        : 65535 / cl->mss * cl->mss);
        g.ack = 0;
        g.tse = 0;
        send_seg(c, &g);
        n_syn++;
        if (c->target == T_DEAD ||
            (c->target == T_OPEN && !c->half_open && chance(opt.loss * 0.5))) {
            uint64_t wait = NS_SEC << c->synack_rtx;

            c->synack_rtx++;
            if (c->target == T_DEAD && c->tries-- == 0)
                return 0;
            if (c->half_open)
                return 0;
            n_rtx++;
            return t + wait + rnd_below(4000) * NS_US;
        }
        c->state = c->target == T_CLOSED ? ST_REFUSE : ST_SYNACK;
        c->synack_rtx = 0;
        return t + c->srv;
    case ST_REFUSE:
        c->cseq++;
        from_server(c, t, &g, F_RST | F_ACK);
        g.seq = 0;
        g.win = 0;
        g.has_ts = 0;
        send_seg(c, &g);
        return 0;
    case ST_SYNACK:
        if (!c->synack_rtx)
            c->cseq++;
        from_server(c, t, &g, F_SYN | F_ACK);
        g.syn = o;
        g.synack = 1;
        g.syn_mss = cl->v6 ? 1440 : 1460;
        g.syn_ts = c->has_ts;
        g.syn_ws = c->has_ws;
        g.syn_sack = c->has_sack;
        g.win = c->has_ts ? 65160 : 64240;
        send_seg(c, &g);
        if (!c->synack_rtx && chance(opt.loss * 0.2)) {
            c->synack_rtx = 1;
            n_rtx++;
            return t + NS_SEC + rnd_below(50000) * NS_US;
        }
        c->sseq++;
        c->cack = c->sseq;
        c->state = ST_HSACK;
        return t + c->rtt;
    case ST_HSACK:
        from_client(c, t, &g, c->half_open ? F_RST : F_ACK);
        if (c->half_open)
            g.win = 0;
        if (c->half_open)
            g.has_ts = 0;
        send_seg(c, &g);
        if (c->half_open)
            return 0;
        next_response(c);
        c->state = ST_REQ;
        return t + 30 * NS_US + rnd_below(400) * NS_US;
    case ST_REQ:
        build_request(c);
        len = c->req_len - c->req_off;
        if (len > c->mss)
            len = c->mss;
        from_client(c, t, &g, F_ACK);
        g.seq = c->cseq + c->req_off;
        g.data = reqbuf + c->req_off;
        g.len = len;
        g.sum = sum_bytes(g.data, len);
        if (c->req_off + len == c->req_len)
            g.flags |= F_PSH;
        send_seg(c, &g);
        c->req_off += len;
        if (c->req_off < c->req_len)
            return t + c->gap;
        if (!c->req_rtx && c->req_len <= c->mss && chance(opt.loss * 0.3)) {
            c->req_rtx = 1; /* seen here, lost behind: sent again */
            c->req_off = 0;
            n_rtx++;
            return t + 200 * NS_MS + c->rtt;
        }
        c->req_rtx = 0;
        c->cseq += c->req_len;
        if (c->think > 8 * NS_MS || c->req_len > c->mss) {
            c->state = ST_SRVACK;
            return t + c->srv;
        }
        return begin_flight(c, t + c->srv + c->think);
    case ST_SRVACK:
        from_server(c, t, &g, F_ACK);
        send_seg(c, &g);
        return begin_flight(c, t + c->think);
    case ST_FLIGHT:
        n = c->flight_i++;
        if (c->ooo >= 0 && (int)n == c->ooo) {
            n++;
            n_ooo++;
        } else if (c->ooo >= 0 && (int)n == c->ooo + 1) {
            n--;
        }
        if (!(c->hole && c->lost == (int)n))
            flight_segment(c, t, n);
        if (c->flight_i < c->flight_n)
            return t + c->gap;
        c->state = ST_CACK;
        if (c->lost == 0 && c->flight_n == 1) {
            c->state = ST_RETX; /* nothing to acknowledge: timeout */
            return t + 200 * NS_MS + c->rtt;
        }
        t = t > c->flight_t0 + c->rtt ? t + 5 * NS_US : c->flight_t0 + c->rtt;
        return t;
    case ST_CACK:
        n = c->ack_i++;
        from_client(c, t, &g, F_ACK);
        if (c->lost < 0) {
            uint32_t upto = (n + 1) * 2 * c->mss;

            if (upto > c->flight_bytes)
                upto = c->flight_bytes;
            c->cack = c->sseq + upto;
            g.ack = c->cack;
            send_seg(c, &g);
            if (upto < c->flight_bytes)
                return t + 2 * c->gap;
            return flight_over(c, t);
        }
        pre = ((uint32_t)c->lost + 1) / 2;
        if (n < pre) {
            uint32_t segs = (n + 1) * 2 < (uint32_t)c->lost ? (n + 1) * 2 : (uint32_t)c->lost;

            c->cack = c->sseq + segs * c->mss;
            g.ack = c->cack;
        } else if (c->has_sack && c->lost + 1 < c->flight_n) {
            uint32_t last = ((uint32_t)c->lost + 2 + n - pre) * c->mss;

            g.has_sack_blk = 1;
            g.sack_lo = c->sseq + ((uint32_t)c->lost + 1) * c->mss;
            g.sack_hi = c->sseq + (last < c->flight_bytes ? last : c->flight_bytes);
        }
        send_seg(c, &g);
        n = pre + c->flight_n - 1u - (uint32_t)c->lost;
        if (c->ack_i < n)
            return t + c->gap;
        c->state = ST_RETX;
        n = c->flight_n - 1u - (uint32_t)c->lost;
        return n >= 3 ? t + c->srv : t + 200 * NS_MS + c->rtt;
    case ST_RETX:
        flight_segment(c, t, (uint32_t)c->lost);
        n_rtx++;
        c->state = ST_CACK_ALL;
        return t + c->rtt;
    case ST_CACK_ALL:
        c->cack = c->sseq + c->flight_bytes;
        from_client(c, t, &g, F_ACK);
        send_seg(c, &g);
        return flight_over(c, t);
    case ST_FIN1:
        if (c->close == FIN_SERVER) {
            from_server(c, t, &g, F_FIN | F_ACK);
            send_seg(c, &g);
            c->sseq++;
            c->cack = c->sseq;
            c->state = ST_FIN2;
            return t + c->rtt;
        }
        from_client(c, t, &g, F_FIN | F_ACK);
        send_seg(c, &g);
        c->cseq++;
        c->state = ST_FIN2;
        return t + c->srv;
    case ST_FIN2:
        if (c->close == FIN_SERVER) {
            from_client(c, t, &g, F_FIN | F_ACK);
            send_seg(c, &g);
            c->cseq++;
            c->state = ST_FIN3;
            return t + c->srv;
        }
        from_server(c, t, &g, F_FIN | F_ACK);
        send_seg(c, &g);
        c->sseq++;
        c->cack = c->sseq;
        c->state = ST_FIN3;
        return t + c->rtt;
    case ST_FIN3:
        if (c->close == FIN_SERVER)
            from_server(c, t, &g, F_ACK);
        else
            from_client(c, t, &g, F_ACK);
        send_seg(c, &g);
        return 0;
    case ST_RST:
        if (c->close == RST_SERVER)
            from_server(c, t, &g, F_RST | F_ACK);
        else
            from_client(c, t, &g, F_RST | F_ACK);
        send_seg(c, &g);
        return 0;
    default:
        return 0;
    }
}

/* ----------------------------------------------------------------- clients */

static void
client_init(uint32_t i)
{
    struct client *cl = &clients[i];
    uint32_t total = 0, r, range;
    const uint8_t *mix = MIX[opt.profile];
    static const uint16_t mss4[] = {1460, 1460, 1460, 1460, 1460, 1460, 1452, 1400, 1380, 1360};
    static const uint16_t mss6[] = {1440, 1440, 1440, 1440, 1432, 1380};

    memset(cl, 0, sizeof *cl);
    cl->id = i;
    for (int k = 0; k < N_CLASS; k++)
        total += mix[k];
    r = rnd_below(total);
    while (r >= mix[cl->cls])
        r -= mix[cl->cls++];
    cl->os = (uint8_t)pick_os(1);
    if (cl->cls == CL_SCAN)
        cl->os = (uint8_t)(OS_NMAP + rnd_below(4));
    cl->v6 = (uint8_t)(cl->cls != CL_SCAN && chance(opt.v6));
    cl->ip4 = 0x0a000000u | ((i * 0x9e3779u + 0x1234567u) & 0xffffffu);
    cl->hops = (uint8_t)(1 + rnd_below(20));
    cl->vlan = (uint8_t)(chance(opt.vlan) ? 1 + rnd_below(3) : 0);
    cl->mss = cl->v6 ? mss6[rnd_below(6)] : mss4[rnd_below(10)];
    if (OSES[cl->os].scanner)
        cl->mss = 1460;
    cl->ipid = (uint16_t)rnd();
    range = (uint32_t)(OSES[cl->os].port_hi - OSES[cl->os].port_lo) + 1;
    cl->port_off = rnd_below(range);
    cl->ts_off = (uint32_t)rnd();
    cl->rtt = (uint64_t)rnd_lognormal(35e6, 0.7) + 2 * NS_MS;
    cl->server = rnd_below(opt.servers);
    cl->path = 1 + rnd_below(9999);
    cl->ua_var = (uint8_t)rnd_below(3);
    cl->ua_claim = OSES[cl->os].ua;
    cl->proto = (uint8_t)(rnd_below(100) < 55 ? PR_HTTP : PR_TLS);
    cl->conc = 1;
    if (cl->cls != CL_HUMAN && cl->cls != CL_NAT && cl->ua_claim != UA_NONE) {
        if (chance(0.5)) {
            cl->ua_claim = UA_TOOL;
        } else if (chance(0.5) && OSES[cl->os].ua != UA_WIN) {
            cl->ua_claim = UA_WIN;
            cl->ua_var = 0;
        }
    } else if (cl->cls == CL_HUMAN && chance(opt.spoof_ua) && OSES[cl->os].ua == UA_LINUX) {
        cl->ua_claim = UA_WIN;
        cl->ua_var = 0;
    }
    switch (cl->cls) {
    case CL_METRONOME: {
        static const float jit[] = {0, 0.0005f, 0.002f, 0.005f, 0.01f, 0.02f};
        static const double per[] = {0.5, 1, 1, 2, 2.5, 3, 5, 5, 10, 10, 15, 20};

        cl->period = (uint64_t)(per[rnd_below(12)] * 1e9);
        cl->jitter = jit[rnd_below(6)];
        break;
    }
    case CL_BEACON:
        cl->period = (uint64_t)(x_exp(x_log(1.0) + rnd_unit() * x_log(20.0)) * 1e9);
        cl->jitter = 0.05f + 0.05f * (float)rnd_below(8);
        break;
    case CL_POOL:
        cl->period = (uint64_t)(x_exp(rnd_unit() * x_log(100.0)) * 1e7);
        cl->jitter = (float)rnd_unit();
        cl->conc = (uint8_t)(1 + rnd_below(6));
        break;
    case CL_ONESHOT:
        cl->period = (uint64_t)rnd_lognormal(60e6, 0.6);
        cl->conc = (uint8_t)(1 + rnd_below(4));
        break;
    case CL_SCAN:
        cl->period = (uint64_t)(x_exp(rnd_unit() * x_log(20.0)) * 1e7);
        break;
    case CL_RETRY:
        cl->period = 130 * NS_SEC;
        break;
    case CL_BULK:
        cl->rtt = cl->rtt / 4 + NS_MS;
        break;
    default:
        break;
    }
    if (cl->cls == CL_RETRY) {
        cl->grid = (uint64_t)(rnd_unit() * 2e10);
    } else if (cl->period && cl->cls != CL_SCAN) {
        double span = (double)cl->period > 2e9 ? (double)cl->period : 2e9;

        cl->grid = (uint64_t)(rnd_unit() * span);
    } else {
        cl->grid = (uint64_t)rnd_exponential(cl->cls == CL_HUMAN ? 8e9 : 3e9);
    }
    cl->base = cl->grid;
    heap_push(cl->grid, i | REF_CLIENT);
}

/* A client's turn; returns when it next acts of itself, 0 for when told. */
static uint64_t
client_step(uint32_t ci, uint64_t t)
{
    struct client *cl = &clients[ci];
    uint32_t n;
    double v;

    switch (cl->cls) {
    case CL_HUMAN: /* a page: some connections close together, then reading */
        n = 1 + rnd_below(4);
        for (uint32_t k = 0; k < n; k++)
            start_conn(ci, t + (k ? (uint64_t)rnd_exponential(3e7) : 0));
        return t + (uint64_t)rnd_lognormal(1.1e10, 1.1) + 200 * NS_MS;
    case CL_NAT:
        start_conn(ci, t);
        return t + (uint64_t)rnd_exponential(7e8) + 1;
    case CL_METRONOME: /* a fixed grid: jitter does not add up */
        start_conn(ci, t);
        cl->grid += cl->period;
        v = (double)cl->grid + cl->jitter * (double)cl->period * rnd_normal();
        return v > (double)t ? (uint64_t)v : t + 1;
    case CL_BEACON: /* sleep with jitter: deviations add up */
        start_conn(ci, t);
        v = (double)cl->period * (1 + cl->jitter * (2 * rnd_unit() - 1));
        return t + (uint64_t)v;
    case CL_BURST:
        if (!cl->left)
            cl->left = 10 + (uint32_t)rnd_pareto(15, 1.3, 300);
        start_conn(ci, t);
        if (--cl->left)
            return t + (uint64_t)rnd_exponential(2e6) + 1;
        return t + (uint64_t)rnd_exponential(4e10) + 5 * NS_SEC;
    case CL_SCAN:
        start_conn(ci, t);
        return t + cl->period + rnd_below(100) * NS_US;
    case CL_RETRY:
        start_conn(ci, t);
        return t + cl->period + rnd_below(1000) * NS_MS;
    default: /* closed loops: as many as the client keeps open */
        for (uint32_t k = 0; k < cl->conc; k++)
            start_conn(ci, t + k * 3 * NS_MS);
        return 0;
    }
}

static void
client_done(uint32_t ci, uint64_t t)
{
    struct client *cl = &clients[ci];

    switch (cl->cls) {
    case CL_ONESHOT:
        start_conn(ci, t + (uint64_t)rnd_exponential((double)cl->period) + NS_US);
        break;
    case CL_POOL:
        start_conn(ci, t + (uint64_t)rnd_exponential(2e8) + NS_US);
        break;
    case CL_BULK:
        start_conn(ci, t + (uint64_t)rnd_exponential(5e9) + NS_US);
        break;
    default:
        break;
    }
}

/* -------------------------------------------------------------- SYN flood */

static const struct os FLOOD_OS[] = {
    {.layout = "", .ws = -1},
    {.layout = "M", .ws = -1},
    {.layout = "MSTNW", .ws = 7},
    {.layout = "MNWNNS", .ws = 8},
};

static uint32_t
flood_source(void)
{
    static uint32_t ctr;
    uint32_t a, top;

    do {
        a = mix32(ctr++ ^ (uint32_t)opt.seed * 0x9e3779b9u);
        top = a >> 24;
    } while (top == 0 || top == 10 || top == 127 || top >= 224 || (a >> 17) == (0xc6120000u >> 17));
    return a;
}

static void
flood_packet(uint64_t t)
{
    static const uint16_t wins[] = {512, 65535, 64240, 64240};
    static const uint16_t ports[] = {80, 443};
    struct seg g = {0};
    uint64_t r = rnd();
    uint32_t k = r & 3, b = (uint32_t)(r >> 32);

    g.t = t;
    g.src4 = flood_source();
    g.srv = b % opt.servers;
    g.dst4 = server_ip4(g.srv);
    g.sport = (uint16_t)(1024 + (b >> 8) % 64512);
    g.dport = ports[(r >> 2) & 1];
    g.seq = mix32(b);
    g.flags = F_SYN;
    g.ttl = (uint8_t)(40 + ((r >> 8) & 127));
    g.df = k > 1;
    g.ipid = (uint16_t)(r >> 16);
    g.win = wins[k];
    g.syn = &FLOOD_OS[k];
    g.syn_mss = 1460;
    g.ts = (uint32_t)r;
    emit(&g);
    n_flood++;
    n_syn++;
}

/* -------------------------------------------------------------------- main */

static void
ip_text(const struct client *cl, char *b, size_t n)
{
    if (cl->v6) {
        uint8_t a[16];
        int k = 0;

        v6_client(a, cl->id);
        for (int i = 0; i < 16; i += 2)
            k += snprintf(b + k, n - (size_t)k, "%s%x", i ? ":" : "",
                          (unsigned)(a[i] << 8 | a[i + 1]));
    } else {
        snprintf(b, n, "%u.%u.%u.%u", cl->ip4 >> 24, (cl->ip4 >> 16) & 255, (cl->ip4 >> 8) & 255,
                 cl->ip4 & 255);
    }
}

static void
write_truth(void)
{
    FILE *f = fopen(opt.truth, "w");
    char ip[64];

    if (!f) {
        perror(opt.truth);
        exit(1);
    }
    fprintf(f, "client\tclass\tos\tp0f_label\tconnections\tunanswered\trequests\t"
               "period_s\tjitter\tconcurrency\tua_os\tua_matches\tmss\thops\t"
               "rtt_ms\tfirst_s\tlast_s\n");
    for (uint32_t i = 0; i < opt.clients; i++) {
        const struct client *cl = &clients[i];
        const struct os *o = &OSES[cl->os];
        int timed = cl->cls == CL_METRONOME || cl->cls == CL_BEACON || cl->cls == CL_SCAN ||
                    cl->cls == CL_RETRY;

        if (!cl->nconn)
            continue;
        ip_text(cl, ip, sizeof ip);
        fprintf(f, "%s\t%s\t%s\t%s\t%u\t%u\t%u\t%.6f\t%.4f\t%u\t%s\t%s\t%u\t%u\t%.3f\t%.6f\t%.6f\n",
                ip, CLASS_NAMES[cl->cls], cl->cls == CL_NAT ? "several" : o->name,
                cl->cls == CL_NAT ? "-"
                : cl->v6          ? "???"
                                  : o->p0f,
                cl->nconn, cl->nsyn_only, cl->nreq, timed ? (double)cl->period / 1e9 : 0.0,
                timed ? (double)cl->jitter : 0.0, cl->conc,
                cl->cls == CL_SCAN ? "none" : UA_NAMES[cl->ua_claim],
                cl->cls == CL_NAT || cl->cls == CL_SCAN ? "-"
                : cl->ua_claim == UA_TOOL               ? "-"
                : cl->ua_claim == o->ua                 ? "yes"
                                                        : "no",
                cl->mss, cl->hops, (double)cl->rtt / 1e6, (double)cl->first / 1e9,
                (double)cl->last / 1e9);
    }
    if (n_flood)
        fprintf(f, "# flood: %" PRIu64 " SYNs, each from a source of its own\n", n_flood);
    if (fclose(f)) {
        perror(opt.truth);
        exit(1);
    }
}

static void
usage(FILE *f)
{
    fputs("usage: gen_capture [options] > capture\n"
          "  --packets N        stop after N packets (default 1000000 unless\n"
          "                     --connections or --duration is given)\n"
          "  --connections N    start no more than N connections, let them end\n"
          "  --duration S       stop at S seconds of capture time\n"
          "  --clients N        client addresses (default by profile)\n"
          "  --servers N        server addresses (default 16)\n"
          "  --profile P        mixed, synflood, elephants or shortconns\n"
          "  --syn-flood N      add N SYNs, every one from its own source\n"
          "  --flood-rate N     SYNs of the flood a second (default 200000)\n"
          "  --seed N           (default 1)\n"
          "  --snaplen N        keep N bytes of each packet (default 262144)\n"
          "  --start T          time of the first second, epoch (default 1735689600)\n"
          "  --loss P           share of data segments lost (default 0.01)\n"
          "  --reorder P        share of data segments swapped (default 0.004)\n"
          "  --ipv6 P           share of IPv6 clients (default 0.15)\n"
          "  --vlan P           share of clients behind a VLAN tag (default 0)\n"
          "  --pcapng           write pcapng, not pcap\n"
          "  --nano             nanosecond timestamps\n"
          "  --out FILE         (default standard output)\n"
          "  --truth FILE       what each client was, tab separated\n",
          f);
}

static double
num(const char *s, const char *name)
{
    char *end;
    double v = strtod(s, &end);

    if (end == s || *end || v < 0) {
        fprintf(stderr, "gen_capture: --%s: not a number: %s\n", name, s);
        exit(2);
    }
    return v;
}

static void
parse_args(int argc, char **argv)
{
    enum {
        O_PACKETS = 256,
        O_CONN,
        O_DUR,
        O_CLIENTS,
        O_SERVERS,
        O_PROFILE,
        O_FLOOD,
        O_FRATE,
        O_SEED,
        O_SNAP,
        O_START,
        O_LOSS,
        O_REORDER,
        O_V6,
        O_VLAN,
        O_NG,
        O_NANO,
        O_OUT,
        O_TRUTH,
        O_HELP
    };
    static const struct option lo[] = {
        {"packets", 1, 0, O_PACKETS}, {"connections", 1, 0, O_CONN}, {"duration", 1, 0, O_DUR},
        {"clients", 1, 0, O_CLIENTS}, {"servers", 1, 0, O_SERVERS},  {"profile", 1, 0, O_PROFILE},
        {"syn-flood", 1, 0, O_FLOOD}, {"flood-rate", 1, 0, O_FRATE}, {"seed", 1, 0, O_SEED},
        {"snaplen", 1, 0, O_SNAP},    {"start", 1, 0, O_START},      {"loss", 1, 0, O_LOSS},
        {"reorder", 1, 0, O_REORDER}, {"ipv6", 1, 0, O_V6},          {"vlan", 1, 0, O_VLAN},
        {"pcapng", 0, 0, O_NG},       {"nano", 0, 0, O_NANO},        {"out", 1, 0, O_OUT},
        {"truth", 1, 0, O_TRUTH},     {"help", 0, 0, O_HELP},        {0, 0, 0, 0}};
    int c, ix = 0;

    while ((c = getopt_long(argc, argv, "", lo, &ix)) != -1) {
        const char *nm = lo[ix].name;

        switch (c) {
        case O_PACKETS:
            opt.packets = (uint64_t)num(optarg, nm);
            break;
        case O_CONN:
            opt.connections = (uint64_t)num(optarg, nm);
            break;
        case O_DUR:
            opt.duration = num(optarg, nm);
            break;
        case O_CLIENTS:
            opt.clients = (uint32_t)num(optarg, nm);
            break;
        case O_SERVERS:
            opt.servers = (uint32_t)num(optarg, nm);
            break;
        case O_FLOOD:
            opt.flood = (uint64_t)num(optarg, nm);
            break;
        case O_FRATE:
            opt.flood_rate = num(optarg, nm);
            break;
        case O_SEED:
            opt.seed = (uint64_t)num(optarg, nm);
            break;
        case O_SNAP:
            opt.snaplen = (uint32_t)num(optarg, nm);
            break;
        case O_START:
            opt.start = num(optarg, nm);
            break;
        case O_LOSS:
            opt.loss = num(optarg, nm);
            break;
        case O_REORDER:
            opt.reorder = num(optarg, nm);
            break;
        case O_V6:
            opt.v6 = num(optarg, nm);
            break;
        case O_VLAN:
            opt.vlan = num(optarg, nm);
            break;
        case O_NG:
            opt.pcapng = 1;
            break;
        case O_NANO:
            opt.nano = 1;
            break;
        case O_OUT:
            opt.out = optarg;
            break;
        case O_TRUTH:
            opt.truth = optarg;
            break;
        case O_HELP:
            usage(stdout);
            exit(0);
        case O_PROFILE:
            if (!strcmp(optarg, "mixed"))
                opt.profile = P_MIXED;
            else if (!strcmp(optarg, "synflood"))
                opt.profile = P_SYNFLOOD;
            else if (!strcmp(optarg, "elephants"))
                opt.profile = P_ELEPHANTS;
            else if (!strcmp(optarg, "shortconns"))
                opt.profile = P_SHORT;
            else {
                fprintf(stderr, "gen_capture: no such profile: %s\n", optarg);
                exit(2);
            }
            break;
        default:
            usage(stderr);
            exit(2);
        }
    }
    if (optind < argc) {
        usage(stderr);
        exit(2);
    }
    if (!opt.packets && !opt.connections && opt.duration <= 0)
        opt.packets = 1000000;
    if (!opt.clients)
        opt.clients = opt.profile == P_ELEPHANTS ? 64 : opt.profile == P_SYNFLOOD ? 200 : 2000;
    if (!opt.servers || opt.servers > 100000 || opt.clients > 8000000 || opt.snaplen < 64) {
        fprintf(stderr,
                "gen_capture: --servers 1..100000, --clients 1..8000000, --snaplen from 64\n");
        exit(2);
    }
    if (opt.profile == P_SYNFLOOD && !opt.flood)
        opt.flood = UINT64_MAX;
}

int
main(int argc, char **argv)
{
    uint64_t next_flood, stop_t, flood_gap;

    parse_args(argc, argv);
    rng_seed(opt.seed);
    fill_pools();
    for (int k = 0; k < 4; k++)
        build_hello(k);
    if (strcmp(opt.out, "-")) {
        out_fd = open(opt.out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (out_fd < 0) {
            perror(opt.out);
            return 1;
        }
    }
    write_file_header();
    clients = xrealloc(NULL, opt.clients * sizeof *clients);
    for (uint32_t i = 0; i < opt.clients; i++)
        client_init(i);
    stop_t = opt.duration > 0 ? (uint64_t)(opt.duration * 1e9) : UINT64_MAX;
    flood_gap = (uint64_t)(2e9 / (opt.flood_rate > 1 ? opt.flood_rate : 1)) + 1;
    next_flood = opt.flood ? (opt.profile == P_SYNFLOOD ? 0 : 2 * NS_SEC) : UINT64_MAX;

    while (!opt.packets || n_packets < opt.packets) {
        uint64_t t, next;
        uint32_t ref;

        if (next_flood != UINT64_MAX && (!heap_n || next_flood <= heap[0].t)) {
            if (next_flood > stop_t)
                break;
            flood_packet(next_flood);
            next_flood =
                n_flood < opt.flood ? next_flood + rnd_below((uint32_t)flood_gap) : UINT64_MAX;
            continue;
        }
        if (!heap_n)
            break;
        t = heap[0].t;
        ref = heap[0].ref;
        if (t > stop_t)
            break;
        if (ref & REF_CLIENT) {
            /* take it off first: the step pushes connections */
            heap_pop();
            if (!may_start())
                continue;
            next = client_step(ref & ~REF_CLIENT, t);
            if (next)
                heap_push(next, ref);
            continue;
        }
        next = conn_step(&conns[ref], t);
        if (next) {
            heap_replace_top(next);
        } else {
            heap_pop();
            conn_end(ref, t);
        }
    }
    out_flush();
    if (out_fd != 1 && close(out_fd)) {
        perror(opt.out);
        return 1;
    }
    if (opt.truth)
        write_truth();
    fprintf(stderr,
            "packets %" PRIu64 " bytes %" PRIu64 " seconds %.3f connections %" PRIu64
            " open_at_once %u syns %" PRIu64 " flood %" PRIu64 " retransmissions %" PRIu64
            " swapped %" PRIu64 "\n",
            n_packets, out_bytes, (double)last_t / 1e9, n_started, peak_open, n_syn, n_flood, n_rtx,
            n_ooo);
    for (int k = 0; k < N_CLASS; k++)
        if (class_packets[k])
            fprintf(stderr, "  %s packets %" PRIu64 "\n", CLASS_NAMES[k], class_packets[k]);
    return 0;
}
