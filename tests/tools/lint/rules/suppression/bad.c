#include <libwebsockets.h>

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	/* expect-next: lws.suppression */
	i.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED; /* wssure: ignore[lws.allow-selfsigned] */
	/* expect-next: lws.suppression */
	/* wssure: ignore[lws.alow-expired] the board has no clock */
	i.ssl_connection |= LCCSCF_ALLOW_EXPIRED; /* expect: lws.allow-expired */
	lws_client_connect_via_info(&i);
}
