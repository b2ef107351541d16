#include <libwebsockets.h>

int main(int argc, char **argv)
{
	struct lws_context_creation_info info = {0};
	struct lws_client_connect_info i = {0};

	info.options = options_of(argc, argv);
	i.context = lws_create_context(&info);
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(&i);
}
