/* Plain Mbed TLS doing what the benchmark lets our engine do: a client and a server joined by two memory buffers.
 *
 *   reference CA CERT KEY 12|13 handshake COUNT        handshakes, certificate verified, name checked
 *   reference CA CERT KEY 12|13 SIZE COUNT             messages of SIZE bytes, client to server
 *
 * Prints nanoseconds of CPU time per handshake or message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#if __has_include(<mbedtls/build_info.h>)
#include <mbedtls/build_info.h>
#endif
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

enum { PIPE_BYTES = 1 << 20 };

typedef struct {
    unsigned char data[PIPE_BYTES];
    size_t start, end;
} pipe_t;

typedef struct {
    pipe_t *in, *out;
} wires_t;

static pipe_t to_server, to_client;
static wires_t client_wires = {&to_client, &to_server}, server_wires = {&to_server, &to_client};
static unsigned char scratch[65536];

static void check(int status, const char *what)
{
    if (status == 0)
        return;
    fprintf(stderr, "reference: %s: -0x%04X\n", what, (unsigned)-status);
    exit(1);
}

static int source(void *unused, unsigned char *data, size_t size)
{
    (void)unused;
    return getrandom(data, size, 0) == (ssize_t)size ? 0 : -1;
}

static int transmit(void *context, const unsigned char *data, size_t size)
{
    pipe_t *out = ((wires_t *)context)->out;
    if (PIPE_BYTES - out->end < size)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    memcpy(out->data + out->end, data, size);
    out->end += size;
    return (int)size;
}

static int receive(void *context, unsigned char *data, size_t size)
{
    pipe_t *in = ((wires_t *)context)->in;
    size_t ready = in->end - in->start;
    if (ready == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    if (size > ready)
        size = ready;
    memcpy(data, in->data + in->start, size);
    in->start += size;
    if (in->start == in->end)
        in->start = in->end = 0;
    return (int)size;
}

static void configure(mbedtls_ssl_config *config, int endpoint, int version)
{
    static const char *protocols[] = {"http/1.1", NULL};
    mbedtls_ssl_config_init(config);
    check(mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
          "defaults");
    check(mbedtls_ssl_conf_alpn_protocols(config, protocols), "alpn");
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(config, source, NULL);
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x03020000
    mbedtls_ssl_conf_min_tls_version(config, version == 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(config, version == 13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
#else
    /* By itself 2.28 would take its strongest curve first; the work must be the engine's. */
    static const mbedtls_ecp_group_id groups[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                  MBEDTLS_ECP_DP_NONE};
    (void)version;
    mbedtls_ssl_conf_curves(config, groups);
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

static void join(mbedtls_ssl_context *client, mbedtls_ssl_context *server, const mbedtls_ssl_config *client_config,
                 const mbedtls_ssl_config *server_config)
{
    int near = 1, far = 1;
    to_server.start = to_server.end = to_client.start = to_client.end = 0;
    mbedtls_ssl_init(client);
    mbedtls_ssl_init(server);
    check(mbedtls_ssl_setup(client, client_config), "client");
    check(mbedtls_ssl_setup(server, server_config), "server");
    check(mbedtls_ssl_set_hostname(client, "a.example"), "name");
    mbedtls_ssl_set_bio(client, &client_wires, transmit, receive, NULL);
    mbedtls_ssl_set_bio(server, &server_wires, transmit, receive, NULL);
    while (near != 0 || far != 0) {
        if (near != 0)
            near = mbedtls_ssl_handshake(client);
        if (far != 0)
            far = mbedtls_ssl_handshake(server);
        if (near != 0 && near != MBEDTLS_ERR_SSL_WANT_READ)
            check(near, "client's handshake");
        if (far != 0 && far != MBEDTLS_ERR_SSL_WANT_READ)
            check(far, "server's handshake");
    }
}

static void message(mbedtls_ssl_context *client, mbedtls_ssl_context *server, const unsigned char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        int status = mbedtls_ssl_write(client, data + done, size - done);
        if (status < 0)
            check(status, "write");
        done += (size_t)status;
    }
    for (done = 0; done < size;) {
        int status = mbedtls_ssl_read(server, scratch, sizeof scratch);
        if (status <= 0)
            check(status == 0 ? -1 : status, "read");
        done += (size_t)status;
    }
}

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv)
{
    static unsigned char payload[1 << 20];
    mbedtls_ssl_config client_config, server_config;
    mbedtls_ssl_context client, server;
    mbedtls_x509_crt ca, own;
    mbedtls_pk_context key;
    mbedtls_ssl_ticket_context tickets;
    long count = argc == 7 ? atol(argv[6]) : 0;
    size_t size = argc == 7 ? (size_t)atol(argv[5]) : 0;
    long long started;
    int version;
    if (count <= 0 || size > sizeof payload) {
        fprintf(stderr, "usage: reference CA CERT KEY 12|13 handshake|SIZE COUNT\n");
        return 2;
    }
    version = atoi(argv[4]);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    check((int)psa_crypto_init(), "psa");
#endif
    mbedtls_x509_crt_init(&ca);
    mbedtls_x509_crt_init(&own);
    mbedtls_pk_init(&key);
    mbedtls_ssl_ticket_init(&tickets);
    check(mbedtls_x509_crt_parse_file(&ca, argv[1]), "ca");
    check(mbedtls_x509_crt_parse_file(&own, argv[2]), "cert");
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
    check(mbedtls_pk_parse_keyfile(&key, argv[3], NULL, source, NULL), "key");
#else
    check(mbedtls_pk_parse_keyfile(&key, argv[3], NULL), "key");
#endif
    configure(&client_config, MBEDTLS_SSL_IS_CLIENT, version);
    configure(&server_config, MBEDTLS_SSL_IS_SERVER, version);
    mbedtls_ssl_conf_authmode(&client_config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&client_config, &ca, NULL);
    check(mbedtls_ssl_conf_own_cert(&server_config, &own, &key), "own certificate");
#if MBEDTLS_VERSION_NUMBER >= 0x04000000
    check(mbedtls_ssl_ticket_setup(&tickets, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 256, 86400), "tickets");
#else
    check(mbedtls_ssl_ticket_setup(&tickets, source, NULL, MBEDTLS_CIPHER_AES_256_GCM, 86400), "tickets");
#endif
    mbedtls_ssl_conf_session_tickets_cb(&server_config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);

    if (strcmp(argv[5], "handshake") == 0) {
        started = now_ns();
        for (long i = 0; i < count; i++) {
            join(&client, &server, &client_config, &server_config);
            mbedtls_ssl_free(&client);
            mbedtls_ssl_free(&server);
        }
    } else {
        join(&client, &server, &client_config, &server_config);
        started = now_ns();
        for (long i = 0; i < count; i++)
            message(&client, &server, payload, size);
    }
    printf("%.1f\n", (double)(now_ns() - started) / (double)count);
    return 0;
}
