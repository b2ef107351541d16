"""The flags for address and connection, and their conversion to arguments of `connect()`."""

import argparse
import os
from dataclasses import replace
from typing import Final, TypedDict

from wssure.endpoint import Endpoint
from wssure.errors import usage_error
from wssure.name import host_and_port, is_ip, mask_secrets
from wssure.tls.settings import TLSSettings
from wssure.tls.trust import format_path
from wssure.tools.cli import output

# The parser puts the names of those that work behind it.
BACKEND_HELP: Final = "TLS library (default: the best)"


def add_target_flags(parser: argparse.ArgumentParser, *, every_backend: bool = False) -> None:
    """Add the flags of `check` and `connect`.

    Args:
        parser: The verb's parser.
        every_backend: Whether `--backend` also accepts "all".
    """
    parser.add_argument("url", help="ws:// or wss:// URL; its host is the name that the server must prove")
    where = parser.add_argument_group("address")
    where.add_argument(
        "--address",
        metavar="ADDR",
        help="connect to this name or IP; SNI, Host and certificate name are still the URL's",
    )
    where.add_argument(
        "--address-port", metavar="PORT", type=int, help="connect to this TCP port; the Host header is still the URL's"
    )
    where.add_argument(
        "--resolve",
        metavar="HOST:PORT:ADDR[,ADDR]",
        action="append",
        default=[],
        help="connect to these addresses for HOST:PORT, as in curl; the first that answers is used",
    )
    where.add_argument(
        "--proxy",
        metavar="URL",
        help='use this HTTP proxy, http://[USER:PASSWORD@]HOST:PORT; "none" connects directly '
        "(default: according to https_proxy and no_proxy)",
    )
    tls = parser.add_argument_group("TLS")
    # No choices: a backend may come with another distribution, and `tls.backends` refuses the others with a reason.
    tls.add_argument("--backend", metavar="NAME", help=BACKEND_HELP + (', or "all" of them' if every_backend else ""))
    tls.add_argument(
        "--cacert", metavar="FILE", help="trust these CA certificates (PEM file or directory) instead of the system's"
    )
    tls.add_argument("--cert", metavar="FILE", help="send this client certificate chain (PEM)")
    tls.add_argument("--key", metavar="FILE", help="the private key of --cert (PEM)")
    tls.add_argument(
        "--pin",
        metavar="PIN",
        action="append",
        default=[],
        help="accept only sha256/BASE64 (public key) or sha256:HEX (certificate)",
    )
    tls.add_argument(
        "--verify",
        choices=("full", "chain", "none"),
        default="full",
        help="verify chain and name (full, the default), all but the name (chain), or nothing (none); SNI is always sent",
    )
    tls.add_argument(
        "-k",
        "--insecure",
        action="store_const",
        const="none",
        dest="verify",
        help="verify nothing (SNI is still sent), as --verify none; for inspection only",
    )
    tls.add_argument(
        "--strict", action="store_true", help="demand the formal rules of RFC 5280, as Python 3.13's own contexts do"
    )
    tls.add_argument(
        "--groups", metavar="LIST", help="offer these key exchange groups, comma-separated: x25519,secp256r1"
    )
    for end, which, default in (("min", "lowest", "1.2"), ("max", "highest", "1.3")):
        text = f"the {which} TLS version (default {default})"
        tls.add_argument(f"--tls-{end}", choices=("1.2", "1.3"), type=_version, default=default, help=text)
    tls.add_argument("--alpn", metavar="NAME[,NAME]", help='offer these protocols (default http/1.1; "" offers none)')
    upgrade = parser.add_argument_group("upgrade")
    upgrade.add_argument("--subprotocol", metavar="NAME", action="append", default=[], help="offer this subprotocol")
    upgrade.add_argument("--origin", metavar="ORIGIN", help="send this Origin header")
    upgrade.add_argument(
        "-H", "--header", metavar="NAME:VALUE", action="append", default=[], help="add a request header"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=10.0, help="seconds for the whole connection setup (default 10)"
    )


def _version(text: str) -> str:
    """Read a TLS version, such as `1.2` or `TLSv1.2`."""
    return text.lower().removeprefix("tls").lstrip("v")


class Arguments(TypedDict, total=False):
    """The keyword arguments of `wssure.connect` that flags can give."""

    proxy: str | bool | None
    backend: str | None
    open_timeout: float | None
    subprotocols: list[str] | None
    origin: str | None
    additional_headers: list[tuple[str, str]] | None
    tls: TLSSettings


