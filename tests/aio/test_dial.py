"""Dialling: RFC 8305's order and race, and an Attempt for every address."""

from __future__ import annotations

import asyncio
import errno
import socket
import time

import pytest

from wssure.aio.dial import address_text, dial, dial_unix, interleave
from wssure.evidence import Recorder

V4, V6 = int(socket.AF_INET), int(socket.AF_INET6)


def recorder() -> Recorder:
    return Recorder(time.perf_counter_ns)


ORDERS = [
    ("one family keeps its order", [(V4, ("a", 1)), (V4, ("b", 1))], "ab"),
    ("families alternate", [(V6, ("a", 1)), (V6, ("b", 1)), (V4, ("c", 1)), (V4, ("d", 1))], "acbd"),
    ("the first one's family leads", [(V4, ("a", 1)), (V6, ("b", 1)), (V6, ("c", 1))], "abc"),
    ("the rest of the longer one follows", [(V6, ("a", 1)), (V4, ("b", 1)), (V6, ("c", 1)), (V6, ("d", 1))], "abcd"),
    ("nothing", [], ""),
]


@pytest.mark.parametrize(("given", "expected"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
def test_families_are_interleaved(given, expected):
    assert "".join(address[1][0] for address in interleave(given)) == expected


TEXTS = [
    (V4, ("192.0.2.1", 443), "192.0.2.1:443"),
    (V6, ("2001:db8::1", 443, 0, 0), "[2001:db8::1]:443"),
    (int(socket.AF_UNIX), "/run/x", "/run/x"),
    (int(socket.AF_UNIX), b"", ""),
    (V4, None, "?"),
]


@pytest.mark.parametrize(("family", "sockaddr", "text"), TEXTS, ids=[case[2] or "empty" for case in TEXTS])
def test_an_address_is_written_as_in_a_url(family, sockaddr, text):
    assert address_text(family, sockaddr) == text


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def closed_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]  # bound but not listening: nobody else gets it, and it refuses


async def test_an_address_that_refuses_makes_way_for_the_next_at_once(listener, closed_port):
    record = recorder()
    addresses = [(V4, ("127.0.0.1", closed_port)), (V4, listener.getsockname())]
    sock = await dial(addresses, record)
    with sock:
        assert sock.getpeername() == listener.getsockname()
        assert sock.gettimeout() == 0
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert [(attempt.ok, attempt.errno) for attempt in record.attempts] == [(False, errno.ECONNREFUSED), (True, None)]
    assert [phase.ok for phase in record.phases] == [False, True]
    assert [fact.call for fact in record.facts()] == ["connect"]


async def test_when_all_refuse_the_error_is_the_systems(closed_port):
    record = recorder()
    with pytest.raises(ConnectionRefusedError) as caught:
        await dial([(V4, ("127.0.0.1", closed_port))] * 2, record)
    assert caught.value.errno == errno.ECONNREFUSED
    assert len(record.attempts) == 2


async def test_no_address_at_all_is_an_error():
    with pytest.raises(OSError, match="no address"):
        await dial([], recorder())


@pytest.fixture
def silent_port():
    """A port whose backlog is full: the kernel drops further SYNs."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(sock.getsockname())
            fillers.append(filler)
        yield sock.getsockname()[1]
        for filler in fillers:
            filler.close()


async def test_a_silent_address_is_overtaken_after_the_delay_and_let_go(listener, silent_port):
    record = recorder()
    sock = await dial([(V4, ("127.0.0.1", silent_port)), (V4, listener.getsockname())], record)
    sock.close()
    outcome = {attempt.address.rpartition(":")[2]: (attempt.ok, attempt.error) for attempt in record.attempts}
    assert outcome[str(silent_port)] == (False, "abandoned")
    assert outcome[str(listener.getsockname()[1])] == (True, None)


async def test_cancelling_a_dial_closes_every_socket(silent_port, open_fds):
    before = open_fds()
    task = asyncio.create_task(dial([(V4, ("127.0.0.1", silent_port))] * 2, recorder()))
    await asyncio.sleep(0)
    assert open_fds() > before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert open_fds() == before


async def test_a_unix_socket_nobody_listens_on_is_an_attempt_that_failed(tmp_path):
    record = recorder()
    with pytest.raises(FileNotFoundError):
        await dial_unix(str(tmp_path / "none"), record)
    assert [(attempt.ok, attempt.errno) for attempt in record.attempts] == [(False, errno.ENOENT)]
