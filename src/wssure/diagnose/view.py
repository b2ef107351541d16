"""Reading facts: one indexed view, so that a cause asks questions instead of searching lists."""

import errno
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, TypeVar

from wssure import facts
from wssure.evidence import Attempt, Stage
from wssure.facts import Fact
from wssure.name import host_and_port
from wssure.text import printable

F = TypeVar("F", bound=Fact)

# The values that a cause reads if there was none.
_NO_HELLO: Final = facts.ClientHelloSeen("sent", None)
_NO_CERTIFICATE: Final = facts.CertificateSeen(None)
# RFC 8446 section 6.1: close_notify and user_canceled close a connection in good order; they refuse nothing.
_CLOSURE_ALERTS: Final = frozenset({0, 90})
# How `printable` writes a line break or a tab.
_BREAKS: Final = re.compile(r"\\[nrt]")
# A record header, level and number (RFC 8446 sections 5.1 and 6).
_ALERT_BYTES: Final = 7
_LOST: Final = frozenset({"ECONNRESET", "EPIPE", "ECONNABORTED"})


def text_of(value: object, limit: int = 120) -> str:
    """Return a fact's value as safe text; an empty text for None."""
    return "" if value is None else printable(str(value), limit)


def one_line(text: str | None) -> str:
    """Return a peer's text, which is escaped already, without line breaks and repeated blanks."""
    return " ".join(_BREAKS.sub(" ", text or "").split())


