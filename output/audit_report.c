/* The audit report of a terminal (lifecycle 5.2): what it will cost, since when, what helps; then the pairs in a table. */

#include "output/output_int.h"
#include "output/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH_DEFAULT = 80,
    FINDINGS_SHOWN = 12, /* two screens; all of them are in the event */
    CHARTS_SHOWN = 3,
    JUDGED_LEAST = 20, /* of fewer connections nothing but facts is said (lifecycle 5.2) */
    CURVE_LEAST = 10,  /* sockets below which a curve shows nothing that its peak does not */
};

static const char *const severity_titles[] = {"INFO", "WARNING", "CRITICAL"};
static const char *const severity_colors[] = {SYC_CYAN, SYC_YELLOW, SYC_RED};
static const char *const vantage_titles[] = {"tap unknown", "tap at the client",
                                             "tap at the server", "tap between the ends"};
static const char *const assumed_titles[] = {"default", "by the stack", "--two-msl"};

_Static_assert(sizeof severity_titles / sizeof severity_titles[0] == SYC_SEVERITY_COUNT, "titles");
_Static_assert(sizeof vantage_titles / sizeof vantage_titles[0] == SYC_VANTAGE_COUNT, "titles");
_Static_assert(sizeof assumed_titles / sizeof assumed_titles[0] == SYC_ASSUMED_COUNT, "titles");

static double
seconds(int64_t us)
{
    return (double)us / (double)SYC_US_PER_S;
}

/* ------------------------------------------------------------- header */

static void
print_counts(struct syc_page *p, const struct syc_audit_report *r)
{
    char packets[SYC_GROUPED_TEXT], connections[SYC_GROUPED_TEXT], pairs[SYC_GROUPED_TEXT];
    char line[400];

    snprintf(line, sizeof line, "%.1f s, %s packet%s, %s connection%s of %s pair%s",
             r->span_us != SYC_NONE ? seconds(r->span_us) : 0.0,
             syc_page_grouped(r->packets, packets), SYC_PLURAL(r->packets),
             syc_page_grouped(r->connections, connections), SYC_PLURAL(r->connections),
             syc_page_grouped((int64_t)r->pair_count, pairs), SYC_PLURAL(r->pair_count));
    syc_page_wrap(p, 0, 0, line);
    snprintf(line, sizeof line, "%s; 2MSL %.0f s (%s)", vantage_titles[r->vantage],
             seconds(r->two_msl_us), assumed_titles[r->two_msl_from]);
    syc_page_wrap(p, 0, 0, line);
}

/* What lowers the claims, said before them. */
static void
print_honesty(struct syc_page *p, const struct syc_audit_report *r)
{
    char line[400] = "Not everything was seen (";
    const char *comma = "";
    size_t n;

    for (size_t i = 0; i < SYC_DEGRADED_COUNT; i++) {
        if (r->degraded & (UINT32_C(1) << i)) {
            n = strlen(line);
            snprintf(line + n, sizeof line - n, "%s%s", comma, syc_degraded_words[i]);
            comma = ", ";
        }
    }
    if (r->degraded != 0) {
        n = strlen(line);
        snprintf(line + n, sizeof line - n, "): what would need it is not claimed.");
        syc_page_wrap(p, 0, 0, line);
    }
    if (r->dropped > 0) {
        snprintf(line, sizeof line,
                 "%lld record%s found no room (--memory): every count is at least what it says.",
                 (long long)r->dropped, SYC_PLURAL(r->dropped));
        syc_page_wrap(p, 0, 0, line);
    }
    if (r->pairs_left_out > 0) {
        snprintf(line, sizeof line,
                 "%lld pair%s of few connections found no room (--memory): hosts count them.",
                 (long long)r->pairs_left_out, SYC_PLURAL(r->pairs_left_out));
        syc_page_wrap(p, 0, 0, line);
    }
    if (r->findings_left_out > 0) {
        snprintf(line, sizeof line, "%lld more finding%s are left out: the worst are told.",
                 (long long)r->findings_left_out, SYC_PLURAL(r->findings_left_out));
        syc_page_wrap(p, 0, 0, line);
    }
}

static void
print_header(struct syc_page *p, const struct syc_audit_report *r,
             const struct syc_audit_view *view)
{
    syc_page_paint(p, SYC_BOLD);
    syc_page_print(p, "syncopate audit");
    if (view->input != NULL) {
        syc_page_print(p, "  ");
        syc_page_clean(p, view->input, strlen(view->input));
    }
    syc_page_paint(p, SYC_PLAIN);
    syc_page_put(p, "\n", 1);
    if (view->at_us != SYC_NONE) {
        syc_page_print(p, "as it could be said at %.1f s\n", seconds(view->at_us));
    }
    print_counts(p, r);
    print_honesty(p, r);
    syc_page_put(p, "\n", 1);
}

