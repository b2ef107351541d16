"""One HTTP request and the reader of its response, without I/O: shared by upgrade, tunnel and plain request."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from wssure.facts import Fact, HttpEof, HttpOverLimit, MalformedHttp, NotHttpSeen, ProxyEof, ProxyResponse, ResponseSeen
from wssure.frozen import frozen
from wssure.wire.decode import DecodeError
from wssure.wire.http_message import HttpError, Request, Response, TooLarge
from wssure.wire.http_reader import NotHttp, ResponseReader


def malformed_fact(error: DecodeError) -> MalformedHttp:
    """Return the fact of a message that breaks the HTTP grammar (RFC 9112): defect, offset and section."""
    return MalformedHttp(error.what, error.offset, error.section)


def garbage_facts(first_bytes: bytes, error: HttpError) -> tuple[Fact, ...]:
    """Return the facts of a message that could not be read: its beginning and the grammar it broke, or the limit.

    Args:
        first_bytes: The first bytes of the stream.
        error: The exception of its reader.
    """
    if isinstance(error, TooLarge):
        return (HttpOverLimit(error.limit, error.most, error.header),)
    shown = NotHttpSeen.of(error.first if isinstance(error, NotHttp) else first_bytes)
    return (shown,) if isinstance(error, NotHttp) else (shown, malformed_fact(error))


@frozen
class Answer:
    """The response of a peer that accepted the request.

    Args:
        response: The response.
        leftover: The bytes received after the response.
    """

    response: Response
    leftover: bytes


class Refused(Exception):
    """The response does not accept the request.

    Args:
        kind: `status` (another status than the one that agrees), `garbage` (no HTTP/1.x response), or the rule broken.
        response: The response of the peer; None for garbage.
        facts: Further observations.
    """

    asked = "request"

    def __init__(self, kind: str, response: Response | None, facts: tuple[Fact, ...] = ()) -> None:
        super().__init__(kind, response, facts)
        self.kind = kind
        self.response = response
        self.facts = facts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __str__(self) -> str:
        status = f" {self.response.status}" if self.response is not None else ""
        return f"{self.asked} rejected: {self.kind}{status}"


_Agreed = TypeVar("_Agreed", bound=Answer)


class Asking(ABC, Generic[_Agreed]):
    """A request, and the reader of its answer.

    Args:
        request: Its bytes.
        reader: Reads the answer.

    Attributes:
        request: The request that becomes a fact; None if none does.
    """

    request: Request | None = None
    refused: type[Refused] = Refused
    answer_fact: type[ResponseSeen | ProxyResponse] = ResponseSeen
    eof_fact: type[HttpEof | ProxyEof] = HttpEof

    def __init__(self, request: bytes, reader: ResponseReader) -> None:
        self._request_bytes = request
        self._reader = reader

    def request_bytes(self) -> bytes:
        """Return the request."""
        return self._request_bytes

    @property
    def seen_bytes(self) -> int:
        """How many bytes of the answer came."""
        return self._reader.seen_bytes

    @property
    def has_head(self) -> bool:
        """True once status and headers are there, and only the body is still to come."""
        return self._reader.has_head

    def receive(self, data: bytes | bytearray | memoryview) -> _Agreed | None:
        """Take bytes of the answer.

        Returns:
            The accepted result; None if the response is not complete.

        Raises:
            Refused: The answer is another status, breaks a rule, or is no HTTP.
        """
        try:
            response = self._reader.feed(data)
        except HttpError as error:
            facts = garbage_facts(self._reader.first_bytes, error)
        else:
            return None if response is None else self._check_response(response)
        # Raised here, without the original as its context: its text quotes the peer, which may send our secrets back.
        raise self.refused("garbage", None, facts)

    def receive_eof(self) -> _Agreed | None:
        """Take the end of the stream, or the end of the time limit for a body.

        Returns:
            The accepted result if the end completes the body of a response; None if no head was complete.

        Raises:
            Refused: It ends the body of a refusal.
        """
        response = self._reader.receive_eof()
        return None if response is None else self._check_response(response)

    @abstractmethod
    def _check_response(self, response: Response) -> _Agreed:
        """Check a complete response and return the accepted result.

        Raises:
            Refused: It does not agree.
        """


class PlainAsking(Asking[Answer]):
    """A request that accepts every HTTP response."""

    def __init__(self, request: bytes) -> None:
        super().__init__(request, ResponseReader())

    def _check_response(self, response: Response) -> Answer:
        return Answer(response=response, leftover=self._reader.leftover)
