"""A client that accepts one public key, whatever CA signed it; for a device that signs its own certificate.

python pinned_client.py wss://device.example.net/ sha256/BASE64 [--address 192.0.2.7]

The pin, on the machine that has the certificate:
openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from wssure import CertificateFailed, TLSSettings, connect


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("pin", nargs="+", help="the key in use, and the next one")
    parser.add_argument("--address", help="connect to this address; the name stays that of the URL")
    options = parser.parse_args()
    try:
        async with connect(options.url, address=options.address, tls=TLSSettings(pins=tuple(options.pin))) as ws:
            await ws.send("hello")
            print(await ws.recv())
            return 0
    except CertificateFailed as error:
        print(error, error.failure.fix, sep="\n", file=sys.stderr)
        return 1


sys.exit(asyncio.run(main()))
