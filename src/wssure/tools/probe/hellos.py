"""Experiments with the bytes of the ClientHello: small, padded to the same size, more groups, more cipher suites."""

from collections.abc import Iterator, Sequence
from typing import Final

from wssure.facts import ServerHelloSeen
from wssure.tools.probe.attempt import AttemptResult, offer_hello
from wssure.tools.probe.outcome import Outcome
from wssure.tools.probe.probed import ENDED, SEGMENT_BYTES, UNEXPLAINED, Experiment, Probed, Run
from wssure.wire.hello import ClientHello
from wssure.wire.hello_encode import PADDING, alpn_data, encode_client_hello, numbers_data, pad_hello, records
from wssure.wire.hello_extension import ALPN, KEY_SHARE, SIGNATURE_ALGORITHMS, SUPPORTED_GROUPS

_SIZE: Final = UNEXPLAINED | {"tls.large-hello-dropped", "tcp.v6-broken"}
_PARAMETERS: Final = frozenset(
    {"tls.no-common-params", "tls.no-common-group", "tls.version", "unknown.tls", "tls.alert"}
)
# https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt section 2.1.
_PROXY_HEADER: Final = b"PROXY UNKNOWN\r\n"
# Key shares of this size and above are omitted: post-quantum ones have over a thousand bytes, the others at most 133.
_LARGE_SHARE: Final = 200
_TOO_OLD: Final = frozenset({"SSLv3", "TLSv1", "TLSv1.1"})
_SESSION_TICKET: Final = 35
_PRE_SHARED_KEY: Final = 41
# Elliptic curves, finite fields, and ML-KEM (512 to 1024), with a curve beside it and alone.
_GROUPS: Final = (
    *(29, 23, 24, 25, 30, 26, 27, 28, 31, 32, 33, 256, 257, 258),
    *(0x11EC, 0x11EB, 0x11ED, 0x0200, 0x0201, 0x0202),
)
# ECDHE, DHE and plain RSA with AES-GCM, ChaCha20, CCM and CBC, in that order, and 3DES.
_SUITES: Final = (
    *(0x1301, 0x1302, 0x1303, 0x1304, 0x1305),
    *(0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA9, 0xCCA8, 0xC0AC, 0xC0AD, 0xC0AE, 0xC0AF),
    *(0x009E, 0x009F, 0xCCAA, 0xC09E, 0xC09F, 0x009C, 0x009D, 0xC09C, 0xC09D),
    *(0xC023, 0xC024, 0xC027, 0xC028, 0xC009, 0xC00A, 0xC013, 0xC014, 0x0067, 0x006B, 0x0033, 0x0039),
    *(0x003C, 0x003D, 0x002F, 0x0035, 0xC012, 0xC008, 0x0016, 0x000A),
)
_SIGNATURES: Final = (0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B)
_OLD_SIGNATURES: Final = (0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202)


def experiments(probed: Probed) -> Iterator[Experiment]:
    """Yield the experiments with hellos that no engine makes."""
    hello = probed.hello if probed.unanswered else None
    if hello is None:
        return
    small = small_hello(hello)
    if probed.hello_is_large and len(small) < SEGMENT_BYTES:
        size = probed.evidence.hello.bytes or 0
        question = f"with a hello of {len(small)} bytes, and with the same one padded to {size}"
        yield Experiment(
            "hello.small", question, _SIZE, "tls.large-hello-dropped", _compare_sizes(probed, small, size), 2
        )
    more = [*hello.groups, *(number for number in _GROUPS if number not in hello.groups)]
    groups = _with(hello, SUPPORTED_GROUPS, numbers_data(more))
    question = "offering more key-exchange groups"
    yield Experiment("hello.groups", question, _PARAMETERS, "tls.no-common-group", _offering(probed, groups))
    if probed.route.proxy is None:
        question = "with the line PROXY UNKNOWN before the hello"
        yield Experiment("hello.announced", question, ENDED, "tls.proxy-header-missing", _announced(probed, hello))
    question = "offering more cipher suites and signature algorithms"
    yield Experiment("hello.suites", question, _PARAMETERS, "tls.no-common-params", _offering(probed, _wide(hello)))


