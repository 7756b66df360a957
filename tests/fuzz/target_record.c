/*
 * A line of connection events, as `judge` reads it.
 *
 * Claims: reading is a function of the line; a refusal says why in printable words; what is taken is JSON to jansson, too,
 * and the record's numbers and texts are those that jansson finds at their paths; a record that was taken, written and
 * read again is the same record, and written again the same text; facts and matches can be made of it.
 */

#include "tests/fuzz/check_read.h"
#include "tests/fuzz/fuzz.h"

#include "engine/engine.h"

#include <jansson.h>
#include <string.h>

static void
check_error(enum syc_status status, const struct syc_error *err, size_t size)
{
    size_t n = strnlen(err->text, sizeof err->text);

    FUZZ_HOLDS(status == SYC_SYNTAX || status == SYC_NOT_FOUND, "status %d", (int)status);
    if (status == SYC_SYNTAX) {
        FUZZ_HOLDS(n > 0 && n < sizeof err->text && fuzz_is_printable(err->text, n), "%s",
                   err->text);
        FUZZ_HOLDS(err->column <= size + 1, "column %u of %zu", err->column, size);
    }
}

/* The value at a dotted path, NULL when it is not there. */
static const json_t *
value_at(const json_t *v, const char *path)
{
    for (size_t n; v != NULL && *path != '\0'; path += n + (path[n] == '.')) {
        n = strcspn(path, ".");
        v = json_object_getn(v, path, n);
    }
    return v;
}

static void
check_number(const struct syc_record *r, const struct syc_record_number *row, const json_t *v)
{
    int64_t n = syc_record_get(r, row), want = json_integer_value(v);

    if (v == NULL) { /* two are derived where they are absent */
        FUZZ_HOLDS(n == SYC_NONE || strcmp(row->path, "client_known") == 0 ||
                       strcmp(row->path, "flow.dur_us") == 0,
                   "%s is %lld", row->path, (long long)n);
        return;
    }
    if (row->kind == SYC_NUMBER_WORD) {
        FUZZ_HOLDS(strcmp(row->words[n], json_string_value(v)) == 0, "%s", row->path);
        return;
    }
    want = json_is_boolean(v) ? json_is_true(v) : want;
    FUZZ_HOLDS(n == want, "%s is %lld", row->path, (long long)n);
}

/*
 * Another parser's tree. It refuses some JSON that ours passes over in members without meaning (numbers beyond 64 bits,
 * lone surrogates, deep nesting, zeros in names), and of a name given twice, which may be such a member only, it keeps the last.
 */
static void
check_tree(const struct syc_record *r, const uint8_t *line, size_t n)
{
    json_error_t fault;
    json_t *root =
        json_loadb((const char *)line, n, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &fault);

    FUZZ_HOLDS(root != NULL || json_error_code(&fault) == json_error_numeric_overflow ||
                   json_error_code(&fault) == json_error_stack_overflow ||
                   strstr(fault.text, "Unicode") != NULL || strstr(fault.text, "NUL byte") != NULL,
               "%s", fault.text);
    json_decref(root);
    root = json_loadb((const char *)line, n, JSON_ALLOW_NUL, &fault);
    if (root == NULL) {
        return;
    }
    for (size_t i = 0; i < syc_record_number_count; i++) {
        check_number(r, &syc_record_numbers[i], value_at(root, syc_record_numbers[i].path));
    }
    for (size_t i = 0; i < syc_record_text_count; i++) {
        const struct syc_record_text *row = &syc_record_texts[i];
        const char *text = *(const char *const *)(const void *)((const char *)r + row->offset);
        const char *want = json_string_value(value_at(root, row->path));

        if (row->list) { /* its words with commas between them */
            continue;
        }
        FUZZ_HOLDS((text == NULL) == (want == NULL) && (text == NULL || strcmp(text, want) == 0),
                   "%s", row->path);
    }
    FUZZ_HOLDS(r->exchange_count == json_array_size(value_at(root, "exchanges")) &&
                   r->flight_count == json_array_size(value_at(root, "flights")),
               "a list of another length");
    json_decref(root);
}

