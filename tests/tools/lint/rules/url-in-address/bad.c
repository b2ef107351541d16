/* A URL where a name belongs: as a literal, a macro, a variable and a format. */
#include <libwebsockets.h>

#define SERVER "wss://echo.example.net/chat" /* expect: lws.url-in-address */

static const char *address = "https://b.example.net"; /* expect: lws.url-in-address */

void literal(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "wss://echo.example.net"; /* expect: lws.url-in-address */
	i.port = 443;
	i.host = "echo.example.net";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void macro(struct lws_context *context)
{
	struct lws_client_connect_info i = { .context = context, .address = SERVER, .host = "echo.example.net" };

	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void global(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = address;
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void formatted(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};
	char buffer[128];

	snprintf(buffer, sizeof(buffer), "wss://%s/", name); /* expect: lws.url-in-address */
	i.context = context;
	i.address = buffer;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

static void dial(struct lws_context *context, const char *where)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = where;
	i.host = "echo.example.net";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void handed_down(struct lws_context *context)
{
	dial(context, "echo.example.net/chat"); /* expect: lws.url-in-address */
}
