"""`wssure check URL`: connect once, show parameters and timings, or explain the failure."""

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from wssure.aio.websocket import WebSocket
from wssure.endpoint import Endpoint
from wssure.errors import UsageError, WssError, usage_error
from wssure.evidence import Failure, Stage
from wssure.facts import Fact
from wssure.fixes import Reader
from wssure.name import mask_secrets
from wssure.proxy import Proxy
from wssure.tools.cli import output
from wssure.tools.cli.after_upgrade import PONG_S, exercise, missing_subprotocol
from wssure.tools.cli.report import Report, compare_text, success_text
from wssure.tools.cli.target import Arguments, add_target_flags, connect_arguments, endpoint_of
from wssure.tools.probe import BUDGET_S
from wssure.tools.probe.finding import Finding

_MOST_BYTES: Final = 2**26
EXAMPLES: Final = """examples:
  wssure check wss://b.example.net/chat
  wssure check wss://b.example.net/ --address 192.0.2.7   connect there, verify b.example.net
  wssure check wss://b.example.net/ --cacert ca.pem --backend all
  wssure check wss://b.example.net/ --proxy http://proxy.example:3128
  wssure check wss://b.example.net/ --json | jq .failure.cause
  wssure check wss://b.example.net/ --deep            find defects that affect other clients
  wssure check wss://b.example.net/ --fetch           fetch a missing issuer, check revocation
  wssure check wss://192.0.2.7/ --svg handshake.svg   draw timings and handshake
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    add_target_flags(parser, every_backend=True)
    output.add_output_flags(parser)
    parser.add_argument("--jsonl", action="store_true", help="print JSON lines: one object per fact, then the result")
    parser.add_argument(
        "--pong-timeout",
        metavar="S",
        type=float,
        default=PONG_S,
        help=f"seconds to wait for the pong after the upgrade, and for the answer to our Close (default {PONG_S:g})",
    )
    parser.add_argument("--save", metavar="FILE", help="also write the JSON object to FILE")
    parser.add_argument(
        "--ladder",
        action="store_true",
        help="draw the handshake and its missing messages (default: after a TLS failure)",
    )
    parser.add_argument("--svg", metavar="FILE", help="also write timings and handshake to FILE as SVG")
    further = parser.add_argument_group("experiments")
    further.add_argument(
        "--no-probe",
        action="store_true",
        help="after a failure, do not repeat the connection with one parameter changed",
    )
    further.add_argument(
        "--probe-budget",
        metavar="S",
        type=float,
        help=f"seconds for all experiments (default {BUDGET_S:g})",
    )
    further.add_argument(
        "--deep",
        action="store_true",
        help="if the endpoint works: find defects that affect other clients, with up to twelve connections",
    )
    further.add_argument(
        "--fetch",
        action="store_true",
        help="fetch the issuer's certificate if the server does not send it (AIA), and check revocation (OCSP); uses plain "
        "http and public addresses only, with up to four fetches; needs the package cryptography",
    )


def run(args: argparse.Namespace) -> int:
    """Check the endpoint and print the result."""
    with output.progress(f"checking {mask_secrets(args.url)}"):
        reports = output.run(_check_all(args))
    value = _as_json(reports, every=args.backend == "all")
    if args.save:
        _write(Path(args.save), json.dumps({"schema": 1, **value}, indent=2) + "\n", "--save")
    if args.svg:
        _write_pictures(reports, args.svg)
    if args.json:
        output.emit_json(value)
    elif args.jsonl:
        _emit_lines(reports, value)
    else:
        _print(reports, args)
    if any(report.interrupted for report in reports):
        return output.INTERRUPTED
    return output.GOOD if value["ok"] else output.FINDING


async def _check_all(args: argparse.Namespace) -> list[Report]:
    """Check with each requested backend in turn, so that they do not affect each other's timings."""
    from wssure.tls import backends

    _check_flags(args)
    endpoint, arguments = endpoint_of(args), connect_arguments(args)
    budget_s = None if args.no_probe else args.probe_budget or BUDGET_S
    names = backends.available() if args.backend == "all" else (args.backend,)
    if args.backend == "all" and not endpoint.secure:
        output.words("--backend all: a ws:// URL has no TLS, so there is nothing to compare: checked once")
        names = (None,)
    each: list[Arguments] = [{**arguments, "backend": name} for name in names]
    reports: list[Report] = []
    for choice in each:
        reports.append(
            await check_once(
                endpoint, choice, probe_s=budget_s, deep=args.deep, fetch=args.fetch, pong_timeout_s=args.pong_timeout
            )
        )
        if reports[-1].interrupted:
            break
    return reports


