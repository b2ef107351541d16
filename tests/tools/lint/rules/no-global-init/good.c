#include <libwebsockets.h>

#define OPTIONS (LWS_SERVER_OPTION_SSL_ECDH | LWS_SERVER_OPTION_EXPLICIT_VHOSTS)

int main(void)
{
	struct lws_context_creation_info info = {0};
	struct lws_client_connect_info i = {0};

	info.options = OPTIONS;
	i.context = lws_create_context(&info);
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(&i);
}
