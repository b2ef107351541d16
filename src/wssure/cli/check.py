"""`wssure check URL`: connect once, show every parameter and timing, or explain the failure."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from wssure.cli import output
from wssure.cli.report import Report, compare_text, success_text
from wssure.cli.target import add_target_flags, connect_arguments
from wssure.endpoint import Endpoint
from wssure.errors import WssError

__all__ = ["add_parser", "check_once", "run"]

BACKENDS: Final = ("openssl", "mbedtls", "stdlib", "all")
EXAMPLES: Final = """examples:
  wssure check wss://b.example.net/chat
  wssure check wss://b.example.net/ --address 192.0.2.7   dial there, prove b.example.net
  wssure check wss://b.example.net/ --cacert ca.pem --backend all
  wssure check wss://b.example.net/ --json | jq .failure.cause
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb's parser."""
    parser = subparsers.add_parser(
        "check",
        help="connect, show every parameter and timing, or explain the failure",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_target_flags(parser, backends=BACKENDS)
    output.add_output_flags(parser)
    parser.add_argument("--jsonl", action="store_true", help="JSON lines: one object per fact, then the result")
    parser.add_argument("--save", metavar="FILE", help="also write the JSON object to FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check the endpoint and print what was found."""
    reports = asyncio.run(_check_all(args))
    value = _as_json(reports, every=args.backend == "all")
    if args.save:
        Path(args.save).write_text(json.dumps({"schema": 1, **value}, indent=2) + "\n", encoding="utf-8")
    if args.json:
        output.emit_json(value)
    elif args.jsonl:
        _emit_lines(reports, value)
    else:
        _print(reports, args)
    return output.GOOD if value["ok"] else output.FINDING


async def _check_all(args: argparse.Namespace) -> list[Report]:
    """Check with each asked backend, one after the other, so that they do not disturb each other's timings."""
    from wssure.tls import backends

    arguments = connect_arguments(args)
    if args.backend != "all":
        return [await check_once(args.url, arguments)]
    return [await check_once(args.url, {**arguments, "backend": name}) for name in backends.available()]


async def check_once(url: str, arguments: dict[str, Any]) -> Report:
    """Connect once and close again.

    Args:
        url: The endpoint.
        arguments: What `wssure.connect` takes.

    Raises:
        UsageError: The arguments were wrong; nothing was sent.
    """
    from wssure import connect
    from wssure.errors import ConnectionClosed, UsageError

    endpoint = Endpoint.parse(url, address=arguments.get("address"), address_port=arguments.get("address_port"))
    try:
        ws = await connect(url, **arguments)
    except UsageError:
        raise
    except WssError as error:
        return Report.failed(endpoint, arguments.get("backend"), error)
    report = Report.succeeded(endpoint, ws)
    try:
        await ws.close()
    except ConnectionClosed:
        # The peer was faster; the check was over before.
        pass
    return report


def _as_json(reports: list[Report], *, every: bool) -> dict[str, Any]:
    if not every:
        return reports[0].to_json()
    return {"ok": all(report.ok for report in reports), "results": [report.to_json() for report in reports]}


def _emit_lines(reports: list[Report], value: dict[str, Any]) -> None:
    for report in reports:
        for fact in report.facts:
            output.emit_json({"event": "fact", "backend": report.backend, **fact.to_json()}, line=True)
    output.emit_json({"event": "result", **value}, line=True)


def _print(reports: list[Report], args: argparse.Namespace) -> None:
    from wssure.diagnose import render, waterfall

    color = output.use_color(args.color)
    for report in reports:
        if report.failure is not None:
            output.data(render(report.failure, color=color, width=output.width()))
        else:
            output.data(success_text(report, color=color))
        if report.phases:
            output.data("")
            output.data(waterfall(report.phases))
        output.data("")
    if len(reports) > 1:
        output.data(compare_text(reports))
    elif reports[0].ok and sys.stdout.isatty():
        output.words(f"  next  wssure check {args.url} --backend all")
