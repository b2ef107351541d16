"""Reading facts: one indexed, forgiving view, so that a cause asks questions instead of searching lists.

A fact's value comes from many places (a live connection, a capture, somebody's JSON): whatever has not the shape of
docs/facts.md reads as absent, never as an exception.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from wssure.endpoint import printable
from wssure.evidence import Attempt, Fact, Stage
from wssure.name import host_and_port

__all__ = ["Evidence", "text_of"]

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
# RFC 8446 section 6.1: close_notify and user_canceled close a connection in good order; they refuse nothing.
_CLOSURE_ALERTS: Final = frozenset({0, 90})
_LOST: Final = frozenset({"ECONNRESET", "EPIPE", "ECONNABORTED"})


def text_of(value: object, limit: int = 120) -> str:
    """Return a fact's value as safe text; an empty text for None."""
    return "" if value is None else printable(str(value), limit)


class Evidence:
    """Facts and attempts of one connection, indexed.

    Args:
        stage: The step in which it failed.
        facts: What was seen, in any order of kinds.
        attempts: One per address tried.
        role: `client` or `server`: which side we are.
    """

    def __init__(self, stage: Stage, facts: Sequence[Fact], attempts: Sequence[Attempt], role: str = "client") -> None:
        self.stage = stage
        self.role = role
        self.facts = tuple(facts)
        self.attempts = tuple(attempts)
        self._kinds: dict[str, list[Any]] = {}
        for fact in self.facts:
            self._kinds.setdefault(fact.kind, []).append(fact.value)

    def __contains__(self, kind: str) -> bool:
        return kind in self._kinds

    def records(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Return every value of a kind that is a mapping, oldest first."""
        return tuple(value for value in self._kinds.get(kind, ()) if isinstance(value, Mapping))

    def record(self, kind: str) -> Mapping[str, Any]:
        """Return the last mapping of a kind; an empty one where there is none."""
        found = self.records(kind)
        return found[-1] if found else _NOTHING

    def scalar(self, kind: str) -> Any:
        """Return the last value of a kind that is no mapping; None where there is none."""
        values = [value for value in self._kinds.get(kind, ()) if not isinstance(value, Mapping)]
        return values[-1] if values else None

    # -- who and where

    @property
    def is_server(self) -> bool:
        """True where we are the server."""
        return self.role == "server"

    @property
    def host(self) -> str:
        """The name the server must prove; "" if unknown."""
        return text_of(self.scalar("endpoint.host"))

    @property
    def proxy(self) -> str:
        """Host and port of the proxy the connection goes through; "" where it goes directly."""
        record = self.record("endpoint.proxy")
        return host_and_port(text_of(record.get("host"), 255), text_of(record.get("port"))) if record else ""

    @property
    def tunnelled(self) -> bool:
        """True where the proxy opened a tunnel to the server."""
        status = self.record("proxy.response").get("status")
        return isinstance(status, int) and 200 <= status < 300

    @property
    def at_proxy(self) -> bool:
        """True where what could not be found or reached is the proxy, not the server."""
        return bool(self.proxy) and self.stage in (Stage.RESOLVE, Stage.DIAL)

    @property
    def address(self) -> str:
        """Where we dialled, without port; "" if unknown."""
        if self.at_proxy:
            return text_of(self.record("endpoint.proxy").get("host"), 255)
        return text_of(self.scalar("endpoint.address")) or self.host

    @property
    def port(self) -> str:
        """The port dialled, as text; "" if unknown."""
        if self.at_proxy:
            return text_of(self.record("endpoint.proxy").get("port"))
        return text_of(self.scalar("endpoint.address_port") or self.scalar("endpoint.port"))

    @property
    def url(self) -> str:
        """The URL without secrets; "" if unknown."""
        return text_of(self.scalar("endpoint.url"), 200)

    def url_of(self, name: str) -> str:
        """Return the URL with another host. Port and path stay; the query, whose values are never facts, does not."""
        scheme, _, rest = self.url.partition("://")
        authority, slash, path = rest.partition("/")
        port = re.search(r":[0-9]+\Z", authority)
        return f"{scheme or 'wss'}://{name}{port.group() if port else ''}{slash or '/'}{path.partition('?')[0]}"

    @property
    def dialled(self) -> str:
        """Where to dial, as arguments of `connect`: `address="192.0.2.7"`, and the port where it is not the URL's."""
        port, of_url = self.scalar("endpoint.address_port"), self.scalar("endpoint.port")
        return f'address="{self.address}"' + (f", address_port={port}" if port and of_url and port != of_url else "")

    @property
    def secure(self) -> bool:
        """True where TLS was wanted: a wss URL, or any TLS byte of ours."""
        return self.url.startswith("wss://") or self.has_hello or "tls.done" in self

    @cached_property
    def peer(self) -> str:
        """The address to name in a message: the one that stood, else the only one tried, else what was asked for."""
        if self.proxy and self.stage not in (Stage.RESOLVE, Stage.DIAL, Stage.PROXY):
            return f"{host_and_port(self.address, self.port)} (through the proxy {self.proxy})"
        stood = [attempt.address for attempt in self.attempts if attempt.ok]
        if stood:
            return text_of(stood[-1])
        if len(self.attempts) == 1:
            return text_of(self.attempts[0].address)
        if not self.address:
            return "the client" if self.is_server else "the server"
        return host_and_port(self.address, self.port)

    @property
    def host_is_ip(self) -> bool:
        """True where the host is an IP literal, which implies no SNI (RFC 6066 section 3)."""
        return bool(self.host) and (":" in self.host or self.host.replace(".", "").isdigit())

    # -- operating system and clocks

    @property
    def os_error(self) -> str:
        """The symbol of the last operating system error, such as `ECONNRESET`; "" if none."""
        return text_of(self.record("os.error").get("name"))

    @property
    def lost(self) -> bool:
        """True where the connection was reset or broken while in use."""
        return self.os_error in _LOST and self.record("os.error").get("call") != "connect"

    @cached_property
    def dial_errors(self) -> Mapping[str, tuple[str, ...]]:
        """The addresses that could not be reached, by the symbol of the error; silence reads as `ETIMEDOUT`."""
        found: dict[str, tuple[str, ...]] = {}
        for attempt in self.attempts:
            if not attempt.ok:
                symbol = errno.errorcode.get(attempt.errno or errno.ETIMEDOUT, "")
                found[symbol] = (*found.get(symbol, ()), text_of(attempt.address))
        if not found and self.os_error:
            found[self.os_error] = (self.peer,)
        if not found and self.timeout_phase == "dial":
            found["ETIMEDOUT"] = (self.peer,)
        return found

    @property
    def timeout_phase(self) -> str:
        """The phase whose time ran out; "" if none did."""
        return text_of(self.record("timeout").get("phase"))

    @property
    def limit(self) -> str:
        """The time limit as text, such as `10 s`."""
        limit = self.record("timeout").get("limit_s")
        return f"{limit:g} s" if isinstance(limit, (int, float)) and not isinstance(limit, bool) else "its time limit"

    # -- TLS

    @cached_property
    def hello(self) -> Mapping[str, Any]:
        """The ClientHello of this connection; an empty mapping where none was seen."""
        hellos = self.records("tls.client_hello")
        mine = [hello for hello in hellos if hello.get("direction") == ("received" if self.is_server else "sent")]
        return (mine or hellos or (_NOTHING,))[0]

    @property
    def has_hello(self) -> bool:
        """True where a ClientHello was seen."""
        return bool(self.hello)

    @property
    def sni(self) -> str:
        """The server_name that was sent; "" where it was absent or empty."""
        return text_of(self.hello.get("server_name"), 255)

    @property
    def lacks_sni(self) -> bool:
        """True where a ClientHello was seen and it names no server."""
        return self.has_hello and "server_name" in self.hello and not self.hello["server_name"]

    @property
    def done(self) -> bool:
        """True where the handshake finished on our side."""
        return "tls.done" in self

    @cached_property
    def refusals(self) -> frozenset[int]:
        """Numbers of the alerts that the peer refused us with."""
        return self._alerts("received")

    @cached_property
    def sent_alerts(self) -> frozenset[int]:
        """Numbers of the alerts that we refused the peer with."""
        return self._alerts("sent")

    def _alerts(self, direction: str) -> frozenset[int]:
        return frozenset(
            alert["number"]
            for alert in self.records("tls.alert")
            if alert.get("direction") == direction
            and isinstance(alert.get("number"), int)
            and alert["number"] not in _CLOSURE_ALERTS
            # RFC 6066 section 3: a warning unrecognized_name lets the handshake go on.
            and not (alert["number"] == 112 and alert.get("level") == "warning")
        )

    @property
    def closed_in_handshake(self) -> bool:
        """True where the peer closed or reset before the handshake was done, without saying why in an alert."""
        if self.done or self.refusals:
            return False
        eof = self.record("tls.eof")
        return (bool(eof) and eof.get("after") != "done") or (self.lost and self.has_hello)

    @property
    def answered(self) -> bool:
        """True where the peer sent anything of TLS at all."""
        if "tls.server_hello" in self or "tls.certificate" in self or self.done:
            return True
        return bool(self.record("tls.eof").get("bytes_received") or self.record("tls.received").get("bytes"))

    @cached_property
    def certificates(self) -> tuple[Mapping[str, Any], ...]:
        """The certificates the peer sent, its own first."""
        found = self.records("tls.certificate")
        return tuple(sorted(found, key=lambda one: one["depth"] if isinstance(one.get("depth"), int) else 0))

    @property
    def leaf(self) -> Mapping[str, Any]:
        """The peer's own certificate; an empty mapping where none was seen."""
        return self.certificates[0] if self.certificates else _NOTHING

    @cached_property
    def flags(self) -> frozenset[str]:
        """What verification found wrong, as flags of docs/facts.md."""
        return frozenset(text_of(one.get("flag")) for one in self.records("tls.verify"))

    def flag(self, name: str) -> Mapping[str, Any]:
        """Return the verification record of a flag; an empty mapping where it was not raised."""
        return next((one for one in self.records("tls.verify") if one.get("flag") == name), _NOTHING)

    @property
    def presented(self) -> tuple[str, ...]:
        """The names the peer's certificate is for."""
        check = self.record("tls.name_check").get("presented")
        if isinstance(check, (list, tuple)) and check:
            return tuple(text_of(name) for name in check)
        return _texts(self.leaf.get("dns_names")) + _texts(self.leaf.get("ip_addresses"))

    @property
    def name_mismatch(self) -> bool:
        """True where the certificate is for other names than the one to prove."""
        return "tls.name_check" in self or bool(self.flags & {"hostname", "ip-mismatch", "no-san"})

    # -- HTTP

    @property
    def status(self) -> int | None:
        """The status the server answered the upgrade with; None if no answer came."""
        status = self.record("http.response").get("status")
        return status if isinstance(status, int) else None

    @property
    def reason(self) -> str:
        """Status and reason as one text."""
        return f"{self.status} {text_of(self.record('http.response').get('reason'))}".strip()

    @property
    def body(self) -> str:
        """The beginning of the answer's body."""
        return text_of(self.record("http.response").get("body"), 200)

    def header(self, name: str) -> str:
        """Return an answer's header, "" where it is absent."""
        headers = self.record("http.response").get("headers")
        if not isinstance(headers, Mapping):
            return ""
        return next((text_of(value, 200) for key, value in headers.items() if str(key).lower() == name), "")

    def first_bytes(self, kind: str) -> bytes:
        """Return what came instead of `tls` or `http`, as bytes."""
        try:
            return bytes.fromhex(str(self.record(f"{kind}.first_bytes").get("hex", "")))
        except ValueError:
            return b""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text_of(one) for one in value) if isinstance(value, (list, tuple)) else ()
