/* Flags from an option, in dead code, taken back, or in a test against this machine: the user's choice, or no matter. */
#include <libwebsockets.h>

static int flags = LCCSCF_USE_SSL;

int main(int argc, char **argv)
{
	struct lws_client_connect_info i;
	struct lws_context *context = make_context();
	const char *p;
	int c;

	memset(&i, 0, sizeof(i));
	while ((c = getopt(argc, argv, "ks")) != -1)
		switch (c) {
		case 'k':
			flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
			break;
		}
	if (lws_cmdline_option(argc, argv, "--insecure"))
		flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
#ifndef NDEBUG
	flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
#endif
#if 0
	flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
#endif
	i.context = context;
	i.address = "echo.example.net";
	if ((p = lws_cmdline_option(argc, argv, "--server")))
		i.address = p;
	i.host = i.address;
	i.ssl_connection = flags;
	/* i.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK; */
	return !lws_client_connect_via_info(&i);
}

static void relax(int *what, int verify)
{
	if (verify)
		return;
	*what |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
}

void with_setting(struct lws_context *context, struct config *config)
{
	struct lws_client_connect_info i = {0};
	int wanted = config->tls ? LCCSCF_USE_SSL : 0;

	relax(&wanted, config->verify);
	i.context = context;
	i.address = config->name;
	i.host = config->name;
	i.ssl_connection = wanted;
	lws_client_connect_via_info(&i);
}

void with_ternary(struct lws_context *context, const char *name, int insecure)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = insecure ? LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void taken_back(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	i.ssl_connection &= ~LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	lws_client_connect_via_info(&i);
}

void overwritten(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = name;
	i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void loopback(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "localhost";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	lws_client_connect_via_info(&i);
}
