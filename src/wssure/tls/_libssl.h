/* Our own prototypes of OpenSSL's public API (3.0 and later), and their look-up in a library already loaded.
 *
 * No OpenSSL header is included and no structure is accessed: every type is opaque, every function is public and
 * documented at https://docs.openssl.org/3.0/man3/. Each name below is a static pointer of the same name, so that code
 * reads like ordinary calls while nothing is linked: another wheel in the process may bundle a libssl of its own, and
 * the global scope might give that one.
 */
#ifndef WSSURE_LIBSSL_H
#define WSSURE_LIBSSL_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bio_method_st BIO_METHOD;
typedef struct bio_st BIO;
typedef struct evp_md_st EVP_MD;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct ssl_cipher_st SSL_CIPHER;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_method_st SSL_METHOD;
typedef struct ssl_session_st SSL_SESSION;
typedef struct ssl_st SSL;
typedef struct stack_st STACK;
typedef struct x509_name_st X509_NAME;
typedef struct x509_pubkey_st X509_PUBKEY;
typedef struct x509_st X509;
typedef struct x509_store_ctx_st X509_STORE_CTX;
typedef struct x509_store_st X509_STORE;
typedef struct x509_verify_param_st X509_VERIFY_PARAM;

typedef int (*bio_write_fn)(BIO *, const char *, int);
typedef int (*bio_read_fn)(BIO *, char *, int);
typedef long (*bio_ctrl_fn)(BIO *, int, long, void *);
typedef int (*verify_cert_fn)(X509_STORE_CTX *, void *);
typedef int (*verify_error_fn)(int, X509_STORE_CTX *);
typedef int (*verify_ssl_fn)(int, X509_STORE_CTX *);
typedef int (*new_session_fn)(SSL *, SSL_SESSION *);
typedef int (*certificate_fn)(SSL *, void *);
typedef int (*alpn_fn)(SSL *, const unsigned char **, unsigned char *, const unsigned char *, unsigned int, void *);
typedef void (*keylog_fn)(const SSL *, const char *);
typedef void (*message_fn)(int, int, int, const void *, size_t, SSL *, void *);
typedef int (*password_fn)(char *, int, int, void *);
typedef void (*generic_fn)(void);

