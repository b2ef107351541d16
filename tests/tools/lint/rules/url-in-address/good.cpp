// Names that are put together, and a member that its constructor sets.
#include <libwebsockets.h>
#include <string>

void joined(lws_context *context, const std::string &name, const std::string &domain, int port)
{
    lws_client_connect_info info{};
    std::string whole = name + "." + domain;
    std::string host = whole + ":" + std::to_string(port);
    info.context = context;
    info.address = whole.c_str();
    info.port = port;
    info.host = host.c_str();
    info.ssl_connection = LCCSCF_USE_SSL;
    lws_client_connect_via_info(&info);
}
