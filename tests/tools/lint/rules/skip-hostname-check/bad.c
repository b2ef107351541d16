/* The incident: address and host are right, and the flag takes SNI away where Mbed TLS is below. */
#include <libwebsockets.h>

static struct lws *connect_plainly(struct lws_context *context)
{
	struct lws_client_connect_info ccinfo = {0};

	ccinfo.context = context;
	ccinfo.address = "echo.example.net";
	ccinfo.port = 443;
	ccinfo.path = "/";
	ccinfo.host = ccinfo.address;
	ccinfo.origin = ccinfo.address;
	ccinfo.ssl_connection = LCCSCF_USE_SSL |
		LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	return lws_client_connect_via_info(&ccinfo);
}

static struct lws *connect_in_steps(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i;
	int flags = LCCSCF_USE_SSL;

	memset(&i, 0, sizeof i);
	flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	i.context = context;
	i.address = i.host = name;
	i.ssl_connection = flags;
	return lws_client_connect_via_info(&i);
}

/* TLS itself is the option here: whenever it is on, the check is off. */
static struct lws *connect_with_choice(struct lws_context *context, const char *name, int use_tls)
{
	struct lws_client_connect_info i = { .context = context, .address = name, .host = name };

	if (use_tls)
		i.ssl_connection = LCCSCF_USE_SSL
			| LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	return lws_client_connect_via_info(&i);
}

static struct lws *connect_both_ways(struct lws_context *context, const char *name, int old)
{
	struct lws_client_connect_info i = { .context = context, .address = name, .host = name };

	i.ssl_connection = LCCSCF_USE_SSL;
	if (old)
		i.ssl_connection |= LCCSCF_PIPELINE | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	else
		i.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	return lws_client_connect_via_info(&i);
}
