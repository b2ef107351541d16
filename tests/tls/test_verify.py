"""Names are checked against subjectAltName only, wildcards by whole labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tls.certificates import der_of, issue

from wssure.name import DnsName, IpName
from wssure.tls.verify import check_name, lacks_names, name_defect, presented_names
from wssure.wire.x509 import decode_certificate

CASES = [
    ("same", "a.example.net", "a.example.net", True),
    ("upper-case-pattern", "A.Example.NET", "a.example.net", True),
    ("other", "b.example.net", "a.example.net", False),
    ("parent", "example.net", "a.example.net", False),
    ("child", "b.a.example.net", "a.example.net", False),
    ("wildcard", "*.example.net", "a.example.net", True),
    ("wildcard-underscore", "*.example.net", "my_service.example.net", True),
    ("wildcard-a-label", "*.example.net", "xn--bcher-kva.example.net", True),
    ("wildcard-upper-case", "*.EXAMPLE.net", "a.example.net", True),
    ("wildcard-two-labels", "*.example.net", "b.a.example.net", False),
    ("wildcard-no-label", "*.example.net", "example.net", False),
    ("wildcard-top-level", "*.net", "example.net", False),
    ("wildcard-alone", "*", "localhost", False),
    ("wildcard-inside-label", "a*.example.net", "ab.example.net", False),
    ("wildcard-label-end", "*a.example.net", "ba.example.net", False),
    ("wildcard-second-label", "a.*.net", "a.example.net", False),
    ("wildcard-twice", "*.*.net", "a.example.net", False),
    ("wildcard-literal", "*.example.net", "*.example.net", False),
    ("trailing-dot", "a.example.net.", "a.example.net", False),
    ("leading-dot", ".example.net", "a.example.net", False),
    ("empty", "", "a.example.net", False),
    ("one-label", "localhost", "localhost", True),
    ("a-label", "XN--BCHER-KVA.example", "xn--bcher-kva.example", True),
    ("nul", "a.example.net\0.evil.example", "a.example.net", False),
    ("ip-as-dns", "192.0.2.7", "192.0.2.7", False),
]


class Holding:
    """What the check needs of a certificate."""

    has_san = True

    def __init__(self, dns: tuple[str, ...] = (), ips: tuple[str, ...] = ()) -> None:
        self.dns_names = dns
        self.ip_addresses = ips


@pytest.mark.parametrize(("pattern", "host", "good"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_a_dns_name_matches_whole_labels_only(pattern: str, host: str, good: bool) -> None:
    name = IpName(host) if host == "192.0.2.7" else DnsName(host)
    if "*" in host:
        name = DnsName("x.y.example.net")  # No endpoint holds a wildcard; the nearest thing is a deeper name.
    assert check_name(name, Holding(dns=(pattern,))) == good


@pytest.mark.parametrize(
    ("presented", "host", "good"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("2001:db8::7", "2001:db8::7", True),
        ("2001:db8:0:0::7", "2001:db8::7", True),
        ("::ffff:192.0.2.7", "192.0.2.7", False),
        ("not an address", "192.0.2.7", False),
    ],
)
def test_an_address_matches_itself_only(presented: str, host: str, good: bool) -> None:
    assert check_name(IpName(host), Holding(ips=(presented,))) == good
    assert not check_name(DnsName("a.example.net"), Holding(ips=(presented,)))


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.lists(LABEL, min_size=2, max_size=4), LABEL)
def test_a_wildcard_matches_every_name_one_label_below_and_no_other(labels: list[str], first: str) -> None:
    parent = ".".join(labels)
    pattern = Holding(dns=("*." + parent,))
    assert check_name(DnsName(f"{first}.{parent}"), pattern)
    assert not check_name(DnsName(parent), pattern)
    assert not check_name(DnsName(f"a.{first}.{parent}"), pattern)


def test_the_common_name_proves_nothing(ca) -> None:
    der = der_of(issue(ca, common_name="a.example.net"))
    assert lacks_names(der)
    assert name_defect(DnsName("a.example.net"), der) == ("no-san", "the certificate has no subjectAltName")


def test_a_defect_says_which_kind(ca) -> None:
    der = der_of(issue(ca, "a.example.net", "192.0.2.7"))
    assert presented_names(decode_certificate(der)) == ["a.example.net", "192.0.2.7"]
    assert name_defect(DnsName("a.example.net"), der) is None
    assert name_defect(IpName("192.0.2.7"), der) is None
    assert name_defect(DnsName("b.example.net"), der)[0] == "hostname"
    assert name_defect(IpName("192.0.2.8"), der)[0] == "ip-mismatch"
    assert name_defect(DnsName("a.example.net"), None)[0] == "other"
    assert name_defect(DnsName("a.example.net"), b"0")[0] == "other"
    assert not lacks_names(b"0")
