/* A TLS connection of one's own, beside libwebsockets. */
#include <libwebsockets.h>
#include <mbedtls/ssl.h>

int own(mbedtls_ssl_context *ssl, const char *name)
{
	return mbedtls_ssl_set_hostname(ssl, name);
}

void go(struct lws_client_connect_info *i)
{
	lws_client_connect_via_info(i);
}
