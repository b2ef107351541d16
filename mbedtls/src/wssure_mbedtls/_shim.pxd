# The declarations of shim/shim.h for Cython.

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef extern from "shim/shim.h" nogil:
    enum:
        WSM_OK
        WSM_WANT
        WSM_CLOSED
        WSM_MAX_ALERTS
        WSM_BY_NOTHING
        WSM_BY_CHAIN
        WSM_BY_PINS
        WSM_BY_SESSION

    ctypedef struct wsm_trust:
        pass
    ctypedef struct wsm_config:
        pass
    ctypedef struct wsm_engine:
        pass
    ctypedef struct wsm_session:
        pass
    ctypedef struct wsm_verdict:
        int depth
        uint32_t flag
        int reason
    ctypedef struct wsm_der:
        const uint8_t* data
        size_t size
    ctypedef int (*wsm_policy)(void* context, const wsm_der* path, size_t count) noexcept
    ctypedef struct wsm_alert:
        int sent
        int level
        int number
        int encrypted
        int after_done

    int wsm_start()
    int wsm_after_fork()
    unsigned wsm_version_linked()
    unsigned wsm_version_compiled()
    int wsm_has(const char* feature)
    const char* wsm_option(size_t index, int* compiled)
    int wsm_in_content_len()
    int wsm_tls13()
    int wsm_keylog()
    void wsm_strerror(int code, char* text, size_t size)

    wsm_config* wsm_config_new(int server, int* error)
    void wsm_config_free(wsm_config* config)
    wsm_trust* wsm_trust_new()
    void wsm_trust_free(wsm_trust* trust)
    int wsm_trust_add(wsm_trust* trust, const uint8_t* der, size_t size)
    void wsm_config_trust(wsm_config* config, wsm_trust* trust)
    int wsm_config_own(
        wsm_config* config, const uint8_t* cert, size_t cert_size, const uint8_t* key, size_t key_size, int* part
    )
    int wsm_config_alpn(wsm_config* config, const char* const* names, size_t count)
    void wsm_config_versions(wsm_config* config, int minimum, int maximum)
    int wsm_config_group(wsm_config* config, uint16_t group)
    void wsm_config_relax(wsm_config* config, int skip_all, int skip_name, int skip_dates)
    int wsm_config_pin(wsm_config* config, int whole_certificate, const uint8_t* digest)
    void wsm_config_keylog(wsm_config* config)
    int wsm_config_ready(wsm_config* config, int verify_peer)

    wsm_engine* wsm_engine_new(wsm_config* config, int* error)
    void wsm_engine_free(wsm_engine* engine)
    int wsm_engine_name(
        wsm_engine* engine, const char* sni, const char* name, const uint8_t* ip, size_t ip_size
    )
    void wsm_engine_policy(wsm_engine* engine, wsm_policy policy, void* context)
    int wsm_engine_offer(wsm_engine* engine, const wsm_session* session)
    int wsm_feed(wsm_engine* engine, const uint8_t* data, size_t size)
    const uint8_t* wsm_incoming(const wsm_engine* engine, size_t* size)
    int wsm_replace_incoming(wsm_engine* engine, const uint8_t* data, size_t size)
    void wsm_eof(wsm_engine* engine)
    int wsm_handshake(wsm_engine* engine)
    int wsm_refuse_version(wsm_engine* engine)
    int wsm_read(wsm_engine* engine, uint8_t* data, size_t size, size_t* done)
    int wsm_write(wsm_engine* engine, const uint8_t* data, size_t size, size_t* done)
    int wsm_close_notify(wsm_engine* engine)
    const uint8_t* wsm_outgoing(const wsm_engine* engine, size_t* size)
    void wsm_consume(wsm_engine* engine, size_t count)
    void wsm_pin_outgoing(wsm_engine* engine)
    void wsm_unpin_outgoing(wsm_engine* engine)

    size_t wsm_verdicts(const wsm_engine* engine, const wsm_verdict** list)
    size_t wsm_take_alerts(wsm_engine* engine, wsm_alert* list)
    const uint8_t* wsm_chain(const wsm_engine* engine, size_t* size)
    const uint8_t* wsm_keylog_lines(wsm_engine* engine, size_t* size)
    void wsm_keylog_taken(wsm_engine* engine)
    int wsm_own_cause(const wsm_engine* engine)
    int wsm_certificate_requested(const wsm_engine* engine)
    const char* wsm_server_name(const wsm_engine* engine)
    const char* wsm_version_name(const wsm_engine* engine)
    const char* wsm_cipher_name(const wsm_engine* engine)
    const char* wsm_alpn_name(const wsm_engine* engine)
    int wsm_resumed(const wsm_engine* engine)
    int wsm_verified_by(const wsm_engine* engine)
    wsm_session* wsm_session_take(wsm_engine* engine)
    void wsm_session_free(wsm_session* session)
