/* Observations from Mbed TLS's callbacks: alert numbers (debug lines) and traffic secrets (key export). */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* RFC 8446 section 6: a plaintext alert is a record with two bytes. */
enum { ALERT_BYTES = 2, LEVEL_FATAL = 2 };

void wsm_note_alert(wsm_engine *engine, int sent, unsigned level, int number, int encrypted)
{
    if (level == LEVEL_FATAL)
        engine->alert_seen = 1;
    if (engine->alert_count == WSM_MAX_ALERTS)
        return;
    engine->alerts[engine->alert_count++] =
        (wsm_alert){sent, (int)level, number, encrypted, engine->done};
}

/* With threads compiled in, every line begins with the connection's address: "0x5581c0de: => handshake". */
static const char *without_address(const char *text)
{
    const char *colon = strncmp(text, "0x", 2) == 0 ? strstr(text, ": ") : NULL;
    return colon == NULL ? text : colon + 2;
}

static int starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Records the lines about alerts, and reasons without an error number; ignores every other line.
 *
 * The number of a received alert is in a line of level 2. A sent alert is announced at level 2 too, but its number is
 * in the next line, at level 3. So level 3 is enabled for exactly that line. No other line of level 3 or higher is ever
 * made, because those contain the secrets.
 */
void wsm_debug(void *unused, int level, const char *file, int line, const char *text)
{
    wsm_engine *engine = wsm_current;
    unsigned first, second;
    (void)unused;
    (void)level;
    (void)file;
    (void)line;
    if (engine == NULL)
        return;
    text = without_address(text);
    if (engine->alert_announced) {
        engine->alert_announced = 0;
        wsm_debug_level(WSM_TALKATIVE);
        if (!engine->muted && sscanf(text, "send alert level=%u message=%u", &first, &second) == 2) {
            wsm_note_alert(engine, 1, first, (int)second, -1);
            engine->alert_pending = 1;
            return;
        }
    }
    if (starts(text, "=> send alert message")) {
        engine->alert_announced = 1;
        wsm_debug_level(WSM_ALERT_NUMBER);
    } else if (sscanf(text, "got an alert message, type: [%u:%u]", &first, &second) == 2) {
        wsm_note_alert(engine, 0, first, (int)second, !wsm_last_is_plain_alert(engine));
    } else if (starts(text, "<= write certificate\n")) {
        engine->own_certificate_written = 1; /* a client sends one, possibly empty, only on request */
    } else if (starts(text, "DHM prime too short")) {
        engine->own_cause = WSM_OWN_DH_KEY_TOO_SMALL;
    } else if (starts(text, "no matching named group found")) {
        engine->own_cause = WSM_OWN_NO_COMMON_GROUP;
    } else if (starts(text, "received HelloRetryRequest message")) {
        engine->retried = 1;
    } else if (starts(text, "legacy renegotiation, breaking off handshake")) {
        engine->own_cause = WSM_OWN_NO_SAFE_RENEGOTIATION;
    }
}

int wsm_last_is_plain_alert(const wsm_engine *engine)
{
    return engine->last_type == WSM_RECORD_ALERT && engine->last_length == ALERT_BYTES;
}

void wsm_note_record_sent(wsm_engine *engine, const uint8_t *record, size_t size)
{
    if (!engine->alert_pending)
        return;
    engine->alert_pending = 0;
    if (engine->alert_count > 0)
        engine->alerts[engine->alert_count - 1].encrypted =
            !(size == 5 + ALERT_BYTES && record[0] == WSM_RECORD_ALERT && record[4] == ALERT_BYTES);
}

size_t wsm_take_alerts(wsm_engine *engine, wsm_alert list[WSM_MAX_ALERTS])
{
    size_t count = engine->alert_count;
    memcpy(list, engine->alerts, count * sizeof *list);
    engine->alert_count = 0;
    return count;
}

#if WSM_KEYLOG
static void hex(wsm_buffer *buffer, const unsigned char *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        char pair[2] = {digits[data[i] >> 4], digits[data[i] & 15]};
        if (wsm_append(buffer, pair, sizeof pair) != 0)
            return;
    }
}

/* One line of the NSS key log format. Source: draft-ietf-tls-keylogfile section 2. */
static void keylog_line(wsm_engine *engine, const char *label, const unsigned char client_random[32],
                        const unsigned char *secret, size_t size)
{
    wsm_buffer *lines = &engine->keylog;
    wsm_append(lines, label, strlen(label));
    wsm_append(lines, " ", 1);
    hex(lines, client_random, 32);
    wsm_append(lines, " ", 1);
    hex(lines, secret, size);
    wsm_append(lines, "\n", 1);
}

#if WSM_SINCE_3
void wsm_export_keys(void *context, mbedtls_ssl_key_export_type type, const unsigned char *secret, size_t size,
                     const unsigned char client_random[32], const unsigned char server_random[32],
                     mbedtls_tls_prf_types prf)
{
    const char *label = NULL;
    (void)server_random;
    (void)prf;
    switch (type) {
    case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
        label = "CLIENT_RANDOM";
        break;
#if WSM_TLS13
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
        label = "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
        break;
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
        label = "SERVER_HANDSHAKE_TRAFFIC_SECRET";
        break;
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
        label = "CLIENT_TRAFFIC_SECRET_0";
        break;
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
        label = "SERVER_TRAFFIC_SECRET_0";
        break;
#endif
    default:
        return;
    }
    keylog_line(context, label, client_random, secret, size);
}
#else
int wsm_export_keys(void *unused, const unsigned char *master, const unsigned char *block, size_t mac_size,
                    size_t key_size, size_t iv_size, const unsigned char client_random[32],
                    const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    (void)unused;
    (void)block;
    (void)mac_size;
    (void)key_size;
    (void)iv_size;
    (void)server_random;
    (void)prf;
    if (wsm_current != NULL && wsm_current->config->keylog)
        keylog_line(wsm_current, "CLIENT_RANDOM", client_random, master, 48);
    return 0;
}
#endif
#endif

const uint8_t *wsm_keylog_lines(wsm_engine *engine, size_t *size)
{
    return wsm_waiting(&engine->keylog, size);
}

void wsm_keylog_taken(wsm_engine *engine)
{
    if (engine->keylog.data != NULL)
        memset(engine->keylog.data, 0, engine->keylog.size);
    wsm_release(&engine->keylog);
}
