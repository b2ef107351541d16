#include <libwebsockets.h>

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		lwsl_err("%s\n", in ? (char *)in : "(none)");
		break;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		lws_callback_on_writable(wsi);
		break;
	default:
		break;
	}
	return 0;
}

void go(struct lws_client_connect_info *i)
{
	lws_client_connect_via_info(i);
}
