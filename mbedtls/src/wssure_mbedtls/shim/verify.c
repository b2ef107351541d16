/* The verification policy: the requirements on a certificate path, checked when its last certificate is known.
 *
 * Mbed TLS builds the path and calls back for each certificate, the top one first and the peer's own (depth 0) last.
 * Until then flags are only collected; at depth 0 everything is known, and the remaining flags are the result. So a
 * defect above a certificate that is itself a trust anchor does not count (partial chains), and a relaxation drops its
 * own flags and no others.
 */
#include "internal.h"

#include <mbedtls/oid.h>
#include <string.h>

static const uint32_t DATES = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;

static int same(const mbedtls_x509_buf *left, const mbedtls_x509_buf *right)
{
    return left->len == right->len && left->len > 0 && memcmp(left->p, right->p, left->len) == 0;
}

static int is_anchor(const wsm_config *config, const mbedtls_x509_crt *certificate)
{
    for (const mbedtls_x509_crt *anchor = &config->trust->anchors; anchor != NULL; anchor = anchor->next)
        if (same(&anchor->raw, &certificate->raw))
            return 1;
    return 0;
}

static void refuse(wsm_engine *engine, int depth, uint32_t flag, int reason)
{
    if (engine->verdict_count < WSM_MAX_VERDICTS)
        engine->verdicts[engine->verdict_count++] = (wsm_verdict){depth, flag, reason};
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

static int equal_names(const char *left, const char *right, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (lower(left[i]) != lower(right[i]))
            return 0;
    return 1;
}

/* RFC 9525 section 6.3: a wildcard is the whole left-most label and matches exactly one label. */
static int name_matches(const char *presented, size_t size, const char *name)
{
    size_t length = strlen(name);
    if (size > 2 && presented[0] == '*' && presented[1] == '.') {
        const char *dot = strchr(name, '.');
        if (dot == NULL || dot == name || memchr(presented + 2, '.', size - 2) == NULL)
            return 0; /* a wildcard for a whole top-level domain matches no name */
        return strlen(dot) == size - 1 && equal_names(presented + 1, dot, size - 1);
    }
    return size == length && equal_names(presented, name, size);
}

/* RFC 5280 section 4.2.1.6: the context tags of the kinds of name in a SAN. */
enum { SAN_TAG_MASK = 0x1f, SAN_DNS = 2, SAN_IP = 7 };

/* Returns the reason why the certificate does not match the expected name; 0 if it matches or no name is expected. */
static int name_trouble(const wsm_engine *engine, const mbedtls_x509_crt *certificate)
{
    const mbedtls_x509_sequence *item = &certificate->subject_alt_names;
    int wants_name = engine->name[0] != '\0', wants_ip = engine->ip_size > 0;
    if (!wants_name && !wants_ip)
        return 0;
    if (item->buf.p == NULL)
        return WSM_NO_SAN;
    for (; item != NULL && item->buf.p != NULL; item = item->next) {
        int kind = item->buf.tag & SAN_TAG_MASK;
        if (wants_name && kind == SAN_DNS && name_matches((const char *)item->buf.p, item->buf.len, engine->name))
            return 0;
        if (wants_ip && kind == SAN_IP && item->buf.len == engine->ip_size &&
            memcmp(item->buf.p, engine->ip, engine->ip_size) == 0)
            return 0;
    }
    return wants_ip ? WSM_IP_MISMATCH : WSM_NAME_MISMATCH;
}

static int sha256(const mbedtls_x509_buf *data, uint8_t digest[32])
{
#if WSM_SINCE_4
    size_t size;
    return psa_hash_compute(PSA_ALG_SHA_256, data->p, data->len, digest, 32, &size) != PSA_SUCCESS;
#else
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), data->p, data->len, digest) != 0;
#endif
}

static int pinned(const wsm_config *config, const mbedtls_x509_crt *certificate)
{
    uint8_t whole[32], key[32];
    if (sha256(&certificate->raw, whole) != 0 || sha256(&certificate->pk_raw, key) != 0)
        return 0;
    for (size_t i = 0; i < config->pin_count; i++)
        if (memcmp(config->pins[i].digest, config->pins[i].whole_certificate ? whole : key, sizeof whole) == 0)
            return 1;
    return 0;
}

