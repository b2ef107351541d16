"""Bytes changed, lost or invented on the way: an engine fails in good order, and never hands on what was not sent.

Run under the sanitizers as well (tools/ci-sanitize.sh, tools/mbedtls-asan.sh): that is how the C below is fuzzed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tls.pair import Pair, make_pair

from wssure.tls.contract import DONE, Backend
from wssure.tls.settings import Site, TLSSettings

# One handshake an example: fewer of them than of a decoder's.
few = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
Damage = Callable[[bytes], bytes]


def flows(pair: Pair, damage: dict[int, Damage]) -> None:
    """Shake hands and exchange a message each way; the flight with a number in `damage` is changed on its way."""
    number = 0
    for _ in range(20):
        moved = False
        for near, far in ((pair.client, pair.server), (pair.server, pair.client)):
            near.step()
            data = near.take()
            moved = moved or bool(data)
            if data:
                far.tls_connection.feed(damage.get(number, bytes)(data))
                number += 1
        if not moved:
            break
    if not pair.ok:
        return
    for near, far, message in ((pair.client, pair.server, b"ping"), (pair.server, pair.client, b"pong")):
        near.write(message)
        data = near.take()
        far.tls_connection.feed(damage.get(number, bytes)(data))
        number += 1
        # All of it, or nothing and a failure: never something else.
        assert far.read() in (message, b"")
        if far.failure is not None:
            return


def one_byte(at: int, value: int) -> Damage:
    def damage(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[at % len(data)] ^= value
        return bytes(changed)

    return damage


def cut_out(at: int, size: int) -> Damage:
    return lambda data: data[: at % len(data)] + data[at % len(data) + size :]


def put_in(at: int, more: bytes) -> Damage:
    return lambda data: data[: at % len(data)] + more + data[at % len(data) :]


damages = st.one_of(
    st.builds(one_byte, st.integers(0, 4000), st.integers(1, 255)),
    st.builds(cut_out, st.integers(0, 4000), st.integers(1, 600)),
    st.builds(put_in, st.integers(0, 4000), st.binary(min_size=1, max_size=600)),
)


@few
@given(number=st.integers(0, 5), damage=damages)
def test_a_damaged_flight_fails_or_changes_nothing(
    backend: Backend, version: str, settings: TLSSettings, site: Site, number: int, damage: Damage
):
    flows(make_pair(backend, backend, settings=settings, sites=[site]), {number: damage})


@few
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=400), max_size=6),
    record=st.sampled_from([b"", b"\x16\x03\x03", b"\x15\x03\x03"]),
)
def test_invented_bytes_never_finish_a_handshake(
    backend: Backend, version: str, settings: TLSSettings, site: Site, pieces: list[bytes], record: bytes
):
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    pair.client.step()
    for side in (pair.client, pair.server):
        for piece in pieces:
            side.tls_connection.feed(record + len(piece).to_bytes(2, "big") + piece if record else piece)
            side.step()
        assert side.state != DONE


@pytest.mark.parametrize("end", ["client", "server"])
@few
@given(at=st.integers(0, 4000))
def test_an_end_anywhere_is_a_failure_or_a_success_that_was_complete(
    backend: Backend, version: str, settings: TLSSettings, site: Site, end: str, at: int
):
    pair = make_pair(backend, backend, settings=settings, sites=[site])
    side, other = (pair.client, pair.server) if end == "client" else (pair.server, pair.client)
    for _ in range(6):
        other.step()
        data = other.take()
        side.tls_connection.feed(data[:at])
        side.step()
        if len(data) > at:
            side.tls_connection.eof()
            side.step()
            break
        other.tls_connection.feed(side.take())
    if side.failure is None and side.tls_connection.done:
        side.read()
