/* One connection: bytes in, bytes out, handshake, plaintext. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* A buffer above this size is freed as soon as it is empty. */
enum { WSM_KEEP_BYTES = 20480 };

/* RFC 8446 section 5.2: a TLS 1.3 alert is two bytes, its type and a tag of 16; Mbed TLS itself pads the first three to 16.
 * In TLS 1.2 the outer type identifies it. An alert with more padding ends the connection without its number. */
enum { ALERT_LENGTH = 16 + 16 };

/* -- the BIO: the only input and output of Mbed TLS -- */

/* Tracks the record headers, to distinguish plaintext alerts from encrypted ones. */
static void follow_records(wsm_engine *engine, const uint8_t *data, size_t size)
{
    while (size > 0) {
        if (engine->body_left > 0) {
            size_t step = size < engine->body_left ? size : engine->body_left;
            size_t at = engine->last_length - engine->body_left;
            for (size_t i = 0; i < step && at + i < sizeof engine->last_body; i++)
                engine->last_body[at + i] = data[i];
            engine->body_left -= step;
            /* RFC 8446 section 6: an alert may be unencrypted when we already expect encrypted records, from a client
             * that refuses our certificate. The library treats it as a damaged record and would answer; nothing more is
             * sent to a peer that ended the connection. */
            if (engine->body_left == 0 && !engine->done && wsm_last_is_plain_alert(engine) &&
                engine->last_body[0] == MBEDTLS_SSL_ALERT_LEVEL_FATAL)
                engine->muted = 1;
            data += step;
            size -= step;
            continue;
        }
        engine->header[engine->header_seen++] = *data++;
        size--;
        if (engine->header_seen == sizeof engine->header) {
            engine->header_seen = 0;
            engine->last_type = engine->header[0];
            engine->last_length = (size_t)engine->header[3] << 8 | engine->header[4];
            engine->body_left = engine->last_length;
            if (engine->last_type >= WSM_RECORD_FIRST && engine->last_type <= WSM_RECORD_LAST &&
                engine->last_length > WSM_IN_CONTENT_LEN + WSM_RECORD_EXPANSION)
                engine->own_cause = WSM_OWN_RECORD_TOO_LARGE;
            if (engine->done && (engine->last_type == WSM_RECORD_ALERT || engine->last_length <= ALERT_LENGTH))
                wsm_debug_level(WSM_TALKATIVE); /* report this alert */
        }
    }
}

static int receive(void *context, unsigned char *data, size_t size)
{
    wsm_engine *engine = context;
    wsm_buffer *in = &engine->in;
    size_t ready = in->end - in->start;
    if (ready == 0) {
        engine->starved = 1;
        return engine->eof ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
    }
    if (size > ready)
        size = ready;
    memcpy(data, in->data + in->start, size);
    in->start += size;
    if (in->start == in->end)
        in->start = in->end = 0;
    follow_records(engine, data, size);
    return (int)size;
}

static int transmit(void *context, const unsigned char *data, size_t size)
{
    wsm_engine *engine = context;
    uint8_t *old, alert[7];
    if (size == sizeof alert && data[1] == 0) {
        /* 2.28 refuses an old version in a record of version 0.0, which no peer reads. RFC 5246 appendix E.1. */
        memcpy(alert, data, size);
        alert[1] = alert[2] = 3;
        data = alert;
    }
    if (engine->muted)
        return (int)size; /* we refused the peer and sent an alert: nothing more from the library is sent */
    if (wsm_append_keeping(&engine->out, data, size, &old) != 0)
        return WSM_NO_MEMORY;
    if (old != NULL && engine->outgoing_pins > 0) {
        memcpy(old, &engine->retired, sizeof engine->retired);
        engine->retired = old;
    } else {
        free(old);
    }
    engine->sent_records++;
    wsm_note_record_sent(engine, data, size);
    return (int)size;
}

/* -- life -- */

wsm_engine *wsm_engine_new(wsm_config *config, int *error)
{
    wsm_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        *error = WSM_NO_MEMORY;
        return NULL;
    }
    engine->config = config;
    mbedtls_ssl_init(&engine->ssl);
    *error = mbedtls_ssl_setup(&engine->ssl, &config->ssl);
    if (*error != 0) {
        wsm_engine_free(engine);
        return NULL;
    }
    mbedtls_ssl_set_bio(&engine->ssl, engine, transmit, receive, NULL);
