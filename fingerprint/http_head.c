/*
 * The head of an HTTP/1 request: its first line, the names of its headers and the User-Agent.
 *
 *    GET /path?secret HTTP/1.1 CR LF         method, version; the target is passed over
 *    Host: value CR LF                       names in order, as written
 *    User-Agent: value CR LF                 the one value that is kept
 *    CR LF                                   here it ends
 *
 * Values are an outsider's and may be secrets (cookies, credentials): none but the User-Agent is
 * pointed at. A head that is malformed in one line is still one: what scanners and simple tools
 * send is what this is for.
 */

#include "fingerprint/fingerprint.h"

#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------ the method */

/*
 * RFC 9110 9.1, and PATCH of RFC 5789. Octets of the method that s, not empty, begins with, its
 * space not counted; 0: none. *more: s is too short to tell, and is the beginning of one.
 */
static size_t
method_octets(struct syc_span s, bool *more)
{
    static const char *const methods[] = {"GET ",     "HEAD ",    "POST ",  "PUT ",  "DELETE ",
                                          "CONNECT ", "OPTIONS ", "TRACE ", "PATCH "};

    *more = false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        size_t n = strlen(methods[i]);
        if (s.p[0] != (uint8_t)methods[i][0] || memcmp(s.p, methods[i], s.n < n ? s.n : n) != 0) {
            continue;
        }
        if (s.n >= n) {
            return n - 1;
        }
        *more = true;
    }
    return 0;
}

bool
syc_http_request_starts(struct syc_span payload)
{
    bool more;

    return payload.n > 0 && method_octets(payload, &more) > 0;
}

/* ------------------------------------------------------------ where it ends */

/* The empty line that a head ends with begins at `at`, behind an LF: its octets, or 0. */
static size_t
empty_line(struct syc_span s, size_t at)
{
    if (at < s.n && s.p[at] == '\n') {
        return 1;
    }
    return at + 1 < s.n && s.p[at] == '\r' && s.p[at + 1] == '\n' ? 2 : 0;
}

enum syc_head
syc_http_head_find(struct syc_span octets, size_t seen, size_t *length)
{
    bool more = true;
    size_t at = seen > 2 ? seen - 2 : 0; /* LF, CR: the end may have been cut between them */

    if (octets.n > 0 && method_octets(octets, &more) == 0) {
        return more ? SYC_HEAD_MORE : SYC_HEAD_NOT;
    }
    while (at < octets.n) {
        const uint8_t *lf = memchr(octets.p + at, '\n', octets.n - at);
        size_t empty;
        if (lf == NULL) {
            break;
        }
        at = (size_t)(lf - octets.p) + 1;
        empty = empty_line(octets, at);
        if (empty > 0) {
            *length = at + empty;
            return SYC_HEAD_WHOLE;
        }
    }
    return SYC_HEAD_MORE;
}

/* ------------------------------------------------------------ lines */

/* The next whole line without its end; false when none is left. */
static bool
next_line(struct syc_span *rest, struct syc_span *line)
{
    const uint8_t *lf = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n;

    if (lf == NULL) {
        return false;
    }
    n = (size_t)(lf - rest->p);
    *line = syc_span_part(*rest, 0, n > 0 && rest->p[n - 1] == '\r' ? n - 1 : n);
    *rest = syc_span_from(*rest, n + 1);
    return true;
}

/* "HTTP/1.1" at the end of the first line, behind a method and a target (RFC 9112 3). */
static bool
read_request_line(struct syc_span line, struct syc_http_head *out)
{
    enum { VERSION_OCTETS = 8 };
    bool more;
    size_t method = line.n > 0 ? method_octets(line, &more) : 0;
    const uint8_t *version;

    if (method == 0 || line.n < method + 2 + VERSION_OCTETS) {
        return false;
    }
    version = line.p + line.n - VERSION_OCTETS;
    if (version[-1] != ' ' || memcmp(version, "HTTP/1.", 7) != 0 || version[7] < '0' ||
        version[7] > '9') {
        return false;
    }
    out->method = syc_span_part(line, 0, method);
    out->version = (struct syc_span){version + 5, 3};
    return true;
}

/* RFC 9110 5.6.2: what a name may be made of. */
static bool
is_token(struct syc_span s)
{
    static const bool allowed[256] = {
        ['0' ... '9'] = true,  ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['!'] = true,
        ['#' ... '\''] = true, ['*'] = true,         ['+'] = true,         ['-'] = true,
        ['.'] = true,          ['^' ... '`'] = true, ['|'] = true,         ['~'] = true,
    };

    for (size_t i = 0; i < s.n; i++) {
        if (!allowed[s.p[i]]) {
            return false;
        }
    }
    return s.n > 0;
}

static struct syc_span
trim(struct syc_span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = syc_span_from(s, 1);
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

/*
 * A line that begins with a blank continues the one before it (obs-fold); it has no name, as a line
 * without a colon has none.
 */
static void
read_header(struct syc_span line, struct syc_http_head *out)
{
    static const char user_agent[] = "user-agent";
    const uint8_t *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
    struct syc_span name;

    if (colon == NULL) {
        return;
    }
    name = syc_span_part(line, 0, (size_t)(colon - line.p));
    if (!is_token(name)) {
        return;
    }
    if (out->name_count < SYC_HTTP_NAMES) {
        out->names[out->name_count++] = name;
    }
    if (out->user_agent.n == 0 && name.n == sizeof user_agent - 1 &&
        strncasecmp((const char *)name.p, user_agent, name.n) == 0) {
        out->user_agent =
            syc_span_part(trim(syc_span_from(line, name.n + 1)), 0, SYC_USER_AGENT_OCTETS);
    }
}

bool
syc_http_head_read(struct syc_span head, bool whole, struct syc_http_head *out)
{
    struct syc_span line;

    out->name_count = 0;
    out->user_agent = (struct syc_span){NULL, 0};
    if (!next_line(&head, &line) || !read_request_line(line, out)) {
        return false;
    }
    while (next_line(&head, &line) && line.n > 0) {
        read_header(line, out);
    }
    if (!whole) {
        out->name_count = 0; /* those that are missing would look as if they had not been sent */
    }
    return true;
}
