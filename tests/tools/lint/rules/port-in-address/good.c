/* A port is right in host, and colons are right in an IPv6 address. */
#include <libwebsockets.h>

void go(struct lws_context *context, const char *name, int port)
{
	struct lws_client_connect_info i = {0};
	char host[100];

	snprintf(host, sizeof(host), "%s:%d", name, port);
	i.context = context;
	i.address = name;
	i.port = port;
	i.host = host;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void six(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "2001:db8::7";
	i.host = "echo.example.net";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
