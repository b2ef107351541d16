/* Preloaded by `make prove`: every name resolves to this machine and every connection goes to the listener, so that a
 * client with a fixed address can be observed unchanged. WSSURE_PROVE_PORT is the listener's port; the names and
 * ports that the client asked for are written to the file in WSSURE_PROVE_LOG. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void note(const char *kind, const char *text)
{
	const char *path = getenv("WSSURE_PROVE_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%s %s\n", kind, text);
	fclose(file);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo only = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };

	if (node)
		note("name", node);
	/* A URL, a path or a blank in a name fails here as it does in the real function. */
	if (node && strpbrk(node, "/: "))
		return EAI_NONAME;
	if (hints)
		only.ai_socktype = hints->ai_socktype;
	return real(node ? "127.0.0.1" : NULL, service, &only, result);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
	const char *port = getenv("WSSURE_PROVE_PORT");
	struct sockaddr_in there;
	char text[16];

	if (!port || address->sa_family != AF_INET)
		return real(fd, address, length);
	memcpy(&there, address, sizeof(there));
	snprintf(text, sizeof(text), "%d", ntohs(there.sin_port));
	note("port", text);
	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	there.sin_port = htons((unsigned short)atoi(port));
	return real(fd, (const struct sockaddr *)&there, sizeof(there));
}
