#include "tests/unit/fingerprint/groups.h"

/* Every group runs, so that one run shows all that is broken. */
int
main(void)
{
    int failed = 0;

    failed += test_p0f_group();
    failed += test_syn_group();
    failed += test_names_group();
    failed += test_key_group();
    failed += test_signature_group();
    failed += test_match_group();
    failed += test_candidates_group();
    failed += test_remarks_group();
    failed += test_shipped_group();
    failed += test_protocol_group();
    failed += test_user_agent_group();
    failed += test_hello_group();
    failed += test_http_head_group();
    failed += test_memory_group();
    return failed > 0;
}
