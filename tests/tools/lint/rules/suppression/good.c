#include <libwebsockets.h>

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	/* wssure: ignore[lws.allow-selfsigned] the factory rig has no other network */
	i.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED;
	i.ssl_connection |= LCCSCF_ALLOW_EXPIRED; // wssure: ignore[lws.allow-expired, lws.allow-insecure] no clock
	lws_client_connect_via_info(&i);
}
