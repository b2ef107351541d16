#include <libwebsockets.h>

#define NAME "echo"
#define DOMAIN NAME ".example.net"

static void go(struct lws_context *context, const char *host)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "192.0.2.7";
	i.host = host;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void all(struct lws_context *context, const char *from_user)
{
	go(context, "echo.example.net");
	go(context, "echo.example.net:8443");
	go(context, "xn--bcher-kva.example");
	go(context, "my_service");
	go(context, DOMAIN);
	go(context, from_user);
	go(context, getenv("SERVER"));
}
