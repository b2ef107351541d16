"""Two hellos side by side: exactly what differs is marked, and what is drawn anew never is."""

from __future__ import annotations

import pytest
from tests.wire.recordings import HELLOS, flight
from tests.wire.test_hello import client_hello, extension

from wssure.tools.draw.sidebyside import compare, differences_json, side_by_side
from wssure.wire.hello import decode_client_hello, find_client_hello


def recorded(name: str):
    return find_client_hello(flight("libwebsockets", f"{name}.hex"))


def names(left, right) -> list[str]:
    return [row.name for row in compare(left, right) if row.differs]


PAIRS = [
    ("lws433-mbed340full-ok-addr-eq-host", "lws433-mbed340full-skiphost", ["server_name"]),
    ("lws500-mbed366-ok-addr-eq-host", "lws500-mbed366-skiphost", ["server_name"]),
    ("deb416-ossl30-ok-addr-eq-host", "deb416-ossl30-skiphost", []),
    ("lws433-mbed340full-ok-addr-eq-host", "lws433-mbed340full-host-empty", ["server_name"]),
    ("deb416-ossl30-ok-addr-eq-host", "lws433-ossl30-ok-addr-eq-host", []),
]


@pytest.mark.parametrize(("left", "right", "expected"), PAIRS, ids=[f"{row[0]}-{row[1]}" for row in PAIRS])
def test_only_the_differing_extension_is_marked(left, right, expected):
    assert names(recorded(left), recorded(right)) == expected


def test_a_hello_does_not_differ_from_itself():
    for hello in (find_client_hello(flight(folder, file)) for folder, file in HELLOS):
        assert names(hello, hello) == []
        assert "*" not in side_by_side(hello, hello)


def test_the_incident_is_told_in_one_marked_row_with_its_bytes():
    left, right = recorded("lws433-mbed340full-ok-addr-eq-host"), recorded("lws433-mbed340full-skiphost")
    text = side_by_side(left, right, titles=("without the flag", "with the flag"))
    marked = [line.split()[1:] for line in text.splitlines() if line.startswith("*")]
    assert marked[0] == ["server_name", '"localhost"', "absent"]
    assert (
        "".join(word for line in marked[1:] for word in line if len(word) == 2)
        == "0000000e000c0000096c6f63616c686f7374"
    )
    assert max(len(line) for line in text.splitlines()) <= 100
    assert differences_json(left, right) == [
        {
            "what": "server_name",
            "extension": 0,
            "a": '"localhost"',
            "b": "absent",
            "a_hex": "0000000e000c0000096c6f63616c686f7374",
            "b_hex": None,
        }
    ]


def test_grease_key_shares_and_tickets_are_no_difference():
    def hello(grease: int, key: bytes, ticket: bytes):
        number = grease.to_bytes(2, "big")
        return decode_client_hello(
            client_hello(
                extension(grease, b""),
                extension(10, b"\x00\x04" + number + b"\x00\x1d"),
                extension(43, b"\x04" + number + b"\x03\x04"),
                extension(51, b"\x00\x08\x00\x1d\x00\x04" + key),
                extension(35, ticket),
            )
        )

    left, right = hello(0x1A1A, b"abcd", b""), hello(0xBABA, b"wxyz", b"ticket")
    assert names(left, right) == []


def test_another_order_alone_is_one_difference():
    left = decode_client_hello(client_hello(extension(22, b""), extension(23, b""), extension(35, b"")))
    right = decode_client_hello(client_hello(extension(35, b""), extension(22, b""), extension(23, b"")))
    (row,) = [row for row in compare(left, right) if row.differs]
    assert row.name == "order of extensions"
    assert row.right == "session_ticket, encrypt_then_mac, extended_master_secret"


def test_an_extension_of_one_side_stands_where_it_was_sent():
    left = decode_client_hello(client_hello(extension(22, b""), extension(35, b"")))
    right = decode_client_hello(
        client_hello(extension(5, b""), extension(22, b""), extension(23, b""), extension(35, b""))
    )
    rows = [row.name for row in compare(left, right) if row.number is not None]
    assert rows == ["status_request", "encrypt_then_mac", "extended_master_secret", "session_ticket"]


def test_a_duplicate_is_compared_with_its_own_turn():
    left = decode_client_hello(client_hello(extension(22, b""), extension(22, b"")))
    right = decode_client_hello(client_hello(extension(22, b"")))
    assert [(row.name, row.right) for row in compare(left, right) if row.differs] == [("encrypt_then_mac", "absent")]


def test_differing_cipher_suites_name_only_what_one_side_has_alone():
    openssl = find_client_hello(flight("clients", "python-websockets-ssl-openssl-3-0-19.hex"))
    chromium = find_client_hello(flight("clients", "chromium-156.hex"))
    row = next(row for row in compare(openssl, chromium) if row.name == "cipher suites")
    assert row.left.startswith("18 offered, only here: TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384")
    assert row.right == (
        "15 offered, only here: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "
        "TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_GCM_SHA384, TLS_RSA_WITH_AES_128_CBC_SHA, "
        "TLS_RSA_WITH_AES_256_CBC_SHA"
    )


def test_colour_paints_marked_rows_only_when_asked():
    left, right = recorded("lws433-mbed340full-ok-addr-eq-host"), recorded("lws433-mbed340full-skiphost")
    assert "\x1b[1;33m* server_name" in side_by_side(left, right, color=True)
    assert "\x1b" not in side_by_side(left, right)


def test_a_control_character_in_a_name_never_reaches_the_terminal():
    left = decode_client_hello(client_hello(extension(0, b"\x00\x09\x00\x00\x06a\x1b[31m")))
    right = decode_client_hello(client_hello())
    assert "\x1b" not in side_by_side(left, right)
    assert '"a\\x1b[31m"' in side_by_side(left, right)
