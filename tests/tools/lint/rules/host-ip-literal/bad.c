#include <libwebsockets.h>

void four(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "192.0.2.7"; /* expect: lws.host-ip-literal */
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void six(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "2001:db8::7";
	i.host = "[2001:db8::7]"; /* expect: lws.host-ip-literal */
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
