"""What the explanations promise, held against every faulty endpoint."""

from __future__ import annotations

import json
from functools import cache

import pytest
from tests.backends import EXPECTED
from tests.causes.remedy import flagged
from tests.faulty_endpoints.endpoint import HERE
from tests.faulty_endpoints.look import ENDPOINTS, NAMED, SOFTWARE, Row, look, table
from tests.interop.peers import need
from tests.peers.listener import listening
from tests.peers.namespace import run_inside
from tests.peers.scripts import over_tls, upgrades

from wssure.diagnose import catalogue
from wssure.tls.backends import backend as backend_of
from wssure.tools.cli.main import guarded

each_backend = pytest.mark.parametrize("backend", EXPECTED)
# These name a certificate that is missing, or our own.
OWN_CERTIFICATE = ("tls.client-cert-required", "tls.client-cert-rejected")


# Mbed TLS refuses a critical name constraint as an extension that it does not process (docs/security.md), before it compares names.
OF_MBEDTLS = {"outside-name-constraints": "cert.critical-extension"}


def keeps_the_promises(row: Row) -> None:
    """Hold a row to what holds for every endpoint, whatever the true cause."""
    assert (row.said == "") == (row.cause == ""), f"a failure is no success, nor the other way round: {row}"
    if row.right:
        return
    assert row.cause in row.others, f"{row.cause} is not even among the alternatives of {row}"
    assert row.confidence != "certain", f"a wrong cause is said with certainty: {row}"


def says_no_certificate_that_was_not_seen(row: Row) -> None:
    if not row.certificate and row.cause not in OWN_CERTIFICATE:
        assert "certificate" not in row.words


@each_backend
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.id)
def test_one_connection_says_the_true_cause_or_keeps_it_among_the_others(endpoint, backend, material):
    if endpoint.needs_tls13 and not backend_of(backend).capabilities.tls13:
        pytest.skip("this library has no TLS 1.3")
    flags = ("--backend", backend) if endpoint.scheme == "wss" else ()
    row = look(endpoint, material, (*flags, "--no-probe"))
    if (backend, row.said) == ("mbedtls", OF_MBEDTLS.get(endpoint.id)):
        return
    keeps_the_promises(row)
    assert row.right or row.needs_experiment, row
    assert row.experiments == 0
    says_no_certificate_that_was_not_seen(row)


@pytest.mark.parametrize(
    "endpoint",
    [*ENDPOINTS, *(pytest.param(one, marks=pytest.mark.peers) for one in SOFTWARE)],
    ids=lambda endpoint: endpoint.id,
)
def test_experiments_put_the_true_cause_first(endpoint, material):
    if endpoint.program:
        need(endpoint.program)
    row = look(endpoint, material)
    keeps_the_promises(row)
    assert row.right, row
    says_no_certificate_that_was_not_seen(row)


@cache
def looked_at_inside(*flags: str) -> dict[str, Row]:
    """Look at the endpoints of the name service in a namespace; once, in whatever order tests run."""
    rows = map(Row.of_json, json.loads(run_inside("tests.faulty_endpoints", "--inside", "--", *flags)))
    return {row.endpoint: row for row in rows}


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize("flags", [("--no-probe",), ()], ids=["without-experiments", "with-experiments"])
@pytest.mark.parametrize("endpoint", NAMED, ids=lambda endpoint: endpoint.id)
def test_the_true_cause_is_said_of_names(endpoint, flags):
    row = looked_at_inside(*flags)[endpoint.id]
    keeps_the_promises(row)
    assert row.right or (row.needs_experiment and flags), row
    says_no_certificate_that_was_not_seen(row)


@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize(("name", "known"), [("ipv6-falls-silent", {}), ("unknown-name", {"IP": HERE})])
def test_the_fix_of_a_name_is_an_address_that_works(name, known, material):
    row = looked_at_inside()[name]
    host = f"{name}.example.net"
    with listening(over_tls(material.context(material.issued(host)), upgrades())) as port:
        url, *flags = flagged(row.words, f"wss://{host}:{port}/", [], known)
        assert flags == ["--address", HERE]
        assert guarded(["check", url, *flags, "--cacert", str(material.ca_file)]) == 0


def test_the_faulty_endpoints_are_many_and_each_of_their_causes_is_known():
    every = (*ENDPOINTS, *SOFTWARE, *NAMED)
    assert len({endpoint.id for endpoint in every}) == len(every)
    known = {cause.id for cause in catalogue()}
    assert {endpoint.cause for endpoint in every if endpoint.cause} <= known
    assert len([endpoint for endpoint in every if endpoint.cause]) >= 81


def test_the_table_marks_what_is_wrong():
    right = Row("a", "tcp.refused", "tcp.refused", "certain", (), 0, 1.2, "", False, False)
    other = Row("b", "tls.version", "tls.eof-in-handshake", "possible", ("tls.version",), 2, 3.0, "", False, True)
    wrong = Row("c", "tls.version", "tcp.refused", "certain", (), 0, 3.0, "", False, False)
    head, *lines = table([right, other, wrong]).splitlines()
    assert head.split() == ["endpoint", "true", "cause", "said", "confidence", "experiments", "ms"]
    assert "<-" not in lines[0]
    assert "among the others" in lines[1]
    assert "WRONG" in lines[2]
