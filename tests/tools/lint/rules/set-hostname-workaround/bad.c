#include <libwebsockets.h>
#include <mbedtls/ssl.h>

static void patch(struct lws *wsi)
{
	mbedtls_ssl_set_hostname(&wsi->tls.ssl->ssl, wsi->stash->cis[CIS_HOST]); /* expect: lws.set-hostname-workaround */
	mbedtls_ssl_set_hostname(lws_get_ssl(wsi), "echo.example.net"); /* expect: lws.set-hostname-workaround */
}

void go(struct lws_client_connect_info *i)
{
	patch(lws_client_connect_via_info(i));
}
