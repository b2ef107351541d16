"""A client behind an HTTP proxy that says which side failed: the proxy, the network, the server, or its own settings.

python proxied_client.py wss://b.example.net/ --proxy http://user:password@proxy.example:3128

Without --proxy the proxy of the environment is used (https_proxy, no_proxy).
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from wssure import ConnectFailed, Failure, Fault, Stage, TLSSettings, connect
from wssure.facts import ProxyUsed

SIDES = {Fault.CALLER: "this program", Fault.PEER: "the server", Fault.PATH: "the network", Fault.BUG: "wssure"}


def side_of(failure: Failure) -> str:
    """Return the side that can fix a failure; before the tunnel is open, the other end is the proxy."""
    proxied = failure.fact(ProxyUsed) is not None
    if proxied and failure.fault is Fault.PEER and failure.stage in (Stage.DIAL, Stage.PROXY):
        return "the proxy"
    return SIDES.get(failure.fault, "either side")


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--proxy", default=True)
    parser.add_argument("--ca", help="a CA of your own")
    options = parser.parse_args()
    try:
        async with connect(options.url, proxy=options.proxy, tls=TLSSettings(ca=options.ca)) as ws:
            await ws.send("hello")
            print(await ws.recv())
            return 0
    except ConnectFailed as error:
        failure = error.failure
        print(
            f"{error}\nto be corrected at: {side_of(failure)}", *failure.fix.splitlines(), sep="\n  ", file=sys.stderr
        )
        print("a later retry can succeed" if failure.transient else "a retry does not help", file=sys.stderr)
        return 1


sys.exit(asyncio.run(main()))
