/*
 * How far a run is, on standard error: a line that is drawn anew on a terminal, with -v a message
 * now and then elsewhere. It is asked for often and looks at the clock each time; what it says
 * costs only when its time has come.
 *
 *    terminal, TERM not dumb, events elsewhere   bar: after 0.5 s, then every 0.1 s
 *    else, with -v                               a message every 10 s
 *    else, or with -q                            nothing
 *
 * Invariant: at most one line stands on the terminal, and whoever writes there takes it away first
 * (syc_progress_hide). So no message is ever glued to half a bar, and a run that ends leaves
 * nothing behind.
 */

#include "tools/tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_WIDTH = 80, BAR_FROM_WIDTH = 70, BAR_CELLS = 20, LINE_ROOM = 256 };

#define FIRST_NS  (SYC_NS_PER_S / 2) /* a run that is over by then needs no display */
#define REDRAW_NS (SYC_NS_PER_S / 10)
#define LINE_NS   (10 * SYC_NS_PER_S)

/* Of the process, as standard error is: messages have to know whether a line stands there. */
static struct {
    const struct syc_engine *engine; /* NULL: nothing is shown */
    bool bar;                        /* else messages */
    bool drawn;
    int64_t began_ns, next_ns;
    int64_t sample_ns; /* when the rate was last looked at, and how many packets there were */
    uint64_t sample_packets;
    bool sampled;
    double rate; /* packets a second */
} shown;

/*
 * The monotonic clock: a step of the wall clock must not freeze the display or show a negative
 * rate.
 */
static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SYC_NS_PER_S + now.tv_nsec;
}

/* ------------------------------------------------------------ the words */

/* "980", "31.2 k", "4.1 M": three digits that can be read at a glance. */
static void
format_count(double n, char *out, size_t size)
{
    static const char units[] = " kMGTP";
    size_t u = 0;

    while (n >= 999.5 && u + 1 < sizeof(units) - 1) {
        n /= 1000;
        u++;
    }
    snprintf(out, size, u == 0 ? "%.0f" : n < 9.95 ? "%.1f %c" : "%.0f %c", n, units[u]);
}

/*
 * Coarser the longer it takes, as the guess is; held at 100 h, so a stalled pipe prints no
 * nonsense.
 */
static void
format_left(double seconds, char *out, size_t size)
{
    unsigned long s = seconds < 360000 ? (unsigned long)(seconds + 0.5) : 360000;

    if (s < 100) {
        snprintf(out, size, "%lu s left", s);
    } else if (s < 6000) {
        snprintf(out, size, "%lu min left", (s + 30) / 60);
    } else {
        snprintf(out, size, "%lu h left", (s + 1800) / 3600);
    }
}

/*
 * A mean of about the last two seconds, weighted to the newer: a slow start does not stay in it, a
 * burst does not jump.
 */
static void
sample_rate(const struct syc_progress *p, int64_t now)
{
    double seconds = (double)(now - shown.sample_ns + 1) / 1e9;
    double here = (double)(p->packets - shown.sample_packets) / seconds;

    shown.rate += (here - shown.rate) * (shown.sampled ? seconds / (seconds + 1) : 1);
    shown.sampled = true;
    shown.sample_ns = now;
    shown.sample_packets = p->packets;
}

/* "42 %  2.6 of 6.1 GB  4.1 M packets/s  12 s left", as much of it as is known. */
static void
format_progress(const struct syc_progress *p, int64_t now, char *out, size_t size)
{
    char done[16], total[16], packets[16], rate[16], left[32] = "";
    uint64_t most = p->done < p->total ? p->done : p->total; /* a file may grow while it is read */
    double elapsed = (double)(now - shown.began_ns) / 1e9;

    format_count((double)p->done, done, sizeof(done));
    format_count((double)p->packets, packets, sizeof(packets));
    format_count(shown.rate, rate, sizeof(rate));
    if (p->total == 0) {
        snprintf(out, size, "%s packets  %s packets/s", packets, rate);
        return;
    }
    format_count((double)p->total, total, sizeof(total));
    if (most > 0) {
        format_left(elapsed * (double)(p->total - most) / (double)most, left, sizeof(left));
    }
    snprintf(out, size, "%3.0f %%  %sB of %sB  %s packets/s  %s",
             100 * (double)most / (double)p->total, done, total, rate, left);
}

