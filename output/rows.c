/* What a person sees: the sources that look most like automation, why, and what was not read. */

#include "output/output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
say(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, text, n);
        if (wrote <= 0) {
            return; /* a person's terminal is gone: the events are what counts */
        }
        text += wrote;
        n -= (size_t)wrote;
    }
}

static void
say_line(int fd, char *line, size_t room, int n)
{
    size_t length = n < 0 ? 0 : (size_t)n;

    if (length > room - 2) {
        length = room - 2;
    }
    line[length] = '\n';
    say(fd, line, length + 1);
}

static const char *
color_of(enum syc_label label)
{
    switch (label) {
    case SYC_LABEL_AUTOMATION:
        return "\033[31m";
    case SYC_LABEL_HUMAN_LIKE:
        return "\033[32m";
    case SYC_LABEL_UNCLEAR:
    case SYC_LABEL_MIXED:
        return "\033[33m";
    case SYC_LABEL_INSUFFICIENT:
        break;
    }
    return "";
}

void
syc_print_rows(int fd, const struct syc_table_row *rows, size_t count, int width, bool color)
{
    char line[512];
    int reason = width > 72 ? width - 62 : 10;

    if (reason > (int)sizeof(rows->reason)) {
        reason = (int)sizeof(rows->reason);
    }
    say_line(fd, line, sizeof(line),
             snprintf(line, sizeof(line), "%5s  %-21s  %-22s  %5s  %s", "score", "verdict",
                      "source", "conns", "strongest reason"));
    for (size_t i = 0; i < count; i++) {
        const struct syc_table_row *r = &rows[i];
        int n = snprintf(line, sizeof(line), "%s%5d  %-21s%s  %-22s  %5lld  %.*s",
                         color ? color_of(r->label) : "", r->score, syc_label_name(r->label),
                         color ? "\033[0m" : "", r->source, (long long)r->conn_count, reason,
                         r->reason);
        say_line(fd, line, sizeof(line), n);
    }
}

static const struct {
    enum syc_drop drop;
    const char *words;
} reasons[] = {
    {SYC_DROP_LINK_TYPE, "of a link layer that is not read"},
    {SYC_DROP_LINK_SHORT, "cut inside the link header"},
    {SYC_DROP_NOT_IP, "not IP"},
    {SYC_DROP_PATH_DEPTH, "behind too many tags"},
    {SYC_DROP_IP_SHORT, "cut inside the IP header"},
    {SYC_DROP_IP_BAD, "with a broken IP header"},
    {SYC_DROP_IP_FRAGMENT, "later fragments"},
    {SYC_DROP_IP_NO_NEXT, "encrypted or without a next header"},
    {SYC_DROP_NOT_TCP, "not TCP"},
    {SYC_DROP_ICMP_ERROR, "ICMP errors about TCP"},
    {SYC_DROP_TCP_SHORT, "cut inside the TCP header"},
    {SYC_DROP_TCP_BAD_OFFSET, "with a broken TCP header"},
    {SYC_DROP_BAD_CHECKSUM, "with a bad checksum"},
};

void
syc_print_stats(int fd, const struct syc_run_stats *s)
{
    char line[512];
    int n =
        snprintf(line, sizeof(line), "%llu frames, %llu TCP, %llu connections, %llu sources",
                 (unsigned long long)s->capture.packets,
                 (unsigned long long)s->decode[SYC_DROP_NONE],
                 (unsigned long long)s->table.connections, (unsigned long long)s->cadence.sources);

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        uint64_t count = s->decode[reasons[i].drop];
        if (count > 0 && n < (int)sizeof(line) - 80) {
            n += snprintf(line + n, sizeof(line) - (size_t)n, "; %llu %s",
                          (unsigned long long)count, reasons[i].words);
        }
    }
    say_line(fd, line, sizeof(line), n);
    n = 0;
    if (s->table.evicted + s->table.half_open_evicted + s->cadence.records_dropped +
            s->cadence.sources_evicted >
        0) {
        n = snprintf(line, sizeof(line),
                     "memory was short: %llu connections, %llu half-open SYNs, %llu sources gave "
                     "way, %llu records were not judged (--memory)",
                     (unsigned long long)s->table.evicted,
                     (unsigned long long)s->table.half_open_evicted,
                     (unsigned long long)s->cadence.sources_evicted,
                     (unsigned long long)s->cadence.records_dropped);
        say_line(fd, line, sizeof(line), n);
    }
}