class Evidence:
    """Facts and attempts of one connection, indexed.

    Args:
        stage: The step in which it failed.
        facts: The observations, in any order of kinds.
        attempts: One per address tried.
        role: `client` or `server`: which side we are.
    """

    def __init__(self, stage: Stage, facts: Sequence[Fact], attempts: Sequence[Attempt], role: str = "client") -> None:
        self.stage = stage
        self.role = role
        self.facts = tuple(facts)
        self.attempts = tuple(attempts)
        self._kinds: dict[type[Fact], list[Fact]] = {}
        for fact in self.facts:
            self._kinds.setdefault(type(fact), []).append(fact)

    def __contains__(self, kind: type[Fact]) -> bool:
        return kind in self._kinds

    def all(self, kind: type[F]) -> tuple[F, ...]:
        """Return every fact of a kind, oldest first."""
        return tuple(fact for fact in self._kinds.get(kind, ()) if isinstance(fact, kind))

    def last(self, kind: type[F]) -> F | None:
        """Return the last fact of a kind; None if there is none."""
        return next(reversed(self.all(kind)), None)

    # -- role and endpoint

    @property
    def is_server(self) -> bool:
        """Whether we are the server."""
        return self.role == "server"

    @property
    def host(self) -> str:
        """The name the server must prove; "" if unknown."""
        fact = self.last(facts.EndpointHost)
        return "" if fact is None else fact.host

    @property
    def proxy(self) -> str:
        """Host and port of the proxy the connection goes through; "" if it goes directly."""
        fact = self.last(facts.ProxyUsed)
        return "" if fact is None else host_and_port(fact.host, fact.port)

    @property
    def tunnelled(self) -> bool:
        """Whether the proxy opened a tunnel to the server."""
        answer = self.last(facts.ProxyResponse)
        return answer is not None and 200 <= answer.status < 300

    @property
    def at_proxy(self) -> bool:
        """Whether the host that could not be resolved or reached is the proxy, not the server."""
        return bool(self.proxy) and self.stage in (Stage.RESOLVE, Stage.DIAL)

    @property
    def address(self) -> str:
        """The address that was dialled, without port; "" if unknown."""
        proxy, fact = self.last(facts.ProxyUsed), self.last(facts.EndpointAddress)
        if proxy is not None and self.at_proxy:
            return proxy.host
        return self.host if fact is None else fact.address

    @property
    def port(self) -> str:
        """The port dialled, as text; "" if unknown."""
        proxy, fact = self.last(facts.ProxyUsed), self.last(facts.EndpointAddressPort) or self.last(facts.EndpointPort)
        if proxy is not None and self.at_proxy:
            return str(proxy.port)
        return "" if fact is None else str(fact.port)

    @property
    def url(self) -> str:
        """The URL without secrets; "" if unknown."""
        fact = self.last(facts.EndpointUrl)
        return "" if fact is None else text_of(fact.url, 200)

    def url_of(self, name: str) -> str:
        """Return the URL with another host. Port and path stay; the query is removed, because its values are never facts."""
        scheme, _, rest = self.url.partition("://")
        authority, slash, path = rest.partition("/")
        port = re.search(r":[0-9]+\Z", authority)
        return f"{scheme or 'wss'}://{name}{port.group() if port else ''}{slash or '/'}{path.partition('?')[0]}"

    @property
    def dialled(self) -> dict[str, str]:
        """The address to dial, as values of a fix: `address`, and `port` if it is not the URL's."""
        dialled, of_url = self.last(facts.EndpointAddressPort), self.last(facts.EndpointPort)
        other = dialled and of_url and dialled.port != of_url.port
        return {"address": self.address, "port": self.port if other else ""}

    @property
    def secure(self) -> bool:
        """Whether TLS was wanted: a wss URL, or any TLS byte of ours."""
        return self.url.startswith("wss://") or self.has_hello or self.done

    @cached_property
    def peer(self) -> str:
        """The address to name in a message: the connected one, else the only one tried, else the requested one."""
        if self.proxy and self.stage not in (Stage.RESOLVE, Stage.DIAL, Stage.PROXY):
            return f"{host_and_port(self.address, self.port)} (through the proxy {self.proxy})"
        connected = [attempt.address for attempt in self.attempts if attempt.ok]
        if connected:
            return text_of(connected[-1])
        if len(self.attempts) == 1:
            return text_of(self.attempts[0].address)
        if not self.address:
            return "the client" if self.is_server else "the server"
        return host_and_port(self.address, self.port)

    @property
    def host_is_ip(self) -> bool:
        """Whether the host is an IP literal, which implies no SNI (RFC 6066 section 3)."""
        fact = self.last(facts.EndpointServerName)
        return fact is not None and fact.name is None

    # -- operating system and clocks

    @property
    def os_error(self) -> str:
        """The symbol of the last operating system error, such as `ECONNRESET`; "" if none.

        The refusal of an address is none if another address was connected to.
        """
        fact = self.last(facts.OsErrorSeen)
        if fact is None or (fact.call == "connect" and any(attempt.ok for attempt in self.attempts)):
            return ""
        return fact.name

    @property
    def lost(self) -> bool:
        """Whether the connection was reset or broken while in use."""
        fact = self.last(facts.OsErrorSeen)
        return fact is not None and fact.name in _LOST and fact.call != "connect"

    @cached_property
    def dial_errors(self) -> Mapping[str, tuple[str, ...]]:
        """The addresses that could not be reached, by the symbol of the error; silence reads as `ETIMEDOUT`."""
        errors: dict[str, tuple[str, ...]] = {}
        for attempt in self.attempts:
            if not attempt.ok:
                symbol = errno.errorcode.get(attempt.errno or errno.ETIMEDOUT, "")
                errors[symbol] = (*errors.get(symbol, ()), text_of(attempt.address))
        if not errors and self.os_error:
            errors[self.os_error] = (self.peer,)
        if not errors and self.timeout_phase == "dial":
            errors["ETIMEDOUT"] = (self.peer,)
        return errors

    @property
    def timeout_phase(self) -> str:
        """The phase that timed out; "" if none did."""
        fact = self.last(facts.TimedOut)
        return "" if fact is None else fact.phase

    @property
    def limit(self) -> str:
        """The time limit as text, such as `10 s`."""
        fact = self.last(facts.TimedOut)
        return "its time limit" if fact is None or fact.limit_s is None else f"{fact.limit_s:g} s"

    # -- TLS

    @cached_property
    def hello(self) -> facts.ClientHelloSeen:
        """The ClientHello of this connection; one that offers nothing if none was seen."""
        hellos = self.all(facts.ClientHelloSeen)
        mine = [hello for hello in hellos if hello.direction == ("received" if self.is_server else "sent")]
        return (mine or hellos or (_NO_HELLO,))[0]

    @property
    def has_hello(self) -> bool:
        """Whether a ClientHello was seen."""
        return facts.ClientHelloSeen in self

    @property
    def sni(self) -> str:
        """The server_name that was sent; "" if it was absent or empty."""
        return self.hello.server_name or ""

    @property
    def lacks_sni(self) -> bool:
        """Whether a ClientHello was seen and it names no server."""
        return self.has_hello and not self.sni

    @property
    def done(self) -> bool:
        """Whether the handshake finished on our side."""
        return facts.TlsDone in self

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
            alert.number
            for alert in self.all(facts.AlertSeen)
            if alert.direction == direction
            and alert.number is not None
            and alert.number not in _CLOSURE_ALERTS
            # RFC 6066 section 3: a warning unrecognized_name lets the handshake go on.
            and not (alert.number == 112 and alert.level == "warning")
        )

    @property
    def closed_in_handshake(self) -> bool:
        """Whether the peer closed or reset before the handshake was done, without an alert."""
        if self.done or self.refusals:
            return False
        eof = self.last(facts.TlsEof)
        return (eof is not None and eof.after != "done") or (self.has_hello and (self.lost or 0 in warnings(self)))

    @property
    def answered(self) -> bool:
        """Whether the peer began to answer the ClientHello with more than alerts."""
        if answered_hello(self):
            return True
        eof, received = self.last(facts.TlsEof), self.last(facts.TlsReceived)
        count = max(eof.bytes_received if eof else 0, received.bytes if received else 0)
        return count > _ALERT_BYTES * sum(alert.direction == "received" for alert in self.all(facts.AlertSeen))

    @cached_property
    def certificates(self) -> tuple[facts.CertificateSeen, ...]:
        """The certificates the peer sent, its own first."""
        return tuple(sorted(self.all(facts.CertificateSeen), key=lambda certificate: certificate.depth or 0))

    @property
    def leaf(self) -> facts.CertificateSeen:
        """The peer's own certificate; one that says nothing if none was seen."""
        return self.certificates[0] if self.certificates else _NO_CERTIFICATE

    @cached_property
    def flags(self) -> frozenset[str]:
        """The defects that verification found, as flags of docs/facts.md."""
        return frozenset(defect.flag for defect in self.all(facts.VerifyDefect))

    @property
    def own_error(self) -> str:
        """The reason for which our own library gave up, as `OwnError` lists them; "" if none."""
        fact = self.last(facts.OwnError)
        return "" if fact is None else fact.reason

    @property
    def client_cert(self) -> bool | None:
        """Whether we have a certificate of our own to show; None if that is not known."""
        fact = self.last(facts.TlsSettingsUsed)
        return None if fact is None else fact.client_cert

    @property
    def presented(self) -> tuple[str, ...]:
        """The names the peer's certificate is for."""
        check = self.last(facts.NameCheck)
        return (check.presented if check is not None else ()) or self.leaf.dns_names + self.leaf.ip_addresses

    @property
    def name_mismatch(self) -> bool:
        """Whether the certificate is for other names than the one to prove."""
        return facts.NameCheck in self or bool(self.flags & {"hostname", "ip-mismatch", "no-san"})

    # -- HTTP

    @property
    def status(self) -> int | None:
        """The status the server answered the upgrade with; None if no answer came."""
        answer = self.last(facts.ResponseSeen)
        return None if answer is None else answer.status

    @property
    def reason(self) -> str:
        """Status and reason as one text."""
        answer = self.last(facts.ResponseSeen)
        return "" if answer is None else f"{answer.status} {text_of(answer.reason)}".strip()

    @property
    def body(self) -> str:
        """The beginning of the answer's body, on one line."""
        answer = self.last(facts.ResponseSeen)
        return "" if answer is None else one_line(text_of(answer.body, 200))

    def header(self, name: str) -> str:
        """Return an answer's header, "" if it is absent."""
        answer = self.last(facts.ResponseSeen)
        headers = {} if answer is None else answer.headers
        return next((text_of(value, 200) for key, value in headers.items() if key.lower() == name), "")

    def first_bytes(self, kind: type[facts.NotTlsSeen | facts.NotHttpSeen]) -> bytes:
        """Return the bytes received instead of TLS or HTTP."""
        fact = self.last(kind)
        try:
            return b"" if fact is None else bytes.fromhex(fact.hex)
        except ValueError:
            return b""  # a part of it was masked


