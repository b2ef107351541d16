#include <libwebsockets.h>

#define TLS_MODE 2 /* expect: lws.magic-ssl-connection */

static void go(struct lws_context *context, int tls)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = tls;
	lws_client_connect_via_info(&i);
}

void all(struct lws_context *context)
{
	go(context, 2); /* expect: lws.magic-ssl-connection */
	go(context, 1); /* expect: lws.magic-ssl-connection */
	go(context, 0x05); /* expect: lws.magic-ssl-connection, lws.skip-hostname-check */
	go(context, TLS_MODE);
}
