#include <libwebsockets.h>

void later(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = { .host = NULL, .origin = "" };

	i.context = context;
	i.address = name;
	i.host = i.address;
	i.path = "";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
