"""Describe a ClientHello as JSON and as text rows, for `hello`, `diff` and the demo."""

from collections.abc import Callable, Iterable
from typing import Final

from wssure.text import printable
from wssure.wire.hello import ClientHello, Extension
from wssure.wire.iana import cipher_name, extension_name, group_name, is_grease, signature_name, version_name

# RFC 1035 section 2.3.4; a longer name is truncated; server_name_hex has all bytes.
_LONGEST_NAME: Final = 255
_POINT_FORMATS: Final = {0: "uncompressed", 1: "compressed prime", 2: "compressed char2"}


def _format_numbers(numbers: Iterable[int], name: Callable[[int], str]) -> list[dict[str, object]]:
    return [{"id": number, "name": name(number)} for number in numbers]


def hello_json(hello: ClientHello) -> dict[str, object]:
    """Return the JSON object of a ClientHello, without `schema`.

    All text from the client is escaped; `server_name_hex` has the exact bytes of the name.
    """
    name, raw = hello.server_name, hello.server_name_bytes
    value: dict[str, object] = {
        "server_name": None if name is None else printable(name, _LONGEST_NAME),
        "legacy_version": {"id": hello.legacy_version, "name": version_name(hello.legacy_version)},
        "versions": _format_numbers(hello.supported_versions, version_name),
        "alpn": [printable(protocol) for protocol in hello.alpn],
        "ciphers": _format_numbers(hello.cipher_suites, cipher_name),
        "extensions": [
            {"id": item.id, "name": item.name, "bytes": len(item.data), "span": list(item.span)}
            for item in hello.extensions
        ],
        "groups": _format_numbers(hello.groups, group_name),
        "signature_algorithms": _format_numbers(hello.signature_algorithms, signature_name),
        "key_shares": _format_numbers(hello.key_shares, group_name),
        "session_id_bytes": len(hello.session_id),
        "bytes": len(hello.raw),
        "span": list(hello.span),
        "flaws": [{"what": flaw.what, "offset": flaw.offset, "section": flaw.section} for flaw in hello.flaws],
    }
    if raw is not None:
        value["server_name_hex"] = raw.hex()
    return value


def server_name_text(hello: ClientHello) -> str:
    """Describe the server_name of a hello without ambiguity."""
    name = hello.server_name
    if name is None:
        return "absent"
    return f'"{printable(name)}"' if name else "present, but no name in it (malformed)"


def extension_text(hello: ClientHello, item: Extension) -> str:
    """Describe the contents of one extension of `hello`."""
    if item.id == 0:
        return server_name_text(hello)
    numbers = _NUMBERS.get(item.id)
    if numbers is not None:
        return ", ".join(numbers(hello)) or "unreadable"
    if not item.data:
        return "empty"
    return "1 byte" if len(item.data) == 1 else f"{len(item.data)} bytes"


_NUMBERS: Final[dict[int, Callable[[ClientHello], list[str]]]] = {
    10: lambda hello: [group_name(number) for number in hello.groups],
    11: lambda hello: [_POINT_FORMATS.get(number, str(number)) for number in hello.point_formats],
    13: lambda hello: [signature_name(number) for number in hello.signature_algorithms],
    16: lambda hello: [printable(name) for name in hello.alpn],
    43: lambda hello: [version_name(number) for number in hello.supported_versions],
    51: lambda hello: [group_name(number) for number in hello.key_shares],
}


def cipher_texts(hello: ClientHello) -> list[str]:
    """Return the names of the cipher suites in the client's order."""
    return [cipher_name(number) for number in hello.cipher_suites]


def label(number: int) -> str:
    """Return the name of an extension for a row: one name for all GREASE numbers, and a short name for ALPN."""
    if number == 16:
        return "alpn"
    return "GREASE" if is_grease(number) else extension_name(number)


def hello_lines(hello: ClientHello) -> list[str]:
    """Format a ClientHello as text lines, with the server_name first."""
    suites = cipher_texts(hello)
    rows = [
        ("server_name", server_name_text(hello)),
        ("versions", ", ".join(version_name(number) for number in hello.supported_versions)),
        ("alpn", ", ".join(printable(name) for name in hello.alpn) or "none"),
        ("cipher suites", f"{len(suites)}: {', '.join(suites[:4])}{', …' if len(suites) > 4 else ''}"),
        ("bytes", f"{hello.span[0]} to {hello.span[1]}, {len(hello.raw)} of the message"),
        ("extensions", f"{len(hello.index)}, in this order:"),
    ]
    lines = [f"  {name:<14} {text}" for name, text in rows]
    for item in hello.extensions:
        where = f"{item.span[0]}-{item.span[1]}"
        lines.append(f"    {item.id:>5} {label(item.id):<28} {where:<9} {_cut(extension_text(hello, item), 90)}")
    lines += [f"  flaw           {flaw}" for flaw in hello.flaws]
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
