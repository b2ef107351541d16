#include <openssl/x509_vfy.h>

void only_verify(X509_STORE_CTX *store, const char *name)
{
	X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(store), name, 0);
}
