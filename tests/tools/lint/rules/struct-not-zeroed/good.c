#include <libwebsockets.h>

static struct lws_context_creation_info at_rest;
static const struct lws_client_connect_info blank;

struct lws_context *context(void)
{
	static struct lws_context_creation_info info;

	at_rest.port = CONTEXT_PORT_NO_LISTEN;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	lws_create_context(&at_rest);
	return lws_create_context(&info);
}

void copied(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i;

	memcpy(&i, &blank, sizeof(i));
	i.context = context;
	i.address = i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void assigned(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i;

	i = (struct lws_client_connect_info){ .context = context, .address = name, .host = name };
	lws_client_connect_via_info(&i);
}

static void clear(struct lws_client_connect_info *ci)
{
	memset(ci, 0, sizeof(*ci));
}

void helped(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i;

	clear(&i);
	i.context = context;
	i.address = i.host = name;
	lws_client_connect_via_info(&i);
}

void somewhere(struct lws_context *context)
{
	struct lws_client_connect_info i;

	application_defaults(&i);
	i.context = context;
	lws_client_connect_via_info(&i);
}

void heap(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info *i = calloc(1, sizeof(struct lws_client_connect_info));

	i->context = context;
	i->address = i->host = name;
	lws_client_connect_via_info(i);
}
