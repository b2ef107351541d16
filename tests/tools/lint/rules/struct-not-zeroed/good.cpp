#include <cstring>
#include <libwebsockets.h>
#include <memory>

struct lws *one(lws_context *context, const char *name)
{
    lws_client_connect_info info{};
    info.context = context;
    info.address = info.host = name;
    return lws_client_connect_via_info(&info);
}

struct lws *two(lws_context *context, const char *name)
{
    lws_client_connect_info info;
    std::memset(&info, 0, sizeof(info));
    info.context = context;
    info.address = info.host = name;
    return lws_client_connect_via_info(&info);
}

struct lws *three(lws_context *context, const char *name)
{
    auto info = lws_client_connect_info();
    info.context = context;
    info.address = info.host = name;
    return lws_client_connect_via_info(&info);
}

struct lws *four(lws_context *context, const char *name)
{
    auto *info = new lws_client_connect_info();
    info->context = context;
    info->address = info->host = name;
    info->ssl_connection = LCCSCF_USE_SSL;
    return lws_client_connect_via_info(info);
}
