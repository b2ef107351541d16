/* The Mbed TLS operations that wssure needs, with opaque objects and no Python: one set of C functions for 2.28 to 4.x.
 *
 * Theory of operation. A wsm_config is shared by connections (policy, trust anchors, own certificate, ticket keys);
 * a wsm_engine is one connection. Ciphertext is in two buffers of ours; Mbed TLS reads and writes them through its BIO
 * callbacks and never sees a socket. Its callbacks (verify, debug, key export, server name) only append to the engine;
 * the caller reads their results after each call. Every call is made with Python's global lock held. Therefore the
 * process-wide debug threshold and the `current` pointer below are safe.
 */
#ifndef WSSURE_MBEDTLS_SHIM_H
#define WSSURE_MBEDTLS_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct wsm_trust wsm_trust;
typedef struct wsm_config wsm_config;
typedef struct wsm_engine wsm_engine;
typedef struct wsm_session wsm_session;

/* Results in addition to Mbed TLS's own negative numbers. */
enum { WSM_OK = 0, WSM_WANT = 1, WSM_CLOSED = 2 };

/* The reason why a certificate was refused, if the library's own flag does not give it. */
enum {
    WSM_BY_FLAG = 0,
    WSM_SELF_SIGNED,
    WSM_SELF_SIGNED_IN_CHAIN,
    WSM_ISSUER_NOT_FOUND,
    WSM_NAME_MISMATCH,
    WSM_IP_MISMATCH,
    WSM_NO_SAN,
    WSM_PIN_MISMATCH,
    WSM_NAME_CONSTRAINTS
};

/* The verification of the peer of one connection. */
enum { WSM_BY_NONE = 0, WSM_BY_NOTHING, WSM_BY_CHAIN, WSM_BY_PINS, WSM_BY_SESSION };

/* Our own side's reason for a failure, if the error number does not give it. */
enum { WSM_OWN_NONE = 0, WSM_OWN_DH_KEY_TOO_SMALL, WSM_OWN_NO_SAFE_RENEGOTIATION, WSM_OWN_RECORD_TOO_LARGE, WSM_OWN_NO_COMMON_GROUP };

typedef struct {
    int depth;
    uint32_t flag; /* one MBEDTLS_X509_BADCERT_ bit */
    int reason;
} wsm_verdict;

typedef struct {
    int sent; /* 1 sent, 0 received */
    int level;
    int number;
    int encrypted; /* 1, 0, or -1 if unknown */
    int after_done;
} wsm_alert;

/* One certificate as DER. */
typedef struct {
    const uint8_t *data;
    size_t size;
} wsm_der;

/* Checks the extension of a path that the library skips. The path has the peer's own certificate first and the trust
 * anchor last. Returns the depth of the certificate to refuse, or a negative number for none. */
typedef int (*wsm_policy)(void *context, const wsm_der *path, size_t count);

enum { WSM_MAX_VERDICTS = 48, WSM_MAX_ALERTS = 8 };

/* The wrong part of a loaded certificate or key. */
enum { WSM_PART_CERT = 1, WSM_PART_KEY, WSM_PART_PAIR };

/* -- the library -- */
int wsm_start(void);
int wsm_after_fork(void);
unsigned wsm_version_linked(void);
unsigned wsm_version_compiled(void);
int wsm_has(const char *feature); /* 1 compiled in, 0 not, -1 unknown to the library */
/* One option of the headers that determines the layout of structures: its name, or NULL after the last. */
const char *wsm_option(size_t index, int *compiled);
int wsm_in_content_len(void);
int wsm_tls13(void);
int wsm_keylog(void);
void wsm_strerror(int code, char *text, size_t size);

