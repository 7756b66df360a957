#ifndef SYC_FINGERPRINT_USER_AGENT_H
#define SYC_FINGERPRINT_USER_AGENT_H

/*
 * Purpose           which system a client says it runs on: by its User-Agent, and by whose TLS library it uses
 * Input and output  the header's value, or a JA4, in; one of a few words out, or none
 * Ownership         words are static
 * Limits            only what the text names: a library that names no system, or runs on all, claims none
 * Not here          whether it is true (behavior/ and rules compare it with the SYN)
 */

/* X(NAME, "word", "family"): the family is that of signatures (syc_match.os_family). */
#define SYC_UA_OS_LIST(X)                                                                          \
    X(UNKNOWN, "", "")                                                                             \
    X(WINDOWS, "windows", "windows")                                                               \
    X(LINUX, "linux", "linux")                                                                     \
    X(ANDROID, "android", "linux")                                                                 \
    X(CHROMEOS, "chromeos", "linux")                                                               \
    X(MACOS, "macos", "apple")                                                                     \
    X(IOS, "ios", "apple")                                                                         \
    X(APPLE, "apple", "apple") /* one of the two; the text does not say which */                   \
    X(BSD, "bsd", "bsd")

enum syc_ua_os {
#define X(name, word, family) SYC_UA_OS_##name,
    SYC_UA_OS_LIST(X)
#undef X
        SYC_UA_OS_COUNT
};

/*
 * The system that a User-Agent names.
 *
 * user_agent  may be NULL
 * returns     SYC_UA_OS_UNKNOWN when it names none
 * cost        a search for some twenty words; call once a connection
 */
enum syc_ua_os syc_ua_os_read(const char *user_agent);

/* The system of a word, as http.ua_os of an event has it; SYC_UA_OS_UNKNOWN for any other text and NULL. */
enum syc_ua_os syc_ua_os_of(const char *word);

/* Its word, and its family in the words of signatures; NULL for SYC_UA_OS_UNKNOWN. */
const char *syc_ua_os_name(enum syc_ua_os os);
const char *syc_ua_os_family(enum syc_ua_os os);

/*
 * The family of the one system whose TLS library offers these ciphers; NULL for libraries that run anywhere (OpenSSL,
 * BoringSSL, NSS, Go) and for what is not known.
 *
 * ja4  a JA4, or as much of it as reaches the end of its hash of ciphers; may be NULL
 */
const char *syc_ja4_family(const char *ja4);

#endif
