/* target: tls=mbedtls */
#include <libwebsockets.h>

extern const char ca_pem[];

int main(void)
{
	struct lws_context_creation_info info;
	struct lws_client_connect_info i = {0};

	memset(&info, 0, sizeof(info));
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = ca_pem;
	info.client_ssl_ca_mem_len = (unsigned int)strlen(ca_pem) + 1;
	i.context = lws_create_context(&info);
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(&i);
}
