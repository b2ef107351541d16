/* Nothing is ever put into host. */
#include <libwebsockets.h>

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.port = 443;
	i.path = "/";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i); /* expect: lws.host-unset */
}

static struct lws_client_connect_info shared;

static void fill(struct lws_client_connect_info *ci)
{
	ci->address = "echo.example.net";
	ci->ssl_connection = LCCSCF_USE_SSL;
}

void go_shared(struct lws_context *context)
{
	shared.context = context;
	fill(&shared);
	lws_client_connect_via_info(&shared); /* expect: lws.host-unset */
}

void wiped(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.host = name;
	memset(&i, 0, sizeof(i));
	i.context = context;
	i.address = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i); /* expect: lws.host-unset */
}

void literal(struct lws_context *context)
{
	lws_client_connect_via_info(&(struct lws_client_connect_info){ /* expect: lws.host-unset */
		.context = context,
		.address = "echo.example.net",
		.ssl_connection = LCCSCF_USE_SSL,
	});
}