#define WSSURE_LIBSSL_FUNCTIONS(F)                                                                                    \
    /* library and errors */                                                                                          \
    F(unsigned long, OpenSSL_version_num, (void))                                                                     \
    F(const char *, OpenSSL_version, (int))                                                                           \
    F(unsigned long, ERR_get_error, (void))                                                                           \
    F(unsigned long, ERR_peek_error, (void))                                                                          \
    F(void, ERR_clear_error, (void))                                                                                  \
    F(const char *, ERR_reason_error_string, (unsigned long))                                                         \
    F(int, CRYPTO_get_ex_new_index, (int, long, void *, void *, void *, void *))                                      \
    F(const EVP_MD *, EVP_sha256, (void))                                                                             \
    F(int, EVP_Digest, (const void *, size_t, unsigned char *, unsigned int *, const EVP_MD *, void *))               \
    F(void, EVP_PKEY_free, (EVP_PKEY *))                                                                              \
    F(int, OPENSSL_sk_num, (const STACK *))                                                                           \
    F(void *, OPENSSL_sk_value, (const STACK *, int))                                                                 \
    F(void, OPENSSL_sk_pop_free, (STACK *, void (*)(void *)))                                                         \
    /* BIO */                                                                                                         \
    F(int, BIO_get_new_index, (void))                                                                                 \
    F(BIO_METHOD *, BIO_meth_new, (int, const char *))                                                                \
    F(int, BIO_meth_set_write, (BIO_METHOD *, bio_write_fn))                                                          \
    F(int, BIO_meth_set_read, (BIO_METHOD *, bio_read_fn))                                                            \
    F(int, BIO_meth_set_ctrl, (BIO_METHOD *, bio_ctrl_fn))                                                            \
    F(BIO *, BIO_new, (const BIO_METHOD *))                                                                           \
    F(BIO *, BIO_new_mem_buf, (const void *, int))                                                                    \
    F(int, BIO_free, (BIO *))                                                                                         \
    F(void, BIO_set_data, (BIO *, void *))                                                                            \
    F(void *, BIO_get_data, (BIO *))                                                                                  \
    F(void, BIO_set_init, (BIO *, int))                                                                               \
    F(void, BIO_set_flags, (BIO *, int))                                                                              \
    F(void, BIO_clear_flags, (BIO *, int))                                                                            \
    /* certificates, keys, trust */                                                                                   \
    F(X509 *, PEM_read_bio_X509, (BIO *, X509 **, password_fn, void *))                                               \
    F(EVP_PKEY *, PEM_read_bio_PrivateKey, (BIO *, EVP_PKEY **, password_fn, void *))                                 \
    F(X509 *, d2i_X509, (X509 **, const unsigned char **, long))                                                      \
    F(int, i2d_X509, (const X509 *, unsigned char **))                                                                \
    F(int, i2d_X509_NAME, (const X509_NAME *, unsigned char **))                                                      \
    F(int, i2d_X509_PUBKEY, (const X509_PUBKEY *, unsigned char **))                                                  \
    F(void, X509_free, (X509 *))                                                                                      \
    F(int, X509_up_ref, (X509 *))                                                                                     \
    F(int, X509_digest, (const X509 *, const EVP_MD *, unsigned char *, unsigned int *))                              \
    F(X509_PUBKEY *, X509_get_X509_PUBKEY, (const X509 *))                                                            \
    F(STACK *, X509_chain_up_ref, (STACK *))                                                                          \
    F(X509_STORE *, X509_STORE_new, (void))                                                                           \
    F(void, X509_STORE_free, (X509_STORE *))                                                                          \
    F(int, X509_STORE_add_cert, (X509_STORE *, X509 *))                                                               \
    F(int, X509_STORE_load_file, (X509_STORE *, const char *))                                                        \
    F(int, X509_STORE_load_path, (X509_STORE *, const char *))                                                        \
    F(void *, X509_STORE_CTX_get_ex_data, (const X509_STORE_CTX *, int))                                              \
    F(X509 *, X509_STORE_CTX_get0_cert, (const X509_STORE_CTX *))                                                     \
    F(STACK *, X509_STORE_CTX_get0_untrusted, (const X509_STORE_CTX *))                                               \
    F(int, X509_STORE_CTX_get_error, (const X509_STORE_CTX *))                                                        \
    F(int, X509_STORE_CTX_get_error_depth, (const X509_STORE_CTX *))                                                  \
    F(void, X509_STORE_CTX_set_error, (X509_STORE_CTX *, int))                                                        \
    F(void, X509_STORE_CTX_set_verify_cb, (X509_STORE_CTX *, verify_error_fn))                                        \
    F(int, X509_verify_cert, (X509_STORE_CTX *))                                                                      \
    F(const char *, X509_verify_cert_error_string, (long))                                                            \
    F(int, X509_VERIFY_PARAM_set_flags, (X509_VERIFY_PARAM *, unsigned long))                                         \
    F(void, X509_VERIFY_PARAM_set_hostflags, (X509_VERIFY_PARAM *, unsigned int))                                     \
    F(int, X509_VERIFY_PARAM_set1_host, (X509_VERIFY_PARAM *, const char *, size_t))                                  \
    F(int, X509_VERIFY_PARAM_set1_ip_asc, (X509_VERIFY_PARAM *, const char *))                                        \
    /* contexts, shared by connections */                                                                            \
    F(const SSL_METHOD *, TLS_client_method, (void))                                                                  \
    F(const SSL_METHOD *, TLS_server_method, (void))                                                                  \
    F(SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *))                                                                   \
    F(void, SSL_CTX_free, (SSL_CTX *))                                                                                \
    F(long, SSL_CTX_ctrl, (SSL_CTX *, int, long, void *))                                                             \
    F(long, SSL_CTX_callback_ctrl, (SSL_CTX *, int, generic_fn))                                                      \
    F(uint64_t, SSL_CTX_set_options, (SSL_CTX *, uint64_t))                                                           \
    F(uint64_t, SSL_CTX_clear_options, (SSL_CTX *, uint64_t))                                                         \
    F(void, SSL_CTX_set_security_level, (SSL_CTX *, int))                                                             \
    F(int, SSL_CTX_set_cipher_list, (SSL_CTX *, const char *))                                                        \
    F(int, SSL_CTX_use_certificate, (SSL_CTX *, X509 *))                                                              \
    F(int, SSL_CTX_use_PrivateKey, (SSL_CTX *, EVP_PKEY *))                                                           \
    F(int, SSL_CTX_check_private_key, (const SSL_CTX *))                                                              \
    F(void, SSL_CTX_set1_cert_store, (SSL_CTX *, X509_STORE *))                                                       \
    F(X509_VERIFY_PARAM *, SSL_CTX_get0_param, (SSL_CTX *))                                                           \
    F(void, SSL_CTX_set_verify, (SSL_CTX *, int, verify_ssl_fn))                                                      \
    F(void, SSL_CTX_set_cert_verify_callback, (SSL_CTX *, verify_cert_fn, void *))                                    \
    F(void, SSL_CTX_set_cert_cb, (SSL_CTX *, certificate_fn, void *))                                                 \
    F(int, SSL_CTX_add_client_CA, (SSL_CTX *, X509 *))                                                                \
    F(void, SSL_CTX_sess_set_new_cb, (SSL_CTX *, new_session_fn))                                                     \
    F(int, SSL_CTX_set_session_id_context, (SSL_CTX *, const unsigned char *, unsigned int))                          \
    F(long, SSL_CTX_set_timeout, (SSL_CTX *, long))                                                                   \
    F(int, SSL_CTX_set_num_tickets, (SSL_CTX *, size_t))                                                              \
    F(int, SSL_CTX_set_alpn_protos, (SSL_CTX *, const unsigned char *, unsigned int))                                 \
    F(void, SSL_CTX_set_alpn_select_cb, (SSL_CTX *, alpn_fn, void *))                                                 \
    F(void, SSL_CTX_set_keylog_callback, (SSL_CTX *, keylog_fn))                                                      \
    F(void, SSL_CTX_set_msg_callback, (SSL_CTX *, message_fn))                                                        \
    F(int, SSL_select_next_proto,                                                                                     \
      (unsigned char **, unsigned char *, const unsigned char *, unsigned int, const unsigned char *, unsigned int))  \
    /* one connection */                                                                                              \
    F(SSL *, SSL_new, (SSL_CTX *))                                                                                    \
    F(void, SSL_free, (SSL *))                                                                                        \
    F(void, SSL_set_bio, (SSL *, BIO *, BIO *))                                                                       \
    F(void, SSL_set_connect_state, (SSL *))                                                                           \
    F(void, SSL_set_accept_state, (SSL *))                                                                            \
    F(long, SSL_ctrl, (SSL *, int, long, void *))                                                                     \
    F(int, SSL_set_ex_data, (SSL *, int, void *))                                                                     \
    F(void *, SSL_get_ex_data, (const SSL *, int))                                                                    \
    F(int, SSL_get_ex_data_X509_STORE_CTX_idx, (void))                                                                \
    F(X509_VERIFY_PARAM *, SSL_get0_param, (SSL *))                                                                   \
    F(int, SSL_do_handshake, (SSL *))                                                                                 \
    F(int, SSL_read, (SSL *, void *, int))                                                                            \
    F(int, SSL_write, (SSL *, const void *, int))                                                                     \
    F(int, SSL_shutdown, (SSL *))                                                                                     \
    F(int, SSL_get_error, (const SSL *, int))                                                                         \
    F(void, SSL_set_shutdown, (SSL *, int))                                                                           \
    F(int, SSL_has_pending, (const SSL *))                                                                            \
    F(int, SSL_free_buffers, (SSL *))                                                                                 \
    F(const char *, SSL_get_version, (const SSL *))                                                                   \
    F(const SSL_CIPHER *, SSL_get_current_cipher, (const SSL *))                                                      \
    F(const char *, SSL_CIPHER_get_name, (const SSL_CIPHER *))                                                        \
    F(const char *, SSL_CIPHER_standard_name, (const SSL_CIPHER *))                                                   \
    F(void, SSL_get0_alpn_selected, (const SSL *, const unsigned char **, unsigned int *))                            \
    F(const char *, SSL_get_servername, (const SSL *, int))                                                           \
    F(X509 *, SSL_get1_peer_certificate, (const SSL *))                                                               \
    F(STACK *, SSL_get_peer_cert_chain, (const SSL *))                                                                \
    F(const STACK *, SSL_get0_peer_CA_list, (const SSL *))                                                            \
    F(int, SSL_session_reused, (const SSL *))                                                                         \
    F(long, SSL_get_verify_result, (const SSL *))                                                                     \
    F(int, SSL_set_session, (SSL *, SSL_SESSION *))                                                                   \
    F(int, SSL_SESSION_up_ref, (SSL_SESSION *))                                                                       \
    F(void, SSL_SESSION_free, (SSL_SESSION *))

#define WSSURE_POINTER(result, name, arguments) static result(*name) arguments;
WSSURE_LIBSSL_FUNCTIONS(WSSURE_POINTER)

/* Find every function through the object file of Python's _ssl module, which must be loaded already.
 *
 * dlsym on its handle searches that object and then its own dependencies, never the global scope. The handle is kept:
 * the pointers live as long as the process. Returns NULL, or the name of the missing function (the path itself if
 * the object is not loaded).
 */
static const char *libssl_load(const char *path)
{
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
    if (handle == NULL)
        return path;
#define WSSURE_FIND(result, name, arguments)                                                                          \
    *(void **)(&name) = dlsym(handle, #name);                                                                         \
    if (name == NULL)                                                                                                 \
        return #name;
    WSSURE_LIBSSL_FUNCTIONS(WSSURE_FIND)
#undef WSSURE_FIND
    return NULL;
}

#endif
