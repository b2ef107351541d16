"""A session is offered again only for the same server under the same terms, and only if everything was verified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wssure.name import DnsName, IpName, NoSNI
from wssure.tls.contract import EngineInfo
from wssure.tls.sessions import SessionCache, SessionKey
from wssure.tls.settings import TLSSettings
from wssure.tls.stdlib import StdlibBackend

BACKEND = StdlibBackend()
NAME = DnsName("a.example.net")
SETTINGS = TLSSettings(ca=b"anchors")


def info(version: str = "TLSv1.3") -> EngineInfo:
    return EngineInfo(version, "", None, False, None, (), None)


def key(settings: TLSSettings = SETTINGS, name=NAME, port: int = 443, backend=BACKEND) -> SessionKey | None:
    return SessionKey.make(backend, settings, name, port)


class Other(StdlibBackend):
    name = "other"


DIFFERENT = [
    ("name", {"name": DnsName("b.example.net")}),
    ("address", {"name": IpName("192.0.2.7")}),
    ("port", {"port": 8443}),
    ("backend", {"backend": Other()}),
    ("anchors", {"settings": TLSSettings(ca=b"others")}),
    ("system", {"settings": TLSSettings()}),
    ("verify", {"settings": replace(SETTINGS, verify="none")}),
    ("chain", {"settings": replace(SETTINGS, verify="chain")}),
    ("expired", {"settings": replace(SETTINGS, allow_expired=True)}),
    ("strict", {"settings": replace(SETTINGS, strict=True)}),
    ("pins", {"settings": replace(SETTINGS, pins=("sha256:" + "0" * 64,))}),
    ("client-certificate", {"settings": replace(SETTINGS, cert=b"c")}),
    ("client-key", {"settings": replace(SETTINGS, cert=b"c", key=b"k")}),
    ("min-version", {"settings": replace(SETTINGS, min_version="TLSv1.3")}),
    ("max-version", {"settings": replace(SETTINGS, max_version="TLSv1.2")}),
    ("alpn", {"settings": replace(SETTINGS, alpn=("h2",))}),
    ("no-alpn", {"settings": replace(SETTINGS, alpn=())}),
]


@pytest.mark.parametrize("change", [row[1] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT])
def test_any_other_term_is_another_key(change) -> None:
    assert key() == key()
    assert key(**change) != key()
    cache = SessionCache()
    cache.put(key(), "session", info())
    assert cache.take(key(**change)) is None
    assert cache.take(key()) == "session"


def test_the_keylog_is_no_term() -> None:
    assert key(replace(SETTINGS, keylog="somewhere")) == key()


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"verify": "chain"}, False),
        ({"verify": "none"}, False),
        ({"allow_expired": True}, False),
        ({"pins": ("sha256:" + "0" * 64,)}, True),
        ({"pins": ("sha256:" + "0" * 64,), "verify": "none"}, True),
    ],
)
def test_only_a_fully_verified_handshake_is_kept(changes, kept: bool) -> None:
    cache = SessionCache()
    assert cache.put(key(replace(SETTINGS, **changes)), "session", info()) == kept
    assert len(cache) == kept


def test_a_tls13_ticket_is_given_once_and_a_tls12_session_again() -> None:
    cache = SessionCache()
    cache.put(key(), "ticket", info("TLSv1.3"))
    assert cache.take(key()) == "ticket"
    assert cache.take(key()) is None
    cache.put(key(), "session", info("TLSv1.2"))
    assert cache.take(key()) == cache.take(key()) == "session"


def test_a_connection_without_sni_keeps_nothing() -> None:
    assert key(name=NoSNI("a probe", NAME)) is None
    cache = SessionCache()
    assert not cache.put(None, "session", info())
    assert not cache.put(key(), None, info())
    assert cache.take(None) is None


def test_the_cache_is_bounded_and_forgets_the_least_used() -> None:
    cache = SessionCache(max_size=2)
    keys = [key(port=port) for port in (1, 2, 3)]
    cache.put(keys[0], "0", info("TLSv1.2"))
    cache.put(keys[1], "1", info("TLSv1.2"))
    cache.take(keys[0])
    cache.put(keys[2], "2", info("TLSv1.2"))
    assert [cache.take(each) for each in keys] == ["0", None, "2"]
    cache.clear()
    assert not len(cache)
