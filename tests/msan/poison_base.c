/* libmd is not built with MemorySanitizer: what it writes is declared written (linked with --wrap). */

#include <sanitizer/msan_interface.h>

#include <stdint.h>
#include <sys/types.h>

#include <sha1.h>
#include <sha2.h>

void __real_SHA1Final(uint8_t *digest, SHA1_CTX *context);
void __wrap_SHA1Final(uint8_t *digest, SHA1_CTX *context);
void __real_SHA256Final(uint8_t *digest, SHA2_CTX *context);
void __wrap_SHA256Final(uint8_t *digest, SHA2_CTX *context);

void
__wrap_SHA1Final(uint8_t *digest, SHA1_CTX *context)
{
    __real_SHA1Final(digest, context);
    __msan_unpoison(digest, SHA1_DIGEST_LENGTH);
}

void
__wrap_SHA256Final(uint8_t *digest, SHA2_CTX *context)
{
    __real_SHA256Final(digest, context);
    __msan_unpoison(digest, SHA256_DIGEST_LENGTH);
}
