"""The guard: no ClientHello leaves this process unless its server_name is exactly the one the endpoint implies.

It stands between every engine and the socket, for every TLS library: some libraries tie SNI to the
verification setting, and the errors of a client without SNI do not point to it.
"""

from typing import Final

from wssure.name import ServerName
from wssure.tls.facts import format_name
from wssure.tls.record_log import Ciphered, LogItem, RecordLog
from wssure.wire.alert import Alert
from wssure.wire.decode import DecodeError
from wssure.wire.handshake import CLIENT_HELLO
from wssure.wire.hello import ClientHello, decode_client_hello

_SERVER_NAME: Final = 0


class GuardBroken(Exception):
    """An engine made a first flight that must not be sent.

    Args:
        problem: One line for people.
        expected: The server_name that should stand there; None for none.
        found: The server_name that does; None for none.
    """

    def __init__(self, problem: str, expected: str | None, found: str | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected
        self.found = found


class Guard:
    """Check the output of one engine until the ServerHello has come.

    Args:
        server_name: The name that the endpoint implies.

    Attributes:
        hellos: The ClientHellos that passed.
        active: False once no further ClientHello can come.
    """

    __slots__ = ("_due", "active", "expected", "hellos")

    def __init__(self, server_name: ServerName) -> None:
        self.expected = server_name.sni
        self.hellos: list[ClientHello] = []
        self.active = True
        self._due = True

    def retry(self) -> None:
        """A HelloRetryRequest came: a second ClientHello is due."""
        self._due = True

    def done(self) -> None:
        """The server's hello came: the engine will make no ClientHello any more."""
        self.active = False

    def check(self, items: list[LogItem]) -> None:
        """Check the next messages of an engine before they are sent.

        Raises:
            GuardBroken: They must not be sent.
        """
        for item in items:
            if isinstance(item, Alert):
                continue  # An engine that gives up may say why.
            if isinstance(item, Ciphered):
                raise self._refusal("the engine sent encrypted records before the server's hello", None)
            if item.type == CLIENT_HELLO:
                self._check_hello(item.raw, item.span[0])
            else:
                raise self._refusal(f"the engine sent handshake message {item.type} in place of a ClientHello", None)

    def complete(self, record_log: RecordLog, waiting: bool) -> None:
        """Check that the output of one engine step ends well.

        Args:
            record_log: The one that read it.
            waiting: Whether the engine now waits for the server.

        Raises:
            GuardBroken: The flight holds no complete ClientHello although one is due, or ends in the middle of one.
        """
        if not record_log.readable:
            raise self._refusal("the engine sent bytes that are no TLS handshake", None)
        if record_log.partial:
            raise self._refusal("the engine sent a ClientHello that is cut off", None)
        if waiting and self._due:
            raise self._refusal("the engine waits for a server without having sent a ClientHello", None)

    def _check_hello(self, raw: bytes, base: int) -> None:
        try:
            hello = decode_client_hello(raw, base)
        except DecodeError as error:
            raise self._refusal(f"the engine made a ClientHello that cannot be read: {error}", None) from error
        sent_name = hello.server_name
        if sent_name != self.expected or hello.extension_ids.count(_SERVER_NAME) > 1:
            which = "second ClientHello" if self.hellos else "ClientHello"
            text = "no server_name" if sent_name is None else f'server_name "{format_name(sent_name)}"'
            expected_name = "none" if self.expected is None else f'"{self.expected}"'
            raise self._refusal(f"the engine made a {which} with {text}, expected {expected_name}", sent_name)
        self.hellos.append(hello)
        self._due = False

    def _refusal(self, problem: str, sent_name: str | None) -> GuardBroken:
        return GuardBroken(problem, self.expected, format_name(sent_name))
