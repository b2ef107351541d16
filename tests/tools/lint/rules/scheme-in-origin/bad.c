#include <libwebsockets.h>

void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};
	char origin[100];

	snprintf(origin, sizeof(origin), "http://%s", name); /* expect: lws.scheme-in-origin */
	i.context = context;
	i.address = name;
	i.host = name;
	i.origin = "https://app.example.net"; /* expect: lws.scheme-in-origin */
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
	i.origin = origin;
	lws_client_connect_via_info(&i);
}