#if WSM_SINCE_3
    if (config->keylog)
        mbedtls_ssl_set_export_keys_cb(&engine->ssl, wsm_export_keys, engine);
#endif
    return engine;
}

static void free_retired(wsm_engine *engine)
{
    while (engine->retired != NULL) {
        uint8_t *next;
        memcpy(&next, engine->retired, sizeof next);
        free(engine->retired);
        engine->retired = next;
    }
}

void wsm_engine_free(wsm_engine *engine)
{
    if (engine == NULL)
        return;
    mbedtls_ssl_free(&engine->ssl);
    wsm_session_free(engine->session);
    wsm_release(&engine->in);
    wsm_release(&engine->out);
    wsm_release(&engine->chain);
    wsm_keylog_taken(engine);
    free_retired(engine);
    free(engine);
}

int wsm_engine_name(wsm_engine *engine, const char *sni, const char *name, const uint8_t *ip, size_t ip_size)
{
    if ((name != NULL && strlen(name) >= sizeof engine->name) || ip_size > sizeof engine->ip)
        return WSM_BAD_ARGUMENT;
    if (name != NULL)
        strcpy(engine->name, name);
    if (ip_size > 0)
        memcpy(engine->ip, ip, ip_size);
    engine->ip_size = ip_size;
    /* Always called, also with NULL: from 3.6.3 a verifying client without this call is refused (-0x5D80). */
    return mbedtls_ssl_set_hostname(&engine->ssl, sni);
}

void wsm_engine_policy(wsm_engine *engine, wsm_policy policy, void *context)
{
    engine->policy = policy;
    engine->policy_context = context;
}

int wsm_engine_offer(wsm_engine *engine, const wsm_session *session)
{
    int status = mbedtls_ssl_set_session(&engine->ssl, &session->ssl);
    engine->offered = status == 0;
    return status;
}

/* -- bytes -- */

int wsm_feed(wsm_engine *engine, const uint8_t *data, size_t size)
{
    return wsm_append(&engine->in, data, size);
}

const uint8_t *wsm_incoming(const wsm_engine *engine, size_t *size)
{
    return wsm_waiting(&engine->in, size);
}

int wsm_replace_incoming(wsm_engine *engine, const uint8_t *data, size_t size)
{
    engine->in.start = engine->in.end = 0;
    return wsm_append(&engine->in, data, size);
}

void wsm_eof(wsm_engine *engine)
{
    engine->eof = 1;
}

const uint8_t *wsm_outgoing(const wsm_engine *engine, size_t *size)
{
    return wsm_waiting(&engine->out, size);
}

void wsm_consume(wsm_engine *engine, size_t count)
{
    wsm_buffer *out = &engine->out;
    out->start += count;
    if (out->start < out->end)
        return;
    out->start = out->end = 0;
    if (out->size > WSM_KEEP_BYTES && engine->outgoing_pins == 0)
        wsm_release(out);
}

void wsm_pin_outgoing(wsm_engine *engine)
{
    engine->outgoing_pins++;
}

void wsm_unpin_outgoing(wsm_engine *engine)
{
    if (--engine->outgoing_pins == 0)
        free_retired(engine);
}

/* -- the handshake -- */

/* The alert for failures for which the library sends none. */
static unsigned char alert_for(const wsm_engine *engine, int status)
{
    int refusal = wsm_refusal(engine);
    if (refusal != 0)
        return (unsigned char)refusal;
    if (engine->own_cause == WSM_OWN_RECORD_TOO_LARGE)
        return WSM_ALERT_RECORD_OVERFLOW;
    if (engine->own_cause == WSM_OWN_NO_COMMON_GROUP)
        return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
    switch (status) {
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
        return MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE;
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC;
    case WSM_BAD_VERSION:
        return MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
    case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE: /* RFC 5246 section 7.4.6: a fatal handshake_failure */
        return MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
#if WSM_SINCE_3
    case MBEDTLS_ERR_SSL_DECODE_ERROR:
        return MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR;
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
        return MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER;
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
        return MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
#endif
    default:
        return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
    }
}

