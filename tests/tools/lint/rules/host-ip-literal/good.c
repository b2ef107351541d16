/* Without TLS an address is a fine Host; this machine may be called by its address in a test. */
#include <libwebsockets.h>

void plain(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "192.0.2.7";
	i.host = i.address;
	lws_client_connect_via_info(&i);
}

void loopback(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "127.0.0.1";
	i.host = "127.0.0.1:7681";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void named(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "192.0.2.7";
	i.host = "echo.example.net";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
