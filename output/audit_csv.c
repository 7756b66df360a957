/* The curves of an audit as CSV, for a spreadsheet or gnuplot. */

#include "output/page.h"

#include <stdio.h>
#include <string.h>

/* "12.5": seconds without the zeros that say nothing. */
static void
format_seconds(int64_t us, char *out, size_t size)
{
    size_t n;

    snprintf(out, size, "%s%lld.%06lld", us < 0 ? "-" : "",
             (long long)((us < 0 ? -us : us) / SYC_US_PER_S),
             (long long)((us < 0 ? -us : us) % SYC_US_PER_S));
    for (n = strlen(out); out[n - 1] == '0'; n--) {
        out[n - 1] = '\0';
    }
    if (out[n - 1] == '.') {
        out[n - 1] = '\0';
    }
}

/* Addresses and ports hold no comma, quote or line break, so no cell needs quotes. */
static void
put_curve(struct syc_page *p, const char *host, const char *pair, const struct syc_curve *curve,
          bool occupied)
{
    for (size_t i = 0; i < curve->count; i++) {
        char at[32];

        format_seconds(curve->t0_us + (int64_t)i * curve->step_us, at, sizeof at);
        syc_page_print(p, "%s,%s,%s,%s%u%s\n", host, pair, at, occupied ? "," : "", curve->v[i],
                       occupied ? "" : ",");
    }
}

enum syc_status
syc_print_audit_csv(int fd, const struct syc_audit_report *r)
{
    struct syc_page p = {.width = 0};
    char client[SYC_ADDR_TEXT], server[SYC_ADDR_TEXT], pair[SYC_ADDR_TEXT + 16];

    syc_page_print(&p, "host,pair,seconds,time_wait,occupied\n");
    for (size_t i = 0; i < r->host_count; i++) {
        syc_addr_format(r->hosts[i].addr, r->hosts[i].ip_v, client);
        put_curve(&p, client, "", &r->hosts[i].tw, false);
    }
    for (size_t i = 0; i < r->pair_count; i++) {
        const struct syc_audit_pair *of = &r->pairs[i];

        syc_addr_format(of->client, of->ip_v, client);
        syc_addr_format(of->server, of->ip_v, server);
        snprintf(pair, sizeof pair, of->ip_v == 6 ? "[%s]:%u" : "%s:%u", server,
                 (unsigned)of->server_port);
        put_curve(&p, client, pair, &of->tw, true);
    }
    return syc_page_end(&p, fd);
}
