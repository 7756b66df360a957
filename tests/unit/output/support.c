#include "tests/unit/failing.h"
#include "tests/unit/output/groups.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
fail_allocation(unsigned k)
{
    fail_at = k;
}

json_t *
parse(const char *text, size_t n)
{
    json_error_t fault;
    json_t *root =
        json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &fault);

    if (root == NULL) {
        fail_msg("column %d: %s in %.*s", fault.column, fault.text, (int)n, text);
    }
    return root;
}

json_t *
look(json_t *root, const char *path)
{
    while (root != NULL && path[0] != '\0') {
        size_t n = strcspn(path, ".");

        root = json_is_array(root) ? json_array_get(root, strtoul(path, NULL, 10))
                                   : json_object_getn(root, path, n);
        path += n + (path[n] == '.');
    }
    return root;
}

void
piped_open(struct piped *p)
{
    p->n = 0;
    assert_int_equal(pipe(p->fds), 0);
    assert_int_equal(syc_output_init(&p->out, p->fds[1]), SYC_OK);
}

void
piped_read(struct piped *p)
{
    ssize_t n;

    assert_int_equal(syc_output_flush(&p->out), SYC_OK);
    n = read(p->fds[0], p->text, sizeof p->text - 1);
    assert_true(n >= 0);
    p->n = (size_t)n;
    p->text[n] = '\0';
}

void
piped_close(struct piped *p)
{
    syc_output_fini(&p->out);
    close(p->fds[0]);
    close(p->fds[1]);
}
