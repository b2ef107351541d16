/* A URL that is cut up on the spot: what is left is a name. */
#include <libwebsockets.h>

static const char *url = "wss://echo.example.net/chat";

void stepped(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};
	const char *p = "wss://echo.example.net";

	p += 6;
	i.context = context;
	i.address = p;
	i.host = p;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
	i.address = url + strlen("wss://");
	i.host = url + 6;
	lws_client_connect_via_info(&i);
}

void counted(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};
	const char *p = url;

	while (*p && *p != '/')
		p++;
	i.context = context;
	i.address = p;
	i.host = p;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void ended(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};
	char name[64], other[64], *slash;

	strcpy(name, "echo.example.net/chat");
	slash = strchr(name, '/');
	if (slash)
		*slash = '\0';
	strcpy(other, "echo.example.net/chat");
	other[16] = '\0';
	i.context = context;
	i.address = name;
	i.host = other;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
