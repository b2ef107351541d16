/* A default that the command line may replace: likely, not certain. */
#include <libwebsockets.h>

static char server[64] = "wss://echo.example.net"; /* expect: lws.url-in-address */

int main(int argc, char **argv)
{
	struct lws_client_connect_info i = {0};

	if (argc > 1)
		strncpy(server, argv[1], sizeof(server) - 1);
	i.address = server;
	i.host = "echo.example.net";
	i.ssl_connection = LCCSCF_USE_SSL;
	return !lws_client_connect_via_info(&i);
}