/* -- objects shared by connections -- */
wsm_trust *wsm_trust_new(void);
void wsm_trust_free(wsm_trust *trust);
int wsm_trust_add(wsm_trust *trust, const uint8_t *der, size_t size);
wsm_config *wsm_config_new(int server, int *error);
void wsm_config_free(wsm_config *config);
/* The anchors must live as long as the configuration; NULL trusts no peer. */
void wsm_config_trust(wsm_config *config, wsm_trust *trust);
int wsm_config_own(wsm_config *config, const uint8_t *cert, size_t cert_size, const uint8_t *key, size_t key_size,
                   int *part);
int wsm_config_alpn(wsm_config *config, const char *const *names, size_t count);
void wsm_config_versions(wsm_config *config, int minimum, int maximum); /* 12 or 13 */
int wsm_config_group(wsm_config *config, uint16_t group); /* one more; the first replaces the default groups */
void wsm_config_relax(wsm_config *config, int skip_all, int skip_name, int skip_dates);
int wsm_config_pin(wsm_config *config, int whole_certificate, const uint8_t digest[32]);
void wsm_config_keylog(wsm_config *config);
int wsm_config_ready(wsm_config *config, int verify_peer);

/* -- one connection -- */
wsm_engine *wsm_engine_new(wsm_config *config, int *error);
void wsm_engine_free(wsm_engine *engine);
/* `sni` is sent, NULL sends none; the peer's certificate must match `name` (DNS), or `ip` (4 or 16 bytes), or neither. */
int wsm_engine_name(wsm_engine *engine, const char *sni, const char *name, const uint8_t *ip, size_t ip_size);
void wsm_engine_policy(wsm_engine *engine, wsm_policy policy, void *context);
int wsm_engine_offer(wsm_engine *engine, const wsm_session *session);
int wsm_feed(wsm_engine *engine, const uint8_t *data, size_t size);
const uint8_t *wsm_incoming(const wsm_engine *engine, size_t *size); /* fed and not yet taken */
int wsm_replace_incoming(wsm_engine *engine, const uint8_t *data, size_t size);
void wsm_eof(wsm_engine *engine);
int wsm_handshake(wsm_engine *engine);
/* Ends a server's handshake with protocol_version, for a client that shares no version with us. */
int wsm_refuse_version(wsm_engine *engine);
int wsm_read(wsm_engine *engine, uint8_t *data, size_t size, size_t *done);
int wsm_write(wsm_engine *engine, const uint8_t *data, size_t size, size_t *done);
int wsm_close_notify(wsm_engine *engine);
const uint8_t *wsm_outgoing(const wsm_engine *engine, size_t *size);
void wsm_consume(wsm_engine *engine, size_t count);
void wsm_pin_outgoing(wsm_engine *engine);   /* a reader holds a pointer into outgoing: do not free it */
void wsm_unpin_outgoing(wsm_engine *engine);

/* -- results of the callbacks; each is kept until the engine is freed or, if documented, taken -- */
size_t wsm_verdicts(const wsm_engine *engine, const wsm_verdict **list);
size_t wsm_take_alerts(wsm_engine *engine, wsm_alert list[WSM_MAX_ALERTS]);
const uint8_t *wsm_chain(const wsm_engine *engine, size_t *size); /* each: 4 bytes length, big endian, then DER */
const uint8_t *wsm_keylog_lines(wsm_engine *engine, size_t *size);
void wsm_keylog_taken(wsm_engine *engine);
int wsm_own_cause(const wsm_engine *engine);
int wsm_certificate_requested(const wsm_engine *engine);
const char *wsm_server_name(const wsm_engine *engine); /* server: the SNI received; NULL for none */
const char *wsm_version_name(const wsm_engine *engine);
const char *wsm_cipher_name(const wsm_engine *engine);
const char *wsm_alpn_name(const wsm_engine *engine);
int wsm_resumed(const wsm_engine *engine);
/* WSM_BY_: the certificate accepted by this connection's verify callback, or the resumed session; else WSM_BY_NONE. */
int wsm_verified_by(const wsm_engine *engine);
wsm_session *wsm_session_take(wsm_engine *engine); /* the newest session, or NULL; the caller frees it */
void wsm_session_free(wsm_session *session);

#endif
