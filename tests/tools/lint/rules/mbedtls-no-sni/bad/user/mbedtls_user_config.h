/* on top of the default configuration */
#undef MBEDTLS_SSL_SERVER_NAME_INDICATION /* expect: lws.mbedtls-no-sni */
