"""Hold the result of one check, and format it for people."""

from __future__ import annotations

import asyncio
import datetime
import textwrap
from collections.abc import Sequence
from dataclasses import replace

from wssure.aio.websocket import WebSocket
from wssure.diagnose.format_fact import format_fact
from wssure.endpoint import Endpoint
from wssure.errors import ConnectFailed, WssError
from wssure.evidence import Failure, Phase
from wssure.facts import CertificateSeen, ClientHelloSeen, Fact, TlsSettingsUsed
from wssure.fixes import Reader
from wssure.frozen import frozen
from wssure.protocol.handshake_rule import format_subprotocols
from wssure.proxy import Proxy
from wssure.text import printable
from wssure.tls.contract import EngineInfo
from wssure.tools.probe.finding import Finding
from wssure.wire.hello import ClientHello


@frozen
class Report:
    """The result of one check.

    Args:
        endpoint: The endpoint that was checked.
        backend: The TLS library's name and version; None for ws.
        phases: The timed steps.
        facts: Everything that was seen.
        failure: The explained failure; None if the check succeeded.
        details: Label and value of each parameter, for people and for comparison.
        findings: Faults of a working endpoint that will fail other clients.
        hello: The ClientHello that was sent; None for ws, and if the check failed.
        interrupted: True if Ctrl-C ended the check early: the rest was seen until then.
    """

    endpoint: Endpoint
    backend: str | None
    phases: tuple[Phase, ...]
    facts: tuple[Fact, ...]
    failure: Failure | None
    details: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = ()
    hello: ClientHello | None = None
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """True if the connection came about and nothing broke it."""
        return self.failure is None and not self.interrupted

    @classmethod
    def failed(cls, endpoint: Endpoint, backend: str | None, error: WssError, failure: Failure) -> Report:
        """Return the report of a connection that did not come about.

        Args:
            endpoint: The endpoint that was checked.
            backend: The TLS library that was asked for; None for the default.
            error: The exception that `connect` raised.
            failure: Its failure, as experiments left it.
        """
        phases = error.phases if isinstance(error, ConnectFailed) else ()
        used = failure.fact(TlsSettingsUsed)
        name = used.backend if used else backend
        details = (("outcome", failure.cause), *_sent(failure.facts))
        return cls(endpoint, name, tuple(phases), failure.facts, failure, details)

    @classmethod
    def cut_off(cls, endpoint: Endpoint, backend: str | None, cancelled: asyncio.CancelledError) -> Report:
        """Return the report of a connection that Ctrl-C ended while it was opened.

        Args:
            endpoint: The endpoint that was checked.
            backend: The TLS library that was asked for; None for the default.
            cancelled: The exception of `connect`, with the step, the facts and the phases so far.
        """
        stage, facts, phases = getattr(cancelled, "so_far", ("start", (), ()))
        details = (("outcome", f"interrupted, stage {stage}"), *_sent(facts))
        return cls(endpoint, backend, phases, facts, None, details, interrupted=True)

    def broken(self, failure: Failure) -> Report:
        """Return this report of an open connection as one of a connection that failed after the upgrade."""
        details = (("outcome", failure.cause), *self.details[1:])
        return replace(self, failure=failure, facts=failure.facts, details=details)

    @classmethod
    def succeeded(
        cls,
        endpoint: Endpoint,
        ws: WebSocket,
        seen: Sequence[Fact],
        findings: Sequence[Finding] = (),
        fetched: Sequence[Fact] = (),
        proxy: Proxy | None = None,
    ) -> Report:
        """Return the report of an open connection.

        Args:
            endpoint: The endpoint that was checked.
            ws: The `WebSocket`.
            seen: The facts from before it was open.
            findings: Faults that will fail other clients.
            fetched: The facts fetched about its certificate.
            proxy: The proxy it went through; None if it went directly.
        """
        details: list[tuple[str, str]] = [("outcome", "connected")]
        details += _where(endpoint, ws, proxy)
        details += _tls_details(ws.tls, seen) if ws.tls is not None else [("TLS", "none (ws://)")]
        details += _upgrade_details(ws)
        details += [row for fact in fetched for row in format_fact(fact)]
        return cls(
            endpoint,
            ws.tls.backend if ws.tls is not None else None,
            tuple(ws.timings),
            (*seen, *fetched),
            None,
            tuple(details),
            tuple(findings),
            ws.tls.client_hello if ws.tls is not None else None,
        )

    def to_json(self) -> dict[str, object]:
        """Return the object of the JSON interface."""
        endpoint = self.endpoint
        return {
            "ok": self.ok,
            "endpoint": {
                "url": endpoint.safe_url,
                "host": str(endpoint.host),
                "port": endpoint.port,
                "address": endpoint.address,
                "address_port": endpoint.address_port,
            },
            "backend": self.backend,
            "phases": [phase.to_json() for phase in self.phases],
            "failure": None if self.failure is None else self.failure.to_json(Reader.FLAGS),
            "findings": [finding.to_json() for finding in self.findings],
            "details": dict(self.details),
        }


