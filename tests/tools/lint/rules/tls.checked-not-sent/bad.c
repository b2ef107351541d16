#include <openssl/ssl.h>

int dial(SSL *ssl, WOLFSSL *wolf, gnutls_session_t session, const char *name)
{
	SSL_set1_host(ssl, name); /* expect: tls.checked-not-sent */
	X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), name, 0); /* expect: tls.checked-not-sent */
	wolfSSL_check_domain_name(wolf, name); /* expect: tls.checked-not-sent */
	gnutls_session_set_verify_cert(session, name, 0); /* expect: tls.checked-not-sent */
	return SSL_connect(ssl);
}
