/* The callback lies in another file. */
#include <libwebsockets.h>

extern int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

void go(struct lws_client_connect_info *i)
{
	lws_client_connect_via_info(i);
}
