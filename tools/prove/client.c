/* The client of the demonstration: `client ADDRESS PORT NAME CA [skip]`. With `skip` it sets the flag that turns the check of
 * the certificate's name off; everything else is the same. Exit code 0 if the WebSocket was opened. */
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

static int done, opened;

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)wsi, (void)user, (void)in, (void)len;
	if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED)
		opened = 1;
	if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED || reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR)
		done = 1;
	return 0;
}

static const struct lws_protocols protocols[] = { { "", on_event, 0, 0, 0, NULL, 0 }, { NULL, NULL, 0, 0, 0, NULL, 0 } };

int main(int argc, char **argv)
{
	struct lws_context_creation_info info = { 0 };
	struct lws_client_connect_info i = { 0 };
	struct lws_context *context;

	if (argc < 5)
		return 2;
	lws_set_log_level(0, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_filepath = argv[4];
	context = lws_create_context(&info);
	if (!context)
		return 3;
	i.context = context;
	i.address = argv[1];
	i.port = atoi(argv[2]);
	i.host = argv[3];
	i.origin = argv[3];
	i.path = "/";
	i.ssl_connection = LCCSCF_USE_SSL;
	if (argc > 5)
		i.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	if (!lws_client_connect_via_info(&i))
		return 4;
	while (!done && lws_service(context, 0) >= 0)
		;
	lws_context_destroy(context);
	return opened ? 0 : 1;
}