#ifdef SYC_FUZZ_COUNTS

/* ------------------------------------------------------------ changing events */

/* libFuzzer's own changes, and its call for ours. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static const char *const values[] = {
    "0",
    "1",
    "-1",
    "255",
    "65535",
    "4096",
    "36028797018963968",
    "9223372036854775807",
    "1.5",
    "null",
    "{}",
    "[]",
    "true",
    "[0]",
    "[[0,1]]",
    "[0,0,0,0]",
    "false",
    "\"SF\"",
    "\"\"",
    "\"::1\"",
    "\"x\"",
    "-0",
    "[0,9,9,9,9,9,9,9,9]",
    "[0,9,9,9,9,9,1]",
};
enum { VALUES = sizeof values / sizeof values[0] };

/* The first octet past the value that begins at `at`; brackets and strings whole, as far as there is any. */
static size_t
value_end(const uint8_t *p, size_t size, size_t at)
{
    size_t depth = 0;
    bool quoted = false;

    for (; at < size; at++) {
        if (quoted) {
            at += p[at] == '\\';
            quoted = at < size && p[at] != '"';
        } else if (p[at] == '"') {
            quoted = true;
        } else if (p[at] == '[' || p[at] == '{') {
            depth++;
        } else if (p[at] == ']' || p[at] == '}') {
            if (depth == 0) {
                return at;
            }
            depth--;
        } else if (p[at] == ',' && depth == 0) {
            return at;
        }
    }
    return size;
}

/* Where the value behind the first sign from `at` on begins that announces one. */
static size_t
value_start(const uint8_t *p, size_t size, size_t at)
{
    while (at < size && p[at] != ':' && p[at] != '[' && p[at] != ',') {
        at++;
    }
    return at < size ? at + 1 : size;
}

/*
 * JSON that octets are changed in is no JSON: half of the time a whole value is changed instead. So the reader's
 * checks of meaning are met, and not those of grammar alone.
 */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t from = value_start(data, size, seed % (size + 1)), to = value_end(data, size, from);
    const char *value = values[seed / 7 % VALUES];
    size_t n = strlen(value);

    if (seed % 2 == 0 || from >= size || size - (to - from) + n > max_size) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    if (seed / 2 % 4 == 0 && to < size && data[to] == ',' && data[from - 1] == ',') {
        memmove(data + from, data + to + 1, size - to - 1); /* without this member or element */
        return size - (to + 1 - from);
    }
    if (seed / 2 % 4 == 1 && size + (to - from) + 1 <= max_size && data[from - 1] != ':') {
        memmove(data + to + 1, data + from, size - from); /* twice */
        data[to] = ',';
        return size + (to - from) + 1;
    }
    memmove(data + from + n, data + to, size - to);
    memcpy(data + from, value, n);
    return size - (to - from) + n;
}

#endif

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syc_record_reader *reader = syc_record_reader_new(), *other = syc_record_reader_new();
    uint8_t *line = fuzz_copy(data, size);
    struct syc_record r, again;
    struct syc_error err = {0}, twice = {0};
    enum syc_status status;
    uint64_t before = fuzz_work();

    FUZZ_HOLDS(reader != NULL && other != NULL, "no memory");
    status = syc_record_read(reader, (const char *)line, size, &r, &err);
    fuzz_bound_work("read", before, size, 100, 30000);
    fuzz_free(line); /* the record lives on in the reader */
    if (status == SYC_OK) {
        check_tree(&r, data, size);
        check_read_record(other, &r);
    } else {
        check_error(status, &err, size);
    }
    FUZZ_HOLDS(syc_record_read(other, (const char *)data, size, &again, &twice) == status,
               "another status");
    FUZZ_HOLDS(strcmp(err.text, twice.text) == 0, "%s, then %s", err.text, twice.text);
    syc_record_reader_free(reader);
    syc_record_reader_free(other);
    return 0;
}
