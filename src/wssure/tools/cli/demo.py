"""`wssure demo`: show which clients lose the server name; the bytes, further mistakes and healthy connections on request."""

import argparse
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from wssure.tools.cli import output
from wssure.tools.cli.demo_clients import show_clients
from wssure.tools.cli.demo_healthy import show_healthy
from wssure.tools.cli.demo_incident import Screen, show_incident
from wssure.tools.cli.demo_mistakes import show_mistakes

Shown = list[dict[str, object]] | dict[str, object]
SCREENS: Final[dict[str, Callable[[Screen], Awaitable[Shown]]]] = {
    "clients": show_clients,
    "incident": show_incident,
    "mistakes": show_mistakes,
    "healthy": show_healthy,
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    parser.add_argument(
        "screen", nargs="?", choices=tuple(SCREENS), default="clients", help="what to show (default: clients)"
    )
    output.add_output_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Run the demonstration; nothing is sent outside this machine."""
    # The logs of the embedded servers would appear between the lines, and the relaxed check is shown on purpose.
    logger = logging.getLogger("wssure")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with output.progress("running the clients"):
            return output.run(_demo(args))
    finally:
        logger.setLevel(level)


async def _demo(args: argparse.Namespace) -> int:
    say = _Quiet() if args.json else _Say(output.use_color(args.color))
    wanted = tuple(SCREENS) if args.json else (args.screen,)
    shown = {name: await SCREENS[name](say) for name in wanted}
    ok = all(entry["ok"] for entry in shown.get("healthy", ()) if isinstance(entry, dict))
    if args.json:
        output.emit_json({"ok": ok, **shown})
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
        bar = "─" * max(0, 76 - len(text))
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
