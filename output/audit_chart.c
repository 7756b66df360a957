/* A curve in letters: eight heights a letter where block letters can be shown, three where only ASCII can. */

#include "output/page.h"

#include <stdio.h>
#include <string.h>

enum {
    ROWS = 6,
    LEVELS = 8,         /* heights of one letter */
    COLUMNS_MAX = 160,  /* more would be wider than the eye follows */
    COLUMNS_LEAST = 16, /* fewer would be no curve */
    LABEL_LINES = 2,
    LABEL_ROOM = 40,
};

static const char *const blocks[LEVELS + 1] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                               "\u2585", "\u2586", "\u2587", "\u2588"};
static const char *const ascii[LEVELS + 1] = {" ", ".", ".", ".", ":", ":", ":", "#", "#"};

struct chart {
    const struct syc_curve *curve;
    int64_t top;
    int columns, label_width;
    uint32_t height[COLUMNS_MAX]; /* most of the values that fall into the column */
    bool ticked[COLUMNS_MAX];
    char labels[LABEL_LINES][COLUMNS_MAX + 1];
};

/* The most of what a column stands for: a peak of one step must not vanish between two columns. */
static void
measure(struct chart *c)
{
    const struct syc_curve *curve = c->curve;
    int64_t most = 0;

    for (size_t i = 0; i < curve->count; i++) {
        size_t from = i * (size_t)c->columns / curve->count;
        size_t to = ((i + 1) * (size_t)c->columns - 1) / curve->count;

        for (size_t at = from; at <= to; at++) { /* fewer values than columns: a value is wide */
            c->height[at] = curve->v[i] > c->height[at] ? curve->v[i] : c->height[at];
        }
        most = curve->v[i] > most ? curve->v[i] : most;
    }
    c->top = c->top > most ? c->top : most;
    c->top = c->top > 0 ? c->top : 1;
}

/* Eighths of the letter in this row (0 = lowest) that the value fills; what is there at all shows at least one. */
static int
level_of(const struct chart *c, uint32_t value, int row)
{
    int64_t filled = ((int64_t)value * ROWS * LEVELS + c->top - 1) / c->top - row * LEVELS;

    return filled < 0 ? 0 : filled > LEVELS ? LEVELS : (int)filled;
}

static void
print_row(struct syc_page *p, const struct chart *c, int row)
{
    const char *const *letters = p->utf8 ? blocks : ascii;
    char number[24] = "";
    int last = c->columns;

    if (row == ROWS - 1) {
        snprintf(number, sizeof number, "%lld", (long long)c->top);
    } else if (row == ROWS / 2 - 1 && c->top % 2 == 0) {
        snprintf(number, sizeof number, "%lld", (long long)(c->top / 2)); /* its upper edge */
    }
    while (last > 0 && level_of(c, c->height[last - 1], row) == 0) {
        last--;
    }
    syc_page_print(p, "  %*s %s", c->label_width, number, p->utf8 ? "\u2502" : "|");
    for (int i = 0; i < last; i++) {
        syc_page_fill(p, letters[level_of(c, c->height[i], row)], 1);
    }
    syc_page_put(p, "\n", 1);
}

/* The column of a moment, -1 outside of the curve. */
static int
column_of(const struct chart *c, int64_t at_us)
{
    const struct syc_curve *curve = c->curve;
    int64_t span = (int64_t)curve->count * curve->step_us;
    int64_t since = at_us - curve->t0_us;

    if (at_us == SYC_NONE || since < 0 || since > span || span <= 0) {
        return -1;
    }
    since = (int64_t)((double)since / (double)span * c->columns);
    return since < c->columns ? (int)since : c->columns - 1;
}

/* Into the first line where there is room, with a space on both sides. */
static bool
place_label(struct chart *c, int column, const char *text)
{
    int n = (int)strlen(text);
    int at = column + n <= c->columns ? column : c->columns - n;

    for (int line = 0; line < LABEL_LINES && at >= 0; line++) {
        int from = at > 0 ? at - 1 : 0;
        int to = at + n < c->columns ? at + n + 1 : c->columns;
        bool free = true;

        for (int i = from; i < to; i++) {
            free &= c->labels[line][i] == ' ';
        }
        if (free) {
            memcpy(c->labels[line] + at, text, (size_t)n);
            return true;
        }
    }
    return false;
}

static void
place_marks(struct chart *c, const struct syc_chart_mark *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int column = column_of(c, marks[i].at_us);
        char text[LABEL_ROOM];
        int digits = marks[i].at_us % SYC_US_PER_S == 0 ? 0 : 1;

        if (column < 0) {
            continue;
        }
        snprintf(text, sizeof text, "%.*f s%s%s", digits,
                 (double)marks[i].at_us / (double)SYC_US_PER_S, marks[i].word[0] != '\0' ? " " : "",
                 marks[i].word);
        if (place_label(c, column, text)) {
            c->ticked[column] = true;
        }
    }
}

static void
print_axis(struct syc_page *p, const struct chart *c)
{
    syc_page_print(p, "  %*s ", c->label_width, "0");
    syc_page_fill(p, p->utf8 ? "\u2514" : "+", 1);
    for (int i = 0; i < c->columns; i++) {
        syc_page_fill(p,
                      p->utf8        ? (c->ticked[i] ? "\u252c" : "\u2500")
                      : c->ticked[i] ? "+"
                                     : "-",
                      1);
    }
    syc_page_put(p, "\n", 1);
    for (int line = 0; line < LABEL_LINES; line++) {
        size_t n = (size_t)c->columns;

        while (n > 0 && c->labels[line][n - 1] == ' ') {
            n--;
        }
        if (n > 0) {
            syc_page_fill(p, " ", c->label_width + 4);
            syc_page_put(p, c->labels[line], n);
            syc_page_put(p, "\n", 1);
        }
    }
}

void
syc_chart_print(struct syc_page *p, const struct syc_curve *curve, int64_t top,
                const struct syc_chart_mark *marks, size_t mark_count)
{
    struct chart c = {.curve = curve, .top = top};
    char widest[24];
    int room;

    if (curve->count == 0 || curve->count > SIZE_MAX / COLUMNS_MAX) {
        return;
    }
    c.columns = 1;
    measure(&c); /* the top, which the columns then know the room of */
    c.label_width = snprintf(widest, sizeof widest, "%lld", (long long)c.top);
    room = p->width > 0 ? p->width - c.label_width - 4 : COLUMNS_MAX;
    room = room > COLUMNS_MAX ? COLUMNS_MAX : room;
    c.columns = room < COLUMNS_LEAST ? COLUMNS_LEAST : room;
    memset(c.height, 0, sizeof c.height);
    memset(c.labels, ' ', sizeof c.labels);
    measure(&c);
    place_marks(&c, marks, mark_count);
    for (int row = ROWS - 1; row >= 0; row--) {
        print_row(p, &c, row);
    }
    print_axis(p, &c);
}
