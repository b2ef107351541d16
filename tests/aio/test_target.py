"""What a failed connection keeps for an experiment: enough to repeat it, and nothing secret."""

from __future__ import annotations

import asyncio
import pickle
import socket
import ssl

import pytest
from tests.aio.serving import NAME, Loopback, tcp_server

from wssure import ConnectFailed, TLSSettings, connect
from wssure.aio.target import Target

SECRETS = {
    "user info": ("ws://user:s3cret@{name}:{port}/chat", {}),
    "query": ("ws://{name}:{port}/chat?token=s3cret", {}),
    "header": ("ws://{name}:{port}/chat", {"additional_headers": {"Cookie": "s3cret"}}),
    "subprotocol": ("ws://{name}:{port}/chat", {"subprotocols": ["s3cret"]}),
}


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.close()


async def target_of(url: str, **options: object) -> Target:
    """Connect to a server that hangs up, and return the target of the failure."""
    async with tcp_server(hanging_up) as port:
        with pytest.raises(ConnectFailed) as caught:
            await connect(url.format(name=NAME, port=port), **{"address": "127.0.0.1"} | options)
    assert isinstance(caught.value.target, Target)
    return caught.value.target


@pytest.mark.parametrize(("url", "options"), SECRETS.values(), ids=SECRETS)
async def test_a_secret_is_left_out_and_the_request_that_had_it_is_not_the_plain_one(url: str, options: dict):
    target = await target_of(url, **options)
    assert b"s3cret" not in pickle.dumps(target)
    assert target.endpoint.path == "/chat"
    assert target.endpoint.userinfo is None
    assert not target.plain_request


async def test_name_address_and_origin_are_kept():
    target = await target_of("ws://{name}:{port}/chat", origin="https://a.example")
    assert (target.endpoint.host_header.partition(":")[0], target.endpoint.address) == (NAME, "127.0.0.1")
    assert target.origin == "https://a.example"
    assert target.plain_request
    assert (target.backend, target.settings, target.proxy) == (None, None, None)


async def test_settings_are_kept_without_certificate_key_and_key_log(secure: Loopback, tmp_path):
    keylog = tmp_path / "keys"
    settings = TLSSettings(ca=secure.ca_pem, cert=secure.pem, keylog=str(keylog), max_version="TLSv1.2")
    target = await target_of("wss://{name}:{port}/", tls=settings, backend=secure.backend)
    assert target.backend == secure.backend
    assert target.settings is not None
    assert (target.settings.cert, target.settings.key, target.settings.keylog) == (None, None, None)
    assert (target.settings.ca, target.settings.max_version) == (secure.ca_pem, "TLSv1.2")
    assert not target.own_context


async def test_a_context_of_the_callers_is_mentioned_and_not_kept():
    target = await target_of("wss://{name}:{port}/", tls=ssl.create_default_context())
    assert target.own_context
    pickle.dumps(target)  # A context cannot be pickled.


async def test_a_socket_that_was_handed_in_cannot_be_dialled_again():
    async with tcp_server(hanging_up) as port:
        sock = socket.create_connection(("127.0.0.1", port))
        with pytest.raises(ConnectFailed) as caught:
            await connect(f"ws://{NAME}:{port}/", sock=sock)
    assert caught.value.target is None
