// A class, a member struct, a reference, strings and a lambda.
#include <libwebsockets.h>
#include <string>

class Client {
public:
    bool connect(const std::string &name, bool tls);

private:
    void secure(lws_client_connect_info &info) const
    {
        info.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;  // expect: lws.skip-hostname-check
    }

    lws_client_connect_info m_info{};
    std::string m_host;
    lws_context *m_context = nullptr;
};

bool Client::connect(const std::string &name, bool tls)
{
    m_host = name;
    m_info.context = m_context;
    m_info.address = m_host.c_str();
    m_info.host = m_info.address;
    m_info.ssl_connection = LCCSCF_USE_SSL;
    auto finish = [&]() { secure(m_info); };
    finish();
    secure(m_info);
    return lws_client_connect_via_info(&m_info) != nullptr;
}

namespace other {
lws *open(lws_context *context)
{
    lws_client_connect_info info = {};
    auto &alias = info;
    alias.context = context;
    alias.address = "echo.example.net";
    alias.host = "echo.example.net";
    alias.ssl_connection = static_cast<int>(LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK);  // expect: lws.skip-hostname-check
    return lws_client_connect_via_info(&info);
}
}  // namespace other
