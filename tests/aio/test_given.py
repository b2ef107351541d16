"""A socket, a path or an address that cannot be used is the caller's mistake, named before any I/O with what was seen."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.aio.serving import echo, hold

from wssure import ConnectFailed, DialRefused, ListenFailed, UsageError, connect, serve
from wssure.aio.given import MAX_PATH, check_path, check_sock
from wssure.evidence import Stage
from wssure.tools.cli.main import guarded

Make = Callable[[ExitStack, Path], Any]


def owned(stack: ExitStack, *arguments: Any) -> socket.socket:
    return stack.enter_context(socket.socket(*arguments))


def closed(stack: ExitStack, folder: Path) -> socket.socket:
    sock = owned(stack)
    sock.close()
    return sock


def stale(stack: ExitStack, folder: Path) -> socket.socket:
    """Return a socket whose number was closed behind its back."""
    sock = socket.socket()
    os.close(sock.fileno())
    stack.callback(sock.detach)
    return sock


def bound(stack: ExitStack, folder: Path) -> socket.socket:
    sock = owned(stack)
    sock.bind(("127.0.0.1", 0))
    return sock


def listens(stack: ExitStack, folder: Path) -> socket.socket:
    return stack.enter_context(socket.create_server(("127.0.0.1", 0)))


def paired(stack: ExitStack, folder: Path) -> socket.socket:
    one, other = socket.socketpair()
    stack.enter_context(one)
    return stack.enter_context(other)


def datagrams(stack: ExitStack, folder: Path) -> socket.socket:
    sock = owned(stack, socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", 9))
    return sock


def secured(stack: ExitStack, folder: Path) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    sock = paired(stack, folder)
    return stack.enter_context(context.wrap_socket(sock, do_handshake_on_connect=False, server_hostname="a.example"))


NEITHER: dict[str, tuple[Make, str]] = {
    "a number": (lambda *_: 5, "int"),
    "a stranger": (lambda *_: object(), "object"),
    "closed": (closed, "a closed socket"),
    "stale": (stale, "cannot be used"),
    "UDP": (datagrams, "AF_INET and SOCK_DGRAM"),
    "packets": (lambda stack, _: owned(stack, socket.AF_UNIX, socket.SOCK_SEQPACKET), "SOCK_SEQPACKET"),
    "TLS": (secured, "TLS of its own"),
}
NOT_TO_CONNECT = NEITHER | {
    "new": (lambda stack, _: owned(stack), "not connected"),
    "bound": (bound, "not connected"),
    "listening": (listens, "a listening socket"),
}
NOT_TO_SERVE = NEITHER | {
    "new": (lambda stack, _: owned(stack), "does not listen"),
    "bound": (bound, "does not listen"),
    "connected": (paired, "does not listen"),
}


@pytest.mark.parametrize(("make", "seen"), NOT_TO_CONNECT.values(), ids=NOT_TO_CONNECT)
def test_a_socket_that_cannot_be_used_is_named_when_connect_is_called(make: Make, seen: str, tmp_path: Path):
    with ExitStack() as stack:
        given = make(stack, tmp_path)
        with pytest.raises(UsageError, match=f"sock got .*{seen}.*, expected a connected stream socket") as caught:
            connect("ws://a.example/", sock=given)
        assert caught.value.failure.cause == "usage.sock"
        assert "after connect()" in caught.value.failure.fix


@pytest.mark.parametrize(("make", "seen"), NOT_TO_SERVE.values(), ids=NOT_TO_SERVE)
def test_a_socket_that_cannot_be_used_is_named_when_serve_is_called(make: Make, seen: str, tmp_path: Path):
    with ExitStack() as stack:
        given = make(stack, tmp_path)
        with pytest.raises(UsageError, match=f"sock got .*{seen}.*, expected a listening stream socket") as caught:
            serve(echo, sock=given)
        assert caught.value.failure.cause == "usage.sock"
        assert "listen()" in caught.value.failure.fix


async def test_a_socket_that_is_closed_after_the_call_is_named_when_it_is_used(tmp_path: Path):
    with ExitStack() as stack:
        connected, listener = paired(stack, tmp_path), listens(stack, tmp_path)
        connecting, serving = connect("ws://a.example/", sock=connected), serve(echo, sock=listener)
        connected.close()
        listener.close()
        for awaited in (connecting, serving):
            with pytest.raises(UsageError, match="sock got a closed socket"):
                await awaited


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_connection_that_ended_before_it_is_given_is_a_fault_of_the_peer(reset: bool):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        given = socket.create_connection(listener.getsockname())
        peer, _ = listener.accept()
        if reset:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with pytest.raises(ConnectFailed) as caught:
            await connect("ws://a.example/", sock=given)
    assert caught.value.failure.cause == "http.eof"


def test_sockets_that_can_be_used_are_taken(tmp_path: Path):
    with ExitStack() as stack:
        one, other = paired(stack, tmp_path), listens(stack, tmp_path)
        assert check_sock(one) is one
        assert check_sock(other, listening=True) is other
    assert check_sock(None) is None


NO_PATHS = {
    "empty": ("", "''"),
    "NUL": ("a\0b", "'a"),
    "abstract": ("\0app", "app"),
    "bytes with NUL": (b"a\0b", "'a"),
    "long": ("x" * (MAX_PATH + 1), f"{MAX_PATH + 1} bytes"),
    "long in bytes": ("é" * MAX_PATH, f"{MAX_PATH * 2} bytes"),
    "a number": (5, "5"),
    "a list": (["a"], "'a'"),
    "a surrogate": ("/tmp/\ud800", "ud800"),
}


@pytest.mark.parametrize(("path", "seen"), NO_PATHS.values(), ids=NO_PATHS)
def test_a_path_that_no_socket_has_is_named_when_it_is_given(path: Any, seen: str):
    for call in (lambda: connect("ws://a.example/", path=path), lambda: serve(echo, path=path)):
        with pytest.raises(UsageError, match=f"path got .*{seen}.*, expected the path of a Unix socket") as caught:
            call()
        assert caught.value.failure.cause == "usage.path"
        assert "sock=" in caught.value.failure.fix


def test_a_path_is_text_bytes_or_a_path_of_the_greatest_length():
    longest = "x" * MAX_PATH
    assert check_path(longest) == check_path(longest.encode()) == check_path(Path(longest)) == longest
    assert check_path(None) is None


def dialled(stack: ExitStack, folder: Path, kind: str) -> Path:
    path = folder / "it"
    if kind == "a file":
        path.write_text("")
    elif kind == "a directory":
        path.mkdir()
    else:
        sock = owned(stack, socket.AF_UNIX, socket.SOCK_DGRAM if kind == "datagrams" else socket.SOCK_STREAM)
        sock.bind(str(path))
        if kind == "left behind":
            sock.close()
        if kind == "full":
            sock.listen(0)
            owned(stack, socket.AF_UNIX).connect(str(path))
    return path


@pytest.mark.parametrize("kind", ["a file", "a directory", "datagrams"])
async def test_a_path_that_is_no_stream_socket_is_named(tmp_path: Path, kind: str):
    with ExitStack() as stack, pytest.raises(UsageError, match=r"path got .*/it', which is no ") as caught:
        await connect("ws://a.example/", path=dialled(stack, tmp_path, kind))
    assert caught.value.failure.cause == "usage.path"


NOT_SERVED = [("missing", "does not exist", errno.ENOENT), ("left behind", "no process listens", errno.ECONNREFUSED), ("full", "queue is full", errno.EAGAIN)]  # fmt: skip


@pytest.mark.parametrize(("kind", "words", "number"), NOT_SERVED, ids=[row[0] for row in NOT_SERVED])
async def test_a_path_that_no_server_answers_has_its_own_cause(tmp_path: Path, kind, words, number):
    with ExitStack() as stack:
        path = tmp_path / "none" if kind == "missing" else dialled(stack, tmp_path, kind)
        with pytest.raises(ConnectFailed, match=words) as caught:
            await connect("ws://a.example/", path=path)
    assert isinstance(caught.value, DialRefused) == (number == errno.ECONNREFUSED)
    assert caught.value.errno == number
    assert caught.value.failure.cause == "unix.not-served"
    assert caught.value.failure.transient
    assert str(path) in str(caught.value)
    assert "ss -lx" in caught.value.failure.fix
    if kind != "full":  # the fix: start the server
        async with serve(echo, path=path), connect("ws://a.example/", path=path) as ws:
            await ws.send("x")
            assert await ws.recv() == "x"


NO_ADDRESSES = ["", "*", "a" * 300, "127.0.0.1\0", "127.0.0.1:80", 5]


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=lambda address: repr(address)[:12])
def test_an_address_that_is_none_is_named_before_any_io(address: Any):
    with pytest.raises(UsageError, match="address") as caught:
        serve(echo, address)
    assert "of this machine" in caught.value.failure.fix
    with pytest.raises(UsageError, match="address"):
        connect("ws://a.example/", address=address)


# An interface can come back: this is no usage error, so that a program that tries again does so.
@pytest.mark.parametrize("address", ["fe80::1%nosuch", "fe80::1"])
async def test_a_link_local_address_without_an_interface_is_named(address: str):
    with pytest.raises(ConnectFailed, match="its zone is missing, or is no network interface") as caught:
        await connect("ws://a.example/", address=address)
    failure = caught.value.failure
    assert (failure.cause, failure.stage, failure.transient) == ("tcp.unreachable", Stage.DIAL, True)
    assert 'address="fe80::1%INTERFACE"' in failure.fix
    with pytest.raises(ListenFailed, match=address) as refused:
        await serve(echo, address)
    assert "fe80::1%eth0" in refused.value.failure.fix


@pytest.mark.parametrize("flags", [["serve", "--plain", "--address"], ["hello", "--listen", "0", "--listen-address"]])
@pytest.mark.parametrize("address", ["a" * 300, "", "127.0.0.1:80"], ids=lambda address: address[:9])
def test_the_command_line_names_such_an_address_too(flags, address, capsys):
    assert guarded([*flags, address]) == 2
    shown = capsys.readouterr().err
    assert "error[usage.address]" in shown


@pytest.mark.parametrize(("name", "value"), [("sock", None), ("path", "/run/a.sock")])
def test_a_port_beside_another_target_has_no_effect_and_is_refused(name: str, value: Any, tmp_path: Path):
    with ExitStack() as stack, pytest.raises(UsageError, match=f"address_port came with {name}"):
        connect("ws://a.example/", address_port=8080, **{name: value or paired(stack, tmp_path)})


@pytest.mark.parametrize("value", ["no", 1, 0, None])
def test_reuse_port_is_true_or_false(value: Any):
    with pytest.raises(UsageError, match="reuse_port got"):
        serve(echo, reuse_port=value)


@pytest.mark.parametrize(
    ("make", "words"),
    [("file", "or remove what is no socket"), ("none/it", "make the directory"), ("file/it", "directories")],
)
async def test_a_path_that_cannot_be_listened_on_has_its_own_fix(tmp_path: Path, make: str, words: str):
    (tmp_path / "file").write_text("")
    with pytest.raises(ListenFailed) as caught:
        await serve(hold, path=tmp_path / make)
    assert words in caught.value.failure.fix
