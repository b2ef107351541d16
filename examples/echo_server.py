"""An echo server with one certificate for each site.

python echo_server.py --site a.example.net a.pem a.key --site '*.b.example.net' b.pem b.key

SIGHUP reads the certificates again, without an interruption. SIGTERM and Ctrl-C close all connections with 1001.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from wssure import Server, Site, UsageError, WebSocket, serve


async def echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


def read_sites(arguments: list[tuple[str, str, str]]) -> list[Site]:
    # The contents, not the paths: until `replace_sites` succeeds, nothing on the disk can change what is served.
    return [Site(name, Path(cert).read_bytes(), Path(key).read_bytes()) for name, cert, key in arguments]


def reload(server: Server, arguments: list[tuple[str, str, str]]) -> None:
    try:
        server.replace_sites(read_sites(arguments))
    except (OSError, UsageError) as error:
        logging.error("the old certificates stay in use: %s", error)  # noqa: TRY400 - no traceback for a wrong file
    else:
        logging.info("certificates reloaded, %s days left", server.certificate_days_left())


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", nargs=3, action="append", required=True, metavar=("NAME", "CERT", "KEY"))
    parser.add_argument("--address")
    parser.add_argument("--port", type=int, default=443)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    sites = read_sites(options.site)
    async with serve(echo, options.address, options.port, sites=sites, strict_sni=True) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload, server, options.site)
        print("listening on port", server.port, flush=True)
        await stop.wait()


asyncio.run(main())
