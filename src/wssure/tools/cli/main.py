"""The command line: one verb per file, imported only when it is used."""

import argparse
import importlib
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.metadata import version
from typing import ClassVar, Final

from wssure.errors import ListenFailed, UsageError, WssError, usage_error
from wssure.name import mask_secrets
from wssure.text import printable
from wssure.tools.cli import output

# verb -> help text. Each verb is in wssure.tools.cli.VERB (a keyword gets a trailing underscore).
VERBS: Final = {
    "demo": "show the libwebsockets SNI incident and healthy connections, without a network",
    "check": "connect and show parameters and timings, or explain the failure",
    "connect": "talk to a WebSocket server from the terminal",
    "serve": "serve an echo for several TLS sites, selected by SNI",
    "hello": "decode a ClientHello from a file or from a listening port, and show its server_name",
    "diff": "compare two ClientHellos side by side",
    "explain": "show the page of a cause or rule, or the causes of an error text or log",
    "lint": "find mistakes in client code of libwebsockets, ESP-IDF, IXWebSocket and TLS libraries (C, C++)",
    "versions": "show compatible versions of libwebsockets, Mbed TLS and OpenSSL, and those of this machine",
}

_FLAG: Final = re.compile(r"--?[A-Za-z]")
EPILOG: Final = """examples:
  wssure demo                                            show and explain the SNI incident on this machine
  wssure check wss://echo.websocket.org/                 test the endpoint; explain a failure and its fix
  wssure check wss://b.example.net/ --address 10.0.0.1   connect to 10.0.0.1, verify b.example.net
  wssure hello --listen 8443                             show the SNI of a client that connects to it
  wssure diff good.bin bad.bin                           compare two ClientHellos side by side
  wssure explain tls.sni-missing                         show the page of a cause
  wssure serve --echo --site a.test --site b.test        serve two TLS sites with temporary certificates
  wssure help check                                      show the flags of a verb

exit codes: 0 success, 1 a finding or failure, 2 wrong usage or unusable input, 3 an internal error
"""


class Parser(argparse.ArgumentParser):
    """An argument parser with errors in this package's format and with its exit code."""

    arguments: ClassVar[Sequence[str]] = ()
    """The arguments of the command line, for quotation in messages."""

    def format_help(self) -> str:
        """Return the help; it lists the TLS backends that work here, which are loaded only for this."""
        for action in self._actions:
            if action.dest == "backend":
                from wssure.tls.backends import available

                action.help = f"{action.help}; these work here: {', '.join(available())}"
        return super().format_help()

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print the error and the help command, and exit with 2; possible secrets are masked."""
        output.words(f"error[usage.arguments]: {printable(_without_secrets(message, self.arguments), 1000)}")
        output.words(f"  fix   {self.prog} --help")
        raise SystemExit(output.USAGE)


def _without_secrets(message: str, words: Sequence[str]) -> str:
    """Mask the words of the command line in a message of argparse.

    Unrecognized words are only counted: an unquoted header leaves its value among them.
    """
    text, mark, _ = message.partition("unrecognized arguments: ")
    if mark:
        flag_names = {word.partition("=")[0] for word in words if _FLAG.match(word)}
        flags = [flag for word in message[len(text + mark) :].split() if (flag := word.partition("=")[0]) in flag_names]
        return text + mark + (", ".join(flags) or "one or more words that belong to no flag")
    parts = {
        part for word in words for part in (word, word.partition("=")[2]) if mask_secrets(part, len(part) + 2) != part
    }
    for part in sorted(parts, key=len, reverse=True):
        for written in (repr(part)[1:-1], part):
            message = message.replace(written, mask_secrets(part))
    return message


def build_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; only the named verb's module is imported (None imports all, for --help and completion)."""
    parser = Parser(
        prog="wssure",
        description="Check, debug and serve WebSocket over TLS.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wssure {version('wssure')}")
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)
    for name, text in VERBS.items():
        module = importlib.import_module(f"wssure.tools.cli.{name}") if name == verb else None
        epilog = getattr(module, "EXAMPLES", None)
        flags = subparsers.add_parser(
            name, help=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if module is not None:
            module.add_flags(flags)
            flags.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: The words after the program's name; None takes them from the command line.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    Parser.arguments = words
    verb = next((word for word in words if not word.startswith("-")), None)
    if verb is not None and verb not in VERBS:
        raise usage_error("verb", f'there is no verb "{mask_secrets(verb)}"', _suggestion(verb))
    parser = build_parser(verb if verb in VERBS else None)
    parsed = parser.parse_args(words)
    if parsed.verb is None:
        parser.print_help(sys.stderr)
        return output.USAGE
    return int(parsed.run(parsed))


def _suggestion(word: str) -> str:
    """Return the command that was probably meant."""
    if re.match(r"wss?://", word):
        return "to test an endpoint: `wssure check URL`; to talk to it: `wssure connect URL`"
    near = get_close_matches(word, VERBS, 1, 0.5)
    return f"did you mean wssure {near[0]}?" if near else "wssure --help lists the verbs"


def entry() -> None:
    """Run the command line and exit with its exit code."""
    # A stream that the caller has closed is None, and the next socket would get its number.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # open until the exit
    sys.exit(guarded(sys.argv[1:]))


def guarded(arguments: Sequence[str]) -> int:
    """Run `main` and convert every exception to a message and an exit code."""
    try:
        return _flushed(arguments)
    except (UsageError, ListenFailed) as error:
        return output.fail_usage(error, as_json="--json" in arguments)
    except WssError as error:
        return output.fail(error)
    except KeyboardInterrupt:
        return output.INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has exited (| head): this is not an error.
        output.discard_stdout()
        return output.GOOD
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            return output.fail_usage(output.unusable(error), as_json="--json" in arguments)
        return output.report_crash(error)


def _flushed(arguments: Sequence[str]) -> int:
    """Run `main` and write all of its output, so that an error of the output is reported like any other."""
    try:
        return main(arguments)
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else output.USAGE
    finally:
        output.flush()
