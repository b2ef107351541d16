"""Experiments and their decisions, as a table: the flips, the cause they name, and the confidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wssure.diagnose import render
from wssure.evidence import Alternative, Attempt, Confidence, Failure, Fault, Stage
from wssure.facts import (
    CertificateSeen,
    ClientHelloSeen,
    Fact,
    FetchChain,
    ProbeBudget,
    ProbeResult,
    Revocation,
    VerifyDefect,
)
from wssure.fixes import fix
from wssure.tools.probe.compare import compare

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
HELLO = ClientHelloSeen(
    direction="sent", server_name="b.example.net", versions=("TLSv1.3", "TLSv1.2"), alpn=("x",), bytes=1800
)
DECIDES = {
    "sni.none": "tls.sni-unknown",
    "sni.other": "tls.sni-filtered",
    "sni.name": "tls.sni-missing",
    "hello.small": "tls.large-hello-dropped",
    "hello.groups": "tls.no-common-group",
    "hello.announced": "tls.proxy-header-missing",
    "hello.suites": "tls.no-common-params",
    "version.1.2": "tls.version",
    "version.1.3": "tls.version",
    "version.old": "tls.version",
    "alpn.none": "tls.alpn",
    "plain.http": "tls.not-tls-http",
    "plain.tls": "ws.to-tls-port",
    "alpn.http1": "tls.alpn",
    "alpn.h2": "tls.alpn",
    "address.family": "tcp.v6-broken",
    "plain.banner": "tls.not-tls-other",
    "route.direct": "proxy.intercepts-tls",
    "proxy.tls": "proxy.not-http",
    "proxy.socks": "proxy.not-http",
    "host.other": "http.host-header",
    "origin.own": "http.origin",
    "origin.none": "http.origin",
    "name.checked": "cert.hostname",
    "request.bare": "http.host-header",
}


def failure(cause: str = "tls.eof-in-handshake", confidence: Confidence = POSSIBLE, *others: str) -> Failure:
    return Failure(
        Stage.TLS,
        cause,
        Fault.PEER,
        "the server closed",
        (fix("tls.eof-in-handshake"),),
        (HELLO,),
        (Attempt("192.0.2.7:443", True),),
        confidence,
        alternatives=tuple(Alternative(other, POSSIBLE, "it may be") for other in others),
    )


def result(experiment: str, *, flipped: bool = False, silent: bool = False) -> ProbeResult:
    note = "gets further" if flipped else "no answer in its time" if silent else "makes no difference"
    return ProbeResult(
        experiment,
        f"asking {experiment}",
        DECIDES.get(experiment),
        "closed",
        "server hello TLSv1.2" if flipped else "closed",
        flipped,
        note,
        1.0,
    )


TABLE = [
    ("a version alone changes groups and suites, too", ["version.1.2"], "tls.version", LIKELY),
    ("a name with a name nobody has", ["sni.other"], "tls.sni-filtered", LIKELY),
    ("without a name alone", ["sni.none"], "tls.sni-unknown", LIKELY),
    ("both names", ["sni.none", "sni.other"], "tls.sni-filtered", LIKELY),
    (
        "size explains what also makes hellos small",
        ["hello.small", "version.1.2", "alpn.none"],
        "tls.large-hello-dropped",
        CERTAIN,
    ),
    ("two causes are likely at most", ["version.1.2", "alpn.none"], "tls.version", LIKELY),
    ("no effect on anything else", ["version.1.2", "-hello.groups", "-hello.suites"], "tls.version", CERTAIN),
    ("no effect on suites", ["version.old", "-hello.suites"], "tls.version", CERTAIN),
    ("silence excludes no suites", ["version.old", "?hello.suites"], "tls.version", LIKELY),
    ("groups explain suites", ["hello.groups", "hello.suites"], "tls.no-common-group", CERTAIN),
    ("suites explain old versions", ["hello.suites", "version.old"], "tls.no-common-params", CERTAIN),
    ("suites alone", ["hello.suites"], "tls.no-common-params", CERTAIN),
    ("plain http is never certain", ["plain.http"], "tls.not-tls-http", LIKELY),
    ("a header before the hello", ["hello.announced"], "tls.proxy-header-missing", CERTAIN),
    ("the other family", ["address.family"], "tcp.v6-broken", LIKELY),
    ("a missing name", ["sni.name"], "tls.sni-missing", CERTAIN),
    ("tls on the port", ["plain.tls"], "ws.to-tls-port", CERTAIN),
    ("another host", ["host.other"], "http.host-header", CERTAIN),
    ("the right origin", ["origin.own"], "http.origin", CERTAIN),
    ("no origin", ["origin.none"], "http.origin", CERTAIN),
    ("http/1.1 alone", ["alpn.http1"], "tls.alpn", CERTAIN),
    ("h2 among it", ["alpn.h2"], "tls.alpn", CERTAIN),
    ("no ALPN", ["alpn.none"], "tls.alpn", CERTAIN),
    ("version 1.3", ["version.1.3"], "tls.version", LIKELY),
    ("an old version", ["version.old"], "tls.version", LIKELY),
    ("groups explain versions", ["hello.groups", "version.1.2"], "tls.no-common-group", CERTAIN),
    ("suites before versions", ["hello.suites", "version.1.2"], "tls.no-common-params", LIKELY),
    ("another name to verify", ["name.checked"], "cert.hostname", LIKELY),
    ("another name to verify explains another name to send", ["name.checked", "sni.name"], "cert.hostname", LIKELY),
    ("less of a request", ["request.bare"], "http.host-header", LIKELY),
    ("a greeting", ["plain.banner"], "tls.not-tls-other", LIKELY),
    ("another way without the proxy", ["route.direct"], "proxy.intercepts-tls", LIKELY),
    ("a proxy for TLS", ["proxy.tls"], "proxy.not-http", LIKELY),
    ("a proxy for SOCKS", ["proxy.socks"], "proxy.not-http", LIKELY),
]


@pytest.mark.parametrize(("flips", "cause", "confidence"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_flips_names_the_cause(flips, cause, confidence):
    settled = compare(
        failure(), [result(name.lstrip("-?"), flipped=name[0] not in "-?", silent=name[0] == "?") for name in flips]
    )
    flips = [name for name in flips if name[0] not in "-?"]
    assert (settled.cause, settled.confidence) == (cause, confidence)
    assert f"asking {flips[0] if cause == DECIDES[flips[0]] else flips[-1]}" in settled.summary
    assert settled.fix
    assert "\n" not in settled.summary
    assert ("certificate" in settled.summary) == (cause == "cert.hostname")


def test_every_cause_confirmed_has_its_own_words():
    assert {row[2] for row in TABLE} >= set(DECIDES.values())


FIXES = {
    "version.1.2": 'max_version="TLSv1.2"',
    "version.1.3": 'max_version="TLSv1.3"',
    "version.old": "RFC 8996",
    "alpn.none": "alpn=()",
    "alpn.http1": 'alpn=("http/1.1",)',
    "alpn.h2": "http/1.1",
    "origin.none": "send no Origin",
    "origin.own": "origin=",
    "address.family": "address=",
    "plain.tls": "wss://",
    "route.direct": "ask the owner of the proxy",
    "proxy.socks": "expects SOCKS, which is not supported",
    "proxy.tls": "expects TLS, which is not supported",
}


@pytest.mark.parametrize("experiment", FIXES)
def test_the_fix_follows_the_variant_that_flipped(experiment):
    assert FIXES[experiment] in compare(failure(), [result(experiment, flipped=True)]).fix


@pytest.mark.parametrize(
    ("experiment", "way_out"), [("address.other", 'address="192.0.2.8"'), ("route.direct", "proxy=None")]
)
def test_a_way_out_is_said_before_the_fix_and_settles_nothing(experiment, way_out):
    flipped = result(experiment, flipped=True).replace(decides=None, question="at 192.0.2.8")
    before = failure("tls.eof-in-handshake", POSSIBLE, "tls.version")
    settled = compare(before, [flipped])
    assert way_out in settled.fix.splitlines()[0]
    assert settled.fix.endswith(before.fix)
    assert (settled.cause, settled.confidence) == (before.cause, before.confidence)


def test_what_was_certain_stays_so_where_an_experiment_says_the_same():
    before = failure("proxy.not-http", CERTAIN)
    assert compare(before, [result("proxy.socks", flipped=True)]).confidence is CERTAIN


@pytest.mark.parametrize(
    ("baseline", "said"),
    [("closed", "closed the connection"), ("reset", "reset the connection"), ("nothing", "sent nothing"), ("silence for 2 s", "did not answer within 2 s"), ("alert 40 (x)", "answered with alert 40 (x)")],
)  # fmt: skip
def test_the_summary_says_what_came_before(baseline, said):
    flipped = result("version.1.2", flipped=True).replace(baseline=baseline)
    assert said in compare(failure(), [flipped]).summary


def test_what_was_said_before_stays_where_nothing_is_certain():
    settled = compare(failure("tcp.reset-in-handshake", POSSIBLE, "tls.version"), [result("sni.other", flipped=True)])
    assert [one.cause for one in settled.alternatives] == ["tcp.reset-in-handshake", "tls.version", "tls.sni-unknown"]
    assert {one.confidence for one in settled.alternatives} == {POSSIBLE}


def test_a_second_cause_that_flipped_stands_behind_the_first():
    settled = compare(failure(), [result("version.1.2", flipped=True), result("alpn.none", flipped=True)])
    assert settled.alternatives[0].cause == "tls.alpn"
    assert settled.alternatives[0].confidence is LIKELY


def test_what_made_no_difference_is_refuted():
    before = failure("tls.eof-in-handshake", POSSIBLE, "tls.version", "tls.sni-unknown")
    settled = compare(before, [result("version.1.2"), result("version.old"), result("sni.none")])
    assert [one.cause for one in settled.alternatives] == ["tls.sni-unknown"]
    assert settled.cause == before.cause


def test_half_of_the_experiments_refutes_nothing():
    before = failure("tls.eof-in-handshake", POSSIBLE, "tls.version")
    assert compare(before, [result("version.1.2")]).alternatives == before.alternatives


def test_silence_refutes_nothing():
    before = failure("tls.timeout-after-hello", POSSIBLE, "tls.large-hello-dropped")
    settled = compare(before, [result("hello.small", silent=True)])
    assert [one.cause for one in settled.alternatives] == ["tls.large-hello-dropped"]


def test_a_cause_whose_own_experiment_changed_nothing_is_possible_at_most():
    assert compare(failure("tls.sni-missing", LIKELY), [result("sni.name")]).confidence is POSSIBLE


def test_a_failure_that_does_not_come_again_confirms_nothing():
    settled = compare(failure(), [result("version.1.2", flipped=True), result("control", flipped=True)])
    assert (settled.cause, settled.confidence, settled.transient) == ("tls.eof-in-handshake", POSSIBLE, True)


def test_nothing_seen_is_lost():
    results = [result("version.1.2", flipped=True), ProbeBudget(limit_s=3, left_out=("alpn.h2",))]
    settled = compare(failure(), results)
    assert settled.facts == (HELLO, *results)


@pytest.mark.parametrize("decides", [None, "no.such-cause"])
def test_a_result_that_speaks_for_no_cause_known_here_does_no_harm(decides):
    settled = compare(failure(), [ProbeResult("new", decides=decides, flipped=True)])
    assert render(settled)


def test_the_explanation_lists_what_was_tried_and_marks_what_flipped():
    results = [result("sni.none"), result("version.1.2", flipped=True)]
    budget = ProbeBudget(limit_s=3, left_out=("alpn.h2",))
    text = render(compare(failure(), [*results, budget]), width=120)
    assert "  tried   as it failed" in text
    assert "> asking version.1.2  server hello TLSv1.2" in text
    assert "  asking sni.none     closed" in text
    assert "not run because the time was over (3 s): alpn.h2" in text


REFUSED = VerifyDefect(depth=0, flag="issuer-not-found", code=20, text="no issuer")


def fetched(anchor: str | None, *, top: str = "CN=Root") -> Fact:
    value = {"missing": ["CN=Middle"], "urls": ["http://ca.example.net/m.der"], "sha256": ["00"], "top": top}
    return FetchChain(**value, top_self_issued=True, anchor=anchor)


def refused(cause: str, other: str) -> Failure:
    said = failure(cause, LIKELY, other)
    return Failure(**{**{name: getattr(said, name) for name in said.__slots__}, "facts": (HELLO, REFUSED)})


@pytest.mark.parametrize("order", [1, -1])
def test_a_path_that_was_found_and_not_yet_tried_is_likely_and_names_what_is_missing(order):
    settled = compare(refused(*("cert.chain-incomplete", "cert.untrusted-root")[::order]), (fetched("CN=Root"),))
    assert (settled.cause, settled.confidence) == ("cert.chain-incomplete", LIKELY)
    assert '"CN=Middle"' in settled.fix
    assert "http://ca.example.net/m.der" in settled.fix
    assert [one.cause for one in settled.alternatives] == ["cert.untrusted-root"]


def test_a_root_that_was_found_and_is_no_anchor_is_named():
    settled = compare(refused("cert.chain-incomplete", "cert.untrusted-root"), (fetched(None, top="CN=Other"),))
    assert (settled.cause, settled.confidence) == ("cert.untrusted-root", LIKELY)
    assert '"CN=Other"' in settled.summary
    assert [one.cause for one in settled.alternatives] == ["cert.chain-incomplete"]


@pytest.mark.parametrize("status", ["good", "unknown", None])
def test_only_a_revocation_speaks_of_revocation(status):
    before = refused("cert.chain-incomplete", "cert.untrusted-root")
    asked = Revocation(status=status, problem="no")
    settled = compare(before, (asked,))
    assert (settled.cause, settled.alternatives) == (before.cause, before.alternatives)


@pytest.mark.parametrize(("peer", "record"), [("[2001:db8::7]:443", "AAAA"), ("192.0.2.7:443", "A")])
@pytest.mark.parametrize("experiment", ["address.family", "address.other"])
def test_an_answer_of_one_address_alone_keeps_its_cause_and_names_the_record(peer, record, experiment):
    refused = replace(
        failure("cert.hostname", CERTAIN),
        facts=(HELLO, CertificateSeen(0, dns_names=("old.example",)), VerifyDefect(0, "hostname", 62)),
        attempts=(Attempt(peer, True),),
    )
    variant = "server hello TLSv1.3, certificate for b.example.net, verified"
    settled = compare(
        refused, [ProbeResult(experiment, "at 192.0.2.8", None, "refused", variant, True, "gets further")]
    )
    assert (settled.cause, settled.confidence) == ("cert.hostname", CERTAIN)
    assert "at 192.0.2.8 the same handshake succeeds" in settled.summary
    assert f"correct the {record} record" in settled.fix
    assert 'address="192.0.2.8"' in settled.fix


def test_a_flip_that_was_not_verified_is_no_proof_of_another_address():
    refused = replace(
        failure("cert.hostname", CERTAIN), facts=(HELLO, CertificateSeen(0), VerifyDefect(0, "hostname", 62))
    )
    settled = compare(refused, [ProbeResult("address.other", "at 192.0.2.8", None, "x", "server hello TLSv1.3", True)])
    assert "succeeds" not in settled.summary