/* ------------------------------------------------------------ the terminal */

/*
 * Of standard error, where the line stands: standard output may be a file. Asked for each line, as
 * windows change.
 */
static int
terminal_width(void)
{
    struct winsize size = {0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                           : DEFAULT_WIDTH;
}

/* "[######              ] " where the terminal is wide enough and the end is known; returns its columns. */
static size_t
format_bar(const struct syc_progress *p, int width, char *out, size_t size)
{
    size_t cells;

    if (p->total == 0 || width < BAR_FROM_WIDTH || size < BAR_CELLS + 4) {
        return 0;
    }
    cells =
        (size_t)((double)(p->done < p->total ? p->done : p->total) * BAR_CELLS / (double)p->total);
    memset(out, ' ', BAR_CELLS + 3);
    memset(out + 1, '#', cells);
    out[0] = '[';
    out[BAR_CELLS + 1] = ']';
    return BAR_CELLS + 3;
}

/* One write(2), so that the line comes whole; what does not fit the terminal would wrap and stay. */
static void
draw(const struct syc_progress *p, int64_t now)
{
    char line[LINE_ROOM], text[LINE_ROOM / 2];
    int width = terminal_width();
    size_t bar = format_bar(p, width, text, sizeof(text));
    int n;

    if (tcgetpgrp(STDERR_FILENO) != getpgrp()) {
        return; /* in the background: the terminal is another program's */
    }
    format_progress(p, now, text + bar, sizeof(text) - bar);
    n = snprintf(line, sizeof(line), "\r%.*s\033[K", width - 1, text);
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0) {
        shown.engine = NULL; /* no terminal any more */
        return;
    }
    shown.drawn = true;
}

void
syc_progress_hide(void)
{
    static const char erase[] = "\r\033[K";

    if (shown.drawn) {
        shown.drawn = false;
        if (write(STDERR_FILENO, erase, sizeof(erase) - 1) < 0) {
            shown.engine = NULL;
        }
    }
}

/* ------------------------------------------------------------ a run */

/* Events on the same terminal and a line that is drawn anew there would be one mess. */
static bool
wants_bar(const struct syc_run *run)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && (run->human || !isatty(STDOUT_FILENO)) && term != NULL &&
           strcmp(term, "dumb") != 0;
}

/* engine == NULL is what makes ticks free for runs that show nothing. */
void
syc_progress_begin(const struct syc_run *run)
{
    const struct syc_options *o = run->options;

    memset(&shown, 0, sizeof(shown));
    shown.bar = wants_bar(run);
    if (o->quiet || (!shown.bar && !o->verbose)) {
        return;
    }
    shown.engine = run->engine;
    shown.began_ns = shown.sample_ns = now_ns();
    shown.next_ns = shown.began_ns + (shown.bar ? FIRST_NS : LINE_NS);
}

/* The engine calls this between batches; everything costly is behind the comparison of two times. */
void
syc_progress_tick(void *user)
{
    char text[LINE_ROOM / 2];
    struct syc_progress p;
    int64_t now;

    (void)user;
    if (shown.engine == NULL) {
        return;
    }
    now = now_ns();
    if (now < shown.next_ns) {
        return;
    }
    syc_engine_progress(shown.engine, &p);
    sample_rate(&p, now);
    if (shown.bar) {
        draw(&p, now);
        shown.next_ns = now + REDRAW_NS;
    } else {
        format_progress(&p, now, text, sizeof(text));
        syc_say("%s", text + strspn(text, " "));
        shown.next_ns = now + LINE_NS;
    }
}

void
syc_progress_end(void)
{
    syc_progress_hide();
    shown.engine = NULL;
}
