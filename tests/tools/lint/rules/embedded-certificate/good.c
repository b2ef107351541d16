#include <libwebsockets.h>
#include <string.h>
#include "ca.h" /* has CA_OF_THE_BOARD and the type pem_text */

#define CA_PEM \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBnjCCAUOgAwIBAgIUYqpC+v11Xo1vNHAC1nipKEx6vgQwCgYIKoZIzj0EAwIw\n" \
	"GzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDAgFw01MDAxMDEwMDAwMDBaGA85\n" \
	"OTk5MTIzMTIzNTk1OVowGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDBZMBMG\n" \
	"ByqGSM49AgEGCCqGSM49AwEHA0IABPv6tNFWGwlYE3+7Z4lyjuICsF+91mbYbwMH\n" \
	"MfOuWZ4lm3pxpM1TsxSlJ2aqanuyd3vrK9xfW/YRn+406ju4YbijYzBhMA8GA1Ud\n" \
	"EwEB/wQFMAMBAf8wHQYDVR0OBBYEFEv+vWBz2XAqxVDylL1MVyirrXAsMB8GA1Ud\n" \
	"IwQYMBaAFEv+vWBz2XAqxVDylL1MVyirrXAsMA4GA1UdDwEB/wQEAwIBBjAKBggq\n" \
	"hkjOPQQDAgNJADBGAiEAz+Mf3UCISy1IgCBLMTEUB9oyz26vnLimUXE1p9EQtV8C\n" \
	"IQD4Dn80MDQnFSZ3TbRO42bW2uv5n7F66htTQEjOzeAoLw==\n" \
	"-----END CERTIFICATE-----\n"

static const char array[] = CA_PEM;
static const char *pointer = CA_PEM;
static const unsigned char der[] = { 0x30, 0x82, 0x01, 0x9e };
extern const char elsewhere[];
extern pem_text typed;

static void go(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};

	i.context = context;
	i.address = "echo.example.net";
	i.host = i.address;
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}

void of_an_array(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = array;
	info.client_ssl_ca_mem_len = sizeof(array);
	go(lws_create_context(&info));
}

void of_a_pointer(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = pointer;
	info.client_ssl_ca_mem_len = strlen(pointer) + 1;
	go(lws_create_context(&info));
}

void of_der(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = der;
	info.client_ssl_ca_mem_len = sizeof(der);
	go(lws_create_context(&info));
}

void of_another_file(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = elsewhere;
	info.client_ssl_ca_mem_len = sizeof(elsewhere);
	go(lws_create_context(&info));
}

void of_a_type(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = typed;
	info.client_ssl_ca_mem_len = sizeof(typed);
	go(lws_create_context(&info));
}

void of_a_macro(void)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = CA_OF_THE_BOARD;
	info.client_ssl_ca_mem_len = sizeof(CA_OF_THE_BOARD);
	go(lws_create_context(&info));
}

void of_a_stored_text(const char *stored, unsigned int length)
{
	struct lws_context_creation_info info = {0};

	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.client_ssl_ca_mem = stored;
	info.client_ssl_ca_mem_len = length;
	go(lws_create_context(&info));
}
