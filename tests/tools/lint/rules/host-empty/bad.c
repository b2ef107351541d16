#include <libwebsockets.h>

void empty(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net";
	i.host = ""; /* expect: lws.host-empty */
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void null(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net";
	i.host = NULL; /* expect: lws.host-empty */
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
