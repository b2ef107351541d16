/* All differences between Mbed TLS 2.28, 3.x and 4.x; the other files use no version numbers. */
#ifndef WSSURE_MBEDTLS_COMPAT_H
#define WSSURE_MBEDTLS_COMPAT_H

#if defined(__has_include)
#if __has_include(<mbedtls/build_info.h>)
#include <mbedtls/build_info.h> /* since 3.0 */
#else
#include <mbedtls/config.h>
#endif
#else
#include <mbedtls/config.h>
#endif
#include <mbedtls/debug.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER < 0x021C0000
#error "wssure-mbedtls needs Mbed TLS 2.28 or later"
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define WSM_SINCE_3 1
#else
#define WSM_SINCE_3 0
#endif
#define WSM_SINCE_3_2 (MBEDTLS_VERSION_NUMBER >= 0x03020000)
#define WSM_SINCE_4 (MBEDTLS_VERSION_NUMBER >= 0x04000000)

/* These two releases refuse an RSA-PSS signature in TLS 1.2 although they offer it. https://github.com/Mbed-TLS/mbedtls/issues/10668,
 * fixed in 3.6.7: remove with the last user of 3.6.6. */
#define WSM_REFUSES_PSS_IN_TLS12 (MBEDTLS_VERSION_NUMBER == 0x03060600 || MBEDTLS_VERSION_NUMBER == 0x04010000)

#if defined(MBEDTLS_PSA_CRYPTO_C) || defined(MBEDTLS_PSA_CRYPTO_CLIENT) || WSM_SINCE_4
#include <psa/crypto.h>
#define WSM_PSA 1
#else
#define WSM_PSA 0
#endif

/* TLS 1.3 was a prototype before 3.2: its API had no version enumeration yet. */
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && WSM_SINCE_3_2
#define WSM_TLS13 1
#else
#define WSM_TLS13 0
#endif

#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_TICKET_C) && defined(MBEDTLS_SSL_SRV_C)
#define WSM_SERVER_TICKETS 1
#else
#define WSM_SERVER_TICKETS 0
#endif

/* From 3.6.1 on, 3.x reports TLS 1.3 tickets to a client only on request; before, and in 4.x, always. */
#if WSM_TLS13 && defined(MBEDTLS_SSL_SESSION_TICKETS) && MBEDTLS_VERSION_NUMBER >= 0x03060100 && !WSM_SINCE_4
#define WSM_TICKET_SIGNAL 1
#else
#define WSM_TICKET_SIGNAL 0
#endif

#if WSM_SINCE_3
#define WSM_KEYLOG 1
#elif defined(MBEDTLS_SSL_EXPORT_KEYS)
#define WSM_KEYLOG 1
#else
#define WSM_KEYLOG 0
#endif

/* 2.28 has one constant for both directions if the separate ones are not set. */
#if defined(MBEDTLS_SSL_IN_CONTENT_LEN)
#define WSM_IN_CONTENT_LEN MBEDTLS_SSL_IN_CONTENT_LEN
#else
#define WSM_IN_CONTENT_LEN MBEDTLS_SSL_MAX_CONTENT_LEN
#endif

/* psa_random_deplete came with 3.6.6 and 4.1: the child of a fork must not repeat its parent's random numbers. */
#if MBEDTLS_VERSION_NUMBER >= 0x04010000 || (MBEDTLS_VERSION_NUMBER >= 0x03060600 && !WSM_SINCE_4)
#define WSM_PSA_DEPLETE WSM_PSA
#else
#define WSM_PSA_DEPLETE 0
#endif

/* The extensions of a certificate. Read and, after our own check of the usage, cleared: see verify.c. */
#if WSM_SINCE_3
#define WSM_EXT_TYPES(certificate) ((certificate)->MBEDTLS_PRIVATE(ext_types))
#define WSM_NS_CERT_TYPE(certificate) ((certificate)->MBEDTLS_PRIVATE(ns_cert_type))
#else
#define WSM_EXT_TYPES(certificate) ((certificate)->ext_types)
#define WSM_NS_CERT_TYPE(certificate) ((certificate)->ns_cert_type)
#endif

/* 4.0 replaced some of the library's numbers by PSA's. */
#if WSM_SINCE_4
#define WSM_NO_MEMORY PSA_ERROR_INSUFFICIENT_MEMORY
#define WSM_BAD_ARGUMENT PSA_ERROR_INVALID_ARGUMENT
#else
#define WSM_NO_MEMORY MBEDTLS_ERR_SSL_ALLOC_FAILED
#define WSM_BAD_ARGUMENT MBEDTLS_ERR_SSL_BAD_INPUT_DATA
#endif

#if WSM_SINCE_3
#define WSM_BAD_VERSION MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#else
#define WSM_BAD_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#endif

/* 3.x needs a source of random numbers to read or use a private key; since 4.0 the library uses PSA's. */
#if WSM_SINCE_3 && !WSM_SINCE_4
#define WSM_RNG , wsm_random, NULL
#else
#define WSM_RNG
#endif

#endif
