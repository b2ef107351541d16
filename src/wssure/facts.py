"""One class for each kind of fact: an observation made while a connection was opened, used or examined.

A fact has typed fields, a JSON form that is stable (docs/facts.md, which is written from this file), and the time and the bytes at which
it was seen. Facts never hold a secret: no key, cookie, Authorization, query value or body of a message. Text that the peer chose is
declared as `PeerText`, `PeerTexts` or `PeerHeaders`. It is escaped and cut when the fact is made, so the code that prints a fact need not do it.

The classes are not `dataclasses`: these compile code for each class, which costs 25 ms when they are imported. `Fact` makes the same
fields from the annotations, for about 1 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias, dataclass_transform

from wssure.text import printable

KINDS: Final[dict[str, type[Fact]]] = {}

# Text that the peer chose: escaped and cut when a fact is made, and masked if it repeats a secret of ours.
PeerText: TypeAlias = str
PeerTexts: TypeAlias = tuple[str, ...]
PeerHeaders: TypeAlias = dict[str, str]

Direction: TypeAlias = Literal["sent", "received"]
Level: TypeAlias = Literal["warning", "fatal"]

# A DNS name has at most 253 characters (RFC 1035 section 2.3.4). The same limit is enough for any other text.
_MAX_TEXT: Final = 300
_MAX_TEXTS: Final = 100
_MAX_FIRST_BYTES: Final = 64
_MAX_HEAD: Final = 2048
_ABSENT: Final = object()
_PEER: Final = ("PeerText", "PeerTexts", "PeerHeaders")
# The JSON types of an annotation, each alternative by its name. A name that is not here is a Literal of texts.
_JSON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "Any": (object,),
    "None": (type(None),),
    "PeerHeaders": (dict,),
    "PeerTexts": (list,),
    "bool": (bool,),
    "float": (int, float),
    "int": (int,),
    "tuple[str, ...]": (list,),
}


@dataclass_transform(frozen_default=True)
class Fact:
    """One observation. Each kind is a subclass, which declares its fields as a dataclass does.

    Two facts are equal if they record the same observation: the time and the span of bytes are not compared.

    Attributes:
        kind: The dotted name of the vocabulary, such as `tls.alert`.
        t_ms: When it was seen, in milliseconds since the connection attempt began; None if no clock applies (a capture without times, a
            pasted text).
        span: Half-open byte range in the flow the fact was read from; None if no bytes apply.
    """

    kind: str = ""
    t_ms: float | None = None
    span: tuple[int, int] | None = None
    _annotations: ClassVar[dict[str, str]] = {}
    _keys: ClassVar[dict[str, str]] = {}
    _bare: ClassVar[bool] = False
    _optional: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls,
        *,
        kind: str = "",
        bare: bool = False,
        keys: Mapping[str, str] | None = None,
        optional: tuple[str, ...] = (),
    ) -> None:
        """Collect the fields of a kind.

        Args:
            kind: Its name; "" for a base that several kinds share.
            bare: The JSON value is that of the one field, not an object.
            keys: The JSON keys of the fields that have another name in JSON.
            optional: The fields that the JSON object leaves out if they are None.
        """
        cls._annotations = {**cls._annotations, **cls.__annotations__}
        cls._keys, cls._bare, cls._optional = dict(keys or {}), bare, optional
        if kind:
            cls.kind = kind
            KINDS[kind] = cls

    def __init__(self, *args: Any, **values: Any) -> None:
        values = self._arguments(args, values)
        for name, annotation in self._annotations.items():
            value = values[name]
            if annotation.startswith(_PEER) and value is not None:
                value = _map_text(value, _clean)
            self.__dict__[name] = tuple(value) if isinstance(value, list) else value

    @classmethod
    def _arguments(cls, args: tuple[Any, ...], values: dict[str, Any]) -> dict[str, Any]:
        """Return the value of every field, given or by default."""
        arguments = dict(zip(cls._annotations, args, strict=False), **values)
        complete = {name: arguments.get(name, getattr(cls, name, _ABSENT)) for name in cls._annotations}
        missing = [name for name, value in complete.items() if value is _ABSENT]
        if missing or len(arguments) != len(args) + len(values) or not arguments.keys() <= complete.keys():
            unknown = sorted(arguments.keys() - complete.keys())
            raise TypeError(f"{cls.__name__} has the fields {list(complete)}; missing: {missing}, unknown: {unknown}")
        return complete

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: facts do not change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted: facts do not change")

    def _fields(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self._annotations}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((self.kind, repr(self._fields())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._fields().items())})"

    def replace(self, **values: Any) -> Self:
        """Return the same fact with other values of some fields. Text of the peer is taken as it is: escape it first."""
        if not values.keys() <= self._annotations.keys():
            raise TypeError(f"{type(self).__name__} has the fields {list(self._annotations)}, got {sorted(values)}")
        return self._with(**values)

    def _with(self, **values: Any) -> Self:
        fact = object.__new__(type(self))
        fact.__dict__.update(self.__dict__, **values)
        return fact

    def at(self, t_ms: float | None = None, span: tuple[int, int] | None = None) -> Self:
        """Return a copy of the fact with this time and span of bytes; None keeps the present value."""
        return self._with(t_ms=self.t_ms if t_ms is None else t_ms, span=span or self.span)

    def with_peer_text(self, mapping: Callable[[str], str]) -> Self:
        """Return the same fact with each text that the peer chose replaced by `mapping(text)`."""
        return self._with(
            **{
                name: _map_text(self.__dict__[name], mapping)
                for name, annotation in self._annotations.items()
                if annotation.startswith(_PEER) and self.__dict__[name] is not None
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the object of the JSON interface."""
        values = {
            self._keys.get(name, name): list(value) if isinstance(value, tuple) else _map_text(value, str)
            for name, value in self._fields().items()
            if value is not None or name not in self._optional
        }
        return {
            "kind": self.kind,
            "value": next(iter(values.values())) if self._bare else values,
            "t_ms": self.t_ms,
            "span": list(self.span) if self.span else None,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Fact:
        """Return the fact that `to_json` wrote, by this version or another.

        A kind that is not known here becomes an `OtherFact`, a key that is not known is left out, and an absent key has its default. So
        a newer writer may add kinds and keys.

        Raises:
            ValueError: A key without a default is absent, or a value has a type that its field cannot have.
        """
        if not isinstance(data, Mapping) or not isinstance(data.get("kind"), str) or "value" not in data:
            raise ValueError(f"a fact got {repr(data)[:80]}, expected an object with kind and value")
        kind, value, t_ms, span = data["kind"], data["value"], data.get("t_ms"), data.get("span")
        if not _fits(t_ms, "float | None") or not _is_span(span):
            raise ValueError(
                f"fact {kind} got t_ms {repr(t_ms)[:80]} and span {repr(span)[:80]}, expected a number and two"
            )
        made = KINDS.get(kind)
        if made is None:
            fact: Fact = OtherFact(kind, value)
        else:
            fact = object.__new__(made)
            fact.__dict__.update(made._read(value))
        return fact.at(t_ms, (span[0], span[1]) if span else None)

    @classmethod
    def _read(cls, value: Any) -> dict[str, Any]:
        """Return the fields from a JSON value. Text was cut by its writer; it is escaped again, which changes nothing of ours."""
        if cls._bare:
            value = {next(iter(cls._annotations)): value}
        elif not isinstance(value, Mapping):
            raise ValueError(f"fact {cls.kind} got {type(value).__name__}, expected an object")
        arguments = {}
        for name, annotation in cls._annotations.items():
            item = value.get(cls._keys.get(name, name), getattr(cls, name, _ABSENT))
            item = list(item) if isinstance(item, tuple) else item
            if not _fits(item, annotation):
                what = "nothing" if item is _ABSENT else repr(item)[:80]
                raise ValueError(f"fact {cls.kind} got {what} for {cls._keys.get(name, name)}, expected {annotation}")
            arguments[name] = tuple(map(_escape, item)) if isinstance(item, list) else _map_text(item, _escape)
        return arguments


def _fits(value: Any, annotation: str) -> bool:
    """Tell whether a JSON value has the type of an annotation; the items of a list or an object must be texts."""
    if value is _ABSENT:
        return False
    allowed = [kind for name in annotation.split(" | ") for kind in _JSON_TYPES.get(name, (str,))]
    if isinstance(value, bool) and object not in allowed:
        return bool in allowed
    inner = value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else ()
    return isinstance(value, tuple(allowed)) and (object in allowed or all(isinstance(item, str) for item in inner))


def _is_span(value: Any) -> bool:
    return value is None or (isinstance(value, (list, tuple)) and list(map(type, value)) == [int, int])


def _escape(text: str) -> str:
    return printable(text, len(text))


def _clean(text: str) -> str:
    return printable(text, _MAX_TEXT)


def _map_text(value: Any, mapping: Callable[[str], str]) -> Any:
    """Map every text of a field: one text, a list of them, or headers."""
    if isinstance(value, str):
        return mapping(value)
    if isinstance(value, dict):
        return {mapping(key): mapping(text) for key, text in value.items()}
    return tuple(map(mapping, value[:_MAX_TEXTS])) if isinstance(value, (list, tuple)) else value


class OtherFact(Fact):
    """A fact of a kind that this version does not know, read from the JSON of another version.

    Args:
        kind: Its dotted name.
        data: Its JSON value, unchanged.
    """

    kind: str
    data: Any

    def to_json(self) -> dict[str, Any]:
        """Return the object that was read."""
        return {**super().to_json(), "value": self.data}


# --- the endpoint and its settings -----------------------------------------------------------------------------------


class EndpointUrl(Fact, kind="endpoint.url", bare=True):
    """The URL that was asked for.

    Args:
        url: Without user info and query values.
    """

    url: str


class EndpointHost(Fact, kind="endpoint.host", bare=True):
    """The host that the server must prove.

    Args:
        host: In normal form.
    """

    host: str


class EndpointPort(Fact, kind="endpoint.port", bare=True):
    """The port of the URL.

    Args:
        port: Given, or the default of the scheme.
    """

    port: int


class EndpointAddress(Fact, kind="endpoint.address", bare=True):
    """The name or IP address that is dialled.

    Args:
        address: Equal to the host, unless another was given.
    """

    address: str


class UnixPathDialled(Fact, kind="endpoint.unix_path", bare=True):
    """The path of the Unix socket that is dialled.

    Args:
        path: Used instead of an address and a port.
    """

    path: str


class EndpointAddressPort(Fact, kind="endpoint.address_port", bare=True):
    """The port that is dialled.

    Args:
        port: Equal to the port of the URL, unless another was given.
    """

    port: int


class EndpointServerName(Fact, kind="endpoint.server_name", bare=True):
    """The SNI that the endpoint implies.

    Args:
        name: None if the host is an IP address (RFC 6066 section 3).
    """

    name: str | None


class ProxyUsed(Fact, kind="endpoint.proxy"):
    """The HTTP proxy on the way.

    Args:
        host: Its name or IP address.
        port: Its port.
        origin: `proxy=`, or the environment variable that named it.
        user: Whether a user and a password were given for it.
    """

    host: str
    port: int
    origin: str = ""
    user: bool = False


class TlsSettingsUsed(Fact, kind="settings.tls"):
    """The TLS settings that are in force.

    Args:
        backend: The TLS library.
        verify: The extent of verification: `full`, `chain` or `none`.
        allow_expired: Whether dates are ignored.
        pins: How many pins were given.
        ca: `system` or `given`.
        client_cert: Whether we have a certificate of our own to show.
        min_version: The oldest version that is offered.
        max_version: The newest version that is offered; null if the library decides.
        alpn: The protocols that are offered.
        strict: Whether the formal rules of RFC 5280 are demanded.
    """

    backend: str
    verify: str = "full"
    allow_expired: bool = False
    pins: int = 0
    ca: str = "system"
    client_cert: bool = False
    min_version: str | None = None
    max_version: str | None = None
    alpn: tuple[str, ...] = ()
    strict: bool = False


# --- the operating system, names and clocks --------------------------------------------------------------------------


class OsErrorSeen(Fact, kind="os.error"):
    """An error of the operating system.

    Args:
        errno: Its number; null if it has none.
        name: Its symbol, such as `ECONNRESET`.
        text: The words of the system.
        call: The system call: `connect`, `recv` or `send`.
    """

    errno: int | None
    name: str
    text: str = ""
    call: str = ""


class ResolveErrorSeen(Fact, kind="resolve.error"):
    """An error of getaddrinfo.

    Args:
        code: Its number.
        name: Its symbol, such as `EAI_NONAME`.
        text: The words of the resolver.
    """

    code: int | None
    name: str
    text: str | None = ""


class ResolveAnswers(Fact, kind="resolve.answers", bare=True):
    """The addresses of the name.

    Args:
        addresses: In the order of the resolver.
    """

    addresses: tuple[str, ...]


class TimedOut(Fact, kind="timeout"):
    """A time limit that was over.

    Args:
        phase: The step that took too long.
        limit_s: The limit in seconds.
        seen_bytes: Number of bytes that came of a request or an answer in HTTP and did not end it.
    """

    phase: str
    limit_s: float | None = None
    seen_bytes: int = 0


# --- TLS -------------------------------------------------------------------------------------------------------------


class ClientHelloSeen(Fact, kind="tls.client_hello"):
    """A ClientHello (RFC 8446 section 4.1.2).

    Args:
        direction: `sent` or `received`.
        server_name: The SNI; null if the extension is absent, "" if it is present and empty.
        server_name_hex: The bytes of it.
        versions: The versions that it offers.
        alpn: The protocols that it offers.
        ciphers: How many cipher suites it offers.
        bytes: Its length.
        second: Whether it follows a HelloRetryRequest.
    """

    direction: Direction
    server_name: PeerText | None
    server_name_hex: str | None = None
    versions: tuple[str, ...] = ()
    alpn: PeerTexts = ()
    ciphers: int | None = None
    bytes: int | None = None
    second: bool = False


class ServerHelloSeen(Fact, kind="tls.server_hello", optional=("error", "downgraded")):
    """A ServerHello or HelloRetryRequest (RFC 8446 section 4.1.3).

    Args:
        version: The version that the server selected; null if the message cannot be decoded.
        cipher: The cipher suite that the server selected.
        group: The group of its key share; null if there is none.
        hello_retry: Whether it is a HelloRetryRequest.
        error: Why the message cannot be decoded; absent if it can.
        downgraded: True if its random says that the server supports a newer version; else absent.
    """

    version: str | None
    cipher: str | None = None
    group: str | None = None
    hello_retry: bool = False
    error: PeerText | None = None
    downgraded: bool | None = None


class CertificateSeen(Fact, kind="tls.certificate", optional=("error",)):
    """A certificate that the peer sent, one fact for each.

    If it cannot be decoded, only `depth`, `sha256` and `error` say something.

    Args:
        depth: 0 is the peer's own.
        subject: Its name.
        issuer: The name of its issuer.
        dns_names: The DNS names that it is for, at most 100.
        ip_addresses: The IP addresses that it is for, at most 100.
        not_before: The first day of its validity, ISO 8601.
        not_after: The last one.
        self_issued: Whether subject and issuer are equal.
        is_ca: Whether it may issue others.
        has_san: Whether it has a subjectAltName.
        eku: The purposes that it is limited to.
        key: Kind and size of its key, such as `RSA 2048`.
        signature: The algorithm of its signature.
        sha256: The hash of its DER.
        aia_issuers: The URLs at which its issuer's certificate is published.
        aia_ocsp: The URLs of its OCSP responders.
        error: Why it cannot be decoded; absent if it can.
    """

    depth: int | None
    subject: PeerText | None = None
    issuer: PeerText | None = None
    dns_names: PeerTexts = ()
    ip_addresses: PeerTexts = ()
    not_before: str | None = None
    not_after: str | None = None
    self_issued: bool | None = None
    is_ca: bool | None = None
    has_san: bool | None = None
    eku: PeerTexts = ()
    key: PeerText | None = None
    signature: PeerText | None = None
    sha256: str | None = None
    aia_issuers: PeerTexts = ()
    aia_ocsp: PeerTexts = ()
    error: PeerText | None = None


class AnchorSeen(Fact, kind="tls.anchor"):
    """The trust anchor at which a verification ended that found a defect in it. The peer did not send it.

    Args:
        depth: Its place in the chain; the peer's own certificate has 0.
        subject: Its name.
        not_before: The first day of its validity, ISO 8601.
        not_after: The last one.
        key: Kind and size of its key.
        signature: The algorithm of its signature.
    """

    depth: int
    subject: PeerText | None = None
    not_before: str | None = None
    not_after: str | None = None
    key: PeerText | None = None
    signature: PeerText | None = None


class VerifyDefect(Fact, kind="tls.verify"):
    """A defect that our verification of the peer's certificate found.

    Args:
        depth: The position of the certificate that has it in its path, 0 for the peer's own; null if that is not known.
        flag: One of `expired not-yet-valid self-signed self-signed-in-chain issuer-not-found hostname ip-mismatch purpose weak-key
            weak-signature revoked pin-mismatch no-san name-constraints path-length critical-extension not-a-ca bad-signature
            malformed no-revocation-status strict other`.
        code: The number of the library; null if it has none.
        text: The words of the library.
        defect: Our word for the rule that is broken, such as `missing-authority-key-id`; null if the flag says it all.
        subject: The subject of the certificate that has it; null if that is not known.
    """

    depth: int | None
    flag: str
    code: int | None = None
    text: PeerText | None = ""
    defect: str | None = None
    subject: PeerText | None = None


class NameCheck(Fact, kind="tls.name_check"):
    """A certificate that is for other names.

    Args:
        expected: The name to prove.
        presented: The names of the certificate.
    """

    expected: str
    presented: PeerTexts


class CertificateRequested(Fact, kind="tls.certificate_request"):
    """A request for our certificate.

    Args:
        ca_names: The authorities that the server accepts; empty if it names none or they cannot be read.
    """

    ca_names: PeerTexts = ()


class AlertSeen(Fact, kind="tls.alert"):
    """A TLS alert (RFC 8446 section 6).

    Args:
        direction: `sent` or `received`.
        level: `warning` or `fatal`.
        number: Its description; null if it was encrypted and cannot be read.
        name: The name of the description.
        encrypted: Whether it was sent encrypted; null if that is not known.
        after_done: Whether our side had finished the handshake.
    """

    direction: Direction
    level: Level
    number: int | None
    name: str | None = None
    encrypted: bool | None = False
    after_done: bool = False


class TlsEof(Fact, kind="tls.eof"):
    """The end of the peer's data.

    Args:
        clean: Whether a close_notify came before.
        after: The last step of the handshake that was seen: `nothing`, `client_hello`, `server_hello`, `certificate` or `done`.
        bytes_received: How much came.
    """

    clean: bool
    after: str
    bytes_received: int = 0


class TlsReceived(Fact, kind="tls.received"):
    """The size of the peer's answer when the handshake failed, whole messages or not. There is no such fact if nothing came.

    Args:
        bytes: How much came.
    """

    bytes: int


class _FirstBytes(Fact):
    hex: PeerText
    text: PeerText = ""

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the fact of these bytes, of which the first 64 are kept, without what may be secret."""
        shown = _without_secrets(data[:_MAX_FIRST_BYTES])
        return cls(shown.hex(), shown.decode("latin-1"))


def _without_secrets(data: bytes) -> bytes:
    """Cut bytes that may be HTTP: a request at its query or the end of its first line, an answer at a Set-Cookie."""
    method, space, _ = data.partition(b" ")
    if space and method.isalpha():
        return data.partition(b"\n")[0].rstrip(b"\r").partition(b"?")[0]
    at = data.lower().find(b"set-cookie")
    return data if at < 0 else data[:at]


def _redirect_target(data: bytes) -> str | None:
    """Return the Location of an HTTP redirect, without its query; None for other bytes."""
    lines = data[:_MAX_HEAD].decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.") or lines[0][8:10] != " 3":
        return None
    targets = (line[9:].strip() for line in lines[1:] if line[:9].lower() == "location:")
    return next((_clean(target.partition("?")[0]) for target in targets), None)


class NotTlsSeen(_FirstBytes, kind="tls.first_bytes", optional=("location",)):
    """The bytes that came instead of a TLS record, 64 at most.

    Args:
        hex: In hexadecimal.
        text: As Latin-1.
        location: If they begin an HTTP redirect: its target without the query; else absent.
    """

    location: PeerText | None = None

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the fact of these bytes, with the target of a redirect that stands behind the first 64."""
        return super().of(data)._with(location=_redirect_target(data))


class TlsDone(Fact, kind="tls.done"):
    """A finished handshake.

    Args:
        version: The version.
        cipher: The cipher suite.
        alpn: The protocol that was agreed; null if none was.
        resumed: Whether a session was resumed.
        server_name: The SNI that was sent or received.
    """

    version: str | None
    cipher: str | None = None
    alpn: PeerText | None = None
    resumed: bool = False
    server_name: PeerText | None = None


class OwnError(Fact, kind="tls.own_error"):
    """The reason for which our own library gave up, mapped in the error file of its backend.

    Args:
        reason: One of `bad-record-mac dh-key-too-small handshake-too-large no-ca no-client-certificate no-common-group no-hostname
            no-safe-renegotiation no-shared-cipher out-of-memory psa-not-initialised record-too-large refused-record rsa-pss-refused
            unexpected-message unsupported-version`.
    """

    reason: str


class LibraryWords(Fact, kind="tls.library"):
    """The words of a TLS library. They are shown to people and never compared.

    Args:
        backend: The library; null if it is not known.
        code: Its number or symbol; null if it has none.
        text: Its words.
    """

    backend: str | None
    code: int | str | None
    text: PeerText


class GuardStopped(Fact, kind="tls.guard"):
    """A ClientHello that our library made with another server_name than it should, or with none. It was not sent.

    Args:
        expected: The name that it should have.
        found: The name that it has.
        problem: The same in words, for people.
    """

    expected: str | None
    found: PeerText | None
    problem: PeerText = ""


class PeerNotProven(Fact, kind="tls.proof"):
    """A peer that the TLS library did not prove to have verified.

    Args:
        backend: The library.
        problem: The missing part, for people.
    """

    backend: str
    problem: PeerText


class SiteChosen(Fact, kind="tls.site"):
    """The site that a server chose for a ClientHello.

    Args:
        server_name: The SNI of the client.
        chosen: The first name of the site; null if there is none.
        refused: `unknown-name` or `no-name`; null if a site was chosen.
    """

    server_name: PeerText | None
    chosen: str | None
    refused: str | None


# --- HTTP ------------------------------------------------------------------------------------------------------------


class _Response(Fact):
    status: int
    reason: PeerText = ""
    headers: PeerHeaders = {}  # noqa: RUF012  # the default of a field: each fact has its own copy
    body: PeerText = ""


class _Eof(Fact):
    bytes_received: int = 0


class ProxyResponse(_Response, kind="proxy.response"):
    """The proxy's answer to CONNECT; 2xx opened the tunnel (RFC 9110 section 9.3.6).

    Args:
        status: The status code.
        reason: The reason phrase.
        headers: Those that an explanation can need.
        body: Its beginning, at most 200 characters.
    """


class ProxyEof(_Eof, kind="proxy.eof"):
    """The proxy closed the connection before its answer was complete.

    Args:
        bytes_received: How much of it came.
    """


class RequestSeen(Fact, kind="http.request"):
    """The request for a WebSocket (RFC 6455 section 4.1).

    Args:
        method: The method.
        host: The Host header; null if it is absent.
        origin: The Origin header; null if it is absent.
        upgrade: Whether it has an Upgrade header.
        version: The Sec-WebSocket-Version header; null if it is absent.
    """

    method: PeerText
    host: PeerText | None = None
    origin: PeerText | None = None
    upgrade: bool = True
    version: PeerText | None = None


class ResponseSeen(_Response, kind="http.response"):
    """The server's answer to the request for a WebSocket.

    Args:
        status: The status code.
        reason: The reason phrase.
        headers: Those that an explanation can need; a cookie or a token is never among them.
        body: Its beginning, at most 200 characters.
    """


class NotHttpSeen(_FirstBytes, kind="http.first_bytes"):
    """The bytes that came instead of HTTP, 64 at most.

    Args:
        hex: In hexadecimal.
        text: As Latin-1.
    """


class MalformedHttp(Fact, kind="http.malformed"):
    """A message that is HTTP/1.1 in name and breaks its grammar.

    Args:
        what: The error in words.
        offset: The byte at which it is wrong.
        section: The section of the standard.
    """

    what: PeerText
    offset: int | None = None
    section: str | None = None


class HttpOverLimit(Fact, kind="http.over_limit"):
    """A message of HTTP/1.1 that was not read to its end, because its head is above a limit.

    Args:
        limit: The limit: `line_bytes`, `header_count` or `total_bytes`.
        most: Its value.
        header: The name of the header, if its line is too long; else empty.
    """

    limit: str
    most: int
    header: PeerText = ""


class HostHeaderGiven(Fact, kind="http.host"):
    """A Host header that the caller gave and that is not the host of the endpoint.

    Args:
        sent: The header.
        endpoint: The header that the endpoint implies.
    """

    sent: str
    endpoint: str


class HttpEof(_Eof, kind="http.eof"):
    """The peer closed the connection before its message was complete.

    Args:
        bytes_received: How much of it came.
    """


class UpgradeBroken(Fact, kind="http.upgrade"):
    """A rule that the server's 101 broke.

    Args:
        rule: `accept`, `upgrade`, `connection`, `extension`, `subprotocol` or `version`.
        expected: The value that the standard, or our request, demands.
        got: The value that the server sent; null if none.
    """

    rule: str
    expected: str | None = None
    got: PeerText | None = None


# --- the open WebSocket ----------------------------------------------------------------------------------------------


class WebSocketEof(_Eof, kind="ws.eof"):
    """TCP ended in good order, without TLS below it, and no Close had come.

    Args:
        bytes_received: How much came on this connection.
    """


class CloseSeen(Fact, kind="ws.close"):
    """A Close frame (RFC 6455 section 5.5.1).

    Args:
        direction: `sent` or `received`.
        code: Its code; null if it has none.
        reason: Its reason.
    """

    direction: Direction
    code: int | None
    reason: PeerText = ""


class ViolationSeen(Fact, kind="ws.violation"):
    """A rule of RFC 6455 or RFC 7692 that the peer broke.

    Args:
        rule: Its stable short name, such as `masked`.
        section: The section of the standard.
        code: The code we close the connection with.
        text: The received and the expected value, in words.
        offset: The first byte of the frame in the stream after the upgrade.
    """

    rule: str
    section: str
    code: int
    text: PeerText = ""
    offset: int | None = None


class EndedByUs(Fact, kind="ws.ended"):
    """An end of the connection that this side brought about.

    Args:
        why: `close-timeout`, `close-cancelled`, `aborted`, `message-unfinished` or `slow-reader`.
        timeout_s: The close_timeout.
    """

    why: str
    timeout_s: float | None = None


class KeepaliveFailed(Fact, kind="ws.keepalive", keys={"verdict": "kind"}):
    """A ping of the keepalive that was not answered in time.

    Args:
        verdict: `peer-silent`, `loop-blocked` or `messages-unread`.
        interval_s: The time between two pings.
        timeout_s: The time that a pong may take.
        blocked_s: How late the event loop of this process was.
    """

    verdict: str
    interval_s: float | None = None
    timeout_s: float | None = None
    blocked_s: float | None = None


# --- experiments and fetches -----------------------------------------------------------------------------------------


class ProbeResult(Fact, kind="probe.result"):
    """An experiment on the same address that differs from the failed connection in one thing, and how both ended.

    Args:
        experiment: Its id.
        question: The change to the failed connection.
        decides: The id of the cause that it speaks for if the result flipped; null for a control.
        baseline: How the failed connection ended.
        variant: How the experiment ended.
        flipped: Whether it got further.
        note: The meaning of this result.
        ms: How long it took.
    """

    experiment: str
    question: PeerText = ""
    decides: str | None = None
    baseline: PeerText = ""
    variant: PeerText = ""
    flipped: bool = False
    note: str = ""
    ms: float | None = None


class ProbeBudget(Fact, kind="probe.budget"):
    """The cost of the experiments.

    Args:
        limit_s: The time that was allowed.
        spent_s: The time that was spent.
        connections: How many connections were made.
        left_out: The ids of the experiments for which there was no time.
    """

    limit_s: float | None
    spent_s: float | None = None
    connections: int | None = None
    left_out: tuple[str, ...] = ()


class FetchResult(Fact, kind="fetch.result", keys={"purpose": "kind"}):
    """One fetch of a document that a certificate points to, with `--fetch`.

    Args:
        purpose: `aia` or `ocsp`.
        url: The URL.
        address: The address that was dialled; null if none was.
        status: The status code of the answer; null if there was none.
        bytes: The length of the answer.
        problem: Why nothing was fetched or tried, for people; null if something was.
        ms: How long it took.
    """

    purpose: str
    url: PeerText
    address: str | None = None
    status: int | None = None
    bytes: int | None = None
    problem: PeerText | None = None
    ms: float | None = None


class FetchChain(Fact, kind="fetch.chain"):
    """The way from the peer's certificate to a trust anchor, with the issuers that were fetched. Absent if nothing usable was fetched.

    Args:
        missing: The subjects that the server did not send.
        urls: The URL at which each is published.
        sha256: The hash of each.
        top: The last certificate that was reached.
        top_self_issued: Whether that is a root.
        anchor: Its name if it is a trust anchor, else null.
    """

    missing: PeerTexts
    urls: PeerTexts = ()
    sha256: tuple[str, ...] = ()
    top: PeerText | None = None
    top_self_issued: bool = False
    anchor: PeerText | None = None


class Revocation(Fact, kind="fetch.revocation"):
    """The answer of an OCSP responder (RFC 6960).

    Args:
        status: `good`, `revoked` or `unknown`; null if the answer proves nothing.
        revoked_at: When, ISO 8601.
        reason: Why.
        this_update: When the answer was known to be right.
        next_update: When the next one is due.
        problem: Why the answer proves nothing.
    """

    status: str | None
    revoked_at: str | None = None
    reason: str | None = None
    this_update: str | None = None
    next_update: str | None = None
    problem: PeerText | None = None
