/* The name is NULL until the settings are read. */
#include <libwebsockets.h>

static const char *scheme = NULL, *address = NULL, *path = "";
static int port;

int settings(char *url)
{
	return lws_parse_uri(url, &scheme, &address, &port, &path);
}

void go(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = address;
	i.host = address;
	i.port = port;
	i.path = path;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
