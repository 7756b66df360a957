#include "tests/unit/base/groups.h"

/* Every group runs, so that one run shows all that is broken. */
int
main(void)
{
    int failed = 0;

    failed += test_hash_group();
    failed += test_memory_group();
    failed += test_span_group();
    failed += test_status_group();
    failed += test_text_group();
    failed += test_value_group();
    return failed > 0;
}
