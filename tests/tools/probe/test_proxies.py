"""Experiments where a proxy is on the way: through it, around it, and never with its user's password."""

from __future__ import annotations

import asyncio

import pytest
import trustme
from tests.causes.conftest import NAME
from tests.peers.listener import listening
from tests.peers.proxy import after_tunnel, by_first_bytes, tunnelling
from tests.peers.scripts import closes_after_hello, over_tls, status, upgrades

import wssure
from wssure import TLSSettings
from wssure.facts import ProbeResult

HERE = "127.0.0.1"


def diagnosed(port: int, proxy: str, *, address_port: int | None = None, **tls) -> tuple[wssure.Failure, list[dict]]:
    """Fail through a proxy, experiment, and return the failure and the experiments."""

    async def run() -> wssure.Failure:
        with pytest.raises(wssure.ConnectFailed) as caught:
            await wssure.connect(
                f"wss://{NAME}:{port}/", address=HERE, address_port=address_port, proxy=proxy, tls=TLSSettings(**tls)
            )
        return await wssure.investigate(caught.value, budget_s=5)

    failure = asyncio.run(run())
    return failure, [fact for fact in failure.facts if isinstance(fact, ProbeResult)]


def test_an_inspecting_proxy_is_told_by_the_way_around_it(context, ca_pem, site_pem, tmp_path):
    other = trustme.CA(organization_name="Example Office Inspection")
    shown = other.issue_cert(NAME)
    pem = tmp_path / "shown.pem"
    pem.write_bytes(shown.cert_chain_pems[0].bytes() + shown.private_key_pem.bytes())
    own = context()
    real = context()
    own.load_cert_chain(pem)
    with listening(by_first_bytes(after_tunnel(over_tls(own, upgrades())), over_tls(real, upgrades()))) as port:
        failure, experiments = diagnosed(port, f"http://{HERE}:{port}", ca=ca_pem)
    assert (failure.cause, str(failure.confidence)) == ("proxy.intercepts-tls", "likely")
    assert "Example Office Inspection" in failure.summary
    assert "ask the owner of the proxy" in failure.fix
    assert "cert.untrusted-root" in [one.cause for one in failure.alternatives]
    assert {one.experiment for one in experiments if one.flipped} == {"route.direct"}


def test_a_server_that_answers_without_the_proxy_is_a_way_out(context, ca_pem):
    talk = by_first_bytes(status(403, "Forbidden"), over_tls(context(), upgrades()))
    with listening(talk) as port:
        failure, _ = diagnosed(port, f"http://{HERE}:{port}", ca=ca_pem)
    assert (failure.cause, str(failure.confidence)) == ("proxy.forbidden", "certain")
    assert failure.fix.startswith("go without the proxy for this server, which answers directly: proxy=None")


def test_experiments_with_the_hello_go_through_the_same_tunnel(ca_pem):
    """What the server does to a hello is asked where the hello came from."""
    with tunnelling() as proxy, listening(closes_after_hello) as port:
        failure, experiments = diagnosed(port, proxy.url, ca=ca_pem)
    assert failure.cause == "tls.eof-in-handshake"
    through = [one for one in experiments if one.experiment.startswith(("sni.", "version.", "plain."))]
    assert through
    assert len(proxy.asked) >= 1 + len(through)
    assert all(request.startswith(b"CONNECT 127.0.0.1:%d " % port) for request in proxy.asked)


def test_a_proxys_password_is_never_repeated(ca_pem):
    token = b"Basic dXNlcjpzM2NyZXQ="
    with tunnelling(authorization=token) as proxy, listening(closes_after_hello) as port:
        _, experiments = diagnosed(port, proxy.url.replace("//", "//user:s3cret@"), ca=ca_pem)
        assert len([request for request in proxy.asked if token in request]) == 1
    # What goes through the tunnel is left out; the way around it is not.
    assert {one.experiment for one in experiments} <= {"route.direct", "control"}


def test_a_certain_refusal_of_a_proxy_costs_a_few_connections_at_most(ca_pem):
    with tunnelling(authorization=b"Basic x") as proxy:
        failure, experiments = diagnosed(443, proxy.url, address_port=1, ca=ca_pem)
    assert failure.cause == "proxy.auth"
    assert len(experiments) <= 3
