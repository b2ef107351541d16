/* Library-wide functions: initialisation, fork, versions and features, random numbers, and growing buffers. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

wsm_engine *wsm_current;
static int debug_level;
enum { WSM_FIRST_BYTES = 2048 };

int wsm_start(void)
{
#if WSM_PSA
    psa_status_t status = psa_crypto_init();
    if (status != PSA_SUCCESS)
        return (int)status;
#endif
    return 0;
}

int wsm_after_fork(void)
{
#if WSM_PSA_DEPLETE
    return (int)psa_random_deplete();
#elif WSM_PSA && (WSM_TLS13 || defined(MBEDTLS_USE_PSA_CRYPTO))
    /* Without a way to reseed, the child restarts the generator: its copies of the parent's connections end with it. */
    mbedtls_psa_crypto_free();
    return (int)psa_crypto_init();
#else
    return 0; /* our own random numbers come from the system call, which has no state to copy */
#endif
}

unsigned wsm_version_linked(void)
{
    return (unsigned)mbedtls_version_get_number();
}

unsigned wsm_version_compiled(void)
{
    return MBEDTLS_VERSION_NUMBER;
}

int wsm_has(const char *feature)
{
#if defined(MBEDTLS_VERSION_C)
    int answer = mbedtls_version_check_feature(feature);
    return answer == 0 ? 1 : answer == -1 ? 0 : -1; /* -2: built without the list of features */
#else
    (void)feature;
    return -1;
#endif
}

/* The options on which the members of the structures in ssl.h, ssl_ticket.h, x509_crt.h, pk.h and their includes depend. A
 * macro that is defined does not expand to its own name. */
#define EXPANDED(text) #text
#define OPTION(name) {#name, EXPANDED(name)}

static const struct {
    const char *name, *expanded;
} OPTIONS[] = {
    OPTION(MBEDTLS_SSL_PROTO_TLS1_2),
    OPTION(MBEDTLS_SSL_PROTO_TLS1_3),
    OPTION(MBEDTLS_SSL_PROTO_DTLS),
    OPTION(MBEDTLS_SSL_DTLS_CONNECTION_ID),
    OPTION(MBEDTLS_SSL_DTLS_ANTI_REPLAY),
    OPTION(MBEDTLS_SSL_DTLS_HELLO_VERIFY),
    OPTION(MBEDTLS_SSL_DTLS_SRTP),
    OPTION(MBEDTLS_SSL_CLI_C),
    OPTION(MBEDTLS_SSL_SRV_C),
    OPTION(MBEDTLS_SSL_RENEGOTIATION),
    OPTION(MBEDTLS_SSL_SESSION_TICKETS),
    OPTION(MBEDTLS_SSL_TICKET_C),
    OPTION(MBEDTLS_SSL_EARLY_DATA),
    OPTION(MBEDTLS_SSL_RECORD_SIZE_LIMIT),
    OPTION(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH),
    OPTION(MBEDTLS_SSL_ENCRYPT_THEN_MAC),
    OPTION(MBEDTLS_SSL_EXTENDED_MASTER_SECRET),
    OPTION(MBEDTLS_SSL_SERVER_NAME_INDICATION),
    OPTION(MBEDTLS_SSL_ALPN),
    OPTION(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE),
    OPTION(MBEDTLS_SSL_ASYNC_PRIVATE),
    OPTION(MBEDTLS_SSL_CONTEXT_SERIALIZATION),
    OPTION(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH),
    OPTION(MBEDTLS_X509_CRT_PARSE_C),
    OPTION(MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK),
    OPTION(MBEDTLS_KEY_EXCHANGE_PSK_ENABLED),
    OPTION(MBEDTLS_KEY_EXCHANGE_DHE_PSK_ENABLED),
    OPTION(MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED),
    OPTION(MBEDTLS_KEY_EXCHANGE_RSA_PSK_ENABLED),
    OPTION(MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED),
    OPTION(MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED),
#if !WSM_SINCE_4
    /* In 4.x TF-PSA-Crypto decides these; the library's list does not include them. */
    OPTION(MBEDTLS_SSL_EXPORT_KEYS),
    OPTION(MBEDTLS_SSL_CBC_RECORD_SPLITTING),
    OPTION(MBEDTLS_SSL_FALLBACK_SCSV),
    OPTION(MBEDTLS_SSL_TRUNCATED_HMAC),
    OPTION(MBEDTLS_ZLIB_SUPPORT),
    OPTION(MBEDTLS_USE_PSA_CRYPTO),
    OPTION(MBEDTLS_PSA_CRYPTO_C),
    OPTION(MBEDTLS_ECP_RESTARTABLE),
    OPTION(MBEDTLS_ECDH_LEGACY_CONTEXT),
    OPTION(MBEDTLS_DHM_C),
    OPTION(MBEDTLS_THREADING_C),
    OPTION(MBEDTLS_HAVE_TIME),
    OPTION(MBEDTLS_RSA_NO_CRT),
    OPTION(MBEDTLS_DEPRECATED_REMOVED),
    OPTION(MBEDTLS_SSL_DTLS_BADMAC_LIMIT),
    OPTION(MBEDTLS_ARC4_C),
    OPTION(MBEDTLS_ECP_C),
    OPTION(MBEDTLS_CMAC_C),
    OPTION(MBEDTLS_CIPHER_MODE_CBC),
#endif
};

