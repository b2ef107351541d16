"""A decoded ClientHello as a fact: the same one live, from a capture and from pasted bytes."""

from wssure.facts import ClientHelloSeen, Direction
from wssure.wire.hello import ClientHello
from wssure.wire.iana import version_name


def client_hello(hello: ClientHello, direction: Direction, *, second: bool = False) -> ClientHelloSeen:
    """Return the fact of a ClientHello.

    Args:
        hello: As it was decoded.
        direction: `sent` or `received`.
        second: True after a HelloRetryRequest.
    """
    raw = hello.server_name_bytes
    return ClientHelloSeen(
        direction,
        hello.server_name,
        None if raw is None else raw.hex(),
        tuple(version_name(number) for number in hello.supported_versions),
        hello.alpn,
        len(hello.cipher_suites),
        len(hello.raw),
        second,
    )
