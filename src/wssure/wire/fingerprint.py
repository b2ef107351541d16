"""Compute the JA3 and JA4 fingerprints of a ClientHello; both identify known TLS clients."""

import hashlib
from typing import Final

from wssure.wire.hello import ClientHello
from wssure.wire.hello_extension import ALPN, SERVER_NAME
from wssure.wire.iana import is_grease

_VERSIONS: Final = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}


def ja3_text(hello: ClientHello) -> str:
    """Return the input of the JA3 hash: version, ciphers, extensions, groups, point formats in decimal, without GREASE.

    Source: JA3, Althouse, Atkinson and Atkins, 2017.
    """
    lists = (hello.cipher_suites, hello.extension_ids, hello.groups, hello.point_formats)
    parts = ["-".join(str(number) for number in numbers if not is_grease(number)) for numbers in lists]
    return ",".join([str(hello.legacy_version), *parts])


def ja3(hello: ClientHello) -> str:
    """Compute the JA3 fingerprint: the MD5 of `ja3_text` in hex.

    Source: JA3, Althouse, Atkinson and Atkins, 2017.
    """
    return hashlib.md5(ja3_text(hello).encode(), usedforsecurity=False).hexdigest()


def ja4(hello: ClientHello) -> str:
    """Compute the JA4 fingerprint of a ClientHello over TCP.

    Source: JA4, FoxIO, 2023, technical details of JA4 (TLS client).
    """
    versions = [number for number in hello.supported_versions if not is_grease(number)]
    ciphers = [number for number in hello.cipher_suites if not is_grease(number)]
    extensions = [number for number in hello.extension_ids if not is_grease(number)]
    head = "".join(
        (
            "t",
            _VERSIONS.get(max(versions, default=0), "00"),
            "d" if SERVER_NAME in extensions else "i",
            f"{min(len(ciphers), 99):02d}{min(len(extensions), 99):02d}",
            _alpn_mark(hello.alpn_bytes),
        )
    )
    sorted_extensions = _hex_list(sorted(number for number in extensions if number not in (SERVER_NAME, ALPN)))
    signatures = _hex_list([number for number in hello.signature_algorithms if not is_grease(number)])
    tail = f"{sorted_extensions}_{signatures}" if signatures else sorted_extensions
    return f"{head}_{_short_hash(_hex_list(sorted(ciphers)))}_{_short_hash(tail if extensions else '')}"


def _alpn_mark(names: tuple[bytes, ...]) -> str:
    """Return first and last character of the first protocol (of its hex form if one is not alphanumeric), or 00."""
    if not names or not names[0]:
        return "00"
    first, last = names[0][:1], names[0][-1:]
    if first.isalnum() and last.isalnum():
        return (first + last).decode("ascii")
    digits = names[0].hex()
    return digits[0] + digits[-1]


def _hex_list(numbers: list[int]) -> str:
    return ",".join(f"{number:04x}" for number in numbers)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
