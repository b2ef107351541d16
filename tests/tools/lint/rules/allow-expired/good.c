#include <libwebsockets.h>

void go(struct lws_context *context, const char *name, const struct options *options)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	if (options->relax_expired)
		i.ssl_connection |= LCCSCF_ALLOW_EXPIRED;
	lws_client_connect_via_info(&i);
}

void itself(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "127.0.0.1";
	i.host = "localhost";
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_EXPIRED;
	lws_client_connect_via_info(&i);
}
