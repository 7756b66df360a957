#include "tests/unit/output/groups.h"

#include <signal.h>

/* As the tools do: a closed pipe is an error of write(2), not the end of the program. */
int
main(void)
{
    int failed = 0;

    signal(SIGPIPE, SIG_IGN);
    failed += test_audit_group();
    failed += test_json_group();
    failed += test_sink_group();
    failed += test_connection_group();
    failed += test_events_group();
    failed += test_table_group();
    failed += test_zeek_group();
    return failed > 0;
}
