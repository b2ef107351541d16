#include <libwebsockets.h>

int main(void)
{
	struct lws_context_creation_info info = {0};
	struct lws_client_connect_info i = {0};

	info.port = CONTEXT_PORT_NO_LISTEN;
	info.options = LWS_SERVER_OPTION_VALIDATE_UTF8;
	i.context = lws_create_context(&info); /* expect: lws.no-global-init */
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(&i);
}
