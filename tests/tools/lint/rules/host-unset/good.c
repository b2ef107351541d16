/* Host is set somewhere: here, in a helper, in a function we cannot see, by a copy, or it is no WebSocket at all. */
#include <libwebsockets.h>

static void name_it(struct lws_client_connect_info *ci, const char *name)
{
	if (!ci)
		return;
	ci->host = name;
}

void helper(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	name_it(&i, name);
	lws_client_connect_via_info(&i);
}

void unseen(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	application_fill(&i, name);
	lws_client_connect_via_info(&i);
}

static const struct lws_client_connect_info defaults = {
	.port = 443,
	.host = "echo.example.net",
	.ssl_connection = LCCSCF_USE_SSL,
};

void copied(struct lws_context *context)
{
	struct lws_client_connect_info i = defaults;

	i.context = context;
	i.address = "192.0.2.7";
	lws_client_connect_via_info(&i);
}

struct app {
	struct lws_client_connect_info info;
};

void elsewhere(struct app *a)
{
	a->info.address = "echo.example.net";
	a->info.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&a->info);
}

int given(struct lws_client_connect_info *i)
{
	i->address = "echo.example.net";
	i->ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(i);
}

void either(struct lws_context *context, const char *name, int proxied)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	if (proxied)
		i.host = "proxy.example.net";
	else
		i.host = name;
	lws_client_connect_via_info(&i);
}

void raw(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.method = "RAW";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
