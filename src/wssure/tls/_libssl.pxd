"""Declare the contents of `_libssl.h` for Cython: opaque types, functions found at run time, public constants."""

from libc.stdint cimport uint64_t


cdef extern from "_libssl.h" nogil:
    ctypedef struct BIO_METHOD
    ctypedef struct BIO
    ctypedef struct EVP_MD
    ctypedef struct EVP_PKEY
    ctypedef struct SSL_CIPHER
    ctypedef struct SSL_CTX
    ctypedef struct SSL_METHOD
    ctypedef struct SSL_SESSION
    ctypedef struct SSL
    ctypedef struct STACK
    ctypedef struct X509_NAME
    ctypedef struct X509_PUBKEY
    ctypedef struct X509
    ctypedef struct X509_STORE_CTX
    ctypedef struct X509_STORE
    ctypedef struct X509_VERIFY_PARAM

    ctypedef int (*bio_write_fn)(BIO*, const char*, int) noexcept nogil
    ctypedef int (*bio_read_fn)(BIO*, char*, int) noexcept nogil
    ctypedef long (*bio_ctrl_fn)(BIO*, int, long, void*) noexcept nogil
    ctypedef int (*verify_cert_fn)(X509_STORE_CTX*, void*) noexcept nogil
    ctypedef int (*verify_error_fn)(int, X509_STORE_CTX*) noexcept nogil
    ctypedef int (*verify_ssl_fn)(int, X509_STORE_CTX*) noexcept nogil
    ctypedef int (*new_session_fn)(SSL*, SSL_SESSION*) noexcept nogil
    ctypedef int (*certificate_fn)(SSL*, void*) noexcept nogil
    ctypedef int (*alpn_fn)(
        SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned int, void*
    ) noexcept nogil
    ctypedef void (*keylog_fn)(const SSL*, const char*) noexcept nogil
    ctypedef void (*message_fn)(int, int, int, const void*, size_t, SSL*, void*) noexcept nogil
    ctypedef int (*password_fn)(char*, int, int, void*) noexcept nogil
    ctypedef void (*generic_fn)() noexcept nogil

    const char* libssl_load(const char* path)

    unsigned long OpenSSL_version_num()
    const char* OpenSSL_version(int what)
    unsigned long ERR_get_error()
    unsigned long ERR_peek_error()
    void ERR_clear_error()
    const char* ERR_reason_error_string(unsigned long code)
    int CRYPTO_get_ex_new_index(int what, long argl, void* argp, void* new_fn, void* dup_fn, void* free_fn)
    const EVP_MD* EVP_sha256()
    int EVP_Digest(const void* data, size_t n, unsigned char* out, unsigned int* size, const EVP_MD* md, void* engine)
    void EVP_PKEY_free(EVP_PKEY* key)
    int OPENSSL_sk_num(const STACK* stack)
    void* OPENSSL_sk_value(const STACK* stack, int index)
    void OPENSSL_sk_pop_free(STACK* stack, void (*free_fn)(void*) noexcept nogil)

    int BIO_get_new_index()
    BIO_METHOD* BIO_meth_new(int kind, const char* name)
    int BIO_meth_set_write(BIO_METHOD* method, bio_write_fn write)
    int BIO_meth_set_read(BIO_METHOD* method, bio_read_fn read)
    int BIO_meth_set_ctrl(BIO_METHOD* method, bio_ctrl_fn ctrl)
    BIO* BIO_new(const BIO_METHOD* method)
    BIO* BIO_new_mem_buf(const void* data, int n)
    int BIO_free(BIO* bio)
    void BIO_set_data(BIO* bio, void* data)
    void* BIO_get_data(BIO* bio)
    void BIO_set_init(BIO* bio, int init)
    void BIO_set_flags(BIO* bio, int flags)
    void BIO_clear_flags(BIO* bio, int flags)

    X509* PEM_read_bio_X509(BIO* bio, X509** out, password_fn password, void* arg)
    EVP_PKEY* PEM_read_bio_PrivateKey(BIO* bio, EVP_PKEY** out, password_fn password, void* arg)
    X509* d2i_X509(X509** out, const unsigned char** data, long n)
    int i2d_X509(const X509* certificate, unsigned char** out)
    int i2d_X509_NAME(const X509_NAME* name, unsigned char** out)
    int i2d_X509_PUBKEY(const X509_PUBKEY* key, unsigned char** out)
    void X509_free(X509* certificate)
    int X509_up_ref(X509* certificate)
    int X509_digest(const X509* certificate, const EVP_MD* md, unsigned char* out, unsigned int* size)
    X509_PUBKEY* X509_get_X509_PUBKEY(const X509* certificate)
    STACK* X509_chain_up_ref(STACK* chain)
    X509_STORE* X509_STORE_new()
    void X509_STORE_free(X509_STORE* store)
    int X509_STORE_add_cert(X509_STORE* store, X509* certificate)
    int X509_STORE_load_file(X509_STORE* store, const char* path)
    int X509_STORE_load_path(X509_STORE* store, const char* path)
    void* X509_STORE_CTX_get_ex_data(const X509_STORE_CTX* context, int index)
    X509* X509_STORE_CTX_get0_cert(const X509_STORE_CTX* context)
    STACK* X509_STORE_CTX_get0_untrusted(const X509_STORE_CTX* context)
    int X509_STORE_CTX_get_error(const X509_STORE_CTX* context)
    int X509_STORE_CTX_get_error_depth(const X509_STORE_CTX* context)
    void X509_STORE_CTX_set_error(X509_STORE_CTX* context, int code)
    void X509_STORE_CTX_set_verify_cb(X509_STORE_CTX* context, verify_error_fn callback)
    int X509_verify_cert(X509_STORE_CTX* context)
    const char* X509_verify_cert_error_string(long code)
    int X509_VERIFY_PARAM_set_flags(X509_VERIFY_PARAM* param, unsigned long flags)
    void X509_VERIFY_PARAM_set_hostflags(X509_VERIFY_PARAM* param, unsigned int flags)
    int X509_VERIFY_PARAM_set1_host(X509_VERIFY_PARAM* param, const char* name, size_t n)
    int X509_VERIFY_PARAM_set1_ip_asc(X509_VERIFY_PARAM* param, const char* address)

    const SSL_METHOD* TLS_client_method()
    const SSL_METHOD* TLS_server_method()
    SSL_CTX* SSL_CTX_new(const SSL_METHOD* method)
    void SSL_CTX_free(SSL_CTX* context)
    long SSL_CTX_ctrl(SSL_CTX* context, int command, long number, void* pointer)
    long SSL_CTX_callback_ctrl(SSL_CTX* context, int command, generic_fn callback)
    uint64_t SSL_CTX_set_options(SSL_CTX* context, uint64_t options)
    uint64_t SSL_CTX_clear_options(SSL_CTX* context, uint64_t options)
    void SSL_CTX_set_security_level(SSL_CTX* context, int level)
    int SSL_CTX_set_cipher_list(SSL_CTX* context, const char* text)
    int SSL_CTX_use_certificate(SSL_CTX* context, X509* certificate)
    int SSL_CTX_use_PrivateKey(SSL_CTX* context, EVP_PKEY* key)
    int SSL_CTX_check_private_key(const SSL_CTX* context)
    void SSL_CTX_set1_cert_store(SSL_CTX* context, X509_STORE* store)
    X509_VERIFY_PARAM* SSL_CTX_get0_param(SSL_CTX* context)
    void SSL_CTX_set_verify(SSL_CTX* context, int mode, verify_ssl_fn callback)
    void SSL_CTX_set_cert_verify_callback(SSL_CTX* context, verify_cert_fn callback, void* arg)
    void SSL_CTX_set_cert_cb(SSL_CTX* context, certificate_fn callback, void* arg)
    int SSL_CTX_add_client_CA(SSL_CTX* context, X509* certificate)
    void SSL_CTX_sess_set_new_cb(SSL_CTX* context, new_session_fn callback)
    int SSL_CTX_set_session_id_context(SSL_CTX* context, const unsigned char* data, unsigned int n)
    long SSL_CTX_set_timeout(SSL_CTX* context, long seconds)
    int SSL_CTX_set_num_tickets(SSL_CTX* context, size_t count)
    int SSL_CTX_set_alpn_protos(SSL_CTX* context, const unsigned char* protocols, unsigned int n)
    void SSL_CTX_set_alpn_select_cb(SSL_CTX* context, alpn_fn callback, void* arg)
    void SSL_CTX_set_keylog_callback(SSL_CTX* context, keylog_fn callback)
    void SSL_CTX_set_msg_callback(SSL_CTX* context, message_fn callback)
    int SSL_select_next_proto(
        unsigned char** out, unsigned char* out_n,
        const unsigned char* server, unsigned int server_n, const unsigned char* client, unsigned int client_n
    )

    SSL* SSL_new(SSL_CTX* context)
    void SSL_free(SSL* ssl)
    void SSL_set_bio(SSL* ssl, BIO* read, BIO* write)
    void SSL_set_connect_state(SSL* ssl)
    void SSL_set_accept_state(SSL* ssl)
    long SSL_ctrl(SSL* ssl, int command, long number, void* pointer)
    int SSL_set_ex_data(SSL* ssl, int index, void* data)
    void* SSL_get_ex_data(const SSL* ssl, int index)
    int SSL_get_ex_data_X509_STORE_CTX_idx()
    X509_VERIFY_PARAM* SSL_get0_param(SSL* ssl)
    int SSL_do_handshake(SSL* ssl)
    int SSL_read(SSL* ssl, void* data, int n)
    int SSL_write(SSL* ssl, const void* data, int n)
    int SSL_shutdown(SSL* ssl)
    int SSL_get_error(const SSL* ssl, int result)
    void SSL_set_shutdown(SSL* ssl, int state)
    int SSL_has_pending(const SSL* ssl)
    int SSL_free_buffers(SSL* ssl)
    const char* SSL_get_version(const SSL* ssl)
    const SSL_CIPHER* SSL_get_current_cipher(const SSL* ssl)
    const char* SSL_CIPHER_get_name(const SSL_CIPHER* cipher)
    const char* SSL_CIPHER_standard_name(const SSL_CIPHER* cipher)
    void SSL_get0_alpn_selected(const SSL* ssl, const unsigned char** data, unsigned int* n)
    const char* SSL_get_servername(const SSL* ssl, int kind)
    X509* SSL_get1_peer_certificate(const SSL* ssl)
    STACK* SSL_get_peer_cert_chain(const SSL* ssl)
    const STACK* SSL_get0_peer_CA_list(const SSL* ssl)
    int SSL_session_reused(const SSL* ssl)
    long SSL_get_verify_result(const SSL* ssl)
    int SSL_set_session(SSL* ssl, SSL_SESSION* session)
    int SSL_SESSION_up_ref(SSL_SESSION* session)
    void SSL_SESSION_free(SSL_SESSION* session)