/* ------------------------------------------------------------- curves */

/* When the last of the curve's sockets is gone. */
static int64_t
drained_at(const struct syc_curve *c)
{
    size_t n = c->count;

    while (n > 0 && c->v[n - 1] == 0) {
        n--;
    }
    return n > 0 ? c->t0_us + (int64_t)n * c->step_us : SYC_NONE;
}

static void
print_pair_curve(struct syc_page *p, const struct syc_audit_report *r,
                 const struct syc_audit_pair *pair)
{
    const struct syc_audit_ports *ports = &pair->ports;
    bool filled = ports->capacity != SYC_NONE && ports->occupied_peak >= ports->capacity / 4;
    int64_t full =
        ports->starved_from_us != SYC_NONE ? ports->starved_from_us : ports->exhaust_at_us;
    const struct syc_chart_mark marks[] = {
        {pair->tw.t0_us, ""},
        {ports->flip_at_us, "half"},
        {full, "full"},
        {drained_at(&pair->tw), "drained"},
        {r->span_us, "end of input"},
    };
    char capacity[SYC_GROUPED_TEXT];

    syc_page_print(p, "  client ports in use, open or in TIME_WAIT");
    if (ports->capacity != SYC_NONE) {
        syc_page_print(p, ", of %s", syc_page_grouped(ports->capacity, capacity));
    }
    syc_page_put(p, "\n", 1);
    syc_chart_print(p, &pair->tw, filled ? ports->capacity : 0, marks,
                    sizeof marks / sizeof marks[0]);
}

static void
print_host_curve(struct syc_page *p, const struct syc_audit_report *r,
                 const struct syc_audit_host *h)
{
    const struct syc_chart_mark marks[] = {
        {h->tw.t0_us, ""},
        {h->tw_peak_at_us, "peak"},
        {h->tw_drains_at_us, "drained"},
        {r->span_us, "end of input"},
    };
    char addr[SYC_ADDR_TEXT];

    syc_addr_format(h->addr, h->ip_v, addr);
    syc_page_print(p, "  sockets of %s in TIME_WAIT\n", addr);
    syc_chart_print(p, &h->tw, 0, marks, sizeof marks / sizeof marks[0]);
}

/*
 * Which curves stand already. One a pair or host is enough, however many findings it has; and the ports that a client
 * holds in TIME_WAIT stand in the curve of its pair.
 */
struct shown {
    const void *of[CHARTS_SHOWN];
    const uint8_t *addr[CHARTS_SHOWN];
    size_t count;
};

/* of: the pair, or NULL for the host of this address. */
static bool
may_show(struct shown *s, const void *of, const uint8_t addr[16], const struct syc_curve *curve)
{
    for (size_t i = 0; i < s->count; i++) {
        if (of != NULL ? s->of[i] == of : memcmp(s->addr[i], addr, 16) == 0) {
            return false;
        }
    }
    if (s->count == CHARTS_SHOWN || curve->count == 0) {
        return false;
    }
    s->of[s->count] = of;
    s->addr[s->count++] = addr;
    return true;
}

/* A finding about ports has the picture of the tuple, one about TIME_WAIT that of the holder. */
static void
print_curve_of(struct syc_page *p, const struct syc_audit_report *r, const struct syc_finding *f,
               struct shown *s)
{
    const uint8_t *holder = NULL;

    if (f->pair < r->pair_count) {
        const struct syc_audit_pair *pair = &r->pairs[f->pair];

        if (strncmp(f->id, "ports.", 6) == 0 && may_show(s, pair, pair->client, &pair->tw)) {
            syc_page_put(p, "\n", 1);
            print_pair_curve(p, r, pair);
        }
        holder = strcmp(f->id, "tw.server") == 0 ? pair->server : pair->client;
    } else if (f->host < r->host_count) {
        holder = r->hosts[f->host].addr;
    }
    for (size_t i = 0; strncmp(f->id, "tw.", 3) == 0 && holder != NULL && i < r->host_count; i++) {
        const struct syc_audit_host *h = &r->hosts[i];

        if (memcmp(h->addr, holder, 16) == 0 && may_show(s, NULL, h->addr, &h->tw)) {
            syc_page_put(p, "\n", 1);
            print_host_curve(p, r, h);
        }
    }
}

/* ------------------------------------------------------------- findings */

/* "10.0.0.1 -> 10.0.0.2:80", "[2001:db8::1]:443": as an address bar has it. */
static void
format_ends(const struct syc_audit_pair *pair, char *out, size_t size)
{
    char client[SYC_ADDR_TEXT], server[SYC_ADDR_TEXT];
    bool six = pair->ip_v == 6;

    syc_addr_format(pair->client, pair->ip_v, client);
    syc_addr_format(pair->server, pair->ip_v, server);
    snprintf(out, size, "%s -> %s%s%s:%u", client, six ? "[" : "", server, six ? "]" : "",
             (unsigned)pair->server_port);
}

