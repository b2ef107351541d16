"""One thing changed at a time: each true cause, provoked for real, is found by the experiment that flips."""

from __future__ import annotations

import asyncio

import pytest
from tests.causes.conftest import NAME
from tests.peers import scripts
from tests.peers.choosy import chooses
from tests.peers.listener import listening
from tests.peers.scripts import sends_alert, upgrades

import wssure
from wssure import Failure, TLSSettings
from wssure.evidence import Confidence

HERE = "127.0.0.1"


def diagnosed(url: str, *, budget_s: float = 5, **arguments: object) -> tuple[Failure, Failure]:
    """Connect, which fails; return the failure before and after the experiments."""

    async def run() -> tuple[Failure, Failure]:
        arguments.setdefault("timeouts", {"tls": 0.5, "upgrade": 0.5})
        try:
            async with wssure.connect(url, **arguments):
                raise AssertionError("the connection came about")
        except wssure.ConnectFailed as error:
            assert error.failure is not None
            return error.failure, await wssure.diagnose(error, budget_s=budget_s)

    return asyncio.run(run())


def results(failure: Failure) -> dict[str, dict]:
    return {fact.value["experiment"]: fact.value for fact in failure.facts if fact.kind == "probe.result"}


def flipped(failure: Failure) -> set[str]:
    return {name for name, value in results(failure).items() if value["flipped"]}


def test_a_server_that_closes_without_a_name(backend, context, ca_pem):
    talk = chooses(context(), upgrades(), lambda hello: None if hello.server_name else scripts.closes_after_hello)
    with listening(talk) as port:
        before, after = diagnosed(f"wss://{HERE}:{port}/", backend=backend, tls=TLSSettings(ca=ca_pem))
    assert (before.cause, before.confidence) == ("tls.sni-missing", Confidence.LIKELY)
    assert (after.cause, after.confidence) == ("tls.sni-missing", Confidence.CERTAIN)
    assert "sni.other" in flipped(after)
    assert f"certificate for {NAME}" in after.summary
    assert after.alternatives == ()


def test_nothing_flips_where_every_hello_is_dropped(backend):
    with listening(scripts.closes_after_hello) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend)
    assert (after.cause, after.confidence) == ("tls.eof-in-handshake", Confidence.POSSIBLE)
    assert flipped(after) == set()
    assert "control" not in results(after)
    assert {one.cause for one in after.alternatives} < {one.cause for one in before.alternatives}


def test_a_server_that_cannot_read_hellos_with_tls_1_3(backend, context, ca_pem):
    def choose(hello):
        return scripts.closes_after_hello if 0x0304 in hello.supported_versions else None

    with listening(chooses(context(), upgrades(), choose)) as port:
        _, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert (after.cause, after.confidence) == ("tls.version", Confidence.CERTAIN)
    assert 'max_version="TLSv1.2"' in after.fix


@pytest.mark.parametrize(
    ("cause", "choose"),
    [
        ("tls.sni-unknown", lambda hello: sends_alert(40) if hello.server_name == NAME else None),
        ("tls.version", lambda hello: sends_alert(40) if 0x0304 in hello.supported_versions else None),
        ("tls.alpn", lambda hello: sends_alert(40) if hello.alpn else None),
        ("tls.no-common-group", lambda hello: None if 31 in hello.groups else sends_alert(40)),
        ("tls.no-common-params", lambda hello: None if 0x002F in hello.cipher_suites else sends_alert(40)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_alert_40_is_told_apart(backend, context, ca_pem, cause, choose):
    with listening(chooses(context(), upgrades(), choose)) as port:
        before, after = diagnosed(f"wss://{NAME}:{port}/", address=HERE, backend=backend, tls=TLSSettings(ca=ca_pem))
    assert before.cause == "tls.no-common-params"
    assert after.cause == cause, after.facts
    assert after.confidence is (Confidence.LIKELY if cause == "tls.sni-unknown" else Confidence.CERTAIN)
