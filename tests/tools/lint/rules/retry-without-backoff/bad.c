#include <libwebsockets.h>

static struct lws_client_connect_info i;

static void open_again(void)
{
	lws_client_connect_via_info(&i);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		open_again(); /* expect: lws.retry-without-backoff */
		break;
	case LWS_CALLBACK_CLIENT_CLOSED:
		lws_client_connect_via_info(&i); /* expect: lws.retry-without-backoff */
		break;
	default:
		break;
	}
	return 0;
}