def endpoint_of(args: argparse.Namespace) -> Endpoint:
    """Convert the URL and the flags of the address to an endpoint.

    Raises:
        UsageError: The URL or the value of a flag is malformed.
    """
    if not args.resolve:
        return Endpoint.parse(args.url, address=args.address, address_port=args.address_port)
    if args.address is not None:
        raise usage_error("resolve", "--resolve and --address both say where to dial", "give one of them")
    first, *others = _resolve(args)
    endpoint = Endpoint.parse(args.url, address=first, address_port=args.address_port)
    return replace(endpoint, others=tuple(others))


def connect_arguments(args: argparse.Namespace) -> Arguments:
    """Convert the other flags to keyword arguments of `wssure.connect`.

    Raises:
        UsageError: The value of a flag is malformed; the error names the flag.
    """
    arguments: Arguments = {
        "proxy": True if args.proxy is None else None if args.proxy == "none" else args.proxy,
        "backend": args.backend,
        "open_timeout": _timeout(args.timeout),
        "subprotocols": args.subprotocol or None,
        "origin": args.origin,
        "additional_headers": [_header(text) for text in args.header] or None,
    }
    if not Endpoint.parse(args.url).secure:
        _refuse_tls_flags(args)
    else:
        if args.verify == "chain" and not args.pin:
            output.words("--verify chain: the name in the certificate is not checked; SNI is still sent")
        arguments["tls"] = TLSSettings(
            ca=_readable(args.cacert, "--cacert"),
            cert=_readable(args.cert, "--cert"),
            key=_readable(args.key, "--key"),
            verify=args.verify,
            pins=tuple(args.pin),
            strict=args.strict,
            min_version=f"TLSv{args.tls_min}",
            max_version=f"TLSv{args.tls_max}",
            groups=None if args.groups is None else tuple(args.groups.split(",")),
            alpn=None if args.alpn is None else tuple(filter(None, args.alpn.split(","))),
        )
    return arguments


def _refuse_tls_flags(args: argparse.Namespace) -> None:
    """Refuse TLS flags with a ws:// URL."""
    flags = {
        "--cacert": args.cacert,
        "--cert": args.cert,
        "--key": args.key,
        "--pin": args.pin,
        "--verify": args.verify != "full",
        "--strict": args.strict,
        "--alpn": args.alpn is not None,
        "--groups": args.groups is not None,
        "--tls-min": args.tls_min != "1.2",
        "--tls-max": args.tls_max != "1.3",
    }
    flag = next((flag for flag, value in flags.items() if value), None)
    if flag is not None:
        raise usage_error(
            "tls", f"{flag} came with a ws:// URL, which has no TLS", f"write wss://, or leave {flag} out"
        )


def _timeout(seconds: float) -> float:
    if not 0 < seconds < 86400:
        raise usage_error("timeout", f"--timeout got {seconds}, expected seconds above 0", "write --timeout 10")
    return seconds


def _readable(path: str | None, flag: str) -> str | None:
    # A CA may be a directory, too.
    if path is not None and not (os.path.exists if flag == "--cacert" else os.path.isfile)(path):
        raise usage_error(
            "tls", f"{flag} got {format_path(path)}, which is no readable file", f"give {flag} a PEM file"
        )
    return path


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name:
        # The text is not quoted: without a colon it may be a secret.
        raise usage_error("header", "--header got no NAME:VALUE", 'write -H "X-Example: 1", in quotes')
    return name.strip(), value.strip()


def _resolve(args: argparse.Namespace) -> list[str]:
    """Return the addresses given for the URL's host and port."""
    endpoint = Endpoint.parse(args.url)
    for entry in args.resolve:
        host, _, rest = entry.partition(":")
        port, _, addresses = rest.partition(":")
        candidates = [address.strip("[]") for address in addresses.split(",") if address]
        if not candidates or not port.isdigit():
            raise usage_error("resolve", f'--resolve got "{mask_secrets(entry)}"', "write --resolve HOST:PORT:ADDR")
        wrong = next((address for address in candidates if not is_ip(address)), None)
        if wrong is not None:
            raise usage_error(
                "resolve",
                f'--resolve got the address "{mask_secrets(wrong)}"',
                "write an IPv4 or IPv6 address after the port",
            )
        if host.lower() == str(endpoint.host) and int(port) == endpoint.port:
            return candidates
    raise usage_error(
        "resolve",
        f"--resolve says nothing of {host_and_port(str(endpoint.host), endpoint.port)}, so it would change nothing",
        "write the URL's host and port before the address, or leave --resolve out",
    )
