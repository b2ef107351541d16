"""Listening sockets: one port for all addresses, and a Unix socket's path that is taken over only if it is dead."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from wssure import ListenFailed
from wssure.aio.listen import listen, listen_unix


def close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


@pytest.mark.parametrize("address", [None, "localhost", "127.0.0.1"])
async def test_all_sockets_of_an_address_listen_on_one_free_port(address: str | None):
    sockets = await listen(address, 0)
    ports = {sock.getsockname()[1] for sock in sockets}
    families = [sock.family for sock in sockets]
    assert len(ports) == 1
    assert len(families) == len(set(families))
    for sock in sockets:
        assert sock.gettimeout() == 0
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    close(sockets)


async def test_a_port_that_is_taken_is_the_systems_error_and_leaves_no_socket(open_fds):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        before = open_fds()
        port = taken.getsockname()[1]
        with pytest.raises(ListenFailed, match=f"port {port} of 127.0.0.1 cannot be listened on: .* in use") as caught:
            await listen("127.0.0.1", port)
        assert "choose another port" in caught.value.failure.fix
        assert caught.value.errno == errno.EADDRINUSE
        assert open_fds() == before


async def test_an_address_of_another_machine_is_the_systems_error():
    with pytest.raises(ListenFailed, match=r"port 0 of 192\.0\.2\.1 cannot") as caught:
        await listen("192.0.2.1", 0)  # RFC 5737: assigned to no machine.
    assert caught.value.errno == errno.EADDRNOTAVAIL
    assert "an address of this machine" in caught.value.failure.fix


async def test_a_name_that_does_not_resolve_is_named():
    with pytest.raises(ListenFailed, match=r"nosuch\.invalid") as caught:
        await listen("nosuch.invalid", 0)
    assert "correct the name" in caught.value.failure.fix


@pytest.mark.parametrize("name", ["no/such/folder", "x" * 200])
def test_a_path_that_cannot_be_made_is_named(tmp_path: Path, name: str):
    with pytest.raises(ListenFailed, match=r"the path .* cannot be listened on") as caught:
        listen_unix(str(tmp_path / name))
    assert "path" in caught.value.failure.fix


async def test_two_may_share_a_port_only_if_both_say_so():
    first = await listen("127.0.0.1", 0, reuse_port=True)
    port = first[0].getsockname()[1]
    second = await listen("127.0.0.1", port, reuse_port=True)
    with pytest.raises(OSError, match="in use"):
        await listen("127.0.0.1", port)
    close([*first, *second])


def test_a_unix_socket_that_no_server_holds_any_more_is_replaced(tmp_path: Path):
    path = str(tmp_path / "socket")
    listen_unix(path).close()
    assert Path(path).is_socket()
    with listen_unix(path) as sock, socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        assert sock.getsockname() == path


def test_a_unix_socket_that_a_server_holds_stays_its_own(tmp_path: Path):
    path = str(tmp_path / "socket")
    with listen_unix(path), socket.socket(socket.AF_UNIX) as client:
        with pytest.raises(ListenFailed, match="in use") as caught:
            listen_unix(path)
        assert caught.value.errno == errno.EADDRINUSE
        client.connect(path)


def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("precious")
    with pytest.raises(OSError, match="in use"):
        listen_unix(str(path))
    assert path.read_text() == "precious"
