"""Fixes as data: an id with values, and the sentence of each id for each kind of reader.

A sentence is written once, for all readers. `{name}` is a value of the fix, and `[[...]]` is left out if a value in it is missing.
`$name` is a setting: Python code, a flag of `wssure check`, or a phrase for any other program. If a whole sentence has to differ,
`_FOR` has one for that reader.
"""

import enum
import re
from collections.abc import Callable, Iterable
from shlex import quote
from typing import Any, Final, NamedTuple

from wssure.text import printable

_VALUE_LIMIT: Final = 300
_OPTIONAL: Final = re.compile(r"\[\[([^][]*)\]\]")
_VALUE: Final = re.compile(r"\{(\w+)(?:\|([^{}]+))?\}|(\$\w+=?)")
_SETTING: Final = re.compile(r"\$(\w+)(=)?")


class Reader(enum.StrEnum):
    """The kind of reader of a fix: it decides in which terms a setting is named."""

    PYTHON = "python"
    FLAGS = "flags"
    CLIENT = "client"
    SERVER = "server"


class Fix(NamedTuple):
    """One thing to do.

    Args:
        id: A key of `SENTENCES`; a cause's standing fix has the cause's id. `usage.FIELD` has its sentence as the value `text`.
        values: Names and values, as they were seen or given: not escaped.
    """

    id: str
    values: tuple[tuple[str, str], ...] = ()

    def text(self, reader: Reader = Reader.PYTHON) -> str:
        """Return one or more lines, in the imperative, values escaped.

        Args:
            reader: The kind of reader; decides the terms used.
        """
        values = dict(self.values)
        if "text" in values:
            return _SETTING.sub(lambda match: _setting(match, values, reader), values["text"])
        return _fill(_FOR.get(reader, {}).get(self.id) or SENTENCES[self.id], values, reader)

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface."""
        return {"id": self.id, "values": dict(self.values)}


def fix(fix_id: str, /, **values: str) -> Fix:
    """Return a fix with its values; one that is empty counts as missing."""
    return Fix(fix_id, tuple((name, value) for name, value in values.items() if value))


def format_fixes(fixes: Iterable[Fix], reader: Reader = Reader.PYTHON) -> str:
    """Return fixes as text, one or more lines each."""
    return "\n".join(item.text(reader) for item in fixes)


def _fill(sentence: str, values: dict[str, str], reader: Reader, quoted: Callable[[str], str] = str) -> str:
    """Fill the slots of a sentence, in one pass: a value that looks like a slot stays as it is."""

    def optional(match: re.Match[str]) -> str:
        return match[1] if all(values.get(slot[1]) for slot in _VALUE.finditer(match[1]) if slot[1]) else ""

    def slot(match: re.Match[str]) -> str:
        if match[1] is None:
            return _SETTING.sub(lambda setting: _setting(setting, values, reader), match[3])
        value = values.get(match[1])
        return quoted(printable(value, _VALUE_LIMIT)) if value else match[2] or match[0]

    return _VALUE.sub(slot, _OPTIONAL.sub(optional, sentence))


def _setting(match: re.Match[str], values: dict[str, str], reader: Reader) -> str:
    """Name a setting; one with `=` behind it without its value. The peer may have chosen a value: it must not end its quotes."""
    python, flag, other = SETTINGS.get(match[1], ("", "", f"the setting {match[1]}"))
    if reader is Reader.PYTHON:
        return f"{match[1]}=" if match[2] or not python else _fill(python, values, reader, _in_python)
    if reader is Reader.FLAGS and flag:
        gap = " " if match.string.startswith('"', match.end()) else ""
        return flag.partition(" ")[0] + gap if match[2] else _fill(flag, values, reader, quote)
    return _fill(other, values, reader)


def _in_python(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


# A setting in Python, as flags of `wssure check` (empty: it has none), and for the user of any other program.
SETTINGS: Final[dict[str, tuple[str, str, str]]] = {
    "address": ('address="{address|IP}"', "--address {address|IP}", "{address|IP} as the address to dial"),
    "address_port": ("", "--address-port", "the port to dial"),
    "dial": ('address="{address|IP}"[[, address_port={port}]]', "--address {address|IP}[[ --address-port {port}]]", "{address|IP}[[ and port {port}]] as the address to dial"),
    "named_url": ('connect("{url|wss://NAME/}", address="{address|IP}"[[, address_port={port}]])', "{url|wss://NAME/} --address {address|IP}[[ --address-port {port}]]", "{url|wss://NAME/} with {address|IP}[[ and port {port}]] as the address to dial"),
    "alpn": ('TLSSettings(alpn=("http/1.1",))', "--alpn http/1.1", "http/1.1 alone by ALPN"),
    "no_alpn": ("TLSSettings(alpn=())", '--alpn ""', "no ALPN"),
    "openssl": ('backend="openssl"', "--backend openssl", "another TLS library"),
    "backend": ('backend="stdlib"', "--backend stdlib", "another TLS library"),
    "ca": ("TLSSettings(ca=FILE)", "--cacert FILE", "the client's CA file"),
    "cert": ("TLSSettings(cert=FILE)", "--cert FILE", "the client's certificate file"),
    "key": ("TLSSettings(key=FILE)", "--key FILE", "the client's key file"),
    "client_cert": ('TLSSettings(cert="client.pem", key="client.key")', "--cert client.pem --key client.key", "the client's certificate and key files"),
    "compression": ('compression="deflate"', "", "compression"),
    "no_compression": ("connect(url, compression=None)", "", "switch compression off in the client"),
    "credentials": ('additional_headers={"Authorization": "Bearer ..."}', '-H "Authorization: Bearer ..."', "Authorization: Bearer TOKEN, or Basic with user and password"),
    "broadcast_limit": ("broadcast_limit", "", "the limit on bytes that wait for a slow reader"),
    "close_timeout": ("close_timeout", "", "the time that the peer has to answer a Close"),
    "max_queue": ("max_queue", "", "the limit on messages that wait for the program"),
    "ping_timeout": ("ping_timeout", "", "the time that the peer has to answer a ping"),
    "max_fragments": ("max_fragments", "", "the client's limit on the fragments of a message"),
    "max_size": ("max_size", "", "the client's limit on the size of a message"),
    "classic_groups": ('TLSSettings(groups=("x25519", "secp256r1", "secp384r1"))', "--groups x25519,secp256r1,secp384r1", "leave X25519MLKEM768 out of the client's groups"),
    "groups": ("", "--groups", "the client's list of groups"),
    "http_limits": ("{call|connect(url}, http_limits=HttpLimits({limit|line_bytes}={value|65536}))", "", "the client's limit on headers"),
    "max_tls12": ('TLSSettings(max_version="TLSv1.2")', "--tls-max 1.2", "TLS 1.2 as the highest version"),
    "all_tls": ('TLSSettings(min_version="TLSv1.2", max_version="TLSv1.3")', "--tls-min 1.2 --tls-max 1.3", "TLS 1.2 and 1.3"),
    "origin": ('connect(url, origin="{origin|https://NAME}")', "--origin {origin|https://NAME}", "{origin|https://NAME}"),
    "origins": ('serve(..., origins=["{origin}"])', "", "add {origin} to the server's list of allowed origins"),
    "no_origins": ("serve(..., origins=[None])", "", "add the absent Origin to those that the server allows"),
    "pins": ('TLSSettings(pins=("sha256/...",))', "--pin sha256/...", "the client's list of pins"),
    "ping_interval": ("set ping_interval below", "", "send pings more often than"),
    "proxy": ('proxy="http://USER:PASSWORD@{proxy|PROXY:PORT}"', "--proxy http://USER:PASSWORD@{proxy|PROXY:PORT}", "http://USER:PASSWORD@{proxy|PROXY:PORT}"),
    "no_proxy": ("proxy=None", "--proxy none", "no proxy"),
    "site": ('Site(names=("{name}",), cert=..., key=...)', "", 'a site for "{name}"'),
    "default_site": ("serve(..., strict_sni=False, default_site=NAME)", "", "give the server a default site"),
    "subprotocols": ('connect(url, subprotocols=["{subprotocol|NAME}"])', "--subprotocol {subprotocol|NAME}", "{subprotocol|NAME}"),
}  # fmt: skip

SENTENCES: Final[dict[str, str]] = {
    # Certificates. Nothing here says to trust a name, a CA or a certificate because the peer showed it.
    "cert.bad-signature": "issue the certificate again with the present key of its CA, or get the CA's present certificate from its owner for $ca=; `openssl verify -CAfile ca.pem server.pem` shows whether they fit",
    "cert.chain-incomplete": "configure the server with the full chain (own certificate first, then the intermediates): fullchain.pem",
    "cert.critical-extension": "issue the certificate again without that extension, or with it not critical",
    "cert.chain-or-root": 'let the server send its full chain: append the certificate of "{issuer}" to the file with its own (fullchain.pem);\nor, if "{issuer}" is a root CA that you know and trust, get its certificate from its owner: $ca',
    "cert.chain-published": 'add "{missing}" on the server after its own certificate (fullchain.pem instead of cert.pem); it is published at {urls}',
    "cert.expired": "set this machine's clock if it is wrong (`date -u`); else renew the certificate[[ on {peer}]] and reload the server",
    "cert.anchor": "replace this root in the trust store of this machine by its successor, from the owner of the CA; or let the server send a chain that leads to another root",
    "cert.hostname": "use the name in the certificate if it is the intended service, or install a certificate for {expected|this name} on the server",
    "cert.other-name": "if {name} is the intended service, connect to {url} with $dial;\nelse install a certificate for {expected} on the server",
    "cert.ip-as-dns": "issue the certificate again with -addext subjectAltName=IP:{host|ADDRESS} instead of DNS:{host|ADDRESS}",
    "cert.malformed": "issue the certificate again; `openssl x509 -in server.pem -noout -text` shows whether another program can read it",
    "cert.name-constraints": "issue the certificate again with permitted names only, or have the CA issued again with limits that contain the name",
    "cert.no-revocation-status": "load the present revocation list of each CA with context.load_verify_locations, or take the flag VERIFY_CRL_CHECK_LEAF or VERIFY_CRL_CHECK_CHAIN out of context.verify_flags",
    "cert.no-san": "issue the certificate again with subjectAltName={kind|DNS}:{name|NAME} (openssl req -addext)",
    "cert.no-trust-store": "install ca-certificates (Debian: apt install ca-certificates), or configure a CA file: $ca",
    "cert.not-a-ca": "make that CA again and the certificates below it: openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj \"/CN=My CA\" -addext keyUsage=critical,keyCertSign,cRLSign",
    "cert.not-yet-valid": "set this machine's clock (SNTP) before connecting; if the clock is right, wait or have the certificate issued again",
    "cert.path-length": "issue the server's certificate directly below the CA with the limit, or make that CA again with a larger pathlen: -addext basicConstraints=critical,CA:TRUE,pathlen:1",
    "cert.pin-mismatch": "ask the server's owner for the new pin, over a trusted channel",
    "cert.purpose": "issue the server's certificate again with extendedKeyUsage=serverAuth (or without that extension)",
    "cert.refused": "connect without the additional demands of a context or of OpenSSL's configuration: with the CA as $ca alone",
    "cert.revoked": "let the server get a new certificate with a new key",
    "cert.self-signed": "get its pin or file from the server's owner, not from this connection: $pins, or $ca; or have the server use a certificate issued by a CA",
    "cert.strict": "issue that certificate again[[ with {write}]]; until then leave out the flag that Python 3.13 sets: context.verify_flags &= ~ssl.VERIFY_X509_STRICT, or configure the CA as $ca, without strict=True",
    "cert.unsupported": "use the OpenSSL backend ($openssl), which processes it; or have the certificate issued without it",
    "cert.untrusted-root": 'if you know and trust this CA[[ "{issuer}"]], get its certificate from its owner: $ca',
    "cert.weak-key": "issue the certificate again with RSA 2048 or more, or ECDSA P-256",
    "cert.weak-signature": "have the certificate signed again with SHA-256",
    # Name and address.
    "dns.no-aaaa-or-a": "connect to an address of the existing family: keep the URL and add $address",
    "dns.add-family": "enable {family} on this machine, or add an {other} address to the name; if you know one, keep the URL and add $address",
    "dns.nxdomain": "correct the name (`getent ahosts {name|NAME}` shows the result on this machine); a name of an inner network needs that network's VPN and DNS server\nor, if you know the address, keep the URL and add $address",
    "dns.timeout": "configure a working DNS server (test it with `nslookup NAME`); $address connects without a DNS server",
    "dns.url-as-name": "split the URL: the bare name as host, the port and the path in their own fields",
    "dns.blocked": 'allow {name|the name} in the DNS filter of this network, or remove its line from /etc/hosts (`getent ahosts {name|NAME}` shows what this machine gets)',
    "tcp.refused": "start the server, or correct address and port[[ ({where} is reachable)]]; `ss -ltn` on the server lists the listening ports",
    "tcp.no-descriptors": "close connections and files that are no longer used, or raise the limit of open files (`ulimit -n`, LimitNOFILE= in systemd)",
    "tcp.reset-in-handshake": "run `wssure check URL`, which repeats it with another server name and with TLS 1.2 only, here and in another network: a change that succeeds shows the cause",
    "tcp.reset-at-once": "start the program behind the forwarder that accepted the connection (a container's published port, a load balancer), or correct its port",
    "tls.proxy-header-missing": "connect to the load balancer that sends the PROXY protocol header, or to a port without it; or switch it off for this listener (nginx: `listen 443 ssl;` without proxy_protocol)",
    "tcp.stale-record": "dial the address that works: add $address; then correct the {record} record of the name, or the server at {peer}",
    "tcp.timeout": "correct the address[[ if {where} is not the server's]], or open the port in the firewall on the path; `nc -vz ADDRESS PORT` from another network shows if it is open",
    "tcp.unreachable": "bring up the network or VPN that leads there (`ip route get {address|ADDRESS}`), or dial an address that can be reached",
    "unix.not-served": "start the server, or correct $path=; `ss -lx` lists the Unix sockets that are listened on",
    "unix.denied": "run this program as a user who may write to {path} (`ls -l` shows its owner and permissions), or let the server change them",
    "tcp.zone": "write the network interface that leads there behind the address: $address (`ip link` lists the interfaces)",
    "tcp.v6-broken": "dial the family that works: keep the URL and add $address",
    "tcp.other-family": "dial the other family: add $address; if that works, the {family} path or backend is broken",
    "tcp.family-works": "dial the family that works: add $address; then repair the path or backend of {peer}",
    "tcp.other-address": "dial another address of the name, which works: $address",
    "client.reset": "look at the client: it gave up, or a device between reset the connection in its name",
    "client.certificate": "give the client a valid certificate from that CA, with its intermediates",
    "client.certificate-missing": "give the client a certificate from the site's client_ca, or take client_ca from the site",
    "client.gave-up": "read the log of the client: usual reasons are our certificate, its clock or a time-out",
    "client.hello-cut": "read the client's log for the same second; if it sent its whole hello, check the devices on the path",
    # The upgrade.
    "http.200-not-upgrade": "correct the path of the URL, or let the reverse proxy forward the Upgrade and Connection headers",
    "http.400": "read the body of the answer; let a reverse proxy forward Upgrade and Connection; repeat without additional headers",
    "http.400-proxy": "read the body of the answer; let a reverse proxy forward Upgrade and Connection",
    "http.403-token": "read the body of the answer; send a token with permission to connect",
    "http.403": "read the body of the answer; send the Origin that the service expects, and a token with permission to connect",
    "http.404": "correct the path of the URL",
    "http.426-version": "update the server to WebSocket version 13, or let the proxy forward the upgrade headers",
    "http.429": "wait[[ {seconds} s before the next attempt]], as Retry-After says, then retry with increasing delays",
    "http.502": "start or repair the backend behind the gateway (its error log has the reason), then retry",
    "http.503": "retry after the time in Retry-After, or with increasing delays; if the error persists, read the server's log",
    "http.wait": "wait {seconds} s before the next attempt",
    "http.auth-required": "send credentials: $credentials, or user and password in the URL",
    "http.eof": "request the path with a plain GET, and read the log of the server and the proxy for the same second",
    "http.garbage": "correct the port or the relay's backend; the first bytes identify the protocol",
    "http.head-too-large": "if heads of this size are expected, raise the limit: $http_limits; else let the peer send less",
    "http.host-found": "if {name} is the intended service, connect to {url} with $dial",
    "http.host-header": "put the site's name into the URL, and the address only into $address=",
    "http.is-h2-unasked": "let the server speak HTTP/1.1 on this port: it uses HTTP/2 although http/1.1 was offered",
    "http.is-h2": "offer only http/1.1: $alpn; if the server still uses HTTP/2, it does not support WebSocket over HTTP/1.1",
    "http.misdirected-421": "use one name for URL and Host header; if the name is correct, add a site for it on the server",
    "http.misdirected-client": "let the client use one name for both, or add the name to the site",
    "http.origin": "send the Origin that the server expects, such as its own: $origin",
    "http.other-origin": "ask the owner of the service for the Origin that it expects: {origin} is not allowed there",
    "http.unknown-origin": "ask the owner of the service which Origin it expects, and send it: $origin",
    "http.no-origin": "send no Origin: leave $origin= out",
    "http.allow-origin": "if pages of {origin} may connect, allow them: $origins",
    "http.allow-none": "if programs other than browsers may connect, allow requests without an Origin: $no_origins",
    "http.captive-portal": "log in to this network: open any http:// page in a browser, then try again",
    "http.redirect": "if this is the intended service, connect to {url|the Location}",
    "http.timeout": "request the path with a plain GET; if the server answers, the WebSocket route behind the proxy hangs: read its log",
    "http.unexpected-status": "read the body of the answer, and the server's log for the same second",
    # Proxies.
    "proxy.auth": "add user and password to the URL of the proxy: $proxy",
    "proxy.wrong-user": "correct user and password in the proxy's URL, special characters percent-encoded (@ is %40, : is %3A)",
    "proxy.bad-gateway": "correct name and port for the proxy (it resolves the name itself), or connect without the proxy (NO_PROXY)",
    "proxy.eof": "correct type and port of the proxy: HTTP, HTTPS and SOCKS proxies use different protocols",
    "proxy.forbidden": "ask the owner of the proxy to allow this host and port, or connect without the proxy (NO_PROXY)",
    "proxy.only-443": "port {port} may be forbidden although 443 is allowed: ask the owner of the proxy to allow it",
    "proxy.intercepts-tls": "ask the owner of this network for an exception, or for their CA certificate, given by them and not by the connection, for $ca=",
    "proxy.inspects": "ask the owner of the proxy for an exception, or for their CA certificate, given by them and not by the connection, for $ca=\nor go without the proxy, if that is allowed: $no_proxy, or the host in NO_PROXY",
    "proxy.not-http": "give the port at which the proxy speaks plain HTTP, mostly 3128 or 8080",
    "proxy.other-kind": "use the plain HTTP port of the proxy: {proxy} expects {kind}, which is not supported",
    "proxy.timeout": "try a target that surely works through the same proxy, then yours without it",
    "proxy.unexpected-status": "give the host and port of an HTTP proxy (mostly 3128 or 8080): what answered there opens no tunnels",
    "proxy.own-page": "open the same site in a browser that uses this proxy, and read its page; ask the owner of the proxy to allow {host|the host}[[ on port {port}]]",
    "proxy.log-in": "log in to this network with a browser, then try again",
    "proxy.later": "try again later; if it stays, ask the proxy's owner",
    "proxy.direct": "go without the proxy for this server, which answers directly: $no_proxy, or its name in NO_PROXY",
    "proxy.address": "correct the proxy's address[[, which {variable} sets]], or start it\nor go directly, if there is a way: $no_proxy, or name the host in NO_PROXY",
    # Stacks.
    "stack.rsa-pss-refused": "use Mbed TLS 3.6.7 or 4.1.1, or another backend ($openssl); until then: $max_tls12, which offers no RSA-PSS",
    "stack.no-hostname-set": "give the TLS layer the name: mbedtls_ssl_set_hostname(&ssl, NAME), i.host in libwebsockets",
    "stack.psa-not-initialised": "call psa_crypto_init() once before the first handshake, or use Mbed TLS 3.6.1 or later",
    "stack.sni-guard": "use another backend ($backend) and report this",
    "stack.unproven-peer": "use another backend ($backend) and report this",
    # TLS.
    "tls.alert": "read the peer's log for the same second: it has the reason behind the number",
    "alert.access": "let the owner of the server allow this client in its access policy",
    "alert.broken": "repeat with another TLS library and from another network, and compare with the peer's log: a change that succeeds shows the side to repair",
    "alert.certificate": "read the peer's log: it names the certificate and the defect; then send the full chain, from a CA that the peer knows",
    "alert.fallback": "let the client offer its newest TLS version again, and no TLS_FALLBACK_SCSV",
    "alert.key": "do not offer a pre-shared key or an old session: connect again without it",
    "tls.alpn": "offer http/1.1 on the client, and allow it on the server",
    "tls.alpn-allow": "allow http/1.1 by ALPN on the server: the client offers it already",
    "tls.alpn-offer": "offer http/1.1, which WebSocket runs over: $alpn",
    "tls.alpn-none": "offer no protocol until the server is repaired: $no_alpn",
    "tls.alpn-h2": "let the server take http/1.1, over which WebSocket runs (RFC 6455); it wants to hear of h2",
    "tls.bad-record-mac": "use the connection from one thread at a time; if that is so, repeat from another machine and network to find the part that corrupts data",
    "tls.cancelled": "connect to the service itself: a listener for ClientHellos completes no handshake",
    "tls.client-cert-rejected": "use a valid client certificate from a CA that the server accepts, with its intermediates in the file: $client_cert",
    "tls.client-cert-required": "configure a client certificate and its key: $client_cert[[, issued by one of: {issuers}]]",
    "tls.eof-in-handshake": "run `wssure check URL`, which repeats it without SNI and with TLS 1.2 only: a change that succeeds shows the cause; then read the server's log",
    "tls.handshake-too-large": "shorten the chain of the peer (no root, no certificates of other chains), or its hello",
    "tls.unexpected-message": "capture the handshake (tcpdump), and repeat with TLS 1.2 only ($max_tls12) and with another backend ($backend)",
    "tls.key-update": "use another backend ($backend) or TLS 1.2 ($max_tls12): Mbed TLS supports no KeyUpdate; or let the peer renew no keys",
    "tls.large-hello-dropped": "fix the device on the path that requires the hello in one packet; until then: $classic_groups",
    "tls.legacy-renegotiation": "update the server's TLS; SSL_OP_LEGACY_SERVER_CONNECT is a last resort for one server",
    "tls.no-common-group": "enable [[{group} on the client, or ]]a common group on both sides: X25519, P-256, P-384",
    "tls.suite-found": "enable {suite} on the client, which this server accepts, or a modern suite on the server: ECDHE with AES-GCM",
    "tls.no-common-params": "enable a common cipher suite and key type on both sides: ECDHE with AES-GCM, RSA and ECDSA",
    "tls.no-hello": "ignore it if it is a health check or a scanner; else read the client's log for the same second",
    "tls.not-tls-http": "connect to the TLS port of the service; or, if it is intended to be plain and the network is trusted, connect to {url|its ws:// URL}",
    "tls.not-tls-other": "correct the port; the first bytes identify the service",
    "tls.not-a-server": "correct address and port: a TLS server answers a ClientHello with a ServerHello",
    "tls.out-of-memory": "free memory before the handshake: a smaller out buffer, dynamic buffers, external RAM, fewer connections at once",
    "tls.peer-rejected-our-cert": "send the full chain (own certificate first, then the intermediates), and give the client your CA if it is private",
    "tls.record-buffer-too-small": "raise the record buffer to 16384 bytes (MBEDTLS_SSL_IN_CONTENT_LEN), or negotiate max_fragment_length",
    "tls.sni-filtered": "connect from another network; if that works, ask the owner of this network to allow the name",
    "tls.sni-ip-literal": "use the DNS name as host and the IP as address: $named_url",
    "tls.sni-malformed": "use the bare DNS name as host, without scheme, port, path, space or trailing dot",
    "tls.sni-missing": "send the service's DNS name as server_name: use it as host, and the IP address only as the address to dial",
    "tls.sni-send": "send the name: connect to a URL with the DNS name of the service, with SNI enabled",
    "tls.sni-found": "if {name} is the intended service, connect to {url} with $dial",
    "tls.sni-name-it": "use the name of the service in the URL: $named_url, with the DNS name of the service as NAME\n({host} is an IP address, which SNI cannot contain: RFC 6066 section 3)",
    "client.send-name": "send the name from the client: libwebsockets on Mbed TLS omits it with LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;\nor accept clients without a name: $default_site",
    "tls.sni-unknown": 'correct the name or its address; if "{name|NAME}" is correct, add it to the sites of the server',
    "client.unknown-name": "add $site to the sites of the server; or correct the name in the client",
    "tls.timeout-after-hello": "try the other addresses of the name, TLS 1.2 only and another network; then check that the hello reaches the server",
    "tls.version": "enable TLS 1.2 or 1.3 on the server, and allow both on the client",
    "tls.version-widen": "allow more TLS versions: $all_tls",
    "tls.version-old": "enable TLS 1.2 or 1.3 on the server: it speaks only older versions, which RFC 8996 forbids",
    "tls.version-12": "fix the server, or the device in front of it; until then: $max_tls12",
    "tls.weak-dh": "enable ECDHE on the server, or a group of at least 2048 bits",
    # Open connections.
    "ws.1006": "reconnect; if it always ends after the same time, $ping_interval that idle limit",
    "ws.aborted": "close the connection in good order before the program drops it; abort only a peer that hangs",
    "ws.bad-accept": "fix the server, or the cache in front of it that replays old answers",
    "ws.close-code": "act on the code: 1008 renew permissions, 1009 send smaller messages, 1001 1012 1013 reconnect, 1011 read the peer's log",
    "ws.close-unanswered": "raise $close_timeout if the peer is slow; else see the peer's log for why it does not answer a Close",
    "ws.closed-by-us": "see why this program closed with that code",
    "ws.own-code": "see the application's documentation for this code, and the peer's log",
    "ws.reconnect": "reconnect, with growing pauses",
    "ws.our-frames": "compare the frames we send with its log; please report it if wssure is wrong",
    "ws.other-kind": "send text instead of binary, or the other way round",
    "ws.early-close": "see the server's log for why it closes a new connection; a path, token or subprotocol may be missing",
    "ws.bytes": "send binary data as bytes",
    "ws.answer-pings": "answer pings: keep blocking work off the event loop, and receive messages in a task of their own; if both hold, see the path",
    "ws.rights": "renew the token, or get the permission that the reason names",
    "ws.smaller": "send smaller messages, or have the peer raise its limit on their size (max_size in wssure and websockets)",
    "ws.their-extension": "let the server support that extension",
    "ws.their-log": "see the peer's log; retry with growing pauses",
    "ws.gateway-log": "reconnect later; see the gateway's log",
    "ws.extension": "let the server select only offered extensions",
    "ws.no-extension": "connect without extensions: $no_compression",
    "ws.invalid-utf8": "let the peer send binary data as binary messages, and text as UTF-8",
    "ws.loop-blocked": "move the blocking work off the event loop: await asyncio.to_thread(...); PYTHONASYNCIODEBUG=1 finds it",
    "ws.message-unfinished": "see the error in this program that ended the message; it must produce every fragment",
    "ws.messages-unread": "receive messages in a task of their own; or raise $max_queue or $ping_timeout",
    "ws.slow-reader": "let the peer read faster, broadcast less, or raise $broadcast_limit",
    "ws.never-answered": "check that the program behind the proxy runs and answers Ping and Close (RFC 6455 section 5.5); a longer limit shows if it is only slow",
    "ws.peer-silent": "reconnect; $ping_interval the idle time-out of NAT devices and proxies on the path",
    "ws.http-answer": "read the log of the proxy before the server: it wrote an HTTP message into an upgraded connection",
    "tls.downgraded": "connect from another network; if TLS 1.3 works there, repair or bypass the device on this path that terminates TLS",
    "ws.protocol-error": "fix the peer according to the rule",
    "ws.too-big": "raise $max_size if messages of this size are expected, or let the peer send smaller ones",
    "ws.too-many-fragments": "raise $max_fragments if messages in so many fragments are expected, or let the peer send fewer",
    "ws.subprotocol": "offer a subprotocol that the server supports: $subprotocols",
    "ws.leave-subprotocol": "offer no subprotocol: leave $subprotocols= out",
    "ws.no-subprotocol": "offer a subprotocol that the server supports, or none",
    "ws.other-subprotocol": 'if "{subprotocol}" is the intended protocol, offer it: $subprotocols',
    "ws.to-tls-port": "connect to {url|wss:// instead of ws://, with the port of the TLS server}",
    "client.use-tls": "let the client use wss:// (libwebsockets: ssl_connection = LCCSCF_USE_SSL)",
    "ws.upgrade-headers": "let the server, and the proxy before it, send Upgrade: websocket and Connection: Upgrade over HTTP/1.1",
    # For any cause.
    "unknown": "run wssure check on the same URL and read its facts; please report them if they name a cause this list lacks",
    "remains.path": "read the server's log for the same second, and connect from another network: a device between may be the cause[[\nexperiments exclude {excluded}]]",
    "remains.server": "read the log of the server, and of the proxy before it, for the same second[[\nexperiments exclude {excluded}]]",
    "again": "try again: the same connection got further when it was repeated",
    # A foreign ClientHello without a good name: in the terms of the stack that made it.
    "hello.stack": "[[{stack}: ]]{todo}[[\nto see it: {see}]]",
    "hello.which": "--stack PROGRAM or --lws VERSION leaves the fix of that program alone",
    "hello.set-name": "set it and check the result: mbedtls_ssl_set_hostname(&ssl, NAME), SSL_set_tlsext_host_name(ssl, NAME),\nserver_hostname=NAME in Python's ssl",
    "hello.dns-name": "use the service's DNS name as host, and the IP address only as the address to connect to",
    "hello.name": "hand over the service's DNS name",
    "hello.address": "give the DNS name as host, and use {address} only as the address to connect to[[: {todo}]]",
    "hello.url": 'give the DNS name as host and the path apart: i.host = "NAME"; i.path = "/PATH"; or let lws_parse_uri() split the URL',
    "hello.host": "give the bare DNS name as host[[: {todo}]]",
}  # fmt: skip

# Sentences that differ as a whole, by reader: for any other client, and seen from the other end.
_FOR: Final[dict[Reader, dict[str, str]]] = {
    Reader.FLAGS: {
        "cert.strict": "issue that certificate again[[ with {write}]]; until then verify without OpenSSL's flag X509_STRICT",
        "ws.loop-blocked": "move the blocking work off the thread that runs the event loop",
    },
    Reader.CLIENT: {
        "cert.no-trust-store": "install ca-certificates (Debian: apt install ca-certificates), or give the client a CA file",
        "cert.untrusted-root": 'if you know and trust this CA[[ "{issuer}"]], get its certificate from its owner and give it to the client as its CA file',
        "cert.self-signed": "get the server's certificate from its owner and give it to the client as its CA file, or have one issued by a CA",
        "cert.strict": "issue that certificate again[[ with {write}]]; until then verify without OpenSSL's flag X509_STRICT",
        "dns.no-aaaa-or-a": "dial the address family that exists: `dig NAME A` and `dig NAME AAAA` show which",
        "dns.timeout": "ask the same server by hand: `nslookup NAME`; if that waits too, correct the DNS server of this machine or VPN",
        "dns.url-as-name": "give the bare name as host; scheme, port and path each have a field of their own",
        "http.host-header": "send the site's name as Host, not the address: connect to the name",
        "http.is-h2": "offer only http/1.1 by ALPN; on the server allow http/1.1 beside h2",
        "http.origin": "send the Origin that the server expects, or add this page's to the server's list",
        "stack.no-hostname-set": "give the TLS layer the server's name before the handshake: it is what SNI and the check both use",
        "tcp.reset-in-handshake": "repeat with another server name, with TLS 1.2 only and from another network: a change that succeeds shows the cause",
        "tls.eof-in-handshake": "repeat with and without SNI and with TLS 1.2 only: a change that succeeds shows the cause; then read the server's log",
        "tcp.v6-broken": "connect to the working family, such as the IPv4 address, and fix or remove the AAAA record",
        "tls.client-cert-rejected": "use a client certificate that is valid today and from a CA the server accepts, with its intermediates in the file",
        "tls.client-cert-required": "give the client a certificate and its key, from a CA that the server accepts",
        "tls.large-hello-dropped": "leave X25519MLKEM768 out of the client's groups until the device in the path that wants the hello in one packet is repaired",
        "tls.sni-ip-literal": "give the DNS name as host, and the IP address only as where to dial",
        "ws.extension": "let the server choose only extensions that were offered; to go on, switch compression off in the client",
        "ws.loop-blocked": "move the blocking work off the thread that runs the event loop",
        "ws.subprotocol": "offer exactly the subprotocol that the server speaks, spelt as it spells it",
    },
    Reader.SERVER: {
        "http.400": "read the body of the answer, which names the defect of the request, and correct the client",
        "http.403": "let the client send what the rule of this server demands: the body of the answer names it",
        "http.404": "correct the path in the client, or serve it",
        "http.426-version": "let the client ask for a WebSocket, in version 13",
        "http.503": "let the client try again later; if it comes often, raise the limit that was reached",
        "http.eof": "ignore it if it is a health check or a scanner; else read the client's log for the same second",
        "http.timeout": "ignore it if it is a health check or a scanner; else read the client's log for the same second",
        "http.unexpected-status": "read the program's answer to this request: it decides the status",
        "tls.timeout-after-hello": "ignore it if it is a scanner; else read the client's log for the same second",
        "cert.hostname": "issue a certificate for {expected|this name} too, or take the name out of the site",
        "tcp.reset-in-handshake": "look at the log of the client that reset; from one address only it is a scanner or a health check",
        "tls.alpn": "allow http/1.1 by ALPN beside h2",
        "tls.client-cert-rejected": "give that client a valid certificate from the CA this server checks with, or add its CA to that file",
        "tls.client-cert-required": "give that client a certificate from the CA that this server demands",
        "tls.eof-in-handshake": "look at that client's log: it went without saying why; from one address only it is a scanner or a health check",
        "tls.no-common-group": "allow X25519, P-256 and P-384 on the server",
        "tls.no-common-params": "allow ECDHE with AES-GCM on the server, and give it both an RSA and an ECDSA certificate if old clients must come",
        "tls.not-tls-http": "let the client use ws:// on this port, or serve TLS here: it sent a TLS hello where plain HTTP is spoken",
        "tls.sni-missing": "give the server a default site for clients that send no name, or let the client send it",
        "tls.sni-unknown": "add the name to the server's sites, or correct it in the client",
        "tls.version": "allow TLS 1.2 and 1.3 on the server; a client that has neither needs an update",
        "ws.to-tls-port": "let the client use wss:// on this port, or listen without TLS on another",
    },
}  # fmt: skip
# On our own server the same sentences are fixes of their own: the reader there writes Python, and settings are named so.
SENTENCES.update((f"server.{name}", sentence) for name, sentence in _FOR[Reader.SERVER].items())
