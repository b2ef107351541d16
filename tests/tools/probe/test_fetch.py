"""`check --fetch`: what is published about a certificate decides, and a certificate is no way into anybody's network."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from tests.backends import EXPECTED
from tests.peers.namespace import run_inside
from tests.peers.pki import DAY, holder

from wssure.tools.cli.main import guarded
from wssure.tools.probe.fetch import MOST_FETCHES, HttpUrl, Refused, is_public, parse_url
from wssure.tools.probe.issuers import Search, links_in

PUBLIC = "93.184.215.14:80"
REFUSED_ADDRESSES = [
    *(
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
    ),
    *("100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%lo",
    ),
    *("fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "2001:20::1", "100::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "5f00::1", "2606:4700::1%1", "localhost", ""),
]
PUBLIC_ADDRESSES = ["93.184.215.14", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_what_is_not_the_public_internet_is_refused_in_each_form(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_the_public_internet_is_not_refused(address):
    assert is_public(address)


GOOD_URLS = {
    "http://ca.example.net/i.der": HttpUrl("ca.example.net", "/i.der"),
    "HTTP://CA.Example.net:80": HttpUrl("ca.example.net", "/"),
    "http://ca.example.net?serial=1": HttpUrl("ca.example.net", "/?serial=1"),
    "http://[2606:4700::1111]/x": HttpUrl("2606:4700::1111", "/x"),
}


@pytest.mark.parametrize(("url", "http_url"), GOOD_URLS.items())
def test_a_plain_http_url_is_read(url, http_url):
    assert parse_url(url) == http_url


BAD_URLS = {
    "https://ca.example.net/": "no http",
    "ldap://ca.example.net/cn=x": "no http",
    "file:///etc/passwd": "no http",
    "//ca.example.net/": "no http",
    "": "character",
    "http://": "no DNS name",
    "http:///i.der": "no DNS name",
    "http://user@ca.example.net/": "user info",
    "http://user:word@ca.example.net/": "user info",
    "http://ca.example.net/#part": "fragment",
    "http://ca.example.net:8080/": "port 8080",
    "http://ca.example.net:22/": "port 22",
    "http://ca.example.net:080/": "port 080",
    "http://ca.example.net:80:81/": "host",
    "http://ca.example.net/ x": "character",
    "http://ca.example.net/\r\nHost: inside": "character",
    "http://ca.example.net/\x00": "character",
    "http://ca.example.net\\@inside/": "character",
    "http://ca.ex\u00e4mple.net/": "character",
    "http://2130706433/": "no DNS name",
    "http://0x7f000001/": "no DNS name",
    "http://127.1/": "no DNS name",
    "http://[fe80::1%25lo]/": "no DNS name",
    "http://[93.184.215.14]/": "brackets",
    "http://ca%2eexample.net/": "no DNS name",
    "http://ca.example.net/" + "x" * 1024: "characters",
}


@pytest.mark.parametrize(("url", "why"), BAD_URLS.items(), ids=range(len(BAD_URLS)))
def test_any_other_url_is_refused_with_its_reason(url, why):
    with pytest.raises(Refused, match=why):
        parse_url(url)


# -- in a network of our own


@cache
def world() -> dict[str, Any]:
    """Run tests/tools/probe/fetching.py in a namespace; once, in whatever order tests run."""
    return json.loads(run_inside("tests.tools.probe.fetching"))


@pytest.fixture(scope="module")
def seen(namespace) -> dict[str, Any]:
    return world()


@pytest.fixture
def checks(seen, backend) -> dict[str, Any]:
    return seen["chains"][backend]


def fact(check: dict[str, Any], kind: str) -> dict[str, Any] | None:
    found = [one["value"] for one in check["failure"]["facts"] if one["kind"] == kind]
    return found[-1] if found else None


def test_every_backend_was_looked_at(seen):
    assert set(seen["chains"]) == set(EXPECTED)


@pytest.mark.parametrize("path", ["/i.der", "/i.pem", "/i.p7c", "/cookie"])
def test_an_issuer_that_is_published_shows_that_the_chain_is_incomplete(checks, path):
    failure = checks[path]["failure"]
    assert (failure["cause"], failure["confidence"], failure["fault"]) == ("cert.chain-incomplete", "certain", "peer")
    assert failure["alternatives"] == []
    assert failure["fix"].startswith("add ")
    assert "CN=Example Intermediate" in failure["fix"]
    assert f"http://ca.example.net{path}" in failure["fix"]
    chain = fact(checks[path], "fetch.chain")
    assert (chain["missing"], chain["anchor"]) == (["CN=Example Intermediate"], "CN=Example Root")
    result = fact(checks[path], "fetch.result")
    assert (result["kind"], result["address"], result["status"], result["problem"]) == ("aia", PUBLIC, 200, None)


def test_the_certificate_says_where_its_revocation_is_asked(checks):
    seen_there = fact(checks["missing, GOOD"], "tls.certificate")
    assert seen_there is None or seen_there["aia_ocsp"] == ["http://ocsp.example.net/ocsp"]


def test_a_fetch_carries_nothing_of_the_callers(checks):
    [request] = checks["/i.der"]["requests"]
    assert request.split("\r\n") == [
        "GET /i.der HTTP/1.1",
        "Host: ca.example.net",
        "User-Agent: wssure",
        "Accept: */*",
        "Connection: close",
    ]


def test_fetches_are_announced(checks):
    assert "and 4 fetches of what its certificate names" in checks["/i.der"]["said"]
    assert "fetch" not in checks["without the flag"]["said"]


def test_without_the_flag_nothing_is_fetched(checks):
    assert checks["/i.der"]["lookups"] > 0
    assert (checks["without the flag"]["requests"], checks["without the flag"]["lookups"]) == ([], 0)
    for status in ("GOOD", "REVOKED", "UNKNOWN"):
        assert checks[f"healthy, {status}, no flag"]["requests"] == []
        assert checks[f"healthy, {status}, no flag"]["lookups"] == 0
        assert checks[f"healthy, {status}, no flag"]["findings"] == []


def test_the_library_fetches_only_in_diagnose_and_only_when_asked(seen):
    told = {"cause": "cert.chain-incomplete", "before": 0}
    assert seen["library"] == {**told, "confidence": "likely", "came": 0}
    assert seen["library, fetch"] == {**told, "confidence": "certain", "came": 1}


@pytest.mark.parametrize("path", ["/impostor.der", "/garbage", "/moved", "/large", "/nothing-here", "inside"])
def test_what_does_not_lead_to_an_anchor_decides_nothing(checks, path):
    failure = checks[path]["failure"]
    assert (failure["cause"], failure["confidence"]) == ("cert.chain-incomplete", "likely")
    assert [one["cause"] for one in failure["alternatives"]] == ["cert.untrusted-root"]
    assert fact(checks[path], "fetch.chain") is None
    assert "published" not in failure["fix"]


def test_a_published_root_that_nobody_here_trusts_stays_untrusted(checks):
    failure = checks["stranger"]["failure"]
    assert (failure["cause"], failure["fault"]) == ("cert.untrusted-root", "caller")
    assert "Strange Root" in failure["summary"]
    assert failure["fix"].startswith("if you know and trust this CA")
    assert (fact(checks["stranger"], "fetch.chain")["anchor"], len(checks["stranger"]["requests"])) == (None, 1)


def test_a_revoked_certificate_is_the_cause_with_date_and_reason(checks):
    failure = checks["missing, REVOKED"]["failure"]
    assert (failure["cause"], failure["confidence"]) == ("cert.revoked", "certain")
    assert failure["summary"].endswith("was revoked by its issuer on 2026-03-04 (keyCompromise)")
    assert [one["cause"] for one in failure["alternatives"]] == ["cert.chain-incomplete"]
    said = fact(checks["missing, REVOKED"], "fetch.revocation")
    assert (said["status"], said["reason"], said["problem"]) == ("revoked", "keyCompromise", None)


def test_a_revoked_certificate_of_another_name_stays_one_of_another_name(checks):
    failure = checks["another name, REVOKED"]["failure"]
    assert failure["cause"] == "cert.hostname"
    assert failure["alternatives"][0]["cause"] == "cert.revoked"


@pytest.mark.parametrize("status", ["GOOD", "UNKNOWN"])
def test_any_other_answer_is_a_fact_and_no_cause(checks, status):
    check = checks[f"missing, {status}"]
    assert check["failure"]["cause"] == "cert.chain-incomplete"
    assert fact(check, "fetch.revocation")["status"] == status.lower()
    healthy = checks[f"healthy, {status}"]
    assert (healthy["ok"], healthy["findings"]) == (True, [])
    assert healthy["details"]["revocation"] == status.lower()


def test_a_responder_that_does_not_answer_is_a_fact_and_no_cause(checks):
    check = checks["no answer"]
    assert check["failure"]["cause"] == "cert.hostname"
    assert fact(check, "fetch.revocation") is None
    assert fact(check, "fetch.result")["problem"] == "got status 404, expected 200"


def test_a_revoked_certificate_of_an_endpoint_that_works_is_a_finding(checks):
    check = checks["healthy, REVOKED"]
    assert check["ok"]
    [finding] = check["findings"]
    assert (finding["cause"], finding["confidence"]) == ("cert.revoked", "certain")
    assert "on 2026-03-04 (keyCompromise)" in finding["summary"]
    [request] = check["requests"]
    assert request.startswith("POST /ocsp HTTP/1.1\r\nHost: ocsp.example.net\r\n")


NOT_PUBLIC = ["inside", "mixed", "mapped", "translated", "tunnelled", "local", "unique", "shared"]


@pytest.mark.parametrize("url", [f"http://{name}.example.net/i.der" for name in NOT_PUBLIC])
def test_a_name_that_leads_inside_is_not_dialled(seen, url):
    assert "no public address" in seen["urls"][url]["problem"]
    assert seen["urls"][url]["address"] is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"])
def test_an_inside_address_is_not_dialled(seen, host):
    assert "no public address" in seen["urls"][f"http://{host}/i.der"]["problem"]


def test_nothing_of_all_this_came_to_loopback(seen):
    assert seen["trapped"] == []


def test_the_address_dialled_is_the_one_that_was_checked(seen):
    turned = seen["turned"]
    assert (turned["first"]["address"], turned["first"]["problem"], turned["came"]) == (PUBLIC, None, 1)
    assert "leads to 127.0.0.1" in turned["then"]["problem"]


ANSWERS = {
    "/moved": "redirects are not followed",
    "/large": "more than 65536 bytes",
    "/endless": "more than 65536 bytes",
    "/silent": "no answer in its time",
    "/short": "less than was announced",
    "/header": "no answer in HTTP",
    "/not-http": "no answer in HTTP",
}


@pytest.mark.parametrize(("path", "problem"), ANSWERS.items())
def test_an_answer_that_is_not_a_small_document_brings_nothing(seen, path, problem):
    value = seen["urls"][f"http://ca.example.net{path}"]
    assert problem in value["problem"]
    assert value["body_bytes"] is None


def test_64_kib_are_taken(seen):
    assert seen["urls"]["http://ca.example.net/exact"]["body_bytes"] == 65536


def test_there_are_four_fetches_at_most(seen):
    assert seen["many"]["came"] == MOST_FETCHES == 4
    assert [one["problem"] for one in seen["many"]["facts"][4:]] == ["not fetched: 4 fetches are the most"] * 2


def test_no_fetch_begins_after_the_time(seen):
    assert "time" in seen["late"]["problem"]


# -- paths


def path_of(*chain: Any, anchors: tuple[Any, ...]) -> int:
    """Return how long the path is; 0 for none."""
    search = Search([one.der for one in chain], [one.der for one in anchors], datetime.datetime.now(datetime.UTC))
    return len(search.path or ())


ROOT = holder("Root", ca=True)
MIDDLE = holder("Middle", ROOT, ca=True)
LEAF = holder("leaf", MIDDLE, host="b.example.net")
NO_CA = holder("Middle", ROOT, host="b.example.net")


def test_a_path_leads_through_what_was_sent_in_any_order():
    assert path_of(LEAF, MIDDLE, anchors=(ROOT,)) == 3
    assert path_of(LEAF, ROOT, MIDDLE, anchors=(ROOT,)) == 3
    assert path_of(LEAF, anchors=(MIDDLE,)) == 2


def test_no_path_leads_where_a_signature_a_date_or_a_right_is_missing():
    old = holder("Old", ROOT, ca=True, start=-9 * DAY, end=-2 * DAY)
    assert path_of(LEAF, anchors=(ROOT,)) == 0
    assert path_of(LEAF, MIDDLE, anchors=(holder("Root", ca=True),)) == 0
    assert path_of(holder("leaf", NO_CA, host="b.example.net"), NO_CA, anchors=(ROOT,)) == 0
    assert path_of(holder("leaf", old, host="b.example.net"), old, anchors=(ROOT,)) == 0


def test_no_changed_byte_of_what_is_signed_keeps_a_link_of_a_path():
    signed = MIDDLE.certificate.tbs_certificate_bytes
    begin = MIDDLE.der.index(signed)
    for at in range(begin, begin + len(signed)):
        changed = MIDDLE.der[:at] + bytes([MIDDLE.der[at] ^ 1]) + MIDDLE.der[at + 1 :]
        search = Search([LEAF.der, changed], [ROOT.der], datetime.datetime.now(datetime.UTC))
        assert search.path is None, at


@pytest.mark.parametrize("form", ["der", "pem", "p7c"])
def test_what_was_fetched_is_read_or_not_and_never_raises(form):
    p7c = pkcs7.serialize_certificates([MIDDLE.certificate, ROOT.certificate], Encoding.DER)
    body = {"der": MIDDLE.der, "pem": MIDDLE.pem, "p7c": p7c}[form]
    assert MIDDLE.der in [link.decoded.der for link in links_in(body)]
    for at in range(len(body)):
        links_in(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])
        links_in(body[:at])


def test_countless_paths_among_many_of_one_name_end():
    first = holder("Ring", ca=True)
    ring = [first, *(holder("Ring", first, ca=True, key=first.key) for _ in range(14))]
    assert path_of(holder("leaf", first, host="b.example.net"), *ring, anchors=(ROOT,)) == 0


# -- without the package


def test_without_the_package_the_flag_is_a_usage_error_that_says_what_to_install():
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "import importlib.util as u; u.find_spec = lambda name, real=u.find_spec: None if name == 'cryptography' else real(name)\n"
        "from wssure.tools.cli.main import guarded\n"
        "sys.exit(guarded(['check', 'wss://127.0.0.1:9/', '--fetch']))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "-m pip install 'cryptography>=43'" in done.stderr


def test_fetching_needs_experiments(capsys):
    assert guarded(["check", "wss://127.0.0.1:9/", "--fetch", "--no-probe"]) == 2
    assert "--no-probe" in capsys.readouterr().err
