#include <libwebsockets.h>

struct lws *open(lws_context *context, const char *name)
{
    lws_client_connect_info info;  // expect: lws.struct-not-zeroed
    info.context = context;
    info.address = name;
    info.host = name;
    info.ssl_connection = LCCSCF_USE_SSL;
    return lws_client_connect_via_info(&info);
}
