/* The reference of the benchmarks: a small WebSocket client and server on raw OpenSSL, doing exactly the work that is compared
 * and nothing else. Every other number is divided by this program's in the same run.
 *
 *   wsref server PORT CERT KEY                 one thread per connection; paths /echo, /sink and /source/SIZE/COUNT
 *   wsref client PORT CA WORKLOAD SIZE COUNT   WORKLOAD: echo send corked recv many connect resumed; prints one JSON line
 *
 * It checks the certificate chain and the name, as the others do; it trusts the peer's frames, which the others do not. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER (1 << 18)

struct wire {
    SSL *ssl;
    int fd;
    uint8_t *in;
    size_t at, end, room;
};

static void die(const char *what) {
    fprintf(stderr, "wsref: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(3);
}

static void wire_open(struct wire *w, SSL *ssl, int fd) {
    w->ssl = ssl;
    w->fd = fd;
    w->room = BUFFER;
    w->in = malloc(w->room);
    w->at = w->end = 0;
    if (!w->in) die("out of memory");
}

static void wire_close(struct wire *w) {
    SSL_free(w->ssl);
    close(w->fd);
    free(w->in);
}

/* Make at least `need` bytes available after `at`; 0 at the end of the stream. */
static int fill(struct wire *w, size_t need) {
    while (w->end - w->at < need) {
        if (w->at == w->end) w->at = w->end = 0;
        if (w->at + need > w->room) {
            memmove(w->in, w->in + w->at, w->end - w->at);
            w->end -= w->at;
            w->at = 0;
            if (need > w->room) {
                w->room = need + BUFFER;
                w->in = realloc(w->in, w->room);
                if (!w->in) die("out of memory");
            }
        }
        size_t left = w->room - w->end;
        int n = SSL_read(w->ssl, w->in + w->end, left > (1 << 30) ? 1 << 30 : (int)left);
        if (n <= 0) return 0;
        w->end += (size_t)n;
    }
    return 1;
}

static void put(struct wire *w, const uint8_t *data, size_t size) {
    while (size) {
        int n = SSL_write(w->ssl, data, size > (1 << 30) ? 1 << 30 : (int)size);
        if (n <= 0) die("write failed");
        data += n;
        size -= (size_t)n;
    }
}

static uint64_t random_state = 88172645463325252ull;

/* Write one frame to `out`, masked for a client; returns its size. */
static size_t frame(uint8_t *out, int opcode, const uint8_t *data, size_t size, int mask) {
    size_t at = 0;
    out[at++] = (uint8_t)(0x80 | opcode);
    uint8_t bit = mask ? 0x80 : 0;
    if (size < 126) {
        out[at++] = (uint8_t)(bit | size);
    } else if (size < 65536) {
        out[at++] = bit | 126;
        out[at++] = (uint8_t)(size >> 8);
        out[at++] = (uint8_t)size;
    } else {
        out[at++] = bit | 127;
        for (int shift = 56; shift >= 0; shift -= 8) out[at++] = (uint8_t)((uint64_t)size >> shift);
    }
    if (!mask) {
        memcpy(out + at, data, size);
        return at + size;
    }
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    uint8_t key[8];
    memcpy(key, &random_state, 4);
    memcpy(key + 4, key, 4);
    memcpy(out + at, key, 4);
    at += 4;
    uint64_t wide;
    memcpy(&wide, key, 8);
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, 8);
        word ^= wide;
        memcpy(out + at + i, &word, 8);
    }
    for (; i < size; i++) out[at + i] = data[i] ^ key[i & 3];
    return at + size;
}

/* Read one frame; `*data` points into the buffer until the next call. Returns the opcode, or -1 at the end. */
static int read_frame(struct wire *w, uint8_t **data, size_t *size) {
    if (!fill(w, 2)) return -1;
    uint8_t *head = w->in + w->at;
    int opcode = head[0] & 15, masked = head[1] & 0x80;
    size_t extra = masked ? 4 : 0, length = head[1] & 127, header = 2;
    if (length == 126) header = 4;
    if (length == 127) header = 10;
    if (!fill(w, header + extra)) return -1;
    head = w->in + w->at;
    if (header == 4) length = (size_t)head[2] << 8 | head[3];
    if (header == 10) {
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | head[i];
    }
    if (!fill(w, header + extra + length)) return -1;
    head = w->in + w->at;
    uint8_t *body = head + header + extra;
    if (masked) {
        uint8_t key[8];
        memcpy(key, head + header, 4);
        memcpy(key + 4, key, 4);
        uint64_t wide;
        memcpy(&wide, key, 8);
        size_t i = 0;
        for (; i + 8 <= length; i += 8) {
            uint64_t word;
            memcpy(&word, body + i, 8);
            word ^= wide;
            memcpy(body + i, &word, 8);
        }
        for (; i < length; i++) body[i] ^= key[i & 3];
    }
    w->at += header + extra + length;
    *data = body;
    *size = length;
    return opcode;
}

