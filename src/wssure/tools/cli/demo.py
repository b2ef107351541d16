"""`wssure demo`: show the libwebsockets SNI incident, two further mistakes with names, then healthy connections."""

from __future__ import annotations

import argparse
import asyncio
import logging

from wssure.tools.cli import output
from wssure.tools.cli.demo_healthy import show_healthy
from wssure.tools.cli.demo_incident import show_incident
from wssure.tools.cli.demo_mistakes import show_mistakes


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    output.add_output_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Run the demonstration; nothing is sent outside this machine."""
    # The logs of the embedded servers would appear between the screens.
    logging.getLogger("wssure.server").setLevel(logging.CRITICAL)
    return asyncio.run(_demo(args))


async def _demo(args: argparse.Namespace) -> int:
    color = output.use_color(args.color)
    say = _Quiet() if args.json else _Say(color)
    incident = await show_incident(say)
    mistakes = await show_mistakes(say)
    healthy = await show_healthy(say)
    ok = all(entry["ok"] for entry in healthy)
    if args.json:
        output.emit_json({"ok": ok, "incident": incident, "mistakes": mistakes, "healthy": healthy})
    else:
        say.title("Next")
        say.line("wssure check wss://YOUR.SERVER/      is it well? if not: why, and what to do")
        say.line("wssure hello --listen 8443           point your board at it: which server_name does it send?")
        say.line("wssure explain tls.sni-missing       the whole page")
        say.line("wssure lint path/to/client.c         the mistake, found in the C code")
    return output.GOOD if ok else output.FINDING


class _Say:
    """Prints the screens of the demonstration.

    Args:
        color: Use ANSI colours.
    """

    def __init__(self, color: bool) -> None:
        self.color = color

    def title(self, text: str) -> None:
        """Print a headline after an empty line."""
        bar = "─" * max(0, 96 - len(text))
        output.data(f"\n\x1b[1m── {text} {bar}\x1b[0m\n" if self.color else f"\n── {text} {bar}\n", color=self.color)

    def line(self, text: str = "") -> None:
        """Print one or more lines, indented."""
        for part in text.splitlines() or [""]:
            output.data(f"  {part}".rstrip(), color=self.color)


class _Quiet(_Say):
    """Prints nothing: the JSON object has the complete result."""

    def __init__(self) -> None:
        super().__init__(color=False)

    def title(self, text: str) -> None:
        """Print nothing."""

    def line(self, text: str = "") -> None:
        """Print nothing."""
