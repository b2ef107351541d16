#include <libwebsockets.h>

void go(struct lws_context *context, bool tls, int flags)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = 0;
	if (tls)
		i.ssl_connection |= LCCSCF_USE_SSL;
	i.ssl_connection |= flags;
	lws_client_connect_via_info(&i);
}
