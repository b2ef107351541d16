#include <openssl/ssl.h>

int serve(SSL *ssl, const char *client)
{
	SSL_set_accept_state(ssl);
	SSL_set1_host(ssl, client);
	return SSL_do_handshake(ssl);
}

int serve_gnutls(gnutls_session_t session, const char *client)
{
	gnutls_init(&session, GNUTLS_SERVER);
	gnutls_session_set_verify_cert(session, client, 0);
	return gnutls_handshake(session);
}
