"""A server knows the defects of its own certificates before its first client does, and says how long they are valid."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

import pytest
from cryptography import x509
from tests.aio.serving import echo
from tests.tls.chains import Issued, issue

from wssure import Site, TLSFailed, TLSSettings, connect, serve

ROOT = issue(name="root", is_ca=True)
MIDDLE = issue(ROOT, name="middle", is_ca=True)
OTHER = issue(ROOT, name="other", is_ca=True)
AIA = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.test/i")
        )
    ]
)
NAME = "a.test"


def site(*chain: Issued, names: str | tuple[str, ...] = NAME) -> Site:
    return Site(names, b"".join(one.pem for one in chain), chain[0].key_pem)


BAD: dict[str, tuple[Site, str, str]] = {
    "expired": (site(issue(ROOT, NAME, days=(-30, -2))), "cert.expired", "renew"),
    "expired issuer": (site(issue(MIDDLE, NAME), issue(ROOT, name="middle", is_ca=True, days=(-30, -2))), "cert.expired", "CN=middle"),
    "not yet valid": (site(issue(ROOT, NAME, days=(2, 30))), "cert.not-yet-valid", "clock"),
    "another name": (site(issue(ROOT, "b.test")), "cert.hostname", "b.test, not for a.test"),
    "one name of two": (site(issue(ROOT, NAME), names=(NAME, "b.test")), "cert.hostname", "not for b.test"),
    "a name for a wildcard": (site(issue(ROOT, "x.b.test"), names="*.b.test"), "cert.hostname", "*.b.test"),
    "no SAN": (site(issue(ROOT, name=NAME)), "cert.no-san", "subjectAltName=DNS:a.test"),
    "address as DNS name": (site(issue(ROOT, x509.DNSName("192.0.2.7")), names="192.0.2.7"), "cert.ip-as-dns", "IP:192.0.2.7"),
    "for clients": (site(issue(ROOT, NAME, eku=("client",))), "cert.purpose", "clientAuth"),
    "alone": (site(issue(MIDDLE, NAME, more=((AIA, False),))), "cert.chain-incomplete", "fullchain.pem"),
    "wrong issuer": (site(issue(MIDDLE, NAME), OTHER), "cert.chain-incomplete", "did not issue"),
}  # fmt: skip
GOOD: dict[str, Site] = {
    "directly": site(issue(ROOT, NAME)),
    "chain": site(issue(MIDDLE, NAME), MIDDLE),
    "chain with root": site(issue(MIDDLE, NAME), MIDDLE, ROOT),
    "self-signed": site(issue(None, NAME)),
    "wildcard": site(issue(ROOT, "*.b.test"), names=("*.b.test", "x.b.test")),
    "address": site(issue(ROOT, "192.0.2.7", NAME), names=("192.0.2.7", NAME)),
    "no names": site(issue(ROOT, "b.test"), names=()),
}


def started(caplog: pytest.LogCaptureFixture, *sites: Site, later: Callable[[], Site] | None = None) -> list[str]:
    """Start a server, perhaps give it another site, and return its warnings."""

    async def run() -> None:
        async with serve(echo, "127.0.0.1", sites=sites) as server:
            if later is not None:
                caplog.clear()
                server.replace_sites([later()])

    with caplog.at_level(logging.WARNING, "wssure.server"):
        asyncio.run(run())
    return [record.getMessage() for record in caplog.records if record.name == "wssure.server"]


@pytest.mark.parametrize(("bad", "cause", "word"), BAD.values(), ids=list(BAD))
def test_a_certificate_that_clients_will_refuse_is_one_line_with_cause_and_fix(caplog, bad, cause, word) -> None:
    lines = started(caplog, bad)
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{cause}: the certificate of the site {bad.names[0]} ")
    assert "; fix: " in lines[0]
    assert word in lines[0]
    assert "\n" not in lines[0]


@pytest.mark.parametrize("good", GOOD.values(), ids=list(GOOD))
def test_a_good_certificate_is_no_news(caplog, good) -> None:
    assert started(caplog, good) == []


def test_replaced_sites_are_looked_at_too(caplog) -> None:
    lines = started(caplog, GOOD["directly"], later=lambda: BAD["expired"][0])
    assert [line.partition(":")[0] for line in lines] == ["cert.expired"]


def gauge(text: str) -> float | None:
    values = [line.split()[1] for line in text.splitlines() if line.startswith("wssure_certificate_days_left ")]
    return float(values[0]) if values else None


def test_the_days_left_are_those_of_the_first_certificate_to_expire_and_follow_a_renewal(tmp_path) -> None:
    path = tmp_path / "site.pem"
    soon, late = issue(ROOT, NAME, days=(-1, 3)), issue(ROOT, NAME, days=(-1, 40))
    path.write_bytes(soon.pem + soon.key_pem)

    async def run() -> tuple[list[float | None], list[float | None]]:
        async with serve(
            echo, "127.0.0.1", sites=[Site(NAME, path), site(issue(ROOT, "b.test"), names="b.test")]
        ) as server:
            values, gauges = [server.certificate_days_left()], [gauge(server.metrics())]
            path.write_bytes(late.pem + late.key_pem)
            return [*values, server.certificate_days_left()], [*gauges, gauge(server.metrics())]

    values, gauges = asyncio.run(run())
    assert [round(value or 0) for value in values] == [3, 30]
    assert gauges == [2, 29], "whole days"


def test_the_number_is_kept_until_the_file_changes_and_nothing_is_read_for_it(tmp_path) -> None:
    path = tmp_path / "site.pem"
    one = issue(ROOT, NAME, days=(-1, 3))
    path.write_bytes(one.pem + one.key_pem)
    before = path.stat()

    async def run() -> tuple[float | None, float | None, float | None]:
        async with serve(echo, "127.0.0.1", sites=[Site(NAME, path)]) as server:
            first = server.certificate_days_left()
            path.write_bytes(b"x" * before.st_size)  # what a reader of the file would fail on
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            kept = server.certificate_days_left()
            path.unlink()
            return first, kept, server.certificate_days_left()

    first, kept, gone = asyncio.run(run())
    assert [round(value or 0) for value in (first, kept)] == [3, 3]
    assert gone == 0, "the next client gets no certificate"


@pytest.mark.parametrize("content", [None, b"half a renewal"], ids=["gone", "broken"])
def test_a_file_that_went_bad_is_the_servers_failure_and_an_alarm(tmp_path, caplog, content) -> None:
    path = tmp_path / "site.pem"
    one = issue(ROOT, NAME)
    path.write_bytes(one.pem + one.key_pem)

    async def run() -> str:
        async with serve(echo, "127.0.0.1", sites=[Site(NAME, path), GOOD["no names"]]) as server:
            path.unlink() if content is None else path.write_bytes(content)
            with pytest.raises(TLSFailed):
                await connect(f"wss://{NAME}:{server.port}/", address="127.0.0.1", tls=TLSSettings(ca=ROOT.pem))
        return server.metrics()

    text = asyncio.run(run())
    [record] = [record for record in caplog.records if record.levelno > logging.WARNING]
    assert "the site a.test cannot be served" in record.getMessage()
    assert record.failure.fault == "caller"
    assert gauge(text) == 0
    assert f'wssure_failures_total{{cause="{record.failure.cause}"}} 1' in text


def test_a_server_without_certificates_of_its_own_has_no_such_number() -> None:
    async def run() -> tuple[float | None, float | None]:
        async with serve(echo, "127.0.0.1") as server:
            return server.certificate_days_left(), gauge(server.metrics())

    assert asyncio.run(run()) == (None, None)


def test_an_expired_certificate_counts_below_zero() -> None:
    async def run() -> float | None:
        expired = issue(ROOT, NAME, days=(-30, -2))
        tls = TLSSettings(cert=expired.pem, key=expired.key_pem)
        async with serve(echo, "127.0.0.1", tls=tls) as server:
            return server.certificate_days_left()

    assert round(asyncio.run(run()) or 0) == -2
