/* The configuration shared by connections: policy, trust anchors, own certificate, ticket keys. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* One day, the maximum of most servers; the keys rotate after it. */
enum { TICKET_LIFETIME_S = 86400 };

static int note_server_name(void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t size);

/* The suites offered: forward secrecy and AES or ChaCha20 with SHA-2 only, the same policy as the other backends. */
static int wanted_suite(const char *name)
{
    if (strncmp(name, "TLS1-3-", 7) == 0)
        return strstr(name, "CCM") == NULL;
    if (strncmp(name, "TLS-ECDHE-RSA-", 14) != 0 && strncmp(name, "TLS-ECDHE-ECDSA-", 16) != 0 &&
        strncmp(name, "TLS-DHE-RSA-", 12) != 0)
        return 0;
    if (strstr(name, "-AES-") == NULL && strstr(name, "-CHACHA20-") == NULL)
        return 0;
    return strstr(name, "CCM") == NULL && strcmp(name + strlen(name) - 4, "-SHA") != 0;
}

static void choose_suites(wsm_config *config)
{
    size_t count = 0;
    for (const int *id = mbedtls_ssl_list_ciphersuites(); *id != 0 && count < WSM_MAX_SUITES; id++) {
        const char *name = mbedtls_ssl_get_ciphersuite_name(*id);
        if (name != NULL && strlen(name) > 4 && wanted_suite(name))
            config->suites[count++] = *id;
    }
    config->suites[count] = 0;
    mbedtls_ssl_conf_ciphersuites(&config->ssl, config->suites);
}

/* Security level 2: 112 bits. RSA from 2048, no SHA-1, no 192-bit curve, in certificates and in signatures alike; and the
 * key exchange groups that the other backends offer, no others. */
static void choose_strength(wsm_config *config)
{
    config->profile = mbedtls_x509_crt_profile_default;
    config->profile.allowed_mds =
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512);
#if !WSM_SINCE_3
    config->profile.allowed_curves &= ~(uint32_t)(MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP192R1) |
                                                  MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP192K1));
#endif
    config->profile.rsa_min_bitlen = 2048;
    mbedtls_ssl_conf_cert_profile(&config->ssl, &config->profile);
#if !WSM_SINCE_3_2
    {
        static const int digests[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
        mbedtls_ssl_conf_sig_hashes(&config->ssl, digests);
    }
#endif
#if WSM_SINCE_3_2
    if (config->group_count == 0) {
        static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                          MBEDTLS_SSL_IANA_TLS_GROUP_X448, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
                                          MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
        mbedtls_ssl_conf_groups(&config->ssl, groups);
    } else {
        mbedtls_ssl_conf_groups(&config->ssl, config->groups);
    }
#elif defined(MBEDTLS_ECP_C)
    if (config->group_count == 0) {
        static const mbedtls_ecp_group_id groups[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                      MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1,
                                                      MBEDTLS_ECP_DP_NONE};
        mbedtls_ssl_conf_curves(&config->ssl, groups);
    } else {
        mbedtls_ssl_conf_curves(&config->ssl, config->groups);
    }
#endif
#if WSM_REFUSES_PSS_IN_TLS12
    {
        /* The library's own list with PKCS#1 before PSS: a TLS 1.2 server that follows the client's order then
         * selects a signature the library accepts. TLS 1.3 signs with PSS only (RFC 8446 section 4.2.3), in any
         * order. */
        static const uint16_t signatures[] = {
            MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
            MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
            MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
            MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
            MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_NONE};
        mbedtls_ssl_conf_sig_algs(&config->ssl, signatures);
    }
#endif
#if defined(MBEDTLS_DHM_C) && defined(MBEDTLS_SSL_CLI_C) && !WSM_SINCE_4
    if (!config->server)
        mbedtls_ssl_conf_dhm_min_bitlen(&config->ssl, 2048);
#endif
}