def _sent(facts: Sequence[Fact]) -> list[tuple[str, str]]:
    return [("SNI sent", _or_none(fact.server_name)) for fact in facts if isinstance(fact, ClientHelloSeen)][:1]


def _or_none(value: object) -> str:
    return "none" if value is None else printable(str(value))


def _where(endpoint: Endpoint, ws: WebSocket, proxy: Proxy | None) -> list[tuple[str, str]]:
    host = ("host", f"{endpoint.host} (Host header {endpoint.host_header})")
    if proxy is not None:
        asked = ("asked for", f"{endpoint.dial_place}, which the proxy resolves and dials")
        return [("proxy", f"{proxy.authority} (from {proxy.origin})"), asked, host]
    remote = ws.remote_address
    dialled = f"{remote[0]} port {remote[1]}" if isinstance(remote, tuple) else str(remote)
    if endpoint.address != str(endpoint.host):
        dialled += f" (address={endpoint.address})"
    return [("dialled", dialled), host]


def _tls_details(tls: EngineInfo, seen: Sequence[Fact]) -> list[tuple[str, str]]:
    rows = [
        ("SNI sent", f"{_or_none(tls.server_name)} (read back from the wire)"),
        ("verified", next(_extent(fact) for fact in seen if isinstance(fact, TlsSettingsUsed))),
        ("TLS", f"{tls.version}, {tls.cipher}{', resumed' if tls.resumed else ''}"),
        ("ALPN", _or_none(tls.alpn)),
        ("library", tls.backend),
    ]
    leaf = next((fact for fact in seen if isinstance(fact, CertificateSeen)), None)
    if leaf is not None and leaf.not_after is not None:
        names = ", ".join((*leaf.dns_names, *leaf.ip_addresses)) or leaf.subject or ""
        until = datetime.datetime.fromisoformat(leaf.not_after)
        days = (until - datetime.datetime.now(datetime.UTC)).days
        rows.insert(1, ("certificate", printable(names, 120)))
        rows.insert(2, ("valid until", f"{until:%Y-%m-%d} ({days} days)"))
        rows.insert(3, ("issued by", printable(leaf.issuer or "", 120)))
    return rows


def _extent(used: TlsSettingsUsed) -> str:
    """Return the verified parts of the certificate, and the parts that a flag left out."""
    if used.pins:
        return "a pinned key or certificate"
    return {"full": "chain and name", "chain": "the chain; NOT the name"}.get(used.verify, "NOTHING")


def _upgrade_details(ws: WebSocket) -> list[tuple[str, str]]:
    assert ws.response is not None, "the connection is open"
    extensions = ", ".join(ws.response.headers.all("Sec-WebSocket-Extensions")) or "none"
    subprotocol = "none" if ws.subprotocol is None else format_subprotocols(ws.subprotocol)
    ping = "no answer" if not ws.latency else "answered"
    return [("subprotocol", subprotocol), ("extensions", printable(extensions)), ("ping", ping)]


def success_text(report: Report, *, color: bool) -> str:
    """Return the block for a connection that works, or for the part of a check before Ctrl-C."""
    mark, number = ("interrupted", 33) if report.interrupted else ("ok", 32)
    mark = f"\x1b[{number}m{mark}\x1b[0m" if color else mark
    wide = max(len(label) for label, _ in report.details)
    lines = [f"{mark}  {report.endpoint.safe_url}"]
    lines += [f"    {label:<{wide}}  {value}" for label, value in report.details]
    for finding in report.findings:
        lines += ["", *_fold(f"note[{finding.cause}]: ", finding.summary), f"  sure  {finding.confidence}"]
        lines += _fold("  fix   ", finding.fix)
    return "\n".join(lines)


def _fold(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=label, subsequent_indent=" " * 8, break_on_hyphens=False)


def compare_text(reports: Sequence[Report]) -> str:
    """Return a table of the backends; rows that differ are marked."""
    labels = list(dict.fromkeys(label for report in reports for label, _ in report.details))
    columns = [dict(report.details) for report in reports]
    heads = [report.backend or "none" for report in reports]
    rows = [("", *heads)]
    for label in labels:
        values = [column.get(label, "-") for column in columns]
        rows.append((f"{'*' if len(set(values)) > 1 else ' '} {label}", *values))
    total = [f"{sum(phase.ms for phase in report.phases):.1f}" for report in reports]
    rows.append(("  ms in all", *total))
    widths = [min(44, max(len(row[index]) for row in rows)) for index in range(len(rows[0]))]
    text = ["  ".join(cell[:wide].ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*text, "", "* these rows differ between the libraries"])
