"""Make `ssl.SSLContext` objects from settings, and cache them until the settings or their files change."""

import os
import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from wssure.errors import UsageError, usage_error
from wssure.tls import stdlib_errors
from wssure.tls.keylog import keylog_path
from wssure.tls.settings import Site, TLSSettings, unsupported_groups
from wssure.tls.trust import Anchors, Identity, load_anchors, load_identity, stamp, system_stamp

# Forward secrecy and authenticated encryption first, security level 2 explicitly: Python's default differs by version.
CIPHERS: Final = (
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES"
    ":!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM:@SECLEVEL=2"
)
_VERSIONS: Final = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
# X509_V_FLAG_NO_CHECK_TIME, which has no name in `ssl`. Source: OpenSSL include/openssl/x509_vfy.h.
_NO_CHECK_TIME: Final = 0x200000
MAX_CONTEXTS: Final = 256


class Contexts:
    """A cache of contexts. A changed file makes a new context, so a renewed certificate needs no restart."""

    def __init__(self) -> None:
        self._contexts: OrderedDict[Hashable, ssl.SSLContext] = OrderedDict()
        # There is one backend per process; event loops may run in several threads.
        self._lock = threading.Lock()

    def client(self, settings: TLSSettings, *, no_sni: bool) -> ssl.SSLContext:
        """Return the context of a client.

        Args:
            settings: The settings of the caller.
            no_sni: The connection sends no SNI, so the library cannot check the name: the engine does.

        Raises:
            UsageError: A setting cannot be used.
        """
        stamps = stamp(settings.cert, settings.key, settings.ca)
        if settings.ca is None:
            stamps += system_stamp()
        key = (settings, no_sni, stamps, os.environ.get("SSLKEYLOGFILE"))
        return self._get_or_create(key, lambda: _client_context(settings, no_sni))

    def server(self, site: Site, settings: TLSSettings) -> ssl.SSLContext:
        """Return the context of a site. Each site has its own, with its own ticket keys and session ids.

        Raises:
            UsageError: The certificate or key of the site cannot be used.
        """
        key = (site, settings, stamp(site.cert, site.key, site.client_ca), os.environ.get("SSLKEYLOGFILE"))
        return self._get_or_create(key, lambda: _server_context(site, settings))

    def _get_or_create(self, key: Hashable, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        with self._lock:
            context = self._contexts.get(key)
            if context is not None:
                self._contexts.move_to_end(key)
                return context
            context = self._contexts[key] = make()
            if len(self._contexts) > MAX_CONTEXTS:
                self._contexts.popitem(last=False)
            return context


def _plain_context(protocol: int, settings: TLSSettings) -> ssl.SSLContext:
    """Make a context with the common settings of clients and servers."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.maximum_version = _VERSIONS[settings.max_version]
    context.set_ciphers(CIPHERS)
    # An EOF without close_notify is truncation and must be distinguished from a clean end (RFC 8446 section 6.1).
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    # A renegotiation could change the peer's certificate after it was checked; TLS 1.3 does not have it.
    context.options |= ssl.OP_NO_RENEGOTIATION
    # The defaults differ between Python 3.11 and 3.13; these flags are the same on all versions.
    flags = context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_TRUSTED_FIRST
    context.verify_flags = flags | ssl.VERIFY_X509_STRICT if settings.strict else flags & ~ssl.VERIFY_X509_STRICT
    if settings.offered_alpn:
        context.set_alpn_protocols(list(settings.offered_alpn))
    if settings.groups is not None:
        _set_groups(context, settings.groups)
    path = keylog_path(settings)
    if path is not None:
        context.keylog_filename = path
    return context


def _set_groups(context: ssl.SSLContext, groups: tuple[str, ...]) -> None:
    """Offer or accept these groups only. Before Python 3.15 the ssl module can set a single one."""
    library = f"the ssl module of this Python with {ssl.OPENSSL_VERSION}"
    try:
        if hasattr(context, "set_groups"):
            context.set_groups(":".join(groups))
        elif len(groups) == 1:
            # Here OpenSSL's own names count.
            context.set_ecdh_curve(
                {"x25519": "X25519", "x448": "X448", "secp256r1": "prime256v1"}.get(*groups, *groups)
            )
        else:
            raise usage_error(
                "groups",
                f"groups got {len(groups)} groups, but {library} can set one only",
                'write one group, or use another library: $backend="openssl"',
            )
    except (ssl.SSLError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise unsupported_groups(groups, library) from error


def _client_context(settings: TLSSettings, no_sni: bool) -> ssl.SSLContext:
    context = _plain_context(ssl.PROTOCOL_TLS_CLIENT, settings)
    context.hostname_checks_common_name = False
    context.check_hostname = settings.verify == "full" and not settings.pins and not no_sni
    if settings.verify == "none" or settings.pins:
        context.verify_mode = ssl.CERT_NONE
    else:
        _load_anchors(context, load_anchors(settings.ca))
    if settings.allow_expired:
        context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | _NO_CHECK_TIME)
    if settings.cert is not None:
        _load_identity(context, load_identity(settings.cert, settings.key))
    return context


def _server_context(site: Site, settings: TLSSettings) -> ssl.SSLContext:
    context = _plain_context(ssl.PROTOCOL_TLS_SERVER, settings)
    _load_identity(context, load_identity(site.cert, site.key))
    if site.client_ca is not None:
        _load_anchors(context, load_anchors(site.client_ca, "client_ca"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _load_anchors(context: ssl.SSLContext, anchors: Anchors) -> None:
    try:
        context.load_verify_locations(anchors.file, anchors.directory, b"".join(anchors.certificates) or None)
    except (ssl.SSLError, OSError) as error:
        raise usage_error(
            "ca",
            f"{anchors.source} holds no certificate OpenSSL can read: {stdlib_errors.text_of(error)}",
            "give $ca= an intact PEM file",
        ) from error


def _load_identity(context: ssl.SSLContext, identity: Identity) -> None:
    """Load chain and key from memory. `ssl` reads files only, so an unnamed file is used."""
    with _nameless_file(identity.chain_pem + identity.key_pem) as path:
        try:
            context.load_cert_chain(path)
        except ssl.SSLError as error:
            raise _identity_error(identity, error) from error


def _identity_error(identity: Identity, error: ssl.SSLError) -> Exception:
    text = stdlib_errors.text_of(error)
    if error.reason in stdlib_errors.KEY_MISMATCH:
        return usage_error(
            "key",
            f"the key of {identity.key_source} does not belong to the first certificate of {identity.cert_source}",
            "give $key= the key of that certificate, and $cert= the chain with the own certificate first",
        )
    return usage_error(
        "cert", f"{identity.cert_source} with the key of {identity.key_source}: {text}", "give an intact pair"
    )


class _nameless_file:  # noqa: N801  (used as a function)
    """A temporary file that only this process can open; removed at the end."""

    def __init__(self, content: bytes) -> None:
        import tempfile  # here, because no Linux comes here

        if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
            self._descriptor = os.memfd_create("wssure", os.MFD_CLOEXEC)
            self._path = f"/proc/self/fd/{self._descriptor}"
        else:
            self._descriptor, self._path = tempfile.mkstemp(prefix="wssure-")  # mode 0600
        self._temporary = not self._path.startswith("/proc/")
        os.write(self._descriptor, content)

    def __enter__(self) -> str:
        return self._path

    def __exit__(self, *exc_info: object) -> None:
        os.close(self._descriptor)
        if self._temporary:
            os.unlink(self._path)
