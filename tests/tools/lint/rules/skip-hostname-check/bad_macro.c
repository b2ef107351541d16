/* The flag hides in a macro, a helper function and a global. */
#include <libwebsockets.h>

#define RELAXED LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK /* expect: lws.skip-hostname-check */
#define TLS_FLAGS (LCCSCF_USE_SSL | RELAXED)

struct app {
	struct lws_context *context;
	struct lws_client_connect_info ccinfo;
};

static int common = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */

static void prepare(struct lws_client_connect_info *ci, const char *name)
{
	ci->address = name;
	ci->host = name;
	ci->ssl_connection = TLS_FLAGS;
}

static int flags_of(void)
{
	int flags = LCCSCF_USE_SSL;

	flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; /* expect: lws.skip-hostname-check */
	return flags;
}

void first(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	prepare(&i, "a.example.net");
	lws_client_connect_via_info(&i);
}

void second(struct app *a)
{
	a->ccinfo.context = a->context;
	a->ccinfo.address = "b.example.net";
	a->ccinfo.host = "b.example.net:8443";
	a->ccinfo.ssl_connection = flags_of();
}

void second_go(struct app *application)
{
	lws_client_connect_via_info(&application->ccinfo);
}

void third(struct lws_context *context)
{
	struct lws_client_connect_info *p = calloc(1, sizeof(*p));

	p->context = context;
	p->address = "c.example.net";
	p->host = p->address;
	p->ssl_connection = common;
	lws_client_connect_via_info(p);
	free(p);
}