def warnings(evidence: Evidence) -> frozenset[int]:
    """Return the numbers of the alerts received that refuse nothing: a warning, or close_notify."""
    received = {alert.number for alert in evidence.all(facts.AlertSeen) if alert.direction == "received"}
    return frozenset(number for number in received if number is not None) - evidence.refusals


def answered_hello(evidence: Evidence) -> bool:
    """Tell whether the peer sent a ServerHello or a certificate, so that it accepted the ClientHello."""
    return facts.ServerHelloSeen in evidence or facts.CertificateSeen in evidence or evidence.done


def resolve_error(evidence: Evidence) -> str:
    """Return the symbol of the resolver's error, such as `EAI_NONAME`; "" if none."""
    fact = evidence.last(facts.ResolveErrorSeen)
    return "" if fact is None else fact.name


def answers(evidence: Evidence) -> tuple[str, ...]:
    """Return the addresses of the name; empty if it was not resolved."""
    fact = evidence.last(facts.ResolveAnswers)
    return () if fact is None else fact.addresses


def flipped_result(evidence: Evidence, cause: str) -> bool:
    """Tell whether an experiment that speaks for a cause got further than the failed connection."""
    return any(result.flipped and result.decides == cause for result in evidence.all(facts.ProbeResult))


def defect_with(evidence: Evidence, flag: str) -> facts.VerifyDefect:
    """Return the first defect with a flag, preferably one with a word of ours for it."""
    defects = [defect for defect in evidence.all(facts.VerifyDefect) if defect.flag == flag]
    return next(
        (defect for defect in defects if defect.defect), defects[0] if defects else facts.VerifyDefect(None, flag)
    )


