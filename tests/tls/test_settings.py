"""Settings and sites are checked when they are made, and never show what they hold."""

from __future__ import annotations

import ssl

import pytest

from wssure.errors import UsageError
from wssure.name import DnsName, IpName
from wssure.tls.settings import MAX_PINS, Site, TLSSettings

WRONG = [
    ("verify", {"verify": "maybe"}, "tls", "expected full, chain or none"),
    ("min-version", {"min_version": "TLSv1.1"}, "tls", "min_version got"),
    ("max-version", {"max_version": "1.3"}, "tls", "max_version got"),
    ("order", {"min_version": "TLSv1.3", "max_version": "TLSv1.2"}, "tls", "above max_version"),
    ("context-as-ca", {"ca": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}, "tls", "got an ssl.SSLContext"),
    ("ca-type", {"ca": 7}, "ca", "ca got int"),
    ("cert-type", {"cert": ["a"]}, "cert", "cert got list"),
    ("key-type", {"cert": b"c", "key": 1.5}, "key", "key got float"),
    ("key-alone", {"key": b"k"}, "tls", "key came without cert"),
    ("one-pin", {"pins": "sha256/x"}, "tls", "pins got one text"),
    ("pins", {"pins": ("x",) * (MAX_PINS + 1)}, "tls", "expected at most"),
    ("one-alpn", {"alpn": "http/1.1"}, "tls", "alpn got one text"),
    ("empty-alpn", {"alpn": ("",)}, "tls", "1 to 255"),
    ("long-alpn", {"alpn": ("x" * 256,)}, "tls", "1 to 255"),
    ("foreign-alpn", {"alpn": ("é",)}, "tls", "1 to 255"),
]


@pytest.mark.parametrize(("fields", "field", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_setting_is_a_usage_error_that_says_which(fields, field: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        TLSSettings(**fields)
    assert caught.value.failure.cause == f"usage.{field}"
    assert caught.value.failure.fix


def test_lists_become_tuples_so_that_settings_can_be_keys() -> None:
    settings = TLSSettings(pins=["x"], alpn=["y"])
    assert hash(settings) == hash(TLSSettings(pins=("x",), alpn=("y",)))


@pytest.mark.parametrize(("given", "offered"), [(None, ("http/1.1",)), ((), ()), (("h2",), ("h2",))])
def test_http_1_1_alone_is_offered_unless_protocols_are_given(given, offered) -> None:
    assert TLSSettings(alpn=given).offered_alpn == offered


def test_material_never_shows() -> None:
    shown = repr(TLSSettings(ca=b"SECRET", cert=b"SECRET", key=b"SECRET"))
    shown += repr(Site(("a.example.net",), b"SECRET", b"SECRET", b"SECRET"))
    assert "SECRET" not in shown


def test_names_of_a_site_are_normal_and_match_as_they_should() -> None:
    site = Site(("A.Example.NET.", "*.B.example", "[2001:DB8::7]"), b"c")
    assert site.names == ("a.example.net", "*.b.example", "2001:db8::7")
    assert Site("a.example.net", b"c").names == ("a.example.net",)
    assert Site(["a.example.net", "b.example"], b"c").names == ("a.example.net", "b.example")
    for name, answers in (
        (DnsName("a.example.net"), True),
        (DnsName("x.b.example"), True),
        (DnsName("y.x.b.example"), False),
        (DnsName("b.example"), False),
        (IpName("2001:db8::7"), True),
        (IpName("192.0.2.7"), False),
    ):
        assert site.answers(name) == answers


@pytest.mark.parametrize("name", ["*", "a b", "wss://a.example/", "*.192.0.2.7", "a.*.example", ""])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        Site((name,), b"c")


def test_material_of_a_site_is_a_path_or_bytes() -> None:
    with pytest.raises(UsageError) as caught:
        Site(("a.example.net",), b"c", client_ca=7)
    assert caught.value.failure.cause == "usage.client_ca"
