/*
 * pcap_loop.c - the bare libpcap loop that other figures are compared with.
 *
 * Reads every packet of a capture through libpcap with a callback that only
 * adds up lengths, and prints packets, bytes and seconds.
 *
 *   pcap_loop [-n] [-b BYTES] FILE [FILTER]
 *     -n        pcap_next_ex() in place of pcap_loop()
 *     -b BYTES  own stdio buffer of that size (pcap_fopen_offline + setvbuf)
 *
 * Build: cc -O2 -o pcap_loop pcap_loop.c -lpcap
 */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct totals {
    uint64_t packets, bytes;
};

static void
count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
    struct totals *t = (struct totals *)user;

    (void)data;
    t->packets++;
    t->bytes += h->caplen;
}

static double
now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
    char err[PCAP_ERRBUF_SIZE];
    struct totals t = {0, 0};
    struct bpf_program prog;
    size_t buffer = 0;
    int next = 0, c, rc = 0;
    double t0 = now();
    pcap_t *p;

    while ((c = getopt(argc, argv, "nb:")) != -1) {
        if (c == 'n')
            next = 1;
        else if (c == 'b')
            buffer = strtoul(optarg, NULL, 0);
        else
            return 2;
    }
    if (optind >= argc) {
        fprintf(stderr, "usage: pcap_loop [-n] [-b BYTES] FILE [FILTER]\n");
        return 2;
    }
    if (buffer) {
        FILE *f = fopen(argv[optind], "rb");

        if (!f) {
            perror(argv[optind]);
            return 1;
        }
        setvbuf(f, NULL, _IOFBF, buffer);
        p = pcap_fopen_offline(f, err);
    } else {
        p = pcap_open_offline(argv[optind], err);
    }
    if (!p) {
        fprintf(stderr, "pcap_loop: %s\n", err);
        return 1;
    }
    if (optind + 1 < argc) {
        if (pcap_compile(p, &prog, argv[optind + 1], 1, PCAP_NETMASK_UNKNOWN) ||
            pcap_setfilter(p, &prog)) {
            fprintf(stderr, "pcap_loop: %s\n", pcap_geterr(p));
            return 1;
        }
    }
    if (next) {
        struct pcap_pkthdr *h;
        const u_char *d;

        while ((rc = pcap_next_ex(p, &h, &d)) == 1)
            count((u_char *)&t, h, d);
        if (rc == PCAP_ERROR_BREAK)
            rc = 0;
    } else {
        rc = pcap_loop(p, -1, count, (u_char *)&t);
    }
    if (rc < 0)
        fprintf(stderr, "pcap_loop: %s\n", pcap_geterr(p));
    pcap_close(p);
    printf("packets %llu bytes %llu seconds %.6f\n", (unsigned long long)t.packets,
           (unsigned long long)t.bytes, now() - t0);
    return rc < 0;
}
