#include "esp_http_client.h"
#include "esp_tls.h"

#define RELAXED 1
#define STRICT 0

static void fetch(void)
{
	esp_http_client_config_t config = {
		.url = "https://a.example.net/",
		.skip_cert_common_name_check = true, /* expect: esp.skip-common-name */
	};
	esp_http_client_config_t first = {.url = "https://192.0.2.7/", .skip_cert_common_name_check = 1}; /* expect: esp.skip-common-name */
	esp_http_client_perform(esp_http_client_init(&config));
	esp_http_client_perform(esp_http_client_init(&first));
}

static esp_mqtt_client_handle_t subscribe(void)
{
	const esp_mqtt_client_config_t nested = {
		.broker.address.uri = "mqtts://a.example.net",
		.broker.verification.skip_cert_common_name_check = true, /* expect: esp.skip-common-name */
	};
	return esp_mqtt_client_init(&nested);
}

static int dial(esp_tls_t *tls, const char *host, int insecure)
{
	esp_tls_cfg_t cfg = {0}, *other = &cfg;
	cfg.skip_common_name = RELAXED; /* expect: esp.skip-common-name */
	if (insecure)
		other->skip_common_name = !STRICT; /* expect: esp.skip-common-name */
#if RELAXED && !STRICT
	(other)->skip_common_name = (bool)true; /* expect: esp.skip-common-name */
#endif
#ifdef CONFIG_APP_RELAXED
	cfg.skip_common_name = true; /* expect: esp.skip-common-name */
#endif
	return esp_tls_conn_new_sync(host, 13, 443, &cfg, tls);
}

void transport(esp_transport_handle_t ssl)
{
	esp_transport_ssl_skip_common_name_check(ssl); /* expect: esp.skip-common-name */
}
