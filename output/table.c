/*
 * What a person sees on a terminal: one line a source, then what was not judged, in words.
 *
 * Rows hold texts that rule authors wrote. No control character of ASCII in them reaches the
 * terminal (trim_line), and no line is longer than LINE, whatever they are.
 */

#include "output/output_int.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE = 512 };

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

static enum syc_status
write_text(int fd, const char *text, size_t n)
{
    size_t written;
    int error_number;

    return syc_write_all(fd, text, n, &written, &error_number);
}

/* ------------------------------------------------------------ rows */

/* Widths of the columns that depend on the rows. */
struct columns {
    int label, source, connections;
};

/* The wider of a column's width and a text of it. */
static int
at_least(int width, size_t length)
{
    return width < (int)length ? (int)length : width;
}

/* Over all rows before the first is printed: columns are as wide as their widest cell. */
static struct columns
measure(const struct syc_table_row *rows, size_t count)
{
    struct columns c = {sizeof("LABEL") - 1, sizeof("SOURCE") - 1, sizeof("CONNECTIONS") - 1};

    for (size_t i = 0; i < count; i++) {
        c.label = at_least(c.label, strlen(syc_label_name(rows[i].label)));
        c.source = at_least(c.source, strlen(rows[i].source));
        c.connections = at_least(c.connections, syc_digit_count((uint64_t)rows[i].conn_count));
    }
    return c;
}

static bool
continues_letter(char octet)
{
    return ((unsigned char)octet & 0xc0) == 0x80; /* UTF-8, RFC 3629: rule titles may have it */
}

/* Octets of the first `width` letters of a line of n octets; never inside a letter, so a cut line is still UTF-8. */
static size_t
octets_of(const char *line, size_t n, size_t width)
{
    size_t i = 0;

    for (size_t letters = 0; i < n; i++) {
        if (!continues_letter(line[i]) && letters++ == width) {
            break;
        }
    }
    return i;
}

/*
 * Cut to width letters, the last three of them dots, and take the sting out of control characters.
 * The line may only become shorter: it is changed where it stands.
 */
static size_t
trim_line(char *line, size_t n, int width)
{
    size_t limit = width > 0 ? (size_t)width : LINE;

    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            line[i] = '?';
        }
    }
    if (octets_of(line, n, limit) < n) {
        n = octets_of(line, n, limit > 3 ? limit - 3 : limit);
        if (limit > 3) {
            memcpy(line + n, "...", 3); /* in place of at least three octets */
            n += 3;
        }
    }
    while (n > 0 && line[n - 1] == ' ') {
        n--;
    }
    return n;
}

/*
 * The line, its first `painted` octets in a color. out holds a line of LINE octets, a color, PLAIN
 * and the newline: n is at most LINE, by clamp_length() and trim_line().
 */
static enum syc_status
write_line(int fd, const char *line, size_t n, size_t painted, const char *color)
{
    char out[LINE + 32];
    char *p = out;

    painted = color != NULL ? (painted < n ? painted : n) : 0;
    if (painted > 0) {
        size_t length = strlen(color);
        memcpy(p, color, length);
        memcpy(p + length, line, painted);
        p = SYC_PUT(p + length + painted, PLAIN);
    }
    memcpy(p, line + painted, n - painted);
    p += n - painted;
    *p++ = '\n';
    return write_text(fd, out, (size_t)(p - out));
}

/* NULL: no color, for a label that does not ask for attention. */
static const char *
color_of(enum syc_label label)
{
    switch (label) {
    case SYC_LABEL_AUTOMATION:
        return RED;
    case SYC_LABEL_HUMAN_LIKE:
        return GREEN;
    case SYC_LABEL_MIXED:
        return YELLOW;
    case SYC_LABEL_INSUFFICIENT:
        return DIM;
    case SYC_LABEL_UNCLEAR:
        break;
    }
    return NULL;
}

/* snprintf() answers what it would have written: with the room it had, that is the text's length. */
static size_t
clamp_length(int length)
{
    return length < 0 ? 0 : length < LINE ? (size_t)length : LINE - 1;
}

/*
 * A score of a source that was not judged would look like a judgement, hence "-". snprintf() cuts a row that
 * outgrows LINE; trim_line() then cuts it to the terminal.
 */
static enum syc_status
write_row(int fd, const struct columns *c, const struct syc_table_row *row, int width, bool color)
{
    char score[16], line[LINE];
    int length;

    if (row->label == SYC_LABEL_INSUFFICIENT) {
        snprintf(score, sizeof score, "-"); /* a number would look like a judgement */
    } else {
        snprintf(score, sizeof score, "%d", row->score);
    }
    length = snprintf(line, sizeof line, "%5s  %-*s  %-*s  %*lld  %s", score, c->label,
                      syc_label_name(row->label), c->source, row->source, c->connections,
                      (long long)row->conn_count, row->reason);
    return write_line(fd, line, trim_line(line, clamp_length(length), width),
                      5 + 2 + (size_t)c->label, color ? color_of(row->label) : NULL);
}