def _check_flags(args: argparse.Namespace) -> None:
    """Refuse wrong flags, and flags without an effect because of another flag."""
    budget = args.probe_budget
    if budget is not None and not 0 < budget < float("inf"):
        raise usage_error("probe_budget", "--probe-budget got no time above 0", "give it seconds, such as 3")
    if budget is not None and args.no_probe:
        raise usage_error("probe_budget", "--probe-budget came with --no-probe", "leave one of them out")
    if not 0 < args.pong_timeout < float("inf"):
        raise usage_error("pong_timeout", "--pong-timeout got no time above 0", "give it seconds, such as 3")
    if args.json and args.jsonl:
        raise usage_error("json", "--json came with --jsonl", "give one of them")
    if args.ladder and (args.json or args.jsonl):
        raise usage_error("ladder", "--ladder draws text, and JSON has none", "leave it out, or write --svg FILE")
    if args.fetch:
        _check_fetch(args)


def _check_fetch(args: argparse.Namespace) -> None:
    """Refuse `--fetch` if it has no effect."""
    from wssure.tools.probe.fetch import need_library

    if args.no_probe:
        raise usage_error("fetch", "--fetch got --no-probe beside it, which forbids it", "leave one of them out")
    if not Endpoint.parse(args.url).secure:
        raise usage_error("fetch", "--fetch came with a ws:// URL, which has no certificate", "leave --fetch out")
    need_library()


async def check_once(
    endpoint: Endpoint,
    arguments: Arguments,
    *,
    probe_s: float | None = None,
    deep: bool = False,
    fetch: bool = False,
    pong_timeout_s: float = PONG_S,
) -> Report:
    """Connect once, exchange a ping and a pong, and close again.

    Args:
        endpoint: The endpoint.
        arguments: The keyword arguments of `wssure.connect`.
        probe_s: Seconds for experiments after a failure; None for none.
        deep: If the endpoint works, find defects that affect other clients.
        fetch: Fetch the issuer and the revocation status named in the certificate.
        pong_timeout_s: Seconds for the pong, and again for the answer to our Close.

    Raises:
        UsageError: The arguments were wrong; nothing was sent.
    """
    from wssure import connect
    from wssure.aio.tunnel import choose_proxy

    proxy = choose_proxy(endpoint, arguments.get("proxy", True))
    try:
        # A large first message is not a fault of the endpoint: it is dropped, with any size.
        ws = await connect(endpoint, **arguments, max_size=_MOST_BYTES, close_timeout=pong_timeout_s)
    except UsageError:
        raise
    except WssError as error:
        backend, failure = arguments.get("backend"), error.failure
        assert failure is not None, "an error of a connection attempt always carries its failure"
        try:
            return Report.failed(endpoint, backend, error, await _examine(error, failure, probe_s, fetch=fetch))
        except asyncio.CancelledError:
            return replace(Report.failed(endpoint, backend, error, failure), interrupted=True)
    except asyncio.CancelledError as cancelled:
        return Report.cut_off(endpoint, arguments.get("backend"), cancelled)
    seen = ws.facts()
    findings: list[Finding] = []
    fetched: Sequence[Fact] = ()
    try:
        broken, findings = await exercise(ws, pong_timeout_s)
        broken = broken or missing_subprotocol(ws, seen)
        if broken is not None:
            return Report.succeeded(endpoint, ws, seen, findings, proxy=proxy).broken(broken)
        if deep:
            findings += await _look_deeper(endpoint, arguments, ws, proxy)
        if fetch and ws.tls is not None:
            fetched, revoked = await _ask_revocation(arguments, ws.tls.peer_chain, probe_s or BUDGET_S)
            findings += revoked
    except asyncio.CancelledError:
        ws.abort()
        return replace(Report.succeeded(endpoint, ws, seen, findings, fetched, proxy), interrupted=True)
    return Report.succeeded(endpoint, ws, seen, findings, fetched, proxy)


async def _examine(error: WssError, failure: Failure, probe_s: float | None, *, fetch: bool) -> Failure:
    """Return the failure, after experiments if they are enabled and useful."""
    target = getattr(error, "target", None)
    if probe_s is None or target is None:
        return failure
    from wssure.tools.probe.run import prepare

    examination = await prepare(failure, target, fetch=fetch)
    if examination is None:
        return failure
    output.words(
        f"experiments: at most {examination.connections} connections to {examination.destination} within {probe_s:g} s"
        + (f", and {examination.fetches} fetches of what its certificate names" if examination.fetches else "")
        + ("" if fetch else " (--no-probe leaves them out)")
    )
    return await examination.run(probe_s)