/* Ends the connection: every failure sends an alert to the peer, except the peer's own alert and its EOF. */
static int fail(wsm_engine *engine, int status)
{
    /* RFC 8446 section 4.2.8: a retry with a group that was not offered must be refused with illegal_parameter. The
     * library reports an internal error and sends no alert. */
    if (status == MBEDTLS_ERR_SSL_INTERNAL_ERROR && engine->retried && !engine->done)
        engine->own_cause = WSM_OWN_NO_COMMON_GROUP;
    if (status == MBEDTLS_ERR_SSL_INVALID_MAC && engine->muted && !engine->alert_seen) {
        wsm_note_alert(engine, 0, engine->last_body[0], engine->last_body[1], 0);
        status = MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE;
    }
    engine->failed = status;
    if (status != MBEDTLS_ERR_SSL_CONN_EOF && status != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && !engine->alert_seen) {
        wsm_enter(engine);
        mbedtls_ssl_send_alert_message(&engine->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert_for(engine, status));
        wsm_leave();
    }
    return status;
}

int wsm_refuse_version(wsm_engine *engine)
{
    engine->refused = MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
    return fail(engine, WSM_BAD_VERSION);
}

static void keep_session(wsm_engine *engine)
{
    wsm_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return;
    mbedtls_ssl_session_init(&session->ssl);
    if (mbedtls_ssl_get_session(&engine->ssl, &session->ssl) != 0) {
        wsm_session_free(session);
        return;
    }
    wsm_session_free(engine->session);
    engine->session = session;
}

/* A ticket of TLS 1.3 has no master secret for TLS 1.2, but libraries before 3.6.8, 4.1.2 and 4.3 resume it all the
 * same, under keys that anybody can compute: CVE-2026-93831, and after a HelloRetryRequest CVE-2026-34873. */
static int confused(const wsm_engine *engine)
{
#if WSM_SINCE_3_2
    return engine->config->server && wsm_resumed(engine) &&
           engine->ticket_version != (int)mbedtls_ssl_get_version_number(&engine->ssl);
#else
    (void)engine;
    return 0;
#endif
}

int wsm_handshake(wsm_engine *engine)
{
    int status;
    if (engine->failed != 0)
        return engine->failed;
    if (engine->done)
        return WSM_OK;
    do {
        engine->starved = 0;
        wsm_enter(engine);
        status = mbedtls_ssl_handshake(&engine->ssl);
        wsm_leave();
        /* The library may ask for more while input is left: wait only if the buffer is empty. */
    } while (status == MBEDTLS_ERR_SSL_WANT_READ && !engine->starved);
    if (status == MBEDTLS_ERR_SSL_WANT_READ)
        return WSM_WANT;
    /* The second number is the return value of our own write_ticket for a refused peer. */
    if ((status == 0 || status == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) && engine->judged_later && wsm_refusal(engine) != 0)
        status = engine->refused != 0 ? MBEDTLS_ERR_X509_CERT_VERIFY_FAILED : MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE;
    if (status == 0 && confused(engine))
        status = WSM_BAD_VERSION;
    if (status != 0)
        return fail(engine, status);
    engine->done = 1;
    return WSM_OK;
}

/* -- plaintext -- */

/* With debug output off, the library still sends the alert for a damaged record while it reads, and no other. */
static void note_unheard_alert(wsm_engine *engine, int status)
{
    if (!engine->alert_seen)
        wsm_note_alert(engine, 1, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                       status == MBEDTLS_ERR_SSL_INVALID_MAC ? MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC : -1, 1);
}

static int read_once(wsm_engine *engine, uint8_t *data, size_t size)
{
    int status;
    unsigned before = engine->sent_records;
    engine->starved = 0;
    wsm_enter(engine);
    status = mbedtls_ssl_read(&engine->ssl, data, size);
    wsm_leave();
    if (engine->sent_records != before)
        note_unheard_alert(engine, status);
    return status;
}

