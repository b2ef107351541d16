"""`wssure serve`: run an echo server for several TLS sites, selected by the name in the ClientHello."""

import argparse
import asyncio
import contextlib
import logging
import signal
import tempfile
from pathlib import Path
from typing import Final

from wssure.aio.websocket import WebSocket
from wssure.errors import usage_error
from wssure.tls.settings import Site
from wssure.tools.cli import output
from wssure.tools.cli.target import BACKEND_HELP

EXAMPLES: Final = """examples:
  wssure serve --echo --site a.test --site b.test        use temporary certificates; print the path of the CA
  wssure serve --echo --site a.test --strict-sni         send alert 112 if no site matches
  wssure serve --echo --site a.test --strict-sni close   close without an alert, as in the SNI incident
  wssure serve --echo --cert chain.pem --key key.pem --site b.example.net --port 8443
  wssure serve --echo --plain                            serve ws:// without TLS
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the verb."""
    parser.add_argument("--echo", action="store_true", help="send every message back (the default and only handler)")
    parser.add_argument("--site", metavar="NAME", action="append", default=[], help="serve this site; repeat for more")
    parser.add_argument(
        "--cert", metavar="FILE", help="use this certificate chain (PEM) for the sites instead of temporary ones"
    )
    parser.add_argument("--key", metavar="FILE", help="the private key of --cert (PEM)")
    parser.add_argument(
        "--strict-sni", nargs="?", const="alert", choices=("alert", "close"), help="refuse an absent or unknown name"
    )
    parser.add_argument("--plain", action="store_true", help="serve ws:// without TLS")
    parser.add_argument("--address", default="127.0.0.1", help="listen on this address (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=0, help="listen on this TCP port (default: a free one, which is printed)"
    )
    parser.add_argument("--backend", metavar="NAME", help=BACKEND_HELP)
    parser.add_argument("--any-origin", action="store_true", help="accept browsers from any origin")
    parser.add_argument(
        "--max-size",
        metavar="BYTES",
        type=int,
        default=2**20,
        help="refuse a message with more bytes (default: %(default)s)",
    )
    output.add_output_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    if args.plain and (args.site or args.cert or args.strict_sni):
        raise usage_error(
            "serve", "--plain goes without --site, --cert and --strict-sni", "drop --plain, or drop the others"
        )
    if args.key and not args.cert:
        raise usage_error(
            "serve", "--key came without --cert", "give --cert the certificate chain that belongs to the key"
        )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return output.run(_serve(args))


async def _serve(args: argparse.Namespace) -> int:
    from wssure import SAME, serve

    with tempfile.TemporaryDirectory(prefix="wssure-ca-") as folder:
        sites, ca_file = (None, None) if args.plain else _sites(args, Path(folder))
        async with serve(
            _echo,
            args.address,
            args.port,
            sites=sites,
            backend=args.backend,
            strict_sni="close" if args.strict_sni == "close" else bool(args.strict_sni),
            origins=None if args.any_origin else SAME,
            max_size=args.max_size,
        ) as server:
            _announce(args, server.port, sites, ca_file)
            output.flush()  # a pipe is read while the server runs
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            # On Windows there are no signal handlers: Ctrl-C cancels this task.
            with contextlib.suppress(NotImplementedError):
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, stop.set)
            await stop.wait()
            output.words("closing")
    return output.GOOD


async def _echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


def _sites(args: argparse.Namespace, folder: Path) -> tuple[list[Site], Path | None]:
    """Return the sites, and the CA file if they are temporary."""
    site = Site(names=tuple(args.site) or ("localhost",), cert=args.cert or b"", key=args.key)
    if args.cert:
        return [site], None
    from wssure.tools.demo.throwaway import ThrowawayCA

    ca = ThrowawayCA.make()
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(ca.pem)
    return [ca.site(name) for name in site.names], ca_file


def _announce(args: argparse.Namespace, port: int, sites: list[Site] | None, ca_file: Path | None) -> None:
    """Print the listening address and a command to connect to it."""
    names = [name for site in sites or () for name in site.names]
    if args.json:
        output.emit_json(
            {"address": args.address, "port": port, "sites": names, "ca": str(ca_file) if ca_file else None}, line=True
        )
        return
    if sites is None:
        output.data(f"serving ws://{args.address}:{port}/ (echo, no TLS); Ctrl-C ends")
        return
    trust = f" --cacert {ca_file}" if ca_file else ""
    output.data(
        f"serving {len(names)} site{'s' if len(names) != 1 else ''} on {args.address} port {port} (echo); Ctrl-C ends"
    )
    for name in names:
        host = name.replace("*", "any")
        output.data(f"  wssure check wss://{host}:{port}/ --address {args.address}{trust}")
    if ca_file:
        output.data(f"  CA of these throw-away certificates: {ca_file}")
