#include <libwebsockets.h>

static void go(struct lws_context *context, const char *host)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "192.0.2.7";
	i.host = host;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void all(struct lws_context *context)
{
	go(context, "wss://echo.example.net/"); /* expect: lws.host-not-a-name */
	go(context, "echo.example.net/chat"); /* expect: lws.host-not-a-name */
	go(context, "user@echo.example.net"); /* expect: lws.host-not-a-name */
	go(context, " echo.example.net"); /* expect: lws.host-not-a-name */
	go(context, "echo.example.net."); /* expect: lws.host-not-a-name */
	go(context, "b\303\274cher.example"); /* expect: lws.host-not-a-name */
	go(context, "https://" "echo.example.net"); /* expect: lws.host-not-a-name */
}
