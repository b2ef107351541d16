/* Included before every file of a test build, and of no other: makes the installed library behave like an older one.
 *
 * IMITATE_3_4 is Mbed TLS 3.4.0 with TLS 1.3: the connection's verify callback is ignored (as up to 3.6.0), and a server that
 * may speak TLS 1.2 or 1.3 is refused (as up to 3.4.1). IMITATE_SILENCE never calls a verify callback at all, which is what
 * a shim that trusts in the connection's callback gets from such a library. IMITATE_CONFUSION opens every ticket as one of
 * TLS 1.3, which libraries up to 3.6.7 resume in TLS 1.2 (CVE-2026-93831).
 */
#ifndef WSSURE_TEST_IMITATION_H
#define WSSURE_TEST_IMITATION_H

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#if defined(IMITATE_3_4)
#define mbedtls_ssl_set_verify(ssl, callback, context) ((void)0)

static inline int imitated_setup(mbedtls_ssl_context *ssl, const mbedtls_ssl_config *config)
{
    if (config->MBEDTLS_PRIVATE(endpoint) == MBEDTLS_SSL_IS_SERVER &&
        config->MBEDTLS_PRIVATE(min_tls_version) != config->MBEDTLS_PRIVATE(max_tls_version))
        return MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
    return mbedtls_ssl_setup(ssl, config);
}
#define mbedtls_ssl_setup imitated_setup
#undef MBEDTLS_VERSION_NUMBER
#define MBEDTLS_VERSION_NUMBER 0x03040000
#define mbedtls_version_get_number() 0x03040000u
#endif

#if defined(IMITATE_CONFUSION)
#include <mbedtls/ssl_ticket.h>

static inline int imitated_parse(void *tickets, mbedtls_ssl_session *session, unsigned char *data, size_t size)
{
    int status = mbedtls_ssl_ticket_parse(tickets, session, data, size);
    session->MBEDTLS_PRIVATE(tls_version) = MBEDTLS_SSL_VERSION_TLS1_3;
    return status;
}
#define mbedtls_ssl_ticket_parse imitated_parse
#endif

#if defined(IMITATE_SILENCE)
#define mbedtls_ssl_conf_verify(config, callback, context) ((void)0)
#endif

#endif
