/* Names, addresses, a socket path, and what only looks like a URL. */
#include <libwebsockets.h>

static const char *url = "wss://echo.example.net/chat";

void parsed(struct lws_context *context, char *text)
{
	struct lws_client_connect_info i;
	const char *scheme, *path;

	memset(&i, 0, sizeof(i));
	i.context = context;
	if (lws_parse_uri(text, &scheme, &i.address, &i.port, &path))
		return;
	i.path = path;
	i.host = i.address;
	i.ssl_connection = !strcmp(scheme, "wss") ? LCCSCF_USE_SSL : 0;
	lws_client_connect_via_info(&i);
}

void buffer_reused(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};
	char buffer[200];

	strcpy(buffer, url);
	puts(buffer);
	snprintf(buffer, sizeof(buffer), "%s.example.net", "echo");
	i.context = context;
	i.address = buffer;
	i.host = buffer;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void filled_elsewhere(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};
	char name[64] = "wss://";

	read_setting("name", name, sizeof(name));
	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void socket_path(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "+/run/app/socket";
	i.host = "localhost";
	i.path = "/chat";
	lws_client_connect_via_info(&i);
}

void address_literal(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "192.0.2.7";
	i.host = "echo.example.net:8443";
	i.path = "/ws?x=wss://other";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
