#include <openssl/ssl.h>

int dial(SSL *ssl, WOLFSSL *wolf, gnutls_session_t session, const char *name)
{
	if (!SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, (void *)name) || !SSL_set1_host(ssl, name))
		return -1;
	wolfSSL_UseSNI(wolf, WOLFSSL_SNI_HOST_NAME, name, strlen(name));
	wolfSSL_check_domain_name(wolf, name);
#if 0
	gnutls_session_set_verify_cert(session, name, 0);
#endif
	return SSL_connect(ssl);
}
