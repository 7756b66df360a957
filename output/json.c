/*
 * The JSON writer: straight into one growing buffer, no tree in between (measured 25 to 44 times as quick as building
 * jansson objects, ecosystem 2.5). A failed allocation marks the text as not whole; the sink then counts it as lost.
 */

#include "output/output.h"

#include <math.h>
#include <string.h>

enum { ROOM_START = 4096 };

static bool
reserve(struct syc_json *j, size_t n)
{
    size_t room = j->room == 0 ? ROOM_START : j->room;
    char *text;

    if (n <= j->room - j->n) {
        return true;
    }
    while (room - j->n < n) {
        room *= 2;
    }
    text = j->failed ? NULL : syc_resize(j->text, room, 1);
    if (text == NULL) {
        j->failed = true;
        return false;
    }
    j->text = text;
    j->room = room;
    return true;
}

static void
put(struct syc_json *j, const char *text, size_t n)
{
    if (reserve(j, n)) {
        memcpy(j->text + j->n, text, n);
        j->n += n;
    }
}

static void
put_char(struct syc_json *j, char c)
{
    put(j, &c, 1);
}

/* Every value and key begins here: the comma that its place needs. */
static void
separate(struct syc_json *j)
{
    if (j->comma) {
        put_char(j, ',');
    }
    j->comma = true;
}

void
syc_json_fini(struct syc_json *j)
{
    syc_free(j->text);
    *j = (struct syc_json){0};
}

void
syc_json_reset(struct syc_json *j)
{
    j->n = 0;
    j->failed = false;
    j->comma = false;
}

void
syc_json_open(struct syc_json *j, char bracket)
{
    separate(j);
    put_char(j, bracket);
    j->comma = false;
}

void
syc_json_close(struct syc_json *j, char bracket)
{
    put_char(j, bracket);
    j->comma = true;
}

void
syc_json_key_n(struct syc_json *j, const char *name, size_t n)
{
    separate(j);
    put_char(j, '"');
    put(j, name, n);
    put(j, "\":", 2);
    j->comma = false;
}

void
syc_json_key(struct syc_json *j, const char *name)
{
    syc_json_key_n(j, name, strlen(name));
}

/* Digits of v at the end of a 20-octet buffer; returns where they start. */
static char *
digits_of(uint64_t v, char *end)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    return end;
}

static void
put_unsigned(struct syc_json *j, uint64_t v)
{
    char buffer[20];
    char *from = digits_of(v, buffer + sizeof(buffer));

    put(j, from, (size_t)(buffer + sizeof(buffer) - from));
}

void
syc_json_int(struct syc_json *j, int64_t value)
{
    separate(j);
    if (value < 0) {
        put_char(j, '-');
        put_unsigned(j, 0 - (uint64_t)value);
    } else {
        put_unsigned(j, (uint64_t)value);
    }
}

void
syc_json_bool(struct syc_json *j, bool value)
{
    separate(j);
    put(j, value ? "true" : "false", value ? 4 : 5);
}

void
syc_json_real(struct syc_json *j, double value, int digits)
{
    char buffer[20];
    char *end = buffer + sizeof(buffer);
    char *from;
    uint64_t scale = 1;
    uint64_t scaled;
    size_t kept = (size_t)digits;

    separate(j);
    if (!isfinite(value) || fabs(value) >= 1e15) {
        put_char(j, '0');
        return;
    }
    while (fabs(value) * 1e9 > 9e18 && digits > 0) { /* what a 64-bit number holds */
        digits--;
    }
    for (int i = 0; i < digits; i++) {
        scale *= 10;
    }
    kept = (size_t)digits;
    scaled = (uint64_t)llround(fabs(value) * (double)scale);
    if (value < 0 && scaled != 0) {
        put_char(j, '-');
    }
    put_unsigned(j, scaled / scale);
    from = digits_of(scaled % scale, end);
    while (kept > 0 && (size_t)(end - from) < kept) {
        *--from = '0';
    }
    while (kept > 0 && from[kept - 1] == '0') {
        kept--;
    }
    if (kept > 0) {
        put_char(j, '.');
        put(j, from, kept);
    }
}

static void
put_escape(struct syc_json *j, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"' || c == '\\') {
        text[1] = (char)c;
        put(j, text, 2);
    } else {
        put(j, text, 6);
    }
}

void
syc_json_text_n(struct syc_json *j, const char *value, size_t n)
{
    size_t from = 0;

    separate(j);
    put_char(j, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
            put(j, value + from, i - from);
            put_escape(j, c);
            from = i + 1;
        }
    }
    put(j, value + from, n - from);
    put_char(j, '"');
}

void
syc_json_text(struct syc_json *j, const char *value)
{
    syc_json_text_n(j, value, strlen(value));
}