static int choose_tickets(wsm_config *config)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_CLI_C)
    if (!config->server)
        mbedtls_ssl_conf_session_tickets(&config->ssl, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#endif
#if WSM_TICKET_SIGNAL && defined(MBEDTLS_SSL_CLI_C)
    if (!config->server)
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            &config->ssl, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#if WSM_SERVER_TICKETS
    if (config->server) {
        /* The keys belong to this configuration, so a ticket of one site is not valid for another. */
#if WSM_SINCE_4
        int status = mbedtls_ssl_ticket_setup(&config->tickets, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 256, TICKET_LIFETIME_S);
#else
        int status = mbedtls_ssl_ticket_setup(&config->tickets, wsm_random, NULL, MBEDTLS_CIPHER_AES_256_GCM,
                                              TICKET_LIFETIME_S);
#endif
        return status;
    }
#endif
    return 0;
}

#if WSM_SERVER_TICKETS
/* A ticket replaces the certificate of its holder, so none is made for a peer that was, or will be, refused. */
static int write_ticket(void *tickets, const mbedtls_ssl_session *session, unsigned char *start,
                        const unsigned char *end, size_t *size, uint32_t *lifetime)
{
    if (wsm_current == NULL || wsm_refusal(wsm_current) != 0)
        return MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
    return mbedtls_ssl_ticket_write(tickets, session, start, end, size, lifetime);
}

static int open_ticket(void *tickets, mbedtls_ssl_session *session, unsigned char *data, size_t size)
{
    int status = mbedtls_ssl_ticket_parse(tickets, session, data, size);
    if (status == 0 && wsm_current != NULL) {
        wsm_current->ticket_opened = 1;
#if WSM_SINCE_3_2
        wsm_current->ticket_version = session->MBEDTLS_PRIVATE(tls_version);
#endif
    }
    return status;
}
#endif

