"""Decode the contents of the ClientHello extensions used in explanations, one strict reader for each.

A reader raises `DecodeError` with offsets counted from the extension's contents plus `base`.
"""

from collections.abc import Callable
from typing import Final

from wssure.wire.decode import Cursor, DecodeError

SERVER_NAME: Final = 0
SUPPORTED_GROUPS: Final = 10
EC_POINT_FORMATS: Final = 11
SIGNATURE_ALGORITHMS: Final = 13
ALPN: Final = 16
SUPPORTED_VERSIONS: Final = 43
KEY_SHARE: Final = 51
_SNI: Final = "RFC 6066 section 3"


def host_name_range(data: bytes, base: int = 0) -> tuple[int, int]:
    """Return the byte range of the first host name in the contents of a server_name extension.

    The range is empty for an empty name and for a list without a host name.

    Raises:
        DecodeError: A length is wrong.

    Source: RFC 6066 section 3.
    """
    cursor = Cursor(data, base, _SNI)
    if cursor.number(2, "length of server_name_list") != len(data) - 2:
        raise DecodeError(f"length of server_name_list got {data[:2].hex()}, expected {len(data) - 2:04x}", base, _SNI)
    name_range: tuple[int, int] | None = None
    while cursor.left:
        name_type = cursor.number(1, "name_type")
        name = cursor.vector(2, "host_name")
        if name_type == 0 and name_range is None:
            name_range = (cursor.offset - len(name), cursor.offset)
    return name_range or (len(data), len(data))


def protocol_names(data: bytes, base: int = 0) -> tuple[bytes, ...]:
    """Decode the protocol names of an application_layer_protocol_negotiation extension.

    Raises:
        DecodeError: A length is wrong.

    Source: RFC 7301 section 3.1.
    """
    section = "RFC 7301 section 3.1"
    outer = Cursor(data, base, section)
    cursor = Cursor(outer.vector(2, "protocol_name_list"), base + 2, section)
    outer.finish("protocol_name_list")
    names = []
    while cursor.left:
        names.append(cursor.vector(1, "protocol_name"))
    return tuple(names)


def _pairs(length_size: int, name: str, section: str) -> Callable[[bytes, int], tuple[int, ...]]:
    def read(data: bytes, base: int = 0) -> tuple[int, ...]:
        cursor = Cursor(data, base, section)
        numbers = cursor.numbers(length_size, name)
        cursor.finish(name)
        return numbers

    return read


def _point_formats(data: bytes, base: int = 0) -> tuple[int, ...]:
    cursor = Cursor(data, base, "RFC 8422 section 5.1.2")
    formats = cursor.vector(1, "ec_point_format_list")
    cursor.finish("ec_point_format_list")
    return tuple(formats)


def _key_share_groups(data: bytes, base: int = 0) -> tuple[int, ...]:
    section = "RFC 8446 section 4.2.8"
    outer = Cursor(data, base, section)
    cursor = Cursor(outer.vector(2, "client_shares"), base + 2, section)
    outer.finish("client_shares")
    groups = []
    while cursor.left:
        groups.append(cursor.number(2, "group"))
        cursor.vector(2, "key_exchange")
    return tuple(groups)


_READ_NUMBERS: Final[dict[int, Callable[[bytes, int], tuple[int, ...]]]] = {
    SUPPORTED_GROUPS: _pairs(2, "named_group_list", "RFC 8446 section 4.2.7"),
    EC_POINT_FORMATS: _point_formats,
    SIGNATURE_ALGORITHMS: _pairs(2, "supported_signature_algorithms", "RFC 8446 section 4.2.3"),
    SUPPORTED_VERSIONS: _pairs(1, "versions", "RFC 8446 section 4.2.1"),
    KEY_SHARE: _key_share_groups,
}


def numbers(number: int, data: bytes, base: int = 0) -> tuple[int, ...]:
    """Decode the list of numbers in an extension.

    Args:
        number: One of supported_groups, ec_point_formats, signature_algorithms, supported_versions, key_share (groups).
        data: The contents of the extension.
        base: Offset of the contents, for errors.

    Raises:
        DecodeError: A length is wrong.

    Source: RFC 8446 section 4.2.
    """
    return _READ_NUMBERS[number](data, base)


def flaw(number: int, data: bytes, base: int) -> DecodeError | None:
    """Return the error in the contents of an extension; None if they are well formed or the extension is unknown here.

    Source: RFC 8446 section 4.2 and RFC 6066 section 3.
    """
    try:
        if number == SERVER_NAME:
            start, stop = host_name_range(data, base)
            if start == stop:
                # RFC 6066 section 3: "opaque HostName<1..2^16-1>", so an empty name is malformed.
                return DecodeError("host_name got 0 bytes, expected at least 1", base + start, _SNI)
        elif number == ALPN:
            protocol_names(data, base)
        elif number in _READ_NUMBERS:
            numbers(number, data, base)
    except DecodeError as error:
        return error
    return None
