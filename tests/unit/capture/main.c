#include "tests/unit/capture/files.h"

/* Every group runs, so that one run shows all that is broken. */
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
    failed += test_file_group();
    failed += test_pcapng_group();
    failed += test_packed_group();
    failed += test_merge_group();
    failed += test_fault_group();
    return failed > 0;
}
