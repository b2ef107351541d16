#include <libwebsockets.h>

static const struct lws_protocols protocols[] = {
	{ "chat", callback_chat, 0, 0, 0, NULL, 0 },
	LWS_PROTOCOL_LIST_TERM
};

void socket(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.protocol = protocols[0].name;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void page(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.method = "GET";
	i.protocol = "http";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
