"""`wssure hello`: decode a ClientHello from a file, hex text or a live client; identify its sender and its defect."""

import argparse
import asyncio
import re
import textwrap
from collections.abc import Sequence
from typing import Final

from wssure.diagnose import conclude, render
from wssure.errors import usage_error
from wssure.evidence import Failure, Stage
from wssure.facts import NotTlsSeen
from wssure.fixes import Reader
from wssure.frozen import frozen
from wssure.text import printable
from wssure.tools.cli import output
from wssure.tools.cli.hellosource import read_source
from wssure.tools.draw.helloview import hello_json, hello_lines
from wssure.tools.stacks.clients import Guess, identify
from wssure.tools.stacks.hello import LIBRARIES, contradiction, explain_hello
from wssure.tools.stacks.table import programs
from wssure.wire.decode import DecodeError
from wssure.wire.fingerprint import ja3, ja4
from wssure.wire.hello import ClientHello, find_client_hello

EXAMPLES: Final = """examples:
  wssure hello capture.bin                    decode raw bytes, or a text dump: xxd, hexdump, od, Wireshark, a C array
  wssure hello 16030100f5010000f10303...      decode bytes as hex, with or without colons and spaces
  openssl s_client -msg ... | wssure hello -  decode -msg or -debug output
  wssure hello --listen 8443                  show the server_name of a client that connects to it
  wssure hello --listen 8443 --count 1 --json | jq .server_name

exit codes: 0 nothing at or above --fail-on, 1 such a finding, 2 at least one input was not a ClientHello (1 with --listen)
"""
_HEX_WORD = re.compile(r"[0-9A-Fa-f:]+\Z")
_FIRST_BYTES: Final = 64


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    parser.add_argument("source", nargs="*", metavar="FILE|-|HEX", help="the first bytes from a client")
    listen = parser.add_argument_group("listening")
    listen.add_argument("--listen", type=_port, metavar="PORT", help="listen on this TCP port (0: a free one)")
    listen.add_argument("--listen-address", metavar="ADDR", help="listen on this address (default: all)")
    listen.add_argument(
        "--timeout",
        type=_seconds,
        metavar="S",
        help="stop after S seconds; exit code 1 if no client came (default: wait)",
    )
    listen.add_argument("--count", type=_count, metavar="N", help="stop after N clients (default: at Ctrl-C)")
    listen.add_argument("--close", action="store_true", help="close at once instead of sending the alert user_canceled")
    sender = parser.add_argument_group("the client", "makes the explanation more precise")
    sender.add_argument("--tls", choices=tuple(LIBRARIES), help="the TLS library of the client")
    sender.add_argument("--lws", metavar="VERSION", help="the version of libwebsockets in the client")
    sender.add_argument("--stack", metavar="PROGRAM", help="the program: esp-idf, mongoose, ixwebsocket, ...")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning"),
        default="error",
        help="exit with 1 from this severity on (default: error); a hello without a name is a warning",
    )
    output.add_output_flags(parser)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"port got {text!a}, expected 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"count got {text!a}, expected 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"timeout got {text!a}, expected seconds above 0")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Decode the input, or listen."""
    if args.stack is not None and args.stack not in programs():
        raise usage_error("stack", f"--stack got {args.stack!a}", f"give one of {' '.join(programs())}")
    if args.listen is not None and args.source:
        raise usage_error("source", "--listen came together with bytes to decode", "give one of the two")
    if args.listen is not None:
        return _listen(args)
    if args.count is not None or args.listen_address is not None or args.close or args.timeout is not None:
        raise usage_error("listen", "a flag for listening came without --listen", "add --listen PORT")
    if not args.source:
        raise usage_error("source", "nothing to decode was given", "give a file, - or hex; or --listen PORT")
    return max(_show(args, _examine(args, read_source(word)), word) for word in _words(args.source))


def _words(source: Sequence[str]) -> list[str]:
    """Join words of hex digits: the shell splits unquoted bytes."""
    if len(source) > 1 and all(_HEX_WORD.match(word) for word in source):
        return [" ".join(source)]
    return list(source)


@frozen
class Finding:
    """The analysis of a client's first bytes.

    Args:
        data: The bytes.
        hello: The ClientHello; None if the bytes are not one.
        error: The decoding error; None if the bytes are a ClientHello.
        guesses: The possible senders, most likely first.
        failure: The defect of the hello; None if there is none.
        remark: The contradiction between the bytes and the client that the user stated; "" if they do not.
    """

    data: bytes
    hello: ClientHello | None
    error: DecodeError | None
    guesses: tuple[Guess, ...]
    failure: Failure | None
    remark: str = ""

    @property
    def severity(self) -> str | None:
        """`error`, or `warning` for a hello without a name: it is right if an IP address was dialled; None for no defect."""
        if self.failure is None:
            return None
        missing = self.hello is not None and self.hello.server_name is None
        return "warning" if missing else "error"

    def to_json(self) -> dict[str, object]:
        """Return the JSON object, without `schema`."""
        if self.hello is None:
            return {"error": self._error_text(), "offset": self.error.offset if self.error else 0}
        return {
            **hello_json(self.hello),
            "ja3": ja3(self.hello),
            "ja4": ja4(self.hello),
            "clients": [guess.to_json() for guess in self.guesses],
            "remark": self.remark or None,
            "severity": self.severity,
            "failure": None if self.failure is None else self.failure.to_json(Reader.FLAGS),
        }

    def _error_text(self) -> str:
        if self.failure is not None:
            return f"{self.failure.cause}: {self.failure.summary}"
        return f"{self.error.what} ({self.error.section})" if self.error else ""

    def lines(self, *, color: bool, width: int) -> list[str]:
        """Format the finding as text lines."""
        if self.hello is None and self.failure is None:
            start = printable(self.data[:_FIRST_BYTES].decode("latin-1"))
            return [f"  {self._error_text()}", f"  it begins with  {start}"]
        lines = [] if self.hello is None else hello_lines(self.hello)
        lines += [
            f"  {'sender' if index == 0 else 'or':<14} {_guess_text(guess)}" for index, guess in enumerate(self.guesses)
        ]
        lines += [f"  {'but':<14} {self.remark}"] if self.remark else []
        lines = [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent=" " * 17)]
        if self.failure is not None:
            lines += [
                "",
                render(self.failure, color=color, width=width, reader=Reader.FLAGS, level=self.severity or ""),
            ]
        return lines


def _guess_text(guess: Guess) -> str:
    sure = "most likely" if guess.confidence.value == "likely" else "possibly"
    recorded = (
        () if guess.program or not guess.recorded_from else (f"as recorded from {', '.join(guess.recorded_from)}",)
    )
    return f"{sure} {guess.name}: {', '.join((*guess.why, *recorded))}"


def examine(data: bytes, *, tls: str | None = None, lws: str | None = None, stack: str | None = None) -> Finding:
    """Decode the first bytes of a client, identify the sender and explain a defect.

    Args:
        data: The first bytes from the client.
        tls: Its TLS library, if known.
        lws: Its version of libwebsockets, if known.
        stack: The program that sent it, if known: a key of facts.toml.
    """
    try:
        hello = find_client_hello(data)
    except DecodeError as error:
        return Finding(data, None, error, (), _explain_other(data))
    guesses = identify(hello)
    failure = explain_hello(hello, tls=tls, lws=lws, stack=stack, clients=guesses)
    return Finding(data, hello, None, guesses, failure, contradiction(guesses, tls=tls, lws=lws, stack=stack))


def _explain_other(data: bytes) -> Failure | None:
    """Explain bytes that are not TLS, such as plain HTTP; None if they are unknown."""
    if data[:1] in (b"", b"\x01", b"\x16"):
        return None
    failure = conclude(Stage.TLS, [NotTlsSeen.of(data)], role="server")
    return failure if failure.cause == "ws.to-tls-port" else None


def _examine(args: argparse.Namespace, data: bytes) -> Finding:
    return examine(data, tls=args.tls, lws=args.lws, stack=args.stack)


def _show(args: argparse.Namespace, finding: Finding, origin: str, extra: dict[str, object] | None = None) -> int:
    if args.json:
        output.emit_json({**finding.to_json(), **(extra or {})}, line=True)
    else:
        kind = "no ClientHello" if finding.hello is None else "a ClientHello"
        output.data(f"{printable(origin, 60)}: {kind}")
        color = output.use_color(args.color)
        for line in finding.lines(color=color, width=output.width()):
            output.data(line, color=color)
        output.data("")
    if finding.hello is None:
        return output.USAGE
    return output.FINDING if finding.severity in ("error", args.fail_on) else output.GOOD


def _listen(args: argparse.Namespace) -> int:
    from wssure.tools.probe.hello_listener import FirstFlight, listen_for_hellos, own_addresses

    codes = [output.GOOD]

    def on_flight(first_flight: FirstFlight) -> None:
        finding = _examine(args, first_flight.data)
        # Other bytes from a client are a finding here; in a file they are input that cannot be used.
        codes.append(min(output.FINDING, _show(args, finding, first_flight.peer, {"peer": first_flight.peer})))
        output.flush()  # a pipe is read while this listens

    def listening(address: str, port: int) -> None:
        where = ", ".join(own_addresses() if args.listen_address is None else [address])
        output.words(
            f"listening on port {port} of this machine: let the client dial {where}, with its host unchanged (Ctrl-C ends)"
        )

    work = listen_for_hellos(
        args.listen,
        on_flight,
        address=args.listen_address,
        count=args.count,
        alert=not args.close,
        listening=listening,
    )
    try:
        output.run(asyncio.wait_for(work, args.timeout))
    except TimeoutError:
        if len(codes) == 1:
            output.words(
                f"no client came within {args.timeout:g} s: check its address and port, and this machine's firewall"
            )
            return output.FINDING
    return max(codes)
