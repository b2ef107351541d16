#include "esp_tls.h"
#include "esp_websocket_client.h"

#define RELAXED 0

struct own {
	bool skip_common_name;
};

static void fetch(struct own *wanted)
{
	esp_websocket_client_config_t config = {
		.uri = "wss://a.example.net/",
		.cert_common_name = "b.example.net",
		.crt_bundle_attach = esp_crt_bundle_attach,
		.skip_cert_common_name_check = false,
	};
	esp_tls_cfg_t cfg = {0};
	cfg.skip_common_name = RELAXED;
	cfg.skip_common_name &= true;
	cfg.skip_common_name = wanted->skip_common_name;
	/* cfg.skip_common_name = true; */
#if RELAXED
	cfg.skip_common_name = true;
#endif
	if (RELAXED)
		cfg.skip_common_name = true;
	if (cfg.skip_common_name == true)
		printf("skip_common_name = true");
	esp_websocket_client_start(esp_websocket_client_init(&config));
}
