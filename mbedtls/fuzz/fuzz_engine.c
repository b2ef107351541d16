/* Two engines of the shim talk to each other over a wire that the fuzzer damages, or one of them hears the fuzzer alone.
 *
 * The first byte of the input chooses the configuration (highest TLS version, what is relaxed, a pin, a certificate asked of
 * the client) and whether one engine is alone; the second one what the client sends and expects as a name, and whether a
 * second connection offers the session of the first. Then come instructions of three bytes (what, how far, with which byte),
 * one for each piece that crosses the wire; where they are used up, pieces cross whole. Whatever comes, every call returns, the engines say the same when asked again, and what was
 * handed out may be read: the sanitizers see to the rest. WSM_FUZZ_CERT and WSM_FUZZ_KEY name the server's DER files. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim/shim.h"

enum { MAX_PIECES = 64, MAX_FILE = 16384, MODES = 64 };
enum { ALONE = 1, OLD = 2, RELAXED = 4, PINNED = 8, MUTUAL = 16, UNDATED = 32 }; /* in the first byte */
enum { NAMES = 3, AGAIN = 4, SERVES = 8 };                                        /* in the second */
enum { CUT = 0, CHANGE, INSERT, REPEAT, SPLIT, END, WAYS };

typedef struct {
    const uint8_t *data;
    size_t size;
} input;

static uint8_t certificate[MAX_FILE], key[MAX_FILE];
static size_t certificate_size, key_size;
static wsm_trust *anchors;
static wsm_config *configs[2][MODES]; /* by role: client, server */

static size_t load(const char *variable, uint8_t *room) {
    const char *path = getenv(variable);
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    size_t size;
    if (file == NULL) {
        fprintf(stderr, "%s names no readable file\n", variable);
        exit(2);
    }
    size = fread(room, 1, MAX_FILE, file);
    fclose(file);
    return size;
}

