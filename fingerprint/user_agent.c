#include "fingerprint/user_agent.h"

#include <stddef.h>
#include <string.h>

/*
 * Which system a User-Agent names (RFC 9110 10.1.5 leaves the comment's text to the sender).
 *
 * Agents name others for compatibility: Windows Phone says Android and iPhone, Android says Linux, iPhone says
 * "like Mac OS X". So the order of the rows matters: who borrows names stands before whose names are borrowed.
 * Only names of systems count, and a few services that exist on one system alone. "Mozilla/5.0", browser engines
 * and libraries (curl, python-requests, okhttp, Go-http-client) run anywhere and claim nothing. Spelling is exact:
 * "CrOS" in any case would be found in "Microsoft".
 */
static const struct {
    const char *text;
    enum syc_ua_os os;
} names[] = {
    {"Windows Phone", SYC_UA_OS_WINDOWS},
    {"Android", SYC_UA_OS_ANDROID},
    {"iPhone", SYC_UA_OS_IOS},
    {"iPad", SYC_UA_OS_IOS},
    {"iPod", SYC_UA_OS_IOS},
    {"Macintosh", SYC_UA_OS_MACOS},
    {"Mac OS X", SYC_UA_OS_MACOS},
    {"macOS", SYC_UA_OS_MACOS},
    {"Windows", SYC_UA_OS_WINDOWS},
    {"mingw32", SYC_UA_OS_WINDOWS},
    {"CrOS ", SYC_UA_OS_CHROMEOS},
    {"Linux", SYC_UA_OS_LINUX},
    {"linux-gnu", SYC_UA_OS_LINUX},
    {"FreeBSD", SYC_UA_OS_BSD},
    {"OpenBSD", SYC_UA_OS_BSD},
    {"NetBSD", SYC_UA_OS_BSD},
    {"Darwin/", SYC_UA_OS_APPLE},      /* CFNetwork of macOS and iOS alike */
    {"apple-darwin", SYC_UA_OS_MACOS}, /* the build triple of command line tools */
    {"CaptiveNetworkSupport", SYC_UA_OS_APPLE},
    {"Debian APT-", SYC_UA_OS_LINUX},
    {"Microsoft-CryptoAPI/", SYC_UA_OS_WINDOWS},
    {"Microsoft BITS/", SYC_UA_OS_WINDOWS},
    {"Microsoft NCSI", SYC_UA_OS_WINDOWS},
    {"Microsoft-WNS/", SYC_UA_OS_WINDOWS},
    {"Microsoft-Delivery-Optimization/", SYC_UA_OS_WINDOWS},
};

enum syc_ua_os
syc_ua_os_read(const char *user_agent)
{
    if (user_agent == NULL) {
        return SYC_UA_OS_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strstr(user_agent, names[i].text) != NULL) {
            return names[i].os;
        }
    }
    return SYC_UA_OS_UNKNOWN;
}

static const char *const words[] = {
#define X(name, word, family) word,
    SYC_UA_OS_LIST(X)
#undef X
};

static const char *const families[] = {
#define X(name, word, family) family,
    SYC_UA_OS_LIST(X)
#undef X
};

enum syc_ua_os
syc_ua_os_of(const char *word)
{
    for (int i = SYC_UA_OS_UNKNOWN + 1; word != NULL && i < SYC_UA_OS_COUNT; i++) {
        if (strcmp(word, words[i]) == 0) {
            return (enum syc_ua_os)i;
        }
    }
    return SYC_UA_OS_UNKNOWN;
}

const char *
syc_ua_os_name(enum syc_ua_os os)
{
    return os > SYC_UA_OS_UNKNOWN && os < SYC_UA_OS_COUNT ? words[os] : NULL;
}

const char *
syc_ua_os_family(enum syc_ua_os os)
{
    return os > SYC_UA_OS_UNKNOWN && os < SYC_UA_OS_COUNT ? families[os] : NULL;
}
