#include <ixwebsocket/IXWebSocket.h>

#define RELAXED 0

void dial(ix::WebSocket &socket, const ix::SocketTLSOptions &given)
{
	ix::SocketTLSOptions options;
	options.caFile = "ca.pem";
	options.disable_hostname_validation = false;
	options.disable_hostname_validation = given.disable_hostname_validation;
#if RELAXED
	options.disable_hostname_validation = true;
#endif
	socket.setTLSOptions(options);
}
