"""The knobs both ends share, checked once, before any I/O."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any, Final, TypedDict, TypeVar

from wssure.errors import UsageError, usage_error, wrong_type, wrong_value
from wssure.frozen import frozen
from wssure.protocol.connection import Connection
from wssure.protocol.state import Role
from wssure.text import printable
from wssure.wire.deflate import DeflateParams
from wssure.wire.http_message import HttpLimits

PHASES: Final = ("resolve", "dial", "proxy", "tls", "upgrade")
# A server's steps, and the limits that hold unless they are given.
SERVER_LIMITS: Final[Mapping[str, float | None]] = {"first_byte": 5.0, "stall": 2.0, "tls": None, "upgrade": None}

_Function = TypeVar("_Function", bound=Callable[..., Any])
# Stands in a docstring for all fields of `Options`.
_OPTIONS_LINE: Final = "    options: The fields of `Options`."

# Keywords of other libraries, and their names here.
_ADVICE: Final = {
    "host": (
        "in websockets host= is the TCP address; here the name to prove stands in the URL",
        "write address= for where to dial, and put the name into the URL",
    ),
    "server_hostname": (
        "the name to prove stands in the URL, and SNI, Host header and certificate check all follow it",
        'write connect("wss://NAME/", address=...) with the name in the URL',
    ),
    "ssl": ("TLS is set up with tls= here", "write tls=TLSSettings(...) or tls=your_ssl_context"),
    "ssl_context": ("TLS is set up with tls= here", "write tls=TLSSettings(...) or tls=your_ssl_context"),
    "sslopt": ("TLS is set up with tls= here", "write tls=TLSSettings(...)"),
    "port": (
        "the port belongs to the URL",
        "write it into the URL, or address_port= where another port is to be dialled",
    ),
    "extra_headers": ("the keyword is additional_headers= here", "write additional_headers=..."),
    "header": ("the keyword is additional_headers= here", "write additional_headers=..."),
    "timeout": ("there is a limit for each step", "write open_timeout=, close_timeout= or ping_timeout="),
    "extensions": ("permessage-deflate is the only extension", 'write compression="deflate" or compression=None'),
    "read_limit": ("how much is read ahead follows max_queue=", "write max_queue="),
}
_SERVE_ADVICE: Final = {
    "host": ("address= is where to listen", "write address="),
    "ssl": ("TLS is set up with sites= here", "write sites=[Site(names, cert, key)] or tls=your_ssl_context"),
    "process_response": ("responses cannot be changed after the handshake", "answer in process_request="),
    "extra_headers": ("headers are added by process_request=", "return a Response from process_request="),
}


def refuse_unknown(function: str, unknown: Iterable[str]) -> None:
    """Refuse keywords that do not exist; suggest the right one if it is known.

    Raises:
        UsageError: There is one.
    """
    for name in unknown:
        advice = (_SERVE_ADVICE if function == "serve" else {}).get(name) or _ADVICE.get(name)
        shown = printable(str(name), 60)
        why, fix = advice or ("there is no such keyword", f"leave {shown}= out")
        raise usage_error(name if name.isidentifier() else "keyword", f"{function} got {shown}=, but {why}", fix)


def check_seconds(name: str, value: object) -> float | None:
    """Return a limit in seconds; None is none.

    Raises:
        UsageError: It is no number, or not above zero.
    """
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value > 0:
        raise wrong_value(name, value, "seconds above 0, or None", f"correct {name}")
    return float(value)


def optional_count(name: str, value: object, least: int = 1) -> int | None:
    """Return a number of things; None is no limit.

    Raises:
        UsageError: It is none.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise wrong_value(name, value, f"a number from {least}, or None", f"correct {name}")
    return value


def required_count(name: str, value: object, least: int = 1) -> int:
    """Return a number that has to be given.

    Raises:
        UsageError: It is none.
    """
    count = optional_count(name, value, least)
    if count is None:
        raise usage_error(name, f"{name} got None, expected a number from {least}", f"give {name} a number")
    return count


def phase_limits(timeouts: Mapping[str, float | None] | None, phases: Collection[str] = PHASES) -> dict[str, float]:
    """Return the limits of single phases.

    Args:
        timeouts: As given; a limit of None is no limit.
        phases: Those that exist.

    Raises:
        UsageError: A phase does not exist, or its limit is no number of seconds.
    """
    limits = {}
    for name, value in (timeouts or {}).items():
        if name not in phases:
            raise usage_error(
                "timeouts",
                f"timeouts got the phase {printable(repr(name))}, expected {', '.join(phases)}",
                'write timeouts={"tls": 3}',
            )
        seconds = check_seconds("timeouts", value)
        if seconds is not None:
            limits[name] = seconds
    return limits


Logger = logging.Logger | logging.LoggerAdapter[Any]


class Keywords(TypedDict, total=False):
    """The types of the keywords that `connect` and `serve` share; `Options` describes their meaning."""

    compression: str | None
    open_timeout: float | None
    timeouts: Mapping[str, float | None] | None
    ping_interval: float | None
    ping_timeout: float | None
    close_timeout: float | None
    max_size: int | None
    max_queue: int | None
    write_limit: int
    broadcast_limit: int | None
    max_fragments: int | None
    http_limits: HttpLimits | None
    logger: Logger | None