def _announced(probed: Probed, hello: ClientHello) -> Run:
    """Send the hello behind the header of a load balancer that knows no address of its client."""

    async def run(limit_s: float) -> Outcome:
        return (await offer_hello(probed.route, [_PROXY_HEADER + records(encode_client_hello(hello))], limit_s)).outcome

    return run


def _compare_sizes(probed: Probed, small: bytes, size: int) -> Run:
    async def run(limit_s: float) -> Outcome:
        first = await _offer(probed, small, limit_s)
        description = f"{len(small)} bytes: {first.outcome.answer}"
        if first.outcome.progress <= probed.baseline.progress:
            return Outcome(first.outcome.progress, description, first.outcome.silent)
        second = await _offer(probed, pad_hello(small, size), limit_s)
        description += f"; {size} bytes: {second.outcome.answer}"
        # The size is the cause only if a pair differs in nothing else.
        size_matters = second.outcome.progress <= probed.baseline.progress
        return Outcome(first.outcome.progress if size_matters else probed.baseline.progress, description, connections=2)

    return run


def _offering(probed: Probed, message: bytes) -> Run:
    async def run(limit_s: float) -> Outcome:
        result = await _offer(probed, message, limit_s)
        answer = result.fact(ServerHelloSeen)
        chosen, version = (None, None) if answer is None else (answer.cipher, answer.version)
        asked = f", which asks for {answer.group}" if answer is not None and answer.hello_retry and answer.group else ""
        description = result.outcome.answer + (f" with {chosen}" if chosen else "") + asked
        if version in _TOO_OLD:
            # No hello here offers such a version: the server needs a newer version, independent of the other additions.
            return Outcome(probed.baseline.progress, f"{description} in {version}", result.outcome.silent)
        return Outcome(result.outcome.progress, description, result.outcome.silent)

    return run


async def _offer(probed: Probed, message: bytes, limit_s: float) -> AttemptResult:
    return await offer_hello(probed.route, [records(message)], limit_s)


def _with(hello: ClientHello, number: int, data: bytes) -> bytes:
    """Return a hello with the contents of one extension replaced."""
    pairs = [(extension.id, data if extension.id == number else extension.data) for extension in hello.extensions]
    return encode_client_hello(hello, extensions=pairs)


def _wide(hello: ClientHello) -> bytes:
    suites = [*hello.cipher_suites, *(number for number in _SUITES if number not in hello.cipher_suites)]
    schemes = dict.fromkeys((*hello.signature_algorithms, *_SIGNATURES, *_OLD_SIGNATURES))
    exchanged = {SIGNATURE_ALGORITHMS: numbers_data(tuple(schemes))}
    pairs = [(extension.id, exchanged.get(extension.id, extension.data)) for extension in hello.extensions]
    return encode_client_hello(hello, cipher_suites=suites, extensions=pairs)


def small_hello(hello: ClientHello) -> bytes:
    """Return a copy of a hello without its large parts: padding, tickets, large key shares, many protocols."""
    pairs = []
    for extension in hello.extensions:
        if extension.id in (PADDING, _SESSION_TICKET, _PRE_SHARED_KEY):
            continue
        data = extension.data
        if extension.id == ALPN:
            data = alpn_data(hello.alpn_bytes[:1])
        elif extension.id == KEY_SHARE:
            data = _small_shares(extension.data)
        pairs.append((extension.id, data))
    return encode_client_hello(hello, extensions=pairs)


def _small_shares(data: bytes) -> bytes:
    """Drop the large entries of a key_share extension; their groups are kept, and the server may ask for them.

    Source: RFC 8446 section 4.2.8.
    """
    kept, at = b"", 2
    while at + 4 <= len(data):
        stop = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if stop - at < _LARGE_SHARE:
            kept += data[at:stop]
        at = stop
    return len(kept).to_bytes(2, "big") + kept


def in_segments(message: bytes, *cuts: int) -> Sequence[bytes]:
    """Split one record of a hello so that it is sent in several TCP segments.

    Args:
        message: The message with its header.
        cuts: Offsets in the record, ascending.
    """
    whole = records(message)
    edges = [0, *cuts, len(whole)]
    return [whole[edges[n] : edges[n + 1]] for n in range(len(edges) - 1)]
