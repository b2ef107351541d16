#include <libwebsockets.h>

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	lwsl_user("on %s\n", lws_canonical_hostname(context));
	i.context = context;
	i.address = name;
	i.host = name;
	i.origin = lws_canonical_hostname(context);
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
