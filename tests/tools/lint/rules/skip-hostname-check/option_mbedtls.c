/* target: tls=mbedtls lws=4.3.3 mbedtls=3.4.0 */
/* On Mbed TLS even the option is worth a word: whoever uses it loses SNI. */
#include <libwebsockets.h>

void go(struct lws_context *context, const char *name, int insecure)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	if (insecure)
		i.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	lws_client_connect_via_info(&i);
}
