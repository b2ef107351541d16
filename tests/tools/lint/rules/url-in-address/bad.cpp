// A std::string that holds a URL, and a positional initialiser.
#include <libwebsockets.h>
#include <string>

static const std::string kServer{"wss://echo.example.net/"};  // expect: lws.url-in-address

void one(lws_context *context)
{
    lws_client_connect_info info{};
    info.context = context;
    info.address = kServer.c_str();
    info.host = "echo.example.net";
    info.ssl_connection = LCCSCF_USE_SSL;
    lws_client_connect_via_info(&info);
}

void two(lws_context *context)
{
    lws_client_connect_info info = {context, "user@echo.example.net", 443, LCCSCF_USE_SSL, "/", "echo.example.net"};  // expect: lws.url-in-address
    lws_client_connect_via_info(&info);
}

void three(lws_context *context, const std::string &name, int port)
{
    lws_client_connect_info info{};
    std::string url = "wss://" + name + ":" + std::to_string(port);  // expect: lws.url-in-address
    info.context = context;
    info.address = url.c_str();
    info.host = name.c_str();
    info.ssl_connection = LCCSCF_USE_SSL;
    lws_client_connect_via_info(&info);
}
