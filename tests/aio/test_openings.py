"""Which opening gives way, what counts as one address, and that nothing a client causes fills the log."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from tests.aio.serving import Loopback, age, hold, turns
from tests.hostile.rawclient import dialled

from wssure import Response, Server, UsageError, serve
from wssure.aio.metrics import RECORDS
from wssure.aio.openings import address_key

V4, V6 = socket.AF_INET, socket.AF_INET6
SAME = [
    ("one IPv4 address, two ports", (V4, "192.0.2.1"), (V4, "192.0.2.1")),
    ("one /64", (V6, "2001:db8:1:2::1"), (V6, "2001:db8:1:2:ffff::9")),
    ("one link-local address with a zone", (V6, "fe80::1%1"), (V6, "fe80::1")),
    ("IPv4 through IPv6", (V6, "::ffff:192.0.2.1"), (V4, "192.0.2.1")),
]
DIFFERENT = [
    ("two IPv4 addresses", (V4, "192.0.2.1"), (V4, "192.0.2.2")),
    ("two /64", (V6, "2001:db8:1:2::1"), (V6, "2001:db8:1:3::1")),
    ("two IPv4 addresses through IPv6", (V6, "::ffff:192.0.2.1"), (V6, "::ffff:192.0.2.2")),
]


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_what_one_client_can_choose_counts_as_one_address(one, other):
    assert address_key(one[0], (one[1], 1)) == address_key(other[0], (other[1], 2))


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_two_addresses_have_two_shares(one, other):
    assert address_key(one[0], (one[1], 1)) != address_key(other[0], (other[1], 1))


def test_a_unix_socket_has_no_address_to_share():
    assert address_key(socket.AF_UNIX, b"") == b""
    assert address_key(socket.AF_CAN, (3, 5000)) == b"", "a number of another family, such as AF_VSOCK"


WRONG = [
    ("a share of none", {"handshakes_per_address": 0}, "handshakes_per_address"),
    ("a share that is no number", {"handshakes_per_address": "64"}, "handshakes_per_address"),
    ("no time for the first byte", {"timeouts": {"first_byte": 0}}, "timeouts"),
    ("a step that a server does not take", {"timeouts": {"dial": 3}}, "first_byte"),
]


@pytest.mark.parametrize(("options", "named"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_limits_that_are_none_are_refused_before_any_io(options, named):
    with pytest.raises(UsageError, match=named):
        serve(hold, **options)


HASTY = {"open_timeout": None, "timeouts": {"stall": 0.08}}
PATIENT = {"open_timeout": None, "timeouts": {"first_byte": None, "stall": 3600}}


async def test_the_oldest_silent_opening_gives_way_and_shares_are_given_back(plain: Loopback):
    async with plain.server(max_handshakes=2, **HASTY) as server:
        async with dialled(server) as first, dialled(server) as second:
            await turns(lambda: len(server._handshakes) == 2)
            async with dialled(server):
                assert await first.hear() == b""
                async with dialled(server):
                    assert await second.hear() == b""
                    assert [address.openings for address in server._handshakes._addresses.values()] == [2]
        await turns(lambda: not server._handshakes)
        assert server._handshakes._addresses == {}
        assert server._policy.metrics.evicted == {"silent": 2}
        assert 'wssure_evicted_total{reason="silent"} 2' in server.metrics()


async def test_an_opening_whose_bytes_wait_in_the_kernel_is_not_silent(plain: Loopback):
    async with plain.server(max_handshakes=2, **PATIENT) as server:
        async with dialled(server) as early, dialled(server) as late:
            await turns(lambda: len(server._handshakes) == 2)
            age(server, 3600)
            early.say_some(b"G")  # the server's loop has not turned since
            reason, opening = server._handshakes.weakest()
            assert (reason, opening.peer) == ("silent", f"127.0.0.1:{late.sock.getsockname()[1]}")
        await turns(lambda: not server._handshakes)


async def test_a_rush_of_clients_has_longer_for_its_first_bytes_than_a_flood_without_any(plain: Loopback):
    async with plain.server(max_handshakes=2, **PATIENT) as server:
        async with dialled(server) as first, dialled(server):
            await turns(lambda: len(server._handshakes) == 2)
            assert server._handshakes.weakest() is None
            age(server, 3600 / 4)
            assert server._handshakes.weakest()[0] == "silent", "nothing came from this address"
            await first.say(b"G")
            await turns(lambda: any(opening.progress for opening in server._handshakes._queues))
            assert server._handshakes.weakest() is None, "its address goes on"
            age(server, 3600 / 4, addresses=False)
            assert server._handshakes.weakest()[0] == "silent"
        await turns(lambda: not server._handshakes)


async def test_a_step_completed_or_bytes_in_the_kernel_are_progress(plain: Loopback):
    async with plain.server(max_handshakes=1, **PATIENT) as server:
        async with dialled(server) as peer:
            await peer.say(b"G")
            (opening,) = await _one_opening(server)
            openings = server._handshakes
            openings._look_for_stalls()
            openings._look_for_stalls()
            assert openings.weakest() is None
            age(server, 3600)
            openings._look_for_stalls()
            assert openings.weakest() == ("stalled", opening)
            peer.say_some(b"ET")
            assert openings.weakest() is None, "bytes wait in the kernel: it is the server that is behind"
        await turns(lambda: not server._handshakes)


async def test_an_opening_without_a_first_byte_is_counted_even_if_a_client_waits_at_that_moment(plain: Loopback):
    async with plain.server(max_handshakes=1, open_timeout=None, timeouts={"first_byte": 3600}) as server:
        async with dialled(server) as peer:
            await turns(lambda: server._handshakes)
            age(server, 3600)
            server._handshakes._expire_silent()
            assert server._handshakes.weakest() is None, "it ends by itself, and its failure is counted"
            assert await peer.hear() == b""
        await turns(lambda: not server._handshakes)
        assert sum(server._policy.metrics.failures.values()) == server._policy.metrics.accepted == 1


async def test_a_first_byte_that_waits_in_the_kernel_has_come_in_time(plain: Loopback):
    options = {"max_handshakes": 1, "open_timeout": None, "timeouts": {"first_byte": 3600}}
    async with plain.server(**options) as server, dialled(server) as peer:
        await turns(lambda: server._handshakes)
        age(server, 3600)
        peer.say_some(b"G")  # the server's loop has not turned since
        server._handshakes._expire_silent()
        await peer.say(b"ET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert (await peer.hear()).startswith(b"HTTP/1.1 426 ")


async def test_stalls_are_not_looked_for_while_there_are_no_openings(plain: Loopback):
    async with plain.server(max_connections=1) as server:
        assert server._handshakes.weakest() is None
        assert server._handshakes._stall_timer is None


async def _one_opening(server: Server) -> list:
    await turns(lambda: any(opening.progress for opening in server._handshakes._queues))
    return list(server._handshakes._queues)


def _fails(ws: object, request: object) -> Response | None:
    raise RuntimeError("a bug")


async def test_requests_that_any_client_can_send_do_not_fill_the_log(plain: Loopback, caplog):
    caplog.set_level(logging.INFO, "wssure.server")
    async with plain.server(process_request=_fails) as server:
        for _ in range(RECORDS + 3):
            async with dialled(server) as peer:
                await peer.say(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert (await peer.hear_all()).startswith(b"HTTP/1.1 500 ")
    lines = [record.getMessage() for record in caplog.records]
    assert sum(line.endswith("process_request failed") for line in lines) == RECORDS
    assert sum("answered 500" in line for line in lines) == RECORDS
    assert lines[-2:] == [
        "3 more calls of process_request failed within 60 s and were not logged one by one",
        "3 more requests were answered within 60 s and were not logged one by one",
    ]
    assert all(record.exc_info for record in caplog.records if record.getMessage().endswith("process_request failed"))


async def test_a_server_that_closes_leaves_no_timer_behind(plain: Loopback):
    async with plain.server(max_handshakes=1) as server, dialled(server) as peer:
        await peer.say(b"G")
        await _one_opening(server)
        server._has_capacity()
    assert server._handshakes._first_byte_timer.cancelled()
    assert server._handshakes._stall_timer.cancelled()
    await asyncio.sleep(0)
