/*
 * What a person sees on a terminal: a row a source, or group of them, how many others there are, then what was not judged, in words.
 *
 * Rows hold texts that rule authors wrote: they go through the page's wrapping, which lets nothing pass that a
 * terminal would obey. Nothing is cut: where a line has no room for a reason, the reason takes several.
 */

#include "output/output_int.h"
#include "output/page.h"

#include <stdio.h>
#include <string.h>

/* Less than this is no room for a reason beside its row: it goes below, under the label. */
enum { REASON_LEAST = 30, REASON_BELOW = 7 };

/* ------------------------------------------------------------ rows */

/* Widths of the columns that depend on the rows, and the column where reasons begin. */
struct columns {
    int label, source, connections, reason;
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
    struct columns c = {sizeof("LABEL") - 1, sizeof("SOURCE") - 1, sizeof("CONNECTIONS") - 1, 0};

    for (size_t i = 0; i < count; i++) {
        c.label = at_least(c.label, strlen(syc_label_name(rows[i].label)));
        c.source = at_least(c.source, strlen(rows[i].source));
        c.connections = at_least(c.connections, syc_digit_count((uint64_t)rows[i].conn_count));
    }
    c.reason = 5 + 2 + c.label + 2 + c.source + 2 + c.connections + 2;
    return c;
}

/* "" for a label that does not ask for attention. */
static const char *const label_colors[SYC_LABEL_COUNT] = {
    [SYC_LABEL_AUTOMATION] = SYC_RED, [SYC_LABEL_HUMAN_LIKE] = SYC_GREEN,
    [SYC_LABEL_MIXED] = SYC_YELLOW,   [SYC_LABEL_INSUFFICIENT] = SYC_DIM,
    [SYC_LABEL_UNCLEAR] = "",
};

/* Behind the columns before it, or below them. */
static void
print_reason(struct syc_page *p, const struct columns *c, const char *reason)
{
    if (reason[0] == 0) {
        syc_page_put(p, "\n", 1);
    } else if (p->width > 0 && p->width < c->reason + REASON_LEAST) {
        syc_page_put(p, "\n", 1);
        syc_page_wrap(p, REASON_BELOW, 0, reason);
    } else {
        syc_page_put(p, "  ", 2);
        syc_page_continue(p, c->reason, reason);
    }
}

static void
print_heads(struct syc_page *p, const struct columns *c)
{
    syc_page_paint(p, SYC_BOLD);
    syc_page_print(p, "%5s  %-*s  %-*s  %*s", "SCORE", c->label, "LABEL", c->source, "SOURCE",
                   c->connections, "CONNECTIONS");
    print_reason(p, c, "STRONGEST REASON");
    syc_page_paint(p, SYC_PLAIN);
}

static void
print_row(struct syc_page *p, const struct columns *c, const struct syc_table_row *row)
{
    const char *color = label_colors[row->label];
    char score[16] = "-"; /* a number would look like a judgement */

    if (row->label != SYC_LABEL_INSUFFICIENT) {
        snprintf(score, sizeof score, "%d", row->score);
    }
    syc_page_paint(p, color);
    syc_page_print(p, "%5s  %-*s", score, c->label, syc_label_name(row->label));
    syc_page_paint(p, color[0] != 0 ? SYC_PLAIN : "");
    syc_page_print(p, "  %-*s  %*lld", c->source, row->source, c->connections,
                   (long long)row->conn_count);
    print_reason(p, c, row->reason);
}

/* "... and 39 more sources: 27 automation, 3 human-like, 9 unclear". */
static void
print_others(struct syc_page *p, const uint64_t others[SYC_LABEL_COUNT])
{
    static const enum syc_label order[SYC_LABEL_COUNT] = {SYC_LABEL_AUTOMATION, SYC_LABEL_MIXED,
                                                          SYC_LABEL_UNCLEAR, SYC_LABEL_HUMAN_LIKE,
                                                          SYC_LABEL_INSUFFICIENT};
    char line[256];
    uint64_t sum = 0;
    int n;

    for (int i = 0; i < SYC_LABEL_COUNT; i++) {
        sum += others[i];
    }
    if (sum == 0) {
        return;
    }
    n = snprintf(line, sizeof line, "... and %llu more source%s", (unsigned long long)sum,
                 sum == 1 ? "" : "s");
    for (int i = 0, said = 0; i < SYC_LABEL_COUNT; i++) {
        if (others[order[i]] > 0) {
            n += snprintf(line + n, sizeof line - (size_t)n, "%s%llu %s", said++ ? ", " : ": ",
                          (unsigned long long)others[order[i]], syc_label_name(order[i]));
        }
    }
    syc_page_wrap(p, 0, 4, line);
}

