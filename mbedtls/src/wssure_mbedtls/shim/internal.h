/* The two structures declared opaque in shim.h, for the files of this folder only. */
#ifndef WSSURE_MBEDTLS_INTERNAL_H
#define WSSURE_MBEDTLS_INTERNAL_H

#include "compat.h"
#include "shim.h"

/* RFC 8446 section 6.2; 2.28 has no name for it. */
/* RFC 8446 section 5.1: the outer type of an alert that is not encrypted, or encrypted in TLS 1.2. */
enum { WSM_RECORD_ALERT = 21, WSM_RECORD_FIRST = 20, WSM_RECORD_LAST = 23 };
/* RFC 8446 section 5.2: the maximum expansion of a record by encryption. */
enum { WSM_RECORD_EXPANSION = 256 };
enum { WSM_ALERT_CERTIFICATE_REQUIRED = 116, WSM_ALERT_RECORD_OVERFLOW = 22 };
enum { WSM_MAX_PINS = 64, WSM_MAX_DEPTH = 16, WSM_MAX_ALPN = 16, WSM_MAX_GROUPS = 8, WSM_MAX_SUITES = 64, WSM_NAME_SIZE = 256 };

typedef struct {
    uint8_t *data;
    size_t start, end, size;
} wsm_buffer;

typedef struct {
    int whole_certificate; /* digest of the DER certificate, else of its public key */
    uint8_t digest[32];
} wsm_pin;

struct wsm_trust {
    mbedtls_x509_crt anchors;
};

struct wsm_config {
    mbedtls_ssl_config ssl;
    mbedtls_x509_crt_profile profile;
    wsm_trust *trust;  /* not owned */
    wsm_trust nobody; /* the list without anchors: it refuses every peer; NULL would cause a different error */
    mbedtls_x509_crt own;
    mbedtls_pk_context key;
#if WSM_SERVER_TICKETS
    mbedtls_ssl_ticket_context tickets;
#endif
    int server, has_own, keylog, verify_peer;
    int skip_all, skip_name, skip_dates;
    int suites[WSM_MAX_SUITES + 1];
    char *alpn[WSM_MAX_ALPN + 1];
#if WSM_SINCE_3_2
    uint16_t groups[WSM_MAX_GROUPS + 1];
#else
    mbedtls_ecp_group_id groups[WSM_MAX_GROUPS + 1];
#endif
    size_t group_count;
    wsm_pin pins[WSM_MAX_PINS];
    size_t pin_count;
};

/* One certificate of the path built by the library, as passed to the verify callback. */
typedef struct {
    const mbedtls_x509_crt *certificate;
    uint32_t flags;
} wsm_step;

struct wsm_engine {
    mbedtls_ssl_context ssl; /* first member: a callback with &engine->ssl can cast it to the engine */
    wsm_config *config;
    wsm_buffer in, out, chain, keylog;
    uint8_t *retired; /* outgoing memory replaced while a reader still used it: a list, linked in its first bytes */
    int outgoing_pins;
    unsigned sent_records;
    int eof, starved, done, failed, ended, close_sent;

    char name[WSM_NAME_SIZE]; /* DNS name to verify; empty for none */
    uint8_t ip[16];
    size_t ip_size;

    wsm_policy policy;
    void *policy_context;
    wsm_step path[WSM_MAX_DEPTH];
    int verified; /* the verify callback ran: a full handshake */
    int accepted; /* it ran for the peer's own certificate and refused nothing */
    int offered;  /* client: a session was offered */
    int refused;  /* the alert with which our verification refused the peer; 0 for none */
    int judged_later;
    int muted;     /* nothing more from the library is sent */
    int own_cause; /* WSM_OWN_ */
    int retried;   /* a HelloRetryRequest was received */
    wsm_verdict verdicts[WSM_MAX_VERDICTS];
    size_t verdict_count;

    wsm_alert alerts[WSM_MAX_ALERTS];
    size_t alert_count;
    int alert_pending;   /* the next record sent carries the last alert */
    int alert_announced; /* the library announced an alert; its number is in the next line */
    int alert_seen;      /* any fatal alert, in either direction */
    uint8_t last_type;   /* outer type, length and first bytes of the record read last */
    size_t last_length;
    uint8_t last_body[2];
    size_t body_left;
    size_t header_seen;
    uint8_t header[5];

    int own_certificate_written, ticket_opened;
    int ticket_version; /* server: the TLS version of the session that a ticket held */
    char server_name[WSM_NAME_SIZE];
    int has_server_name;
    wsm_session *session;
};

struct wsm_session {
    mbedtls_ssl_session ssl;
};

/* The engine of the current call. Mbed TLS passes no connection to its debug callback and to 2.28's key callback. */
extern wsm_engine *wsm_current;

/* The debug level of the library. From 3 on it prints secrets: see wsm_debug for the only line that is allowed.
 * Formatting a line costs more than the cryptography of a small record: once the handshake is complete
 * the output is off, except for a record that may be an alert. */
enum { WSM_SILENT = 0, WSM_TALKATIVE = 2, WSM_ALERT_NUMBER = 3 };
void wsm_debug_level(int level);
void wsm_enter(wsm_engine *engine); /* call these around every library call that may call back */
void wsm_leave(void);

int wsm_random(void *unused, unsigned char *data, size_t size);
int wsm_append(wsm_buffer *buffer, const void *data, size_t size);
int wsm_append_keeping(wsm_buffer *buffer, const void *data, size_t size, uint8_t **old); /* the caller frees `*old` */
const uint8_t *wsm_waiting(const wsm_buffer *buffer, size_t *size);
void wsm_release(wsm_buffer *buffer);
int wsm_refusal(const wsm_engine *engine);
void wsm_forget_usage(mbedtls_x509_crt *certificate);
int wsm_verify(void *unused, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);
void wsm_debug(void *unused, int level, const char *file, int line, const char *text);
void wsm_note_alert(wsm_engine *engine, int sent, unsigned level, int number, int encrypted);
int wsm_last_is_plain_alert(const wsm_engine *engine);
void wsm_note_record_sent(wsm_engine *engine, const uint8_t *record, size_t size);
#if WSM_KEYLOG
#if WSM_SINCE_3
void wsm_export_keys(void *engine, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t size,
                     const unsigned char client_random[32], const unsigned char server_random[32],
                     mbedtls_tls_prf_types prf);
#else
int wsm_export_keys(void *unused, const unsigned char *master, const unsigned char *block, size_t mac_size,
                    size_t key_size, size_t iv_size, const unsigned char client_random[32],
                    const unsigned char server_random[32], mbedtls_tls_prf_types prf);
#endif
#endif

#endif
