"""`wssure diff A B`: compare two ClientHellos side by side, with the differences marked."""

import argparse
from pathlib import Path
from typing import Final

from wssure.errors import usage_error
from wssure.name import mask_secrets
from wssure.text import printable
from wssure.tools.cli import output
from wssure.tools.cli.hellosource import read_source
from wssure.tools.draw.sidebyside import differences_json, side_by_side
from wssure.wire.decode import DecodeError
from wssure.wire.hello import ClientHello, find_client_hello

_TITLE: Final = 32
EXAMPLES: Final = """examples:
  wssure diff good.bin bad.bin
  wssure diff good.bin 16030100f5010000f10303...
  wssure diff good.bin - < dump.txt
  wssure diff good.bin bad.bin --json | jq '.differences[].what'

values that differ in every connection (random, keys, tickets, GREASE) are ignored
exit codes: 0 equal, 1 different, 2 an input is not a ClientHello
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    parser.add_argument("a", metavar="A", help="the first ClientHello: a file, - or hex")
    parser.add_argument("b", metavar="B", help="the second ClientHello: a file, - or hex")
    output.add_output_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    if args.a == "-" and args.b == "-":
        raise usage_error("source", "both hellos are to be read from standard input", "give a file for one of them")
    left, right = _hello(args.a), _hello(args.b)
    differences = differences_json(left, right)
    if args.json:
        output.emit_json({"same": not differences, "differences": differences})
    else:
        titles = (_title(args.a), _title(args.b))
        color = output.use_color(args.color)
        output.data(side_by_side(left, right, titles=titles, color=color, width=output.width()), color=color)
    return output.FINDING if differences else output.GOOD


def _hello(word: str) -> ClientHello:
    try:
        return find_client_hello(read_source(word))
    except DecodeError as error:
        raise usage_error(
            "source",
            f"{mask_secrets(word, 60)} holds no ClientHello: {error}",
            "give the first bytes that a client sent on a TLS port; wssure hello says more",
        ) from error


def _title(word: str) -> str:
    """Return the title of a column: the end of the file name, the part in which similar names differ."""
    name = printable(Path(word).name)
    return name if len(name) <= _TITLE else f"…{name[1 - _TITLE :]}"
