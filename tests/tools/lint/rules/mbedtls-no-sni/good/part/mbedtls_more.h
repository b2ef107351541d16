/* a few lines on top of the default configuration, which has SNI */
#define MBEDTLS_DEBUG_C