wsm_config *wsm_config_new(int server, int *error)
{
    wsm_config *config = calloc(1, sizeof *config);
    if (config == NULL) {
        *error = WSM_NO_MEMORY;
        return NULL;
    }
    config->server = server;
    mbedtls_ssl_config_init(&config->ssl);
    mbedtls_x509_crt_init(&config->nobody.anchors);
    config->trust = &config->nobody;
    mbedtls_x509_crt_init(&config->own);
    mbedtls_pk_init(&config->key);
#if WSM_SERVER_TICKETS
    mbedtls_ssl_ticket_init(&config->tickets);
#endif
    *error = mbedtls_ssl_config_defaults(&config->ssl, server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                         MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (*error != 0) {
        wsm_config_free(config);
        return NULL;
    }
#if !WSM_SINCE_4
    mbedtls_ssl_conf_rng(&config->ssl, wsm_random, NULL);
#endif
    return config;
}

void wsm_config_free(wsm_config *config)
{
    if (config == NULL)
        return;
    mbedtls_ssl_config_free(&config->ssl);
    mbedtls_x509_crt_free(&config->nobody.anchors);
    mbedtls_x509_crt_free(&config->own);
    mbedtls_pk_free(&config->key);
#if WSM_SERVER_TICKETS
    mbedtls_ssl_ticket_free(&config->tickets);
#endif
    for (size_t i = 0; i < WSM_MAX_ALPN; i++)
        free(config->alpn[i]);
    free(config);
}

wsm_trust *wsm_trust_new(void)
{
    wsm_trust *trust = calloc(1, sizeof *trust);
    if (trust != NULL)
        mbedtls_x509_crt_init(&trust->anchors);
    return trust;
}

void wsm_trust_free(wsm_trust *trust)
{
    if (trust == NULL)
        return;
    mbedtls_x509_crt_free(&trust->anchors);
    free(trust);
}

/* Accepts the critical extension that only our policy checks: nameConstraints, 2.5.29.30. */
static int take_extension(void *unused, const mbedtls_x509_crt *certificate, const mbedtls_x509_buf *oid, int critical,
                          const unsigned char *start, const unsigned char *end)
{
    static const uint8_t name_constraints[] = {0x55, 0x1d, 0x1e};
    (void)unused, (void)certificate, (void)critical, (void)start, (void)end;
    return oid->len == sizeof name_constraints && memcmp(oid->p, name_constraints, sizeof name_constraints) == 0
               ? 0
               : MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

int wsm_trust_add(wsm_trust *trust, const uint8_t *der, size_t size)
{
    return mbedtls_x509_crt_parse_der_with_ext_cb(&trust->anchors, der, size, 1, take_extension, NULL);
}

void wsm_config_trust(wsm_config *config, wsm_trust *trust)
{
    config->trust = trust != NULL ? trust : &config->nobody;
}

int wsm_config_own(wsm_config *config, const uint8_t *cert, size_t cert_size, const uint8_t *key, size_t key_size,
                   int *part)
{
    int status;
    *part = WSM_PART_CERT;
    status = mbedtls_x509_crt_parse(&config->own, cert, cert_size);
    if (status != 0)
        return status;
    *part = WSM_PART_KEY;
    status = mbedtls_pk_parse_key(&config->key, key, key_size, NULL, 0 WSM_RNG);
    if (status != 0)
        return status;
    *part = WSM_PART_PAIR;
    status = mbedtls_pk_check_pair(&config->own.pk, &config->key WSM_RNG);
    if (status != 0)
        return status;
    config->has_own = 1;
    wsm_forget_usage(&config->own); /* the peer checks if a certificate is for servers, as with OpenSSL */
    return mbedtls_ssl_conf_own_cert(&config->ssl, &config->own, &config->key);
}

int wsm_config_alpn(wsm_config *config, const char *const *names, size_t count)
{
    if (count > WSM_MAX_ALPN)
        return WSM_BAD_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        config->alpn[i] = strdup(names[i]);
        if (config->alpn[i] == NULL)
            return WSM_NO_MEMORY;
    }
#if defined(MBEDTLS_SSL_ALPN)
    return count == 0 ? 0 : mbedtls_ssl_conf_alpn_protocols(&config->ssl, (const char **)config->alpn);
#else
    return count == 0 ? 0 : MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE;
#endif
}

void wsm_config_versions(wsm_config *config, int minimum, int maximum)
{
#if WSM_SINCE_3_2
    mbedtls_ssl_protocol_version lowest = MBEDTLS_SSL_VERSION_TLS1_2, highest = MBEDTLS_SSL_VERSION_TLS1_2;
#if WSM_TLS13
    lowest = minimum >= 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
    highest = maximum >= 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
    /* Only with a fresh key exchange: a stolen ticket key must not open recorded traffic. */
    mbedtls_ssl_conf_tls13_key_exchange_modes(&config->ssl, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
#endif
    mbedtls_ssl_conf_min_tls_version(&config->ssl, lowest);
    mbedtls_ssl_conf_max_tls_version(&config->ssl, highest);
#else
    mbedtls_ssl_conf_min_version(&config->ssl, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(&config->ssl, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    (void)minimum;
    (void)maximum;
}

int wsm_config_group(wsm_config *config, uint16_t group)
{
    if (config->group_count == WSM_MAX_GROUPS)
        return WSM_BAD_ARGUMENT;
#if WSM_SINCE_3_2
    switch (group) {
    case MBEDTLS_SSL_IANA_TLS_GROUP_X25519:
    case MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1:
    case MBEDTLS_SSL_IANA_TLS_GROUP_X448:
    case MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1:
    case MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1:
        break;
    default:
        return WSM_BAD_ARGUMENT;
    }
    config->groups[config->group_count++] = group;
    config->groups[config->group_count] = MBEDTLS_SSL_IANA_TLS_GROUP_NONE;
    return 0;
#elif defined(MBEDTLS_ECP_C)
    {
        const mbedtls_ecp_curve_info *info = mbedtls_ecp_curve_info_from_tls_id(group);
        if (info == NULL)
            return WSM_BAD_ARGUMENT;
        config->groups[config->group_count++] = info->grp_id;
        config->groups[config->group_count] = MBEDTLS_ECP_DP_NONE;
        return 0;
    }
#else
    (void)group;
    return WSM_BAD_ARGUMENT;
#endif
}

void wsm_config_relax(wsm_config *config, int skip_all, int skip_name, int skip_dates)
{
    config->skip_all = skip_all;
    config->skip_name = skip_name;
    config->skip_dates = skip_dates;
}

int wsm_config_pin(wsm_config *config, int whole_certificate, const uint8_t digest[32])
{
    wsm_pin *pin;
    if (config->pin_count == WSM_MAX_PINS)
        return WSM_BAD_ARGUMENT;
    pin = &config->pins[config->pin_count++];
    pin->whole_certificate = whole_certificate;
    memcpy(pin->digest, digest, sizeof pin->digest);
    return 0;
}

void wsm_config_keylog(wsm_config *config)
{
    config->keylog = 1;
#if WSM_KEYLOG && !WSM_SINCE_3
    mbedtls_ssl_conf_export_keys_ext_cb(&config->ssl, wsm_export_keys, NULL);
#endif
}

static int note_server_name(void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t size)
{
    /* Only stores the name. The site was selected before this engine was made, from our own decoder's result. */
    wsm_engine *engine = (wsm_engine *)ssl;
    (void)unused;
    if (size < sizeof engine->server_name) {
        memcpy(engine->server_name, name, size);
        engine->server_name[size] = '\0';
        engine->has_server_name = 1;
    }
    return 0;
}

#if WSM_TLS13 && defined(MBEDTLS_SSL_SRV_C)
/* In TLS 1.3 the library's server would refuse a client's certificate with keys that the client no longer uses (it
 * switches to the application keys only after the client's Finished, RFC 8446 section A.2 before it), and the client
 * would read garbage in place of the alert. So there the handshake runs to its end and the refusal comes then, see
 * wsm_handshake. */
static int judge_later(mbedtls_ssl_context *ssl)
{
    wsm_engine *engine = (wsm_engine *)ssl;
    if (engine->config->verify_peer && mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3) {
        engine->judged_later = 1;
        mbedtls_ssl_set_hs_authmode(ssl, MBEDTLS_SSL_VERIFY_OPTIONAL);
    }
    return 0;
}
#endif

int wsm_config_ready(wsm_config *config, int verify_peer)
{
    config->verify_peer = verify_peer;
    choose_suites(config);
    choose_strength(config);
    /* Always required: our verify callback, which gets every flag, decides about exceptions. */
    mbedtls_ssl_conf_authmode(&config->ssl, verify_peer ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_ca_chain(&config->ssl, &config->trust->anchors, NULL);
    mbedtls_ssl_conf_verify(&config->ssl, wsm_verify, NULL);
#if defined(MBEDTLS_DEBUG_C)
    mbedtls_ssl_conf_dbg(&config->ssl, wsm_debug, NULL);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(&config->ssl, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE)
    /* RFC 5746 section 4.1: a client may abort towards a server that cannot renegotiate securely; OpenSSL 3 does. */
    mbedtls_ssl_conf_legacy_renegotiation(&config->ssl, config->server ? MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION
                                                                       : MBEDTLS_SSL_LEGACY_BREAK_HANDSHAKE);
#endif
#if defined(MBEDTLS_SSL_SERVER_NAME_INDICATION) && defined(MBEDTLS_SSL_SRV_C)
    if (config->server)
        mbedtls_ssl_conf_sni(&config->ssl, note_server_name, NULL);
#endif
#if WSM_TLS13 && defined(MBEDTLS_SSL_SRV_C)
    if (config->server)
        mbedtls_ssl_conf_cert_cb(&config->ssl, judge_later);
#endif
#if WSM_SERVER_TICKETS
    if (config->server) {
        int status = choose_tickets(config);
        if (status != 0)
            return status;
        mbedtls_ssl_conf_session_tickets_cb(&config->ssl, write_ticket, open_ticket, &config->tickets);
        return 0;
    }
#endif
    return choose_tickets(config);
}