@frozen
class Options:
    """The keywords that `connect` and `serve` share, checked.

    Args:
        compression: `deflate` agrees on permessage-deflate if the peer does; None never does.
        open_timeout: Seconds for everything up to one open connection; None is no limit.
        timeouts: Seconds for single steps: `resolve`, `dial`, `proxy`, `tls`, `upgrade`. A server has `tls`, `upgrade`, and
            `first_byte` (5), in which a client has to send its first byte; `stall` (2) is explained at `max_handshakes`.
            None is no limit.
        ping_interval: Seconds between keepalive pings; None sends none.
        ping_timeout: Seconds that a pong may take; None waits for ever.
        close_timeout: Seconds that the peer may take to answer our Close; None waits for ever.
        max_size: Most bytes of one received message, inflated; None is no limit.
        max_queue: Messages that no task has taken yet before reading stops and the peer has to wait; None is no limit.
        write_limit: Bytes that wait for the socket before `send` waits.
        broadcast_limit: Bytes that wait for the socket before `broadcast` closes a connection as too slow; None never does.
        max_fragments: Most fragments of one received message, and most final blocks (RFC 1951) of a compressed one;
            None is no limit.
        http_limits: Most bytes of a line, header lines and bytes of the head of the peer's HTTP message (a proxy's, too), and
            bytes kept of a refusal's body; None is 8 KiB, 128, 64 KiB and 64 KiB.
        logger: Instead of the logger `wssure.client` or `wssure.server`.
    """

    compression: str | None = "deflate"
    open_timeout: float | None = 10
    timeouts: Mapping[str, float | None] | None = None
    ping_interval: float | None = 20
    ping_timeout: float | None = 20
    close_timeout: float | None = 10
    max_size: int | None = 2**20
    max_queue: int | None = 16
    write_limit: int = 32768
    broadcast_limit: int | None = 2**24
    max_fragments: int | None = 16384
    http_limits: HttpLimits | None = None
    logger: Logger | None = None

    @classmethod
    def of(cls, function: str, keywords: Keywords) -> Options:
        """Return the options that a caller of `function` gave.

        Raises:
            UsageError: A keyword does not exist, or its value is none.
        """
        refuse_unknown(function, keywords.keys() - Keywords.__annotations__.keys())
        return cls(**keywords)

    def __post_init__(self) -> None:
        if self.compression not in ("deflate", None):
            raise wrong_value(
                "compression", self.compression, '"deflate" or None', 'write compression="deflate" or compression=None'
            )
        for name in ("open_timeout", "ping_interval", "ping_timeout", "close_timeout"):
            check_seconds(name, getattr(self, name))
        for name in ("max_size", "max_queue", "max_fragments", "broadcast_limit"):
            optional_count(name, getattr(self, name))
        required_count("write_limit", self.write_limit, 0)
        limits = self.http_limits
        if limits is None:
            return
        if not isinstance(limits, HttpLimits):
            raise wrong_value("http_limits", limits, "HttpLimits", "write http_limits=HttpLimits(...)")
        for name in HttpLimits.__annotations__:
            required_count("http_limits", getattr(limits, name))

    def connection(
        self, role: Role, deflate: DeflateParams | None, mask_key: Callable[[], bytes] | None = None
    ) -> Connection:
        """Return the state of a connection that is open now.

        Args:
            role: Our side.
            deflate: The negotiated compression; None if messages are not compressed.
            mask_key: Gives masking keys for a client's frames.
        """
        return Connection(
            role,
            mask_key=mask_key,
            max_size=self.max_size,
            max_fragments=self.max_fragments,
            deflate=deflate,
            deliver_fragments=True,
            hold_violations=True,
        )


def check_callable(name: str, value: object) -> None:
    """Refuse a hook that cannot be called.

    Raises:
        UsageError: It is no callable.
    """
    if value is not None and not callable(value):
        raise wrong_type(name, value, "a function", f"pass {name} a function")


def unsupported_loop(error: BaseException) -> UsageError:
    """Return the error of an event loop that cannot watch sockets (asyncio's proactor on Windows)."""
    return usage_error(
        "loop",
        f"the running event loop cannot watch sockets ({type(error).__name__})",
        "use asyncio's selector loop: asyncio.Runner(loop_factory=asyncio.SelectorEventLoop).run(main()), or uvloop",
    )


def document_options(function: _Function) -> _Function:
    """Show the fields of `Options` in the signature and the docstring of a function that takes them as `**options`."""
    signature = inspect.signature(function)
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    shared = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(Options)
    ]
    function.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
    if function.__doc__ is not None and Options.__doc__ is not None:
        # Python 3.13 takes the indentation out of docstrings.
        documented = inspect.cleandoc(Options.__doc__).partition("Args:\n")[2]
        before, mark, after = inspect.cleandoc(function.__doc__).partition(_OPTIONS_LINE)
        function.__doc__ = before + (documented if mark else "") + after
    return function