# The public constants of ssl.h, tls1.h, bio.h, x509_vfy.h and x509v3.h of OpenSSL 3.0; they are part of its ABI.
cdef enum:
    BIO_CTRL_EOF = 2
    BIO_CTRL_PENDING = 10
    BIO_CTRL_FLUSH = 11
    BIO_CTRL_WPENDING = 13
    BIO_FLAGS_READ = 0x01
    BIO_FLAGS_RWS = 0x07
    BIO_FLAGS_SHOULD_RETRY = 0x08
    BIO_TYPE_SOURCE_SINK = 0x0400
    CRYPTO_EX_INDEX_SSL = 0
    OPENSSL_VERSION = 0
    SSL3_RT_ALERT = 21
    SSL3_RT_APPLICATION_DATA = 23
    SSL3_RT_HEADER = 0x100
    SSL_CTRL_CHAIN_CERT = 89
    SSL_CTRL_MODE = 33
    SSL_CTRL_SET_GROUPS_LIST = 92
    SSL_CTRL_SET_MAX_PROTO_VERSION = 124
    SSL_CTRL_SET_MSG_CALLBACK_ARG = 16
    SSL_CTRL_SET_MIN_PROTO_VERSION = 123
    SSL_CTRL_SET_SESS_CACHE_MODE = 44
    SSL_CTRL_SET_TLSEXT_HOSTNAME = 55
    SSL_CTRL_SET_TLSEXT_SERVERNAME_CB = 53
    SSL_ERROR_WANT_READ = 2
    SSL_ERROR_WANT_WRITE = 3
    SSL_ERROR_ZERO_RETURN = 6
    SSL_MODE_NO_AUTO_CHAIN = 0x08
    SSL_MODE_RELEASE_BUFFERS = 0x10
    SSL_OP_TLSEXT_PADDING = 1 << 4
    SSL_OP_IGNORE_UNEXPECTED_EOF = 1 << 7
    SSL_OP_NO_COMPRESSION = 1 << 17
    SSL_OP_CIPHER_SERVER_PREFERENCE = 1 << 22
    SSL_OP_NO_RENEGOTIATION = 1 << 30
    SSL_SENT_AND_RECEIVED_SHUTDOWN = 3
    SSL_SESS_CACHE_OFF = 0
    SSL_SESS_CACHE_CLIENT = 1
    SSL_SESS_CACHE_NO_INTERNAL = 0x300
    SSL_TLSEXT_ERR_OK = 0
    SSL_TLSEXT_ERR_ALERT_FATAL = 2
    SSL_VERIFY_NONE = 0
    SSL_VERIFY_PEER = 1
    SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2
    TLSEXT_NAMETYPE_HOST_NAME = 0
    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 0x04
    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT = 0x20
    X509_V_ERR_CERT_REJECTED = 28
    X509_V_ERR_UNSPECIFIED = 1
    X509_V_FLAG_X509_STRICT = 0x20
    X509_V_FLAG_NO_CHECK_TIME = 0x200000
    X509_V_FLAG_PARTIAL_CHAIN = 0x80000
    X509_V_OK = 0
