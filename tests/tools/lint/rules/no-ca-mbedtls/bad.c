/* target: tls=mbedtls */
#include <libwebsockets.h>

int main(void)
{
	struct lws_context_creation_info info;
	struct lws_client_connect_info i = {0};

	memset(&info, 0, sizeof(info));
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	i.context = lws_create_context(&info); /* expect: lws.no-ca-mbedtls */
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(&i);
}