def certificate_with(evidence: Evidence, flag: str) -> facts.CertificateSeen:
    """Return the certificate that has a defect, also if it is the trust anchor, which is not sent; the peer's own if it is unknown."""
    defect = defect_with(evidence, flag)
    anchors = (
        facts.CertificateSeen(
            certificate.depth,
            certificate.subject,
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            key=certificate.key,
            signature=certificate.signature,
        )
        for certificate in evidence.all(facts.AnchorSeen)
    )
    known = (*evidence.certificates, *anchors)
    found = [certificate for certificate in known if certificate.subject == defect.subject] if defect.subject else []
    if found:
        return next((certificate for certificate in found if certificate.depth == defect.depth), found[0])
    if defect.depth:
        # Without the certificate, a place in the chain is still better than the name of another certificate.
        last = evidence.certificates[-1].issuer if defect.depth == len(evidence.certificates) else None
        absent = facts.CertificateSeen(defect.depth, defect.subject or last or f"the CA at depth {defect.depth}")
        return next(
            (certificate for certificate in known if certificate.depth == defect.depth and not defect.subject), absent
        )
    if defect.depth is None and known and flag == "expired":
        return min(known, key=lambda certificate: certificate.not_after or "~")
    if defect.depth is None and known and flag == "not-yet-valid":
        return max(known, key=lambda certificate: certificate.not_before or "")
    return evidence.leaf


def refused_site(evidence: Evidence) -> str:
    """Return the reason for which this server has no site for the client: `no-name` or `unknown-name`; "" if it has one."""
    fact = evidence.last(facts.SiteChosen)
    return "" if fact is None else fact.refused or ""


def host_sent(evidence: Evidence) -> str:
    """Return the Host header that the caller gave instead of the endpoint's; "" if none."""
    fact = evidence.last(facts.HostHeaderGiven)
    return "" if fact is None else text_of(fact.sent)


def origin_sent(evidence: Evidence) -> str:
    """Return the Origin header of the request; "" if it is absent or not known."""
    fact = evidence.last(facts.RequestSeen)
    return "" if fact is None else text_of(fact.origin)


def broken_rule(evidence: Evidence, *rules: str) -> facts.UpgradeBroken | None:
    """Return the rule that the 101 broke, if it is one of these."""
    fact = evidence.last(facts.UpgradeBroken)
    return fact if fact is not None and fact.rule in rules else None
