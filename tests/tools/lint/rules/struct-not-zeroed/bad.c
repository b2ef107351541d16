#include <libwebsockets.h>

void client(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i; /* expect: lws.struct-not-zeroed */

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

struct lws_context *context(void)
{
	struct lws_context_creation_info info; /* expect: lws.struct-not-zeroed */

	info.port = CONTEXT_PORT_NO_LISTEN;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	return lws_create_context(&info);
}

typedef struct lws_client_connect_info connect_info_t;

void by_another_name(struct lws_context *context, const char *name)
{
	connect_info_t i; /* expect: lws.struct-not-zeroed */

	i.context = context;
	i.address = name;
	i.host = name;
	lws_client_connect_via_info(&i);
}
