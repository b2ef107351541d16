/* target: tls=mbedtls */
#include <ixwebsocket/IXWebSocket.h>

#define RELAXED 1

void dial(ix::WebSocket &socket, bool insecure)
{
	ix::SocketTLSOptions options;
	options.caFile = "NONE";
	options.disable_hostname_validation = true; /* expect: ix.hostname-validation-off */
	if (insecure) {
		options.disable_hostname_validation = RELAXED; /* expect: ix.hostname-validation-off */
	}
	socket.setTLSOptions(options);
}
