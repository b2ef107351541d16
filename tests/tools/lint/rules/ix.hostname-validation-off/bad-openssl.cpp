/* target: tls=openssl */
#include <ixwebsocket/IXWebSocket.h>

void dial(ix::WebSocket &socket)
{
	ix::SocketTLSOptions options{.disable_hostname_validation = true}; /* expect: ix.hostname-validation-off */
	socket.setTLSOptions(options);
}