int wsm_read(wsm_engine *engine, uint8_t *data, size_t size, size_t *done)
{
    *done = 0;
    while (engine->failed == 0 && engine->ended == 0 && *done < size) {
        int status = read_once(engine, data + *done, size - *done);
        if (status > 0) {
            *done += (size_t)status;
            if (engine->in.end == engine->in.start && !mbedtls_ssl_check_pending(&engine->ssl))
                break;
            continue;
        }
#if WSM_TLS13
        if (status == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            keep_session(engine);
            continue;
        }
#endif
        if (status == MBEDTLS_ERR_SSL_WANT_READ) {
            if (!engine->starved)
                continue;
            break;
        }
        if (status == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
            engine->ended = 1;
        else /* 0 is an EOF without close_notify */
            fail(engine, status == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : status);
    }
    if (engine->in.end == 0 && engine->in.size > WSM_KEEP_BYTES)
        wsm_release(&engine->in);
    if (*done > 0)
        return WSM_OK;
    if (engine->ended)
        return WSM_CLOSED;
    return engine->failed != 0 ? engine->failed : WSM_WANT;
}

int wsm_write(wsm_engine *engine, const uint8_t *data, size_t size, size_t *done)
{
    *done = 0;
    while (engine->failed == 0 && *done < size) {
        int status;
        wsm_enter(engine);
        status = mbedtls_ssl_write(&engine->ssl, data + *done, size - *done);
        wsm_leave();
        if (status > 0)
            *done += (size_t)status;
        else if (status == MBEDTLS_ERR_SSL_WANT_READ)
            return WSM_WANT;
        else
            fail(engine, status);
    }
    return engine->failed != 0 && *done == 0 ? engine->failed : WSM_OK;
}

int wsm_close_notify(wsm_engine *engine)
{
    int status;
    if (!engine->done || engine->failed != 0 || engine->close_sent)
        return WSM_OK;
    engine->close_sent = 1;
    wsm_enter(engine);
    status = mbedtls_ssl_close_notify(&engine->ssl);
    wsm_leave();
    if (status == 0)
        wsm_note_alert(engine, 1, MBEDTLS_SSL_ALERT_LEVEL_WARNING, MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY, 1);
    return status;
}

/* -- agreed parameters -- */

size_t wsm_verdicts(const wsm_engine *engine, const wsm_verdict **list)
{
    *list = engine->verdicts;
    return engine->verdict_count;
}

const uint8_t *wsm_chain(const wsm_engine *engine, size_t *size)
{
    *size = engine->chain.end - engine->chain.start;
    return engine->chain.data;
}

int wsm_own_cause(const wsm_engine *engine)
{
    return engine->own_cause;
}

int wsm_certificate_requested(const wsm_engine *engine)
{
    return !engine->config->server && engine->own_certificate_written;
}

const char *wsm_server_name(const wsm_engine *engine)
{
    return engine->has_server_name ? engine->server_name : NULL;
}

const char *wsm_version_name(const wsm_engine *engine)
{
    return mbedtls_ssl_get_version(&engine->ssl);
}

const char *wsm_cipher_name(const wsm_engine *engine)
{
    return mbedtls_ssl_get_ciphersuite(&engine->ssl);
}

const char *wsm_alpn_name(const wsm_engine *engine)
{
#if defined(MBEDTLS_SSL_ALPN)
    return mbedtls_ssl_get_alpn_protocol(&engine->ssl);
#else
    return NULL;
#endif
}

int wsm_resumed(const wsm_engine *engine)
{
    if (engine->config->server)
        return engine->ticket_opened && !engine->own_certificate_written;
    /* A server sends a certificate in every full handshake, and our verify callback gets it. */
    return engine->done && engine->offered && !engine->verified;
}

wsm_session *wsm_session_take(wsm_engine *engine)
{
    wsm_session *session;
    /* In TLS 1.2 the session is complete after the handshake; in 1.3 it was stored when its ticket was received. */
    if (engine->session == NULL && engine->done && !engine->config->server &&
        strcmp(wsm_version_name(engine), "TLSv1.2") == 0)
        keep_session(engine);
    session = engine->session;
    engine->session = NULL;
    return session;
}

void wsm_session_free(wsm_session *session)
{
    if (session == NULL)
        return;
    mbedtls_ssl_session_free(&session->ssl);
    free(session);
}
