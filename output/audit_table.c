/* The table of pairs: a row a pair, as many columns as the width takes. */

#include "output/output_int.h"
#include "output/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_SHOWN = 12, CELL = 64 };

enum column {
    CLIENT,
    SERVER,
    CONNECTIONS,
    ESTABLISHED,
    PER_CONNECTION,
    OPEN,
    TIME_WAIT,
    PORTS,
    CLOSER,
    SETUP,
    AVOIDABLE,
    OVERHEAD,
    COLUMNS
};

static const char *const titles[COLUMNS] = {
    "CLIENT",  "SERVER", "CONNS",  "EST",       "REQ/CONN",  "OPEN",
    "TW PEAK", "PORTS",  "CLOSER", "SETUP P50", "AVOIDABLE", "OVERHEAD",
};

/* Left out in this order when the width is short; what is not named stays. */
static const enum column expendable[] = {SETUP,  ESTABLISHED, OPEN,      OVERHEAD,
                                         CLOSER, PORTS,       TIME_WAIT, PER_CONNECTION};

struct table {
    const struct syc_audit_pair *pairs[ROWS_SHOWN];
    size_t count;
    char cells[ROWS_SHOWN][COLUMNS][CELL];
    int width[COLUMNS]; /* 0 = left out */
};

/* ------------------------------------------------------------- which */

static bool
is_chosen(const struct table *t, const struct syc_audit_pair *pair)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->pairs[i] == pair) {
            return true;
        }
    }
    return false;
}

/* The pair with most connections that has no row yet, NULL when all have one. */
static const struct syc_audit_pair *
busiest(const struct table *t, const struct syc_audit_report *r)
{
    const struct syc_audit_pair *most = NULL;

    for (size_t i = 0; i < r->pair_count; i++) {
        const struct syc_audit_pair *pair = &r->pairs[i];

        if ((most == NULL || pair->connections > most->connections) && !is_chosen(t, pair)) {
            most = pair;
        }
    }
    return most;
}

static void
choose(struct table *t, const struct syc_audit_report *r)
{
    const struct syc_audit_pair *pair;

    for (size_t i = 0; i < r->finding_count && t->count < ROWS_SHOWN; i++) {
        if (r->findings[i].pair < r->pair_count && !is_chosen(t, &r->pairs[r->findings[i].pair])) {
            t->pairs[t->count++] = &r->pairs[r->findings[i].pair];
        }
    }
    while (t->count < ROWS_SHOWN && (pair = busiest(t, r)) != NULL) {
        t->pairs[t->count++] = pair;
    }
}

/* ------------------------------------------------------------- cells */

/* What is not known is a dash: an empty cell would shift the eye. */
static void
put_int(char cell[CELL], int64_t n)
{
    if (n != SYC_NONE) {
        snprintf(cell, CELL, "%lld", (long long)n);
    }
}

static void
put_real(char cell[CELL], double value, double factor, const char *unit)
{
    if (isfinite(value)) {
        snprintf(cell, CELL, "%.*f%s", unit[0] == ' ' || unit[0] == '\0' ? 1 : 0, value * factor,
                 unit);
    }
}

static void
fill_row(char row[COLUMNS][CELL], const struct syc_audit_pair *pair)
{
    char addr[SYC_ADDR_TEXT];

    for (int i = 0; i < COLUMNS; i++) {
        snprintf(row[i], CELL, "-");
    }
    syc_addr_format(pair->client, pair->ip_v, addr);
    snprintf(row[CLIENT], CELL, "%s", addr);
    syc_addr_format(pair->server, pair->ip_v, addr);
    snprintf(row[SERVER], CELL, pair->ip_v == 6 ? "[%s]:%u" : "%s:%u", addr,
             (unsigned)pair->server_port);
    put_int(row[CONNECTIONS], pair->connections);
    put_int(row[ESTABLISHED], pair->established);
    put_real(row[PER_CONNECTION], pair->pool.per_connection_mean, 1, "");
    put_int(row[OPEN], pair->pool.open_peak);
    put_int(row[TIME_WAIT], pair->time_wait_peak);
    if (pair->ports.capacity != SYC_NONE) {
        put_real(row[PORTS], pair->ports.occupied_ratio, 100, "%");
    }
    if (pair->pool.closer != NULL) {
        snprintf(row[CLOSER], CELL, "%s", pair->pool.closer);
    }
    put_real(row[SETUP], pair->handshake.setup_p50_ms, 1, " ms");
    put_int(row[AVOIDABLE], pair->pool.avoidable);
    put_real(row[OVERHEAD], pair->overhead.ratio, 100, "%");
}

/* ------------------------------------------------------------- columns */

static int
total_width(const struct table *t)
{
    int total = -2;

    for (int i = 0; i < COLUMNS; i++) {
        total += t->width[i] > 0 ? t->width[i] + 2 : 0;
    }
    return total;
}

static void
measure(struct table *t, int width)
{
    for (int c = 0; c < COLUMNS; c++) {
        t->width[c] = (int)strlen(titles[c]);
        for (size_t i = 0; i < t->count; i++) {
            int n = (int)strlen(t->cells[i][c]);
            t->width[c] = n > t->width[c] ? n : t->width[c];
        }
    }
    for (size_t i = 0;
         width > 0 && total_width(t) > width && i < sizeof expendable / sizeof expendable[0]; i++) {
        t->width[expendable[i]] = 0;
    }
}

static void
print_cells(struct syc_page *p, const struct table *t, const char *const *row)
{
    const char *between = "";

    for (int i = 0; i < COLUMNS; i++) {
        bool left = i == CLIENT || i == SERVER || i == CLOSER;

        if (t->width[i] > 0) {
            syc_page_print(p, left ? "%s%-*s" : "%s%*s", between, t->width[i], row[i]);
            between = "  ";
        }
    }
    syc_page_put(p, "\n", 1);
}

void
syc_pairs_print(struct syc_page *p, const struct syc_audit_report *r)
{
    struct table t = {.count = 0};
    const char *row[COLUMNS];

    choose(&t, r);
    if (t.count == 0) {
        return;
    }
    for (size_t i = 0; i < t.count; i++) {
        fill_row(t.cells[i], t.pairs[i]);
    }
    measure(&t, p->width);
    syc_page_paint(p, SYC_BOLD);
    print_cells(p, &t, titles);
    syc_page_paint(p, SYC_PLAIN);
    for (size_t i = 0; i < t.count; i++) {
        for (int c = 0; c < COLUMNS; c++) {
            row[c] = t.cells[i][c];
        }
        print_cells(p, &t, row);
    }
    if (r->pair_count > t.count) {
        syc_page_print(p, "... and %zu more pair%s: add --json\n", r->pair_count - t.count,
                       SYC_PLURAL(r->pair_count - t.count));
    }
}
