/* A decision on what nobody wrote: MemorySanitizer has to end this program, or it would find nothing in the others either. */

#include "base/base.h"

#include <sanitizer/msan_interface.h>

#include <stdio.h>

int
main(void)
{
    uint8_t octets[8] = {0};

    __msan_poison(octets + 5, 1);
    if (syc_be32(octets) == 0) {
        puts("the first four octets are written");
    }
    fflush(stdout);
    if (syc_be32(octets + 4) == 0) {
        puts("and the next four");
    }
    return 0;
}