enum syc_status
syc_print_rows(int fd, const struct syc_table_row *rows, size_t count,
               const uint64_t others[SYC_LABEL_COUNT], uint64_t groups, int width, bool color)
{
    struct syc_page page = {.width = width, .color = color, .utf8 = true};
    struct columns c = measure(rows, count);

    print_heads(&page, &c);
    for (size_t i = 0; i < count; i++) {
        print_row(&page, &c, &rows[i]);
    }
    if (groups > 0) {
        syc_page_print(&page, "... and %llu more such service%s or fleet%s\n",
                       (unsigned long long)groups, SYC_PLURAL(groups), SYC_PLURAL(groups));
    }
    print_others(&page, others);
    return syc_page_end(&page, fd);
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

/*
 * A line of its own for what was lost; nothing when nothing was. Each names its cause and, where
 * there is one, the option that cures it.
 */
static void
print_lost(struct syc_page *to, uint64_t n, const char *what, const char *why)
{
    if (n > 0) {
        syc_page_print(to, "lost: %llu %s%s %s\n", (unsigned long long)n, what, SYC_PLURAL(n), why);
    }
}

/* The list is that of the decoder, so a new reason is shown here by its name before it has words. */
static void
print_decode(struct syc_page *to, const uint64_t *counts)
{
    for (int i = 0; i < SYC_DROP_COUNT; i++) {
        if (i != SYC_DROP_NONE && counts[i] > 0) {
            syc_page_print(to, "%9llu %s\n", (unsigned long long)counts[i],
                           reason_words[i] != NULL ? reason_words[i]
                                                   : syc_drop_name((enum syc_drop)i));
        }
    }
}

/* Those of whom one SYN is all that was seen, and the few stacks that most of them have. */
static void
print_once(struct syc_page *to, const struct syc_once *o)
{
    if (o->count == 0) {
        return;
    }
    syc_page_print(to, "%llu source%s of one unanswered SYN, too little to judge",
                   (unsigned long long)o->count, SYC_PLURAL(o->count));
    for (size_t i = 0; i < o->stack_count && i < 3; i++) {
        const char *os = o->stacks[i].os != NULL ? o->stacks[i].os : "no known stack";
        syc_page_print(to, "%s %llu of ", i > 0 ? "," : ":",
                       (unsigned long long)o->stacks[i].count);
        syc_page_clean(to, os, strlen(os));
    }
    syc_page_print(to, "\n");
}

/* What was not judged and what was lost, each with its count: silence here means that nothing was. */
enum syc_status
syc_print_stats(int fd, const struct syc_run_stats *s, uint64_t judged)
{
    struct syc_page to = {.utf8 = true};
    uint64_t tcp = s->decode[SYC_DROP_NONE];

    if (judged > 0) {
        syc_page_print(&to, "%llu record%s of %llu source%s\n", (unsigned long long)judged,
                       SYC_PLURAL(judged), (unsigned long long)s->cadence.sources,
                       SYC_PLURAL(s->cadence.sources));
    } else {
        syc_page_print(&to, "%llu connection%s of %llu source%s in %llu TCP segment%s\n",
                       (unsigned long long)s->table.connections, SYC_PLURAL(s->table.connections),
                       (unsigned long long)s->cadence.sources, SYC_PLURAL(s->cadence.sources),
                       (unsigned long long)tcp, SYC_PLURAL(tcp));
    }
    print_once(&to, &s->once);
    if (s->capture.packets > tcp) {
        syc_page_print(&to, "%llu other packet%s:\n",
                       (unsigned long long)(s->capture.packets - tcp),
                       SYC_PLURAL(s->capture.packets - tcp));
    }
    print_decode(&to, s->decode);
    print_lost(&to, s->capture.kernel_drops, "packet", "dropped by the kernel");
    print_lost(&to, s->capture.interface_drops, "packet", "dropped by the interface");
    print_lost(&to, s->table.evicted, "connection", "ended early: out of memory (--memory)");
    print_lost(&to, s->table.denied, "segment", "of no connection: out of memory (--memory)");
    print_lost(&to, s->table.half_open_evicted, "unanswered SYN",
               "given up early: out of memory (--memory)");
    print_lost(&to, s->cadence.sources_evicted, "source", "forgotten: out of memory (--memory)");
    print_lost(&to, s->cadence.records_dropped, "record", "not judged: out of memory (--memory)");
    print_lost(&to, s->cadence.groups_dropped, "source",
               "in no fleet, or all services: out of memory (--memory)");
    print_lost(&to, s->forgotten, "connection", "of long ago forgotten: out of memory (--memory)");
    return syc_page_end(&to, fd);
}