const char *wsm_option(size_t index, int *compiled)
{
    if (index >= sizeof OPTIONS / sizeof *OPTIONS)
        return NULL;
    *compiled = strcmp(OPTIONS[index].name, OPTIONS[index].expanded) != 0;
    return OPTIONS[index].name;
}

int wsm_in_content_len(void)
{
    return WSM_IN_CONTENT_LEN;
}

int wsm_tls13(void)
{
    return WSM_TLS13;
}

int wsm_keylog(void)
{
    return WSM_KEYLOG;
}

void wsm_debug_level(int level)
{
    if (level == debug_level)
        return;
    debug_level = level;
#if defined(MBEDTLS_DEBUG_C)
    mbedtls_debug_set_threshold(level);
#endif
}

void wsm_enter(wsm_engine *engine)
{
    wsm_current = engine;
    wsm_debug_level(engine->done ? WSM_SILENT : WSM_TALKATIVE);
}

void wsm_leave(void)
{
    wsm_current = NULL;
    wsm_debug_level(WSM_SILENT);
}

void wsm_strerror(int code, char *text, size_t size)
{
    text[0] = '\0';
#if defined(MBEDTLS_ERROR_C)
    mbedtls_strerror(code, text, size);
#else
    (void)code;
    (void)size;
#endif
}

/* From the system call: no seed, and no state that a fork could copy. */
int wsm_random(void *unused, unsigned char *data, size_t size)
{
    (void)unused;
    while (size > 0) {
        ssize_t got = getrandom(data, size, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        data += got;
        size -= (size_t)got;
    }
    return 0;
}

/* Reserves space for `size` more bytes; returns the replaced memory, if any, in `*old`. */
static int make_room(wsm_buffer *buffer, size_t size, uint8_t **old)
{
    size_t used = buffer->end - buffer->start;
    size_t wanted = used + size;
    size_t grown = buffer->size > WSM_FIRST_BYTES ? buffer->size : WSM_FIRST_BYTES;
    uint8_t *fresh;

    if (wanted < size || wanted > SIZE_MAX / 2)
        return -1;
    /* Moving down has constant cost on average only if at least half of the memory is already read. */
    if (wanted <= buffer->size && buffer->start >= buffer->size / 2) {
        memmove(buffer->data, buffer->data + buffer->start, used);
        buffer->start = 0;
        buffer->end = used;
        return 0;
    }
    while (grown < wanted || grown == buffer->size)
        grown *= 2;
    fresh = malloc(grown);
    if (fresh == NULL)
        return -1;
    if (used > 0)
        memcpy(fresh, buffer->data + buffer->start, used);
    *old = buffer->data;
    *buffer = (wsm_buffer){fresh, 0, used, grown};
    return 0;
}

int wsm_append_keeping(wsm_buffer *buffer, const void *data, size_t size, uint8_t **old)
{
    *old = NULL;
    if (size == 0)
        return 0;
    if (buffer->size - buffer->end < size && make_room(buffer, size, old) != 0)
        return -1;
    memcpy(buffer->data + buffer->end, data, size);
    buffer->end += size;
    return 0;
}

int wsm_append(wsm_buffer *buffer, const void *data, size_t size)
{
    uint8_t *old;
    int status = wsm_append_keeping(buffer, data, size, &old);
    free(old);
    return status;
}

const uint8_t *wsm_waiting(const wsm_buffer *buffer, size_t *size)
{
    *size = buffer->end - buffer->start;
    /* C allows no arithmetic on NULL, not even adding 0. */
    return buffer->data == NULL ? (const uint8_t *)"" : buffer->data + buffer->start;
}

void wsm_release(wsm_buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}
