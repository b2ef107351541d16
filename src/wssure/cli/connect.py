"""`wssure connect URL`: lines from the terminal go out as text messages, messages come in as lines."""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from typing import Any, Final

from wssure.cli import output
from wssure.cli.target import add_target_flags, connect_arguments
from wssure.endpoint import printable

__all__ = ["add_parser", "run"]

BACKENDS: Final = ("openssl", "mbedtls", "stdlib")
EXAMPLES: Final = """examples:
  wssure connect wss://b.example.net/chat
  echo hello | wssure connect wss://b.example.net/ --count 1
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb's parser."""
    parser = subparsers.add_parser(
        "connect",
        help="talk to a WebSocket server from the terminal",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_target_flags(parser, backends=BACKENDS)
    output.add_output_flags(parser)
    parser.add_argument("--count", metavar="N", type=int, help="leave after N messages")
    parser.add_argument(
        "--linger", metavar="S", type=float, default=1.0, help="seconds to wait for answers after the last line"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Talk until either side ends."""
    return asyncio.run(_talk(args))


async def _talk(args: argparse.Namespace) -> int:
    from wssure import connect

    async with connect(args.url, **connect_arguments(args)) as ws:
        if sys.stdin.isatty():
            output.words(f"connected to {args.url}; a line is a message, Ctrl-D ends")
        sender = asyncio.create_task(_send_lines(ws, args.linger, wait=args.count is not None))
        try:
            await _print_messages(ws, args)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
    code = ws.close_code
    if sys.stdin.isatty():
        output.words(f"closed: {code} {printable(ws.close_reason or '')}".rstrip())
    return output.GOOD


async def _print_messages(ws: Any, args: argparse.Namespace) -> None:
    seen = 0
    async for message in ws:
        if args.json:
            text = message if isinstance(message, str) else None
            output.emit_json({"text": text, "hex": message.hex() if isinstance(message, bytes) else None}, line=True)
        else:
            output.data(message if isinstance(message, str) else f"(binary, {len(message)} bytes) {message[:64].hex()}")
        sys.stdout.flush()
        seen += 1
        if args.count is not None and seen >= args.count:
            return


async def _send_lines(ws: Any, linger: float, *, wait: bool) -> None:
    """Send each line of stdin; at its end close, after answers had time to arrive (or, with a count, leave that to it)."""
    from wssure.errors import ConnectionClosed

    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    # A daemon thread, because a read of a terminal cannot be cancelled and must not hold up the exit.
    threading.Thread(target=_read_lines, args=(loop, lines), daemon=True).start()
    try:
        while (line := await lines.get()) is not None:
            await ws.send(line)
        if not wait:
            await asyncio.sleep(linger)
            await ws.close()
    except ConnectionClosed:
        # The reader's loop ends with the same news.
        return


def _read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    try:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(lines.put_nowait, None)
    except RuntimeError:
        # The loop is closed: the program is leaving.
        return
