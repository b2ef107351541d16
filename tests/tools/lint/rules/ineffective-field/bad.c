#include <libwebsockets.h>

static const struct lws_extension exts[] = { { NULL, NULL, NULL } };

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.client_exts = exts; /* expect: lws.ineffective-field */
	i.ietf_version_or_minus_one = 8; /* expect: lws.ineffective-field */
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
