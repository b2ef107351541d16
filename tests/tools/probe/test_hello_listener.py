"""The listener for foreign hellos: it reports each first flight, answers TLS with an alert, and waits for nobody for ever."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket

import pytest
from tests.hostile.rawclient import silent_sockets
from tests.wire.recordings import CLIENTS, flight

from wssure import TLSFailed, connect
from wssure.tls.backends import available
from wssure.tools.probe import hello_listener
from wssure.tools.probe.hello_listener import FirstFlight, listen_for_hellos

HELLO = flight("libwebsockets", "lws433-mbed340full-skiphost.hex")
ALERT = b"\x15\x03\x03\x00\x02\x02\x5a"


async def first_flights(client, *, count: int = 1, **arguments) -> list[FirstFlight]:
    """Run the listener while `client(port)` runs; return what arrived."""
    found: list[FirstFlight] = []
    ports: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    work = listen_for_hellos(
        0,
        found.append,
        address=arguments.pop("address", "127.0.0.1"),
        count=count,
        listening=lambda _, port: ports.set_result(port),
        **arguments,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        group.create_task(client(await ports))
    return found


async def send(port: int, *pieces: bytes, address: str = "127.0.0.1", half_close: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if half_close:
            writer.write_eof()
        return await reader.read()
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("row", CLIENTS, ids=lambda row: row["file"].removesuffix(".hex"))
def test_a_hello_is_reported_whole_in_its_recorded_segments_and_gets_the_alert(row):
    data, pieces, at = flight("clients", row["file"]), [], 0
    for size in map(int, row["segments"].split(",")):
        pieces.append(data[at : at + size])
        at += size

    async def client(port: int) -> None:
        assert await send(port, *pieces) == ALERT

    (first_flight,) = asyncio.run(first_flights(client))
    assert (first_flight.data, first_flight.ended) == (data, "complete")
    assert first_flight.peer.startswith("127.0.0.1:")


CASES = {
    "http": (b"GET / HTTP/1.1\r\n\r\n", False, "not-tls"),
    "cut": (HELLO[:100], True, "eof"),
    "garbage-after-a-record": (HELLO[:5] + HELLO[5:] + b"garbage", False, "complete"),
}


@pytest.mark.parametrize("case", CASES)
def test_how_a_flight_ended_is_reported(case):
    data, half_close, ended = CASES[case]

    async def client(port: int) -> None:
        assert await send(port, data, half_close=half_close) in ((ALERT,) if ended == "complete" else (b"", b"reset"))

    (first_flight,) = asyncio.run(first_flights(client))
    assert (first_flight.data, first_flight.ended) == (data, ended)


def test_a_silent_client_is_reported_with_what_it_sent(monkeypatch):
    monkeypatch.setattr(hello_listener, "_FLIGHT_S", 0.05)

    async def client(port: int) -> None:
        assert await send(port, HELLO[:100]) in (b"", b"reset")

    (first_flight,) = asyncio.run(first_flights(client))
    assert (first_flight.data, first_flight.ended) == (HELLO[:100], "timeout")


def test_a_client_that_keeps_the_connection_open_after_the_alert_holds_nobody():
    async def client(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, HELLO)
            assert await loop.sock_recv(connection, 100) == ALERT
            await send(port, HELLO)

    assert len(asyncio.run(first_flights(client, count=2))) == 2


def test_a_client_that_leaves_without_a_byte_is_not_counted():
    async def client(port: int) -> None:
        await send(port, half_close=True)
        await send(port, HELLO)

    (first_flight,) = asyncio.run(first_flights(client))
    assert first_flight.data == HELLO


def test_a_client_that_is_connected_and_silent_does_not_hold_the_end():
    async def client(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)):
            await send(port, HELLO)
            await asyncio.sleep(0)

    async def timed() -> float:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await first_flights(client)
        return loop.time() - begin

    assert asyncio.run(timed()) < hello_listener._FLIGHT_S


def test_without_the_alert_the_connection_is_only_closed():
    async def client(port: int) -> None:
        assert await send(port, HELLO) in (b"", b"reset")

    assert len(asyncio.run(first_flights(client, alert=False))) == 1


def test_many_clients_at_once_are_all_reported():
    async def client(port: int) -> None:
        answers = await asyncio.gather(*(send(port, HELLO) for _ in range(40)))
        assert set(answers) == {ALERT}

    assert len(asyncio.run(first_flights(client, count=40))) == 40


def test_an_endless_flight_is_cut_at_the_limit():
    record = b"\x17\x03\x03\x40\x00" + bytes(2**14)

    async def client(port: int) -> None:
        assert await send(port, *[record] * 5) in (b"", b"reset")

    (first_flight,) = asyncio.run(first_flights(client))
    assert first_flight.ended == "limit"
    assert len(first_flight.data) < 2**17


@pytest.mark.parametrize("dual", [True, False])
def test_without_an_address_it_listens_on_all_and_shows_ipv4_as_such(dual, monkeypatch):
    if not dual:
        monkeypatch.setattr(socket, "has_ipv6", False)

    async def client(port: int) -> None:
        assert await send(port, HELLO) == ALERT

    (first_flight,) = asyncio.run(first_flights(client, address=None))
    assert first_flight.peer.startswith("127.0.0.1:")


def test_silent_sockets_that_are_opened_again_and_again_hide_no_hello(monkeypatch):
    # Only a silent client that gives way can help: none of them is timed out.
    monkeypatch.setattr(hello_listener, "_FLIGHT_S", None)

    async def client(port: int) -> None:
        async with silent_sockets(port, 600):
            assert await send(port, HELLO) == ALERT

    (first_flight,) = asyncio.run(first_flights(client))
    assert first_flight.data == HELLO


@pytest.mark.parametrize("turns", range(8))
def test_the_end_of_the_listening_leaves_no_connection_open(turns):
    # Some are accepted in the very turn of the loop in which it ends: their tasks never begin.
    opened: list[socket.socket] = []

    async def run() -> None:
        ports: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        listening = asyncio.create_task(
            listen_for_hellos(0, print, address="127.0.0.1", listening=lambda _, port: ports.set_result(port))
        )
        port = await ports
        opened.extend(socket.create_connection(("127.0.0.1", port)) for _ in range(20))
        for _ in range(turns):
            await asyncio.sleep(0)
        listening.cancel()
        await asyncio.wait([listening])

    with contextlib.ExitStack() as stack:
        asyncio.run(run())
        for sock in opened:
            stack.enter_context(sock)
            # Closed or reset, and not open for as long as the process lives.
            sock.settimeout(30)
            with contextlib.suppress(ConnectionResetError):
                assert sock.recv(1) == b""
    gc.collect()  # an open transport warns when it is collected


def test_a_client_of_ours_is_told_that_the_listener_cancelled():
    failures = []

    async def client(port: int) -> None:
        for backend in available():
            with pytest.raises(TLSFailed) as caught:
                await connect(f"wss://a.example:{port}/", address="127.0.0.1", backend=backend)
            failures.append(caught.value.failure)

    asyncio.run(first_flights(client, count=len(available())))
    assert {failure.cause for failure in failures} == {"tls.eof-in-handshake"}
    assert all("cancelled the handshake" in failure.summary for failure in failures)
    assert all("the service itself" in failure.fix for failure in failures)
