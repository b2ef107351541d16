#include <libwebsockets.h>

void go(const char *name)
{
	struct lws_context_creation_info info = {0};
	struct lws_client_connect_info i = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN;
	i.context = lws_create_context(&info);
	i.address = name;
	i.host = name;
	i.origin = "https://app.example.net";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
