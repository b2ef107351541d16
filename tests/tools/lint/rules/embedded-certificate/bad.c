#include <libwebsockets.h>
#include <string.h>

static const char *pointer =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBnjCCAUOgAwIBAgIUYqpC+v11Xo1vNHAC1nipKEx6vgQwCgYIKoZIzj0EAwIw\n"
	"GzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDAgFw01MDAxMDEwMDAwMDBaGA85\n"
	"OTk5MTIzMTIzNTk1OVowGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDBZMBMG\n"
	"ByqGSM49AgEGCCqGSM49AwEHA0IABPv6tNFWGwlYE3+7Z4lyjuICsF+91mbYbwMH\n"
	"MfOuWZ4lm3pxpM1TsxSlJ2aqanuyd3vrK9xfW/YRn+406ju4YbijYzBhMA8GA1Ud\n"
	"EwEB/wQFMAMBAf8wHQYDVR0OBBYEFEv+vWBz2XAqxVDylL1MVyirrXAsMB8GA1Ud\n"
	"IwQYMBaAFEv+vWBz2XAqxVDylL1MVyirrXAsMA4GA1UdDwEB/wQEAwIBBjAKBggq\n"
	"hkjOPQQDAgNJADBGAiEAz+Mf3UCISy1IgCBLMTEUB9oyz26vnLimUXE1p9EQtV8C\n"
	"IQD4Dn80MDQnFSZ3TbRO42bW2uv5n7F66htTQEjOzeAoLw==\n"
	"-----END CERTIFICATE-----\n";
static const char placeholder[] = "your CA here"; /* expect: lws.embedded-certificate */
static const char shortened[] = /* expect-next: lws.embedded-certificate */
	"-----BEGIN CERTIFICATE-----\n"
	"MIIF...\n"
	"-----END CERTIFICATE-----\n";

static void go(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void of_a_pointer(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = pointer;
	info.client_ssl_ca_mem_len = sizeof(pointer); /* expect: lws.embedded-certificate */
	go(lws_create_context(&info));
}

void of_the_field(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = pointer;
	info.client_ssl_ca_mem_len = sizeof info.client_ssl_ca_mem; /* expect: lws.embedded-certificate */
	go(lws_create_context(&info));
}

void of_a_parameter(const char given[2048])
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = given;
	info.client_ssl_ca_mem_len = sizeof(given); /* expect: lws.embedded-certificate */
	go(lws_create_context(&info));
}

void a_placeholder(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = placeholder;
	info.client_ssl_ca_mem_len = sizeof(placeholder);
	go(lws_create_context(&info));
}

void a_short_text(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = shortened;
	info.client_ssl_ca_mem_len = strlen(shortened) + 1;
	go(lws_create_context(&info));
}

void no_text(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = ""; /* expect: lws.embedded-certificate */
	info.client_ssl_ca_mem_len = 1;
	go(lws_create_context(&info));
}

void of_a_key(const char *key)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_filepath = "ca.pem";
	info.client_ssl_key_mem = key;
	info.client_ssl_key_mem_len = sizeof(key); /* expect: lws.embedded-certificate */
	go(lws_create_context(&info));
}
