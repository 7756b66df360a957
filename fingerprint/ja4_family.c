#include "fingerprint/user_agent.h"

#include <stddef.h>
#include <string.h>

/*
 * TLS libraries that come with one system and run on no other. Their lists of ciphers are set by the system's maker and
 * the same in all programs, so the middle part of a JA4, the hash of the sorted list, names them. Each hash was computed
 * from the maker's list and agrees with JA4s that others published; tests/unit/fingerprint/test_user_agent.c computes
 * them again. Who imitates a browser (uTLS, curl-impersonate) offers its list from any system: that is the point.
 */
enum { HASH_LETTERS = 12 };

static const struct {
    char ciphers[HASH_LETTERS + 1];
    const char *family;
} libraries[] = {
    /* Safari 15.6 to 26 and CFNetwork of the same years, macOS and iOS: t13d2014h2, t13d2013h2 */
    {"a09f3c656075", "apple"},
    /* Schannel of Windows 10 by WinINet (without DHE: t12d1908, t12i1907) and WinHTTP (t12d2108) */
    {"d83cc789557e", "windows"},
    {"76e208dd3e22", "windows"},
    /* Schannel of Windows 11 without 3DES: TLS 1.2 alone, and 1.3 (t13d2011) */
    {"4b22cbed5bed", "windows"},
    {"2b729b4bf6f3", "windows"},
};

const char *
syc_ja4_family(const char *ja4)
{
    const char *hash = ja4 != NULL ? strchr(ja4, '_') : NULL;

    if (hash == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        if (strncmp(hash + 1, libraries[i].ciphers, HASH_LETTERS) == 0) {
            return libraries[i].family;
        }
    }
    return NULL;
}
