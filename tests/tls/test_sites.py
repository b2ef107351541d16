"""Which site answers which ClientHello."""

from __future__ import annotations

import pytest
from tests.tls.test_guard import hello

from wssure.errors import UsageError
from wssure.name import DnsName, IpName
from wssure.tls.settings import Site
from wssure.tls.sites import SiteTable
from wssure.wire.hello import decode_client_hello

A = Site(("a.example.net", "192.0.2.7"), b"a")
WILD = Site(("*.example.net",), b"w")
ORG = Site(("example.org", "*.example.org"), b"o")
SITES = [A, WILD, ORG]
TLS13 = bytes.fromhex("002b0003020304")


def hello_of(name: str | None, extra: bytes = b""):
    return decode_client_hello(hello(name, extra=extra))


CHOICES = [
    ("exact-before-wildcard", "a.example.net", A),
    ("wildcard", "b.example.net", WILD),
    ("one-label-only", "c.b.example.net", A),
    ("upper-case", "B.EXAMPLE.NET", WILD),
    ("trailing-dot", "b.example.net.", WILD),
    ("apex", "example.org", ORG),
    ("below-apex", "x.example.org", ORG),
    ("address", "192.0.2.7", A),
    ("unknown", "example.com", A),
    ("absent", None, A),
    ("empty", "", A),
    ("no-name", "a b", A),
    ("nul", "b.example.net\0", A),
    ("star", "*.example.net", A),
]


@pytest.mark.parametrize(("name", "site"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
def test_the_name_chooses_the_site_and_the_first_answers_otherwise(name: str | None, site: Site) -> None:
    choice = SiteTable(SITES).choose(hello_of(name))
    assert choice.site is site
    assert choice.refused is None
    assert choice.alert is None


@pytest.mark.parametrize("default", [ORG, "example.org", "*.example.org"])
def test_a_default_site_answers_in_place_of_the_first(default) -> None:
    table = SiteTable(SITES, default)
    for name in ("example.com", None, ""):
        assert table.choose(hello_of(name)).site is ORG
    assert table.choose(hello_of("a.example.net")).site is A


STRICT = [
    ("unknown", "example.com", b"", True, "unknown-name", 112),
    ("unknown-13", "example.com", TLS13, True, "unknown-name", 112),
    ("absent-12", None, b"", True, "no-name", 112),
    ("absent-13", None, TLS13, True, "no-name", 109),
    ("absent-13-server-12", None, TLS13, False, "no-name", 112),
    ("empty-13", "", TLS13, True, "no-name", 109),
    ("no-name", "a b", TLS13, True, "unknown-name", 112),
]


@pytest.mark.parametrize(
    ("name", "extra", "tls13", "refused", "alert"), [row[1:] for row in STRICT], ids=[row[0] for row in STRICT]
)
def test_strict_sni_refuses_what_matches_no_site(name, extra, tls13: bool, refused: str, alert: int) -> None:
    choice = SiteTable(SITES, strict_sni=True).choose(hello_of(name, extra), tls13=tls13)
    assert (choice.site, choice.refused, choice.alert) == (None, refused, alert)
    silent = SiteTable(SITES, strict_sni="close").choose(hello_of(name, extra), tls13=tls13)
    assert (silent.site, silent.refused, silent.alert) == (None, refused, None)
    assert SiteTable(SITES, strict_sni=True).choose(hello_of("a.example.net", extra)).site is A


def test_find_answers_for_names_and_addresses() -> None:
    table = SiteTable(SITES)
    assert table.find(DnsName("x.example.net")) is WILD
    assert table.find(IpName("192.0.2.7")) is A
    assert table.find(IpName("192.0.2.8")) is None


WRONG = [
    ("none", {"sites": []}, "sites"),
    ("twice", {"sites": [A, Site(("a.example.net",), b"x")]}, "sites"),
    ("foreign-default", {"sites": [A], "default_site": ORG}, "default_site"),
    ("unknown-default", {"sites": [A], "default_site": "example.com"}, "default_site"),
    ("strict-and-default", {"sites": [A], "default_site": A, "strict_sni": True}, "default_site"),
    ("strict-word", {"sites": [A], "strict_sni": "yes"}, "strict_sni"),
]


@pytest.mark.parametrize(("arguments", "field"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_table_is_a_usage_error(arguments, field: str) -> None:
    with pytest.raises(UsageError) as caught:
        SiteTable(**arguments)
    assert caught.value.failure.cause == f"usage.{field}"
