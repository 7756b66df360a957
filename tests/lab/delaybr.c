/* delaybr: delays Ethernet frames between pairs of interfaces, in user space.
 * For kernels without the netem queueing discipline.
 *
 *   delaybr IF_A:IF_B:DELAY_US:JITTER_US[:LOSS_PPM] ...
 *
 * Every frame that arrives on IF_A leaves on IF_B after DELAY_US plus a uniform
 * random 0..JITTER_US, and the other way round. Order within one direction is kept.
 * LOSS_PPM frames in a million are dropped. Runs until SIGTERM or SIGINT.
 * Offloads must be off on the far ends, so that frames fit FRAME_MAX.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define MAX_DIRS  256

struct frame {
    struct frame *next;
    uint64_t due;
    size_t len;
    unsigned char data[];
};
struct dir {
    int in, out;
    uint64_t delay_ns, jitter_ns, last_due;
    unsigned loss_ppm;
    struct frame *head, *tail;
};

static struct dir dirs[MAX_DIRS];
static int ndirs;
static volatile sig_atomic_t stop;

static void
on_signal(int s)
{
    (void)s;
    stop = 1;
}

static uint64_t
now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int
open_if(const char *name)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
    struct sockaddr_ll sa;
    int one = 1, size = 4 << 20;
    if (fd < 0) {
        perror("socket");
        exit(1);
    }
    memset(&sa, 0, sizeof sa);
    sa.sll_family = AF_PACKET;
    sa.sll_protocol = htons(ETH_P_ALL);
    sa.sll_ifindex = (int)if_nametoindex(name);
    if (sa.sll_ifindex == 0) {
        fprintf(stderr, "no interface %s\n", name);
        exit(1);
    }
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0)
        perror("ignore outgoing");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
        perror("bind");
        exit(1);
    }
    struct packet_mreq mr = {.mr_ifindex = sa.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof mr) < 0)
        perror("promisc");
    return fd;
}

static void
receive(struct dir *d)
{
    unsigned char buf[FRAME_MAX];
    for (;;) {
        ssize_t n = recv(d->in, buf, sizeof buf, MSG_TRUNC);
        if (n <= 0)
            return;
        if ((size_t)n > sizeof buf) {
            fprintf(stderr, "frame of %zd octets dropped: offloads on?\n", n);
            continue;
        }
        if (d->loss_ppm && (unsigned)(random() % 1000000) < d->loss_ppm)
            continue;
        struct frame *f = malloc(sizeof *f + (size_t)n);
        if (!f)
            return;
        f->next = NULL;
        f->len = (size_t)n;
        f->due = now_ns() + d->delay_ns + (d->jitter_ns ? (uint64_t)random() % d->jitter_ns : 0);
        if (f->due < d->last_due)
            f->due = d->last_due;
        d->last_due = f->due;
        memcpy(f->data, buf, (size_t)n);
        if (d->tail)
            d->tail->next = f;
        else
            d->head = f;
        d->tail = f;
    }
}

int
main(int argc, char **argv)
{
    struct pollfd fds[MAX_DIRS];
    if (argc < 2) {
        fprintf(stderr, "usage: delaybr IF_A:IF_B:DELAY_US:JITTER_US[:LOSS_PPM] ...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        char a[IFNAMSIZ], b[IFNAMSIZ];
        unsigned delay, jitter, loss = 0;
        if (sscanf(argv[i], "%15[^:]:%15[^:]:%u:%u:%u", a, b, &delay, &jitter, &loss) < 4 ||
            ndirs + 2 > MAX_DIRS) {
            fprintf(stderr, "bad pair %s\n", argv[i]);
            return 2;
        }
        int fa = open_if(a), fb = open_if(b);
        for (int k = 0; k < 2; k++) {
            struct dir *d = &dirs[ndirs++];
            d->in = k ? fb : fa;
            d->out = k ? fa : fb;
            d->delay_ns = (uint64_t)delay * 1000u;
            d->jitter_ns = (uint64_t)jitter * 1000u;
            d->loss_ppm = loss;
        }
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    srandom((unsigned)getpid());
    while (!stop) {
        uint64_t now = now_ns(), next = UINT64_MAX;
        for (int i = 0; i < ndirs; i++) {
            struct dir *d = &dirs[i];
            while (d->head && d->head->due <= now) {
                struct frame *f = d->head;
                if (send(d->out, f->data, f->len, 0) < 0 && errno != ENETDOWN && errno != ENOBUFS)
                    perror("send");
                d->head = f->next;
                if (!d->head)
                    d->tail = NULL;
                free(f);
            }
            if (d->head && d->head->due < next)
                next = d->head->due;
            fds[i].fd = d->in;
            fds[i].events = POLLIN;
        }
        struct timespec ts = {0, 500000000}, *tp = &ts;
        if (next != UINT64_MAX) {
            now = now_ns();
            uint64_t w = next > now ? next - now : 0;
            if (w < 500000000u)
                ts.tv_nsec = (long)w;
        }
        if (ppoll(fds, (nfds_t)ndirs, tp, NULL) > 0)
            for (int i = 0; i < ndirs; i++)
                if (fds[i].revents & POLLIN)
                    receive(&dirs[i]);
    }
    return 0;
}
