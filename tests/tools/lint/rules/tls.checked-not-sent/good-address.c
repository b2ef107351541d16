#include <openssl/ssl.h>

int dial(SSL *ssl, gnutls_session_t session)
{
	SSL_set1_host(ssl, "192.0.2.1");
	X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), "2001:db8::1", 0);
	SSL_set1_host(ssl, NULL);
	gnutls_session_set_verify_cert(session, NULL, 0);
	return SSL_connect(ssl);
}