/* Read up to the empty line; the headers stand in the buffer as a string. */
static char *read_head(struct wire *w) {
    size_t seen = 4;
    for (;;) {
        if (!fill(w, seen)) return NULL;
        char *start = (char *)w->in + w->at;
        char *stop = memmem(start, w->end - w->at, "\r\n\r\n", 4);
        if (stop) {
            stop[2] = 0;
            w->at = (size_t)(stop + 4 - (char *)w->in);
            return start;
        }
        seen = w->end - w->at + 1;
    }
}

/* ---- server ---------------------------------------------------------------------------------------------------- */

static SSL_CTX *server_ctx;

static void accept_upgrade(struct wire *w, const char *head) {
    const char *line = strcasestr(head, "Sec-WebSocket-Key:");
    if (!line) die("no key");
    line += 18;
    while (*line == ' ') line++;
    char text[128];
    snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 24, line);
    unsigned char digest[20], accept[32];
    SHA1((unsigned char *)text, strlen(text), digest);
    EVP_EncodeBlock(accept, digest, 20);
    char answer[256];
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    put(w, (uint8_t *)answer, (size_t)n);
}

static void source(struct wire *w, size_t size, long count) {
    uint8_t *data = calloc(1, size + 1), *out = malloc(BUFFER + size + 16);
    if (!data || !out) die("out of memory");
    memset(data, 'x', size);
    size_t filled = 0;
    for (long i = 0; i < count; i++) {
        filled += frame(out + filled, 2, data, size, 0);
        if (filled > 16384 - 64) put(w, out, filled), filled = 0;
    }
    if (filled) put(w, out, filled);
    free(data);
    free(out);
}

static void *serve_one(void *argument) {
    struct wire w;
    int fd = (int)(intptr_t)argument;
    SSL *ssl = SSL_new(server_ctx);
    SSL_set_fd(ssl, fd);
    wire_open(&w, ssl, fd);
    char *head;
    if (SSL_accept(ssl) != 1 || !(head = read_head(&w))) goto end;
    char path[128] = "";
    sscanf(head, "GET %127s", path);
    accept_upgrade(&w, head);
    int echo = !strncmp(path, "/echo", 5);
    size_t source_size;
    long source_count;
    if (sscanf(path, "/source/%zu/%ld", &source_size, &source_count) == 2) source(&w, source_size, source_count);
    uint8_t *data, *out = NULL;
    size_t size, out_room = 0;
    int opcode;
    while ((opcode = read_frame(&w, &data, &size)) >= 0) {
        if (opcode == 10) continue;
        int last = opcode == 1 && size == 3 && !memcmp(data, "end", 3);
        if (!echo && opcode < 8 && !last) continue;
        if (out_room < size + 16) out = realloc(out, out_room = size + 16);
        if (!out) die("out of memory");
        put(&w, out, frame(out, opcode == 9 ? 10 : opcode, data, size, 0));
        if (opcode == 8) break;
    }
    free(out);
    SSL_shutdown(ssl);
end:
    ERR_clear_error();
    wire_close(&w);
    return NULL;
}

static _Noreturn void run_server(int port, const char *cert, const char *key) {
    server_ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(server_ctx, TLS1_3_VERSION);
    if (SSL_CTX_use_certificate_chain_file(server_ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(server_ctx, key, SSL_FILETYPE_PEM) != 1) die("certificate");
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (bind(fd, (struct sockaddr *)&where, sizeof where) || listen(fd, 512)) die("listen");
    socklen_t length = sizeof where;
    getsockname(fd, (struct sockaddr *)&where, &length);
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 18);
    for (;;) {
        int client = accept(fd, NULL, NULL);
        if (client < 0) continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_t thread;
        if (pthread_create(&thread, &attributes, serve_one, (void *)(intptr_t)client)) close(client);
    }
}

/* ---- client ---------------------------------------------------------------------------------------------------- */

static SSL_CTX *client_ctx;
static SSL_SESSION *kept;

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    if (kept) SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static void client_open(struct wire *w, int port, const char *path, int resume) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (connect(fd, (struct sockaddr *)&where, sizeof where)) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL *ssl = SSL_new(client_ctx);
    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, "localhost");
    SSL_set1_host(ssl, "localhost");
    if (resume && kept) SSL_set_session(ssl, kept);
    if (SSL_connect(ssl) != 1) die("handshake");
    wire_open(w, ssl, fd);
    char request[512];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, port);
    put(w, (uint8_t *)request, (size_t)n);
    char *head = read_head(w);
    if (!head || strncmp(head, "HTTP/1.1 101", 12)) die("no upgrade");
}

