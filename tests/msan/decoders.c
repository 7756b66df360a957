/* The tests of tests/unit/capture that need no reader, so that no library without the sanitizer writes what they read. */

#include "tests/unit/capture/groups.h"

int
main(void)
{
    int failed = 0;

    failed += test_link_group();
    failed += test_llc_group();
    failed += test_ppp_group();
    failed += test_ip_group();
    failed += test_tunnel_group();
    failed += test_udp_group();
    failed += test_icmp_group();
    failed += test_tcp_group();
    failed += test_sum_group();
    failed += test_fragments_group();
    failed += test_bounds_group();
    return failed > 0;
}
