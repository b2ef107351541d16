"""An echo server whose health and metrics have a port of their own, which only the machine itself can reach.

python metrics_server.py --port 8080 --metrics-port 9100

GET /healthz and GET /metrics on the second port; Prometheus reads the latter.
"""

from __future__ import annotations

import argparse
import asyncio
import signal

from wssure import Headers, Request, Response, WebSocket, serve


async def echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--metrics-port", type=int, default=9100)
    options = parser.parse_args()
    stop = asyncio.Event()

    def report(ws: WebSocket, request: Request) -> Response:
        if request.target != "/metrics":
            return Response(404, "Not Found", "HTTP/1.1", Headers())
        headers = Headers([("Content-Type", "text/plain; version=0.0.4")])
        return Response(200, "OK", "HTTP/1.1", headers, server.metrics().encode())

    async with (
        serve(echo, None, options.port) as server,
        serve(echo, "127.0.0.1", options.metrics_port, process_request=report, health="/healthz") as inner,
    ):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        print("listening on port", server.port, "and, for metrics,", inner.port, flush=True)
        await stop.wait()


asyncio.run(main())