static void client_close(struct wire *w) {
    uint8_t out[16], *data, code[2] = {3, 232};
    size_t size;
    put(w, out, frame(out, 8, code, 2, 1));
    while (read_frame(w, &data, &size) >= 0 && SSL_get_shutdown(w->ssl) == 0) {}
    wire_close(w);
}

static double cpu_s(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static double wall_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void need_frame(struct wire *w) {
    uint8_t *data;
    size_t size;
    if (read_frame(w, &data, &size) < 0) die("connection lost");
}

static void many(int port, size_t size, long count, const uint8_t *data, uint8_t *out) {
    enum { CONNECTIONS = 200 };
    static struct wire wires[CONNECTIONS];
    static struct pollfd polled[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        client_open(&wires[i], port, "/echo", 0);
        polled[i] = (struct pollfd){.fd = wires[i].fd, .events = POLLIN};
    }
    double cpu = cpu_s(), wall = wall_s();
    for (int i = 0; i < CONNECTIONS; i++) put(&wires[i], out, frame(out, 2, data, size, 1));
    long sent = CONNECTIONS, received = 0;
    while (received < count) {
        if (poll(polled, CONNECTIONS, -1) < 0) die("poll");
        for (int i = 0; i < CONNECTIONS && received < count; i++) {
            if (!polled[i].revents) continue;
            need_frame(&wires[i]);
            received++;
            if (sent++ < count) put(&wires[i], out, frame(out, 2, data, size, 1));
        }
    }
    printf("{\"messages\": %ld, \"cpu_s\": %.6f, \"wall_s\": %.6f}\n", count, cpu_s() - cpu, wall_s() - wall);
}

static int run_client(int port, const char *ca, const char *workload, size_t size, long count) {
    client_ctx = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_locations(client_ctx, ca, NULL) != 1) die("ca");
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(client_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client_ctx, keep_session);
    uint8_t *data = malloc(size + 1), *out = malloc(size + (1 << 17));
    if (!data || !out) die("out of memory");
    memset(data, 'x', size);
    struct wire w;
    if (!strcmp(workload, "many")) {
        many(port, size, count, data, out);
        return 0;
    }
    int connects = !strcmp(workload, "connect") || !strcmp(workload, "resumed");
    char path[64] = "/sink";
    if (!strcmp(workload, "echo")) strcpy(path, "/echo");
    if (!strcmp(workload, "recv")) snprintf(path, sizeof path, "/source/%zu/%ld", size, count);
    if (!strcmp(workload, "resumed")) client_open(&w, port, "/sink", 0), client_close(&w);
    double cpu = cpu_s(), wall = wall_s();
    if (!connects) client_open(&w, port, path, 0), cpu = cpu_s(), wall = wall_s();
    size_t filled = 0;
    for (long i = 0; i < count; i++) {
        if (connects) {
            client_open(&w, port, "/sink", !strcmp(workload, "resumed"));
            client_close(&w);
        } else if (!strcmp(workload, "echo")) {
            put(&w, out, frame(out, 2, data, size, 1));
            need_frame(&w);
        } else if (!strcmp(workload, "send")) {
            put(&w, out, frame(out, 2, data, size, 1));
        } else if (!strcmp(workload, "corked")) {
            filled += frame(out + filled, 2, data, size, 1);
            if (filled > 16000) put(&w, out, filled), filled = 0;
        } else if (!strcmp(workload, "recv")) {
            need_frame(&w);
        } else {
            die("no such workload");
        }
    }
    if (!strcmp(path, "/sink") && !connects) {
        if (filled) put(&w, out, filled);
        put(&w, out, frame(out, 1, (const uint8_t *)"end", 3, 1));
        need_frame(&w);
    }
    printf("{\"messages\": %ld, \"cpu_s\": %.6f, \"wall_s\": %.6f}\n", count, cpu_s() - cpu, wall_s() - wall);
    return 0;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc == 5 && !strcmp(argv[1], "server")) run_server(atoi(argv[2]), argv[3], argv[4]);
    if (argc == 7 && !strcmp(argv[1], "client"))
        return run_client(atoi(argv[2]), argv[3], argv[4], (size_t)atol(argv[5]), atol(argv[6]));
    fprintf(stderr, "usage: wsref server PORT CERT KEY | wsref client PORT CA WORKLOAD SIZE COUNT\n");
    return 2;
}
