"""What a chain and a clock say about an endpoint that works."""

from __future__ import annotations

import datetime
import ssl

import pytest
import trustme

from wssure.name import normalise_host
from wssure.tools.probe.inspect import inspect_chain, inspect_clock
from wssure.wire.x509 import Certificate, decode_certificate

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


def certificates(pem: bytes) -> tuple[Certificate, ...]:
    blocks = pem.decode().split("-----END CERTIFICATE-----")[:-1]
    return tuple(
        decode_certificate(ssl.PEM_cert_to_DER_cert(block.strip() + "\n-----END CERTIFICATE-----")) for block in blocks
    )


@pytest.fixture(scope="module")
def root() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def intermediate(root) -> trustme.CA:
    return root.create_child_ca()


def issued(by: trustme.CA, *names: str, days: int | None = None) -> tuple[Certificate, ...]:
    until = None if days is None else NOW + datetime.timedelta(days=days, hours=1)
    made = by.issue_cert(*names, not_after=until)
    return certificates(b"".join(blob.bytes() for blob in made.cert_chain_pems))


def causes(chain, anchors, host="b.example.net") -> list[str]:
    return [finding.cause for finding in inspect_chain(chain, anchors, normalise_host(host), NOW)]


def test_a_good_chain_has_nothing(root, intermediate):
    anchors = certificates(root.cert_pem.bytes())
    assert causes(issued(root, "b.example.net"), anchors) == []
    assert causes(issued(intermediate, "b.example.net"), anchors) == []


def test_an_intermediate_that_only_we_have_is_missed_by_others(root, intermediate):
    anchors = certificates(root.cert_pem.bytes() + intermediate.cert_pem.bytes())
    assert causes(issued(intermediate, "b.example.net")[:1], anchors) == ["cert.chain-incomplete"]


def test_a_chain_out_of_order(root, intermediate):
    leaf, middle = issued(intermediate, "b.example.net")[:2]
    (top,) = certificates(root.cert_pem.bytes())
    assert causes((leaf, top, middle), (top,)) == ["cert.chain-incomplete"]


@pytest.mark.parametrize(("days", "expected"), [(30, []), (20, ["cert.expired"]), (-1, ["cert.expired"])])
def test_a_certificate_near_its_end(root, days, expected):
    assert causes(issued(root, "b.example.net", days=days), certificates(root.cert_pem.bytes())) == expected


@pytest.mark.parametrize(
    ("host", "names", "expected"),
    [
        ("example.net", ["example.net"], ["cert.hostname"]),
        ("example.net", ["example.net", "www.example.net"], []),
        ("example.net", ["example.net", "*.example.net"], []),
        ("www.example.net", ["www.example.net"], ["cert.hostname"]),
        ("b.example.net", ["b.example.net"], []),
        ("192.0.2.7", ["192.0.2.7"], []),
    ],
)
def test_the_name_people_also_use(root, host, names, expected):
    assert causes(issued(root, *names), certificates(root.cert_pem.bytes()), host) == expected


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("Mon, 01 Jun 2026 00:00:30 GMT", False),
        ("Mon, 01 Jun 2026 00:10:00 GMT", True),
        ("Sun, 31 May 2026 23:00:00 GMT", True),
        ("yesterday", False),
        ("", False),
        (None, False),
    ],
)
def test_two_clocks(date, found):
    assert bool(list(inspect_clock(date, NOW))) is found
