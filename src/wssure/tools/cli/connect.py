"""`wssure connect URL`: send lines from the terminal as text messages, and print messages as lines."""

import argparse
import asyncio
import sys
import threading
from typing import Final

from wssure.aio.websocket import WebSocket
from wssure.errors import UpgradeFailed, usage_error
from wssure.name import safe_url
from wssure.text import printable
from wssure.tools.cli import output
from wssure.tools.cli.after_upgrade import missing_subprotocol
from wssure.tools.cli.target import add_target_flags, connect_arguments, endpoint_of

LINGER_S: Final = 1.0
EXAMPLES: Final = """examples:
  wssure connect wss://b.example.net/chat
  echo hello | wssure connect wss://b.example.net/ --count 1
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    add_target_flags(parser)
    output.add_output_flags(parser)
    parser.add_argument("--count", metavar="N", type=int, help="exit after N messages")
    parser.add_argument(
        "--linger",
        metavar="S",
        type=float,
        help=f"seconds to wait for answers after the last line (default {LINGER_S:g})",
    )
    parser.add_argument(
        "--raw",
        action="store_true",
        help="print messages unchanged, for a program that reads them (default: escape control characters)",
    )


def run(args: argparse.Namespace) -> int:
    """Exchange messages until either side ends."""
    if args.raw and args.json:
        raise usage_error("raw", "--raw came with --json, which escapes every message", "give one of them")
    if args.count is not None and args.count < 1:
        raise usage_error("count", f"--count got {args.count}, expected 1 or more", "write --count 1")
    if args.count is not None and args.linger is not None:
        raise usage_error("linger", "--linger came with --count, which decides when to leave", "give one of them")
    if args.linger is not None and not 0 <= args.linger < 86400:
        raise usage_error("linger", f"--linger got {args.linger}, expected seconds from 0", "write --linger 1")
    return output.run(_talk(args))


async def _talk(args: argparse.Namespace) -> int:
    from wssure import connect

    seen = 0
    async with connect(endpoint_of(args), **connect_arguments(args)) as ws:
        refusal = missing_subprotocol(ws)
        if refusal is not None:
            raise UpgradeFailed(refusal)
        if sys.stdin.isatty():
            output.words(f"connected to {safe_url(args.url)}; a line is a message, Ctrl-D ends")
        linger = LINGER_S if args.linger is None else args.linger
        sender = asyncio.create_task(_send_lines(ws, linger, wait=args.count is not None))
        try:
            seen = await _print_messages(ws, args)
        finally:
            await _stop(sender)
    if args.count is not None and seen < args.count:
        output.words(f"the peer closed with {_closed(ws)} after {seen} of {args.count} messages")
        return output.FINDING
    if sys.stdin.isatty():
        output.words(f"closed: {_closed(ws)}")
    return output.GOOD


async def _stop(sender: asyncio.Task[None]) -> None:
    """Stop the sender; its error has priority over the end of the connection that it caused."""
    sender.cancel()
    (result,) = await asyncio.gather(sender, return_exceptions=True)
    if isinstance(result, Exception):
        raise result


def _closed(ws: WebSocket) -> str:
    return f"{ws.close_code} {printable(ws.close_reason or '')}".rstrip()


async def _print_messages(ws: WebSocket, args: argparse.Namespace) -> int:
    """Print messages and return their number, at most `--count`."""
    seen = 0
    async for message in ws:
        if args.json:
            text = message if isinstance(message, str) else None
            output.emit_json({"text": text, "hex": message.hex() if isinstance(message, bytes) else None}, line=True)
        elif isinstance(message, bytes):
            output.data(f"(binary, {len(message)} bytes) {message[:64].hex()}")
        elif args.raw:
            output.raw(message)
        else:
            output.data(printable(message, len(message)))
        sys.stdout.flush()
        seen += 1
        if args.count is not None and seen >= args.count:
            break
    return seen


async def _send_lines(ws: WebSocket, linger: float, *, wait: bool) -> None:
    """Send each line of stdin. At its end wait for answers and close; with a count, the count ends the connection."""
    from wssure.errors import ConnectionClosed

    lines: asyncio.Queue[str | UnicodeError | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    # A daemon thread, because a read of a terminal cannot be cancelled and must not delay the exit.
    threading.Thread(target=_read_lines, args=(loop, lines), daemon=True).start()
    try:
        while (line := await lines.get()) is not None:
            if isinstance(line, UnicodeError):
                raise line
            await ws.send(line)
        if not wait:
            await asyncio.sleep(linger)
            await ws.close()
    except ConnectionClosed:
        # The reader's loop ends with the same error.
        return
    except UnicodeError as error:
        ws.abort()
        raise usage_error(
            "stdin", "standard input holds a line that is no UTF-8", "send text as UTF-8 (iconv -t UTF-8)"
        ) from error


def _read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | UnicodeError | None]) -> None:
    try:
        loop.call_soon_threadsafe(lines.put_nowait, _each_line(loop, lines))
    except RuntimeError:
        # The loop is closed: the program is exiting.
        return


def _each_line(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | UnicodeError | None]) -> UnicodeError | None:
    """Queue each line of standard input; return the error that ended it, or None at its end."""
    try:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.rstrip("\n"))
    except UnicodeError as error:
        return error
    return None
