#include <libwebsockets.h>

void go(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net:8443"; /* expect: lws.port-in-address */
	i.host = "echo.example.net:8443";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void built(struct lws_context *context, const char *name, int port)
{
	struct lws_client_connect_info i = {0};
	char where[100];

	sprintf(where, "%s:%d", name, port); /* expect: lws.port-in-address */
	i.context = context;
	i.address = where;
	i.host = where;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
