#include <libwebsockets.h>

static struct lws_client_connect_info i;
static lws_sorted_usec_list_t sul;
static uint16_t count;

static void open_now(lws_sorted_usec_list_t *unused)
{
	lws_client_connect_via_info(&i);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		lws_retry_sul_schedule_retry_wsi(wsi, &sul, open_now, &count);
		break;
	case LWS_CALLBACK_USER:
		open_now(NULL);
		break;
	default:
		break;
	}
	return 0;
}