async def _look_deeper(endpoint: Endpoint, arguments: Arguments, ws: WebSocket, proxy: Proxy | None) -> list[Finding]:
    """Find defects of a working endpoint that affect other clients."""
    from wssure.aio.client_tls import ClientTls
    from wssure.aio.dial import address_text
    from wssure.aio.target import Target
    from wssure.tools.probe.deep import BUDGET_S, Healthy, look_deeper

    assert ws.response is not None, "the connection is open"
    client_tls = ClientTls.client(arguments.get("tls"), arguments["backend"], ws.logger) if endpoint.secure else None
    remote = ws.remote_address
    assert isinstance(remote, tuple), "check dials an address and a port"
    remote_text = address_text(socket.AF_INET6 if ":" in remote[0] else socket.AF_INET, remote)
    output.words(f"looking deeper: at most 12 connections to {remote_text} within {BUDGET_S:g} s")
    chain = ws.tls.peer_chain if ws.tls is not None else ()
    healthy = Healthy(
        Target.of(endpoint, client_tls, ws.request, proxy), remote_text, chain, ws.response.headers.get("Date")
    )
    findings, complete = await look_deeper(healthy, budget_s=BUDGET_S)
    if not complete:
        output.words("looking deeper: not everything was looked at: the time was over, or the name no longer resolved")
    return findings


async def _ask_revocation(
    arguments: Arguments, chain: tuple[bytes, ...], budget_s: float
) -> tuple[Sequence[Fact], Sequence[Finding]]:
    """Query the revocation status of a working endpoint's certificate; return facts and findings."""
    from wssure.tools.probe.published import revocation_of

    output.words(f"fetching: what the certificate names for revocation, within {budget_s:g} s")
    fetched, findings = await revocation_of(chain, arguments["tls"].ca, budget_s)
    if not fetched:
        output.words(
            "fetching: nothing was asked: the certificate names no such service, or leads to no trust anchor here"
        )
    return fetched, findings


def _as_json(reports: list[Report], *, every: bool) -> dict[str, object]:
    if not every:
        return reports[0].to_json()
    return {"ok": all(report.ok for report in reports), "results": [report.to_json() for report in reports]}


def _emit_lines(reports: list[Report], value: dict[str, object]) -> None:
    for report in reports:
        for fact in report.facts:
            output.emit_json({"event": "fact", "backend": report.backend, **fact.to_json()}, line=True)
    output.emit_json({"event": "result", **value}, line=True)


def _print(reports: list[Report], args: argparse.Namespace) -> None:
    from wssure.diagnose import render
    from wssure.tools.draw.ladder import ladder
    from wssure.tools.draw.waterfall import waterfall

    color = output.use_color(args.color)
    for report in reports:
        if report.failure is not None:
            output.data(render(report.failure, color=color, width=output.width(), reader=Reader.FLAGS), color=color)
        else:
            output.data(success_text(report, color=color), color=color)
        in_tls = report.interrupted or (report.failure is not None and report.failure.stage is Stage.TLS)
        for picture in (
            waterfall(report.phases, width=output.width()),
            ladder(report.facts, width=output.width()) if args.ladder or in_tls else "",
        ):
            if picture:
                output.data(f"\n{picture}")
        output.data("")
    if len(reports) > 1:
        output.data(compare_text(reports))
        _print_hellos(reports, color)
    elif reports[0].ok and sys.stdout.isatty():
        output.words("  next  the same with --backend all")


def _print_hellos(reports: list[Report], color: bool) -> None:
    """Print the ClientHello of each library beside that of the first one."""
    from wssure.tools.draw.sidebyside import side_by_side

    sent = [(report.backend or "none", report.hello) for report in reports if report.hello is not None]
    for title, hello in sent[1:]:
        first_title, first = sent[0]
        output.data(f"\nClientHellos of {first_title} and {title}:\n")
        output.data(
            side_by_side(first, hello, titles=(first_title, title), color=color, width=output.width()), color=color
        )


def _write_pictures(reports: list[Report], path: str) -> None:
    """Write an SVG; for several backends one file each, with the name before the suffix."""
    from wssure.tools.draw.svg import svg

    for report in reports:
        file = Path(path)
        if len(reports) > 1:
            name = (report.backend or "none").partition(" ")[0]
            file = file.with_name(f"{file.stem}-{name}{file.suffix}")
        title = report.endpoint.safe_url + ("" if report.failure is None else f"  {report.failure.cause}")
        _write(file, svg(report.phases, report.facts, title=title), "--svg")


def _write(file: Path, text: str, flag: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise usage_error(
            flag.strip("-"),
            f"{flag} {mask_secrets(str(file))} cannot be written: {error.strerror}",
            f"give {flag} a file in a directory that exists and that you may write to",
        ) from error
