#include <libwebsockets.h>

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = lws_canonical_hostname(context); /* expect: lws.host-own-name */
	i.origin = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void go_plain(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};
	const char *me = lws_canonical_hostname(context); /* expect: lws.host-own-name */

	i.context = context;
	i.address = name;
	i.host = me;
	lws_client_connect_via_info(&i);
}
