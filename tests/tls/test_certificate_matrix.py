"""Every backend gives the same verdict on the same certificates; what differs stands in one table of docs/security.md."""

from __future__ import annotations

import itertools
import os
import re
import ssl
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
from tests.tls.certificate_cases import BOTH, CASES, HOST, Case
from tests.tls.chains import Issued, issue
from tests.tls.conftest import NAMES, VERSIONS

from wssure.diagnose import conclude
from wssure.errors import UsageError
from wssure.evidence import Recorder, Stage
from wssure.facts import VerifyDefect
from wssure.name import normalise_host
from wssure.tls import backends
from wssure.tls.connection import ClientTlsConnection, ServerTlsConnection
from wssure.tls.contract import DONE, Backend, EngineFailed
from wssure.tls.settings import Site, TLSSettings
from wssure.tls.sites import SiteTable

pytestmark = pytest.mark.every_backend

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
OWN_ROOT = issue(name="our own root", is_ca=True)
OWN = issue(OWN_ROOT, HOST)
_ROW = re.compile(
    r"^\| `(?P<case>[^`]+)` \| (?P<where>[^|]+) \| (?P<verdict>accepted|refused)(?P<some> by some versions)? \|",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Row:
    """One documented difference: the cases, the words that say where, and the verdict there, perhaps of some versions only."""

    case: str
    where: tuple[str, ...]
    verdict: str
    some: bool

    def covers(self, case: Case, context: tuple[str, ...]) -> bool:
        """Tell whether it says that a case differs in this context."""
        differs = (self.verdict == "accepted") != case.accepted
        words = all(any(part.startswith(word) for part in context) for word in self.where)
        return differs and words and fnmatchcase(case.id, self.case)


@cache
def rows() -> tuple[Row, ...]:
    return tuple(
        Row(found["case"], tuple(found["where"].split()), found["verdict"], found["some"] is not None)
        for found in _ROW.finditer(PAGE.read_text())
    )


@cache
def peer(version: str, server: bool, own_order: bool, chain: tuple[Issued, ...]) -> ssl.SSLContext:
    """Return a context of Python's ssl that shows any chain and believes anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    if not own_order:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version.replace(".", "_"))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chain.pem")
        Path(path).write_bytes(b"".join(issued.pem for issued in chain) + chain[0].key_pem)
        context.load_cert_chain(path)
    return context


def our_link(backend: Backend, case: Case, side: str) -> ClientTlsConnection | ServerTlsConnection:
    anchors = b"".join(anchor.pem for anchor in case.anchors)
    if side == "client":
        return ClientTlsConnection(backend, TLSSettings(ca=anchors), normalise_host(case.host))
    site = Site((HOST,), cert=OWN.pem, key=OWN.key_pem, client_ca=anchors)
    return ServerTlsConnection(backend, TLSSettings(), SiteTable([site], None, False))


def drive(
    tls_connection: ClientTlsConnection | ServerTlsConnection,
    other: ssl.SSLObject,
    incoming: ssl.MemoryBIO,
    outgoing: ssl.MemoryBIO,
) -> tuple[str, EngineFailed | None]:
    """Run a handshake with Python's ssl; return how it ended on our side."""
    for _ in range(10):
        try:
            if tls_connection.handshake() == DONE:
                return "accepted", None
        except EngineFailed as failure:
            unusable = isinstance(failure.__cause__, UsageError)
            return "refused" if failure.verification or unusable else f"failed: {failure.text}", failure
        incoming.write(tls_connection.outgoing())
        tls_connection.consume(len(tls_connection.outgoing()))
        try:
            other.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            return f"the peer gave up: {error.reason}", None
        tls_connection.feed(outgoing.read())
    raise AssertionError("the handshake never ends")


def verdict(backend: Backend, case: Case, side: str, version: str) -> str:
    """Return `accepted`, `refused` (by verification) or how else it ended."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = side == "client"
    other = peer(version, server, case.own_order, case.chain).wrap_bio(
        incoming, outgoing, server, None if server else HOST
    )
    try:
        tls_connection = our_link(backend, case, side)
    except UsageError:
        return "refused"  # An anchor that the library cannot use.
    return drive(tls_connection, other, incoming, outgoing)[0]


ORDER = list(CASES)
KINDS = sorted({name.partition("-")[0] for name in CASES})


def named(kind: str, names: Iterable[str] = CASES) -> list[str]:
    """Return the cases of a kind."""
    return [name for name in names if name.partition("-")[0] == kind]


def contexts(case: Case) -> list[tuple[Backend, str, str]]:
    """Return where a case is judged: by each library, on each side and in each version, but not on each side in each version.

    No library judges a client's certificate by other rules in another version. Neighbouring cases have the other two pairs.
    """
    found = []
    for backend in map(backends.backend, NAMES):
        versions = VERSIONS if backend.capabilities.tls13 else VERSIONS[:1]
        turned = versions[:: -1 if ORDER.index(case.id) % 2 else 1]
        both = len(case.sides) == len(versions) == 2
        pairs = zip(case.sides, turned, strict=True) if both else itertools.product(case.sides, versions)
        found += [(backend, side, version) for side, version in pairs]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_is_the_same_on_every_backend(kind: str) -> None:
    assert [trouble for name in named(kind) for trouble in wrong_verdicts(name)] == []


def wrong_verdicts(name: str) -> list[str]:
    case = CASES[name]
    law = "accepted" if case.accepted else "refused"
    wrong = []
    for backend, side, version in contexts(case):
        found = verdict(backend, case, side, version)
        context = (backend.name, *backend.version.split(), side, version)
        covering = [row for row in rows() if row.covers(case, context)]
        documented = bool(covering)
        expected = {"accepted": "refused", "refused": "accepted"}[law] if documented else law
        if expected == "refused" and found != "accepted" and (documented or not case.usable):
            continue  # No common algorithm: it ends before there is a verdict.
        if found == law and any(row.some for row in covering):
            continue
        if found != expected:
            wrong.append(f"{name}: {' '.join(context)}: {found}, expected {expected}")
    return wrong


def link_of(case: Case, backend: Backend, version: str, settings: TLSSettings) -> tuple[EngineFailed | None, Recorder]:
    """Let a client see a server's certificate; return its failure and what it noted."""
    recorder = Recorder(time.monotonic_ns)
    tls_connection = ClientTlsConnection(backend, settings, normalise_host(case.host), note=recorder.note)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    other = peer(version, True, case.own_order, case.chain).wrap_bio(incoming, outgoing, server_side=True)
    return drive(tls_connection, other, incoming, outgoing)[1], recorder


def test_a_broken_name_constraint_is_named_with_its_ca(backend: Backend, version: str) -> None:
    case = CASES["nc-intermediate-not-critical-dns-not-permitted"]
    failure, recorder = link_of(case, backend, version, TLSSettings(ca=case.anchors[0].pem))
    assert failure is not None
    assert failure.verification
    defects = [fact for fact in recorder.facts() if isinstance(fact, VerifyDefect)]
    assert [(defect.flag, defect.text) for defect in defects] == [
        (
            "name-constraints",
            'name constraints of the CA "CN=middle": DNS name a.example is not among the permitted (b.example)',
        )
    ]
    told = conclude(Stage.TLS, recorder.facts())
    assert "DNS name a.example is not among the permitted (b.example)" in told.summary


@pytest.mark.parametrize("case", ["unknown-critical", "unknown-critical-intermediate"])
def test_a_critical_extension_that_is_not_known_has_its_flag(backend: Backend, case: str, version: str) -> None:
    failure, recorder = link_of(CASES[case], backend, version, TLSSettings(ca=CASES[case].anchors[0].pem))
    assert failure is not None
    flags = [fact.flag for fact in recorder.facts() if isinstance(fact, VerifyDefect)]
    assert flags == ["critical-extension"]


def differs(name: str) -> bool:
    """Tell whether a documented difference covers a case: without the backend that differs, no verdict may be left."""
    case = CASES[name]
    return any(fnmatchcase(name, row.case) and (row.verdict == "accepted") != case.accepted for row in rows())


# OpenSSL takes a CA with an unreadable extension for no issuer at all; the others name the extension.
UNREADABLE = {"nc-broken"}
REFUSED = [
    name
    for name, case in CASES.items()
    if not case.accepted and case.usable and "client" in case.sides and name not in UNREADABLE
]


@pytest.mark.parametrize("kind", sorted({name.partition("-")[0] for name in REFUSED}))
def test_a_refused_certificate_has_the_same_cause_on_every_backend(kind: str) -> None:
    for name in named(kind, REFUSED):
        has_the_same_cause(name)


def has_the_same_cause(name: str) -> None:
    case, causes = CASES[name], {}
    for backend, side, version in contexts(case):
        if side != "client":
            continue
        try:
            settings = TLSSettings(ca=b"".join(anchor.pem for anchor in case.anchors))
            failure, recorder = link_of(case, backend, version, settings)
        except UsageError:
            continue  # An anchor that the library cannot use is refused before.
        if failure is None or not failure.verification:
            continue  # A documented difference, or no common algorithm.
        told = conclude(Stage.TLS, recorder.facts())
        causes[backend.name, version] = told.cause
        defects = [fact for fact in recorder.facts() if isinstance(fact, VerifyDefect)]
        known = backend.capabilities.chain_on_failure and any(
            fact.kind == "tls.certificate" for fact in recorder.facts()
        )
        if known:
            assert any(defect.subject is not None for defect in defects), (name, defects)
    assert causes or differs(name), name
    assert all(cause.startswith(("cert.", "tls.sni-missing")) for cause in causes.values()), (name, causes)
    # A library that does not process a critical extension says so before it compares names, and in TLS 1.3 it does
    # not show the certificates.
    unread = {"cert.critical-extension"} if "critical" in name else set()
    assert len(set(causes.values()) - unread) <= 1, (name, causes)


def test_a_client_of_tls12_alone_reaches_every_server_with_an_rsa_key(backend: Backend) -> None:
    case = CASES["key-rsa-2048-signing-in-its-own-order"]
    settings = TLSSettings(ca=case.anchors[0].pem, max_version="TLSv1.2")
    assert link_of(case, backend, "TLSv1.2", settings)[0] is None
    failure, recorder = link_of(case, backend, "TLSv1.2", TLSSettings(ca=case.anchors[0].pem))
    if failure is not None:
        told = conclude(Stage.TLS, recorder.facts())
        assert told.cause == "stack.rsa-pss-refused", "the defect of the library, and no fault of the server"
        assert 'TLSSettings(max_version="TLSv1.2")' in told.fix, "the fix is the setting that was just tried"


@pytest.mark.parametrize("server", VERSIONS)
@pytest.mark.parametrize("settings", [{}, {"max_version": "TLSv1.2"}], ids=["both", "1.2"])
def test_a_server_with_an_rsa_key_that_follows_the_client_is_reached(
    backend: Backend, server: str, settings: dict[str, str]
) -> None:
    if server == "TLSv1.3" and (settings or not backend.capabilities.tls13):
        return
    case = CASES["key-rsa-2048"]
    assert link_of(case, backend, server, TLSSettings(ca=case.anchors[0].pem, **settings))[0] is None


def test_every_documented_difference_is_about_a_case() -> None:
    assert rows()
    for row in rows():
        assert any(
            fnmatchcase(name, row.case) and (row.verdict == "accepted") != case.accepted for name, case in CASES.items()
        ), row
        assert row.where[0] in ("openssl", "stdlib", "mbedtls"), row


def test_the_matrix_is_whole() -> None:
    """A case that is lost by a typing error, such as an id given twice, is noticed."""
    assert set(KINDS) == {
        "path",
        "dates",
        "ca",
        "length",
        "usage",
        "eku",
        "ns",
        "unknown",
        "policies",
        "policy",
        "crl",
        "san",
        "key",
        "signature",
        "nc",
    }
    asked = {(side, version) for case in CASES.values() for _, side, version in contexts(case)}
    assert asked == set(itertools.product(BOTH, VERSIONS))
