"""A client as users write it. A line with an ignore must be an error."""

from __future__ import annotations

import logging
import ssl
from typing import assert_type

from wssure import (
    CertificateFailed,
    ConnectFailed,
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    Endpoint,
    Failure,
    Fault,
    InvalidStatus,
    ProxyFailed,
    Response,
    Stage,
    State,
    TLSFailed,
    TLSSettings,
    UsageError,
    WebSocket,
    WssError,
    connect,
)


def settings() -> list[TLSSettings | ssl.SSLContext]:
    return [
        TLSSettings(),
        TLSSettings(ca="ca.pem", cert=b"pem", key="key.pem"),
        TLSSettings(verify="chain", pins=("sha256/AAAA",), alpn=("http/1.1",), keylog=""),
        TLSSettings(verify="name"),  # type: ignore[arg-type]
        TLSSettings(ca=7),  # type: ignore[arg-type]
        ssl.create_default_context(),
    ]


async def talk(url: str) -> str:
    async with connect(url, address="192.0.2.7", tls=settings()[0], subprotocols=["chat"]) as ws:
        assert_type(ws, WebSocket)
        assert_type(ws.subprotocol, str | None)
        assert_type(ws.state, State)
        await ws.send("text")
        await ws.send(b"bytes")
        await ws.send(["in ", "fragments"])
        await ws.send(7)  # type: ignore[arg-type]
        waiter = await ws.ping()
        assert_type(await waiter, float)
        async for message in ws:
            assert_type(message, str | bytes)
        async for piece in ws.recv_streaming():
            assert_type(piece, str | bytes)
        if ws.tls is not None:
            return f"{ws.tls.version} {ws.tls.cipher} {ws.tls.server_name or 'no name'}"
        text: str = await ws.recv()  # type: ignore[assignment]
    return text


def server_name(ws: WebSocket) -> str | None:
    return ws.tls.server_name  # type: ignore[union-attr]


async def others() -> None:
    ws = await connect(Endpoint.parse("wss://a.example/", address="192.0.2.7"))
    await ws.close(1000, "done")
    connect("wss://a.example/", additional_headers={"Cookie": "a=b"}, compression=None, max_size=None)
    connect("wss://a.example/", additional_headers=[("Cookie", "a=b")], timeouts={"tls": 3}, proxy=None)
    connect("wss://a.example/", logger=logging.getLogger("mine"), open_timeout=None)
    connect("wss://a.example/", address=b"192.0.2.7")  # type: ignore[arg-type]


def explained(error: WssError) -> str:
    return error.failure.cause  # type: ignore[union-attr]


async def openings() -> None:
    try:
        await connect("wss://a.example/")
    except InvalidStatus as error:
        assert_type(error.response, Response)
        assert_type(error.response.headers.get("Location"), str | None)
    except ProxyFailed as error:
        assert_type(error.response, Response | None)
    except (CertificateFailed, TLSFailed) as error:
        assert_type(error.failure, Failure)
    except ConnectFailed as error:
        assert_type(error.failure.cause, str)
        assert_type(error.failure.stage, Stage)
        assert_type(error.failure.transient, bool)
        assert_type([phase.ms for phase in error.phases], list[float])
        assert_type([other.probe for other in error.failure.alternatives], list[str | None])
        if error.target is not None:
            assert_type(error.target.endpoint, Endpoint)
    except UsageError as error:
        assert_type(error.failure.fault, Fault)


async def closings(ws: WebSocket) -> None:
    try:
        await ws.send("text")
    except ConnectionClosedError as error:
        assert_type(error.failure.fix, str)
        assert_type(error.code, int)
    except ConnectionClosedOK as error:
        assert_type(error.failure, Failure | None)
    except ConnectionClosed as error:
        assert_type(error.reason, str)
        print(error.rcvd.code)  # type: ignore[union-attr]
        if error.rcvd is not None:
            assert_type(error.rcvd.code, int)