static void keep_chain(wsm_engine *engine, const mbedtls_x509_crt *certificate)
{
    engine->chain.start = engine->chain.end = 0;
    for (; certificate != NULL && certificate->raw.p != NULL; certificate = certificate->next) {
        size_t size = certificate->raw.len;
        uint8_t head[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
        if (wsm_append(&engine->chain, head, sizeof head) != 0 ||
            wsm_append(&engine->chain, certificate->raw.p, size) != 0)
            return;
    }
}

static int untrusted_reason(const mbedtls_x509_crt *certificate, int depth)
{
    if (!same(&certificate->issuer_raw, &certificate->subject_raw))
        return WSM_ISSUER_NOT_FOUND;
    return depth == 0 ? WSM_SELF_SIGNED : WSM_SELF_SIGNED_IN_CHAIN;
}

/* Returns 1 if an extended key usage, if there is one, includes a purpose. The library's own check also takes
 * anyExtendedKeyUsage, which RFC 5280 section 4.2.1.12 lets an application refuse and OpenSSL does. */
static int has_purpose(const mbedtls_x509_crt *certificate, const char *purpose)
{
    const mbedtls_x509_sequence *item = &certificate->ext_key_usage;
    if (!(WSM_EXT_TYPES(certificate) & MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE))
        return 1;
    for (; item != NULL; item = item->next)
        if (item->buf.len == strlen(purpose) && memcmp(item->buf.p, purpose, item->buf.len) == 0)
            return 1;
    return 0;
}

/* RFC 5280 section 4.2.1.12: if the extension is present, it must allow the use; also in a CA above. */
static uint32_t usage_flags(const wsm_engine *engine, const mbedtls_x509_crt *certificate, int depth)
{
    int server = engine->config->server;
    int type = server ? MBEDTLS_X509_NS_CERT_TYPE_SSL_CLIENT : MBEDTLS_X509_NS_CERT_TYPE_SSL_SERVER;
    if (!has_purpose(certificate, server ? MBEDTLS_OID_CLIENT_AUTH : MBEDTLS_OID_SERVER_AUTH))
        return MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    /* Netscape's extension of 1996 is obsolete and ignored by the library, but OpenSSL refuses the certificates it limits. */
    if (depth == 0 && WSM_EXT_TYPES(certificate) & MBEDTLS_X509_EXT_NS_CERT_TYPE && !(WSM_NS_CERT_TYPE(certificate) & type))
        return MBEDTLS_X509_BADCERT_NS_CERT_TYPE;
    if (depth == 0 && mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0 &&
        mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_KEY_AGREEMENT) != 0 &&
        (server || mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_KEY_ENCIPHERMENT) != 0))
        return MBEDTLS_X509_BADCERT_KEY_USAGE;
    return 0;
}

/* The library checks the usage again after our callback, with any result; it then finds no such extension. */
void wsm_forget_usage(mbedtls_x509_crt *certificate)
{
    WSM_EXT_TYPES(certificate) &= ~(MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE | MBEDTLS_X509_EXT_KEY_USAGE);
}

