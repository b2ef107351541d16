#include "esp_websocket_client.h"

void app_main(void)
{
	esp_websocket_client_config_t config = {.uri = "wss://a.example.net/"};
#if CONFIG_WS_OVER_TLS_SKIP_COMMON_NAME_CHECK
	config.skip_cert_common_name_check = true;
#endif
#ifdef CONFIG_APP_OTHER
	config.skip_cert_common_name_check = true;
#endif
	esp_websocket_client_start(esp_websocket_client_init(&config));
}