enum syc_status
syc_print_rows(int fd, const struct syc_table_row *rows, size_t count, int width, bool color)
{
    struct columns c = measure(rows, count);
    char line[LINE];
    int length = snprintf(line, sizeof line, "%5s  %-*s  %-*s  %*s  %s", "SCORE", c.label, "LABEL",
                          c.source, "SOURCE", c.connections, "CONNECTIONS", "STRONGEST REASON");
    enum syc_status status = write_line(fd, line, trim_line(line, clamp_length(length), width),
                                        LINE, color ? BOLD : NULL);

    for (size_t i = 0; i < count && status == SYC_OK; i++) {
        status = write_row(fd, &c, &rows[i], width, color);
    }
    return status;
}

/* ----------------------------------------------------------- counts */

/* What the frames of one reason were. A reason without words here is shown by its name. */
static const char *const reason_words[SYC_DROP_COUNT] = {
    [SYC_DROP_LINK_TYPE] = "of a link layer that is not read",
    [SYC_DROP_LINK_SHORT] = "cut inside the link header",
    [SYC_DROP_NOT_IP] = "not IP (ARP, LLDP and the like)",
    [SYC_DROP_PATH_DEPTH] = "inside too many VLANs or tunnels",
    [SYC_DROP_IP_SHORT] = "cut inside the IP header",
    [SYC_DROP_IP_BAD] = "with a broken IP header",
    [SYC_DROP_IP_FRAGMENT] = "later IP fragments",
    [SYC_DROP_IP_NO_NEXT] = "IP without a readable payload (ESP and the like)",
    [SYC_DROP_NOT_TCP] = "not TCP (UDP, ICMP and the like)",
    [SYC_DROP_ICMP_ERROR] = "ICMP errors about TCP",
    [SYC_DROP_TCP_SHORT] = "cut inside the TCP header",
    [SYC_DROP_TCP_BAD_OFFSET] = "with a broken TCP header",
    [SYC_DROP_BAD_CHECKSUM] = "with a wrong checksum",
    [SYC_DROP_TUNNEL_CLOSED] = "inside tunnels, left closed (--no-tunnels)",
};

/* One line of counts; remembers the first failure, so that its callers need not ask after each. */
struct printer {
    int fd;
    enum syc_status status;
};

static void print_line(struct printer *to, const char *format, ...) SYC_PRINTF(2, 3);

static void
print_line(struct printer *to, const char *format, ...)
{
    char line[LINE];
    va_list args;
    size_t n;

    va_start(args, format);
    n = clamp_length(vsnprintf(line, sizeof line, format, args));
    va_end(args);
    if (to->status == SYC_OK) {
        to->status = write_line(to->fd, line, n, 0, NULL);
    }
}

static const char *
plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/*
 * A line of its own for what was lost; nothing when nothing was. Each names its cause and, where
 * there is one, the option that cures it.
 */
static void
print_lost(struct printer *to, uint64_t n, const char *what, const char *why)
{
    if (n > 0) {
        print_line(to, "lost: %llu %s%s %s", (unsigned long long)n, what, plural(n), why);
    }
}

/* The list is that of the decoder, so a new reason is shown here by its name before it has words. */
static void
print_decode(struct printer *to, const uint64_t *counts)
{
    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        if (i != SYC_DROP_NONE && counts[i] > 0) {
            print_line(to, "%9llu %s", (unsigned long long)counts[i],
                       reason_words[i] != NULL ? reason_words[i] : syc_drop_name((enum syc_drop)i));
        }
    }
}

/* What was not judged and what was lost, each with its count: silence here means that nothing was. */
enum syc_status
syc_print_stats(int fd, const struct syc_run_stats *s, uint64_t judged)
{
    struct printer to = {fd, SYC_OK};
    uint64_t tcp = s->decode[SYC_DROP_NONE];

    if (judged > 0) {
        print_line(&to, "%llu record%s of %llu source%s", (unsigned long long)judged,
                   plural(judged), (unsigned long long)s->cadence.sources,
                   plural(s->cadence.sources));
    } else {
        print_line(&to, "%llu connection%s of %llu source%s in %llu TCP segment%s",
                   (unsigned long long)s->table.connections, plural(s->table.connections),
                   (unsigned long long)s->cadence.sources, plural(s->cadence.sources),
                   (unsigned long long)tcp, plural(tcp));
    }
    if (s->cadence.sources_once > 0) {
        print_line(&to,
                   "%llu of the sources sent one SYN that nobody answered: too little to judge",
                   (unsigned long long)s->cadence.sources_once);
    }
    if (s->capture.packets > tcp) {
        print_line(&to, "%llu other packet%s:", (unsigned long long)(s->capture.packets - tcp),
                   plural(s->capture.packets - tcp));
    }
    print_decode(&to, s->decode);
    print_lost(&to, s->capture.kernel_drops, "packet", "dropped by the kernel");
    print_lost(&to, s->capture.interface_drops, "packet", "dropped by the interface");
    print_lost(&to, s->table.evicted, "connection", "ended early: out of memory (--memory)");
    print_lost(&to, s->table.half_open_evicted, "unanswered SYN",
               "given up early: out of memory (--memory)");
    print_lost(&to, s->cadence.sources_evicted, "source", "forgotten: out of memory (--memory)");
    print_lost(&to, s->cadence.records_dropped, "record", "not judged: out of memory (--memory)");
    print_lost(&to, s->cadence.groups_dropped, "source",
               "in no fleet, or all services: out of memory (--memory)");
    return to.status;
}