/* Checks one certificate of the path; returns the flags that apply. */
static uint32_t judge_step(wsm_engine *engine, int depth, int anchored)
{
    const wsm_config *config = engine->config;
    const mbedtls_x509_crt *certificate = engine->path[depth].certificate;
    uint32_t flags = engine->path[depth].flags & ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    uint32_t rest;
    flags |= usage_flags(engine, certificate, depth);
    if (config->skip_dates)
        flags &= ~DATES;
    if (anchored)
        flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    rest = flags;
    if (rest & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
        refuse(engine, depth, MBEDTLS_X509_BADCERT_NOT_TRUSTED, untrusted_reason(certificate, depth));
        rest &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    for (uint32_t bit = 1; rest != 0; bit <<= 1) {
        if (rest & bit)
            refuse(engine, depth, bit, WSM_BY_FLAG);
        rest &= ~bit;
    }
    return flags;
}

/* Returns the flag of a path that breaks a name constraint (RFC 5280 section 4.2.1.10): the library does not read them. */
static uint32_t judge_constraints(wsm_engine *engine, size_t count)
{
    wsm_der path[WSM_MAX_DEPTH];
    int depth;
    if (engine->policy == NULL)
        return 0;
    for (size_t i = 0; i < count; i++)
        path[i] = (wsm_der){engine->path[i].certificate->raw.p, engine->path[i].certificate->raw.len};
    depth = engine->policy(engine->policy_context, path, count);
    wsm_enter(engine); /* the policy may let other threads run, and their connections change wsm_current */
    if (depth < 0)
        return 0;
    refuse(engine, depth, MBEDTLS_X509_BADCERT_OTHER, WSM_NAME_CONSTRAINTS);
    return MBEDTLS_X509_BADCERT_OTHER;
}

/* Checks the whole path; returns the flags that refuse it. */
static uint32_t judge_path(wsm_engine *engine, int top)
{
    const wsm_config *config = engine->config;
    uint32_t result = 0;
    int trouble = 0;

    if (config->pin_count > 0) { /* only the pins decide, with any other setting */
        if (pinned(config, engine->path[0].certificate))
            return 0;
        refuse(engine, 0, MBEDTLS_X509_BADCERT_CN_MISMATCH, WSM_PIN_MISMATCH);
        return MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    if (config->skip_all)
        return 0;
    /* RFC 5280 section 6.1.1 (d): any certificate the caller trusts ends the path, self-issued or not. */
    for (int depth = 0; depth <= top; depth++) {
        int anchored = is_anchor(config, engine->path[depth].certificate);
        result |= judge_step(engine, depth, anchored);
        if (anchored)
            top = depth;
    }
    /* Names are checked only in trusted paths: any other path is already refused. */
    if (!(result & MBEDTLS_X509_BADCERT_NOT_TRUSTED))
        result |= judge_constraints(engine, (size_t)top + 1);
    trouble = config->skip_name ? 0 : name_trouble(engine, engine->path[0].certificate);
    if (trouble == 0 && !config->skip_name && engine->path[0].flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        trouble = WSM_NAME_MISMATCH; /* the library's own check is the stricter one here */
    if (trouble != 0) {
        refuse(engine, 0, MBEDTLS_X509_BADCERT_CN_MISMATCH, trouble);
        result |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    return result;
}

/* RFC 8446 section 6.2: the alert with the reason; of several, the most fundamental one. */
static int alert_for_flags(uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_REVOKED)
        return MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED;
    if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
                 MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
        return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
    return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
}

/* Returns the alert with which a server refuses this client, once its certificate, or its absence, is known; 0 for none. */
int wsm_refusal(const wsm_engine *engine)
{
    if (engine->refused != 0)
        return engine->refused;
    if (engine->judged_later && !engine->verified && !wsm_resumed(engine))
        return WSM_ALERT_CERTIFICATE_REQUIRED;
    return 0;
}

/* Set for the configuration, not for the connection: up to 3.6.0, the library's TLS 1.3 code calls the callback of the
 * configuration only. That one gets no connection; wsm_current is the connection of the current call. */
int wsm_verify(void *unused, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    wsm_engine *engine = wsm_current;
    uint32_t result;
    int top = 0;
    (void)unused;
    if (engine == NULL)
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    if (!engine->verified) {
        memset(engine->path, 0, sizeof engine->path);
        engine->verified = 1;
        engine->accepted = 0;
        engine->verdict_count = 0;
    }
    /* A path longer than the library's own limit is impossible; refuse it instead of checking a part of it. */
    if (depth < 0 || depth >= WSM_MAX_DEPTH)
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    engine->path[depth] = (wsm_step){certificate, *flags};
    *flags = 0;
    if (depth > 0)
        return 0;
    keep_chain(engine, certificate);
    while (top + 1 < WSM_MAX_DEPTH && engine->path[top + 1].certificate != NULL)
        top++;
    result = judge_path(engine, top);
    memset(engine->path, 0, sizeof engine->path); /* the certificates belong to the library and are freed with the handshake */
    wsm_forget_usage(certificate);
    engine->accepted = result == 0;
    if (result == 0)
        return 0;
    engine->refused = alert_for_flags(result);
    if (engine->judged_later)
        return 0;
    /* The library would send its own alert: ours is sent first, and nothing after it. */
    mbedtls_ssl_send_alert_message(&engine->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, (unsigned char)engine->refused);
    engine->muted = 1;
    *flags = result;
    return 0;
}

int wsm_verified_by(const wsm_engine *engine)
{
    const wsm_config *config = engine->config;
    if (!config->verify_peer)
        return WSM_BY_NOTHING;
    if (wsm_resumed(engine))
        return WSM_BY_SESSION;
    if (!engine->accepted)
        return WSM_BY_NONE;
    return config->pin_count > 0 ? WSM_BY_PINS : config->skip_all ? WSM_BY_NOTHING : WSM_BY_CHAIN;
}