/* Whether an earlier finding of the same pair or host has the same fix with the same effect: once is enough to read. */
static bool
is_told(const struct syc_audit_report *r, const struct syc_finding *f, size_t fix)
{
    for (const struct syc_finding *e = r->findings; e < f; e++) {
        bool same = e->pair == f->pair && (f->pair < r->pair_count || e->host == f->host);

        for (size_t i = 0; same && i < e->fix_count; i++) {
            if (strcmp(e->fixes[i].what, f->fixes[fix].what) == 0 &&
                strcmp(e->fixes[i].effect, f->fixes[fix].effect) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void
print_finding(struct syc_page *p, const struct syc_audit_report *r, const struct syc_finding *f)
{
    char ends[2 * SYC_ADDR_TEXT + 16] = "";

    if (f->pair < r->pair_count) {
        format_ends(&r->pairs[f->pair], ends, sizeof ends);
    } else if (f->host < r->host_count) {
        syc_addr_format(r->hosts[f->host].addr, r->hosts[f->host].ip_v, ends);
    }
    syc_page_paint(p, severity_colors[f->severity]);
    syc_page_print(p, "%s %s", severity_titles[f->severity], f->id);
    syc_page_paint(p, SYC_PLAIN);
    syc_page_print(p, "  %s", ends);
    if (f->resolved_at_us != SYC_NONE) {
        syc_page_print(p, "  (withdrawn at %.1f s)", seconds(f->resolved_at_us));
    }
    syc_page_put(p, "\n", 1);
    syc_page_wrap(p, 2, 0, f->text);
    for (size_t i = 0; i < f->fix_count; i++) {
        char line[400];

        if (!is_told(r, f, i)) {
            snprintf(line, sizeof line, "- %s: %s", f->fixes[i].what, f->fixes[i].effect);
            syc_page_wrap(p, 4, 2, line);
        }
    }
}

static void
print_findings(struct syc_page *p, const struct syc_audit_report *r, struct shown *s)
{
    size_t shown = r->finding_count < FINDINGS_SHOWN ? r->finding_count : FINDINGS_SHOWN;

    for (size_t i = 0; i < shown; i++) {
        print_finding(p, r, &r->findings[i]);
        print_curve_of(p, r, &r->findings[i], s);
        syc_page_put(p, "\n", 1);
    }
    if (shown < r->finding_count) {
        syc_page_print(p, "... and %zu more finding%s: add --json\n\n", r->finding_count - shown,
                       SYC_PLURAL(r->finding_count - shown));
    }
}

/* A clean bill says what it was written on, or it could be mistaken for one that looked at nothing. */
static void
print_no_finding(struct syc_page *p, const struct syc_audit_report *r)
{
    size_t judged = 0;
    char line[400];

    if (r->connections == 0) {
        syc_page_wrap(p, 0, 0, "No TCP connection was seen, so there is nothing to audit.");
        return;
    }
    for (size_t i = 0; i < r->pair_count; i++) {
        judged += r->pairs[i].connections >= JUDGED_LEAST;
    }
    snprintf(line, sizeof line,
             "No finding. Looked for TIME_WAIT pile-ups, port exhaustion, pools that reuse too "
             "little, slow start paid "
             "again, failed handshakes, leaks, resets and loss; %zu of %zu pair%s had the %d "
             "connections that "
             "judging takes.",
             judged, r->pair_count, SYC_PLURAL(r->pair_count), JUDGED_LEAST);
    syc_page_wrap(p, 0, 0, line);
    syc_page_put(p, "\n", 1);
}

/* Where no finding brought a curve, the host that piled up most has its own. */
static void
print_largest_curve(struct syc_page *p, const struct syc_audit_report *r)
{
    const struct syc_audit_host *most = NULL;

    for (size_t i = 0; i < r->host_count; i++) {
        if (most == NULL || r->hosts[i].tw_peak > most->tw_peak) {
            most = &r->hosts[i];
        }
    }
    if (most != NULL && most->tw_peak >= CURVE_LEAST && most->tw.count > 0) {
        print_host_curve(p, r, most);
        syc_page_put(p, "\n", 1);
    }
}

enum syc_status
syc_print_audit(int fd, const struct syc_audit_report *r, const struct syc_audit_view *view)
{
    struct syc_page p = {.width = view->width > 0 ? view->width : WIDTH_DEFAULT,
                         .color = view->color,
                         .utf8 = view->utf8};
    struct shown shown = {.count = 0};

    print_header(&p, r, view);
    if (r->finding_count > 0) {
        print_findings(&p, r, &shown);
    } else {
        print_no_finding(&p, r);
    }
    if (shown.count == 0) {
        print_largest_curve(&p, r);
    }
    syc_pairs_print(&p, r);
    return syc_page_end(&p, fd);
}