static void require(int held, const char *what) {
    if (!held) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static wsm_config *configure(int server, int mode) {
    static const char *const names[] = {"http/1.1"};
    int error = 0, part = 0;
    wsm_config *config = wsm_config_new(server, &error);
    uint8_t digest[32] = {1, 2, 3}; /* of no certificate: a pin that must refuse */
    require(config != NULL, "a configuration is made");
    if (server || (mode & MUTUAL))
        require(wsm_config_own(config, certificate, certificate_size, key, key_size, &part) == 0, "the pair is taken");
    wsm_config_trust(config, anchors);
    if (mode & PINNED)
        require(wsm_config_pin(config, mode & OLD, digest) == 0, "the pin is taken");
    require(wsm_config_alpn(config, names, 1) == 0, "ALPN is taken");
    wsm_config_versions(config, 12, (mode & OLD) || !wsm_tls13() ? 12 : 13);
    wsm_config_relax(config, (mode & RELAXED) != 0, 0, (mode & UNDATED) != 0);
    if (wsm_keylog())
        wsm_config_keylog(config);
    require(wsm_config_ready(config, !server || (mode & MUTUAL)) == 0, "the configuration is ready");
    return config;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    int mode;
    (void)argc;
    (void)argv;
    certificate_size = load("WSM_FUZZ_CERT", certificate);
    key_size = load("WSM_FUZZ_KEY", key);
    require(wsm_start() == 0, "the library starts");
    anchors = wsm_trust_new();
    require(anchors != NULL && wsm_trust_add(anchors, certificate, certificate_size) == 0, "the anchor is taken");
    for (mode = 0; mode < MODES; mode++) {
        configs[0][mode] = configure(0, mode);
        configs[1][mode] = configure(1, mode);
    }
    return 0;
}

/* Everything an owner asks after a call, so that whatever the callbacks left is touched. */
static void look(wsm_engine *engine) {
    wsm_alert alerts[WSM_MAX_ALERTS];
    const wsm_verdict *verdicts;
    const uint8_t *bytes;
    size_t size = 0, sum = 0, at;
    require(wsm_take_alerts(engine, alerts) <= WSM_MAX_ALERTS, "alerts have a limit");
    require(wsm_verdicts(engine, &verdicts) <= 48, "verdicts have a limit");
    bytes = wsm_chain(engine, &size);
    for (at = 0; at < size; at++)
        sum += bytes[at];
    bytes = wsm_keylog_lines(engine, &size);
    for (at = 0; at < size; at++)
        sum += bytes[at];
    wsm_keylog_taken(engine);
    sum += (size_t)wsm_own_cause(engine) + (size_t)wsm_certificate_requested(engine) + (size_t)wsm_resumed(engine);
    sum += wsm_server_name(engine) ? strlen(wsm_server_name(engine)) : 0;
    sum += wsm_alpn_name(engine) ? strlen(wsm_alpn_name(engine)) : 0;
    *(volatile size_t *)&sum = sum;
}

/* One turn of an engine; returns what to ask it next: 0 the handshake, 1 the messages, 2 nothing. */
static int step(wsm_engine *engine, int stage) {
    uint8_t plain[600];
    size_t done = 0;
    int status;
    if (stage == 0) {
        status = wsm_handshake(engine);
        look(engine);
        if (status != WSM_OK)
            return status == WSM_WANT ? 0 : 2;
        wsm_write(engine, (const uint8_t *)"hello", 5, &done);
    }
    do {
        done = 0;
        status = wsm_read(engine, plain, sizeof plain, &done);
        require(done <= sizeof plain, "no more is read than there is room for");
    } while (status == WSM_OK && done > 0);
    look(engine);
    if (status == WSM_WANT || status == WSM_OK)
        return 1;
    wsm_close_notify(engine);
    return 2;
}

static void damage(wsm_engine *to, const uint8_t *bytes, size_t size, input *from) {
    uint8_t copy[4096];
    size_t at = 0, length = size < sizeof copy - 1 ? size : sizeof copy - 1;
    int what = WAYS;
    memcpy(copy, bytes, length);
    if (from->size >= 3) {
        what = from->data[0] % (WAYS + 1);
        at = length ? ((size_t)from->data[1] * length) >> 8 : 0;
        if (what == CHANGE && length)
            copy[at] = from->data[2];
        if (what == INSERT) {
            memmove(copy + at + 1, copy + at, length - at);
            copy[at] = from->data[2];
            length++;
        }
        from->data += 3;
        from->size -= 3;
    }
    wsm_feed(to, copy, what == CUT ? at : length);
    if (what == REPEAT)
        wsm_feed(to, copy + at, length - at);
    if (what == SPLIT)
        wsm_feed(to, copy, at);
    if (what == END)
        wsm_eof(to);
}

static wsm_engine *engine_of(int server, int mode, int names) {
    static const uint8_t address[] = {127, 0, 0, 1};
    static const char *const sent[] = {"localhost", NULL, "localhost", "other.test"};
    static const char *const proven[] = {"localhost", "localhost", NULL, "*.other.test"};
    int error = 0;
    wsm_engine *engine = wsm_engine_new(configs[server][mode], &error);
    require(engine != NULL, "an engine is made");
    if (!server)
        require(wsm_engine_name(engine, sent[names], proven[names], names == 2 ? address : NULL, names == 2 ? 4 : 0) == 0,
                "the name is taken");
    return engine;
}

static void alone(int mode, int choice, input from) {
    wsm_engine *engine = engine_of((choice & SERVES) != 0, mode, choice & NAMES);
    int stage = step(engine, 0);
    while (stage != 2 && from.size > 1) {
        size_t size = from.data[0] + 1u < from.size ? from.data[0] + 1u : from.size - 1;
        wsm_feed(engine, from.data + 1, size);
        from.data += size + 1;
        from.size -= size + 1;
        stage = step(engine, stage);
    }
    wsm_eof(engine);
    step(engine, stage == 2 ? 1 : stage);
    wsm_engine_free(engine);
}

/* Returns the client's session, or NULL. */
static wsm_session *both(int mode, int choice, input *from, const wsm_session *offered) {
    wsm_engine *engines[2] = {engine_of(0, mode, choice & NAMES), engine_of(1, mode, 0)};
    wsm_session *session;
    int stages[2] = {0, 0}, pieces, side;
    if (offered != NULL)
        wsm_engine_offer(engines[0], offered);
    for (pieces = 0; pieces < MAX_PIECES && (stages[0] != 2 || stages[1] != 2); pieces++) {
        int moved = 0;
        for (side = 0; side < 2; side++) {
            const uint8_t *bytes;
            size_t size = 0;
            if (stages[side] != 2)
                stages[side] = step(engines[side], stages[side]);
            bytes = wsm_outgoing(engines[side], &size);
            if (size == 0)
                continue;
            moved = 1;
            wsm_pin_outgoing(engines[side]);
            damage(engines[1 - side], bytes, size, from);
            wsm_unpin_outgoing(engines[side]);
            wsm_consume(engines[side], size);
        }
        if (!moved)
            break;
    }
    session = wsm_session_take(engines[0]);
    for (side = 0; side < 2; side++) {
        wsm_eof(engines[side]);
        step(engines[side], stages[side] == 2 ? 1 : stages[side]);
        wsm_engine_free(engines[side]);
    }
    return session;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wsm_session *session, *second = NULL;
    input rest;
    int mode, choice;
    if (size < 2)
        return 0;
    mode = data[0] % MODES & ~ALONE;
    choice = data[1];
    rest = (input){data + 2, size - 2};
    if (data[0] & ALONE) {
        alone(mode, choice, rest);
        return 0;
    }
    session = both(mode, choice, &rest, NULL);
    if (session != NULL && (choice & AGAIN))
        second = both(mode, choice, &rest, session);
    if (second != NULL)
        wsm_session_free(second);
    if (session != NULL)
        wsm_session_free(session);
    return 0;
}
