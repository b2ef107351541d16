"""The TLS settings of a caller, checked once. No setting names a server: the server name comes from Endpoint."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal

from wssure.errors import UsageError, usage_error, wrong_type, wrong_value
from wssure.frozen import frozen
from wssure.name import DnsName, IpName, normalise_host
from wssure.text import printable

Verify = Literal["full", "chain", "none"]
Material = str | bytes | os.PathLike[str]
_MATERIAL: Final = (str, bytes, os.PathLike)
_VERSIONS: Final = ("TLSv1.2", "TLSv1.3")
MAX_PINS: Final = 64
# The key exchange groups that a setting can name, with their numbers (IANA, TLS Supported Groups).
GROUPS: Final = {"x25519": 29, "secp256r1": 23, "x448": 30, "secp384r1": 24, "secp521r1": 25, "X25519MLKEM768": 4588}
_GROUP_NAMES: Final = {name.lower(): name for name in GROUPS} | {
    "p-256": "secp256r1",
    "prime256v1": "secp256r1",
    "p-384": "secp384r1",
    "p-521": "secp521r1",
}


def _check_material(name: str, value: object) -> None:
    """Refuse a value that is neither a path nor PEM. The contents of a file are checked when they are used."""
    if value is not None and not isinstance(value, _MATERIAL):
        raise wrong_type(name, value, "a path or bytes", f"give ${name}= a PEM file")


def _check_versions(lowest: str, highest: str) -> None:
    """Refuse a version that no backend supports, and an empty range."""
    for name, value in (("min_version", lowest), ("max_version", highest)):
        if value not in _VERSIONS:
            raise wrong_value("tls", value, "TLSv1.2 or TLSv1.3", f'write {name}="TLSv1.2"', name=name)
    if _VERSIONS.index(lowest) > _VERSIONS.index(highest):
        raise usage_error("tls", "min_version is above max_version", "swap them")


def _check_pins(pins: Iterable[str]) -> tuple[str, ...]:
    """Return the pins as a tuple of limited length; their form is checked when they are used."""
    if isinstance(pins, str):
        raise usage_error("tls", "pins got one text, expected a tuple of texts", f'write pins=("{printable(pins)}",)')
    checked = tuple(pins)
    if len(checked) > MAX_PINS:
        raise usage_error("tls", f"pins got {len(checked)} values, expected at most {MAX_PINS}", "pin fewer")
    return checked


def _check_alpn(protocols: Iterable[str]) -> tuple[str, ...]:
    """Return the protocol names as a tuple.

    Source: RFC 7301 section 3.1, a name has 1 to 255 bytes.
    """
    if isinstance(protocols, (str, bytes)):
        raise usage_error("tls", "alpn got one text, expected a tuple of texts", 'write alpn=("http/1.1",)')
    checked = tuple(protocols)
    for protocol in checked:
        if not isinstance(protocol, str) or not protocol.isascii() or not 0 < len(protocol) < 256:
            raise wrong_value("tls", protocol, "1 to 255 ASCII characters", "correct it", name="alpn")
    return checked


def _checked_groups(groups: Iterable[str]) -> tuple[str, ...]:
    """Return the groups by their IANA names."""
    if isinstance(groups, (str, bytes)):
        raise usage_error("groups", "groups got one text, expected a tuple of texts", 'write $groups=("x25519",)')
    given = tuple(groups)
    checked = tuple(_GROUP_NAMES.get(str(group).lower(), "") for group in given)
    if not checked or "" in checked or len(set(checked)) < len(checked):
        raise wrong_value(
            "groups",
            given,
            f"some of {', '.join(GROUPS)}, each once",
            'write $groups=("x25519", "secp256r1"), or leave $groups= out',
        )
    return checked


def unsupported_groups(groups: Iterable[str], library: str) -> UsageError:
    """Return the error of groups that a TLS library does not have."""
    return usage_error(
        "groups",
        f"groups got {', '.join(groups)}, of which {library} lacks at least one",
        'leave it out of $groups=, or use a library that has it: $backend="openssl" with OpenSSL 3.5 has all',
    )


@frozen
class TLSSettings:
    """The verification and offers of a client; on a server, the limits common to all sites.

    Verification is on by default and there are four separate ways to relax it; none of them touches SNI.

    Args:
        ca: Trust anchors instead of the system's: a PEM file, a hashed or plain directory, PEM or DER bytes. None for
            the system's.
        cert: Client certificate chain: a PEM file, or PEM bytes. None for none.
        key: Its private key: a PEM file, or PEM bytes. None if `cert` holds it too.
        verify: `full`; `chain` skips the check of the name only; `none` skips everything.
        pins: The only accepted keys and certificates: `sha256/BASE64` of a public key (RFC 7469 form) or `sha256:HEX`
            of a certificate. A pinned certificate needs no CA, so a pin is the correct way to accept a self-signed
            certificate.
        allow_expired: Skip the check of the dates only.
        strict: Demand the formal rules of RFC 5280, too, as Python 3.13's own contexts do (OpenSSL's X509_STRICT): a CA
            certificate with critical constraints and a key usage, key identifiers in every certificate. See
            docs/decisions/strict.md.
        min_version: `TLSv1.2` or `TLSv1.3`.
        max_version: The same.
        alpn: Protocols to offer, in order. None leaves the choice to the application protocol (http/1.1 for wss); empty
            offers none.
        groups: Key exchange groups, in order: `x25519`, `secp256r1`, `secp384r1`, `secp521r1`, `x448`, `X25519MLKEM768`. None
            for those of the library. A backend refuses a group that its library lacks.
        keylog: File for traffic secrets (Wireshark), created with mode 0600. None: SSLKEYLOGFILE, if set. "" writes
            none.
    """

    # The value may be the PEM itself with the private key in it, so it is not in the repr, in logs or in tracebacks.
    ca: Material | None = field(default=None, repr=False)
    cert: Material | None = field(default=None, repr=False)
    key: Material | None = field(default=None, repr=False)
    verify: Verify = "full"
    pins: tuple[str, ...] = ()
    allow_expired: bool = False
    strict: bool = False
    min_version: str = "TLSv1.2"
    max_version: str = "TLSv1.3"
    alpn: tuple[str, ...] | None = None
    keylog: str | os.PathLike[str] | None = None
    groups: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.verify not in ("full", "chain", "none"):
            raise wrong_value(
                "tls",
                self.verify,
                "full, chain or none",
                'write verify="full", or $ca= or $pins= to trust what you know',
                name="verify",
            )
        _check_versions(self.min_version, self.max_version)
        if isinstance(self.ca, ssl.SSLContext):
            raise usage_error("tls", "ca got an ssl.SSLContext", "pass the context itself as tls=")
        for name in ("ca", "cert", "key"):
            _check_material(name, getattr(self, name))
        if self.key is not None and self.cert is None:
            raise usage_error(
                "tls", "key came without cert", "give $cert= the certificate chain that belongs to the key"
            )
        object.__setattr__(self, "pins", _check_pins(self.pins))
        if self.alpn is not None:
            object.__setattr__(self, "alpn", _check_alpn(self.alpn))
        if self.groups is not None:
            object.__setattr__(self, "groups", _checked_groups(self.groups))

    @property
    def offered_alpn(self) -> tuple[str, ...]:
        """The protocols to offer; `http/1.1` alone unless `alpn` is given, so that no server selects h2 (RFC 6455)."""
        return ("http/1.1",) if self.alpn is None else self.alpn


@frozen
class Site:
    """One TLS site of a server: its names and its certificate.

    Args:
        names: One name or several: a DNS name, `*.example.net` for one label below it, or an IP address. The field is a
            tuple.
        cert: Certificate chain, own certificate first: a PEM file or PEM bytes.
        key: Its private key: a PEM file or PEM bytes. None if `cert` holds it too.
        client_ca: Trust anchors for client certificates, which are then required. None does not ask for one.
    """

    names: tuple[str, ...]
    cert: Material = field(repr=False)
    key: Material | None = field(default=None, repr=False)
    client_ca: Material | None = field(default=None, repr=False)

    if TYPE_CHECKING:
        # The field is always a tuple. `__post_init__` makes it from one name or any iterable.
        def __init__(
            self,
            names: str | Iterable[str],
            cert: Material,
            key: Material | None = None,
            client_ca: Material | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if isinstance(self.names, str):
            object.__setattr__(self, "names", (self.names,))
        normal = []
        for name in self.names:
            wild = isinstance(name, str) and name.startswith("*.")
            checked = normalise_host(name[2:] if wild else name, "names")
            if wild and isinstance(checked, IpName):
                raise usage_error("names", f'names got "{printable(name)}"', "a wildcard stands before a DNS name only")
            normal.append(f"*.{checked}" if wild else str(checked))
        object.__setattr__(self, "names", tuple(normal))
        for name in ("cert", "key", "client_ca"):
            _check_material(name, getattr(self, name))

    def answers(self, name: DnsName | IpName) -> bool:
        """Return True if a name belongs to this site (a wildcard matches exactly one label)."""
        text = str(name)
        if text in self.names:
            return True
        return isinstance(name, DnsName) and "*." + text.partition(".")[2] in self.names
